# pyright: reportPrivateUsage=false, reportUnknownArgumentType=false, reportUnknownVariableType=false
"""TooManyRequestsErrorBody: a model of the contract."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, ClassVar, Literal, Self, overload

from attr import define, field
from attr.setters import NO_OP

from .._model import ABSENT, ApiModel, new, read_datetime, read_model
from .error_details import ErrorDetails, as_error_details


@define(kw_only=True, eq=False, repr=False, getstate_setstate=False, on_setattr=NO_OP)
class TooManyRequestsErrorBody(ApiModel):
    """The details of the error, for 429."""

    code: Literal["RATE_LIMITED"] | str = "RATE_LIMITED"
    message: str
    """A message for people."""
    timestamp: datetime = field(converter=read_datetime)
    """When the error occurred, in UTC."""
    details: ErrorDetails | None = field(default=ABSENT, converter=as_error_details)
    """An exception inside the service."""
    request_id: str | None = ABSENT
    """Id of the request; see the header X-Request-Id."""
    cause: Any = ABSENT
    """The cause; any JSON."""
    additional_properties: dict[str, Any] = field(factory=dict[str, Any])
    """Fields that the contract does not describe, by their JSON names."""

    _renamed: ClassVar[Mapping[str, str]] = {"request_id": "requestId"}
    _needed: ClassVar[tuple[str, ...]] = ("code", "message", "timestamp")

    def _decode(self, d: Any) -> Self:
        try:
            self.code = d["code"]
            self.message = d["message"]
            self.timestamp = read_datetime(d["timestamp"])
        except KeyError:
            return self._incomplete(d)
        known = 3
        if "details" in d:
            self.details = as_error_details(d["details"])
            known += 1
        if "requestId" in d:
            self.request_id = d["requestId"]
            known += 1
        if "cause" in d:
            self.cause = d["cause"]
            known += 1
        if len(d) != known:
            self._keep_unknown(d)
        return self


@overload
def as_too_many_requests_error_body(
    value: TooManyRequestsErrorBody | Mapping[str, Any],
) -> TooManyRequestsErrorBody: ...
@overload
def as_too_many_requests_error_body(value: None) -> None: ...
def as_too_many_requests_error_body(value: Any) -> Any:
    """Make a model of a mapping; anything else is handed on as it is."""
    if type(value) is dict:
        return new(TooManyRequestsErrorBody)._decode(value)
    return None if value is None else read_model(value, TooManyRequestsErrorBody)
