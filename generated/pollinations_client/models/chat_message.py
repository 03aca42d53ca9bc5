"""ChatMessage: a union of the contract."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias, overload

from .._model import read_list, read_tagged
from .assistant_message import AssistantMessage
from .assistant_request_message import AssistantRequestMessage
from .developer_message import DeveloperMessage
from .function_message import FunctionMessage
from .system_message import SystemMessage
from .tool_message import ToolMessage
from .user_message import UserMessage

ChatMessage: TypeAlias = (
    SystemMessage
    | DeveloperMessage
    | UserMessage
    | AssistantRequestMessage
    | ToolMessage
    | FunctionMessage
)
"""One message of the author that `role` names."""

ChatMessageInput: TypeAlias = (
    SystemMessage
    | Mapping[str, Any]
    | DeveloperMessage
    | UserMessage
    | AssistantRequestMessage
    | ToolMessage
    | FunctionMessage
    | AssistantMessage
)
"""What is accepted where a ChatMessage is sent: the models, or mappings with the same content."""


@overload
def as_chat_message(value: ChatMessageInput) -> ChatMessage: ...
@overload
def as_chat_message(value: None) -> None: ...
def as_chat_message(value: Any) -> Any:
    """Convert decoded JSON to the member of ChatMessage that it is."""
    return read_tagged(
        value,
        "role",
        {
            "system": SystemMessage,
            "developer": DeveloperMessage,
            "user": UserMessage,
            "assistant": AssistantRequestMessage,
            "tool": ToolMessage,
            "function": FunctionMessage,
        },
        None,
    )


@overload
def as_list_of_chat_message(value: Sequence[ChatMessageInput]) -> list[ChatMessage]: ...
@overload
def as_list_of_chat_message(value: None) -> None: ...
def as_list_of_chat_message(value: Any) -> Any:
    """Convert each item of a list; anything else is handed on as it is."""
    return read_list(value, as_chat_message)
