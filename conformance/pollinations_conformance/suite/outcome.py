"""What came of a check, and the exceptions by which a check ends."""

from dataclasses import dataclass, field
from typing import Literal

from pollinations_conformance.suite.target import Exchange

Verdict = Literal["pass", "fail", "known", "not tested", "error"]


class Violated(Exception):
    """Raised when the server violates the requirement under test; says how."""


class NotTested(Exception):
    """Raised when something that a check needs is not there; says what."""


@dataclass
class Outcome:
    """What came of one check, for all requirements that it cites."""

    check: str
    requirements: tuple[str, ...]
    verdict: Verdict
    reason: str = ""
    exchanges: list[Exchange] = field(default_factory=list[Exchange])
    seconds: float = 0.0
    tag: str = ""
    source: Literal["written", "generated", "contract"] = "written"
    answers: int = 0
    """How many responses it looked at, if it looks at every one; 0 otherwise."""
