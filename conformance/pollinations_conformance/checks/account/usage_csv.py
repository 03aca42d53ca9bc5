"""Check the CSV form of the usage records."""

import csv
import io
import re
from datetime import timedelta
from typing import Any

from pollinations_conformance.checks.common.accounts import (
    DAILY,
    USAGE,
    account_json,
    assert_is_attachment,
    assert_parameter_is_rejected,
    equal_cells,
    generate_and_price,
    need_timestamps,
    special_usages,
    usage_csv,
    usage_history,
    usage_records_of,
    wait_until,
)
from pollinations_conformance.checks.common.requests import generate
from pollinations_conformance.checks.common.responses import (
    attachment_problem,
    csv_rows,
    parse_number,
)
from pollinations_conformance.suite import MAIN, Exchange, NotTested, Session, check, watch

COLUMNS = [
    "timestamp",
    "type",
    "model",
    "api_key",
    "api_key_type",
    "meter_source",
    "input_text_tokens",
    "input_cached_tokens",
    "input_audio_tokens",
    "input_image_tokens",
    "output_text_tokens",
    "output_reasoning_tokens",
    "output_audio_tokens",
    "output_image_tokens",
    "cost_usd",
    "response_time_ms",
]


NO_RECORDS = "2000-01-01T00:00:00Z"
"""An instant before any record."""


@watch("ACC-USAGE-07")
def every_usage_csv_is_a_file(exchange: Exchange) -> str | None:
    """The CSV form of usage is a file named after today."""
    if csv_rows(exchange, "getAccountUsage") is None:
        return None
    return attachment_problem(exchange, "pollinations-usage")


@check("ACC-USAGE-07", operations=USAGE, needs=MAIN)
def usage_csv_is_a_file(t: Session) -> None:
    """The CSV form is an attachment named after today."""
    before = t.now()
    later = (before + timedelta(days=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
    queries: tuple[dict[str, Any], ...] = ({}, {"limit": 5}, {"before": later}, {"by": "query"})
    for query in queries:
        response, _ = usage_csv(t, "/account/usage", **query)
        assert_is_attachment(t, response, "pollinations-usage", before)


@watch("ACC-USAGE-08")
def every_usage_csv_names_its_columns(exchange: Exchange) -> str | None:
    """The first line of the CSV form names the columns, whether or not lines follow."""
    if csv_rows(exchange, "getAccountUsage") is None:
        return None
    line = re.split(r"\r?\n", exchange.text())[0]
    return "" if line == ",".join(COLUMNS) else f"the first line is {line[:200]!r}"


@check("ACC-USAGE-08", operations=USAGE, needs=MAIN)
def usage_csv_names_its_columns(t: Session) -> None:
    """The first line of the CSV form names the sixteen columns."""
    queries: tuple[dict[str, Any], ...] = ({"limit": 5}, {"before": NO_RECORDS}, {"by": "query"})
    for query in queries:
        response, _ = usage_csv(t, "/account/usage", **query)
        line = re.split(r"\r?\n", response.text())[0]
        t.assert_that(line == ",".join(COLUMNS), f"the first line is {line[:200]!r}")


def _is_float(text: str) -> bool:
    return bool(re.fullmatch(r"-?\d+(\.\d+)?[eE][+-]?\d+", text))


@watch("ACC-USAGE-09")
def every_usage_csv_is_well_formed(exchange: Exchange) -> str | None:
    """Lines of the CSV form have as many fields as there are columns, empty where nothing is known."""
    rows = csv_rows(exchange, "getAccountUsage")
    if rows is None:
        return None
    if exchange.text().endswith("\n"):
        return "a line follows the last record"
    for number, row in enumerate(rows[1:], 2):
        if row[:1] == ["null"]:
            return f"line {number} begins with null"
        if len(row) != len(COLUMNS):
            return f"line {number} has {len(row)} fields"
        for name, value in zip(COLUMNS, row, strict=True):
            counted = name.endswith(("_tokens", "_usd", "_ms"))
            if (counted and value and parse_number(value) is None and not _is_float(value)) or (
                name in {"model", "meter_source", "api_key_type"}
                and value in {"null", "None", "undefined", "-", "NULL", "nil"}
            ):
                return f"line {number} has {value!r} as {name}"
    return ""


@check("ACC-USAGE-09", operations=USAGE, needs=MAIN, cost={"image": 4})
def usage_csv_is_well_formed(t: Session) -> None:
    """Every line has sixteen fields, null is empty, and nothing follows the last record."""
    usage_history(t)
    response, _ = usage_csv(t, "/account/usage", limit=1)
    t.assert_that(not response.text().endswith("\n"), "a line follows the only record")
    response, rows = usage_csv(t, "/account/usage", limit=10)
    t.assert_that(not response.text().endswith("\n"), "a line follows the last record")
    for number, row in enumerate(rows):
        t.assert_that(len(row) == len(COLUMNS), f"line {number + 1} has {len(row)} fields")
    problem = every_usage_csv_is_well_formed(response)
    t.assert_that(not problem, problem or "")
    assert_nulls_agree(t, rows)
    again = io.StringIO()
    writer = csv.writer(again, lineterminator="\n")
    writer.writerows(rows)
    t.assert_that(
        again.getvalue().removesuffix("\n") == response.text(), "quoting is not that of RFC 4180"
    )


def assert_nulls_agree(t: Session, rows: list[list[str]]) -> None:
    """Assert that what is null in the JSON form is an empty field in the CSV form."""
    items = usage_records_of(t, limit=10)
    texts = {str(value) for item in items for value in item.values() if value is not None}
    for row in rows[1:]:
        t.assert_that("null" not in row or "null" in texts, f"null is written out: {row}")
    for item in items:
        lines = [row for row in rows[1:] if row[0] == item.get("timestamp")]
        for name in [name for name in COLUMNS if item.get(name) is None]:
            place = COLUMNS.index(name)
            values = {row[place] for row in lines}
            t.assert_that(not values or "" in values, f"null as {name} is written {values}")


@check(
    "ACC-USAGE-09", operations=USAGE, needs="quoted-name", cost={"image": 1}, assumes="ACC-USAGE-13"
)
def odd_names_are_quoted(t: Session) -> None:
    """A key's name with a comma and quotation marks is one field of the CSV form."""
    info = account_json(t, "/account/key", key="quoted-name")
    name = str(info.get("name"))
    if not {",", '"'} & set(name):
        raise NotTested(
            "the name of the key of the role 'quoted-name' has no comma and no quotation mark"
        )
    generate_and_price(t, "quoted-name")

    def send() -> list[list[str]]:
        response = t.assert_success(t.send("GET", "/account/usage", key="quoted-name",
                             query={"format": "csv", "limit": 100}))  # fmt: skip
        return list(csv.reader(io.StringIO(response.text(), newline="")))

    rows: list[list[str]] = wait_until(
        t, send, lambda found: any(name in row and len(row) == len(COLUMNS) for row in found)
    )
    good = [row for row in rows if len(row) == len(COLUMNS) and name == row[3]]
    t.assert_that(good, f"no line of the CSV form has the key's name {name!r} as one field")


@check(
    "ACC-USAGE-10",
    operations=USAGE,
    needs=MAIN,
    cost={"image": 4, "text": 3, "audio": 1},
    exclusive=True,
    assumes=("ACC-USAGE-06", "ACC-USAGE-13", "ACC-USAGE-08", "ACC-USAGE-09"),
)
def usage_csv_has_the_same_records(t: Session) -> None:
    """The CSV form has the records of the JSON form, of every kind of generation."""
    usage_history(t)
    for operation in ("createChatCompletion", "createSpeech"):
        if not t.run.operations[operation].missing:
            generate(t, operation)
    special_usages(t)
    mark = (t.now() + timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
    for _ in range(3):  # another client of the account may add a record in between
        before = usage_records_of(t, limit=20, before=mark)
        _, rows = usage_csv(t, "/account/usage", limit=20, before=mark)
        if before == usage_records_of(t, limit=20, before=mark):
            break
    else:
        raise NotTested("the account has other users")
    t.assert_that(
        len(rows) - 1 == len(before), f"JSON has {len(before)} records, CSV {len(rows) - 1}"
    )
    need_timestamps(t, before)
    for number, (row, item) in enumerate(zip(rows[1:], before, strict=True)):
        for name, value in zip(COLUMNS, row, strict=False):
            t.assert_that(
                equal_cells(value, item.get(name)),
                f"record {number}, {name}: CSV has {value!r}, JSON {item.get(name)!r}",
            )


@check("ACC-USAGE-11", operations=USAGE, needs=MAIN)
def unknown_formats_are_refused(t: Session) -> None:
    """A format other than json or csv is a 400 naming it, for both kinds of usage."""
    assert_parameter_is_rejected(t, "/account/usage", "format", "xml", "CSV", "", " csv")
    if not t.run.operations[DAILY].missing:
        assert_parameter_is_rejected(t, "/account/usage/daily", "format", "xml")
