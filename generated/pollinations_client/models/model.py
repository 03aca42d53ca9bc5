"""Model: a model of the contract."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Literal

from .._model import ApiModel


class Model(ApiModel):
    """One text model."""

    __slots__ = ()

    _fields: ClassVar[Mapping[str, str]] = {
        "id": "id",
        "object": "object",
        "created": "created",
    }
    _needed: ClassVar[tuple[str, ...]] = (
        "id",
        "object",
        "created",
    )

    def __init__(
        self,
        *,
        id: str,
        created: float,
        object: Literal["model"] | str = "model",
    ) -> None:
        self._set(
            {
                "id": id,
                "object": object,
                "created": created,
            }
        )

    @property
    def id(self) -> str:
        """Name of the model, for `model` of a request."""
        value: str = self._need("id")
        return value

    @property
    def object(self) -> Literal["model"] | str:
        """The field `object`."""
        value: Literal["model"] | str = self._need("object")
        return value

    @property
    def created(self) -> float:
        """The time of the answer in milliseconds; not the age of the model."""
        value: float = self._need("created")
        return value
