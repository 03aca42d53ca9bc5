"""What the client's tests share: the reference server, clients for it, and clients over a mock transport."""

from __future__ import annotations

import json
from collections.abc import Callable, Generator
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


class Answering(Protocol):
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
    """Give a client that the test closes with `async with`, in its own event loop."""
    return AsyncPollinations(
        api_key=server.keys["secret"], base_url=server.base_url, media_base_url=server.media_url
    )


@pytest.fixture
def mocked() -> Generator[Mocked]:
    """Give a function that makes a client whose requests a handler answers."""
    pools: list[httpx.Client] = []

    def make(handler: Handler, **options: Any) -> Pollinations:
        pool = httpx.Client(transport=httpx.MockTransport(handler))
        pools.append(pool)
        settings: dict[str, Any] = {"api_key": KEY, "max_retries": 0, "http_client": pool}
        return Pollinations(**{**settings, **options})

    yield make
    for pool in pools:
        pool.close()


@pytest.fixture
def answering(mocked: Mocked) -> Answering:
    """Give a function that makes a client which gets one answer, whatever it asks."""

    def make(
        body: Any = b"", status: int = 200, headers: dict[str, str] | None = None, **options: Any
    ) -> Pollinations:
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        kind = {} if isinstance(body, bytes) else {"content-type": "application/json"}
        sent = {**kind, **(headers or {})}
        return mocked(lambda _: httpx.Response(status, headers=sent, content=content), **options)

    return make
