# pyright: reportPrivateUsage=false, reportUnknownArgumentType=false, reportUnknownVariableType=false
"""KeyInfo: a model of the contract."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal, Self

from attr import define, field
from attr.setters import NO_OP

from .._model import ApiModel
from .key_permissions import KeyPermissions, as_key_permissions


@define(kw_only=True, eq=False, repr=False, getstate_setstate=False, on_setattr=NO_OP)
class KeyInfo(ApiModel):
    """The type, limits and permissions of a key."""

    valid: bool
    """Whether the key is valid; true in every successful response."""
    type: Literal["publishable", "secret"] | str
    """Type of the key."""
    name: str | None
    """Display name of the key."""
    expires_at: str | None
    """When the key expires, ISO 8601 in UTC; null for never."""
    expires_in: float | None
    """Whole seconds until the key expires; null for never."""
    permissions: KeyPermissions = field(converter=as_key_permissions)
    """The permissions of a key."""
    pollen_budget: float | None
    """Pollen that this key may still spend; null when only the owner's balance limits it."""
    rate_limit_enabled: bool
    """Whether requests with the key are counted against a rate limit."""
    additional_properties: dict[str, Any] = field(factory=dict[str, Any])
    """Fields that the contract does not describe, by their JSON names."""

    _renamed: ClassVar[Mapping[str, str]] = {
        "expires_at": "expiresAt",
        "expires_in": "expiresIn",
        "pollen_budget": "pollenBudget",
        "rate_limit_enabled": "rateLimitEnabled",
    }
    _needed: ClassVar[tuple[str, ...]] = ("valid", "type", "permissions", "rateLimitEnabled")

    def _decode(self, d: Any) -> Self:
        try:
            self.valid = d["valid"]
            self.type = d["type"]
            self.name = d["name"]
            self.expires_at = d["expiresAt"]
            self.expires_in = d["expiresIn"]
            self.permissions = as_key_permissions(d["permissions"])
            self.pollen_budget = d["pollenBudget"]
            self.rate_limit_enabled = d["rateLimitEnabled"]
        except KeyError:
            return self._incomplete(d)
        known = 8
        if len(d) != known:
            self._keep_unknown(d)
        return self
