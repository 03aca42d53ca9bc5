"""UploadJson: a model of the contract."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from .._model import ApiModel
from ..types import UNSET, Unset


class UploadJson(ApiModel):
    """A file as base64."""

    __slots__ = ()

    _fields: ClassVar[Mapping[str, str]] = {
        "data": "data",
        "contentType": "content_type",
        "name": "name",
    }
    _needed: ClassVar[tuple[str, ...]] = (
        "data",
        "contentType",
    )

    def __init__(
        self,
        *,
        data: str,
        content_type: str,
        name: str | Unset = UNSET,
    ) -> None:
        self._set(
            {
                "data": data,
                "contentType": content_type,
                "name": name,
            }
        )

    @property
    def data(self) -> str:
        """The bytes in base64, with or without the prefix of a data URI."""
        value: str = self._need("data")
        return value

    @property
    def content_type(self) -> str:
        """Type of the file."""
        value: str = self._need("contentType")
        return value

    @property
    def name(self) -> str | None:
        """Name of the file."""
        value: str | None = self._data.get("name")
        return value
