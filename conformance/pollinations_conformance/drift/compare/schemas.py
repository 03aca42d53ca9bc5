"""Compare schemas in their one form: types, unions, notes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from pollinations_conformance.drift.compare.constraints import (
    compare_enums,
    compare_limits,
    compare_opaque,
)
from pollinations_conformance.drift.compare.findings import (
    CLIENTS,
    SERVERS,
    Direction,
    Finding,
    Nothing,
    Probe,
    compare_texts,
    either,
    make_finding,
    make_schema_finding,
)
from pollinations_conformance.drift.compare.members import MemberComparison
from pollinations_conformance.drift.compare.unions import (
    describe,
    describe_alternative,
    pair_alternatives,
)
from pollinations_conformance.drift.document import Document, DriftError
from pollinations_conformance.drift.schema.alternatives import (
    Alternative,
    Ref,
    Shape,
    whole_bounds,
)
from pollinations_conformance.drift.schema.normalize import Schemas
from pollinations_conformance.drift.values import Json, canonical
from pollinations_conformance.http.pointer import join

MAX_COMPARISONS = 200_000


class SchemaComparison:
    """Comparison of schemas, each pair once.

    Args:
        ours: one document.
        theirs: the other.
    """

    def __init__(self, ours: Document, theirs: Document) -> None:
        self.ours = Schemas(ours)
        self.theirs = Schemas(theirs)
        self._members = MemberComparison(self.ours, self.theirs, self.compare)
        self._known: dict[tuple[Any, ...], tuple[Finding, ...]] = {}
        self._count = 0

    def compare(self, a: Ref, b: Ref, direction: Direction) -> tuple[Finding, ...]:
        """Compare two schemas; the result is kept, and a cycle counts as equal."""
        key = (tuple(at for _, at in a), tuple(at for _, at in b), direction)
        known = self._known.get(key)
        if known is not None:
            return known
        self._known[key] = ()
        self._count += 1
        if self._count > MAX_COMPARISONS:
            raise DriftError(
                f"{self.theirs.document.source}: more than {MAX_COMPARISONS} pairs of schemas "
                "to compare; the documents are too large"
            )
        one, other = self.ours.shape(a), self.theirs.shape(b)
        found: dict[tuple[Any, ...], Finding] = {}
        if not (one.unknown or other.unknown):
            for finding in self._shapes(one, other, direction):
                where = (finding.kind, finding.ours_at, finding.theirs_at)
                found.setdefault((*where, finding.ours, finding.theirs, finding.path), finding)
        self._known[key] = tuple(found.values())
        return self._known[key]

    def _shapes(self, a: Shape, b: Shape, direction: Direction) -> Iterator[Finding]:
        at = (a.at, b.at)
        yield from _compare_notes(a, b, direction)
        if a.unconstrained and b.unconstrained:
            return
        if a.unconstrained or b.unconstrained:
            texts = (describe(a, self.ours), describe(b, self.theirs))
            yield make_schema_finding(
                direction, "type", at, texts, (a.unconstrained, b.unconstrained), self._whole(a, b)
            )
            return
        wide = [
            any(alternative.type == "any" for alternative in shape.alternatives) for shape in (a, b)
        ]
        implied = wide[0] != wide[1] and a.nullable == wide[0]  # that any type fits includes it
        if a.nullable != b.nullable and (a.alternatives or b.alternatives) and not implied:
            not_null = {"not": {"type": "null"}}
            yield make_schema_finding(
                direction,
                "nullable",
                at,
                ("may be null", "never null") if a.nullable else ("never null", "may be null"),
                (a.nullable, b.nullable),
                Probe("value", a.nullable or not_null, b.nullable or not_null),
            )
        if len(a.alternatives) == 1 and len(b.alternatives) == 1:
            yield from self._alternatives(
                a.alternatives[0], b.alternatives[0], direction, guarded=False
            )
            return
        pairs, only_a, only_b = pair_alternatives(a.alternatives, b.alternatives)
        for one, other in pairs:
            rest = [
                alternative
                for alternative in (*a.alternatives, *b.alternatives)
                if alternative is not one and alternative is not other
            ]
            yield from self._alternatives(one, other, direction, guarded=True, rest=rest)
        yield from self._lost(a, b, direction, only_a, only_b, paired=bool(pairs))

    def _lost(
        self,
        a: Shape,
        b: Shape,
        direction: Direction,
        only_a: Sequence[Alternative],
        only_b: Sequence[Alternative],
        paired: bool,
    ) -> Iterator[Finding]:
        """Compare the members of two unions that have no counterpart."""
        groups: list[tuple[bool, bool, list[Alternative]]] = []  # ours, covered, which
        for members, mine in ((only_a, True), (only_b, False)):
            others = b.alternatives if mine else a.alternatives
            kinds: dict[bool, list[Alternative]] = {}
            for member in members:
                covered = any(self._covers(member, other, mine, direction) for other in others)
                kinds.setdefault(covered, []).append(member)
            groups += [(mine, covered, found) for covered, found in kinds.items()]
        if only_a and only_b and not paired and not any(covered for _, covered, _ in groups):
            texts = (describe(a, self.ours), describe(b, self.theirs))
            at = (a.at, b.at)
            yield make_schema_finding(direction, "type", at, texts, (True, True), self._whole(a, b))
            return
        for mine, covered, found in groups:
            schemas = self.ours if mine else self.theirs
            lacking = Nothing(
                "covered by a wider alternative" if covered else "no such alternative"
            )
            here = found[0].at if len(found) == 1 else (a if mine else b).at
            text = " | ".join(describe_alternative(member, schemas) for member in found)
            yield make_schema_finding(
                direction,
                "alternative",
                (here, b.at) if mine else (a.at, here),
                either((text, lacking), mine),
                (not covered and mine, not covered and not mine),
                Probe("") if covered else self._whole(a, b),
            )

    def _whole(self, a: Shape, b: Shape) -> Probe:
        def written(schemas: Schemas, shape: Shape) -> Json:
            branches: list[Json] = [
                schemas.alternative_schema(alternative, 4) for alternative in shape.alternatives
            ]
            return {"anyOf": [*branches, *([{"type": "null"}] if shape.nullable else [])]}

        def some(schemas: Schemas, shape: Shape) -> Any:
            known = written(schemas, shape)
            return known if known["anyOf"] else False

        return Probe("value", some(self.ours, a), some(self.theirs, b))

    def _covers(
        self, alternative: Alternative, other: Alternative, mine: bool, direction: Direction
    ) -> bool:
        if other.type not in (alternative.type, "any") and (alternative.type, other.type) != (
            "integer",
            "number",
        ):
            return False
        if alternative.type == "object" and other.keywords.get("additional") is False:
            names = set(alternative.keywords.get("properties", ()))
            if not names <= set(other.keywords.get("properties", ())):
                return False
        if mine:
            return not any(
                f.ours_more
                for f in self._alternatives(alternative, other, direction, guarded=False)
            )
        return not any(
            f.theirs_more for f in self._alternatives(other, alternative, direction, guarded=False)
        )

    def _alternatives(
        self,
        a: Alternative,
        b: Alternative,
        direction: Direction,
        guarded: bool,
        rest: Sequence[Alternative] = (),
    ) -> Iterator[Finding]:
        found = list(self._pair_of_alternatives(a, b, direction))
        if not guarded:
            yield from found
            return
        kinds = frozenset({a.type, b.type})
        one, other = a.constants(), b.constants()
        same = tuple(
            (name, value)
            for name, value in one.items()
            if name in other and canonical(other[name]) == canonical(value)
        )
        # A value that another member describes by its constants decides nothing about this one.
        elsewhere = tuple(
            tuple(alternative.constants().items())
            for alternative in rest
            if alternative.constants()
        )
        for finding in found:
            yield replace(finding, steps=(("when", (kinds, same, elsewhere)), *finding.steps))

    def _pair_of_alternatives(
        self, a: Alternative, b: Alternative, direction: Direction
    ) -> Iterator[Finding]:
        if a.type != b.type:
            ours_more = a.type == "any" or (a.type, b.type) == ("number", "integer")
            theirs_more = b.type == "any" or (a.type, b.type) == ("integer", "number")
            if not (ours_more or theirs_more):
                ours_more = theirs_more = True
            texts = (describe_alternative(a, self.ours), describe_alternative(b, self.theirs))
            types = [
                True if alternative.type in ("any", "bytes") else {"type": alternative.type}
                for alternative in (a, b)
            ]
            yield make_schema_finding(
                direction,
                "type",
                (a.place("type"), b.place("type")),
                texts if texts[0] != texts[1] else (a.type, b.type),
                (ours_more, theirs_more),
                Probe("value", *types),
            )
            if {a.type, b.type} not in ({"integer", "number"}, {"any", "object"}):
                return
            if "integer" in (a.type, b.type):
                # That whole numbers begin at 1 where numbers begin at 0.25 is no second change.
                a, b = whole_bounds(a), whole_bounds(b)
        yield from compare_enums(a, b, direction)
        yield from compare_limits(a, b, direction)
        yield from self._members.objects(a, b, direction)
        yield from self._members.arrays(a, b, direction)
        yield from self._content(a, b, direction)
        yield from compare_opaque(a, b, direction)

    def _content(self, a: Alternative, b: Alternative, direction: Direction) -> Iterator[Finding]:
        one, other = a.keywords.get("contentSchema"), b.keywords.get("contentSchema")
        if one and other:
            for finding in self.compare(one, other, direction):
                yield replace(finding, steps=(("content", None), *finding.steps))
        elif one or other:
            yield make_schema_finding(
                direction,
                "content",
                (a.place("contentSchema"), b.place("contentSchema")),
                ("JSON inside the text", "any text")
                if one
                else ("any text", "JSON inside the text"),
                (not one, not other),
                Probe(""),
            )


def _compare_notes(a: Shape, b: Shape, direction: Direction) -> Iterator[Finding]:
    one, other = a.notes, b.notes
    yield from compare_texts(
        "description", a.at, b.at, one.get("description"), other.get("description")
    )
    for name in ("deprecated", "readOnly", "writeOnly"):
        if one.get(name) != other.get(name):
            texts = [name if notes.get(name) else f"not {name}" for notes in (one, other)]
            yield make_finding(
                name, a.at, b.at, texts[0], texts[1], documentation=name == "deprecated"
            )
    values = [
        sorted(canonical(value) for value in notes.get("examples", ())) for notes in (one, other)
    ]
    if values[0] != values[1]:
        texts = [", ".join(found) or "none" for found in values]
        yield make_finding("examples", a.at, b.at, texts[0], texts[1], documentation=True)
    defaults = [canonical(n["default"]) if "default" in n else None for n in (one, other)]
    if defaults[0] != defaults[1]:
        both = None not in defaults
        request = direction == "request"
        harms = frozenset({CLIENTS, SERVERS}) if both and request else frozenset[str]()
        texts = ["no default" if text is None else f"default {text}" for text in defaults]
        places = [
            join(shape.at, "default") if text is not None else shape.at
            for shape, text in ((a, defaults[0]), (b, defaults[1]))
        ]
        yield make_finding(
            "default",
            places[0],
            places[1],
            texts[0],
            texts[1],
            harms,
            documentation=not request,
        )
