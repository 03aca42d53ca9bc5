"""Decide which requirement a bad value violates."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from pollinations_conformance.contract.document import Document
from pollinations_conformance.contract.model import Requirement
from pollinations_conformance.http.json import as_list


class Attribution:
    """The requirements of a contract by the place they are attached to."""

    def __init__(self, document: Document, requirements: Iterable[Requirement]) -> None:
        self._document = document
        self._attached: dict[str, list[Requirement]] = {}
        for requirement in requirements:
            self._attached.setdefault(requirement.pointer, []).append(requirement)

    def requirement(self, pointer: str, context: Sequence[str], words: Sequence[str]) -> str | None:
        """Find the clause that a failure at a place breaks, if one is evidently about it."""
        # A clause on refusals speaks of requests, any other one of answers.
        answer = any("/responses/" in outer for outer in context)

        def attached(place: str) -> list[Requirement]:
            found = self._attached.get(place, [])
            return [clause for clause in found if ("refused" in clause.text) != answer]

        place = pointer
        own = True
        while place:
            named = self._named(place)
            if named:
                return named
            clauses = attached(place)
            told = _about(clauses, words)
            if told:
                return told
            if own and len(clauses) == 1:
                return clauses[0].id
            parent = place.rpartition("/")[0]
            # A clause on the node itself needs no word in common; one on an ancestor does.
            own = own and place == pointer
            place = parent
        for outer in context:
            told = self._named(outer) or _about(attached(outer), words)
            if told:
                return told
        return None

    def _named(self, place: str) -> str | None:
        named = self._document.object_at(place).get("x-requirement")
        if isinstance(named, list) and named:
            named = as_list(named)[0]
        return named if isinstance(named, str) else None


def _about(clauses: Sequence[Requirement], words: Sequence[str]) -> str | None:
    for word in reversed(words):
        pattern = re.compile(rf"(?<![\w-]){re.escape(word)}(?![\w-])", re.IGNORECASE)
        for clause in clauses:
            if pattern.search(clause.text):
                return clause.id
    return None
