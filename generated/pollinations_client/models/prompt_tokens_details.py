# pyright: reportPrivateUsage=false, reportUnknownArgumentType=false, reportUnknownVariableType=false
"""PromptTokensDetails: a model of the contract."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self, overload

from attr import define, field
from attr.setters import NO_OP

from .._model import ABSENT, ApiModel, new, read_model


@define(kw_only=True, eq=False, repr=False, getstate_setstate=False, on_setattr=NO_OP)
class PromptTokensDetails(ApiModel):
    """Tokens of the prompt, by kind."""

    audio_tokens: int | None = ABSENT
    """Audio tokens. From 0."""
    cached_tokens: int | None = ABSENT
    """Tokens from the provider's cache. From 0."""
    additional_properties: dict[str, Any] = field(factory=dict[str, Any])
    """Fields that the contract does not describe, by their JSON names."""

    def _decode(self, d: Any) -> Self:
        known = 0
        if "audio_tokens" in d:
            self.audio_tokens = d["audio_tokens"]
            known += 1
        if "cached_tokens" in d:
            self.cached_tokens = d["cached_tokens"]
            known += 1
        if len(d) != known:
            self._keep_unknown(d)
        return self


@overload
def as_prompt_tokens_details(
    value: PromptTokensDetails | Mapping[str, Any],
) -> PromptTokensDetails: ...
@overload
def as_prompt_tokens_details(value: None) -> None: ...
def as_prompt_tokens_details(value: Any) -> Any:
    """Make a model of a mapping; anything else is handed on as it is."""
    if type(value) is dict:
        return new(PromptTokensDetails)._decode(value)
    return None if value is None else read_model(value, PromptTokensDetails)
