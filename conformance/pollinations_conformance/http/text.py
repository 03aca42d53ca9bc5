"""Text made fit to be shown: what others wrote without keys and control characters; plurals."""

from __future__ import annotations

import base64
import html
import re

from pollinations_conformance.http.query import decode_percent

HIDDEN = "[redacted]"
"""What replaces a key."""
BEFORE_KEY = r"(?:\b|(?<=%[0-9A-Fa-f]{2})|(?<=\\[bfnrt])|(?<=\\u[0-9A-Fa-f]{4}))"
"""A key begins there: not within a word such as task_list, but right after an escaped character."""
SECRET_HEADERS = frozenset(
    {"authorization", "proxy-authorization", "x-api-key", "api-key", "cookie", "set-cookie"}
)
SECRET_PARAMETERS = frozenset(
    {"key", "api_key", "api-key", "apikey", "x-api-key", "token", "access_token", "authorization"}
)
"""Names, in lower case, under which a key may be sent in a query or a body."""

_KEY_SHAPED = re.compile(BEFORE_KEY + r"([sp]k_)[A-Za-z0-9_\-]{4,}")
_IN_QUERY = re.compile(
    rf"([?&](?:{'|'.join(sorted(SECRET_PARAMETERS))})=)[^&#\s\"'<>]+", re.IGNORECASE
)
_IN_HEADER = re.compile(r"(\b[Bb]earer\s+)(?=\S*[0-9])[A-Za-z0-9._~+/=\-]{8,}")
_CONTROLS = r"\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff"
_UNPRINTABLE = re.compile(f"[{_CONTROLS}]")
_UNPRINTABLE_IN_LINE = re.compile(f"[\t\n\u2028\u2029{_CONTROLS}]")
_URLSAFE = bytes.maketrans(b"+/", b"-_")


# --- keys ---------------------------------------------------------------------------------------


def redact_keys(text: str) -> str:
    """Replace everything in a text that has the shape of a key; for bodies."""
    return _KEY_SHAPED.sub(rf"\1{HIDDEN}", text) if "k_" in text else text


def redact(text: str) -> str:
    """Replace everything in a text that looks like a key or is where a key is expected."""
    text = _IN_QUERY.sub(rf"\1{HIDDEN}", redact_keys(text))
    return _IN_HEADER.sub(rf"\1{HIDDEN}", text)


def redact_url(url: str) -> str:
    """Return a URL without the values of key parameters, and without a user and password."""
    head, mark, rest = url.partition("?")
    scheme, separator, authority = head.partition("://")
    if separator and "@" in authority.split("/", 1)[0]:
        head = f"{scheme}://{HIDDEN}@{authority.split('@', 1)[1]}"
    if mark:
        parts = [
            f"{part.split('=', 1)[0]}={HIDDEN}"
            if decode_percent(part.split("=", 1)[0]).lower() in SECRET_PARAMETERS and "=" in part
            else part
            for part in rest.split("&")
        ]
        rest = "&".join(parts)
    return redact(head + mark + rest)


def key_pattern(key: str) -> re.Pattern[str]:
    """Match a key in a text: as it is, escaped in any usual way, or in base64."""
    plain = "".join(map(_escaped, key))
    if len(key) < 6:  # too short to distinguish its base64 from other text
        return re.compile(plain)
    encoded: set[str] = set()
    for before in range(3):  # what precedes it, such as "Bearer ", decides which letters come
        data = base64.b64encode(b"\0" * before + key.encode())
        start, end = -(-before * 4 // 3), (before + len(key)) * 8 // 6
        encoded |= {data[start:end].decode(), data[start:end].translate(_URLSAFE).decode()}
    return re.compile("|".join([plain, *map(re.escape, sorted(encoded))]))


def _escaped(letter: str) -> str:
    """Match a letter as it is, or as URLs, JSON, HTML and shells write it."""
    code = ord(letter)
    forms = [
        re.escape(letter),
        f"(?i:%{code:02x}|\\\\{{1,8}}u{code:04x}|&#0{{0,8}}{code};|&#x0{{0,8}}{code:x};)",
        *([rf"\\{{1,8}}{re.escape(letter)}"] if not letter.isalnum() else []),
        *([r"'\"'\"'"] if letter == "'" else []),
        *([re.escape(html.escape(letter))] if html.escape(letter) != letter else []),
    ]
    return f"(?:{'|'.join(forms)})"


# --- control characters -------------------------------------------------------------------------


def printable(text: str) -> str:
    """Return a text with its control characters replaced; line ends and tabs stay.

    What is left cannot move a terminal's cursor, reverse the order of letters, or break the
    encoding of a file or of XML.
    """
    return _UNPRINTABLE.sub("\ufffd", text)


def printable_line(text: str) -> str:
    """Return a text as one line; line ends and tabs are replaced too."""
    return _UNPRINTABLE_IN_LINE.sub("\ufffd", text)


def shown(value: object) -> str:
    """Return a value as a message names it: what is not there is missing, not `None`."""
    return "missing" if value is None else repr(value)


def by_key(role: str | None) -> str:
    """Return how a request was sent: `without a key`, or with which."""
    return "without a key" if role is None else f"with the key {role!r}"


# --- words --------------------------------------------------------------------------------------


def plural(count: int, one: str) -> str:
    """Return a count with its noun: `1 request`, `2 requests`.

    Args:
        count: how many.
        one: the noun in the singular; its plural has an s.
    """
    return f"{count} {one}" if count == 1 else f"{count} {one}s"
