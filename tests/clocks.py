"""A clock on which waiting takes no time, for tests of limits and pauses."""

from pollinations_conformance.suite.clock import SkippingClock

__all__ = ["SkippingClock"]
