"""The operations of the contract: what was seen of each."""

from collections.abc import Iterable
from dataclasses import dataclass

from pollinations_conformance.contract import Operation


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


def records(operations: Iterable[Operation]) -> dict[str, OperationRecord]:
    """Return a record of each operation, by its operationId."""
    return {
        item.id: OperationRecord(
            item.id, item.method, item.path, item.host, item.tag, item.requirement
        )
        for item in operations
    }
