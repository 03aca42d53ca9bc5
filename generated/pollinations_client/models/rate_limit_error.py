"""RateLimitError: a model of the contract."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from .._model import ApiModel


class RateLimitError(ApiModel):
    """How the limiter of publishable keys reports a failure."""

    __slots__ = ()

    _fields: ClassVar[Mapping[str, str]] = {
        "error": "error",
        "message": "message",
        "retryAfterSeconds": "retry_after_seconds",
    }
    _needed: ClassVar[tuple[str, ...]] = (
        "error",
        "message",
        "retryAfterSeconds",
    )

    def __init__(
        self,
        *,
        error: str,
        message: str,
        retry_after_seconds: float,
    ) -> None:
        self._set(
            {
                "error": error,
                "message": message,
                "retryAfterSeconds": retry_after_seconds,
            }
        )

    @property
    def error(self) -> str:
        """Always `Rate limit exceeded`."""
        value: str = self._need("error")
        return value

    @property
    def message(self) -> str:
        """A line for people."""
        value: str = self._need("message")
        return value

    @property
    def retry_after_seconds(self) -> float:
        """Seconds to wait, with two decimals. From 0."""
        value: float = self._need("retryAfterSeconds")
        return value
