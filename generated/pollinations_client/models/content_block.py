# pyright: reportPrivateUsage=false
"""ContentBlock: a union of the contract."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias

from .._model import tagged

ContentBlock: TypeAlias = (
    "TextBlock | ImageUrlBlock | ThinkingBlock | RedactedThinkingBlock | OtherBlock"
)
"""A piece of an answer, of the kind that `type` names."""

ContentBlockInput: TypeAlias = "TextBlock | Mapping[str, Any] | ImageUrlBlock | ThinkingBlock | RedactedThinkingBlock | OtherBlock"  # noqa: E501
"""What is accepted where a ContentBlock is sent: the models, or mappings with the same content."""


def as_content_block(value: Any) -> Any:
    """Convert decoded JSON to the member of ContentBlock that it is."""
    return tagged(
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


from .image_url_block import ImageUrlBlock  # noqa: E402 - below, so that modules can refer to each other
from .other_block import OtherBlock  # noqa: E402 - below, so that modules can refer to each other
from .redacted_thinking_block import RedactedThinkingBlock  # noqa: E402 - below, so that modules can refer to each other
from .text_block import TextBlock  # noqa: E402 - below, so that modules can refer to each other
from .thinking_block import ThinkingBlock  # noqa: E402 - below, so that modules can refer to each other
