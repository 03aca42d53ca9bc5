# pyright: reportPrivateUsage=false, reportUnknownArgumentType=false, reportUnknownVariableType=false
"""CacheControl: a model of the contract."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal, Self, overload

from attr import define, field
from attr.setters import NO_OP

from .._model import ApiModel, new, read_model


@define(kw_only=True, eq=False, repr=False, getstate_setstate=False, on_setattr=NO_OP)
class CacheControl(ApiModel):
    """Request that the provider caches the conversation up to here, which makes the next request cheaper."""

    type: Literal["ephemeral"] | str
    """Cache for a short time."""
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


@overload
def as_cache_control(value: CacheControl | Mapping[str, Any]) -> CacheControl: ...
@overload
def as_cache_control(value: None) -> None: ...
def as_cache_control(value: Any) -> Any:
    """Make a model of a mapping; anything else is handed on as it is."""
    if type(value) is dict:
        return new(CacheControl)._decode(value)
    return None if value is None else read_model(value, CacheControl)
