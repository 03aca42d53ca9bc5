"""With how many examples a property is tried: some in `make test`, all in `make test-whole`."""

import os

from hypothesis import HealthCheck, settings

ALL = os.environ.get("EXAMPLES") == "all"
SHARE = 5
"""Which part of them is enough for `make test`: one in so many."""


def examples(number: int) -> int:
    """Return how many of so many examples are to be tried."""
    return number if ALL else -(-number // SHARE)


def load_profile() -> None:
    """Have properties that name no number tried with as many as `examples` says.

    Nothing fails because the machine is busy: what takes too long is the matter of other tests.
    """
    settings.register_profile(
        "tests",
        max_examples=examples(100),
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow],
    )
    settings.load_profile("tests")
