# pyright: reportPrivateUsage=false, reportUnknownArgumentType=false, reportUnknownVariableType=false
"""ModelPricing: a model of the contract."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal, Self, overload

from attr import define, field
from attr.setters import NO_OP

from .._model import ABSENT, ApiModel, new, read_model
from .price import Price


@define(kw_only=True, eq=False, repr=False, getstate_setstate=False, on_setattr=NO_OP)
class ModelPricing(ApiModel):
    """Pollen per token, second or image, by kind. A kind that is free is left out."""

    currency: Literal["pollen"] | str = "pollen"
    prompt_text_tokens: Price | None = ABSENT
    """Pollen per unit, as a number or as a decimal string."""
    prompt_cached_tokens: Price | None = ABSENT
    """Pollen per unit, as a number or as a decimal string."""
    prompt_audio_tokens: Price | None = ABSENT
    """Pollen per unit, as a number or as a decimal string."""
    prompt_image_tokens: Price | None = ABSENT
    """Pollen per unit, as a number or as a decimal string."""
    prompt_audio_seconds: Price | None = ABSENT
    """Pollen per unit, as a number or as a decimal string."""
    completion_text_tokens: Price | None = ABSENT
    """Pollen per unit, as a number or as a decimal string."""
    completion_reasoning_tokens: Price | None = ABSENT
    """Pollen per unit, as a number or as a decimal string."""
    completion_audio_tokens: Price | None = ABSENT
    """Pollen per unit, as a number or as a decimal string."""
    completion_image_tokens: Price | None = ABSENT
    """Pollen per unit, as a number or as a decimal string."""
    completion_audio_seconds: Price | None = ABSENT
    """Pollen per unit, as a number or as a decimal string."""
    completion_video_seconds: Price | None = ABSENT
    """Pollen per unit, as a number or as a decimal string."""
    completion_video_tokens: Price | None = ABSENT
    """Pollen per unit, as a number or as a decimal string."""
    additional_properties: dict[str, Any] = field(factory=dict[str, Any])
    """Fields that the contract does not describe, by their JSON names."""

    _renamed: ClassVar[Mapping[str, str]] = {
        "prompt_text_tokens": "promptTextTokens",
        "prompt_cached_tokens": "promptCachedTokens",
        "prompt_audio_tokens": "promptAudioTokens",
        "prompt_image_tokens": "promptImageTokens",
        "prompt_audio_seconds": "promptAudioSeconds",
        "completion_text_tokens": "completionTextTokens",
        "completion_reasoning_tokens": "completionReasoningTokens",
        "completion_audio_tokens": "completionAudioTokens",
        "completion_image_tokens": "completionImageTokens",
        "completion_audio_seconds": "completionAudioSeconds",
        "completion_video_seconds": "completionVideoSeconds",
        "completion_video_tokens": "completionVideoTokens",
    }
    _needed: ClassVar[tuple[str, ...]] = ("currency",)

    def _decode(self, d: Any) -> Self:
        try:
            self.currency = d["currency"]
        except KeyError:
            return self._incomplete(d)
        known = 1
        if "promptTextTokens" in d:
            self.prompt_text_tokens = d["promptTextTokens"]
            known += 1
        if "promptCachedTokens" in d:
            self.prompt_cached_tokens = d["promptCachedTokens"]
            known += 1
        if "promptAudioTokens" in d:
            self.prompt_audio_tokens = d["promptAudioTokens"]
            known += 1
        if "promptImageTokens" in d:
            self.prompt_image_tokens = d["promptImageTokens"]
            known += 1
        if "promptAudioSeconds" in d:
            self.prompt_audio_seconds = d["promptAudioSeconds"]
            known += 1
        if "completionTextTokens" in d:
            self.completion_text_tokens = d["completionTextTokens"]
            known += 1
        if "completionReasoningTokens" in d:
            self.completion_reasoning_tokens = d["completionReasoningTokens"]
            known += 1
        if "completionAudioTokens" in d:
            self.completion_audio_tokens = d["completionAudioTokens"]
            known += 1
        if "completionImageTokens" in d:
            self.completion_image_tokens = d["completionImageTokens"]
            known += 1
        if "completionAudioSeconds" in d:
            self.completion_audio_seconds = d["completionAudioSeconds"]
            known += 1
        if "completionVideoSeconds" in d:
            self.completion_video_seconds = d["completionVideoSeconds"]
            known += 1
        if "completionVideoTokens" in d:
            self.completion_video_tokens = d["completionVideoTokens"]
            known += 1
        if len(d) != known:
            self._keep_unknown(d)
        return self


@overload
def as_model_pricing(value: ModelPricing | Mapping[str, Any]) -> ModelPricing: ...
@overload
def as_model_pricing(value: None) -> None: ...
def as_model_pricing(value: Any) -> Any:
    """Make a model of a mapping; anything else is handed on as it is."""
    if type(value) is dict:
        return new(ModelPricing)._decode(value)
    return None if value is None else read_model(value, ModelPricing)
