"""Where a request carries its API key."""

from __future__ import annotations

from collections.abc import Iterable

from pollinations_conformance.http.message import Request


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
