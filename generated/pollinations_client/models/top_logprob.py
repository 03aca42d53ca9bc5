# pyright: reportPrivateUsage=false, reportUnknownArgumentType=false, reportUnknownVariableType=false
"""TopLogprob: a model of the contract."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Self, overload

from attr import define, field
from attr.setters import NO_OP

from .._model import ApiModel, new, read_list, read_model


@define(kw_only=True, eq=False, repr=False, getstate_setstate=False, on_setattr=NO_OP)
class TopLogprob(ApiModel):
    """A token and its log probability."""

    token: str
    """The token."""
    logprob: float
    """Natural logarithm of its probability."""
    bytes: list[int] | None
    """Its bytes in UTF-8."""
    additional_properties: dict[str, Any] = field(factory=dict[str, Any])
    """Fields that the contract does not describe, by their JSON names."""

    _needed: ClassVar[tuple[str, ...]] = ("token", "logprob")

    def _decode(self, d: Any) -> Self:
        try:
            self.token = d["token"]
            self.logprob = d["logprob"]
            self.bytes = d["bytes"]
        except KeyError:
            return self._incomplete(d)
        known = 3
        if len(d) != known:
            self._keep_unknown(d)
        return self


@overload
def as_top_logprob(value: TopLogprob | Mapping[str, Any]) -> TopLogprob: ...
@overload
def as_top_logprob(value: None) -> None: ...
def as_top_logprob(value: Any) -> Any:
    """Make a model of a mapping; anything else is handed on as it is."""
    if type(value) is dict:
        return new(TopLogprob)._decode(value)
    return None if value is None else read_model(value, TopLogprob)


@overload
def as_list_of_top_logprob(value: Sequence[TopLogprob | Mapping[str, Any]]) -> list[TopLogprob]: ...
@overload
def as_list_of_top_logprob(value: None) -> None: ...
def as_list_of_top_logprob(value: Any) -> Any:
    """Make models of the mappings in a list; anything else is handed on as it is."""
    if type(value) is list:
        return [
            new(TopLogprob)._decode(i) if type(i) is dict else read_model(i, TopLogprob)
            for i in value
        ]
    return read_list(value, as_top_logprob)
