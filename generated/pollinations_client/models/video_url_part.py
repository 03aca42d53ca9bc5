"""VideoUrlPart: a model of the contract."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

from .._model import ApiModel


class VideoUrlPart(ApiModel):
    """A video, by address."""

    __slots__ = ()

    _fields: ClassVar[Mapping[str, str]] = {
        "type": "type",
        "video_url": "video_url",
    }
    _needed: ClassVar[tuple[str, ...]] = (
        "type",
        "video_url",
    )

    def __init__(
        self,
        *,
        video_url: VideoUrl | Mapping[str, Any],
        type: Literal["video_url"] | str = "video_url",
    ) -> None:
        self._set(
            {
                "type": type,
                "video_url": video_url,
            }
        )

    @property
    def type(self) -> Literal["video_url"] | str:
        """The field `type`."""
        value: Literal["video_url"] | str = self._need("type")
        return value

    @property
    def video_url(self) -> VideoUrl:
        """Where the video is."""
        value: VideoUrl = VideoUrl._view(self._need("video_url"))
        return value


from .video_url import VideoUrl  # noqa: E402 - below the class, so that models can refer to each other
