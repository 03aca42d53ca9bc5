"""JSON: decoding within bounds, and encoding of whatever Python value stands for JSON."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Set, ValuesView
from datetime import datetime
from enum import Enum
from typing import Any, TypeGuard, cast

MAX_DEPTH = 200
"""Levels of nesting; no response of the service has ten, and Python's own limit depends on who calls."""

_USUAL_DEPTH = 20
_NO_BRACKETS = bytes(byte for byte in range(256) if byte not in b"[]{}")
_type: Callable[[Any], Any] = type  # keeps type checkers from narrowing Any to something unknown
_TOKENS = r'(?s)"(?:[^"\\]|\\.)*"?|[\[{]|[\]}]'


def is_object(value: Any) -> TypeGuard[dict[str, Any]]:
    """Return whether decoded JSON is an object."""
    return isinstance(value, dict)


def is_array(value: Any) -> TypeGuard[list[Any]]:
    """Return whether decoded JSON is an array."""
    return isinstance(value, list)


def decode(text: str | bytes) -> Any:
    """Decode a JSON document.

    Raises:
        ValueError: it is not JSON, or nested too deeply.
    """
    if isinstance(text, bytes):
        text = text.decode(json.detect_encoding(text), "surrogatepass")
    if too_deep(text):
        raise ValueError(f"nested deeper than {MAX_DEPTH} levels")
    try:
        return json.loads(text)
    except RecursionError:
        pass
    raise ValueError("nested too deeply")


def too_deep(text: str) -> bool:
    """Return whether a document is nested deeper than MAX_DEPTH levels."""
    # Taking the innermost brackets away a few times nearly always settles it.
    brackets = text.encode("utf-8", "surrogatepass").translate(None, _NO_BRACKETS)
    for _ in range(_USUAL_DEPTH):
        if len(brackets) <= MAX_DEPTH:
            return False
        brackets = brackets.replace(b"[]", b"").replace(b"{}", b"")
    depth = 0
    for match in re.finditer(_TOKENS, text):
        token = match.group()
        if token in "[{":
            depth += 1
            if depth > MAX_DEPTH:
                return True
        elif token in "]}":
            depth -= 1
    return False


def encode(value: Any) -> bytes:
    """Encode a value as a JSON document.

    Raises:
        TypeError: something in it has no form in JSON.
        ValueError: a number is not finite, a text holds a lone surrogate, or an object contains itself.
    """
    try:
        return _encode(value).encode()
    except UnicodeEncodeError:
        pass
    raise ValueError("a text holds a lone surrogate, which is not text")


def _encodable(value: Any) -> Any:
    # Called for what the JSON library does not know itself.
    for method in ("to_dict", "model_dump"):
        dump = getattr(value, method, None)
        if callable(dump) and not isinstance(value, type):
            # Ours, and those of pydantic, which would otherwise be taken for sequences of pairs.
            return dump(mode="json") if method == "model_dump" else dump()
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, datetime):
        from ._model import moment

        return moment(value)
    if isinstance(value, Mapping):
        return dict(cast("Mapping[str, Any]", value))
    if isinstance(value, bytes | bytearray | memoryview):
        raise TypeError("bytes are not JSON; encode them as base64 text")
    if isinstance(value, Iterator | Set | ValuesView) or _is_sequence(value):
        return list(cast("Iterator[Any]", value))
    name = f"the class {value.__name__}" if isinstance(value, type) else _type(value).__name__
    raise TypeError(f"{name} has no form in JSON; give text, a number, a dict or a list")


def _is_sequence(value: Any) -> bool:
    # Also those that are registered nowhere, such as columns of numbers.
    return hasattr(_type(value), "__len__") and hasattr(_type(value), "__getitem__")


_encode = json.JSONEncoder(
    ensure_ascii=False, separators=(",", ":"), allow_nan=False, default=_encodable
).encode
