"""ChatAudioOptions: a model of the contract."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Literal

from .._model import ApiModel


class ChatAudioOptions(ApiModel):
    """How a spoken answer should sound."""

    __slots__ = ()

    _fields: ClassVar[Mapping[str, str]] = {
        "voice": "voice",
        "format": "format",
    }
    _needed: ClassVar[tuple[str, ...]] = (
        "voice",
        "format",
    )

    def __init__(
        self,
        *,
        voice: Literal[
            "alloy",
            "echo",
            "fable",
            "onyx",
            "nova",
            "shimmer",
            "coral",
            "verse",
            "ballad",
            "ash",
            "sage",
            "amuch",
            "dan",
        ]
        | str,
        format: Literal["wav", "mp3", "flac", "opus", "pcm16"] | str,
    ) -> None:
        self._set(
            {
                "voice": voice,
                "format": format,
            }
        )

    @property
    def voice(
        self,
    ) -> (
        Literal[
            "alloy",
            "echo",
            "fable",
            "onyx",
            "nova",
            "shimmer",
            "coral",
            "verse",
            "ballad",
            "ash",
            "sage",
            "amuch",
            "dan",
        ]
        | str
    ):
        """Voice."""
        value: (
            Literal[
                "alloy",
                "echo",
                "fable",
                "onyx",
                "nova",
                "shimmer",
                "coral",
                "verse",
                "ballad",
                "ash",
                "sage",
                "amuch",
                "dan",
            ]
            | str
        ) = self._need("voice")
        return value

    @property
    def format(self) -> Literal["wav", "mp3", "flac", "opus", "pcm16"] | str:
        """Kind of file."""
        value: Literal["wav", "mp3", "flac", "opus", "pcm16"] | str = self._need("format")
        return value
