"""ResponseFormatJsonObject: a model of the contract."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Literal

from .._model import ApiModel


class ResponseFormatJsonObject(ApiModel):
    """Some JSON object."""

    __slots__ = ()

    _fields: ClassVar[Mapping[str, str]] = {
        "type": "type",
    }
    _needed: ClassVar[tuple[str, ...]] = ("type",)

    def __init__(
        self,
        *,
        type: Literal["json_object"] | str = "json_object",
    ) -> None:
        self._set(
            {
                "type": type,
            }
        )

    @property
    def type(self) -> Literal["json_object"] | str:
        """The field `type`."""
        value: Literal["json_object"] | str = self._need("type")
        return value
