"""Defects of account data."""

from collections.abc import Callable
from typing import Any, cast

from pollinations_conformance.server.backend import RoutedCall
from pollinations_conformance.server.defects.mutators import (
    BALANCE,
    DAILY,
    KEY,
    PROFILE,
    USAGE,
    Scope,
    accept,
    assign,
    concerns,
    each,
    field_of,
    on_json,
    on_reply,
    on_service,
    refuse,
    rework,
    scope_of,
    swap,
    violates_too,
)
from pollinations_conformance.server.errors import Refused
from pollinations_conformance.server.http import Call, Reply, json_reply
from pollinations_conformance.server.service import Service


def _without_permission(*operations: str) -> Callable[[Service], None]:
    def change(service: Service) -> None:
        def make(honest: Any) -> Any:
            def account(routed: RoutedCall, *rest: Any) -> Any:
                if routed.operation in operations and routed.key is not None:
                    return routed.key.user
                return honest(routed, *rest)

            return account

        swap(service.account, "require_permission", make)

    return change


def _charge(after: Callable[[Service, Any, Any], Any]) -> Callable[[Service], None]:
    """Make a change that does something after every payment; it also gets the balances before."""

    def change(service: Service) -> None:
        def make(honest: Any) -> Any:
            def charge(key: Any, *rest: Any) -> Any:
                before = (dict(key.user.balances), key.budget)
                cost = honest(key, *rest)
                after(service, key, before)
                return cost

            return charge

        swap(service.accounts, "charge", make)

    return change


def _refund(_service: Service, key: Any, before: Any) -> None:
    key.user.balances.update(before[0])
    key.budget = before[1]


def _list_option(option: str, value: Any) -> Callable[[Service], None]:
    def change(service: Service) -> None:
        def make(honest: Any) -> Any:
            def usage(user: Any, limit: int, before: str | None) -> Any:
                given = {"limit": limit, "before": before, option: value}
                return honest(user, given["limit"], given["before"])

            return usage

        swap(service.accounts, "usage", make)

    return change


def _text(change: Callable[[str], str]) -> Callable[[Call, Reply], None]:
    """Return a change of the text of CSV responses."""

    def rewrite(_call: Call, reply: Reply) -> None:
        if (reply.header("content-type") or "").startswith("text/csv"):
            reply.body = change(reply.body.decode()).encode()

    return rewrite


def _csv_type(_call: Call, reply: Reply) -> None:
    if reply.header("content-type") == "text/csv":
        reply.set("Content-Type", "text/plain; charset=utf-8")


def _fresh_days(service: Service) -> None:
    def make(honest: Any) -> Any:
        def daily(user: Any) -> Any:
            cast("Any", service.accounts)._daily.clear()
            return honest(user)

        return daily

    swap(service.accounts, "daily", make)


def _keyless_status(service: Service) -> None:
    def make(honest: Any) -> Any:
        async def status(routed: RoutedCall) -> Reply:
            if routed.key is None:
                return json_reply({"valid": False})
            return cast("Reply", await honest(routed))

        return status

    service.operations[KEY] = make(service.operations[KEY])


def _permission_needed(service: Service) -> None:
    def make(honest: Any) -> Any:
        async def status(routed: RoutedCall) -> Reply:
            if routed.key is not None and not routed.key.account:
                raise Refused(403, "API key does not have 'account:profile' permission")
            return cast("Reply", await honest(routed))

        return status

    service.operations[KEY] = make(service.operations[KEY])


def _other_name(_call: Call, reply: Reply) -> None:
    named = reply.header("content-disposition")
    if named is not None:
        reply.set("Content-Disposition", named.replace("-daily", ""))


on_json(
    "profile-nulls-left-out",
    "ACC-PROFILE-01",
    "fields without a value are left out",
    PROFILE,
    lambda b: {k: v for k, v in b.items() if v is not None and k != "image"},
)
on_service(
    "profile-open",
    "ACC-PROFILE-02",
    "the profile needs no permission",
    _without_permission(PROFILE),
    scope_of(PROFILE),
)
on_json(
    "profile-permission-unnamed",
    "ACC-PROFILE-02",
    "the refusal does not name the permission",
    PROFILE,
    assign("error.message", "Access denied!"),
    403,
)
on_json(
    "profile-from-the-future",
    "ACC-PROFILE-03",
    "the account was created in 2099",
    PROFILE,
    assign("createdAt", "2099-01-01T00:00:00.000Z"),
)
on_json(
    "profile-created-locally",
    "ACC-PROFILE-03",
    "createdAt has no time zone",
    PROFILE,
    assign("createdAt", "2025-03-01 09:30:00"),
)
on_json(
    "profile-resets-at-noon",
    "ACC-PROFILE-04",
    "nextResetAt is noon",
    PROFILE,
    rework("nextResetAt", lambda v: v.replace("T00:", "T12:")),
)
on_json("balance-as-text", "ACC-BAL-01", "balance is a text", BALANCE, rework("balance", str))
on_json("balance-null", "ACC-BAL-01", "balance is null", BALANCE, assign("balance", None))
on_service(
    "balance-open",
    "ACC-BAL-02",
    "the balance needs no permission",
    _without_permission(BALANCE),
    scope_of(BALANCE),
)
on_json(
    "balance-without-budget",
    "ACC-BAL-03",
    "a budgeted key sees the owner's total",
    BALANCE,
    # Of the example keys only the budgeted one has so little.
    rework("balance", lambda value: 1_000_002.0 if 0 < value <= 5 else value),
)
on_service("balance-frozen", "ACC-BAL-04", "nothing lowers the balance", _charge(_refund))
on_json(
    "usage-count-off",
    "ACC-USAGE-01",
    "count is one too high",
    USAGE,
    rework("count", lambda n: n + 1),
)
on_service(
    "usage-open",
    "ACC-USAGE-02",
    "usage needs no permission",
    _without_permission(USAGE),
    scope_of(f"{USAGE} {DAILY}"),
)
accept("usage-limit-lenient", "ACC-USAGE-03", "any limit is accepted", USAGE, "limit")
refuse(
    "usage-limit-edge",
    "ACC-USAGE-03",
    "the greatest limit is refused",
    USAGE,
    "limit",
    lambda w: field_of(w, "limit") == 50_000,
)
on_service(
    "usage-limit-ignored",
    "ACC-USAGE-04",
    "limit is ignored",
    _list_option("limit", 50_000),
    scope_of(USAGE),
)
on_service(
    "usage-before-ignored",
    "ACC-USAGE-05",
    "before is ignored",
    _list_option("before", None),
    scope_of(USAGE),
)
on_json(
    "usage-oldest-first",
    "ACC-USAGE-06",
    "records are sorted from old to new",
    USAGE,
    rework("usage", lambda rows: rows[::-1]),
)
on_reply("usage-csv-plain", "ACC-USAGE-07", "CSV is called text/plain", USAGE, _csv_type)
on_reply(
    "usage-csv-inline",
    "ACC-USAGE-07",
    "CSV is no attachment",
    USAGE,
    lambda _c, r: r.set("Content-Disposition", None),
)
on_reply(
    "usage-csv-columns",
    "ACC-USAGE-08",
    "the CSV's columns are in another order",
    USAGE,
    _text(lambda t: t.replace("timestamp,type", "type,timestamp", 1)),
)
on_reply(
    "usage-csv-unquoted",
    "ACC-USAGE-09",
    "CSV values are not quoted",
    USAGE,
    _text(lambda t: t.replace('"', "")),
)
on_reply(
    "usage-csv-last-line",
    "ACC-USAGE-09",
    "the CSV ends with an empty line",
    USAGE,
    _text(lambda t: t + "\n"),
)
on_reply(
    "usage-csv-null",
    "ACC-USAGE-09",
    "the CSV writes null",
    USAGE,
    _text(lambda t: t + "\nnull,,,,,,,,,,,,,,,"),
)
on_reply(
    "usage-csv-short",
    "ACC-USAGE-10",
    "the CSV lacks the last record",
    USAGE,
    _text(lambda t: t.rpartition("\n")[0] or t),
)
accept("usage-format-lenient", "ACC-USAGE-11", "an unknown format means JSON", USAGE, "format")
on_json(
    "usage-timestamp-iso",
    "ACC-USAGE-12",
    "timestamps are written as ISO 8601",
    USAGE,
    each(lambda e: e.update(timestamp=e["timestamp"].replace(" ", "T") + "Z")),
)
on_service(
    "usage-forgotten",
    "ACC-USAGE-13",
    "calls leave no record",
    _charge(lambda s, _k, _b: s.accounts.records.pop() if s.accounts.records else None),
    scope_of(f"{USAGE} {DAILY}"),
)
on_json(
    "usage-free",
    "ACC-USAGE-13",
    "records cost nothing",
    USAGE,
    each(lambda e: e.update(cost_usd=0)),
)
on_json(
    "daily-count-off",
    "ACC-DAILY-01",
    "count is one too high",
    DAILY,
    rework("count", lambda n: n + 1),
)
on_service(
    "daily-open",
    "ACC-DAILY-02",
    "daily usage needs no permission",
    _without_permission(DAILY),
    scope_of(f"{USAGE} {DAILY}"),
)
on_json(
    "daily-date-short",
    "ACC-DAILY-03",
    "dates are written 2026-1-5",
    DAILY,
    each(lambda e: e.update(date=e["date"].replace("-0", "-") + "T00:00:00Z")),
)
on_json(
    "daily-date-old",
    "ACC-DAILY-03",
    "dates are older than 90 days",
    DAILY,
    each(lambda e: e.update(date="2024-01-01")),
)
on_json(
    "daily-twice",
    "ACC-DAILY-04",
    "a sum is duplicated",
    DAILY,
    lambda b: {"usage": b["usage"] + b["usage"][:1], "count": len(b["usage"] + b["usage"][:1])},
)
on_reply(
    "daily-csv-name",
    "ACC-DAILY-05",
    "the CSV has the other list's name",
    DAILY,
    _other_name,
)
on_reply("daily-csv-plain", "ACC-DAILY-05", "CSV is called text/plain", DAILY, _csv_type)
on_service(
    "daily-always-fresh",
    "ACC-DAILY-06",
    "two calls within the hour differ",
    _fresh_days,
    scope_of(DAILY),
)
on_json(
    "daily-halved",
    "ACC-DAILY-07",
    "daily sums are too low",
    DAILY,
    each(lambda e: e.update(requests=e["requests"] + 1, cost_usd=e["cost_usd"] / 2)),
)
on_json(
    "key-status-short",
    "ACC-KEY-01",
    "fields without a value are left out",
    KEY,
    lambda b: {k: v for k, v in b.items() if v is not None},
)
on_json("key-invalid", "ACC-KEY-01", "a good key is called invalid", KEY, assign("valid", False))
on_service(
    "key-needs-permission",
    "ACC-KEY-02",
    "a key without permissions is refused",
    _permission_needed,
    scope_of(KEY),
)
on_service(
    "key-missing-ok",
    "ACC-KEY-03",
    "without a key the status is 200 and valid is false",
    _keyless_status,
    scope_of(KEY),
)
on_json(
    "key-expires-at-once",
    "ACC-KEY-04",
    "expiresIn is 0 where nothing expires",
    KEY,
    rework("expiresIn", lambda v: v or 0),
)
on_json(
    "key-expires-in-milliseconds",
    "ACC-KEY-05",
    "expiresIn is in milliseconds",
    KEY,
    rework("expiresIn", lambda v: v and v * 1000),
)
on_json(
    "key-type-secret", "ACC-KEY-06", "every key is called secret", KEY, assign("type", "secret")
)
on_json(
    "key-permissions-long",
    "ACC-KEY-07",
    "permissions have the long names",
    KEY,
    rework("permissions.account", lambda v: v and [f"account:{n}" for n in v]),
)
on_json(
    "key-permissions-empty",
    "ACC-KEY-07",
    "no permissions are an empty list",
    KEY,
    rework("permissions.account", lambda v: v or []),
)
on_json(
    "key-models-hidden",
    "ACC-KEY-08",
    "the models of a restricted key are not listed",
    KEY,
    assign("permissions.models", None),
)
on_json(
    "key-models-empty",
    "ACC-KEY-08",
    "an unrestricted key has an empty list",
    KEY,
    rework("permissions.models", lambda v: v or []),
)

concerns(
    Scope(when=lambda seen: seen.operation.startswith("getAccount") or seen.status in {402, 429}),
    "balance-frozen",
)
# The CSV form keeps the true numbers.
violates_too("daily-halved", "ACC-DAILY-06")
# The sums of the days keep the true cost.
violates_too("usage-free", "ACC-DAILY-07")
