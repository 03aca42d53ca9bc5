"""TranscriptionModelName: an enumeration of the contract."""

from __future__ import annotations

from typing import Literal, TypeAlias

TranscriptionModelName: TypeAlias = (
    Literal[
        "whisper",
        "whisper-large-v3",
        "whisper-1",
        "scribe",
        "scribe_v2",
        "scribe-v2",
    ]
    | str
)
"""Name or alias of a transcription model. The list is a snapshot; `/audio/models` is current.

Open: the service adds values, and any text is accepted and returned as it is.
"""
