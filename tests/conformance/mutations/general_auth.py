"""Mutations of requests and responses: keys and permissions."""

from collections.abc import Callable

from tests.conformance.mutations.base import Call, Reply, request, response
from tests.conformance.mutations.common import (
    AUDIO,
    CHAT,
    IMAGE,
    LISTEN,
    OLD,
    SPEECH,
    TEXT,
    as_nobody,
    as_the_first,
    in_query,
    refuse,
    sent_header,
    set_query,
)


def sent_by(operation: str, role: str) -> Callable[[Call], bool]:
    return lambda q: q.operation == operation and q.role == role


for _operation in (OLD, IMAGE, AUDIO, SPEECH, LISTEN):
    request(
        f"open-{_operation}",
        "AUTH-KEY-01",
        "no key is needed",
        sent_by(_operation, ""),
        Call.authorize,
    )
    request(
        f"any-key-{_operation}",
        "AUTH-KEY-02",
        "any key will do",
        sent_by(_operation, "?"),
        Call.authorize,
    )
    request(
        f"expired-{_operation}",
        "AUTH-KEY-06",
        "expired keys will do",
        sent_by(_operation, "expired"),
        Call.authorize,
    )


def not_found(call: Call, reply: Reply) -> None:
    reply.status = 404
    reply.edit(lambda body: body.update(status=404))


def in_header(name: str) -> Callable[[Call], bool]:
    return lambda q: sent_header(q, name) in q.keys.values() and not sent_header(q, "authorization")


response(
    "days-hidden",
    "AUTH-KEY-07",
    "without a key the daily usage is not found",
    lambda q, r: q.path == "/account/usage/daily" and r.status == 401 and q.role == "",
    not_found,
)

request(
    "other-scheme-in-the-way",
    "AUTH-KEY-03",
    "another scheme hides the key in the query",
    lambda q: in_query(q) is False and "key" in q.parameters and q.role not in {"", "?"},
    set_query("key", None),
)

for _name in ("x-goog-api-key", "x-auth-token"):
    request(
        f"key-in-{_name}",
        "AUTH-KEY-04",
        "a key in another header counts",
        in_header(_name),
        Call.authorize,
    )

request(
    "sessions-with-a-bad-key",
    "AUTH-KEY-05",
    "a session helps an unknown key",
    lambda q: q.operation == TEXT and q.role == "?" and "session" in sent_header(q, "cookie"),
    Call.authorize,
)

request(
    "sound-of-any-model",
    "AUTH-MODEL-01",
    "speech is not held against the key's models",
    lambda q: q.operation == AUDIO and q.role == "restricted",
    Call.authorize,
)

request(
    "models-by-prefix",
    "AUTH-MODEL-01",
    "a model whose name begins alike will do",
    lambda q: q.operation == CHAT and q.role == "restricted" and q.fields.get("model") == "openai",
    Call.authorize,
)

for _operation in (SPEECH, LISTEN):
    request(
        f"no-budget-needed-{_operation}",
        "AUTH-BUDGET-01",
        "a used up budget will do",
        sent_by(_operation, "exhausted-budget"),
        Call.authorize,
    )

response(
    "streams-cost-first",
    "AUTH-ORDER-03",
    "for a stream the balance is checked first",
    lambda q, r: (
        q.role == "restricted-empty-balance" and q.fields.get("stream") is True and r.status == 403
    ),
    refuse(402),
)

request(
    "streams-need-the-header",
    "AUTH-QUERY-01",
    "for a stream the key in the query does not count",
    lambda q: q.operation == CHAT and q.fields.get("stream") is True and in_query(q),
    as_nobody,
)

request(
    "any-key-before-another",
    "AUTH-QUERY-02",
    "an upload with an unknown key beside one in the query will do",
    lambda q: q.path == "/upload" and q.role == "?" and "key" in q.parameters,
    as_the_first,
)
