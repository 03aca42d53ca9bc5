"""ChunkDelta: a model of the contract."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from .._model import ApiModel
from ..types import UNSET, Unset


class ChunkDelta(ApiModel):
    """What this piece adds to the message."""

    __slots__ = ()

    _fields: ClassVar[Mapping[str, str]] = {
        "role": "role",
        "content": "content",
        "reasoning_content": "reasoning_content",
        "tool_calls": "tool_calls",
        "function_call": "function_call",
        "content_blocks": "content_blocks",
        "audio": "audio",
    }
    _needed: ClassVar[tuple[str, ...]] = ()

    def __init__(
        self,
        *,
        role: str | Unset | None = UNSET,
        content: str | Unset | None = UNSET,
        reasoning_content: str | Unset | None = UNSET,
        tool_calls: Sequence[ToolCallDelta | Mapping[str, Any]] | Unset | None = UNSET,
        function_call: FunctionCallDelta | Mapping[str, Any] | Unset | None = UNSET,
        content_blocks: Sequence[ContentBlockDelta | Mapping[str, Any]] | Unset | None = UNSET,
        audio: ChatAudioDelta | Mapping[str, Any] | Unset | None = UNSET,
    ) -> None:
        self._set(
            {
                "role": role,
                "content": content,
                "reasoning_content": reasoning_content,
                "tool_calls": tool_calls,
                "function_call": function_call,
                "content_blocks": content_blocks,
                "audio": audio,
            }
        )

    @property
    def role(self) -> str | None:
        """`assistant`, in the first piece or in all."""
        value: str | None = self._data.get("role")
        return value

    @property
    def content(self) -> str | None:
        """Text to append."""
        value: str | None = self._data.get("content")
        return value

    @property
    def reasoning_content(self) -> str | None:
        """Thoughts to append."""
        value: str | None = self._data.get("reasoning_content")
        return value

    @property
    def tool_calls(self) -> list[ToolCallDelta] | None:
        """Pieces of tool calls."""
        value: list[ToolCallDelta] | None = ToolCallDelta._views(self._data.get("tool_calls"))
        return value

    @property
    def function_call(self) -> FunctionCallDelta | None:
        """A call in the old format. Deprecated."""
        value: FunctionCallDelta | None = FunctionCallDelta._view(self._data.get("function_call"))
        return value

    @property
    def content_blocks(self) -> list[ContentBlockDelta] | None:
        """Pieces of content blocks."""
        value: list[ContentBlockDelta] | None = ContentBlockDelta._views(
            self._data.get("content_blocks")
        )
        return value

    @property
    def audio(self) -> ChatAudioDelta | None:
        """A piece of the spoken answer."""
        value: ChatAudioDelta | None = ChatAudioDelta._view(self._data.get("audio"))
        return value


from .chat_audio_delta import ChatAudioDelta  # noqa: E402 - below the class, so that models can refer to each other
from .content_block_delta import ContentBlockDelta  # noqa: E402 - below the class, so that models can refer to each other
from .function_call_delta import FunctionCallDelta  # noqa: E402 - below the class, so that models can refer to each other
from .tool_call_delta import ToolCallDelta  # noqa: E402 - below the class, so that models can refer to each other
