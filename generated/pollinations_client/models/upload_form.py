"""UploadForm: a model of the contract."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from .._model import ApiModel
from ..types import FileInput


class UploadForm(ApiModel):
    """A form with one file."""

    __slots__ = ()

    _fields: ClassVar[Mapping[str, str]] = {
        "file": "file",
    }
    _needed: ClassVar[tuple[str, ...]] = ("file",)

    def __init__(
        self,
        *,
        file: FileInput,
    ) -> None:
        self._set(
            {
                "file": file,
            }
        )

    @property
    def file(self) -> Any:
        """The file. Its type is that of the part, else that of its name."""
        value: Any = self._need("file")
        return value
