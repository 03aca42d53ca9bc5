"""ChatAudioDelta: a model of the contract."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from .._model import ApiModel
from ..types import UNSET, Unset


class ChatAudioDelta(ApiModel):
    """A piece of a spoken answer."""

    __slots__ = ()

    _fields: ClassVar[Mapping[str, str]] = {
        "id": "id",
        "data": "data",
        "transcript": "transcript",
        "expires_at": "expires_at",
    }
    _needed: ClassVar[tuple[str, ...]] = ()

    def __init__(
        self,
        *,
        id: str | Unset = UNSET,
        data: str | Unset = UNSET,
        transcript: str | Unset = UNSET,
        expires_at: int | Unset = UNSET,
    ) -> None:
        self._set(
            {
                "id": id,
                "data": data,
                "transcript": transcript,
                "expires_at": expires_at,
            }
        )

    @property
    def id(self) -> str | None:
        """Id of the sound at the provider."""
        value: str | None = self._data.get("id")
        return value

    @property
    def data(self) -> str | None:
        """Sound in base64 to append."""
        value: str | None = self._data.get("data")
        return value

    @property
    def transcript(self) -> str | None:
        """Words to append."""
        value: str | None = self._data.get("transcript")
        return value

    @property
    def expires_at(self) -> int | None:
        """When the provider forgets it, in seconds since 1970."""
        value: int | None = self._data.get("expires_at")
        return value
