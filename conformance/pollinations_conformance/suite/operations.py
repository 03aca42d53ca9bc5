"""The operations of the contract: what was seen of each."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from pollinations_conformance.contract import Operation
from pollinations_conformance.suite.latency import Histogram

SUCCESS = {"createChatCompletion": "CHAT-REQ-01"}
"""The requirement that an operation serves a minimal valid request, where it is not the same."""

ENVELOPE = "ERR-ENV-01"
"""The requirement that an error of the gateway has the envelope."""
HTTP = "GEN-HTTP-01"
"""The requirement that every request gets a complete HTTP response."""


@dataclass
class OperationRecord:
    """How often an operation was called, and how it responded."""

    id: str
    method: str
    path: str
    host: str
    tag: str
    requirement: str
    """What counts as violated where no requirement covers a violation."""
    calls: int = 0
    succeeded: int = 0
    missing: str = ""
    """Why it counts as not being there, or an empty text."""
    untried: str = ""
    """Why it was not called with a key and a valid request, or an empty text."""
    durations: Histogram = field(default_factory=Histogram)
    """How long its successes took."""
    first_events: Histogram = field(default_factory=Histogram)
    """How long it took until the first bytes of its streams came."""


def records(operations: Iterable[Operation]) -> dict[str, OperationRecord]:
    """Return a record of each operation, by its operationId."""
    return {
        item.id: OperationRecord(
            item.id, item.method, item.path, item.host, item.tag, item.requirement
        )
        for item in operations
    }
