"""What a server may lack altogether, and the requirements that then cannot be tested."""

from pollinations_conformance.checks.common.responses import envelope_of, parse_json, usage_headers
from pollinations_conformance.http.json import is_object
from pollinations_conformance.suite import Exchange, feature


@feature(
    "CACHE-HIT-01",
    absent="no response carries X-Cache",
    assumed_by=(
        "CACHE-HIT-0[2-9]",
        "CACHE-KEY-01",
        "CACHE-DATE-01",
        "CACHE-TYPE-01",
    ),
)
def cache(exchange: Exchange) -> bool:
    """Some response carries X-Cache."""
    return exchange.header("x-cache") is not None


@feature(
    "GEN-REQID-01",
    absent="no response carries X-Request-Id",
    assumed_by=("GEN-REQID-03", "GEN-REQID-04"),
)
def request_ids(exchange: Exchange) -> bool:
    """Some response carries a request id."""
    return bool((exchange.header("x-request-id") or "").strip())


@feature(
    "ERR-ENV-01",
    absent="no error body is an envelope",
    assumed_by=("ERR-ENV-0[2-5]", "ERR-VAL-07"),
)
def envelope(exchange: Exchange) -> bool:
    """Some error has the envelope."""
    if exchange.status < 400:
        return False
    return envelope_of(parse_json(exchange.content)) is not None


@feature(
    "ERR-VAL-01",
    absent="no error has details.fieldErrors",
    assumed_by=("ERR-VAL-03", "ERR-VAL-04", "ERR-VAL-07"),
)
def field_errors(exchange: Exchange) -> bool:
    """Some error names the fields that are wrong."""
    if exchange.status < 400:
        return False
    body = parse_json(exchange.content)
    error = body.get("error") if is_object(body) else None
    details = error.get("details") if is_object(error) else None
    return is_object(details) and "fieldErrors" in details


@feature(
    "CHAT-USAGE-04",
    absent="no response carries x-usage headers",
    assumed_by=("CHAT-USAGE-02", "CHAT-USAGE-03"),
    shared_by=("IMG-GET-1[34]", "AUD-GET-06", "AUD-STT-04", "AUD-TTS-08"),
)
def usage(exchange: Exchange) -> bool:
    """Some response reports its usage in headers."""
    return bool(usage_headers(exchange))
