"""Docstrings and other text of the generated package, in plain Python so that templates stay thin."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from generator.plan import Call

Json = dict[str, Any]

WIDTH = 108


def literal(value: Any) -> str:
    """Write a JSON scalar as Python source, strings in double quotes."""
    if not isinstance(value, str):
        return repr(value)
    escaped = value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'


def split_types(type_: str) -> list[str]:
    """Take a union type apart, brackets kept whole."""
    parts, depth, start = list[str](), 0, 0
    for index, character in enumerate(type_):
        depth += (character == "[") - (character == "]")
        if depth == 0 and type_.startswith(" | ", index):
            parts.append(type_[start:index])
            start = index + 3
    return [*parts, type_[start:]]


def join_types(types: Iterable[str]) -> str:
    """Write a union of types, each once; text that is not listed comes after the listed, and None last."""
    found = dict.fromkeys(part for type_ in types for part in split_types(type_))
    opened = ["str"] if any(part.startswith("Literal[") for part in found) else []
    last = [part for part in (*opened, "None") if part in found]
    return "Any" if "Any" in found else " | ".join([*(p for p in found if p not in last), *last])


def sentence(text: object) -> str:
    """End a summary with a full stop."""
    text = " ".join(str(text).split())
    return text if text.endswith((".", "!", "?")) else f"{text}."


def paragraphs(text: object) -> str:
    """Join the lines of each paragraph, and keep lists and blank lines."""
    blocks = re.split(r"\n\s*\n", str(text).strip())
    joined: list[str] = []
    for block in blocks:
        lines = [line.rstrip() for line in block.splitlines()]
        if any(re.match(r"\s*([-*|]|\d+\.)\s?", line) for line in lines):
            joined.append("\n".join(lines))
        else:
            joined.append(" ".join(line.strip() for line in lines))
    return "\n\n".join(joined)


def notes(schema: Json) -> str:
    """Describe what else a schema has: deprecated, its range, and what the service assumes."""
    found: list[str] = []
    if schema.get("deprecated"):
        found.append("Deprecated.")
    low, high = schema.get("minimum"), schema.get("maximum")
    if low is not None:
        big = high is None or high >= 2**31
        found.append(f"From {low}{'' if big else f' to {high}'}.")
    elif high is not None:
        found.append(f"Up to {high}.")
    default = schema.get("default")
    if default is not None:
        shown = str(default).lower() if isinstance(default, bool) else default
        found.append(f"The service assumes {shown} when it is not given.")
    return " ".join(found)


def field_doc(schema: Json, resolve: Callable[[Json], Json]) -> str:
    """Describe a field: its own words, else those of the component it is, and what else its schema has."""
    text = schema.get("description", "")
    for other in [schema, *schema.get("allOf", [])[:1], *schema.get("anyOf", [])[:1]]:
        if not text and "$ref" in other:
            text = resolve(other).get("description", "")
    return f"{' '.join(str(text).split())} {notes(schema)}".strip()


def parameter_doc(parameter: Json, resolve: Callable[[Json], Json]) -> str:
    """Describe a parameter: its own words and what else its schema has, else the words of the schema."""
    schema: Json = parameter["schema"]
    text = " ".join(str(parameter.get("description", "")).split())
    return f"{text} {notes(schema)}".strip() if text else field_doc(schema, resolve)


def docstring(text: str, indent: int) -> str:
    """Write text as a docstring at an indentation, wrapped.

    Args:
        text: paragraphs.
        indent: columns in front of it.
    """
    pad = " " * indent
    lines: list[str] = []
    for block in text.strip().split("\n"):
        if not block.strip():
            lines.append("")
            continue
        hang = re.match(r"\s*([-*]|\d+\.)\s|\s*\w+: ", block)
        base = block[: len(block) - len(block.lstrip())]
        lines += textwrap.wrap(
            block.strip(),
            WIDTH - indent,
            initial_indent=base,
            subsequent_indent=base + ("    " if hang and base else "  " if hang else ""),
            break_long_words=False,
            break_on_hyphens=False,
        )
    body = "\n".join(f"{pad}{line}".rstrip() for line in lines).strip()
    body = body.replace("\\", "\\\\").replace('"""', "'''")
    closing = f"\n{pad}" if "\n" in body else (" " if body.endswith('"') else "")
    return f'"""{body}{closing}"""'


OPTIONS = {
    "extra_headers": "Headers to add or replace.",
    "extra_query": "Query parameters to add.",
    "extra_body": "Fields to add to the body.",
    "timeout": "Seconds to wait for the next byte; None waits forever.",
    "max_retries": "How often to repeat where that is safe.",
}
UPLOAD = {
    "file": "A path, bytes or a binary file object, or a tuple (name, content, content type).",
    "filename": "Name to store with it; that of the file by default.",
    "content_type": "Media type; guessed from the name by default.",
    "form": "How the bytes travel: as a form (multipart), as the body itself (raw), or as base64 in JSON.",
}
RETURNS = {
    "json": "The decoded response.",
    "list": "The decoded items.",
    "text": "The text, with the headers it came with.",
    "binary": "The bytes, with their content type and what the headers report.",
    "head": "What the headers report.",
}


def method_doc(call: Call, asynchronous: bool) -> str:
    """Write the docstring of a method: what it does, its arguments, what it returns and what it raises."""
    rows = {argument.python: argument.doc or argument.name for argument in call.arguments}
    if call.body == "upload":
        rows |= UPLOAD
        rows["verify"] = "Compare the returned content hash with that of the bytes sent."
    rows |= {
        name: text for name, text in OPTIONS.items() if name != "extra_body" or call.body == "json"
    }
    return _call_doc(call, rows, asynchronous)


def function_doc(call: Call, asynchronous: bool) -> str:
    """Write the docstring of a function, which takes the body in one piece."""
    rows = {a.python: a.doc or a.name for a in call.arguments if a.place != "body"}
    rows |= UPLOAD if call.body == "upload" else {}
    rows |= {"body": "Body: the model or a mapping."} if call.body_model else {}
    return _call_doc(call, rows, asynchronous)


def _call_doc(call: Call, rows: dict[str, str], asynchronous: bool) -> str:
    parts = [call.summary, *(["", call.doc] if call.doc else [])]
    parts += ["", "Deprecated by the service."] if call.deprecated else []
    if rows:
        parts += ["", "Args:", *(f"    {name}: {text}" for name, text in rows.items())]
    returns = RETURNS[call.answer]
    if call.item:
        kind = "an asynchronous" if asynchronous else "a"
        returns += f" With `stream=True` {kind} stream of typed chunks."
    elif call.selector:
        returns += f" With {call.selector} {' or '.join(call.selector_values)} the text."
    parts += ["", "Returns:", f"    {returns}", "", "Raises:"]
    parts.append("    PollinationsError: The call failed; see `errors` for the kinds.")
    return "\n".join(parts)
