"""The requirements and deviations of a contract, each shown at one place of the page."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from pollinations_conformance.contract import Contract, Deviation, Requirement
from pollinations_conformance.http.json import as_list, as_object
from pollinations_conformance.reference.prose import Json, Prose, anchor
from pollinations_conformance.reference.views import ClausesView, DeviationView, RequirementView


class Clauses:
    """Makes the views of requirements and deviations, and keeps account of those that were shown.

    Args:
        contract: that has them.
        prose: renders its texts.
    """

    def __init__(self, contract: Contract, prose: Prose) -> None:
        self._prose = prose
        self.requirements = contract.requirements
        self.deviations = {deviation.id: deviation for deviation in contract.deviations}
        self._shown: set[str] = set()  # ids and, of deviations, anchors

    def of(self, node: Json, own: bool = True) -> ClausesView:
        """Return the view of the clauses that are attached to a node.

        Args:
            node: of the contract.
            own: whether this is their place; otherwise they are only linked to.
        """
        wanted = [
            self.requirements[name]
            for entry in as_list(node.get("x-requirements"))
            if (name := str(as_object(entry).get("id"))) in self.requirements
        ]
        differing = [
            self.deviations[name]
            for entry in as_list(node.get("x-deviations"))
            if (name := str(as_object(entry).get("id"))) in self.deviations
        ]
        places = [(item.id, item.id) for item in wanted]
        places += [(anchor("deviation", item.id), item.id) for item in differing]
        if not own or self._shown.issuperset(place for place, _ in places):
            return ClausesView(links=places)
        return self._view(wanted, differing)

    def rest(self) -> ClausesView:
        """Return the view of those that were not shown yet."""
        return self._view(
            [item for item in self.requirements.values() if item.id not in self._shown],
            [
                item
                for item in self.deviations.values()
                if anchor("deviation", item.id) not in self._shown
            ],
        )

    def _view(
        self, requirements: Iterable[Requirement], deviations: Iterable[Deviation]
    ) -> ClausesView:
        view = ClausesView(
            [self._requirement(item) for item in requirements],
            [self._deviation(item) for item in deviations],
        )
        self._shown |= {item.id for item in view.requirements}
        self._shown |= {item.anchor for item in view.deviations}
        return view

    def _requirement(self, item: Requirement) -> RequirementView:
        return RequirementView(
            id=item.id,
            text=self._prose.sentence(item.text),
            level=item.level,
            origin=item.origin,
            evidence=evidence(item.evidence),
            hidden="" if item.observable else item.why,
        )

    def _deviation(self, item: Deviation) -> DeviationView:
        return DeviationView(
            id=item.id,
            anchor=anchor("deviation", item.id),
            documented=self._prose.sentence(item.documented),
            observed=self._prose.sentence(item.observed),
            contract=self._prose.sentence(item.contract),
            where=item.where,
            when=item.when,
        )


def evidence(entries: Iterable[Mapping[str, Any]]) -> str:
    """Return where something is known from."""
    return "; ".join(
        ", ".join(str(entry[name]) for name in ("source", "ref", "date") if name in entry)
        for entry in entries
    )
