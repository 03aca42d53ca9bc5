"""BadRequestErrorBody: a model of the contract."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, ClassVar, Literal

from .._model import ApiModel, when
from ..types import UNSET, Unset


class BadRequestErrorBody(ApiModel):
    """What went wrong, for 400."""

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
        message: str,
        timestamp: datetime | str,
        code: Literal["BAD_REQUEST"] | str = "BAD_REQUEST",
        details: ValidationErrorDetails | Mapping[str, Any] | Unset = UNSET,
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
    def code(self) -> Literal["BAD_REQUEST"] | str:
        """The field `code`."""
        value: Literal["BAD_REQUEST"] | str = self._need("code")
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
    def details(self) -> ValidationErrorDetails | None:
        """Which fields were wrong."""
        value: ValidationErrorDetails | None = ValidationErrorDetails._view(
            self._data.get("details")
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


from .validation_error_details import ValidationErrorDetails  # noqa: E402 - below the class, so that models can refer to each other
