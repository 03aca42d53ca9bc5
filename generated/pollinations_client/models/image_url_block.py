# pyright: reportPrivateUsage=false, reportUnknownArgumentType=false, reportUnknownVariableType=false
"""ImageUrlBlock: a model of the contract."""

from __future__ import annotations

from typing import Any, ClassVar, Literal, Self

from attr import define, field
from attr.setters import NO_OP

from .._model import ApiModel
from .image_url import ImageUrl, as_image_url


@define(kw_only=True, eq=False, repr=False, getstate_setstate=False, on_setattr=NO_OP)
class ImageUrlBlock(ApiModel):
    """An image that the model generated."""

    type: Literal["image_url"] | str = "image_url"
    image_url: ImageUrl = field(converter=as_image_url)
    """The image."""
    additional_properties: dict[str, Any] = field(factory=dict[str, Any])
    """Fields that the contract does not describe, by their JSON names."""

    _needed: ClassVar[tuple[str, ...]] = ("type", "image_url")

    def _decode(self, d: Any) -> Self:
        try:
            self.type = d["type"]
            self.image_url = as_image_url(d["image_url"])
        except KeyError:
            return self._incomplete(d)
        known = 2
        if len(d) != known:
            self._keep_unknown(d)
        return self
