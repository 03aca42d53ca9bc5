"""Bodies on their way through the proxy, kept as far as memory allows."""

from __future__ import annotations

MAX_BODY = 8 * 2**20
"""Bytes of one body that are kept for validation."""
MAX_ALL = 64 * 2**20
"""Bytes of all bodies together that are kept at any time."""


class Budget:
    """Memory for bodies.

    Args:
        limit: bytes.
    """

    def __init__(self, limit: int = MAX_ALL) -> None:
        self.left = limit

    def take(self, size: int) -> bool:
        """Take a number of bytes, unless there are too few left."""
        if size > self.left:
            return False
        self.left -= size
        return True

    def give_back(self, size: int) -> None:
        """Return a number of bytes."""
        self.left += size


class Body:
    """A body as far as it has come.

    Args:
        budget: where its memory comes from.
    """

    def __init__(self, budget: Budget) -> None:
        self.size = 0
        self.kept: bytearray | None = bytearray()
        self._budget = budget

    def add(self, data: bytes | bytearray) -> None:
        """Add what came; a body that grows too large is dropped, and only counted."""
        self.size += len(data)
        if self.kept is None:
            return
        if self.size > MAX_BODY or not self._budget.take(len(data)):
            self.release()
            return
        self.kept += data

    def release(self) -> None:
        """Release its memory."""
        if self.kept is not None:
            self._budget.give_back(len(self.kept))
            self.kept = None

    def content(self) -> bytes | None:
        """Return the whole body, or None if it was dropped."""
        return None if self.kept is None else bytes(self.kept)
