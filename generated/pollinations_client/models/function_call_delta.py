"""FunctionCallDelta: a model of the contract."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from .._model import ApiModel
from ..types import UNSET, Unset


class FunctionCallDelta(ApiModel):
    """A piece of a function call."""

    __slots__ = ()

    _fields: ClassVar[Mapping[str, str]] = {
        "name": "name",
        "arguments": "arguments",
    }
    _needed: ClassVar[tuple[str, ...]] = ()

    def __init__(
        self,
        *,
        name: str | Unset | None = UNSET,
        arguments: str | Unset | None = UNSET,
    ) -> None:
        self._set(
            {
                "name": name,
                "arguments": arguments,
            }
        )

    @property
    def name(self) -> str | None:
        """Name of the function, in the first piece."""
        value: str | None = self._data.get("name")
        return value

    @property
    def arguments(self) -> str | None:
        """Text to append to the arguments."""
        value: str | None = self._data.get("arguments")
        return value
