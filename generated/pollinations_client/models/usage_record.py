# pyright: reportPrivateUsage=false, reportUnknownArgumentType=false, reportUnknownVariableType=false
"""UsageRecord: a model of the contract."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Self, overload

from attr import define, field
from attr.setters import NO_OP

from .._model import ApiModel, new, read_list, read_model


@define(kw_only=True, eq=False, repr=False, getstate_setstate=False, on_setattr=NO_OP)
class UsageRecord(ApiModel):
    """One billed request."""

    timestamp: str
    """When the request was made, as `YYYY-MM-DD HH:mm:ss` in UTC."""
    type: str
    """Type of the request, e.g. `generate.text` or `generate.image`."""
    model: str | None
    """The provider's name of the model."""
    api_key: str | None
    """The display name of the key that was used, never the key."""
    api_key_type: str | None
    """`secret` or `publishable`."""
    meter_source: str | None
    """The balance that was charged: `tier`, `pack` or `crypto`."""
    input_text_tokens: float
    """Text tokens of the prompt."""
    input_cached_tokens: float
    """Prompt tokens from the provider's cache."""
    input_audio_tokens: float
    """Audio tokens of the prompt."""
    input_image_tokens: float
    """Image tokens of the prompt."""
    output_text_tokens: float
    """Text tokens of the completion."""
    output_reasoning_tokens: float
    """Reasoning tokens, for models that reason."""
    output_audio_tokens: float
    """Audio tokens of the completion."""
    output_image_tokens: float
    """Image tokens of the completion, 1 per image."""
    cost_usd: float
    """Price in US dollars (pollen)."""
    response_time_ms: float | None
    """Duration in milliseconds."""
    additional_properties: dict[str, Any] = field(factory=dict[str, Any])
    """Fields that the contract does not describe, by their JSON names."""

    _needed: ClassVar[tuple[str, ...]] = (
        "timestamp",
        "type",
        "input_text_tokens",
        "input_cached_tokens",
        "input_audio_tokens",
        "input_image_tokens",
        "output_text_tokens",
        "output_reasoning_tokens",
        "output_audio_tokens",
        "output_image_tokens",
        "cost_usd",
    )

    def _decode(self, d: Any) -> Self:
        try:
            self.timestamp = d["timestamp"]
            self.type = d["type"]
            self.model = d["model"]
            self.api_key = d["api_key"]
            self.api_key_type = d["api_key_type"]
            self.meter_source = d["meter_source"]
            self.input_text_tokens = d["input_text_tokens"]
            self.input_cached_tokens = d["input_cached_tokens"]
            self.input_audio_tokens = d["input_audio_tokens"]
            self.input_image_tokens = d["input_image_tokens"]
            self.output_text_tokens = d["output_text_tokens"]
            self.output_reasoning_tokens = d["output_reasoning_tokens"]
            self.output_audio_tokens = d["output_audio_tokens"]
            self.output_image_tokens = d["output_image_tokens"]
            self.cost_usd = d["cost_usd"]
            self.response_time_ms = d["response_time_ms"]
        except KeyError:
            return self._incomplete(d)
        known = 16
        if len(d) != known:
            self._keep_unknown(d)
        return self


@overload
def as_usage_record(value: UsageRecord | Mapping[str, Any]) -> UsageRecord: ...
@overload
def as_usage_record(value: None) -> None: ...
def as_usage_record(value: Any) -> Any:
    """Make a model of a mapping; anything else is handed on as it is."""
    if type(value) is dict:
        return new(UsageRecord)._decode(value)
    return None if value is None else read_model(value, UsageRecord)


@overload
def as_list_of_usage_record(
    value: Sequence[UsageRecord | Mapping[str, Any]],
) -> list[UsageRecord]: ...
@overload
def as_list_of_usage_record(value: None) -> None: ...
def as_list_of_usage_record(value: Any) -> Any:
    """Make models of the mappings in a list; anything else is handed on as it is."""
    if type(value) is list:
        return [
            new(UsageRecord)._decode(i) if type(i) is dict else read_model(i, UsageRecord)
            for i in value
        ]
    return read_list(value, as_usage_record)
