"""JSON values and texts as they are written in a shell line or a program."""

from __future__ import annotations

import json
import keyword
import re
from typing import Any

from pollinations_conformance.http.json import is_list, is_object

WIDTH = 72
"""Characters of a line."""
FIRST = "# First, something to send."


class Code(str):
    """Text that is code already."""

    __slots__ = ()


def shell_word(text: str) -> str:
    """Return a text as one word of the shell."""
    return "'" + text.replace("'", "'\\''") + "'"


def snake(name: str) -> str:
    """Return a name as the client spells it."""
    found = re.sub(r"(?<=[a-z0-9])([A-Z])", r"_\1", name.replace("-", "_")).lower()
    return found + "_" if keyword.iskeyword(found) else found


def pretty(value: Any, width: int = WIDTH, taken: int = 0, *, python: bool = False) -> str:
    """Return a value with line breaks only where it does not fit into a line.

    Args:
        value: a JSON value.
        width: characters of a line.
        taken: characters that stand before it in its first line.
        python: whether to write it as Python instead of as JSON.
    """
    if not value or not (is_object(value) or is_list(value)):
        return _scalar(value, python)
    step = "    " if python else "  "
    pairs: list[tuple[str, Any]] = (
        [(_scalar(name, python) + ": ", item) for name, item in value.items()]
        if is_object(value)
        else [("", item) for item in value]
    )
    inside = width - len(step)
    items = [name + pretty(item, inside, len(name), python=python) for name, item in pairs]
    start, end = "{}" if is_object(value) else "[]"
    line = f"{start}{', '.join(items)}{end}"
    if len(line) + taken <= width and "\n" not in line:
        return line
    rows = [step + item.replace("\n", "\n" + step) for item in items]
    return f"{start}\n" + ",\n".join(rows) + ("," if python else "") + f"\n{end}"


def _scalar(value: Any, python: bool) -> str:
    if isinstance(value, Code):
        return value
    if isinstance(value, str) or not python:
        return json.dumps(value, ensure_ascii=False)
    return repr(value)
