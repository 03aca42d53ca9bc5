# pyright: reportPrivateUsage=false, reportUnknownArgumentType=false, reportUnknownVariableType=false
"""ModelList: a model of the contract."""

from __future__ import annotations

from typing import Any, ClassVar, Literal, Self

from attr import define, field
from attr.setters import NO_OP

from .._model import ApiModel
from .model import Model, as_list_of_model


@define(kw_only=True, eq=False, repr=False, getstate_setstate=False, on_setattr=NO_OP)
class ModelList(ApiModel):
    """Text models in OpenAI's format."""

    object: Literal["list"] | str = "list"
    data: list[Model] = field(converter=as_list_of_model)
    """The models."""
    additional_properties: dict[str, Any] = field(factory=dict[str, Any])
    """Fields that the contract does not describe, by their JSON names."""

    _needed: ClassVar[tuple[str, ...]] = ("data",)

    def _decode(self, d: Any) -> Self:
        try:
            self.object = d["object"]
            self.data = as_list_of_model(d["data"])
        except KeyError:
            return self._incomplete(d)
        known = 2
        if len(d) != known:
            self._keep_unknown(d)
        return self
