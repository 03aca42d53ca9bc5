"""ChatChoice: a model of the contract."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from .._model import ApiModel
from ..types import UNSET, Unset


class ChatChoice(ApiModel):
    """One answer."""

    __slots__ = ()

    _fields: ClassVar[Mapping[str, str]] = {
        "index": "index",
        "message": "message",
        "finish_reason": "finish_reason",
        "logprobs": "logprobs",
        "content_filter_results": "content_filter_results",
    }
    _needed: ClassVar[tuple[str, ...]] = ()

    def __init__(
        self,
        *,
        index: int | Unset = UNSET,
        message: AssistantMessage | Mapping[str, Any] | Unset = UNSET,
        finish_reason: str | Unset | None = UNSET,
        logprobs: ChoiceLogprobs | Mapping[str, Any] | Unset | None = UNSET,
        content_filter_results: ContentFilterResult | Mapping[str, Any] | Unset | None = UNSET,
    ) -> None:
        self._set(
            {
                "index": index,
                "message": message,
                "finish_reason": finish_reason,
                "logprobs": logprobs,
                "content_filter_results": content_filter_results,
            }
        )

    @property
    def index(self) -> int:
        """Number of the answer. From 0."""
        value: int = self._need("index")
        return value

    @property
    def message(self) -> AssistantMessage:
        """A message by the model."""
        value: AssistantMessage = AssistantMessage._view(self._need("message"))
        return value

    @property
    def finish_reason(self) -> str | None:
        """Why it ended, in the provider's words (`stop`, `STOP`, `tool_calls`, `length`, `end_turn`, empty)."""
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


from .assistant_message import AssistantMessage  # noqa: E402 - below the class, so that models can refer to each other
from .choice_logprobs import ChoiceLogprobs  # noqa: E402 - below the class, so that models can refer to each other
from .content_filter_result import ContentFilterResult  # noqa: E402 - below the class, so that models can refer to each other
