"""Check what the server reports of a key itself."""

import itertools
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

from pollinations_conformance.checks.common.accounts import KEY, account_json, roles
from pollinations_conformance.checks.common.keys import PLACES, allowed_models, with_fields
from pollinations_conformance.checks.common.responses import (
    account_document,
    no_head,
    parse_instant,
    received,
)
from pollinations_conformance.http.credentials import credential
from pollinations_conformance.http.json import is_list, is_object
from pollinations_conformance.http.text import by_key
from pollinations_conformance.suite import (
    MAIN,
    NOT_A_KEY,
    Exchange,
    NotTested,
    Session,
    check,
    watch,
)

ONE = {"text": 1}


@watch("ACC-KEY-01")
def every_key_has_all_fields(exchange: Exchange) -> str | None:
    """A key's description has its eight fields, and valid is true."""
    body = account_document(exchange, "getAccountKey")
    if body is None:
        return None
    wanted = {"valid", "type", "name", "expiresAt", "expiresIn", "permissions", "pollenBudget"}
    wanted.add("rateLimitEnabled")
    if wanted - set(body):
        return f"it lacks {', '.join(sorted(wanted - set(body)))}"
    return "" if body["valid"] is True else f"valid is {body['valid']!r}"


@check("ACC-KEY-01", operations=KEY, needs=MAIN, assumes="ACC-KEY-02")
def key_has_all_fields(t: Session) -> None:
    """The key's description has eight fields, and valid is true."""
    found = account_json(t, "/account/key")
    wanted = {
        "valid",
        "type",
        "name",
        "expiresAt",
        "expiresIn",
        "permissions",
        "pollenBudget",
        "rateLimitEnabled",
    }
    t.assert_that(wanted <= set(found), f"it lacks {', '.join(sorted(wanted - set(found)))}")
    t.assert_that(found["valid"] is True, f"valid is {found['valid']!r}")
    for role, by in itertools.product(roles(t), PLACES):
        other = t.send("GET", "/account/key", key=role, by=by)
        problem = every_key_has_all_fields(other)
        t.assert_that(not problem, f"of a key of the role {role!r}: {problem}")


@check("ACC-KEY-02", operations=KEY, needs="no-permissions")
def key_needs_no_permission(t: Session) -> None:
    """A key without any permission may read its own description."""
    for by in PLACES:
        response = t.send("GET", "/account/key", key="no-permissions", by=by)
        t.assert_success(response, f"GET /account/key without permission, the key in the {by}")
    head = t.send("HEAD", "/account/key", key="no-permissions")
    if not no_head(head):
        t.assert_success(head, "HEAD /account/key without permission")
    for role in roles(t):
        response = t.send("GET", "/account/key", key=role)
        t.assert_that(
            response.status != 403, f"GET /account/key with a key of the role {role!r} is 403"
        )


@check("ACC-KEY-03", operations=KEY)
def key_is_needed(t: Session) -> None:
    """No key, or an unknown one, is a 401."""
    # An unknown key in the query is for AUTH-QUERY-04, an expired one for AUTH-KEY-06.
    for key in (None, "bogus"):
        response = t.send("GET", "/account/key", key=key)
        t.assert_rejected(response, 401, f"GET /account/key {by_key(key)}")
    for value in ("Bearer", f"Bearer pk_{NOT_A_KEY[3:19]}"):
        response = t.send("GET", "/account/key", key=None, headers={"Authorization": value})
        t.assert_rejected(response, 401, f"GET /account/key with Authorization: {value}")


@watch("ACC-KEY-04")
def every_expires_at_agrees_with_expires_in(exchange: Exchange) -> str | None:
    """expiresIn is null exactly when expiresAt is."""
    body = account_document(exchange, "getAccountKey")
    if body is None:
        return None
    at, left = body.get("expiresAt"), body.get("expiresIn")
    return "" if (at is None) == (left is None) else f"expiresIn is {left!r}, expiresAt {at!r}"


@check("ACC-KEY-04", operations=KEY, needs=MAIN, assumes="ACC-KEY-02")
def expires_at_and_expires_in_agree(t: Session) -> None:
    """expiresIn is null exactly when expiresAt is."""
    for role, by in itertools.product(roles(t), PLACES):
        found = account_json(t, "/account/key", key=role, by=by)
        t.assert_that(
            (found.get("expiresIn") is None) == (found.get("expiresAt") is None),
            f"expiresIn is {found.get('expiresIn')!r}, expiresAt {found.get('expiresAt')!r}",
        )


@check("ACC-KEY-05", operations=KEY, needs="expiring")
def expires_in_is_in_seconds(t: Session) -> None:
    """expiresIn is the whole seconds until expiresAt."""
    for by in PLACES:
        assert_expires_in_seconds(
            t, t.assert_success(t.send("GET", "/account/key", key="expiring", by=by))
        )


def assert_expires_in_seconds(t: Session, response: Exchange) -> None:
    """Assert that expiresIn of a key is the whole seconds until expiresAt."""
    found = t.json_object(response)
    at = parse_instant(found.get("expiresAt"))
    if at is None and found.get("expiresAt") is None:
        raise NotTested("the key of the role 'expiring' does not expire")
    t.assert_that(at is not None, f"expiresAt is {found.get('expiresAt')!r}")
    reported = found.get("expiresIn")
    made, room = instants(response)
    left = [(at - instant).total_seconds() for instant in made] if at else [0.0]
    t.assert_that(
        isinstance(reported, int)
        and not isinstance(reported, bool)
        and reported >= 0
        and any(abs(reported - max(0.0, seconds)) < room for seconds in left),
        f"expiresIn is {reported!r}, until expiresAt it is {left[0]:.0f} s",
    )


def instants(response: Exchange) -> tuple[list[datetime], float]:
    """Return when a response may have been made, and by how many seconds each may be wrong.

    The server's own clock leaves no room for a difference between clocks, but a busy server may have
    taken the date of its headers a while before; so this machine's clock counts as well.
    """
    here = received(response)
    begun = here - timedelta(seconds=response.seconds)
    try:
        date = parsedate_to_datetime(response.header("date") or "")
    except ValueError:
        return [here, begun], 60.0
    return [date if date.tzinfo else date.replace(tzinfo=UTC), here, begun], 5.0


def sent_key(exchange: Exchange) -> str:
    """Return the key that counts in a request, or an empty text."""
    return credential(exchange.url, exchange.request_headers) or ""


@watch("ACC-KEY-06")
def every_type_is_that_of_the_key(exchange: Exchange) -> str | None:
    """The type is publishable for pk_ and secret for sk_, wherever the key was."""
    body = account_document(exchange, "getAccountKey")
    if body is None:
        return None
    wanted = {"pk_": "publishable", "sk_": "secret"}.get(sent_key(exchange)[:3])
    if wanted is None or body.get("type") == wanted:
        return ""
    return f"the type of a key that should be {wanted} is {body.get('type')!r}"


@check("ACC-KEY-06", operations=KEY, needs=MAIN, assumes="ACC-KEY-02")
def type_is_that_of_the_key(t: Session) -> None:
    """type is publishable for pk_ and secret for sk_."""
    for role in roles(t):
        key = t.target.keys.get(role) or ""
        wanted = {"pk_": "publishable", "sk_": "secret"}.get(key[:3])
        if wanted is not None:
            for by in PLACES:
                found = account_json(t, "/account/key", key=role, by=by).get("type")
                t.assert_that(found == wanted, f"the type of a {key[:3]} key is {found!r}")


@watch("ACC-KEY-07")
def every_permission_has_a_short_name(exchange: Exchange) -> str | None:
    """permissions.account has the names profile, balance and usage, or is null."""
    body = account_document(exchange, "getAccountKey")
    permissions = body.get("permissions") if body else None
    if not is_object(permissions):
        return None
    names = permissions.get("account")
    if names is None or (
        is_list(names) and names and set(map(str, names)) <= {"profile", "balance", "usage"}
    ):
        return ""
    return f"permissions.account is {names!r}"


@check(
    "ACC-KEY-07",
    operations=KEY,
    needs=MAIN,
    assumes=("ACC-PROFILE-02", "ACC-BAL-02", "ACC-USAGE-02", "ACC-DAILY-02", "ACC-KEY-02"),
)
def permissions_have_short_names(t: Session) -> None:
    """permissions.account has profile, balance and usage, or is null."""
    for role in roles(t):
        permissions: Any = account_json(t, "/account/key", key=role).get("permissions")
        t.assert_that(is_object(permissions), f"permissions is {permissions!r}")
        names = permissions.get("account")
        good = names is None or (
            is_list(names) and set(map(str, names)) <= {"profile", "balance", "usage"}
        )
        t.assert_that(good, f"permissions.account is {names!r}")
        if role == "no-permissions":
            t.assert_that(names is None, f"permissions.account of a key without any is {names!r}")
        t.assert_that(names != [], "permissions.account of a key without any is [], not null")
        for name in ("profile", "balance", "usage"):
            response = t.send("GET", f"/account/{name}", key=role)
            reported = is_list(names) and name in names
            t.assert_that(
                not (response.status == 200 and not reported)
                and not (response.status == 403 and reported),
                f"permissions.account is {names!r}, GET /account/{name} is {response.status}",
            )


@check(
    "ACC-KEY-08",
    operations=KEY,
    needs="restricted",
    assumes=("ACC-KEY-02", "MODELS-INFO-04", "MODELS-V1-03"),
)
def models_are_listed_for_restricted_keys(t: Session) -> None:
    """permissions.models has ids for a restricted key."""
    permissions: Any = account_json(t, "/account/key", key="restricted").get("permissions")
    names = permissions.get("models") if is_object(permissions) else None
    t.assert_that(is_list(names) and names, f"permissions.models is {names!r}")
    reported = set(map(str, names or []))
    t.assert_that(reported == set(allowed_models(t)), "the list changes")
    seen: set[str] = set()
    for path in ("/text/models", "/image/models", "/audio/models"):
        response = t.send("GET", path, key="restricted", probe=True)
        if response.ok:
            seen |= {str(item.get("name")) for item in t.json_array(response)}
    t.assert_that(
        seen <= reported,
        f"the lists show {sorted(seen - reported)}, which /account/key does not report",
    )
    if not t.run.operations["createChatCompletion"].missing:
        for name in sorted(reported & {model.name for model in t.catalogue.text} - seen):
            # A list may hide what the key may use; but then it may use it.
            arguments = with_fields(t, "createChatCompletion", model=name)
            response = t.send(**arguments, key="restricted", free=True)
            t.skip_if_unavailable(response)
            t.assert_that(
                response.status != 403, f"/account/key reports {name}, which the key may not use"
            )
    if "restricted-empty-balance" in t.target.keys and not t.key_is_refused(
        "restricted-empty-balance"
    ):
        other: Any = account_json(t, "/account/key", key="restricted-empty-balance").get(
            "permissions"
        )
        names = other.get("models") if is_object(other) else None
        t.assert_that(
            is_list(names) and names, f"permissions.models of a restricted key is {names!r}"
        )
    there = [role for role in ("restricted", "restricted-empty-balance") if role in t.target.keys]
    for role in [role for role in there if not t.key_is_refused(role)]:
        both = [t.send("GET", "/account/key", key=role, by=by) for by in PLACES]
        if all(response.ok for response in both):
            found: list[Any] = [t.json_object(response).get("permissions") for response in both]
            lists: list[Any] = [item.get("models") if is_object(item) else None for item in found]
            same = all(map(is_list, lists)) and set(lists[0]) == set(lists[1])
            t.assert_that(same, f"the key in the query has permissions.models {lists[1]}")


@check(
    "ACC-KEY-08",
    operations=KEY,
    needs=MAIN,
    cost=ONE,
    assumes=("ACC-KEY-02", "MODELS-INFO-04", "MODELS-V1-03"),
)
def models_are_null_for_other_keys(t: Session) -> None:
    """permissions.models is null for a key that may use every model."""
    permissions: Any = account_json(t, "/account/key").get("permissions")
    names = permissions.get("models") if is_object(permissions) else "?"
    if is_list(names) and not t.run.operations["createChatCompletion"].missing:
        others = [
            m for m in t.catalogue.text if m.name not in names and m.outputs in {(), ("text",)}
        ]
        if not others or not t.chat(model=min(others, key=lambda m: m.estimate()).name).ok:
            raise NotTested("the run's key is restricted to some models")
    t.assert_that(names is None, f"permissions.models is {names!r}")
    everything = {model.name for model in t.catalogue.text}
    for role in [
        role for role in ("other-account", "publishable", "budgeted") if role in t.target.keys
    ]:
        found: Any = account_json(t, "/account/key", key=role).get("permissions")
        response = t.send("GET", "/text/models", key=role, probe=True)
        if response.ok and {str(item.get("name")) for item in t.json_array(response)} == everything:
            names = found.get("models") if is_object(found) else "?"
            t.assert_that(
                names is None or set(map(str, names)) >= everything,
                f"permissions.models of a key that sees every model is {names!r}",
            )
