"""ImageUrlPart: a model of the contract."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

from .._model import ApiModel


class ImageUrlPart(ApiModel):
    """An image, by address or as a data URI."""

    __slots__ = ()

    _fields: ClassVar[Mapping[str, str]] = {
        "type": "type",
        "image_url": "image_url",
    }
    _needed: ClassVar[tuple[str, ...]] = (
        "type",
        "image_url",
    )

    def __init__(
        self,
        *,
        image_url: ImageUrl | Mapping[str, Any],
        type: Literal["image_url"] | str = "image_url",
    ) -> None:
        self._set(
            {
                "type": type,
                "image_url": image_url,
            }
        )

    @property
    def type(self) -> Literal["image_url"] | str:
        """The field `type`."""
        value: Literal["image_url"] | str = self._need("type")
        return value

    @property
    def image_url(self) -> ImageUrl:
        """Where the image is."""
        value: ImageUrl = ImageUrl._view(self._need("image_url"))
        return value


from .image_url import ImageUrl  # noqa: E402 - below the class, so that models can refer to each other
