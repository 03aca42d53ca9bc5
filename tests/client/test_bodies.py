"""Bodies: whole or an error, within a limit, in time, however they are compressed."""

from __future__ import annotations

import asyncio
import functools
import gzip
import io
import itertools
import json
import os
import socket
import time
import tracemalloc
import zlib
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pollinations_client import (
    APIConnectionError,
    APITimeoutError,
    AsyncPollinations,
    AuthenticationError,
    Binary,
    ConfigurationError,
    Pollinations,
    PollinationsError,
    ResponseTooLargeError,
    StreamTruncatedError,
    Timeout,
)
from pollinations_client._body import Unpacker
from tests.client.conftest import Mocked, RawServer, Responding, Serving, whole_request
from tests.properties import examples

JPEG = {"content-type": "image/jpeg"}
SSE = {"content-type": "text/event-stream"}
MESSAGES = [{"role": "user", "content": "Hi"}]
WHOLE = os.urandom(30_000) + b"x" * 30_000


def raw_deflate(data: bytes) -> bytes:
    pack = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return pack.compress(data) + pack.flush()


PACKED: dict[str, tuple[str, Callable[[bytes], bytes]]] = {
    "gzip": ("gzip", gzip.compress),
    "x-gzip": ("x-gzip", gzip.compress),
    "deflate": ("deflate", zlib.compress),
    "raw deflate": ("deflate", raw_deflate),
    "gzip in gzip": ("gzip, gzip", lambda data: gzip.compress(gzip.compress(data))),
    "deflate in gzip": ("deflate, gzip", lambda data: gzip.compress(zlib.compress(data))),
    "several gzip files": (
        "gzip",
        lambda data: gzip.compress(data[:9]) + gzip.compress(data[9:]),
    ),
    "gzip and zeros": ("gzip", lambda data: gzip.compress(data) + bytes(5)),
    "gzip and more": ("gzip", lambda data: gzip.compress(data) + b"more"),
}
WHOLLY_PACKED = [name for name in PACKED if "and" not in name]


def framed(body: bytes, headers: dict[str, str], status: int = 200) -> bytes:
    lines = [f"HTTP/1.1 {status} X", f"Content-Length: {len(body)}", "Connection: close"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return ("\r\n".join(lines) + "\r\n\r\n").encode() + body


@pytest.mark.parametrize("packing", PACKED)
def test_compressed_content_arrives_whole(
    responding: Responding, serving: Serving, packing: str
) -> None:
    encoding, pack = PACKED[packing]
    headers = {**JPEG, "content-encoding": encoding}
    client = responding(pack(WHOLE), headers=headers)
    assert client.image.generate("a cat").content == WHOLE
    with client.image.with_streaming_response.generate("a cat") as response:
        assert response.read() == WHOLE
    server = serving([framed(pack(WHOLE), headers)])
    with Pollinations(api_key="sk_x", base_url=server.url) as real:
        assert real.image.generate("a cat").content == WHOLE


@pytest.mark.parametrize("place", ["half", "trailer", "all but one"])
@pytest.mark.parametrize("packing", WHOLLY_PACKED)
def test_compressed_content_that_is_cut_is_an_error(
    responding: Responding, serving: Serving, tmp_path: Path, packing: str, place: str
) -> None:
    encoding, pack = PACKED[packing]
    body = pack(WHOLE)
    body = body[: {"half": len(body) // 2, "trailer": len(body) - 4, "all but one": -1}[place]]
    headers = {**JPEG, "content-encoding": encoding}
    server = serving([framed(body, headers)])
    with Pollinations(api_key="sk_x", base_url=server.url, max_retries=0) as real:
        for client in (responding(body, headers=headers), real):
            with pytest.raises(APIConnectionError, match="broke off"):
                client.image.generate("a cat")
            with (
                client.image.with_streaming_response.generate("a cat") as response,
                pytest.raises(APIConnectionError, match="broke off"),
            ):
                response.save(tmp_path / "cat.jpg")
            assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("kind", ["text/plain", "application/json"])
def test_cut_text_and_json_are_errors(responding: Responding, kind: str) -> None:
    body = gzip.compress(b'{"balance": 1}' + b" " * 9000)[:-6]
    headers = {"content-type": kind, "content-encoding": "gzip"}
    client = responding(body, headers=headers)
    with pytest.raises(APIConnectionError):
        client.text.generate("x") if kind == "text/plain" else client.account.balance()


@pytest.mark.parametrize("encoding", ["br", "zstd", "compress", "gzip, gzip, gzip, gzip"])
def test_encodings_that_were_not_requested_are_refused(
    responding: Responding, encoding: str
) -> None:
    with pytest.raises(APIConnectionError, match=r"compressed|encoding"):
        responding(b"x", headers={**JPEG, "content-encoding": encoding}).image.generate("a cat")


@pytest.mark.parametrize("encoding", ["identity", "", "aws-chunked", "none", "utf-8"])
def test_encodings_that_are_none_are_ignored(responding: Responding, encoding: str) -> None:
    client = responding(b"x", headers={**JPEG, "content-encoding": encoding})
    assert client.image.generate("a cat").content == b"x"


@pytest.mark.parametrize("encoding", ["gzip", "deflate"])
def test_damaged_compression_is_an_error(responding: Responding, encoding: str) -> None:
    for body in (b"\x1f\x8b\x08nonsense of some length", b"\x78\x9cnonsense", b"plain", b""):
        client = responding(body, headers={**JPEG, "content-encoding": encoding})
        with pytest.raises(APIConnectionError):
            client.image.generate("a cat")


def test_damaged_body_does_not_hide_an_error_status(responding: Responding) -> None:
    body = gzip.compress(b'{"error": {"message": "bad key", "code": "UNAUTHORIZED"}}')
    headers = {"content-type": "application/json", "content-encoding": "gzip"}
    for sent in (body, body[:-4], b"nonsense", b""):
        with pytest.raises(AuthenticationError):
            responding(sent, 401, headers).account.balance()
    with pytest.raises(AuthenticationError, match="bad key"):
        responding(body[:-4], 401, headers).account.balance()


@given(
    st.binary(max_size=2000),
    st.sampled_from(sorted(PACKED)),
    st.lists(st.integers(0, 3000), max_size=20),
)
def test_decompressing_is_the_same_for_any_cutting(
    data: bytes, packing: str, places: list[int]
) -> None:
    encoding, pack = PACKED[packing]
    body = pack(data)
    edges = [0, *sorted({place % (len(body) + 1) for place in places}), len(body)]
    unpacker = Unpacker(encoding, None)
    pieces = [body[a:b] for a, b in itertools.pairwise(edges)]
    assert b"".join(out for piece in pieces for out in unpacker.feed(piece)) == data
    unpacker.finish()


@pytest.mark.parametrize("size", [1, 2, 63, 64, 65, 127, 128, 300])
@pytest.mark.parametrize("packing", ["gzip", "deflate", "raw deflate"])
def test_what_a_few_bytes_stand_for_comes_out_whole(packing: str, size: int) -> None:
    # 64 bytes stand for more than is put out in one step, and the rest then waits inside the library.
    encoding, pack = PACKED[packing]
    body = pack(b"\0" * 1_000_000)
    unpacker = Unpacker(encoding, None)
    pieces = (body[start : start + size] for start in range(0, len(body), size))
    assert sum(len(out) for piece in pieces for out in unpacker.feed(piece)) == 1_000_000
    unpacker.finish()


# -- limits ----------------------------------------------------------------------------------------------


@functools.cache
def bomb(size: int) -> bytes:
    """Pack so many zeros twice."""
    target = io.BytesIO()
    with gzip.GzipFile(fileobj=target, mode="wb") as file:
        for _ in range(size // (1 << 20)):
            file.write(bytes(1 << 20))
    return gzip.compress(target.getvalue())


SIZE = 100 << 20
PACKED_TWICE = {"content-encoding": "gzip, gzip"}


@pytest.fixture
def bombing(mocked: Mocked) -> Callable[..., Pollinations]:
    """Return a function that makes a client which is sent a few bytes that stand for many."""

    class Bomb(httpx.SyncByteStream):
        def __iter__(self) -> Iterator[bytes]:
            yield bomb(SIZE)

    def make(media: str, status: int = 200, **options: Any) -> Pollinations:
        headers = {"content-type": media, **PACKED_TWICE}
        return mocked(lambda _: httpx.Response(status, headers=headers, stream=Bomb()), **options)

    return make


def image(client: Pollinations) -> Any:
    return client.image.generate("a cat")


def balance(client: Pollinations) -> Any:
    return client.account.balance()


def events(client: Pollinations) -> Any:
    return client.chat.completions.create(messages=MESSAGES, stream=True).final()


def opened(client: Pollinations) -> Any:
    with client.image.with_streaming_response.generate("a cat") as response:
        return response.read()


HELD: dict[str, tuple[str, Callable[[Pollinations], Any]]] = {
    "json": ("application/json", balance),
    "image": ("image/jpeg", image),
    "event stream": ("text/event-stream", events),
    "read": ("image/jpeg", opened),
}


@pytest.mark.parametrize("kind", HELD)
def test_few_bytes_that_stand_for_many_are_refused_in_little_memory(
    bombing: Callable[..., Pollinations], kind: str
) -> None:
    assert len(bomb(SIZE)) < 2000
    media, call = HELD[kind]
    client = bombing(media, max_response_bytes=4 << 20)
    tracemalloc.start()
    try:
        with pytest.raises(ResponseTooLargeError, match="max_response_bytes") as caught:
            call(client)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert caught.value.limit == 4 << 20
    assert peak < 24 << 20


@pytest.mark.parametrize("kind", HELD)
def test_what_is_held_in_memory_has_a_limit_by_default(
    bombing: Callable[..., Pollinations], kind: str
) -> None:
    media, call = HELD[kind]
    client = bombing(media)
    with pytest.raises(ResponseTooLargeError) as caught:
        call(client)
    assert caught.value.limit == 64 << 20


def test_error_bodies_are_kept_up_to_a_mebibyte(bombing: Callable[..., Pollinations]) -> None:
    client = bombing("application/json", 401)
    with pytest.raises(AuthenticationError) as caught:
        client.account.balance()
    assert len(caught.value.body) == 1 << 20


def test_download_in_pieces_has_no_limit_but_can_be_given_one(
    bombing: Callable[..., Pollinations], tmp_path: Path
) -> None:
    tracemalloc.start()
    try:
        with bombing("image/jpeg").image.with_streaming_response.generate("x") as large:
            assert large.save(tmp_path / "large").stat().st_size == SIZE
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 4 << 20
    (tmp_path / "large").unlink()
    limited = bombing("image/jpeg", max_response_bytes=1 << 20)
    with (
        limited.image.with_streaming_response.generate("x") as response,
        pytest.raises(ResponseTooLargeError),
    ):
        response.save(tmp_path / "large")
    assert list(tmp_path.iterdir()) == []


def test_limit_can_be_set_for_a_derived_client_and_taken_away(responding: Responding) -> None:
    client = responding({"balance": 1}, max_response_bytes=5)
    with pytest.raises(ResponseTooLargeError):
        client.account.balance()
    assert client.with_options(max_response_bytes=14).account.balance().balance == 1
    assert client.with_options(max_response_bytes=None).account.balance().balance == 1
    with pytest.raises(ResponseTooLargeError):
        client.with_options(timeout=5).account.balance()


@pytest.mark.parametrize("limit", [-1, 1.5, "5", True])
def test_limits_that_are_none_are_refused(limit: Any) -> None:
    with pytest.raises(ConfigurationError, match="max_response_bytes"):
        Pollinations(api_key="sk_x", max_response_bytes=limit)


class Pieces(httpx.SyncByteStream, httpx.AsyncByteStream):
    content = (b"abc", b"defgh", b"", b"i")

    def __iter__(self) -> Iterator[bytes]:
        return iter(self.content)

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for piece in self.content:
            yield piece


def test_asynchronous_download_can_be_read_in_pieces_of_a_size() -> None:
    async def run(size: int) -> list[bytes]:
        transport = httpx.MockTransport(
            lambda _: httpx.Response(200, headers=JPEG, stream=Pieces())
        )
        async with httpx.AsyncClient(transport=transport) as pool:
            client = AsyncPollinations(api_key="sk_x", http_client=pool)
            async with client.image.with_streaming_response.generate("x") as response:
                return [piece async for piece in response.iter_bytes(size)]

    assert asyncio.run(run(2)) == [b"ab", b"cd", b"ef", b"gh", b"i"]
    assert asyncio.run(run(100)) == [b"abcdefghi"]
    with pytest.raises(ConfigurationError, match="chunk_size"):
        asyncio.run(run(0))


def test_download_can_be_read_in_pieces_of_a_size(mocked: Mocked) -> None:
    client = mocked(lambda _: httpx.Response(200, headers=JPEG, stream=Pieces()))
    for size, expected in [(2, [b"ab", b"cd", b"ef", b"gh", b"i"]), (100, [b"abcdefghi"])]:
        with client.image.with_streaming_response.generate("x") as response:
            assert list(response.iter_bytes(size)) == expected
    with (
        client.image.with_streaming_response.generate("x") as response,
        pytest.raises(ConfigurationError, match="chunk_size"),
    ):
        list(response.iter_bytes(0))


# -- time ------------------------------------------------------------------------------------------------

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: image/jpeg\r\n"
SLOW_X: list[bytes | float] = [b"x", 0.05] * 200
SLOW_HINTS: list[bytes | float] = [b"HTTP/1.1 103 Early Hints\r\n\r\n", 0.05] * 200
SLOW_EVENTS: list[bytes | float] = [b'data: {"choices":[]}\n\n', 0.05] * 200
TRICKLES: dict[str, list[bytes | float]] = {
    "headers": [HEAD, *SLOW_X],
    "body": [HEAD + b"Content-Length: 200\r\n\r\n", *SLOW_X],
    "early hints": SLOW_HINTS,
    "nothing": [10.0],
    "events": [
        HEAD.replace(b"image/jpeg", b"text/event-stream") + b"\r\n",
        *SLOW_EVENTS,
    ],
}


class Pouring(RawServer):
    """A server that never pauses."""

    def respond(self, connection: socket.socket, pieces: Sequence[bytes | float]) -> None:
        with connection, suppress(OSError):
            whole_request(connection)
            for _ in range(20_000):
                connection.sendall(b"HTTP/1.1 103 Early Hints\r\n\r\n" * 50)


def test_total_time_ends_a_call_that_never_pauses() -> None:
    server = Pouring([])
    try:
        client = Pollinations(api_key="sk_x", base_url=server.url, timeout=Timeout(5, total=0.3))
        start = time.process_time()
        with client, pytest.raises(APITimeoutError):
            client.account.balance()
        assert time.process_time() - start < 3
    finally:
        server.close()


def test_total_time_counts_for_a_file_that_is_slow_to_read(serving: Serving) -> None:
    class Slow(io.RawIOBase):
        left = 40

        def read(self, size: int = -1, /) -> bytes:
            self.left -= 1
            time.sleep(0.05)
            return b"x" if self.left else b""

    url = serving([b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n"]).url
    file = Slow()
    client = Pollinations(api_key="sk_x", media_base_url=url, timeout=Timeout(5, total=0.3))
    with client, pytest.raises(APITimeoutError):
        client.media.upload(file, form="raw")  # type: ignore[arg-type] # pyright: ignore[reportArgumentType]
    assert file.left > 0


@pytest.mark.parametrize("kind", TRICKLES)
@pytest.mark.parametrize("asynchronous", [False, True], ids=["sync", "async"])
def test_total_time_ends_a_call_that_trickles(
    serving: Serving, kind: str, asynchronous: bool
) -> None:
    server = serving(TRICKLES[kind])
    start = time.monotonic()

    async def run() -> None:
        async with AsyncPollinations(api_key="sk_x", base_url=server.url) as client:
            client = client.with_options(timeout=Timeout(5, total=0.4))
            if kind == "events":
                stream = await client.chat.completions.create(messages=MESSAGES, stream=True)
                await stream.final()
            else:
                await client.image.generate("a cat")

    with pytest.raises(APITimeoutError) as caught:  # noqa: PT012 - two ways to make the same call
        if asynchronous:
            asyncio.run(run())
        else:
            with Pollinations(api_key="sk_x", base_url=server.url) as client:
                client = client.with_options(timeout=Timeout(5, total=0.4))
                events(client) if kind == "events" else image(client)
    assert 0.3 < time.monotonic() - start < 3
    assert caught.value.call.startswith("client.")


def test_total_time_covers_retries_and_their_pauses(mocked: Mocked) -> None:
    client = mocked(lambda _: httpx.Response(503), max_retries=50)
    start = time.monotonic()
    with pytest.raises(PollinationsError):
        client.account.balance(timeout=Timeout(total=0.3))
    assert time.monotonic() - start < 2


def test_timeout_keeps_the_defaults_of_the_client() -> None:
    assert Timeout(total=5).as_dict() == {"connect": 10, "read": 300, "write": 300, "pool": 300}
    assert Timeout(3).as_dict() == {"connect": 3, "read": 3, "write": 3, "pool": 3}
    assert Timeout(3, connect=1, read=None).as_dict()["read"] is None
    assert Timeout(None).as_dict()["read"] is None
    assert Timeout(3, total=4) == Timeout(3, total=4) != Timeout(3)
    assert "total=4" in repr(Timeout(3, total=4))


@pytest.mark.parametrize("value", [0, -1, float("inf"), "5", True])
def test_total_times_that_are_none_are_refused(value: Any) -> None:
    with pytest.raises(ConfigurationError, match="timeout"):
        Timeout(total=value)
    with pytest.raises(ConfigurationError, match="timeout"):
        Timeout(connect=value)


# -- streams are whole or an error --------------------------------------------------------------------------


def chunk(text: str, finish: Any = None) -> dict[str, Any]:
    return {"choices": [{"index": 0, "delta": {"content": text}, "finish_reason": finish}]}


DIALECTS: dict[str, list[dict[str, Any]]] = {
    "null reasons": [chunk("Hel"), chunk("lo"), chunk("", "stop")],
    "empty reasons": [chunk("Hel", ""), chunk("lo", ""), chunk("", "STOP")],
    "two choices": [
        {"choices": [{"index": n, "delta": {"content": "x"}, "finish_reason": reason}]}
        for n, reason in [(0, None), (1, None), (0, "stop"), (1, None), (1, "stop")]
    ],
    "calls": [
        {"choices": [{"delta": {"tool_calls": [{"index": 0, "function": {"arguments": "{"}}]}}]},
        {"choices": [{"delta": {}, "finish_reason": "tool_calls"}]},
    ],
}


def stream_of(body: bytes, headers: dict[str, str] = SSE) -> Pollinations:
    transport = httpx.MockTransport(lambda _: httpx.Response(200, headers=headers, content=body))
    return Pollinations(api_key="sk_x", http_client=httpx.Client(transport=transport))


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("end", ["\n\n", "\r\n\r\n"])
def test_stream_cut_at_any_place_is_truncated_or_whole(dialect: str, end: str) -> None:
    parts = [f"data: {json.dumps(one)}{end}".encode() for one in DIALECTS[dialect]]
    body = b"".join([*parts, f"data: [DONE]{end}".encode()])
    enough = len(b"".join(parts).rstrip())
    whole = stream_of(body).chat.completions.create(messages=MESSAGES, stream=True).final()
    for place in range(len(body)):
        stream = stream_of(body[:place]).chat.completions.create(messages=MESSAGES, stream=True)
        if place < enough:
            with pytest.raises(StreamTruncatedError):
                stream.final()
        else:
            assert stream.final() == whole


def test_failure_of_a_stream_is_raised_again() -> None:
    body = f"data: {json.dumps(chunk('Hel'))}\n\n".encode()
    stream = stream_of(body).chat.completions.create(messages=MESSAGES, stream=True)
    with pytest.raises(StreamTruncatedError):
        for _ in stream:
            pass
    for _ in range(2):
        with pytest.raises(StreamTruncatedError) as caught:
            stream.final()
        assert caught.value.partial.choices[0].message.content == "Hel"
    assert list(stream) == []


@pytest.mark.parametrize("read", [0, 1])
def test_stream_closed_early_has_no_whole_response(read: int) -> None:
    body = f"data: {json.dumps(chunk('Hel'))}\n\n".encode() * 3
    with stream_of(body).chat.completions.create(messages=MESSAGES, stream=True) as stream:
        for _ in range(read):
            next(stream)
    with pytest.raises(StreamTruncatedError, match="closed"):
        stream.final()


def test_stream_closed_after_its_end_has_its_response() -> None:
    body = f"data: {json.dumps(chunk('Hi', 'stop'))}\n\ndata: [DONE]\n\n".encode()
    with stream_of(body).chat.completions.create(messages=MESSAGES, stream=True) as stream:
        list(stream)
    assert stream.final().choices[0].message.content == "Hi"


def test_cancelled_stream_has_no_whole_response(serving: Serving) -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n"
    server = serving([head, f"data: {json.dumps(chunk('Hel'))}\n\n".encode(), 10.0])

    async def run() -> None:
        async with AsyncPollinations(api_key="sk_x", base_url=server.url) as client:
            stream = await client.chat.completions.create(messages=MESSAGES, stream=True)

            async def read() -> None:
                async for _ in stream:
                    pass

            task = asyncio.create_task(read())
            await asyncio.sleep(0.1)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            with pytest.raises(StreamTruncatedError):
                await stream.final()

    asyncio.run(run())


@pytest.mark.parametrize("encoding", ["gzip", "deflate"])
def test_compressed_stream_that_is_cut_is_truncated(encoding: str) -> None:
    body = b"".join(f"data: {json.dumps(chunk('x' * 50))}\n\n".encode() for _ in range(50))
    packed = gzip.compress(body) if encoding == "gzip" else zlib.compress(body)
    client = stream_of(packed[:-5], {**SSE, "content-encoding": encoding})
    with pytest.raises(StreamTruncatedError):
        client.chat.completions.create(messages=MESSAGES, stream=True).final()


@pytest.mark.parametrize("end", ["data: [DON", "data: {", "data: {not json}\n\n", ": comm", "dat"])
def test_rest_after_the_finish_reason_does_no_harm(end: str) -> None:
    body = f"data: {json.dumps(chunk('Hi', 'stop'))}\n\n{end}".encode()
    stream = stream_of(body).chat.completions.create(messages=MESSAGES, stream=True)
    assert stream.final().choices[0].message.content == "Hi"


@pytest.mark.parametrize("depth", [300, 900, 100_000])
def test_event_nested_too_deeply_loses_nothing_of_what_had_arrived(depth: int) -> None:
    deep = '{"choices":' + "[" * depth + "]" * depth + "}"
    body = f"data: {json.dumps(chunk('Hel'))}\n\ndata: {deep}\n\ndata: [DONE]\n\n".encode()
    stream = stream_of(body).chat.completions.create(messages=MESSAGES, stream=True)
    with pytest.raises(PollinationsError, match="nested") as caught:
        stream.final()
    assert getattr(caught.value, "partial").choices[0].message.content == "Hel"  # noqa: B009
    snapshot = stream.snapshot()
    assert snapshot is not None
    assert snapshot.choices[0].message.content == "Hel"


def test_many_brackets_in_texts_are_not_nesting() -> None:
    text = "[{" * 500 + '"]}\\' * 500
    body = f"data: {json.dumps(chunk(text, 'stop'))}\n\n".encode()
    stream = stream_of(body).chat.completions.create(messages=MESSAGES, stream=True)
    assert stream.final().choices[0].message.content == text


def test_snapshots_can_be_changed_without_harm(mocked: Mocked) -> None:
    class Pieces(httpx.SyncByteStream):
        def __iter__(self) -> Iterator[bytes]:
            return iter([f"data: {json.dumps(chunk(text))}\n\n".encode() for text in "abc"])

    client = mocked(lambda _: httpx.Response(200, headers=SSE, stream=Pieces()))
    stream = client.chat.completions.create(messages=MESSAGES, stream=True)
    next(stream)
    first: Any = stream.snapshot()
    first.to_dict()["choices"][0]["message"]["content"] = "?"
    next(stream)
    second: Any = stream.snapshot()
    assert first.choices[0].message.content == "a"
    assert second.choices[0].message.content == "ab"


# -- linear time -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [1, 100, 1460, 65536])
def test_large_events_take_about_as_long_as_small_ones(size: int) -> None:
    from pollinations_client._sse import Decoder

    amount = (1 << 20 if size > 1 else 1 << 17) // size

    def seconds(event: bytes) -> float:
        body = event * (amount * size // len(event))
        pieces = [body[start : start + size] for start in range(0, len(body), size)]
        best = 1e9
        for _ in range(3):
            decoder = Decoder()
            start = time.process_time()
            for piece in pieces:
                decoder.feed(piece)
            best = min(best, time.process_time() - start)
        return best

    small = seconds(b"data: " + b"x" * 194 + b"\n\n")
    large = seconds(b"data: " + b"x" * (amount * size - 8) + b"\n\n")
    assert large < 2 * small + 0.02


def test_large_text_in_small_pieces_adds_up_in_linear_time() -> None:
    from pollinations_client._assembly import assemble

    def seconds(count: int) -> float:
        chunks = [chunk("word " * 20) for _ in range(count)]
        start = time.process_time()
        assemble(chunks)
        return time.process_time() - start

    seconds(1000)
    assert seconds(40_000) < 16 * seconds(5_000) + 0.1


@settings(max_examples=examples(50), deadline=None)
@given(st.binary(max_size=300), st.sampled_from(["", "gzip", "deflate", "gzip, deflate"]))
def test_any_body_is_a_result_or_an_error_of_ours(body: bytes, encoding: str) -> None:
    client = stream_of(body, {**JPEG, "content-encoding": encoding})
    try:
        result = client.image.generate("x")
    except PollinationsError:
        return
    assert isinstance(result, Binary)
