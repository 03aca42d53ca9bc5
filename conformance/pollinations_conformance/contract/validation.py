"""Validate values by the schemas of a contract; what is wrong becomes violations."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pollinations_conformance.contract.attribution import Attribution
from pollinations_conformance.contract.document import Document
from pollinations_conformance.contract.failures import Failure, find_failures
from pollinations_conformance.contract.messages import message, path_text
from pollinations_conformance.contract.model import Violation
from pollinations_conformance.contract.schemas import Schemas

_KINDS = {
    "required": "missing",
    "minimum": "range",
    "maximum": "range",
    "exclusiveMinimum": "range",
    "exclusiveMaximum": "range",
    "multipleOf": "range",
    "minLength": "length",
    "maxLength": "length",
    "minItems": "length",
    "maxItems": "length",
    "const": "enum",
    "additionalProperties": "unknown",
}


class Validation:
    """The schemas of a contract, and which requirement a failure violates."""

    def __init__(self, document: Document, schemas: Schemas, attribution: Attribution) -> None:
        self.document = document
        self.schemas = schemas
        self.attribution = attribution

    def violations(
        self, pointer: str, value: Any, where: str = "body", outwards: Sequence[str] = ()
    ) -> list[Violation]:
        """Validate a value by the schema at a pointer.

        Args:
            pointer: JSON pointer to the schema.
            value: any JSON value.
            where: what the value is called in the violations.
            outwards: pointers of the places around the schema, nearest first.

        Returns:
            The first few violations; none if the value fits.
        """
        try:
            failures = find_failures(self.schemas, pointer, value)
        except (ValueError, RecursionError) as problem:
            detail = f"not checkable: {str(problem).splitlines()[0][:120]}"
            return [
                self.violation(where, "Invalid input", pointer, "uncheckable", outwards, detail)
            ]
        enumerated = {f.path for f in failures if f.keyword in ("enum", "const")}
        found: dict[tuple[str, str, str], Violation] = {}
        for failure in failures:
            if failure.keyword == "type" and failure.path in enumerated:
                continue  # the service names the options only
            violation = self._explain(failure, where, outwards)
            found.setdefault((violation.where, violation.message, violation.pointer), violation)
        return list(found.values())

    def violation(
        self,
        where: str,
        text: str,
        pointer: str,
        kind: str,
        outwards: Sequence[str] = (),
        detail: str = "",
        name: str = "",
        requirement_of: str = "",
    ) -> Violation:
        """Return a violation, attributed to the requirement that it violates.

        Args:
            where: what the value is called.
            text: what is wrong.
            pointer: the place that describes the value.
            kind: a word for what is wrong.
            outwards: pointers of the places around it, nearest first.
            detail: more about it.
            name: the top-level name; empty when the whole is meant.
            requirement_of: a kind that may have the same requirement everywhere.
        """
        requirement = self.attribution.requirement(pointer, outwards, requirement_of)
        return Violation(where, name, text, pointer, requirement, kind, detail)

    def _explain(self, failure: Failure, where: str, outwards: Sequence[str]) -> Violation:
        detail = ""
        # `X or null` is how the contract says nullable: what is wrong with X is the message.
        while failure.branches:
            kept = [branch for branch in failure.branches if not _is_null_branch(branch)]
            if len(kept) == 1 and len(kept) < len(failure.branches) and kept[0]:
                failure = _closest(kept)
                continue
            if any(kept or failure.branches):
                inner = _closest(kept or failure.branches)
                while any(inner.branches):
                    inner = _closest(inner.branches)
                inside = [*inner.path[len(failure.path) :], *_missing(inner)]
                said = message(self.document, inner)
                detail = f"{path_text(inside).lstrip('.') or 'value'}: {said}"
            break
        path = [*failure.path, *_missing(failure)]
        pointer = failure.place.pointer
        place = pointer
        if failure.keyword == "required":
            place = self.attribution.member(pointer.rpartition("/")[0], failure.names[0])
        return Violation(
            where + path_text(path),
            str(path[0]) if path and isinstance(path[0], str) else "",
            message(self.document, failure),
            pointer,
            self.attribution.requirement(place, (*failure.place.through, *outwards)),
            _KINDS.get(failure.keyword, failure.keyword),
            detail,
        )


def _missing(failure: Failure) -> tuple[str, ...]:
    """Return the name that is missing, as the end of a path."""
    return failure.names if failure.keyword == "required" else ()


def _is_null_branch(branch: Sequence[Failure]) -> bool:
    return bool(branch) and all(
        failure.keyword == "type" and failure.limit in ("null", ["null"]) for failure in branch
    )


def _closest(branches: Sequence[Sequence[Failure]]) -> Failure:
    """Choose the failure of the alternative that was probably meant.

    An alternative that fails on a `const` or on its type was probably not; of the others the one
    that got furthest into the value.
    """

    def weight(failure: Failure) -> int:
        inner = [branch for branch in failure.branches if branch]
        if inner:
            return min(sum(map(weight, branch)) for branch in inner)
        return int(failure.keyword in ("const", "type", "enum"))

    def rank(branch: Sequence[Failure]) -> tuple[int, int, int]:
        depth = max((len(failure.path) for failure in branch), default=0)
        return sum(map(weight, branch)), -depth, len(branch)

    best = min((branch for branch in branches if branch), key=rank)
    return max(best, key=lambda failure: len(failure.path))
