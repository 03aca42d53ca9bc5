"""Check the profile of the owner of a key."""

import itertools
from datetime import timedelta

from pollinations_conformance.checks.common.accounts import account_json, assert_forbidden, roles
from pollinations_conformance.checks.common.keys import PLACES
from pollinations_conformance.checks.common.responses import (
    account_document,
    parse_instant,
    present,
)
from pollinations_conformance.suite import MAIN, Exchange, Session, check, watch


@watch("ACC-PROFILE-01")
def every_profile_has_all_fields(exchange: Exchange) -> str | None:
    """A profile has its seven fields."""
    body = account_document(exchange, "getAccountProfile")
    if body is None:
        return None
    wanted = {"name", "email", "githubUsername", "image", "tier", "createdAt", "nextResetAt"}
    return (
        f"the profile lacks {', '.join(sorted(wanted - set(body)))}" if wanted - set(body) else ""
    )


@check("ACC-PROFILE-01", operations="getAccountProfile", needs=MAIN)
def profile_has_all_fields(t: Session) -> None:
    """The profile has its seven fields, null or not."""
    wanted = {"name", "email", "githubUsername", "image", "tier", "createdAt", "nextResetAt"}
    others = [role for role in roles(t) if role != MAIN]
    for role, by in itertools.product((MAIN, *others, MAIN), PLACES):
        response = t.send("GET", "/account/profile", key=role, by=by)
        if role != MAIN and not response.ok:
            continue  # this key may lack the permission for it
        found = t.json_object(t.assert_success(response))
        t.assert_that(
            wanted <= set(found), f"the profile lacks {', '.join(sorted(wanted - set(found)))}"
        )


@check("ACC-PROFILE-02", operations="getAccountProfile", needs="no-permissions")
def profile_needs_permission(t: Session) -> None:
    """The profile is a 403 for a key without the permission."""
    assert_forbidden(t, "/account/profile", "profile")


@check("ACC-PROFILE-03", operations="getAccountProfile", needs=MAIN)
def created_at_is_in_the_past(t: Session) -> None:
    """createdAt is an instant in the past."""
    account_json(t, "/account/profile")
    for role in roles(t):
        response = t.send("GET", "/account/profile", key=role)
        if response.ok:
            text = t.json_object(response).get("createdAt")
            time_ = parse_instant(text)
            t.assert_that(time_ is not None, f"createdAt is {text!r}")
            limit = present(response) + timedelta(minutes=5)
            t.assert_that(time_ and time_ <= limit, f"createdAt {text} is to come")


@check("ACC-PROFILE-04", operations="getAccountProfile", needs=MAIN)
def next_reset_is_the_next_midnight(t: Session) -> None:
    """nextResetAt is the next midnight in UTC."""
    before = t.now()
    text = account_json(t, "/account/profile").get("nextResetAt")
    midnights = {
        (instant + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
        for instant in (before, t.now())
    }
    t.assert_that(parse_instant(text) in midnights, f"nextResetAt is {text!r}")
