"""JSON values: equality by meaning, and types."""

from __future__ import annotations

import json
from typing import Any

from pollinations_conformance.http.json import is_list, is_object

Json = dict[str, Any]


def canonical(value: Any) -> str:
    """Write a JSON value so that equal values give equal text, 1 and 1.0 alike."""

    def whole(item: Any) -> Any:
        if isinstance(item, float) and item.is_integer() and abs(item) < 1e15:
            return int(item)
        if is_list(item):
            return [whole(entry) for entry in item]
        return {name: whole(entry) for name, entry in item.items()} if is_object(item) else item

    return json.dumps(whole(value), sort_keys=True, ensure_ascii=False)


def type_of(value: Any) -> str:
    """Name the JSON type of a value; a whole number is an integer."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int) or (isinstance(value, float) and value.is_integer()):
        return "integer"
    if isinstance(value, float):
        return "number"
    if isinstance(value, str):
        return "string"
    return "array" if is_list(value) else "object"
