"""MediaError: a model of the contract."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from .._model import ApiModel
from ..types import UNSET, Unset


class MediaError(ApiModel):
    """How the media host reports a failure."""

    __slots__ = ()

    _fields: ClassVar[Mapping[str, str]] = {
        "error": "error",
        "received": "received",
    }
    _needed: ClassVar[tuple[str, ...]] = ("error",)

    def __init__(
        self,
        *,
        error: str,
        received: str | Unset = UNSET,
    ) -> None:
        self._set(
            {
                "error": error,
                "received": received,
            }
        )

    @property
    def error(self) -> str:
        """A line for people."""
        value: str = self._need("error")
        return value

    @property
    def received(self) -> str | None:
        """The type that was refused."""
        value: str | None = self._data.get("received")
        return value
