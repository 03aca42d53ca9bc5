"""Mutations of requests and responses: chat completions and their headers."""

import itertools
from collections.abc import Callable
from typing import Any

from pollinations_conformance.http.json import is_object
from tests.conformance.mutations.base import Call, Change, Reply, request, response
from tests.conformance.mutations.common import (
    AUDIO,
    CHAT,
    IMAGE,
    LISTEN,
    OLD,
    SPEECH,
    has,
    is_json,
    is_stream,
    without,
)


def has_usage(operation: str) -> Callable[[Call, Reply], bool]:
    return lambda q, r: q.operation == operation and r.header("x-usage-total-tokens") != ""


def increase(*names: str) -> Change:
    """Count one more than there is."""

    def change(_: Call, reply: Reply) -> None:
        for name in names:
            reply.put(name, str(int(reply.header(name)) + 1))

    return change


def has_header(name: str) -> Callable[[Call, Reply], bool]:
    return lambda q, r: r.header(name) != ""


for _operation in (OLD, IMAGE, AUDIO, SPEECH, LISTEN):
    response(
        f"total-off-{_operation}",
        "CHAT-USAGE-03",
        "the total is one too high",
        has_usage(_operation),
        lambda q, r: r.put(
            "x-usage-total-tokens", str(float(r.header("x-usage-total-tokens")) + 1)
        ),
    )

response(
    "tool-answers-other-id",
    "CHAT-RES-02",
    "with tools the id is the provider's",
    lambda q, r: is_json(CHAT)(q, r) and "tools" in q.fields,
    lambda q, r: r.edit(lambda body: body.update(id="chatcmpl-1")),
)

request(
    "streams-call-what-they-like",
    "CHAT-TOOL-04",
    "a stream does not heed tool_choice",
    lambda q: q.fields.get("stream") is True and is_object(q.fields.get("tool_choice")),
    without("tool_choice"),
)

request(
    "streams-of-any-form",
    "CHAT-FORMAT-02",
    "a stream does not heed response_format",
    lambda q: q.fields.get("stream") is True and is_object(q.fields.get("response_format")),
    without("response_format"),
)

request(
    "streams-call-in-spite-of-none",
    "CHAT-TOOL-05",
    "a stream calls tools that are not to be called",
    lambda q: has("tool_choice", "none")(q) and q.fields.get("stream") is True,
    lambda q: q.put("tool_choice", "required"),
)


def calls_of(body: Any) -> list[Any]:
    return body["choices"][0]["message"].get("tool_calls") or []


response(
    "second-calls-unnamed",
    "CHAT-TOOL-01",
    "the second call has no id",
    is_json(CHAT),
    lambda q, r: r.edit(lambda body: [call.pop("id") for call in calls_of(body)[1:]]),
)

response(
    "calls-of-nothing",
    "CHAT-TOOL-01",
    "a call without arguments has no JSON",
    is_json(CHAT),
    lambda q, r: setattr(r, "body", r.body.replace(b'"arguments":"{}"', b'"arguments":""')),
)

response(
    "streams-cite-nothing",
    "CHAT-CITE-01",
    "a stream has no citations",
    is_stream(CHAT),
    lambda q, r: setattr(r, "body", r.body.replace(b'"citations":', b'"sources":')),
)

response(
    "tokens-without-blanks",
    "CHAT-LOGPROB-01",
    "the tokens have no blanks",
    is_json(CHAT),
    lambda q, r: setattr(r, "body", r.body.replace(b'"token":" ', b'"token":"')),
)

response(
    "logprobs-for-streams-only",
    "CHAT-LOGPROB-01",
    "without top_logprobs there are none",
    lambda q, r: is_json(CHAT)(q, r) and "top_logprobs" not in q.fields,
    lambda q, r: r.edit(lambda body: body["choices"][0].update(logprobs=None)),
)

for _name, _header in (
    ("thoughts", "completion-reasoning"),
    ("repeated-prompts", "prompt-cached"),
    ("recordings", "prompt-audio"),
):
    _header = f"x-usage-{_header}-tokens"
    response(
        f"{_name}-counted-wrongly",
        "CHAT-USAGE-04",
        "the header is one too high, and the total too",
        has_header(_header),
        increase(_header, "x-usage-total-tokens"),
    )

_numbers = itertools.count()


def vary_numbers(_: Call, reply: Reply) -> None:
    """Make the content another one each time."""
    number = str(next(_numbers))
    reply.edit(lambda body: body["choices"][0]["message"].update(content=number))


VARIED: dict[str, Callable[[Call, Reply], Any]] = {
    "old": is_json(OLD),
    "without-seed": lambda q, r: is_json(CHAT)(q, r) and "seed" not in q.fields,
    "with-tools": lambda q, r: is_json(CHAT)(q, r) and "tools" in q.fields,
}

for _name, _varied in VARIED.items():
    response(
        f"other-each-time-{_name}",
        "CHAT-RES-05",
        "each response is another one",
        _varied,
        vary_numbers,
    )
