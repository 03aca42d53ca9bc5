# pyright: reportPrivateUsage=false, reportUnknownArgumentType=false, reportUnknownVariableType=false
"""ContentFilterResult: a model of the contract."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self, overload

from attr import define, field
from attr.setters import NO_OP

from .._model import ABSENT, ApiModel, new, read_model
from .content_filter_detection import ContentFilterDetection, as_content_filter_detection
from .content_filter_rating import ContentFilterRating, as_content_filter_rating


@define(kw_only=True, eq=False, repr=False, getstate_setstate=False, on_setattr=NO_OP)
class ContentFilterResult(ApiModel):
    """Results of the content filter, each of them optional."""

    hate: ContentFilterRating | None = field(default=ABSENT, converter=as_content_filter_rating)
    """A result with a severity."""
    self_harm: ContentFilterRating | None = field(
        default=ABSENT, converter=as_content_filter_rating
    )
    """A result with a severity."""
    sexual: ContentFilterRating | None = field(default=ABSENT, converter=as_content_filter_rating)
    """A result with a severity."""
    violence: ContentFilterRating | None = field(default=ABSENT, converter=as_content_filter_rating)
    """A result with a severity."""
    jailbreak: ContentFilterDetection | None = field(
        default=ABSENT, converter=as_content_filter_detection
    )
    """A result of yes or no."""
    protected_material_text: ContentFilterDetection | None = field(
        default=ABSENT, converter=as_content_filter_detection
    )
    """A result of yes or no."""
    protected_material_code: ContentFilterDetection | None = field(
        default=ABSENT, converter=as_content_filter_detection
    )
    """A result of yes or no."""
    additional_properties: dict[str, Any] = field(factory=dict[str, Any])
    """Fields that the contract does not describe, by their JSON names."""

    def _decode(self, d: Any) -> Self:
        known = 0
        if "hate" in d:
            self.hate = as_content_filter_rating(d["hate"])
            known += 1
        if "self_harm" in d:
            self.self_harm = as_content_filter_rating(d["self_harm"])
            known += 1
        if "sexual" in d:
            self.sexual = as_content_filter_rating(d["sexual"])
            known += 1
        if "violence" in d:
            self.violence = as_content_filter_rating(d["violence"])
            known += 1
        if "jailbreak" in d:
            self.jailbreak = as_content_filter_detection(d["jailbreak"])
            known += 1
        if "protected_material_text" in d:
            self.protected_material_text = as_content_filter_detection(d["protected_material_text"])
            known += 1
        if "protected_material_code" in d:
            self.protected_material_code = as_content_filter_detection(d["protected_material_code"])
            known += 1
        if len(d) != known:
            self._keep_unknown(d)
        return self


@overload
def as_content_filter_result(
    value: ContentFilterResult | Mapping[str, Any],
) -> ContentFilterResult: ...
@overload
def as_content_filter_result(value: None) -> None: ...
def as_content_filter_result(value: Any) -> Any:
    """Make a model of a mapping; anything else is handed on as it is."""
    if type(value) is dict:
        return new(ContentFilterResult)._decode(value)
    return None if value is None else read_model(value, ContentFilterResult)
