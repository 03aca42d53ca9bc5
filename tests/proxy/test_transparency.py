"""Test that exchanges pass through unchanged, at once, and whatever either side does."""

from __future__ import annotations

import asyncio
import socket
import threading
import time

import pytest

from tests.proxy.places import exchange, get, proxied, responding, upstream

CHUNKED = (
    b"HTTP/1.1 200 Fine\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\nX-Odd-CASE: a\r\n"
    b"Access-Control-Allow-Origin: *\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2\r\n\r\n"
    b"3\r\nabc\r\n2\r\nde\r\n0\r\nX-Sum: 5\r\n\r\n"
)


def test_status_headers_body_and_trailers_are_unchanged() -> None:
    with upstream(responding(CHUNKED)) as url, proxied(url) as proxy:
        received = exchange(proxy.port, get())
    head, _, body = received.partition(b"\r\n\r\n")
    wanted, _, chunks = CHUNKED.partition(b"\r\n\r\n")
    assert set(head.split(b"\r\n")) == {*wanted.split(b"\r\n"), b"Connection: close"}
    assert body == chunks


def test_the_request_is_unchanged_but_for_what_is_of_the_connection() -> None:
    seen: list[bytes] = []
    raw = (
        b"PUT /a%2Fb/%c3%a9?q=%20+x&q HTTP/1.1\r\nHost: proxy.example\r\nX-Odd-CASE: a, b\r\n"
        b"Authorization: Bearer sk_x\r\nConnection: close, X-Hop\r\nX-Hop: 1\r\nKeep-Alive: 5\r\n"
        b"TE: trailers\r\nAccept-Encoding: gzip\r\n\r\n"
    )
    with upstream(responding(CHUNKED, seen)) as url, proxied(url) as proxy:
        exchange(proxy.port, raw)
        authority = url.removeprefix("http://").encode()
    lines = seen[0].split(b"\r\n")
    assert lines[0] == b"PUT /a%2Fb/%c3%a9?q=%20+x&q HTTP/1.1"
    assert set(lines[1:]) == {
        b"Host: " + authority,
        b"X-Odd-CASE: a, b",
        b"Authorization: Bearer sk_x",
        b"TE: trailers",
        b"Accept-Encoding: gzip",
        b"",
    }


def test_a_server_below_a_path_is_reached_there() -> None:
    seen: list[bytes] = []
    with upstream(responding(CHUNKED, seen)) as url, proxied(f"{url}/api/v2/") as proxy:
        exchange(proxy.port, get("/text/a?b=c"))
    assert seen[0].startswith(b"GET /api/v2/text/a?b=c HTTP/1.1\r\n")


@pytest.mark.parametrize(
    "raw",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 1234\r\nContent-Type: a/b\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n",
        b"HTTP/1.1 304 Not Modified\r\nETag: x\r\n",
    ],
)
def test_a_head_response_has_its_headers_and_no_body(raw: bytes) -> None:
    with upstream(responding(raw + b"\r\n")) as url, proxied(url) as proxy:
        received = exchange(proxy.port, get("/x", "HEAD"))
    assert received.lower() == (raw + b"connection: close\r\n\r\n").lower()


def test_a_preflight_and_its_response_are_unchanged() -> None:
    seen: list[bytes] = []
    allowed = (
        b"HTTP/1.1 204 No Content\r\nAccess-Control-Allow-Origin: https://app.example\r\n"
        b"Access-Control-Allow-Headers: authorization,x-stainless-os\r\nVary: Origin\r\n"
    )
    with upstream(responding(allowed + b"\r\n", seen)) as url, proxied(url) as proxy:
        requested = (
            "Origin: https://app.example",
            "Access-Control-Request-Headers: x-stainless-os",
        )
        received = exchange(proxy.port, get("/v1/chat/completions", "OPTIONS", *requested))
    assert received == allowed + b"Connection: close\r\n\r\n"
    assert seen[0].startswith(b"OPTIONS /v1/chat/completions HTTP/1.1\r\n")
    assert all(line.encode() in seen[0] for line in requested)


def test_a_body_that_waits_for_100_continue_gets_it() -> None:
    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        assert b"Expect: 100-continue" in await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        body = await reader.readexactly(3)
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n" + body)
        await writer.drain()

    with (
        upstream(handle) as url,
        proxied(url) as proxy,
        socket.create_connection(("127.0.0.1", proxy.port), timeout=5) as link,
    ):
        link.sendall(get("/upload", "POST", "Content-Length: 3", "Expect: 100-continue"))
        assert link.recv(1000).startswith(b"HTTP/1.1 100 ")
        link.sendall(b"abc")
        received = b""
        while data := link.recv(1000):
            received += data
    assert received.endswith(b"\r\n\r\nabc")


def test_early_hints_pass_before_the_response() -> None:
    hints = b"HTTP/1.1 103 Early Hints\r\nLink: <a>; rel=preload\r\n\r\n"
    with upstream(responding(hints + CHUNKED)) as url, proxied(url) as proxy:
        received = exchange(proxy.port, get())
    assert received.startswith(hints)
    assert received.count(b"HTTP/1.1") == 2


def test_a_body_that_ends_with_its_connection_is_whole() -> None:
    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\n\r\nall of it")
        await writer.drain()

    with upstream(handle) as url, proxied(url) as proxy:
        received = exchange(proxy.port, get())
        old = exchange(proxy.port, b"GET /x HTTP/1.0\r\nHost: a\r\n\r\n")
    assert b"\r\n9\r\nall of it\r\n0\r\n\r\n" in received
    assert old.endswith(b"\r\n\r\nall of it")
    assert b"chunked" not in old


def test_events_arrive_while_the_stream_goes_on() -> None:
    go_on = threading.Event()

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\ndata: 1\n\n\r\n")
        await writer.drain()
        await asyncio.to_thread(go_on.wait, 10)
        writer.write(b"9\r\ndata: 2\n\n\r\n0\r\n\r\n")
        await writer.drain()

    with (
        upstream(handle) as url,
        proxied(url) as proxy,
        socket.create_connection(("127.0.0.1", proxy.port), timeout=5) as link,
    ):
        link.sendall(get())
        received = b""
        while b"data: 1\n\n" not in received:
            received += link.recv(1000)
        assert b"data: 2" not in received
        go_on.set()
        while data := link.recv(1000):
            received += data
    assert received.endswith(b"data: 2\n\n\r\n0\r\n\r\n")


def test_an_upload_arrives_while_it_is_sent() -> None:
    arrived = threading.Event()

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        assert await reader.readexactly(8) == b"3\r\nabc\r\n"
        arrived.set()
        rest = await reader.readuntil(b"X-T: 1\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(rest), rest))
        await writer.drain()

    with (
        upstream(handle) as url,
        proxied(url) as proxy,
        socket.create_connection(("127.0.0.1", proxy.port), timeout=5) as link,
    ):
        head = get("/upload", "POST", "Transfer-Encoding: chunked", "Trailer: X-T")
        link.sendall(head + b"3\r\nabc\r\n")
        assert arrived.wait(5)
        link.sendall(b"2\r\nde\r\n0\r\nX-T: 1\r\n\r\n")
        received = b""
        while data := link.recv(1000):
            received += data
    assert received.endswith(b"\r\n\r\n2\r\nde\r\n0\r\nX-T: 1\r\n\r\n")


# --- what may go wrong --------------------------------------------------------------------------


def test_requests_follow_each_other_on_one_connection() -> None:
    seen: list[bytes] = []
    with upstream(responding(CHUNKED, seen)) as url, proxied(url) as proxy:
        first = b"GET /1 HTTP/1.1\r\nHost: a\r\n\r\n"
        received = exchange(proxy.port, first + get("/2"))
    assert received.count(b"HTTP/1.1 200 Fine") == 2
    assert [request.split(b" ")[1] for request in seen] == [b"/1", b"/2"]


@pytest.mark.parametrize("body", [b"", b"some body"])
def test_a_connection_that_the_server_closed_meanwhile_costs_no_request(body: bytes) -> None:
    requests: list[bytes] = []

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        requests.append(await reader.readexactly(len(body)))
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
        await writer.drain()
        # It closes in the moment in which the next request comes.
        await reader.readuntil(b"\r\n\r\n")

    with upstream(handle) as url, proxied(url) as proxy:
        for _ in range(3):
            raw = get("/x", "POST", f"Content-Length: {len(body)}") + body
            assert exchange(proxy.port, raw).endswith(b"ok")
    assert requests == [body] * 3


def test_a_server_that_is_not_there_is_a_502_and_inconclusive() -> None:
    with socket.create_server(("127.0.0.1", 0)) as unused:
        port = unused.getsockname()[1]
    with proxied(f"http://127.0.0.1:{port}") as proxy:
        received = exchange(proxy.port, get())
    assert received.startswith(b"HTTP/1.1 502 ")
    assert proxy.report.exit_code == 2
    assert sum(proxy.report.broken.values()) == 1


@pytest.mark.parametrize(
    "raw",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n",
    ],
)
def test_a_response_that_is_cut_off_is_cut_off_for_the_client(raw: bytes) -> None:
    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(raw)
        await writer.drain()

    with upstream(handle) as url, proxied(url) as proxy:
        try:
            received = exchange(proxy.port, get())
        except ConnectionResetError:
            received = b""
    assert not received.endswith(b"0\r\n\r\n")
    assert b"200 OK" not in received or b"abc" in received
    assert any("cut off" in reason for reason in proxy.report.broken)
    assert not proxy.report.verdicts


def test_a_server_that_does_not_speak_http_is_a_502() -> None:
    with upstream(responding(b"220 smtp.example ready\r\n\r\n")) as url, proxied(url) as proxy:
        assert exchange(proxy.port, get()).startswith(b"HTTP/1.1 502 ")


def test_a_client_that_leaves_ends_the_request_to_the_server() -> None:
    left = threading.Event()

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        assert await reader.read(1) == b""
        left.set()

    with upstream(handle) as url, proxied(url) as proxy:
        with socket.create_connection(("127.0.0.1", proxy.port), timeout=5) as link:
            link.sendall(get())
            time.sleep(0.2)
        assert left.wait(5)
    assert any("the client left" in reason for reason in proxy.report.broken)


def test_a_refusal_before_the_whole_request_came_arrives() -> None:
    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 413 Too Large\r\nContent-Length: 3\r\n\r\nno!")
        await writer.drain()
        await reader.read(100)

    with upstream(handle) as url, proxied(url) as proxy:
        raw = get("/upload", "POST", "Content-Length: 1000000") + b"x" * 1000
        received = exchange(proxy.port, raw)
    assert received.startswith(b"HTTP/1.1 413 ")
    assert received.endswith(b"no!")


@pytest.mark.parametrize(
    ("raw", "status"),
    [
        (b"nonsense\r\n\r\n", b"400"),
        (b"GET / HTTP/1.1\r\nHost: a\r\nA: " + b"x" * 200_000, b"431"),
        (b"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", b"400"),
        (b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", b""),
    ],
)
def test_what_is_not_http_does_not_reach_the_server(raw: bytes, status: bytes) -> None:
    bodies: list[bytes] = []

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        bodies.append(await reader.readuntil(b"\r\n\r\n"))
        bodies.append(await reader.read(100))

    with upstream(handle) as url, proxied(url) as proxy:
        try:
            received = exchange(proxy.port, raw)
        except ConnectionResetError:
            received = b""
        assert received.startswith(b"HTTP/1.1 " + status if status else b"")
        with upstream(responding(CHUNKED)) as other, proxied(other) as working:
            assert b"200 Fine" in exchange(working.port, get())
    assert b"zz" not in b"".join(bodies)
