"""One HTTP exchange at a time, with a deadline for all of it and a limit on what is read.

httpx limits the time between two bytes, and the size after a body was inflated. A server that is
slow on purpose, or a few kilobytes of gzip in gzip, would get around both; so the connections of
httpcore are used directly, with a deadline on every read, and bodies are inflated piece by piece.
"""

import ssl
import time
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import httpcore
import httpx

from pollinations_conformance.suite.errors import Unreachable

MAX_BODY = 32 * 2**20
"""Bytes of a body, inflated, beyond which nothing is read."""
MAX_VALUES = 1_500_000
"""Values of a text, about, beyond which it is not parsed: each takes a hundred times its size."""
MAX_ENCODINGS = 3
"""Content codings of one body, each inside the other, that are undone."""
BLOCK = 2**16
DEFAULTS = (
    ("Accept", "*/*"),
    ("Accept-Encoding", "gzip, deflate"),
    ("Connection", "keep-alive"),
    ("User-Agent", "pollinations-conformance"),
)


@dataclass(frozen=True)
class Reply:
    """A complete response, and the request's headers as they were sent."""

    request_headers: tuple[tuple[str, str], ...]
    status: int
    headers: tuple[tuple[str, str], ...]
    content: bytes
    began: float
    """When the first byte of the body came, by `time.monotonic`."""


class Connections:
    """Connections that are kept between exchanges; for one thread.

    Args:
        context: for TLS; None where it is not used.
    """

    def __init__(self, context: ssl.SSLContext | None = None) -> None:
        self.started = False
        """Whether the last exchange got the headers of a response."""
        self._backend = _Backend()
        self._context = context
        self._pool = self._new_pool()
        self._used = False

    def _new_pool(self) -> httpcore.ConnectionPool:
        return httpcore.ConnectionPool(
            ssl_context=self._context, keepalive_expiry=5.0, network_backend=self._backend
        )

    @property
    def heard(self) -> bool:
        """Return whether something came in the last exchange that begins as HTTP does."""
        first = self._backend.first
        return bool(first) and b"HTTP/".startswith(first)

    def close(self) -> None:
        """Close them."""
        self._pool.close()

    def exchange(
        self,
        method: str,
        url: str,
        headers: Sequence[tuple[str, str]],
        body: bytes,
        deadline: float,
    ) -> Reply:
        """Send one request and read the whole response.

        Args:
            method: HTTP method.
            url: absolute and percent-encoded.
            headers: in addition to the usual ones.
            body: may be empty.
            deadline: when the response must be complete, by `time.monotonic`: bytes take the
                time that they take, whatever the run's clock is.

        Raises:
            Unreachable: the response is too long, or not encoded as it says.
            httpcore.NetworkError: the connection broke.
            httpcore.ProtocolError: the response breaks HTTP.
            httpcore.TimeoutException: it was not complete in time.
            httpx.InvalidURL: the URL is none.
        """
        given = {name.lower() for name, _ in headers}
        usual = [item for item in DEFAULTS if item[0].lower() not in given]
        request = httpx.Request(method, url, headers=[*usual, *headers], content=body or None)
        # Set by hand so that a body-less POST still says so, and nothing is guessed.
        if method in {"POST", "PUT", "PATCH"} and not body:
            request.headers["Content-Length"] = "0"
        self._backend.deadline = deadline
        self._backend.first = b""
        self.started = False
        response = self._open(request, deadline - time.monotonic())
        self.started = True
        try:
            content, began = _read(response)
        finally:
            response.close()
        codings = [
            name.strip().lower()
            for header, value in response.headers
            if header.lower() == b"content-encoding"
            for name in value.decode("latin-1").split(",")
        ]
        return Reply(
            request_headers=_as_text(request.headers.raw),
            status=response.status,
            headers=_as_text(response.headers),
            content=_bounded(inflate(content, codings)),
            began=began,
        )

    def _open(self, request: httpx.Request, seconds: float) -> httpcore.Response:
        """Send a request; once more, on a new connection, when the old one turned out closed.

        A server may close an idle connection in the moment in which it is used again.
        """
        used, self._used = self._used, True
        try:
            return self._send(request, seconds)
        except (httpcore.RemoteProtocolError, httpcore.ReadError, httpcore.WriteError):
            if not used:
                raise
        self._pool.close()
        self._pool = self._new_pool()
        return self._send(request, seconds)

    def _send(self, request: httpx.Request, seconds: float) -> httpcore.Response:
        url = httpcore.URL(
            scheme=request.url.raw_scheme,
            host=request.url.raw_host,
            port=request.url.port,
            target=request.url.raw_path,
        )
        limit = max(0.001, seconds)
        timeout = {"connect": limit, "read": limit, "write": limit, "pool": limit}
        return self._pool.handle_request(
            httpcore.Request(
                request.method,
                url,
                headers=request.headers.raw,
                content=request.content,
                extensions={"timeout": timeout},
            )
        )


def _read(response: httpcore.Response) -> tuple[bytes, float]:
    """Return a body, and when its first byte came."""
    blocks: list[bytes] = []
    size = 0
    began = 0.0
    for block in response.iter_stream():
        began = began or time.monotonic()
        blocks.append(block)
        size += len(block)
        if size > MAX_BODY:
            raise Unreachable(f"the response is longer than {MAX_BODY} bytes", excessive=True)
    return b"".join(blocks), began or time.monotonic()


def _bounded(content: bytes) -> bytes:
    """Return a body that can be parsed with little memory.

    Raises:
        Unreachable: it cannot.
    """
    if len(content) > MAX_VALUES and content[:1] in b"[{d":
        values = sum(content.count(mark) for mark in (b",", b"[", b"{"))
        if values > MAX_VALUES:
            raise Unreachable(f"the response has more than {MAX_VALUES} values", excessive=True)
    return content


def inflate(content: bytes, codings: Sequence[str]) -> bytes:
    """Return a body without its content codings; one that nobody knows stays.

    Args:
        content: as it was sent.
        codings: in the order in which they were applied.

    Raises:
        Unreachable: it is not encoded so, or longer than `MAX_BODY`.
    """
    known = [name for name in codings if name not in {"", "identity"}]
    if len(known) > MAX_ENCODINGS:
        raise Unreachable(f"the response breaks HTTP: it has {len(known)} content codings")
    for name in reversed(known):
        if name not in {"gzip", "x-gzip", "deflate"}:
            return content
        if content:
            content = _undo(name, content)
    return content


def _undo(name: str, content: bytes) -> bytes:
    gzip = name != "deflate"
    # Some servers leave out the two bytes that zlib begins with; the low half of the first is 8.
    raw = not gzip and content[0] & 0x0F != 8
    decoder = zlib.decompressobj(31 if gzip else -15 if raw else 15)
    blocks: list[bytes] = []
    size = 0
    rest = content
    try:
        while rest and not decoder.eof:
            block = decoder.decompress(rest, BLOCK)
            rest = decoder.unconsumed_tail
            blocks.append(block)
            size += len(block)
            if size > MAX_BODY:
                message = f"the response is longer than {MAX_BODY} bytes, inflated"
                raise Unreachable(message, excessive=True)
        tail = decoder.flush()
    except zlib.error:
        raise Unreachable(f"the response breaks HTTP: its body is not {name}") from None
    if not decoder.eof:
        raise Unreachable(f"the response breaks HTTP: its {name} body is cut off")
    return b"".join([*blocks, tail])


def _as_text(headers: Iterable[tuple[bytes, bytes]]) -> tuple[tuple[str, str], ...]:
    return tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in headers)


class _Backend(httpcore.NetworkBackend):
    """Opens connections on which nothing takes longer than until a deadline."""

    def __init__(self) -> None:
        self.deadline = 0.0
        self.first = b""
        """The first five bytes of a response."""
        self._backend = httpcore.SyncBackend()

    def left(self, timeout: float | None) -> float:
        """Return how long an operation may take; never 0, which would mean not to wait."""
        left = self.deadline - time.monotonic()
        return max(0.001, left if timeout is None else min(timeout, left))

    def over(self) -> bool:
        """Return whether the deadline has passed."""
        return time.monotonic() >= self.deadline

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        stream = self._backend.connect_tcp(
            host, port, self.left(timeout), local_address, socket_options
        )
        return _Stream(stream, self)


class _Stream(httpcore.NetworkStream):
    def __init__(self, stream: httpcore.NetworkStream, backend: _Backend) -> None:
        self._stream = stream
        self._backend = backend

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        if self._backend.over():
            raise httpcore.ReadTimeout
        block = self._stream.read(max_bytes, self._backend.left(timeout))
        self._backend.first = (self._backend.first + block[:5])[:5]
        return block

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        if self._backend.over():
            raise httpcore.WriteTimeout
        self._stream.write(buffer, self._backend.left(timeout))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.NetworkStream:
        limit = self._backend.left(timeout)
        return _Stream(self._stream.start_tls(ssl_context, server_hostname, limit), self._backend)

    def get_extra_info(self, info: str) -> object:
        return self._stream.get_extra_info(info)
