"""Pass the exchanges of one client connection on to a server, and hand each to validation."""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

import h11

from pollinations_conformance.contract import Host
from pollinations_conformance.proxy.bodies import Body, Budget
from pollinations_conformance.proxy.rewriting import (
    MAX_UPLOAD_RESPONSE,
    Header,
    is_upload,
    is_upload_response,
    rewrite_location,
    rewrite_upload,
)
from pollinations_conformance.proxy.validation import Headers, Passed
from pollinations_conformance.proxy.wire import BLOCK, Closed, Origin, Pool, Wire

PAGES = b"/__contract__/"
"""Paths below this are the proxy's own."""
JSON: Headers = (("Content-Type", "application/json"),)
LINGER_SECONDS = 1.0
_OF_THE_CONNECTION = frozenset(
    {b"connection", b"keep-alive", b"proxy-connection", b"proxy-authorization", b"upgrade", b"te"}
)
_BROKEN = (OSError, Closed, h11.ProtocolError, TimeoutError)


class ClientLeft(Closed):
    """Raised when the client closed its connection before it had the whole response."""


@dataclass(slots=True)
class Side:
    """One of the two servers, and how it is reached.

    Attributes:
        name: gateway or media.
        pool: connections to it.
        places: the proxy's base URL of each server, where URLs are rewritten; else empty.
    """

    name: Host
    pool: Pool
    places: Mapping[Origin, str]


@dataclass(slots=True)
class Outlets:
    """Where exchanges go, and what the proxy itself responds.

    Attributes:
        passed: takes each complete exchange.
        broken: takes why one was not complete.
        room: waits until another exchange may begin.
        page: returns status, headers and body for method, target and Accept header of a request
            to a path below `PAGES`.
    """

    passed: Callable[[Passed], None]
    broken: Callable[[str], None]
    room: Callable[[], Awaitable[None]]
    page: Callable[[str, str, str], Awaitable[tuple[int, Headers, bytes]]]


class Forwarder:
    """One client connection.

    Args:
        client: the connection.
        side: the server.
        outlets: where exchanges go.
        budget: memory for bodies.
    """

    def __init__(self, client: Wire, side: Side, outlets: Outlets, budget: Budget) -> None:
        self._client = client
        self._side = side
        self._outlets = outlets
        self._budget = budget

    async def run(self) -> None:
        """Pass exchanges on until the client leaves."""
        try:
            while True:
                request = await self._client.receive()
                if not isinstance(request, h11.Request):
                    break
                if request.target.startswith(PAGES):
                    await self._own_page(request)
                else:
                    await self._outlets.room()
                    await _Exchange(
                        self._client, self._side, self._outlets, self._budget, request
                    ).run()
                if not self._client.next_cycle():
                    break
        except h11.RemoteProtocolError as error:
            await self._refuse(error.error_status_hint, "the request is not HTTP")
        except _BROKEN:
            pass
        await _linger(self._client)

    async def _own_page(self, request: h11.Request) -> None:
        while not isinstance(await self._client.receive(), h11.EndOfMessage):
            pass
        accept = next((value for name, value in request.headers if name == b"accept"), b"")
        parts = (part.decode("latin-1") for part in (request.method, request.target, accept))
        status, headers, body = await self._outlets.page(*parts)
        await _respond(self._client, status, headers, body, head=request.method == b"HEAD")

    async def _refuse(self, status: int, reason: str) -> None:
        if self._client.state.our_state in (h11.IDLE, h11.SEND_RESPONSE):
            with contextlib.suppress(*_BROKEN):
                await _respond(self._client, status, JSON, _error_body(reason))


class _Exchange:
    """One request and its response."""

    def __init__(
        self, client: Wire, side: Side, outlets: Outlets, budget: Budget, request: h11.Request
    ) -> None:
        self._client = client
        self._side = side
        self._outlets = outlets
        self._request = request
        self._sent = Body(budget)
        self._received = Body(budget)
        self._started = time.time()
        self._clock = time.perf_counter()
        self._request_end: h11.EndOfMessage | None = None
        self._response: h11.Response | None = None
        self._pump: asyncio.Task[None]

    async def run(self) -> None:
        """Pass the exchange on."""
        try:
            server, event = await self._open()
        except _BROKEN as error:
            await self._fail(error)
            return
        await self._relay(server, event)

    async def _fail(self, error: Exception) -> None:
        """Respond in the place of a server that did not."""
        self._sent.release()
        if isinstance(error, ClientLeft):
            self._outlets.broken(f"{self._label()}: the client left before the response came")
            return
        why = " ".join(f"{type(error).__name__} {error}".split())
        self._outlets.broken(f"{self._label()}: {self._side.pool.origin.url}: {why}")
        if self._client.state.our_state is h11.SEND_RESPONSE:
            with contextlib.suppress(*_BROKEN):
                body = _error_body(f"{self._side.pool.origin.url} did not respond ({why})")
                await _respond(self._client, 502, JSON, body)

    async def _open(self) -> tuple[Wire, h11.Event]:
        """Send the request; once more, when a connection that was kept turns out closed.

        Returns:
            The connection, and the first event of the response.
        """
        server = await self._side.pool.connect()
        try:
            return server, await self._first_event(server)
        except _BROKEN as error:
            server.abort()
            if not server.used or self._sent.kept is None or isinstance(error, ClientLeft):
                raise
        server = await self._side.pool.connect(fresh=True)
        try:
            return server, await self._first_event(server)
        except _BROKEN:
            server.abort()
            raise

    async def _first_event(self, server: Wire) -> h11.Event:
        origin = self._side.pool.origin
        headers = [
            (name, origin.authority.encode() if name.lower() == b"host" else value)
            for name, value in _end_to_end(self._request.headers.raw_items())
        ]
        if self._side.places and is_upload(self._request.method, self._request.target):
            # So that the URL in the response can be read.
            headers = [pair for pair in headers if pair[0].lower() != b"accept-encoding"]
            headers.append((b"Accept-Encoding", b"identity"))
        target = origin.prefix.encode() + self._request.target
        await server.send(h11.Request(method=self._request.method, target=target, headers=headers))
        self._pump = asyncio.create_task(self._pump_request(server))
        self._pump.add_done_callback(lambda task: server.abort() if _has_left(task) else None)
        try:
            return await server.receive()
        except _BROKEN:
            left = _has_left(self._pump)
            await _stop(self._pump)
            if left:
                raise ClientLeft from None
            raise

    async def _pump_request(self, server: Wire) -> None:
        """Pass the body of the request on, then wait for the client to leave.

        Raises:
            ClientLeft: it left.
        """
        if self._sent.kept:  # by an attempt before this one
            await server.send(h11.Data(data=bytes(self._sent.kept)))
        while self._request_end is None:
            try:
                event = await self._client.receive()
            except _BROKEN:
                raise ClientLeft from None
            if isinstance(event, h11.Data):
                self._sent.add(event.data)
                await server.send(event)
            elif isinstance(event, h11.EndOfMessage):
                self._request_end = event
        await server.send(self._request_end)
        try:
            data = await self._client.reader.read(BLOCK)  # nothing, until the client leaves
        except OSError:
            data = b""
        self._client.state.receive_data(data)
        if not data:
            raise ClientLeft

    async def _relay(self, server: Wire, event: h11.Event) -> None:
        """Pass the response on."""
        complete = False
        try:
            while True:
                if isinstance(event, h11.Response):
                    self._response = event
                    event = await self._head(server, event)
                    continue
                if isinstance(event, h11.Data):
                    self._received.add(event.data)
                if isinstance(event, h11.EndOfMessage):
                    if self._client.state.their_http_version == b"1.0":
                        event = h11.EndOfMessage()  # which has no trailers
                    await self._client.send(event)
                    complete = True
                    break
                await self._client.send(event)
                event = await server.receive()
        except _BROKEN as error:
            who = "the client left" if _has_left(self._pump) else type(error).__name__
            self._outlets.broken(f"{self._label()}: cut off ({who})")
            self._client.abort()
        finally:
            await self._finish(server, complete)

    async def _head(self, server: Wire, response: h11.Response) -> h11.Event:
        """Send status and headers, and return the event that comes after them."""
        headers = _end_to_end(response.headers.raw_items())
        rewritten = rewrite_location(headers, self._side.places) if self._side.places else headers
        target, method = self._request.target, self._request.method
        if not self._side.places or not is_upload_response(
            method, target, response.status_code, headers
        ):
            await self._send_head(response, rewritten)
            return await server.receive()
        body, event = await self._start_of_body(server)
        if not isinstance(event, h11.EndOfMessage):  # too long for the response to an upload
            await self._send_head(response, rewritten)
            await self._client.send(h11.Data(data=body))
            return event
        fresh = rewrite_upload(body, self._side.places)
        framing = (b"content-length", b"transfer-encoding")
        rewritten = [(name, value) for name, value in rewritten if name.lower() not in framing]
        rewritten.append((b"Content-Length", str(len(fresh)).encode()))
        await self._send_head(response, rewritten)
        await self._client.send(h11.Data(data=fresh))
        return h11.EndOfMessage()

    async def _send_head(self, response: h11.Response, headers: list[Header]) -> None:
        await self._client.send(
            h11.Response(status_code=response.status_code, headers=headers, reason=response.reason)
        )

    async def _start_of_body(self, server: Wire) -> tuple[bytes, h11.Event]:
        """Return the body as far as it may be kept, and the event after that."""
        body = b""
        while isinstance(event := await server.receive(), h11.Data):
            if len(body) > MAX_UPLOAD_RESPONSE:
                break
            self._received.add(event.data)
            body += event.data
        return body, event

    async def _finish(self, server: Wire, complete: bool) -> None:
        if complete and self._request_end is None:
            # The response came before the whole request: let the client finish, or leave.
            await asyncio.wait({self._pump}, timeout=LINGER_SECONDS)
        await _stop(self._pump)
        whole = self._request_end is not None
        if complete and whole:
            await self._side.pool.give_back(server)
        else:
            server.abort()
        if complete:
            self._outlets.passed(self._passed(whole))
        self._sent.release()
        self._received.release()

    def _passed(self, request_known: bool) -> Passed:
        response = self._response
        assert response is not None
        return Passed(
            number=0,
            side=self._side.name,
            url=self._side.pool.origin.url,
            method=self._request.method.decode("latin-1"),
            target=self._request.target.decode("latin-1"),
            request_headers=_as_text(self._request.headers.raw_items()),
            request_body=self._sent.content() if request_known else None,
            request_size=self._sent.size,
            status=response.status_code,
            headers=_as_text(response.headers.raw_items()),
            body=self._received.content(),
            size=self._received.size,
            started=self._started,
            seconds=time.perf_counter() - self._clock,
        )

    def _label(self) -> str:
        method, target = self._request.method, self._request.target.partition(b"?")[0]
        return f"{method.decode('latin-1')} {target.decode('latin-1')}"


def _end_to_end(items: list[Header]) -> list[Header]:
    """Return headers without those that are for one connection only."""
    named = {
        token.strip().lower()
        for name, value in items
        if name.lower() == b"connection"
        for token in value.split(b",")
    }
    dropped = (_OF_THE_CONNECTION | named) - {b"transfer-encoding", b"content-length"}
    kept = [(name, value) for name, value in items if name.lower() not in dropped]
    if any(name.lower() == b"te" and b"trailers" in value.lower() for name, value in items):
        kept.append((b"TE", b"trailers"))
    return kept


def _as_text(items: list[Header]) -> Headers:
    return tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in items)


def _error_body(reason: str) -> bytes:
    return json.dumps({"error": f"pollinations-conformance proxy: {reason}"}).encode()


async def _respond(
    client: Wire, status: int, headers: Headers, body: bytes, head: bool = False
) -> None:
    framed = [*headers, ("Content-Length", str(len(body)))]
    await client.send(h11.Response(status_code=status, headers=framed))
    if not head:
        await client.send(h11.Data(data=body))
    await client.send(h11.EndOfMessage())


def _has_left(pump: asyncio.Task[None]) -> bool:
    """Return whether the client closed its connection."""
    return pump.done() and not pump.cancelled() and isinstance(pump.exception(), ClientLeft)


async def _stop(task: asyncio.Task[None]) -> None:
    """Cancel a task, and wait until it has ended."""
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError, *_BROKEN):
        await task


async def _linger(client: Wire) -> None:
    """Close, after reading what a client still sends: it would lose the response otherwise."""
    with contextlib.suppress(*_BROKEN):
        if client.writer.can_write_eof():
            client.writer.write_eof()
        async with asyncio.timeout(LINGER_SECONDS):
            while await client.reader.read(BLOCK):
                pass
    await client.close()
