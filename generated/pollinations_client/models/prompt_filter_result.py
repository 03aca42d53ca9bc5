"""PromptFilterResult: a model of the contract."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from .._model import ApiModel
from ..types import UNSET, Unset


class PromptFilterResult(ApiModel):
    """What the content filter found in one prompt."""

    __slots__ = ()

    _fields: ClassVar[Mapping[str, str]] = {
        "prompt_index": "prompt_index",
        "content_filter_results": "content_filter_results",
    }
    _needed: ClassVar[tuple[str, ...]] = ("prompt_index",)

    def __init__(
        self,
        *,
        prompt_index: int,
        content_filter_results: ContentFilterResult | Mapping[str, Any] | Unset = UNSET,
    ) -> None:
        self._set(
            {
                "prompt_index": prompt_index,
                "content_filter_results": content_filter_results,
            }
        )

    @property
    def prompt_index(self) -> int:
        """Which prompt. From 0."""
        value: int = self._need("prompt_index")
        return value

    @property
    def content_filter_results(self) -> ContentFilterResult | None:
        """Verdicts of the content filter, each of them optional."""
        value: ContentFilterResult | None = ContentFilterResult._view(
            self._data.get("content_filter_results")
        )
        return value


from .content_filter_result import ContentFilterResult  # noqa: E402 - below the class, so that models can refer to each other
