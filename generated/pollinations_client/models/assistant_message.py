"""AssistantMessage: a model of the contract."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from .._model import ApiModel, many
from ..types import UNSET, Unset

if TYPE_CHECKING:
    from .content_block import ContentBlock, ContentBlockInput


class AssistantMessage(ApiModel):
    """A message by the model."""

    __slots__ = ()

    _fields: ClassVar[Mapping[str, str]] = {
        "role": "role",
        "content": "content",
        "tool_calls": "tool_calls",
        "function_call": "function_call",
        "content_blocks": "content_blocks",
        "audio": "audio",
        "reasoning_content": "reasoning_content",
    }
    _needed: ClassVar[tuple[str, ...]] = ("role",)

    def __init__(
        self,
        *,
        role: Literal["assistant"] | str = "assistant",
        content: str | Unset | None = UNSET,
        tool_calls: Sequence[ToolCall | Mapping[str, Any]] | Unset | None = UNSET,
        function_call: FunctionCall | Mapping[str, Any] | Unset | None = UNSET,
        content_blocks: Sequence[ContentBlockInput] | Unset | None = UNSET,
        audio: ChatAudio | Mapping[str, Any] | Unset | None = UNSET,
        reasoning_content: str | Unset | None = UNSET,
    ) -> None:
        self._set(
            {
                "role": role,
                "content": content,
                "tool_calls": tool_calls,
                "function_call": function_call,
                "content_blocks": content_blocks,
                "audio": audio,
                "reasoning_content": reasoning_content,
            }
        )

    @property
    def role(self) -> Literal["assistant"] | str:
        """Who wrote the message."""
        value: Literal["assistant"] | str = self._need("role")
        return value

    @property
    def content(self) -> str | None:
        """The text; null, empty or missing when there is none."""
        value: str | None = self._data.get("content")
        return value

    @property
    def tool_calls(self) -> list[ToolCall] | None:
        """Tools to call; null or empty when there are none."""
        value: list[ToolCall] | None = ToolCall._views(self._data.get("tool_calls"))
        return value

    @property
    def function_call(self) -> FunctionCall | None:
        """A call in the old format. Deprecated."""
        value: FunctionCall | None = FunctionCall._view(self._data.get("function_call"))
        return value

    @property
    def content_blocks(self) -> list[ContentBlock] | None:
        """The content in pieces, with images and thoughts, from some models."""
        value: list[ContentBlock] | None = many(self._data.get("content_blocks"), as_content_block)
        return value

    @property
    def audio(self) -> ChatAudio | None:
        """The spoken answer."""
        value: ChatAudio | None = ChatAudio._view(self._data.get("audio"))
        return value

    @property
    def reasoning_content(self) -> str | None:
        """What the model thought before it answered."""
        value: str | None = self._data.get("reasoning_content")
        return value


from .chat_audio import ChatAudio  # noqa: E402 - below the class, so that models can refer to each other
from .content_block import as_content_block  # noqa: E402 - below the class, so that models can refer to each other
from .function_call import FunctionCall  # noqa: E402 - below the class, so that models can refer to each other
from .tool_call import ToolCall  # noqa: E402 - below the class, so that models can refer to each other
