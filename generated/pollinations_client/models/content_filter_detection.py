"""ContentFilterDetection: a model of the contract."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from .._model import ApiModel


class ContentFilterDetection(ApiModel):
    """A verdict of yes or no."""

    __slots__ = ()

    _fields: ClassVar[Mapping[str, str]] = {
        "filtered": "filtered",
        "detected": "detected",
    }
    _needed: ClassVar[tuple[str, ...]] = (
        "filtered",
        "detected",
    )

    def __init__(
        self,
        *,
        filtered: bool,
        detected: bool,
    ) -> None:
        self._set(
            {
                "filtered": filtered,
                "detected": detected,
            }
        )

    @property
    def filtered(self) -> bool:
        """Whether something was cut out."""
        value: bool = self._need("filtered")
        return value

    @property
    def detected(self) -> bool:
        """Whether it was found."""
        value: bool = self._need("detected")
        return value
