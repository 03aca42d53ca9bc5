"""A running server, and a client that knows its keys."""

from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from pollinations_conformance.server import RunningServer, running

Send = Callable[..., httpx.Response]


@pytest.fixture(scope="module")
def server() -> Iterator[RunningServer]:
    with running() as server:
        yield server


@pytest.fixture(scope="module")
def http() -> Iterator[httpx.Client]:
    with httpx.Client(timeout=30) as client:
        yield client


@pytest.fixture(scope="module")
def send(server: RunningServer, http: httpx.Client) -> Send:
    """Make a request to the gateway; `key` is the name of an example key or None."""

    def send(method: str, path: str, key: str | None = "secret", **more: Any) -> httpx.Response:
        headers = dict(more.pop("headers", {}))
        if key is not None:
            headers["Authorization"] = f"Bearer {server.keys[key]}"
        base = server.media_url if more.pop("media", False) else server.base_url
        return http.request(method, base + path, headers=headers, **more)

    return send


@pytest.fixture(scope="module")
def chat(send: Send) -> Send:
    """Send one prompt to a chat model."""

    def chat(text: Any = "What is the colour of the sky?", **fields: Any) -> httpx.Response:
        key = fields.pop("key", "secret")
        body = {"messages": [{"role": "user", "content": text}], **fields}
        return send("POST", "/v1/chat/completions", key, json=body)

    return chat
