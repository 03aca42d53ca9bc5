"""Which requirements no check covers."""

from __future__ import annotations

from pathlib import Path

from pollinations_conformance.contract import load


def uncovered(contract: Path) -> list[str]:
    """Return the ids of the observable requirements that no check and no watch cites.

    Args:
        contract: file of the contract.
    """
    # Late: few of the steps that lead here need the suite.
    from pollinations_conformance.checks import every
    from pollinations_conformance.suite.registry import WATCHES

    covered = {name for check in every() for name in check.requirements}
    covered |= {watch.requirement for watch in WATCHES.values()}
    found = load(contract).requirements.values()
    return [item.id for item in found if item.observable and item.id not in covered]
