"""Check which chat requests are accepted and which are refused."""

import base64
from collections.abc import Iterable
from typing import Any

from pollinations_conformance.checks.common.chat import (
    CHAT,
    assert_field_is_rejected,
    legacy_request,
    shorten_value,
)
from pollinations_conformance.checks.common.files import wav
from pollinations_conformance.checks.common.responses import need_message
from pollinations_conformance.http.json import is_list, is_object
from pollinations_conformance.suite import MAIN, Exchange, Model, NotTested, Session, check

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


IMAGE_PART = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="


def assert_accepted(t: Session, what: str, **fields: Any) -> Exchange:
    """Assert that a chat request with these fields gets 200."""
    return t.assert_success(t.chat(**fields), f"a chat request with {what}")


def assert_all_accepted(t: Session, cases: Iterable[tuple[str, dict[str, Any]]]) -> None:
    """Assert that each of several requests is accepted, whatever a provider makes of some."""
    unreported: NotTested | None = None
    for what, fields in cases:
        try:
            assert_accepted(t, what, **fields)
        except NotTested as reason:
            unreported = unreported or NotTested(f"{what}: {reason}")
    if unreported is not None:
        raise unreported


def passes_validation(t: Session, what: str, response: Exchange) -> bool:
    """Assert that a request passes validation; return whether the provider took it, too."""
    if response.status == 400:
        t.assert_that("details" not in t.error_object(response), f"{what} does not pass validation")
        return False
    t.assert_success(response, what)
    return True


@check("CHAT-REQ-01", operations=CHAT, needs=MAIN, cost={"text": 3})
def one_message_is_enough(t: Session) -> None:
    """A body with nothing but one user message is a 200, whatever its letters and its form."""
    parts = [{"type": "text", "text": t.fresh("Say hello.")}]
    for content in (t.fresh("Say hello."), t.fresh("Dis « bonjour » à 你好 🌸."), parts):
        body = {"messages": [{"role": "user", "content": content}]}
        t.assert_success(
            t.send("POST", "/v1/chat/completions", json=body),
            f"nothing but {shorten_value(content)}",
        )


@check("CHAT-REQ-02", operations=CHAT, needs=MAIN, cost={"text": 2})
def no_messages_are_accepted(t: Session) -> None:
    """An empty list of messages is accepted, streaming or not."""
    # A provider may still refuse it; what counts is that the gateway's validation does not.
    for fields in ({}, {"stream": True}):
        response = t.chat(messages=[], seed=t.random.randrange(10**9), **fields)
        t.assert_that(
            not (response.status == 400 and "details" in t.error_object(response)),
            f"an empty list of messages, with {fields}, does not pass validation",
        )
        t.assert_success(response, f"an empty list of messages, with {fields}")


@check("CHAT-REQ-03", operations=CHAT)
def numbers_out_of_range_are_refused(t: Session) -> None:
    """A number just outside its range is a 400 naming the field."""
    for field, (bad, _) in RANGES.items():
        assert_field_is_rejected(t, field, *bad)
    response = t.chat(temperature=3, stream=True, free=True)
    with t.separately():
        t.assert_rejected(response, 400, "a streaming request with temperature 3", "temperature")
    if not t.run.operations["createChatCompletionLegacy"].missing:
        response = legacy_request(t, temperature=3, free=True)
        t.assert_rejected(response, 400, "temperature 3 at the legacy URL", "temperature")


@check("CHAT-REQ-04", operations=CHAT, needs=MAIN, cost={"text": 19}, assumes="CHAT-REQ-08")
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
    assert_all_accepted(t, [*cases, *streaming])


@check(
    "CHAT-REQ-05",
    operations=CHAT,
    needs=MAIN,
    cost={"text": len(NULLABLE) + 6},
    assumes=("CHAT-REQ-08", "CHAT-TOOL-02"),
)
def null_is_accepted(t: Session) -> None:
    """null is accepted where the contract allows it, in each field and in all at once."""
    function = {"name": "f", "parameters": {"type": "object"}, "strict": None}
    cases: list[tuple[str, dict[str, Any]]] = [
        *((f"null for {field}", {field: None}) for field in NULLABLE),
        ("null for every nullable field", dict.fromkeys(NULLABLE)),
        ("null for strict", {"tools": [{"type": "function", "function": function}]}),
    ]
    assert_all_accepted(t, cases)
    schema = {"name": "s", "schema": {"type": "object"}, "strict": None}
    form = {"type": "json_schema", "json_schema": schema}
    question = {"role": "user", "content": t.fresh("Say hello.")}
    before = {"role": "assistant", "content": "Hello.", "function_call": None}
    call = {"id": "call_1", "type": "function", "function": {"name": "f", "arguments": "{}"}}
    turn = [
        {"role": "assistant", "content": None, "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "call_1", "content": None},
    ]
    passes_validation(t, "null for json_schema.strict", t.chat(response_format=form))
    response = t.chat(messages=[question, before, question])
    passes_validation(t, "null for a message's function_call", response)
    passes_validation(t, "null for a tool's content", t.chat(messages=[question, *turn]))
    result = {"role": "function", "name": "f", "content": None}
    response = t.chat(messages=[question, result, question])
    passes_validation(t, "null for a function's content", response)


@check("CHAT-REQ-06", operations=CHAT)
def null_is_refused(t: Session) -> None:
    """null is a 400 for fields that are not nullable."""
    for field in NOT_NULLABLE:
        with t.separately():
            t.assert_rejected(t.chat(**{field: None}, free=True), 400, f"null for {field}")


@check("CHAT-REQ-07", operations=CHAT)
def unknown_members_of_enumerations_are_refused(t: Session) -> None:
    """A value that an enumeration does not have is a 400 naming the field."""
    assert_field_is_rejected(t, "reasoning_effort", "enormous", "LOW", "max", "", 1)
    assert_field_is_rejected(t, "tool_choice", "sometimes", "AUTO", "any", "")
    assert_field_is_rejected(
        t, "modalities", ["video"], ["text", "smell"], ["image"], ["TEXT"], "text"
    )
    formats = [{"voice": "alloy", "format": name} for name in ("ogg", "aac", "pcm", "WAV", "")]
    assert_field_is_rejected(t, "audio", *formats, {"voice": "nobody", "format": "wav"})


@check("CHAT-REQ-08", operations=CHAT, needs=MAIN, cost={"text": 6})
def unknown_fields_are_ignored(t: Session) -> None:
    """An unknown field does no harm, wherever it is and whatever its value."""
    assert_accepted(t, "unknown fields", no_such_field={"deep": [1, None]}, another=1)
    assert_accepted(t, "an unknown field that is null", no_such_field=None)
    assert_accepted(t, "unknown fields, streaming", stream=True, no_such_field=1)
    response = t.assert_success(t.chat(n=2), "a request with n")
    choices: Any = t.json_object(response).get("choices")
    if is_list(choices) and len(choices) > 1:
        plain: Any = t.json_object(t.assert_success(t.chat())).get("choices")
        one = is_list(plain) and len(plain) == 1
        t.need(one, "CHAT-RES-01", "a completion has more than one choice")
    t.assert_that(
        is_list(choices) and len(choices) == 1, "the unknown field n changes the response"
    )
    odd = [{"role": "user", "content": t.fresh("Say hello."), "no_such_field": 1}]
    assert_accepted(t, "an unknown field of a message", messages=odd)
    if not t.run.operations["createChatCompletionLegacy"].missing:
        t.assert_success(legacy_request(t, no_such_field=1), "an unknown field at the legacy URL")


@check("CHAT-REQ-09", operations=CHAT)
def unknown_models_are_refused(t: Session) -> None:
    """An unknown model is a 400 that names it, or the field."""
    name = "no-such-model-3f9"
    responses = [t.chat(model=name, free=True), t.chat(model=name, stream=True, free=True)]
    if not t.run.operations["createChatCompletionLegacy"].missing:
        responses.append(legacy_request(t, model=name, free=True))
    for response in responses:
        with t.separately():
            t.assert_rejected(response, 400, "an unknown model")
            error = t.error_object(response)
            found: Any = error.get("details")
            fields: Any = found.get("fieldErrors") if is_object(found) else None
            t.assert_that(
                (is_object(fields) and "model" in fields) or name in need_message(t, error),
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
    assert_all_accepted(t, cases)
    name = models[0].aliases[0]
    if not t.run.operations["createChatCompletionLegacy"].missing:
        t.assert_success(legacy_request(t, model=name), f"the alias {name!r} at the legacy URL")
    assert_alias_resolves(t)


def with_aliases(t: Session) -> list[Model]:
    """Return the text models that have aliases, those that cost least first; there is one."""
    models = [
        m
        for m in t.catalogue.text
        if m.aliases and m.outputs in {(), ("text",)} and not m.paid_only
    ]
    if not models:
        raise NotTested("the server lists no text model with an alias")
    names = [name for m in t.catalogue.text for name in (m.name, *m.aliases)]
    for name in names:
        t.need(names.count(name) == 1, "MODELS-INFO-02", f"{name!r} names two models")
    return sorted(models, key=lambda item: item.estimate())


def assert_alias_resolves(t: Session) -> None:
    """Assert that an alias gets what the model's name gets, and not another model."""

    def used(name: str) -> str:
        return str(
            t.json_object(t.assert_success(t.chat(model=name), f"the model {name!r}")).get("model")
        )

    def named_by(model: Model) -> str:
        response = t.chat(model=model.name)
        if not response.ok:  # by its own name, too: that is no matter of aliases
            raise NotTested(f"the model {model.name} gets {response.status}")
        return str(t.json_object(response).get("model"))

    for model in with_aliases(t)[:5]:
        name = model.aliases[0]
        # A model may be served by several providers, each with a name of its own for it.
        pairs: list[tuple[str, str]] = []
        while len(pairs) < (1 if t.target.embedded else 3) and not any(a == b for a, b in pairs):
            pairs.append((named_by(model), used(name)))
        t.assert_that(
            {a for a, _ in pairs} & {b for _, b in pairs},
            f"{model.name} is {pairs[-1][0]!r}, its alias {name!r} is {pairs[-1][1]!r}",
        )


@check("CHAT-REQ-11", operations=CHAT)
def invalid_stops_are_refused(t: Session) -> None:
    """An empty list of stops, or one of five, is a 400."""
    assert_field_is_rejected(t, "stop", [], list("abcde"), 7)


@check("CHAT-REQ-11", operations=CHAT, needs=MAIN, cost={"text": 6})
def valid_stops_are_accepted(t: Session) -> None:
    """One stop, or a list of one to four, is accepted."""
    four = ["a1", "b2", "c3", "d4"]
    for value in ("END", "\n", *(four[:count] for count in range(1, 5))):
        assert_accepted(t, f"stop {value!r}", stop=value)


@check("CHAT-REQ-12", operations=CHAT)
def invalid_functions_are_refused(t: Session) -> None:
    """No functions, too many, or one with an unknown field, is a 400."""
    one = {"name": "f", "parameters": {"type": "object"}}
    several = [{**one, "name": f"f{n}"} for n in range(129)]
    odd = [[{**one, "x": 1}], [{**one, "strict": True}], [one, {**one, "name": "g", "x": 1}]]
    assert_field_is_rejected(t, "functions", [], several, *odd)


@check("CHAT-REQ-12", operations=CHAT, needs=MAIN, cost={"text": 2}, assumes="CHAT-REQ-08")
def valid_functions_pass_validation(t: Session) -> None:
    """As many as 128 functions, and one that has nothing but a name, pass validation."""
    several = [{"name": f"f{n}"} for n in range(128)]
    taken = [
        passes_validation(t, f"a list of {len(value)} functions", t.chat(functions=value))
        for value in (several[:1], several)
    ]
    if not any(taken):
        raise NotTested("the provider refuses functions")


@check("CHAT-REQ-13", operations=CHAT)
def invalid_messages_are_refused(t: Session) -> None:
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
        response = t.chat(messages=message, free=True)
        with t.separately():
            t.assert_rejected(response, 400, f"the messages {shorten_value(message)}", "messages")
            details: Any = t.error_object(response)["details"]
            names = sorted(details["fieldErrors"])
            t.assert_that(names == ["messages"], f"the refusal names {names}")


def assert_passes(t: Session, what: str, parts: list[Any], alone: bool = False) -> bool:
    """Assert that content parts pass validation; return whether the provider took them, too."""
    text = {"type": "text", "text": t.fresh("What is this?")}
    content = parts if alone else [text, *parts]
    return passes_validation(t, what, t.chat(messages=[{"role": "user", "content": content}]))


@check("CHAT-REQ-14", operations=CHAT, needs=MAIN, cost={"text": 13})
def content_parts_pass_validation(t: Session) -> None:
    """Parts with text, images, video, audio and files pass validation."""
    data = f"data:image/png;base64,{IMAGE_PART}"
    url = "https://example.com/a.png"
    audio = base64.b64encode(wav(t)).decode()
    image = {"url": data, "detail": "low", "mime_type": "image/png"}
    video = {"url": "https://example.com/v.mp4"}
    kinds: tuple[tuple[str, dict[str, Any]], ...] = (
        ("text", {"text": "x", "cache_control": {"type": "ephemeral"}}),
        ("image_url", {"image_url": {"url": data}}),
        ("image_url", {"image_url": image}),
        ("image_url", {"image_url": {"url": url, "detail": "high"}}),
        ("video_url", {"video_url": video}),
        ("video_url", {"video_url": {**video, "mime_type": "video/mp4"}}),
        ("input_audio", {"input_audio": {"data": audio, "format": "wav"}}),
        ("input_audio", {"input_audio": {"data": audio, "format": "mp3"}}),
        ("file", {"file": {"file_data": data, "file_name": "a.png"}}),
        ("file", {"file": {"file_url": url, "mime_type": "image/png"}}),
        ("file", {"file": {"file_id": "file-1"}}),
    )
    taken = [
        assert_passes(t, f"a part {shorten_value({'type': k, **v})}", [{"type": k, **v}])
        for k, v in kinds
    ]
    part = {"type": "image_url", "image_url": image}
    taken.append(assert_passes(t, "an image alone", [part], alone=True))
    parts = [{"type": "text", "text": "Be brief."}]
    question = {"role": "user", "content": t.fresh("Say hello.")}
    response = t.chat(messages=[{"role": "system", "content": parts}, question])
    taken.append(passes_validation(t, "a system message made of parts", response))
    if not all(taken):
        raise NotTested(f"the provider refuses {taken.count(False)} of {len(taken)} good requests")


@check("CHAT-REQ-15", operations=CHAT, needs=MAIN, cost={"text": 2})
def unknown_parts_pass_validation(t: Session) -> None:
    """A part of an unknown type passes validation, beside others or alone."""
    odd = [{"type": "no_such_part", "more": {"deep": 1}}]
    taken = [
        assert_passes(t, f"a part of unknown type, alone: {a}", odd, alone=a) for a in (False, True)
    ]
    if not any(taken):
        raise NotTested("the provider refuses a part of unknown type")


@check("CHAT-REQ-16", operations=CHAT, needs=MAIN, cost={"text": 3})
def thinking_can_be_turned_down(t: Session) -> None:
    """thinking off, a thinking_budget of 0 and a low reasoning_effort are accepted."""
    assert_accepted(t, "thinking switched off", thinking={"type": "disabled"})
    assert_accepted(t, "a thinking_budget of 0", thinking_budget=0)
    assert_accepted(t, "a low reasoning_effort", reasoning_effort="low")


@check("CHAT-REQ-17", operations=CHAT, needs="publishable", cost={"text": 4}, lane="publishable")
def publishable_keys_are_accepted(t: Session) -> None:
    """A publishable key opens chat as a secret one does: in either place, at either URL."""
    t.assert_success(t.chat(key="publishable"), "a chat request with a publishable key")
    t.assert_success(
        t.chat(key="publishable", by="query"), "one with a publishable key in the query"
    )
    t.assert_success(
        t.chat(key="publishable", stream=True), "a streaming request with a publishable key"
    )
    if not t.run.operations["createChatCompletionLegacy"].missing:
        t.assert_success(
            legacy_request(t, key="publishable"), "one with a publishable key at the legacy URL"
        )


@check("CHAT-REQ-18", operations=CHAT)
def incomplete_tools_are_refused(t: Session) -> None:
    """A function tool without its function or its name is a 400 naming tools."""
    assert_field_is_rejected(
        t,
        "tools",
        [{"type": "function"}],
        [{"type": "function", "function": {}}],
        [{"type": "function", "function": {"description": "x"}}],
        [{"type": "function", "function": {"name": "f"}}, {"type": "function"}],
        [{"type": "no_such_tool"}],
        {},
    )
