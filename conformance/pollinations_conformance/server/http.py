"""The little of HTTP that the server needs above ASGI: a call, a reply, and how both travel."""

import asyncio
import re
import time
from collections.abc import AsyncIterator, Awaitable, Callable, MutableMapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pollinations_conformance.http.message import Request
from pollinations_conformance.http.query import parse_query
from pollinations_conformance.server.encoding import dumps
from pollinations_conformance.server.scripted import ScriptedResponse

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Sleep = Callable[[float], Awaitable[None]]
Header = tuple[str, str]

# A body is read to its end only up to this size; beyond it the connection is given up.
DRAIN_LIMIT = 64 * 1024 * 1024

# Seconds a client may be silent in the middle of a body.
BODY_TIMEOUT = 30.0


@dataclass(slots=True)
class Call:
    """One request as it came in.

    Attributes:
        method: in capitals.
        path: still percent-encoded, without the query.
        query_string: still percent-encoded, without the question mark.
        headers: names in lower case, in the order of arrival.
        body: the bytes, at most as many as the limit allows.
        oversized: whether the body was longer than the limit (and was therefore dropped).
        client: the client's IP address.
        origin: scheme and host as the client named them, such as `http://127.0.0.1:8001`.
        script: the response that somebody has scripted for it and nothing has used yet.
    """

    method: str
    path: str
    query_string: str = ""
    headers: list[Header] = field(default_factory=list[Header])
    body: bytes = b""
    oversized: bool = False
    client: str = ""
    origin: str = ""
    started: float = field(default_factory=time.perf_counter)
    script: ScriptedResponse | None = None

    def use_script(self, *kinds: str) -> ScriptedResponse | None:
        """Return the scripted response if it is of one of these kinds; it counts as used then."""
        script = self.script
        if script is None or script.kind not in kinds:
            return None
        self.script = None
        return script

    def header(self, name: str) -> str | None:
        """Return the first header of that lower-case name, or None."""
        for key, value in self.headers:
            if key == name:
                return value
        return None

    @property
    def query(self) -> list[tuple[str, str]]:
        """The query's names and values, decoded as the gateway decodes them."""
        return list(parse_query(self.query_string)) if self.query_string else []

    @property
    def request(self) -> Request:
        """The request as the contract's functions take it."""
        return Request(self.method, self.path, tuple(self.query), tuple(self.headers), self.body)

    def parameter(self, name: str) -> str | None:
        """Return the first query value of that name, or None."""
        if self.query_string:
            for key, value in self.query:
                if key == name:
                    return value
        return None


@dataclass(slots=True)
class Reply:
    """One response: a body at once, or a stream, or (for faults) bytes past all framing.

    Attributes:
        status: HTTP status.
        headers: in the order they are sent.
        body: the whole body, unless there is a stream.
        stream: pieces of the body; each is sent as soon as it comes.
        raw: bytes written to the connection as they are, which is then closed; nothing else is sent.
        delay: seconds to wait before the first byte.
        reset: whether the connection is torn down after `raw` or `stream`.
        skip_body: whether the body is dropped (HEAD).
    """

    status: int = 200
    headers: list[Header] = field(default_factory=list[Header])
    body: bytes = b""
    stream: AsyncIterator[bytes] | None = None
    raw: Sequence[bytes] | None = None
    delay: float = 0.0
    reset: bool = False
    skip_body: bool = False

    def header(self, name: str) -> str | None:
        """Return the first header of that name in any case, or None."""
        wanted = name.lower()
        for key, value in self.headers:
            if key.lower() == wanted:
                return value
        return None

    def set(self, name: str, value: str | None) -> None:
        """Replace the header of that name, or remove it when the value is None."""
        wanted = name.lower()
        self.headers = [pair for pair in self.headers if pair[0].lower() != wanted]
        if value is not None:
            self.headers.append((name, value))


def json_reply(value: object, status: int = 200, headers: Sequence[Header] = ()) -> Reply:
    """Return a response with a JSON document."""
    return Reply(status, [("Content-Type", "application/json"), *headers], dumps(value))


async def read_call(scope: Scope, receive: Receive, limit: int) -> Call:
    """Read a request.

    Args:
        scope: of ASGI.
        receive: of ASGI.
        limit: bytes of the body that are kept at most.

    Raises:
        ConnectionError: the client went away.
        TimeoutError: it has been silent for too long.
    """
    headers = [(k.decode("latin-1"), v.decode("latin-1")) for k, v in scope["headers"]]
    target = scope.get("raw_path") or scope["path"].encode()
    path = target.decode("latin-1").partition("?")[0]
    if not path.startswith("/"):  # absolute form: "GET http://host/path"
        path = "/" + path.partition("://")[2].partition("/")[2]
    client = scope.get("client")
    call = Call(
        method=scope["method"].upper(),
        path=path,
        query_string=scope["query_string"].decode("latin-1"),
        headers=headers,
        client=client[0] if client else "",
    )
    call.origin = f"{scope.get('scheme', 'http')}://{call.header('host') or 'localhost'}"
    announced = call.header("content-length")
    if announced is not None and announced.isdigit() and int(announced[:15]) > DRAIN_LIMIT:
        call.oversized = True
        return call
    if announced == "0" or (announced is None and call.header("transfer-encoding") is None):
        return call
    parts: list[bytes] = []
    size = 0
    while True:
        async with asyncio.timeout(BODY_TIMEOUT):
            message = await receive()
        if message["type"] == "http.disconnect":
            raise ConnectionError("the client went away while it was sending")
        part = message.get("body", b"")
        size += len(part)
        if size > limit:
            call.oversized = True
            parts.clear()
            if size > DRAIN_LIMIT:
                break
        elif part:
            parts.append(part)
        if not message.get("more_body", False):
            break
    call.body = b"".join(parts)
    return call


async def send_reply(reply: Reply, send: Send, sleep: Sleep = asyncio.sleep) -> None:
    """Send a response.

    A `raw` reply needs the server's own transport; under a server that hides it the connection is
    broken off instead, by an exception.
    """
    if reply.delay:
        await sleep(reply.delay)
    if reply.raw is not None:
        await _write_raw(reply.raw, send, reply.reset)
        return
    headers = [(k.encode("latin-1", "replace"), _field(v)) for k, v in reply.headers]
    if reply.stream is None:
        if reply.status not in (204, 304) and reply.header("content-length") is None:
            headers.append((b"content-length", str(len(reply.body)).encode()))
        await send({"type": "http.response.start", "status": reply.status, "headers": headers})
        await send({"type": "http.response.body", "body": b"" if reply.skip_body else reply.body})
        return
    await send({"type": "http.response.start", "status": reply.status, "headers": headers})
    if not reply.skip_body:
        async for piece in reply.stream:
            await send({"type": "http.response.body", "body": piece, "more_body": True})
    if reply.reset:
        transport = _transport(send)
        if transport is None:
            raise ConnectionAbortedError("broken off on purpose")
        transport.abort()
        return
    await send({"type": "http.response.body", "body": b"", "more_body": False})


def _field(value: str) -> bytes:
    # What a header cannot carry must not end the header: a prompt may stand in a file name.
    return _CONTROL.sub(" ", value).strip().encode("latin-1", "replace")


_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")


def _transport(send: Send) -> asyncio.Transport | None:
    owner = getattr(send, "__self__", None)
    transport = getattr(owner, "transport", None)
    return transport if isinstance(transport, asyncio.Transport) else None


async def _write_raw(pieces: Sequence[bytes], send: Send, reset: bool) -> None:
    transport = _transport(send)
    if transport is None:
        raise ConnectionAbortedError("raw bytes need a server that shows its transport (uvicorn)")
    for number, piece in enumerate(pieces):
        if number:
            await asyncio.sleep(0.02)
        transport.write(piece)
    if reset:
        await asyncio.sleep(0.02)
        transport.abort()
    else:
        transport.close()
