# pyright: reportPrivateUsage=false, reportUnknownArgumentType=false, reportUnknownVariableType=false
"""ContentFilterDetection: a model of the contract."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Self, overload

from attr import define, field
from attr.setters import NO_OP

from .._model import ApiModel, new, read_model


@define(kw_only=True, eq=False, repr=False, getstate_setstate=False, on_setattr=NO_OP)
class ContentFilterDetection(ApiModel):
    """A result of yes or no."""

    filtered: bool
    """Whether something was removed."""
    detected: bool
    """Whether it was detected."""
    additional_properties: dict[str, Any] = field(factory=dict[str, Any])
    """Fields that the contract does not describe, by their JSON names."""

    _needed: ClassVar[tuple[str, ...]] = ("filtered", "detected")

    def _decode(self, d: Any) -> Self:
        try:
            self.filtered = d["filtered"]
            self.detected = d["detected"]
        except KeyError:
            return self._incomplete(d)
        known = 2
        if len(d) != known:
            self._keep_unknown(d)
        return self


@overload
def as_content_filter_detection(
    value: ContentFilterDetection | Mapping[str, Any],
) -> ContentFilterDetection: ...
@overload
def as_content_filter_detection(value: None) -> None: ...
def as_content_filter_detection(value: Any) -> Any:
    """Make a model of a mapping; anything else is handed on as it is."""
    if type(value) is dict:
        return new(ContentFilterDetection)._decode(value)
    return None if value is None else read_model(value, ContentFilterDetection)
