"""Hostile requests: no input is an error of the server, and none costs the machine."""

import asyncio
import json
import re
import subprocess
import sys
import time
import urllib.parse
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import hypothesis
import pytest
from hypothesis import strategies as st

from pollinations_conformance.contract import load
from pollinations_conformance.server import create_app
from pollinations_conformance.server.accounts import DEMO_KEY
from pollinations_conformance.server.app import App
from tests.properties import examples

Json = dict[str, Any]

OPERATIONS = load().operations
NAMES = sorted({p.name for operation in OPERATIONS for p in operation.parameters} | {"key"})
FIELDS = [
    "messages", "model", "stream", "temperature", "tools", "tool_choice", "response_format", "stop",
    "max_tokens", "modalities", "audio", "seed", "logprobs", "top_logprobs", "functions", "input",
    "function_call", "voice", "duration", "data", "contentType", "name", "role", "content", "type",
    "text", "json_schema", "schema", "function", "parameters", "thinking", "stream_options",
]  # fmt: skip

TEXTS = st.one_of(
    st.sampled_from(
        [
            "", "0", "-1", "1e999", "NaN", "-Infinity", "true", "null", "9" * 400, "\0", "\ud800",
            "9999-12-31T23:59:59-23:59", "0001-01-01T00:00:00+23:59", "2026-02-30", "%", "../..",
            "openai", "openai-audio", "suno", "veo", "flux", "whisper-large-v3", "csv", "json",
            "9007199254740993", "data:image/png;base64,", "http://[::1", "٣", "1_000", "\r\nX: y",
        ]
    ),
    st.text(max_size=20),
)  # fmt: skip
VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), TEXTS),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4), st.dictionaries(st.sampled_from(FIELDS), inner, max_size=5)
    ),
    max_leaves=12,
)
MESSAGES = st.lists(
    st.fixed_dictionaries(
        {"role": st.sampled_from(["user", "assistant", "tool", "system"]), "content": VALUES}
    ),
    max_size=3,
)
BODIES = st.one_of(
    st.binary(max_size=40),
    st.just(b"[" * 3000),
    st.dictionaries(st.sampled_from(FIELDS), VALUES, max_size=5),
    st.fixed_dictionaries({"messages": MESSAGES}, optional=dict.fromkeys(FIELDS[1:], VALUES)),
    st.fixed_dictionaries({"input": TEXTS}, optional=dict.fromkeys(["voice", "duration"], VALUES)),
    st.fixed_dictionaries({"data": TEXTS}, optional=dict.fromkeys(["contentType", "name"], VALUES)),
)
TYPES = st.sampled_from(
    [
        "application/json", "text/plain", "image/png", "multipart/form-data; boundary=x",
        "multipart/form-data", "application/x-www-form-urlencoded", "application/json; charset=x",
        "multipart/form-data; boundary=" + "x" * 300, "", "é",
    ]
)  # fmt: skip


def quoted(text: str) -> str:
    return urllib.parse.quote(text.encode("utf-8", "surrogatepass"), safe="")


async def send(
    app: App, method: str, host: str, target: str, headers: list[tuple[bytes, bytes]], body: bytes
) -> tuple[int, bytes]:
    """Send one request to an application, and return status and body of the response."""
    path, _, query = target.partition("?")
    sent = [(b"host", f"{host}.test".encode()), *headers]
    sent.append((b"content-length", str(len(body)).encode()))
    scope: Json = {
        "type": "http", "method": method, "path": path, "raw_path": path.encode("latin-1"),
        "query_string": query.encode("latin-1"), "headers": sent, "client": ("192.0.2.1", 1),
        "server": ("127.0.0.1", 80), "scheme": "http",
    }  # fmt: skip
    out: list[Any] = []

    async def receive() -> Json:
        return {"type": "http.request", "body": body, "more_body": False}

    async def take(message: Any) -> None:
        out.append(message)

    await app(scope, receive, take)
    return out[0]["status"], b"".join(part.get("body", b"") for part in out[1:])


def hostile_app(monkeypatch: pytest.MonkeyPatch) -> tuple[App, list[Exception]]:
    """Return an application, and the list that its own errors go to."""
    errors: list[Exception] = []
    app = create_app(grade=True, record=True)
    monkeypatch.setattr(app.service.gateway, "log_error", errors.append)
    return app, errors


@st.composite
def requests(draw: Callable[[st.SearchStrategy[Any]], Any]) -> Any:
    """Draw a request to any operation, with any parameters and any body."""
    operation = draw(st.sampled_from(OPERATIONS))
    path = operation.path
    for parameter in operation.parameters:
        if parameter.location == "path":
            path = path.replace(f"{{{parameter.name}}}", quoted(draw(TEXTS)))
    own = [p.name for p in operation.parameters if p.location == "query"] or NAMES
    pairs = draw(st.lists(st.tuples(st.sampled_from([*own, "key"]), TEXTS), max_size=4))
    query = "&".join(f"{quoted(name)}={quoted(value)}" for name, value in pairs)
    body = draw(BODIES) if operation.method == "POST" else b""
    if not isinstance(body, bytes):
        body = json.dumps(body).encode()
    headers = [(b"content-type", draw(TYPES).encode("latin-1"))] if body else []
    host = "media" if operation.tag == "media" else "gateway"
    return operation.method, host, f"{path}?{query}", headers, body


@hypothesis.settings(
    max_examples=examples(150),
    deadline=None,
    suppress_health_check=[hypothesis.HealthCheck.too_slow],
)
@hypothesis.given(request=requests(), keyed=st.booleans())
def test_no_input_is_an_error_of_the_server(request: Any, keyed: bool) -> None:
    method, host, target, headers, body = request
    with pytest.MonkeyPatch.context() as patch:
        app, errors = hostile_app(patch)
        key = app.keys["secret"].encode()
        sent = [*headers, (b"authorization", b"Bearer " + key)] if keyed else headers
        status, _ = asyncio.run(send(app, method, host, target, sent, body))
        assert errors == []
        assert status < 500
        assert app.grader is not None
        json.dumps(app.grader.report()).encode()


@pytest.mark.parametrize("before", ["9999-12-31T23:59:59-23:59", "0001-01-01T00:00:00%2B23:59"])
def test_moments_beyond_the_calendar_are_no_error(
    before: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    app, errors = hostile_app(monkeypatch)
    headers = [(b"authorization", f"Bearer {app.keys['secret']}".encode())]
    target = f"/account/usage?before={before}"
    status, _ = asyncio.run(send(app, "GET", "gateway", target, headers, b""))
    assert (status, errors) == (200, [])


HALF = "weather \ud800"
MESSAGE = {"role": "user", "content": HALF}
HALVES: list[tuple[str, Json]] = [
    *(("/v1/audio/speech", {"input": HALF, "response_format": form}) for form in
      ("mp3", "opus", "aac", "flac", "wav", "pcm")),
    ("/v1/audio/speech", {"input": HALF, "model": "elevenmusic", "duration": 3}),
    ("/v1/chat/completions", {"messages": [MESSAGE], "logprobs": True, "top_logprobs": 1}),
    ("/v1/chat/completions", {"messages": [MESSAGE], "stream": True, "user": HALF}),
    ("/v1/chat/completions", {"messages": [MESSAGE], "tools": [
        {"type": "function", "function": {"name": "weather", "description": HALF, "parameters": {
            "properties": {HALF: {"const": HALF}}, "required": [HALF]}}}]}),
]  # fmt: skip


@pytest.mark.parametrize(("path", "body"), HALVES)
def test_half_a_surrogate_pair_is_no_error(
    path: str, body: Json, monkeypatch: pytest.MonkeyPatch
) -> None:
    app, errors = hostile_app(monkeypatch)
    headers = [
        (b"authorization", f"Bearer {app.keys['secret']}".encode()),
        (b"content-type", b"application/json"),
    ]
    sent = json.dumps(body).encode()
    status, _ = asyncio.run(send(app, "POST", "gateway", path, headers, sent))
    assert (status, errors) == (200, [])
    assert app.recorder is not None
    json.dumps([entry for entry, _ in app.recorder.entries]).encode()


# --- bodies that are made to cost -----------------------------------------------------------------


def expensive() -> list[bytes]:
    """Return bodies of about 60 KB, each made to cost in another way."""
    many = [1] * 29_000
    shallow: list[Json] = [
        {"messages": [{"role": "user", "content": many}]},
        {"messages": [{"role": "nobody"}] * 3_500},
        {"messages": [], **{f"field{n}": n for n in range(4_000)}},
        {"messages": [], "stop": ["x"] * 14_000},
        {"messages": [{"role": "assistant", "content": None, "tool_calls": [{}] * 14_000}]},
        {"messages": [{"role": "user", "content": '{"properties":' * 4_000}], "json": True},
    ]
    deep = b'{"messages":' + b'{"a":' * 9_000 + b"1" + b"}" * 9_000 + b"}"
    return [*(json.dumps(body).encode() for body in shallow), b"[" * 60_000, deep]


@pytest.mark.parametrize("times", [1, pytest.param(4, marks=pytest.mark.whole_run)])
def test_expensive_bodies_leave_the_server_small_and_responding(times: int) -> None:
    command = [sys.executable, "-m", "pollinations_conformance", "serve", "--json", "--grade"]
    with subprocess.Popen(
        [*command, "--port", "0", "--media-port", "0"], stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL, text=True,
    ) as process:  # fmt: skip
        assert process.stdout is not None
        base = json.loads(process.stdout.readline())["base_url"]
        headers = {"Content-Type": "application/json"}
        with httpx.Client(base_url=base, timeout=30) as client:
            for number, body in enumerate(expensive() * times):
                sent = {**headers, "Authorization": f"Bearer {DEMO_KEY}"} if number % 2 else headers
                response = client.post("/v1/chat/completions", content=body, headers=sent)
                assert response.status_code < 500
            taken: list[float] = []
            for _ in range(5):
                started = time.perf_counter()
                assert client.get("/v1/models").status_code == 200
                taken.append(time.perf_counter() - started)
        status = Path(f"/proc/{process.pid}/status")
        megabytes = 0
        if status.exists():
            megabytes = int(re.findall(r"VmHWM:\s+(\d+)", status.read_text())[0]) // 1024
        process.terminate()
    assert min(taken) < 0.1
    assert megabytes < 150
