"""ThinkingOptions: a model of the contract."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Literal

from .._model import ApiModel
from ..types import UNSET, Unset


class ThinkingOptions(ApiModel):
    """Whether and how long to reason before answering."""

    __slots__ = ()

    _fields: ClassVar[Mapping[str, str]] = {
        "type": "type",
        "budget_tokens": "budget_tokens",
    }
    _needed: ClassVar[tuple[str, ...]] = ()

    def __init__(
        self,
        *,
        type: Literal["enabled", "disabled"] | str | Unset = UNSET,
        budget_tokens: int | Unset = UNSET,
    ) -> None:
        self._set(
            {
                "type": type,
                "budget_tokens": budget_tokens,
            }
        )

    @property
    def type(self) -> Literal["enabled", "disabled"] | str | None:
        """Whether to reason. The service assumes disabled when it is not given."""
        value: Literal["enabled", "disabled"] | str | None = self._data.get("type")
        return value

    @property
    def budget_tokens(self) -> int | None:
        """Tokens to reason with at the most. From 1."""
        value: int | None = self._data.get("budget_tokens")
        return value
