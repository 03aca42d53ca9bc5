"""Balance: a model of the contract."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from .._model import ApiModel


class Balance(ApiModel):
    """What is left to spend."""

    __slots__ = ()

    _fields: ClassVar[Mapping[str, str]] = {
        "balance": "balance",
    }
    _needed: ClassVar[tuple[str, ...]] = ("balance",)

    def __init__(
        self,
        *,
        balance: float,
    ) -> None:
        self._set(
            {
                "balance": balance,
            }
        )

    @property
    def balance(self) -> float:
        """Pollen left in all purses together (tier, pack, crypto), or in the key's budget. Below 0 when the
        last call cost more than was left.
        """
        value: float = self._need("balance")
        return value
