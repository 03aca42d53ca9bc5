# pyright: reportPrivateUsage=false, reportUnknownArgumentType=false, reportUnknownVariableType=false
"""LegacyFunction: a model of the contract."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Self, overload

from attr import define, field
from attr.setters import NO_OP

from .._model import ABSENT, ApiModel, new, read_list, read_model


@define(kw_only=True, eq=False, repr=False, getstate_setstate=False, on_setattr=NO_OP)
class LegacyFunction(ApiModel):
    """A function in the legacy format. The only object of a request that accepts no additional fields."""

    name: str
    """Name of the function."""
    description: str | None = ABSENT
    """A description for the model."""
    parameters: dict[str, Any] | None = ABSENT
    """A JSON Schema of its arguments."""
    additional_properties: dict[str, Any] = field(factory=dict[str, Any])
    """Fields that the contract does not describe, by their JSON names."""

    _needed: ClassVar[tuple[str, ...]] = ("name",)

    def _decode(self, d: Any) -> Self:
        try:
            self.name = d["name"]
        except KeyError:
            return self._incomplete(d)
        known = 1
        if "description" in d:
            self.description = d["description"]
            known += 1
        if "parameters" in d:
            self.parameters = d["parameters"]
            known += 1
        if len(d) != known:
            self._keep_unknown(d)
        return self


@overload
def as_legacy_function(value: LegacyFunction | Mapping[str, Any]) -> LegacyFunction: ...
@overload
def as_legacy_function(value: None) -> None: ...
def as_legacy_function(value: Any) -> Any:
    """Make a model of a mapping; anything else is handed on as it is."""
    if type(value) is dict:
        return new(LegacyFunction)._decode(value)
    return None if value is None else read_model(value, LegacyFunction)


@overload
def as_list_of_legacy_function(
    value: Sequence[LegacyFunction | Mapping[str, Any]],
) -> list[LegacyFunction]: ...
@overload
def as_list_of_legacy_function(value: None) -> None: ...
def as_list_of_legacy_function(value: Any) -> Any:
    """Make models of the mappings in a list; anything else is handed on as it is."""
    if type(value) is list:
        return [
            new(LegacyFunction)._decode(i) if type(i) is dict else read_model(i, LegacyFunction)
            for i in value
        ]
    return read_list(value, as_legacy_function)
