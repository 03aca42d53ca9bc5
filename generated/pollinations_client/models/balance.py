# pyright: reportPrivateUsage=false, reportUnknownArgumentType=false, reportUnknownVariableType=false
"""Balance: a model of the contract."""

from __future__ import annotations

from typing import Any, ClassVar, Self

from attr import define, field
from attr.setters import NO_OP

from .._model import ApiModel


@define(kw_only=True, eq=False, repr=False, getstate_setstate=False, on_setattr=NO_OP)
class Balance(ApiModel):
    """The remaining balance."""

    balance: float
    """Pollen left in all balances together (tier, pack, crypto), or in the key's budget. Below 0 when the last
    request cost more than was left.
    """
    additional_properties: dict[str, Any] = field(factory=dict[str, Any])
    """Fields that the contract does not describe, by their JSON names."""

    _needed: ClassVar[tuple[str, ...]] = ("balance",)

    def _decode(self, d: Any) -> Self:
        try:
            self.balance = d["balance"]
        except KeyError:
            return self._incomplete(d)
        known = 1
        if len(d) != known:
            self._keep_unknown(d)
        return self
