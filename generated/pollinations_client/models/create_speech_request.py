"""CreateSpeechRequest: a model of the contract."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar

from .._model import ApiModel
from ..types import UNSET, Unset

if TYPE_CHECKING:
    from .audio_format import AudioFormat
    from .audio_model_name import AudioModelName
    from .voice import Voice


class CreateSpeechRequest(ApiModel):
    """A text and how to speak it, or a description of music. Unknown fields are ignored."""

    __slots__ = ()

    _fields: ClassVar[Mapping[str, str]] = {
        "input": "input",
        "model": "model",
        "voice": "voice",
        "response_format": "response_format",
        "speed": "speed",
        "duration": "duration",
        "instrumental": "instrumental",
    }
    _needed: ClassVar[tuple[str, ...]] = ("input",)

    def __init__(
        self,
        *,
        input: str,
        model: AudioModelName | Unset = UNSET,
        voice: Voice | str | Unset = UNSET,
        response_format: AudioFormat | Unset = UNSET,
        speed: float | Unset = UNSET,
        duration: float | Unset = UNSET,
        instrumental: bool | Unset = UNSET,
    ) -> None:
        self._set(
            {
                "input": input,
                "model": model,
                "voice": voice,
                "response_format": response_format,
                "speed": speed,
                "duration": duration,
                "instrumental": instrumental,
            }
        )

    @property
    def input(self) -> str:
        """The words to speak, at most 4096 characters, or a description of the music."""
        value: str = self._need("input")
        return value

    @property
    def model(self) -> AudioModelName | None:
        """Name or alias of a speech or music model. The list is a snapshot; `/audio/models` is current."""
        value: AudioModelName | None = self._data.get("model")
        return value

    @property
    def voice(self) -> Voice | str | None:
        """A preset voice, or the id of a custom ElevenLabs voice. The service assumes alloy when it is not
        given.
        """
        value: Voice | str | None = self._data.get("voice")
        return value

    @property
    def response_format(self) -> AudioFormat | None:
        """Format of the sound; speech only. The service assumes mp3 when it is not given."""
        value: AudioFormat | None = self._data.get("response_format")
        return value

    @property
    def speed(self) -> float | None:
        """Pace, from a quarter to four times the normal one. From 0.25 to 4. The service assumes 1 when it is
        not given.
        """
        value: float | None = self._data.get("speed")
        return value

    @property
    def duration(self) -> float | None:
        """Length of the music in seconds. From 3 to 300."""
        value: float | None = self._data.get("duration")
        return value

    @property
    def instrumental(self) -> bool | None:
        """Compose without singing; music only."""
        value: bool | None = self._data.get("instrumental")
        return value
