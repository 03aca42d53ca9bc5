"""Values of one JSON type, and what several of them allow together or instead of each other."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from pollinations_conformance.drift.values import Json, canonical
from pollinations_conformance.http.json import as_object

Ref = tuple[tuple[Any, str], ...]  # schemas that hold together, each with its JSON pointer

ASSERTED = frozenset(
    [
        "date-time",
        "date",
        "time",
        "duration",
        "email",
        "idn-email",
        "hostname",
        "idn-hostname",
        "ipv4",
        "ipv6",
        "uri",
        "uri-reference",
        "iri",
        "iri-reference",
        "uri-template",
        "uuid",
        "regex",
        "json-pointer",
        "relative-json-pointer",
    ]
)
KEYWORDS_OF_TYPE: Mapping[str, frozenset[str]] = {
    "string": frozenset(
        [
            "minLength",
            "maxLength",
            "pattern",
            "format",
            "contentMediaType",
            "contentEncoding",
            "contentSchema",
        ]
    ),
    "number": frozenset(["lower", "upper", "multipleOf", "format"]),
    "array": frozenset(["items", "prefixItems", "minItems", "maxItems", "uniqueItems"]),
    "object": frozenset(
        [
            "properties",
            "required",
            "additional",
            "patterns",
            "names",
            "minProperties",
            "maxProperties",
        ]
    ),
}
MINIMUMS = ("minLength", "minItems", "minProperties")
MAXIMUMS = ("maxLength", "maxItems", "maxProperties")


@dataclass(slots=True)
class Alternative:
    """Values of one JSON type; `type` is also "any", or "bytes" for a file."""

    type: str
    keywords: Json
    at: str
    where: dict[str, str] = field(default_factory=dict[str, str])

    @property
    def unconstrained(self) -> bool:
        """Return whether any value fits."""
        return self.type == "any" and not self.keywords

    def place(self, word: str) -> str:
        """Return the JSON pointer of a keyword, or else of the schema."""
        return self.where.get(word, self.at)

    def constants(self) -> Json:
        """Return the properties that can have a single value only."""
        return {
            name: value
            for name, value in as_object(self.keywords.get("constants")).items()
            if not isinstance(value, (dict, list))
        }


@dataclass(slots=True)
class Shape:
    """A schema in its one form."""

    alternatives: list[Alternative]
    nullable: bool
    notes: Json
    at: str
    unknown: bool = False  # a reference in it leads nowhere

    @property
    def unconstrained(self) -> bool:
        """Return whether any value at all fits."""
        return any(alternative.unconstrained for alternative in self.alternatives)

    @property
    def types(self) -> frozenset[str]:
        """The JSON types that fit."""
        return frozenset(
            [
                *(alternative.type for alternative in self.alternatives),
                *(["null"] if self.nullable else []),
            ]
        )


def bounds_schema(keywords: Json) -> Json:
    """Write the bounds of a number as JSON Schema."""
    found: Json = {}
    for word, plain, strict in (
        ("lower", "minimum", "exclusiveMinimum"),
        ("upper", "maximum", "exclusiveMaximum"),
    ):
        if word in keywords:
            end, exclusive = keywords[word]
            found[strict if exclusive else plain] = end
    return found


def whole_bounds(alternative: Alternative) -> Alternative:
    """Return an alternative with the bounds that it has for whole numbers."""
    keywords = dict(alternative.keywords)
    round_bounds(keywords)
    return replace(alternative, keywords=keywords)


def round_bounds(keywords: Json) -> None:
    """For an integer, `> 0` is `>= 1`."""
    for word, step, rounding in (("lower", 1, math.ceil), ("upper", -1, math.floor)):
        if word in keywords:
            end, exclusive = keywords[word]
            whole = rounding(end)
            keywords[word] = (whole + step if exclusive and whole == end else whole, False)


def intersect(
    one: tuple[list[Alternative], bool], other: tuple[list[Alternative], bool]
) -> tuple[list[Alternative], bool]:
    """Intersect two sets of alternatives."""
    found: list[Alternative] = []
    for a in one[0]:
        for b in other[0]:
            kinds = {a.type, b.type}
            if a.type == b.type or b.type == "any":
                kind = a.type
            elif a.type == "any":
                kind = b.type
            elif kinds == {"integer", "number"}:
                kind = "integer"
            elif kinds == {"bytes", "string"}:
                kind = "bytes"
            else:
                continue
            keywords = _merge(a.keywords, b.keywords)
            if keywords.get("enum") == []:
                continue
            at = b.at if a.unconstrained or (not a.keywords and b.keywords) else a.at
            found.append(Alternative(kind, keywords, at, {**b.where, **a.where}))
    return found, one[1] and other[1]


def _merge(a: Json, b: Json) -> Json:
    if not a or not b:
        return a or b
    merged = {**a, **b}
    for word in a.keys() & b.keys():
        x, y = a[word], b[word]
        if word == "enum":
            members = {canonical(value) for value in y}
            merged[word] = [value for value in x if canonical(value) in members]
        elif word == "lower":
            merged[word] = max(x, y)
        elif word == "upper":
            merged[word] = min(x, y, key=lambda bound: (bound[0], not bound[1]))
        elif word in MINIMUMS:
            merged[word] = max(x, y)
        elif word in MAXIMUMS:
            merged[word] = min(x, y)
        elif word == "pattern":
            merged[word] = tuple(sorted({*x, *y}))
        elif word in ("properties", "patterns"):
            merged[word] = {name: _conjoin(x.get(name, ()), y.get(name, ())) for name in [*x, *y]}
        elif word == "required":
            merged[word] = {**y, **x}
        elif word in ("additional", "items", "names", "contentSchema"):
            merged[word] = False if x is False or y is False else _conjoin(x, y)
        elif word in ("opaque", "constants"):
            merged[word] = {**x, **y}
    return merged


def _conjoin(x: Ref, y: Ref) -> Ref:
    return x + tuple(entry for entry in y if entry[1] not in {at for _, at in x})


def simplify(alternatives: list[Alternative]) -> list[Alternative]:
    """Drop what another alternative contains anyway, and put enumerations of one type together."""
    for alternative in alternatives:
        if alternative.unconstrained:
            return [alternative]
    plain = {alternative.type for alternative in alternatives if not alternative.keywords}
    if "number" in plain:
        alternatives = [
            alternative for alternative in alternatives if alternative.type != "integer"
        ]
    scalars = plain & {"string", "number", "integer", "boolean", "bytes"}
    kept: list[Alternative] = []
    enums: dict[str, Alternative] = {}
    for alternative in alternatives:
        if alternative.type in scalars:
            if any(other.type == alternative.type and not other.keywords for other in kept):
                continue
            if alternative.keywords:
                continue
        if set(alternative.keywords) <= {"enum", "snapshot"} and "enum" in alternative.keywords:
            if alternative.type in enums:
                into = enums[alternative.type]
                have = {canonical(value) for value in into.keywords["enum"]}
                more = [
                    value for value in alternative.keywords["enum"] if canonical(value) not in have
                ]
                into.keywords = {
                    **alternative.keywords,
                    **into.keywords,
                    "enum": into.keywords["enum"] + more,
                }
                continue
            alternative = replace(alternative)
            enums[alternative.type] = alternative
        kept.append(alternative)
    for alternative in kept:
        if alternative.type == "boolean" and len(alternative.keywords.get("enum", ())) == 2:
            alternative.keywords = {}
    return kept
