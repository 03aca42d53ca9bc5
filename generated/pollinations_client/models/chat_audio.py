"""ChatAudio: a model of the contract."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from .._model import ApiModel
from ..types import UNSET, Unset


class ChatAudio(ApiModel):
    """A spoken answer."""

    __slots__ = ()

    _fields: ClassVar[Mapping[str, str]] = {
        "transcript": "transcript",
        "data": "data",
        "id": "id",
        "expires_at": "expires_at",
    }
    _needed: ClassVar[tuple[str, ...]] = (
        "transcript",
        "data",
    )

    def __init__(
        self,
        *,
        transcript: str,
        data: str,
        id: str | Unset = UNSET,
        expires_at: int | Unset = UNSET,
    ) -> None:
        self._set(
            {
                "transcript": transcript,
                "data": data,
                "id": id,
                "expires_at": expires_at,
            }
        )

    @property
    def transcript(self) -> str:
        """What is said."""
        value: str = self._need("transcript")
        return value

    @property
    def data(self) -> str:
        """The sound in base64, in the asked format."""
        value: str = self._need("data")
        return value

    @property
    def id(self) -> str | None:
        """Id of the sound at the provider."""
        value: str | None = self._data.get("id")
        return value

    @property
    def expires_at(self) -> int | None:
        """When the provider forgets it, in seconds since 1970."""
        value: int | None = self._data.get("expires_at")
        return value
