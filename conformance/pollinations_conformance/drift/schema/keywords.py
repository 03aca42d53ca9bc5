"""Collect the keywords of a schema, in the spelling in which two schemas are compared.

`minimum` and `exclusiveMinimum` become one lower bound, `const` an enumeration of one value, and
`additionalProperties` and `unevaluatedProperties` one rule for all further names.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, TypeGuard

from pollinations_conformance.drift.schema.alternatives import MAXIMUMS, MINIMUMS
from pollinations_conformance.drift.values import Json
from pollinations_conformance.http.json import as_list, as_object, is_list
from pollinations_conformance.http.pointer import join

_SAFE_INTEGER = 2**53 - 1
_OPAQUE = (  # what belongs together is one rule
    ("not",),
    ("if", "then", "else"),
    ("contains", "minContains", "maxContains"),
    ("dependentRequired",),
    ("dependentSchemas",),
    ("unevaluatedItems",),
)
# Every name is a string.
_ANY_NAME: tuple[Any, ...] = (None, True, {}, {"type": "string"}, {"type": ["string"]})


class Keywords:
    """The keywords of one schema object.

    Args:
        node: the schema, without its unions.
        at: its JSON pointer.
        old: whether the document is OpenAPI 3.0, which has no `const`.
        inline: writes out the references of a value.

    Attributes:
        found: the keywords by the name under which they are compared.
        where: the JSON pointers of those keywords.
    """

    def __init__(self, node: Json, at: str, old: bool, inline: Callable[[Any], Any]) -> None:
        self.found: Json = {}
        self.where: dict[str, str] = {}
        self._node = node
        self._at = at
        self._old = old
        self._inline = inline
        self._collect_enumeration()
        self._collect_bounds()
        self._collect_lengths()
        self._collect_text()
        self._collect_properties()
        self._collect_items()
        self._collect_opaque()

    def _put(self, name: str, value: Any, keyword: str | None = None) -> None:
        self.found[name] = value
        self.where[name] = join(self._at, keyword or name)

    def _collect_enumeration(self) -> None:
        node = self._node
        if "const" in node and not self._old:
            self._put("enum", [node["const"]], "const")
        elif is_list(node.get("enum")):
            self._put("enum", node["enum"])
            if node.get("x-values-from"):
                self.found["snapshot"] = True

    def _collect_bounds(self) -> None:
        for name, inclusive, exclusive, tighter in (
            ("lower", "minimum", "exclusiveMinimum", max),
            ("upper", "maximum", "exclusiveMaximum", min),
        ):
            bounds: list[tuple[float, str]] = []
            value, strict = self._node.get(inclusive), self._node.get(exclusive)
            if is_number(value):
                bounds.append((value, exclusive if strict is True else inclusive))
            if is_number(strict):
                bounds.append((strict, exclusive))
            bounds = [(number, word) for number, word in bounds if abs(number) < _SAFE_INTEGER]
            if bounds:
                end = tighter(number for number, _ in bounds)
                keyword = exclusive if (end, exclusive) in bounds else inclusive
                self._put(name, (end, keyword == exclusive), keyword)

    def _collect_lengths(self) -> None:
        for name in MINIMUMS:
            least = self._node.get(name)
            if is_number(least) and least > 0:
                self._put(name, least)
        for name in MAXIMUMS:
            most = self._node.get(name)
            if is_number(most) and most < _SAFE_INTEGER:
                self._put(name, most)

    def _collect_text(self) -> None:
        node = self._node
        for name in ("format", "contentMediaType", "contentEncoding"):
            if isinstance(node.get(name), str):
                self._put(name, node[name])
        if isinstance(node.get("pattern"), str):
            self._put("pattern", (node["pattern"],))
        if is_number(node.get("multipleOf")):
            self._put("multipleOf", node["multipleOf"])
        if "contentSchema" in node:
            at = join(self._at, "contentSchema")
            self._put("contentSchema", ((node["contentSchema"], at),), "content")

    def _collect_properties(self) -> None:
        node = self._node
        for name, keyword in (("properties", "properties"), ("patterns", "patternProperties")):
            children = {
                str(child_name): ((child, join(self._at, keyword, child_name)),)
                for child_name, child in as_object(node.get(keyword)).items()
            }
            if children:
                self._put(name, children, keyword)
        required = [str(name) for name in as_list(node.get("required"))]
        if required:
            self._put("required", dict.fromkeys(required, join(self._at, "required")))
        for keyword in ("unevaluatedProperties", "additionalProperties"):
            value = node.get(keyword)
            if value is False:
                self._put("additional", False, keyword)
            elif value and value is not True:
                self._put("additional", ((value, join(self._at, keyword)),), keyword)
        names = node.get("propertyNames")
        if self._inline(names) not in _ANY_NAME:
            self._put("names", ((names, join(self._at, "propertyNames")),), "propertyNames")

    def _collect_items(self) -> None:
        node = self._node
        if node.get("uniqueItems") is True:
            self._put("uniqueItems", True)
        if node.get("items") not in (None, True, {}):
            self._put("items", ((node["items"], join(self._at, "items")),))
        if is_list(node.get("prefixItems")):
            rows = [
                ((child, join(self._at, "prefixItems", index)),)
                for index, child in enumerate(node["prefixItems"])
            ]
            self._put("prefixItems", rows)

    def _collect_opaque(self) -> None:
        opaque = {
            group[0]: self._inline({name: self._node[name] for name in group if name in self._node})
            for group in _OPAQUE
            if group[0] in self._node
        }
        if opaque:
            self._put("opaque", opaque, next(iter(opaque)))


def is_number(value: Any) -> TypeGuard[int | float]:
    """Return whether a value is a finite JSON number."""
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)
