# pyright: reportPrivateUsage=false, reportUnknownArgumentType=false, reportUnknownVariableType=false
"""CompletionUsage: a model of the contract."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Self, overload

from attr import define, field
from attr.setters import NO_OP

from .._model import ABSENT, ApiModel, new, read_model
from .completion_tokens_details import CompletionTokensDetails, as_completion_tokens_details
from .prompt_tokens_details import PromptTokensDetails, as_prompt_tokens_details


@define(kw_only=True, eq=False, repr=False, getstate_setstate=False, on_setattr=NO_OP)
class CompletionUsage(ApiModel):
    """The usage of the response, in tokens."""

    prompt_tokens: int
    """Tokens of the prompt. From 0."""
    completion_tokens: int
    """Tokens of the completion. From 0."""
    total_tokens: int
    """Both together, for some models with reasoning tokens added. From 0."""
    prompt_tokens_details: PromptTokensDetails | None = field(
        default=ABSENT, converter=as_prompt_tokens_details
    )
    """Tokens of the prompt, by kind."""
    completion_tokens_details: CompletionTokensDetails | None = field(
        default=ABSENT, converter=as_completion_tokens_details
    )
    """Tokens of the completion, by kind."""
    additional_properties: dict[str, Any] = field(factory=dict[str, Any])
    """Fields that the contract does not describe, by their JSON names."""

    _needed: ClassVar[tuple[str, ...]] = ("prompt_tokens", "completion_tokens", "total_tokens")

    def _decode(self, d: Any) -> Self:
        try:
            self.prompt_tokens = d["prompt_tokens"]
            self.completion_tokens = d["completion_tokens"]
            self.total_tokens = d["total_tokens"]
        except KeyError:
            return self._incomplete(d)
        known = 3
        if "prompt_tokens_details" in d:
            self.prompt_tokens_details = as_prompt_tokens_details(d["prompt_tokens_details"])
            known += 1
        if "completion_tokens_details" in d:
            self.completion_tokens_details = as_completion_tokens_details(
                d["completion_tokens_details"]
            )
            known += 1
        if len(d) != known:
            self._keep_unknown(d)
        return self


@overload
def as_completion_usage(value: CompletionUsage | Mapping[str, Any]) -> CompletionUsage: ...
@overload
def as_completion_usage(value: None) -> None: ...
def as_completion_usage(value: Any) -> Any:
    """Make a model of a mapping; anything else is handed on as it is."""
    if type(value) is dict:
        return new(CompletionUsage)._decode(value)
    return None if value is None else read_model(value, CompletionUsage)
