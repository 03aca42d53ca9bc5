"""Read x-usage headers: without numbers in them nothing can be compared with what they report."""

from pollinations_conformance.checks.common.responses import parse_number, usage_headers
from pollinations_conformance.suite import Exchange, Session

TOTAL = "x-usage-total-tokens"


def unreadable_usage(exchange: Exchange) -> str:
    """Return which x-usage header is no number, beside the total; an empty text when each is one."""
    values = usage_headers(exchange)
    wrong = [name for name, value in values.items() if parse_number(value) is None]
    name = next((name for name in wrong if name != TOTAL), "")
    return f"{name} is {values[name]!r}, which is no number" if name else ""


def need_numbers(t: Session, exchange: Exchange) -> Exchange:
    """Continue only with usage headers that are numbers, as CHAT-USAGE-02 demands."""
    t.examined = exchange
    problem = unreadable_usage(exchange)
    t.need(not problem, "CHAT-USAGE-02", problem)
    return exchange


def listed(values: dict[str, str]) -> str:
    """Write headers and their values in a row."""
    return ", ".join(f"{name}: {value}" for name, value in values.items()) or "none"
