"""FunctionName: a model of the contract."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from .._model import ApiModel


class FunctionName(ApiModel):
    """A function, by name."""

    __slots__ = ()

    _fields: ClassVar[Mapping[str, str]] = {
        "name": "name",
    }
    _needed: ClassVar[tuple[str, ...]] = ("name",)

    def __init__(
        self,
        *,
        name: str,
    ) -> None:
        self._set(
            {
                "name": name,
            }
        )

    @property
    def name(self) -> str:
        """Name of the function."""
        value: str = self._need("name")
        return value
