"""FunctionDefinition: a model of the contract."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from .._model import ApiModel
from ..types import UNSET, Unset


class FunctionDefinition(ApiModel):
    """Name and parameters of a function."""

    __slots__ = ()

    _fields: ClassVar[Mapping[str, str]] = {
        "name": "name",
        "description": "description",
        "parameters": "parameters",
        "strict": "strict",
    }
    _needed: ClassVar[tuple[str, ...]] = ("name",)

    def __init__(
        self,
        *,
        name: str,
        description: str | Unset = UNSET,
        parameters: Mapping[str, Any] | Unset = UNSET,
        strict: bool | Unset | None = UNSET,
    ) -> None:
        self._set(
            {
                "name": name,
                "description": description,
                "parameters": parameters,
                "strict": strict,
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

    @property
    def strict(self) -> bool | None:
        """Whether arguments must fit the schema exactly. The service assumes false when it is not given."""
        value: bool | None = self._data.get("strict")
        return value
