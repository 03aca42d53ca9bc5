"""How far a run is, on standard error, from the events of the run."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bar

from pollinations_conformance.http.text import printable_line
from pollinations_conformance.suite.events import (
    CheckFinished,
    Event,
    GenerationFinished,
)

QUIET = 10.0
"""Seconds between two lines where no line can be rewritten, as in the log of a CI."""


@dataclass
class _State:
    """What one process of a run has reported last."""

    checks: int = 0
    total: int = 0
    failed: int = 0
    requests: int = 0
    generated: int = 0
    now: str = ""

    def update(self, event: Event) -> None:
        if isinstance(event, CheckFinished):
            self.checks, self.total, self.failed = event.number, event.total, event.failed
            self.requests, self.now = event.requests, event.check
        elif isinstance(event, GenerationFinished):
            self.generated, self.now = event.requests, event.operation
        else:
            self.now = f"looking at the server: {event.request}"


class Progress:
    """Shows a run while it goes on: a bar on a terminal, a line now and then in a log.

    Args:
        console: where to; standard error when None.
        clock: seconds, for the pauses between lines.
    """

    def __init__(
        self, console: Console | None = None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._console = console or Console(stderr=True, highlight=False, markup=False, emoji=False)
        self._clock = clock
        self._last = clock()
        self._lock = threading.Lock()
        self._states: dict[int, _State] = {}
        self._bar = Bar(
            TextColumn("{task.description}", markup=False),
            BarColumn(bar_width=24),
            TimeElapsedColumn(),
            TextColumn("{task.fields[now]}", markup=False, style="dim"),
            console=self._console,
            transient=True,
            disable=not self._console.is_terminal,
        )
        self._task = self._bar.add_task("starting", total=None, now="")

    def __enter__(self) -> "Progress":
        self._bar.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._bar.stop()

    def handle(self, event: Event, process: int = 1) -> None:
        """Take an event of a run.

        Args:
            event: what happened.
            process: which of several processes it happened in.
        """
        with self._lock:
            self._states.setdefault(process, _State()).update(event)
            if self._console.is_terminal:
                self._show()
            elif self._clock() - self._last >= QUIET:
                self._last = self._clock()
                self._console.print(f"… {self.line()}", soft_wrap=True)

    def line(self) -> str:
        """Return how far the run is, in one line."""
        states = self._states.values()
        failed = sum(state.failed for state in states)
        generated = sum(state.generated for state in states)
        parts = [
            f"{sum(state.checks for state in states)} of {sum(state.total for state in states)} checks",
            f"{sum(state.requests for state in states)} requests",
            f"{generated} generated requests" if generated else "",
            f"{failed} failed" if failed else "",
        ]
        return ", ".join(part for part in parts if part)

    def _show(self) -> None:
        states = self._states.values()
        now = next(reversed(states)).now if states else ""
        self._bar.update(
            self._task,
            description=self.line(),
            completed=sum(state.checks for state in states),
            total=sum(state.total for state in states) or None,
            now=printable_line(now)[:40],
        )
