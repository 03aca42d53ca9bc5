"""StreamOptions: a model of the contract."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from .._model import ApiModel
from ..types import UNSET, Unset


class StreamOptions(ApiModel):
    """Details of a stream."""

    __slots__ = ()

    _fields: ClassVar[Mapping[str, str]] = {
        "include_usage": "include_usage",
    }
    _needed: ClassVar[tuple[str, ...]] = ()

    def __init__(
        self,
        *,
        include_usage: bool | Unset = UNSET,
    ) -> None:
        self._set(
            {
                "include_usage": include_usage,
            }
        )

    @property
    def include_usage(self) -> bool | None:
        """Ask for the usage; it is sent anyway."""
        value: bool | None = self._data.get("include_usage")
        return value
