"""MessageContent: a union of the contract."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias, overload

from .._model import read_list
from .message_content_part import (
    MessageContentPart,
    MessageContentPartInput,
    as_message_content_part,
)

MessageContent: TypeAlias = str | list[MessageContentPart]
"""A text, or a list of parts."""

MessageContentInput: TypeAlias = str | Sequence[MessageContentPartInput]
"""What is accepted where a MessageContent is sent: the models, or mappings with the same content."""


@overload
def as_message_content(value: MessageContentInput) -> MessageContent: ...
@overload
def as_message_content(value: None) -> None: ...
def as_message_content(value: Any) -> Any:
    """Convert decoded JSON to the member of MessageContent that it is."""
    return read_list(value, as_message_content_part)
