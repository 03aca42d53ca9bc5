"""ModelList: a model of the contract."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Literal

from .._model import ApiModel


class ModelList(ApiModel):
    """Text models in OpenAI's format."""

    __slots__ = ()

    _fields: ClassVar[Mapping[str, str]] = {
        "object": "object",
        "data": "data",
    }
    _needed: ClassVar[tuple[str, ...]] = ("data",)

    def __init__(
        self,
        *,
        data: Sequence[Model | Mapping[str, Any]],
        object: Literal["list"] | str = "list",
    ) -> None:
        self._set(
            {
                "object": object,
                "data": data,
            }
        )

    @property
    def object(self) -> Literal["list"] | str:
        """The field `object`."""
        value: Literal["list"] | str = self._need("object")
        return value

    @property
    def data(self) -> list[Model]:
        """The models."""
        value: list[Model] = Model._views(self._need("data"))
        return value


from .model import Model  # noqa: E402 - below the class, so that models can refer to each other
