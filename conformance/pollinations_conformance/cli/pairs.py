"""Two defects at once: neither may hide the other."""

import random
from dataclasses import dataclass

from pollinations_conformance.cli.effects import effects
from pollinations_conformance.server.defects import DEFECTS


@dataclass(frozen=True)
class Pair:
    """What came of two defects at once.

    Args:
        defects: their names.
        hidden: requirements of theirs that were not reported as failing, with what was reported.
    """

    defects: tuple[str, str]
    hidden: dict[str, str]


def choose(count: int, seed: int) -> list[tuple[str, str]]:
    """Return pairs of defects of different parts of the contract, each defect once.

    Args:
        count: how many pairs.
        seed: chooses them.
    """
    names = random.Random(seed).sample(sorted(DEFECTS), len(DEFECTS))
    pairs: list[tuple[str, str]] = []
    while names and len(pairs) < count:
        first = names.pop()
        other = next((name for name in names if part_of(name) != part_of(first)), None)
        if other is not None:
            names.remove(other)
            pairs.append((first, other))
    return pairs


def part_of(defect: str) -> str:
    """Return the part of the contract that a defect violates: its requirement without the number."""
    return DEFECTS[defect].requirement.rpartition("-")[0]


def meet_pair(defects: tuple[str, str], seed: int = 1) -> Pair:
    """Run the suite against the server with two defects.

    Args:
        defects: their names.
        seed: of server and run.
    """
    found = effects(*defects, seed=seed)
    wanted = [DEFECTS[name].requirement for name in defects]
    hidden = {
        name: found.untested.get(name, "it is reported as passing")
        for name in wanted
        if name not in found.failed
    }
    return Pair(defects, hidden)
