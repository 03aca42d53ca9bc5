"""Word what is wrong with a value the way the gateway's own validator words it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from pollinations_conformance.contract.document import Document
from pollinations_conformance.contract.failures import Failure
from pollinations_conformance.contract.model import MISSING, Json
from pollinations_conformance.http.json import as_list, as_object, type_name

_BOUNDS = {
    "minimum": "Too small: expected number to be >={}",
    "maximum": "Too big: expected number to be <={}",
    "exclusiveMinimum": "Too small: expected number to be >{}",
    "exclusiveMaximum": "Too big: expected number to be <{}",
    "minLength": "Too small: expected string to have >={} characters",
    "maxLength": "Too big: expected string to have <={} characters",
    "minItems": "Too small: expected array to have >={} items",
    "maxItems": "Too big: expected array to have <={} items",
    "multipleOf": "Invalid number: must be a multiple of {}",
    "format": "Invalid {}",
}


def message(document: Document, failure: Failure) -> str:
    """Word a failure; what the contract gives as `x-message` wins where the gateway has its own."""
    keyword, limit = failure.keyword, failure.limit
    if keyword in _BOUNDS:
        return _BOUNDS[keyword].format(limit)
    match keyword:
        case "type":
            names = [limit] if isinstance(limit, str) else [str(name) for name in as_list(limit)]
            return expected_type(names, failure.value)
        case "required":
            parent = document.object_at(failure.place.pointer.rpartition("/")[0])
            schema, _ = document.resolve(
                as_object(parent.get("properties")).get(failure.names[0]), ""
            )
            return expected(schema)
        case "enum":
            return options(as_list(limit))
        case "const":
            return options([limit])
        case "additionalProperties":
            shown = ", ".join(f'"{name[:60]}"' for name in failure.names[:5])
            return f"Unrecognized key{'s' if len(failure.names) > 1 else ''}: {shown}"
        case _:
            parent = document.object_at(failure.place.pointer.rpartition("/")[0])
            own = str(parent.get("x-message", ""))
            if keyword == "pattern":
                return own or f"Invalid string: must match pattern /{limit}/"
            return own or "Invalid input"


def expected(schema: Json, value: Any = MISSING) -> str:
    """Word what a schema expects in the place of a value, by default of a missing one."""
    if "enum" in schema:
        return options(as_list(schema["enum"]))
    if "const" in schema:
        return options([schema["const"]])
    given = schema.get("type")
    names = [given] if isinstance(given, str) else [str(name) for name in as_list(given)]
    return expected_type(names, value)


def expected_type(names: Sequence[str], value: Any) -> str:
    """Word which types a value should have had."""
    wanted = [name for name in names if name != "null"]
    if len(wanted) != 1:
        return "Invalid input"
    name = wanted[0]
    received = "undefined" if value is MISSING else type_name(value)
    received = "number" if received == "integer" else received
    if name == "integer":
        name = "int" if received == "number" else "number"
    return f"Invalid input: expected {name}, received {received}"


def options(values: Sequence[Any]) -> str:
    """Word which values are allowed."""
    shown = [json.dumps(value, ensure_ascii=False) for value in values if value is not None]
    if len(shown) == 1:
        return f"Invalid input: expected {shown[0]}"
    return "Invalid option: expected one of " + "|".join(shown)


def path_text(tokens: Sequence[str | int]) -> str:
    """Write a path within a value, as in `.choices[0].index`."""
    return "".join(f"[{token}]" if isinstance(token, int) else f".{token[:60]}" for token in tokens)
