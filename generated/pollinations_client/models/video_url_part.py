# pyright: reportPrivateUsage=false, reportUnknownArgumentType=false, reportUnknownVariableType=false
"""VideoUrlPart: a model of the contract."""

from __future__ import annotations

from typing import Any, ClassVar, Literal, Self

from attr import define, field
from attr.setters import NO_OP

from .._model import ApiModel
from .video_url import VideoUrl, as_video_url


@define(kw_only=True, eq=False, repr=False, getstate_setstate=False, on_setattr=NO_OP)
class VideoUrlPart(ApiModel):
    """A video, as a URL."""

    type: Literal["video_url"] | str = "video_url"
    video_url: VideoUrl = field(converter=as_video_url)
    """The video."""
    additional_properties: dict[str, Any] = field(factory=dict[str, Any])
    """Fields that the contract does not describe, by their JSON names."""

    _needed: ClassVar[tuple[str, ...]] = ("type", "video_url")

    def _decode(self, d: Any) -> Self:
        try:
            self.type = d["type"]
            self.video_url = as_video_url(d["video_url"])
        except KeyError:
            return self._incomplete(d)
        known = 2
        if len(d) != known:
            self._keep_unknown(d)
        return self
