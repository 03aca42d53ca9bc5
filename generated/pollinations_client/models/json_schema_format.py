# pyright: reportPrivateUsage=false, reportUnknownArgumentType=false, reportUnknownVariableType=false
"""JsonSchemaFormat: a model of the contract."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Self, overload

from attr import define, field
from attr.setters import NO_OP

from .._model import ABSENT, ApiModel, new, read_model


@define(kw_only=True, eq=False, repr=False, getstate_setstate=False, on_setattr=NO_OP)
class JsonSchemaFormat(ApiModel):
    """The schema that the response must satisfy."""

    schema: dict[str, Any]
    """A JSON Schema."""
    name: str | None = ABSENT
    """Name of the schema."""
    description: str | None = ABSENT
    """What the schema is for."""
    strict: bool | None = ABSENT
    """Whether to enforce every detail. The service assumes false when it is not given."""
    additional_properties: dict[str, Any] = field(factory=dict[str, Any])
    """Fields that the contract does not describe, by their JSON names."""

    _needed: ClassVar[tuple[str, ...]] = ("schema",)

    def _decode(self, d: Any) -> Self:
        try:
            self.schema = d["schema"]
        except KeyError:
            return self._incomplete(d)
        known = 1
        if "name" in d:
            self.name = d["name"]
            known += 1
        if "description" in d:
            self.description = d["description"]
            known += 1
        if "strict" in d:
            self.strict = d["strict"]
            known += 1
        if len(d) != known:
            self._keep_unknown(d)
        return self


@overload
def as_json_schema_format(value: JsonSchemaFormat | Mapping[str, Any]) -> JsonSchemaFormat: ...
@overload
def as_json_schema_format(value: None) -> None: ...
def as_json_schema_format(value: Any) -> Any:
    """Make a model of a mapping; anything else is handed on as it is."""
    if type(value) is dict:
        return new(JsonSchemaFormat)._decode(value)
    return None if value is None else read_model(value, JsonSchemaFormat)
