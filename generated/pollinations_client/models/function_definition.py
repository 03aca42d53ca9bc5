# pyright: reportPrivateUsage=false, reportUnknownArgumentType=false, reportUnknownVariableType=false
"""FunctionDefinition: a model of the contract."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Self, overload

from attr import define, field
from attr.setters import NO_OP

from .._model import ABSENT, ApiModel, new, read_model


@define(kw_only=True, eq=False, repr=False, getstate_setstate=False, on_setattr=NO_OP)
class FunctionDefinition(ApiModel):
    """Name and parameters of a function."""

    name: str
    """Name of the function."""
    description: str | None = ABSENT
    """A description for the model."""
    parameters: dict[str, Any] | None = ABSENT
    """A JSON Schema of its arguments."""
    strict: bool | None = ABSENT
    """Whether arguments must fit the schema exactly. The service assumes false when it is not given."""
    additional_properties: dict[str, Any] = field(factory=dict[str, Any])
    """Fields that the contract does not describe, by their JSON names."""

    _needed: ClassVar[tuple[str, ...]] = ("name",)

    def _decode(self, d: Any) -> Self:
        try:
            self.name = d["name"]
        except KeyError:
            return self._incomplete(d)
        known = 1
        if "description" in d:
            self.description = d["description"]
            known += 1
        if "parameters" in d:
            self.parameters = d["parameters"]
            known += 1
        if "strict" in d:
            self.strict = d["strict"]
            known += 1
        if len(d) != known:
            self._keep_unknown(d)
        return self


@overload
def as_function_definition(value: FunctionDefinition | Mapping[str, Any]) -> FunctionDefinition: ...
@overload
def as_function_definition(value: None) -> None: ...
def as_function_definition(value: Any) -> Any:
    """Make a model of a mapping; anything else is handed on as it is."""
    if type(value) is dict:
        return new(FunctionDefinition)._decode(value)
    return None if value is None else read_model(value, FunctionDefinition)
