"""Find out which members of two unions mean the same, and describe schemas for people."""

from __future__ import annotations

from collections.abc import Sequence

from pollinations_conformance.drift.compare.constraints import limit, members
from pollinations_conformance.drift.compare.findings import short
from pollinations_conformance.drift.schema.alternatives import Alternative, Shape
from pollinations_conformance.drift.schema.normalize import Schemas
from pollinations_conformance.drift.values import canonical


def pair_alternatives(
    ours: Sequence[Alternative], theirs: Sequence[Alternative]
) -> tuple[list[tuple[Alternative, Alternative]], list[Alternative], list[Alternative]]:
    """Find out which alternatives of two unions mean the same thing."""
    left, right = list(ours), list(theirs)
    scored: list[tuple[float, int, int]] = []
    for i, a in enumerate(left):
        for j, b in enumerate(right):
            score = _likeness(a, b)
            if score > 0:
                scored.append((-score, i, j))
    scored.sort()
    taken: tuple[set[int], set[int]] = (set(), set())
    pairs: list[tuple[int, int]] = []
    for _, i, j in scored:
        if i not in taken[0] and j not in taken[1]:
            pairs.append((i, j))
            taken[0].add(i)
            taken[1].add(j)
    return (
        [(left[i], right[j]) for i, j in sorted(pairs)],
        [alternative for i, alternative in enumerate(left) if i not in taken[0]],
        [alternative for j, alternative in enumerate(right) if j not in taken[1]],
    )


def _likeness(a: Alternative, b: Alternative) -> float:
    if a.type != b.type:
        return 0.5 if {a.type, b.type} == {"integer", "number"} else 0.0
    if a.type != "object":
        return 1.5 if a.keywords.get("enum") == b.keywords.get("enum") else 1.0
    one, other = a.constants(), b.constants()
    score = 1.0
    for name in one.keys() | other.keys():
        if name in one and name in other:
            if canonical(one[name]) != canonical(other[name]):
                return 0.0
            score += 10
        elif name in a.keywords.get("properties", {}) and name in b.keywords.get("properties", {}):
            return 0.0  # one is the member for a single kind, the other for any kind
    names = set(a.keywords.get("properties", ())), set(b.keywords.get("properties", ()))
    union = names[0] | names[1]
    return score + (len(names[0] & names[1]) / len(union) if union else 1.0)


def describe(shape: Shape, schemas: Schemas) -> str:
    """Describe a schema in a few words."""
    if shape.unconstrained:
        return "anything"
    names = [describe_alternative(alternative, schemas) for alternative in shape.alternatives]
    return " | ".join([*names, *(["null"] if shape.nullable else [])]) or "nothing"


def describe_alternative(alternative: Alternative, schemas: Schemas) -> str:
    """Describe one alternative in a few words."""
    keywords = alternative.keywords
    if "enum" in keywords:
        return short(members(keywords["enum"]), 80)
    if alternative.type == "object":
        constants = ", ".join(
            f"{name}={canonical(v)}" for name, v in alternative.constants().items()
        )
        names = ", ".join(list(keywords.get("properties", ()))[:6])
        return f"object({constants or names})" if constants or names else "object"
    if alternative.type == "array" and "items" in keywords:
        items = schemas.shape(keywords["items"])
        inner = "|".join(sorted(items.types)) if not items.unknown else "unknown"
        return f"array of {inner or 'nothing'}"
    bounds = [limit(word, keywords[word]) for word in ("lower", "upper") if word in keywords]
    return " ".join([alternative.type, *bounds]) if alternative.type != "any" else "anything"
