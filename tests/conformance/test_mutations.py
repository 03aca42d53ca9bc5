"""Defects put in by a proxy, of which the reference server knows nothing, are found as well."""

import functools
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import pytest

from pollinations_conformance.checks import every
from pollinations_conformance.contract import load
from pollinations_conformance.reports.build import watched
from pollinations_conformance.server import RunningServer, create_app, running
from pollinations_conformance.suite.execute import execute
from pollinations_conformance.suite.keyring import ROLES, Keyring
from pollinations_conformance.suite.options import Options
from pollinations_conformance.suite.outcome import Outcome
from pollinations_conformance.suite.pricing import Ledger
from pollinations_conformance.suite.probe import prepare
from pollinations_conformance.suite.run import Run
from pollinations_conformance.suite.target import Target
from tests.clocks import SkippingClock
from tests.conformance.mutations import MUTATIONS, Mutation, Proxy

HONEST = Mutation("none", "", "nothing is changed")
MUTATED = sorted({item.requirement for item in MUTATIONS})
"""The requirements that a mutation breaks."""


def part_of(requirement: str) -> str:
    return requirement.partition("-")[0]


class Stage:
    """One running server for all tests; each has an application of its own on it."""

    def __init__(self) -> None:
        self.clock = SkippingClock()
        self.app = create_app(seed=1, clock=self.clock.now)
        self.media_ports = self.app.media_ports
        self.service = self.app.service
        self.keys = self.app.keys
        self.front: Any = self.app

    def play(self, mutation: Mutation) -> None:
        """Put a new server, behind a proxy that mutates, in the place of the last one."""
        self.clock = SkippingClock()
        app = create_app(seed=1, clock=self.clock.now)
        app.media_ports.update(self.media_ports)
        app.service.pages.urls = self.service.pages.urls
        self.front = Proxy(app, mutation)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        await self.front(scope, receive, send)


class Play(NamedTuple):
    """A stage, where it is served, and a run that knows the honest server."""

    stage: Stage
    server: RunningServer
    honest: Run
    ring: Keyring


@pytest.fixture(scope="module")
def play() -> Iterator[Play]:
    stage: Any = Stage()
    with running(app=stage) as server:
        ring = Keyring({role: server.keys[role] for role in ROLES})
        honest = Run(target_of(server, stage.clock, ring), Options(generated=False), Ledger(None))
        prepare(honest)
        honest.target.close()
        yield Play(stage, server, honest, ring)


def target_of(server: RunningServer, clock: SkippingClock, ring: Keyring) -> Target:
    return Target(
        server.base_url, server.media_url, ring, embedded=True, clock=clock.of_the_suite()
    )


def failures(play: Play, mutation: Mutation, *requirements: str) -> list[Outcome]:
    """Run the checks of requirements through the proxy."""
    play.stage.play(mutation)
    made = target_of(play.server, play.stage.clock, play.ring)
    options = Options(requirements=requirements, generated=False, jobs=1)
    run = Run(made, options, Ledger(None), checks=every())
    # What every run learns first is no part of these; it is more than a check itself asks.
    run.prepared = True
    run.catalogue, run.contract = play.honest.catalogue, play.honest.contract
    run.key_info, run.balance_before = play.honest.key_info, play.honest.balance_before
    try:
        execute(run)
    finally:
        made.close()
    found = [*run.outcomes, *run.violations.values(), *watched(run)]
    return [item for item in found if item.verdict in {"fail", "error"}]


@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda item: item.name)
def test_a_mutation_is_found_by_a_check_of_its_requirement(play: Play, mutation: Mutation) -> None:
    found = failures(play, mutation, mutation.requirement)
    assert any(mutation.requirement in item.requirements for item in found), mutation.text
    assert [item.reason for item in found if item.verdict == "error"] == []


@pytest.fixture(scope="module")
def unchanged(play: Play) -> Callable[[str], list[Outcome]]:
    """Return a function that runs once, through a proxy that changes nothing, one part's requirements."""

    @functools.cache
    def of_part(part: str) -> list[Outcome]:
        return failures(play, HONEST, *(name for name in MUTATED if part_of(name) == part))

    return lambda requirement: of_part(part_of(requirement))


@pytest.mark.parametrize("requirement", MUTATED)
def test_the_proxy_alone_breaks_nothing(
    unchanged: Callable[[str], list[Outcome]], requirement: str
) -> None:
    assert [f"{item.check}: {item.reason}" for item in unchanged(requirement)] == []


def test_mutations_have_names_of_their_own_and_break_requirements_that_exist() -> None:
    names = [item.name for item in MUTATIONS]
    assert len(set(names)) == len(names) >= 40
    assert {item.requirement for item in MUTATIONS} <= set(load().requirements)
