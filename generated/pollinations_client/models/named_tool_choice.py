# pyright: reportPrivateUsage=false, reportUnknownArgumentType=false, reportUnknownVariableType=false
"""NamedToolChoice: a model of the contract."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal, Self, overload

from attr import define, field
from attr.setters import NO_OP

from .._model import ApiModel, new, read_model
from .function_name import FunctionName, as_function_name


@define(kw_only=True, eq=False, repr=False, getstate_setstate=False, on_setattr=NO_OP)
class NamedToolChoice(ApiModel):
    """Call this function."""

    type: Literal["function"] | str = "function"
    function: FunctionName = field(converter=as_function_name)
    """A function, by name."""
    additional_properties: dict[str, Any] = field(factory=dict[str, Any])
    """Fields that the contract does not describe, by their JSON names."""

    _needed: ClassVar[tuple[str, ...]] = ("type", "function")

    def _decode(self, d: Any) -> Self:
        try:
            self.type = d["type"]
            self.function = as_function_name(d["function"])
        except KeyError:
            return self._incomplete(d)
        known = 2
        if len(d) != known:
            self._keep_unknown(d)
        return self


@overload
def as_named_tool_choice(value: NamedToolChoice | Mapping[str, Any]) -> NamedToolChoice: ...
@overload
def as_named_tool_choice(value: None) -> None: ...
def as_named_tool_choice(value: Any) -> Any:
    """Make a model of a mapping; anything else is handed on as it is."""
    if type(value) is dict:
        return new(NamedToolChoice)._decode(value)
    return None if value is None else read_model(value, NamedToolChoice)
