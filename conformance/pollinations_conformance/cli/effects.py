"""Measure what a whole run makes of a defect: which requirements fail, and which are not tested.

Such a run has no generated requests, one check at a time, and a clock on which waiting takes no time:
it is the same every time and costs CPU only. Of the checks it has those that send a request which the
defect can change; what the others find is known from the run against the server without defects.
"""

import contextlib
import functools
import time
from collections.abc import Callable, Collection, Generator, Iterable, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from pollinations_conformance.checks import every
from pollinations_conformance.contract import Match
from pollinations_conformance.http.credentials import credential
from pollinations_conformance.http.query import query_of
from pollinations_conformance.reports.build import build
from pollinations_conformance.server import running
from pollinations_conformance.server.defects import DEFECTS
from pollinations_conformance.server.defects.mutators import Seen
from pollinations_conformance.suite.clock import SkippingClock
from pollinations_conformance.suite.events import CheckFinished, Event
from pollinations_conformance.suite.exchange import Exchange
from pollinations_conformance.suite.execute import execute
from pollinations_conformance.suite.keyring import ROLES, Keyring
from pollinations_conformance.suite.options import Options
from pollinations_conformance.suite.pricing import Ledger
from pollinations_conformance.suite.probe import prepare
from pollinations_conformance.suite.registry import Check
from pollinations_conformance.suite.run import Run
from pollinations_conformance.suite.target import Target

T = TypeVar("T")


@dataclass
class Effects:
    """What a run against the server with some defects reports, the requirements by id.

    Args:
        defects: that are switched on.
        failed: what fails, with the reason.
        failing: the same, with the names of the checks that fail.
        untested: what is tested without the defects and not with them, with the reason.
        missing: operations that are reported as missing.
        checks: how many were run.
        seconds: of CPU time.
    """

    defects: tuple[str, ...]
    failed: dict[str, str] = field(default_factory=dict[str, str])
    failing: dict[str, list[str]] = field(default_factory=dict[str, list[str]])
    untested: dict[str, str] = field(default_factory=dict[str, str])
    missing: list[str] = field(default_factory=list[str])
    checks: int = 0
    seconds: float = 0.0

    @property
    def others(self) -> dict[str, str]:
        """What fails besides what the defects violate by their definition, with the reason."""
        declared = {name for item in self.defects for name in violated(item)}
        return {name: reason for name, reason in self.failed.items() if name not in declared}


def violated(defect: str) -> tuple[str, ...]:
    """Return the requirements that a defect violates by its definition."""
    return DEFECTS[defect].requirement, *DEFECTS[defect].violates_too


def effects(*defects: str, seed: int = 1) -> Effects:
    """Run the suite against the server with some defects.

    Args:
        defects: their names.
        seed: of server and run.
    """
    begin = time.process_time()
    honest = trace(seed)
    with _prepared(defects, seed) as run:
        if _preparation(run) == honest.prepared:
            run.checks = honest.checks_for(defects)
        execute(run)
    found = Effects(defects, checks=len(run.checks))
    lines = build(run, level="should").lines
    passing = honest.passing_without({item.name for item in run.checks})
    for line in lines:
        if line.verdict in {"fail", "error"}:
            bad = [item for item in line.checks if item["verdict"] in {"fail", "error"}]
            found.failed[line.id] = str(bad[0]["reason"])
            found.failing[line.id] = list(dict.fromkeys(str(item["name"]) for item in bad))
        elif line.verdict == "not tested" and line.id in honest.passing - passing:
            found.untested[line.id] = line.reason
    found.missing = [item.id for item in run.operations.values() if item.missing]
    found.seconds = round(time.process_time() - begin, 2)
    return found


class Trace:
    """What each check of a run against the server without defects sent, and what it made pass."""

    def __init__(self) -> None:
        self.sent: dict[str, frozenset[Seen]] = {}
        """By check."""
        self.prepared: object = None
        """What the preparation of the run found."""
        self.passed: dict[str, frozenset[str]] = {}
        """By check: the requirements that it, or a watch of what it sent, tests."""
        self._stack: list[set[Seen]] = [set()]
        self._shared: dict[str, set[Seen]] = {}
        self._watched: dict[str, int] = {}

    @property
    def passing(self) -> frozenset[str]:
        """The requirements that pass."""
        return frozenset(name for names in self.passed.values() for name in names)

    def passing_without(self, checks: Collection[str]) -> frozenset[str]:
        """Return the requirements that checks other than these make pass."""
        kept = [names for check, names in self.passed.items() if check not in checks]
        return frozenset(name for names in kept for name in names)

    def checks_for(self, defects: Iterable[str]) -> list[Check]:
        """Return the checks that send a request which one of some defects can change."""
        scopes = [DEFECTS[name].scope for name in defects]
        return [
            item
            for item in every()
            if any(scope.holds(seen) for scope in scopes for seen in self.sent[item.name])
        ]

    def see(self, exchange: Exchange, match: Match | None, role: str) -> None:
        """Note an exchange; the role is that of its key."""
        seen = Seen(
            operation=match.operation.id if match else "",
            status=exchange.status,
            is_stream=exchange.media_type == "text/event-stream",
            method=exchange.method,
            role=role,
            parameters=tuple(name for name, _ in query_of(exchange.url)),
            request_id=any(name.lower() == "x-request-id" for name, _ in exchange.request_headers),
        )
        self._stack[-1].add(seen)

    @contextlib.contextmanager
    def sharing(self, key: str) -> Generator[None]:
        """Note what is sent within as what all who need this key have sent."""
        self._stack.append(set())
        try:
            yield
        finally:
            self._shared.setdefault(key, self._stack.pop())
            self._stack[-1] |= self._shared[key]

    def end(self, name: str, run: Run) -> None:
        """Note that a check is over."""
        self.sent[name] = frozenset(self._stack[-1])
        self._stack[-1].clear()
        counts = {
            item.name: run.watched.get(item.name, (0, None))[0] for item in run.observer.watches
        }
        looked = {
            item.requirement
            for item in run.observer.watches
            if counts[item.name] > self._watched.get(item.name, 0)
        }
        self._watched = counts
        own = {
            requirement
            for outcome in run.outcomes
            if outcome.check == name and outcome.verdict == "pass"
            for requirement in outcome.requirements
        }
        self.passed[name] = frozenset(own | looked)


@functools.cache
def trace(seed: int = 1) -> Trace:
    """Return what a run against the server without defects sends."""
    return trace_of(every(), seed)


def trace_of(checks: Iterable[Check], seed: int = 1) -> Trace:
    """Return what some checks send to the server without defects.

    Args:
        checks: are run.
        seed: of server and run.
    """
    with _prepared((), seed) as run:
        run.checks = list(checks)
        noted = Trace()
        noted.prepared = _preparation(run)
        _attach(run, noted)
        execute(run)
    return noted


def _preparation(run: Run) -> object:
    """Return what a run knows of a server before the first check; all checks depend on it."""
    missing = {item.id: item.missing for item in run.operations.values()}
    return run.catalogue, run.restricted, run.key_info is None, missing


@contextlib.contextmanager
def _prepared(defects: Sequence[str], seed: int) -> Generator[Run]:
    """Yield a run of all checks against the server with some defects, prepared but not executed."""
    clock = SkippingClock()
    with running(seed=seed, defects=defects, clock=clock.now) as server:
        target = Target(
            server.base_url,
            server.media_url,
            Keyring({role: server.keys[role] for role in ROLES}),
            timeout=30.0,
            embedded=True,
            clock=clock.of_the_suite(),
        )
        options = Options(seed=seed, jobs=1, generated=False)
        run = Run(target, options, Ledger(None), checks=every())
        try:
            prepare(run)
            yield run
        finally:
            target.close()


def _attach(run: Run, noted: Trace) -> None:
    """Have a run note what it sends."""
    observe, once = run.observer.observe, run.once
    roles: dict[str | None, str] = {run.target.keys.get(role): role for role in ROLES}

    def observed(exchange: Exchange, match: Match | None) -> Exchange:
        secret = credential(exchange.url, exchange.request_headers)
        noted.see(exchange, match, roles.get(secret, ""))
        return observe(exchange, match)

    def finished(event: Event) -> None:
        if isinstance(event, CheckFinished):
            noted.end(event.check, run)

    def shared(key: str, make: Callable[[], T]) -> T:
        with noted.sharing(key):
            return once(key, make)

    run.once = shared  # type: ignore[method-assign]
    run.observer.observe = observed  # type: ignore[method-assign]
    run.handlers.append(finished)
