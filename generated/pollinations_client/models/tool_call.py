# pyright: reportPrivateUsage=false, reportUnknownArgumentType=false, reportUnknownVariableType=false
"""ToolCall: a model of the contract."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Literal, Self, overload

from attr import define, field
from attr.setters import NO_OP

from .._model import ApiModel, new, read_list, read_model
from .function_call import FunctionCall, as_function_call


@define(kw_only=True, eq=False, repr=False, getstate_setstate=False, on_setattr=NO_OP)
class ToolCall(ApiModel):
    """A call of a function. Send it back unchanged, unknown fields included."""

    id: str
    """Id for the result."""
    type: Literal["function"] | str = "function"
    function: FunctionCall = field(converter=as_function_call)
    """A function and its arguments."""
    additional_properties: dict[str, Any] = field(factory=dict[str, Any])
    """Fields that the contract does not describe, by their JSON names."""

    _needed: ClassVar[tuple[str, ...]] = ("id", "type", "function")

    def _decode(self, d: Any) -> Self:
        try:
            self.id = d["id"]
            self.type = d["type"]
            self.function = as_function_call(d["function"])
        except KeyError:
            return self._incomplete(d)
        known = 3
        if len(d) != known:
            self._keep_unknown(d)
        return self


@overload
def as_tool_call(value: ToolCall | Mapping[str, Any]) -> ToolCall: ...
@overload
def as_tool_call(value: None) -> None: ...
def as_tool_call(value: Any) -> Any:
    """Make a model of a mapping; anything else is handed on as it is."""
    if type(value) is dict:
        return new(ToolCall)._decode(value)
    return None if value is None else read_model(value, ToolCall)


@overload
def as_list_of_tool_call(value: Sequence[ToolCall | Mapping[str, Any]]) -> list[ToolCall]: ...
@overload
def as_list_of_tool_call(value: None) -> None: ...
def as_list_of_tool_call(value: Any) -> Any:
    """Make models of the mappings in a list; anything else is handed on as it is."""
    if type(value) is list:
        return [
            new(ToolCall)._decode(i) if type(i) is dict else read_model(i, ToolCall) for i in value
        ]
    return read_list(value, as_tool_call)
