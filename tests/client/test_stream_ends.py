"""Streams end the same way, whether they are read synchronously or asynchronously."""

from __future__ import annotations

import asyncio
import gc
import json
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest

from pollinations_client import (
    AsyncPollinations,
    Pollinations,
    PollinationsError,
    StreamError,
    StreamTruncatedError,
)
from pollinations_client._streams import _CLOSING  # pyright: ignore[reportPrivateUsage]
from tests.client.test_streams import MESSAGES, SSE, chunk, sse


class Pieces(httpx.SyncByteStream, httpx.AsyncByteStream):
    """A body in pieces, which counts those that were read and how often it was closed.

    A piece that is an error is raised.
    """

    def __init__(self, pieces: list[bytes | Exception]) -> None:
        self.pieces = pieces
        self.read = 0
        self.closings = 0

    def __iter__(self) -> Iterator[bytes]:
        for piece in self.pieces:
            self.read += 1
            if isinstance(piece, Exception):
                raise piece
            yield piece

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for piece in self:
            yield piece

    def close(self) -> None:
        self.closings += 1

    async def aclose(self) -> None:
        self.closings += 1


@dataclass
class Reading:
    """What reading a stream to its end gave.

    Args:
        source: that was read.
        texts: of the items.
        before: the snapshot before the first event.
        shown: how the stream is printed before, and after it was closed.
        raised: the error that ended it.
        error: the one that asking for the whole response raised.
        response: the whole one.
    """

    source: Pieces
    texts: list[str | None] = field(default_factory=list[str | None])
    before: Any = None
    shown: list[str] = field(default_factory=list[str])
    raised: Exception | None = None
    error: Exception | None = None
    response: Any = None


def read(*pieces: bytes | Exception) -> Reading:
    source = Pieces(list(pieces))
    seen = Reading(source)
    transport = httpx.MockTransport(lambda _: httpx.Response(200, headers=SSE, stream=source))
    with httpx.Client(transport=transport) as pool:
        client = Pollinations(api_key="sk_x", http_client=pool)
        stream = client.chat.completions.create(messages=MESSAGES, stream=True)
        seen.before = stream.snapshot()
        seen.shown.append(repr(stream))
        try:
            for item in stream:
                seen.texts.append(item.text)
        except PollinationsError as error:
            seen.raised = error
        try:
            seen.response = stream.final()
        except PollinationsError as error:
            seen.error = error
        stream.close()
        seen.shown.append(repr(stream))
    return seen


def aread(*pieces: bytes | Exception) -> Reading:
    source = Pieces(list(pieces))
    seen = Reading(source)
    transport = httpx.MockTransport(lambda _: httpx.Response(200, headers=SSE, stream=source))

    async def run() -> None:
        async with httpx.AsyncClient(transport=transport) as pool:
            client = AsyncPollinations(api_key="sk_x", http_client=pool)
            stream = await client.chat.completions.create(messages=MESSAGES, stream=True)
            seen.before = stream.snapshot()
            seen.shown.append(repr(stream))
            try:
                async for item in stream:
                    seen.texts.append(item.text)
            except PollinationsError as error:
                seen.raised = error
            try:
                seen.response = await stream.final()
            except PollinationsError as error:
                seen.error = error
            await stream.close()
            seen.shown.append(repr(stream))

    asyncio.run(run())
    return seen


Read = Callable[..., Reading]
both = pytest.mark.parametrize("read", [read, aread], ids=["sync", "async"])


@both
def test_nothing_is_read_after_done(read: Read) -> None:
    seen = read(sse(chunk("Hi")), sse(chunk("more")), sse(chunk("most")))
    assert seen.error is None
    assert (seen.texts, seen.source.read) == (["Hi"], 1)
    assert seen.response.choices[0].message.content == "Hi"


@both
def test_nothing_is_read_after_an_error_which_is_raised(read: Read) -> None:
    event = {"error": {"message": "Provider disconnected", "code": 502}}
    seen = read(sse(chunk("Hel"), event, done=False), sse(chunk("lo", "stop")))
    assert type(seen.error) is StreamError
    assert seen.raised is seen.error
    assert (seen.texts, seen.source.read) == (["Hel"], 1)
    assert seen.error.data == event
    assert seen.error.partial.choices[0].message.content == "Hel"


@both
def test_text_that_is_no_event_is_kept_for_whoever_asks(read: Read) -> None:
    seen = read(sse(chunk("Hel"), "{not json"))
    assert isinstance(seen.error, StreamError)
    assert seen.error.data == "{not json"
    assert seen.texts == ["Hel"]


@both
def test_error_beside_choices_is_an_event_like_others(read: Read) -> None:
    seen = read(sse(chunk("Hi", "stop", error={"message": "filtered"})))
    assert seen.error is None
    assert seen.texts == ["Hi"]


@both
@pytest.mark.parametrize("finish", [{"finish_reason": "error"}, [], None])
def test_error_beside_a_choice_that_ends_in_it_is_raised(read: Read, finish: Any) -> None:
    choices = [{"index": 0, "delta": {"content": ""}, **finish}] if finish else finish
    event = {"error": {"code": 502, "message": "backend lost"}, "choices": choices}
    seen = read(sse(chunk("Hi"), event))
    assert isinstance(seen.error, StreamError)
    assert "backend lost" in str(seen.error)
    assert seen.texts == ["Hi"]


def choice(index: Any = None, finish: str | None = None) -> dict[str, Any]:
    numbered = {} if index is None else {"index": index}
    return {**numbered, "delta": {"content": "x"}, "finish_reason": finish}


@both
@pytest.mark.parametrize(
    ("choices", "whole"),
    [
        ([[choice()], [choice(0, "stop")]], True),
        ([[choice(0)], [choice(finish="stop")]], True),
        ([[choice("0")], [choice(0, "stop")]], True),
        ([[choice()], [choice(1, "stop")]], False),
        ([[choice(0), choice(1)], [choice(0), choice(1, "stop")], [choice(0, "stop")]], True),
        ([[choice(0), choice(1)], [choice(0), choice(1)], [choice(0, "stop")]], False),
        ([[choice(1), choice(0)], [choice(1, "stop")], [choice(0)]], False),
        ([[choice(1)], [choice()], [choice(1, "stop")]], False),
        ([[choice(0)], [choice(0), choice(1)], [choice(0, "stop")]], False),
        ([[choice(0, "stop")], [choice(0)]], True),
        ([[choice(0, "stop")], [choice(1)]], False),
        ([[choice(1, "stop")], [choice()], [choice(0, " ")]], False),
    ],
)
def test_stream_is_whole_once_each_choice_that_began_is_finished(
    read: Read, choices: list[Any], whole: bool
) -> None:
    seen = read(sse(*({"choices": each} for each in choices), done=False))
    assert (seen.error is None) == whole
    assert len(seen.texts) == len(choices)
    if not whole:
        assert type(seen.raised) is StreamTruncatedError
        assert seen.raised.args == (
            f"the stream ended after {len(choices)} events with neither a finish reason nor [DONE]; "
            "what had arrived is in `partial`",
        )


@both
@pytest.mark.parametrize(
    ("event", "problem"),
    [
        ("{not json", "not JSON"),
        ("[1]", "not an object"),
        ("5", "not an object"),
        ("[" * 1000 + "]" * 1000, "nested too deeply"),
    ],
)
def test_event_that_is_none_is_named_for_what_it_is(read: Read, event: str, problem: str) -> None:
    seen = read(sse(chunk("Hel"), event))
    assert isinstance(seen.raised, StreamError)
    assert seen.raised.args == (f"the service sent an event that is {problem}",)


@both
@pytest.mark.parametrize("blanks", [" ", "\t ", "   "])
def test_blanks_around_an_event_do_no_harm(read: Read, blanks: str) -> None:
    seen = read(sse(*(blanks + json.dumps(each) + blanks for each in (chunk("Hi"), chunk("!")))))
    assert seen.error is None
    assert seen.texts == ["Hi", "!"]


def test_stream_that_was_closed_has_no_whole_response_and_tells_why() -> None:
    body = sse(chunk("Hel"), done=False)
    transport = httpx.MockTransport(lambda _: httpx.Response(200, headers=SSE, content=body))
    with httpx.Client(transport=transport) as pool:
        client = Pollinations(api_key="sk_x", http_client=pool)
        with client.chat.completions.create(messages=MESSAGES, stream=True) as stream:
            next(stream)
        with pytest.raises(StreamTruncatedError) as caught:
            stream.final()
    assert caught.value.args == (
        "the stream ended after 1 events with neither a finish reason nor [DONE], "
        "because it was closed or abandoned; what had arrived is in `partial`",
    )


def test_key_that_is_a_number_leaves_nothing_of_the_event_that_holds_it() -> None:
    key = 1234567890
    body = sse(chunk("Hel", created=key), {"error": {"code": key}})
    transport = httpx.MockTransport(lambda _: httpx.Response(200, headers=SSE, content=body))
    with httpx.Client(transport=transport) as pool:
        client = Pollinations(api_key=str(key), http_client=pool)
        with pytest.raises(StreamError) as caught:
            client.chat.completions.create(messages=MESSAGES, stream=True).final()
    assert caught.value.data == {}
    assert caught.value.partial.to_dict() == {}
    assert caught.value.args == ("the service reported an error: {}",)


class Unclosable(Pieces):
    """One that cannot be closed."""

    def close(self) -> None:
        super().close()
        raise OSError("cannot be closed")


def test_stream_that_is_dropped_is_closed_without_a_word() -> None:
    source = Unclosable([sse(chunk("Hel"))])
    transport = httpx.MockTransport(lambda _: httpx.Response(200, headers=SSE, stream=source))
    with httpx.Client(transport=transport) as pool:
        client = Pollinations(api_key="sk_x", http_client=pool)
        stream = client.chat.completions.create(messages=MESSAGES, stream=True)
        del stream
        gc.collect()  # what cannot be raised in `__del__` would be a warning
    assert source.closings == 1


def test_async_stream_that_is_dropped_is_closed_by_a_task_that_is_not_kept() -> None:
    source = Pieces([sse(chunk("Hel"))])
    transport = httpx.MockTransport(lambda _: httpx.Response(200, headers=SSE, stream=source))

    async def run() -> None:
        async with httpx.AsyncClient(transport=transport) as pool:
            client = AsyncPollinations(api_key="sk_x", http_client=pool)
            stream = await client.chat.completions.create(messages=MESSAGES, stream=True)
            del stream
            gc.collect()
            for _ in range(50):
                await asyncio.sleep(0)
            assert source.closings == 1
            assert not _CLOSING

    asyncio.run(run())


@both
@pytest.mark.parametrize("choices", [[5], [None], ["text"], 5, None, {}, []])
def test_choices_that_are_none_do_not_end_a_stream(read: Read, choices: Any) -> None:
    seen = read(sse(chunk("Hi"), {"choices": choices}, chunk(None, "stop"), done=False))
    assert seen.error is None
    assert (len(seen.texts), seen.texts[0]) == (3, "Hi")


@both
@pytest.mark.parametrize("rest", ["", "data: ", 'data: {"choices": [{"ind', "data: [DO"])
def test_half_an_event_at_the_end_is_a_cut_and_no_bad_event(read: Read, rest: str) -> None:
    seen = read(sse(chunk("Hel"), done=False) + rest.encode())
    assert type(seen.error) is StreamTruncatedError
    assert seen.raised is seen.error
    assert seen.texts == ["Hel"]


@both
def test_half_an_event_after_the_finish_reason_does_no_harm(read: Read) -> None:
    seen = read(sse(chunk("Hi", "stop"), done=False), b'data: {"usage": {"prom')
    assert seen.error is None
    assert seen.response.choices[0].finish_reason == "stop"


@both
def test_last_event_counts_though_nothing_closes_it(read: Read) -> None:
    seen = read(sse(chunk("Hel"), done=False), b"data: " + json.dumps(chunk("lo", "stop")).encode())
    assert seen.error is None
    assert seen.texts == ["Hel", "lo"]
    assert seen.response.choices[0].message.content == "Hello"


@both
def test_connection_that_breaks_after_the_finish_reason_does_no_harm(read: Read) -> None:
    lost = httpx.RemoteProtocolError("peer closed connection")
    seen = read(sse(chunk("Hi", "stop"), done=False), lost)
    assert seen.error is None
    assert seen.response.choices[0].message.content == "Hi"


@both
def test_connection_that_breaks_before_it_is_a_cut_with_its_reason(read: Read) -> None:
    seen = read(sse(chunk("Hel"), done=False), httpx.RemoteProtocolError("peer closed connection"))
    assert type(seen.error) is StreamTruncatedError
    assert "after 1 events with neither a finish reason nor [DONE] (" in str(seen.error)
    assert "peer closed connection" in str(seen.error)
    assert seen.error.partial.choices[0].message.content == "Hel"


@both
def test_stream_shows_what_it_is_and_has_no_snapshot_before_its_first_event(read: Read) -> None:
    seen = read(sse(chunk("Hi", "stop")))
    kind = "Stream" if read.__name__ == "read" else "AsyncStream"
    assert seen.before is None
    assert seen.shown == [
        f"{kind}[ChatCompletionChunk](events=0, closed=False)",
        f"{kind}[ChatCompletionChunk](events=1, closed=True)",
    ]
    assert seen.source.closings == 1


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        ("overloaded", "overloaded"),
        ({"message": "x" * 600}, "x" * 500),
        ({"message": ""}, '{"message": ""}'),
        ({"message": ["no", "text"]}, '{"message": ["no", "text"]}'),
        ({"code": 502}, '{"code": 502}'),
        (["a"], '["a"]'),
        (7, "7"),
    ],
)
def test_reason_of_an_error_is_its_text_or_all_of_it(error: Any, reason: str) -> None:
    seen = read(sse({"error": error}))
    assert isinstance(seen.error, StreamError)
    assert seen.error.args == (f"the service reported an error: {reason}",)


def test_texts_of_a_stream_are_its_pieces_of_text_only() -> None:
    body = sse(chunk("Hel"), chunk(), chunk(""), chunk("lo"), chunk(None, "stop"))
    transport = httpx.MockTransport(lambda _: httpx.Response(200, headers=SSE, content=body))

    async def asynchronously() -> list[str]:
        async with httpx.AsyncClient(transport=transport) as pool:
            client = AsyncPollinations(api_key="sk_x", http_client=pool)
            stream = await client.chat.completions.create(messages=MESSAGES, stream=True)
            return [text async for text in stream.text()]

    with httpx.Client(transport=transport) as pool:
        client = Pollinations(api_key="sk_x", http_client=pool)
        stream = client.chat.completions.create(messages=MESSAGES, stream=True)
        assert list(stream.text()) == ["Hel", "lo"] == asyncio.run(asynchronously())
