# pyright: reportPrivateUsage=false
"""Tool: a union of the contract."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias

from .._model import tagged

Tool: TypeAlias = "FunctionTool | BuiltInTool"
"""A function of yours, or a tool that the model brings along."""

ToolInput: TypeAlias = "FunctionTool | Mapping[str, Any] | BuiltInTool"
"""What is accepted where a Tool is sent: the models, or mappings with the same content."""


def as_tool(value: Any) -> Any:
    """Convert decoded JSON to the member of Tool that it is."""
    return tagged(
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


from .built_in_tool import BuiltInTool  # noqa: E402 - below, so that modules can refer to each other
from .function_tool import FunctionTool  # noqa: E402 - below, so that modules can refer to each other
