"""Check tool calls and response formats of chat completions."""

import functools
import json
from collections.abc import Callable
from typing import Any

import jsonschema_rs

from pollinations_conformance.checks.common.chat import (
    CHAT,
    SCHEMAS,
    SEVERAL,
    TOOLS,
    TRIES,
    WEATHER,
    assert_arguments,
    assert_calls,
    assert_field_is_rejected,
    called_tool,
    legacy_request,
    tool_calls,
    tool_model,
)
from pollinations_conformance.checks.common.responses import message_of, need_stream, response_text
from pollinations_conformance.checks.common.streams import choices_of, streamed_text
from pollinations_conformance.http.json import is_object
from pollinations_conformance.suite import MAIN, Exchange, NotTested, Session, check

ONE = {"text": 1}


def several_tools(t: Session) -> Exchange:
    """Return a response that is likely to call two tools, shared by all checks that only read it."""

    def send() -> Exchange:
        fields = {"model": tool_model(t), "tools": TOOLS, "tool_choice": "required"}
        return t.chat(t.fresh(SEVERAL), **fields)

    def good(response: Exchange) -> None:
        assert_calls(t, response)
        assert_arguments(t, response)

    made = t.once(
        "several tool calls", lambda: t.retry_nondeterministic(send, good), "CHAT-TOOL-01"
    )
    return t.attach(made)


def named_function(t: Session, name: str) -> Exchange:
    """Return a response that must call a certain tool, shared by all checks that only read it."""
    choice = {"type": "function", "function": {"name": name}}
    send = functools.partial(t.chat, model=tool_model(t), tools=TOOLS, tool_choice=choice)

    def good(response: Exchange) -> None:
        assert_calls(t, response)
        assert_arguments(t, response)
        assert_calls_tool(t, response, name)

    made = t.once(f"call of {name}", lambda: t.retry_nondeterministic(send, good), "CHAT-TOOL-04")
    return t.attach(made)


def assert_calls_tool(t: Session, response: Exchange, name: str) -> None:
    """Assert that a response calls a certain function."""
    names = {str(call["function"].get("name")) for call in tool_calls(t, response)}
    need_offered(t, names)
    t.assert_that(names == {name}, f"tool_choice names {name}, called are {sorted(names)}")


def need_offered(t: Session, names: set[str]) -> None:
    """Raise PreconditionFailed if a function is called that was not offered."""
    other = sorted(names - set(SCHEMAS))
    t.need(not other, "CHAT-TOOL-01", f"functions are called that were not offered: {other}")


@check("CHAT-TOOL-01", operations=CHAT, needs=MAIN, cost={"text": 15})
def required_tools_are_called(t: Session) -> None:
    """With tool_choice required one of the offered functions is called, with JSON arguments."""
    for response in (
        called_tool(t),
        several_tools(t),
        *(named_function(t, name) for name in SCHEMAS),
    ):
        assert_calls(t, response)


@check("CHAT-TOOL-06", operations=CHAT, needs=MAIN, cost={"text": 15})
def arguments_fit_the_tool(t: Session) -> None:
    """The arguments of a call satisfy the schema of its function."""
    responses = [called_tool(t), several_tools(t), *(named_function(t, name) for name in SCHEMAS)]
    calling = [response for response in responses if message_of(t, response).get("tool_calls")]
    if not calling:
        raise NotTested("no tool was called")
    for response in calling:
        assert_arguments(t, response)


def send_tool_results(t: Session, extra: dict[str, Any]) -> Exchange:
    """Send a tool's result back, the call before it carrying further fields."""
    call = {
        "id": "call_1",
        "type": "function",
        "function": {"name": "add_numbers", "arguments": '{"a":17,"b":25}'},
    }
    messages = [
        {"role": "user", "content": t.fresh("What is 17 plus 25? Use a tool.")},
        {"role": "assistant", "tool_calls": [{**call, **extra}]},
        {"role": "tool", "tool_call_id": "call_1", "content": "42"},
    ]
    return t.chat(messages=messages, model=tool_model(t), tools=TOOLS)


@check("CHAT-TOOL-02", operations=CHAT, needs=MAIN, cost=TRIES)
def tool_results_get_a_response(t: Session) -> None:
    """A turn that ends with a tool's result gets text."""
    assert_has_text(
        t,
        t.retry_nondeterministic(
            lambda: send_tool_results(t, {}), functools.partial(assert_has_text, t)
        ),
    )


def assert_has_text(t: Session, response: Exchange) -> None:
    """Assert that the response to a tool's result has text."""
    t.assert_that(
        (response_text(t, response) or "").strip(), "the response to a tool's result has no text"
    )


@check("CHAT-TOOL-02", operations=CHAT, needs=MAIN, cost={"text": 6})
def tool_results_may_have_parts(t: Session) -> None:
    """A tool's result may be a list of parts, and the call before it may have empty content."""
    call = {
        "id": "call_1",
        "type": "function",
        "function": {"name": "add_numbers", "arguments": '{"a":17,"b":25}'},
    }
    result = {"role": "tool", "tool_call_id": "call_1", "content": [{"type": "text", "text": "42"}]}

    def send(content: str | None) -> Exchange:
        messages = [
            {"role": "user", "content": t.fresh("What is 17 plus 25? Use a tool.")},
            {"role": "assistant", "content": content, "tool_calls": [call]},
            result,
        ]
        response = t.chat(messages=messages, model=tool_model(t), tools=TOOLS)
        return t.assert_success(
            response, f"a tool's result made of parts, after the content {content!r}"
        )

    for content in (None, ""):
        assert_has_text(
            t,
            t.retry_nondeterministic(
                functools.partial(send, content), functools.partial(assert_has_text, t)
            ),
        )


@check("CHAT-TOOL-02", operations=CHAT, needs=MAIN, cost={"text": 6}, assumes="CHAT-STREAM-06")
def several_tool_results_get_a_response(t: Session) -> None:
    """A turn with the results of two calls gets text, streaming or not."""
    calls = [
        {"id": f"call_{n}", "type": "function", "function": {"name": "add_numbers", "arguments": a}}
        for n, a in enumerate(('{"a":17,"b":25}', '{"a":1,"b":2}'))
    ]
    results = [
        {"role": "tool", "tool_call_id": f"call_{n}", "content": text}
        for n, text in enumerate(("42", "3"))
    ]

    def send(stream: bool) -> Exchange:
        question = t.fresh("What is 17 plus 25, and what is 1 plus 2? Use a tool.")
        messages = [
            {"role": "user", "content": question},
            {"role": "assistant", "tool_calls": calls},
            *results,
        ]
        response = t.chat(messages=messages, model=tool_model(t), tools=TOOLS, stream=stream)
        return t.assert_success(response, f"the results of two tool calls, with stream {stream}")

    def good(response: Exchange) -> None:
        if response.media_type == "text/event-stream":
            text = streamed_text(t, response)
            t.assert_that(text.strip(), "the streamed response to two tools' results has no text")
        else:
            assert_has_text(t, response)

    for stream in (False, True):
        good(t.retry_nondeterministic(functools.partial(send, stream), good))


@check("CHAT-TOOL-03", operations=CHAT, needs=MAIN, cost=ONE, assumes="CHAT-TOOL-02")
def tool_calls_may_have_more_fields(t: Session) -> None:
    """Fields that providers add to a tool call may be sent back."""
    extra = {
        "index": 0,
        "name": None,
        "function": {
            "name": "add_numbers",
            "arguments": '{"a":17,"b":25}',
            "thought_signature": "c2lnbmVk",
            "call_id": None,
            "no_such_field": {"deep": 1},
        },
        "extra_content": {"google": {"thought_signature": "c2lnbmVk"}},
    }
    t.assert_success(send_tool_results(t, extra), "a tool call with further fields")


@check(
    "CHAT-TOOL-04",
    operations=CHAT,
    needs=MAIN,
    cost={"text": 12},
    assumes=("CHAT-TOOL-01", "CHAT-STREAM-01"),
)
def named_functions_are_called(t: Session) -> None:
    """A function named in tool_choice is the one that is called, whichever it is."""
    for name in SCHEMAS:
        assert_calls_tool(t, named_function(t, name), name)
    name = str(WEATHER["name"])
    choice = {"type": "function", "function": {"name": name}}
    fields = {"model": tool_model(t), "tools": TOOLS, "tool_choice": choice, "stream": True}

    def good(response: Exchange) -> None:
        names = streamed_names(t, response)
        need_offered(t, names)
        t.assert_that(names == {name}, f"tool_choice names {name}, streamed are {sorted(names)}")

    good(need_stream(t.retry_nondeterministic(functools.partial(t.chat, **fields), good)))


def streamed_names(t: Session, response: Exchange) -> set[str]:
    """Return the names of the functions that a stream calls."""
    deltas: list[Any] = [choice.get("delta") for choice in choices_of(t.chunks(response))]
    found: set[str] = set()
    for delta in deltas:
        pieces: list[Any] = (delta.get("tool_calls") if is_object(delta) else None) or []
        for piece in pieces:
            function: Any = piece.get("function") if is_object(piece) else None
            if is_object(function) and function.get("name"):
                found.add(str(function["name"]))
    return found


@check("CHAT-TOOL-05", operations=CHAT, needs=MAIN, cost={"text": 6})
def tool_choice_none_calls_nothing(t: Session) -> None:
    """With tool_choice none no tool is called, streaming or not."""

    def good(response: Exchange) -> None:
        if response.media_type == "text/event-stream":
            names: object = sorted(streamed_names(t, response))
        else:
            names = message_of(t, response).get("tool_calls")
        t.assert_that(not names, "a tool is called in spite of none")

    fields = {"model": tool_model(t), "tools": TOOLS, "tool_choice": "none"}
    for stream in (False, True):
        good(t.retry_nondeterministic(functools.partial(t.chat, **fields, stream=stream), good))


@check("CHAT-FORMAT-01", operations=CHAT, needs=MAIN, cost={"text": 6})
def json_object_is_an_object(t: Session) -> None:
    """With json_object the content is a JSON object, at either URL."""

    def request(send: Callable[..., Exchange]) -> Exchange:
        question = t.fresh("Give a JSON object with the colours of a flag.")
        messages = [{"role": "user", "content": question}]
        return send(messages=messages, response_format={"type": "json_object"})

    def good(response: Exchange) -> None:
        text = response_text(t, response)
        t.assert_that(is_object(_parse(text)), f"the content is no JSON object: {str(text)[:80]!r}")

    sends: list[Callable[..., Exchange]] = [t.chat]
    if not t.run.operations["createChatCompletionLegacy"].missing:
        sends.append(functools.partial(legacy_request, t))
    for send in sends:
        good(t.retry_nondeterministic(functools.partial(request, send), good))


@check(
    "CHAT-FORMAT-01",
    operations=CHAT,
    needs=MAIN,
    cost=TRIES,
    assumes=("CHAT-STREAM-13", "CHAT-STREAM-06"),
)
def streamed_json_is_an_object(t: Session) -> None:
    """With json_object the deltas of a stream join to a JSON object."""

    def send() -> Exchange:
        question = t.fresh("Give a JSON object with the colours of a flag.")
        return t.chat(question, response_format={"type": "json_object"}, stream=True)

    def good(response: Exchange) -> None:
        text = streamed_text(t, response)
        t.assert_that(is_object(_parse(text)), f"the deltas join to no JSON object: {text[:80]!r}")

    good(need_stream(t.retry_nondeterministic(send, good)))


@check(
    "CHAT-FORMAT-02",
    operations=CHAT,
    needs=MAIN,
    cost={"text": 6},
    assumes=("CHAT-STREAM-13", "CHAT-STREAM-06"),
)
def json_schema_is_satisfied(t: Session) -> None:
    """With json_schema the content satisfies the schema, streaming or not."""
    schema = {
        "type": "object",
        "properties": {
            "city": {"type": "string"},
            "size": {"type": "integer", "minimum": 1},
            "kind": {"enum": ["town", "village"]},
            "streets": {"type": "array", "items": {"type": "string"}, "minItems": 1},
            "centre": {
                "type": "object",
                "properties": {"east": {"type": "number"}, "north": {"type": "number"}},
                "required": ["east", "north"],
                "additionalProperties": False,
            },
        },
        "required": ["city", "size", "kind", "streets", "centre"],
        "additionalProperties": False,
    }
    wanted = {"type": "json_schema", "json_schema": {"name": "place", "schema": schema}}

    def good(response: Exchange) -> None:
        streams = response.media_type == "text/event-stream"
        text = streamed_text(t, response) if streams else response_text(t, response)
        value = _parse(text)
        t.assert_that(value is not None, f"the content is no JSON: {str(text)[:80]!r}")
        fits = jsonschema_rs.is_valid(schema, value)
        t.assert_that(fits, f"the content does not fit: {str(text)[:80]}")

    def send(stream: bool) -> Exchange:
        return t.chat(t.fresh("Describe a place as JSON."), response_format=wanted, stream=stream)

    for stream in (False, True):
        good(t.retry_nondeterministic(functools.partial(send, stream), good))


def _parse(text: str | None) -> Any:
    try:
        return json.loads(text or "")
    except (ValueError, RecursionError):
        return None


@check("CHAT-FORMAT-03", operations=CHAT)
def invalid_formats_are_refused(t: Session) -> None:
    """json_schema without a schema, or an unknown type, is a 400 naming response_format."""
    assert_field_is_rejected(
        t,
        "response_format",
        {"type": "json_schema"},
        {"type": "json_schema", "json_schema": {}},
        {"type": "yaml"},
        {},
        "json_object",
    )
