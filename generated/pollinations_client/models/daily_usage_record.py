"""DailyUsageRecord: a model of the contract."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from .._model import ApiModel


class DailyUsageRecord(ApiModel):
    """What one model cost on one day."""

    __slots__ = ()

    _fields: ClassVar[Mapping[str, str]] = {
        "date": "date",
        "model": "model",
        "meter_source": "meter_source",
        "requests": "requests",
        "cost_usd": "cost_usd",
    }
    _needed: ClassVar[tuple[str, ...]] = (
        "date",
        "requests",
        "cost_usd",
    )

    def __init__(
        self,
        *,
        date: str,
        model: str | None,
        meter_source: str | None,
        requests: float,
        cost_usd: float,
    ) -> None:
        self._set(
            {
                "date": date,
                "model": model,
                "meter_source": meter_source,
                "requests": requests,
                "cost_usd": cost_usd,
            }
        )

    @property
    def date(self) -> str:
        """Day, as `YYYY-MM-DD`."""
        value: str = self._need("date")
        return value

    @property
    def model(self) -> str | None:
        """The provider's name of the model."""
        value: str | None = self._need("model")
        return value

    @property
    def meter_source(self) -> str | None:
        """Purse that paid: `tier`, `pack` or `crypto`."""
        value: str | None = self._need("meter_source")
        return value

    @property
    def requests(self) -> float:
        """How many requests."""
        value: float = self._need("requests")
        return value

    @property
    def cost_usd(self) -> float:
        """Their price in US dollars (pollen)."""
        value: float = self._need("cost_usd")
        return value
