"""ImageUrl: a model of the contract."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Literal

from .._model import ApiModel
from ..types import UNSET, Unset


class ImageUrl(ApiModel):
    """Where the image is."""

    __slots__ = ()

    _fields: ClassVar[Mapping[str, str]] = {
        "url": "url",
        "detail": "detail",
        "mime_type": "mime_type",
    }
    _needed: ClassVar[tuple[str, ...]] = ("url",)

    def __init__(
        self,
        *,
        url: str,
        detail: Literal["auto", "low", "high"] | str | Unset = UNSET,
        mime_type: str | Unset = UNSET,
    ) -> None:
        self._set(
            {
                "url": url,
                "detail": detail,
                "mime_type": mime_type,
            }
        )

    @property
    def url(self) -> str:
        """Address, or a data URI. At most 20 MB."""
        value: str = self._need("url")
        return value

    @property
    def detail(self) -> Literal["auto", "low", "high"] | str | None:
        """How closely to look."""
        value: Literal["auto", "low", "high"] | str | None = self._data.get("detail")
        return value

    @property
    def mime_type(self) -> str | None:
        """Media type, e.g. `image/jpeg`."""
        value: str | None = self._data.get("mime_type")
        return value
