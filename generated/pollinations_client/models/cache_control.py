"""CacheControl: a model of the contract."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Literal

from .._model import ApiModel


class CacheControl(ApiModel):
    """Ask the provider to remember the conversation up to here, which makes the next call cheaper."""

    __slots__ = ()

    _fields: ClassVar[Mapping[str, str]] = {
        "type": "type",
    }
    _needed: ClassVar[tuple[str, ...]] = ("type",)

    def __init__(
        self,
        *,
        type: Literal["ephemeral"] | str,
    ) -> None:
        self._set(
            {
                "type": type,
            }
        )

    @property
    def type(self) -> Literal["ephemeral"] | str:
        """For a short time."""
        value: Literal["ephemeral"] | str = self._need("type")
        return value
