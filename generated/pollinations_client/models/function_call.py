"""FunctionCall: a model of the contract."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from .._model import ApiModel


class FunctionCall(ApiModel):
    """A function and its arguments."""

    __slots__ = ()

    _fields: ClassVar[Mapping[str, str]] = {
        "name": "name",
        "arguments": "arguments",
    }
    _needed: ClassVar[tuple[str, ...]] = (
        "name",
        "arguments",
    )

    def __init__(
        self,
        *,
        name: str,
        arguments: str,
    ) -> None:
        self._set(
            {
                "name": name,
                "arguments": arguments,
            }
        )

    @property
    def name(self) -> str:
        """Name of the function."""
        value: str = self._need("name")
        return value

    @property
    def arguments(self) -> str:
        """The arguments as JSON text."""
        value: str = self._need("arguments")
        return value
