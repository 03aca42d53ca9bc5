# pyright: reportPrivateUsage=false, reportUnknownArgumentType=false, reportUnknownVariableType=false
"""VideoUrl: a model of the contract."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Self, overload

from attr import define, field
from attr.setters import NO_OP

from .._model import ABSENT, ApiModel, new, read_model


@define(kw_only=True, eq=False, repr=False, getstate_setstate=False, on_setattr=NO_OP)
class VideoUrl(ApiModel):
    """The video."""

    url: str
    """URL."""
    mime_type: str | None = ABSENT
    """Media type, e.g. `video/mp4`."""
    additional_properties: dict[str, Any] = field(factory=dict[str, Any])
    """Fields that the contract does not describe, by their JSON names."""

    _needed: ClassVar[tuple[str, ...]] = ("url",)

    def _decode(self, d: Any) -> Self:
        try:
            self.url = d["url"]
        except KeyError:
            return self._incomplete(d)
        known = 1
        if "mime_type" in d:
            self.mime_type = d["mime_type"]
            known += 1
        if len(d) != known:
            self._keep_unknown(d)
        return self


@overload
def as_video_url(value: VideoUrl | Mapping[str, Any]) -> VideoUrl: ...
@overload
def as_video_url(value: None) -> None: ...
def as_video_url(value: Any) -> Any:
    """Make a model of a mapping; anything else is handed on as it is."""
    if type(value) is dict:
        return new(VideoUrl)._decode(value)
    return None if value is None else read_model(value, VideoUrl)
