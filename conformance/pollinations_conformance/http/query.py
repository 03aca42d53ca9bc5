"""URLs and query strings, read as the gateway reads them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from urllib.parse import quote, urlsplit

Pairs = tuple[tuple[str, str], ...]

_ESCAPES = re.compile(r"(?:%[0-9A-Fa-f]{2})+")
_UNENCODED_URL = re.compile(r"(?:^|&)image=(?=https?://[^&]*\?)")


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


def encode_every_byte(text: str) -> str:
    """Percent-encode a text whole, also what need not be."""
    return "".join(f"%{byte:02X}" for byte in text.encode())


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


def encode_query(pairs: Iterable[tuple[str, str]]) -> str:
    """Write a query string from names and values that are not encoded yet."""
    return "&".join(f"{_quoted(name)}={_quoted(value)}" for name, value in pairs)


def _quoted(text: str) -> str:
    return quote(text, safe="", errors="surrogatepass")


def query_of(url: str) -> Pairs:
    """Return the names and values of a URL's query, decoded."""
    return parse_query(split_target(url)[1])


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
