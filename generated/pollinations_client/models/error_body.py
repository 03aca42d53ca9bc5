"""ErrorBody: a model of the contract."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, ClassVar

from .._model import ApiModel, keyed, when
from ..types import UNSET, Unset


class ErrorBody(ApiModel):
    """What went wrong."""

    __slots__ = ()

    _fields: ClassVar[Mapping[str, str]] = {
        "code": "code",
        "message": "message",
        "timestamp": "timestamp",
        "details": "details",
        "requestId": "request_id",
        "cause": "cause",
    }
    _needed: ClassVar[tuple[str, ...]] = (
        "code",
        "message",
        "timestamp",
    )

    def __init__(
        self,
        *,
        code: str,
        message: str,
        timestamp: datetime | str,
        details: ValidationErrorDetails | Mapping[str, Any] | ErrorDetails | Unset = UNSET,
        request_id: str | Unset = UNSET,
        cause: Any | Unset = UNSET,
    ) -> None:
        self._set(
            {
                "code": code,
                "message": message,
                "timestamp": timestamp,
                "details": details,
                "requestId": request_id,
                "cause": cause,
            }
        )

    @property
    def code(self) -> str:
        """Name of the status, e.g. `BAD_REQUEST`."""
        value: str = self._need("code")
        return value

    @property
    def message(self) -> str:
        """A line for people."""
        value: str = self._need("message")
        return value

    @property
    def timestamp(self) -> datetime:
        """When, in UTC."""
        value: datetime = when(self._need("timestamp"))
        return value

    @property
    def details(self) -> ValidationErrorDetails | ErrorDetails | None:
        """Which fields were wrong."""
        value: ValidationErrorDetails | ErrorDetails | None = keyed(
            self._data.get("details"), (ValidationErrorDetails, ErrorDetails)
        )
        return value

    @property
    def request_id(self) -> str | None:
        """Id of the exchange; see the header X-Request-Id."""
        value: str | None = self._data.get("requestId")
        return value

    @property
    def cause(self) -> Any:
        """What lay behind it; any JSON."""
        value: Any = self._data.get("cause")
        return value


from .error_details import ErrorDetails  # noqa: E402 - below the class, so that models can refer to each other
from .validation_error_details import ValidationErrorDetails  # noqa: E402 - below the class, so that models can refer to each other
