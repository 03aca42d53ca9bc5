"""The one place where the HTTP library is imported.

Python HTTP is moving from httpx to its successor; a move means changing the import below and nothing else. Everything
is imported lazily from here, so that importing the package and building a client cost nothing until the first call.
"""

from __future__ import annotations

from typing import Any

import httpx
from anyio import sleep as sleep

from .errors import ConfigurationError

SyncHTTPClient = httpx.Client
AsyncHTTPClient = httpx.AsyncClient
HTTPRequest = httpx.Request
HTTPResponse = httpx.Response
Timeout = httpx.Timeout
URL = httpx.URL

TransportError = httpx.TransportError
"""Base of what goes wrong between sending and the end of the answer."""
DecodingError = httpx.DecodingError
InvalidURL = httpx.InvalidURL
READ_BEFORE = (httpx.StreamClosed, httpx.StreamConsumed)
"""What reading an answer raises that was closed, or read already."""
TimeoutException = httpx.TimeoutException
NOTHING_SENT = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.UnsupportedProtocol,
)
"""Failures that come before the first byte of a request."""


class QuietURL(httpx.URL):
    """A URL with the API key in its query that prints without it: the HTTP library logs every URL in full."""

    def __str__(self) -> str:
        return f"{super().__str__().partition('?')[0]}?[query hidden]"

    def __repr__(self) -> str:
        return f"URL({str(self)!r})"


def new_client(timeout: Any) -> httpx.Client:
    """Make the synchronous connection pool."""
    return httpx.Client(timeout=timeout, follow_redirects=False)


def new_async_client(timeout: Any) -> httpx.AsyncClient:
    """Make the asynchronous connection pool."""
    return httpx.AsyncClient(timeout=timeout, follow_redirects=False)


def as_timeout(value: Any, connect: float) -> Any:
    """Turn seconds into the library's timeout object; None means no limit, and its own objects are kept.

    Args:
        value: seconds to wait between two bytes, None, or a timeout object of the library.
        connect: seconds allowed for connecting, unless `value` is shorter.

    Raises:
        ConfigurationError: it is none of these.
    """
    if value is None or isinstance(value, httpx.Timeout):
        return value
    if isinstance(value, int | float) and 0 < value < float("inf"):
        return httpx.Timeout(value, connect=min(connect, value))
    raise ConfigurationError(f"a timeout is a positive number of seconds or None, not {value!r}")
