"""Where a request carries its API key, and what else in it is secret."""

from __future__ import annotations

from collections.abc import Iterable

from pollinations_conformance.http.message import Request
from pollinations_conformance.http.text import SECRET_HEADERS, SECRET_PARAMETERS

MIN_SECRET = 8
"""Characters of a secret that is hidden wherever it occurs; shorter ones are too common."""


def presented_key(request: Request) -> str | None:
    """Find the API key of a request: `Authorization: Bearer` wins, then `?key=`.

    Returns:
        The key, or None. The word `Bearer` counts in exactly this spelling; an empty key is none.
    """
    authorization = request.header("authorization") or ""
    if authorization.startswith("Bearer "):
        key = authorization[len("Bearer ") :].strip()
        if key:
            return key
    for name, value in request.query:
        if name == "key":
            return value or None
    return None


def credential(url: str, headers: Iterable[tuple[str, str]]) -> str | None:
    """Return the API key of a request that is given by its URL and headers, or None."""
    return presented_key(Request.of("GET", url, headers))


def sent_secrets(request: Request) -> tuple[str, ...]:
    """Return what a request has in the places of secrets, the longest first.

    Whatever form they have, they are to be hidden where the response repeats them.
    """
    found = {value for name, value in request.query if name.lower() in SECRET_PARAMETERS}
    for name, value in request.headers:
        if name.lower() == "cookie":
            found |= {pair.partition("=")[2].strip() for pair in value.split(";")}
        elif name.lower() in SECRET_HEADERS:
            found |= {value.strip(), value.strip().rpartition(" ")[2]}
    long = {secret for secret in found if len(secret) >= MIN_SECRET}
    key = presented_key(request)
    if key is not None and len(key) >= MIN_SECRET // 2:
        long.add(key)
    return tuple(sorted(long, key=len, reverse=True))
