"""InputAudio: a model of the contract."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Literal

from .._model import ApiModel


class InputAudio(ApiModel):
    """The sound itself."""

    __slots__ = ()

    _fields: ClassVar[Mapping[str, str]] = {
        "data": "data",
        "format": "format",
    }
    _needed: ClassVar[tuple[str, ...]] = (
        "data",
        "format",
    )

    def __init__(
        self,
        *,
        data: str,
        format: Literal["wav", "mp3", "flac", "opus", "pcm16"] | str,
    ) -> None:
        self._set(
            {
                "data": data,
                "format": format,
            }
        )

    @property
    def data(self) -> str:
        """The file in base64."""
        value: str = self._need("data")
        return value

    @property
    def format(self) -> Literal["wav", "mp3", "flac", "opus", "pcm16"] | str:
        """Kind of file."""
        value: Literal["wav", "mp3", "flac", "opus", "pcm16"] | str = self._need("format")
        return value
