"""JSON values: tell objects and arrays apart, read a body."""

from __future__ import annotations

from typing import Any, TypeGuard


def is_object(value: object) -> TypeGuard[dict[str, Any]]:
    """Return whether a JSON value is an object."""
    return isinstance(value, dict)


def is_list(value: object) -> TypeGuard[list[Any]]:
    """Return whether a JSON value is an array."""
    return isinstance(value, list)


def as_object(value: Any) -> dict[str, Any]:
    """Return an object as it is, and an empty one for anything else."""
    return value if is_object(value) else {}


def as_list(value: Any) -> list[Any]:
    """Return an array as it is, and an empty one for anything else."""
    return value if is_list(value) else []


def objects(value: Any) -> list[dict[str, Any]]:
    """Return the objects of an array; none when it is no array."""
    return [item for item in as_list(value) if is_object(item)]
