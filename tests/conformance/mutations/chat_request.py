"""Mutations of requests and responses: what chat requests are accepted."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from pollinations_conformance.http.json import is_list, is_object
from tests.conformance.mutations.base import Call, Change, Reply, request, response
from tests.conformance.mutations.common import CHAT, OLD, field_list, has, without


def chat_requests(which: Callable[[Call], Any]) -> Callable[[Call, Reply], Any]:
    return lambda q, r: q.operation in {CHAT, OLD} and r.status == 200 and which(q)


for _field, _value in (("temperature", 2.001), ("seed", 1.5), ("max_tokens", "10")):
    request(
        f"lenient-{_field}",
        "CHAT-REQ-03",
        "a wrong value is taken",
        has(_field, _value),
        without(_field),
    )


def messages(call: Call) -> list[Any]:
    value: Any = call.fields.get("messages")
    return value if is_list(value) else []


def refuse_with(status: int, field: str = "messages") -> Change:
    """Refuse, naming a field, what was answered."""

    def refuse(_: Call, reply: Reply) -> None:
        error: dict[str, Any] = {
            "code": "BAD_REQUEST",
            "message": "JSON body validation failed",
            "timestamp": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z"),
            "details": {
                "name": "ValidationError",
                "formErrors": [],
                "fieldErrors": {field: ["Invalid input"]},
            },
        }
        reply.status = status
        reply.headers = [pair for pair in reply.headers if not pair[0].startswith("x-usage")]
        reply.put("content-type", "application/json")
        reply.body = json.dumps({"status": status, "success": False, "error": error}).encode()

    return refuse


REFUSED: list[tuple[str, str, str, Callable[[Call], Any]]] = [
    (
        "CHAT-REQ-01",
        "minimal-parts",
        "messages",
        lambda q: set(q.fields) == {"messages"} and isinstance(messages(q)[0]["content"], list),
    ),
    (
        "CHAT-REQ-01",
        "minimal-beyond-ascii",
        "messages",
        lambda q: set(q.fields) == {"messages"} and any(byte > 127 for byte in q.body),
    ),
    (
        "CHAT-REQ-02",
        "no-messages-streamed",
        "messages",
        lambda q: q.body and '"stream": true' in (q.body.decode()) and messages(q) == [],
    ),
    (
        "CHAT-REQ-04",
        "cold-streams",
        "temperature",
        lambda q: q.fields.get("stream") is True and q.fields.get("temperature") == 0,
    ),
    (
        "CHAT-REQ-05",
        "functions-saying-nothing",
        "messages",
        lambda q: any(m.get("role") == "function" and m["content"] is None for m in messages(q)),
    ),
    (
        "CHAT-REQ-10",
        "aliases-streamed",
        "model",
        lambda q: (
            q.fields.get("stream") is True
            and q.fields.get("model") == "mistral-small-3.2-24b-instruct-2506"
        ),
    ),
    ("CHAT-REQ-11", "two-stops", "stop", lambda q: q.fields.get("stop") == ["a1", "b2"]),
    ("CHAT-REQ-11", "line-end-as-stop", "stop", lambda q: q.fields.get("stop") == "\n"),
    (
        "CHAT-REQ-15",
        "odd-part-alone",
        "messages",
        lambda q: (
            messages(q)
            and [
                m
                for m in messages(q)
                if isinstance(m.get("content"), list)
                and [p["type"] for p in m["content"]] == ["no_such_part"]
            ]
        ),
    ),
    (
        "CHAT-TOOL-02",
        "two-results",
        "messages",
        lambda q: sum(m.get("role") == "tool" for m in messages(q)) == 2,
    ),
    (
        "CHAT-LEGACY-01",
        "old-address-without-model",
        "model",
        lambda q: q.operation == OLD and q.body and "model" not in q.fields,
    ),
]

for _requirement, _name, _field, _which in REFUSED:
    response(
        f"refused-{_name}",
        _requirement,
        "it is refused",
        chat_requests(_which),
        refuse_with(400, _field),
    )

request(
    "second-functions-unchecked",
    "CHAT-REQ-12",
    "only the first function is validated",
    lambda q: any(set(item) - {"name", "parameters"} for item in field_list("functions")(q)[1:]),
    without("functions"),
)

request(
    "strict-functions",
    "CHAT-REQ-12",
    "a function may say strict",
    lambda q: any("strict" in item for item in field_list("functions")(q)),
    without("functions"),
)

request(
    "second-tools-unchecked",
    "CHAT-REQ-18",
    "only the first tool is validated",
    lambda q: any("function" not in item for item in field_list("tools")(q)[1:]),
    without("tools"),
)

request(
    "later-roles-unchecked",
    "CHAT-REQ-13",
    "only the first message is validated",
    lambda q: any(is_object(m) and m.get("role") == "bogus" for m in messages(q)[1:]),
    lambda q: q.put("messages", messages(q)[:1]),
)

request(
    "aliases-of-the-default",
    "CHAT-REQ-10",
    "an alias of another model gets the default one",
    has("model", "mistral-small"),
    without("model"),
)
