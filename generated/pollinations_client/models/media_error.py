# pyright: reportPrivateUsage=false, reportUnknownArgumentType=false, reportUnknownVariableType=false
"""MediaError: a model of the contract."""

from __future__ import annotations

from typing import Any, ClassVar, Self

from attr import define, field
from attr.setters import NO_OP

from .._model import ABSENT, ApiModel


@define(kw_only=True, eq=False, repr=False, getstate_setstate=False, on_setattr=NO_OP)
class MediaError(ApiModel):
    """The error of the media host."""

    error: str
    """A message for people."""
    received: str | None = ABSENT
    """The type that was rejected."""
    additional_properties: dict[str, Any] = field(factory=dict[str, Any])
    """Fields that the contract does not describe, by their JSON names."""

    _needed: ClassVar[tuple[str, ...]] = ("error",)

    def _decode(self, d: Any) -> Self:
        try:
            self.error = d["error"]
        except KeyError:
            return self._incomplete(d)
        known = 1
        if "received" in d:
            self.received = d["received"]
            known += 1
        if len(d) != known:
            self._keep_unknown(d)
        return self
