# pyright: reportPrivateUsage=false, reportUnknownArgumentType=false, reportUnknownVariableType=false
"""CompletionTokensDetails: a model of the contract."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self, overload

from attr import define, field
from attr.setters import NO_OP

from .._model import ABSENT, ApiModel, new, read_model


@define(kw_only=True, eq=False, repr=False, getstate_setstate=False, on_setattr=NO_OP)
class CompletionTokensDetails(ApiModel):
    """Tokens of the completion, by kind."""

    accepted_prediction_tokens: int | None = ABSENT
    """Predicted tokens that were used. From 0."""
    audio_tokens: int | None = ABSENT
    """Audio tokens. From 0."""
    reasoning_tokens: int | None = ABSENT
    """Reasoning tokens. From 0."""
    rejected_prediction_tokens: int | None = ABSENT
    """Predicted tokens that were not used. From 0."""
    additional_properties: dict[str, Any] = field(factory=dict[str, Any])
    """Fields that the contract does not describe, by their JSON names."""

    def _decode(self, d: Any) -> Self:
        known = 0
        if "accepted_prediction_tokens" in d:
            self.accepted_prediction_tokens = d["accepted_prediction_tokens"]
            known += 1
        if "audio_tokens" in d:
            self.audio_tokens = d["audio_tokens"]
            known += 1
        if "reasoning_tokens" in d:
            self.reasoning_tokens = d["reasoning_tokens"]
            known += 1
        if "rejected_prediction_tokens" in d:
            self.rejected_prediction_tokens = d["rejected_prediction_tokens"]
            known += 1
        if len(d) != known:
            self._keep_unknown(d)
        return self


@overload
def as_completion_tokens_details(
    value: CompletionTokensDetails | Mapping[str, Any],
) -> CompletionTokensDetails: ...
@overload
def as_completion_tokens_details(value: None) -> None: ...
def as_completion_tokens_details(value: Any) -> Any:
    """Make a model of a mapping; anything else is handed on as it is."""
    if type(value) is dict:
        return new(CompletionTokensDetails)._decode(value)
    return None if value is None else read_model(value, CompletionTokensDetails)
