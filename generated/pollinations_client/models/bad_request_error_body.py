# pyright: reportPrivateUsage=false, reportUnknownArgumentType=false, reportUnknownVariableType=false
"""BadRequestErrorBody: a model of the contract."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, ClassVar, Literal, Self, overload

from attr import define, field
from attr.setters import NO_OP

from .._model import ABSENT, ApiModel, new, read_datetime, read_model
from .validation_error_details import ValidationErrorDetails, as_validation_error_details


@define(kw_only=True, eq=False, repr=False, getstate_setstate=False, on_setattr=NO_OP)
class BadRequestErrorBody(ApiModel):
    """The details of the error, for 400."""

    code: Literal["BAD_REQUEST"] | str = "BAD_REQUEST"
    message: str
    """A message for people."""
    timestamp: datetime = field(converter=read_datetime)
    """When the error occurred, in UTC."""
    details: ValidationErrorDetails | None = field(
        default=ABSENT, converter=as_validation_error_details
    )
    """The invalid fields."""
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
            self.details = as_validation_error_details(d["details"])
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
def as_bad_request_error_body(
    value: BadRequestErrorBody | Mapping[str, Any],
) -> BadRequestErrorBody: ...
@overload
def as_bad_request_error_body(value: None) -> None: ...
def as_bad_request_error_body(value: Any) -> Any:
    """Make a model of a mapping; anything else is handed on as it is."""
    if type(value) is dict:
        return new(BadRequestErrorBody)._decode(value)
    return None if value is None else read_model(value, BadRequestErrorBody)
