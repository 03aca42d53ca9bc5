# pyright: reportPrivateUsage=false, reportUnknownArgumentType=false, reportUnknownVariableType=false
"""FunctionMessage: a model of the contract."""

from __future__ import annotations

from typing import Any, ClassVar, Literal, Self

from attr import define, field
from attr.setters import NO_OP

from .._model import ApiModel


@define(kw_only=True, eq=False, repr=False, getstate_setstate=False, on_setattr=NO_OP)
class FunctionMessage(ApiModel):
    """The result of a function, in the legacy format."""

    role: Literal["function"] | str = "function"
    """The author of the message."""
    content: str | None
    """The result."""
    name: str
    """Name of the function."""
    additional_properties: dict[str, Any] = field(factory=dict[str, Any])
    """Fields that the contract does not describe, by their JSON names."""

    _needed: ClassVar[tuple[str, ...]] = ("role", "name")

    def _decode(self, d: Any) -> Self:
        try:
            self.role = d["role"]
            self.content = d["content"]
            self.name = d["name"]
        except KeyError:
            return self._incomplete(d)
        known = 3
        if len(d) != known:
            self._keep_unknown(d)
        return self
