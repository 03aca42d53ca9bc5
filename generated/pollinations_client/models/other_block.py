# pyright: reportPrivateUsage=false, reportUnknownArgumentType=false, reportUnknownVariableType=false
"""OtherBlock: a model of the contract."""

from __future__ import annotations

from typing import Any, ClassVar, Self

from attr import define, field
from attr.setters import NO_OP

from .._model import ApiModel


@define(kw_only=True, eq=False, repr=False, getstate_setstate=False, on_setattr=NO_OP)
class OtherBlock(ApiModel):
    """A type of block that the contract does not know."""

    type: str
    """Type of the block."""
    additional_properties: dict[str, Any] = field(factory=dict[str, Any])
    """Fields that the contract does not describe, by their JSON names."""

    _needed: ClassVar[tuple[str, ...]] = ("type",)

    def _decode(self, d: Any) -> Self:
        try:
            self.type = d["type"]
        except KeyError:
            return self._incomplete(d)
        known = 1
        if len(d) != known:
            self._keep_unknown(d)
        return self
