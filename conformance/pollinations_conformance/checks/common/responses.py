"""Read a response: its body, its headers and its time."""

import csv
import functools
import io
import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

from pollinations_conformance.checks.common.requests import LISTS
from pollinations_conformance.http.credentials import credential
from pollinations_conformance.http.json import is_list, is_object
from pollinations_conformance.http.query import query_of
from pollinations_conformance.http.text import shown
from pollinations_conformance.suite import Exchange, NotTested, PreconditionFailed, Session

IMMUTABLE = "public, max-age=31536000, immutable"


LIST_OPERATIONS = {*LISTS, "listModels"}


CHAT_OPERATIONS = {"createChatCompletion", "createChatCompletionLegacy"}


COUNTS = ("prompt", "completion", "total")


CACHED = {*CHAT_OPERATIONS, "generateText", "generateImage"}


def envelope_of(body: object) -> dict[str, Any] | None:
    """Return the `error` object of an envelope; None where a body is of another kind.

    Others have an `error` object too, and nothing beside it.
    """
    if not is_object(body) or not {"status", "success"} & {*body}:
        return None
    error = body.get("error")
    return error if is_object(error) else None


def no_head(response: Exchange) -> bool:
    """Return whether HEAD is a method that the server does not have; that it must is GEN-HEAD-01."""
    return response.method == "HEAD" and response.status in {404, 405, 501}


def is_stream(response: Exchange) -> bool:
    """Return whether a response is an event stream."""
    return response.media_type == "text/event-stream"


def need_stream(response: Exchange) -> Exchange:
    """Continue only with a stream; that a streaming request gets one is CHAT-STREAM-01."""
    if not is_stream(response):
        raise NotTested(
            f"the response to a streaming request is no stream but {shown(response.header('content-type'))}",
            because="CHAT-STREAM-01",
        )
    return response


def parse_instant(text: object) -> datetime | None:
    """Read an ISO 8601 instant in UTC; None when it is something else."""
    if not isinstance(text, str) or not text.endswith("Z"):
        return None
    try:
        return datetime.fromisoformat(text[:-1] + "+00:00")
    except ValueError:
        return None


def received(exchange: Exchange) -> datetime:
    """Return when a response was there, by the run's clock."""
    return datetime.now(UTC) if exchange.at is None else datetime.fromtimestamp(exchange.at, UTC)


def present(exchange: Exchange) -> datetime:
    """Return the instant of a response, by the server's clock when this machine's is another one."""
    here = received(exchange)
    try:
        reported = parsedate_to_datetime(exchange.header("date") or "")
    except ValueError:
        return here
    there = reported if reported.tzinfo else reported.replace(tzinfo=UTC)
    return there if abs(there - here) > timedelta(minutes=2) else here


def response_text(t: Session, exchange: Exchange) -> str | None:
    """Return the text of a chat completion."""
    content: object = message_of(t, exchange).get("content")
    return content if isinstance(content, str) else None


def need_message(t: Session, error: Mapping[str, object]) -> str:
    """Continue only with an error that has a message, as ERR-ENV-04 demands."""
    message = error.get("message")
    good = isinstance(message, str) and message.strip()
    t.need(good, "ERR-ENV-04", f"the message of an error is {message!r}")
    return str(message)


def need_code(t: Session, exchange: Exchange, *codes: str) -> None:
    """Continue only with a refusal that has the code of its status, as ERR-ENV-02 demands."""
    found = t.error_object(exchange).get("code")
    status = exchange.status
    t.need(found in codes, "ERR-ENV-02", f"the code of a {status} is {found!r}, not {codes[0]}")


def message_of(t: Session, exchange: Exchange) -> dict[str, Any]:
    """Return the message of a chat completion's first choice."""
    choices: Any = t.json_object(exchange).get("choices")
    t.need(is_list(choices) and choices, "CHAT-RES-01", "the completion has no choice")
    first: Any = choices[0]
    message: object = first.get("message") if is_object(first) else None
    if not is_object(message):
        raise PreconditionFailed("CHAT-RES-01", "the first choice has no message", exchange)
    return message


def is_price(value: object) -> bool:
    """Return whether a value is a price: a number above 0, as JSON number or text."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return False
    try:
        return float(value) > 0
    except ValueError:
        return False


def parse_number(text: str) -> float | None:
    """Return a decimal number; None when the text is something else."""
    return float(text) if re.fullmatch(r"-?\d+(\.\d+)?", text.strip()) else None


def usage_headers(exchange: Exchange) -> dict[str, str]:
    """Collect the x-usage headers of a response."""
    return {
        name.lower(): value
        for name, value in exchange.headers
        if name.lower().startswith("x-usage-")
    }


def is_success_of(exchange: Exchange, *operations: str) -> bool:
    """Return whether an exchange is a success, with a body, of one of some operations."""
    return exchange.operation in operations and exchange.status == 200 and exchange.method != "HEAD"


def parse_json(content: bytes) -> Any:
    """Return the value of a JSON text; None when it is none."""
    return _parse_kept(content) if len(content) < 2**18 else _parse(content)


@functools.lru_cache(maxsize=64)
def _parse_kept(content: bytes) -> Any:
    return _parse(content)


def _parse(content: bytes) -> Any:
    try:
        return json.loads(content)
    except (ValueError, RecursionError):
        return None


def object_of(content: bytes) -> dict[str, Any] | None:
    """Return the object in a JSON body, an empty one where it holds something else.

    None is returned where it is no JSON at all: that is for GEN-JSON-01.
    """
    value = parse_json(content)
    if value is None and content.strip() != b"null":
        return None
    return value if is_object(value) else {}


def account_document(exchange: Exchange, operation: str) -> dict[str, Any] | None:
    """Return the body of an account response; None when it is something else."""
    if not is_success_of(exchange, operation):
        return None
    if credential(exchange.url, exchange.request_headers) is None:
        return None  # it should not be there at all
    return object_of(exchange.content)


def attachment_problem(exchange: Exchange, stem: str) -> str:
    """Return what is wrong with the headers of a CSV file of today; an empty text when nothing is."""
    kind = exchange.header("content-type") or ""
    name, _, rest = kind.partition(";")
    if name.strip().lower() != "text/csv":
        return f"the Content-Type is {shown(kind)}"
    if "charset" in rest.lower() and "utf-8" not in rest.lower():
        return f"the Content-Type is {shown(kind)}"
    found = exchange.header("content-disposition") or ""
    match = re.fullmatch(r'attachment;\s*filename="?([^"]+)"?', found)
    days = (present(exchange) - timedelta(seconds=exchange.seconds + 60), present(exchange))
    if not match or match[1] not in {f"{stem}-{instant:%Y-%m-%d}.csv" for instant in days}:
        return f"Content-Disposition is {shown(found)}"
    return ""


def parameters(exchange: Exchange) -> dict[str, str]:
    """Read the query of a request; of a repeated parameter the last."""
    return dict(query_of(exchange.url))


def csv_rows(exchange: Exchange, operation: str) -> list[list[str]] | None:
    """Read a CSV form; None when the response is something else."""
    if not is_success_of(exchange, operation) or parameters(exchange).get("format") != "csv":
        return None
    return list(csv.reader(io.StringIO(exchange.text(), newline="")))


def usage_records(exchange: Exchange, operation: str) -> tuple[dict[str, Any], list[Any]] | None:
    """Return the body of a usage response and its records; None when it has none."""
    if exchange.operation != operation or not exchange.ok or exchange.method == "HEAD":
        return None
    if exchange.media_type != "application/json":
        return None
    try:
        value = json.loads(exchange.content)
    except (ValueError, RecursionError):
        return None
    body = value if is_object(value) else {}
    records = body.get("usage")
    return (body, records) if is_list(records) else None


def is_shared(exchange: Exchange) -> bool:
    """Return whether a response was made for another request at the same time."""
    return (exchange.header("x-cache-type") or "").upper() == "DEDUP"


def may_be_stored(exchange: Exchange) -> bool:
    """Return whether a response may be from the cache: it is marked so, or carries no mark.

    That a response of an operation that is cached is marked is CACHE-HIT-01.
    """
    cached = exchange.operation in {*CHAT_OPERATIONS, "generateText", "generateImage"}
    return is_hit(exchange) or (cached and exchange.header("x-cache") is None)


def is_hit(exchange: Exchange) -> bool:
    """Return whether a response was made for an earlier request, or for another one at the same time."""
    return (exchange.header("x-cache") or "").upper() == "HIT"


def request_json(exchange: Exchange) -> dict[str, Any]:
    """Read the JSON body of a request, empty when it has none."""
    value = parse_json(exchange.request_body) if exchange.request_body else None
    return value if is_object(value) else {}


def parse_timestamp(text: str) -> datetime | None:
    """Read the time of a usage record; None when it is written in some other way."""
    if not re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", text):
        return None
    try:
        return datetime.fromisoformat(text).replace(tzinfo=UTC)
    except ValueError:
        return None
