"""Check the chunks of streamed chat completions."""

import functools
import json
from typing import Any

from pollinations_conformance.checks.common.responses import (
    is_stream,
    need_stream,
    request_json,
    response_text,
)
from pollinations_conformance.checks.common.stream_requests import (
    CHAT,
    KINDS,
    ONE,
    all_streams,
    assert_calls_join,
    streamed_call,
    streamed_calls,
)
from pollinations_conformance.checks.common.streams import (
    choices_of,
    complete_usages,
    finish_reasons,
    is_successful_stream,
    joined_text,
    stream_chunks,
)
from pollinations_conformance.http import sse
from pollinations_conformance.http.json import is_list, is_object
from pollinations_conformance.suite import MAIN, Exchange, Look, NotTested, Session, check, watch


@watch("CHAT-STREAM-02")
def every_event_is_a_chunk(exchange: Exchange) -> str | None:
    """Every event of a stream is a JSON object or the closing marker."""
    if not is_successful_stream(exchange):
        return None
    for number, event in enumerate(sse.decode(exchange.content)):
        if event.data == "[DONE]":
            continue
        try:
            value = json.loads(event.data)
        except ValueError:
            return f"event {number} is neither JSON nor [DONE]: {event.data[:80]!r}"
        if not is_object(value):
            return f"event {number} is no object: {event.data[:80]!r}"
        if not is_list(value.get("choices")):
            return f"event {number} has no choices: {event.data[:80]!r}"
        if any(not is_object(choice.get("delta")) for choice in choices_of([value])):
            return f"event {number} has a choice without delta: {event.data[:80]!r}"
    return ""


@check("CHAT-STREAM-02", operations=CHAT, needs=MAIN, cost=KINDS)
def events_are_json(t: Session) -> None:
    """Every event of a stream is a JSON object with choices that have deltas, or [DONE]."""
    for response in all_streams(t):
        for number, chunk in enumerate(t.chunks(response)):
            t.assert_that(is_list(chunk.get("choices")), f"chunk {number} has no choices")
            bare = [c for c in choices_of([chunk]) if not is_object(c.get("delta"))]
            t.assert_that(not bare, f"chunk {number} has a choice without delta")


@watch("CHAT-STREAM-04", assumes="CHAT-STREAM-13")
def every_stream_finishes_once(exchange: Exchange) -> str | None:
    """Exactly one chunk of a stream has a finish_reason."""
    if not is_successful_stream(exchange):
        return None
    found = finish_reasons(stream_chunks(exchange))
    return "" if len(found) == 1 else f"the stream has the finish reasons {found[:5]}"


@check("CHAT-STREAM-04", operations=CHAT, needs=MAIN, cost={"text": 9})
def streams_finish_once(t: Session) -> None:
    """Exactly one chunk has a finish_reason, also when the response is cut short."""
    cut = t.chat(stream=True, max_tokens=5)
    # So short a response is refused by some models.
    for response in (*all_streams(t), *([cut] if cut.ok and is_stream(cut) else [])):
        found = finish_reasons(t.chunks(response))
        t.assert_that(len(found) == 1, f"the stream has the finish reasons {found}")


@watch("CHAT-STREAM-05", assumes="CHAT-STREAM-13")
def every_stream_reports_its_usage(exchange: Exchange) -> str | None:
    """A chunk of a stream has a complete usage."""
    if not is_successful_stream(exchange):
        return None
    options = request_json(exchange).get("stream_options")
    if is_object(options) and options.get("include_usage") is False:
        return None  # a request that opts out may get none
    found = complete_usages(stream_chunks(exchange))
    if not found:
        return "no chunk has a complete usage"
    return "" if found[-1][2] >= max(found[-1][:2]) else f"the usage does not add up: {found[-1]}"


@check("CHAT-STREAM-05", operations=CHAT, needs=MAIN, cost=KINDS)
def streams_report_usage(t: Session) -> None:
    """A chunk has a complete usage without being requested."""
    for response in all_streams(t):
        complete = complete_usages(t.chunks(response))
        t.assert_that(complete, "no chunk has a complete usage")
        t.assert_that(
            complete[-1][2] >= max(complete[-1][:2]), f"the usage does not add up: {complete[-1]}"
        )


@check("CHAT-STREAM-06", operations=CHAT, needs=MAIN, cost=ONE, assumes="CHAT-STREAM-01")
def deltas_join_to_a_text(t: Session) -> None:
    """The texts of the deltas join to a response."""
    for response in all_streams(t):
        deltas: list[Any] = [choice.get("delta") for choice in choices_of(t.chunks(response))]
        if not any(is_object(delta) and delta.get("tool_calls") for delta in deltas):
            t.assert_that(joined_text(t.chunks(response)).strip(), "the deltas join to nothing")


@check(
    "CHAT-STREAM-06",
    operations=CHAT,
    needs=MAIN,
    cost={"text": 5},
    assumes=("CHAT-STREAM-13", "CHAT-REQ-04", "CHAT-REQ-05", "CHAT-STREAM-01"),
)
def streamed_text_is_the_text(t: Session) -> None:
    """With the same seed a stream has the text of the plain response, if the model repeats itself."""
    question = t.fresh("Name the capital of France.")
    same = functools.partial(t.chat, question, seed=5, temperature=0)
    # Different enough for no cache to take one for the other.
    plain = {
        response_text(t, t.assert_success(same(**more))) for more in ({}, {"stream_options": None})
    }
    other = response_text(
        t, t.assert_success(t.chat(t.fresh("Name a river in Spain."), seed=5, temperature=0))
    )
    forms: tuple[dict[str, Any], ...] = ({}, {"stream_options": {"include_usage": True}})
    streamed = [need_stream(t.assert_success(same(**more, stream=True))) for more in forms]
    texts = {joined_text(t.chunks(response)) for response in streamed}
    if len(plain) > 1 or len(texts) > 1 or other in plain:
        # The model's output is nondeterministic, or always the same: a difference means nothing.
        raise NotTested("the model does not repeat itself, or repeats one response to everything")
    text, whole = texts.pop(), plain.pop()
    t.assert_that(text == whole, f"streamed is {text[:80]!r}, plain is {str(whole)[:80]!r}")


@check("CHAT-STREAM-14", operations=CHAT, needs=MAIN, cost={"text": 6}, assumes="CHAT-STREAM-13")
def tool_calls_are_streamed(t: Session) -> None:
    """Streamed tool calls have an index, and their pieces join to a call with JSON arguments."""
    assert_calls_join(t, need_stream(streamed_call(t)))
    assert_calls_join(t, need_stream(streamed_calls(t)))


def pieces_of(exchange: Exchange) -> list[dict[str, Any]]:
    """Return the chunks of a stream that carry choices; none when the response is no stream.

    Before the first piece, and after the last one, some providers send chunks of other kinds.
    """
    if not is_successful_stream(exchange):
        return []
    return [chunk for chunk in stream_chunks(exchange) if chunk.get("choices")]


def differing_member(chunks: list[dict[str, Any]], *names: str) -> str:
    """Return which member is not the same in all chunks; an empty text when all are."""
    for name in names:
        values = sorted({json.dumps(chunk.get(name)) for chunk in chunks})
        if len(values) > 1:
            shown = ", ".join(values[:3])
            return f"the chunks of one stream have {len(values)} values of {name}: {shown}"
    return ""


@watch("CHAT-STREAM-15")
def every_stream_has_one_id(exchange: Exchange) -> str | None:
    """The chunks of a stream that carry choices have one id, one model and one index."""
    pieces = pieces_of(exchange)
    if not pieces:
        return None
    problem = differing_member(pieces, "id", "model")
    if problem:
        return problem
    indexes = {json.dumps(choice.get("index")) for choice in choices_of(pieces)}
    return "" if indexes == {"0"} else f"the choices of a stream have the indexes {sorted(indexes)}"


@check("CHAT-STREAM-15", operations=CHAT, needs=MAIN, cost=KINDS)
def chunks_share_one_id(t: Session) -> None:
    """The chunks of every kind of stream have one id, one model and one index."""
    assert_streams_satisfy(t, every_stream_has_one_id)


@watch("CHAT-STREAM-16", assumes=("CHAT-STREAM-04", "CHAT-STREAM-13"))
def every_stream_has_one_time(exchange: Exchange) -> str | None:
    """The chunks of a stream have one created and, up to the finish_reason, one object."""
    pieces = pieces_of(exchange)
    if not pieces:
        return None
    unfinished = [chunk for chunk in pieces if not finish_reasons([chunk])]
    return differing_member(pieces, "created") or differing_member(unfinished, "object")


@check("CHAT-STREAM-16", operations=CHAT, needs=MAIN, cost=KINDS)
def chunks_share_one_time(t: Session) -> None:
    """The chunks of every kind of stream have one created and, up to the end, one object."""
    assert_streams_satisfy(t, every_stream_has_one_time)


def assert_streams_satisfy(t: Session, look: Look) -> None:
    """Assert that a watch finds nothing in any kind of stream."""
    for response in all_streams(t):
        problem = look(response)
        t.assert_that(not problem, problem or "")


NOTICEABLE = 0.75
"""Seconds that a stream takes at least where it matters whether it is held back."""


@check("CHAT-STREAM-17", operations=CHAT, needs=MAIN, cost={"text": 3})
def events_come_as_they_are_produced(t: Session) -> None:
    """The first event of a long text comes well before the last one."""

    def send() -> Exchange:
        return t.chat(t.fresh("Write a story of about 300 words."), stream=True)

    def assert_flows(response: Exchange) -> None:
        pieces = [text for text in map(joined_text, ([c] for c in t.chunks(response))) if text]
        flowed = response.seconds - response.waited
        t.assert_that(
            response.seconds < NOTICEABLE or len(pieces) < 8 or flowed > 0.05 * response.seconds,
            f"{len(pieces)} pieces of text come within {flowed:.3f} s, "
            f"after {response.waited:.2f} s of nothing",
        )

    # A model that thinks at length may write at once what it has thought of, but not each time.
    assert_flows(need_stream(t.retry_nondeterministic(send, assert_flows)))
