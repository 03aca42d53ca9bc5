# pyright: reportPrivateUsage=false
"""ToolChoice: a union of the contract."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, TypeAlias

ToolChoice: TypeAlias = "Literal['none', 'auto', 'required'] | str | NamedToolChoice"
"""Whether to call tools, or which one."""

ToolChoiceInput: TypeAlias = (
    "Literal['none', 'auto', 'required'] | str | NamedToolChoice | Mapping[str, Any]"
)
"""What is accepted where a ToolChoice is sent: the models, or mappings with the same content."""


def as_tool_choice(value: Any) -> Any:
    """Convert decoded JSON to the member of ToolChoice that it is."""
    return NamedToolChoice._view(value)


from .named_tool_choice import NamedToolChoice  # noqa: E402 - below, so that modules can refer to each other
