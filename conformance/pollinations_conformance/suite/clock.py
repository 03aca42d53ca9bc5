"""The clock of a run: what time it is, and how to wait."""

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
