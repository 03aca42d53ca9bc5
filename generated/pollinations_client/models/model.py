# pyright: reportPrivateUsage=false, reportUnknownArgumentType=false, reportUnknownVariableType=false
"""Model: a model of the contract."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Literal, Self, overload

from attr import define, field
from attr.setters import NO_OP

from .._model import ApiModel, new, read_list, read_model


@define(kw_only=True, eq=False, repr=False, getstate_setstate=False, on_setattr=NO_OP)
class Model(ApiModel):
    """One text model."""

    id: str
    """Name of the model, for `model` of a request."""
    object: Literal["model"] | str = "model"
    created: float
    """The time of the response in milliseconds; not the age of the model."""
    additional_properties: dict[str, Any] = field(factory=dict[str, Any])
    """Fields that the contract does not describe, by their JSON names."""

    _needed: ClassVar[tuple[str, ...]] = ("id", "object", "created")

    def _decode(self, d: Any) -> Self:
        try:
            self.id = d["id"]
            self.object = d["object"]
            self.created = d["created"]
        except KeyError:
            return self._incomplete(d)
        known = 3
        if len(d) != known:
            self._keep_unknown(d)
        return self


@overload
def as_model(value: Model | Mapping[str, Any]) -> Model: ...
@overload
def as_model(value: None) -> None: ...
def as_model(value: Any) -> Any:
    """Make a model of a mapping; anything else is handed on as it is."""
    if type(value) is dict:
        return new(Model)._decode(value)
    return None if value is None else read_model(value, Model)


@overload
def as_list_of_model(value: Sequence[Model | Mapping[str, Any]]) -> list[Model]: ...
@overload
def as_list_of_model(value: None) -> None: ...
def as_list_of_model(value: Any) -> Any:
    """Make models of the mappings in a list; anything else is handed on as it is."""
    if type(value) is list:
        return [new(Model)._decode(i) if type(i) is dict else read_model(i, Model) for i in value]
    return read_list(value, as_model)
