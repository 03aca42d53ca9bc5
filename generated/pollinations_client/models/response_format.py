"""ResponseFormat: a union of the contract."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias, overload

from .._model import read_tagged
from .response_format_json_object import ResponseFormatJsonObject
from .response_format_json_schema import ResponseFormatJsonSchema
from .response_format_text import ResponseFormatText

ResponseFormat: TypeAlias = ResponseFormatText | ResponseFormatJsonSchema | ResponseFormatJsonObject
"""The format of the response."""

ResponseFormatInput: TypeAlias = (
    ResponseFormatText | Mapping[str, Any] | ResponseFormatJsonSchema | ResponseFormatJsonObject
)
"""What is accepted where a ResponseFormat is sent: the models, or mappings with the same content."""


@overload
def as_response_format(value: ResponseFormatInput) -> ResponseFormat: ...
@overload
def as_response_format(value: None) -> None: ...
def as_response_format(value: Any) -> Any:
    """Convert decoded JSON to the member of ResponseFormat that it is."""
    return read_tagged(
        value,
        "type",
        {
            "text": ResponseFormatText,
            "json_schema": ResponseFormatJsonSchema,
            "json_object": ResponseFormatJsonObject,
        },
        None,
    )
