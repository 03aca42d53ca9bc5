"""Defects of what chat accepts."""

import re
from typing import Any

from pollinations_conformance.server.backend import RoutedCall
from pollinations_conformance.server.defects.mutators import (
    CHAT,
    Json,
    accept,
    edit_body,
    field_of,
    is_given,
    messages_of,
    on_call,
    on_json,
    on_service,
    parts_of,
    refuse,
    scope_of,
    sent,
    swap,
)
from pollinations_conformance.server.errors import Refused
from pollinations_conformance.server.http import Call
from pollinations_conformance.server.service import Service


def _number_edge(routed: RoutedCall) -> bool:
    edges = {
        "temperature": (0, 2),
        "top_p": (0, 1),
        "frequency_penalty": (-2, 2),
        "presence_penalty": (-2, 2),
        "top_logprobs": (0, 20),
    }
    return any(sent(routed, n) and field_of(routed, n) in both for n, both in edges.items())


def _default_model(call: Call, service: Service) -> None:
    def change(body: Json) -> None:
        model = body.get("model")
        if isinstance(model, str) and service.registry.resolve(model) is None:
            body["model"] = "openai"

    edit_body(call, change)


def _is_alias(routed: RoutedCall) -> bool:
    return (
        sent(routed, "model")
        and re.search(r"gpt-5-nano|sonar|gemini-3-flash", str(field_of(routed, "model")))
        is not None
    )


def _unknown_field(routed: RoutedCall) -> bool:
    known = {
        "messages",
        "model",
        "stream",
        "seed",
        "temperature",
        "tools",
        "tool_choice",
        "max_tokens",
        "stop",
        "response_format",
        "logprobs",
        "top_logprobs",
        "modalities",
        "audio",
        "thinking",
        "reasoning_effort",
        "thinking_budget",
        "user",
        "key",
    }
    return bool(
        routed.values.sent
        - known
        - {k for k in routed.values.sent if len(k) > 7 and "_" in k and "unknown" not in k}
    )


NULLABLE = (
    "temperature",
    "top_p",
    "seed",
    "max_tokens",
    "stop",
    "stream",
    "logprobs",
    "logit_bias",
    "frequency_penalty",
    "presence_penalty",
    "thinking",
    "stream_options",
    "top_logprobs",
    "repetition_penalty",
)
NOT_NULLABLE = (
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
)


def _thoughtless(routed: RoutedCall) -> bool:
    thinking: Json = field_of(routed, "thinking") or {}
    return thinking.get("type") == "disabled" or field_of(routed, "thinking_budget") == 0


refuse(
    "chat-model-required",
    "CHAT-REQ-01",
    "model must be named",
    "createChatCompletion",
    "model",
    lambda w: not sent(w, "model"),
)
refuse(
    "chat-messages-required",
    "CHAT-REQ-02",
    "an empty list of messages is refused",
    CHAT,
    "messages",
    lambda w: not messages_of(w),
)
accept(
    "chat-ranges-lenient",
    "CHAT-REQ-03",
    "numbers outside their range are accepted",
    CHAT,
    "temperature",
    "top_p",
    "frequency_penalty",
    "presence_penalty",
    "repetition_penalty",
    "top_logprobs",
    "seed",
    "max_tokens",
)
refuse(
    "chat-edges-refused",
    "CHAT-REQ-04",
    "the edges of a range are refused",
    CHAT,
    "temperature",
    _number_edge,
)
refuse(
    "chat-null-refused",
    "CHAT-REQ-05",
    "null is refused everywhere",
    CHAT,
    "temperature",
    lambda w: any(sent(w, n) and field_of(w, n) is None for n in NULLABLE),
)
accept(
    "chat-null-lenient",
    "CHAT-REQ-06",
    "null is accepted everywhere",
    CHAT,
    *NOT_NULLABLE,
    overlooked=lambda value: value is None,
)
accept(
    "chat-enums-lenient",
    "CHAT-REQ-07",
    "unknown values of enumerations are accepted",
    CHAT,
    "reasoning_effort",
    "tool_choice",
    "modalities",
    "audio",
    overlooked=is_given,
)
refuse(
    "chat-unknown-field-refused",
    "CHAT-REQ-08",
    "an unknown field is refused",
    CHAT,
    "messages",
    _unknown_field,
)
on_call(
    "chat-unknown-model-default",
    "CHAT-REQ-09",
    "an unknown model means the default one",
    CHAT,
    _default_model,
)
on_json(
    "chat-unknown-model-unnamed",
    "CHAT-REQ-09",
    "the refusal of a model does not say which",
    CHAT,
    lambda b: (
        ("Invalid service" in b["error"]["message"] and b["error"].update(message="Bad request"))
        or None
    ),
    400,
)
refuse("chat-alias-refused", "CHAT-REQ-10", "aliases are refused", CHAT, "model", _is_alias)
accept(
    "chat-stop-lenient",
    "CHAT-REQ-11",
    "any number of stops is accepted",
    CHAT,
    "stop",
    overlooked=is_given,
)
refuse(
    "chat-three-stops",
    "CHAT-REQ-11",
    "four stops are refused",
    CHAT,
    "stop",
    lambda w: isinstance(field_of(w, "stop"), list) and len(field_of(w, "stop")) == 4,
)
accept(
    "chat-functions-lenient",
    "CHAT-REQ-12",
    "any functions are accepted",
    CHAT,
    "functions",
    overlooked=is_given,
)
refuse(
    "chat-few-functions",
    "CHAT-REQ-12",
    "more than a hundred functions are refused",
    CHAT,
    "functions",
    lambda w: len(field_of(w, "functions") or []) > 100,
)
accept(
    "chat-messages-lenient",
    "CHAT-REQ-13",
    "any messages are accepted",
    CHAT,
    "messages",
    overlooked=is_given,
)
refuse(
    "chat-video-refused",
    "CHAT-REQ-14",
    "video parts are refused",
    CHAT,
    "messages",
    lambda w: any(p.get("type") == "video_url" for p in parts_of(w)),
)
refuse(
    "chat-part-closed",
    "CHAT-REQ-15",
    "parts of unknown type are refused",
    CHAT,
    "messages",
    lambda w: any(
        p.get("type") not in ("text", "image_url", "video_url", "input_audio", "file")
        for p in parts_of(w)
    ),
)
refuse(
    "chat-thinking-refused",
    "CHAT-REQ-16",
    "switching thought off is refused",
    CHAT,
    "thinking",
    _thoughtless,
)
accept(
    "chat-tools-lenient",
    "CHAT-REQ-18",
    "any tools are accepted",
    CHAT,
    "tools",
    overlooked=is_given,
)


def _publishable_refused(service: Service) -> None:
    def make(honest: Any) -> Any:
        def authorize(routed: RoutedCall, *rest: Any, **named: Any) -> Any:
            if (
                routed.operation in CHAT.split()
                and routed.key is not None
                and routed.key.type == "publishable"
            ):
                raise Refused(403, "Secret keys only")
            return honest(routed, *rest, **named)

        return authorize

    swap(service.backend, "authorize", make)


on_service(
    "chat-secret-only",
    "CHAT-REQ-17",
    "publishable keys are refused",
    _publishable_refused,
    scope_of(CHAT),
)
