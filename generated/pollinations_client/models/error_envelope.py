"""ErrorEnvelope: a model of the contract."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from .._model import ApiModel


class ErrorEnvelope(ApiModel):
    """How the gateway reports a failure."""

    __slots__ = ()

    _fields: ClassVar[Mapping[str, str]] = {
        "status": "status",
        "success": "success",
        "error": "error",
    }
    _needed: ClassVar[tuple[str, ...]] = (
        "status",
        "success",
        "error",
    )

    def __init__(
        self,
        *,
        status: float,
        success: bool,
        error: ErrorBody | Mapping[str, Any],
    ) -> None:
        self._set(
            {
                "status": status,
                "success": success,
                "error": error,
            }
        )

    @property
    def status(self) -> float:
        """The HTTP status."""
        value: float = self._need("status")
        return value

    @property
    def success(self) -> bool:
        """The field `success`."""
        value: bool = self._need("success")
        return value

    @property
    def error(self) -> ErrorBody:
        """What went wrong."""
        value: ErrorBody = ErrorBody._view(self._need("error"))
        return value


from .error_body import ErrorBody  # noqa: E402 - below the class, so that models can refer to each other
