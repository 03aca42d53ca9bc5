"""VideoUrl: a model of the contract."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from .._model import ApiModel
from ..types import UNSET, Unset


class VideoUrl(ApiModel):
    """Where the video is."""

    __slots__ = ()

    _fields: ClassVar[Mapping[str, str]] = {
        "url": "url",
        "mime_type": "mime_type",
    }
    _needed: ClassVar[tuple[str, ...]] = ("url",)

    def __init__(
        self,
        *,
        url: str,
        mime_type: str | Unset = UNSET,
    ) -> None:
        self._set(
            {
                "url": url,
                "mime_type": mime_type,
            }
        )

    @property
    def url(self) -> str:
        """Address."""
        value: str = self._need("url")
        return value

    @property
    def mime_type(self) -> str | None:
        """Media type, e.g. `video/mp4`."""
        value: str | None = self._data.get("mime_type")
        return value
