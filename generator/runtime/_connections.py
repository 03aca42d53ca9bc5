"""The HTTP clients behind a client: one for each process, and for each event loop, that it is used in."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from .errors import ConfigurationError

if TYPE_CHECKING:
    from ._http import AsyncHTTPClient, SyncHTTPClient

_type: Callable[[Any], Any] = type  # keeps type checkers from narrowing Any to something unknown
_CLOSED = "the client is closed; make a new one"


class _Process:
    # What belongs to one process. Connections that a fork copied belong to its parent: two processes that read from
    # one would get each other's responses. Nor may a lock be used that another thread held at that moment.

    def __init__(self) -> None:
        self.lock = threading.Condition()
        """Notified when a client is closed."""
        self.http: Any = None
        self.by_loop: WeakKeyDictionary[Any, Any] = WeakKeyDictionary()


class Connections:
    """Connections of a client, which may be those of the client that it is derived from.

    Args:
        given: the user's own HTTP client, or None to make one when it is first needed.
        servers: URLs that it will talk to.
        parent: connections to use instead of any of its own; they are not closed.

    Raises:
        ConfigurationError: the parent is closed.
    """

    def __init__(self, given: Any, servers: Iterable[str], parent: Any = None) -> None:
        if parent is not None and parent.closed:
            raise ConfigurationError(_CLOSED)
        self.given = given
        self.servers = [server for server in servers if server]
        self._parent = parent
        self._closed = False
        self._made_in = os.getpid()
        self._used = False
        self._processes: dict[int, _Process] = {}

    @property
    def closed(self) -> bool:
        """True when no call can be made any more."""
        return self._closed or (self._parent is not None and self._parent.closed)

    def _process(self) -> _Process:
        if self._parent is not None:
            process: _Process = self._parent._process()
            return process
        pid = os.getpid()
        found = self._processes.get(pid)
        # In one step, so that two threads get the same one.
        return self._processes.setdefault(pid, _Process()) if found is None else found

    def _shared(self, asynchronous: bool) -> Any:
        # The HTTP client of the parent, or the one that was passed in; None where one is to be made.
        if self.closed:
            raise ConfigurationError(_CLOSED)
        if self._parent is not None:
            return self._parent.get()
        if self.given is None:
            return None
        if not self._used:
            self._check_given(asynchronous)
            self._used = True
            self._made_in = os.getpid()
        elif os.getpid() != self._made_in:
            raise ConfigurationError(
                "the http_client that was passed in was used before this process was forked off; pass each process "
                "its own"
            )
        if getattr(self.given, "is_closed", False):
            raise ConfigurationError(
                "the http_client that was passed in is closed; pass an open one"
            )
        return self.given

    def _check_given(self, asynchronous: bool) -> None:
        kind = _type(self.given)
        send: Any = getattr(kind, "send", None)
        if send is None or not hasattr(self.given, "build_request"):
            raise ConfigurationError(
                f"http_client must be an HTTP client of httpx, not {kind.__name__}"
            )
        import inspect

        if inspect.iscoroutinefunction(send) is not asynchronous:
            raise ConfigurationError(
                "http_client must be an httpx.AsyncClient for AsyncPollinations"
                if asynchronous
                else "http_client must be an httpx.Client for Pollinations"
            )

    def __repr__(self) -> str:
        return f"{type(self).__name__}(closed={self.closed})"


class SyncConnections(Connections):
    """Connections of a synchronous client."""

    def get(self) -> SyncHTTPClient:
        """Return the HTTP client, made when it is first needed.

        Raises:
            ConfigurationError: the client is closed, or none can be made.
        """
        shared: SyncHTTPClient | None = self._shared(asynchronous=False)
        if shared is not None:
            return shared
        process = self._process()
        found: SyncHTTPClient | None = process.http
        if found is not None:
            return found
        from ._http import new_client

        with process.lock:
            if self.closed:
                raise ConfigurationError(_CLOSED)
            if process.http is None:
                process.http = new_client(self.servers)
            http: SyncHTTPClient = process.http
        return http

    def wait(self, seconds: float) -> None:
        """Wait, but not longer than until the client is closed."""
        process = self._process()
        with process.lock:
            process.lock.wait_for(lambda: self.closed, seconds)

    def close(self) -> None:
        """Close the connections, unless the HTTP client was passed in."""
        process = self._process()
        http = None
        with process.lock:
            self._closed = True
            if self._parent is None:
                http, process.http = process.http, None
            process.lock.notify_all()
        if http is not None:
            from ._http import close_client

            close_client(http)


class AsyncConnections(Connections):
    """Connections of an asynchronous client."""

    def get(self) -> AsyncHTTPClient:
        """Return the HTTP client of the running event loop, made when it is first needed.

        Raises:
            ConfigurationError: the client is closed, or none can be made.
        """
        shared: AsyncHTTPClient | None = self._shared(asynchronous=True)
        if shared is not None:
            return shared
        process = self._process()
        loop = _running_loop()
        found: AsyncHTTPClient | None = process.http if loop is None else process.by_loop.get(loop)
        if found is not None:
            return found
        from ._http import new_async_client

        with process.lock:
            if self.closed:
                raise ConfigurationError(_CLOSED)
            http = new_async_client(self.servers)
            if loop is None:
                process.http = http
            else:
                # Connections of a loop that has ended are of no use in another, and cannot even be closed there.
                process.by_loop[loop] = http
        return http

    async def close(self) -> None:
        """Close the connections of this event loop, unless the HTTP client was passed in."""
        process = self._process()
        loop = _running_loop()
        http = None
        with process.lock:
            self._closed = True
            if self._parent is None:
                http = process.http if loop is None else process.by_loop.pop(loop, None)
        if http is not None:
            await http.aclose()


def _running_loop() -> Any:
    # Only asyncio has loops that come and go; None stands for any other.
    import asyncio

    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None
