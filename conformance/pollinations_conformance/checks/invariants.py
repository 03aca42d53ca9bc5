"""Facts that hold for every answer: they are looked at on each exchange of a run.

A watch is given an exchange and says None when the requirement does not speak of it, an empty text
when it holds, and otherwise what is wrong.
"""

# A docstring here says what the server does, and not what the function does.

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from pollinations_conformance import sse
from pollinations_conformance.checks.common import GENERATION, LISTS, instant, now
from pollinations_conformance.target import NOT_A_KEY, Exchange, is_list, is_object

Judge = Callable[[Exchange], str | None]


@dataclass(frozen=True)
class Watch:
    """A fact about every answer, and the requirement it stands for."""

    requirement: str
    judge: Judge
    sentence: str
    gateway: bool
    """Whether it speaks of the gateway's answers only."""

    @property
    def name(self) -> str:
        """How reports call it."""
        return f"invariants.{self.judge.__name__}"


WATCHES: list[Watch] = []

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


def watch(requirement: str, gateway: bool = True) -> Callable[[Judge], Judge]:
    """Register a watch for a requirement."""

    def register(judge: Judge) -> Judge:
        sentence = " ".join((judge.__doc__ or "").split())
        if not sentence.endswith("."):
            raise ValueError(f"{judge.__name__}: a watch's docstring is a sentence")
        WATCHES.append(Watch(requirement, judge, sentence, gateway))
        return judge

    return register


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
    if abs(now() - time) > timedelta(minutes=5):
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
    """An error's body does not contain the key that was sent."""
    if exchange.status < 400 or not exchange.key:
        return None
    sent = [
        value.partition(" ")[2]
        for name, value in exchange.request_headers
        if name.lower() == "authorization"
    ]
    sent += re.findall(r"[?&]key=([^&#]+)", exchange.url)
    for key in [*sent, NOT_A_KEY]:
        if len(key) >= 8 and key in exchange.text():
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


@watch("LIMIT-HEAD-01")
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
    if "x-usage-total-tokens" not in values:
        return None
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
    return ""


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
    return ""


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
    """There are no more usage records than the limit says."""
    found = _usage(exchange, "getAccountUsage")
    if found is None:
        return None
    asked = re.findall(r"[?&]limit=(\d+)(?:&|$)", exchange.url)
    limit = int(asked[0]) if asked else 100
    if "limit" in exchange.url and not asked:
        return None  # written in some other way that a number may be
    return "" if len(found[1]) <= limit else f"{len(found[1])} records, the limit is {limit}"


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
