# pyright: reportPrivateUsage=false, reportUnknownArgumentType=false, reportUnknownVariableType=false
"""ChunkUsage: a model of the contract."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self, overload

from attr import define, field
from attr.setters import NO_OP

from .._model import ABSENT, ApiModel, new, read_model
from .completion_tokens_details import CompletionTokensDetails, as_completion_tokens_details
from .prompt_tokens_details import PromptTokensDetails, as_prompt_tokens_details


@define(kw_only=True, eq=False, repr=False, getstate_setstate=False, on_setattr=NO_OP)
class ChunkUsage(ApiModel):
    """The usage so far, or in total, in tokens."""

    prompt_tokens: int | None = ABSENT
    """Tokens of the prompt. From 0."""
    completion_tokens: int | None = ABSENT
    """Tokens of the completion. From 0."""
    total_tokens: int | None = ABSENT
    """Both together. From 0."""
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

    def _decode(self, d: Any) -> Self:
        known = 0
        if "prompt_tokens" in d:
            self.prompt_tokens = d["prompt_tokens"]
            known += 1
        if "completion_tokens" in d:
            self.completion_tokens = d["completion_tokens"]
            known += 1
        if "total_tokens" in d:
            self.total_tokens = d["total_tokens"]
            known += 1
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
def as_chunk_usage(value: ChunkUsage | Mapping[str, Any]) -> ChunkUsage: ...
@overload
def as_chunk_usage(value: None) -> None: ...
def as_chunk_usage(value: Any) -> Any:
    """Make a model of a mapping; anything else is handed on as it is."""
    if type(value) is dict:
        return new(ChunkUsage)._decode(value)
    return None if value is None else read_model(value, ChunkUsage)
