"""UnauthorizedError: a model of the contract."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from .._model import ApiModel


class UnauthorizedError(ApiModel):
    """The envelope for 401."""

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
        error: UnauthorizedErrorBody | Mapping[str, Any],
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
    def error(self) -> UnauthorizedErrorBody:
        """What went wrong, for 401."""
        value: UnauthorizedErrorBody = UnauthorizedErrorBody._view(self._need("error"))
        return value


from .unauthorized_error_body import UnauthorizedErrorBody  # noqa: E402 - below the class, so that models can refer to each other
