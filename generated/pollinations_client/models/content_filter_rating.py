# pyright: reportPrivateUsage=false, reportUnknownArgumentType=false, reportUnknownVariableType=false
"""ContentFilterRating: a model of the contract."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Self, overload

from attr import define, field
from attr.setters import NO_OP

from .._model import ApiModel, new, read_model
from .content_filter_severity import ContentFilterSeverity


@define(kw_only=True, eq=False, repr=False, getstate_setstate=False, on_setattr=NO_OP)
class ContentFilterRating(ApiModel):
    """A result with a severity."""

    filtered: bool
    """Whether something was removed."""
    severity: ContentFilterSeverity
    """The severity."""
    additional_properties: dict[str, Any] = field(factory=dict[str, Any])
    """Fields that the contract does not describe, by their JSON names."""

    _needed: ClassVar[tuple[str, ...]] = ("filtered", "severity")

    def _decode(self, d: Any) -> Self:
        try:
            self.filtered = d["filtered"]
            self.severity = d["severity"]
        except KeyError:
            return self._incomplete(d)
        known = 2
        if len(d) != known:
            self._keep_unknown(d)
        return self


@overload
def as_content_filter_rating(
    value: ContentFilterRating | Mapping[str, Any],
) -> ContentFilterRating: ...
@overload
def as_content_filter_rating(value: None) -> None: ...
def as_content_filter_rating(value: Any) -> Any:
    """Make a model of a mapping; anything else is handed on as it is."""
    if type(value) is dict:
        return new(ContentFilterRating)._decode(value)
    return None if value is None else read_model(value, ContentFilterRating)
