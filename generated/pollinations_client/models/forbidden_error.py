# pyright: reportPrivateUsage=false, reportUnknownArgumentType=false, reportUnknownVariableType=false
"""ForbiddenError: a model of the contract."""

from __future__ import annotations

from typing import Any, ClassVar, Self

from attr import define, field
from attr.setters import NO_OP

from .._model import ApiModel
from .forbidden_error_body import ForbiddenErrorBody, as_forbidden_error_body


@define(kw_only=True, eq=False, repr=False, getstate_setstate=False, on_setattr=NO_OP)
class ForbiddenError(ApiModel):
    """The envelope for 403."""

    status: float
    success: bool
    error: ForbiddenErrorBody = field(converter=as_forbidden_error_body)
    """The details of the error, for 403."""
    additional_properties: dict[str, Any] = field(factory=dict[str, Any])
    """Fields that the contract does not describe, by their JSON names."""

    _needed: ClassVar[tuple[str, ...]] = ("status", "success", "error")

    def _decode(self, d: Any) -> Self:
        try:
            self.status = d["status"]
            self.success = d["success"]
            self.error = as_forbidden_error_body(d["error"])
        except KeyError:
            return self._incomplete(d)
        known = 3
        if len(d) != known:
            self._keep_unknown(d)
        return self
