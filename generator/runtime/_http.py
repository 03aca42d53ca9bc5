"""The one place where the HTTP library is imported, and what is done to it.

Python HTTP is moving from httpx to its successor; a move means changing the import below and nothing else. Everything
is imported lazily from here, so that importing the package and building a client cost nothing until the first call.
"""

from __future__ import annotations

import re
import threading
import time
import weakref
from collections.abc import Generator, Iterable
from contextlib import AbstractContextManager, contextmanager, suppress
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Any
from urllib.parse import urlsplit

import httpx

from .errors import ConfigurationError, printable, shown
from .types import UNSET, Unset

SyncHTTPClient = httpx.Client
AsyncHTTPClient = httpx.AsyncClient
HTTPRequest = httpx.Request
HTTPResponse = httpx.Response
URL = httpx.URL

TransportError = httpx.TransportError
"""Base of what goes wrong between sending and the end of the response."""
InvalidURL = httpx.InvalidURL
TimeoutException = httpx.TimeoutException
NOTHING_SENT = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.UnsupportedProtocol,
)
"""Failures that come before the first byte of a request."""

DEFAULT_TIMEOUT = 300.0
"""Seconds to wait for the next byte: videos and long responses start minutes after the request."""
CONNECT_TIMEOUT = 10.0
_LONGEST = 1e9
"""Seconds; more overflows the clocks of some systems."""


class Timeout(httpx.Timeout):
    """How long a call may take: httpx's timeouts of single steps, and the total of the whole call.

    Args:
        timeout: seconds to wait for each step, above all for the next byte (300 by default); None waits forever.
        connect: seconds for connecting (10 by default, unless `timeout` is shorter).
        read: seconds to wait for the next byte.
        write: seconds to wait until the next bytes are taken.
        pool: seconds to wait for a free connection.
        total: seconds for the whole call, with all its retries, pauses and, when it is streamed, events; None, the
            default, sets no limit.

    Raises:
        ConfigurationError: a value is not a positive number.
    """

    def __init__(
        self,
        timeout: float | Unset | None = UNSET,
        *,
        connect: float | Unset | None = UNSET,
        read: float | Unset | None = UNSET,
        write: float | Unset | None = UNSET,
        pool: float | Unset | None = UNSET,
        total: float | None = None,
    ) -> None:
        every = _seconds(DEFAULT_TIMEOUT if isinstance(timeout, Unset) else timeout)
        short = CONNECT_TIMEOUT if every is None or every > CONNECT_TIMEOUT else every
        super().__init__(
            connect=short if isinstance(connect, Unset) else _seconds(connect),
            read=every if isinstance(read, Unset) else _seconds(read),
            write=every if isinstance(write, Unset) else _seconds(write),
            pool=every if isinstance(pool, Unset) else _seconds(pool),
        )
        self.total = _seconds(total)

    def __eq__(self, other: object) -> bool:
        return bool(super().__eq__(other)) and self.total == getattr(other, "total", None)

    def __repr__(self) -> str:
        return f"{super().__repr__()[:-1]}, total={self.total})"


def _seconds(value: Any) -> float | None:
    if value is None:
        return None
    if isinstance(value, int | float) and not isinstance(value, bool) and 0 < value <= _LONGEST:
        return float(value)
    raise ConfigurationError(
        f"a timeout is a positive number of seconds, None or a Timeout, not {shown(value)}"
    )


def as_timeout(value: Any) -> httpx.Timeout:
    """Turn seconds into the library's timeout object; None means no limit, and its own objects are kept.

    Args:
        value: seconds to wait between two bytes, None, a timeout object of the library, or UNSET for the default.

    Raises:
        ConfigurationError: it is none of these.
    """
    if isinstance(value, httpx.Timeout):
        return value
    return httpx.Timeout(None) if value is None else Timeout(value)


def total_of(timeout: httpx.Timeout) -> float | None:
    """Return the seconds that a whole call may take, or None."""
    total: float | None = getattr(timeout, "total", None)
    return total


def shortened(timeout: httpx.Timeout, deadline: float | None) -> httpx.Timeout:
    """Return a timeout none of whose steps lasts beyond a deadline."""
    if deadline is None:
        return timeout
    left = max(deadline - time.monotonic(), 0.001)
    steps = timeout.as_dict()
    return httpx.Timeout(
        **{name: left if step is None else min(step, left) for name, step in steps.items()}
    )


class QuietURL(httpx.URL):
    """A URL with the API key in its query that prints without it: the HTTP library logs every URL in full."""

    def __str__(self) -> str:
        return f"{super().__str__().partition('?')[0]}?[query hidden]"

    def __repr__(self) -> str:
        return f"URL({str(self)!r})"


async def sleep(seconds: float) -> None:
    """Wait, in any kind of event loop."""
    import anyio  # takes a tenth of the time that the first synchronous call takes

    await anyio.sleep(seconds)


def fail_after(seconds: float) -> AbstractContextManager[Any]:
    """Raise TimeoutError where the block takes longer, in any kind of event loop."""
    import anyio

    return anyio.fail_after(seconds)


# -- connections of our own ----------------------------------------------------------------------------


def new_client(servers: Iterable[str]) -> httpx.Client:
    """Make the synchronous connection pool.

    Args:
        servers: URLs that it will talk to.

    Raises:
        ConfigurationError: the proxies or certificates that the environment names cannot be used.
    """
    settings: dict[str, Any] = {
        "cookies": _no_cookies(),
        "event_hooks": {"response": [_drop_odd_location]},
    }
    client: httpx.Client = _made(httpx.Client, httpx.HTTPTransport, servers, settings)
    _watch(client)
    return client


def new_async_client(servers: Iterable[str]) -> httpx.AsyncClient:
    """Make the asynchronous connection pool; see `new_client`."""

    async def drop_odd_location(response: httpx.Response) -> None:
        _drop_odd_location(response)

    settings: dict[str, Any] = {
        "cookies": _no_cookies(),
        "event_hooks": {"response": [drop_odd_location]},
    }
    client: httpx.AsyncClient = _made(
        httpx.AsyncClient, httpx.AsyncHTTPTransport, servers, settings
    )
    return client


def _made(client: Any, transport: Any, servers: Iterable[str], settings: dict[str, Any]) -> Any:
    try:
        return client(follow_redirects=False, **settings)
    except Exception as error:
        reason = _account(error)
    # The library stumbles over any proxy variable, also over those that do not concern these servers.
    try:
        mounts = {
            f"all://{urlsplit(server).netloc}": transport(proxy=_proxy(server))
            for server in servers
        }
        return client(follow_redirects=False, transport=transport(), mounts=mounts, **settings)
    except Exception as error:
        reason = _account(error)
    raise ConfigurationError(
        f"no connection can be made with the proxies and certificates of the environment: {reason}; look at "
        "HTTP_PROXY, HTTPS_PROXY, ALL_PROXY, NO_PROXY, SSL_CERT_FILE and SSL_CERT_DIR, or pass http_client"
    )


def _account(error: Exception) -> str:
    # The URL of a proxy may carry a password.
    return printable(re.sub(r"[^\s/'\"]*@", "", f"{type(error).__name__}: {error}"))


def _proxy(server: str) -> str | None:
    import urllib.request

    parts = urlsplit(server)
    if urllib.request.proxy_bypass(parts.netloc):
        return None
    proxies = urllib.request.getproxies()
    found = proxies.get(parts.scheme) or proxies.get("all")
    return found if not found or "://" in found else f"http://{found}"


def _no_cookies() -> CookieJar:
    # The API has none; keeping what a server sets would make each request larger than the one before.
    return CookieJar(DefaultCookiePolicy(allowed_domains=()))


def _drop_odd_location(response: httpx.Response) -> None:
    # The library prepares to follow every redirect, and raises where that is impossible.
    if response.has_redirect_location:
        try:
            url = httpx.URL(response.headers["location"])
            if url.scheme and not url.host:
                raise httpx.InvalidURL("it has no host")
            response.request.url.join(url)
        except Exception:
            del response.headers["location"]


# -- total time, and closing, of synchronous connections --------------------------------------------------


class _Thread(threading.local):
    deadline: float | None = None


_current = _Thread()


@contextmanager
def until(deadline: float | None) -> Generator[None]:
    """Let no read or write of this thread, inside the block, last beyond a deadline on the monotonic clock."""
    before = _current.deadline
    _current.deadline = deadline
    try:
        yield
    finally:
        _current.deadline = before


def capped(timeout: float | None) -> float | None:
    """Return a timeout that does not last beyond the deadline of this thread.

    Raises:
        TimeoutError: it has passed. A server that never pauses would go on within any timeout.
    """
    deadline = _current.deadline
    if deadline is None:
        return timeout
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left if timeout is None else min(timeout, left)


class _Wire:
    # A connection as the HTTP library sees it. A server that sends a byte now and then keeps within every timeout of
    # the library, so the time that is left is looked up at each step.

    def __init__(self, inner: Any, wires: _Wires) -> None:
        self._inner = inner
        self._wires = wires

    def read(self, max_bytes: int, timeout: float | None = None) -> Any:
        return self._inner.read(max_bytes, capped(timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._inner.write(buffer, timeout=capped(timeout))

    def start_tls(
        self, ssl_context: Any, server_hostname: str | None = None, timeout: float | None = None
    ) -> _Wire:
        inner = self._inner.start_tls(ssl_context, server_hostname, timeout=capped(timeout))
        return self._wires.add(_Wire(inner, self._wires))

    def close(self) -> None:
        self._inner.close()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)


class _Wires:
    # The open connections of a pool, until it is closed.

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._open: weakref.WeakSet[_Wire] = weakref.WeakSet()
        self._closed = False

    def add(self, wire: _Wire) -> _Wire:
        with self._lock:
            self._open.add(wire)
            closed = self._closed
        if closed:  # while this thread was connecting
            wire.close()
            raise ConfigurationError("the client is closed; make a new one")
        return wire

    def interrupt(self) -> None:
        with self._lock:
            self._closed = True
            wires = list(self._open)
        for wire in wires:
            _shut(wire)


class _Backend:
    # Opens connections for the HTTP library.

    def __init__(self, inner: Any, wires: _Wires) -> None:
        self._inner = inner
        self._wires = wires

    def connect_tcp(self, *args: Any, **options: Any) -> _Wire:
        options["timeout"] = capped(options.get("timeout"))
        return self._wires.add(_Wire(self._inner.connect_tcp(*args, **options), self._wires))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)


_wires_of: weakref.WeakKeyDictionary[httpx.Client, _Wires] = weakref.WeakKeyDictionary()


def _watch(client: httpx.Client) -> None:
    # The library has no public way to hand its pools a network backend. Where these names change, a test says so, and
    # total times are only looked at between the pieces of a response.
    wires = _Wires()
    inner: Any = client
    for transport in (inner._transport, *inner._mounts.values()):
        pool = getattr(transport, "_pool", None)
        backend = getattr(pool, "_network_backend", None)
        if pool is not None and backend is not None:
            pool._network_backend = _Backend(backend, wires)
    _wires_of[client] = wires


def _shut(connection: Any) -> None:
    # Wakes a thread that waits for a connection: closing it alone would leave it waiting.
    import socket

    with suppress(Exception):
        connection.get_extra_info("socket").shutdown(socket.SHUT_RDWR)


def interrupt(response: httpx.Response) -> None:
    """Wake the thread that waits for more of a response."""
    # In HTTP/2 a connection carries the responses of others as well.
    if response.extensions.get("http_version", b"").startswith(b"HTTP/1"):
        _shut(response.extensions.get("network_stream"))


def close_client(client: httpx.Client) -> None:
    """Close a pool of ours; calls under way in other threads fail at once instead of waiting for their timeout."""
    wires = _wires_of.pop(client, None)
    if wires is not None:
        wires.interrupt()
    client.close()
