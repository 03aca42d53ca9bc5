"""Show recorded exchanges to the watches of the suite.

A watch sees a recorded exchange as it sees one of a run, except that a recording may lack parts of
it. A watch that needs such a part decides nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

# Importing the checks registers their watches.
import pollinations_conformance.checks as checks
from pollinations_conformance.contract import Contract
from pollinations_conformance.http import har
from pollinations_conformance.http.credentials import presented_key
from pollinations_conformance.http.errors import ConformanceError
from pollinations_conformance.http.message import Response
from pollinations_conformance.http.query import encode_query
from pollinations_conformance.http.text import HIDDEN
from pollinations_conformance.suite.exchange import Exchange
from pollinations_conformance.suite.registry import WATCHES, Watch

__all__ = ["KEPT_IF_SEEN", "RecordedExchange", "checks", "observe", "recorded_exchange"]

KEPT_IF_SEEN = frozenset({"x-request-id"})
"""Response headers that recorders are known to leave out: kept if any response has them."""


class NotRecorded(ConformanceError):
    """Raised by a part of an exchange that the recording does not have."""


class RecordedExchange(Exchange):
    """An exchange in which parts may be unknown; to look at one raises `NotRecorded`."""

    unknown: frozenset[str] = frozenset()
    """Names of attributes, and of response headers in lower case."""

    def __getattribute__(self, name: str) -> Any:
        """Return a part that was recorded."""
        if name in object.__getattribute__(self, "unknown"):
            raise NotRecorded(name)
        return object.__getattribute__(self, name)

    def header_values(self, name: str) -> list[str]:
        """List the values of a response header."""
        if name.lower() in self.unknown:
            raise NotRecorded(name)
        return super().header_values(name)


def recorded_exchange(
    recorded: har.Exchange, response: Response, operation: str, lacking: Iterable[str] = ("date",)
) -> RecordedExchange:
    """Return a recorded exchange in the form that watches take.

    Args:
        recorded: the exchange.
        response: its response.
        operation: the operationId, or an empty text.
        lacking: names of response headers that cannot be relied on, in lower case.
    """
    request = recorded.request
    key = presented_key(request) or ""
    query = f"?{encode_query(request.query)}" if request.query else ""
    exchange = RecordedExchange(
        method=request.method,
        url=f"https://{recorded.host}{request.path}{query}",
        request_headers=request.headers,
        request_body=request.body or b"",
        status=response.status,
        headers=response.headers,
        content=response.body or b"",
        seconds=recorded.seconds,
        operation=operation,
        key="recorded" if key and HIDDEN not in key else "",
    )
    unknown = set(lacking)
    if response.body is None:
        unknown.add("content")
    if not recorded.request_recorded:
        unknown.add("request_body")
    if not recorded.headers_recorded:
        unknown.add("headers")
    object.__setattr__(exchange, "unknown", frozenset(unknown))
    return exchange


def observe(
    contract: Contract, exchange: RecordedExchange, gateway: bool
) -> Iterator[tuple[Watch, str]]:
    """Yield each watch whose requirement an exchange violates, with what is wrong.

    Args:
        contract: watches of requirements that it does not have are left out.
        exchange: what was recorded.
        gateway: whether the response is one of the gateway's.
    """
    for watch in WATCHES.values():
        if (watch.gateway and not gateway) or watch.requirement not in contract.requirements:
            continue
        try:
            problem = watch.look(exchange)
        except (NotRecorded, RecursionError):  # nested so deeply that its schema says so already
            continue
        if problem:
            yield watch, problem
