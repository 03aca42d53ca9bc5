"""UsageError: a model of the contract."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from .._model import ApiModel
from ..types import UNSET, Unset


class UsageError(ApiModel):
    """How the usage report tells that its store failed."""

    __slots__ = ()

    _fields: ClassVar[Mapping[str, str]] = {
        "error": "error",
        "details": "details",
    }
    _needed: ClassVar[tuple[str, ...]] = ("error",)

    def __init__(
        self,
        *,
        error: str,
        details: str | Unset = UNSET,
    ) -> None:
        self._set(
            {
                "error": error,
                "details": details,
            }
        )

    @property
    def error(self) -> str:
        """A line for people."""
        value: str = self._need("error")
        return value

    @property
    def details(self) -> str | None:
        """What the store said."""
        value: str | None = self._data.get("details")
        return value
