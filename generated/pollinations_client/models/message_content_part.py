# pyright: reportPrivateUsage=false
"""MessageContentPart: a union of the contract."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias

from .._model import tagged

MessageContentPart: TypeAlias = (
    "TextPart | ImageUrlPart | VideoUrlPart | InputAudioPart | FilePart | OtherPart"
)
"""A piece of a message, of the kind that `type` names. Kinds that the contract does not know pass as well, and
so does a known kind with its fields missing: the service leaves those to the provider.
"""

MessageContentPartInput: TypeAlias = "TextPart | Mapping[str, Any] | ImageUrlPart | VideoUrlPart | InputAudioPart | FilePart | OtherPart"  # noqa: E501
"""What is accepted where a MessageContentPart is sent: the models, or mappings with the same content."""


def as_message_content_part(value: Any) -> Any:
    """Convert decoded JSON to the member of MessageContentPart that it is."""
    return tagged(
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


from .file_part import FilePart  # noqa: E402 - below, so that modules can refer to each other
from .image_url_part import ImageUrlPart  # noqa: E402 - below, so that modules can refer to each other
from .input_audio_part import InputAudioPart  # noqa: E402 - below, so that modules can refer to each other
from .other_part import OtherPart  # noqa: E402 - below, so that modules can refer to each other
from .text_part import TextPart  # noqa: E402 - below, so that modules can refer to each other
from .video_url_part import VideoUrlPart  # noqa: E402 - below, so that modules can refer to each other
