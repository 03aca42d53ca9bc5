"""What the client's tests share: the reference server, clients for it, and clients over a mock transport."""

from __future__ import annotations

import json
import re
import socket
import threading
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import suppress
from typing import Any, Protocol

import httpx
import pytest

from pollinations_client import AsyncPollinations, Pollinations
from pollinations_conformance.server import RunningServer, running

KEY = "sk_canaryCanaryCanaryCanaryCanary01"

Handler = Callable[[httpx.Request], httpx.Response]


class Mocked(Protocol):
    """Makes a client whose requests a handler answers."""

    def __call__(self, handler: Handler, **options: Any) -> Pollinations: ...


class Responding(Protocol):
    """Makes a client that gets one answer, whatever it asks."""

    def __call__(
        self,
        body: Any = b"",
        status: int = 200,
        headers: dict[str, str] | None = None,
        **options: Any,
    ) -> Pollinations: ...


@pytest.fixture(scope="session")
def server() -> Generator[RunningServer]:
    with running(seed=1) as running_server:
        yield running_server


@pytest.fixture
def client(server: RunningServer) -> Generator[Pollinations]:
    with Pollinations(
        api_key=server.keys["secret"], base_url=server.base_url, media_base_url=server.media_url
    ) as made:
        yield made


@pytest.fixture
def async_client(server: RunningServer) -> AsyncPollinations:
    """Return a client that the test closes with `async with`, in its own event loop."""
    return AsyncPollinations(
        api_key=server.keys["secret"], base_url=server.base_url, media_base_url=server.media_url
    )


@pytest.fixture
def mocked() -> Generator[Mocked]:
    """Return a function that makes a client whose requests a handler answers."""
    pools: list[httpx.Client] = []

    def make(handler: Handler, **options: Any) -> Pollinations:
        pool = httpx.Client(transport=httpx.MockTransport(handler))
        pools.append(pool)
        settings: dict[str, Any] = {"api_key": KEY, "max_retries": 0, "http_client": pool}
        return Pollinations(**{**settings, **options})

    yield make
    for pool in pools:
        pool.close()


class Whole(httpx.SyncByteStream):
    """A body as it goes over the wire; given as `content`, the HTTP library would decompress it at once."""

    def __init__(self, content: bytes) -> None:
        self.content = content

    def __iter__(self) -> Iterator[bytes]:
        yield self.content


@pytest.fixture
def responding(mocked: Mocked) -> Responding:
    """Return a function that makes a client which gets one answer, whatever it asks."""

    def make(
        body: Any = b"", status: int = 200, headers: dict[str, str] | None = None, **options: Any
    ) -> Pollinations:
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        kind = {} if isinstance(body, bytes) else {"content-type": "application/json"}
        sent = {"content-length": str(len(content)), **kind, **(headers or {})}
        return mocked(
            lambda _: httpx.Response(status, headers=sent, stream=Whole(content)), **options
        )

    return make


def whole_request(connection: socket.socket) -> bytes:
    """Read a request to its end: what is left unread when a socket closes resets the connection."""
    data = b""
    while b"\r\n\r\n" not in data and (block := connection.recv(1 << 20)):
        data += block
        if data[:1] == b"\x16":
            return data  # TLS, which has no such end
    head, _, body = data.partition(b"\r\n\r\n")
    length = re.search(rb"(?im)^content-length: *(\d+)", head)
    while length and len(body) < int(length[1]) and (block := connection.recv(1 << 20)):
        body += block
        data += block
    return data


class RawServer:
    """A server that sends prepared bytes, whatever it is sent, a response for each connection.

    Args:
        responses: the pieces of each response, in order; the last one is repeated. A number is a pause in seconds.
    """

    def __init__(self, *responses: Sequence[bytes | float]) -> None:
        self.responses: Sequence[Sequence[bytes | float]] = responses
        self.requests: list[bytes] = []
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.listener.getsockname()[1]}"
        self.stop = threading.Event()
        self.thread = threading.Thread(target=self.serve, daemon=True)
        self.thread.start()

    def serve(self) -> None:
        count = 0
        while not self.stop.is_set():
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            pieces = self.responses[min(count, len(self.responses) - 1)]
            count += 1
            threading.Thread(target=self.respond, args=(connection, pieces), daemon=True).start()

    def respond(self, connection: socket.socket, pieces: Sequence[bytes | float]) -> None:
        with connection, suppress(OSError):
            self.requests.append(whole_request(connection))
            for piece in pieces:
                if isinstance(piece, bytes):
                    connection.sendall(piece)
                elif self.stop.wait(piece):
                    return

    def close(self) -> None:
        self.stop.set()
        with suppress(OSError):
            self.listener.shutdown(socket.SHUT_RDWR)  # wakes the thread that waits for a connection
        self.listener.close()
        self.thread.join(5)


class Serving(Protocol):
    """Starts a server of prepared bytes."""

    def __call__(self, *responses: Sequence[bytes | float]) -> RawServer: ...


@pytest.fixture
def serving() -> Generator[Serving]:
    """Return a function that starts a server of prepared bytes."""
    servers: list[RawServer] = []

    def start(*responses: Sequence[bytes | float]) -> RawServer:
        servers.append(RawServer(*responses))
        return servers[-1]

    yield start
    for server in servers:
        server.close()
