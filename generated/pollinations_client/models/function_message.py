"""FunctionMessage: a model of the contract."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Literal

from .._model import ApiModel


class FunctionMessage(ApiModel):
    """What a function returned, in the old format."""

    __slots__ = ()

    _fields: ClassVar[Mapping[str, str]] = {
        "role": "role",
        "content": "content",
        "name": "name",
    }
    _needed: ClassVar[tuple[str, ...]] = (
        "role",
        "name",
    )

    def __init__(
        self,
        *,
        content: str | None,
        name: str,
        role: Literal["function"] | str = "function",
    ) -> None:
        self._set(
            {
                "role": role,
                "content": content,
                "name": name,
            }
        )

    @property
    def role(self) -> Literal["function"] | str:
        """Who wrote the message."""
        value: Literal["function"] | str = self._need("role")
        return value

    @property
    def content(self) -> str | None:
        """The result."""
        value: str | None = self._need("content")
        return value

    @property
    def name(self) -> str:
        """Name of the function."""
        value: str = self._need("name")
        return value
