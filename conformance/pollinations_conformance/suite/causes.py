"""Attribute failures to their cause: a check that assumes a requirement that fails is not tested.

A check says with `assumes` which requirements it takes for granted, beside those that it tries out
with `need` and with control requests. Where it fails and one of them fails as well, it is that
failure which the check has met: if responses to its own requests violate the assumed requirement by
themselves, or if another check has found the failure with requests of an operation that this check
uses too. A failure of anything else is not touched.
"""

import fnmatch
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pollinations_conformance.suite.registry import REGISTRY, WATCHES


@dataclass(frozen=True)
class Failure:
    """A check, a watch or a validated response that failed.

    Args:
        check: its name.
        requirements: that it is about.
        operations: operationIds of all its requests.
        violated: requirements that responses to its requests violate by themselves.
    """

    check: str
    requirements: tuple[str, ...]
    operations: frozenset[str]
    violated: frozenset[str]

    @property
    def assumed(self) -> tuple[str, ...]:
        """Patterns of the requirements that it takes for granted, as the watches of the same do."""
        registered = REGISTRY.get(self.check)
        if registered is None:
            return ()
        watches = (item for item in WATCHES.values() if item.requirement in self.requirements)
        return (*registered.assumes, *(name for item in watches for name in item.assumes))


def attribute(failures: Sequence[Failure]) -> dict[int, str]:
    """Return by the place of a failure the requirement that it is attributed to instead of its own."""
    causes: dict[int, str] = {}
    visited: set[int] = set()
    pending: set[int] = set()

    def visit(place: int) -> None:
        if place in visited:
            return
        visited.add(place)
        pending.add(place)
        for other in _explaining(failures, place):
            visit(other)
            if other in pending:
                continue  # it is explained by this one, which then is the cause
            names = failures[other].requirements
            causes[place] = causes.get(other) or next(
                name for name in names if is_assumed(name, failures[place].assumed)
            )
            break
        pending.discard(place)

    for place in range(len(failures)):
        visit(place)
    return causes


def _explaining(failures: Sequence[Failure], place: int) -> Iterable[int]:
    """Yield the failures that may explain the one at a place."""
    failure = failures[place]
    if not failure.assumed:
        return
    for other, cause in enumerate(failures):
        names = [name for name in cause.requirements if is_assumed(name, failure.assumed)]
        if other == place or not names or set(names) & set(failure.requirements):
            continue
        written = cause.check in REGISTRY
        if set(names) & failure.violated or (written and cause.operations & failure.operations):
            yield other


def is_assumed(requirement: str, patterns: Iterable[str]) -> bool:
    """Return whether a requirement is among those that patterns name."""
    return any(fnmatch.fnmatchcase(requirement, pattern) for pattern in patterns)
