"""Check the daily sums of what was spent."""

import csv
import io
import itertools
import re
from datetime import datetime, timedelta
from typing import Any

from pollinations_conformance.checks.common.accounts import (
    DAILY,
    USAGE,
    account_json,
    assert_forbidden,
    assert_is_attachment,
    equal_cells,
    generate_and_price,
    need_dates,
    usage_csv,
    usage_records_of,
    wait_until,
)
from pollinations_conformance.checks.common.keys import PLACES
from pollinations_conformance.checks.common.requests import generate
from pollinations_conformance.checks.common.responses import (
    attachment_problem,
    csv_rows,
    present,
    usage_records,
)
from pollinations_conformance.http.json import is_list, is_object
from pollinations_conformance.suite import MAIN, Exchange, NotTested, Session, check, watch

DAILY_COLUMNS = ["date", "model", "meter_source", "requests", "cost_usd"]


DAYS = {"image": 2, "text": 1, "audio": 1}
"""What it takes to have days to look at."""


def daily_records(t: Session) -> list[dict[str, Any]]:
    """Return the daily records of an account that has some, shared by all checks that only read it."""

    def send() -> list[dict[str, Any]]:
        # The report is kept for an hour, so that something must be spent before it is requested.
        if "other-account" in t.target.keys:
            singles = both_records(t)[0]
            if singles:
                return both_records(t)[1]
        return usage_records_of(t, "/account/usage/daily")

    return t.once("days", send)


def daily_csv(t: Session) -> Exchange:
    """Return the CSV form of an account that has some days, shared by all checks that only read it."""

    def send() -> Exchange:
        daily_records(t)
        role = "other-account" if "other-account" in t.target.keys else MAIN
        return t.assert_success(
            t.send("GET", "/account/usage/daily", query={"format": "csv"}, key=role)
        )

    return t.attach(t.once("sheet of days", send))


def both_records(t: Session) -> tuple[list[Any], list[Any], int]:
    """Spend with the second key, and return all its single records and its days.

    Returns:
        The records, newest first, the days, and how many records may be newer than the days:
        other checks spend with that key too, and the days are the same for an hour.
    """

    def read() -> list[Any]:
        query = {"limit": 50000}
        found: Any = account_json(
            t, "/account/usage", "ACC-USAGE-03", key="other-account", query=query
        ).get("usage")
        return found if is_list(found) else []

    def send() -> tuple[list[Any], list[Any], int]:
        old = read()
        generate_and_price(t, "other-account")
        more = ("createSpeech", "createChatCompletion")
        there = [name for name in more if not t.run.operations[name].missing]
        kinds = [name for name in there if generate(t, name, key="other-account").ok]
        # Again at the end: of the newest records the days may not know yet.
        generate_and_price(t, "other-account")
        before = wait_until(t, read, lambda items: len(items) >= len(old) + 2 + len(kinds))
        found: Any = account_json(t, "/account/usage/daily", key="other-account").get("usage")
        singles = read()
        return singles, found if is_list(found) else [], max(0, len(singles) - len(before))

    return t.once("records and days", send)


@watch("ACC-DAILY-01")
def every_daily_count_is_the_number_of_records(exchange: Exchange) -> str | None:
    """count is the number of daily records."""
    found = usage_records(exchange, "getAccountUsageDaily")
    if found is None:
        return None
    count, there = found[0].get("count"), len(found[1])
    return "" if count == there else f"count is {count!r} for {there} records"


@check("ACC-DAILY-01", operations=DAILY, needs=MAIN, cost=DAYS, assumes="ACC-USAGE-03")
def daily_counts_its_records(t: Session) -> None:
    """count is the number of records."""
    daily_records(t)
    sending = (MAIN, "other-account") if "other-account" in t.target.keys else (MAIN,)
    for role, by in itertools.product(sending, PLACES):
        found = account_json(t, "/account/usage/daily", key=role, by=by)
        t.assert_that(
            found.get("count") == len(found.get("usage") or []),
            f"count is {found.get('count')!r} for {len(found.get('usage') or [])} records",
        )


@check("ACC-DAILY-02", operations=DAILY, needs="no-permissions")
def daily_needs_permission(t: Session) -> None:
    """The daily usage is a 403 for a key without the permission."""
    assert_forbidden(t, "/account/usage/daily", "usage")


def daily_rows(exchange: Exchange) -> list[dict[str, Any]] | None:
    """Return the daily records of either form; None when the response has none."""
    rows = csv_rows(exchange, "getAccountUsageDaily")
    if rows is not None:
        return [dict(zip(DAILY_COLUMNS, row, strict=False)) for row in rows[1:]]
    found = usage_records(exchange, "getAccountUsageDaily")
    return None if found is None else [item for item in found[1] if is_object(item)]


@watch("ACC-DAILY-03")
def every_daily_date_is_recent(exchange: Exchange) -> str | None:
    """Dates have their form and lie within the last 90 days, in either form."""
    found = daily_rows(exchange)
    if found is None:
        return None
    here = present(exchange)
    earliest, latest = (here - timedelta(days=91)).date(), (here + timedelta(minutes=5)).date()
    for item in found:
        text = str(item.get("date"))
        if not re.fullmatch(r"\d{4}-\d\d-\d\d", text):
            return f"a date is {text!r}"
        try:
            day = datetime.fromisoformat(text).date()
        except ValueError:
            return f"a date is {text!r}"
        if not earliest <= day <= latest:
            return f"the date {text} is not within the last 90 days"
    return ""


@check("ACC-DAILY-03", operations=DAILY, needs=MAIN, cost=DAYS, assumes="ACC-USAGE-03")
def daily_dates_are_recent(t: Session) -> None:
    """Dates are written YYYY-MM-DD and lie within the last 90 days."""
    response = daily_csv(t)
    earliest = (min(present(response), t.now()) - timedelta(days=91)).date()
    latest = (max(present(response), t.now()) + timedelta(minutes=5)).date()
    for item in daily_records(t):
        text = str(item.get("date"))
        try:
            day = datetime.strptime(text, "%Y-%m-%d").date()
        except ValueError:
            day = None
        t.assert_that(day is not None and len(text) == 10, f"a date is {text!r}")
        if day is not None:
            t.assert_that(
                earliest <= day <= latest,
                f"the date {text} is not within the last 90 days",
            )
    problem = every_daily_date_is_recent(daily_csv(t))
    t.assert_that(not problem, f"as CSV: {problem}")


@watch("ACC-DAILY-04")
def every_daily_record_is_unique(exchange: Exchange) -> str | None:
    """No two daily records have the same date, model and meter, in either form."""
    found = daily_rows(exchange)
    if found is None:
        return None
    places = [(str(i.get("date")), i.get("model"), i.get("meter_source")) for i in found]
    twice = [place for place in places if places.count(place) > 1]
    return f"two records for {twice[0]}" if twice else ""


@check("ACC-DAILY-04", operations=DAILY, needs=MAIN, cost=DAYS, assumes="ACC-USAGE-03")
def daily_records_are_unique(t: Session) -> None:
    """No two records have the same date, model and meter."""
    seen: set[tuple[str, str, str]] = set()
    for item in daily_records(t):
        place = (str(item.get("date")), str(item.get("model")), str(item.get("meter_source")))
        t.assert_that(place not in seen, f"two records for {place}")
        seen.add(place)
    problem = every_daily_record_is_unique(daily_csv(t))
    t.assert_that(not problem, f"as CSV: {problem}")


@watch("ACC-DAILY-05")
def every_daily_csv_is_a_file(exchange: Exchange) -> str | None:
    """The CSV form of daily usage is a file named after today, with five columns."""
    rows = csv_rows(exchange, "getAccountUsageDaily")
    if rows is None:
        return None
    problem = attachment_problem(exchange, "pollinations-usage-daily")
    if problem:
        return problem
    if not rows or rows[0] != DAILY_COLUMNS:
        return f"the first line is {exchange.text()[:100]!r}"
    odd = [row for row in rows if len(row) != len(DAILY_COLUMNS)]
    return f"a line has {len(odd[0])} fields" if odd else ""


@check("ACC-DAILY-05", operations=DAILY, needs=MAIN)
def daily_csv_is_a_file(t: Session) -> None:
    """The CSV form is an attachment named after today, with five columns."""
    before = t.now()
    response, _ = usage_csv(t, "/account/usage/daily", by="query")
    assert_is_attachment(t, response, "pollinations-usage-daily", before)
    response, rows = usage_csv(t, "/account/usage/daily")
    assert_is_attachment(t, response, "pollinations-usage-daily", before)
    line = re.split(r"\r?\n", response.text())[0]
    t.assert_that(line == ",".join(DAILY_COLUMNS), f"the first line is {line[:200]!r}")
    for number, row in enumerate(rows):
        t.assert_that(len(row) == len(DAILY_COLUMNS), f"line {number + 1} has {len(row)} fields")
    t.assert_that(not response.text().endswith("\n"), "a line follows the last record")


def daily_records_of(t: Session, role: str) -> list[Any]:
    """Request the daily records of a key."""
    found: Any = account_json(t, "/account/usage/daily", key=role).get("usage")
    t.assert_that(is_list(found), "usage is no list")
    return list(found)


@check(
    "ACC-DAILY-06",
    operations=DAILY,
    needs=MAIN,
    cost={**DAYS, "image": 4},
    exclusive=True,
    assumes=("ACC-DAILY-03", "ACC-DAILY-04", "ACC-DAILY-07", "ACC-USAGE-03"),
)
def daily_records_are_kept_for_an_hour(t: Session) -> None:
    """The same records come again, in either form, although something was spent in between."""
    if t.now().minute == 59 and t.now().second > 50:
        raise NotTested("the hour is about to end")
    # An account that has spent, or there would be nothing that could differ.
    daily_records(t)
    role = "other-account" if "other-account" in t.target.keys else MAIN
    query = {"format": "csv"}
    first = daily_records_of(t, role)
    generate_and_price(t, role)
    again = daily_records_of(t, role)
    if first != again and not t.target.embedded:
        # The hour may have ended just then; it cannot end twice.
        first = again
        generate_and_price(t, role)
        again = daily_records_of(t, role)
    t.assert_that(first == again, "two calls within the hour report other records")
    response = t.assert_success(t.send("GET", "/account/usage/daily", query=query, key=role))
    rows = list(csv.reader(io.StringIO(response.text(), newline="")))
    problem = difference_between_forms(t, role)
    if problem and not t.target.embedded:
        problem = difference_between_forms(
            t, role
        )  # the hour may have ended just then; it cannot end twice
    t.assert_that(not problem, problem)
    t.assert_that(
        len(rows) - 1 == len(again), f"JSON has {len(again)} records, CSV {len(rows) - 1}"
    )
    for row, item in zip(rows[1:], again, strict=True):
        for name, value in zip(DAILY_COLUMNS, row, strict=False):
            t.assert_that(
                equal_cells(value, item.get(name)),
                f"{name}: CSV has {value!r}, JSON {item.get(name)!r}",
            )


def difference_between_forms(t: Session, role: str) -> str:
    """Return where four reports in a row, in either form, differ; empty when they do not."""
    sheets: set[str] = set()
    reports: list[Any] = []
    for by in PLACES:
        query = {"format": "csv"}
        response = t.send("GET", "/account/usage/daily", query=query, key=role, by=by)
        sheets.add(t.assert_success(response).text())
        reports.append(account_json(t, "/account/usage/daily", key=role, by=by).get("usage"))
    if len(sheets) > 1:
        return "two CSV forms within the hour are not the same"
    return "" if reports[0] == reports[1] else "two calls within the hour report other records"


@check(
    "ACC-DAILY-07",
    operations=(USAGE, DAILY),
    needs="other-account",
    cost=DAYS,
    exclusive=True,
    assumes=("ACC-USAGE-13", "ACC-USAGE-03"),
)
def daily_records_are_sums_of_usage(t: Session) -> None:
    """For an account without other users the days are the sums of the single records."""
    # The daily report may be up to an hour old: then it is that of some records less.
    singles, days_, newer = both_records(t)
    recent = f"{t.now() - timedelta(minutes=65):%Y-%m-%d %H:%M:%S}"
    late = sum(str(item["timestamp"]) > recent for item in singles)
    first = min((str(item["timestamp"])[:10] for item in singles), default="9999")
    problem = [
        sum_disagreement(singles[missing:], days_, first) for missing in range(max(late, newer) + 1)
    ]
    if not all(problem[: newer + 1]):
        return
    if not all(problem) and not t.target.embedded:
        raise NotTested("the daily report is older than the records")
    need_dates(t, days_)
    t.assert_that(False, problem[0])


def sum_disagreement(singles: list[Any], days_: list[Any], first: str) -> str:
    """Return where days, from a first one on, are not the sums of records; empty when they are."""
    sums: dict[tuple[str, str, str], list[float]] = {}
    for item in singles:
        place = (str(item["timestamp"])[:10], str(item["model"]), str(item["meter_source"]))
        entry = sums.setdefault(place, [0, 0.0])
        entry[0] += 1
        entry[1] += float(item["cost_usd"])
    reported = {
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
        there = reported.get(place)
        if there is None:
            return f"the daily report has nothing for {place}"
        if there[0] != count or abs(there[1] - cost) > max(1e-9, cost * 1e-6):
            return f"{place}: {count} records cost {cost:.8g}, the daily record has {there}"
    # Days may go back further than records do.
    more = [place for place in reported if place not in sums and place[0] >= first]
    return f"the daily report has {more[0]}, of which there is no record" if more else ""
