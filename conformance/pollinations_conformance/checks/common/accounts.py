"""Read account documents, and make generations whose price is known."""

import csv
import functools
import io
import itertools
import re
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any, TypeVar

from pollinations_conformance.checks.common.keys import PLACES, with_fields
from pollinations_conformance.checks.common.requests import ACCOUNT, LISTS, available, generate
from pollinations_conformance.checks.common.responses import (
    is_price,
    need_code,
    need_message,
    no_head,
    parse_json,
    parse_timestamp,
)
from pollinations_conformance.http.json import is_list, is_object
from pollinations_conformance.http.text import shown
from pollinations_conformance.suite import (
    MAIN,
    Exchange,
    NoBudget,
    NotTested,
    Place,
    PreconditionFailed,
    Session,
    cost_of,
    describe,
    is_loopback,
)

T = TypeVar("T")


USAGE, DAILY, KEY = "getAccountUsage", "getAccountUsageDaily", "getAccountKey"


STREAM = "a stream"
"""What names a streamed chat completion where an operation is named."""


VIDEO = "a video"
"""What names a video of the cheapest model."""


ALL = {"text": 4, "image": 1, "audio": 2, "transcription": 1}
"""One generation of each kind."""


OPERATIONS = {path: operation for operation, path in ACCOUNT.items()}


def success_requirement(t: Session, path: str) -> str:
    """Return the requirement of what a success at an account path is."""
    return t.run.operations[OPERATIONS[path]].requirement


def account_json(t: Session, path: str, requirement: str = "", **options: Any) -> dict[str, Any]:
    """Request an account document.

    Args:
        t: the check's session.
        path: of the document.
        requirement: which demands that it is served, where it only prepares the test.
        options: further arguments of `send`.
    """
    response = t.send("GET", path, **options)
    role = options.get("key", MAIN)
    if response.status == 403 and (role == MAIN or not t.target.embedded):
        raise NotTested(f"the run's key of the role {role!r} lacks the permission for it (403)")
    if response.status == 401:
        need_permission(t, path, response, role)
    if requirement:
        return t.json_object(t.need_success(response, requirement, f"GET {path}"))
    return t.json_object(t.assert_success(response, f"GET {path}"))


PERMISSIONS = {
    "/account/profile": ("profile", "ACC-PROFILE-02"),
    "/account/balance": ("balance", "ACC-BAL-02"),
    "/account/usage": ("usage", "ACC-USAGE-02"),
    "/account/usage/daily": ("usage", "ACC-DAILY-02"),
}
"""By path: the permission that it takes, and the requirement that without it the status is 403."""


def need_permission(t: Session, path: str, response: Exchange, role: str) -> None:
    """Continue unless a key that is known has been refused for want of a permission.

    Args:
        t: the check's session.
        path: of the account document.
        response: the refusal.
        role: of the key.
    """
    name, requirement = PERMISSIONS.get(path, ("", ""))
    if not name or t.run.operations["getAccountKey"].missing:
        return
    found = t.send("GET", "/account/key", key=role)
    body = parse_json(found.content) if found.ok else None
    permissions = body.get("permissions") if is_object(body) else None
    if is_object(permissions) and name not in (permissions.get("account", [name]) or ()):
        raise PreconditionFailed(
            requirement,
            f"GET {path} with a key of the role {role!r}, which lacks the permission, "
            f"gets {describe(response)}, not 403",
            response,
        )


def usage_records_of(
    t: Session, path: str = "/account/usage", **query: Any
) -> list[dict[str, Any]]:
    """Request usage records."""
    found: Any = account_json(t, path, query=query).get("usage")
    t.need(is_list(found), success_requirement(t, path), "usage is no list")
    return [item for item in found if is_object(item)]


def assert_forbidden(t: Session, path: str, name: str) -> None:
    """Assert that a key without permissions is refused, the message naming what it lacks."""
    forms: tuple[dict[str, str], ...] = ({}, {"format": "csv"}) if name == "usage" else ({},)
    head = t.send("HEAD", path, key="no-permissions")
    if not no_head(head):
        t.assert_rejected(head, 403, f"HEAD {path} without permission")
    for role, by, query in itertools.product(roles_without(t, name), PLACES, forms):
        response = t.send("GET", path, key=role, by=by, query=query)
        error = t.error_object(t.assert_rejected(response, 403, f"GET {path} without permission"))
        need_code(t, response, "FORBIDDEN")
        t.assert_that(
            f"account:{name}" in need_message(t, error),
            f"the message does not name account:{name}: {error.get('message')!r}",
        )


def roles_without(t: Session, name: str) -> list[str]:
    """Return the roles whose key lacks a permission, by its own description."""
    found = ["no-permissions"]
    for role in [r for r in roles(t) if r != "no-permissions" and not t.key_is_refused(r)]:
        if t.run.operations[KEY].missing:
            break
        response = t.send("GET", "/account/key", key=role)
        permissions: Any = t.json_object(response).get("permissions") if response.ok else {}
        names: Any = permissions.get("account", ()) if is_object(permissions) else ()
        known = names is None or (
            is_list(names) and set(map(str, names)) <= {"profile", "balance", "usage"}
        )
        if known and name not in (names or ()):
            found.append(role)
    return found


def need_timestamps(t: Session, records: Iterable[Mapping[str, object]]) -> None:
    """Continue only with usage records whose timestamps have the form that ACC-USAGE-12 demands."""
    for item in records:
        text = str(item.get("timestamp"))
        t.need(parse_timestamp(text), "ACC-USAGE-12", f"a timestamp is {text!r}")


def need_dates(t: Session, records: Iterable[Mapping[str, object]]) -> None:
    """Continue only with daily records whose dates are recent, as ACC-DAILY-03 demands."""
    for item in records:
        text = str(item.get("date"))
        earliest = f"{t.now() - timedelta(days=92):%Y-%m-%d}"
        good = re.fullmatch(r"\d{4}-\d\d-\d\d", text) and text >= earliest
        t.need(good, "ACC-DAILY-03", f"a date is {text!r}")


def balance_of(t: Session, role: str) -> float:
    """Return a key's balance; that it is a number is ACC-BAL-01."""
    value: object = account_json(t, "/account/balance", key=role).get("balance")
    return need_number(t, value)


def need_number(t: Session, value: object) -> float:
    """Continue only with a balance that is a number, as ACC-BAL-01 demands."""
    good = isinstance(value, int | float) and not isinstance(value, bool)
    t.need(good, "ACC-BAL-01", f"balance is {value!r}")
    return float(str(value))


def need_generation(t: Session, response: Exchange) -> Exchange:
    """Continue only with a generation: that there is one is for the checks of generations."""
    t.skip_if_unavailable(response)
    if not response.ok:
        raise NotTested(f"a generation gets {describe(response)}")
    return response


def need_prices(t: Session) -> None:
    """Continue only if every price that the server lists is above 0, as MODELS-INFO-03 demands."""
    for operation in available(t, *LISTS):
        for item in t.json_array(t.send("GET", LISTS[operation])):
            pricing: object = item.get("pricing") if is_object(item) else None
            for name, value in pricing.items() if is_object(pricing) else ():
                good = name == "currency" or is_price(value)
                t.need(good, "MODELS-INFO-03", f"GET {LISTS[operation]}: {name} is {value!r}")


def generate_and_price(t: Session, role: str) -> tuple[Exchange, float]:
    """Make a generation that costs pollen, and report what it should cost."""
    for operation, model in (
        ("generateImage", t.image_model),
        ("createChatCompletion", t.text_model),
    ):
        if t.run.operations[operation].missing:
            continue
        response = need_generation(t, generate(t, operation, key=role))
        cost = cost_of(t.catalogue.find(model), response.headers)
        if cost:
            return response, cost
    raise NotTested("no generation reports its cost by prices and usage headers")


def settle_seconds(t: Session) -> float:
    """Return how many seconds a server may take to write down what was spent."""
    if t.target.embedded:
        return 3.0
    return 20.0 if is_loopback(t.target.base_url) else 180.0


def wait_until(
    t: Session, send: Callable[[], T], good: Callable[[T], bool], seconds: float | None = None
) -> T:
    """Send until a response is good: billing may be kept with a delay.

    Args:
        t: the check's session.
        send: requests what may change.
        good: returns whether it is as it has to be.
        seconds: at most; those that a server may take when None.
    """
    end = t.clock.monotonic() + (settle_seconds(t) if seconds is None else seconds)
    pause = 0.05
    while True:
        value = send()
        if good(value) or t.clock.monotonic() > end or t.run.out_of_time():
            return value
        t.clock.sleep(pause)
        pause = min(2.0, pause * 2)


STILL = 1.0
"""Seconds to wait for the balance of a server whose balances never moved before."""


def wait_for_balance(t: Session, role: str, before: float, good: Callable[[float], bool]) -> float:
    """Return a key's balance when it is good, or when a server has had its time.

    One check waits for all of it: where no balance of a server on this machine has ever moved by
    then, further waits would be in vain.

    Args:
        t: the check's session.
        role: of the key.
        before: its balance before something was spent.
        good: returns whether a balance is as it has to be.
    """
    seen: set[str] = t.run.once("balances", set[str])
    seconds = STILL if seen == {"still"} and is_loopback(t.target.base_url) else None
    balance = wait_until(t, functools.partial(balance_of, t, role), good, seconds)
    seen.add("still" if balance == before else "moved")
    return balance


def steady_balance(t: Session, role: str) -> float:
    """Return a key's balance when it is still: what was spent earlier may come off late."""
    balance = balance_of(t, role)
    for _ in range(0 if t.target.embedded else 10):
        t.clock.sleep(0.5)
        last, balance = balance, balance_of(t, role)
        if last == balance:
            break
    return balance


def generate_any_and_price(
    t: Session, operation: str, by: Place = "bearer"
) -> tuple[Exchange, float]:
    """Make a generation of any kind, and report what it should cost; above 0 for a stream."""
    if operation == STREAM:
        return need_generation(t, t.chat(stream=True, by=by)), 1.0
    if operation == VIDEO:
        videos = [model for model in t.catalogue.image if "video" in model.outputs]
        if not videos or t.run.operations["generateImage"].missing:
            raise NoBudget("the server makes no videos")
        video = min(videos, key=lambda model: model.estimate())
        response = need_generation(t, t.send(**with_fields(t, "generateImage", model=video.name)))
        return response, cost_of(video, response.headers) or 0.0
    response = need_generation(t, generate(t, operation, by=by))
    model = {
        "generateImage": t.image_model,
        "generateAudio": t.audio_model,
        "createSpeech": t.audio_model,
        "createTranscription": t.transcription_model,
    }.get(operation, t.text_model)
    return response, cost_of(t.catalogue.find(model), response.headers) or 0.0


def assert_parameter_is_rejected(t: Session, path: str, name: str, *values: str) -> None:
    """Assert that values of a parameter are each a 400 naming it."""
    for value in values:
        other = {"limit": "5"} if name == "format" else {"format": "csv"}
        forms: tuple[tuple[dict[str, str], Place], ...] = (
            ({}, "bearer"),
            (other, "bearer"),
            ({}, "query"),
        )
        for form, by in forms if value == values[0] else forms[:2]:
            response = t.send("GET", path, query={name: value, **form}, by=by)
            if response.status == 403:
                raise NotTested("the run's key lacks the permission for it (403)")
            with t.separately():
                t.assert_rejected(response, 400, f"GET {path} with {name}={value}", name)


def usage_history(t: Session) -> list[dict[str, Any]]:
    """See to it that there are some records, and return them."""

    def send() -> list[dict[str, Any]]:
        found = usage_records_of(t, limit=50)
        if len(found) < 4:
            for number in range(4 - len(found)):
                generate_and_price(t, MAIN)
                if not number:
                    wait_a_second(t)  # or all would be of the same instant
            found = wait_until(
                t, lambda: usage_records_of(t, limit=50), lambda items: len(items) >= 4
            )
        return found

    return t.once("usage history", send)


def wait_a_second(t: Session) -> None:
    """Let the next record have another second."""
    if t.target.embedded or t.run.remaining() is None:
        t.clock.sleep(1.05)


def usage_csv(
    t: Session, path: str, by: Place = "bearer", **query: Any
) -> tuple[Exchange, list[list[str]]]:
    """Request a CSV document and read it."""
    response = t.send("GET", path, query={"format": "csv", **query}, by=by)
    if response.status == 403:
        raise NotTested("the run's key lacks the permission for it (403)")
    t.assert_success(response, f"GET {path} as CSV")
    return response, list(csv.reader(io.StringIO(response.text(), newline="")))


def assert_is_attachment(t: Session, response: Exchange, stem: str, before: datetime) -> None:
    """Assert that a response is a CSV file of today."""
    kind = response.header("content-type") or ""
    t.assert_that(
        kind.partition(";")[0].strip().lower() == "text/csv", f"the Content-Type is {shown(kind)}"
    )
    found = response.header("content-disposition") or ""
    names = {f"{stem}-{instant:%Y-%m-%d}.csv" for instant in (before, t.now())}
    match = re.fullmatch(r'attachment;\s*filename="?([^"]+)"?', found)
    t.assert_that(match and match[1] in names, f"Content-Disposition is {shown(found)}")


def csv_cell(value: Any) -> str:
    """Write a value of a record as the CSV form does, numbers aside."""
    return "" if value is None else str(value)


def equal_cells(a: str, b: Any) -> bool:
    """Return whether a CSV field and a JSON value are the same."""
    if isinstance(b, int | float) and not isinstance(b, bool):
        try:
            return abs(float(a or "0") - b) <= 1e-9 * max(1.0, abs(b))
        except ValueError:
            return False
    return a == csv_cell(b)


def special_usages(t: Session) -> list[Exchange]:
    """Request what is counted apart: a long question that may be cached, and a response thought over."""
    if t.run.operations["createChatCompletion"].missing:
        return []
    models = sorted(t.catalogue.text, key=lambda model: model.estimate())
    cached = [m.name for m in models if "promptCachedTokens" in m.prices and m.oddity() == (0, 0)]
    found: list[Exchange] = []
    if cached:
        question = t.fresh("Say hello. " + "Hello there. " * 600)
        found.append(t.chat(question, model=cached[0], max_tokens=20))
    found.append(t.chat(reasoning_effort="high", model=cached[0] if cached else t.text_model))
    return found


def roles(t: Session) -> list[str]:
    """Return the roles that can read their own description."""
    found = [role for role in t.target.keys.roles() if role != "expired"]
    if not found:
        t.need_key(MAIN)
    return found
