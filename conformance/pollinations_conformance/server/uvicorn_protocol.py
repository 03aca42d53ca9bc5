"""How connections are read and written: uvicorn's own protocols, with patience that ends.

With httptools installed, uvicorn's faster protocol is used, otherwise the one in pure Python.
"""

import asyncio
import importlib.util
from typing import Any

# The head of a request may be this long; uvicorn's protocol in pure Python has the same limit.
MAX_HEAD = 64 * 1024


class Gathering(asyncio.Transport):
    """A transport that sends what is written in one turn of the loop at once.

    uvicorn writes head and body apart; two packets cost twice as much as one.
    """

    def __init__(self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        """Stand before a transport."""
        super().__init__()
        self._transport = transport
        self._loop = loop
        self._parts: list[bytes] = []
        self.resume_reading = transport.resume_reading  # type: ignore[method-assign]
        self.pause_reading = transport.pause_reading  # type: ignore[method-assign]
        self.is_closing = transport.is_closing  # type: ignore[method-assign]
        self.get_extra_info = transport.get_extra_info  # type: ignore[method-assign]
        self.set_protocol = transport.set_protocol  # type: ignore[method-assign]

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Keep bytes until the end of this turn."""
        if not self._parts:
            self._loop.call_soon(self.flush)
        self._parts.append(bytes(data))

    def flush(self) -> None:
        """Send what was written so far."""
        if self._parts:
            parts, self._parts = self._parts, []
            self._transport.write(parts[0] if len(parts) == 1 else b"".join(parts))

    def close(self) -> None:
        """Send what was written so far, and close."""
        self.flush()
        self._transport.close()

    def abort(self) -> None:
        """Send what was written so far, and tear the connection down."""
        self.flush()
        self._transport.abort()


class _Patience:
    """The time and the space a client has for the head of a request."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self.length = 0
        self.deadline: asyncio.TimerHandle | None = None

    def begin(self, loop: asyncio.AbstractEventLoop, transport: asyncio.Transport) -> None:
        """Start to wait for a head, unless one is being waited for."""
        if self.deadline is None:
            self.length = 0
            self.deadline = loop.call_later(self.seconds, transport.abort)

    def end(self) -> None:
        """Stop waiting."""
        if self.deadline is not None:
            self.deadline.cancel()
            self.deadline = None


def protocol(seconds: float) -> type[asyncio.Protocol]:
    """Make the protocol class for uvicorn.

    Args:
        seconds: a client has for the head of a request.
    """
    if importlib.util.find_spec("httptools") is None:
        return _pure(seconds)
    return _fast(seconds)


def _fast(seconds: float) -> type[asyncio.Protocol]:
    from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

    class Protocol(HttpToolsProtocol):
        def connection_made(self, transport: Any) -> None:
            super().connection_made(Gathering(transport, self.loop))
            self.patience = _Patience(seconds)
            self.patience.begin(self.loop, self.transport)

        def connection_lost(self, exc: Exception | None) -> None:
            self.patience.end()
            super().connection_lost(exc)

        def data_received(self, data: bytes) -> None:
            super().data_received(data)
            if self.patience.deadline is not None:
                self.patience.length += len(data)
                if self.patience.length > MAX_HEAD and not self.transport.is_closing():
                    self.send_400_response("The head of the request is too long.")

        def on_message_begin(self) -> None:
            self.patience.begin(self.loop, self.transport)
            super().on_message_begin()

        def on_headers_complete(self) -> None:
            self.patience.end()
            super().on_headers_complete()

    return Protocol


def _pure(seconds: float) -> type[asyncio.Protocol]:
    import h11
    from uvicorn.protocols.http.h11_impl import H11Protocol

    class Protocol(H11Protocol):
        def connection_made(self, transport: Any) -> None:
            super().connection_made(Gathering(transport, self.loop))
            self.patience = _Patience(seconds)
            self.patience.begin(self.loop, self.transport)

        def connection_lost(self, exc: Exception | None) -> None:
            self.patience.end()
            super().connection_lost(exc)

        def data_received(self, data: bytes) -> None:
            super().data_received(data)
            if self.conn.their_state is not h11.IDLE:
                self.patience.end()
            elif self.conn.trailing_data[0]:
                self.patience.begin(self.loop, self.transport)

    return Protocol
