"""ContentBlock: a union of the contract."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias, overload

from .._model import read_list, read_tagged
from .image_url_block import ImageUrlBlock
from .other_block import OtherBlock
from .redacted_thinking_block import RedactedThinkingBlock
from .text_block import TextBlock
from .thinking_block import ThinkingBlock

ContentBlock: TypeAlias = (
    TextBlock | ImageUrlBlock | ThinkingBlock | RedactedThinkingBlock | OtherBlock
)
"""A block of the response, of the type that `type` names."""

ContentBlockInput: TypeAlias = (
    TextBlock
    | Mapping[str, Any]
    | ImageUrlBlock
    | ThinkingBlock
    | RedactedThinkingBlock
    | OtherBlock
)
"""What is accepted where a ContentBlock is sent: the models, or mappings with the same content."""


@overload
def as_content_block(value: ContentBlockInput) -> ContentBlock: ...
@overload
def as_content_block(value: None) -> None: ...
def as_content_block(value: Any) -> Any:
    """Convert decoded JSON to the member of ContentBlock that it is."""
    return read_tagged(
        value,
        "type",
        {
            "text": TextBlock,
            "image_url": ImageUrlBlock,
            "thinking": ThinkingBlock,
            "redacted_thinking": RedactedThinkingBlock,
        },
        OtherBlock,
    )


@overload
def as_list_of_content_block(value: Sequence[ContentBlockInput]) -> list[ContentBlock]: ...
@overload
def as_list_of_content_block(value: None) -> None: ...
def as_list_of_content_block(value: Any) -> Any:
    """Convert each item of a list; anything else is handed on as it is."""
    return read_list(value, as_content_block)
