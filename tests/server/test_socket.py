"""Broken HTTP, many streams, many requests: the server stays up and responds to the next good request."""

import asyncio
import itertools
import random
import socket
import time
from collections.abc import Iterator
from contextlib import closing
from urllib.parse import urlsplit

import httpx
import pytest

from pollinations_conformance.server import RunningServer, running
from pollinations_conformance.server.defects import DEFECTS


@pytest.fixture(scope="module")
def server() -> Iterator[RunningServer]:
    with running(head_timeout=0.5) as server:
        yield server


def connect(url: str) -> socket.socket:
    parts = urlsplit(url)
    return socket.create_connection((parts.hostname or "", parts.port or 0), timeout=5)


def exchange(url: str, data: bytes, *, finish: bool = False) -> bytes:
    """Send bytes and return all that comes back until the server closes or falls silent."""
    with closing(connect(url)) as connection:
        connection.settimeout(1)
        received = b""
        try:
            connection.sendall(data)
            if finish:
                connection.shutdown(socket.SHUT_WR)
            while part := connection.recv(65536):
                received += part
        except OSError:  # time is up, or the server broke the connection off
            pass
        return received


def assert_alive(server: RunningServer) -> None:
    key = {"Authorization": f"Bearer {server.keys['secret']}"}
    assert httpx.get(server.base_url + "/account/balance", headers=key).status_code == 200
    assert httpx.get(server.media_url + "/zzz").status_code == 400


CHAT = b"POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
BROKEN = {
    "nothing": b"",
    "no http": b"hello\r\n\r\n",
    "binary": bytes(range(256)) * 8,
    "no version": b"GET /\r\n\r\n",
    "old version": b"GET /v1/models HTTP/0.9\r\n\r\n",
    "no host": b"GET /v1/models HTTP/1.1\r\n\r\n",
    "negative length": CHAT + b"Content-Length: -5\r\n\r\n",
    "length in words": CHAT + b"Content-Length: many\r\n\r\n{}",
    "two lengths": CHAT + b"Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}",
    "length and chunks": CHAT + b"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n{}",
    "too short a body": CHAT + b"Content-Length: 100\r\n\r\n{}",
    "bad chunk size": CHAT + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n",
    "chunk without end": CHAT + b"Transfer-Encoding: chunked\r\n\r\n5\r\n{}",
    "unknown encoding": CHAT + b"Transfer-Encoding: gzip\r\n\r\n{}",
    "nul in path": b"GET /text/a\x00b HTTP/1.1\r\nHost: x\r\n\r\n",
    "nul in header": b"GET /v1/models HTTP/1.1\r\nHost: x\r\nX: a\x00b\r\n\r\n",
    "bare line feeds": b"GET /v1/models HTTP/1.1\nHost: x\n\n",
    "folded header": b"GET /v1/models HTTP/1.1\r\nHost: x\r\nX: a\r\n b\r\n\r\n",
    "long path": b"GET /" + b"a" * 100_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
    "many headers": b"GET /v1/models HTTP/1.1\r\nHost: x\r\n" + b"X-A: b\r\n" * 10_000 + b"\r\n",
    "one great header": b"GET /v1/models HTTP/1.1\r\nHost: x\r\nX: " + b"a" * 1_000_000 + b"\r\n\r\n",
    "latin-1 header": b"GET /v1/models HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer \xff\xfe\r\n\r\n",
    "bad utf-8 in path": b"GET /text/%ff%fe%80 HTTP/1.1\r\nHost: x\r\n\r\n",
    "bad utf-8 in json": CHAT + b"Content-Length: 4\r\n\r\n\"\xff\xfe\"",
    "deep json": CHAT + b"Content-Length: 200000\r\n\r\n" + b"[" * 200_000,
    "gigabyte announced": CHAT + b"Content-Length: 1073741824\r\n\r\n",
    "exabyte announced": CHAT + b"Content-Length: 99999999999999999999\r\n\r\n",
    "upload announced": b"POST /upload HTTP/1.1\r\nHost: x\r\nContent-Length: 1073741824\r\n\r\n",
    "upgrade": b"GET /v1/models HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n",
    "http/2 preface": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "star": b"OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n",
    "absolute": b"GET http://elsewhere/v1/models HTTP/1.1\r\nHost: elsewhere\r\n\r\n",
    "expect": CHAT + b"Expect: 100-continue\r\nContent-Length: 2\r\n\r\n{}",
    "bad multipart": b"POST /v1/audio/transcriptions HTTP/1.1\r\nHost: x\r\nContent-Type: multipart/form-data\r\n"
    b"Content-Length: 3\r\n\r\nabc",
    "wrong boundary": b"POST /v1/audio/transcriptions HTTP/1.1\r\nHost: x\r\nContent-Type: multipart/form-data; "
    b"boundary=B\r\nContent-Length: 3\r\n\r\nabc",
}  # fmt: skip


@pytest.mark.parametrize("name", sorted(BROKEN))
@pytest.mark.parametrize("side", ["base_url", "media_url"])
def test_broken_http_is_survived(server: RunningServer, name: str, side: str) -> None:
    received = exchange(getattr(server, side), BROKEN[name], finish=True)
    assert not received.startswith(b"HTTP/1.1 500")
    assert_alive(server)


def test_random_bytes_are_survived(server: RunningServer) -> None:
    dice = random.Random(1)
    good = CHAT + b'Content-Length: 15\r\n\r\n{"messages": []}'
    for _ in range(150):
        data = bytearray(good)
        for _ in range(dice.randint(1, 12)):
            data[dice.randrange(len(data))] = dice.randrange(256)
        received = exchange(server.base_url, bytes(data), finish=True)
        assert not received.startswith(b"HTTP/1.1 500"), bytes(data)
    assert_alive(server)


def test_an_announced_gigabyte_is_refused_at_once(server: RunningServer) -> None:
    started = time.monotonic()
    received = exchange(server.base_url, BROKEN["gigabyte announced"])
    assert received.startswith((b"HTTP/1.1 413", b"HTTP/1.1 400"))
    assert time.monotonic() - started < 2


def test_slow_heads_are_given_up(server: RunningServer) -> None:
    with closing(connect(server.base_url)) as connection:
        connection.settimeout(5)
        started = time.monotonic()
        connection.sendall(b"GET /v1/models HTTP/1.1\r\nHost: x\r\n")
        closed_by = None
        for _ in range(40):
            time.sleep(0.1)
            try:
                connection.sendall(b"X: a\r\n")
            except ConnectionError:
                closed_by = time.monotonic() - started
                break
        assert closed_by is not None
    assert_alive(server)


def test_slow_bodies_are_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pollinations_conformance.server.http.BODY_TIMEOUT", 0.2)
    with running() as server:
        received = exchange(server.base_url, CHAT + b"Content-Length: 100\r\n\r\n{")
        assert received.startswith(b"HTTP/1.1 408")
        assert_alive(server)


def test_a_client_that_leaves_in_a_stream_hurts_nobody() -> None:
    with running(pace=0.01) as server:
        body = b'{"messages":[{"role":"user","content":"x"}],"stream":true}'
        head = (
            CHAT
            + f"Authorization: Bearer {server.keys['secret']}\r\nContent-Length: {len(body)}\r\n\r\n".encode()
        )
        for _ in range(20):
            with closing(connect(server.base_url)) as connection:
                connection.sendall(head + body)
                assert connection.recv(20).startswith(b"HTTP/1.1 200")
        assert_alive(server)


def test_two_hundred_streams_each_keep_their_pace() -> None:
    pace = 0.05
    events = itertools.count()  # of all streams: how long another one waits is counted in them
    with running(pace=pace) as server:
        parts = urlsplit(server.base_url)

        async def one(number: int) -> tuple[float, int, int]:
            reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
            body = f'{{"messages":[{{"role":"user","content":"{number}"}}],"max_tokens":12,"stream":true}}'.encode()
            writer.write(
                CHAT
                + f"Authorization: Bearer {server.keys['secret']}\r\nContent-Length: {len(body)}\r\n\r\n".encode()
                + body
            )
            times: list[float] = []
            turns: list[int] = []
            while line := await reader.readline():
                if line.startswith(b"data: "):
                    times.append(time.monotonic())
                    turns.append(next(events))
                if line == b"data: [DONE]\n":
                    break
            writer.close()
            await writer.wait_closed()
            gaps = [b - a for a, b in itertools.pairwise(turns)]
            return times[-1] - times[0], max(gaps), len(times)

        async def all_of_them() -> list[tuple[float, int, int]]:
            return await asyncio.gather(*(one(number) for number in range(200)))

        results = asyncio.run(all_of_them())
    assert len(results) == 200
    assert {count for _, _, count in results} <= {16, 17}  # stop, or the limit of 12 tokens
    assert max(gap for _, gap, _ in results) < 5 * 200  # none starves
    assert min(duration for duration, _, _ in results) > 6 * pace  # none hurries
    # One after the other they would take 200 times as long; the rest is for a machine that is busy.
    assert max(duration for duration, _, _ in results) < 16 * pace + 20


WIRE = [name for name in DEFECTS if name in {
    "head-with-body", "media-head-with-body", "media-head-error-body", "stream-chunk-missing",
    "stream-chunk-size", "image-header-split",
}]  # fmt: skip


@pytest.mark.parametrize("name", sorted(WIRE))
def test_defects_of_the_wire_reach_the_wire(name: str) -> None:
    with running(defects=[name]) as server:
        key = f"Authorization: Bearer {server.keys['secret']}\r\n".encode()
        body = b'{"messages":[],"stream":true}'
        sent = {
            "head-with-body": b"HEAD /v1/models HTTP/1.1\r\nHost: x\r\n" + key + b"\r\n",
            "media-head-error-body": b"HEAD /zzz HTTP/1.1\r\nHost: x\r\n\r\n",
            "image-header-split": b"GET /image/x?width=8&height=8 HTTP/1.1\r\nHost: x\r\n"
            + key
            + b"\r\n",
        }.get(name, CHAT + key + b"Content-Length: %d\r\n\r\n" % len(body) + body)
        if name == "media-head-with-body":
            headers = {
                "Authorization": f"Bearer {server.keys['secret']}",
                "Content-Type": "image/png",
            }
            name_of = httpx.post(
                server.media_url + "/upload", content=b"the picture", headers=headers
            ).json()["id"]
            sent = f"HEAD /{name_of} HTTP/1.1\r\nHost: x\r\n\r\n".encode()
        received = exchange(server.media_url if name.startswith("media") else server.base_url, sent)
    head, _, rest = received.partition(b"\r\n\r\n")
    expected = {
        "head-with-body": rest.startswith(b'{"object":"list"'),
        "media-head-with-body": rest == b"the picture",
        "media-head-error-body": b"Invalid hash format" in rest,
        "image-header-split": b"\r\nX-Injected: yes\r\n" in head,
        "stream-chunk-missing": rest.endswith(b"data: [DONE]\n\n\r\n"),
        "stream-chunk-size": rest.endswith(b"0\r\n\r\n") and b"[DONE]" in rest,
    }
    assert expected[name]
