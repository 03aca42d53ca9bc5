# pyright: reportPrivateUsage=false, reportUnknownArgumentType=false, reportUnknownVariableType=false
"""Transcription: a model of the contract."""

from __future__ import annotations

from typing import Any, Self

from attr import define, field
from attr.setters import NO_OP

from .._model import ABSENT, EXPECTED, ApiModel


@define(kw_only=True, eq=False, repr=False, getstate_setstate=False, on_setattr=NO_OP)
class Transcription(ApiModel):
    """The transcript. `verbose_json` adds timestamps; models add fields of their own."""

    text: str = field(default=ABSENT, metadata=EXPECTED)
    """The text."""
    task: str | None = ABSENT
    """Always `transcribe`."""
    language: str | None = ABSENT
    """Language of the audio."""
    duration: float | None = ABSENT
    """Duration of the audio in seconds."""
    segments: list[dict[str, Any]] | None = ABSENT
    """Sentences with timestamps."""
    words: list[dict[str, Any]] | None = ABSENT
    """Words with timestamps."""
    usage: dict[str, Any] | None = ABSENT
    """The recorded usage."""
    additional_properties: dict[str, Any] = field(factory=dict[str, Any])
    """Fields that the contract does not describe, by their JSON names."""

    def _decode(self, d: Any) -> Self:
        known = 0
        if "text" in d:
            self.text = d["text"]
            known += 1
        if "task" in d:
            self.task = d["task"]
            known += 1
        if "language" in d:
            self.language = d["language"]
            known += 1
        if "duration" in d:
            self.duration = d["duration"]
            known += 1
        if "segments" in d:
            self.segments = d["segments"]
            known += 1
        if "words" in d:
            self.words = d["words"]
            known += 1
        if "usage" in d:
            self.usage = d["usage"]
            known += 1
        if len(d) != known:
            self._keep_unknown(d)
        return self
