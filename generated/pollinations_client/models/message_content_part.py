"""MessageContentPart: a union of the contract."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias, overload

from .._model import read_list, read_tagged
from .file_part import FilePart
from .image_url_part import ImageUrlPart
from .input_audio_part import InputAudioPart
from .other_part import OtherPart
from .text_part import TextPart
from .video_url_part import VideoUrlPart

MessageContentPart: TypeAlias = (
    TextPart | ImageUrlPart | VideoUrlPart | InputAudioPart | FilePart | OtherPart
)
"""One part of a message, of the type that `type` names. Types that the contract does not know are accepted as
well, and so is a known type with missing fields: the service leaves those to the provider.
"""

MessageContentPartInput: TypeAlias = (
    TextPart
    | Mapping[str, Any]
    | ImageUrlPart
    | VideoUrlPart
    | InputAudioPart
    | FilePart
    | OtherPart
)
"""What is accepted where a MessageContentPart is sent: the models, or mappings with the same content."""


@overload
def as_message_content_part(value: MessageContentPartInput) -> MessageContentPart: ...
@overload
def as_message_content_part(value: None) -> None: ...
def as_message_content_part(value: Any) -> Any:
    """Convert decoded JSON to the member of MessageContentPart that it is."""
    return read_tagged(
        value,
        "type",
        {
            "text": TextPart,
            "image_url": ImageUrlPart,
            "video_url": VideoUrlPart,
            "input_audio": InputAudioPart,
            "file": FilePart,
        },
        OtherPart,
    )


@overload
def as_list_of_message_content_part(
    value: Sequence[MessageContentPartInput],
) -> list[MessageContentPart]: ...
@overload
def as_list_of_message_content_part(value: None) -> None: ...
def as_list_of_message_content_part(value: Any) -> Any:
    """Convert each item of a list; anything else is handed on as it is."""
    return read_list(value, as_message_content_part)
