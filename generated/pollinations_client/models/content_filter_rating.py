"""ContentFilterRating: a model of the contract."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar

from .._model import ApiModel

if TYPE_CHECKING:
    from .content_filter_severity import ContentFilterSeverity


class ContentFilterRating(ApiModel):
    """A verdict with a degree."""

    __slots__ = ()

    _fields: ClassVar[Mapping[str, str]] = {
        "filtered": "filtered",
        "severity": "severity",
    }
    _needed: ClassVar[tuple[str, ...]] = (
        "filtered",
        "severity",
    )

    def __init__(
        self,
        *,
        filtered: bool,
        severity: ContentFilterSeverity,
    ) -> None:
        self._set(
            {
                "filtered": filtered,
                "severity": severity,
            }
        )

    @property
    def filtered(self) -> bool:
        """Whether something was cut out."""
        value: bool = self._need("filtered")
        return value

    @property
    def severity(self) -> ContentFilterSeverity:
        """How bad it is."""
        value: ContentFilterSeverity = self._need("severity")
        return value
