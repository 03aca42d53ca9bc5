"""A clock on which waiting takes no time, for tests of limits and pauses; and bounds of CPU time."""

import sys

from pollinations_conformance.suite.clock import SkippingClock

__all__ = ["SkippingClock", "allowed"]


def allowed(seconds: float) -> float:
    """Return a bound of CPU time: several times as much while `make coverage` traces each line."""
    return seconds if sys.gettrace() is None else 8 * seconds
