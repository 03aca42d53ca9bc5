# pyright: reportPrivateUsage=false, reportUnknownArgumentType=false, reportUnknownVariableType=false
"""UsageReport: a model of the contract."""

from __future__ import annotations

from typing import Any, ClassVar, Self

from attr import define, field
from attr.setters import NO_OP

from .._model import ApiModel
from .usage_record import UsageRecord, as_list_of_usage_record


@define(kw_only=True, eq=False, repr=False, getstate_setstate=False, on_setattr=NO_OP)
class UsageReport(ApiModel):
    """Billed requests, newest first."""

    usage: list[UsageRecord] = field(converter=as_list_of_usage_record)
    """The records."""
    count: float
    """The number of records. From 0."""
    additional_properties: dict[str, Any] = field(factory=dict[str, Any])
    """Fields that the contract does not describe, by their JSON names."""

    _needed: ClassVar[tuple[str, ...]] = ("usage",)

    def _decode(self, d: Any) -> Self:
        try:
            self.usage = as_list_of_usage_record(d["usage"])
            self.count = d["count"]
        except KeyError:
            return self._incomplete(d)
        known = 2
        if len(d) != known:
            self._keep_unknown(d)
        return self
