"""AudioFormat: an enumeration of the contract."""

from __future__ import annotations

from typing import Literal, TypeAlias

AudioFormat: TypeAlias = (
    Literal[
        "mp3",
        "opus",
        "aac",
        "flac",
        "wav",
        "pcm",
    ]
    | str
)
"""An audio format. pcm is raw samples without a header.

Open: the service adds values, and any text is accepted and returned as it is.
"""
