"""CreateTranscriptionRequest: a model of the contract."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from .._model import ApiModel
from ..types import UNSET, FileInput, Unset

if TYPE_CHECKING:
    from .transcription_model_name import TranscriptionModelName


class CreateTranscriptionRequest(ApiModel):
    """A recording and how to write it down."""

    __slots__ = ()

    _fields: ClassVar[Mapping[str, str]] = {
        "file": "file",
        "model": "model",
        "language": "language",
        "prompt": "prompt",
        "response_format": "response_format",
        "temperature": "temperature",
    }
    _needed: ClassVar[tuple[str, ...]] = ("file",)

    def __init__(
        self,
        *,
        file: FileInput,
        model: TranscriptionModelName | Unset = UNSET,
        language: str | Unset = UNSET,
        prompt: str | Unset = UNSET,
        response_format: Literal["json", "text", "srt", "verbose_json", "vtt"]
        | str
        | Unset = UNSET,
        temperature: float | Unset = UNSET,
    ) -> None:
        self._set(
            {
                "file": file,
                "model": model,
                "language": language,
                "prompt": prompt,
                "response_format": response_format,
                "temperature": temperature,
            }
        )

    @property
    def file(self) -> Any:
        """The recording: mp3, mp4, mpeg, mpga, m4a, wav or webm."""
        value: Any = self._need("file")
        return value

    @property
    def model(self) -> TranscriptionModelName | None:
        """Name or alias of a transcription model. The service assumes whisper-large-v3 when it is not given."""
        value: TranscriptionModelName | None = self._data.get("model")
        return value

    @property
    def language(self) -> str | None:
        """Language of the recording, ISO 639-1 (`en`, `fr`). Helps accuracy."""
        value: str | None = self._data.get("language")
        return value

    @property
    def prompt(self) -> str | None:
        """Text that sets the style, or that came before."""
        value: str | None = self._data.get("prompt")
        return value

    @property
    def response_format(self) -> Literal["json", "text", "srt", "verbose_json", "vtt"] | str | None:
        """Form of the transcript. Only `json` and `verbose_json` work with every model. The service assumes
        json when it is not given.
        """
        value: Literal["json", "text", "srt", "verbose_json", "vtt"] | str | None = self._data.get(
            "response_format"
        )
        return value

    @property
    def temperature(self) -> float | None:
        """From 0 (strict) to 1 (creative)."""
        value: float | None = self._data.get("temperature")
        return value
