"""AudioModelName: an enumeration of the contract."""

from __future__ import annotations

from typing import Literal, TypeAlias

AudioModelName: TypeAlias = (
    Literal[
        "elevenlabs",
        "tts",
        "text-to-speech",
        "eleven",
        "tts-1",
        "tts-1-hd",
        "elevenmusic",
        "music",
    ]
    | str
)
"""Name or alias of a speech or music model. The list is a snapshot; `/audio/models` is current.

Open: the service adds values, and any text is accepted and returned as it is.
"""
