# pyright: reportPrivateUsage=false, reportUnknownArgumentType=false, reportUnknownVariableType=false
"""StreamOptions: a model of the contract."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self, overload

from attr import define, field
from attr.setters import NO_OP

from .._model import ABSENT, ApiModel, new, read_model


@define(kw_only=True, eq=False, repr=False, getstate_setstate=False, on_setattr=NO_OP)
class StreamOptions(ApiModel):
    """Options of a stream."""

    include_usage: bool | None = ABSENT
    """Whether to send the usage; it is sent anyway."""
    additional_properties: dict[str, Any] = field(factory=dict[str, Any])
    """Fields that the contract does not describe, by their JSON names."""

    def _decode(self, d: Any) -> Self:
        known = 0
        if "include_usage" in d:
            self.include_usage = d["include_usage"]
            known += 1
        if len(d) != known:
            self._keep_unknown(d)
        return self


@overload
def as_stream_options(value: StreamOptions | Mapping[str, Any]) -> StreamOptions: ...
@overload
def as_stream_options(value: None) -> None: ...
def as_stream_options(value: Any) -> Any:
    """Make a model of a mapping; anything else is handed on as it is."""
    if type(value) is dict:
        return new(StreamOptions)._decode(value)
    return None if value is None else read_model(value, StreamOptions)
