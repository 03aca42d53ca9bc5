"""TokenLogprob: a model of the contract."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from .._model import ApiModel


class TokenLogprob(ApiModel):
    """A token, its likelihood and its alternatives."""

    __slots__ = ()

    _fields: ClassVar[Mapping[str, str]] = {
        "token": "token",
        "logprob": "logprob",
        "bytes": "bytes",
        "top_logprobs": "top_logprobs",
    }
    _needed: ClassVar[tuple[str, ...]] = ("top_logprobs",)

    def __init__(
        self,
        *,
        token: str,
        logprob: float,
        bytes: Sequence[int] | None,
        top_logprobs: Sequence[TopLogprob | Mapping[str, Any]],
    ) -> None:
        self._set(
            {
                "token": token,
                "logprob": logprob,
                "bytes": bytes,
                "top_logprobs": top_logprobs,
            }
        )

    @property
    def token(self) -> str:
        """The token."""
        value: str = self._need("token")
        return value

    @property
    def logprob(self) -> float:
        """Natural logarithm of its likelihood."""
        value: float = self._need("logprob")
        return value

    @property
    def bytes(self) -> list[int] | None:
        """Its bytes in UTF-8."""
        value: list[int] | None = self._need("bytes")
        return value

    @property
    def top_logprobs(self) -> list[TopLogprob]:
        """The likeliest tokens at this place."""
        value: list[TopLogprob] = TopLogprob._views(self._need("top_logprobs"))
        return value


from .top_logprob import TopLogprob  # noqa: E402 - below the class, so that models can refer to each other
