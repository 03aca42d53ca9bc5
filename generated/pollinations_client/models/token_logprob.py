# pyright: reportPrivateUsage=false, reportUnknownArgumentType=false, reportUnknownVariableType=false
"""TokenLogprob: a model of the contract."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Self, overload

from attr import define, field
from attr.setters import NO_OP

from .._model import ApiModel, new, read_list, read_model
from .top_logprob import TopLogprob, as_list_of_top_logprob


@define(kw_only=True, eq=False, repr=False, getstate_setstate=False, on_setattr=NO_OP)
class TokenLogprob(ApiModel):
    """A token, its log probability and its alternatives."""

    token: str
    """The token."""
    logprob: float
    """Natural logarithm of its probability."""
    bytes: list[int] | None
    """Its bytes in UTF-8."""
    top_logprobs: list[TopLogprob] = field(converter=as_list_of_top_logprob)
    """The most likely tokens at this position."""
    additional_properties: dict[str, Any] = field(factory=dict[str, Any])
    """Fields that the contract does not describe, by their JSON names."""

    _needed: ClassVar[tuple[str, ...]] = ("top_logprobs",)

    def _decode(self, d: Any) -> Self:
        try:
            self.token = d["token"]
            self.logprob = d["logprob"]
            self.bytes = d["bytes"]
            self.top_logprobs = as_list_of_top_logprob(d["top_logprobs"])
        except KeyError:
            return self._incomplete(d)
        known = 4
        if len(d) != known:
            self._keep_unknown(d)
        return self


@overload
def as_token_logprob(value: TokenLogprob | Mapping[str, Any]) -> TokenLogprob: ...
@overload
def as_token_logprob(value: None) -> None: ...
def as_token_logprob(value: Any) -> Any:
    """Make a model of a mapping; anything else is handed on as it is."""
    if type(value) is dict:
        return new(TokenLogprob)._decode(value)
    return None if value is None else read_model(value, TokenLogprob)


@overload
def as_list_of_token_logprob(
    value: Sequence[TokenLogprob | Mapping[str, Any]],
) -> list[TokenLogprob]: ...
@overload
def as_list_of_token_logprob(value: None) -> None: ...
def as_list_of_token_logprob(value: Any) -> Any:
    """Make models of the mappings in a list; anything else is handed on as it is."""
    if type(value) is list:
        return [
            new(TokenLogprob)._decode(i) if type(i) is dict else read_model(i, TokenLogprob)
            for i in value
        ]
    return read_list(value, as_token_logprob)
