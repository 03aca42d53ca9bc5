# pyright: reportPrivateUsage=false
"""MessageContent: a union of the contract."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

from .._model import many

if TYPE_CHECKING:
    from .message_content_part import MessageContentPart, MessageContentPartInput

MessageContent: TypeAlias = "str | list[MessageContentPart]"
"""A text, or a list of parts."""

MessageContentInput: TypeAlias = "str | Sequence[MessageContentPartInput]"
"""What is accepted where a MessageContent is sent: the models, or mappings with the same content."""


def as_message_content(value: Any) -> Any:
    """Convert decoded JSON to the member of MessageContent that it is."""
    return many(value, as_message_content_part)


from .message_content_part import as_message_content_part  # noqa: E402 - below, so that modules can refer to each other
