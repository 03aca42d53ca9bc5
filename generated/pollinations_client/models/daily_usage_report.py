# pyright: reportPrivateUsage=false, reportUnknownArgumentType=false, reportUnknownVariableType=false
"""DailyUsageReport: a model of the contract."""

from __future__ import annotations

from typing import Any, ClassVar, Self

from attr import define, field
from attr.setters import NO_OP

from .._model import ApiModel
from .daily_usage_record import DailyUsageRecord, as_list_of_daily_usage_record


@define(kw_only=True, eq=False, repr=False, getstate_setstate=False, on_setattr=NO_OP)
class DailyUsageReport(ApiModel):
    """Usage by day, model and balance."""

    usage: list[DailyUsageRecord] = field(converter=as_list_of_daily_usage_record)
    """The records."""
    count: float
    """The number of records. From 0."""
    additional_properties: dict[str, Any] = field(factory=dict[str, Any])
    """Fields that the contract does not describe, by their JSON names."""

    _needed: ClassVar[tuple[str, ...]] = ("usage",)

    def _decode(self, d: Any) -> Self:
        try:
            self.usage = as_list_of_daily_usage_record(d["usage"])
            self.count = d["count"]
        except KeyError:
            return self._incomplete(d)
        known = 2
        if len(d) != known:
            self._keep_unknown(d)
        return self
