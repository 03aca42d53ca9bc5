"""Read the text of parameters, form fields and headers as the types that the contract gives them."""

from __future__ import annotations

import math
import re
from typing import Any

from pollinations_conformance.http.number import js_number

TRUE = frozenset({"true", "1", "yes"})
FALSE = frozenset({"false", "0", "no", ""})


def coerce(text: str, types: frozenset[str]) -> Any:
    """Read text as one of the types; None when it should be a number and is none."""
    if "string" in types or not types & {"integer", "number", "boolean"}:
        return text
    if "boolean" in types:
        return text.strip().lower() in TRUE
    return js_number(text)


def read_header(text: str, types: frozenset[str]) -> Any:
    """Read the value of a response header as one of the types; text when it is none of them."""
    if types & {"integer", "number"} and "string" not in types:
        if re.fullmatch(r"-?[0-9]+", text) and len(text) < 40:
            return int(text)
        if re.fullmatch(r"-?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?", text):
            number = float(text)
            return text if math.isinf(number) else number
    if "boolean" in types and text in ("true", "false"):
        return text == "true"
    return text
