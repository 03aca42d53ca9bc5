"""Numbers as JavaScript reads them."""

from __future__ import annotations

import math
import re

_JS_BLANK = " \t\n\v\f\r\u00a0\u1680\u2028\u2029\u202f\u205f\u3000\ufeff" + "".join(
    chr(code) for code in range(0x2000, 0x200B)
)
_JS_DECIMAL = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_JS_RADIX = re.compile(r"0(?:[xX][0-9a-fA-F]+|[oO][0-7]+|[bB][01]+)")


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
