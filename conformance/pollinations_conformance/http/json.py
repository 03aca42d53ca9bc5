"""JSON values: distinguish objects from arrays, read a body."""

from __future__ import annotations

import json
from typing import Any, TypeGuard

from pollinations_conformance.http.errors import BodyError, TooDeepError


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


def type_name(value: Any) -> str:
    """Return the JSON type of a value; whole numbers are integers."""
    if value is None:
        return "null"
    for kind, name in (
        (bool, "boolean"),
        (int, "integer"),
        (float, "number"),
        (str, "string"),
        (list, "array"),
    ):
        if isinstance(value, kind):
            return name
    return "object"


# --- reading ------------------------------------------------------------------------------------


def refuse_constant(name: str) -> float:
    """Refuse NaN and Infinity, which Python's parser reads and JSON does not have."""
    raise BodyError(f"{name} is not JSON")


def _integer(digits: str) -> int | float:
    return int(digits) if len(digits) < 400 else float(digits)


def distinct(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Make an object of its members, whose names must differ."""
    found = dict(pairs)
    if len(found) != len(pairs):
        seen: set[str] = set()
        for name, _ in pairs:
            if name in seen:
                raise BodyError(f"{name[:60]!r} is duplicated in an object")
            seen.add(name)
    return found


_STRICT = json.JSONDecoder(object_pairs_hook=distinct, parse_constant=refuse_constant)
_LENIENT = json.JSONDecoder(parse_constant=refuse_constant)
# Python refuses to read integers of thousands of digits; JSON does not limit them. Reading each
# integer by a function of ours takes several times as long, so that is done where it must be.
_LONG_STRICT = json.JSONDecoder(
    object_pairs_hook=distinct, parse_constant=refuse_constant, parse_int=_integer
)
_LONG_LENIENT = json.JSONDecoder(parse_constant=refuse_constant, parse_int=_integer)
_FORGIVING = json.JSONDecoder(parse_constant=lambda _: None, parse_int=_integer)


def parse_json(body: bytes | str, strict: bool = True, constants: bool = False) -> Any:
    """Read JSON.

    Args:
        body: bytes are read as UTF-8.
        strict: also refuse a name that is duplicated in one object, bytes that are not UTF-8 and a
            byte order mark. Without it these are read as a JavaScript server would read them.
        constants: read NaN and Infinity, which Python writes, as null, and be not strict.

    Raises:
        BodyError: it is not JSON.
    """
    try:
        if isinstance(body, bytes):
            body = body.decode() if strict else body.decode("utf-8-sig", "replace")
        if constants:
            return _FORGIVING.decode(body)
        try:
            return (_STRICT if strict else _LENIENT).decode(body)
        except (BodyError, json.JSONDecodeError):
            raise
        except ValueError:
            return (_LONG_STRICT if strict else _LONG_LENIENT).decode(body)
    except BodyError:
        raise
    except UnicodeDecodeError as error:
        raise BodyError(f"not UTF-8 at byte {error.start}") from None
    except json.JSONDecodeError as error:
        raise BodyError(f"not JSON at character {error.pos}: {error.msg}") from None
    except RecursionError:
        raise TooDeepError("nested too deeply to be read") from None
    except ValueError as error:
        raise BodyError(f"not JSON: {error}") from None
