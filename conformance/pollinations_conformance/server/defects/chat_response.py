"""Defects of chat responses."""

import json
import time
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from pollinations_conformance.http.json import is_object
from pollinations_conformance.server.backend import RoutedCall
from pollinations_conformance.server.defects.mutators import (
    CHAT,
    DROP,
    GENERATION,
    Json,
    accept,
    assign,
    edit_body,
    edits,
    is_given,
    messages_of,
    on_call,
    on_json,
    on_reply,
    on_service,
    put,
    refuse,
    rework,
    scope_of,
    violates_too,
)
from pollinations_conformance.server.encoding import dumps
from pollinations_conformance.server.errors import Refused, envelope
from pollinations_conformance.server.http import Call, Reply
from pollinations_conformance.server.service import Service

_MESSAGE = "choices.0.message."


def _prose_in_streams(call: Call, _service: Service) -> None:
    edit_body(call, lambda b: b.pop("response_format", None) if b.get("stream") is True else None)


def _calls_of(body: Any) -> list[Json]:
    found = body["choices"][0]["message"].get("tool_calls")
    return found or []


def _when_calls(change: Callable[[Json], Any]) -> Callable[[Any], None]:
    def apply_calls(body: Any) -> None:
        for call in _calls_of(body):
            change(call)

    return apply_calls


def _no_call(body: Any) -> None:
    if _calls_of(body):
        body["choices"][0]["message"].update(tool_calls=None, content="I would rather not.")


def _calls_anyway(body: Json) -> None:
    if body.get("tool_choice") == "none":
        body["tool_choice"] = "required"


def _other_function(body: Json) -> None:
    choice = body.get("tool_choice")
    if is_object(choice) and body.get("tools"):
        names: list[str] = [str(tool["function"]["name"]) for tool in body["tools"]]
        others = [name for name in names if name not in str(choice)]
        if others:
            body["tool_choice"] = {"type": "function", "function": {"name": others[0]}}


def _result_lost(body: Any) -> None:
    if (body["choices"][0]["message"].get("content") or "").startswith("The tool answered"):
        body["choices"][0]["message"]["content"] = ""


def _strict_calls(routed: RoutedCall) -> bool:
    sent: list[Json] = []
    for message in messages_of(routed):
        sent += message.get("tool_calls") or []
    return any(
        set(c) - {"id", "type", "function"} or set(c["function"]) - {"name", "arguments"}
        for c in sent
    )


def _chatty(call: Call, reply: Reply) -> None:
    if (
        b"json_object" in call.body
        and "json" in (reply.header("content-type") or "")
        and reply.status == 200
    ):
        body = json.loads(reply.body)
        body["choices"][0]["message"]["content"] = "Here you are:\n" + str(
            body["choices"][0]["message"]["content"]
        )
        reply.body = dumps(body)


def _misfit(call: Call, reply: Reply) -> None:
    if (
        b"json_schema" in call.body
        and "json" in (reply.header("content-type") or "")
        and reply.status == 200
    ):
        body = json.loads(reply.body)
        body["choices"][0]["message"]["content"] = "{}"
        reply.body = dumps(body)


def _never_same(service: Service) -> None:
    service.options.cached = False

    def seed(given: object) -> object:
        return (service.backend.calls, given)

    put(service.backend, "random_seed", seed)


def _with_audio(change: Callable[[Json], Any]) -> Callable[[Any], None]:
    def apply_audio(body: Any) -> None:
        audio = body["choices"][0]["message"].get("audio")
        if audio:
            change(audio)

    return apply_audio


def _swapped_usage(_call: Call, reply: Reply) -> None:
    names = ("x-usage-prompt-text-tokens", "x-usage-completion-text-tokens")
    asked, answered = (reply.header(name) for name in names)
    if asked and answered:
        # One more, as they may be equal; the sum stays.
        reply.set(names[0], str(int(answered) + 1))
        reply.set(names[1], str(int(asked) - 1))


def _gone(_call: Call, reply: Reply) -> None:
    refusal = envelope(Refused(404), time.time())
    reply.status, reply.body, reply.stream = refusal.status, refusal.body, None
    reply.set("Content-Type", "application/json")


on_json(
    "chat-object-wrong",
    "CHAT-RES-01",
    "the response is called a chunk",
    CHAT,
    assign("object", "chat.completion.chunk"),
)
on_json(
    "chat-two-choices",
    "CHAT-RES-01",
    "there are two choices",
    CHAT,
    rework("choices", lambda c: c + c),
)
on_json(
    "chat-role-user",
    "CHAT-RES-01",
    "the message's role is user",
    CHAT,
    assign(_MESSAGE + "role", "user"),
)
on_json(
    "chat-role-missing",
    "CHAT-RES-01",
    "the message has no role",
    CHAT,
    assign(_MESSAGE + "role", DROP),
)
on_json(
    "chat-id-openai",
    "CHAT-RES-02",
    "the id is the provider's",
    CHAT,
    rework("id", lambda v: "chatcmpl-" + v[6:]),
)
on_json(
    "chat-id-upper",
    "CHAT-RES-02",
    "the id's digits are capitals",
    CHAT,
    rework("id", lambda v: v[:6] + v[6:].upper() + "A"),
)
on_json(
    "chat-created-milliseconds",
    "CHAT-RES-03",
    "created is in milliseconds",
    CHAT,
    rework("created", lambda v: v * 1000),
)
on_json(
    "chat-created-fraction",
    "CHAT-RES-03",
    "created has a fraction",
    CHAT,
    rework("created", lambda v: v + 0.5),
)
on_json("chat-no-usage", "CHAT-RES-04", "there is no usage", CHAT, assign("usage", DROP))
on_json("chat-usage-null", "CHAT-RES-04", "usage is null", CHAT, assign("usage", None))
on_json(
    "chat-total-too-low",
    "CHAT-RES-04",
    "total_tokens is the completion's half",
    CHAT,
    assign("usage.total_tokens", 1),
)
on_json(
    "chat-usage-as-text",
    "CHAT-RES-04",
    "prompt_tokens is a text",
    CHAT,
    rework("usage.prompt_tokens", str),
)
on_json(
    "chat-total-too-high",
    "CHAT-RES-06",
    "total_tokens is one more than the sum",
    CHAT,
    rework("usage.total_tokens", lambda v: v + 1),
)
on_service(
    "chat-never-same",
    "CHAT-RES-05",
    "the same request gets another response",
    _never_same,
    scope_of(CHAT),
)
on_json(
    "tool-required-ignored",
    "CHAT-TOOL-01",
    "no tool is called although one must be",
    CHAT,
    _no_call,
)
on_json(
    "tool-arguments-object",
    "CHAT-TOOL-01",
    "arguments are an object",
    CHAT,
    _when_calls(lambda c: c["function"].update(arguments=json.loads(c["function"]["arguments"]))),
)
on_json(
    "tool-arguments-cut",
    "CHAT-TOOL-01",
    "arguments are no JSON",
    CHAT,
    _when_calls(lambda c: c["function"].update(arguments=c["function"]["arguments"][:-1])),
)
on_json(
    "tool-call-without-id",
    "CHAT-TOOL-01",
    "a tool call has no id",
    CHAT,
    _when_calls(lambda c: c.pop("id", None)),
)
on_json(
    "tool-unknown-function",
    "CHAT-TOOL-01",
    "a function is called that nobody offered",
    CHAT,
    _when_calls(lambda c: c["function"].update(name="made_up")),
)
on_json(
    "tool-result-unanswered",
    "CHAT-TOOL-02",
    "the response to a tool's result is empty",
    CHAT,
    _result_lost,
)
refuse(
    "tool-content-required",
    "CHAT-TOOL-02",
    "an assistant message needs content",
    CHAT,
    "messages",
    lambda w: any(
        m.get("role") == "assistant" and m.get("content") is None for m in messages_of(w)
    ),
)
refuse(
    "tool-call-closed",
    "CHAT-TOOL-03",
    "extra fields of a tool call are refused",
    CHAT,
    "messages",
    _strict_calls,
)
on_call(
    "tool-choice-ignored",
    "CHAT-TOOL-04",
    "another function is called than the named one",
    CHAT,
    edits(_other_function),
)
on_call(
    "tool-none-ignored",
    "CHAT-TOOL-05",
    "a tool is called although none may be",
    CHAT,
    edits(_calls_anyway),
)
on_json(
    "tool-arguments-empty",
    "CHAT-TOOL-06",
    "arguments do not fit the schema",
    CHAT,
    _when_calls(lambda c: c["function"].update(arguments="{}")),
)
on_reply("json-object-chatty", "CHAT-FORMAT-01", "JSON is introduced by a sentence", CHAT, _chatty)
on_call(
    "json-object-streams-prose",
    "CHAT-FORMAT-01",
    "a stream ignores response_format",
    CHAT,
    _prose_in_streams,
)
on_reply("json-schema-misfit", "CHAT-FORMAT-02", "JSON does not fit its schema", CHAT, _misfit)
accept(
    "response-format-lenient",
    "CHAT-FORMAT-03",
    "any response_format is accepted",
    CHAT,
    "response_format",
    overlooked=is_given,
)
on_json(
    "chat-audio-missing",
    "CHAT-AUDIO-01",
    "there is no audio",
    CHAT,
    assign(_MESSAGE + "audio", None),
)
on_json(
    "chat-audio-bytes",
    "CHAT-AUDIO-01",
    "audio is no base64",
    CHAT,
    _with_audio(lambda a: a.update(data="?" + a["data"])),
)
on_json(
    "chat-audio-uncounted",
    "CHAT-AUDIO-01",
    "no audio tokens are counted",
    CHAT,
    lambda b: b["usage"].get("completion_tokens_details", {}).update(audio_tokens=0),
)
on_json(
    "chat-citations-missing",
    "CHAT-CITE-01",
    "search models do not cite",
    CHAT,
    assign("citations", DROP),
)
on_json(
    "chat-logprobs-missing",
    "CHAT-LOGPROB-01",
    "logprobs are not given",
    CHAT,
    assign("choices.0.logprobs", None),
)
on_reply(
    "chat-model-used-requested",
    "CHAT-USAGE-01",
    "x-model-used is the model's name here",
    CHAT,
    lambda _c, r: r.set("x-model-used", "openai") if r.header("x-model-used") else None,
    200,
)
on_reply(
    "usage-header-zero",
    "CHAT-USAGE-02",
    "counters of 0 are sent",
    GENERATION,
    lambda _c, r: r.set("x-usage-prompt-image-tokens", "0") if r.header("x-model-used") else None,
)
on_reply(
    "usage-total-off",
    "CHAT-USAGE-03",
    "x-usage-total-tokens is one too high",
    GENERATION,
    lambda _c, r: (
        r.set("x-usage-total-tokens", str(Decimal(r.header("x-usage-total-tokens") or 0) + 1))
        if r.header("x-usage-total-tokens")
        else None
    ),
)
on_reply(
    "usage-headers-swapped",
    "CHAT-USAGE-04",
    "the headers do not follow from usage",
    CHAT,
    _swapped_usage,
)
on_reply(
    "usage-headers-missing",
    "CHAT-USAGE-04",
    "there are no x-usage headers",
    CHAT,
    lambda _c, r: setattr(
        r, "headers", [h for h in r.headers if not h[0].lower().startswith("x-usage")]
    ),
)
accept(
    "legacy-messages-lenient",
    "CHAT-LEGACY-01",
    "the old path accepts any messages",
    "createChatCompletionLegacy",
    "messages",
    overlooked=is_given,
)
on_reply(
    "legacy-gone",
    "CHAT-LEGACY-01",
    "the old path is unknown",
    "createChatCompletionLegacy",
    _gone,
    200,
)
# Without a cache and without seeds nothing repeats; the suite sees both.
violates_too("chat-never-same", "CACHE-HIT-01")
# The headers still have the true numbers.
violates_too("chat-audio-uncounted", "CHAT-USAGE-04")
violates_too("json-object-streams-prose", "CHAT-FORMAT-02")
