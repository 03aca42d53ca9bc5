"""LegacyFunction: a model of the contract."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from .._model import ApiModel
from ..types import UNSET, Unset


class LegacyFunction(ApiModel):
    """A function in the old format. The only object of a request that takes no further fields."""

    __slots__ = ()

    _fields: ClassVar[Mapping[str, str]] = {
        "name": "name",
        "description": "description",
        "parameters": "parameters",
    }
    _needed: ClassVar[tuple[str, ...]] = ("name",)

    def __init__(
        self,
        *,
        name: str,
        description: str | Unset = UNSET,
        parameters: Mapping[str, Any] | Unset = UNSET,
    ) -> None:
        self._set(
            {
                "name": name,
                "description": description,
                "parameters": parameters,
            }
        )

    @property
    def name(self) -> str:
        """Name of the function."""
        value: str = self._need("name")
        return value

    @property
    def description(self) -> str | None:
        """What it does, for the model."""
        value: str | None = self._data.get("description")
        return value

    @property
    def parameters(self) -> dict[str, Any] | None:
        """A JSON Schema of its arguments."""
        value: dict[str, Any] | None = self._data.get("parameters")
        return value
