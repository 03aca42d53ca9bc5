# pyright: reportPrivateUsage=false, reportUnknownArgumentType=false, reportUnknownVariableType=false
"""ModelInfo: a model of the contract."""

from __future__ import annotations

from typing import Any, ClassVar, Self

from attr import define, field
from attr.setters import NO_OP

from .._model import ABSENT, ApiModel
from .model_pricing import ModelPricing, as_model_pricing


@define(kw_only=True, eq=False, repr=False, getstate_setstate=False, on_setattr=NO_OP)
class ModelInfo(ApiModel):
    """One model with its price and capabilities. Fields may be added or removed."""

    name: str
    """Name of the model, for `model` of a request."""
    aliases: list[str]
    """Further names of the same model."""
    pricing: ModelPricing = field(converter=as_model_pricing)
    """Pollen per token, second or image, by kind. A kind that is free is left out."""
    description: str | None = ABSENT
    """A description for people."""
    input_modalities: list[str] | None = ABSENT
    """Input modalities: text, image, audio, video."""
    output_modalities: list[str] | None = ABSENT
    """Output modalities: text, image, audio, video."""
    tools: bool | None = ABSENT
    """Whether it supports tool calls."""
    reasoning: bool | None = ABSENT
    """Whether it reasons before it responds."""
    context_window: float | None = ABSENT
    """The size of the context window in tokens."""
    context_length: float | None = ABSENT
    """The size of the context window, under its later name."""
    voices: list[str] | None = ABSENT
    """Voices for speech."""
    is_specialized: bool | None = ABSENT
    """Whether it is made for one purpose only."""
    paid_only: bool | None = ABSENT
    """Whether the free daily pollen cannot be spent on it."""
    additional_properties: dict[str, Any] = field(factory=dict[str, Any])
    """Fields that the contract does not describe, by their JSON names."""

    _needed: ClassVar[tuple[str, ...]] = ("aliases",)

    def _decode(self, d: Any) -> Self:
        try:
            self.name = d["name"]
            self.aliases = d["aliases"]
            self.pricing = as_model_pricing(d["pricing"])
        except KeyError:
            return self._incomplete(d)
        known = 3
        if "description" in d:
            self.description = d["description"]
            known += 1
        if "input_modalities" in d:
            self.input_modalities = d["input_modalities"]
            known += 1
        if "output_modalities" in d:
            self.output_modalities = d["output_modalities"]
            known += 1
        if "tools" in d:
            self.tools = d["tools"]
            known += 1
        if "reasoning" in d:
            self.reasoning = d["reasoning"]
            known += 1
        if "context_window" in d:
            self.context_window = d["context_window"]
            known += 1
        if "context_length" in d:
            self.context_length = d["context_length"]
            known += 1
        if "voices" in d:
            self.voices = d["voices"]
            known += 1
        if "is_specialized" in d:
            self.is_specialized = d["is_specialized"]
            known += 1
        if "paid_only" in d:
            self.paid_only = d["paid_only"]
            known += 1
        if len(d) != known:
            self._keep_unknown(d)
        return self
