"""CompletionUsage: a model of the contract."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from .._model import ApiModel
from ..types import UNSET, Unset


class CompletionUsage(ApiModel):
    """What the answer took, in tokens."""

    __slots__ = ()

    _fields: ClassVar[Mapping[str, str]] = {
        "prompt_tokens": "prompt_tokens",
        "completion_tokens": "completion_tokens",
        "total_tokens": "total_tokens",
        "prompt_tokens_details": "prompt_tokens_details",
        "completion_tokens_details": "completion_tokens_details",
    }
    _needed: ClassVar[tuple[str, ...]] = (
        "prompt_tokens",
        "completion_tokens",
        "total_tokens",
    )

    def __init__(
        self,
        *,
        prompt_tokens: int,
        completion_tokens: int,
        total_tokens: int,
        prompt_tokens_details: PromptTokensDetails | Mapping[str, Any] | Unset | None = UNSET,
        completion_tokens_details: CompletionTokensDetails
        | Mapping[str, Any]
        | Unset
        | None = UNSET,
    ) -> None:
        self._set(
            {
                "prompt_tokens": prompt_tokens,
                "completion_tokens": completion_tokens,
                "total_tokens": total_tokens,
                "prompt_tokens_details": prompt_tokens_details,
                "completion_tokens_details": completion_tokens_details,
            }
        )

    @property
    def prompt_tokens(self) -> int:
        """Tokens read. From 0."""
        value: int = self._need("prompt_tokens")
        return value

    @property
    def completion_tokens(self) -> int:
        """Tokens written. From 0."""
        value: int = self._need("completion_tokens")
        return value

    @property
    def total_tokens(self) -> int:
        """Both together, and for some models reasoning on top. From 0."""
        value: int = self._need("total_tokens")
        return value

    @property
    def prompt_tokens_details(self) -> PromptTokensDetails | None:
        """Tokens read, by kind."""
        value: PromptTokensDetails | None = PromptTokensDetails._view(
            self._data.get("prompt_tokens_details")
        )
        return value

    @property
    def completion_tokens_details(self) -> CompletionTokensDetails | None:
        """Tokens written, by kind."""
        value: CompletionTokensDetails | None = CompletionTokensDetails._view(
            self._data.get("completion_tokens_details")
        )
        return value


from .completion_tokens_details import CompletionTokensDetails  # noqa: E402 - below the class, so that models can refer to each other
from .prompt_tokens_details import PromptTokensDetails  # noqa: E402 - below the class, so that models can refer to each other
