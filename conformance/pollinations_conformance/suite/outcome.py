"""The outcome of a check."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from pollinations_conformance.suite.exchange import Exchange

SHOWN = 6
"""Exchanges that are kept of a check."""
DOWNLOADS = {"getMedia", "headMedia"}
DIGITS = 12
"""Of the name of a file, that tell it from all others of a run."""

Verdict = Literal["pass", "fail", "known", "not tested", "error"]


@dataclass
class Outcome:
    """What came of one check, for all requirements that it cites."""

    check: str
    requirements: tuple[str, ...]
    verdict: Verdict
    reason: str = ""
    exchanges: list[Exchange] = field(default_factory=list[Exchange])
    seconds: float = 0.0
    source: Literal["written", "generated", "contract"] = "written"
    because: tuple[str, ...] = ()
    """Requirements whose failure is why it is not tested."""
    operations: frozenset[str] = frozenset()
    """OperationIds of its requests."""
    violated: frozenset[str] = frozenset()
    """Requirements that responses to its requests violate by themselves."""
    responses: int = 0
    """How many responses it looked at, if it looks at every one; 0 otherwise."""


@dataclass
class Cases:
    """How much a run tried."""

    written: int = 0
    """Written checks that were begun."""
    generated: int = 0
    """Requests made from the contract."""
    valid: int = 0
    invalid: int = 0
    """How many of them the contract calls invalid; what it has no operation for is neither."""
    unpaid: int = 0
    """How many of them went without a key because the budget did not allow for them."""
    replayed: int = 0
    """Requests from the example database, which failed in an earlier run."""
    seconds: float = 0.0
    """Time spent on generated cases."""


def evidence(exchanges: Sequence[Exchange], shown: Exchange | None) -> list[Exchange]:
    """Return what to show of a check: the exchange that decided it last, some earlier ones before.

    Args:
        exchanges: all that the check made, in their order.
        shown: the one that decided it; the last one when None.
    """
    if shown is None:
        return list(exchanges[-SHOWN:])
    places = [place for place, item in enumerate(exchanges) if item.serial == shown.serial]
    before = exchanges[: places[-1]] if places else exchanges
    if shown.operation in DOWNLOADS:
        before = [item for item in before if _led_to(item, shown)]
    return [*before[-SHOWN + 1 :], shown.trimmed()]


def _led_to(earlier: Exchange, shown: Exchange) -> bool:
    """Return whether an exchange before a download is more than the upload of another file."""
    # Some names are almost that of a file, or the same in capitals.
    name = shown.url.partition("?")[0].rpartition("/")[2][:DIGITS].lower()
    return earlier.operation != "uploadMedia" or name.encode() in earlier.content
