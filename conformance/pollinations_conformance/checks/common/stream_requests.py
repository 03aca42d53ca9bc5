"""Streaming requests of every kind."""

import functools
import json
from collections.abc import Iterator
from typing import Any

from pollinations_conformance.checks.common.chat import SCHEMAS, SEVERAL, TOOLS, tool_model
from pollinations_conformance.checks.common.responses import is_stream
from pollinations_conformance.checks.common.streams import choices_of, joined_text
from pollinations_conformance.http.json import is_object
from pollinations_conformance.suite import (
    Exchange,
    NotTested,
    PreconditionFailed,
    Session,
    segment,
)

CHAT = "createChatCompletion"


ONE = {"text": 1}


KINDS = {"text": 8}
"""What `requested_streams` requests."""


OWN = {"CHAT-FORMAT-01", "CHAT-TOOL-01"}
"""Requirements that JSON and calls of tools are had on request."""


def streamed_text_response(t: Session) -> Exchange:
    """Return the stream that a plain question gets, shared by all checks that only read it."""
    send = functools.partial(t.chat, stream=True)
    good = functools.partial(assert_has_text, t)
    made = t.once("plain stream", lambda: t.retry_nondeterministic(send, good), "CHAT-STREAM-01")
    return t.attach(made)


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

    responses = t.once("repeated stream", send, "CHAT-STREAM-01")
    return t.attach(responses[0]), t.attach(responses[1])


def streamed_call(t: Session) -> Exchange:
    """Return a stream that must call a tool, shared by all checks that only read it."""

    def send() -> Exchange:
        question = t.fresh("What is 17 plus 25? Use a tool.")
        fields = {"model": tool_model(t), "tools": TOOLS, "tool_choice": "required"}
        return t.chat(question, stream=True, **fields)

    good = functools.partial(assert_calls_join, t)
    made = t.once("tool stream", lambda: t.retry_nondeterministic(send, good), "CHAT-TOOL-01")
    return t.attach(made)


def streamed_calls(t: Session) -> Exchange:
    """Return a stream that is likely to call two tools, shared by all checks that only read it."""

    def send() -> Exchange:
        fields = {"model": tool_model(t), "tools": TOOLS, "tool_choice": "required"}
        return t.chat(t.fresh(SEVERAL), stream=True, **fields)

    good = functools.partial(assert_calls_join, t)
    made = t.once("two tools' stream", lambda: t.retry_nondeterministic(send, good), "CHAT-TOOL-01")
    return t.attach(made)


def streamed_json(t: Session) -> Exchange:
    """Return a stream that is to be a JSON object, shared by all checks that only read it."""

    def send() -> Exchange:
        question = t.fresh("Give a JSON object with a colour.")
        return t.chat(question, response_format={"type": "json_object"}, stream=True)

    good = functools.partial(assert_has_text, t)
    made = t.once("shaped stream", lambda: t.retry_nondeterministic(send, good), "CHAT-FORMAT-01")
    return t.attach(made)


def streamed_text_get(t: Session) -> Exchange:
    """Return the stream that a request gets from GET /text/{prompt}, shared by all checks that only read it."""

    def send() -> Exchange:
        path = "/text/" + segment(t.fresh("Say hello."))
        return t.send("GET", path, query={"model": t.text_model, "stream": "true"})

    good = functools.partial(assert_has_text, t)
    made = t.once("text stream", lambda: t.retry_nondeterministic(send, good), "TEXT-GET-08")
    return t.attach(made)


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
        except (PreconditionFailed, NotTested) as error:
            if isinstance(error, PreconditionFailed) and error.requirement not in OWN:
                raise
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
        raise NotTested("no streaming request gets a stream", "CHAT-STREAM-01")


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
