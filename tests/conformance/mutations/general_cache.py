"""Mutations of requests and responses: the cache."""

import json
import unicodedata
from collections.abc import Callable
from urllib.parse import unquote

from tests.conformance.mutations.base import MUTATIONS, Call, Mutation, Reply, request, response
from tests.conformance.mutations.common import (
    CHAT,
    IMAGE,
    OLD,
    TEXT,
    decode_twice,
    drop_header,
    is_stream,
    is_video,
    set_header,
)


def stored(operation: str) -> Callable[[Call, Reply], bool]:
    return lambda q, r: is_stream(operation)(q, r) and r.hit


class Lossy:
    """A cache before the server that leaves something out of its key."""

    def __init__(self, key: Callable[[Call], object]) -> None:
        self.key = key
        self.kept: dict[str, Reply] = {}

    def __call__(self, call: Call, reply: Reply) -> None:
        if call.operation not in {CHAT, OLD, TEXT, IMAGE} or reply.status != 200:
            return
        key = json.dumps([call.method, self.key(call)], sort_keys=True)
        kept = self.kept.setdefault(key, Reply(200, list(reply.headers), reply.body))
        if kept.body != reply.body or kept.header("x-cache-key") != reply.header("x-cache-key"):
            reply.headers = [pair for pair in kept.headers if not pair[0].startswith("x-")]
            reply.headers += [("x-cache", "HIT"), ("x-request-id", str(len(self.kept)))]
            reply.body = kept.body


def forgetting(field: str) -> Callable[[Call], object]:
    """Return a cache key without one field of the body."""
    return lambda q: [q.path, q.query, {k: v for k, v in q.fields.items() if k != field}]


def keyed(change: Callable[[str], str]) -> Callable[[Call], object]:
    """Return a cache key of which the prompt is changed."""
    return lambda q: [
        change(unquote(q.path)),
        change(json.dumps(q.fields, sort_keys=True)),
        q.query,
    ]


for _field in (
    "tool_choice",
    "logit_bias",
    "modalities",
    "stream_options",
    "functions",
    "no_such_field",
):
    MUTATIONS.append(
        Mutation(
            f"cache-forgets-{_field}",
            "CACHE-HIT-07",
            "the cache leaves one field out",
            None,
            Lossy(forgetting(_field)),
        )
    )

for _name, _key in (
    ("case", keyed(str.lower)),
    ("blanks", keyed(lambda text: " ".join(text.split()))),
    ("plus", keyed(lambda text: text.replace("+", " "))),
    ("accents", keyed(lambda text: unicodedata.normalize("NFC", text))),
    ("sample", keyed(lambda text: text[:900])),
    ("roles", keyed(lambda text: text.replace("assistant", "user"))),
):
    MUTATIONS.append(
        Mutation(f"cache-blurs-{_name}", "CACHE-HIT-07", "it takes two for one", None, Lossy(_key))
    )

for _operation in (TEXT, OLD):
    for _header, _requirement in (
        ("x-cache-key", "CACHE-KEY-01"),
        ("x-cache-date", "CACHE-DATE-01"),
        ("cache-control", "CACHE-HIT-02"),
    ):
        response(
            f"streams-of-{_operation}-without-{_header}",
            _requirement,
            "a cached stream lacks it",
            stored(_operation),
            drop_header(_header),
        )

for _name, _requirement, _header, _value in (
    ("miss-again", "CACHE-HIT-01", "x-cache", "MISS"),
    ("not-kept", "CACHE-HIT-02", "cache-control", "no-store"),
    ("told-usage", "CACHE-HIT-06", "x-model-used", "veo"),
):
    response(
        f"videos-{_name}",
        _requirement,
        "videos are treated differently",
        lambda q, r: is_video(q, r) and r.hit,
        set_header(_header, _value),
    )

_refusals: dict[bytes, Reply] = {}


def repeat_refusals(call: Call, reply: Reply) -> None:
    if call.operation == CHAT and reply.status == 400:
        kept = _refusals.setdefault(call.body, Reply(400, reply.headers, reply.body))
        reply.headers, reply.body = kept.headers, kept.body


MUTATIONS.append(
    Mutation("refusals-kept", "CACHE-HIT-09", "a refusal is kept", None, repeat_refusals)
)

request(
    "keys-have-caches-of-their-own",
    "CACHE-HIT-03",
    "each key has a cache of its own",
    lambda q: q.operation == TEXT and q.role,
    lambda q: setattr(q, "query", f"{q.query}&of={q.role}"),
)

request(
    "pictures-kept-decoded",
    "CACHE-HIT-07",
    "the cache takes two encodings for one",
    lambda q: q.operation == IMAGE,
    decode_twice,
)

response(
    "old-address-untold",
    "CACHE-KEY-01",
    "the old address has no X-Cache-Key",
    lambda q, r: q.operation == OLD,
    drop_header("x-cache-key"),
)

response(
    "streams-not-kept",
    "CACHE-HIT-02",
    "streams may not be kept",
    lambda q, r: r.kind == "text/event-stream",
    lambda q, r: r.put("cache-control", "no-cache"),
)
