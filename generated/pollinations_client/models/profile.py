# pyright: reportPrivateUsage=false, reportUnknownArgumentType=false, reportUnknownVariableType=false
"""Profile: a model of the contract."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, ClassVar, Self

from attr import define, field
from attr.setters import NO_OP

from .._model import ApiModel, read_datetime
from .tier import Tier


@define(kw_only=True, eq=False, repr=False, getstate_setstate=False, on_setattr=NO_OP)
class Profile(ApiModel):
    """The owner of a key."""

    name: str | None
    """Display name."""
    email: str | None
    """Email address."""
    github_username: str | None
    """GitHub user name, if an account is linked."""
    image: str | None
    """URL of an image, e.g. the GitHub avatar."""
    tier: Tier
    """The tier, which sets the free pollen per day; listed in ascending order."""
    created_at: datetime = field(converter=read_datetime)
    """When the account was created."""
    next_reset_at: datetime | None = field(converter=read_datetime)
    """When the tier's daily pollen is renewed."""
    additional_properties: dict[str, Any] = field(factory=dict[str, Any])
    """Fields that the contract does not describe, by their JSON names."""

    _renamed: ClassVar[Mapping[str, str]] = {
        "github_username": "githubUsername",
        "created_at": "createdAt",
        "next_reset_at": "nextResetAt",
    }
    _needed: ClassVar[tuple[str, ...]] = ("tier", "createdAt")

    def _decode(self, d: Any) -> Self:
        try:
            self.name = d["name"]
            self.email = d["email"]
            self.github_username = d["githubUsername"]
            self.image = d["image"]
            self.tier = d["tier"]
            self.created_at = read_datetime(d["createdAt"])
            self.next_reset_at = read_datetime(d["nextResetAt"])
        except KeyError:
            return self._incomplete(d)
        known = 7
        if len(d) != known:
            self._keep_unknown(d)
        return self
