"""ErrorDetails: a model of the contract."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from .._model import ApiModel
from ..types import UNSET, Unset


class ErrorDetails(ApiModel):
    """An exception inside the service."""

    __slots__ = ()

    _fields: ClassVar[Mapping[str, str]] = {
        "name": "name",
        "stack": "stack",
    }
    _needed: ClassVar[tuple[str, ...]] = ("name",)

    def __init__(
        self,
        *,
        name: str,
        stack: str | Unset = UNSET,
    ) -> None:
        self._set(
            {
                "name": name,
                "stack": stack,
            }
        )

    @property
    def name(self) -> str:
        """Kind of exception."""
        value: str = self._need("name")
        return value

    @property
    def stack(self) -> str | None:
        """Stack trace."""
        value: str | None = self._data.get("stack")
        return value
