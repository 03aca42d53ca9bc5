"""Requests and responses as they were sent, and what their headers say."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import cast

from pollinations_conformance.http.query import Pairs, parse_query, split_target

_JSON_TYPE = re.compile(r"application/(?:[a-z\-.]+\+)?json(?:\s*;.*)?", re.IGNORECASE | re.DOTALL)
_PARAMETER = re.compile(r';\s*([\w!#$%&\'*+.^`|~-]+\*?)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^;\s]*))')


def _pairs(headers: Iterable[tuple[str, str]] | Mapping[str, str]) -> Pairs:
    if isinstance(headers, Mapping):
        return tuple(cast("Mapping[str, str]", headers).items())
    return tuple(headers)


def header_values(headers: Pairs, name: str) -> list[str]:
    """List the values of a header, whose name may be in any letter case."""
    return list(_by_name(headers).get(name.lower(), ()))


@functools.lru_cache(16)  # dozens of headers of one message are read
def _by_name(headers: Pairs) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for name, value in headers:
        found.setdefault(name.lower(), []).append(value)
    return found


@dataclass(frozen=True, slots=True, repr=False)
class Request:
    """A request as it was sent; `path` is still percent-encoded, `body` None when there was none."""

    method: str
    path: str
    query: Pairs = ()
    headers: Pairs = ()
    body: bytes | None = None

    @classmethod
    def of(
        cls,
        method: str,
        url: str,
        headers: Iterable[tuple[str, str]] | Mapping[str, str] = (),
        body: bytes | None = None,
    ) -> Request:
        """Make a request from its address.

        Args:
            method: in any letter case.
            url: a whole address, or a path with its query, percent-encoded.
            headers: names in any letter case, values as text.
            body: as sent, None when there was none.
        """
        path, raw_query = split_target(url)
        return cls(method.upper(), path, parse_query(raw_query), _pairs(headers), body)

    def header(self, name: str) -> str | None:
        """Return the first value of a header, or None."""
        found = header_values(self.headers, name)
        return found[0] if found else None

    def __repr__(self) -> str:
        # Neither query nor headers: both may hold a key.
        return f"<Request {self.method} {self.path}>"


@dataclass(frozen=True, slots=True, repr=False)
class Response:
    """A response; `body` is None when it is not known, b"" when it is known to be empty."""

    status: int
    headers: Pairs = ()
    body: bytes | None = b""

    def header(self, name: str) -> str | None:
        """Return the first value of a header, or None."""
        found = header_values(self.headers, name)
        return found[0] if found else None

    def all(self, name: str) -> list[str]:
        """Return every value of a header."""
        return header_values(self.headers, name)

    def __repr__(self) -> str:
        return f"<Response {self.status}>"


def media_type(content_type: str | None) -> str:
    """Return `type/subtype` in lower case, without parameters; "" when there is none."""
    return (content_type or "").split(";", 1)[0].strip().lower()


def is_json(content_type: str | None) -> bool:
    """Return whether the gateway would read a body of this Content-Type as JSON."""
    return bool(_JSON_TYPE.fullmatch((content_type or "").strip()))


def header_parameters(value: str) -> dict[str, str]:
    """Read the `name=value` parameters of a header such as Content-Type."""
    found: dict[str, str] = {}
    for name, quoted, token in _PARAMETER.findall(value):
        found.setdefault(str(name).lower(), re.sub(r"\\(.)", r"\1", quoted) if quoted else token)
    return found
