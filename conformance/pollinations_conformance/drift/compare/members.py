"""Compare what objects and arrays contain: properties, further names, items."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from pollinations_conformance.drift.compare.findings import (
    ABSENT,
    CLIENTS,
    Direction,
    Finding,
    Nothing,
    Probe,
    Step,
    either,
    make_schema_finding,
)
from pollinations_conformance.drift.compare.unions import describe
from pollinations_conformance.drift.schema.alternatives import Alternative, Ref
from pollinations_conformance.drift.schema.normalize import Schemas
from pollinations_conformance.drift.values import Json, canonical
from pollinations_conformance.http.pointer import join

_LEFT_OUT: Mapping[Direction, str] = {"request": "readOnly", "response": "writeOnly"}
_NOTES = frozenset({"readOnly", "writeOnly", "deprecated", "description", "examples"})


class MemberComparison:
    """Comparison of the members of objects and arrays.

    Args:
        ours: the schemas of one document.
        theirs: those of the other.
        compare: compares two schemas.
    """

    def __init__(
        self,
        ours: Schemas,
        theirs: Schemas,
        compare: Callable[[Ref, Ref, Direction], tuple[Finding, ...]],
    ) -> None:
        self.ours = ours
        self.theirs = theirs
        self._compare = compare

    def objects(self, a: Alternative, b: Alternative, direction: Direction) -> Iterator[Finding]:
        """Compare the properties of two objects."""
        one: dict[str, Ref] = a.keywords.get("properties", {})
        other: dict[str, Ref] = b.keywords.get("properties", {})
        needs = _needs(a, self.ours, direction), _needs(b, self.theirs, direction)
        for name in dict.fromkeys([*one, *other]):
            if name in one and name in other:
                step: Step = ("name", name)
                absent = self._is_absent(one[name], other[name], direction)
                for finding in self._compare(one[name], other[name], direction):
                    if not absent or (finding.kind in _NOTES and not finding.steps):
                        yield replace(finding, steps=(step, *finding.steps))
            else:
                yield from self._property(name, a, b, needs, direction)
        for name in dict.fromkeys([*needs[0], *needs[1]]):
            flags = [name in need for need in needs]
            known = [name in own for own in (one, other)]
            if flags[0] == flags[1] or known[0] != known[1]:
                continue
            schemas = [{"required": [name]} if flag else True for flag in flags]
            found = make_schema_finding(
                direction,
                "required",
                (needs[0].get(name, a.at), needs[1].get(name, b.at)),
                ("required", "optional") if flags[0] else ("optional", "required"),
                (flags[1], flags[0]),
                Probe("parent", *schemas),
            )
            yield replace(found, steps=(("name", name),))
        yield from self._additional(a, b, direction)
        names = [alternative.keywords.get("names") for alternative in (a, b)]
        texts = [canonical([n for n, _ in ref]) if ref else ABSENT for ref in names]
        if texts[0] != texts[1]:
            yield make_schema_finding(
                direction,
                "propertyNames",
                (a.place("names"), b.place("names")),
                (texts[0], texts[1]),
                (not names[0] or bool(names[1]), not names[1] or bool(names[0])),
                Probe(""),
            )

    def _is_absent(self, ours: Ref | None, theirs: Ref | None, direction: Direction) -> bool:
        """Return whether either document leaves a property out of messages of this direction."""
        word = _LEFT_OUT[direction]
        return any(
            ref is not None and bool(schemas.shape(ref).notes.get(word))
            for ref, schemas in ((ours, self.ours), (theirs, self.theirs))
        )

    def _property(
        self,
        name: str,
        a: Alternative,
        b: Alternative,
        needs: tuple[Json, Json],
        direction: Direction,
    ) -> Iterator[Finding]:
        mine = name in a.keywords.get("properties", {})
        holder, lacking = (a, b) if mine else (b, a)
        ref: Ref = holder.keywords["properties"][name]
        rest = lacking.keywords.get("additional")
        flags = [name in need for need in needs]
        if rest and rest is not False and flags[0] == flags[1]:
            # The other document describes this name by its rule for all other names.
            one, other = (ref, rest) if mine else (rest, ref)
            for finding in self._compare(one, other, direction):
                yield replace(finding, steps=(("name", name), *finding.steps))
            return
        absent = self._is_absent(ref if mine else None, None if mine else ref, direction)
        closed = rest is False and not absent
        needed = flags[0 if mine else 1]
        document = self.ours if mine else self.theirs
        shape = document.shape(ref)
        texts = (
            f"{'required' if needed else 'optional'}: {describe(shape, document)}",
            Nothing("absent, and further names are refused") if closed else ABSENT,
        )
        at = ref[0][1]
        places = (at, lacking.at) if mine else (lacking.at, at)
        # One that only the other needs is missing here; one that is refused there must not come.
        more = (closed, needed) if mine else (needed, closed)
        extra = frozenset({CLIENTS} if mine and direction == "request" and not absent else ())
        found = make_schema_finding(
            direction,
            "property",
            places,
            either(texts, mine),
            more,
            Probe("presence", "ours" if mine else "theirs", needed),
            extra,
        )
        yield replace(found, steps=(("name", name),))

    def _additional(
        self, a: Alternative, b: Alternative, direction: Direction
    ) -> Iterator[Finding]:
        one, other = (
            None if rest and document.shape(rest).unconstrained else rest
            for rest, document in (
                (a.keywords.get("additional"), self.ours),
                (b.keywords.get("additional"), self.theirs),
            )
        )
        known = frozenset([*a.keywords.get("properties", {}), *b.keywords.get("properties", {})])
        if one and other:
            for finding in self._compare(one, other, direction):
                yield replace(finding, steps=(("rest", known), *finding.steps))
        elif one != other and (a.type == b.type or "any" in (a.type, b.type)):
            texts = [
                "any"
                if rest is None
                else "none"
                if rest is False
                else describe(document.shape(rest), document)
                for rest, document in ((one, self.ours), (other, self.theirs))
            ]
            ranks = [2 if rest is None else 0 if rest is False else 1 for rest in (one, other)]
            schemas: list[Any] = []
            for alternative, rest, document in ((a, one, self.ours), (b, other, self.theirs)):
                plain = True if rest is None else rest and document.schema(rest, 3)
                names = dict.fromkeys(alternative.keywords.get("properties", {}), True)
                schemas.append({"properties": names, "additionalProperties": plain})
            if any("patterns" in alternative.keywords for alternative in (a, b)):
                schemas = [True, True]
            yield make_schema_finding(
                direction,
                "additionalProperties",
                (a.place("additional"), b.place("additional")),
                (f"further names: {texts[0]}", f"further names: {texts[1]}"),
                (ranks[0] > ranks[1], ranks[1] > ranks[0]),
                Probe("value", *schemas),
            )
        patterns = [alternative.keywords.get("patterns", {}) for alternative in (a, b)]
        for text in dict.fromkeys([*patterns[0], *patterns[1]]):
            pair: list[Ref] = [
                own.get(text)
                or rest
                or ((rest is None, join(alternative.at, "patternProperties", text)),)
                for own, alternative, rest in zip(patterns, (a, b), (one, other), strict=True)
            ]
            for finding in self._compare(pair[0], pair[1], direction):
                yield replace(finding, steps=(("rest", known), *finding.steps), probe=Probe(""))

    def arrays(self, a: Alternative, b: Alternative, direction: Direction) -> Iterator[Finding]:
        """Compare the items of two arrays."""
        rows: list[list[Ref]] = [
            alternative.keywords.get("prefixItems", []) for alternative in (a, b)
        ]
        anything: list[Ref] = [
            alternative.keywords.get("items", ((True, join(alternative.at, "items")),))
            for alternative in (a, b)
        ]
        for index in range(max(map(len, rows))):
            one, other = (
                row[index] if index < len(row) else rest
                for row, rest in zip(rows, anything, strict=True)
            )
            for finding in self._compare(one, other, direction):
                yield replace(finding, steps=(("index", index), *finding.steps))
        if "items" in a.keywords or "items" in b.keywords:
            for finding in self._compare(anything[0], anything[1], direction):
                yield replace(finding, steps=(("each", len(rows[0])), *finding.steps))


def _needs(alternative: Alternative, schemas: Schemas, direction: Direction) -> Json:
    """Return the names an object needs in a message: one that is read only is not sent."""
    word = _LEFT_OUT[direction]
    own: dict[str, Ref] = alternative.keywords.get("properties", {})
    return {
        name: at
        for name, at in alternative.keywords.get("required", {}).items()
        if name not in own or not schemas.shape(own[name]).notes.get(word)
    }
