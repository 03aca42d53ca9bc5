"""How long responses took, in a form that can be added up over processes and machines."""

import math
from collections import Counter
from collections.abc import Mapping

STEP = 1.05
"""A bucket is 5 % wide, so that a quantile is exact to 2.5 %."""
SHORTEST = 0.0001
"""Seconds; what is shorter counts as this."""


class Histogram:
    """Durations, counted in buckets of logarithmic width.

    Args:
        buckets: how many durations each bucket has, by its number.
    """

    def __init__(self, buckets: Mapping[int, int] | None = None) -> None:
        self.buckets: Counter[int] = Counter(buckets or {})

    def add(self, seconds: float) -> None:
        """Count a duration."""
        self.buckets[math.floor(math.log(max(seconds, SHORTEST), STEP))] += 1

    def quantile(self, share: float) -> float | None:
        """Return the duration in seconds that a share of all does not exceed; None without any.

        Args:
            share: such as 0.5 for the median.
        """
        wanted = share * self.buckets.total()
        seen = 0
        for bucket, count in sorted(self.buckets.items()):
            seen += count
            if seen >= wanted:
                return math.pow(STEP, bucket + 0.5)
        return None
