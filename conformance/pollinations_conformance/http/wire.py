"""Read what HTTP carries as text or bytes: addresses, queries, JSON, forms, keys."""

from __future__ import annotations

import functools
import json
import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, cast
from urllib.parse import urlsplit

Pairs = tuple[tuple[str, str], ...]

_ESCAPES = re.compile(r"(?:%[0-9A-Fa-f]{2})+")
_JSON_TYPE = re.compile(r"application/(?:[a-z\-.]+\+)?json(?:\s*;.*)?", re.IGNORECASE | re.DOTALL)
_JS_BLANK = " \t\n\v\f\r\u00a0\u1680\u2028\u2029\u202f\u205f\u3000\ufeff" + "".join(
    chr(code) for code in range(0x2000, 0x200B)
)
_JS_DECIMAL = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_JS_RADIX = re.compile(r"0(?:[xX][0-9a-fA-F]+|[oO][0-7]+|[bB][01]+)")
_UNENCODED_URL = re.compile(r"(?:^|&)image=(?=https?://[^&]*\?)")


class BodyError(ValueError):
    """A body that cannot be read as what it says it is; the message says why, never the content."""


# --- text ---------------------------------------------------------------------------------------


def decode_percent(text: str) -> str:
    """Decode percent escapes as leniently as the real gateway does.

    Args:
        text: part of a path or of a query; `+` is left alone.

    Returns:
        The text with every run of escapes that is UTF-8 decoded, and all other runs as they were.
    """
    if "%" not in text:
        return text

    def decode(run: re.Match[str]) -> str:
        try:
            return bytes.fromhex(run[0].replace("%", "")).decode()
        except UnicodeDecodeError:
            return run[0]

    return _ESCAPES.sub(decode, text)


def parse_query(raw: str) -> Pairs:
    """Read a query string.

    Args:
        raw: what stands between `?` and `#`.

    Returns:
        Names and values in order, decoded. An `image=` address that was put in without encoding
        takes the rest of the query, as the gateway repairs it.
    """
    tail: list[tuple[str, str]] = []
    unencoded = _UNENCODED_URL.search(raw)
    if unencoded:
        tail.append(("image", decode_percent(raw[unencoded.end() :])))
        raw = raw[: unencoded.start()]
    pairs: list[tuple[str, str]] = []
    for part in raw.split("&"):
        name, _, value = part.replace("+", " ").partition("=")
        if name:
            pairs.append((decode_percent(name), decode_percent(value)))
    return tuple(pairs + tail)


def js_number(text: str) -> int | float | None:
    """Read text as JavaScript's `Number()` does.

    Args:
        text: for example ` 42 `, `1e3`, `0x10`, or nothing at all, which is 0.

    Returns:
        The number, an int when it is whole; None for NaN and for the infinities.
    """
    text = text.strip(_JS_BLANK)
    if not text:
        return 0
    if _JS_RADIX.fullmatch(text):
        return int(text, 0)
    if not _JS_DECIMAL.fullmatch(text):
        return None
    if text.lstrip("+-").isdigit() and len(text) < 18:
        return int(text)
    number = float(text)
    if math.isinf(number):
        return None
    return int(number) if number.is_integer() and abs(number) < 1e21 else number


# --- messages -----------------------------------------------------------------------------------


def _pairs(headers: Iterable[tuple[str, str]] | Mapping[str, str]) -> Pairs:
    if isinstance(headers, Mapping):
        return tuple(cast("Mapping[str, str]", headers).items())
    return tuple(headers)


def header_values(headers: Pairs, name: str) -> list[str]:
    """List the values of a header, whose name may be in any letter case."""
    return list(_by_name(headers).get(name.lower(), ()))


@functools.lru_cache(16)  # one message is asked for dozens of headers
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
    """An answer; `body` is None when it is not known, b"" when it is known to be empty."""

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


def split_target(url: str) -> tuple[str, str]:
    """Cut an address or a request target into its raw path and its raw query."""
    rest = url
    if "://" in url.split("?", 1)[0]:
        rest = url.split("://", 1)[1]
        cut = min((i for i in (rest.find(c) for c in "/?#") if i >= 0), default=len(rest))
        rest = rest[cut:]
    rest = rest.split("#", 1)[0]
    path, _, query = rest.partition("?")
    return path or "/", query


def host_of(url: str) -> str:
    """Return `host[:port]` of an address in lower case, the default ports left out."""
    try:
        parts = urlsplit(url if "://" in url else f"//{url}")
        name = (parts.hostname or "").lower()
        port = parts.port
    except ValueError:
        return ""
    if port is None or (parts.scheme, port) in {("http", 80), ("https", 443)}:
        return name
    return f"{name}:{port}"


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


def media_type(content_type: str | None) -> str:
    """Return `type/subtype` in lower case, without parameters; "" when there is none."""
    return (content_type or "").split(";", 1)[0].strip().lower()


def is_json(content_type: str | None) -> bool:
    """Tell whether the gateway would read a body of this Content-Type as JSON."""
    return bool(_JSON_TYPE.fullmatch((content_type or "").strip()))


# --- bodies -------------------------------------------------------------------------------------


def _no_constant(name: str) -> float:
    raise BodyError(f"{name} is not JSON")


def _integer(digits: str) -> int | float:
    # Python refuses to read integers of thousands of digits; JSON does not limit them.
    return int(digits) if len(digits) < 400 else float(digits)


def _distinct(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        seen: set[str] = set()
        for name, _ in pairs:
            if name in seen:
                raise BodyError(f"an object has the name {name[:60]!r} twice")
            seen.add(name)
    return found


_STRICT = json.JSONDecoder(
    object_pairs_hook=_distinct, parse_constant=_no_constant, parse_int=_integer
)
_LENIENT = json.JSONDecoder(parse_constant=_no_constant, parse_int=_integer)


def parse_json(body: bytes | str, strict: bool = True) -> Any:
    """Read JSON.

    Args:
        body: bytes are read as UTF-8.
        strict: also refuse a name that stands twice in one object, bytes that are not UTF-8 and a
            byte order mark. Without it these are read as a JavaScript server would read them.

    Raises:
        BodyError: it is not JSON; NaN and Infinity never are.
    """
    try:
        if isinstance(body, bytes):
            body = body.decode() if strict else body.decode("utf-8-sig", "replace")
        decoder = _STRICT if strict else _LENIENT
        return decoder.decode(body)
    except BodyError:
        raise
    except UnicodeDecodeError as error:
        raise BodyError(f"not UTF-8 at byte {error.start}") from None
    except json.JSONDecodeError as error:
        raise BodyError(f"not JSON at character {error.pos}: {error.msg}") from None
    except RecursionError:
        raise BodyError("nested too deeply to be read") from None
    except ValueError as error:
        raise BodyError(f"not JSON: {error}") from None


@dataclass(frozen=True, slots=True)
class Part:
    """One field of a form; `filename` is None for plain text fields."""

    name: str
    content: bytes
    filename: str | None = None
    content_type: str = ""

    @property
    def text(self) -> str:
        """The content as text."""
        return self.content.decode("utf-8", "replace")


_PARAMETER = re.compile(r';\s*([\w!#$%&\'*+.^`|~-]+\*?)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^;\s]*))')


def header_parameters(value: str) -> dict[str, str]:
    """Read the `name=value` parameters of a header such as Content-Type."""
    found: dict[str, str] = {}
    for name, quoted, token in _PARAMETER.findall(value):
        found.setdefault(str(name).lower(), re.sub(r"\\(.)", r"\1", quoted) if quoted else token)
    return found


def parse_multipart(content_type: str, body: bytes) -> list[Part]:
    """Read a `multipart/form-data` body.

    Args:
        content_type: the header, for its boundary.
        body: as sent.

    Raises:
        BodyError: no boundary, no closing delimiter, or a part without a name.
    """
    boundary = header_parameters(content_type).get("boundary", "")
    if not boundary:
        raise BodyError("multipart without a boundary")
    mark = re.escape(boundary.encode("utf-8", "replace"))
    delimiter = re.compile(rb"(?:\A|\r?\n)--" + mark + rb"(--)?[ \t]*(?:\r?\n|\Z)")
    parts: list[Part] = []
    found = delimiter.search(body)
    if not found:
        raise BodyError("multipart without its boundary in the body")
    while not found[1]:
        # The line end that closes one delimiter line may also open the next one (an empty part).
        after = delimiter.search(body, found.end())
        if not after:
            raise BodyError("multipart cut off before its closing boundary")
        parts.append(_part(body[found.end() : after.start()]))
        found = after
    return parts


def _part(raw: bytes) -> Part:
    blank = re.search(rb"\r?\n\r?\n", raw)
    head, content = (raw[: blank.start()], raw[blank.end() :]) if blank else (raw, b"")
    headers: dict[str, str] = {}
    for line in re.split(rb"\r?\n", head):
        name, _, value = line.decode("utf-8", "replace").partition(":")
        headers[name.strip().lower()] = value.strip()
    given = header_parameters(headers.get("content-disposition", ""))
    if "name" not in given:
        raise BodyError("multipart with a part that has no name")
    return Part(given["name"], content, given.get("filename"), headers.get("content-type", ""))


# --- keys ---------------------------------------------------------------------------------------

BEFORE_KEY = r"(?:\b|(?<=%[0-9A-Fa-f]{2})|(?<=\\[bfnrt])|(?<=\\u[0-9A-Fa-f]{4}))"
"""A key begins there: not within a word such as task_list, but right after an escaped character."""
_KEY_SHAPED = re.compile(BEFORE_KEY + r"([sp]k_)[A-Za-z0-9_\-]{4,}")
_IN_QUERY = re.compile(r"([?&](?:key|api_key|token)=)[^&#\s\"'<>]+")
_IN_HEADER = re.compile(r"(\b[Bb]earer\s+)(?=\S*[0-9])[A-Za-z0-9._~+/=\-]{8,}")
HIDDEN = "[redacted]"


def redact_keys(text: str) -> str:
    """Replace everything in a text that has the shape of a key; for bodies."""
    return _KEY_SHAPED.sub(rf"\1{HIDDEN}", text) if "k_" in text else text


def redact(text: str) -> str:
    """Replace everything in a text that looks like a key or stands where a key stands."""
    text = _IN_QUERY.sub(rf"\1{HIDDEN}", redact_keys(text))
    return _IN_HEADER.sub(rf"\1{HIDDEN}", text)
