"""DailyUsageReport: a model of the contract."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from .._model import ApiModel


class DailyUsageReport(ApiModel):
    """Spending by day, model and purse."""

    __slots__ = ()

    _fields: ClassVar[Mapping[str, str]] = {
        "usage": "usage",
        "count": "count",
    }
    _needed: ClassVar[tuple[str, ...]] = ("usage",)

    def __init__(
        self,
        *,
        usage: Sequence[DailyUsageRecord | Mapping[str, Any]],
        count: float,
    ) -> None:
        self._set(
            {
                "usage": usage,
                "count": count,
            }
        )

    @property
    def usage(self) -> list[DailyUsageRecord]:
        """The records."""
        value: list[DailyUsageRecord] = DailyUsageRecord._views(self._need("usage"))
        return value

    @property
    def count(self) -> float:
        """How many records there are. From 0."""
        value: float = self._need("count")
        return value


from .daily_usage_record import DailyUsageRecord  # noqa: E402 - below the class, so that models can refer to each other
