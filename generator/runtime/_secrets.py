"""API keys: held where nothing prints them, and blanked out of what the service sends back."""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

SHORTEST = 8
"""Characters; shorter ones are no keys of the service, and would be found inside ordinary words."""
HIDDEN = "[api key]"
_URL_SAFE = bytes.maketrans(b"+/", b"-_")


class Secret:
    """An API key that no repr, log, traceback or pickle shows.

    A plain class: attrs would put the key into its repr and its state.
    """

    __slots__ = ("_pattern", "_reveal")

    def __init__(self, value: str) -> None:
        # In a closure, so that printing the attributes of this object does not print the key either.
        self._reveal: Callable[[], str] = lambda: value
        self._pattern: Callable[[], re.Pattern[bytes]] | None = None

    def reveal(self) -> str:
        """Return the key itself, for the one header or parameter it belongs in."""
        return self._reveal()

    def encoded(self) -> bytes:
        """Return the key as it is written in a query."""
        return quote(self._reveal(), safe="").encode()

    def hide(self, data: bytes) -> bytes:
        """Blank the key out of something the service sent, also escaped, percent-encoded, as base64 or in hex."""
        key = self._reveal().encode()
        if len(key) < SHORTEST:
            return data
        for text in (key, *_encoded(key)):
            data = data.replace(text, HIDDEN.encode())
        if b"\\" in data or b"%" in data or b"&#" in data:
            if self._pattern is None:
                pattern = re.compile(b"".join(_disguises(byte) for byte in key))
                self._pattern = lambda: pattern  # its source shows the key
            data = self._pattern().sub(HIDDEN.encode(), data)
        return data

    def __repr__(self) -> str:
        return "Secret('[hidden]')"

    def __reduce__(self) -> Any:
        raise TypeError("an API key is not pickled")


def _encoded(key: bytes) -> list[bytes]:
    # In one case, in hex, and the part of any base64 with the key inside that depends on the key alone: it can begin at
    # the first, second or third byte of a group.
    found = [key.lower(), key.upper(), key.hex().encode(), key.hex().upper().encode()]
    for before, shared in ((0, 0), (1, 2), (2, 3)):
        whole = (before + len(key)) // 3 * 4
        text = b64encode(b"\0" * before + key)[shared:whole]
        found += [text, text.translate(_URL_SAFE)]
    return found


def _disguises(byte: int) -> bytes:
    # One character as itself, percent-encoded, escaped in JSON or as an HTML entity; also in several layers, as when
    # one JSON document is quoted inside another.
    plain = re.escape(bytes((byte,)))
    code = b"".join(
        b"[%c%c]" % (digit, digit - 32) if digit > 57 else b"%c" % digit for digit in b"%02x" % byte
    )
    return (
        rb"(?:\\{0,16}"
        + plain
        + rb"|%(?:25){0,8}"
        + code
        + rb"|\\{1,16}[uU]00"
        + code
        + rb"|\\{1,16}x"
        + code
        + rb"|&#(?:[xX]0{0,4}"
        + code
        + rb"|0{0,4}%d);)" % byte
    )


class Quiet(dict[str, Any]):
    """Headers or parameters, some of which may be keys: only their names are shown."""

    def __repr__(self) -> str:
        return f"<{', '.join(self)}>"


class Redactor:
    """Blanks several secrets out of what is shown."""

    __slots__ = ("_secrets",)

    def __init__(self, *secrets: Secret | None) -> None:
        self._secrets = tuple(secret for secret in secrets if secret is not None)

    def bytes(self, data: bytes) -> bytes:
        """Return bytes without the secrets."""
        for secret in self._secrets:
            data = secret.hide(data)
        return data

    def text(self, text: str) -> str:
        """Return text without the secrets."""
        if not self._secrets:
            return text
        return self.bytes(text.encode("utf-8", "surrogatepass")).decode("utf-8", "surrogatepass")

    def headers(self, headers: dict[str, str]) -> dict[str, str]:
        """Return headers without the secrets."""
        return {name: self.text(value) for name, value in headers.items()}
