"""The one reader of YAML and JSON documents: contract, drift, generator and server data.

PyYAML's parser, with the core schema of YAML 1.2 on top of its events: ruamel.yaml knows YAML 1.2,
but takes twenty times as long for this contract, and still reads `2020-01-01` as a date and `1_000`
as a number, which other tools for OpenAPI read as text.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import yaml

from pollinations_conformance.contract.errors import DocumentError
from pollinations_conformance.http.errors import BodyError
from pollinations_conformance.http.json import distinct, is_list, is_object, refuse_constant

__all__ = ["DocumentError", "parse", "parse_yaml"]

MAX_DEPTH = 200
"""Levels of nesting; more than any real document, and less than what exhausts a parser's stack."""
MAX_DIGITS = 3_000
"""Digits of an integer; Python does not show those of more than 4,300 decimal ones."""
MAX_NODES = 2_000_000
"""Values in a document, each alias counted as what it stands for."""

_JSON = json.JSONDecoder(object_pairs_hook=distinct, parse_constant=refuse_constant)
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_NULL = frozenset({"", "~", "null", "Null", "NULL"})
_BOOLEAN = {
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
_INTEGER = re.compile(r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT = re.compile(
    r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?"
    r"|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)"
)
_TAG = "tag:yaml.org,2002:"


def parse(raw: bytes) -> Any:
    """Read a document.

    Args:
        raw: JSON or YAML in UTF-8; a byte order mark is allowed.

    Returns:
        The value; None for an empty text. Names of objects are always text.

    Raises:
        DocumentError: it is neither, has a name twice in one object, or is nested too deeply.
    """
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise DocumentError(f"not UTF-8 at byte {error.start}; save it as UTF-8") from None
    if not text.lstrip().startswith(("{", "[")):
        return parse_yaml(text)
    try:
        document = _JSON.decode(text)
    except BodyError as error:
        raise DocumentError(f"{error}; correct it") from None
    except json.JSONDecodeError as error:
        if re.match(r"\s*\{\s*\"", text):
            raise DocumentError(
                f"line {error.lineno}: not JSON ({error.msg}); correct it"
            ) from None
        return parse_yaml(text)
    except ValueError:
        raise DocumentError(_TOO_LONG) from None
    except RecursionError:
        raise DocumentError(_TOO_DEEP) from None
    _check_depth(document)
    return document


def parse_yaml(text: str) -> Any:
    """Read a YAML 1.2 document.

    Raises:
        DocumentError: it is no YAML, has a name twice in one mapping, or is too large or deep.
    """
    try:
        return _Builder().build(yaml.parse(text, Loader=_LOADER))
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f"line {mark.line + 1}: " if mark is not None else ""
        problem = getattr(error, "problem", None) or "cannot be parsed"
        raise DocumentError(f"{line}not YAML ({problem}); correct it") from None


_TOO_LONG = "has a number that is too long"
_TOO_DEEP = "nested too deeply to be an OpenAPI document"


def _check_depth(document: Any) -> None:
    level = [document]
    for _ in range(MAX_DEPTH):
        level = [
            child
            for node in level
            for child in (node.values() if is_object(node) else node if is_list(node) else ())
            if isinstance(child, dict | list)
        ]
        if not level:
            return
    raise DocumentError(_TOO_DEEP)


def _scalar(text: str) -> Any:
    """Read a plain scalar by the core schema of YAML 1.2."""
    if text in _NULL:
        return None
    if text in _BOOLEAN:
        return _BOOLEAN[text]
    if text[0] in "-+.0123456789":
        if _INTEGER.fullmatch(text):
            base = 8 if text.startswith("0o") else 16 if text.startswith("0x") else 10
            if len(text) > MAX_DIGITS:
                raise DocumentError(_TOO_LONG)
            return int(text, base)
        if _FLOAT.fullmatch(text):
            return float(text.lower().replace(".inf", "inf").replace(".nan", "nan"))
    return text


@dataclass(slots=True)
class _Open:
    """A collection whose end has not come yet."""

    value: Any  # a dict or a list
    anchor: str | None
    size: int = 1  # values in it, aliases counted as what they stand for
    name: str | None = None  # of the member whose value comes next
    merged: list[Any] = field(default_factory=list[Any])  # what `<<` names


class _Builder:
    """Builds a document from parser events, without recursion."""

    def __init__(self) -> None:
        self._stack: list[_Open] = []
        self._anchors: dict[str, tuple[Any, int]] = {}
        self._document: Any = None
        self._documents = 0

    def build(self, events: Iterator[yaml.Event]) -> Any:
        for event in events:
            if isinstance(event, yaml.ScalarEvent):
                self._take_scalar(event)
            elif isinstance(event, yaml.CollectionStartEvent):
                self._open(event)
            elif isinstance(event, yaml.CollectionEndEvent):
                self._close()
            elif isinstance(event, yaml.AliasEvent):
                self._take_alias(event)
            elif isinstance(event, yaml.DocumentStartEvent):
                self._documents += 1
                if self._documents > 1:
                    raise _error(event, "a second document begins")
        return self._document

    def _take_alias(self, event: yaml.AliasEvent) -> None:
        found = self._anchors.get(str(event.anchor))
        if found is None:
            raise _error(event, f"there is no anchor {str(event.anchor)[:60]!r} before this")
        if self._expects_name():
            raise _error(event, "a name must be text")
        self._add(*found)

    def _expects_name(self) -> bool:
        if not self._stack:
            return False
        top = self._stack[-1]
        return is_object(top.value) and top.name is None

    def _open(self, event: yaml.CollectionStartEvent) -> None:
        if self._expects_name():
            raise _error(event, "a name must be text")
        mapping = isinstance(event, yaml.MappingStartEvent)
        if event.tag not in (None, "!", _TAG + ("map" if mapping else "seq")):
            raise _error(event, f"the tag {str(event.tag)[:60]!r} has no meaning here")
        if len(self._stack) >= MAX_DEPTH:
            raise DocumentError(_TOO_DEEP)
        self._stack.append(_Open({} if mapping else [], event.anchor))

    def _close(self) -> None:
        done = self._stack.pop()
        value = done.value
        if is_object(value):
            for other in done.merged:
                for name, member in other.items():
                    value.setdefault(name, member)
        if done.anchor is not None:
            self._anchors[done.anchor] = value, done.size
        self._add(value, done.size)

    def _take_scalar(self, event: yaml.ScalarEvent) -> None:
        text = event.value
        if self._expects_name():
            top = self._stack[-1]
            if is_object(top.value) and text in top.value:
                raise _error(event, f"{text[:60]!r} is duplicated")
            top.name = text
            if event.anchor is not None:
                self._anchors[event.anchor] = text, 1
            return
        tag = event.tag
        if tag is None or tag == "!":
            value = _scalar(text) if event.implicit[0] else text
        elif tag == _TAG + "str":
            value = text
        elif tag in [_TAG + name for name in ("null", "bool", "int", "float")]:
            value = _scalar(text)
        else:
            raise _error(event, f"the tag {tag[:60]!r} has no meaning here")
        if event.anchor is not None:
            self._anchors[event.anchor] = value, 1
        self._add(value, 1)

    def _add(self, value: Any, size: int) -> None:
        if not self._stack:
            self._document = value
            return
        top = self._stack[-1]
        top.size += size
        if top.size > MAX_NODES:
            raise DocumentError("is too large, or its aliases expand to too much")
        if is_list(top.value):
            top.value.append(value)
            return
        name, top.name = top.name or "", None
        others = value if is_list(value) else [value]
        if name == "<<" and all(map(is_object, others)):
            top.merged.extend(others)
        else:
            top.value[name] = value


def _error(event: Any, problem: str) -> yaml.MarkedYAMLError:
    return yaml.MarkedYAMLError(problem=problem, problem_mark=event.start_mark)
