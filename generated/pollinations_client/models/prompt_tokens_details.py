"""PromptTokensDetails: a model of the contract."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from .._model import ApiModel
from ..types import UNSET, Unset


class PromptTokensDetails(ApiModel):
    """Tokens read, by kind."""

    __slots__ = ()

    _fields: ClassVar[Mapping[str, str]] = {
        "audio_tokens": "audio_tokens",
        "cached_tokens": "cached_tokens",
    }
    _needed: ClassVar[tuple[str, ...]] = ()

    def __init__(
        self,
        *,
        audio_tokens: int | Unset = UNSET,
        cached_tokens: int | Unset = UNSET,
    ) -> None:
        self._set(
            {
                "audio_tokens": audio_tokens,
                "cached_tokens": cached_tokens,
            }
        )

    @property
    def audio_tokens(self) -> int | None:
        """From sound. From 0."""
        value: int | None = self._data.get("audio_tokens")
        return value

    @property
    def cached_tokens(self) -> int | None:
        """From the provider's cache. From 0."""
        value: int | None = self._data.get("cached_tokens")
        return value
