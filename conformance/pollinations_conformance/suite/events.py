"""What happens during a run, for whoever shows or records it.

A run hands each event to its handlers, in the thread in which it happens.
"""

from collections.abc import Callable
from dataclasses import dataclass

from pollinations_conformance.suite.outcome import Verdict


@dataclass(frozen=True)
class ProbeStarted:
    """The run is about to find out something about the server.

    Args:
        request: method and path.
    """

    request: str


@dataclass(frozen=True)
class CheckFinished:
    """A written check has ended.

    Args:
        check: its name.
        verdict: how it ended.
        number: how many have ended by now.
        total: how many there are.
        failed: how many of those that ended have failed.
        requests: how many requests the run has sent by now.
    """

    check: str
    verdict: Verdict
    number: int
    total: int
    failed: int
    requests: int


@dataclass(frozen=True)
class GenerationFinished:
    """The generated requests of one kind for one operation were sent.

    Args:
        phase: how they were generated.
        operation: method and path.
        requests: how many generated requests were sent by now.
    """

    phase: str
    operation: str
    requests: int


Event = ProbeStarted | CheckFinished | GenerationFinished
Handler = Callable[[Event], None]
