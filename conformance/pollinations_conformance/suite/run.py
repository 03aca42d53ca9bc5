"""One run of the suite against one target: its options, and what it has found so far."""

import hashlib
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future
from typing import Any, TypeVar, cast

from pollinations_conformance import contract as contracts
from pollinations_conformance.suite.corpus import Corpus
from pollinations_conformance.suite.events import Event, Handler
from pollinations_conformance.suite.keyring import KeyUse
from pollinations_conformance.suite.observe import Observer
from pollinations_conformance.suite.operations import OperationRecord
from pollinations_conformance.suite.options import Options
from pollinations_conformance.suite.outcome import Cases, Outcome
from pollinations_conformance.suite.persist import Persistence
from pollinations_conformance.suite.pricing import Catalogue, Ledger
from pollinations_conformance.suite.registry import (
    FEATURES,
    INVALID_REQUESTS,
    MINIMAL_REQUESTS,
    REGISTRY,
    WATCHES,
    Check,
    Watch,
)
from pollinations_conformance.suite.target import Target

T = TypeVar("T")


class Run:
    """One run of the suite against one target.

    Args:
        target: the server under test.
        options: what to execute.
        ledger: what it may cost.
        contract: what the server is tested against; the packaged one when None.
        checks: those to choose from; all that are registered when None.
        watches: those to show every exchange; all that are registered when None.
        handlers: each is given every event.
    """

    def __init__(
        self,
        target: Target,
        options: Options | None = None,
        ledger: Ledger | None = None,
        contract: contracts.Contract | None = None,
        checks: Iterable[Check] | None = None,
        watches: Iterable[Watch] | None = None,
        handlers: Iterable[Handler] = (),
    ) -> None:
        self.target = target
        self.clock = target.clock
        self.options = options or Options()
        self.ledger = ledger or Ledger()
        self.checks = list(REGISTRY.values() if checks is None else checks)
        self.handlers = list(handlers)
        self.minimal_requests = MINIMAL_REQUESTS
        self.invalid_requests = INVALID_REQUESTS
        self.observer = Observer(
            target,
            contract or contracts.load(),
            WATCHES.values() if watches is None else watches,
            FEATURES.values(),
        )
        self.catalogue = Catalogue()
        self.key_info: dict[str, Any] | None = None
        self.restricted = False
        """Whether the run's own key may use only some models."""
        self.keys = KeyUse()
        self.persistence = Persistence(target, self.keys)
        self.outcomes: list[Outcome] = []
        self.cases = Cases()
        self.generated_seconds: dict[str, float] = {}
        """Time spent on generated requests, by tag."""
        self.notes: list[str] = []
        self.own_process = False
        """Whether nobody else uses Hypothesis in this process."""
        self.corpus: Corpus | None = None
        """Requests that failed in earlier runs, when there is a database of them."""
        self.started = self.clock.now()
        self.seconds = 0.0
        self.prepared = False
        self.interrupted = False
        self.lost = ""
        """How the server went away during the run; empty when it stayed."""
        self.abandoned = False
        """Whether checks were still at work when the time was up."""
        self.balance_before: float | None = None
        self.balance_after: float | None = None
        # On a live server responses of an earlier run may still be in its cache.
        salt = str(self.options.seed) if target.embedded else f"{int(self.started * 1e9):x}"
        self.nonce = hashlib.sha256(salt.encode()).hexdigest()[:8]
        self.lock = threading.RLock()
        self._memory: dict[str, Future[Any]] = {}

    @property
    def contract(self) -> contracts.Contract:
        """What the server is tested against."""
        return self.observer.contract

    @contract.setter
    def contract(self, contract: contracts.Contract) -> None:
        self.observer.contract = contract

    @property
    def operations(self) -> dict[str, OperationRecord]:
        """What was seen of each operation."""
        return self.observer.operations

    @property
    def violations(self) -> dict[tuple[str, str], Outcome]:
        """Violations that no written check looked for, by requirement and kind."""
        return self.observer.violations

    @property
    def watched(self) -> dict[str, tuple[int, Outcome | None]]:
        """By watch: how many responses it looked at, and the first violation."""
        return self.observer.watched

    def all_outcomes(self) -> Iterator[Outcome]:
        """Yield the outcomes of checks, of validated responses, and of watches that saw a violation."""
        yield from self.outcomes
        yield from self.violations.values()
        for _, broken in self.watched.values():
            if broken is not None:
                yield broken

    def requirement_tag(self, requirement: str) -> str:
        """Return the tag under which a requirement is reported."""
        entry = self.contract.requirements.get(requirement)
        return entry.tag if entry else "general"

    def emit(self, event: Event) -> None:
        """Hand an event to all handlers."""
        for handler in self.handlers:
            handler(event)

    def remaining(self) -> float | None:
        """Return the seconds left of --max-time; None when there is no such limit."""
        deadline = self.target.deadline
        return None if deadline is None else deadline - self.clock.monotonic()

    def out_of_time(self) -> bool:
        """Return whether --max-time is used up, or the run interrupted."""
        left = self.remaining()
        return left is not None and left <= 0

    def interrupt(self) -> None:
        """Stop: no further request goes out."""
        self.interrupted = True
        self.target.deadline = self.clock.monotonic()

    def once(self, key: str, make: Callable[[], T]) -> T:
        """Return what `make` returned the first time that any check requested this key."""
        with self.lock:
            future = self._memory.get(key)
            mine = future is None
            if future is None:
                future = self._memory[key] = Future()
        if mine:
            try:
                future.set_result(make())
            except BaseException as error:
                future.set_exception(error)
        return cast("T", future.result())
