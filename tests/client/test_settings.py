"""What a client assumes, and how one call or a derived client differs from it."""

from __future__ import annotations

import threading
from typing import Any

import httpx
import pytest

from pollinations_client import (
    ConfigurationError,
    NotFoundError,
    Pollinations,
    RateLimitError,
)
from tests.client.conftest import Mocked, Responding


class Seen:
    """Keeps requests and answers 404."""

    def __init__(self) -> None:
        self.requests: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        return httpx.Response(404)

    @property
    def timeout(self) -> Any:
        return self.requests[-1].extensions["timeout"]


def fail(client: Pollinations, **options: Any) -> None:
    with pytest.raises(NotFoundError):
        client.account.balance(**options)


def test_timeouts_are_finite_and_can_be_set_for_client_and_call(mocked: Mocked) -> None:
    seen = Seen()
    client = mocked(seen)
    fail(client)
    assert seen.timeout == {"connect": 10, "read": 300, "write": 300, "pool": 300}
    fail(client, timeout=2)
    assert set(seen.timeout.values()) == {2}
    fail(client, timeout=httpx.Timeout(5, read=7))
    assert seen.timeout["read"] == 7
    fail(client, timeout=None)
    assert set(seen.timeout.values()) == {None}
    fail(client.with_options(timeout=3))
    assert set(seen.timeout.values()) == {3}
    fail(client)
    assert seen.timeout["read"] == 300


def test_derived_client_changes_nothing_of_its_parent(mocked: Mocked) -> None:
    seen = Seen()
    client = mocked(seen, default_headers={"X-A": "1"}, default_query={"a": "1"})
    derived = client.with_options(default_headers={"X-B": "2"}, default_query={"b": "2"})
    fail(derived)
    assert dict(seen.requests[-1].url.params) == {"a": "1", "b": "2"}
    assert seen.requests[-1].headers["x-a"] == "1"
    assert seen.requests[-1].headers["x-b"] == "2"
    assert seen.requests[-1].headers["authorization"].startswith("Bearer ")
    fail(client)
    assert dict(seen.requests[-1].url.params) == {"a": "1"}
    assert "x-b" not in seen.requests[-1].headers


def test_passed_http_client_stays_open() -> None:
    with httpx.Client(transport=httpx.MockTransport(Seen())) as pool:
        with Pollinations(api_key="sk_x", http_client=pool) as client:
            fail(client)
            derived = client.with_options(max_retries=0)
        derived.close()
        assert not pool.is_closed


def test_threads_share_one_pool() -> None:
    client = Pollinations(api_key="sk_x")
    pools: list[Any] = []
    threads = [threading.Thread(target=lambda: pools.append(client.core.pool())) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({id(pool) for pool in pools}) == 1
    client.close()
    assert pools[0].is_closed


def test_addresses_may_have_a_path_and_a_slash_at_the_end(mocked: Mocked) -> None:
    seen = Seen()
    client = mocked(
        seen, base_url="http://proxy.example/gen/", media_base_url="http://proxy.example/media"
    )
    fail(client)
    with pytest.raises(NotFoundError):
        client.media.retrieve("0" * 16)
    assert [str(request.url) for request in seen.requests] == [
        "http://proxy.example/gen/account/balance",
        f"http://proxy.example/media/{'0' * 16}",
    ]


def test_client_says_who_it_is_and_what_it_takes(mocked: Mocked) -> None:
    seen = Seen()
    fail(mocked(seen))
    assert seen.requests[0].headers["user-agent"].startswith("pollinations-client/")
    assert seen.requests[0].headers["accept"] == "application/json"


def test_waiting_time_of_a_limit_is_read_from_the_body_as_well(responding: Responding) -> None:
    body = {"error": "Rate limit exceeded", "message": "wait", "retryAfterSeconds": 12.5}
    with pytest.raises(RateLimitError) as caught:
        responding(body, 429).account.balance()
    assert caught.value.retry_after == 12.5
    with pytest.raises(RateLimitError) as header:
        responding(body, 429, {"Retry-After": "13"}).account.balance()
    assert header.value.retry_after == 13


def test_request_id_is_read_from_the_body_as_well(responding: Responding) -> None:
    body = {"error": {"message": "no", "code": "X", "requestId": "in-body"}}
    with pytest.raises(NotFoundError, match="in-body") as caught:
        responding(body, 404).account.balance()
    assert caught.value.request_id == "in-body"


def test_a_placeholder_of_a_page_is_called_one_before_anything_is_sent() -> None:
    with pytest.raises(ConfigurationError, match="is a placeholder; put a key in its place"):
        Pollinations(api_key="sk_…")
    with pytest.raises(ConfigurationError, match="characters that no key has") as failure:
        Pollinations(api_key="“sk_demo1234”")
    assert "demo" not in str(failure.value)
