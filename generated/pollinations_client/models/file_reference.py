"""FileReference: a model of the contract."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from .._model import ApiModel
from ..types import UNSET, Unset


class FileReference(ApiModel):
    """The document itself, or where it is."""

    __slots__ = ()

    _fields: ClassVar[Mapping[str, str]] = {
        "file_data": "file_data",
        "file_id": "file_id",
        "file_name": "file_name",
        "file_url": "file_url",
        "mime_type": "mime_type",
    }
    _needed: ClassVar[tuple[str, ...]] = ()

    def __init__(
        self,
        *,
        file_data: str | Unset = UNSET,
        file_id: str | Unset = UNSET,
        file_name: str | Unset = UNSET,
        file_url: str | Unset = UNSET,
        mime_type: str | Unset = UNSET,
    ) -> None:
        self._set(
            {
                "file_data": file_data,
                "file_id": file_id,
                "file_name": file_name,
                "file_url": file_url,
                "mime_type": mime_type,
            }
        )

    @property
    def file_data(self) -> str | None:
        """The document in base64."""
        value: str | None = self._data.get("file_data")
        return value

    @property
    def file_id(self) -> str | None:
        """Id that the provider gave it."""
        value: str | None = self._data.get("file_id")
        return value

    @property
    def file_name(self) -> str | None:
        """Name with extension."""
        value: str | None = self._data.get("file_name")
        return value

    @property
    def file_url(self) -> str | None:
        """Address."""
        value: str | None = self._data.get("file_url")
        return value

    @property
    def mime_type(self) -> str | None:
        """Media type, e.g. `application/pdf`."""
        value: str | None = self._data.get("mime_type")
        return value
