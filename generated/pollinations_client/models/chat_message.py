# pyright: reportPrivateUsage=false
"""ChatMessage: a union of the contract."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeAlias

from .._model import tagged

if TYPE_CHECKING:
    from .assistant_message import AssistantMessage

ChatMessage: TypeAlias = "SystemMessage | DeveloperMessage | UserMessage | AssistantRequestMessage | ToolMessage | FunctionMessage"  # noqa: E501
"""One message, by whoever `role` names."""

ChatMessageInput: TypeAlias = "SystemMessage | Mapping[str, Any] | DeveloperMessage | UserMessage | AssistantRequestMessage | ToolMessage | FunctionMessage | AssistantMessage"  # noqa: E501
"""What is accepted where a ChatMessage is sent: the models, or mappings with the same content."""


def as_chat_message(value: Any) -> Any:
    """Convert decoded JSON to the member of ChatMessage that it is."""
    return tagged(
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


from .assistant_request_message import AssistantRequestMessage  # noqa: E402 - below, so that modules can refer to each other
from .developer_message import DeveloperMessage  # noqa: E402 - below, so that modules can refer to each other
from .function_message import FunctionMessage  # noqa: E402 - below, so that modules can refer to each other
from .system_message import SystemMessage  # noqa: E402 - below, so that modules can refer to each other
from .tool_message import ToolMessage  # noqa: E402 - below, so that modules can refer to each other
from .user_message import UserMessage  # noqa: E402 - below, so that modules can refer to each other
