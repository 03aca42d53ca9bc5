# pyright: reportPrivateUsage=false, reportUnknownArgumentType=false, reportUnknownVariableType=false
"""FunctionTool: a model of the contract."""

from __future__ import annotations

from typing import Any, ClassVar, Literal, Self

from attr import define, field
from attr.setters import NO_OP

from .._model import ApiModel
from .function_definition import FunctionDefinition, as_function_definition


@define(kw_only=True, eq=False, repr=False, getstate_setstate=False, on_setattr=NO_OP)
class FunctionTool(ApiModel):
    """A function that you carry out."""

    type: Literal["function"] | str = "function"
    function: FunctionDefinition = field(converter=as_function_definition)
    """Name and parameters of a function."""
    additional_properties: dict[str, Any] = field(factory=dict[str, Any])
    """Fields that the contract does not describe, by their JSON names."""

    _needed: ClassVar[tuple[str, ...]] = ("type", "function")

    def _decode(self, d: Any) -> Self:
        try:
            self.type = d["type"]
            self.function = as_function_definition(d["function"])
        except KeyError:
            return self._incomplete(d)
        known = 2
        if len(d) != known:
            self._keep_unknown(d)
        return self
