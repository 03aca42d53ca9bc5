"""Tool: a union of the contract."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias, overload

from .._model import read_list, read_tagged
from .built_in_tool import BuiltInTool
from .function_tool import FunctionTool

Tool: TypeAlias = FunctionTool | BuiltInTool
"""A function that you provide, or a tool that the provider runs."""

ToolInput: TypeAlias = FunctionTool | Mapping[str, Any] | BuiltInTool
"""What is accepted where a Tool is sent: the models, or mappings with the same content."""


@overload
def as_tool(value: ToolInput) -> Tool: ...
@overload
def as_tool(value: None) -> None: ...
def as_tool(value: Any) -> Any:
    """Convert decoded JSON to the member of Tool that it is."""
    return read_tagged(
        value,
        "type",
        {
            "function": FunctionTool,
            "code_execution": BuiltInTool,
            "google_search": BuiltInTool,
            "google_maps": BuiltInTool,
            "url_context": BuiltInTool,
            "computer_use": BuiltInTool,
            "file_search": BuiltInTool,
        },
        None,
    )


@overload
def as_list_of_tool(value: Sequence[ToolInput]) -> list[Tool]: ...
@overload
def as_list_of_tool(value: None) -> None: ...
def as_list_of_tool(value: Any) -> Any:
    """Convert each item of a list; anything else is handed on as it is."""
    return read_list(value, as_tool)
