# pyright: reportPrivateUsage=false, reportUnknownArgumentType=false, reportUnknownVariableType=false
"""ImageUrl: a model of the contract."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal, Self, overload

from attr import define, field
from attr.setters import NO_OP

from .._model import ABSENT, ApiModel, new, read_model


@define(kw_only=True, eq=False, repr=False, getstate_setstate=False, on_setattr=NO_OP)
class ImageUrl(ApiModel):
    """The image."""

    url: str
    """URL, or a data URI. At most 20 MB."""
    detail: Literal["auto", "low", "high"] | str | None = ABSENT
    """The level of detail at which the model sees the image."""
    mime_type: str | None = ABSENT
    """Media type, e.g. `image/jpeg`."""
    additional_properties: dict[str, Any] = field(factory=dict[str, Any])
    """Fields that the contract does not describe, by their JSON names."""

    _needed: ClassVar[tuple[str, ...]] = ("url",)

    def _decode(self, d: Any) -> Self:
        try:
            self.url = d["url"]
        except KeyError:
            return self._incomplete(d)
        known = 1
        if "detail" in d:
            self.detail = d["detail"]
            known += 1
        if "mime_type" in d:
            self.mime_type = d["mime_type"]
            known += 1
        if len(d) != known:
            self._keep_unknown(d)
        return self


@overload
def as_image_url(value: ImageUrl | Mapping[str, Any]) -> ImageUrl: ...
@overload
def as_image_url(value: None) -> None: ...
def as_image_url(value: Any) -> Any:
    """Make a model of a mapping; anything else is handed on as it is."""
    if type(value) is dict:
        return new(ImageUrl)._decode(value)
    return None if value is None else read_model(value, ImageUrl)
