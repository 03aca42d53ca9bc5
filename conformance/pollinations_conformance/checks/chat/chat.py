"""Chat completions: what is accepted, what is refused, and what an answer is made of."""

# A docstring here says what the server does, and not what the function does.

import base64
import functools
import json
import time
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import jsonschema_rs

from pollinations_conformance.checks.common import (
    CHAT_PATHS,
    SPENDING,
    answer_text,
    available,
    generation,
    message_of,
    need_stream,
    sample,
    sound_kind,
    wav,
)
from pollinations_conformance.checks.invariants import (
    choices_of,
    completions_count_tokens,
    completions_have_ids,
    completions_have_one_choice,
    completions_tell_their_time,
    headers_follow_from_usage,
    headers_name_the_model,
    usage_headers,
    usage_headers_add_up,
    usage_headers_are_above_zero,
)
from pollinations_conformance.http.json import is_list, is_object
from pollinations_conformance.suite.budget import Model
from pollinations_conformance.suite.registry import check
from pollinations_conformance.suite.runner import CannotTell, Session
from pollinations_conformance.suite.target import MAIN, Exchange

CHAT = "createChatCompletion"
ONE = {"text": 1}
KINDS = {"text": 4}
"""What `completions` asks for."""
TRIES = {"text": 3}
"""At most, where a model may be asked again."""


def plain(t: Session) -> Exchange:
    """Give the answer to one plain question, shared by all checks that only look."""
    return t.remember(t.once("plain chat", lambda: t.ok(t.chat(seed=11))))


def completions(t: Session) -> Iterator[Exchange]:
    """Give a fresh completion of every kind: with a seed, without, with tools, from each address."""
    yield plain(t)
    for operation in available(t, *CHAT_PATHS):
        yield sample(t, operation)
    if any(model.tools for model in t.catalogue.text):
        yield called(t)


def accepted(t: Session, what: str, **fields: Any) -> Exchange:
    """Say that a chat request with these fields is answered with 200."""
    return t.ok(t.chat(**fields), f"a chat request with {what}")


def all_accepted(t: Session, cases: Iterable[tuple[str, dict[str, Any]]]) -> None:
    """Say that each of several requests is accepted, whatever a provider makes of some."""
    untold: CannotTell | None = None
    for what, fields in cases:
        try:
            accepted(t, what, **fields)
        except CannotTell as reason:
            untold = untold or CannotTell(f"{what}: {reason}")
    if untold is not None:
        raise untold


def wrong(t: Session, field: str, *values: Any) -> None:
    """Say that values of a field are each refused with 400 naming it."""
    for value in values:
        answer = t.chat(**{field: value}, free=True)
        t.refused(answer, 400, f"{field} {short(value)}", field)


def validated(t: Session, what: str, answer: Exchange) -> bool:
    """Say that a request passes validation; give whether the provider took it, too."""
    if answer.status == 400:
        t.require("details" not in t.error(answer), f"{what} does not pass validation")
        return False
    t.ok(answer, what)
    return True


def short(value: Any) -> str:
    """Write a value for a message."""
    text = json.dumps(value)
    return text if len(text) < 60 else text[:57] + "…"


@check("CHAT-REQ-01", operations=CHAT, needs=MAIN, cost={"text": 3})
def one_message_is_enough(t: Session) -> None:
    """A body with nothing but one user message is a 200, whatever its letters and its form."""
    parts = [{"type": "text", "text": t.fresh("Say hello.")}]
    for content in (t.fresh("Say hello."), t.fresh("Dis « bonjour » à 你好 🌸."), parts):
        body = {"messages": [{"role": "user", "content": content}]}
        t.ok(t.send("POST", "/v1/chat/completions", json=body), f"nothing but {short(content)}")


@check("CHAT-REQ-02", operations=CHAT, needs=MAIN, cost={"text": 2})
def no_messages_are_accepted(t: Session) -> None:
    """An empty list of messages is accepted, streaming or not."""
    # A provider may still refuse it; what counts is that the gateway's validation does not.
    for fields in ({}, {"stream": True}):
        answer = t.chat(messages=[], seed=t.random.randrange(10**9), **fields)
        t.require(
            not (answer.status == 400 and "details" in t.error(answer)),
            f"an empty list of messages, with {fields}, does not pass validation",
        )
        t.ok(answer, f"an empty list of messages, with {fields}")


RANGES: dict[str, tuple[list[Any], list[Any]]] = {
    "temperature": ([-0.001, 2.001, 1000, "hot", "1", True], [0, 2]),
    "top_p": ([-0.001, 1.001, 100, "0.5"], [0, 1]),
    "frequency_penalty": ([-2.001, 2.001, "0"], [-2, 2]),
    "presence_penalty": ([-2.001, 2.001, "0"], [-2, 2]),
    "repetition_penalty": ([-0.001, 2.001, "1"], [0, 2]),
    "top_logprobs": ([-1, 21, 1.5, "2"], [0, 20]),
    "seed": ([-2, 9007199254740992, 1.5, "7", True], [-1, 0, 9007199254740991]),
    "max_tokens": ([-1, 1.5, "10", True], [0]),
}


@check("CHAT-REQ-03", operations=CHAT)
def numbers_out_of_range_are_refused(t: Session) -> None:
    """A number just outside its range is a 400 naming the field."""
    for field, (bad, _) in RANGES.items():
        wrong(t, field, *bad)
    answer = t.chat(temperature=3, stream=True, free=True)
    t.refused(answer, 400, "a streaming request with temperature 3", "temperature")
    if not t.run.operations["createChatCompletionLegacy"].missing:
        answer = old_address(t, temperature=3, free=True)
        t.refused(answer, 400, "temperature 3 at the old address", "temperature")


def old_address(t: Session, **fields: Any) -> Exchange:
    """Send a chat request to the old address; `free`, `key` and `by` go to `send`."""
    options = {name: fields.pop(name) for name in ("free", "key", "by") if name in fields}
    arguments = generation(t, "createChatCompletionLegacy")
    return t.send("POST", arguments["path"], json={**arguments["json"], **fields}, **options)


@check("CHAT-REQ-04", operations=CHAT, needs=MAIN, cost={"text": 19})
def numbers_at_the_edge_are_accepted(t: Session) -> None:
    """A number at the edge of its range is accepted."""
    cases: list[tuple[str, dict[str, Any]]] = [
        (f"{field} {value}", {field: value})
        for field, (_, good) in RANGES.items()
        for value in good
    ]
    streaming = [
        (f"temperature {value}, streaming", {"temperature": value, "stream": True})
        for value in (0, 2)
    ]
    all_accepted(t, [*cases, *streaming])


NULLABLE = [
    "frequency_penalty",
    "presence_penalty",
    "repetition_penalty",
    "logit_bias",
    "logprobs",
    "top_logprobs",
    "max_tokens",
    "seed",
    "stop",
    "stream",
    "stream_options",
    "thinking",
    "temperature",
    "top_p",
]
NOT_NULLABLE = [
    "reasoning_effort",
    "thinking_budget",
    "parallel_tool_calls",
    "user",
    "tools",
    "tool_choice",
    "model",
    "modalities",
    "audio",
    "response_format",
]


@check("CHAT-REQ-05", operations=CHAT, needs=MAIN, cost={"text": len(NULLABLE) + 6})
def null_is_accepted(t: Session) -> None:
    """null is accepted where the contract allows it, in each field and in all at once."""
    function = {"name": "f", "parameters": {"type": "object"}, "strict": None}
    cases: list[tuple[str, dict[str, Any]]] = [
        *((f"null for {field}", {field: None}) for field in NULLABLE),
        ("null for every nullable field", dict.fromkeys(NULLABLE)),
        ("null for strict", {"tools": [{"type": "function", "function": function}]}),
    ]
    all_accepted(t, cases)
    schema = {"name": "s", "schema": {"type": "object"}, "strict": None}
    form = {"type": "json_schema", "json_schema": schema}
    question = {"role": "user", "content": t.fresh("Say hello.")}
    before = {"role": "assistant", "content": "Hello.", "function_call": None}
    call = {"id": "call_1", "type": "function", "function": {"name": "f", "arguments": "{}"}}
    turn = [
        {"role": "assistant", "content": None, "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "call_1", "content": None},
    ]
    validated(t, "null for json_schema.strict", t.chat(response_format=form))
    answer = t.chat(messages=[question, before, question])
    validated(t, "null for a message's function_call", answer)
    validated(t, "null for a tool's content", t.chat(messages=[question, *turn]))
    said = {"role": "function", "name": "f", "content": None}
    answer = t.chat(messages=[question, said, question])
    validated(t, "null for a function's content", answer)


@check("CHAT-REQ-06", operations=CHAT)
def null_is_refused(t: Session) -> None:
    """null is a 400 for fields that are not nullable."""
    for field in NOT_NULLABLE:
        t.refused(t.chat(**{field: None}, free=True), 400, f"null for {field}")


@check("CHAT-REQ-07", operations=CHAT)
def unknown_members_of_enumerations_are_refused(t: Session) -> None:
    """A value that an enumeration does not have is a 400 naming the field."""
    wrong(t, "reasoning_effort", "enormous", "LOW", "max", "", 1)
    wrong(t, "tool_choice", "sometimes", "AUTO", "any", "")
    wrong(t, "modalities", ["video"], ["text", "smell"], ["image"], ["TEXT"], "text")
    formats = [{"voice": "alloy", "format": name} for name in ("ogg", "aac", "pcm", "WAV", "")]
    wrong(t, "audio", *formats, {"voice": "nobody", "format": "wav"})


@check("CHAT-REQ-08", operations=CHAT, needs=MAIN, cost={"text": 6})
def unknown_fields_are_ignored(t: Session) -> None:
    """A field that nobody knows does no harm, wherever it stands and whatever its value."""
    accepted(t, "unknown fields", no_such_field={"deep": [1, None]}, another=1)
    accepted(t, "an unknown field that is null", no_such_field=None)
    accepted(t, "unknown fields, streaming", stream=True, no_such_field=1)
    answer = t.ok(t.chat(n=2), "a request with n")
    choices: Any = t.object(answer).get("choices")
    t.require(is_list(choices) and len(choices) == 1, "n, which nobody knows, changes the answer")
    odd = [{"role": "user", "content": t.fresh("Say hello."), "no_such_field": 1}]
    accepted(t, "an unknown field of a message", messages=odd)
    if not t.run.operations["createChatCompletionLegacy"].missing:
        t.ok(old_address(t, no_such_field=1), "an unknown field at the old address")


@check("CHAT-REQ-09", operations=CHAT)
def unknown_models_are_refused(t: Session) -> None:
    """An unknown model is a 400 that names it, or the field."""
    name = "no-such-model-3f9"
    answers = [t.chat(model=name, free=True), t.chat(model=name, stream=True, free=True)]
    if not t.run.operations["createChatCompletionLegacy"].missing:
        answers.append(old_address(t, model=name, free=True))
    for answer in answers:
        t.refused(answer, 400, "an unknown model")
        error = t.error(answer)
        found: Any = error.get("details")
        fields: Any = found.get("fieldErrors") if is_object(found) else None
        t.require(
            name in str(error.get("message")) or (is_object(fields) and "model" in fields),
            "the refusal of an unknown model names neither it nor the field: "
            f"{error.get('message')!r}",
        )


@check("CHAT-REQ-10", operations=CHAT, needs=MAIN, cost={"text": 47})
def aliases_are_accepted(t: Session) -> None:
    """A model, and no other, is reached by its aliases too, streaming or not."""
    models = with_aliases(t)
    cases: list[tuple[str, dict[str, Any]]] = []
    for model in models[:8]:
        for name, stream in ((model.aliases[0], False), (model.aliases[-1], True)):
            what = f"the alias {name!r} of {model.name}, with stream {stream}"
            cases.append((what, {"model": name, "stream": stream}))
    all_accepted(t, cases)
    name = models[0].aliases[0]
    if not t.run.operations["createChatCompletionLegacy"].missing:
        t.ok(old_address(t, model=name), f"the alias {name!r} at the old address")
    stand_for_their_model(t)


def with_aliases(t: Session) -> list[Model]:
    """List the text models that have aliases, those that cost least first; there is one."""
    models = [
        m
        for m in t.catalogue.text
        if m.aliases and m.outputs in {(), ("text",)} and not m.paid_only
    ]
    if not models:
        raise CannotTell("the server lists no text model with an alias")
    return sorted(models, key=lambda item: item.estimate())


def stand_for_their_model(t: Session) -> None:
    """Say that an alias gets what the model's name gets, and not another model."""

    def used(name: str) -> str:
        return str(t.object(t.ok(t.chat(model=name), f"the model {name!r}")).get("model"))

    def named_by(model: Model) -> str:
        answer = t.chat(model=model.name)
        if not answer.ok:  # by its own name, too: that is no matter of aliases
            raise CannotTell(f"the model {model.name} is answered {answer.status}")
        return str(t.object(answer).get("model"))

    for model in with_aliases(t)[:5]:
        name = model.aliases[0]
        # A model may be served by several providers, each with a name of its own for it.
        pairs: list[tuple[str, str]] = []
        while len(pairs) < (1 if t.target.embedded else 3) and not any(a == b for a, b in pairs):
            pairs.append((named_by(model), used(name)))
        t.require(
            {a for a, _ in pairs} & {b for _, b in pairs},
            f"{model.name} is {pairs[-1][0]!r}, its alias {name!r} is {pairs[-1][1]!r}",
        )


@check("CHAT-REQ-11", operations=CHAT)
def wrong_stops_are_refused(t: Session) -> None:
    """An empty list of stops, or one of five, is a 400."""
    wrong(t, "stop", [], list("abcde"), 7)


@check("CHAT-REQ-11", operations=CHAT, needs=MAIN, cost={"text": 6})
def good_stops_are_accepted(t: Session) -> None:
    """One stop, or a list of one to four, is accepted."""
    four = ["a1", "b2", "c3", "d4"]
    for value in ("END", "\n", *(four[:count] for count in range(1, 5))):
        accepted(t, f"stop {value!r}", stop=value)


@check("CHAT-REQ-12", operations=CHAT)
def wrong_functions_are_refused(t: Session) -> None:
    """No functions, too many, or one with an unknown field, is a 400."""
    one = {"name": "f", "parameters": {"type": "object"}}
    many = [{**one, "name": f"f{n}"} for n in range(129)]
    odd = [[{**one, "x": 1}], [{**one, "strict": True}], [one, {**one, "name": "g", "x": 1}]]
    wrong(t, "functions", [], many, *odd)


@check("CHAT-REQ-12", operations=CHAT, needs=MAIN, cost={"text": 2})
def good_functions_pass_validation(t: Session) -> None:
    """As many as 128 functions, and one that has nothing but a name, pass validation."""
    many = [{"name": f"f{n}"} for n in range(128)]
    taken = [
        validated(t, f"a list of {len(value)} functions", t.chat(functions=value))
        for value in (many[:1], many)
    ]
    if not any(taken):
        raise CannotTell("the provider refuses functions")


@check("CHAT-REQ-13", operations=CHAT)
def wrong_messages_are_refused(t: Session) -> None:
    """A message of an unknown role or with impossible content is a 400 naming messages only."""
    messages: tuple[Any, ...] = (
        {"role": "bogus", "content": "x"},
        {"role": "user", "content": None},
        {"role": "user", "content": 7},
        {"role": "user"},
        {"content": "x"},
        {"role": "tool", "content": "x"},
        {"role": "user", "content": []},
        "hello",
    )
    question = {"role": "user", "content": "Say hello."}
    for message in [*([one] for one in messages), *([question, one] for one in messages[:3])]:
        answer = t.chat(messages=message, free=True)
        t.refused(answer, 400, f"the messages {short(message)}", "messages")
        details: Any = t.error(answer)["details"]
        names = sorted(details["fieldErrors"])
        t.require(names == ["messages"], f"the refusal names {names}")


def passes(t: Session, what: str, parts: list[Any], alone: bool = False) -> bool:
    """Say that content parts pass validation; give whether the provider took them, too."""
    text = {"type": "text", "text": t.fresh("What is this?")}
    content = parts if alone else [text, *parts]
    return validated(t, what, t.chat(messages=[{"role": "user", "content": content}]))


PICTURE = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="


@check("CHAT-REQ-14", operations=CHAT, needs=MAIN, cost={"text": 13})
def content_parts_pass_validation(t: Session) -> None:
    """Parts with text, images, video, sound and files pass validation."""
    data = f"data:image/png;base64,{PICTURE}"
    address = "https://example.com/a.png"
    sound = base64.b64encode(wav(t)).decode()
    image = {"url": data, "detail": "low", "mime_type": "image/png"}
    film = {"url": "https://example.com/v.mp4"}
    kinds: tuple[tuple[str, dict[str, Any]], ...] = (
        ("text", {"text": "x", "cache_control": {"type": "ephemeral"}}),
        ("image_url", {"image_url": {"url": data}}),
        ("image_url", {"image_url": image}),
        ("image_url", {"image_url": {"url": address, "detail": "high"}}),
        ("video_url", {"video_url": film}),
        ("video_url", {"video_url": {**film, "mime_type": "video/mp4"}}),
        ("input_audio", {"input_audio": {"data": sound, "format": "wav"}}),
        ("input_audio", {"input_audio": {"data": sound, "format": "mp3"}}),
        ("file", {"file": {"file_data": data, "file_name": "a.png"}}),
        ("file", {"file": {"file_url": address, "mime_type": "image/png"}}),
        ("file", {"file": {"file_id": "file-1"}}),
    )
    taken = [passes(t, f"a part {short({'type': k, **v})}", [{"type": k, **v}]) for k, v in kinds]
    picture = {"type": "image_url", "image_url": image}
    taken.append(passes(t, "a picture alone", [picture], alone=True))
    parts = [{"type": "text", "text": "Be brief."}]
    question = {"role": "user", "content": t.fresh("Say hello.")}
    answer = t.chat(messages=[{"role": "system", "content": parts}, question])
    taken.append(validated(t, "a system message made of parts", answer))
    if not all(taken):
        raise CannotTell(f"the provider refuses {taken.count(False)} of {len(taken)} good requests")


@check("CHAT-REQ-15", operations=CHAT, needs=MAIN, cost={"text": 2})
def unknown_parts_pass_validation(t: Session) -> None:
    """A part of a type that nobody knows passes validation, beside others or alone."""
    odd = [{"type": "no_such_part", "more": {"deep": 1}}]
    taken = [passes(t, f"a part of unknown type, alone: {a}", odd, alone=a) for a in (False, True)]
    if not any(taken):
        raise CannotTell("the provider refuses a part of unknown type")


@check("CHAT-REQ-16", operations=CHAT, needs=MAIN, cost={"text": 3})
def thinking_can_be_turned_down(t: Session) -> None:
    """thinking off, a thinking_budget of 0 and a low reasoning_effort are accepted."""
    accepted(t, "thinking switched off", thinking={"type": "disabled"})
    accepted(t, "a thinking_budget of 0", thinking_budget=0)
    accepted(t, "a low reasoning_effort", reasoning_effort="low")


@check("CHAT-REQ-17", operations=CHAT, needs="publishable", cost={"text": 4}, lane="publishable")
def publishable_keys_are_accepted(t: Session) -> None:
    """A publishable key opens chat as a secret one does: in either place, at either address."""
    t.ok(t.chat(key="publishable"), "a chat request with a publishable key")
    t.ok(t.chat(key="publishable", by="query"), "one with a publishable key in the query")
    t.ok(t.chat(key="publishable", stream=True), "a streaming request with a publishable key")
    if not t.run.operations["createChatCompletionLegacy"].missing:
        t.ok(old_address(t, key="publishable"), "one with a publishable key at the old address")


@check("CHAT-REQ-18", operations=CHAT)
def incomplete_tools_are_refused(t: Session) -> None:
    """A function tool without its function or its name is a 400 naming tools."""
    wrong(
        t,
        "tools",
        [{"type": "function"}],
        [{"type": "function", "function": {}}],
        [{"type": "function", "function": {"description": "x"}}],
        [{"type": "function", "function": {"name": "f"}}, {"type": "function"}],
        [{"type": "no_such_tool"}],
        {},
    )


@check("CHAT-RES-01", operations=CHAT, needs=MAIN, cost=KINDS)
def answer_is_a_completion(t: Session) -> None:
    """The answer is one choice with a message of the assistant, and names its model."""
    for answer in completions(t):
        said = completions_have_one_choice(answer)
        t.require(not said, said or "")
        model = t.object(answer).get("model")
        t.require(isinstance(model, str) and model, "model is no text")


@check("CHAT-RES-02", operations=CHAT, needs=MAIN, cost=KINDS)
def id_has_its_form(t: Session) -> None:
    """The id is pllns_ and 32 hexadecimal digits."""
    for answer in completions(t):
        said = completions_have_ids(answer)
        t.require(not said, said or "")


@check("CHAT-RES-03", operations=CHAT, needs=MAIN, cost=KINDS)
def created_is_the_present(t: Session) -> None:
    """created is the present in whole seconds."""
    for answer in completions(t):
        said = completions_tell_their_time(answer)
        t.require(not said, said or "")


@check("CHAT-RES-04", operations=CHAT, needs=MAIN, cost=KINDS)
def usage_counts_tokens(t: Session) -> None:
    """usage has three whole numbers, the total being no less than the others."""
    for answer in completions(t):
        said = completions_count_tokens(answer)
        t.require(not said, said or "")


@check("CHAT-RES-05", operations=CHAT, needs=MAIN, cost={"text": 20})
def same_request_same_answer(t: Session) -> None:
    """The same request, sent twice, gives the same message: with a seed, without, with tools."""
    # Providers want the word JSON in what is asked for as JSON.
    shaped = [{"role": "user", "content": t.fresh("Say hello as a JSON object.")}]
    forms: list[tuple[str, dict[str, Any]]] = [
        (CHAT, {"seed": 7}),
        (CHAT, {}),
        (CHAT, {"messages": shaped, "response_format": {"type": "json_object"}}),
    ]
    if any(model.tools for model in t.catalogue.text):
        forms.append((CHAT, {"model": tool_model(t), "tools": TOOLS, "tool_choice": "required"}))
    if not t.run.operations["createChatCompletionLegacy"].missing:
        forms.append(("createChatCompletionLegacy", {}))
    for operation, fields in forms:
        arguments = generation(t, operation)
        arguments["json"] = {**arguments["json"], **fields}
        said = [_said(t, t.ok(t.send(**arguments))) for _ in range(2)]
        # What was not made again from the seed may be in the cache a moment later only.
        for pause in () if t.target.embedded else (0.5, 2.0):
            if said[-1] != said[-2]:
                time.sleep(pause)
                said.append(_said(t, t.ok(t.send(**arguments))))
        t.require(
            said[-1] == said[-2],
            f"{operation} with {short(fields)} gave {short(said[-2])}, then {short(said[-1])}",
        )


def _said(t: Session, answer: Exchange) -> list[Any]:
    message = message_of(t, answer)
    return [message.get("content"), message.get("tool_calls")]


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
    "description": "Tell the weather of a city.",
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
TIME = {"name": "tell_time", "description": "Tell the present time."}
TOOLS = [{"type": "function", "function": item} for item in (ADD, WEATHER, TIME)]
SCHEMAS: dict[str, Any] = {
    "add_numbers": ADD["parameters"],
    "get_weather": WEATHER["parameters"],
    "tell_time": {},
}
SEVERAL = "Add the numbers 17 and 25, and give the weather of Köln, Germany, at 9 and at 18 today."
"""A question that asks for two calls."""


def tool_model(t: Session) -> str:
    """Name the cheapest text model that is said to know tools."""
    models = [
        m for m in t.catalogue.text if m.tools and m.outputs in {(), ("text",)} and not m.paid_only
    ]
    if not models:
        raise CannotTell("the server lists no text model with tools")
    return min(models, key=lambda item: (*item.oddity(), item.estimate(), item.name)).name


def tool_calls(t: Session, answer: Exchange) -> list[dict[str, Any]]:
    """Give the tool calls of an answer."""
    calls: Any = message_of(t, answer).get("tool_calls")
    t.require(is_list(calls) and calls, "the message has no tool call")
    return [call for call in calls if is_object(call)]


def called(t: Session) -> Exchange:
    """Give an answer that must call a tool."""

    def ask() -> Exchange:
        question = t.fresh("What is 17 plus 25? Use a tool.")
        return t.chat(question, model=tool_model(t), tools=TOOLS, tool_choice="required")

    def good(answer: Exchange) -> None:
        calls_are_good(t, answer)
        arguments_are_good(t, answer)

    return t.remember(t.once("tool call", lambda: t.patiently(ask, good)))


def several(t: Session) -> Exchange:
    """Give an answer that is likely to call two tools, shared by all checks that only look."""

    def ask() -> Exchange:
        fields = {"model": tool_model(t), "tools": TOOLS, "tool_choice": "required"}
        return t.chat(t.fresh(SEVERAL), **fields)

    def good(answer: Exchange) -> None:
        calls_are_good(t, answer)
        arguments_are_good(t, answer)

    return t.remember(t.once("several tool calls", lambda: t.patiently(ask, good)))


def named(t: Session, name: str) -> Exchange:
    """Give an answer that must call a certain tool, shared by all checks that only look."""
    choice = {"type": "function", "function": {"name": name}}
    ask = functools.partial(t.chat, model=tool_model(t), tools=TOOLS, tool_choice=choice)

    def good(answer: Exchange) -> None:
        calls_are_good(t, answer)
        arguments_are_good(t, answer)
        calls_the(t, answer, name)

    return t.remember(t.once(f"call of {name}", lambda: t.patiently(ask, good)))


def calls_the(t: Session, answer: Exchange, name: str) -> None:
    """Say that an answer calls a certain function."""
    names = {call["function"].get("name") for call in tool_calls(t, answer)}
    t.require(names == {name}, f"tool_choice names {name}, called are {sorted(map(str, names))}")


@check("CHAT-TOOL-01", operations=CHAT, needs=MAIN, cost={"text": 15})
def required_tools_are_called(t: Session) -> None:
    """With tool_choice required one of the offered functions is called, with JSON arguments."""
    for answer in (called(t), several(t), *(named(t, name) for name in SCHEMAS)):
        calls_are_good(t, answer)


def calls_are_good(t: Session, answer: Exchange) -> None:
    """Say that an answer calls functions that were offered, with JSON arguments."""
    for call in tool_calls(t, answer):
        function: Any = call.get("function")
        t.require(
            isinstance(call.get("id"), str) and call["id"], f"the call's id is {call.get('id')!r}"
        )
        t.require(call.get("type") == "function", f"the call's type is {call.get('type')!r}")
        t.require(is_object(function), "the call has no function")
        t.require(function.get("name") in SCHEMAS, f"{function.get('name')!r} was not offered")
        t.require(isinstance(function.get("arguments"), str), "arguments is no text")
        try:
            value = json.loads(function["arguments"])
        except ValueError:
            value = None
        t.require(is_object(value), f"arguments is no JSON object: {function['arguments']!r}")


@check("CHAT-TOOL-06", operations=CHAT, needs=MAIN, cost={"text": 15})
def arguments_fit_the_tool(t: Session) -> None:
    """The arguments of a call satisfy the schema of its function."""
    answers = [called(t), several(t), *(named(t, name) for name in SCHEMAS)]
    calling = [answer for answer in answers if message_of(t, answer).get("tool_calls")]
    if not calling:
        raise CannotTell("no tool was called")
    for answer in calling:
        arguments_are_good(t, answer)


def arguments_are_good(t: Session, answer: Exchange) -> None:
    """Say that the arguments of the calls of an answer satisfy the schemas of their functions."""
    for call in tool_calls(t, answer):
        function = call["function"]
        schema = SCHEMAS.get(function["name"])
        if schema is None:
            continue
        for error in jsonschema_rs.validator_for(schema).iter_errors(
            json.loads(function["arguments"])
        ):
            t.require(False, f"arguments {function['arguments']}: {error.message}")


def second_turn(t: Session, extra: dict[str, Any]) -> Exchange:
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
def tool_results_are_answered(t: Session) -> None:
    """A turn that ends with a tool's result is answered with text."""
    has_text(t, t.patiently(lambda: second_turn(t, {}), functools.partial(has_text, t)))


def has_text(t: Session, answer: Exchange) -> None:
    """Say that the answer to a tool's result says something."""
    t.require((answer_text(t, answer) or "").strip(), "the answer to a tool's result has no text")


@check("CHAT-TOOL-02", operations=CHAT, needs=MAIN, cost={"text": 6})
def tool_results_may_have_parts(t: Session) -> None:
    """A tool's result may be a list of parts, and the call before it may have empty content."""
    call = {
        "id": "call_1",
        "type": "function",
        "function": {"name": "add_numbers", "arguments": '{"a":17,"b":25}'},
    }
    result = {"role": "tool", "tool_call_id": "call_1", "content": [{"type": "text", "text": "42"}]}

    def ask(content: str | None) -> Exchange:
        messages = [
            {"role": "user", "content": t.fresh("What is 17 plus 25? Use a tool.")},
            {"role": "assistant", "content": content, "tool_calls": [call]},
            result,
        ]
        answer = t.chat(messages=messages, model=tool_model(t), tools=TOOLS)
        return t.ok(answer, f"a tool's result made of parts, after the content {content!r}")

    for content in (None, ""):
        has_text(t, t.patiently(functools.partial(ask, content), functools.partial(has_text, t)))


@check("CHAT-TOOL-02", operations=CHAT, needs=MAIN, cost={"text": 6})
def several_tool_results_are_answered(t: Session) -> None:
    """A turn with the results of two calls is answered with text, streaming or not."""
    calls = [
        {"id": f"call_{n}", "type": "function", "function": {"name": "add_numbers", "arguments": a}}
        for n, a in enumerate(('{"a":17,"b":25}', '{"a":1,"b":2}'))
    ]
    results = [
        {"role": "tool", "tool_call_id": f"call_{n}", "content": text}
        for n, text in enumerate(("42", "3"))
    ]

    def ask(stream: bool) -> Exchange:
        question = t.fresh("What is 17 plus 25, and what is 1 plus 2? Use a tool.")
        messages = [
            {"role": "user", "content": question},
            {"role": "assistant", "tool_calls": calls},
            *results,
        ]
        answer = t.chat(messages=messages, model=tool_model(t), tools=TOOLS, stream=stream)
        return t.ok(answer, f"the results of two tool calls, with stream {stream}")

    def good(answer: Exchange) -> None:
        if answer.media_type == "text/event-stream":
            text = streamed_text(t, answer)
            t.require(text.strip(), "the streamed answer to two tools' results has no text")
        else:
            has_text(t, answer)

    for stream in (False, True):
        good(t.patiently(functools.partial(ask, stream), good))


@check("CHAT-TOOL-03", operations=CHAT, needs=MAIN, cost=ONE)
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
    t.ok(second_turn(t, extra), "a tool call with further fields")


@check("CHAT-TOOL-04", operations=CHAT, needs=MAIN, cost={"text": 12})
def named_functions_are_called(t: Session) -> None:
    """A function named in tool_choice is the one that is called, whichever it is."""
    for name in SCHEMAS:
        calls_the(t, named(t, name), name)
    name = str(WEATHER["name"])
    choice = {"type": "function", "function": {"name": name}}
    fields = {"model": tool_model(t), "tools": TOOLS, "tool_choice": choice, "stream": True}

    def good(answer: Exchange) -> None:
        names = streamed_names(t, answer)
        t.require(names == {name}, f"tool_choice names {name}, streamed are {sorted(names)}")

    good(need_stream(t.patiently(functools.partial(t.chat, **fields), good)))


def streamed_names(t: Session, answer: Exchange) -> set[str]:
    """Give the names of the functions that a stream calls."""
    deltas: list[Any] = [choice.get("delta") for choice in choices_of(t.chunks(answer))]
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

    def good(answer: Exchange) -> None:
        if answer.media_type == "text/event-stream":
            names: object = sorted(streamed_names(t, answer))
        else:
            names = message_of(t, answer).get("tool_calls")
        t.require(not names, "a tool is called in spite of none")

    fields = {"model": tool_model(t), "tools": TOOLS, "tool_choice": "none"}
    for stream in (False, True):
        good(t.patiently(functools.partial(t.chat, **fields, stream=stream), good))


@check("CHAT-FORMAT-01", operations=CHAT, needs=MAIN, cost={"text": 6})
def json_object_is_an_object(t: Session) -> None:
    """With json_object the content is a JSON object, at either address."""

    def ask(send: Callable[..., Exchange]) -> Exchange:
        question = t.fresh("Give a JSON object with the colours of a flag.")
        messages = [{"role": "user", "content": question}]
        return send(messages=messages, response_format={"type": "json_object"})

    def good(answer: Exchange) -> None:
        text = answer_text(t, answer)
        t.require(is_object(_parse(text)), f"the content is no JSON object: {str(text)[:80]!r}")

    sends: list[Callable[..., Exchange]] = [t.chat]
    if not t.run.operations["createChatCompletionLegacy"].missing:
        sends.append(functools.partial(old_address, t))
    for send in sends:
        good(t.patiently(functools.partial(ask, send), good))


@check("CHAT-FORMAT-01", operations=CHAT, needs=MAIN, cost=TRIES)
def streamed_json_is_an_object(t: Session) -> None:
    """With json_object the deltas of a stream join to a JSON object."""

    def ask() -> Exchange:
        question = t.fresh("Give a JSON object with the colours of a flag.")
        return t.chat(question, response_format={"type": "json_object"}, stream=True)

    def good(answer: Exchange) -> None:
        text = streamed_text(t, answer)
        t.require(is_object(_parse(text)), f"the deltas join to no JSON object: {text[:80]!r}")

    good(need_stream(t.patiently(ask, good)))


@check("CHAT-FORMAT-02", operations=CHAT, needs=MAIN, cost={"text": 6})
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

    def good(answer: Exchange) -> None:
        streams = answer.media_type == "text/event-stream"
        text = streamed_text(t, answer) if streams else answer_text(t, answer)
        value = _parse(text)
        t.require(value is not None, f"the content is no JSON: {str(text)[:80]!r}")
        fits = jsonschema_rs.is_valid(schema, value)
        t.require(fits, f"the content does not fit: {str(text)[:80]}")

    def ask(stream: bool) -> Exchange:
        return t.chat(t.fresh("Describe a place as JSON."), response_format=wanted, stream=stream)

    for stream in (False, True):
        good(t.patiently(functools.partial(ask, stream), good))


def streamed_text(t: Session, answer: Exchange) -> str:
    """Join the delta texts of a stream."""
    deltas: list[Any] = [piece.get("delta") for piece in choices_of(t.chunks(answer))]
    return "".join(str(delta.get("content") or "") for delta in deltas if is_object(delta))


def _parse(text: str | None) -> Any:
    try:
        return json.loads(text or "")
    except ValueError:
        return None


@check("CHAT-FORMAT-03", operations=CHAT)
def wrong_formats_are_refused(t: Session) -> None:
    """json_schema without a schema, or an unknown type, is a 400 naming response_format."""
    wrong(
        t,
        "response_format",
        {"type": "json_schema"},
        {"type": "json_schema", "json_schema": {}},
        {"type": "yaml"},
        {},
        "json_object",
    )


def has_voice(t: Session) -> bool:
    """Whether a text model speaks."""
    return any("audio" in model.outputs for model in t.catalogue.text)


def spoken(t: Session) -> Exchange:
    """Give an answer in sound, shared by all checks that only look."""

    def ask() -> Exchange:
        models = [m for m in t.catalogue.text if "audio" in m.outputs]
        if not models:
            raise CannotTell("the server lists no text model that speaks")
        name = min(models, key=lambda item: item.estimate()).name
        audio = {"voice": "alloy", "format": "wav"}
        asking = functools.partial(t.chat, model=name, modalities=["text", "audio"], audio=audio)
        return t.patiently(asking, functools.partial(sounds, t))

    return t.remember(t.once("spoken chat", ask))


@check("CHAT-AUDIO-01", operations=CHAT, needs=MAIN, cost=TRIES)
def audio_models_speak(t: Session) -> None:
    """Asked for sound, an audio model gives it in base64, with a transcript, and counts it."""
    sounds(t, spoken(t))


def sounds(t: Session, answer: Exchange) -> None:
    """Say that a completion speaks."""
    found: Any = message_of(t, answer).get("audio")
    t.require(is_object(found), "the message has no audio")
    words = found.get("transcript")
    t.require(isinstance(words, str) and words.strip(), f"the audio's transcript is {words!r}")
    try:
        data = base64.b64decode(str(found.get("data")), validate=True)
    except ValueError:
        data = b""
    t.require(data, "audio.data is no base64 of anything")
    t.require(sound_kind(data) == "wav", f"audio.data, asked for as wav, begins {data[:12]!r}")
    usage: Any = t.object(answer).get("usage")
    details: Any = usage.get("completion_tokens_details") if is_object(usage) else None
    count: Any = details.get("audio_tokens") if is_object(details) else None
    t.require(isinstance(count, int) and count > 0, f"usage counts {count!r} audio tokens")


@check("CHAT-CITE-01", operations=CHAT, needs=MAIN, cost={"text": 9})
def search_models_cite(t: Session) -> None:
    """A search model of the perplexity family gives citations, streaming or not."""
    models = [m for m in t.catalogue.text if m.name.startswith("perplexity")]
    if not models:
        raise CannotTell("the server lists no model of the perplexity family")
    for model in sorted(models, key=lambda item: item.estimate())[:2]:

        def ask(name: str = model.name) -> Exchange:
            return t.chat(t.fresh("What happened in the world this week?"), model=name)

        def good(answer: Exchange, name: str = model.name) -> None:
            found: Any = t.object(answer).get("citations")
            t.require(
                is_list(found) and all(isinstance(item, str) for item in found),
                f"citations of {name} is {found!r}",
            )

        good(t.patiently(ask, good))
    name = min(models, key=lambda item: item.estimate()).name
    question = "What happened in the world this week?"

    def streams_good(answer: Exchange) -> None:
        chunks = t.chunks(answer)
        found: list[Any] = [c["citations"] for c in chunks if c.get("citations") is not None]
        texts = all(is_list(c) and all(isinstance(item, str) for item in c) for c in found)
        t.require(found and texts, f"citations in the stream of {name} are {found[:1]!r}")

    ask_streaming = functools.partial(t.chat, model=name, stream=True)
    answer = t.patiently(lambda: ask_streaming(t.fresh(question)), streams_good)
    streams_good(need_stream(answer))


@check("CHAT-LOGPROB-01", operations=CHAT, needs=MAIN, cost={"text": 9})
def logprobs_spell_the_content(t: Session) -> None:
    """With logprobs the tokens, joined, are the content, streaming or not."""

    def good(answer: Exchange) -> None:
        if answer.media_type == "text/event-stream":
            choices: list[Any] = choices_of(t.chunks(answer))
            text: str | None = streamed_text(t, answer)
        else:
            choices = t.object(answer)["choices"][:1]
            text = answer_text(t, answer)
        found: list[Any] = [c["logprobs"] for c in choices if is_object(c.get("logprobs"))]
        tokens: list[Any] = []
        for entry in found:
            tokens += entry.get("content") or []
        t.require(tokens, "the choice has no logprobs")
        joined = "".join(str(item.get("token")) for item in tokens)
        t.require(
            text in {joined, _spelt(tokens)},
            f"the tokens give {joined[:60]!r}, the content is {str(text)[:60]!r}",
        )

    forms: tuple[dict[str, Any], ...] = ({"top_logprobs": 2}, {}, {"stream": True})
    for fields in forms:
        good(t.patiently(functools.partial(t.chat, logprobs=True, **fields), good))


def _spelt(tokens: list[Any]) -> str | None:
    """Join tokens by their bytes: one letter may be spread over several, none of them a text."""
    found = b""
    try:
        for item in tokens:
            found += bytes(item["bytes"])
            text = bytes(item["bytes"]).decode("utf-8", "ignore")
            if text.encode() == bytes(item["bytes"]) and text != item["token"]:
                return None
        return found.decode("utf-8")
    except (KeyError, TypeError, ValueError):
        return None


@check("CHAT-USAGE-01", operations=CHAT, needs=MAIN, cost=KINDS)
def header_names_the_model(t: Session) -> None:
    """x-model-used of a fresh answer is the model of its body."""
    for answer in completions(t):
        said = headers_name_the_model(answer)
        t.require(not said, said or "")


ALL = {"text": 3, "image": 1, "audio": 2, "transcription": 1}


@check("CHAT-USAGE-02", needs=MAIN, cost=ALL)
def counters_are_above_zero(t: Session) -> None:
    """No fresh answer of any generation tells a counter of 0 or less."""
    for operation in available(t, *SPENDING):
        said = usage_headers_are_above_zero(sample(t, operation))
        t.require(not said, f"{operation}: {said}")


@check("CHAT-USAGE-03", needs=MAIN, cost=ALL)
def totals_are_sums(t: Session) -> None:
    """A fresh answer of any generation tells counters, and the total that is their sum."""
    for operation in available(t, *SPENDING):
        answer = sample(t, operation)
        names = usage_headers(answer)
        t.require("x-usage-total-tokens" in names, f"{operation}: no total among {sorted(names)}")
        t.require(len(names) > 1, f"{operation}: the total is all that is told")
        said = usage_headers_add_up(answer)
        t.require(not said, f"{operation}: {said}")


@check("CHAT-USAGE-04", operations=CHAT, needs=MAIN, cost={"text": 23})
def headers_follow_from_body(t: Session) -> None:
    """The usage headers of a fresh answer follow from the usage of its body, in each counter."""
    answers = [*completions(t), *thinking(t), *long(t)]
    if has_voice(t):
        answers += [spoken(t), *heard(t)]
    if any(m.tools for m in t.catalogue.text) and "createChatCompletionLegacy" in available(
        t, *CHAT_PATHS
    ):
        fields = {"model": tool_model(t), "tools": TOOLS, "tool_choice": "required"}
        answers.append(old_address(t, **fields))
    for answer in answers:
        if not answer.ok:
            continue  # a model or its provider wants none of it, which no header is to blame for
        said = headers_follow_from_usage(answer)
        t.require(said is not None, "the answer has no usage, or comes from the cache")
        t.require(not said, said or "")


def thinking(t: Session) -> Iterator[Exchange]:
    """Give answers of reasoning models, until one counts its thoughts; then one of it, as of old."""
    models = [m for m in t.catalogue.text if m.reasoning and m.outputs in {(), ("text",)}]
    models = [m for m in models if not m.paid_only]
    for model in sorted(models, key=lambda item: (item.estimate(), item.name))[:8]:
        answer = t.chat(model=model.name)
        yield answer
        if not answer.ok:
            continue
        if "x-usage-completion-reasoning-tokens" in usage_headers(answer) or counted(
            t, answer, "completion_tokens_details", "reasoning_tokens"
        ):
            if not t.run.operations["createChatCompletionLegacy"].missing:
                yield old_address(t, model=model.name)
            return


def counted(t: Session, answer: Exchange, group: str, name: str) -> bool:
    """Whether the usage of a completion has a certain count above 0."""
    usage: Any = t.object(answer).get("usage")
    details: Any = usage.get(group) if is_object(usage) else None
    value: Any = details.get(name) if is_object(details) else None
    return isinstance(value, int) and value > 0


def long(t: Session) -> Iterator[Exchange]:
    """Give answers to a prompt so long that providers keep a part of it, from each address."""
    models = [m for m in t.catalogue.text if "promptCachedTokens" in m.prices and not m.paid_only]
    plain = [m for m in models if m.outputs in {(), ("text",)}]
    if plain:
        name = min(plain, key=lambda item: (*item.oddity(), item.estimate(), item.name)).name
        text = "one, two, three, four, five, " * 250
        yield t.chat(t.fresh("Say hello. ") + text, model=name)
        if not t.run.operations["createChatCompletionLegacy"].missing:
            messages = [{"role": "user", "content": t.fresh("Say hello. ") + text}]
            yield old_address(t, model=name, messages=messages)


def heard(t: Session) -> Iterator[Exchange]:
    """Give what a model that speaks answers to a recording, from each address."""
    models = [m for m in t.catalogue.text if "audio" in m.outputs]
    sound = {"data": base64.b64encode(wav(t)).decode(), "format": "wav"}
    text = {"type": "text", "text": t.fresh("What is this?")}
    parts: list[Any] = [text, {"type": "input_audio", "input_audio": sound}]
    fields = {"modalities": ["text", "audio"], "audio": {"voice": "alloy", "format": "wav"}}
    name = min(models, key=lambda item: item.estimate()).name
    yield t.chat(parts, model=name, **fields)
    if not t.run.operations["createChatCompletionLegacy"].missing:
        messages = [{"role": "user", "content": parts}]
        yield old_address(t, model=name, messages=messages, **fields)


@check("CHAT-LEGACY-01", operations="createChatCompletionLegacy", needs=MAIN, cost={"text": 3})
def old_address_answers(t: Session) -> None:
    """The old address answers a minimal request with a completion, wherever the key stands."""
    bare = {"messages": [{"role": "user", "content": t.fresh("Say hello.")}]}
    minimal = t.ok(t.send("POST", "/openai", json=bare), "a minimal request to the old address")
    for answer in (
        sample(t, "createChatCompletionLegacy"),
        t.ok(old_address(t, by="query")),
        minimal,
    ):
        t.require(answer.media_type == "application/json", f"it is {answer.media_type!r}")
        for judge in (
            completions_have_one_choice,
            completions_have_ids,
            completions_tell_their_time,
            completions_count_tokens,
            headers_name_the_model,
            headers_follow_from_usage,
        ):
            said = judge(answer)
            t.require(not said, said or "")


@check("CHAT-LEGACY-01", operations="createChatCompletionLegacy")
def old_address_refuses_alike(t: Session) -> None:
    """The old address refuses what the new one refuses."""
    for key, fields, status in (
        (None, {}, 401),
        ("bogus", {}, 401),
        (None, {"messages": 1}, 400),
        (None, {"model": "no-such-model-3f9"}, 400),
    ):
        answer = old_address(t, key=key, **fields)
        t.refused(answer, status, f"POST /openai with {short(fields)} and the key {key}")
