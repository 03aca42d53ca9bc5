"""ResponseFormatText: a model of the contract."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Literal

from .._model import ApiModel


class ResponseFormatText(ApiModel):
    """Any text."""

    __slots__ = ()

    _fields: ClassVar[Mapping[str, str]] = {
        "type": "type",
    }
    _needed: ClassVar[tuple[str, ...]] = ("type",)

    def __init__(
        self,
        *,
        type: Literal["text"] | str = "text",
    ) -> None:
        self._set(
            {
                "type": type,
            }
        )

    @property
    def type(self) -> Literal["text"] | str:
        """The field `type`."""
        value: Literal["text"] | str = self._need("type")
        return value
