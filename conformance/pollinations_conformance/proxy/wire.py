"""HTTP/1.1 connections of the proxy: h11 over asyncio streams, and those to a server kept for reuse.

The usual libraries for clients and servers drop trailers and early hints, so h11, which both of
ours are built on, is used directly.
"""

from __future__ import annotations

import asyncio
import contextlib
import ssl
import time
from dataclasses import dataclass
from urllib.parse import urlsplit

import h11

BLOCK = 64 * 1024
MAX_HEAD = 128 * 1024
"""Bytes of a request's or response's headers."""
CONNECT_SECONDS = 15.0
IDLE_SECONDS = 4.0
"""Seconds that an unused connection is kept; most servers close theirs after 5."""
MAX_IDLE = 64


class Closed(Exception):
    """Raised when the other side closed the connection before a message was complete."""


class Wire:
    """One connection.

    Args:
        reader: of the stream.
        writer: of the stream.
        role: `h11.CLIENT` or `h11.SERVER`.
    """

    def __init__(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        role: type[h11.CLIENT] | type[h11.SERVER],
    ) -> None:
        self.reader = reader
        self.writer = writer
        self.state = h11.Connection(role, max_incomplete_event_size=MAX_HEAD)
        self.used = False
        """Whether an exchange before this one used the connection."""
        self.idle_since = 0.0

    async def receive(self) -> h11.Event:
        """Return the next event.

        Raises:
            Closed: the connection ended within a message, or between two.
            h11.RemoteProtocolError: what came is not HTTP.
            OSError: the connection broke.
        """
        while True:
            event = self.state.next_event()
            if event is h11.NEED_DATA:
                self.state.receive_data(await self.reader.read(BLOCK))
            elif event is h11.PAUSED or isinstance(event, h11.ConnectionClosed):
                raise Closed
            elif isinstance(event, h11.Event):
                return event

    async def send(self, event: h11.Event) -> None:
        """Send an event at once.

        Raises:
            h11.LocalProtocolError: it is not this event's turn.
            OSError: the connection broke.
        """
        parts = self.state.send_with_data_passthrough(event)
        if parts:
            self.writer.writelines(parts)
            await self.writer.drain()

    def next_cycle(self) -> bool:
        """Prepare for another exchange; return whether the connection can carry one."""
        try:
            self.state.start_next_cycle()
        except h11.LocalProtocolError:
            return False
        self.used = True
        return True

    async def close(self) -> None:
        """Close the connection, once what was sent is on its way."""
        with contextlib.suppress(OSError):
            self.writer.close()
            await self.writer.wait_closed()

    def abort(self) -> None:
        """Break the connection, so that the other side does not take a part for the whole."""
        self.writer.transport.abort()


@dataclass(frozen=True, slots=True)
class Origin:
    """A server that is proxied.

    Args:
        scheme: http or https.
        host: name or IP address.
        port: TCP port.
        prefix: path below which it is served, without a slash at its end.
    """

    scheme: str
    host: str
    port: int
    prefix: str

    @classmethod
    def parse(cls, url: str) -> Origin:
        """Parse a base URL.

        Raises:
            ValueError: it is no http(s) URL, or has a query, or a user in it.
        """
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError("is no http or https URL")
        if parts.query or parts.fragment or parts.username or parts.password:
            raise ValueError("has more than scheme, host, port and path")
        port = parts.port or (443 if parts.scheme == "https" else 80)
        return cls(parts.scheme, parts.hostname, port, parts.path.rstrip("/"))

    @property
    def authority(self) -> str:
        """Host and port as the Host header has them."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        usual = {"http": 80, "https": 443}[self.scheme]
        return host if self.port == usual else f"{host}:{self.port}"

    @property
    def url(self) -> str:
        """The base URL."""
        return f"{self.scheme}://{self.authority}{self.prefix}"


class Pool:
    """Connections to one server.

    Args:
        origin: the server.
    """

    def __init__(self, origin: Origin) -> None:
        self.origin = origin
        self._idle: list[Wire] = []
        self._context = ssl.create_default_context() if origin.scheme == "https" else None

    async def connect(self, fresh: bool = False) -> Wire:
        """Return a connection.

        Args:
            fresh: whether it must be a new one.

        Raises:
            OSError: there is none to be had.
        """
        while self._idle and not fresh:
            wire = self._idle.pop()
            if wire.reader.at_eof() or time.monotonic() - wire.idle_since > IDLE_SECONDS:
                wire.abort()
                continue
            return wire
        async with asyncio.timeout(CONNECT_SECONDS):
            reader, writer = await asyncio.open_connection(
                self.origin.host, self.origin.port, ssl=self._context, limit=BLOCK
            )
        return Wire(reader, writer, h11.CLIENT)

    async def give_back(self, wire: Wire) -> None:
        """Keep a connection for another exchange, if it can carry one."""
        if len(self._idle) < MAX_IDLE and wire.next_cycle():
            wire.idle_since = time.monotonic()
            self._idle.append(wire)
        else:
            await wire.close()

    def close(self) -> None:
        """Close all that are idle."""
        for wire in self._idle:
            wire.abort()
        self._idle.clear()
