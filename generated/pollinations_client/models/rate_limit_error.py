# pyright: reportPrivateUsage=false, reportUnknownArgumentType=false, reportUnknownVariableType=false
"""RateLimitError: a model of the contract."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Self

from attr import define, field
from attr.setters import NO_OP

from .._model import ApiModel


@define(kw_only=True, eq=False, repr=False, getstate_setstate=False, on_setattr=NO_OP)
class RateLimitError(ApiModel):
    """The error of the rate limiter of publishable keys."""

    error: str
    """Always `Rate limit exceeded`."""
    message: str
    """A message for people."""
    retry_after_seconds: float
    """Seconds to wait, with two decimals. From 0."""
    additional_properties: dict[str, Any] = field(factory=dict[str, Any])
    """Fields that the contract does not describe, by their JSON names."""

    _renamed: ClassVar[Mapping[str, str]] = {"retry_after_seconds": "retryAfterSeconds"}
    _needed: ClassVar[tuple[str, ...]] = ("error", "message", "retryAfterSeconds")

    def _decode(self, d: Any) -> Self:
        try:
            self.error = d["error"]
            self.message = d["message"]
            self.retry_after_seconds = d["retryAfterSeconds"]
        except KeyError:
            return self._incomplete(d)
        known = 3
        if len(d) != known:
            self._keep_unknown(d)
        return self
