"""Account: profile, balance, usage and the key itself."""

import math
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any, cast

from pollinations_conformance.server.accounts import (
    DAILY_COLUMNS,
    RECORD_COLUMNS,
    Key,
    User,
    csv,
)
from pollinations_conformance.server.backend import Backend, Handler, RoutedCall
from pollinations_conformance.server.errors import Refused, iso
from pollinations_conformance.server.http import Reply, json_reply


class AccountOperations:
    """The operations of the tag `account`."""

    def __init__(self, backend: Backend) -> None:
        self.backend = backend

    def handlers(self) -> dict[str, Handler]:
        """Return what each operation does, by its id."""
        return {
            "getAccountProfile": self.profile,
            "getAccountBalance": self.balance,
            "getAccountUsage": self.usage,
            "getAccountUsageDaily": self.usage_daily,
            "getAccountKey": self.key_status,
        }

    def require_permission(
        self, routed: RoutedCall, permission: str, message: str | None = None
    ) -> User:
        """Return the user of a key with an account permission.

        Raises:
            Refused: there is no key, or it lacks the permission.
        """
        if routed.key is None:
            raise Refused(401, message)
        if permission not in (routed.key.account or ()):
            raise Refused(403, f"API key does not have 'account:{permission}' permission")
        return cast("User", routed.key.user)

    async def profile(self, routed: RoutedCall) -> Reply:
        """GET /account/profile."""
        user = self.require_permission(routed, "profile")
        midnight = datetime.fromtimestamp(self.backend.now(), UTC).replace(
            hour=0, minute=0, second=0, microsecond=0
        ) + timedelta(days=1)
        return json_reply(
            {
                "name": user.name,
                "email": user.email,
                "githubUsername": user.github,
                "image": user.image,
                "tier": user.tier,
                "createdAt": user.created,
                "nextResetAt": iso(midnight.timestamp()),
            }
        )

    async def balance(self, routed: RoutedCall) -> Reply:
        """GET /account/balance."""
        user = self.require_permission(routed, "balance")
        budget = cast("Key", routed.key).budget
        return json_reply({"balance": float(user.total if budget is None else budget)})

    async def usage(self, routed: RoutedCall) -> Reply:
        """GET /account/usage."""
        message = "Authentication required to view usage history"
        user = self.require_permission(routed, "usage", message)
        query = routed.values.query
        rows = self.backend.accounts.usage(user, int(query.get("limit", 100)), query.get("before"))
        return self._table(routed, RECORD_COLUMNS, rows, "pollinations-usage")

    async def usage_daily(self, routed: RoutedCall) -> Reply:
        """GET /account/usage/daily."""
        message = "Authentication required to view usage history"
        user = self.require_permission(routed, "usage", message)
        rows = self.backend.accounts.daily(user)
        return self._table(routed, DAILY_COLUMNS, rows, "pollinations-usage-daily")

    def _table(
        self, routed: RoutedCall, columns: Iterable[str], rows: list[dict[str, Any]], name: str
    ) -> Reply:
        """Return rows, as JSON or as CSV."""
        if routed.values.query.get("format") != "csv":
            return json_reply({"usage": rows, "count": len(rows)})
        today = datetime.fromtimestamp(self.backend.now(), UTC).strftime("%Y-%m-%d")
        headers = [
            ("Content-Type", "text/csv"),
            ("Content-Disposition", f'attachment; filename="{name}-{today}.csv"'),
        ]
        return Reply(200, headers, csv(columns, rows))

    async def key_status(self, routed: RoutedCall) -> Reply:
        """GET /account/key."""
        key = routed.key
        if key is None:
            raise Refused(401, "API key required. This endpoint validates API keys.")
        now = self.backend.now()
        left = None if key.expires is None else max(0, math.floor(key.expires - now))
        return json_reply(
            {
                "valid": True,
                "type": key.type,
                "name": key.name or None,
                "expiresAt": None if key.expires is None else iso(key.expires),
                "expiresIn": left,
                "permissions": {
                    "models": None if key.models is None else list(key.models),
                    "account": None if key.account is None else list(key.account),
                },
                "pollenBudget": None if key.budget is None else float(key.budget),
                "rateLimitEnabled": True,
            }
        )
