# pyright: reportPrivateUsage=false, reportUnknownArgumentType=false, reportUnknownVariableType=false
"""ValidationErrorDetails: a model of the contract."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Self, overload

from attr import define, field
from attr.setters import NO_OP

from .._model import ABSENT, ApiModel, new, read_model


@define(kw_only=True, eq=False, repr=False, getstate_setstate=False, on_setattr=NO_OP)
class ValidationErrorDetails(ApiModel):
    """The invalid fields."""

    name: str
    """Always `ValidationError`."""
    form_errors: list[str]
    """Problems of the body as a whole."""
    field_errors: dict[str, list[str]]
    """Problems by top-level field."""
    stack: str | None = ABSENT
    """Stack trace."""
    additional_properties: dict[str, Any] = field(factory=dict[str, Any])
    """Fields that the contract does not describe, by their JSON names."""

    _renamed: ClassVar[Mapping[str, str]] = {
        "form_errors": "formErrors",
        "field_errors": "fieldErrors",
    }
    _needed: ClassVar[tuple[str, ...]] = ("formErrors",)

    def _decode(self, d: Any) -> Self:
        try:
            self.name = d["name"]
            self.form_errors = d["formErrors"]
            self.field_errors = d["fieldErrors"]
        except KeyError:
            return self._incomplete(d)
        known = 3
        if "stack" in d:
            self.stack = d["stack"]
            known += 1
        if len(d) != known:
            self._keep_unknown(d)
        return self


@overload
def as_validation_error_details(
    value: ValidationErrorDetails | Mapping[str, Any],
) -> ValidationErrorDetails: ...
@overload
def as_validation_error_details(value: None) -> None: ...
def as_validation_error_details(value: Any) -> Any:
    """Make a model of a mapping; anything else is handed on as it is."""
    if type(value) is dict:
        return new(ValidationErrorDetails)._decode(value)
    return None if value is None else read_model(value, ValidationErrorDetails)
