# pyright: reportPrivateUsage=false, reportUnknownArgumentType=false, reportUnknownVariableType=false
"""CreateSpeechRequest: a model of the contract."""

from __future__ import annotations

from typing import Any, ClassVar, Self

from attr import define, field
from attr.setters import NO_OP

from .._model import ABSENT, ApiModel
from .audio_format import AudioFormat
from .audio_model_name import AudioModelName
from .voice import Voice


@define(kw_only=True, eq=False, repr=False, getstate_setstate=False, on_setattr=NO_OP)
class CreateSpeechRequest(ApiModel):
    """A text and options for its speech, or a description of music. Unknown fields are ignored."""

    input: str
    """The text of the speech, at most 4096 characters, or a description of the music."""
    model: AudioModelName | None = ABSENT
    """Name or alias of a speech or music model. The list is a snapshot; `/audio/models` is current."""
    voice: Voice | str | None = ABSENT
    """A preset voice, or the id of a custom ElevenLabs voice. The service assumes alloy when it is not given."""
    response_format: AudioFormat | None = ABSENT
    """Format of the audio; speech only. The service assumes mp3 when it is not given."""
    speed: float | None = ABSENT
    """Speed, from 0.25 to 4 times the normal one. From 0.25 to 4. The service assumes 1 when it is not given."""
    duration: float | None = ABSENT
    """Duration of the music in seconds. From 3 to 300."""
    instrumental: bool | None = ABSENT
    """Compose without vocals; music only."""
    additional_properties: dict[str, Any] = field(factory=dict[str, Any])
    """Fields that the contract does not describe, by their JSON names."""

    _needed: ClassVar[tuple[str, ...]] = ("input",)

    def _decode(self, d: Any) -> Self:
        try:
            self.input = d["input"]
        except KeyError:
            return self._incomplete(d)
        known = 1
        if "model" in d:
            self.model = d["model"]
            known += 1
        if "voice" in d:
            self.voice = d["voice"]
            known += 1
        if "response_format" in d:
            self.response_format = d["response_format"]
            known += 1
        if "speed" in d:
            self.speed = d["speed"]
            known += 1
        if "duration" in d:
            self.duration = d["duration"]
            known += 1
        if "instrumental" in d:
            self.instrumental = d["instrumental"]
            known += 1
        if len(d) != known:
            self._keep_unknown(d)
        return self
