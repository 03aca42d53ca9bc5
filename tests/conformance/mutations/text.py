"""Mutations of requests and responses: GET /text/{prompt}."""

from collections.abc import Callable
from urllib.parse import unquote

from tests.conformance.mutations.base import Call, request, response
from tests.conformance.mutations.common import TEXT, is_stream, requests_beside


def cut_at(mark: str) -> Callable[[Call], object]:
    return lambda q: setattr(q, "path", q.path.split(mark)[0])


response(
    "texts-as-events",
    "TEXT-GET-01",
    "the text is an event",
    lambda q, r: q.operation == TEXT and r.kind == "text/plain",
    lambda q, r: setattr(r, "body", b"data: " + r.body),
)

response(
    "chunks-of-another-kind",
    "TEXT-GET-08",
    "the chunks are of another kind",
    is_stream(TEXT),
    lambda q, r: setattr(r, "body", r.body.replace(b"chat.completion.chunk", b"text_completion")),
)

for _name, _operation, _parameter, _value, _beside in (
    ("TEXT-GET-05", TEXT, "seed", "-1000", ""),
    ("TEXT-GET-07", TEXT, "temperature", "hot", "stream"),
):
    request(
        f"lenient-{_parameter}-{_beside or _value}",
        _name,
        "a wrong value is taken",
        requests_beside(_operation, _beside, **{_parameter: _value}),
        lambda q: setattr(q, "query", ""),
    )

for _kind, _mark in (("hash", "%23"), ("question", "%3F"), ("ampersand", "%26")):
    request(
        f"prompt-cut-at-{_kind}",
        "TEXT-GET-02",
        "the prompt ends at a reserved character",
        lambda q: q.operation == TEXT,
        cut_at(_mark),
    )

request(
    "texts-decoded-twice",
    "TEXT-GET-02",
    "an escaped percent sign is decoded twice",
    lambda q: q.operation == TEXT and "%25" in q.path,
    lambda q: setattr(q, "path", unquote(q.path)),
)

request(
    "text-by-painters",
    "TEXT-GET-06",
    "a model for pictures is taken",
    lambda q: q.operation == TEXT and q.parameters.get("model") == "flux",
    lambda q: setattr(q, "query", ""),
)
