"""Whatever bytes a server sends, a call ends in a result or in an error of ours."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pollinations_client import Pollinations, PollinationsError
from tests.client.conftest import RawServer, Serving
from tests.properties import examples

MESSAGES = [{"role": "user", "content": "Hi"}]

CALLS: dict[str, Callable[[Pollinations], Any]] = {
    "json": lambda c: c.account.balance(),
    "list": lambda c: c.models.text(),
    "text": lambda c: c.text.generate("x"),
    "image": lambda c: c.image.generate("x"),
    "head": lambda c: c.media.head("0" * 16),
    "exists": lambda c: c.media.exists("0" * 16),
    "upload": lambda c: c.media.upload(b"x", verify=True),
    "chat": lambda c: c.chat.completions.create(messages=MESSAGES),
    "stream": lambda c: c.chat.completions.create(messages=MESSAGES, stream=True).final(),
    "text stream": lambda c: list(c.text.generate("x", stream=True)),
    "raw": lambda c: c.account.with_raw_response.usage(),
    "daily": lambda c: c.account.usage_daily(),
}
NAMES = [
    "content-type",
    "content-encoding",
    "content-length",
    "retry-after",
    "location",
    "x-request-id",
    "x-usage-a",
    "set-cookie",
    "transfer-encoding",
    "connection",
]
VALUES = [
    "application/json",
    "text/event-stream",
    "image/jpeg",
    "text/plain",
    "gzip",
    "deflate",
    "5",
    "-1",
    "99999999999999999999",
    "javascript:1",
    "//",
    "chunked",
    "close",
    "br",
    "",
]
HEADERS = st.dictionaries(
    st.sampled_from(NAMES),
    st.sampled_from(VALUES) | st.text(st.characters(max_codepoint=255), max_size=10),
    max_size=4,
)
TEXTS = st.sampled_from(
    ["choices", "delta", "error", "message", "details", "fieldErrors", "id", "data", "usage", "x"]
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.floats() | st.text(max_size=4) | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=10,
)
BODIES = (
    st.binary(max_size=60)
    | JSON.map(lambda value: json.dumps(value).encode())
    | st.lists(JSON, max_size=4).map(
        lambda values: b"".join(f"data: {json.dumps(value)}\n\n".encode() for value in values)
    )
    | st.integers(150, 2000).map(lambda depth: b"[" * depth + b"]" * depth)
    | st.integers(150, 2000).map(lambda depth: b'{"data":' * depth + b"1" + b"}" * depth)
)
STATUS = st.sampled_from(
    [100, 101, 103, 200, 201, 204, 206, 299, 301, 302, 304, 400, 429, 500, 999]
)


@pytest.fixture(scope="module")
def server() -> Any:
    running = RawServer([b""])
    yield running
    running.close()


@pytest.fixture(scope="module")
def client(server: RawServer) -> Any:
    with Pollinations(
        api_key="sk_x", base_url=server.url, media_base_url=server.url, max_retries=0, timeout=1
    ) as made:
        yield made


def ends(call: Callable[[Pollinations], Any], client: Pollinations) -> None:
    try:
        result = call(client)
    except PollinationsError as error:
        text = str(error)
    else:
        text = repr(result)
    text.encode()


@pytest.mark.parametrize("name", CALLS)
@settings(
    max_examples=examples(40),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(status=STATUS, headers=HEADERS, body=BODIES, cut=st.integers(0, 400))
def test_any_response_ends_in_a_result_or_an_error_of_ours(
    server: RawServer,
    client: Pollinations,
    name: str,
    status: int,
    headers: dict[str, str],
    body: bytes,
    cut: int,
) -> None:
    lines = "".join(f"{key}: {value}\r\n" for key, value in headers.items())
    head = f"HTTP/1.1 {status} X\r\n{lines}\r\n".encode("latin-1", "replace")
    whole = head + body
    server.responses = ([whole if cut > 200 else whole[:cut]],)
    ends(CALLS[name], client)


@settings(
    max_examples=examples(60),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(st.binary(max_size=200))
def test_any_bytes_end_in_an_error_of_ours(
    server: RawServer, client: Pollinations, data: bytes
) -> None:
    server.responses = ([data],)
    ends(CALLS["json"], client)


@pytest.mark.parametrize("name", CALLS)
@settings(max_examples=examples(60), deadline=None)
@given(
    kind=st.sampled_from(
        ["application/json", "text/event-stream", "image/jpeg", "text/plain", "a/b+json", ""]
    ),
    body=BODIES,
    status=st.sampled_from([200, 200, 400, 402, 500]),
)
def test_any_content_ends_in_a_result_or_an_error_of_ours(
    name: str, kind: str, body: bytes, status: int
) -> None:
    headers = {"content-type": kind} if kind else {}
    transport = httpx.MockTransport(lambda _: httpx.Response(status, headers=headers, content=body))
    with httpx.Client(transport=transport) as pool:
        ends(CALLS[name], Pollinations(api_key="sk_x", http_client=pool, max_retries=0))


def test_connection_that_is_refused_or_reset_is_an_error_of_ours(serving: Serving) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    for url in (
        f"http://127.0.0.1:{port}",
        "http://no-such-host.invalid",
        f"https://127.0.0.1:{port}",
    ):
        with (
            Pollinations(api_key="sk_x", base_url=url, max_retries=0, timeout=5) as client,
            pytest.raises(PollinationsError),
        ):
            client.account.balance()
    plain = serving([b"HTTP/1.1 200 OK\r\n\r\n"])
    with (
        Pollinations(
            api_key="sk_x", base_url=plain.url.replace("http:", "https:"), max_retries=0
        ) as client,
        pytest.raises(PollinationsError, match="SSL"),
    ):
        client.account.balance()
