"""CompletionTokensDetails: a model of the contract."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from .._model import ApiModel
from ..types import UNSET, Unset


class CompletionTokensDetails(ApiModel):
    """Tokens written, by kind."""

    __slots__ = ()

    _fields: ClassVar[Mapping[str, str]] = {
        "accepted_prediction_tokens": "accepted_prediction_tokens",
        "audio_tokens": "audio_tokens",
        "reasoning_tokens": "reasoning_tokens",
        "rejected_prediction_tokens": "rejected_prediction_tokens",
    }
    _needed: ClassVar[tuple[str, ...]] = ()

    def __init__(
        self,
        *,
        accepted_prediction_tokens: int | Unset = UNSET,
        audio_tokens: int | Unset = UNSET,
        reasoning_tokens: int | Unset = UNSET,
        rejected_prediction_tokens: int | Unset = UNSET,
    ) -> None:
        self._set(
            {
                "accepted_prediction_tokens": accepted_prediction_tokens,
                "audio_tokens": audio_tokens,
                "reasoning_tokens": reasoning_tokens,
                "rejected_prediction_tokens": rejected_prediction_tokens,
            }
        )

    @property
    def accepted_prediction_tokens(self) -> int | None:
        """Predicted and used. From 0."""
        value: int | None = self._data.get("accepted_prediction_tokens")
        return value

    @property
    def audio_tokens(self) -> int | None:
        """For sound. From 0."""
        value: int | None = self._data.get("audio_tokens")
        return value

    @property
    def reasoning_tokens(self) -> int | None:
        """For reasoning. From 0."""
        value: int | None = self._data.get("reasoning_tokens")
        return value

    @property
    def rejected_prediction_tokens(self) -> int | None:
        """Predicted and not used. From 0."""
        value: int | None = self._data.get("rejected_prediction_tokens")
        return value
