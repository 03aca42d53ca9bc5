"""Exchanges as reports show them: shortened, and without any key."""

from typing import Any

from pollinations_conformance.suite.exchange import Exchange
from pollinations_conformance.suite.target import Target

SHOWN_BODY = 2000
"""Characters of a body."""


def exchange_value(target: Target, exchange: Exchange) -> dict[str, Any]:
    """Return the JSON form of an exchange.

    Args:
        target: whose keys are taken out.
        exchange: that was made with it.
    """
    clean = target.redact
    request_type = next(
        (value for name, value in exchange.request_headers if name.lower() == "content-type"), None
    )
    return {
        "request": {
            "method": exchange.method,
            "url": clean(exchange.url),
            "headers": [[name, clean(value)] for name, value in exchange.request_headers],
            "body": _body(target, exchange.request_body, request_type),
        },
        "response": {
            "status": exchange.status,
            "headers": [[name, clean(value)] for name, value in exchange.headers],
            "body": _body(target, exchange.content, exchange.header("content-type"), exchange.size),
        },
        "seconds": round(exchange.seconds, 4),
        "curl": curl(target, exchange),
    }


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


def curl(target: Target, exchange: Exchange) -> str:
    """Return a shell command that repeats a request, with variables in the place of keys."""
    line = target.redact(exchange.curl())
    # Single quotes would keep the shell from putting the key in.
    for word in {part for part in line.split("'") if "$POLLINATIONS_" in part}:
        line = line.replace(f"'{word}'", '"' + word.replace('"', '\\"') + '"')
    return line
