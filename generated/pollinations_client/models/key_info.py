"""KeyInfo: a model of the contract."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

from .._model import ApiModel


class KeyInfo(ApiModel):
    """What a key is and may do."""

    __slots__ = ()

    _fields: ClassVar[Mapping[str, str]] = {
        "valid": "valid",
        "type": "type",
        "name": "name",
        "expiresAt": "expires_at",
        "expiresIn": "expires_in",
        "permissions": "permissions",
        "pollenBudget": "pollen_budget",
        "rateLimitEnabled": "rate_limit_enabled",
    }
    _needed: ClassVar[tuple[str, ...]] = (
        "valid",
        "type",
        "permissions",
        "rateLimitEnabled",
    )

    def __init__(
        self,
        *,
        valid: bool,
        type: Literal["publishable", "secret"] | str,
        name: str | None,
        expires_at: str | None,
        expires_in: float | None,
        permissions: KeyPermissions | Mapping[str, Any],
        pollen_budget: float | None,
        rate_limit_enabled: bool,
    ) -> None:
        self._set(
            {
                "valid": valid,
                "type": type,
                "name": name,
                "expiresAt": expires_at,
                "expiresIn": expires_in,
                "permissions": permissions,
                "pollenBudget": pollen_budget,
                "rateLimitEnabled": rate_limit_enabled,
            }
        )

    @property
    def valid(self) -> bool:
        """Whether the key works; true in every good answer."""
        value: bool = self._need("valid")
        return value

    @property
    def type(self) -> Literal["publishable", "secret"] | str:
        """Kind of key."""
        value: Literal["publishable", "secret"] | str = self._need("type")
        return value

    @property
    def name(self) -> str | None:
        """Display name of the key."""
        value: str | None = self._need("name")
        return value

    @property
    def expires_at(self) -> str | None:
        """When the key ends, ISO 8601 in UTC; null for never."""
        value: str | None = self._need("expiresAt")
        return value

    @property
    def expires_in(self) -> float | None:
        """Whole seconds until then; null for never."""
        value: float | None = self._need("expiresIn")
        return value

    @property
    def permissions(self) -> KeyPermissions:
        """What a key is allowed to touch."""
        value: KeyPermissions = KeyPermissions._view(self._need("permissions"))
        return value

    @property
    def pollen_budget(self) -> float | None:
        """Pollen this key may still spend; null when only the purse limits it."""
        value: float | None = self._need("pollenBudget")
        return value

    @property
    def rate_limit_enabled(self) -> bool:
        """Whether requests with the key are counted against a rate limit."""
        value: bool = self._need("rateLimitEnabled")
        return value


from .key_permissions import KeyPermissions  # noqa: E402 - below the class, so that models can refer to each other
