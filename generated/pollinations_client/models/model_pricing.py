"""ModelPricing: a model of the contract."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar, Literal

from .._model import ApiModel
from ..types import UNSET, Unset

if TYPE_CHECKING:
    from .price import Price


class ModelPricing(ApiModel):
    """Pollen per token, second or image, by kind. What is free is left out."""

    __slots__ = ()

    _fields: ClassVar[Mapping[str, str]] = {
        "currency": "currency",
        "promptTextTokens": "prompt_text_tokens",
        "promptCachedTokens": "prompt_cached_tokens",
        "promptAudioTokens": "prompt_audio_tokens",
        "promptImageTokens": "prompt_image_tokens",
        "promptAudioSeconds": "prompt_audio_seconds",
        "completionTextTokens": "completion_text_tokens",
        "completionReasoningTokens": "completion_reasoning_tokens",
        "completionAudioTokens": "completion_audio_tokens",
        "completionImageTokens": "completion_image_tokens",
        "completionAudioSeconds": "completion_audio_seconds",
        "completionVideoSeconds": "completion_video_seconds",
        "completionVideoTokens": "completion_video_tokens",
    }
    _needed: ClassVar[tuple[str, ...]] = ("currency",)

    def __init__(
        self,
        *,
        currency: Literal["pollen"] | str = "pollen",
        prompt_text_tokens: Price | Unset = UNSET,
        prompt_cached_tokens: Price | Unset = UNSET,
        prompt_audio_tokens: Price | Unset = UNSET,
        prompt_image_tokens: Price | Unset = UNSET,
        prompt_audio_seconds: Price | Unset = UNSET,
        completion_text_tokens: Price | Unset = UNSET,
        completion_reasoning_tokens: Price | Unset = UNSET,
        completion_audio_tokens: Price | Unset = UNSET,
        completion_image_tokens: Price | Unset = UNSET,
        completion_audio_seconds: Price | Unset = UNSET,
        completion_video_seconds: Price | Unset = UNSET,
        completion_video_tokens: Price | Unset = UNSET,
    ) -> None:
        self._set(
            {
                "currency": currency,
                "promptTextTokens": prompt_text_tokens,
                "promptCachedTokens": prompt_cached_tokens,
                "promptAudioTokens": prompt_audio_tokens,
                "promptImageTokens": prompt_image_tokens,
                "promptAudioSeconds": prompt_audio_seconds,
                "completionTextTokens": completion_text_tokens,
                "completionReasoningTokens": completion_reasoning_tokens,
                "completionAudioTokens": completion_audio_tokens,
                "completionImageTokens": completion_image_tokens,
                "completionAudioSeconds": completion_audio_seconds,
                "completionVideoSeconds": completion_video_seconds,
                "completionVideoTokens": completion_video_tokens,
            }
        )

    @property
    def currency(self) -> Literal["pollen"] | str:
        """The field `currency`."""
        value: Literal["pollen"] | str = self._need("currency")
        return value

    @property
    def prompt_text_tokens(self) -> Price | None:
        """Pollen per unit, as a number or as decimal digits."""
        value: Price | None = self._data.get("promptTextTokens")
        return value

    @property
    def prompt_cached_tokens(self) -> Price | None:
        """Pollen per unit, as a number or as decimal digits."""
        value: Price | None = self._data.get("promptCachedTokens")
        return value

    @property
    def prompt_audio_tokens(self) -> Price | None:
        """Pollen per unit, as a number or as decimal digits."""
        value: Price | None = self._data.get("promptAudioTokens")
        return value

    @property
    def prompt_image_tokens(self) -> Price | None:
        """Pollen per unit, as a number or as decimal digits."""
        value: Price | None = self._data.get("promptImageTokens")
        return value

    @property
    def prompt_audio_seconds(self) -> Price | None:
        """Pollen per unit, as a number or as decimal digits."""
        value: Price | None = self._data.get("promptAudioSeconds")
        return value

    @property
    def completion_text_tokens(self) -> Price | None:
        """Pollen per unit, as a number or as decimal digits."""
        value: Price | None = self._data.get("completionTextTokens")
        return value

    @property
    def completion_reasoning_tokens(self) -> Price | None:
        """Pollen per unit, as a number or as decimal digits."""
        value: Price | None = self._data.get("completionReasoningTokens")
        return value

    @property
    def completion_audio_tokens(self) -> Price | None:
        """Pollen per unit, as a number or as decimal digits."""
        value: Price | None = self._data.get("completionAudioTokens")
        return value

    @property
    def completion_image_tokens(self) -> Price | None:
        """Pollen per unit, as a number or as decimal digits."""
        value: Price | None = self._data.get("completionImageTokens")
        return value

    @property
    def completion_audio_seconds(self) -> Price | None:
        """Pollen per unit, as a number or as decimal digits."""
        value: Price | None = self._data.get("completionAudioSeconds")
        return value

    @property
    def completion_video_seconds(self) -> Price | None:
        """Pollen per unit, as a number or as decimal digits."""
        value: Price | None = self._data.get("completionVideoSeconds")
        return value

    @property
    def completion_video_tokens(self) -> Price | None:
        """Pollen per unit, as a number or as decimal digits."""
        value: Price | None = self._data.get("completionVideoTokens")
        return value
