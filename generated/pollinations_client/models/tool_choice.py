"""ToolChoice: a union of the contract."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, TypeAlias, overload

from .._model import read_model
from .named_tool_choice import NamedToolChoice

ToolChoice: TypeAlias = Literal["none", "auto", "required"] | NamedToolChoice | str
"""Whether to call tools, or which one."""

ToolChoiceInput: TypeAlias = (
    Literal["none", "auto", "required"] | NamedToolChoice | Mapping[str, Any] | str
)
"""What is accepted where a ToolChoice is sent: the models, or mappings with the same content."""


@overload
def as_tool_choice(value: ToolChoiceInput) -> ToolChoice: ...
@overload
def as_tool_choice(value: None) -> None: ...
def as_tool_choice(value: Any) -> Any:
    """Convert decoded JSON to the member of ToolChoice that it is."""
    return read_model(value, NamedToolChoice)
