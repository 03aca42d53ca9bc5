"""ResponseFormatJsonSchema: a model of the contract."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

from .._model import ApiModel


class ResponseFormatJsonSchema(ApiModel):
    """JSON that fits a schema."""

    __slots__ = ()

    _fields: ClassVar[Mapping[str, str]] = {
        "type": "type",
        "json_schema": "json_schema",
    }
    _needed: ClassVar[tuple[str, ...]] = (
        "type",
        "json_schema",
    )

    def __init__(
        self,
        *,
        json_schema: JsonSchemaFormat | Mapping[str, Any],
        type: Literal["json_schema"] | str = "json_schema",
    ) -> None:
        self._set(
            {
                "type": type,
                "json_schema": json_schema,
            }
        )

    @property
    def type(self) -> Literal["json_schema"] | str:
        """The field `type`."""
        value: Literal["json_schema"] | str = self._need("type")
        return value

    @property
    def json_schema(self) -> JsonSchemaFormat:
        """The schema that the answer must fit."""
        value: JsonSchemaFormat = JsonSchemaFormat._view(self._need("json_schema"))
        return value


from .json_schema_format import JsonSchemaFormat  # noqa: E402 - below the class, so that models can refer to each other
