"""Check streamed chat completions."""

import contextlib
import functools
import json
import re
from collections.abc import Iterator
from typing import Any

from pollinations_conformance.checks.common.chat import SCHEMAS, SEVERAL, TOOLS, tool_model
from pollinations_conformance.checks.common.keys import forbidden_model
from pollinations_conformance.checks.common.requests import available, send_together
from pollinations_conformance.checks.common.responses import (
    CHAT_OPERATIONS,
    is_shared,
    is_stream,
    is_success_of,
    need_stream,
    request_json,
    response_text,
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
from pollinations_conformance.suite import (
    MAIN,
    Exchange,
    NotTested,
    Session,
    Violated,
    check,
    segment,
    watch,
)

CHAT = "createChatCompletion"


ONE = {"text": 1}


KINDS = {"text": 8}
"""What `streams` requests."""


def streamed_text_response(t: Session) -> Exchange:
    """Return the stream that a plain question gets, shared by all checks that only read it."""
    send = functools.partial(t.chat, stream=True)
    good = functools.partial(assert_has_text, t)
    return t.attach(t.once("plain stream", lambda: t.retry_nondeterministic(send, good)))


def assert_has_text(t: Session, response: Exchange) -> None:
    """Assert that the deltas of a stream join to a text."""
    t.assert_that(joined_text(t.chunks(response)).strip(), "the deltas join to nothing")


def repeated_stream(t: Session) -> tuple[Exchange, Exchange]:
    """Return a stream and what came when it was requested again, shared by all checks."""

    def send() -> tuple[Exchange, Exchange]:
        questions: list[str] = []

        def begin() -> Exchange:
            questions.append(t.fresh("Say hello."))
            return t.chat(questions[-1], stream=True, seed=3)

        first = t.retry_nondeterministic(begin, functools.partial(assert_has_text, t))
        return first, t.assert_success(t.chat(questions[-1], stream=True, seed=3))

    responses = t.once("repeated stream", send)
    return t.attach(responses[0]), t.attach(responses[1])


def streamed_call(t: Session) -> Exchange:
    """Return a stream that must call a tool, shared by all checks that only read it."""

    def send() -> Exchange:
        question = t.fresh("What is 17 plus 25? Use a tool.")
        fields = {"model": tool_model(t), "tools": TOOLS, "tool_choice": "required"}
        return t.chat(question, stream=True, **fields)

    good = functools.partial(assert_calls_join, t)
    return t.attach(t.once("tool stream", lambda: t.retry_nondeterministic(send, good)))


def streamed_calls(t: Session) -> Exchange:
    """Return a stream that is likely to call two tools, shared by all checks that only read it."""

    def send() -> Exchange:
        fields = {"model": tool_model(t), "tools": TOOLS, "tool_choice": "required"}
        return t.chat(t.fresh(SEVERAL), stream=True, **fields)

    good = functools.partial(assert_calls_join, t)
    return t.attach(t.once("two tools' stream", lambda: t.retry_nondeterministic(send, good)))


def streamed_json(t: Session) -> Exchange:
    """Return a stream that is to be a JSON object, shared by all checks that only read it."""

    def send() -> Exchange:
        question = t.fresh("Give a JSON object with a colour.")
        return t.chat(question, response_format={"type": "json_object"}, stream=True)

    good = functools.partial(assert_has_text, t)
    return t.attach(t.once("shaped stream", lambda: t.retry_nondeterministic(send, good)))


def streamed_text_get(t: Session) -> Exchange:
    """Return the stream that a request gets from GET /text/{prompt}, shared by all checks that only read it."""

    def send() -> Exchange:
        path = "/text/" + segment(t.fresh("Say hello."))
        return t.send("GET", path, query={"model": t.text_model, "stream": "true"})

    good = functools.partial(assert_has_text, t)
    return t.attach(t.once("text stream", lambda: t.retry_nondeterministic(send, good)))


def from_legacy_url(t: Session) -> Exchange:
    """Return the stream that the legacy URL responds with, shared by all checks that only read it."""

    def send() -> Exchange:
        messages = [{"role": "user", "content": t.fresh("Say hello.")}]
        body = {"model": t.text_model, "messages": messages, "stream": True}
        return t.send("POST", "/openai", json=body)

    good = functools.partial(assert_has_text, t)
    return t.attach(t.once("old stream", lambda: t.retry_nondeterministic(send, good)))


def requested_streams(t: Session) -> Iterator[Exchange]:
    """Return a response to every kind of streaming request: fresh, cached, JSON, tools, each URL."""
    yield streamed_text_response(t)
    yield from repeated_stream(t)
    tools = any(model.tools for model in t.catalogue.text)
    for form in (streamed_json, streamed_call, streamed_calls) if tools else (streamed_json,):
        # A model may refuse JSON or tools: CHAT-FORMAT-01 and CHAT-TOOL-01 are about that.
        try:
            response = form(t)
        except (Violated, NotTested):
            continue
        yield response
    for operation, send in (
        ("generateText", streamed_text_get),
        ("createChatCompletionLegacy", from_legacy_url),
    ):
        if not t.run.operations[operation].missing:
            yield send(t)


def all_streams(t: Session) -> Iterator[Exchange]:
    """Return those responses that are streams; that all of them should be is CHAT-STREAM-01."""
    none = True
    for response in requested_streams(t):
        if is_stream(response):
            none = False
            yield response
    if none:
        raise NotTested("no streaming request gets a stream")


@watch("CHAT-STREAM-01")
def every_stream_has_an_event(exchange: Exchange) -> str | None:
    """A stream has at least one event beside the closing marker."""
    if not is_successful_stream(exchange):
        return None
    if not any(event.data != "[DONE]" for event in sse.decode(exchange.content)):
        return "the stream has no event"
    return ""


@watch("CHAT-STREAM-01")
def every_requested_stream_is_a_stream(exchange: Exchange) -> str | None:
    """With stream true a good chat response is an event stream."""
    if (
        not is_success_of(exchange, *CHAT_OPERATIONS)
        or request_json(exchange).get("stream") is not True
    ):
        return None
    good = exchange.media_type == "text/event-stream"
    return "" if good else f"with stream true the response is {exchange.header('content-type')!r}"


@check("CHAT-STREAM-01", operations=CHAT, needs=MAIN, cost=KINDS)
def streams_have_events(t: Session) -> None:
    """With stream true the response is an event stream with at least one chunk."""
    for response in requested_streams(t):
        t.assert_that(t.chunks(response), "the stream has no event")


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


@watch("CHAT-STREAM-03")
def every_stream_ends_with_done(exchange: Exchange) -> str | None:
    """The last event of a stream is [DONE]."""
    if not is_successful_stream(exchange):
        return None
    if any("gemini" in str(chunk.get("model")) for chunk in stream_chunks(exchange)):
        return None  # streams of this family are known to end without
    events = sse.decode(exchange.content)
    good = events and events[-1].data == "[DONE]" and events[-1].complete
    return "" if good else "the last event is not [DONE]"


@check("CHAT-STREAM-03", operations=CHAT, needs=MAIN, cost=KINDS)
def streams_end_with_done(t: Session) -> None:
    """The last event of a stream is [DONE]."""
    for response in all_streams(t):
        events = t.events(response)
        t.assert_that(events and events[-1].data == "[DONE]", "the last event is not [DONE]")
        t.assert_that(events[-1].complete, "no empty line follows [DONE]")


@watch("CHAT-STREAM-04")
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


@watch("CHAT-STREAM-05")
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


@check("CHAT-STREAM-06", operations=CHAT, needs=MAIN, cost=ONE)
def deltas_join_to_a_text(t: Session) -> None:
    """The texts of the deltas join to a response."""
    for response in all_streams(t):
        deltas: list[Any] = [choice.get("delta") for choice in choices_of(t.chunks(response))]
        if not any(is_object(delta) and delta.get("tool_calls") for delta in deltas):
            t.assert_that(joined_text(t.chunks(response)).strip(), "the deltas join to nothing")


@check("CHAT-STREAM-06", operations=CHAT, needs=MAIN, cost={"text": 5})
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


@watch("CHAT-STREAM-07")
def no_stream_has_usage_headers(exchange: Exchange) -> str | None:
    """A stream has neither x-usage headers nor x-model-used."""
    if not is_successful_stream(exchange):
        return None
    for name, _ in exchange.headers:
        if name.lower().startswith("x-usage-") or name.lower() == "x-model-used":
            return f"a stream has the header {name}"
    return ""


@check("CHAT-STREAM-07", operations=CHAT, needs=MAIN, cost=KINDS)
def streams_have_no_usage_headers(t: Session) -> None:
    """A stream has no usage in its headers."""
    for response in all_streams(t):
        names = [
            name
            for name, _ in response.headers
            if name.lower().startswith("x-usage") or name.lower() == "x-model-used"
        ]
        t.assert_that(not names, f"the stream has the headers {names}")


@watch("CHAT-STREAM-08")
def nothing_follows_done(exchange: Exchange) -> str | None:
    """Nothing comes after the event [DONE]."""
    if not is_successful_stream(exchange):
        return None
    events = sse.decode(exchange.content)
    ends = [number for number, event in enumerate(events) if event.data == "[DONE]"]
    if not ends:
        return None
    if ends[0] != len(events) - 1:
        return f"{len(events) - 1 - ends[0]} events follow [DONE]"
    rest = exchange.content.rpartition(b"[DONE]")[2].strip()
    return f"after [DONE] comes {rest[:60]!r}" if rest else ""


@check("CHAT-STREAM-08", operations=CHAT, needs=MAIN, cost=ONE)
def done_is_the_end(t: Session) -> None:
    """Nothing follows [DONE], not even a comment or half an event."""
    marks = 0
    for response in all_streams(t):
        _, mark, rest = response.content.partition(b"data: [DONE]")
        marks += bool(mark)
        t.assert_that(not rest.strip(b"\r\n"), f"after [DONE] comes {rest[:60]!r}")
    if not marks:
        raise NotTested("no stream has a [DONE]")


@watch("CHAT-STREAM-09")
def no_failure_is_a_stream(exchange: Exchange) -> str | None:
    """A failure of a streaming request is a JSON error with its status."""
    if exchange.operation not in CHAT_OPERATIONS or exchange.method != "POST":
        return None
    if exchange.status >= 400:
        if exchange.media_type == "text/event-stream":
            return f"a refusal with {exchange.status} is an event stream"
        return ""
    if not is_successful_stream(exchange):
        return None
    first = stream_chunks(exchange)[:1]
    if first and "choices" not in first[0] and ("error" in first[0] or "success" in first[0]):
        return "a failure is sent as an event of a stream with 200"
    return ""


@check("CHAT-STREAM-09", operations=CHAT)
def early_failures_are_json(t: Session) -> None:
    """A streaming request that fails gets a JSON error and its status."""
    responses: list[tuple[Exchange, set[int]]] = [
        (t.chat(stream=True, messages="none", free=True), {400}),
        (t.chat(stream=True, model="no-such-model-3f9", free=True), {400}),
        (t.chat(stream=True, key=None), {401}),
        (t.chat(stream=True, key="bogus"), {401}),
    ]
    for role in ("empty-balance", "exhausted-budget"):
        if role in t.target.keys and not t.key_is_refused(role):
            # Which of the two it must be is for AUTH-BUDGET-01 and -02.
            responses.append((t.chat(stream=True, key=role, free=True), {402, 403}))
    if "restricted" in t.target.keys and not t.key_is_refused("restricted"):
        with contextlib.suppress(NotTested):  # the key may use every model
            model = forbidden_model(t, "text")
            responses.append((t.chat(stream=True, key="restricted", model=model, free=True), {403}))
    if not t.run.operations["createChatCompletionLegacy"].missing:
        old = {"messages": "none", "stream": True}
        responses.append((t.send("POST", "/openai", json=old, free=True), {400}))
    for response, status in responses:
        t.assert_rejected(response, status, "a wrong streaming request")
        t.assert_that(
            response.media_type == "application/json",
            f"the refusal of a streaming request is {response.header('content-type')!r}",
        )


@watch("CHAT-STREAM-10")
def no_stream_is_shared(exchange: Exchange) -> str | None:
    """A streaming request never gets what was made for another at the same time."""
    if (
        exchange.operation not in CHAT_OPERATIONS
        or request_json(exchange).get("stream") is not True
    ):
        return None
    return "a streaming request was de-duplicated" if is_shared(exchange) else ""


@check("CHAT-STREAM-10", operations=CHAT, needs=MAIN, cost={"text": 24})
def streams_are_not_shared(t: Session) -> None:
    """Identical streaming requests at the same time are each worked on."""
    for _ in range(3):  # requests may miss each other; the seed keeps the cache out of it
        question = t.fresh("Count from one to fifty.")
        send = functools.partial(t.chat, question, stream=True, seed=-1)
        for response in send_together(6, send):
            t.assert_success(response)
            kind = response.header("x-cache-type")
            t.assert_that(kind != "DEDUP", "a streaming request was de-duplicated")
    if t.run.operations["createChatCompletionLegacy"].missing:
        return
    messages = [{"role": "user", "content": t.fresh("Count from one to fifty.")}]
    body = {"model": t.text_model, "messages": messages, "stream": True, "seed": -1}
    for response in send_together(6, functools.partial(t.send, "POST", "/openai", json=body)):
        kind = t.assert_success(response).header("x-cache-type")
        t.assert_that(kind != "DEDUP", "a streaming request to the legacy URL was de-duplicated")


@watch("CHAT-STREAM-11")
def no_stream_is_unrequested(exchange: Exchange) -> str | None:
    """A chat response is JSON unless a stream was requested."""
    if not is_success_of(exchange, *CHAT_OPERATIONS) or request_json(exchange).get(
        "stream"
    ) not in {False, None}:
        return None
    good = exchange.media_type == "application/json"
    return "" if good else f"without stream the response is {exchange.header('content-type')!r}"


@check("CHAT-STREAM-11", operations=CHAT, needs=MAIN, cost={"text": 8})
def streaming_is_off_by_default(t: Session) -> None:
    """With stream false, null or absent the response is JSON, whatever else would suit a stream."""
    options = {"stream_options": {"include_usage": True}}
    for more in (options, {"headers": {"Accept": "text/event-stream"}}):
        response = t.chat(**more)
        if not response.ok:
            continue  # providers refuse stream_options where there is no stream
        kind = response.header("content-type")
        t.assert_that(
            response.media_type == "application/json", f"with {more} the response is {kind!r}"
        )
    paths = {
        "createChatCompletion": "/v1/chat/completions",
        "createChatCompletionLegacy": "/openai",
    }
    for operation in available(t, *paths):
        for fields in ({"stream": False}, {"stream": None}, {}):
            messages = [{"role": "user", "content": t.fresh("Say hello.")}]
            body = {"model": t.text_model, "messages": messages, **fields}
            response = t.assert_success(
                t.send("POST", paths[operation], json=body), f"a request with {fields}"
            )
            t.assert_that(
                response.media_type == "application/json",
                f"with {fields or 'no stream'} the response is {response.header('content-type')!r}",
            )


def framing_problem(exchange: Exchange) -> str:
    """Return the problem in how a stream's events are written; an empty text when nothing is."""
    if b"\r" in exchange.content:
        return "lines end with CR"
    if not exchange.content.endswith(b"\n\n"):
        return "the stream does not end with an empty line"
    for block in exchange.content[:-2].split(b"\n\n"):
        if not re.fullmatch(rb"data: [^ \n][^\n]*", block):
            return f"an event is written {block[:60]!r}"
    return ""


@watch("CHAT-STREAM-12")
def every_event_is_a_single_data_line(exchange: Exchange) -> str | None:
    """Events are single data lines with one space, LF, and one empty line between them."""
    return framing_problem(exchange) if is_successful_stream(exchange) else None


@check("CHAT-STREAM-12", operations=CHAT, needs=MAIN, cost=ONE)
def events_are_single_data_lines(t: Session) -> None:
    """Events are single data lines with one space, LF, and one empty line between them."""
    for response in all_streams(t):
        problem = framing_problem(response)
        t.assert_that(not problem, problem)


@watch("CHAT-STREAM-13")
def every_stream_is_complete(exchange: Exchange) -> str | None:
    """A stream does not stop within an event."""
    if not is_successful_stream(exchange):
        return None
    events = sse.decode(exchange.content)
    if events and not events[-1].complete:
        return "the last event of the stream is cut off"
    return (
        "" if finish_reasons(stream_chunks(exchange)) else "the stream ends without a finish_reason"
    )


@check("CHAT-STREAM-13", operations=CHAT, needs=MAIN, cost={"text": 2})
def streams_come_to_their_end(t: Session) -> None:
    """A stream goes on until its finish_reason, also for a longer response."""
    longer = t.assert_success(t.chat(t.fresh("Count from one to twenty."), stream=True))
    for response in (need_stream(longer), *all_streams(t)):
        events = t.events(response)
        t.assert_that(events and events[-1].complete, "the last event is cut off")
        t.assert_that(finish_reasons(t.chunks(response)), "the stream ends without a finish_reason")


@check("CHAT-STREAM-14", operations=CHAT, needs=MAIN, cost={"text": 6})
def tool_calls_are_streamed(t: Session) -> None:
    """Streamed tool calls have an index, and their pieces join to a call with JSON arguments."""
    assert_calls_join(t, need_stream(streamed_call(t)))
    assert_calls_join(t, need_stream(streamed_calls(t)))


def assert_calls_join(t: Session, response: Exchange) -> None:
    """Assert that the pieces of streamed tool calls join to good calls."""
    calls: dict[int, dict[str, str]] = {}
    for choice in choices_of(t.chunks(response)):
        delta: dict[str, Any] = choice.get("delta") or {}
        pieces: list[Any] = delta.get("tool_calls") or []
        for piece in pieces:
            index = piece.get("index")
            t.assert_that(
                isinstance(index, int) and not isinstance(index, bool) and index >= 0,
                f"a piece of a tool call has the index {index!r}",
            )
            call = calls.setdefault(index, {"id": "", "name": "", "arguments": ""})
            function: dict[str, Any] = piece.get("function") or {}
            call["id"] = call["id"] or str(piece.get("id") or "")
            call["name"] += str(function.get("name") or "")
            call["arguments"] += str(function.get("arguments") or "")
    t.assert_that(calls, "no tool call is streamed although one was required")
    t.assert_that(
        sorted(calls) == list(range(len(calls))), f"the calls have the indexes {sorted(calls)}"
    )
    for call in calls.values():
        t.assert_that(call["id"], "a streamed tool call has no id")
        t.assert_that(call["name"] in SCHEMAS, f"{call['name']!r} was not offered")
        try:
            value = json.loads(call["arguments"])
        except ValueError:
            value = None
        t.assert_that(is_object(value), f"the arguments join to {call['arguments'][:80]!r}")
