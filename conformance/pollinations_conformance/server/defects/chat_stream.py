"""Defects of event streams."""

from collections.abc import Callable
from typing import Any

from pollinations_conformance.server.defects.mutators import (
    CHAT,
    DONE,
    TEXT,
    Json,
    edits,
    is_event_stream,
    on_blocks,
    on_call,
    on_chunks,
    on_reply,
    on_service,
    scope_of,
    swap,
    violates_too,
    without,
)
from pollinations_conformance.server.http import Call, Reply
from pollinations_conformance.server.service import Service


def _as_json(call: Call, reply: Reply) -> None:
    if is_event_stream(reply):
        reply.set("Content-Type", "application/json")


async def _lump(_call: Call, reply: Reply) -> None:
    """Send a whole response where a stream was requested."""
    if reply.stream is not None and is_event_stream(reply):
        async for _ in reply.stream:
            pass
        reply.stream, reply.body = None, b""


def _hold_back(service: Service) -> None:
    """Take time over each event, and send all of them at the end."""

    def make(honest: Any) -> Any:
        async def handle(call: Call) -> Reply:
            reply: Reply = await honest(call)
            match = service.contract.find(call.method, call.path, "gateway")
            if match is None or match.operation.id not in CHAT.split() or reply.stream is None:
                return reply
            pieces: list[bytes] = []
            async for piece in reply.stream:
                pieces.append(piece)
                await service.options.sleep(max(0.05, 1.0 / (len(pieces) + 1)))
            reply.stream, reply.body = None, b"".join(pieces)
            return reply

        return handle

    swap(service, "handle", make)


def _numbered(name: str, make: Callable[[int], object]) -> Callable[[list[Json]], None]:
    """Make a change that gives each chunk with choices a value of its own."""

    def change(chunks: list[Json]) -> None:
        for number, chunk in enumerate(chunks):
            if chunk["choices"]:
                chunk[name] = make(number)

    return change


def _counted_indexes(chunks: list[Json]) -> None:
    for number, chunk in enumerate(chunks):
        for choice in chunk["choices"]:
            choice["index"] = number


def _total_too_high(chunks: list[Json]) -> None:
    for chunk in chunks:
        if chunk.get("usage"):
            chunk["usage"]["total_tokens"] += 1


def _done_twice(blocks: list[bytes]) -> list[bytes]:
    return (
        [*blocks, b'data: {"id":"late","choices":[],"created":0,"model":"","object":""}\n\n']
        if DONE in blocks
        else blocks
    )


def _finish_everywhere(chunks: list[Json]) -> None:
    for chunk in chunks:
        for choice in chunk["choices"]:
            choice["finish_reason"] = "stop"


def _no_finish(chunks: list[Json]) -> None:
    for chunk in chunks:
        for choice in chunk["choices"]:
            choice["finish_reason"] = None


def _deltas(change: Callable[[Json], Any]) -> Callable[[list[Json]], None]:
    def apply_deltas(chunks: list[Json]) -> None:
        for chunk in chunks:
            for choice in chunk["choices"]:
                change(choice["delta"])

    return apply_deltas


def _delta_calls(change: Callable[[Json], Any]) -> Callable[[list[Json]], None]:
    def of_delta(delta: Json) -> None:
        calls: list[Json] = delta.get("tool_calls") or []
        for call in calls:
            change(call)

    return _deltas(of_delta)


def _stream_errors(call: Call, reply: Reply) -> None:
    if b'"stream": true' in call.body or b'"stream":true' in call.body:
        text = b"data: " + reply.body + b"\n\n" + DONE
        reply.status, reply.body = 200, text
        reply.set("Content-Type", "text/event-stream; charset=utf-8")


def _shared_streams(service: Service) -> None:
    def make(honest: Any) -> Any:
        def peek(call: Call) -> Any:
            return without(honest(call), "stream")

        return peek

    swap(service.gateway, "unvalidated_body", make)


def _always_streams(body: Json) -> None:
    if body.get("stream") is None:
        body["stream"] = True


def _no_totals(chunks: list[Json]) -> None:
    for chunk in chunks:
        usage: Json = chunk.get("usage") or {}
        usage.pop("total_tokens", None)


on_reply(
    "stream-called-json",
    "CHAT-STREAM-01",
    "a stream is called application/json",
    CHAT,
    _as_json,
)
on_reply("stream-empty", "CHAT-STREAM-01", "a stream has no event", CHAT, _lump)
on_blocks(
    "stream-bad-json",
    "CHAT-STREAM-02",
    "an event's data is no JSON",
    lambda bs: [bs[0][:-3] + b"\n\n", *bs[1:]],
)
on_blocks(
    "stream-word",
    "CHAT-STREAM-02",
    "an event's data is a word",
    lambda bs: [b"data: ping\n\n", *bs],
)
on_blocks(
    "stream-undone",
    "CHAT-STREAM-03",
    "no stream ends with [DONE]",
    lambda bs: [b for b in bs if b != DONE],
)
on_chunks(
    "stream-finished-everywhere",
    "CHAT-STREAM-04",
    "every chunk carries a finish_reason",
    _finish_everywhere,
)
on_chunks("stream-never-finished", "CHAT-STREAM-04", "no chunk carries a finish_reason", _no_finish)
on_chunks(
    "stream-without-usage",
    "CHAT-STREAM-05",
    "no chunk carries usage",
    lambda cs: [{k: v for k, v in c.items() if k != "usage"} for c in cs],
)
on_chunks(
    "stream-partial-usage",
    "CHAT-STREAM-05",
    "usage lacks the total",
    _no_totals,
)
on_chunks(
    "stream-silent",
    "CHAT-STREAM-06",
    "no delta carries text",
    _deltas(lambda d: d.pop("content", None)),
)
on_reply(
    "stream-usage-headers",
    "CHAT-STREAM-07",
    "a stream carries x-model-used",
    CHAT,
    lambda _c, r: r.headers.append(("x-model-used", "gpt-5")) if is_event_stream(r) else None,
)
on_blocks("stream-after-done", "CHAT-STREAM-08", "an event follows [DONE]", _done_twice)
on_blocks(
    "stream-done-twice",
    "CHAT-STREAM-08",
    "[DONE] comes twice",
    lambda bs: [*bs, DONE] if DONE in bs else bs,
)
on_reply(
    "stream-errors-inside",
    "CHAT-STREAM-09",
    "a refusal is sent as an event of a stream",
    CHAT,
    _stream_errors,
    400,
)
on_service(
    "stream-shared",
    "CHAT-STREAM-10",
    "concurrent streams are de-duplicated",
    _shared_streams,
    scope_of(CHAT),
)
on_call(
    "stream-always",
    "CHAT-STREAM-11",
    "everything is streamed",
    CHAT,
    edits(_always_streams),
)
on_blocks(
    "stream-tight",
    "CHAT-STREAM-12",
    "no blank follows the colon",
    lambda bs: [b.replace(b"data: ", b"data:", 1) for b in bs],
)
on_blocks(
    "stream-crlf",
    "CHAT-STREAM-12",
    "lines end in CR LF",
    lambda bs: [b.replace(b"\n", b"\r\n") for b in bs],
)
on_blocks(
    "stream-cut",
    "CHAT-STREAM-13",
    "a stream ends in the middle",
    lambda bs: bs[:2] if len(bs) > 3 else bs[:-1],
)
on_chunks(
    "stream-calls-without-index",
    "CHAT-STREAM-14",
    "streamed tool calls have no index",
    _delta_calls(lambda c: c.pop("index", None)),
)
on_chunks(
    "stream-calls-garbled",
    "CHAT-STREAM-14",
    "pieces of arguments do not join to JSON",
    _delta_calls(
        lambda c: c.get("function", {}).update(
            arguments=c.get("function", {}).get("arguments", "") + "{"
        )
    ),
)

on_chunks(
    "stream-ids-differ",
    "CHAT-STREAM-15",
    "every chunk has an id of its own",
    _numbered("id", lambda n: f"chatcmpl-{n}"),
)
on_chunks(
    "stream-models-differ",
    "CHAT-STREAM-15",
    "the model's name changes within a stream",
    _numbered("model", lambda n: f"model-{n % 2}"),
)
on_chunks(
    "stream-indexes-count",
    "CHAT-STREAM-15",
    "the index of a choice is the number of its chunk",
    _counted_indexes,
)
on_chunks(
    "stream-created-counts",
    "CHAT-STREAM-16",
    "created grows from chunk to chunk",
    _numbered("created", lambda n: 1_700_000_000 + n),
)
on_chunks(
    "stream-objects-differ",
    "CHAT-STREAM-16",
    "the object changes within a stream",
    _numbered("object", lambda n: f"chat.completion.{n % 2}"),
)
on_service(
    "stream-held-back",
    "CHAT-STREAM-17",
    "a stream is sent at once when it is complete",
    _hold_back,
    scope_of(f"{CHAT} {TEXT}"),
)
on_chunks(
    "stream-total-too-high",
    "CHAT-RES-06",
    "total_tokens of a stream is one more than the sum",
    _total_too_high,
)
violates_too("stream-always", "CACHE-HIT-07")
# What is shared with it is the body of a response that is no stream.
violates_too("stream-shared", "CACHE-HIT-07", "CHAT-STREAM-01")
violates_too("stream-empty", "CACHE-HIT-01", "CACHE-HIT-03")
