"""ContentFilterResult: a model of the contract."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from .._model import ApiModel
from ..types import UNSET, Unset


class ContentFilterResult(ApiModel):
    """Verdicts of the content filter, each of them optional."""

    __slots__ = ()

    _fields: ClassVar[Mapping[str, str]] = {
        "hate": "hate",
        "self_harm": "self_harm",
        "sexual": "sexual",
        "violence": "violence",
        "jailbreak": "jailbreak",
        "protected_material_text": "protected_material_text",
        "protected_material_code": "protected_material_code",
    }
    _needed: ClassVar[tuple[str, ...]] = ()

    def __init__(
        self,
        *,
        hate: ContentFilterRating | Mapping[str, Any] | Unset = UNSET,
        self_harm: ContentFilterRating | Mapping[str, Any] | Unset = UNSET,
        sexual: ContentFilterRating | Mapping[str, Any] | Unset = UNSET,
        violence: ContentFilterRating | Mapping[str, Any] | Unset = UNSET,
        jailbreak: ContentFilterDetection | Mapping[str, Any] | Unset = UNSET,
        protected_material_text: ContentFilterDetection | Mapping[str, Any] | Unset = UNSET,
        protected_material_code: ContentFilterDetection | Mapping[str, Any] | Unset = UNSET,
    ) -> None:
        self._set(
            {
                "hate": hate,
                "self_harm": self_harm,
                "sexual": sexual,
                "violence": violence,
                "jailbreak": jailbreak,
                "protected_material_text": protected_material_text,
                "protected_material_code": protected_material_code,
            }
        )

    @property
    def hate(self) -> ContentFilterRating | None:
        """A verdict with a degree."""
        value: ContentFilterRating | None = ContentFilterRating._view(self._data.get("hate"))
        return value

    @property
    def self_harm(self) -> ContentFilterRating | None:
        """A verdict with a degree."""
        value: ContentFilterRating | None = ContentFilterRating._view(self._data.get("self_harm"))
        return value

    @property
    def sexual(self) -> ContentFilterRating | None:
        """A verdict with a degree."""
        value: ContentFilterRating | None = ContentFilterRating._view(self._data.get("sexual"))
        return value

    @property
    def violence(self) -> ContentFilterRating | None:
        """A verdict with a degree."""
        value: ContentFilterRating | None = ContentFilterRating._view(self._data.get("violence"))
        return value

    @property
    def jailbreak(self) -> ContentFilterDetection | None:
        """A verdict of yes or no."""
        value: ContentFilterDetection | None = ContentFilterDetection._view(
            self._data.get("jailbreak")
        )
        return value

    @property
    def protected_material_text(self) -> ContentFilterDetection | None:
        """A verdict of yes or no."""
        value: ContentFilterDetection | None = ContentFilterDetection._view(
            self._data.get("protected_material_text")
        )
        return value

    @property
    def protected_material_code(self) -> ContentFilterDetection | None:
        """A verdict of yes or no."""
        value: ContentFilterDetection | None = ContentFilterDetection._view(
            self._data.get("protected_material_code")
        )
        return value


from .content_filter_detection import ContentFilterDetection  # noqa: E402 - below the class, so that models can refer to each other
from .content_filter_rating import ContentFilterRating  # noqa: E402 - below the class, so that models can refer to each other
