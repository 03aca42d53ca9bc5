"""Exchanges as reports show them: shortened, and without any key."""

from collections.abc import Sequence
from typing import Any

from pollinations_conformance.http.query import encode_every_byte
from pollinations_conformance.suite.exchange import Exchange
from pollinations_conformance.suite.keyring import variable
from pollinations_conformance.suite.target import Target

SHOWN_BODY = 2000
"""Characters of a body."""
FILLING = 4096
"""Equal bytes in a row, more than any key has."""
PERCENT_ENCODE = "od -An -v -tx1 | xargs printf %%%s"
"""Shell commands that percent-encode every byte of their input, in words that need no quotes."""


def exchange_value(
    target: Target, exchanges: Sequence[Exchange], nonce: str = ""
) -> dict[str, Any]:
    """Return the JSON form of the last of some exchanges, with commands that repeat it.

    Args:
        target: whose keys are taken out.
        exchanges: that were made with it, in their order.
        nonce: text of the run that makes its prompts unlike any other.
    """
    exchange = exchanges[-1]
    *before, line = commands(target, exchanges, nonce)
    clean = target.redact
    request_type = next(
        (value for name, value in exchange.request_headers if name.lower() == "content-type"), None
    )
    return {
        "request": {
            "method": exchange.method,
            "url": clean(exchange.url),
            "headers": [[name, clean(value)] for name, value in exchange.request_headers],
            "body": _body(target, exchange.request_body, request_type, exchange.request_size),
        },
        "response": {
            "status": exchange.status,
            "headers": [[name, clean(value)] for name, value in exchange.headers],
            "body": _body(target, exchange.content, exchange.header("content-type"), exchange.size),
        },
        "seconds": round(exchange.seconds, 4),
        "before": before,
        "curl": line,
    }


def commands(target: Target, exchanges: Sequence[Exchange], nonce: str) -> list[str]:
    """Return shell commands that repeat the last of some exchanges, and what leads to it.

    What a cache, a limit or an account makes of a request depends on earlier ones, so these come first.
    A prompt that was new to the cache has the variable RUN in it, so that it is new again.
    """
    shown = exchanges[-1]
    before = [item for item in exchanges[:-1] if leads_to(item, shown)]
    first = next(item for item in [*before, shown] if is_same_request(item, shown))
    asked = shown.url + shown.request_body.decode("utf-8", "replace")
    anew = nonce if nonce in asked and not is_from_cache(first) else ""
    lines = [curl(target, item, anew) for item in [*before, shown]]
    return ["RUN=$(date +%s%N)", *lines] if anew else lines


def leads_to(earlier: Exchange, shown: Exchange) -> bool:
    """Return whether the response to a request may depend on an earlier one of the same check."""
    if is_same_request(earlier, shown):
        return True
    if shown.status == 429:
        return earlier.key == shown.key
    if shown.operation.startswith("getAccount"):
        return (earlier.ok and earlier.method == "POST") or "generate" in earlier.operation
    if shown.operation in {"getMedia", "headMedia", "uploadMedia"}:
        return earlier.operation == "uploadMedia"
    return is_from_cache(shown) and earlier.operation == shown.operation


def is_same_request(one: Exchange, other: Exchange) -> bool:
    """Return whether two requests differ in their headers at most."""
    return (one.url, one.request_body) == (other.url, other.request_body)


def is_from_cache(exchange: Exchange) -> bool:
    """Return whether a response says that it comes from the cache."""
    return (exchange.header("x-cache") or "").upper() == "HIT"


def _body(target: Target, data: bytes, content_type: str | None, size: int = -1) -> str:
    """Return a body as text; `size` is its length where `data` is only its beginning."""
    if not data:
        return ""
    size = len(data) if size < 0 else size
    try:
        # What was kept may end within a character.
        text = data.decode("utf-8") if size == len(data) else data[:-4].decode("utf-8", "ignore")
    except UnicodeDecodeError:
        return f"({size} bytes{f' of {content_type}' if content_type else ''})"
    text = target.redact(text[: 50 * SHOWN_BODY])  # so far that a key cut in two is not shown
    return text if len(text) <= SHOWN_BODY else text[:SHOWN_BODY] + f"… ({size} bytes)"


def holds_no_key(target: Target, exchange: Exchange) -> bool:
    """Return whether no key is in a request body.

    Args:
        target: whose keys are looked for.
        exchange: with the request.
    """
    body = exchange.whole_request_body() or b""
    # What is long and was kept is mostly filled with one byte; a search for keys in it takes seconds.
    filling = body[len(body) // 2 :][:1] * FILLING
    if filling and filling in body:
        body = filling.join([b"", *filter(None, body.split(filling)), b""])
    text = body.decode("latin-1")
    return target.keys.redact(text) == text


def curl(target: Target, exchange: Exchange, fresh: str = "") -> str:
    """Return a shell command that repeats a request, with variables in the place of keys.

    Args:
        target: whose keys are taken out.
        exchange: with the request.
        fresh: text in whose place the shell is to put its variable RUN; none when empty.
    """
    line = exchange.curl(fresh, with_long_body=holds_no_key(target, exchange))
    for role in target.keys.roles():
        encoded = encode_every_byte(target.keys.get(role) or "")
        line = line.replace(encoded, f"$(printf %s {variable(role)} | {PERCENT_ENCODE})")
    line = target.redact(line)
    # Single quotes would keep the shell from putting the key in.
    for word in {part for part in line.split("'") if "$POLLINATIONS_" in part}:
        line = line.replace(f"'{word}'", '"' + word.replace('"', '\\"') + '"')
    return line
