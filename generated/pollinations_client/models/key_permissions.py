"""KeyPermissions: a model of the contract."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

from .._model import ApiModel


class KeyPermissions(ApiModel):
    """What a key is allowed to touch."""

    __slots__ = ()

    _fields: ClassVar[Mapping[str, str]] = {
        "models": "models",
        "account": "account",
    }
    _needed: ClassVar[tuple[str, ...]] = ()

    def __init__(
        self,
        *,
        models: Sequence[str] | None,
        account: Sequence[str] | None,
    ) -> None:
        self._set(
            {
                "models": models,
                "account": account,
            }
        )

    @property
    def models(self) -> list[str] | None:
        """Ids of the allowed models; null for all."""
        value: list[str] | None = self._need("models")
        return value

    @property
    def account(self) -> list[str] | None:
        """`profile`, `balance`, `usage`; null for none."""
        value: list[str] | None = self._need("account")
        return value
