"""ChoiceLogprobs: a model of the contract."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from .._model import ApiModel


class ChoiceLogprobs(ApiModel):
    """How likely each token was."""

    __slots__ = ()

    _fields: ClassVar[Mapping[str, str]] = {
        "content": "content",
    }
    _needed: ClassVar[tuple[str, ...]] = ()

    def __init__(
        self,
        *,
        content: Sequence[TokenLogprob | Mapping[str, Any]] | None,
    ) -> None:
        self._set(
            {
                "content": content,
            }
        )

    @property
    def content(self) -> list[TokenLogprob] | None:
        """One entry per token."""
        value: list[TokenLogprob] | None = TokenLogprob._views(self._need("content"))
        return value


from .token_logprob import TokenLogprob  # noqa: E402 - below the class, so that models can refer to each other
