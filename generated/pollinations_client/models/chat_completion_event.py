"""ChatCompletionEvent: a model of the contract."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Literal

from .._model import ApiModel


class ChatCompletionEvent(ApiModel):
    """One server-sent event of a stream. `data` is the JSON text of a chunk, or `[DONE]` at the end."""

    __slots__ = ()

    _fields: ClassVar[Mapping[str, str]] = {
        "data": "data",
    }
    _needed: ClassVar[tuple[str, ...]] = ("data",)

    def __init__(
        self,
        *,
        data: Literal["[DONE]"] | str,
    ) -> None:
        self._set(
            {
                "data": data,
            }
        )

    @property
    def data(self) -> Literal["[DONE]"] | str:
        """A chunk as JSON text, or the mark of the end."""
        value: Literal["[DONE]"] | str = self._need("data")
        return value
