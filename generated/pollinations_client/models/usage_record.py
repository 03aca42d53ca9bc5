"""UsageRecord: a model of the contract."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from .._model import ApiModel


class UsageRecord(ApiModel):
    """One billed request."""

    __slots__ = ()

    _fields: ClassVar[Mapping[str, str]] = {
        "timestamp": "timestamp",
        "type": "type",
        "model": "model",
        "api_key": "api_key",
        "api_key_type": "api_key_type",
        "meter_source": "meter_source",
        "input_text_tokens": "input_text_tokens",
        "input_cached_tokens": "input_cached_tokens",
        "input_audio_tokens": "input_audio_tokens",
        "input_image_tokens": "input_image_tokens",
        "output_text_tokens": "output_text_tokens",
        "output_reasoning_tokens": "output_reasoning_tokens",
        "output_audio_tokens": "output_audio_tokens",
        "output_image_tokens": "output_image_tokens",
        "cost_usd": "cost_usd",
        "response_time_ms": "response_time_ms",
    }
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

    def __init__(
        self,
        *,
        timestamp: str,
        type: str,
        model: str | None,
        api_key: str | None,
        api_key_type: str | None,
        meter_source: str | None,
        input_text_tokens: float,
        input_cached_tokens: float,
        input_audio_tokens: float,
        input_image_tokens: float,
        output_text_tokens: float,
        output_reasoning_tokens: float,
        output_audio_tokens: float,
        output_image_tokens: float,
        cost_usd: float,
        response_time_ms: float | None,
    ) -> None:
        self._set(
            {
                "timestamp": timestamp,
                "type": type,
                "model": model,
                "api_key": api_key,
                "api_key_type": api_key_type,
                "meter_source": meter_source,
                "input_text_tokens": input_text_tokens,
                "input_cached_tokens": input_cached_tokens,
                "input_audio_tokens": input_audio_tokens,
                "input_image_tokens": input_image_tokens,
                "output_text_tokens": output_text_tokens,
                "output_reasoning_tokens": output_reasoning_tokens,
                "output_audio_tokens": output_audio_tokens,
                "output_image_tokens": output_image_tokens,
                "cost_usd": cost_usd,
                "response_time_ms": response_time_ms,
            }
        )

    @property
    def timestamp(self) -> str:
        """When, as `YYYY-MM-DD HH:mm:ss` in UTC."""
        value: str = self._need("timestamp")
        return value

    @property
    def type(self) -> str:
        """Kind of request, e.g. `generate.text` or `generate.image`."""
        value: str = self._need("type")
        return value

    @property
    def model(self) -> str | None:
        """The provider's name of the model."""
        value: str | None = self._need("model")
        return value

    @property
    def api_key(self) -> str | None:
        """Which key was used: its display name, never the key."""
        value: str | None = self._need("api_key")
        return value

    @property
    def api_key_type(self) -> str | None:
        """`secret` or `publishable`."""
        value: str | None = self._need("api_key_type")
        return value

    @property
    def meter_source(self) -> str | None:
        """Purse that paid: `tier`, `pack` or `crypto`."""
        value: str | None = self._need("meter_source")
        return value

    @property
    def input_text_tokens(self) -> float:
        """Text tokens read."""
        value: float = self._need("input_text_tokens")
        return value

    @property
    def input_cached_tokens(self) -> float:
        """Tokens read from the provider's cache."""
        value: float = self._need("input_cached_tokens")
        return value

    @property
    def input_audio_tokens(self) -> float:
        """Audio tokens read."""
        value: float = self._need("input_audio_tokens")
        return value

    @property
    def input_image_tokens(self) -> float:
        """Image tokens read."""
        value: float = self._need("input_image_tokens")
        return value

    @property
    def output_text_tokens(self) -> float:
        """Text tokens written."""
        value: float = self._need("output_text_tokens")
        return value

    @property
    def output_reasoning_tokens(self) -> float:
        """Tokens spent on reasoning, by models that do."""
        value: float = self._need("output_reasoning_tokens")
        return value

    @property
    def output_audio_tokens(self) -> float:
        """Audio tokens written."""
        value: float = self._need("output_audio_tokens")
        return value

    @property
    def output_image_tokens(self) -> float:
        """Image tokens written, 1 per image."""
        value: float = self._need("output_image_tokens")
        return value

    @property
    def cost_usd(self) -> float:
        """Price in US dollars (pollen)."""
        value: float = self._need("cost_usd")
        return value

    @property
    def response_time_ms(self) -> float | None:
        """Duration in milliseconds."""
        value: float | None = self._need("response_time_ms")
        return value
