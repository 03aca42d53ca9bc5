"""Recorded traffic of the real service: everything parses, nothing is lost."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any, TypeGuard

import httpx
import pytest

from pollinations_client import (
    APIStatusError,
    Text,
    models,
)
from tests.client.conftest import Mocked

FOLDER = Path(__file__).parents[3] / "shared" / "recordings"
FILES = sorted(FOLDER.glob("*.har"))
MESSAGES: list[dict[str, Any]] = []

if not FILES:
    pytest.skip(f"no recordings: {FOLDER} is not there", allow_module_level=True)


def exchanges() -> list[Any]:
    found: list[Any] = []
    for path in FILES:
        for number, entry in enumerate(
            json.loads(path.read_text(encoding="utf-8"))["log"]["entries"]
        ):
            name = str(entry.get("_id", number))[:60]
            found.append(pytest.param(entry, id=f"{path.stem}-{name}"))
    return found


def response(entry: Any) -> httpx.Response:
    response = entry["response"]
    text = response["content"].get("text", "")
    encoded = response["content"].get("encoding") == "base64"
    body = base64.b64decode(text) if encoded else text.encode()
    unpacked = {"content-length", "content-encoding", "transfer-encoding"}
    headers = [
        (header["name"], header["value"])
        for header in response["headers"]
        if header["name"].lower() not in unpacked
    ]
    return httpx.Response(response["status"], headers=headers, content=body)


def is_list(value: Any) -> TypeGuard[list[Any]]:
    return isinstance(value, list)


def read_all(value: Any) -> None:
    if is_list(value):
        for item in value:
            read_all(item)
    for name in getattr(value, "_fields", {}).values():
        read_all(getattr(value, name, None))


@pytest.mark.parametrize("entry", exchanges())
def test_recorded_response_is_read_without_loss(mocked: Mocked, entry: Any) -> None:
    path = httpx.URL(entry["request"]["url"]).path
    recorded = response(entry)
    body = recorded.content
    client = mocked(lambda _: response(entry))
    kind = recorded.headers.get("content-type", "")
    if recorded.status_code >= 300:
        with pytest.raises(APIStatusError) as caught:
            client.account.balance()
        assert caught.value.body == body
        assert caught.value.status_code == recorded.status_code
        assert caught.value.message
    elif recorded.status_code == 204:
        assert entry["request"]["method"] == "OPTIONS"
    elif kind.startswith("text/event-stream"):
        stream = client.chat.completions.create(messages=MESSAGES, stream=True)
        text = "".join(chunk.text for chunk in stream)
        final = stream.snapshot()
        assert final is not None
        read_all(final)
        assert (final.choices[0].message.content or "") == text
        assert final.choices[0].finish_reason
        assert final.usage.total_tokens > 0
    elif path == "/v1/models":
        assert client.models.list().to_dict() == json.loads(body)
    elif path in ("/text/models", "/image/models", "/models"):
        assert [item.to_dict() for item in client.models.text()] == json.loads(body)
    elif path.startswith(("/v1/chat/completions", "/openai")):
        completion = client.chat.completions.create(messages=MESSAGES)
        read_all(completion)
        assert completion.to_dict() == json.loads(body)
        assert models.ChatCompletion.from_dict(json.loads(body)) == completion
        assert repr(completion)
    elif path.startswith("/text/"):
        said = client.text.generate("x")
        assert isinstance(said, Text)
        assert said.content == body
        assert said == (body.decode() if kind.startswith("text/") else "")
        assert said.model_used == recorded.headers.get("x-model-used")
    elif path.startswith("/image/"):
        assert client.image.generate("x").content == body
    else:
        # Documentation and internal addresses, which the contract does not describe.
        assert path.startswith(("/api/", "/docs"))


def test_recordings_are_there_in_number() -> None:
    assert len(exchanges()) >= 200
