# pyright: reportPrivateUsage=false
"""ResponseFormat: a union of the contract."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias

from .._model import tagged

ResponseFormat: TypeAlias = (
    "ResponseFormatText | ResponseFormatJsonSchema | ResponseFormatJsonObject"
)
"""What form the answer must have."""

ResponseFormatInput: TypeAlias = (
    "ResponseFormatText | Mapping[str, Any] | ResponseFormatJsonSchema | ResponseFormatJsonObject"  # noqa: E501
)
"""What is accepted where a ResponseFormat is sent: the models, or mappings with the same content."""


def as_response_format(value: Any) -> Any:
    """Convert decoded JSON to the member of ResponseFormat that it is."""
    return tagged(
        value,
        "type",
        {
            "text": ResponseFormatText,
            "json_schema": ResponseFormatJsonSchema,
            "json_object": ResponseFormatJsonObject,
        },
        None,
    )


from .response_format_json_object import ResponseFormatJsonObject  # noqa: E402 - below, so that modules can refer to each other
from .response_format_json_schema import ResponseFormatJsonSchema  # noqa: E402 - below, so that modules can refer to each other
from .response_format_text import ResponseFormatText  # noqa: E402 - below, so that modules can refer to each other
