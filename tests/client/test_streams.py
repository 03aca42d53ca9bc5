"""Streams: decoding in any pieces, the ways they end, closing them, and adding them up."""

from __future__ import annotations

import asyncio
import itertools
import json
import socket
import threading
import time
from collections.abc import AsyncIterator, Callable, Generator, Iterator
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pollinations_client import (
    APITimeoutError,
    AsyncPollinations,
    InvalidResponseError,
    Pollinations,
    PollinationsError,
    StreamError,
    StreamTruncatedError,
)
from pollinations_client._assembly import assemble
from pollinations_client._sse import Decoder
from tests.client.conftest import Responding

MESSAGES = [{"role": "user", "content": "Hi"}]
SSE = {"content-type": "text/event-stream; charset=utf-8"}


def decode(pieces: list[bytes]) -> list[tuple[str, str]]:
    decoder = Decoder()
    events = [event for piece in pieces for event in decoder.feed(piece)]
    return [*events, *decoder.finish()]


def reference(data: bytes) -> list[tuple[str, str]]:
    """Decode a whole stream as the WHATWG text says, line by line; an unfinished event counts."""
    text = data.decode("utf-8", "replace").removeprefix("\ufeff")
    events: list[tuple[str, str]] = []
    name, lines = "", list[str]()
    for line in [*text.replace("\r\n", "\n").replace("\r", "\n").split("\n"), ""]:
        if line:
            field, _, value = line.partition(":")
            value = value.removeprefix(" ")
            if field == "data":
                lines.append(value)
            elif field == "event":
                name = value
        else:
            if lines:
                events.append((name, "\n".join(lines)))
            name, lines = "", []
    return events


def cut(data: bytes, places: list[int]) -> list[bytes]:
    edges = [0, *sorted({place % (len(data) + 1) for place in places}), len(data)]
    return [data[a:b] for a, b in itertools.pairwise(edges)]


line_ends = st.sampled_from(["\n", "\r\n", "\r"])
lines = st.one_of(
    st.just(""),
    st.just("data"),
    st.builds(
        "{}:{}{}".format,
        st.sampled_from(["data", "event", "id", "retry", "", "other"]),
        st.sampled_from(["", " ", "  "]),
        st.text(
            st.characters(blacklist_characters="\r\n", blacklist_categories=["Cs"]), max_size=12
        ),
    ),
)


def joined(mark: str, parts: list[tuple[str, str]]) -> bytes:
    return (mark + "".join(line + end for line, end in parts)).encode()


streams: st.SearchStrategy[bytes] = st.builds(
    joined, st.sampled_from(["", "\ufeff"]), st.lists(st.tuples(lines, line_ends), max_size=25)
)


@given(streams, st.lists(st.integers(0, 10_000), max_size=30))
def test_any_cutting_of_the_same_bytes_gives_the_same_events(
    data: bytes, places: list[int]
) -> None:
    assert decode(cut(data, places)) == decode([data]) == reference(data)


@given(st.binary(max_size=80), st.lists(st.integers(0, 1000), max_size=20))
def test_any_cutting_of_any_bytes_gives_the_same_events(data: bytes, places: list[int]) -> None:
    assert decode(cut(data, places)) == decode([data])


def test_single_bytes_decode_like_the_whole() -> None:
    data = '\ufeffdata: {"a":"ü😀"}\r\n\r\n: note\r\rdata: x\ndata: y\n\nevent: e\ndata\n\ndata: end'.encode()
    assert decode([data[n : n + 1] for n in range(len(data))]) == [
        ("", '{"a":"ü😀"}'),
        ("", "x\ny"),
        ("e", ""),
        ("", "end"),
    ]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize(
    "text",
    [
        "data: a|data: b||data: c|||data: d|data: e||",
        "||data: a||||event: e|data: b|",
        "data: a||: note||data|data: b||data: \ufeffc||",
        "\ufeffdata: a||\ufeffdata: b||data: c\ufeff|\ufeffdata: d||",
        "data:a||event:e|data:  b||:data: c||data||id: 1|data :d||data:: ü|",
    ],
)
def test_any_two_cuts_give_the_same_events(text: str, end: str) -> None:
    data = text.replace("|", end).encode()
    wanted = reference(data)
    assert len(wanted) > 1
    for first, second in itertools.combinations_with_replacement(range(len(data) + 1), 2):
        assert decode([data[:first], data[first:second], data[second:]]) == wanted


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_event_is_given_with_the_piece_that_completes_it(end: str) -> None:
    for last in (end, end + end):
        decoder = Decoder()
        pieces = [f"data: x{end if last == end else ''}".encode(), last.encode()]
        assert [decoder.feed(piece) for piece in pieces] == [[], [("", "x")]]


def test_line_feed_after_other_text_ends_a_line() -> None:
    decoder = Decoder()
    assert decoder.feed(b"data: a\r\rdata: b") == [("", "a")]
    assert decoder.feed(b"\n\n") == [("", "b")]


def test_only_one_line_feed_belongs_to_a_carriage_return_before_it() -> None:
    decoder = Decoder()
    pieces = [b"data: a\r", b"\ndata: b", b"\n\ndata: c\n\n"]
    assert [decoder.feed(piece) for piece in pieces] == [[], [], [("", "a\nb"), ("", "c")]]


def test_half_a_character_at_the_end_is_replaced() -> None:
    assert decode([b"data: \xc3"]) == [("", "\ufffd")]


def chunk(text: str | None = None, finish: str | None = None, **more: Any) -> dict[str, Any]:
    delta = {} if text is None else {"content": text}
    return {"choices": [{"index": 0, "delta": delta, "finish_reason": finish}], **more}


def sse(*events: Any, done: bool = True) -> bytes:
    parts = [e if isinstance(e, str) else json.dumps(e) for e in events] + ["[DONE]"] * done
    return "".join(f"data: {part}\n\n" for part in parts).encode()


def test_chunks_are_typed_and_the_final_response_is_assembled(responding: Responding) -> None:
    usage = {"prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3}
    body = sse(
        {
            "choices": [],
            "id": "",
            "object": "",
            "created": 0,
            "model": "",
            "prompt_filter_results": [],
        },
        chunk(None, id="a", model="m", created=5),
        chunk("Hel", id="a", model="m", created=5, usage=None),
        chunk("lo", id="a", model="m", created=5, obfuscation="xx"),
        chunk(None, "stop", id="a", model="m", created=5),
        {"choices": [], "id": "a", "model": "m", "created": 5, "usage": usage},
    )
    client = responding(body, headers=SSE)
    with client.chat.completions.create(messages=MESSAGES, stream=True) as stream:
        assert list(stream.text()) == ["Hel", "lo"]
    response = stream.snapshot()
    assert response is not None
    assert response.to_dict() == {
        "id": "a",
        "object": "chat.completion",
        "created": 5,
        "model": "m",
        "prompt_filter_results": [],
        "choices": [
            {
                "index": 0,
                "message": {"role": "assistant", "content": "Hello"},
                "finish_reason": "stop",
            }
        ],
        "usage": usage,
    }


def test_tool_calls_in_pieces_are_joined() -> None:
    def calls(*pieces: dict[str, Any]) -> dict[str, Any]:
        return {"choices": [{"index": 0, "delta": {"tool_calls": list(pieces)}}]}

    first = {"index": 0, "id": "a", "type": "function", "function": {"name": "f", "arguments": ""}}
    response = assemble(
        [
            calls(first),
            calls({"index": 0, "function": {"arguments": '{"x"'}}),
            calls({"index": 1, "id": "b", "function": {"name": "g", "arguments": "{}"}}),
            calls({"index": 0, "function": {"arguments": ":1}", "name": None}}),
            {"choices": [{"delta": {"tool_calls": None}, "finish_reason": "tool_calls"}]},
        ]
    )
    message = response["choices"][0]["message"]
    assert [call["function"] for call in message["tool_calls"]] == [
        {"name": "f", "arguments": '{"x":1}'},
        {"name": "g", "arguments": "{}"},
    ]
    assert [call["id"] for call in message["tool_calls"]] == ["a", "b"]


def test_tool_calls_without_index_are_distinguished_by_their_id() -> None:
    def call(**piece: Any) -> dict[str, Any]:
        return {"choices": [{"delta": {"tool_calls": [piece]}}]}

    response = assemble(
        [
            call(id="a", function={"name": "f", "arguments": "{"}),
            call(function={"arguments": "}"}),
            call(id="b", function={"name": "g", "arguments": "{}"}),
        ]
    )
    calls = response["choices"][0]["message"]["tool_calls"]
    assert [(c["id"], c["function"]["arguments"]) for c in calls] == [("a", "{}"), ("b", "{}")]


def test_content_blocks_reasoning_and_last_full_usage_are_assembled() -> None:
    def block(text: str) -> dict[str, Any]:
        delta = {"content_blocks": [{"index": 0, "delta": {"text": text}}], "role": None}
        return {"choices": [{"index": 0, "delta": delta}]}

    full = {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2}
    thought = {"choices": [{"delta": {"reasoning_content": "hm", "role": "assistant"}}]}
    response = assemble(
        [
            {**thought, "usage": {"prompt_tokens": 1}},
            {**thought, "usage": full},
            block("Ye"),
            {**block("s"), "usage": {"extra_properties": {}}},
        ]
    )
    message = response["choices"][0]["message"]
    assert message["content_blocks"] == [{"text": "Yes", "type": "text"}]
    assert message["reasoning_content"] == "hmhm"
    assert message["role"] == "assistant"
    assert response["usage"] == full


def test_assembling_leaves_the_chunks_as_they_came() -> None:
    delta = {"tool_calls": [{"index": 0, "function": {"name": "f", "arguments": "{"}}]}
    logprobs = {"content": [{"token": "a"}]}
    chunks = [{"choices": [{"delta": delta, "logprobs": logprobs}]}] * 2
    before = json.dumps(chunks)
    assert assemble(chunks)["choices"][0]["logprobs"] == {"content": [{"token": "a"}] * 2}
    assert json.dumps(chunks) == before
    assert assemble(chunks) == assemble(chunks)


def test_nothing_after_the_end_counts(responding: Responding) -> None:
    body = sse(chunk("Hi", "stop")) + sse(chunk("more"))
    stream = responding(body, headers=SSE).chat.completions.create(messages=MESSAGES, stream=True)
    assert [item.text for item in stream] == ["Hi"]
    assert stream.final().choices[0].message.content == "Hi"


def test_stream_may_end_without_done_after_a_finish_reason(responding: Responding) -> None:
    client = responding(sse(chunk("Hi"), chunk(None, "STOP"), done=False), headers=SSE)
    stream = client.chat.completions.create(messages=MESSAGES, stream=True)
    assert stream.final().choices[0].finish_reason == "STOP"


@pytest.mark.parametrize("events", [(chunk("Hel"), chunk("lo")), ()])
def test_stream_that_just_stops_raises_and_hands_over_what_arrived(
    responding: Responding, events: tuple[Any, ...]
) -> None:
    client = responding(sse(*events, done=False), headers=SSE)
    stream = client.chat.completions.create(messages=MESSAGES, stream=True)
    with pytest.raises(StreamTruncatedError) as caught:
        list(stream)
    partial = caught.value.partial
    assert partial.choices[0].message.content == "Hello" if events else partial is None


@pytest.mark.parametrize(
    ("event", "reason"),
    [
        ({"error": {"message": "Provider disconnected", "code": 502}}, "Provider disconnected"),
        ({"error": "overloaded"}, "overloaded"),
        ("{not json", "not JSON"),
        ("[1]", "not an object"),
        ('{"choices": []} x', "not JSON"),
    ],
)
def test_bad_event_raises_and_hands_over_what_arrived(
    responding: Responding, event: Any, reason: str
) -> None:
    client = responding(sse(chunk("Hel"), event, chunk("lo", "stop")), headers=SSE)
    stream = client.chat.completions.create(messages=MESSAGES, stream=True)
    with pytest.raises(StreamError, match=reason) as caught:
        list(stream)
    assert caught.value.partial.choices[0].message.content == "Hel"


def test_event_named_error_raises(responding: Responding) -> None:
    body = sse(chunk("Hel"), done=False) + b'event: error\ndata: {"message": "timed out"}\n\n'
    stream = responding(body, headers=SSE).chat.completions.create(messages=MESSAGES, stream=True)
    with pytest.raises(StreamError, match="timed out"):
        list(stream)


def test_whole_response_instead_of_a_stream_is_an_error(responding: Responding) -> None:
    with pytest.raises(InvalidResponseError, match="event stream"):
        responding({"choices": []}).chat.completions.create(messages=MESSAGES, stream=True)


def test_error_before_the_first_event_is_that_error(responding: Responding) -> None:
    from pollinations_client import BadRequestError

    body = {"error": {"message": "no", "code": "BAD_REQUEST"}, "status": 400, "success": False}
    with pytest.raises(BadRequestError, match="no"):
        responding(body, 400).chat.completions.create(messages=MESSAGES, stream=True)


class Endless:
    """A server of one endless stream that knows when its reader has gone."""

    def __init__(self) -> None:
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.listener.getsockname()[1]}"
        self.gone = threading.Event()
        self.stop = threading.Event()
        self.thread = threading.Thread(target=self.serve, daemon=True)
        self.thread.start()

    def serve(self) -> None:
        with self.listener:
            connection, _ = self.listener.accept()
        with connection:
            connection.recv(65536)
            connection.sendall(
                b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n"
                + sse(chunk("x"), done=False)
            )
            connection.settimeout(0.2)
            while not self.stop.is_set():
                try:
                    if connection.recv(1) == b"":
                        self.gone.set()
                        return
                except TimeoutError:
                    pass
                except OSError:
                    self.gone.set()
                    return
                try:
                    connection.sendall(sse(chunk("x"), done=False))
                except OSError:
                    self.gone.set()
                    return


@pytest.fixture
def endless() -> Generator[Endless]:
    server = Endless()
    yield server
    server.stop.set()
    server.thread.join(5)


def opened(url: str, **options: Any) -> Pollinations:
    return Pollinations(api_key="sk_x", base_url=url, max_retries=0, **options)


def leave_with(client: Pollinations) -> None:
    with client.chat.completions.create(messages=MESSAGES, stream=True) as stream:
        next(stream)


def leave_close(client: Pollinations) -> None:
    stream = client.chat.completions.create(messages=MESSAGES, stream=True)
    next(stream)
    stream.close()


def leave_break(client: Pollinations) -> None:
    for _ in client.chat.completions.create(messages=MESSAGES, stream=True):
        break


def leave_unread(client: Pollinations) -> None:
    client.chat.completions.create(messages=MESSAGES, stream=True)


def leave_error(client: Pollinations) -> None:
    with (  # noqa: PT012 - the block is what times out
        pytest.raises(KeyError),
        client.chat.completions.create(messages=MESSAGES, stream=True) as stream,
    ):
        for _ in stream:
            raise KeyError


@pytest.mark.parametrize("leave", [leave_with, leave_close, leave_break, leave_unread, leave_error])
def test_leaving_a_stream_reaches_the_server(
    endless: Endless, leave: Callable[[Pollinations], None]
) -> None:
    with opened(endless.url) as client:
        leave(client)
        assert endless.gone.wait(3)


async def cancel_task(client: AsyncPollinations) -> None:
    async def read() -> None:
        async for _ in await client.chat.completions.create(messages=MESSAGES, stream=True):
            pass

    task = asyncio.create_task(read())
    await asyncio.sleep(0.2)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def time_out(client: AsyncPollinations) -> None:
    stream = await client.chat.completions.create(messages=MESSAGES, stream=True)
    with pytest.raises(TimeoutError):  # noqa: PT012 - the block is what is timed out
        async with asyncio.timeout(0.2), stream:
            async for _ in stream:
                pass


async def leave_async_with(client: AsyncPollinations) -> None:
    async with await client.chat.completions.create(messages=MESSAGES, stream=True) as stream:
        async for _ in stream:
            break


async def leave_async_break(client: AsyncPollinations) -> None:
    async for _ in await client.chat.completions.create(messages=MESSAGES, stream=True):
        break
    await asyncio.sleep(0.1)


async def leave_async_unread(client: AsyncPollinations) -> None:
    await client.chat.completions.create(messages=MESSAGES, stream=True)
    await asyncio.sleep(0.1)


@pytest.mark.parametrize(
    "leave", [cancel_task, time_out, leave_async_with, leave_async_break, leave_async_unread]
)
def test_leaving_an_async_stream_reaches_the_server(endless: Endless, leave: Any) -> None:
    async def run() -> bool:
        async with AsyncPollinations(api_key="sk_x", base_url=endless.url, max_retries=0) as client:
            await leave(client)
            return await asyncio.to_thread(endless.gone.wait, 3)

    assert asyncio.run(run())


IN_A_PIECE = 65_536 // len(sse(chunk("x"), done=False))
"""How many events can have been read at once, where the machine is busy."""


@pytest.mark.parametrize("read_one", [False, True])
def test_reading_on_after_close_ends_quietly(endless: Endless, read_one: bool) -> None:
    with opened(endless.url) as client:
        stream = client.chat.completions.create(messages=MESSAGES, stream=True)
        if read_one:
            next(stream)
        stream.close()
        assert len(list(stream)) <= IN_A_PIECE, "no more than one piece had arrived"
        assert repr(stream).endswith("closed=True)")


def test_reading_on_after_close_ends_quietly_asynchronously(endless: Endless) -> None:
    async def run() -> list[Any]:
        async with AsyncPollinations(api_key="sk_x", base_url=endless.url) as client:
            stream = await client.chat.completions.create(messages=MESSAGES, stream=True)
            await stream.__anext__()
            await stream.close()
            return [chunk async for chunk in stream]

    assert len(asyncio.run(run())) <= IN_A_PIECE, "no more than one piece had arrived"


def test_cut_connection_is_a_truncated_stream(responding: Responding) -> None:
    class Cut(httpx.SyncByteStream):
        def __iter__(self) -> Iterator[bytes]:
            yield sse(chunk("Hel"), done=False)
            raise httpx.RemoteProtocolError("peer closed connection")

    pool = httpx.Client(
        transport=httpx.MockTransport(lambda _: httpx.Response(200, headers=SSE, stream=Cut()))
    )
    with pool:
        client = Pollinations(api_key="sk_x", http_client=pool)
        with pytest.raises(StreamTruncatedError, match="peer closed") as caught:
            list(client.chat.completions.create(messages=MESSAGES, stream=True))
    assert caught.value.partial.choices[0].message.content == "Hel"


def test_silent_stream_times_out() -> None:
    async def run() -> float:
        class Silent(httpx.AsyncByteStream):
            async def __aiter__(self) -> AsyncIterator[bytes]:
                yield sse(chunk("Hel"), done=False)
                raise httpx.ReadTimeout("")

        transport = httpx.MockTransport(lambda _: httpx.Response(200, headers=SSE, stream=Silent()))
        start = time.monotonic()
        async with httpx.AsyncClient(transport=transport) as pool:
            client = AsyncPollinations(api_key="sk_x", http_client=pool)
            with pytest.raises(APITimeoutError):
                async for _ in await client.chat.completions.create(messages=MESSAGES, stream=True):
                    pass
        return time.monotonic() - start

    assert asyncio.run(run()) < 2


STREAM_FAULTS = {
    "stream-cut": StreamTruncatedError,
    "stream-stops": StreamTruncatedError,
    "stream-nothing": StreamTruncatedError,
    "stream-error-event": StreamError,
    "stream-error-named": StreamError,
    "stream-bad-json": StreamError,
}
HARMLESS = ["stream-undone", "stream-crlf", "stream-comments", "split-bytes", "split-characters"]


@pytest.mark.parametrize("fault", [*STREAM_FAULTS, *HARMLESS])
def test_faults_of_streams_end_as_they_should(client: Pollinations, fault: str) -> None:
    stream = client.chat.completions.create(
        messages=MESSAGES, stream=True, seed=-1, extra_headers={"X-Contract-Fault": fault}
    )
    if fault in HARMLESS:
        assert stream.final().choices[0].finish_reason
    else:
        with pytest.raises(PollinationsError) as caught:
            stream.final()
        assert type(caught.value) is STREAM_FAULTS[fault]


@pytest.mark.parametrize("fault", [*STREAM_FAULTS, *HARMLESS])
def test_faults_of_async_streams_end_as_they_should(
    async_client: AsyncPollinations, fault: str
) -> None:
    async def run() -> Any:
        async with async_client as client:
            stream = await client.chat.completions.create(
                messages=MESSAGES, stream=True, seed=-1, extra_headers={"X-Contract-Fault": fault}
            )
            return await stream.final()

    if fault in HARMLESS:
        assert asyncio.run(run()).choices[0].finish_reason
    else:
        with pytest.raises(PollinationsError) as caught:
            asyncio.run(run())
        assert type(caught.value) is STREAM_FAULTS[fault]
