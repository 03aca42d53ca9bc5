"""JsonSchemaFormat: a model of the contract."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from .._model import ApiModel
from ..types import UNSET, Unset


class JsonSchemaFormat(ApiModel):
    """The schema that the answer must fit."""

    __slots__ = ()

    _fields: ClassVar[Mapping[str, str]] = {
        "schema": "schema",
        "name": "name",
        "description": "description",
        "strict": "strict",
    }
    _needed: ClassVar[tuple[str, ...]] = ("schema",)

    def __init__(
        self,
        *,
        schema: Mapping[str, Any],
        name: str | Unset = UNSET,
        description: str | Unset = UNSET,
        strict: bool | Unset | None = UNSET,
    ) -> None:
        self._set(
            {
                "schema": schema,
                "name": name,
                "description": description,
                "strict": strict,
            }
        )

    @property
    def schema(self) -> dict[str, Any]:
        """A JSON Schema."""
        value: dict[str, Any] = self._need("schema")
        return value

    @property
    def name(self) -> str | None:
        """Name of the schema."""
        value: str | None = self._data.get("name")
        return value

    @property
    def description(self) -> str | None:
        """What the schema is for."""
        value: str | None = self._data.get("description")
        return value

    @property
    def strict(self) -> bool | None:
        """Whether to enforce every detail. The service assumes false when it is not given."""
        value: bool | None = self._data.get("strict")
        return value
