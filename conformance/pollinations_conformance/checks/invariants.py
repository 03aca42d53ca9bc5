"""Facts that hold for every answer: they are looked at on each exchange of a run.

A watch is given an exchange and says None when the requirement does not speak of it, an empty text
when it holds, and otherwise what is wrong.
"""

# A docstring here says what the server does, and not what the function does.

import csv
import functools
import hashlib
import io
import json
import re
from datetime import UTC, datetime, timedelta
from typing import Any

from pollinations_conformance.checks.common import (
    GENERATION,
    IMMUTABLE,
    LISTS,
    instant,
    present,
)
from pollinations_conformance.http import sse
from pollinations_conformance.http.json import is_list, is_object
from pollinations_conformance.http.query import query_of
from pollinations_conformance.suite.registry import watch
from pollinations_conformance.suite.target import NOT_A_KEY, Exchange

CODES = {
    400: "BAD_REQUEST",
    401: "UNAUTHORIZED",
    402: "PAYMENT_REQUIRED",
    403: "FORBIDDEN",
    404: "NOT_FOUND",
    405: "METHOD_NOT_ALLOWED",
    409: "CONFLICT",
    422: "UNPROCESSABLE_ENTITY",
    429: "RATE_LIMITED",
    500: "INTERNAL_ERROR",
    502: "BAD_GATEWAY",
    503: "SERVICE_UNAVAILABLE",
}
LIST_OPERATIONS = {*LISTS, "listModels"}
CHAT = {"createChatCompletion", "createChatCompletionLegacy"}
COUNTS = ("prompt", "completion", "total")


@functools.lru_cache(maxsize=64)
def _load(content: bytes) -> Any:
    try:
        return json.loads(content)
    except ValueError:
        return None


def parameters(exchange: Exchange) -> dict[str, str]:
    """Read the query of a request; of a repeated parameter the last."""
    return dict(query_of(exchange.url))


def asked(exchange: Exchange) -> dict[str, Any]:
    """Read the JSON body of a request, empty when it has none."""
    value = _load(exchange.request_body) if exchange.request_body else None
    return value if is_object(value) else {}


def answered(exchange: Exchange, *operations: str) -> bool:
    """Whether an exchange is a success, with a body, of one of some operations."""
    return exchange.operation in operations and exchange.status == 200 and exchange.method != "HEAD"


def is_hit(exchange: Exchange) -> bool:
    """Whether an answer was made for an earlier request, or for another one at the same time."""
    return (exchange.header("x-cache") or "").upper() == "HIT"


def is_shared(exchange: Exchange) -> bool:
    """Whether an answer was made for another request at the same time."""
    return (exchange.header("x-cache-type") or "").upper() == "DEDUP"


def envelope(exchange: Exchange) -> dict[str, Any] | None:
    """Give the body of a refusal by the gateway; None when the answer is something else."""
    if exchange.status < 400 or exchange.method == "HEAD":
        return None
    try:
        value = json.loads(exchange.content)
    except ValueError:
        return {}
    if not is_object(value):
        return {}
    body = value
    # The two shapes that are documented beside the envelope.
    if exchange.status == 429 and "retryAfterSeconds" in body:
        return None
    reported = exchange.operation.startswith("getAccountUsage") and exchange.status in {500, 503}
    return None if reported and isinstance(body.get("error"), str) else body


def inner(exchange: Exchange) -> dict[str, Any] | None:
    """Give the `error` object of a refusal; None when there is none to judge."""
    body = envelope(exchange)
    if body is None:
        return None
    error = body.get("error")
    return error if is_object(error) else None


@watch("ERR-ENV-01")
def refusals_have_the_envelope(exchange: Exchange) -> str | None:
    """A refusal is JSON in the envelope, with its own status in it."""
    if exchange.status >= 500 and exchange.media_type != "application/json":
        return None  # the edge in front of the gateway answers with pages of its own
    body = envelope(exchange)
    if body is None:
        return None
    if exchange.media_type != "application/json":
        return f"a refusal with {exchange.status} is {exchange.header('content-type')!r}"
    if body.get("status") != exchange.status or isinstance(body.get("status"), bool):
        return f"the envelope says status {body.get('status')!r}, HTTP says {exchange.status}"
    if body.get("success") is not False:
        return f"the envelope says success {body.get('success')!r}"
    if not is_object(body.get("error")):
        return "the envelope has no error object"
    return ""


@watch("ERR-ENV-02")
def codes_belong_to_statuses(exchange: Exchange) -> str | None:
    """The error code is the one of the HTTP status."""
    error = inner(exchange)
    if error is None:
        return None
    wanted = CODES.get(exchange.status, "UNKNOWN_ERROR")
    if error.get("code") != wanted:
        return f"the code of a {exchange.status} is {error.get('code')!r}, not {wanted}"
    return ""


@watch("ERR-ENV-03")
def errors_tell_their_time(exchange: Exchange) -> str | None:
    """The timestamp of an error is the present, in UTC with milliseconds."""
    error = inner(exchange)
    if error is None:
        return None
    stamp = error.get("timestamp")
    time = instant(stamp)
    if time is None or not re.fullmatch(r"[\d-]{10}T[\d:]{8}\.\d{3}Z", str(stamp)):
        return f"the timestamp of an error is {stamp!r}"
    if (exchange.header("x-cache") or "").upper() == "HIT":
        return ""  # shared with a concurrent request
    if abs(present(exchange) - time) > timedelta(minutes=5):
        return f"the timestamp of an error, {stamp}, is not the present"
    return ""


@watch("ERR-ENV-04")
def errors_say_something(exchange: Exchange) -> str | None:
    """An error has a message of at least one character."""
    error = inner(exchange)
    if error is None:
        return None
    message = error.get("message")
    if not isinstance(message, str) or not message.strip():
        return f"the message of a {exchange.status} is {message!r}"
    return ""


@watch("ERR-ENV-05")
def plain_refusals_have_no_details(exchange: Exchange) -> str | None:
    """Refusals of a key, a payment, a permission or a path carry no details."""
    error = inner(exchange)
    if error is None or exchange.status not in {401, 402, 403, 404}:
        return None
    return "details stand in a refusal that needs none" if "details" in error else ""


@watch("ERR-ENV-06", gateway=False)
def errors_do_not_repeat_the_key(exchange: Exchange) -> str | None:
    """Neither the body nor a header of an error contains the key that was sent."""
    if exchange.status < 400 or not exchange.key:
        return None
    sent = [
        value.partition(" ")[2]
        for name, value in exchange.request_headers
        if name.lower() == "authorization"
    ]
    sent += re.findall(r"[?&]key=([^&#]+)", exchange.url)
    for key in [*sent, NOT_A_KEY]:
        # Most of a key is as good as the whole: what is missing can be guessed.
        shown = key[: max(8, len(key) * 3 // 4)]
        texts = (exchange.text(), *(value for _, value in exchange.headers))
        if len(key) >= 8 and any(shown in text for text in texts):
            return "the key that was sent stands in the error"
    return ""


@watch("ERR-VAL-07")
def field_errors_are_texts(exchange: Exchange) -> str | None:
    """Every value of fieldErrors is a non-empty list of non-empty texts."""
    error = inner(exchange)
    details = error.get("details") if error else None
    if not is_object(details) or "fieldErrors" not in details:
        return None
    fields = details["fieldErrors"]
    if not is_object(fields):
        return f"fieldErrors is {fields!r}"
    for name, texts in fields.items():
        if not is_list(texts) or not texts:
            return f"fieldErrors.{name} is {texts!r}"
        if not all(isinstance(text, str) and text.strip() for text in texts):
            return f"fieldErrors.{name} is {texts!r}"
    return ""


@watch("GEN-REQID-01")
def answers_have_a_request_id(exchange: Exchange) -> str | None:
    """Every answer of the gateway has an X-Request-Id."""
    if exchange.method == "OPTIONS" or 300 <= exchange.status < 400:
        return None
    if exchange.status >= 500 and exchange.media_type != "application/json":
        return None
    if not (exchange.header("x-request-id") or "").strip():
        return f"an answer with {exchange.status} has no X-Request-Id"
    return ""


@watch("GEN-CORS-03")
def answers_are_open_to_browsers(exchange: Exchange) -> str | None:
    """Answers of generation and model routes allow any origin."""
    if exchange.operation not in {*GENERATION, *LIST_OPERATIONS, *CHAT}:
        return None
    if exchange.status >= 500 and exchange.media_type != "application/json":
        return None
    if exchange.header("access-control-allow-origin") != "*":
        return (
            f"Access-Control-Allow-Origin of a {exchange.status} is "
            f"{exchange.header('access-control-allow-origin')!r}"
        )
    return ""


@watch("LIMIT-HEAD-01", gateway=False)
def no_answer_tells_limits(exchange: Exchange) -> str | None:
    """No answer has RateLimit or X-RateLimit headers."""
    for name, _ in exchange.headers:
        if re.match(r"(x-)?ratelimit(-|$)", name, re.I):
            return f"an answer has the header {name}"
    return ""


@watch("CACHE-NONE-01")
def lists_and_account_are_not_cached(exchange: Exchange) -> str | None:
    """Model lists and account answers have no X-Cache."""
    if exchange.operation not in LIST_OPERATIONS and not exchange.operation.startswith(
        "getAccount"
    ):
        return None
    value = exchange.header("x-cache")
    return f"X-Cache is {value!r}" if value is not None else ""


@watch("CHAT-USAGE-02")
def usage_headers_are_above_zero(exchange: Exchange) -> str | None:
    """No x-usage header but the total is 0 or less."""
    values = usage_headers(exchange)
    if not values:
        return None
    for name, value in values.items():
        number = _number(value)
        if number is None:
            return f"{name} is {value!r}"
        if number <= 0 and name != "x-usage-total-tokens":
            return f"{name} is {value}"
    return ""


@watch("CHAT-USAGE-03")
def usage_headers_add_up(exchange: Exchange) -> str | None:
    """x-usage-total-tokens is the sum of the other x-usage headers."""
    values = usage_headers(exchange)
    if not values:
        return None
    if "x-usage-total-tokens" not in values:
        return f"there is no total beside {values}"
    total = _number(values.pop("x-usage-total-tokens"))
    parts = [_number(value) for value in values.values()]
    if total is None or any(part is None for part in parts):
        return f"the usage headers are no numbers: {values}"
    if abs(sum(part or 0.0 for part in parts) - total) > 0.011:
        return f"x-usage-total-tokens is {total:g}, the others are {values}"
    return ""


@watch("CHAT-STREAM-02")
def events_are_chunks(exchange: Exchange) -> str | None:
    """Every event of a stream is a JSON object or the closing marker."""
    if not _is_stream(exchange):
        return None
    for number, event in enumerate(sse.decode(exchange.content)):
        if event.data == "[DONE]":
            continue
        try:
            value = json.loads(event.data)
        except ValueError:
            return f"event {number} is neither JSON nor [DONE]: {event.data[:80]!r}"
        if not is_object(value):
            return f"event {number} is no object: {event.data[:80]!r}"
        if not is_list(value.get("choices")):
            return f"event {number} has no choices: {event.data[:80]!r}"
        if any(not is_object(choice.get("delta")) for choice in choices_of([value])):
            return f"event {number} has a choice without delta: {event.data[:80]!r}"
    return ""


@watch("CHAT-STREAM-07")
def streams_do_not_tell_usage_in_headers(exchange: Exchange) -> str | None:
    """A stream has neither x-usage headers nor x-model-used."""
    if not _is_stream(exchange):
        return None
    for name, _ in exchange.headers:
        if name.lower().startswith("x-usage-") or name.lower() == "x-model-used":
            return f"a stream has the header {name}"
    return ""


@watch("CHAT-STREAM-08")
def nothing_follows_the_end(exchange: Exchange) -> str | None:
    """Nothing comes after the event [DONE]."""
    if not _is_stream(exchange):
        return None
    events = sse.decode(exchange.content)
    ends = [number for number, event in enumerate(events) if event.data == "[DONE]"]
    if not ends:
        return None
    if ends[0] != len(events) - 1:
        return f"{len(events) - 1 - ends[0]} events follow [DONE]"
    rest = exchange.content.rpartition(b"[DONE]")[2].strip()
    return f"after [DONE] comes {rest[:60]!r}" if rest else ""


@watch("CHAT-STREAM-01")
def streams_are_not_empty(exchange: Exchange) -> str | None:
    """A stream has at least one event beside the closing marker."""
    if not _is_stream(exchange):
        return None
    if not any(event.data != "[DONE]" for event in sse.decode(exchange.content)):
        return "the stream has no event"
    return ""


@watch("CHAT-STREAM-13")
def streams_are_whole(exchange: Exchange) -> str | None:
    """A stream does not stop within an event."""
    if not _is_stream(exchange):
        return None
    events = sse.decode(exchange.content)
    if events and not events[-1].complete:
        return "the last event of the stream is cut off"
    return "" if finish_reasons(chunks(exchange)) else "the stream ends without a finish_reason"


def _usage(exchange: Exchange, operation: str) -> tuple[dict[str, Any], list[Any]] | None:
    if exchange.operation != operation or not exchange.ok or exchange.method == "HEAD":
        return None
    if exchange.media_type != "application/json":
        return None
    try:
        value = json.loads(exchange.content)
    except ValueError:
        return None
    body = value if is_object(value) else {}
    records = body.get("usage")
    return (body, records) if is_list(records) else None


@watch("ACC-USAGE-01")
def usage_counts_itself(exchange: Exchange) -> str | None:
    """count is the number of usage records."""
    found = _usage(exchange, "getAccountUsage")
    if found is None:
        return None
    count, there = found[0].get("count"), len(found[1])
    return "" if count == there else f"count is {count!r} for {there} records"


@watch("ACC-DAILY-01")
def days_count_themselves(exchange: Exchange) -> str | None:
    """count is the number of daily records."""
    found = _usage(exchange, "getAccountUsageDaily")
    if found is None:
        return None
    count, there = found[0].get("count"), len(found[1])
    return "" if count == there else f"count is {count!r} for {there} records"


@watch("ACC-USAGE-04")
def usage_keeps_to_its_limit(exchange: Exchange) -> str | None:
    """There are no more usage records than the limit says, in either form."""
    found = stamps(exchange)
    if found is None:
        return None
    limit = parameters(exchange).get("limit", "100")
    if not limit.isdigit():
        return None  # written in some other way that a number may be
    return "" if len(found) <= int(limit) else f"{len(found)} records, the limit is {limit}"


@watch("ACC-USAGE-05")
def usage_keeps_to_before(exchange: Exchange) -> str | None:
    """Every record is older than before, in either form."""
    found = stamps(exchange)
    limit = instant(parameters(exchange).get("before"))
    if found is None or limit is None:
        return None
    late = [text for text in found if (moment := moment_of(text)) and moment >= limit]
    return f"a record of {late[0]} is not older than {limit}" if late else ""


@watch("ACC-USAGE-06")
def usage_goes_back_in_time(exchange: Exchange) -> str | None:
    """Records go from the newest to the oldest, in either form."""
    found = stamps(exchange)
    if found is None:
        return None
    good = found == sorted(found, reverse=True)
    return "" if good else "the records are not sorted from the newest to the oldest"


@watch("ACC-USAGE-12")
def usage_tells_the_time(exchange: Exchange) -> str | None:
    """Timestamps have their form and are not to come, in either form."""
    found = stamps(exchange)
    if found is None:
        return None
    for text in found:
        moment = moment_of(text)
        if moment is None:
            return f"a timestamp is {text!r}"
        if moment > present(exchange) + timedelta(minutes=5):
            return f"the timestamp {text} is to come"
    return ""


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
DAILY_COLUMNS = ["date", "model", "meter_source", "requests", "cost_usd"]


def sheet(exchange: Exchange, operation: str) -> list[list[str]] | None:
    """Read a CSV form; None when the answer is something else."""
    if not answered(exchange, operation) or parameters(exchange).get("format") != "csv":
        return None
    return list(csv.reader(io.StringIO(exchange.text(), newline="")))


def stamps(exchange: Exchange) -> list[str] | None:
    """List the timestamps of usage records; None when the answer has none."""
    rows = sheet(exchange, "getAccountUsage")
    if rows is not None:
        place = rows[0].index("timestamp") if rows and "timestamp" in rows[0] else 0
        return [row[place] for row in rows[1:] if len(row) > place]
    found = _usage(exchange, "getAccountUsage")
    if found is None:
        return None
    return [str(item.get("timestamp")) for item in found[1] if is_object(item)]


def moment_of(text: str) -> datetime | None:
    """Read the time of a usage record; None when it is written in some other way."""
    if not re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", text):
        return None
    try:
        return datetime.fromisoformat(text).replace(tzinfo=UTC)
    except ValueError:
        return None


def is_attachment(exchange: Exchange, stem: str) -> str:
    """Say what is wrong with the headers of a CSV file of today; an empty text when nothing is."""
    kind = exchange.header("content-type") or ""
    name, _, rest = kind.partition(";")
    if name.strip().lower() != "text/csv":
        return f"the Content-Type is {kind!r}"
    if "charset" in rest.lower() and "utf-8" not in rest.lower():
        return f"the Content-Type is {kind!r}"
    found = exchange.header("content-disposition") or ""
    match = re.fullmatch(r'attachment;\s*filename="?([^"]+)"?', found)
    days = (present(exchange) - timedelta(seconds=exchange.seconds + 60), present(exchange))
    if not match or match[1] not in {f"{stem}-{moment:%Y-%m-%d}.csv" for moment in days}:
        return f"Content-Disposition is {found!r}"
    return ""


@watch("ACC-USAGE-07")
def usage_sheets_are_files(exchange: Exchange) -> str | None:
    """The CSV form of usage is a file named after today."""
    if sheet(exchange, "getAccountUsage") is None:
        return None
    return is_attachment(exchange, "pollinations-usage")


@watch("ACC-USAGE-08")
def usage_sheets_name_their_columns(exchange: Exchange) -> str | None:
    """The first line of the CSV form names the columns, whether or not lines follow."""
    if sheet(exchange, "getAccountUsage") is None:
        return None
    line = re.split(r"\r?\n", exchange.text())[0]
    return "" if line == ",".join(COLUMNS) else f"the first line is {line[:200]!r}"


@watch("ACC-USAGE-09")
def usage_sheets_are_well_formed(exchange: Exchange) -> str | None:
    """Lines of the CSV form have as many fields as there are columns, empty where nothing is known."""
    rows = sheet(exchange, "getAccountUsage")
    if rows is None:
        return None
    if exchange.text().endswith("\n"):
        return "a line follows the last record"
    for number, row in enumerate(rows[1:], 2):
        if len(row) != len(COLUMNS):
            return f"line {number} has {len(row)} fields"
        for name, value in zip(COLUMNS, row, strict=True):
            counted = name.endswith(("_tokens", "_usd", "_ms"))
            if (counted and value and _number(value) is None and not _is_float(value)) or (
                name in {"model", "meter_source", "api_key_type"}
                and value in {"null", "None", "undefined", "-", "NULL", "nil"}
            ):
                return f"line {number} has {value!r} as {name}"
    return ""


def _is_float(text: str) -> bool:
    return bool(re.fullmatch(r"-?\d+(\.\d+)?[eE][+-]?\d+", text))


@watch("ACC-DAILY-05")
def daily_sheets_are_files(exchange: Exchange) -> str | None:
    """The CSV form of daily usage is a file named after today, with five columns."""
    rows = sheet(exchange, "getAccountUsageDaily")
    if rows is None:
        return None
    said = is_attachment(exchange, "pollinations-usage-daily")
    if said:
        return said
    if not rows or rows[0] != DAILY_COLUMNS:
        return f"the first line is {exchange.text()[:100]!r}"
    odd = [row for row in rows if len(row) != len(DAILY_COLUMNS)]
    return f"a line has {len(odd[0])} fields" if odd else ""


def _days(exchange: Exchange) -> list[dict[str, Any]] | None:
    rows = sheet(exchange, "getAccountUsageDaily")
    if rows is not None:
        return [dict(zip(DAILY_COLUMNS, row, strict=False)) for row in rows[1:]]
    found = _usage(exchange, "getAccountUsageDaily")
    return None if found is None else [item for item in found[1] if is_object(item)]


@watch("ACC-DAILY-03")
def days_are_recent(exchange: Exchange) -> str | None:
    """Dates have their form and lie within the last 90 days, in either form."""
    found = _days(exchange)
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


@watch("ACC-DAILY-04")
def days_stand_once(exchange: Exchange) -> str | None:
    """No two daily records have the same date, model and meter, in either form."""
    found = _days(exchange)
    if found is None:
        return None
    places = [(str(i.get("date")), i.get("model"), i.get("meter_source")) for i in found]
    twice = [place for place in places if places.count(place) > 1]
    return f"two records for {twice[0]}" if twice else ""


def _account(exchange: Exchange, operation: str) -> dict[str, Any] | None:
    if not answered(exchange, operation):
        return None
    value = _load(exchange.content)
    return value if is_object(value) else {}


@watch("ACC-PROFILE-01")
def profiles_are_whole(exchange: Exchange) -> str | None:
    """A profile has its seven fields."""
    body = _account(exchange, "getAccountProfile")
    if body is None:
        return None
    wanted = {"name", "email", "githubUsername", "image", "tier", "createdAt", "nextResetAt"}
    return f"the profile lacks {sorted(wanted - set(body))}" if wanted - set(body) else ""


@watch("ACC-BAL-01")
def balances_are_numbers(exchange: Exchange) -> str | None:
    """A balance is a number."""
    body = _account(exchange, "getAccountBalance")
    if body is None:
        return None
    value = body.get("balance")
    good = isinstance(value, int | float) and not isinstance(value, bool)
    return "" if good else f"balance is {value!r}"


@watch("ACC-KEY-01")
def keys_are_described(exchange: Exchange) -> str | None:
    """A key's description has its eight fields, and valid is true."""
    body = _account(exchange, "getAccountKey")
    if body is None:
        return None
    wanted = {"valid", "type", "name", "expiresAt", "expiresIn", "permissions", "pollenBudget"}
    wanted.add("rateLimitEnabled")
    if wanted - set(body):
        return f"it lacks {sorted(wanted - set(body))}"
    return "" if body["valid"] is True else f"valid is {body['valid']!r}"


@watch("ACC-KEY-04")
def expiry_is_told_twice_or_not_at_all(exchange: Exchange) -> str | None:
    """expiresIn is null exactly when expiresAt is."""
    body = _account(exchange, "getAccountKey")
    if body is None:
        return None
    at, left = body.get("expiresAt"), body.get("expiresIn")
    return "" if (at is None) == (left is None) else f"expiresIn is {left!r}, expiresAt {at!r}"


@watch("ACC-KEY-06")
def types_are_those_of_the_keys(exchange: Exchange) -> str | None:
    """The type is publishable for pk_ and secret for sk_, wherever the key stood."""
    body = _account(exchange, "getAccountKey")
    if body is None:
        return None
    wanted = {"pk_": "publishable", "sk_": "secret"}.get(sent_key(exchange)[:3])
    if wanted is None or body.get("type") == wanted:
        return ""
    return f"the type of a key that should be {wanted} is {body.get('type')!r}"


@watch("ACC-KEY-07")
def permissions_have_short_names(exchange: Exchange) -> str | None:
    """permissions.account has the names profile, balance and usage, or is null."""
    body = _account(exchange, "getAccountKey")
    permissions = body.get("permissions") if body else None
    if not is_object(permissions):
        return None
    names = permissions.get("account")
    if names is None or (
        is_list(names) and names and set(map(str, names)) <= {"profile", "balance", "usage"}
    ):
        return ""
    return f"permissions.account is {names!r}"


def sent_key(exchange: Exchange) -> str:
    """Give the key that counts in a request, or an empty text."""
    for name, value in exchange.request_headers:
        if name.lower() == "authorization" and value.startswith("Bearer "):
            return value[7:].strip()
    return parameters(exchange).get("key", "")


MAGIC = {
    "image/jpeg": b"\xff\xd8\xff",
    "image/png": b"\x89PNG\r\n\x1a\n",
    "image/gif": b"GIF8",
}


@watch("IMG-GET-01")
def pictures_begin_as_they_should(exchange: Exchange) -> str | None:
    """A picture begins with the bytes that its Content-Type calls for."""
    if exchange.operation != "generateImage" or not exchange.ok or exchange.method == "HEAD":
        return None
    start = MAGIC.get(exchange.media_type)
    if start is not None:
        good = exchange.content.startswith(start)
    elif exchange.media_type == "video/mp4":
        good = exchange.content[4:8] == b"ftyp"
    else:
        return None
    return "" if good else f"a body of type {exchange.media_type} begins {exchange.content[:8]!r}"


@watch("MEDIA-GET-04", gateway=False)
def files_name_their_hash(exchange: Exchange) -> str | None:
    """X-Content-Hash is the hash that was asked for."""
    if exchange.operation not in {"getMedia", "headMedia"} or not exchange.ok:
        return None
    asked = exchange.url.partition("?")[0].rpartition("/")[2]
    told = exchange.header("x-content-hash")
    return "" if told == asked else f"X-Content-Hash is {told!r}, asked was {asked!r}"


@watch("MEDIA-UP-06", gateway=False)
def addresses_end_with_the_id(exchange: Exchange) -> str | None:
    """An upload's address ends with its id."""
    if exchange.operation != "uploadMedia" or not exchange.ok:
        return None
    try:
        body = json.loads(exchange.content)
        address, name = str(body["url"]), str(body["id"])
    except (ValueError, KeyError, TypeError):
        return None
    return "" if address.endswith("/" + name) else f"the address {address!r}, the id {name!r}"


@watch("GEN-JSON-01", gateway=False)
def json_is_json(exchange: Exchange) -> str | None:
    """What is declared as JSON is one JSON document in UTF-8."""
    if exchange.media_type != "application/json" or exchange.method == "HEAD":
        return None
    if exchange.status in {204, 304} or not exchange.status:
        return None

    def constant(name: str) -> None:
        raise ValueError(f"{name} is no JSON")

    try:
        # Not from the bytes: that would let other encodings and a byte order mark pass.
        json.loads(exchange.content.decode("utf-8"), parse_constant=constant)
    except RecursionError:
        return None
    except ValueError as error:
        return f"the body is no JSON in UTF-8: {error}"
    return ""


@watch("GEN-REQID-02")
def good_request_ids_are_echoed(exchange: Exchange) -> str | None:
    """A request id of at most 255 letters, digits, _, - and = comes back, on any route."""
    sent = _request_id(exchange)
    if sent is None or not re.fullmatch(r"[A-Za-z0-9_=-]{1,255}", sent):
        return None
    got = exchange.header("x-request-id") or ""
    return "" if got == sent else f"X-Request-Id {sent[:40]!r} comes back as {got[:60]!r}"


@watch("GEN-REQID-03")
def bad_request_ids_are_replaced(exchange: Exchange) -> str | None:
    """Any other request id is replaced, on any route."""
    sent = _request_id(exchange)
    if not sent or re.fullmatch(r"[A-Za-z0-9_=-]{1,255}", sent):
        return None
    got = exchange.header("x-request-id") or ""
    return "" if got and sent not in got else f"{sent[:40]!r} comes back as {got[:60]!r}"


def _request_id(exchange: Exchange) -> str | None:
    found = [value for name, value in exchange.request_headers if name.lower() == "x-request-id"]
    if len(found) != 1 or exchange.method == "OPTIONS" or 300 <= exchange.status < 400:
        return None
    if exchange.status >= 500 and exchange.media_type != "application/json":
        return None
    return found[0]


def completion(exchange: Exchange) -> dict[str, Any] | None:
    """Give the body of a chat answer that is no stream; None when it is something else."""
    if not answered(exchange, *CHAT) or exchange.media_type != "application/json":
        return None
    value = _load(exchange.content)
    return value if is_object(value) else {}


@watch("CHAT-RES-01")
def completions_have_one_choice(exchange: Exchange) -> str | None:
    """A completion has one choice with a message of the assistant."""
    body = completion(exchange)
    if body is None:
        return None
    if body.get("object") != "chat.completion":
        return f"object is {body.get('object')!r}"
    choices = body.get("choices")
    if not is_list(choices) or len(choices) != 1 or not is_object(choices[0]):
        return "there is not exactly one choice"
    message = choices[0].get("message")
    if not is_object(message) or message.get("role") != "assistant":
        return "the choice's message is not the assistant's"
    return ""


@watch("CHAT-RES-02")
def completions_have_ids(exchange: Exchange) -> str | None:
    """The id of a completion is pllns_ and 32 hexadecimal digits."""
    body = completion(exchange)
    if body is None:
        return None
    good = re.fullmatch(r"pllns_[0-9a-f]{32}", str(body.get("id")))
    return "" if good else f"the id is {body.get('id')!r}"


@watch("CHAT-RES-03")
def completions_tell_their_time(exchange: Exchange) -> str | None:
    """created is in whole seconds, and the present unless the answer was made before."""
    body = completion(exchange)
    if body is None:
        return None
    created = body.get("created")
    if not isinstance(created, int) or isinstance(created, bool):
        return f"created is {created!r}, not a whole number"
    ahead = created - present(exchange).timestamp()
    if ahead > 300 or (ahead < -300 - exchange.seconds and not is_hit(exchange)):
        return f"created is {created!r}, not the present"
    return "" if created > 1_600_000_000 else f"created is {created!r}"


@watch("CHAT-RES-04")
def completions_count_tokens(exchange: Exchange) -> str | None:
    """usage has three whole numbers, the total being no less than the others."""
    body = completion(exchange)
    if body is None:
        return None
    usage = body.get("usage")
    if not is_object(usage):
        return f"usage is {usage!r}"
    counts: list[Any] = [usage.get(f"{name}_tokens") for name in COUNTS]
    for value in counts:
        if not isinstance(value, int) or isinstance(value, bool) or value < 0:
            return f"usage counts {counts}"
    return "" if counts[2] >= max(counts[:2]) else f"the total is less than its parts: {counts}"


@watch("CHAT-USAGE-01")
def headers_name_the_model(exchange: Exchange) -> str | None:
    """x-model-used of a fresh chat answer is the model of its body."""
    body = completion(exchange)
    if body is None or is_hit(exchange):
        return None
    used, model = exchange.header("x-model-used"), body.get("model")
    return "" if used == model else f"x-model-used is {used!r}, the body says {model!r}"


@watch("CHAT-USAGE-04")
def headers_follow_from_usage(exchange: Exchange) -> str | None:
    """The usage headers of a fresh chat answer follow from the usage of its body."""
    body = completion(exchange)
    usage = body.get("usage") if body else None
    if not is_object(usage) or is_hit(exchange):
        return None
    prompt: Any = usage.get("prompt_tokens_details") or {}
    done: Any = usage.get("completion_tokens_details") or {}
    try:
        cached, heard = prompt.get("cached_tokens") or 0, prompt.get("audio_tokens") or 0
        spoken, thought = done.get("audio_tokens") or 0, done.get("reasoning_tokens") or 0
        other = (done.get("accepted_prediction_tokens") or 0) + (
            done.get("rejected_prediction_tokens") or 0
        )
        wanted = {
            "x-usage-prompt-text-tokens": usage["prompt_tokens"] - cached - heard,
            "x-usage-prompt-cached-tokens": cached,
            "x-usage-prompt-audio-tokens": heard,
            "x-usage-completion-text-tokens": usage["completion_tokens"] - spoken - thought - other,
            "x-usage-completion-reasoning-tokens": thought,
            "x-usage-completion-audio-tokens": spoken,
        }
    except (TypeError, KeyError, AttributeError):
        return None  # another requirement says what usage is made of
    sent = usage_headers(exchange)
    for name, value in wanted.items():
        told = sent.get(name)
        if told != (str(value) if value > 0 else None):
            follows = value if value > 0 else None
            return f"{name} is {told}, from the body's usage follows {follows}"
    return ""


def chunks(exchange: Exchange) -> list[dict[str, Any]]:
    """Decode the JSON chunks of a stream, leaving out what is none."""
    found = [_load(event.data.encode()) for event in sse.decode(exchange.content)]
    return [chunk for chunk in found if is_object(chunk)]


def choices_of(chunks: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Collect the choices of all chunks."""
    found: list[dict[str, Any]] = []
    for chunk in chunks:
        choices = chunk.get("choices")
        found += [choice for choice in choices if is_object(choice)] if is_list(choices) else []
    return found


def finish_reasons(chunks: list[dict[str, Any]]) -> list[str]:
    """List the finish reasons."""
    return [
        c["finish_reason"] for c in choices_of(chunks) if isinstance(c.get("finish_reason"), str)
    ]


def complete_usages(chunks: list[dict[str, Any]]) -> list[list[int]]:
    """List the usages that have all three counts."""
    found: list[list[int]] = []
    for chunk in chunks:
        usage = chunk.get("usage")
        if is_object(usage):
            counts: list[Any] = [usage.get(f"{name}_tokens") for name in COUNTS]
            if all(isinstance(count, int) and not isinstance(count, bool) for count in counts):
                found.append(counts)
    return found


@watch("CHAT-STREAM-03")
def streams_end_with_done(exchange: Exchange) -> str | None:
    """The last event of a stream is [DONE]."""
    if not _is_stream(exchange):
        return None
    if any("gemini" in str(chunk.get("model")) for chunk in chunks(exchange)):
        return None  # streams of this family are known to end without
    events = sse.decode(exchange.content)
    good = events and events[-1].data == "[DONE]" and events[-1].complete
    return "" if good else "the last event is not [DONE]"


@watch("CHAT-STREAM-04")
def streams_finish_once(exchange: Exchange) -> str | None:
    """Exactly one chunk of a stream has a finish_reason."""
    if not _is_stream(exchange):
        return None
    found = finish_reasons(chunks(exchange))
    return "" if len(found) == 1 else f"the stream has the finish reasons {found[:5]}"


@watch("CHAT-STREAM-05")
def streams_tell_their_usage(exchange: Exchange) -> str | None:
    """A chunk of a stream has a complete usage."""
    if not _is_stream(exchange):
        return None
    options = asked(exchange).get("stream_options")
    if is_object(options) and options.get("include_usage") is False:
        return None  # whoever says that none is wanted may get none
    found = complete_usages(chunks(exchange))
    if not found:
        return "no chunk has a complete usage"
    return "" if found[-1][2] >= max(found[-1][:2]) else f"the usage does not add up: {found[-1]}"


@watch("CHAT-STREAM-09")
def failures_are_no_streams(exchange: Exchange) -> str | None:
    """A failure of a streaming request is a JSON error with its status."""
    if exchange.operation not in CHAT or exchange.method != "POST":
        return None
    if exchange.status >= 400:
        if exchange.media_type == "text/event-stream":
            return f"a refusal with {exchange.status} is an event stream"
        return ""
    if not _is_stream(exchange):
        return None
    first = chunks(exchange)[:1]
    if first and "choices" not in first[0] and ("error" in first[0] or "success" in first[0]):
        return "a failure is sent as an event of a stream with 200"
    return ""


@watch("CHAT-STREAM-10")
def streams_are_not_shared(exchange: Exchange) -> str | None:
    """A streaming request is never answered with what was made for another at the same time."""
    if exchange.operation not in CHAT or asked(exchange).get("stream") is not True:
        return None
    return "a streaming request was de-duplicated" if is_shared(exchange) else ""


@watch("CHAT-STREAM-11")
def streams_are_asked_for(exchange: Exchange) -> str | None:
    """A chat answer is JSON unless a stream was asked for."""
    if not answered(exchange, *CHAT) or asked(exchange).get("stream") not in {False, None}:
        return None
    good = exchange.media_type == "application/json"
    return "" if good else f"without stream the answer is {exchange.header('content-type')!r}"


@watch("CHAT-STREAM-01")
def asked_for_streams_are_streams(exchange: Exchange) -> str | None:
    """With stream true a good chat answer is an event stream."""
    if not answered(exchange, *CHAT) or asked(exchange).get("stream") is not True:
        return None
    good = exchange.media_type == "text/event-stream"
    return "" if good else f"with stream true the answer is {exchange.header('content-type')!r}"


@watch("CHAT-STREAM-12")
def framing_is_plain(exchange: Exchange) -> str | None:
    """Events are single data lines with one space, LF, and one empty line between them."""
    return framing(exchange) if _is_stream(exchange) else None


def framing(exchange: Exchange) -> str:
    """Say what is odd in how a stream's events are written; an empty text when nothing is."""
    if b"\r" in exchange.content:
        return "lines end with CR"
    if not exchange.content.endswith(b"\n\n"):
        return "the stream does not end with an empty line"
    for block in exchange.content[:-2].split(b"\n\n"):
        if not re.fullmatch(rb"data: [^ \n][^\n]*", block):
            return f"an event is written {block[:60]!r}"
    return ""


CACHED = {*CHAT, "generateText", "generateImage"}


@watch("CACHE-HIT-02")
def cached_answers_may_be_kept(exchange: Exchange) -> str | None:
    """Answers that carry X-Cache may be kept for a year."""
    if exchange.operation not in CACHED or not exchange.ok or not exchange.header("x-cache"):
        return None
    if is_shared(exchange):
        return None  # what was shared may be an answer that is not to be kept
    value = exchange.header("cache-control")
    return "" if value == IMMUTABLE else f"Cache-Control is {value!r}"


@watch("CACHE-HIT-06")
def hits_tell_no_usage(exchange: Exchange) -> str | None:
    """A cached answer has no usage headers."""
    if not is_hit(exchange) or is_shared(exchange) or exchange.operation not in CACHED:
        return None
    names = [name for name, _ in exchange.headers if re.match("x-usage-|x-model-used$", name, re.I)]
    return f"a HIT has the headers {names}" if names else ""


@watch("CACHE-HIT-09")
def failures_are_no_hits(exchange: Exchange) -> str | None:
    """A failure is not a HIT, unless it was made for another request at the same time."""
    if exchange.status < 400 or exchange.operation not in CACHED:
        return None
    bad = is_hit(exchange) and not is_shared(exchange)
    return f"a refusal with {exchange.status} is a HIT" if bad else ""


@watch("CACHE-HIT-05")
def random_answers_are_not_cached(exchange: Exchange) -> str | None:
    """With seed -1 there is no X-Cache, except for requests at the same time."""
    if exchange.operation not in CACHED or not exchange.ok or is_shared(exchange):
        return None
    body = asked(exchange)
    seed = body.get("seed") if exchange.method == "POST" else parameters(exchange).get("seed")
    if isinstance(seed, bool) or seed not in {-1, "-1"}:
        return None
    value = exchange.header("x-cache")
    return "" if value is None else f"with seed -1 X-Cache is {value!r}"


@watch("CACHE-KEY-01")
def cached_texts_name_their_key(exchange: Exchange) -> str | None:
    """Chat and text answers with X-Cache have X-Cache-Key."""
    if exchange.operation not in CACHED - {"generateImage"} or not exchange.ok:
        return None
    if exchange.header("x-cache") is None or is_shared(exchange):
        return None
    return "" if exchange.header("x-cache-key") else "there is X-Cache, but no X-Cache-Key"


@watch("CACHE-DATE-01")
def cached_texts_tell_their_age(exchange: Exchange) -> str | None:
    """A cached chat or text answer tells when it was stored."""
    if exchange.operation not in CACHED - {"generateImage"} or not is_hit(exchange):
        return None
    if is_shared(exchange) or not exchange.ok:
        return None
    text = exchange.header("x-cache-date")
    moment = instant(text)
    today = present(exchange)
    good = moment and today - timedelta(days=366) < moment <= today + timedelta(minutes=5)
    return "" if good else f"X-Cache-Date is {text!r}"


@watch("CACHE-TYPE-01")
def cached_pictures_are_exact(exchange: Exchange) -> str | None:
    """A cached picture has X-Cache-Type EXACT."""
    if exchange.operation != "generateImage" or not exchange.ok or not is_hit(exchange):
        return None
    value = exchange.header("x-cache-type")
    return "" if value == "EXACT" or is_shared(exchange) else f"X-Cache-Type is {value!r}"


@watch("AUD-GET-09")
def sound_is_not_cached(exchange: Exchange) -> str | None:
    """Speech and music carry no X-Cache, except for requests at the same time."""
    if not answered(exchange, "generateAudio") or is_shared(exchange):
        return None
    value = exchange.header("x-cache")
    return "" if value is None else f"X-Cache is {value!r}"


@watch("TEXT-GET-01")
def texts_are_in_utf_8(exchange: Exchange) -> str | None:
    """A text is in UTF-8, and says so."""
    if not answered(exchange, "generateText") or exchange.media_type != "text/plain":
        return None
    kind = (exchange.header("content-type") or "").lower().replace(" ", "")
    if "charset=utf-8" not in kind.replace('"', ""):
        return f"the Content-Type {kind!r} does not say UTF-8"
    try:
        exchange.content.decode("utf-8")
    except UnicodeDecodeError as error:
        return f"the text is not in UTF-8: {error}"
    return ""


def _is_fresh(exchange: Exchange, kind: str) -> bool:
    return (
        answered(exchange, "generateImage")
        and not is_hit(exchange)
        and exchange.media_type.startswith(kind)
    )


@watch("IMG-GET-12")
def files_have_names(exchange: Exchange) -> str | None:
    """A fresh picture or film is shown inline, under a name that ends as its type demands."""
    if not _is_fresh(exchange, ""):
        return None
    end = {"image/jpeg": "jpg", "image/png": "png", "video/mp4": "mp4"}.get(exchange.media_type)
    if end is None:
        return None
    found = exchange.header("content-disposition") or ""
    good = re.fullmatch(rf'inline;\s*filename="?[^"/\\\r\n]+\.{end}"?', found)
    return "" if good else f"Content-Disposition of {exchange.media_type} is {found!r}"


@watch("IMG-GET-13")
def pictures_are_counted(exchange: Exchange) -> str | None:
    """A fresh picture names its model, at least one image token and the total."""
    if not _is_fresh(exchange, "image/"):
        return None
    return _counted(exchange, "x-usage-completion-image-tokens")


@watch("IMG-GET-14")
def films_are_counted(exchange: Exchange) -> str | None:
    """A fresh film names its model, its seconds or tokens, and the total."""
    if not _is_fresh(exchange, "video/"):
        return None
    return _counted(exchange, "x-usage-completion-video-seconds", "x-usage-completion-video-tokens")


def _counted(exchange: Exchange, *names: str) -> str:
    if not exchange.header("x-model-used"):
        return "there is no x-model-used"
    sent = usage_headers(exchange)
    if not any((_number(sent.get(name, "")) or 0) > 0 for name in names):
        return f"none of {', '.join(names)} is above 0 among {sent}"
    return "" if "x-usage-total-tokens" in sent else "there is no total"


@watch("MEDIA-GET-03", gateway=False)
def files_never_change(exchange: Exchange) -> str | None:
    """A stored file may be kept for ever."""
    if not exchange.ok or exchange.operation not in {"getMedia", "headMedia"}:
        return None
    value = exchange.header("cache-control")
    return "" if value == IMMUTABLE else f"Cache-Control is {value!r}"


@watch("MEDIA-GET-04", gateway=False)
def files_tell_their_size(exchange: Exchange) -> str | None:
    """X-Content-Size, if there is one, is the number of bytes."""
    if not answered(exchange, "getMedia"):
        return None
    value = exchange.header("x-content-size")
    size = len(exchange.content)
    return "" if value in {None, str(size)} else f"X-Content-Size is {value!r} for {size} bytes"


@watch("MEDIA-GET-07", gateway=False)
def files_are_open_to_browsers(exchange: Exchange) -> str | None:
    """Any origin may read a stored file and its hash."""
    if exchange.operation not in {"getMedia", "headMedia"} or exchange.status >= 500:
        return None
    if exchange.method not in {"GET", "HEAD"}:
        return None
    origin = exchange.header("access-control-allow-origin")
    if origin != "*":
        return f"Access-Control-Allow-Origin of a {exchange.status} is {origin!r}"
    exposed = (exchange.header("access-control-expose-headers") or "").lower()
    return "" if "x-content-hash" in exposed or exposed == "*" else f"exposed are {exposed!r}"


@watch("MEDIA-UP-07", gateway=False)
def ids_are_hashes(exchange: Exchange) -> str | None:
    """The id of an upload is 16 digits in lower case; for bare bytes, those of their SHA-256."""
    if not answered(exchange, "uploadMedia"):
        return None
    value = _load(exchange.content)
    name = value.get("id") if is_object(value) else None
    if not isinstance(name, str) or not re.fullmatch(r"[0-9a-f]{16}", name):
        return f"the id is {name!r}"
    kind = next((v for k, v in exchange.request_headers if k.lower() == "content-type"), "")
    if re.search("multipart/form-data|application/json", kind, re.I):
        return ""
    wanted = hashlib.sha256(exchange.request_body).hexdigest()[:16]
    return "" if name == wanted else f"the id is {name!r}, the hash begins {wanted}"


def usage_headers(exchange: Exchange) -> dict[str, str]:
    """Collect the x-usage headers of an answer."""
    return {
        name.lower(): value
        for name, value in exchange.headers
        if name.lower().startswith("x-usage-")
    }


def _is_stream(exchange: Exchange) -> bool:
    return (
        exchange.ok
        and exchange.method != "HEAD"
        and exchange.media_type == "text/event-stream"
        and exchange.operation in {*CHAT, "generateText"}
    )


def _number(text: str) -> float | None:
    return float(text) if re.fullmatch(r"-?\d+(\.\d+)?", text.strip()) else None
