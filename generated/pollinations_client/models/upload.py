"""Upload: a model of the contract."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from .._model import ApiModel


class Upload(ApiModel):
    """A stored file."""

    __slots__ = ()

    _fields: ClassVar[Mapping[str, str]] = {
        "id": "id",
        "url": "url",
        "contentType": "content_type",
        "size": "size",
        "duplicate": "duplicate",
    }
    _needed: ClassVar[tuple[str, ...]] = (
        "id",
        "url",
        "contentType",
        "size",
        "duplicate",
    )

    def __init__(
        self,
        *,
        id: str,
        url: str,
        content_type: str,
        size: int,
        duplicate: bool,
    ) -> None:
        self._set(
            {
                "id": id,
                "url": url,
                "contentType": content_type,
                "size": size,
                "duplicate": duplicate,
            }
        )

    @property
    def id(self) -> str:
        """First 16 hexadecimal digits of the SHA-256 of the bytes."""
        value: str = self._need("id")
        return value

    @property
    def url(self) -> str:
        """Address of the file, ending in the id."""
        value: str = self._need("url")
        return value

    @property
    def content_type(self) -> str:
        """Type of the file as it was first uploaded."""
        value: str = self._need("contentType")
        return value

    @property
    def size(self) -> int:
        """Size in bytes. From 0."""
        value: int = self._need("size")
        return value

    @property
    def duplicate(self) -> bool:
        """Whether the file was there before."""
        value: bool = self._need("duplicate")
        return value
