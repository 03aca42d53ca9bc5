"""The clock of a run: what time it is, and how to wait."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Clock:
    """A clock that tests can replace by one that does not wait.

    Args:
        monotonic: returns seconds that only grow.
        now: returns seconds since 1970.
        sleep: waits for some seconds.
    """

    monotonic: Callable[[], float] = time.monotonic
    now: Callable[[], float] = time.time
    sleep: Callable[[float], None] = time.sleep


SYSTEM = Clock()
"""The clock of this machine."""


class SkippingClock:
    """The machine's clock, except that a sleep moves it on instead of lasting.

    One thread at a time should sleep: what another one waits for meanwhile comes later on this
    clock than it would in truth.
    """

    def __init__(self) -> None:
        self.skipped = 0.0
        """Seconds that were not waited for."""
        self._lock = threading.Lock()

    def monotonic(self) -> float:
        """Return seconds that only grow."""
        return time.monotonic() + self.skipped

    def now(self) -> float:
        """Return seconds since 1970."""
        return time.time() + self.skipped

    def sleep(self, seconds: float) -> None:
        """Move on."""
        with self._lock:
            self.skipped += max(0.0, seconds)

    def of_the_suite(self) -> Clock:
        """Return it as a run takes it."""
        return Clock(self.monotonic, self.now, self.sleep)
