"""Check streamed chat completions: when there is a stream, and how it is written and ends."""

import contextlib
import functools
import re
from collections.abc import Callable
from typing import Any

from pollinations_conformance.checks.common.chat import legacy_request
from pollinations_conformance.checks.common.keys import forbidden_model
from pollinations_conformance.checks.common.requests import available, send_together
from pollinations_conformance.checks.common.responses import (
    CHAT_OPERATIONS,
    is_shared,
    is_success_of,
    need_stream,
    request_json,
)
from pollinations_conformance.checks.common.stream_requests import (
    CHAT,
    KINDS,
    ONE,
    all_streams,
    requested_streams,
)
from pollinations_conformance.checks.common.streams import (
    complete_usages,
    finish_reasons,
    is_successful_stream,
    stream_chunks,
)
from pollinations_conformance.http import sse
from pollinations_conformance.http.text import shown
from pollinations_conformance.suite import (
    MAIN,
    Exchange,
    NotTested,
    Session,
    check,
    error_event,
    watch,
)


@watch("CHAT-STREAM-01", assumes="CHAT-STREAM-10")
def every_stream_has_an_event(exchange: Exchange) -> str | None:
    """A stream has at least one event beside the closing marker."""
    if not is_successful_stream(exchange):
        return None
    if not any(event.data != "[DONE]" for event in sse.decode(exchange.content)):
        return "the stream has no event"
    return ""


@watch("CHAT-STREAM-01", assumes="CHAT-STREAM-10")
def every_requested_stream_is_a_stream(exchange: Exchange) -> str | None:
    """With stream true a good chat response is an event stream."""
    if (
        not is_success_of(exchange, *CHAT_OPERATIONS)
        or request_json(exchange).get("stream") is not True
    ):
        return None
    good = exchange.media_type == "text/event-stream"
    return (
        "" if good else f"with stream true the response is {shown(exchange.header('content-type'))}"
    )


@check("CHAT-STREAM-01", operations=CHAT, needs=MAIN, cost=KINDS)
def streams_have_events(t: Session) -> None:
    """With stream true the response is an event stream with at least one chunk."""
    for response in requested_streams(t):
        t.assert_that(t.chunks(response), "the stream has no event")


@watch("CHAT-STREAM-03", assumes=("CHAT-STREAM-08", "CHAT-STREAM-13", "CHAT-STREAM-15"))
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


@watch("CHAT-STREAM-09")
def no_stream_begins_with_an_error(exchange: Exchange) -> str | None:
    """A failure before the first event is no stream."""
    if not exchange.ok or exchange.operation not in {*CHAT_OPERATIONS, "generateText"}:
        return None
    if exchange.media_type != "text/event-stream":
        return None
    said = error_event(exchange)
    return f"the first event is an error: {said}" if said else ""


@check("CHAT-STREAM-09", operations=CHAT)
def early_failures_are_json(t: Session) -> None:
    """A streaming request that fails gets a JSON error and its status."""
    requests: list[tuple[dict[str, Any], set[int]]] = [
        ({"messages": "none", "free": True}, {400}),
        ({"model": "no-such-model-3f9", "free": True}, {400}),
        ({"key": None}, {401}),
        ({"key": "bogus"}, {401}),
    ]
    for role in ("empty-balance", "exhausted-budget"):
        if role in t.target.keys and not t.key_is_refused(role):
            # Which of the two it must be is for AUTH-BUDGET-01 and -02.
            requests.append(({"key": role, "free": True}, {402, 403}))
    if "restricted" in t.target.keys and not t.key_is_refused("restricted"):
        with contextlib.suppress(NotTested):  # the key may use every model
            model = forbidden_model(t, "text")
            requests.append(({"key": "restricted", "model": model, "free": True}, {403}))
    sends: list[Callable[..., Exchange]] = [functools.partial(t.chat, **r) for r, _ in requests]
    statuses = [status for _, status in requests]
    if not t.run.operations["createChatCompletionLegacy"].missing:
        sends.append(functools.partial(legacy_request, t, messages="none", free=True))
        statuses.append({400})
    compared = 0
    for send, status in zip(sends, statuses, strict=True):
        response = send(stream=True)
        if response.status not in status and send().status not in status:
            continue  # it is accepted, or refused otherwise, without a stream as well
        compared += 1
        t.assert_rejected(response, status, "a wrong streaming request")
        found = response.header("content-type")
        t.need(
            response.media_type in {"application/json", "text/event-stream"},
            "ERR-ENV-01",
            f"the refusal of a streaming request is {found!r}",
        )
        t.assert_that(
            response.media_type == "application/json",
            f"the refusal of a streaming request is {found!r}",
            response,
        )
    if not compared:
        raise NotTested("no wrong streaming request is refused")


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
    ) not in (False, None):
        return None
    good = exchange.media_type == "application/json"
    return (
        "" if good else f"without stream the response is {shown(exchange.header('content-type'))}"
    )


@check("CHAT-STREAM-11", operations=CHAT, needs=MAIN, cost={"text": 8}, assumes="CHAT-REQ-05")
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
                f"with {fields or 'no stream'} the response is {shown(response.header('content-type'))}",
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


@watch("CHAT-STREAM-12", assumes="CHAT-STREAM-01")
def every_event_is_a_single_data_line(exchange: Exchange) -> str | None:
    """Events are single data lines with one space, LF, and one empty line between them."""
    return framing_problem(exchange) if is_successful_stream(exchange) else None


@check("CHAT-STREAM-12", operations=CHAT, needs=MAIN, cost=ONE, assumes="CHAT-STREAM-01")
def events_are_single_data_lines(t: Session) -> None:
    """Events are single data lines with one space, LF, and one empty line between them."""
    for response in all_streams(t):
        problem = framing_problem(response)
        t.assert_that(not problem, problem)


@watch("CHAT-STREAM-13", assumes="CHAT-STREAM-01")
def every_stream_is_complete(exchange: Exchange) -> str | None:
    """A stream does not stop within an event."""
    if not is_successful_stream(exchange):
        return None
    events = sse.decode(exchange.content)
    if events and not events[-1].complete:
        return "the last event of the stream is cut off"
    chunks = stream_chunks(exchange)
    ended = any(event.data == "[DONE]" for event in events[-1:]) or complete_usages(chunks[-1:])
    # One that comes to its [DONE], or its usage, without is CHAT-STREAM-04.
    good = ended or finish_reasons(chunks)
    return "" if good else "the stream ends without a finish_reason"


@check("CHAT-STREAM-13", operations=CHAT, needs=MAIN, cost={"text": 2})
def streams_come_to_their_end(t: Session) -> None:
    """A stream goes on until its finish_reason, also for a longer response."""
    longer = t.assert_success(t.chat(t.fresh("Count from one to twenty."), stream=True))
    for response in (need_stream(longer), *all_streams(t)):
        t.events(response)
        problem = every_stream_is_complete(response)
        t.assert_that(not problem, str(problem), response)
