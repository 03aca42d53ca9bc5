"""What is interrupted, wherever and however, is an error: never a part of a response that passes for the whole."""

from __future__ import annotations

import asyncio
import gzip
import json
import os
import random
import threading
import time
import warnings
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pollinations_client import (
    AsyncPollinations,
    ConfigurationError,
    InvalidResponseError,
    Pollinations,
    PollinationsError,
    StreamTruncatedError,
)
from tests.client.conftest import Responding, Serving, Whole
from tests.client.test_assembly import STREAMS
from tests.client.test_lifecycle import Echo, send
from tests.properties import examples

MESSAGES = [{"role": "user", "content": "Hi"}]
SSE = {"content-type": "text/event-stream"}
JPEG = {"content-type": "image/jpeg"}


def chunk(text: str, finish: str | None = None) -> dict[str, Any]:
    return {"choices": [{"index": 0, "delta": {"content": text}, "finish_reason": finish}]}


def event(content: Any) -> bytes:
    return f"data: {json.dumps(content)}\n\n".encode()


def raw_deflate(data: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return packer.compress(data) + packer.flush()


PACKED: dict[str, tuple[str, Callable[[bytes], bytes]]] = {
    "plain": ("", bytes),
    "gzip": ("gzip", gzip.compress),
    "two gzip files": ("gzip", lambda data: gzip.compress(data[:9]) + gzip.compress(data[9:])),
    "deflate": ("deflate", zlib.compress),
    "raw deflate": ("deflate", raw_deflate),
    "gzip in deflate": ("gzip, deflate", lambda data: zlib.compress(gzip.compress(data))),
}


# -- cut streams ---------------------------------------------------------------------------------------------


def final(body: bytes, headers: dict[str, str]) -> Any:
    def respond(_: httpx.Request) -> httpx.Response:
        return httpx.Response(200, headers=headers, stream=Whole(body))

    with httpx.Client(transport=httpx.MockTransport(respond)) as pool:
        client = Pollinations(api_key="sk_x", http_client=pool, max_retries=0)
        return client.chat.completions.create(messages=MESSAGES, stream=True).final()


@pytest.mark.skipif(not STREAMS, reason="no recordings are there")
@pytest.mark.parametrize("packing", PACKED)
@pytest.mark.parametrize("chunks", STREAMS)
@settings(max_examples=examples(40), deadline=None)
@given(share=st.floats(0, 1, exclude_max=True))
@example(share=0.999)
@example(share=0.98)
def test_recorded_stream_cut_anywhere_is_truncated_or_has_every_word(
    chunks: list[dict[str, Any]], packing: str, share: float
) -> None:
    encoding, pack = PACKED[packing]
    headers = {**SSE, "content-encoding": encoding} if encoding else SSE
    body = pack(b"".join(map(event, chunks)) + b"data: [DONE]\n\n")
    whole = final(body, headers)
    try:
        found = final(body[: int(len(body) * share)], headers)
    except StreamTruncatedError as error:
        if error.partial is not None:
            cut = error.partial.choices[0].message.content if error.partial.choices else None
            assert (whole.choices[0].message.content or "").startswith(cut or "")
    else:
        assert found.choices == whole.choices


@pytest.mark.parametrize(
    "reason", ["", " ", "\n", "null", None, False, True, 0, 1, [], ["stop"], {}, {"a": 1}]
)
def test_what_is_no_finish_reason_is_no_end(reason: Any) -> None:
    choice = {"index": 0, "delta": {"content": "Hi"}, "finish_reason": reason}
    with pytest.raises(StreamTruncatedError) as caught:
        final(event({"choices": [choice]}), SSE)
    assert caught.value.partial.choices[0].message.content == "Hi"


@pytest.mark.parametrize(
    "end", ["data:  [DONE] \n\n", "data:[DONE]\n\n", "data: [DONE]\t\r\n\r\n", "data: \t[DONE]"]
)
def test_end_of_a_stream_may_have_blanks_around_it(end: str) -> None:
    body = event(chunk("Hi")) + end.encode() + (event(chunk("?")) if end[-1] == "\n" else b"")
    assert final(body, SSE).choices[0].message.content == "Hi"


@pytest.mark.parametrize("end", ["data: [done]\n\n", "data: [DONE\n\n", "data: DONE\n\n"])
def test_what_only_resembles_the_end_of_a_stream_is_none(end: str) -> None:
    with pytest.raises(PollinationsError) as caught:
        final(event(chunk("Hi")) + end.encode(), SSE)
    partial: Any = getattr(caught.value, "partial", None)
    assert partial.choices[0].message.content == "Hi"


# -- cut files -------------------------------------------------------------------------------------------------


def by_length(body: bytes, whole: bytes) -> bytes:
    return b"Content-Length: %d\r\n\r\n%b" % (len(whole), body)


def in_chunks(body: bytes, whole: bytes) -> bytes:
    parts = [
        b"%x\r\n%b\r\n" % (len(whole[at : at + 7]), whole[at : at + 7])
        for at in range(0, len(whole), 7)
    ]
    sent = b"".join([*parts, b"0\r\n\r\n"])
    return b"Transfer-Encoding: chunked\r\n\r\n" + sent[: int(len(sent) * len(body) / len(whole))]


def as_if_whole(body: bytes, _: bytes) -> bytes:
    return b"Content-Length: %d\r\n\r\n%b" % (len(body), body)


def until_it_closes(body: bytes, _: bytes) -> bytes:
    return b"\r\n" + body


FRAMED = {
    "length": by_length,
    "chunks": in_chunks,
    "length of the part": as_if_whole,
    "end of the connection": until_it_closes,
}
CONTENT = bytes(range(48))
# A part of plain content that is framed as a whole cannot be reported from one.
CUT = [
    (packing, framing)
    for packing in PACKED
    for framing in FRAMED
    if packing != "plain" or framing in ("length", "chunks")
]


@pytest.mark.parametrize(("packing", "framing"), CUT)
def test_file_cut_at_any_place_is_not_saved(
    serving: Serving, tmp_path: Path, packing: str, framing: str
) -> None:
    encoding, pack = PACKED[packing]
    whole = pack(CONTENT)
    path = tmp_path / "a.jpg"
    path.write_bytes(b"old")
    server = serving([b""])
    lines = f"Content-Type: image/jpeg\r\nContent-Encoding: {encoding}\r\nConnection: close\r\n"
    if not encoding:
        lines = lines.replace("Content-Encoding: \r\n", "")
    head = f"HTTP/1.1 200 OK\r\n{lines}".encode()
    # Where one gzip file ends and the next is missing, the first is whole.
    first = len(gzip.compress(CONTENT[:9])) if packing == "two gzip files" else -1
    with Pollinations(api_key="sk_x", base_url=server.url, max_retries=0) as client:

        def download() -> None:
            with client.image.with_streaming_response.generate("x") as response:
                response.save(path)

        async def adownload() -> None:
            async with (
                AsyncPollinations(api_key="sk_x", base_url=server.url, max_retries=0) as made,
                made.image.with_streaming_response.generate("x") as response,
            ):
                await response.save(path)

        for place in range(len(whole)):
            if place == first and framing not in ("length", "chunks"):
                continue
            server.responses = [[head + FRAMED[framing](whole[:place], whole)]]
            calls: list[Callable[[], object]] = [
                download,
                lambda: client.image.generate("x").save(path),
            ]
            if place % 16 == 1:  # a loop for each, which takes its time
                calls.append(lambda: asyncio.run(adownload()))
            for call in calls:
                with pytest.raises(PollinationsError):
                    call()
        assert [one.read_bytes() for one in tmp_path.iterdir()] == [b"old"]
        server.responses = [[head + FRAMED[framing](whole, whole)]]
        download()
    assert path.read_bytes() == CONTENT


def test_part_that_was_not_requested_is_an_error(responding: Responding, tmp_path: Path) -> None:
    client = responding(b"abc", 206, {**JPEG, "content-range": "bytes 0-2/9"})
    with pytest.raises(InvalidResponseError, match="a part"):
        client.image.generate("x").save(tmp_path / "a.jpg")
    with pytest.raises(InvalidResponseError, match="a part"):
        client.image.with_streaming_response.generate("x")
    assert list(tmp_path.iterdir()) == []
    part = client.media.retrieve("0" * 16, extra_headers={"Range": "bytes=0-2"})
    assert part.content == b"abc"


# -- cancelled -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("moment", [0.0, 0.02, 0.2])
def test_cancelled_download_leaves_the_old_file(
    serving: Serving, tmp_path: Path, moment: float
) -> None:
    path = tmp_path / "a.jpg"
    path.write_bytes(b"old")
    head = b"HTTP/1.1 200 OK\r\nContent-Type: image/jpeg\r\nContent-Length: 6\r\n\r\n"
    server = serving([head, b"new", 10.0, b"new"])

    async def run() -> None:
        async with AsyncPollinations(api_key="sk_x", base_url=server.url) as client:

            async def download() -> None:
                async with client.image.with_streaming_response.generate("x") as response:
                    await response.save(path)

            task = asyncio.create_task(download())
            await asyncio.sleep(moment)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task

    asyncio.run(run())
    assert [one.read_bytes() for one in tmp_path.iterdir()] == [b"old"]


@pytest.fixture
def echo() -> Iterator[Echo]:
    server = Echo()
    yield server
    server.close()


@pytest.mark.parametrize("seed", range(5))
def test_calls_beside_cancelled_ones_get_their_own_responses(echo: Echo, seed: int) -> None:
    generator = random.Random(seed)

    async def run() -> None:
        limits = httpx.Limits(max_connections=3)
        async with httpx.AsyncClient(limits=limits) as pool:
            client = AsyncPollinations(api_key="sk_x", base_url=echo.url, http_client=pool)

            async def call(number: int) -> float:
                found = await client.account.balance(extra_query={"number": number})
                return found.balance

            tasks = {number: asyncio.create_task(call(number)) for number in range(60)}
            for task in tasks.values():
                if generator.random() < 0.5:
                    asyncio.get_running_loop().call_later(generator.random() / 20, task.cancel)
            for number, task in tasks.items():
                try:
                    assert await task == number
                except asyncio.CancelledError:
                    continue
            # No connection was lost with a call that was cancelled.
            again = await asyncio.wait_for(asyncio.gather(*map(call, range(6))), 10)
            assert again == list(range(6))

    asyncio.run(run())


# -- forked ----------------------------------------------------------------------------------------------------


def forked(work: Callable[[], Any]) -> str:
    """Return what a function returns or raises in a forked process."""
    reader, writer = os.pipe()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # threads of the test's server
        pid = os.fork()
    if pid == 0:
        try:
            try:
                text = repr(work())
            except PollinationsError as error:
                text = f"{type(error).__name__}: {error}"
            os.write(writer, text.encode())
        finally:
            os._exit(0)
    os.close(writer)
    with os.fdopen(reader, "rb") as pipe:
        text = pipe.read().decode()
    os.waitpid(pid, 0)
    return text


needs_fork = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")


@needs_fork
@pytest.mark.parametrize("leave", ["read", "close", "drop"])
def test_stream_belongs_to_the_process_that_opened_it(serving: Serving, leave: str) -> None:
    words = [f"word {number} " for number in range(10)]
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n"
    pieces: list[bytes | float] = [head]
    for word in words:
        pieces += [event(chunk(word)), 0.02]
    server = serving([*pieces, event(chunk("", "stop"))])
    with Pollinations(api_key="sk_x", base_url=server.url) as client:
        streams = [client.chat.completions.create(messages=MESSAGES, stream=True)]
        assert next(streams[0]).text == words[0]

        def work() -> Any:
            if leave == "read":
                return list(streams[0])
            if leave == "close":
                streams[0].close()
                return client.close()
            return streams.clear()

        reported = forked(work)
        assert streams[0].final().choices[0].message.content == "".join(words)
    assert (
        ("ConfigurationError" in reported and "forked" in reported)
        if leave == "read"
        else reported == "None"
    )


@needs_fork
def test_download_belongs_to_the_process_that_opened_it(serving: Serving, tmp_path: Path) -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Type: image/jpeg\r\nContent-Length: 6\r\n\r\n"
    server = serving([head, 0.1, b"abc", 0.1, b"def"])
    with (
        Pollinations(api_key="sk_x", base_url=server.url) as client,
        client.image.with_streaming_response.generate("x") as response,
    ):
        reported = forked(lambda: response.save(tmp_path / "child.jpg"))
        response.save(tmp_path / "parent.jpg")
    assert "forked" in reported
    assert [one.name for one in tmp_path.iterdir()] == ["parent.jpg"]
    assert (tmp_path / "parent.jpg").read_bytes() == b"abcdef"


@needs_fork
def test_client_made_before_a_fork_works_in_its_children_children(echo: Echo) -> None:
    with Pollinations(api_key="sk_x", base_url=echo.url) as client:
        assert send(client, 1) == 1
        assert forked(lambda: (send(client, 2), forked(lambda: send(client, 3)))) == "(2, '3')"
        assert send(client, 4) == 4


# -- read by several ---------------------------------------------------------------------------------------------


def test_stream_read_by_two_threads_at_once_is_an_error_of_ours(serving: Serving) -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n"
    server = serving([head + event(chunk("Hel")), 0.5, event(chunk("lo", "stop"))])
    with Pollinations(api_key="sk_x", base_url=server.url, max_retries=0) as client:
        stream = client.chat.completions.create(messages=MESSAGES, stream=True)
        reading: list[Callable[[], Any]] = [lambda: next(stream), stream.final, lambda: [*stream]]
        assert next(stream).text == "Hel"
        texts: list[str] = []
        thread = threading.Thread(target=lambda: texts.extend(stream.text()))
        thread.start()
        time.sleep(0.1)  # until it waits for more
        for read in reading:
            with pytest.raises(ConfigurationError, match="another thread") as caught:
                read()
            assert caught.value.call == "client.chat.completions.create"
        thread.join(10)
        assert texts == ["lo"]
        assert stream.final().choices[0].message.content == "Hello"


def test_stream_read_by_two_tasks_at_once_is_an_error_of_ours(serving: Serving) -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n"
    server = serving([head + event(chunk("Hel")), 0.5, event(chunk("lo", "stop"))])

    async def run() -> None:
        async with AsyncPollinations(api_key="sk_x", base_url=server.url) as client:
            stream = await client.chat.completions.create(messages=MESSAGES, stream=True)
            assert (await anext(stream)).text == "Hel"
            task = asyncio.create_task(stream.final())
            await asyncio.sleep(0.1)  # until it waits for more
            with pytest.raises(ConfigurationError, match="another task"):
                await stream.final()
            with pytest.raises(ConfigurationError, match="another task"):
                await anext(stream)
            assert (await task).choices[0].message.content == "Hello"

    asyncio.run(run())


# -- closed by another thread ------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["stream", "download"])
def test_closing_wakes_the_thread_that_reads(serving: Serving, kind: str) -> None:
    sent = event(chunk("Hi")) if kind == "stream" else b"abc"
    media = b"text/event-stream" if kind == "stream" else b"image/jpeg"
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\nContent-Type: " + media + b"\r\n\r\n"
    server = serving([head + sent, 30.0])
    with Pollinations(api_key="sk_x", base_url=server.url, max_retries=0) as client:
        reading: Any
        if kind == "stream":
            opened: Any = client.chat.completions.create(messages=MESSAGES, stream=True)
            reading = iter(opened)
        else:
            opened = client.image.with_streaming_response.generate("x")
            reading = opened.iter_bytes()
        first = threading.Event()
        ends: list[Any] = []

        def read() -> None:
            try:
                for _ in reading:
                    first.set()
                ends.append(None)
            except PollinationsError as error:
                ends.append(error)

        thread = threading.Thread(target=read, daemon=True)
        thread.start()
        assert first.wait(10)
        time.sleep(0.05)  # until it waits for more
        opened.close()
        thread.join(10)
        assert not thread.is_alive()
    # Whoever closes a stream does not want its rest; a download is whole or an error.
    assert (ends == [None]) if kind == "stream" else isinstance(ends[0], PollinationsError)
