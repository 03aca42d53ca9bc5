"""ChunkChoice: a model of the contract."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from .._model import ApiModel
from ..types import UNSET, Unset


class ChunkChoice(ApiModel):
    """A piece of one answer."""

    __slots__ = ()

    _fields: ClassVar[Mapping[str, str]] = {
        "delta": "delta",
        "index": "index",
        "finish_reason": "finish_reason",
        "logprobs": "logprobs",
        "content_filter_results": "content_filter_results",
    }
    _needed: ClassVar[tuple[str, ...]] = ("delta",)

    def __init__(
        self,
        *,
        delta: ChunkDelta | Mapping[str, Any],
        index: int | Unset = UNSET,
        finish_reason: str | Unset | None = UNSET,
        logprobs: ChoiceLogprobs | Mapping[str, Any] | Unset | None = UNSET,
        content_filter_results: ContentFilterResult | Mapping[str, Any] | Unset | None = UNSET,
    ) -> None:
        self._set(
            {
                "delta": delta,
                "index": index,
                "finish_reason": finish_reason,
                "logprobs": logprobs,
                "content_filter_results": content_filter_results,
            }
        )

    @property
    def delta(self) -> ChunkDelta:
        """What this piece adds to the message."""
        value: ChunkDelta = ChunkDelta._view(self._need("delta"))
        return value

    @property
    def index(self) -> int | None:
        """Number of the answer. From 0."""
        value: int | None = self._data.get("index")
        return value

    @property
    def finish_reason(self) -> str | None:
        """Why it ended, in the last piece."""
        value: str | None = self._data.get("finish_reason")
        return value

    @property
    def logprobs(self) -> ChoiceLogprobs | None:
        """How likely each token was, if that was asked for."""
        value: ChoiceLogprobs | None = ChoiceLogprobs._view(self._data.get("logprobs"))
        return value

    @property
    def content_filter_results(self) -> ContentFilterResult | None:
        """What the content filter found in the answer."""
        value: ContentFilterResult | None = ContentFilterResult._view(
            self._data.get("content_filter_results")
        )
        return value


from .choice_logprobs import ChoiceLogprobs  # noqa: E402 - below the class, so that models can refer to each other
from .chunk_delta import ChunkDelta  # noqa: E402 - below the class, so that models can refer to each other
from .content_filter_result import ContentFilterResult  # noqa: E402 - below the class, so that models can refer to each other
