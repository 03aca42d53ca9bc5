"""ContentBlockDelta: a model of the contract."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from .._model import ApiModel
from ..types import UNSET, Unset


class ContentBlockDelta(ApiModel):
    """A piece of the content block with this index."""

    __slots__ = ()

    _fields: ClassVar[Mapping[str, str]] = {
        "index": "index",
        "type": "type",
        "delta": "delta",
    }
    _needed: ClassVar[tuple[str, ...]] = ()

    def __init__(
        self,
        *,
        index: int | Unset = UNSET,
        type: str | Unset = UNSET,
        delta: Mapping[str, Any] | Unset = UNSET,
    ) -> None:
        self._set(
            {
                "index": index,
                "type": type,
                "delta": delta,
            }
        )

    @property
    def index(self) -> int | None:
        """Which block. From 0."""
        value: int | None = self._data.get("index")
        return value

    @property
    def type(self) -> str | None:
        """Kind of block, if it is told."""
        value: str | None = self._data.get("type")
        return value

    @property
    def delta(self) -> dict[str, Any] | None:
        """What to append, e.g. `text`."""
        value: dict[str, Any] | None = self._data.get("delta")
        return value
