"""OtherBlock: a model of the contract."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from .._model import ApiModel


class OtherBlock(ApiModel):
    """A kind of block that the contract does not know."""

    __slots__ = ()

    _fields: ClassVar[Mapping[str, str]] = {
        "type": "type",
    }
    _needed: ClassVar[tuple[str, ...]] = ("type",)

    def __init__(
        self,
        *,
        type: str,
    ) -> None:
        self._set(
            {
                "type": type,
            }
        )

    @property
    def type(self) -> str:
        """Kind of block."""
        value: str = self._need("type")
        return value
