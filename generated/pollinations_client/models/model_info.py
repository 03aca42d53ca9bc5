"""ModelInfo: a model of the contract."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from .._model import ApiModel
from ..types import UNSET, Unset


class ModelInfo(ApiModel):
    """One model with its price and abilities. More fields come and go."""

    __slots__ = ()

    _fields: ClassVar[Mapping[str, str]] = {
        "name": "name",
        "aliases": "aliases",
        "pricing": "pricing",
        "description": "description",
        "input_modalities": "input_modalities",
        "output_modalities": "output_modalities",
        "tools": "tools",
        "reasoning": "reasoning",
        "context_window": "context_window",
        "context_length": "context_length",
        "voices": "voices",
        "is_specialized": "is_specialized",
        "paid_only": "paid_only",
    }
    _needed: ClassVar[tuple[str, ...]] = ("aliases",)

    def __init__(
        self,
        *,
        name: str,
        aliases: Sequence[str],
        pricing: ModelPricing | Mapping[str, Any],
        description: str | Unset = UNSET,
        input_modalities: Sequence[str] | Unset = UNSET,
        output_modalities: Sequence[str] | Unset = UNSET,
        tools: bool | Unset = UNSET,
        reasoning: bool | Unset = UNSET,
        context_window: float | Unset = UNSET,
        context_length: float | Unset = UNSET,
        voices: Sequence[str] | Unset = UNSET,
        is_specialized: bool | Unset = UNSET,
        paid_only: bool | Unset = UNSET,
    ) -> None:
        self._set(
            {
                "name": name,
                "aliases": aliases,
                "pricing": pricing,
                "description": description,
                "input_modalities": input_modalities,
                "output_modalities": output_modalities,
                "tools": tools,
                "reasoning": reasoning,
                "context_window": context_window,
                "context_length": context_length,
                "voices": voices,
                "is_specialized": is_specialized,
                "paid_only": paid_only,
            }
        )

    @property
    def name(self) -> str:
        """Name of the model, for `model` of a request."""
        value: str = self._need("name")
        return value

    @property
    def aliases(self) -> list[str]:
        """Further names that mean the same model."""
        value: list[str] = self._need("aliases")
        return value

    @property
    def pricing(self) -> ModelPricing:
        """Pollen per token, second or image, by kind. What is free is left out."""
        value: ModelPricing = ModelPricing._view(self._need("pricing"))
        return value

    @property
    def description(self) -> str | None:
        """A line for people."""
        value: str | None = self._data.get("description")
        return value

    @property
    def input_modalities(self) -> list[str] | None:
        """What it reads: text, image, audio, video."""
        value: list[str] | None = self._data.get("input_modalities")
        return value

    @property
    def output_modalities(self) -> list[str] | None:
        """What it makes: text, image, audio, video."""
        value: list[str] | None = self._data.get("output_modalities")
        return value

    @property
    def tools(self) -> bool | None:
        """Whether it can call tools."""
        value: bool | None = self._data.get("tools")
        return value

    @property
    def reasoning(self) -> bool | None:
        """Whether it reasons before it answers."""
        value: bool | None = self._data.get("reasoning")
        return value

    @property
    def context_window(self) -> float | None:
        """How many tokens it can read at once."""
        value: float | None = self._data.get("context_window")
        return value

    @property
    def context_length(self) -> float | None:
        """The same, under its later name."""
        value: float | None = self._data.get("context_length")
        return value

    @property
    def voices(self) -> list[str] | None:
        """Voices it can speak with."""
        value: list[str] | None = self._data.get("voices")
        return value

    @property
    def is_specialized(self) -> bool | None:
        """Whether it is made for one purpose."""
        value: bool | None = self._data.get("is_specialized")
        return value

    @property
    def paid_only(self) -> bool | None:
        """Whether the free daily pollen does not pay for it."""
        value: bool | None = self._data.get("paid_only")
        return value


from .model_pricing import ModelPricing  # noqa: E402 - below the class, so that models can refer to each other
