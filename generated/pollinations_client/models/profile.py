"""Profile: a model of the contract."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, ClassVar

from .._model import ApiModel, when

if TYPE_CHECKING:
    from .tier import Tier


class Profile(ApiModel):
    """The person a key belongs to."""

    __slots__ = ()

    _fields: ClassVar[Mapping[str, str]] = {
        "name": "name",
        "email": "email",
        "githubUsername": "github_username",
        "image": "image",
        "tier": "tier",
        "createdAt": "created_at",
        "nextResetAt": "next_reset_at",
    }
    _needed: ClassVar[tuple[str, ...]] = (
        "tier",
        "createdAt",
    )

    def __init__(
        self,
        *,
        name: str | None,
        email: str | None,
        github_username: str | None,
        image: str | None,
        tier: Tier,
        created_at: datetime | str,
        next_reset_at: datetime | str | None,
    ) -> None:
        self._set(
            {
                "name": name,
                "email": email,
                "githubUsername": github_username,
                "image": image,
                "tier": tier,
                "createdAt": created_at,
                "nextResetAt": next_reset_at,
            }
        )

    @property
    def name(self) -> str | None:
        """Display name."""
        value: str | None = self._need("name")
        return value

    @property
    def email(self) -> str | None:
        """Mail address."""
        value: str | None = self._need("email")
        return value

    @property
    def github_username(self) -> str | None:
        """GitHub user name, if an account is linked."""
        value: str | None = self._need("githubUsername")
        return value

    @property
    def image(self) -> str | None:
        """Address of a picture, e.g. the GitHub avatar."""
        value: str | None = self._need("image")
        return value

    @property
    def tier(self) -> Tier:
        """What the person gets for free each day, from little to much."""
        value: Tier = self._need("tier")
        return value

    @property
    def created_at(self) -> datetime:
        """When the account was made."""
        value: datetime = when(self._need("createdAt"))
        return value

    @property
    def next_reset_at(self) -> datetime | None:
        """When the tier's daily pollen is filled up again."""
        value: datetime | None = when(self._need("nextResetAt"))
        return value
