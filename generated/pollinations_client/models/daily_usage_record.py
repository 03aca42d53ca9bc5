# pyright: reportPrivateUsage=false, reportUnknownArgumentType=false, reportUnknownVariableType=false
"""DailyUsageRecord: a model of the contract."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Self, overload

from attr import define, field
from attr.setters import NO_OP

from .._model import ApiModel, new, read_list, read_model


@define(kw_only=True, eq=False, repr=False, getstate_setstate=False, on_setattr=NO_OP)
class DailyUsageRecord(ApiModel):
    """Usage of one model on one day."""

    date: str
    """Day, as `YYYY-MM-DD`."""
    model: str | None
    """The provider's name of the model."""
    meter_source: str | None
    """The balance that was charged: `tier`, `pack` or `crypto`."""
    requests: float
    """The number of requests."""
    cost_usd: float
    """Their price in US dollars (pollen)."""
    additional_properties: dict[str, Any] = field(factory=dict[str, Any])
    """Fields that the contract does not describe, by their JSON names."""

    _needed: ClassVar[tuple[str, ...]] = ("date", "requests", "cost_usd")

    def _decode(self, d: Any) -> Self:
        try:
            self.date = d["date"]
            self.model = d["model"]
            self.meter_source = d["meter_source"]
            self.requests = d["requests"]
            self.cost_usd = d["cost_usd"]
        except KeyError:
            return self._incomplete(d)
        known = 5
        if len(d) != known:
            self._keep_unknown(d)
        return self


@overload
def as_daily_usage_record(value: DailyUsageRecord | Mapping[str, Any]) -> DailyUsageRecord: ...
@overload
def as_daily_usage_record(value: None) -> None: ...
def as_daily_usage_record(value: Any) -> Any:
    """Make a model of a mapping; anything else is handed on as it is."""
    if type(value) is dict:
        return new(DailyUsageRecord)._decode(value)
    return None if value is None else read_model(value, DailyUsageRecord)


@overload
def as_list_of_daily_usage_record(
    value: Sequence[DailyUsageRecord | Mapping[str, Any]],
) -> list[DailyUsageRecord]: ...
@overload
def as_list_of_daily_usage_record(value: None) -> None: ...
def as_list_of_daily_usage_record(value: Any) -> Any:
    """Make models of the mappings in a list; anything else is handed on as it is."""
    if type(value) is list:
        return [
            new(DailyUsageRecord)._decode(i) if type(i) is dict else read_model(i, DailyUsageRecord)
            for i in value
        ]
    return read_list(value, as_daily_usage_record)
