"""TextPart: a model of the contract."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

from .._model import ApiModel
from ..types import UNSET, Unset


class TextPart(ApiModel):
    """Words."""

    __slots__ = ()

    _fields: ClassVar[Mapping[str, str]] = {
        "type": "type",
        "text": "text",
        "cache_control": "cache_control",
    }
    _needed: ClassVar[tuple[str, ...]] = (
        "type",
        "text",
    )

    def __init__(
        self,
        *,
        text: str,
        type: Literal["text"] | str = "text",
        cache_control: CacheControl | Mapping[str, Any] | Unset = UNSET,
    ) -> None:
        self._set(
            {
                "type": type,
                "text": text,
                "cache_control": cache_control,
            }
        )

    @property
    def type(self) -> Literal["text"] | str:
        """The field `type`."""
        value: Literal["text"] | str = self._need("type")
        return value

    @property
    def text(self) -> str:
        """The words."""
        value: str = self._need("text")
        return value

    @property
    def cache_control(self) -> CacheControl | None:
        """Ask the provider to remember the conversation up to here, which makes the next call cheaper."""
        value: CacheControl | None = CacheControl._view(self._data.get("cache_control"))
        return value


from .cache_control import CacheControl  # noqa: E402 - below the class, so that models can refer to each other
