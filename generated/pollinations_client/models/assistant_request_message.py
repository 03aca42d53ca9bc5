"""AssistantRequestMessage: a model of the contract."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from .._model import ApiModel
from ..types import UNSET, Unset

if TYPE_CHECKING:
    from .message_content import MessageContent, MessageContentInput


class AssistantRequestMessage(ApiModel):
    """What the model answered before. Content may be missing when it called tools."""

    __slots__ = ()

    _fields: ClassVar[Mapping[str, str]] = {
        "role": "role",
        "content": "content",
        "name": "name",
        "tool_calls": "tool_calls",
        "function_call": "function_call",
        "cache_control": "cache_control",
    }
    _needed: ClassVar[tuple[str, ...]] = ("role",)

    def __init__(
        self,
        *,
        role: Literal["assistant"] | str = "assistant",
        content: MessageContentInput | Unset | None = UNSET,
        name: str | Unset = UNSET,
        tool_calls: Sequence[ToolCall | Mapping[str, Any]] | Unset = UNSET,
        function_call: FunctionCall | Mapping[str, Any] | Unset | None = UNSET,
        cache_control: CacheControl | Mapping[str, Any] | Unset = UNSET,
    ) -> None:
        self._set(
            {
                "role": role,
                "content": content,
                "name": name,
                "tool_calls": tool_calls,
                "function_call": function_call,
                "cache_control": cache_control,
            }
        )

    @property
    def role(self) -> Literal["assistant"] | str:
        """Who wrote the message."""
        value: Literal["assistant"] | str = self._need("role")
        return value

    @property
    def content(self) -> MessageContent | None:
        """The text, or a list of parts; null or missing when it called tools."""
        value: MessageContent | None = as_message_content(self._data.get("content"))
        return value

    @property
    def name(self) -> str | None:
        """Name of the author."""
        value: str | None = self._data.get("name")
        return value

    @property
    def tool_calls(self) -> list[ToolCall] | None:
        """Tools it called."""
        value: list[ToolCall] | None = ToolCall._views(self._data.get("tool_calls"))
        return value

    @property
    def function_call(self) -> FunctionCall | None:
        """A call in the old format. Deprecated."""
        value: FunctionCall | None = FunctionCall._view(self._data.get("function_call"))
        return value

    @property
    def cache_control(self) -> CacheControl | None:
        """Ask the provider to remember the conversation up to here, which makes the next call cheaper."""
        value: CacheControl | None = CacheControl._view(self._data.get("cache_control"))
        return value


from .cache_control import CacheControl  # noqa: E402 - below the class, so that models can refer to each other
from .function_call import FunctionCall  # noqa: E402 - below the class, so that models can refer to each other
from .message_content import as_message_content  # noqa: E402 - below the class, so that models can refer to each other
from .tool_call import ToolCall  # noqa: E402 - below the class, so that models can refer to each other
