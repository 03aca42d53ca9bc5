"""FilePart: a model of the contract."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

from .._model import ApiModel
from ..types import UNSET, Unset


class FilePart(ApiModel):
    """A document."""

    __slots__ = ()

    _fields: ClassVar[Mapping[str, str]] = {
        "type": "type",
        "file": "file",
        "cache_control": "cache_control",
    }
    _needed: ClassVar[tuple[str, ...]] = (
        "type",
        "file",
    )

    def __init__(
        self,
        *,
        file: FileReference | Mapping[str, Any],
        type: Literal["file"] | str = "file",
        cache_control: CacheControl | Mapping[str, Any] | Unset = UNSET,
    ) -> None:
        self._set(
            {
                "type": type,
                "file": file,
                "cache_control": cache_control,
            }
        )

    @property
    def type(self) -> Literal["file"] | str:
        """The field `type`."""
        value: Literal["file"] | str = self._need("type")
        return value

    @property
    def file(self) -> FileReference:
        """The document itself, or where it is."""
        value: FileReference = FileReference._view(self._need("file"))
        return value

    @property
    def cache_control(self) -> CacheControl | None:
        """Ask the provider to remember the conversation up to here, which makes the next call cheaper."""
        value: CacheControl | None = CacheControl._view(self._data.get("cache_control"))
        return value


from .cache_control import CacheControl  # noqa: E402 - below the class, so that models can refer to each other
from .file_reference import FileReference  # noqa: E402 - below the class, so that models can refer to each other
