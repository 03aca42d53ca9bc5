"""PaymentRequiredError: a model of the contract."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from .._model import ApiModel


class PaymentRequiredError(ApiModel):
    """The envelope for 402."""

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
        error: PaymentRequiredErrorBody | Mapping[str, Any],
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
        """The field `status`."""
        value: float = self._need("status")
        return value

    @property
    def success(self) -> bool:
        """The field `success`."""
        value: bool = self._need("success")
        return value

    @property
    def error(self) -> PaymentRequiredErrorBody:
        """What went wrong, for 402."""
        value: PaymentRequiredErrorBody = PaymentRequiredErrorBody._view(self._need("error"))
        return value


from .payment_required_error_body import PaymentRequiredErrorBody  # noqa: E402 - below the class, so that models can refer to each other
