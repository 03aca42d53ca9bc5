"""ValidationErrorDetails: a model of the contract."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

from .._model import ApiModel
from ..types import UNSET, Unset


class ValidationErrorDetails(ApiModel):
    """Which fields were wrong."""

    __slots__ = ()

    _fields: ClassVar[Mapping[str, str]] = {
        "name": "name",
        "formErrors": "form_errors",
        "fieldErrors": "field_errors",
        "stack": "stack",
    }
    _needed: ClassVar[tuple[str, ...]] = ("formErrors",)

    def __init__(
        self,
        *,
        name: str,
        form_errors: Sequence[str],
        field_errors: Mapping[str, Sequence[str]],
        stack: str | Unset = UNSET,
    ) -> None:
        self._set(
            {
                "name": name,
                "formErrors": form_errors,
                "fieldErrors": field_errors,
                "stack": stack,
            }
        )

    @property
    def name(self) -> str:
        """Always `ValidationError`."""
        value: str = self._need("name")
        return value

    @property
    def form_errors(self) -> list[str]:
        """Problems of the body as a whole."""
        value: list[str] = self._need("formErrors")
        return value

    @property
    def field_errors(self) -> dict[str, list[str]]:
        """Problems by top-level field."""
        value: dict[str, list[str]] = self._need("fieldErrors")
        return value

    @property
    def stack(self) -> str | None:
        """Stack trace."""
        value: str | None = self._data.get("stack")
        return value
