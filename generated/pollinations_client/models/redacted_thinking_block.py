"""RedactedThinkingBlock: a model of the contract."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Literal

from .._model import ApiModel


class RedactedThinkingBlock(ApiModel):
    """Thoughts that are kept secret."""

    __slots__ = ()

    _fields: ClassVar[Mapping[str, str]] = {
        "type": "type",
        "data": "data",
    }
    _needed: ClassVar[tuple[str, ...]] = (
        "type",
        "data",
    )

    def __init__(
        self,
        *,
        data: str,
        type: Literal["redacted_thinking"] | str = "redacted_thinking",
    ) -> None:
        self._set(
            {
                "type": type,
                "data": data,
            }
        )

    @property
    def type(self) -> Literal["redacted_thinking"] | str:
        """The field `type`."""
        value: Literal["redacted_thinking"] | str = self._need("type")
        return value

    @property
    def data(self) -> str:
        """The encrypted thoughts."""
        value: str = self._need("data")
        return value
