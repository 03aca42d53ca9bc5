"""UsageReport: a model of the contract."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from .._model import ApiModel


class UsageReport(ApiModel):
    """Billed requests, newest first."""

    __slots__ = ()

    _fields: ClassVar[Mapping[str, str]] = {
        "usage": "usage",
        "count": "count",
    }
    _needed: ClassVar[tuple[str, ...]] = ("usage",)

    def __init__(
        self,
        *,
        usage: Sequence[UsageRecord | Mapping[str, Any]],
        count: float,
    ) -> None:
        self._set(
            {
                "usage": usage,
                "count": count,
            }
        )

    @property
    def usage(self) -> list[UsageRecord]:
        """The records."""
        value: list[UsageRecord] = UsageRecord._views(self._need("usage"))
        return value

    @property
    def count(self) -> float:
        """How many records there are. From 0."""
        value: float = self._need("count")
        return value


from .usage_record import UsageRecord  # noqa: E402 - below the class, so that models can refer to each other
