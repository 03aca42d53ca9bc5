"""Transcription: a model of the contract."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from .._model import ApiModel
from ..types import UNSET, Unset


class Transcription(ApiModel):
    """What is said in a recording. `verbose_json` adds times; models add fields of their own."""

    __slots__ = ()

    _fields: ClassVar[Mapping[str, str]] = {
        "text": "text",
        "task": "task",
        "language": "language",
        "duration": "duration",
        "segments": "segments",
        "words": "words",
        "usage": "usage",
    }
    _needed: ClassVar[tuple[str, ...]] = ()

    def __init__(
        self,
        *,
        text: str | Unset = UNSET,
        task: str | Unset = UNSET,
        language: str | Unset = UNSET,
        duration: float | Unset = UNSET,
        segments: Sequence[Mapping[str, Any]] | Unset = UNSET,
        words: Sequence[Mapping[str, Any]] | Unset = UNSET,
        usage: Mapping[str, Any] | Unset = UNSET,
    ) -> None:
        self._set(
            {
                "text": text,
                "task": task,
                "language": language,
                "duration": duration,
                "segments": segments,
                "words": words,
                "usage": usage,
            }
        )

    @property
    def text(self) -> str:
        """The words."""
        value: str = self._need("text")
        return value

    @property
    def task(self) -> str | None:
        """Always `transcribe`."""
        value: str | None = self._data.get("task")
        return value

    @property
    def language(self) -> str | None:
        """Language of the recording."""
        value: str | None = self._data.get("language")
        return value

    @property
    def duration(self) -> float | None:
        """Length of the recording in seconds."""
        value: float | None = self._data.get("duration")
        return value

    @property
    def segments(self) -> list[dict[str, Any]] | None:
        """Sentences with times."""
        value: list[dict[str, Any]] | None = self._data.get("segments")
        return value

    @property
    def words(self) -> list[dict[str, Any]] | None:
        """Words with times."""
        value: list[dict[str, Any]] | None = self._data.get("words")
        return value

    @property
    def usage(self) -> dict[str, Any] | None:
        """What was billed."""
        value: dict[str, Any] | None = self._data.get("usage")
        return value
