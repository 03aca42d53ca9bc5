"""A clock on which waiting takes no time, for tests of limits and pauses."""

import threading
import time

from pollinations_conformance.suite.clock import Clock


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
        return time.monotonic() + self.skipped

    def now(self) -> float:
        return time.time() + self.skipped

    def sleep(self, seconds: float) -> None:
        with self._lock:
            self.skipped += max(0.0, seconds)

    def of_the_suite(self) -> Clock:
        return Clock(self.monotonic, self.now, self.sleep)
