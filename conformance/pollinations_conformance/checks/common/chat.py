"""Chat requests with tools, and assertions on tool calls."""

import base64
import json
from collections.abc import Iterator
from typing import Any

import jsonschema_rs

from pollinations_conformance.checks.common.files import wav
from pollinations_conformance.checks.common.requests import generation
from pollinations_conformance.checks.common.responses import (
    message_of,
    parse_json,
    usage_headers,
)
from pollinations_conformance.http.json import is_list, is_object
from pollinations_conformance.suite import Exchange, NotTested, PreconditionFailed, Session

CHAT = "createChatCompletion"


TRIES = {"text": 3}
"""At most, where a request may be sent again."""


ADD = {
    "name": "add_numbers",
    "description": "Add two whole numbers.",
    "parameters": {
        "type": "object",
        "properties": {"a": {"type": "integer"}, "b": {"type": "integer"}},
        "required": ["a", "b"],
        "additionalProperties": False,
    },
}


WEATHER = {
    "name": "get_weather",
    "description": "Report the weather of a city.",
    "parameters": {
        "type": "object",
        "properties": {
            "place": {
                "type": "object",
                "properties": {"city": {"type": "string"}, "country": {"type": "string"}},
                "required": ["city", "country"],
            },
            "unit": {"type": "string", "enum": ["celsius", "fahrenheit"]},
            "hours": {
                "type": "array",
                "items": {"type": "integer", "minimum": 0, "maximum": 23},
                "minItems": 1,
            },
            "days": {"type": "integer", "minimum": 1, "maximum": 7},
        },
        "required": ["place", "unit", "hours", "days"],
        "additionalProperties": False,
    },
}


TIME = {"name": "tell_time", "description": "Report the present time."}


TOOLS = [{"type": "function", "function": item} for item in (ADD, WEATHER, TIME)]


SCHEMAS: dict[str, Any] = {
    "add_numbers": ADD["parameters"],
    "get_weather": WEATHER["parameters"],
    "tell_time": {},
}


SEVERAL = "Add the numbers 17 and 25, and give the weather of Köln, Germany, at 9 and at 18 today."
"""A question that needs two calls."""


def assert_field_is_rejected(t: Session, field: str, *values: Any) -> None:
    """Assert that values of a field are each refused with 400 naming it."""
    for value in values:
        response = t.chat(**{field: value}, free=True)
        with t.separately():
            t.assert_rejected(response, 400, f"{field} {shorten_value(value)}", field)


def shorten_value(value: Any) -> str:
    """Write a value for a message."""
    text = json.dumps(value)
    return text if len(text) < 60 else text[:57] + "…"


def legacy_request(t: Session, **fields: Any) -> Exchange:
    """Send a chat request to the legacy URL; `free`, `key` and `by` go to `send`."""
    options = {name: fields.pop(name) for name in ("free", "key", "by") if name in fields}
    arguments = generation(t, "createChatCompletionLegacy")
    return t.send("POST", arguments["path"], json={**arguments["json"], **fields}, **options)


def tool_model(t: Session) -> str:
    """Name the cheapest text model that is listed with tools."""
    models = [
        m for m in t.catalogue.text if m.tools and m.outputs in {(), ("text",)} and not m.paid_only
    ]
    if not models:
        raise NotTested("the server lists no text model with tools")
    return min(models, key=lambda item: (*item.oddity(), item.estimate(), item.name)).name


def tool_calls(t: Session, response: Exchange) -> list[dict[str, Any]]:
    """Return the tool calls of a response."""
    calls: Any = message_of(t, response).get("tool_calls")
    t.need(is_list(calls) and calls, "CHAT-TOOL-01", "the message has no tool call")
    return [call for call in calls if is_object(call)]


def called_tool(t: Session) -> Exchange:
    """Return a response that must call a tool."""

    def send() -> Exchange:
        question = t.fresh("What is 17 plus 25? Use a tool.")
        return t.chat(question, model=tool_model(t), tools=TOOLS, tool_choice="required")

    def good(response: Exchange) -> None:
        assert_calls(t, response)
        assert_arguments(t, response)

    made = t.once("tool call", lambda: t.retry_nondeterministic(send, good), "CHAT-TOOL-01")
    return t.attach(made)


CALLS = "CHAT-TOOL-01"
"""The requirement of what a tool call is made of."""


def assert_calls(t: Session, response: Exchange) -> None:
    """Assert that a response calls functions that were offered, with JSON arguments."""
    for call in tool_calls(t, response):
        function: Any = call.get("function")
        name: object = call.get("id")
        t.need(isinstance(name, str) and name, CALLS, f"the call's id is {name!r}")
        t.need(call.get("type") == "function", CALLS, f"the call's type is {call.get('type')!r}")
        if not is_object(function):
            raise PreconditionFailed(CALLS, "the call has no function", response)
        named = function.get("name")
        t.need(isinstance(named, str) and named in SCHEMAS, CALLS, f"{named!r} was not offered")
        text: object = function.get("arguments")
        value = parse_json(text.encode()) if isinstance(text, str) else None
        t.need(is_object(value), CALLS, f"arguments is no text of a JSON object: {text!r}")


def assert_arguments(t: Session, response: Exchange) -> None:
    """Assert that the arguments of the calls of a response satisfy the schemas of their functions."""
    assert_calls(t, response)
    for call in tool_calls(t, response):
        function = call["function"]
        schema = SCHEMAS[function["name"]]
        for error in jsonschema_rs.validator_for(schema).iter_errors(
            json.loads(function["arguments"])
        ):
            t.assert_that(False, f"arguments {function['arguments']}: {error.message}")


def thinking_responses(t: Session) -> Iterator[Exchange]:
    """Return responses of reasoning models, until one counts its thoughts; then one of it, as of old."""
    models = [m for m in t.catalogue.text if m.reasoning and m.outputs in {(), ("text",)}]
    models = [m for m in models if not m.paid_only]
    for model in sorted(models, key=lambda item: (item.estimate(), item.name))[:8]:
        response = t.chat(model=model.name)
        yield response
        if not response.ok:
            continue
        if "x-usage-completion-reasoning-tokens" in usage_headers(response) or reports_detail(
            t, response, "completion_tokens_details", "reasoning_tokens"
        ):
            if not t.run.operations["createChatCompletionLegacy"].missing:
                yield legacy_request(t, model=model.name)
            return


def reports_detail(t: Session, response: Exchange, group: str, name: str) -> bool:
    """Return whether the usage of a completion has a certain count above 0."""
    usage: Any = t.json_object(response).get("usage")
    details: Any = usage.get(group) if is_object(usage) else None
    value: Any = details.get(name) if is_object(details) else None
    return isinstance(value, int) and value > 0


def long_prompts(t: Session) -> Iterator[Exchange]:
    """Return responses to a prompt so long that providers keep a part of it, from either URL."""
    models = [m for m in t.catalogue.text if "promptCachedTokens" in m.prices and not m.paid_only]
    plain = [m for m in models if m.outputs in {(), ("text",)}]
    if plain:
        name = min(plain, key=lambda item: (*item.oddity(), item.estimate(), item.name)).name
        text = "one, two, three, four, five, " * 250
        yield t.chat(t.fresh("Say hello. ") + text, model=name)
        if not t.run.operations["createChatCompletionLegacy"].missing:
            messages = [{"role": "user", "content": t.fresh("Say hello. ") + text}]
            yield legacy_request(t, model=name, messages=messages)


def audio_prompts(t: Session) -> Iterator[Exchange]:
    """Return the responses to a recording of a model that generates speech, from either URL."""
    models = [m for m in t.catalogue.text if "audio" in m.outputs]
    audio = {"data": base64.b64encode(wav(t)).decode(), "format": "wav"}
    text = {"type": "text", "text": t.fresh("What is this?")}
    parts: list[Any] = [text, {"type": "input_audio", "input_audio": audio}]
    fields = {"modalities": ["text", "audio"], "audio": {"voice": "alloy", "format": "wav"}}
    name = min(models, key=lambda item: item.estimate()).name
    yield t.chat(parts, model=name, **fields)
    if not t.run.operations["createChatCompletionLegacy"].missing:
        messages = [{"role": "user", "content": parts}]
        yield legacy_request(t, model=name, messages=messages, **fields)
