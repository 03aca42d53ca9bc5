"""Compare the constraints of two alternatives: enumerations, ranges, lengths, patterns, formats."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import Any

from pollinations_conformance.drift.compare.findings import (
    ABSENT,
    Direction,
    Finding,
    Probe,
    make_finding,
    make_schema_finding,
)
from pollinations_conformance.drift.schema.alternatives import (
    ASSERTED,
    MAXIMUMS,
    MINIMUMS,
    Alternative,
    bounds_schema,
)
from pollinations_conformance.drift.values import canonical


def compare_enums(a: Alternative, b: Alternative, direction: Direction) -> Iterator[Finding]:
    """Compare the enumerations of two alternatives."""
    one, other = a.keywords.get("enum"), b.keywords.get("enum")
    if one is None and other is None:
        return
    places = (a.place("enum"), b.place("enum"))
    schemas = [True if values is None else {"enum": values} for values in (one, other)]
    probe = Probe("value", *schemas)
    if one is None or other is None:
        texts = [
            f"any {alternative.type}" if values is None else members(values)
            for alternative, values in ((a, one), (b, other))
        ]
        more = (one is None, other is None and not a.keywords.get("snapshot"))
        yield make_schema_finding(direction, "enum", places, (texts[0], texts[1]), more, probe)
        return
    sets = [{canonical(value) for value in values} for values in (one, other)]
    extra = [
        [value for value in values if canonical(value) not in known]
        for values, known in ((one, sets[1]), (other, sets[0]))
    ]
    if not extra[0] and not extra[1]:
        return
    if len(one) == 1 and len(other) == 1:
        texts = [members(one), members(other)]
    else:
        texts = [
            f"also {members(extra[0])}" if extra[0] else "does not have those of theirs",
            f"also {members(extra[1])}" if extra[1] else "does not have those of ours",
        ]
    # What is only a snapshot of a list may have grown in the meantime.
    more = (bool(extra[0]), bool(extra[1]) and not a.keywords.get("snapshot"))
    yield make_schema_finding(direction, "enum", places, (texts[0], texts[1]), more, probe)


def compare_limits(a: Alternative, b: Alternative, direction: Direction) -> Iterator[Finding]:
    """Compare the bounds, lengths, patterns and formats of two alternatives."""
    for word, sign in (("lower", 1), ("upper", -1)):
        one, other = a.keywords.get(word), b.keywords.get(word)
        if one == other:
            continue
        keys = [
            (-math.inf, False) if bound is None else (sign * bound[0], bound[1])
            for bound in (one, other)
        ]
        schemas = [bounds_schema({word: bound} if bound else {}) for bound in (one, other)]
        more = (keys[0] < keys[1], keys[1] < keys[0])
        yield _differ(a, b, direction, "range", word, more, (schemas[0], schemas[1]))
    yield from _lengths(a, b, direction)
    for word in ("multipleOf", "uniqueItems", "pattern", "format"):
        one, other = a.keywords.get(word), b.keywords.get(word)
        if word == "format":
            one, other = (value if value in ASSERTED else None for value in (one, other))
            if one is None and other is None:
                yield from _loose_format(a, b)
        if one == other:
            continue
        more = (one is None or other is not None, other is None or one is not None)
        if word == "multipleOf" and one and other:
            times = Fraction(str(one)) / Fraction(str(other))
            more = (times.denominator != 1, times.numerator != 1)
        schemas = [_simple_schema(word, value) for value in (one, other)]
        yield _differ(a, b, direction, word, word, more, (schemas[0], schemas[1]))


def _lengths(a: Alternative, b: Alternative, direction: Direction) -> Iterator[Finding]:
    for word in (*MINIMUMS, *MAXIMUMS):
        default = 0 if word in MINIMUMS else math.inf
        one, other = (alternative.keywords.get(word, default) for alternative in (a, b))
        if one == other:
            continue
        wide = one < other if word in MINIMUMS else one > other
        schemas = [
            {word: alternative.keywords[word]} if word in alternative.keywords else {}
            for alternative in (a, b)
        ]
        yield _differ(a, b, direction, "length", word, (wide, not wide), (schemas[0], schemas[1]))


def _differ(
    a: Alternative,
    b: Alternative,
    direction: Direction,
    kind: str,
    word: str,
    more: tuple[bool, bool],
    schemas: tuple[Any, Any],
) -> Finding:
    texts = [limit(word, alternative.keywords.get(word)) for alternative in (a, b)]
    places = (a.place(word), b.place(word))
    probe = Probe("value", *schemas)
    return make_schema_finding(direction, kind, places, (texts[0], texts[1]), more, probe)


def _loose_format(a: Alternative, b: Alternative) -> Iterator[Finding]:
    texts = [
        str(
            alternative.keywords.get("format", "")
            or alternative.keywords.get("contentEncoding", "")
        )
        for alternative in (a, b)
    ]
    texts = ["base64" if text == "byte" else text for text in texts]
    if texts[0] != texts[1]:
        yield make_finding(
            "format",
            a.place("format"),
            b.place("format"),
            texts[0] or "no format",
            texts[1] or "no format",
            documentation=True,
        )


def compare_opaque(a: Alternative, b: Alternative, direction: Direction) -> Iterator[Finding]:
    """Compare what is compared by its text only, such as `not` and `if`."""
    for word in sorted({*a.keywords.get("opaque", {}), *b.keywords.get("opaque", {})}):
        values = [alternative.keywords.get("opaque", {}).get(word) for alternative in (a, b)]
        texts = [canonical(value) if value is not None else "" for value in values]
        if texts[0] != texts[1]:
            yield make_schema_finding(
                direction,
                word,
                (a.at, b.at),
                (texts[0] or ABSENT, texts[1] or ABSENT),
                (not texts[0] or bool(texts[1]), not texts[1] or bool(texts[0])),
                Probe(""),
            )


def members(values: Sequence[Any]) -> str:
    """Return the values of an enumeration as text."""
    return ", ".join(canonical(value) for value in values)


def limit(word: str, value: Any) -> str:
    """Return a constraint as text."""
    if value is None or value is False:
        return f"no {word}" if word not in ("lower", "upper") else f"no {word} bound"
    if word in ("lower", "upper"):
        sign = (">" if word == "lower" else "<") + ("" if value[1] else "=")
        return f"{sign} {canonical(value[0])}"
    if word == "pattern":
        return " and ".join(f"/{text}/" for text in value)
    return f"{word} {canonical(value)}"


def _simple_schema(word: str, value: Any) -> Any:
    if value is None:
        return True
    if word == "pattern":
        return {"allOf": [{"pattern": text} for text in value]}
    return {word: value}
