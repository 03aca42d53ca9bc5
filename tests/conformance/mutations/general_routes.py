"""Mutations of requests and responses: what every route shares."""

import re
from collections.abc import Callable

from tests.conformance.mutations.base import Call, Reply, request, response
from tests.conformance.mutations.common import (
    as_nobody,
    drop_header,
    refuse,
    sent_header,
    set_query,
)

KINDS: dict[str, Callable[[Call, Reply], bool]] = {
    "hits": lambda q, r: r.hit,
    "streams": lambda q, r: r.kind == "text/event-stream",
    "sheets": lambda q, r: r.kind == "text/csv",
    "refusals-with-402": lambda q, r: r.status == 402,
}

for _kind, _when in KINDS.items():
    response(
        f"no-id-on-{_kind}",
        "GEN-REQID-01",
        "the id is left out",
        _when,
        drop_header("x-request-id"),
    )

for _kind in ("hits", "streams", "refusals-with-402"):
    response(
        f"no-origin-on-{_kind}",
        "GEN-CORS-03",
        "no origin is allowed",
        KINDS[_kind],
        drop_header("access-control-allow-origin"),
    )

LISTS = {"/v1/models", "/models", "/text/models", "/image/models", "/audio/models"}


def twice(name: str) -> Callable[[Call], bool]:
    """Return whether an image is requested with a parameter given twice."""
    return lambda q: q.path.startswith("/image/") and q.query.count(f"{name}=") > 1


def last(name: str) -> Callable[[Call], object]:
    return lambda q: set_query(name, q.parameters[name])(q)


response(
    "head-of-sheets",
    "GEN-HEAD-01",
    "HEAD of a CSV form says JSON",
    lambda q, r: q.method == "HEAD" and r.kind == "text/csv",
    lambda q, r: r.put("content-type", "application/json"),
)

response(
    "head-of-sound",
    "GEN-HEAD-01",
    "HEAD of speech says bytes",
    lambda q, r: q.method == "HEAD" and r.kind.startswith("audio/"),
    lambda q, r: r.put("content-type", "application/octet-stream"),
)

request(
    "head-of-lists-open",
    "GEN-HEAD-01",
    "HEAD of a list heeds no key",
    lambda q: q.method == "HEAD" and q.path in LISTS and q.role == "?",
    as_nobody,
)

for _name in ("negative_prompt", "seed", "image"):
    request(
        f"last-{_name}-counts",
        "GEN-QUERY-01",
        "of two values the last one is taken",
        twice(_name),
        last(_name),
    )

response(
    "daily-knows-limit",
    "GEN-QUERY-02",
    "a parameter of another operation is refused",
    lambda q, r: q.path == "/account/usage/daily" and "limit" in q.parameters,
    refuse(400),
)

response(
    "files-know-no-query",
    "GEN-QUERY-02",
    "a stored file is not found with an unknown parameter",
    lambda q, r: q.media and q.method == "GET" and q.query != "" and r.status == 200,
    refuse(404),
)

response(
    "options-need-a-method",
    "GEN-CORS-01",
    "OPTIONS is unknown unless it is a whole preflight",
    lambda q, r: q.method == "OPTIONS" and not sent_header(q, "access-control-request-method"),
    refuse(404),
)

response(
    "origin-of-the-caller",
    "GEN-CORS-03",
    "the caller's origin is allowed in place of any",
    lambda q, r: q.path.startswith("/image/") and sent_header(q, "origin") != "",
    lambda q, r: r.put("access-control-allow-origin", sent_header(q, "origin")),
)

response(
    "ids-cleaned",
    "GEN-REQID-03",
    "a wrong id is cleaned, not replaced",
    lambda q, r: "." in sent_header(q, "x-request-id") or "/" in sent_header(q, "x-request-id"),
    lambda q, r: r.put(
        "x-request-id", re.sub(r"[^A-Za-z0-9_=-]", "", sent_header(q, "x-request-id"))
    ),
)

response(
    "ids-cut",
    "GEN-REQID-03",
    "a long id is cut, not replaced",
    lambda q, r: len(sent_header(q, "x-request-id")) > 255,
    lambda q, r: r.put("x-request-id", sent_header(q, "x-request-id")[:255]),
)

response(
    "ids-not-of-streams",
    "GEN-REQID-02",
    "a stream has an id of its own",
    lambda q, r: r.kind == "text/event-stream" and sent_header(q, "x-request-id") != "",
    lambda q, r: r.put("x-request-id", "of-my-own"),
)
