# pyright: reportPrivateUsage=false, reportUnknownArgumentType=false, reportUnknownVariableType=false
"""FunctionCallDelta: a model of the contract."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self, overload

from attr import define, field
from attr.setters import NO_OP

from .._model import ABSENT, ApiModel, new, read_model


@define(kw_only=True, eq=False, repr=False, getstate_setstate=False, on_setattr=NO_OP)
class FunctionCallDelta(ApiModel):
    """A piece of a function call."""

    name: str | None = ABSENT
    """Name of the function, in the first piece."""
    arguments: str | None = ABSENT
    """Text to append to the arguments."""
    additional_properties: dict[str, Any] = field(factory=dict[str, Any])
    """Fields that the contract does not describe, by their JSON names."""

    def _decode(self, d: Any) -> Self:
        known = 0
        if "name" in d:
            self.name = d["name"]
            known += 1
        if "arguments" in d:
            self.arguments = d["arguments"]
            known += 1
        if len(d) != known:
            self._keep_unknown(d)
        return self


@overload
def as_function_call_delta(value: FunctionCallDelta | Mapping[str, Any]) -> FunctionCallDelta: ...
@overload
def as_function_call_delta(value: None) -> None: ...
def as_function_call_delta(value: Any) -> Any:
    """Make a model of a mapping; anything else is handed on as it is."""
    if type(value) is dict:
        return new(FunctionCallDelta)._decode(value)
    return None if value is None else read_model(value, FunctionCallDelta)
