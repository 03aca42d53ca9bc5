"""The account: profile, balance, usage, and what a key knows about itself."""

# A docstring here says what the server does, and not what the function does.

import csv
import functools
import io
import itertools
import math
import re
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from email.utils import parsedate_to_datetime
from operator import gt
from typing import Any, TypeVar

from pollinations_conformance.checks.common import (
    SPENDING,
    available,
    generate,
    instant,
    no_head,
    now,
    present,
)
from pollinations_conformance.checks.general.auth import PLACES, allowed_models, change
from pollinations_conformance.checks.invariants import (
    COLUMNS,
    DAILY_COLUMNS,
    balances_are_numbers,
    days_stand_once,
    keys_are_described,
    moment_of,
    usage_goes_back_in_time,
    usage_keeps_to_before,
    usage_keeps_to_its_limit,
    usage_sheets_are_well_formed,
    usage_tells_the_time,
)
from pollinations_conformance.checks.invariants import days_are_recent as days_have_dates
from pollinations_conformance.http.json import is_list, is_object
from pollinations_conformance.suite.budget import NoBudget, cost_of
from pollinations_conformance.suite.registry import check
from pollinations_conformance.suite.runner import CannotTell, Place, Session, describe
from pollinations_conformance.suite.target import MAIN, NOT_A_KEY, Exchange, is_loopback

T = TypeVar("T")
USAGE, DAILY, KEY = "getAccountUsage", "getAccountUsageDaily", "getAccountKey"
ONE = {"text": 1}
STREAM = "a stream"
"""What stands for a streamed chat completion where an operation is named."""
FILM = "a film"
"""What stands for a film of the cheapest model."""
ALL = {"text": 4, "image": 1, "audio": 2, "transcription": 1}
"""One generation of each kind."""
DAYS = {"image": 2, "text": 1, "audio": 1}
"""What it takes to have days to look at."""
NO_RECORDS = "2000-01-01T00:00:00Z"
"""An instant before any record."""


def get(t: Session, path: str, **options: Any) -> dict[str, Any]:
    """Ask for an account document."""
    answer = t.send("GET", path, **options)
    role = options.get("key", MAIN)
    if answer.status == 403 and (role == MAIN or not t.target.embedded):
        raise CannotTell(f"the run's key of the role {role!r} lacks the permission for it (403)")
    return t.object(t.ok(answer, f"GET {path}"))


def records(t: Session, path: str = "/account/usage", **query: Any) -> list[dict[str, Any]]:
    """Ask for usage records."""
    found: Any = get(t, path, query=query).get("usage")
    t.require(is_list(found), "usage is no list")
    return [item for item in found if is_object(item)]


def forbidden(t: Session, path: str, name: str) -> None:
    """Say that a key without permissions is refused, the message naming what it lacks."""
    forms: tuple[dict[str, str], ...] = ({}, {"format": "csv"}) if name == "usage" else ({},)
    head = t.send("HEAD", path, key="unpermitted")
    if not no_head(head):
        t.refused(head, 403, f"HEAD {path} without permission")
    for role, by, query in itertools.product(lacking(t, name), PLACES, forms):
        answer = t.send("GET", path, key=role, by=by, query=query)
        error = t.error(t.refused(answer, 403, f"GET {path} without permission"))
        t.require(error.get("code") == "FORBIDDEN", f"the code is {error.get('code')!r}")
        t.require(
            f"account:{name}" in str(error.get("message")),
            f"the message does not name account:{name}: {error.get('message')!r}",
        )


def lacking(t: Session, name: str) -> list[str]:
    """List the roles whose key lacks a permission, as it says of itself."""
    found = ["unpermitted"]
    for role in [role for role in roles(t) if role not in {"unpermitted", *t.run.refused}]:
        if t.run.operations[KEY].missing:
            break
        answer = t.send("GET", "/account/key", key=role)
        permissions: Any = t.object(answer).get("permissions") if answer.ok else {}
        names: Any = permissions.get("account", ()) if is_object(permissions) else ()
        known = names is None or (
            is_list(names) and set(map(str, names)) <= {"profile", "balance", "usage"}
        )
        if known and name not in (names or ()):
            found.append(role)
    return found


@check("ACC-PROFILE-01", operations="getAccountProfile", needs=MAIN)
def profile_has_all_fields(t: Session) -> None:
    """The profile has its seven fields, null or not."""
    wanted = {"name", "email", "githubUsername", "image", "tier", "createdAt", "nextResetAt"}
    others = [role for role in roles(t) if role != MAIN]
    for role, by in itertools.product((MAIN, *others, MAIN), PLACES):
        answer = t.send("GET", "/account/profile", key=role, by=by)
        if role != MAIN and not answer.ok:
            continue  # this key may lack the permission for it
        found = t.object(t.ok(answer))
        t.require(wanted <= set(found), f"the profile lacks {sorted(wanted - set(found))}")


@check("ACC-PROFILE-02", operations="getAccountProfile", needs="unpermitted")
def profile_needs_permission(t: Session) -> None:
    """The profile is a 403 for a key without the permission."""
    forbidden(t, "/account/profile", "profile")


@check("ACC-PROFILE-03", operations="getAccountProfile", needs=MAIN)
def profile_tells_when_it_began(t: Session) -> None:
    """createdAt is an instant in the past."""
    get(t, "/account/profile")
    for role in roles(t):
        answer = t.send("GET", "/account/profile", key=role)
        if answer.ok:
            text = t.object(answer).get("createdAt")
            time_ = instant(text)
            t.require(time_ is not None, f"createdAt is {text!r}")
            limit = present(answer) + timedelta(minutes=5)
            t.require(time_ and time_ <= limit, f"createdAt {text} is to come")


@check("ACC-PROFILE-04", operations="getAccountProfile", needs=MAIN)
def profile_tells_the_next_midnight(t: Session) -> None:
    """nextResetAt is the next midnight in UTC."""
    before = now()
    text = get(t, "/account/profile").get("nextResetAt")
    midnights = {
        (moment + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
        for moment in (before, now())
    }
    t.require(instant(text) in midnights, f"nextResetAt is {text!r}")


@check("ACC-BAL-01", operations="getAccountBalance", needs=MAIN)
def balance_is_a_number(t: Session) -> None:
    """balance is a number, for whichever key may read it."""
    balance_of(t, MAIN)
    for role, by in itertools.product(roles(t), PLACES):
        answer = t.send("GET", "/account/balance", key=role, by=by)
        said = balances_are_numbers(answer)
        t.require(not said, f"with a key of the role {role!r} {said}")


def balance_of(t: Session, role: str) -> float:
    """Give a key's balance."""
    value = get(t, "/account/balance", key=role).get("balance")
    t.require(
        isinstance(value, int | float) and not isinstance(value, bool), f"balance is {value!r}"
    )
    return float(str(value))


@check("ACC-BAL-02", operations="getAccountBalance", needs="unpermitted")
def balance_needs_permission(t: Session) -> None:
    """The balance is a 403 for a key without the permission."""
    forbidden(t, "/account/balance", "balance")


def budgets(t: Session, role: str, by: Place) -> tuple[Any, Any]:
    """Give a key's pollenBudget and its balance."""
    budget = get(t, "/account/key", key=role, by=by).get("pollenBudget")
    if budget is None:
        raise CannotTell(f"the key of the role {role!r} has no budget")
    return budget, get(t, "/account/balance", key=role, by=by).get("balance")


def agree(both: tuple[Any, Any]) -> bool:
    """Whether a budget and a balance are the same number."""
    good = all(isinstance(x, int | float) and not isinstance(x, bool) for x in both)
    return good and abs(float(both[0]) - float(both[1])) < 1e-9


@check("ACC-BAL-03", operations=("getAccountBalance", KEY), needs="budgeted")
def budget_is_the_balance(t: Session) -> None:
    """A key with a budget sees that budget as its balance."""
    for role, by in itertools.product(("budgeted", "exhausted"), PLACES):
        if role in t.target.keys:
            if t.send("GET", "/account/balance", key=role).status == 403:
                continue  # this key lacks the permission for it
            # Another check may spend with this key in between.
            both = settled(t, functools.partial(budgets, t, role, by), agree)
            t.require(
                agree(both),
                f"balance of a key of the role {role!r} is {both[1]!r}, pollenBudget {both[0]!r}",
            )


@check("ACC-BAL-03", operations=("getAccountBalance", KEY), needs="budgeted", cost={"image": 1})
def budget_stays_the_balance(t: Session) -> None:
    """When something was spent, the budget is still the balance."""
    before = budgets(t, "budgeted", "bearer")[1]
    spend(t, "budgeted")
    settled(t, functools.partial(balance_of, t, "budgeted"), lambda left: left < before)
    both = settled(t, functools.partial(budgets, t, "budgeted", "bearer"), agree)
    t.require(agree(both), f"after spending the balance is {both[1]!r}, pollenBudget {both[0]!r}")


def made(t: Session, answer: Exchange) -> Exchange:
    """Go on only with a generation: that there is one is for the checks of generations to say."""
    t.excuse(answer)
    if not answer.ok:
        raise CannotTell(f"a generation is answered {describe(answer)}")
    return answer


def spend(t: Session, role: str) -> tuple[Exchange, float]:
    """Make a generation that costs pollen, and tell what it should cost."""
    for operation, model in (
        ("generateImage", t.image_model),
        ("createChatCompletion", t.text_model),
    ):
        if t.run.operations[operation].missing:
            continue
        answer = made(t, generate(t, operation, key=role))
        cost = cost_of(t.catalogue.find(model), answer.headers)
        if cost:
            return answer, cost
    raise CannotTell("no generation tells its cost by prices and usage headers")


def books(t: Session) -> float:
    """Say how many seconds a server may take to write down what was spent."""
    if t.target.embedded:
        return 3.0
    return 20.0 if is_loopback(t.target.base_url) else 180.0


def settled(t: Session, ask: Callable[[], T], good: Callable[[T], bool]) -> T:
    """Ask until an answer is good: books may be kept with a delay."""
    end = time.monotonic() + books(t)
    pause = 0.05
    while True:
        value = ask()
        if good(value) or time.monotonic() > end or t.run.out_of_time():
            return value
        time.sleep(pause)
        pause = min(2.0, pause * 2)


@check("ACC-BAL-04", operations="getAccountBalance", needs=MAIN, cost={"image": 6}, alone=True)
def generations_lower_the_balance(t: Session) -> None:
    """A generation lowers the balance by its price."""
    for role in [name for name in (MAIN, "budgeted", "other") if name in t.target.keys]:
        falls_by_the_price(t, role, functools.partial(spend, t, role))


def falls_by_the_price(t: Session, role: str, work: Callable[[], tuple[Exchange, float]]) -> None:
    """Say that a generation lowers the balance by its price."""
    fell, cost = fall(t, role, work)
    if abs(fell - cost) > cost * 0.01 + 1e-9 and not t.target.embedded:
        once, (fell, cost) = fell / cost, fall(t, role, work)
        if abs(fell / cost - once) > 0.02:
            raise CannotTell("the balance moves by more than this run spends")
    t.require(
        abs(fell - cost) <= cost * 0.01 + 1e-9,
        f"a generation of {cost:.8g} pollen lowered the balance by {fell:.8g} "
        f"(key of the role {role!r})",
    )


def steady(t: Session, role: str) -> float:
    """Give a key's balance when it stands still: what was spent earlier may come off late."""
    balance = balance_of(t, role)
    for _ in range(0 if t.target.embedded else 10):
        time.sleep(0.5)
        last, balance = balance, balance_of(t, role)
        if last == balance:
            break
    return balance


def fall(t: Session, role: str, work: Callable[[], tuple[Exchange, float]]) -> tuple[float, float]:
    """Tell by how much a generation lowered the balance, and what it should have cost."""
    before = steady(t, role)
    _, cost = work()
    after = settled(
        t,
        functools.partial(balance_of, t, role),
        functools.partial(math.isclose, before - cost, rel_tol=0.0, abs_tol=cost * 0.01 + 1e-9),
    )
    return before - after, cost


@check("ACC-BAL-04", operations="getAccountBalance", needs=MAIN, cost=ALL, alone=True)
def every_price_is_the_right_one(t: Session) -> None:
    """Text and sound lower the balance by their price as well, the key in either place."""
    operations = available(t, "createChatCompletion", "generateText", "createSpeech")
    for operation, by in itertools.product(operations, PLACES):
        work = functools.partial(spent, t, operation, by)
        if not is_loopback(t.target.base_url) and by != PLACES[0]:
            break
        if is_loopback(t.target.base_url) or work()[1] > 1e-6:  # less than that may be rounded
            falls_by_the_price(t, MAIN, work)


@check(
    "ACC-BAL-04",
    operations="getAccountBalance",
    needs="publishable",
    cost={"image": 2},
    lane="publishable",
)
def publishable_keys_pay(t: Session) -> None:
    """A generation with a publishable key lowers what that key sees as its balance."""
    before = balance_of(t, "publishable")
    t.need_operation("generateImage")
    for _ in range(3):
        answer = generate(t, "generateImage", key="publishable", throttled=True)
        if answer.status != 429:
            break
        time.sleep(min(2.0, t.target.max_wait))
    else:
        raise CannotTell("the publishable key has to wait for too long")
    if not cost_of(t.catalogue.find(t.image_model), made(t, answer).headers):
        raise CannotTell("the generation does not tell its cost by prices and usage headers")
    after = settled(
        t, functools.partial(balance_of, t, "publishable"), functools.partial(gt, before)
    )
    if after >= before and not is_loopback(t.target.base_url):
        raise CannotTell("the balance did not fall in time; the service may do it later")
    t.require(after < before, "a generation with a publishable key did not lower the balance")


@check("ACC-BAL-04", operations="getAccountBalance", needs=MAIN, cost=ALL, alone=True)
def every_generation_lowers_the_balance(t: Session) -> None:
    """Whatever is generated, streams, sound and films included, is taken off the balance."""
    # Films are dear: only a server of this machine is asked for one.
    films = (FILM,) if is_loopback(t.target.base_url) else ()
    for operation in (*available(t, *SPENDING), STREAM, *films):
        before = steady(t, MAIN)
        try:
            cost = spent(t, operation)[1]
        except NoBudget:
            if operation != FILM:
                raise
            break  # films are dear
        if not cost:
            continue
        after = settled(t, functools.partial(balance_of, t, MAIN), functools.partial(gt, before))
        if after >= before and not is_loopback(t.target.base_url):
            raise CannotTell("the balance did not fall in time; the service may do it later")
        # By how much is another check's question: here somebody else's spending does not matter.
        t.require(after < before, f"{operation} did not lower the balance by its {cost:.8g} pollen")


def spent(t: Session, operation: str, by: Place = "bearer") -> tuple[Exchange, float]:
    """Make a generation of any kind, and tell what it should cost; above 0 for a stream."""
    if operation == STREAM:
        return made(t, t.chat(stream=True, by=by)), 1.0
    if operation == FILM:
        films = [model for model in t.catalogue.image if "video" in model.outputs]
        if not films or t.run.operations["generateImage"].missing:
            raise NoBudget("the server makes no films")
        film = min(films, key=lambda model: model.estimate())
        answer = made(t, t.send(**change(t, "generateImage", model=film.name)))
        return answer, cost_of(film, answer.headers) or 0.0
    answer = made(t, generate(t, operation, by=by))
    model = {
        "generateImage": t.image_model,
        "generateAudio": t.audio_model,
        "createSpeech": t.audio_model,
        "createTranscription": t.transcription_model,
    }.get(operation, t.text_model)
    return answer, cost_of(t.catalogue.find(model), answer.headers) or 0.0


@check("ACC-USAGE-01", operations=USAGE, needs=MAIN, cost={"image": 4})
def usage_counts_its_records(t: Session) -> None:
    """count is the number of records, for several limits."""
    mark = (now() - timedelta(days=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
    history(t)
    queries: tuple[dict[str, object], ...] = ({}, {"limit": 1}, {"limit": 3}, {"before": mark})
    for query, by in itertools.product(queries, PLACES):
        found = get(t, "/account/usage", query=query, by=by)
        t.require(
            found.get("count") == len(found.get("usage") or []),
            f"count is {found.get('count')!r} for {len(found.get('usage') or [])} records",
        )


@check("ACC-USAGE-02", operations=USAGE, needs="unpermitted")
def usage_needs_permission(t: Session) -> None:
    """The usage is a 403 for a key without the permission."""
    forbidden(t, "/account/usage", "usage")


def wrong(t: Session, path: str, name: str, *values: str) -> None:
    """Say that values of a parameter are each a 400 naming it."""
    for value in values:
        other = {"limit": "5"} if name == "format" else {"format": "csv"}
        forms: tuple[tuple[dict[str, str], Place], ...] = (
            ({}, "bearer"),
            (other, "bearer"),
            ({}, "query"),
        )
        for form, by in forms if value == values[0] else forms[:2]:
            answer = t.send("GET", path, query={name: value, **form}, by=by)
            if answer.status == 403:
                raise CannotTell("the run's key lacks the permission for it (403)")
            t.refused(answer, 400, f"GET {path} with {name}={value}", name)


@check("ACC-USAGE-03", operations=USAGE, needs=MAIN)
def wrong_limits_are_refused(t: Session) -> None:
    """A limit outside 1 to 50000, or that is no number, is a 400 naming it."""
    wrong(t, "/account/usage", "limit", "0", "50001", "abc", "-1", "", "1000000", "50000.5")
    wrong(t, "/account/usage", "limit", "10abc", "Infinity", "NaN")


@check("ACC-USAGE-03", operations=USAGE, needs=MAIN)
def limits_at_the_edge_are_accepted(t: Session) -> None:
    """The limits 1 and 50000 are accepted."""
    for limit in (1, 50000):
        get(t, "/account/usage", query={"limit": limit})


def history(t: Session) -> list[dict[str, Any]]:
    """See to it that there are some records, and give them."""

    def ask() -> list[dict[str, Any]]:
        found = records(t, limit=50)
        if len(found) < 4:
            for number in range(4 - len(found)):
                spend(t, MAIN)
                if not number:
                    wait_a_second(t)  # or all would be of the same instant
            found = settled(t, lambda: records(t, limit=50), lambda items: len(items) >= 4)
        return found

    return t.once("usage history", ask)


@check("ACC-USAGE-04", operations=USAGE, needs=MAIN, cost={"image": 4})
def limits_are_kept(t: Session) -> None:
    """No more records come than the limit says, and no more than 100 without one."""
    there = len(history(t))
    for limit in (1, 2, 3):
        found = len(records(t, limit=limit))
        t.require(found <= limit, f"limit={limit} gives {found} records")
        t.require(found == min(limit, there), f"limit={limit} gives {found} of {there} records")
    few: tuple[dict[str, Any], ...] = ({}, {"limit": 1}, {"limit": 2})
    for query in few:
        answer, _ = sheet(t, "/account/usage", **query)
        said = usage_keeps_to_its_limit(answer)
        t.require(not said, f"as CSV: {said}")
    later = (now() + timedelta(days=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
    found = len(records(t, limit=1, before=later))
    t.require(found <= 1, f"limit=1 with before gives {found} records")
    t.require(len(records(t)) <= 100, "without a limit more than 100 records come")
    answer = t.send("GET", "/account/usage", query={"limit": "1.5"})
    if answer.ok:  # it may be refused
        found = len(t.object(answer).get("usage") or [])
        t.require(found <= 1, f"limit=1.5 gives {found} records")


@check("ACC-USAGE-04", operations=USAGE, needs=MAIN)
def the_default_limit_is_kept(t: Session) -> None:
    """Of an account with more than 100 records no more than 100 come when nothing is said."""
    there = len(records(t, limit=101))
    if there < 101:
        # Only a server of this machine is asked for so many generations, and the cheapest ones.
        t.need_operation("createChatCompletion")
        price = t.catalogue.price("createChatCompletion", t.text_model)
        if not is_loopback(t.target.base_url) or not t.run.ledger.allows((101 - there) * price):
            raise CannotTell(f"the account has only {there} records")
        for _ in range(101 - there):
            made(t, t.chat(max_tokens=1))
        settled(t, lambda: records(t, limit=101), lambda items: len(items) >= 101)
    t.require(len(records(t)) <= 100, "without a limit more than 100 records come")
    _, rows = sheet(t, "/account/usage")
    t.require(len(rows) <= 101, "without a limit more than 100 records come as CSV")


@check("ACC-USAGE-05", operations=USAGE, needs=MAIN, cost={"image": 4})
def before_is_kept(t: Session) -> None:
    """With before only older records come."""
    there = history(t)
    stamps = sorted({str(item.get("timestamp")) for item in there})
    if not stamps:
        raise CannotTell("the account has no usage yet")
    for mark in {stamps[-1], stamps[len(stamps) // 2]}:
        text = mark.replace(" ", "T") + "Z"
        found = [str(item.get("timestamp")) for item in records(t, limit=50, before=text)]
        late = [stamp for stamp in found if stamp >= mark]
        t.require(not late, f"before={text} gives a record of {late[:1]}")
        answer, _ = sheet(t, "/account/usage", limit=50, before=text)
        said = usage_keeps_to_before(answer)
        t.require(not said, f"as CSV: {said}")
    future = (now() + timedelta(days=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
    t.require(records(t, limit=5, before=future), "before=tomorrow hides every record")
    moment = moment_of(stamps[-1])
    for text in writings(moment) if moment else ():
        answer = t.send("GET", "/account/usage", query={"limit": "50", "before": text})
        if answer.ok:  # who does not know this way of writing an instant may refuse it
            usage: list[Any] = t.object(answer).get("usage") or []
            found = [str(item.get("timestamp")) for item in usage]
            mark = stamps[-1] if "T" in text else stamps[-1][:10]
            late = [stamp for stamp in found if stamp >= mark]
            t.require(not late, f"before={text} gives a record of {late[:1]}")


def writings(moment: datetime) -> list[str]:
    """Write an instant in the ways that ISO 8601 has for it; the last is the day's first instant."""
    east = moment.astimezone(timezone(timedelta(hours=2)))
    west = moment.astimezone(timezone(timedelta(hours=-7)))
    return [
        f"{moment:%Y-%m-%dT%H:%M:%S}",
        f"{moment:%Y-%m-%dT%H:%M:%S}.000Z",
        *(zoned.isoformat() for zoned in (moment, east, west)),
        f"{moment:%Y-%m-%d}",
    ]


@check("ACC-USAGE-06", operations=USAGE, needs=MAIN, cost={"image": 5, "text": 1})
def newest_come_first(t: Session) -> None:
    """Records go from the newest to the oldest."""
    history(t)
    stamps = [str(item.get("timestamp")) for item in records(t, limit=50)]
    t.require(stamps == sorted(stamps, reverse=True), "the records are not sorted by time")
    if len(set(stamps)) < 2:
        wait_a_second(t)
        spend(t, MAIN)
        stamps = settled(
            t,
            lambda: [str(i.get("timestamp")) for i in records(t, limit=50)],
            lambda items: len(set(items)) > 1,
        )
        t.require(stamps == sorted(stamps, reverse=True), "the records are not sorted by time")
    # A cheap text after a dear picture: neither price nor kind may be what is sorted by.
    if not t.run.operations["createChatCompletion"].missing:
        wait_a_second(t)
        made(t, generate(t, "createChatCompletion"))
    later = (now() + timedelta(days=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
    queries: tuple[dict[str, Any], ...] = ({"limit": 50}, {"limit": 50, "before": later}, {})
    for query in queries:
        found = [str(item.get("timestamp")) for item in records(t, **query)]
        t.require(found == sorted(found, reverse=True), "the records are not sorted by time")
        answer, _ = sheet(t, "/account/usage", **query)
        said = usage_goes_back_in_time(answer)
        t.require(not said, f"as CSV: {said}")


def wait_a_second(t: Session) -> None:
    """Let the next record have another second."""
    if t.target.embedded or t.run.remaining() is None:
        time.sleep(1.05)


def sheet(
    t: Session, path: str, by: Place = "bearer", **query: Any
) -> tuple[Exchange, list[list[str]]]:
    """Ask for a CSV document and read it."""
    answer = t.send("GET", path, query={"format": "csv", **query}, by=by)
    if answer.status == 403:
        raise CannotTell("the run's key lacks the permission for it (403)")
    t.ok(answer, f"GET {path} as CSV")
    return answer, list(csv.reader(io.StringIO(answer.text(), newline="")))


def is_attachment(t: Session, answer: Exchange, stem: str, before: datetime) -> None:
    """Say that an answer is a CSV file of today."""
    kind = answer.header("content-type") or ""
    t.require(kind.partition(";")[0].strip().lower() == "text/csv", f"the Content-Type is {kind!r}")
    found = answer.header("content-disposition") or ""
    names = {f"{stem}-{moment:%Y-%m-%d}.csv" for moment in (before, now())}
    match = re.fullmatch(r'attachment;\s*filename="?([^"]+)"?', found)
    t.require(match and match[1] in names, f"Content-Disposition is {found!r}")


@check("ACC-USAGE-07", operations=USAGE, needs=MAIN)
def usage_csv_is_a_file(t: Session) -> None:
    """The CSV form is an attachment named after today."""
    before = now()
    later = (before + timedelta(days=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
    queries: tuple[dict[str, Any], ...] = ({}, {"limit": 5}, {"before": later}, {"by": "query"})
    for query in queries:
        answer, _ = sheet(t, "/account/usage", **query)
        is_attachment(t, answer, "pollinations-usage", before)


@check("ACC-USAGE-08", operations=USAGE, needs=MAIN)
def usage_csv_names_its_columns(t: Session) -> None:
    """The first line of the CSV form names the sixteen columns."""
    queries: tuple[dict[str, Any], ...] = ({"limit": 5}, {"before": NO_RECORDS}, {"by": "query"})
    for query in queries:
        answer, _ = sheet(t, "/account/usage", **query)
        line = re.split(r"\r?\n", answer.text())[0]
        t.require(line == ",".join(COLUMNS), f"the first line is {line[:200]!r}")


@check("ACC-USAGE-09", operations=USAGE, needs=MAIN, cost={"image": 4})
def usage_csv_is_well_formed(t: Session) -> None:
    """Every line has sixteen fields, null is empty, and nothing follows the last record."""
    history(t)
    answer, _ = sheet(t, "/account/usage", limit=1)
    t.require(not answer.text().endswith("\n"), "a line follows the only record")
    answer, rows = sheet(t, "/account/usage", limit=10)
    t.require(not answer.text().endswith("\n"), "a line follows the last record")
    for number, row in enumerate(rows):
        t.require(len(row) == len(COLUMNS), f"line {number + 1} has {len(row)} fields")
    said = usage_sheets_are_well_formed(answer)
    t.require(not said, said or "")
    same_nulls(t, rows)
    again = io.StringIO()
    writer = csv.writer(again, lineterminator="\n")
    writer.writerows(rows)
    t.require(
        again.getvalue().removesuffix("\n") == answer.text(), "quoting is not that of RFC 4180"
    )


def same_nulls(t: Session, rows: list[list[str]]) -> None:
    """Say that what is null in the JSON form is an empty field in the CSV form."""
    items = records(t, limit=10)
    texts = {str(value) for item in items for value in item.values() if value is not None}
    for row in rows[1:]:
        t.require("null" not in row or "null" in texts, f"null is written out: {row}")
    for item in items:
        lines = [row for row in rows[1:] if row[0] == item.get("timestamp")]
        for name in [name for name in COLUMNS if item.get(name) is None]:
            place = COLUMNS.index(name)
            values = {row[place] for row in lines}
            t.require(not values or "" in values, f"null as {name} is written {values}")


@check("ACC-USAGE-09", operations=USAGE, needs="named", cost={"image": 1})
def odd_names_are_quoted(t: Session) -> None:
    """A key's name with a comma and quotation marks is one field of the CSV form."""
    info = get(t, "/account/key", key="named")
    name = str(info.get("name"))
    if not {",", '"'} & set(name):
        raise CannotTell(
            "the name of the key of the role 'named' has no comma and no quotation mark"
        )
    spend(t, "named")

    def ask() -> list[list[str]]:
        answer = t.ok(t.send("GET", "/account/usage", key="named",
                             query={"format": "csv", "limit": 100}))  # fmt: skip
        return list(csv.reader(io.StringIO(answer.text(), newline="")))

    rows: list[list[str]] = settled(
        t, ask, lambda found: any(name in row and len(row) == len(COLUMNS) for row in found)
    )
    good = [row for row in rows if len(row) == len(COLUMNS) and name == row[3]]
    t.require(good, f"no line of the CSV form has the key's name {name!r} as one field")


def cell(value: Any) -> str:
    """Write a value of a record as the CSV form does, numbers aside."""
    return "" if value is None else str(value)


def same(a: str, b: Any) -> bool:
    """Whether a CSV field and a JSON value are the same."""
    if isinstance(b, int | float) and not isinstance(b, bool):
        try:
            return abs(float(a or "0") - b) <= 1e-9 * max(1.0, abs(b))
        except ValueError:
            return False
    return a == cell(b)


@check(
    "ACC-USAGE-10",
    operations=USAGE,
    needs=MAIN,
    cost={"image": 4, "text": 3, "audio": 1},
    alone=True,
)
def usage_csv_has_the_same_records(t: Session) -> None:
    """The CSV form has the records of the JSON form, of every kind of generation."""
    history(t)
    for operation in ("createChatCompletion", "createSpeech"):
        if not t.run.operations[operation].missing:
            generate(t, operation)
    special_counts(t)
    mark = (now() + timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
    for _ in range(3):  # another client of the account may add a record in between
        before = records(t, limit=20, before=mark)
        _, rows = sheet(t, "/account/usage", limit=20, before=mark)
        if before == records(t, limit=20, before=mark):
            break
    else:
        raise CannotTell("the account is in use by somebody else")
    t.require(len(rows) - 1 == len(before), f"JSON has {len(before)} records, CSV {len(rows) - 1}")
    for number, (row, item) in enumerate(zip(rows[1:], before, strict=True)):
        for name, value in zip(COLUMNS, row, strict=False):
            t.require(
                same(value, item.get(name)),
                f"record {number}, {name}: CSV has {value!r}, JSON {item.get(name)!r}",
            )


@check("ACC-USAGE-11", operations=USAGE, needs=MAIN)
def unknown_formats_are_refused(t: Session) -> None:
    """A format other than json or csv is a 400 naming it, for both kinds of usage."""
    wrong(t, "/account/usage", "format", "xml", "CSV", "", " csv")
    if not t.run.operations[DAILY].missing:
        wrong(t, "/account/usage/daily", "format", "xml")


@check("ACC-USAGE-12", operations=USAGE, needs=MAIN, cost={"image": 4})
def stamps_have_their_form(t: Session) -> None:
    """Timestamps are written YYYY-MM-DD HH:mm:ss, in UTC."""
    for item in history(t):
        text = str(item.get("timestamp"))
        try:
            moment = datetime.strptime(text, "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC)
        except ValueError:
            moment = None
        t.require(moment is not None and len(text) == 19, f"a timestamp is {text!r}")
        t.require(moment and moment <= now() + timedelta(minutes=5), f"{text} is to come")
    answer, _ = sheet(t, "/account/usage", limit=10)
    said = usage_tells_the_time(answer)
    t.require(not said, f"as CSV: {said}")


@check("ACC-USAGE-12", operations=USAGE, needs=MAIN, cost={"image": 1}, alone=True)
def stamps_are_in_utc(t: Session) -> None:
    """The record of a generation that was just made is of this minute, in UTC."""
    old = records(t, limit=20)
    spend(t, MAIN)
    done = now()
    found = settled(t, lambda: added(t, old), bool)
    if not found:
        raise CannotTell("the record of a generation that was just made is not there yet")
    moment = moment_of(str(found[0].get("timestamp")))
    t.require(
        moment and abs(done - moment) < timedelta(minutes=10),
        f"a record of {found[0].get('timestamp')} appeared after a generation at {done:%H:%M:%S} UTC",
    )


def added(t: Session, old: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """List the newest records that were not among the newest before."""
    # Records of the same second may be equal, so that they have to be counted.
    rest = [repr(sorted(item.items(), key=str)) for item in old]
    found: list[dict[str, Any]] = []
    for item in records(t, limit=21):
        text = repr(sorted(item.items(), key=str))
        if text in rest:
            rest.remove(text)
        else:
            found.append(item)
    return found


COUNTERS = {
    "input_text_tokens": "x-usage-prompt-text-tokens",
    "input_cached_tokens": "x-usage-prompt-cached-tokens",
    "output_text_tokens": "x-usage-completion-text-tokens",
    "output_reasoning_tokens": "x-usage-completion-reasoning-tokens",
    "output_audio_tokens": "x-usage-completion-audio-tokens",
    "output_image_tokens": "x-usage-completion-image-tokens",
}
RECORDED = {
    "createChatCompletion": "generate.text",
    "generateText": "generate.text",
    "generateImage": "generate.image",
    "generateAudio": "generate.audio",
    "createSpeech": "generate.audio",
}
"""Operations whose records have a known type."""


def special_counts(t: Session) -> list[Exchange]:
    """Ask for what is counted apart: a long question that may be cached, and an answer thought over."""
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


def special_tokens_are_recorded(t: Session) -> None:
    """Cached and reasoning tokens of an answer stand in their own columns of its record."""
    old = records(t, limit=20)
    answers = [answer for answer in special_counts(t) if answer.ok]
    found = settled(t, functools.partial(added, t, old), lambda items: len(items) >= len(answers))
    for answer in answers:
        model = answer.header("x-model-used")
        told = [{x: item.get(x) for x in COUNTERS} for item in found if item.get("model") == model]
        wanted = {x: int(answer.header(header) or "0") for x, header in COUNTERS.items()}
        if not told or (wanted not in told and len(found) < len(answers)):
            raise CannotTell("no record of the answer is there yet")
        if wanted not in told and not is_loopback(t.target.base_url) and len(found) > len(answers):
            raise CannotTell("the account is in use by somebody else")
        t.require(wanted in told, f"an answer of {wanted} is recorded as {told}")


def tells_others(before: Any, body: dict[str, Any]) -> bool:
    """Whether usage has other records than it had."""
    return bool(body.get("usage") != before)


@check("ACC-USAGE-13", operations=USAGE, needs=MAIN, cost={"text": 4}, alone=True)
def generations_of_every_key_are_recorded(t: Session) -> None:
    """A generation with another key, with the key in the query, or not to be cached is recorded."""
    t.need_operation("createChatCompletion")
    ways: list[tuple[str, dict[str, Any]]] = [(MAIN, {"by": "query"}), (MAIN, {"seed": -1})]
    ways += [(role, {}) for role in ("budgeted", "publishable") if role in t.target.keys]
    for role, options in ways:
        # The newest alone: an account may have tens of thousands.
        query = {"limit": "21"}
        if t.send("GET", "/account/usage", key=role, query={"limit": "1"}).status == 403:
            continue  # this key lacks the permission for it
        asking = functools.partial(get, t, "/account/usage", key=role, query=query)
        before = asking().get("usage")
        answer = t.chat(key=role, throttled=role == "publishable", **options)
        if answer.status == 429 and role == "publishable":
            continue
        made(t, answer)
        after = settled(t, asking, functools.partial(tells_others, before))
        if after.get("usage") == before and not is_loopback(t.target.base_url):
            raise CannotTell("no record is there yet; the service may write it later")
        t.require(
            after.get("usage") != before,
            f"a generation ({options or 'as usual'}) with a key of the role {role!r} left no record",
        )


@check("ACC-USAGE-13", operations=USAGE, needs=MAIN, cost={**ALL, "text": 6}, alone=True)
def generations_are_recorded(t: Session) -> None:
    """Every generation, streams included, appears as a record with its model, tokens and cost."""
    for operation in (*available(t, *SPENDING), STREAM):
        old = records(t, limit=20)
        answer, cost = spent(t, operation)
        if not cost:
            continue
        used = answer.header("x-model-used")

        kind = RECORDED.get(operation)
        begin = time.monotonic()
        found = settled(t, functools.partial(added, t, old), bool)
        if not found and not is_loopback(t.target.base_url):
            waited = time.monotonic() - begin
            raise CannotTell(f"no record after {waited:.0f} s; the service may write it later")
        t.require(found, f"{operation} left no record in /account/usage")
        # Another client of the account may have left records as well.
        own = [row for row in found if (row.get("type"), row.get("model")) == (kind, used)]
        if not own and len(found) > 1:
            raise CannotTell("the account is in use by somebody else")
        item = own[0] if own else found[0]
        t.require(
            kind is None or item.get("type") == kind,
            f"{operation}: the record's type is {item.get('type')!r}, not {kind}",
        )
        told = item.get("cost_usd")
        if operation == STREAM:  # neither model nor cost stand in a header of it
            t.require(isinstance(told, int | float) and told > 0, f"a stream's cost is {told!r}")
            t.require(item.get("model"), f"the model of a stream's record is {item.get('model')!r}")
            continue
        t.require(
            item.get("model") == used,
            f"{operation}: the record's model is {item.get('model')!r}, not {used!r}",
        )
        t.require(
            isinstance(told, int | float) and abs(told - cost) <= max(1e-9, cost * 0.01),
            f"{operation}: the record's cost is {told!r}, by price and usage it is {cost:.8g}",
        )
        for column, name in COUNTERS.items():
            count, header = item.get(column), answer.header(name)
            t.require(
                count == int(header or "0"), f"the record's {column} is {count!r}, {name} {header}"
            )
    special_tokens_are_recorded(t)


def days(t: Session) -> list[dict[str, Any]]:
    """Give the daily records of an account that has some, shared by all checks that only look."""

    def ask() -> list[dict[str, Any]]:
        # The report is kept for an hour, so that something must be spent before it is asked for.
        if "other" in t.target.keys:
            singles = everything(t)[0]
            if singles:
                return everything(t)[1]
        return records(t, "/account/usage/daily")

    return t.once("days", ask)


def day_sheet(t: Session) -> Exchange:
    """Give the CSV form of an account that has some days, shared by all checks that only look."""

    def ask() -> Exchange:
        days(t)
        role = "other" if "other" in t.target.keys else MAIN
        return t.ok(t.send("GET", "/account/usage/daily", query={"format": "csv"}, key=role))

    return t.remember(t.once("sheet of days", ask))


def everything(t: Session) -> tuple[list[Any], list[Any]]:
    """Spend with the second key, then give all its single records and its days."""

    def ask() -> tuple[list[Any], list[Any]]:
        old: list[Any] = (
            get(t, "/account/usage", key="other", query={"limit": 50000}).get("usage") or []
        )
        spend(t, "other")
        more = ("createSpeech", "createChatCompletion")
        there = [name for name in more if not t.run.operations[name].missing]
        kinds = [name for name in there if generate(t, name, key="other").ok]
        spend(t, "other")  # again at the end: of the newest records the days may not know yet
        singles: list[Any] = settled(
            t,
            lambda: (
                get(t, "/account/usage", key="other", query={"limit": 50000}).get("usage") or []
            ),
            lambda items: len(items) >= len(old) + 2 + len(kinds),
        )
        found: Any = get(t, "/account/usage/daily", key="other").get("usage")
        return singles, found if is_list(found) else []

    return t.once("records and days", ask)


@check("ACC-DAILY-01", operations=DAILY, needs=MAIN, cost=DAYS)
def daily_counts_its_records(t: Session) -> None:
    """count is the number of records."""
    days(t)
    asking = (MAIN, "other") if "other" in t.target.keys else (MAIN,)
    for role, by in itertools.product(asking, PLACES):
        found = get(t, "/account/usage/daily", key=role, by=by)
        t.require(
            found.get("count") == len(found.get("usage") or []),
            f"count is {found.get('count')!r} for {len(found.get('usage') or [])} records",
        )


@check("ACC-DAILY-02", operations=DAILY, needs="unpermitted")
def daily_needs_permission(t: Session) -> None:
    """The daily usage is a 403 for a key without the permission."""
    forbidden(t, "/account/usage/daily", "usage")


@check("ACC-DAILY-03", operations=DAILY, needs=MAIN, cost=DAYS)
def days_are_recent(t: Session) -> None:
    """Dates are written YYYY-MM-DD and lie within the last 90 days."""
    answer = day_sheet(t)
    earliest = (min(present(answer), now()) - timedelta(days=91)).date()
    latest = (max(present(answer), now()) + timedelta(minutes=5)).date()
    for item in days(t):
        text = str(item.get("date"))
        try:
            day = datetime.strptime(text, "%Y-%m-%d").date()
        except ValueError:
            day = None
        t.require(day is not None and len(text) == 10, f"a date is {text!r}")
        if day is not None:
            t.require(
                earliest <= day <= latest,
                f"the date {text} is not within the last 90 days",
            )
    said = days_have_dates(day_sheet(t))
    t.require(not said, f"as CSV: {said}")


@check("ACC-DAILY-04", operations=DAILY, needs=MAIN, cost=DAYS)
def days_are_told_once(t: Session) -> None:
    """No two records have the same date, model and meter."""
    seen: set[tuple[str, str, str]] = set()
    for item in days(t):
        place = (str(item.get("date")), str(item.get("model")), str(item.get("meter_source")))
        t.require(place not in seen, f"two records for {place}")
        seen.add(place)
    said = days_stand_once(day_sheet(t))
    t.require(not said, f"as CSV: {said}")


@check("ACC-DAILY-05", operations=DAILY, needs=MAIN)
def daily_csv_is_a_file(t: Session) -> None:
    """The CSV form is an attachment named after today, with five columns."""
    before = now()
    answer, _ = sheet(t, "/account/usage/daily", by="query")
    is_attachment(t, answer, "pollinations-usage-daily", before)
    answer, rows = sheet(t, "/account/usage/daily")
    is_attachment(t, answer, "pollinations-usage-daily", before)
    line = re.split(r"\r?\n", answer.text())[0]
    t.require(line == ",".join(DAILY_COLUMNS), f"the first line is {line[:200]!r}")
    for number, row in enumerate(rows):
        t.require(len(row) == len(DAILY_COLUMNS), f"line {number + 1} has {len(row)} fields")
    t.require(not answer.text().endswith("\n"), "a line follows the last record")


def daily(t: Session, role: str) -> list[Any]:
    """Ask for the daily records of a key."""
    found: Any = get(t, "/account/usage/daily", key=role).get("usage")
    t.require(is_list(found), "usage is no list")
    return list(found)


@check("ACC-DAILY-06", operations=DAILY, needs=MAIN, cost={**DAYS, "image": 4}, alone=True)
def daily_holds_for_an_hour(t: Session) -> None:
    """The same records come again, in either form, although something was spent in between."""
    if now().minute == 59 and now().second > 50:
        raise CannotTell("the hour is about to end")
    # An account that has spent, or there would be nothing that could differ.
    days(t)
    role = "other" if "other" in t.target.keys else MAIN
    query = {"format": "csv"}
    first = daily(t, role)
    spend(t, role)
    again = daily(t, role)
    if first != again and not t.target.embedded:
        # The hour may have ended just then; it cannot end twice.
        first = again
        spend(t, role)
        again = daily(t, role)
    t.require(first == again, "two calls within the hour report other records")
    answer = t.ok(t.send("GET", "/account/usage/daily", query=query, key=role))
    rows = list(csv.reader(io.StringIO(answer.text(), newline="")))
    said = differing(t, role)
    if said and not t.target.embedded:
        said = differing(t, role)  # the hour may have ended just then; it cannot end twice
    t.require(not said, said)
    t.require(len(rows) - 1 == len(again), f"JSON has {len(again)} records, CSV {len(rows) - 1}")
    for row, item in zip(rows[1:], again, strict=True):
        for name, value in zip(DAILY_COLUMNS, row, strict=False):
            t.require(
                same(value, item.get(name)),
                f"{name}: CSV has {value!r}, JSON {item.get(name)!r}",
            )


def differing(t: Session, role: str) -> str:
    """Say where four reports in a row, in either form, differ; empty when they do not."""
    sheets: set[str] = set()
    reports: list[Any] = []
    for by in PLACES:
        query = {"format": "csv"}
        answer = t.send("GET", "/account/usage/daily", query=query, key=role, by=by)
        sheets.add(t.ok(answer).text())
        reports.append(get(t, "/account/usage/daily", key=role, by=by).get("usage"))
    if len(sheets) > 1:
        return "two CSV forms within the hour are not the same"
    return "" if reports[0] == reports[1] else "two calls within the hour report other records"


@check("ACC-DAILY-07", operations=(USAGE, DAILY), needs="other", cost=DAYS, alone=True)
def days_are_sums_of_records(t: Session) -> None:
    """For an account used by nobody else the days are the sums of the single records."""
    # The daily report may be up to an hour old: then it is that of some records less.
    singles, days_ = everything(t)
    recent = f"{now() - timedelta(minutes=65):%Y-%m-%d %H:%M:%S}"
    late = sum(str(item["timestamp"]) > recent for item in singles)
    first = min((str(item["timestamp"])[:10] for item in singles), default="9999")
    said = [disagreement(singles[missing:], days_, first) for missing in range(late + 1)]
    if said[0] and not all(said) and not t.target.embedded:
        raise CannotTell("the daily report is older than the records")
    t.require(not said[0], said[0])


def disagreement(singles: list[Any], days_: list[Any], first: str) -> str:
    """Say where days, from a first one on, are not the sums of records; empty when they are."""
    sums: dict[tuple[str, str, str], list[float]] = {}
    for item in singles:
        place = (str(item["timestamp"])[:10], str(item["model"]), str(item["meter_source"]))
        entry = sums.setdefault(place, [0, 0.0])
        entry[0] += 1
        entry[1] += float(item["cost_usd"])
    told = {
        (str(d["date"]), str(d["model"]), str(d["meter_source"])): [
            float(d["requests"]),
            float(d["cost_usd"]),
        ]
        for d in days_
    }
    edge = min((place[0] for place in sums), default="")
    for place, (count, cost) in sums.items():
        if place[0] == edge and len(singles) > 1000:
            continue  # of the oldest day the single records may not all be there any more
        there = told.get(place)
        if there is None:
            return f"the daily report has nothing for {place}"
        if there[0] != count or abs(there[1] - cost) > max(1e-9, cost * 1e-6):
            return f"{place}: {count} records cost {cost:.8g}, the day says {there}"
    # Days may go back further than records do.
    more = [place for place in told if place not in sums and place[0] >= first]
    return f"the daily report has {more[0]}, of which there is no record" if more else ""


@check("ACC-KEY-01", operations=KEY, needs=MAIN)
def key_has_all_fields(t: Session) -> None:
    """The key's description has eight fields, and valid is true."""
    found = get(t, "/account/key")
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
    t.require(wanted <= set(found), f"it lacks {sorted(wanted - set(found))}")
    t.require(found["valid"] is True, f"valid is {found['valid']!r}")
    for role, by in itertools.product(roles(t), PLACES):
        other = t.send("GET", "/account/key", key=role, by=by)
        said = keys_are_described(other)
        t.require(not said, f"of a key of the role {role!r}: {said}")


@check("ACC-KEY-02", operations=KEY, needs="unpermitted")
def key_needs_no_permission(t: Session) -> None:
    """A key without any permission may ask about itself."""
    for by in PLACES:
        answer = t.send("GET", "/account/key", key="unpermitted", by=by)
        t.ok(answer, f"GET /account/key without permission, the key in the {by}")
    head = t.send("HEAD", "/account/key", key="unpermitted")
    if not no_head(head):
        t.ok(head, "HEAD /account/key without permission")
    for role in roles(t):
        answer = t.send("GET", "/account/key", key=role)
        t.require(answer.status != 403, f"GET /account/key with a key of the role {role!r} is 403")


@check("ACC-KEY-03", operations=KEY)
def key_is_needed(t: Session) -> None:
    """No key, or an unknown one, is a 401."""
    places: tuple[tuple[str | None, Place], ...] = (
        (None, "bearer"),
        ("bogus", "bearer"),
        ("bogus", "query"),
    )
    if "expired" in t.target.keys:
        places = (*places, ("expired", "bearer"), ("expired", "query"))
    for key, by in places:
        answer = t.send("GET", "/account/key", key=key, by=by)
        t.refused(answer, 401, f"GET /account/key with the key {key} in the {by}")
    for value in ("Bearer", f"Bearer pk_{NOT_A_KEY[3:19]}"):
        answer = t.send("GET", "/account/key", key=None, headers={"Authorization": value})
        t.refused(answer, 401, f"GET /account/key with Authorization: {value}")


def roles(t: Session) -> list[str]:
    """List the roles that can ask about themselves."""
    found = [role for role in t.target.keys.roles() if role != "expired"]
    if not found:
        t.need_key(MAIN)
    return found


@check("ACC-KEY-04", operations=KEY, needs=MAIN)
def expiry_is_told_twice_or_not_at_all(t: Session) -> None:
    """expiresIn is null exactly when expiresAt is."""
    for role, by in itertools.product(roles(t), PLACES):
        found = get(t, "/account/key", key=role, by=by)
        t.require(
            (found.get("expiresIn") is None) == (found.get("expiresAt") is None),
            f"expiresIn is {found.get('expiresIn')!r}, expiresAt {found.get('expiresAt')!r}",
        )


@check("ACC-KEY-05", operations=KEY, needs="expiring")
def expiry_is_counted_in_seconds(t: Session) -> None:
    """expiresIn is the whole seconds until expiresAt."""
    for by in PLACES:
        counted_in_seconds(t, t.ok(t.send("GET", "/account/key", key="expiring", by=by)))


def counted_in_seconds(t: Session, answer: Exchange) -> None:
    """Say that expiresIn of a key is the whole seconds until expiresAt."""
    found = t.object(answer)
    at = instant(found.get("expiresAt"))
    if at is None and found.get("expiresAt") is None:
        raise CannotTell("the key of the role 'expiring' does not expire")
    t.require(at is not None, f"expiresAt is {found.get('expiresAt')!r}")
    told = found.get("expiresIn")
    # The server's own clock, where it tells it, leaves no room for a difference between clocks.
    clock, room = server_time(answer)
    left = max(0.0, (at - clock).total_seconds()) if at else 0.0
    t.require(
        isinstance(told, int)
        and not isinstance(told, bool)
        and told >= 0
        and abs(told - left) < room,
        f"expiresIn is {told!r}, until expiresAt it is {left:.0f} s",
    )


def server_time(answer: Exchange) -> tuple[datetime, float]:
    """Give the time at which an answer was made, and by how many seconds it may be wrong."""
    try:
        return parsedate_to_datetime(answer.header("date") or ""), 5.0
    except ValueError:
        return now(), 60.0


@check("ACC-KEY-06", operations=KEY, needs=MAIN)
def type_is_that_of_the_key(t: Session) -> None:
    """type is publishable for pk_ and secret for sk_."""
    for role in roles(t):
        key = t.target.keys.get(role) or ""
        wanted = {"pk_": "publishable", "sk_": "secret"}.get(key[:3])
        if wanted is not None:
            for by in PLACES:
                found = get(t, "/account/key", key=role, by=by).get("type")
                t.require(found == wanted, f"the type of a {key[:3]} key is {found!r}")


@check("ACC-KEY-07", operations=KEY, needs=MAIN)
def permissions_have_short_names(t: Session) -> None:
    """permissions.account has profile, balance and usage, or is null."""
    for role in roles(t):
        permissions: Any = get(t, "/account/key", key=role).get("permissions")
        t.require(is_object(permissions), f"permissions is {permissions!r}")
        names = permissions.get("account")
        good = names is None or (
            is_list(names) and set(map(str, names)) <= {"profile", "balance", "usage"}
        )
        t.require(good, f"permissions.account is {names!r}")
        if role == "unpermitted":
            t.require(names is None, f"permissions.account of a key without any is {names!r}")
        t.require(names != [], "permissions.account of a key without any is [], not null")
        for name in ("profile", "balance", "usage"):
            answer = t.send("GET", f"/account/{name}", key=role)
            told = is_list(names) and name in names
            t.require(
                not (answer.status == 200 and not told) and not (answer.status == 403 and told),
                f"permissions.account is {names!r}, GET /account/{name} is {answer.status}",
            )


@check("ACC-KEY-08", operations=KEY, needs="restricted")
def models_are_listed_for_restricted_keys(t: Session) -> None:
    """permissions.models has ids for a restricted key."""
    permissions: Any = get(t, "/account/key", key="restricted").get("permissions")
    names = permissions.get("models") if is_object(permissions) else None
    t.require(is_list(names) and names, f"permissions.models is {names!r}")
    told = set(map(str, names or []))
    t.require(told == set(allowed_models(t)), "the list changes")
    seen: set[str] = set()
    for path in ("/text/models", "/image/models", "/audio/models"):
        answer = t.send("GET", path, key="restricted", probe=True)
        if answer.ok:
            seen |= {str(item.get("name")) for item in t.array(answer)}
    t.require(seen <= told, f"the lists show {sorted(seen - told)}, which the key is not told of")
    if not t.run.operations["createChatCompletion"].missing:
        for name in sorted(told & {model.name for model in t.catalogue.text} - seen):
            # A list may hide what the key may use; but then it may use it.
            arguments = change(t, "createChatCompletion", model=name)
            answer = t.send(**arguments, key="restricted", free=True)
            t.excuse(answer)
            t.require(answer.status != 403, f"the key is told of {name}, which it may not use")
    if "barred" in t.target.keys and "barred" not in t.run.refused:
        other: Any = get(t, "/account/key", key="barred").get("permissions")
        names = other.get("models") if is_object(other) else None
        t.require(is_list(names) and names, f"permissions.models of a barred key is {names!r}")
    there = [role for role in ("restricted", "barred") if role in t.target.keys]
    for role in [role for role in there if role not in t.run.refused]:
        both = [t.send("GET", "/account/key", key=role, by=by) for by in PLACES]
        if all(answer.ok for answer in both):
            found: list[Any] = [t.object(answer).get("permissions") for answer in both]
            lists: list[Any] = [item.get("models") if is_object(item) else None for item in found]
            same = all(map(is_list, lists)) and set(lists[0]) == set(lists[1])
            t.require(same, f"the key in the query has permissions.models {lists[1]}")


@check("ACC-KEY-08", operations=KEY, needs=MAIN, cost=ONE)
def models_are_null_for_other_keys(t: Session) -> None:
    """permissions.models is null for a key that may use every model."""
    permissions: Any = get(t, "/account/key").get("permissions")
    names = permissions.get("models") if is_object(permissions) else "?"
    if is_list(names) and not t.run.operations["createChatCompletion"].missing:
        others = [
            m for m in t.catalogue.text if m.name not in names and m.outputs in {(), ("text",)}
        ]
        if not others or not t.chat(model=min(others, key=lambda m: m.estimate()).name).ok:
            raise CannotTell("the run's key is restricted to some models")
    t.require(names is None, f"permissions.models is {names!r}")
    everything = {model.name for model in t.catalogue.text}
    for role in [role for role in ("other", "publishable", "budgeted") if role in t.target.keys]:
        found: Any = get(t, "/account/key", key=role).get("permissions")
        answer = t.send("GET", "/text/models", key=role, probe=True)
        if answer.ok and {str(item.get("name")) for item in t.array(answer)} == everything:
            names = found.get("models") if is_object(found) else "?"
            t.require(
                names is None or set(map(str, names)) >= everything,
                f"permissions.models of a key that sees every model is {names!r}",
            )
