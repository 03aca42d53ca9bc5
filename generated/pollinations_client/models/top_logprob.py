"""TopLogprob: a model of the contract."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

from .._model import ApiModel


class TopLogprob(ApiModel):
    """A token and its likelihood."""

    __slots__ = ()

    _fields: ClassVar[Mapping[str, str]] = {
        "token": "token",
        "logprob": "logprob",
        "bytes": "bytes",
    }
    _needed: ClassVar[tuple[str, ...]] = (
        "token",
        "logprob",
    )

    def __init__(
        self,
        *,
        token: str,
        logprob: float,
        bytes: Sequence[int] | None,
    ) -> None:
        self._set(
            {
                "token": token,
                "logprob": logprob,
                "bytes": bytes,
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
