"""Check the records of what was spent, one for each generation."""

import functools
import itertools
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

from pollinations_conformance.checks.common.accounts import (
    ALL,
    STREAM,
    USAGE,
    account_json,
    assert_forbidden,
    assert_parameter_is_rejected,
    generate_and_price,
    generate_any_and_price,
    need_generation,
    need_prices,
    need_timestamps,
    special_usages,
    usage_csv,
    usage_history,
    usage_records_of,
    wait_a_second,
    wait_until,
)
from pollinations_conformance.checks.common.keys import PLACES
from pollinations_conformance.checks.common.requests import SPENDING, available, generate
from pollinations_conformance.checks.common.responses import (
    csv_rows,
    parameters,
    parse_instant,
    parse_timestamp,
    present,
    usage_records,
)
from pollinations_conformance.checks.common.usage import need_numbers
from pollinations_conformance.http.json import is_object
from pollinations_conformance.suite import (
    MAIN,
    Exchange,
    NotTested,
    Session,
    check,
    is_loopback,
    watch,
)

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


@watch("ACC-USAGE-01")
def every_count_is_the_number_of_records(exchange: Exchange) -> str | None:
    """count is the number of usage records."""
    found = usage_records(exchange, "getAccountUsage")
    if found is None:
        return None
    count, there = found[0].get("count"), len(found[1])
    return "" if count == there else f"count is {count!r} for {there} records"


@check("ACC-USAGE-01", operations=USAGE, needs=MAIN, cost={"image": 4})
def usage_counts_its_records(t: Session) -> None:
    """count is the number of records, for several limits."""
    mark = (t.now() - timedelta(days=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
    usage_history(t)
    queries: tuple[dict[str, object], ...] = ({}, {"limit": 1}, {"limit": 3}, {"before": mark})
    for query, by in itertools.product(queries, PLACES):
        found = account_json(t, "/account/usage", query=query, by=by)
        t.assert_that(
            found.get("count") == len(found.get("usage") or []),
            f"count is {found.get('count')!r} for {len(found.get('usage') or [])} records",
        )


@check("ACC-USAGE-02", operations=USAGE, needs="no-permissions")
def usage_needs_permission(t: Session) -> None:
    """The usage is a 403 for a key without the permission."""
    assert_forbidden(t, "/account/usage", "usage")


@check("ACC-USAGE-03", operations=USAGE, needs=MAIN)
def invalid_limits_are_refused(t: Session) -> None:
    """A limit outside 1 to 50000, or that is no number, is a 400 naming it."""
    assert_parameter_is_rejected(
        t, "/account/usage", "limit", "0", "50001", "abc", "-1", "", "1000000", "50000.5"
    )
    assert_parameter_is_rejected(t, "/account/usage", "limit", "10abc", "Infinity", "NaN")


@check("ACC-USAGE-03", operations=USAGE, needs=MAIN)
def limits_at_the_edge_are_accepted(t: Session) -> None:
    """The limits 1 and 50000 are accepted."""
    for limit in (1, 50000):
        account_json(t, "/account/usage", query={"limit": limit})


def timestamps(exchange: Exchange) -> list[str] | None:
    """Return the timestamps of usage records; None when the response has none."""
    rows = csv_rows(exchange, "getAccountUsage")
    if rows is not None:
        place = rows[0].index("timestamp") if rows and "timestamp" in rows[0] else 0
        return [row[place] for row in rows[1:] if len(row) > place]
    found = usage_records(exchange, "getAccountUsage")
    if found is None:
        return None
    return [str(item.get("timestamp")) for item in found[1] if is_object(item)]


@watch("ACC-USAGE-04", assumes=("ACC-USAGE-08", "ACC-USAGE-09"))
def every_usage_response_keeps_to_its_limit(exchange: Exchange) -> str | None:
    """There are no more usage records than the limit, in either form."""
    found = timestamps(exchange)
    if found is None:
        return None
    limit = parameters(exchange).get("limit", "100")
    if not limit.isdigit():
        return None  # written in some other way that a number may be
    return "" if len(found) <= int(limit) else f"{len(found)} records, the limit is {limit}"


@check("ACC-USAGE-04", operations=USAGE, needs=MAIN, cost={"image": 4})
def limits_are_kept(t: Session) -> None:
    """No more records come than the limit, and no more than 100 without one."""
    there = len(usage_history(t))
    for limit in (1, 2, 3):
        found = len(usage_records_of(t, limit=limit))
        t.assert_that(found <= limit, f"limit={limit} gives {found} records")
        t.assert_that(found == min(limit, there), f"limit={limit} gives {found} of {there} records")
    few: tuple[dict[str, Any], ...] = ({}, {"limit": 1}, {"limit": 2})
    for query in few:
        response, _ = usage_csv(t, "/account/usage", **query)
        problem = every_usage_response_keeps_to_its_limit(response)
        t.assert_that(not problem, f"as CSV: {problem}")
    later = (t.now() + timedelta(days=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
    found = len(usage_records_of(t, limit=1, before=later))
    t.assert_that(found <= 1, f"limit=1 with before gives {found} records")
    t.assert_that(len(usage_records_of(t)) <= 100, "without a limit more than 100 records come")
    response = t.send("GET", "/account/usage", query={"limit": "1.5"})
    if response.ok:  # it may be refused
        found = len(t.json_object(response).get("usage") or [])
        t.assert_that(found <= 1, f"limit=1.5 gives {found} records")


@check("ACC-USAGE-04", operations=USAGE, needs=MAIN)
def the_default_limit_is_kept(t: Session) -> None:
    """Of an account with more than 100 records no more than 100 come without a limit."""
    there = len(usage_records_of(t, limit=101))
    if there < 101:
        # Only a server on this machine gets so many generations, and the cheapest ones.
        t.need_operation("createChatCompletion")
        price = t.catalogue.price("createChatCompletion", t.text_model)
        if not is_loopback(t.target.base_url) or not t.run.ledger.allows((101 - there) * price):
            raise NotTested(f"the account has only {there} records")
        for _ in range(101 - there):
            need_generation(t, t.chat(max_tokens=1))
        wait_until(t, lambda: usage_records_of(t, limit=101), lambda items: len(items) >= 101)
    t.assert_that(len(usage_records_of(t)) <= 100, "without a limit more than 100 records come")
    _, rows = usage_csv(t, "/account/usage")
    t.assert_that(len(rows) <= 101, "without a limit more than 100 records come as CSV")


@watch("ACC-USAGE-05")
def every_record_is_older_than_before(exchange: Exchange) -> str | None:
    """Every record is older than before, in either form."""
    found = timestamps(exchange)
    limit = parse_instant(parameters(exchange).get("before"))
    if found is None or limit is None:
        return None
    late = [text for text in found if (instant := parse_timestamp(text)) and instant >= limit]
    return f"a record of {late[0]} is not older than {limit}" if late else ""


@check("ACC-USAGE-05", operations=USAGE, needs=MAIN, cost={"image": 4})
def before_is_kept(t: Session) -> None:
    """With before only older records come."""
    there = usage_history(t)
    stamps = sorted({str(item.get("timestamp")) for item in there})
    if not stamps:
        raise NotTested("the account has no usage yet")
    need_timestamps(t, there)
    for mark in {stamps[-1], stamps[len(stamps) // 2]}:
        text = mark.replace(" ", "T") + "Z"
        found = [str(item.get("timestamp")) for item in usage_records_of(t, limit=50, before=text)]
        late = [stamp for stamp in found if stamp >= mark]
        t.assert_that(not late, f"before={text} gives a record of {late[:1]}")
        response, _ = usage_csv(t, "/account/usage", limit=50, before=text)
        problem = every_record_is_older_than_before(response)
        t.assert_that(not problem, f"as CSV: {problem}")
    future = (t.now() + timedelta(days=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
    t.assert_that(usage_records_of(t, limit=5, before=future), "before=tomorrow hides every record")
    instant = parse_timestamp(stamps[-1])
    for text in spellings(instant) if instant else ():
        response = t.send("GET", "/account/usage", query={"limit": "50", "before": text})
        if response.ok:  # who does not know this way of writing an instant may refuse it
            usage: list[Any] = t.json_object(response).get("usage") or []
            found = [str(item.get("timestamp")) for item in usage]
            mark = stamps[-1] if "T" in text else stamps[-1][:10]
            late = [stamp for stamp in found if stamp >= mark]
            t.assert_that(not late, f"before={text} gives a record of {late[:1]}")


def spellings(instant: datetime) -> list[str]:
    """Return the spellings that ISO 8601 has for an instant; the last is the day's first instant."""
    east = instant.astimezone(timezone(timedelta(hours=2)))
    west = instant.astimezone(timezone(timedelta(hours=-7)))
    return [
        f"{instant:%Y-%m-%dT%H:%M:%S}",
        f"{instant:%Y-%m-%dT%H:%M:%S}.000Z",
        *(zoned.isoformat() for zoned in (instant, east, west)),
        f"{instant:%Y-%m-%d}",
    ]


@watch("ACC-USAGE-06", assumes=("ACC-USAGE-08", "ACC-USAGE-09"))
def every_usage_response_is_newest_first(exchange: Exchange) -> str | None:
    """Records go from the newest to the oldest, in either form."""
    found = timestamps(exchange)
    if found is None:
        return None
    good = found == sorted(found, reverse=True)
    return "" if good else "the records are not sorted from the newest to the oldest"


@check("ACC-USAGE-06", operations=USAGE, needs=MAIN, cost={"image": 5, "text": 1})
def newest_come_first(t: Session) -> None:
    """Records go from the newest to the oldest."""
    usage_history(t)
    stamps = [str(item.get("timestamp")) for item in usage_records_of(t, limit=50)]
    t.assert_that(stamps == sorted(stamps, reverse=True), "the records are not sorted by time")
    if len(set(stamps)) < 2:
        wait_a_second(t)
        generate_and_price(t, MAIN)
        stamps = wait_until(
            t,
            lambda: [str(i.get("timestamp")) for i in usage_records_of(t, limit=50)],
            lambda items: len(set(items)) > 1,
        )
        t.assert_that(stamps == sorted(stamps, reverse=True), "the records are not sorted by time")
    # A cheap text after an expensive image: neither price nor kind may be what is sorted by.
    if not t.run.operations["createChatCompletion"].missing:
        wait_a_second(t)
        need_generation(t, generate(t, "createChatCompletion"))
    later = (t.now() + timedelta(days=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
    queries: tuple[dict[str, Any], ...] = ({"limit": 50}, {"limit": 50, "before": later}, {})
    for query in queries:
        found = [str(item.get("timestamp")) for item in usage_records_of(t, **query)]
        t.assert_that(found == sorted(found, reverse=True), "the records are not sorted by time")
        response, _ = usage_csv(t, "/account/usage", **query)
        problem = every_usage_response_is_newest_first(response)
        t.assert_that(not problem, f"as CSV: {problem}")


@watch("ACC-USAGE-12", assumes=("ACC-USAGE-08", "ACC-USAGE-09"))
def every_timestamp_has_its_form(exchange: Exchange) -> str | None:
    """Timestamps have their form and are not to come, in either form."""
    found = timestamps(exchange)
    if found is None:
        return None
    for text in found:
        instant = parse_timestamp(text)
        if instant is None:
            return f"a timestamp is {text!r}"
        if instant > present(exchange) + timedelta(minutes=5):
            return f"the timestamp {text} is to come"
    return ""


@check("ACC-USAGE-12", operations=USAGE, needs=MAIN, cost={"image": 4})
def timestamps_have_their_form(t: Session) -> None:
    """Timestamps are written YYYY-MM-DD HH:mm:ss, in UTC."""
    for item in usage_history(t):
        text = str(item.get("timestamp"))
        try:
            instant = datetime.strptime(text, "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC)
        except ValueError:
            instant = None
        t.assert_that(instant is not None and len(text) == 19, f"a timestamp is {text!r}")
        t.assert_that(instant and instant <= t.now() + timedelta(minutes=5), f"{text} is to come")
    response, _ = usage_csv(t, "/account/usage", limit=10)
    problem = every_timestamp_has_its_form(response)
    t.assert_that(not problem, f"as CSV: {problem}")


@check("ACC-USAGE-12", operations=USAGE, needs=MAIN, cost={"image": 1}, exclusive=True)
def timestamps_are_in_utc(t: Session) -> None:
    """The record of a generation that was just made is of this minute, in UTC."""
    old = usage_records_of(t, limit=20)
    generate_and_price(t, MAIN)
    done = t.now()
    found = wait_until(t, lambda: new_records(t, old), bool)
    if not found:
        raise NotTested("the record of a generation that was just made is not there yet")
    instant = parse_timestamp(str(found[0].get("timestamp")))
    t.assert_that(
        instant and abs(done - instant) < timedelta(minutes=10),
        f"a record of {found[0].get('timestamp')} appeared after a generation at {done:%H:%M:%S} UTC",
    )


def new_records(t: Session, old: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the newest records that were not among the newest before."""
    # Records of the same second may be equal, so that they have to be counted.
    rest = [repr(sorted(item.items(), key=str)) for item in old]
    found: list[dict[str, Any]] = []
    for item in usage_records_of(t, limit=21):
        text = repr(sorted(item.items(), key=str))
        if text in rest:
            rest.remove(text)
        else:
            found.append(item)
    return found


def special_tokens_are_recorded(t: Session) -> None:
    """Cached and reasoning tokens of a response are in their own columns of its record."""
    old = usage_records_of(t, limit=20)
    responses = [response for response in special_usages(t) if response.ok]
    found = wait_until(
        t, functools.partial(new_records, t, old), lambda items: len(items) >= len(responses)
    )
    for response in responses:
        model = need_numbers(t, response).header("x-model-used")
        reported = [
            {x: item.get(x) for x in COUNTERS} for item in found if item.get("model") == model
        ]
        wanted = {x: int(response.header(header) or "0") for x, header in COUNTERS.items()}
        if not reported or (wanted not in reported and len(found) < len(responses)):
            raise NotTested("no record of the response is there yet")
        if (
            wanted not in reported
            and not is_loopback(t.target.base_url)
            and len(found) > len(responses)
        ):
            raise NotTested("the account has other users")
        t.assert_that(wanted in reported, f"a response of {wanted} is recorded as {reported}")


def reports_more_keys(before: Any, body: dict[str, Any]) -> bool:
    """Return whether usage has other records than it had."""
    return bool(body.get("usage") != before)


@check(
    "ACC-USAGE-13",
    operations=USAGE,
    needs=MAIN,
    cost={"text": 4},
    exclusive=True,
    assumes=("CHAT-USAGE-01", "CHAT-USAGE-04"),
)
def generations_of_every_key_are_recorded(t: Session) -> None:
    """A generation with another key, with the key in the query, or not to be cached is recorded."""
    t.need_operation("createChatCompletion")
    forms: list[tuple[str, dict[str, Any]]] = [(MAIN, {"by": "query"}), (MAIN, {"seed": -1})]
    forms += [(role, {}) for role in ("budgeted", "publishable") if role in t.target.keys]
    for role, options in forms:
        # The newest alone: an account may have tens of thousands.
        query = {"limit": "21"}
        if t.send("GET", "/account/usage", key=role, query={"limit": "1"}).status == 403:
            continue  # this key lacks the permission for it
        sending = functools.partial(account_json, t, "/account/usage", key=role, query=query)
        before = sending().get("usage")
        response = t.chat(key=role, throttled=role == "publishable", **options)
        if response.status == 429 and role == "publishable":
            continue
        need_generation(t, response)
        after = wait_until(t, sending, functools.partial(reports_more_keys, before))
        if after.get("usage") == before and not is_loopback(t.target.base_url):
            raise NotTested("no record is there yet; the service may write it later")
        t.assert_that(
            after.get("usage") != before,
            f"a generation ({options or 'as usual'}) with a key of the role {role!r} left no record",
        )


@check(
    "ACC-USAGE-13",
    operations=USAGE,
    needs=MAIN,
    cost={**ALL, "text": 6},
    exclusive=True,
    assumes=("AUD-GET-06", "AUD-TTS-08", "CHAT-USAGE-01", "CHAT-USAGE-04"),
)
def generations_are_recorded(t: Session) -> None:
    """Every generation, streams included, appears as a record with its model, tokens and cost."""
    for operation in (*available(t, *SPENDING), STREAM):
        old = usage_records_of(t, limit=20)
        response, cost = generate_any_and_price(t, operation)
        if not cost:
            continue
        used = response.header("x-model-used")

        kind = RECORDED.get(operation)
        begin = t.clock.monotonic()
        found = wait_until(t, functools.partial(new_records, t, old), bool)
        if not found and not is_loopback(t.target.base_url):
            waited = t.clock.monotonic() - begin
            raise NotTested(f"no record after {waited:.0f} s; the service may write it later")
        t.assert_that(found, f"{operation} left no record in /account/usage")
        # Another client of the account may have left records as well.
        own = [row for row in found if (row.get("type"), row.get("model")) == (kind, used)]
        if not own and len(found) > 1:
            raise NotTested("the account has other users")
        item = own[0] if own else found[0]
        t.assert_that(
            kind is None or item.get("type") == kind,
            f"{operation}: the record's type is {item.get('type')!r}, not {kind}",
        )
        reported = item.get("cost_usd")
        if operation == STREAM:  # neither model nor cost are in a header of it
            t.assert_that(
                isinstance(reported, int | float) and reported > 0,
                f"a stream's cost is {reported!r}",
            )
            t.assert_that(
                item.get("model"), f"the model of a stream's record is {item.get('model')!r}"
            )
            continue
        t.assert_that(
            item.get("model") == used,
            f"{operation}: the record's model is {item.get('model')!r}, not {used!r}",
        )
        good = isinstance(reported, int | float) and abs(reported - cost) <= max(1e-9, cost * 0.01)
        if not good:
            need_prices(t)
        t.assert_that(
            good,
            f"{operation}: the record's cost is {reported!r}, by price and usage it is {cost:.8g}",
        )
        for column, name in COUNTERS.items():
            count, header = item.get(column), response.header(name)
            t.assert_that(
                count == int(header or "0"), f"the record's {column} is {count!r}, {name} {header}"
            )
    special_tokens_are_recorded(t)
