# pyright: reportPrivateUsage=false, reportUnknownArgumentType=false, reportUnknownVariableType=false
"""KeyPermissions: a model of the contract."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self, overload

from attr import define, field
from attr.setters import NO_OP

from .._model import ApiModel, new, read_model


@define(kw_only=True, eq=False, repr=False, getstate_setstate=False, on_setattr=NO_OP)
class KeyPermissions(ApiModel):
    """The permissions of a key."""

    models: list[str] | None
    """Ids of the allowed models; null for all."""
    account: list[str] | None
    """`profile`, `balance`, `usage`; null for none."""
    additional_properties: dict[str, Any] = field(factory=dict[str, Any])
    """Fields that the contract does not describe, by their JSON names."""

    def _decode(self, d: Any) -> Self:
        try:
            self.models = d["models"]
            self.account = d["account"]
        except KeyError:
            return self._incomplete(d)
        known = 2
        if len(d) != known:
            self._keep_unknown(d)
        return self


@overload
def as_key_permissions(value: KeyPermissions | Mapping[str, Any]) -> KeyPermissions: ...
@overload
def as_key_permissions(value: None) -> None: ...
def as_key_permissions(value: Any) -> Any:
    """Make a model of a mapping; anything else is handed on as it is."""
    if type(value) is dict:
        return new(KeyPermissions)._decode(value)
    return None if value is None else read_model(value, KeyPermissions)
