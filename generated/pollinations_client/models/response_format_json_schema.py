# pyright: reportPrivateUsage=false, reportUnknownArgumentType=false, reportUnknownVariableType=false
"""ResponseFormatJsonSchema: a model of the contract."""

from __future__ import annotations

from typing import Any, ClassVar, Literal, Self

from attr import define, field
from attr.setters import NO_OP

from .._model import ApiModel
from .json_schema_format import JsonSchemaFormat, as_json_schema_format


@define(kw_only=True, eq=False, repr=False, getstate_setstate=False, on_setattr=NO_OP)
class ResponseFormatJsonSchema(ApiModel):
    """JSON that satisfies a schema."""

    type: Literal["json_schema"] | str = "json_schema"
    json_schema: JsonSchemaFormat = field(converter=as_json_schema_format)
    """The schema that the response must satisfy."""
    additional_properties: dict[str, Any] = field(factory=dict[str, Any])
    """Fields that the contract does not describe, by their JSON names."""

    _needed: ClassVar[tuple[str, ...]] = ("type", "json_schema")

    def _decode(self, d: Any) -> Self:
        try:
            self.type = d["type"]
            self.json_schema = as_json_schema_format(d["json_schema"])
        except KeyError:
            return self._incomplete(d)
        known = 2
        if len(d) != known:
            self._keep_unknown(d)
        return self
