# pyright: reportPrivateUsage=false, reportUnknownArgumentType=false, reportUnknownVariableType=false
"""FunctionCall: a model of the contract."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Self, overload

from attr import define, field
from attr.setters import NO_OP

from .._model import ApiModel, new, read_model


@define(kw_only=True, eq=False, repr=False, getstate_setstate=False, on_setattr=NO_OP)
class FunctionCall(ApiModel):
    """A function and its arguments."""

    name: str
    """Name of the function."""
    arguments: str
    """The arguments as JSON text."""
    additional_properties: dict[str, Any] = field(factory=dict[str, Any])
    """Fields that the contract does not describe, by their JSON names."""

    _needed: ClassVar[tuple[str, ...]] = ("name", "arguments")

    def _decode(self, d: Any) -> Self:
        try:
            self.name = d["name"]
            self.arguments = d["arguments"]
        except KeyError:
            return self._incomplete(d)
        known = 2
        if len(d) != known:
            self._keep_unknown(d)
        return self


@overload
def as_function_call(value: FunctionCall | Mapping[str, Any]) -> FunctionCall: ...
@overload
def as_function_call(value: None) -> None: ...
def as_function_call(value: Any) -> Any:
    """Make a model of a mapping; anything else is handed on as it is."""
    if type(value) is dict:
        return new(FunctionCall)._decode(value)
    return None if value is None else read_model(value, FunctionCall)
