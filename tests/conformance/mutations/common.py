"""Conditions and changes that several mutations share."""

from collections.abc import Callable
from typing import Any
from urllib.parse import quote, unquote, urlencode

from pollinations_conformance.http.json import is_list
from tests.conformance.mutations.base import Call, Change, Reply


def is_json(operation: str) -> Callable[[Call, Reply], bool]:
    return lambda q, r: (
        q.operation == operation and r.status == 200 and r.kind == "application/json"
    )


def is_stream(operation: str) -> Callable[[Call, Reply], bool]:
    return lambda q, r: q.operation == operation and r.kind == "text/event-stream"


def drop_header(name: str) -> Change:
    return lambda q, r: r.put(name, None)


CHAT, OLD, TEXT, IMAGE = (
    "createChatCompletion",
    "createChatCompletionLegacy",
    "generateText",
    "generateImage",
)

AUDIO, SPEECH, LISTEN = "generateAudio", "createSpeech", "createTranscription"


def has(field: str, value: object) -> Callable[[Call], bool]:
    return lambda q: q.operation in {CHAT, OLD} and q.fields.get(field) == value


def without(field: str) -> Callable[[Call], object]:
    return lambda q: q.put(field, None)


def decode_twice(call: Call) -> None:
    """Put the prompt into the path as it is when it was decoded once more than it should be."""
    route, _, prompt = call.path[1:].partition("/")
    call.path = f"/{route}/{quote(unquote(unquote(prompt)), safe='')}"


def is_video(call: Call, reply: Reply) -> bool:
    return call.operation == IMAGE and reply.kind == "video/mp4"


def set_header(name: str, value: str) -> Change:
    return lambda q, r: r.put(name, value)


def requests_beside(operation: str, beside: str, **values: str) -> Callable[[Call], bool]:
    return lambda q: (
        q.operation == operation
        and values.items() <= q.parameters.items()
        and (not beside or beside in q.parameters)
    )


def field_list(field: str) -> Callable[[Call], list[Any]]:
    def values(call: Call) -> list[Any]:
        value: Any = call.fields.get(field)
        return value if call.operation == CHAT and is_list(value) else []

    return values


def in_query(call: Call) -> bool:
    return bool(call.parameters.get("key")) and not any(
        k == "authorization" for k, _ in call.headers
    )


def is_found(*names: str, **more: Any) -> Callable[[Call, Reply], bool]:
    role, query = more.get("role"), more.get("query", False)
    return lambda q, r: (
        q.path in names
        and r.status == 200
        and r.kind == "application/json"
        and q.method == "GET"
        and (role is None or q.role == role)
        and (not query or in_query(q))
    )


def edit_body(change: Callable[[Any], object]) -> Change:
    return lambda q, r: r.edit(change)


def refuse(status: int) -> Change:
    """Answer with a status in place of what was answered, the rest staying as it is."""
    return lambda q, r: setattr(r, "status", status)


def set_query(name: str, value: str | None) -> Callable[[Call], None]:
    def change(call: Call) -> None:
        left = {k: v for k, v in call.parameters.items() if k != name}
        call.query = urlencode(left if value is None else {**left, name: value})

    return change


def as_nobody(call: Call) -> None:
    call.headers = [pair for pair in call.headers if pair[0] != "authorization"]
    set_query("key", None)(call)


def sent_header(call: Call, name: str) -> str:
    return next((value for key, value in call.headers if key == name), "")


def as_the_first(call: Call) -> None:
    as_nobody(call)
    call.authorize()
