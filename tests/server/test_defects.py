"""Each defect is one that a client can see, and breaks a requirement of the contract."""

import asyncio
import functools
from typing import Any

import pytest

from pollinations_conformance import contract
from pollinations_conformance.server import create_app
from pollinations_conformance.server.defects import DEFECTS
from tests.server.tour import NOW, STOPS, tour


async def brief(seconds: float) -> None:
    """Sleep for a moment, whatever a server would wait."""
    await asyncio.sleep(min(seconds, 0.01))


def seen(requirement: str, *defects: str, expected: list[Any] | None = None) -> list[Any]:
    app = create_app(clock=lambda: NOW, sleep=brief, defects=defects)
    return asyncio.run(tour(app, requirement, expected))


@functools.cache
def honest(prefix: str) -> list[Any]:
    return seen(prefix)


def stop_of(requirement: str) -> str:
    return max((prefix for prefix in STOPS if requirement.startswith(prefix)), key=len)


@pytest.mark.parametrize("prefix", sorted(STOPS))
def test_two_honest_servers_of_one_seed_respond_alike(prefix: str) -> None:
    assert seen(prefix) == honest(prefix)


@pytest.mark.parametrize("name", sorted(DEFECTS))
def test_a_defect_changes_what_a_client_sees(name: str) -> None:
    requirement = DEFECTS[name].requirement
    expected = honest(stop_of(requirement))
    assert seen(requirement, name, expected=expected) != expected


def test_every_observable_requirement_has_a_defect_and_no_defect_is_without_one() -> None:
    known = contract.load().requirements
    broken = {defect.requirement for defect in DEFECTS.values()}
    assert broken <= known.keys()
    assert {name for name, r in known.items() if r.observable and r.level == "MUST"} <= broken


def test_there_are_at_least_a_hundred_defects() -> None:
    assert len(DEFECTS) >= 100


def test_an_unknown_defect_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match="cache-of"):
        create_app(defects=["cache-of"])
