# pyright: reportPrivateUsage=false, reportUnknownArgumentType=false, reportUnknownVariableType=false
"""UsageError: a model of the contract."""

from __future__ import annotations

from typing import Any, ClassVar, Self

from attr import define, field
from attr.setters import NO_OP

from .._model import ABSENT, ApiModel


@define(kw_only=True, eq=False, repr=False, getstate_setstate=False, on_setattr=NO_OP)
class UsageError(ApiModel):
    """The error of the usage report when its store fails."""

    error: str
    """A message for people."""
    details: str | None = ABSENT
    """The message of the store."""
    additional_properties: dict[str, Any] = field(factory=dict[str, Any])
    """Fields that the contract does not describe, by their JSON names."""

    _needed: ClassVar[tuple[str, ...]] = ("error",)

    def _decode(self, d: Any) -> Self:
        try:
            self.error = d["error"]
        except KeyError:
            return self._incomplete(d)
        known = 1
        if "details" in d:
            self.details = d["details"]
            known += 1
        if len(d) != known:
            self._keep_unknown(d)
        return self
