"""ThinkingBlock: a model of the contract."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Literal

from .._model import ApiModel


class ThinkingBlock(ApiModel):
    """Thoughts."""

    __slots__ = ()

    _fields: ClassVar[Mapping[str, str]] = {
        "type": "type",
        "thinking": "thinking",
    }
    _needed: ClassVar[tuple[str, ...]] = (
        "type",
        "thinking",
    )

    def __init__(
        self,
        *,
        thinking: str,
        type: Literal["thinking"] | str = "thinking",
    ) -> None:
        self._set(
            {
                "type": type,
                "thinking": thinking,
            }
        )

    @property
    def type(self) -> Literal["thinking"] | str:
        """The field `type`."""
        value: Literal["thinking"] | str = self._need("type")
        return value

    @property
    def thinking(self) -> str:
        """The thoughts."""
        value: str = self._need("thinking")
        return value
