# pyright: reportPrivateUsage=false, reportUnknownArgumentType=false, reportUnknownVariableType=false
"""ToolCallDelta: a model of the contract."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Self, overload

from attr import define, field
from attr.setters import NO_OP

from .._model import ABSENT, ApiModel, new, read_list, read_model
from .function_call_delta import FunctionCallDelta, as_function_call_delta


@define(kw_only=True, eq=False, repr=False, getstate_setstate=False, on_setattr=NO_OP)
class ToolCallDelta(ApiModel):
    """A piece of the tool call with this index."""

    index: int | None = ABSENT
    """Index of the tool call. From 0."""
    id: str | None = ABSENT
    """Id for the result, in the first piece."""
    type: str | None = ABSENT
    """Always `function`."""
    function: FunctionCallDelta | None = field(default=ABSENT, converter=as_function_call_delta)
    """A piece of the function call."""
    additional_properties: dict[str, Any] = field(factory=dict[str, Any])
    """Fields that the contract does not describe, by their JSON names."""

    def _decode(self, d: Any) -> Self:
        known = 0
        if "index" in d:
            self.index = d["index"]
            known += 1
        if "id" in d:
            self.id = d["id"]
            known += 1
        if "type" in d:
            self.type = d["type"]
            known += 1
        if "function" in d:
            self.function = as_function_call_delta(d["function"])
            known += 1
        if len(d) != known:
            self._keep_unknown(d)
        return self


@overload
def as_tool_call_delta(value: ToolCallDelta | Mapping[str, Any]) -> ToolCallDelta: ...
@overload
def as_tool_call_delta(value: None) -> None: ...
def as_tool_call_delta(value: Any) -> Any:
    """Make a model of a mapping; anything else is handed on as it is."""
    if type(value) is dict:
        return new(ToolCallDelta)._decode(value)
    return None if value is None else read_model(value, ToolCallDelta)


@overload
def as_list_of_tool_call_delta(
    value: Sequence[ToolCallDelta | Mapping[str, Any]],
) -> list[ToolCallDelta]: ...
@overload
def as_list_of_tool_call_delta(value: None) -> None: ...
def as_list_of_tool_call_delta(value: Any) -> Any:
    """Make models of the mappings in a list; anything else is handed on as it is."""
    if type(value) is list:
        return [
            new(ToolCallDelta)._decode(i) if type(i) is dict else read_model(i, ToolCallDelta)
            for i in value
        ]
    return read_list(value, as_tool_call_delta)
