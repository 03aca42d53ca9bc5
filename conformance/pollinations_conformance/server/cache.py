"""Responses that are cached.

Kept are at most `MAX_ENTRIES` responses and `MAX_BYTES` bytes; the oldest go first.
"""

import hashlib
import json
from collections import OrderedDict
from dataclasses import dataclass
from typing import Any, cast

from pollinations_conformance.server.http import Call, Header

MAX_ENTRIES = 1_000
MAX_BYTES = 8 * 1024 * 1024
IMMUTABLE = "public, max-age=31536000, immutable"


@dataclass(frozen=True, slots=True)
class Kept:
    """One cached response."""

    content_type: str
    body: bytes
    when: float


class Cache:
    """A bounded store of responses."""

    def __init__(self) -> None:
        self._kept: OrderedDict[str, Kept] = OrderedDict()
        self._bytes = 0

    def get(self, key: str) -> Kept | None:
        """Return a cached response, or None."""
        return self._kept.get(key)

    def put(self, key: str, kept: Kept) -> None:
        """Cache a response, and forget the oldest when there are too many."""
        old = self._kept.pop(key, None)
        self._bytes += len(kept.body) - (len(old.body) if old else 0)
        self._kept[key] = kept
        while len(self._kept) > MAX_ENTRIES or self._bytes > MAX_BYTES:
            _, gone = self._kept.popitem(last=False)
            self._bytes -= len(gone.body)


def text_key(call: Call, body: object) -> str | None:
    """Return the key of a chat or text request, or None when it is not cached.

    Args:
        call: the request.
        body: its JSON; None for GET.
    """
    query = [pair for pair in call.query if pair[0] not in ("key", "no-cache")]
    if call.parameter("seed") == "-1":
        return None
    parts: list[Any] = [call.method if call.method != "HEAD" else "GET", call.path, sorted(query)]
    if call.method == "POST":
        if not isinstance(body, dict) or not body:
            return None
        fields = cast("dict[str, Any]", body)
        if fields.get("seed") == -1 and not isinstance(fields.get("seed"), bool):
            return None
        kept = {k: v for k, v in fields.items() if k not in ("key", "no-cache")}
        parts.append(json.dumps(kept, sort_keys=True))
    return _digest(parts)


def image_key(call: Call) -> str | None:
    """Return the key of an image request, or None when it is not cached."""
    if call.parameter("seed") == "-1":
        return None
    ignored = ("nofeed", "no-cache", "key")
    return _digest(["image", call.path, sorted(p for p in call.query if p[0] not in ignored)])


def _digest(parts: object) -> str:
    return hashlib.sha256(json.dumps(parts).encode("utf-8", "replace")).hexdigest()


def miss_headers(key: str, *, image: bool) -> list[Header]:
    """List the headers of a response that is cached from now on."""
    headers = [("X-Cache", "MISS"), ("Cache-Control", IMMUTABLE)]
    return headers if image else [*headers, ("X-Cache-Key", key[:16])]


def hit_headers(key: str, kept: Kept, date: str, *, image: bool) -> list[Header]:
    """List the headers of a response from the cache."""
    headers = [
        ("Content-Type", kept.content_type),
        ("X-Cache", "HIT"),
        ("Cache-Control", IMMUTABLE),
    ]
    if image:
        return [*headers, ("X-Cache-Type", "EXACT")]
    return [*headers, ("X-Cache-Key", key[:16]), ("X-Cache-Date", date)]
