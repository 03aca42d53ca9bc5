# pyright: reportPrivateUsage=false, reportUnknownArgumentType=false, reportUnknownVariableType=false
"""ChoiceLogprobs: a model of the contract."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self, overload

from attr import define, field
from attr.setters import NO_OP

from .._model import ApiModel, new, read_model
from .token_logprob import TokenLogprob, as_list_of_token_logprob


@define(kw_only=True, eq=False, repr=False, getstate_setstate=False, on_setattr=NO_OP)
class ChoiceLogprobs(ApiModel):
    """The log probability of each token."""

    content: list[TokenLogprob] | None = field(converter=as_list_of_token_logprob)
    """One entry per token."""
    additional_properties: dict[str, Any] = field(factory=dict[str, Any])
    """Fields that the contract does not describe, by their JSON names."""

    def _decode(self, d: Any) -> Self:
        try:
            self.content = as_list_of_token_logprob(d["content"])
        except KeyError:
            return self._incomplete(d)
        known = 1
        if len(d) != known:
            self._keep_unknown(d)
        return self


@overload
def as_choice_logprobs(value: ChoiceLogprobs | Mapping[str, Any]) -> ChoiceLogprobs: ...
@overload
def as_choice_logprobs(value: None) -> None: ...
def as_choice_logprobs(value: Any) -> Any:
    """Make a model of a mapping; anything else is handed on as it is."""
    if type(value) is dict:
        return new(ChoiceLogprobs)._decode(value)
    return None if value is None else read_model(value, ChoiceLogprobs)
