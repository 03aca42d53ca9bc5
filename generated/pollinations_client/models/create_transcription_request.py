# pyright: reportPrivateUsage=false, reportUnknownArgumentType=false, reportUnknownVariableType=false
"""CreateTranscriptionRequest: a model of the contract."""

from __future__ import annotations

from typing import Any, ClassVar, Literal, Self

from attr import define, field
from attr.setters import NO_OP

from .._model import ABSENT, ApiModel
from .transcription_model_name import TranscriptionModelName


@define(kw_only=True, eq=False, repr=False, getstate_setstate=False, on_setattr=NO_OP)
class CreateTranscriptionRequest(ApiModel):
    """An audio file and options for its transcription."""

    file: Any
    """The audio file: mp3, mp4, mpeg, mpga, m4a, wav or webm."""
    model: TranscriptionModelName | None = ABSENT
    """Name or alias of a transcription model. The service assumes whisper-large-v3 when it is not given."""
    language: str | None = ABSENT
    """Language of the audio, ISO 639-1 (`en`, `fr`). Improves accuracy."""
    prompt: str | None = ABSENT
    """Text that sets the style, or that precedes the audio."""
    response_format: Literal["json", "text", "srt", "verbose_json", "vtt"] | str | None = ABSENT
    """Format of the transcript. Only `json` and `verbose_json` work with every model. The service assumes json
    when it is not given.
    """
    temperature: float | None = ABSENT
    """From 0 (deterministic) to 1 (varied)."""
    additional_properties: dict[str, Any] = field(factory=dict[str, Any])
    """Fields that the contract does not describe, by their JSON names."""

    _needed: ClassVar[tuple[str, ...]] = ("file",)

    def _decode(self, d: Any) -> Self:
        try:
            self.file = d["file"]
        except KeyError:
            return self._incomplete(d)
        known = 1
        if "model" in d:
            self.model = d["model"]
            known += 1
        if "language" in d:
            self.language = d["language"]
            known += 1
        if "prompt" in d:
            self.prompt = d["prompt"]
            known += 1
        if "response_format" in d:
            self.response_format = d["response_format"]
            known += 1
        if "temperature" in d:
            self.temperature = d["temperature"]
            known += 1
        if len(d) != known:
            self._keep_unknown(d)
        return self
