"""One client in several processes, threads and event loops, closed at any moment, in any environment."""

from __future__ import annotations

import asyncio
import gc
import json
import multiprocessing
import os
import socket
import sys
import threading
import time
import warnings
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest

from pollinations_client import (
    APIConnectionError,
    APIStatusError,
    AsyncPollinations,
    ConfigurationError,
    NotFoundError,
    Pollinations,
    PollinationsError,
    StreamTruncatedError,
)
from pollinations_conformance.server import RunningServer
from tests.client.conftest import Mocked, Serving

UNRAISABLE = "ignore::pytest.PytestUnraisableExceptionWarning"
MESSAGES = [{"role": "user", "content": "Hi"}]


def found(body: bytes = b'{"balance": 1}') -> bytes:
    head = (
        f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


class Echo:
    """A server that keeps connections open and responds with what is in the query."""

    def __init__(self) -> None:
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=200)
        self.url = f"http://127.0.0.1:{self.listener.getsockname()[1]}"
        self.connections = 0
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self) -> None:
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self.respond, args=(connection,), daemon=True).start()

    def respond(self, connection: socket.socket) -> None:
        with connection, connection.makefile("rb") as lines, suppress(OSError):
            while line := lines.readline():
                number = line.partition(b"number=")[2].partition(b" ")[0] or b"0"
                while lines.readline() not in (b"\r\n", b""):
                    pass
                time.sleep(0.001)
                connection.sendall(found(b'{"balance": %s}' % number))

    def close(self) -> None:
        with warnings.catch_warnings():
            self.listener.shutdown(socket.SHUT_RDWR)
            self.listener.close()


@pytest.fixture
def echo() -> Any:
    server = Echo()
    yield server
    server.close()


def send(client: Pollinations, number: int) -> Any:
    return client.account.balance(extra_query={"number": number}).balance


# -- processes ---------------------------------------------------------------------------------------------


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
@pytest.mark.parametrize("derived", [False, True])
def test_forked_processes_get_their_own_responses(echo: Echo, derived: bool) -> None:
    with Pollinations(api_key="sk_x", base_url=echo.url) as parent:
        client = parent.with_options(max_retries=0) if derived else parent
        assert send(client, 7) == 7
        results: list[int] = []
        readers: list[int] = []
        for child in range(4):
            reader, writer = os.pipe()
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", DeprecationWarning)  # threads of this test
                pid = os.fork()
            if pid == 0:
                try:
                    right = all(
                        send(client, 1000 * child + number) == 1000 * child + number
                        for number in range(30)
                    )
                    os.write(writer, b"1" if right else b"0")
                finally:
                    os._exit(0)
            os.close(writer)
            readers.append(reader)
            results.append(pid)
        for number in range(30):
            assert send(client, number) == number
        for pid, reader in zip(results, readers, strict=True):
            assert os.read(reader, 1) == b"1"
            os.close(reader)
            os.waitpid(pid, 0)
        assert echo.connections == 5


def in_child(client: Any, given: Any, connection: Any) -> None:
    try:
        client.account.balance()
        connection.send("worked")
    except ConfigurationError as error:
        connection.send(str(error))


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
@pytest.mark.parametrize("used", [False, True])
def test_http_client_of_ones_own_is_not_used_across_a_fork(echo: Echo, used: bool) -> None:
    context = multiprocessing.get_context("fork")
    with httpx.Client() as pool:
        client = Pollinations(api_key="sk_x", base_url=echo.url, http_client=pool)
        if used:
            client.account.balance()
        ours, theirs = context.Pipe()
        child = context.Process(target=in_child, args=(client, pool, theirs))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            child.start()
        reported = ours.recv()
        child.join()
    assert ("forked" in reported) if used else (reported == "worked")


# -- event loops -------------------------------------------------------------------------------------------


@pytest.mark.filterwarnings("ignore::ResourceWarning", UNRAISABLE)
def test_client_works_in_one_event_loop_after_another(echo: Echo) -> None:
    client = AsyncPollinations(api_key="sk_x", base_url=echo.url)

    async def run(number: int) -> Any:
        return (await client.account.balance(extra_query={"number": number})).balance

    assert [asyncio.run(run(number)) for number in range(3)] == [0, 1, 2]

    async def close() -> None:
        await client.close()
        with pytest.raises(ConfigurationError, match="closed"):
            await client.account.balance()

    asyncio.run(close())
    gc.collect()  # so that what Python says of connections of loops that have ended is said here


@pytest.mark.filterwarnings("ignore::ResourceWarning", UNRAISABLE)
def test_http_client_of_another_event_loop_is_an_error_of_ours(echo: Echo) -> None:
    pool = httpx.AsyncClient()
    client = AsyncPollinations(api_key="sk_x", base_url=echo.url, http_client=pool, max_retries=0)

    async def run() -> Any:
        return await client.account.balance()

    asyncio.run(run())
    with pytest.raises(PollinationsError, match="loop"):
        asyncio.run(run())
    gc.collect()


class Bound(httpx.AsyncByteStream):
    """A body that only its own event loop can close."""

    def __init__(self) -> None:
        self.loop = asyncio.get_running_loop()

    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield b"data: {}\n\n"

    async def aclose(self) -> None:
        if asyncio.get_running_loop() is not self.loop:
            raise RuntimeError("Event loop is closed")


@pytest.mark.parametrize("opened", [False, True], ids=["stream", "opened"])
def test_what_belongs_to_an_event_loop_that_has_ended_can_be_closed(opened: bool) -> None:
    def respond(_: httpx.Request) -> httpx.Response:
        return httpx.Response(200, headers={"content-type": "text/event-stream"}, stream=Bound())

    pool = httpx.AsyncClient(transport=httpx.MockTransport(respond))
    client = AsyncPollinations(api_key="sk_x", http_client=pool, max_retries=0)
    messages: Any = [{"role": "user", "content": "Hi"}]

    async def start() -> Any:
        if opened:
            calls = client.chat.completions.with_streaming_response
            return await calls.create(messages=messages).__aenter__()
        return await client.chat.completions.create(messages=messages, stream=True)

    found = asyncio.run(start())
    asyncio.run(found.close())
    if not opened:
        with pytest.raises(StreamTruncatedError):
            asyncio.run(found.final())
    asyncio.run(pool.aclose())


@pytest.mark.parametrize("moment", ["before", "body", "stream"])
def test_cancelled_calls_end_and_leave_the_client_usable(serving: Serving, moment: str) -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 14\r\n\r\n"
    slow: list[bytes | float] = [10.0] if moment == "before" else [head, b'{"bal', 10.0]
    server = serving(slow, [found()])

    async def run() -> None:
        async with AsyncPollinations(api_key="sk_x", base_url=server.url) as client:
            task = asyncio.create_task(client.account.balance())
            await asyncio.sleep(0.2)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            assert (await client.account.balance()).balance == 1

    asyncio.run(run())


# -- closed ------------------------------------------------------------------------------------------------


def closed_client(url: str) -> Pollinations:
    client = Pollinations(api_key="sk_x", base_url=url)
    client.account.balance()
    client.close()
    return client


def child_of_closed(url: str) -> Pollinations:
    parent = Pollinations(api_key="sk_x", base_url=url)
    child = parent.with_options(max_retries=0)
    child.account.balance()
    parent.close()
    return child


def closed_child(url: str) -> Pollinations:
    child = Pollinations(api_key="sk_x", base_url=url).with_options(max_retries=0)
    child.close()
    return child


def closed_pool(url: str) -> Pollinations:
    pool = httpx.Client()
    pool.close()
    return Pollinations(api_key="sk_x", base_url=url, http_client=pool)


@pytest.mark.parametrize("make", [closed_client, child_of_closed, closed_child, closed_pool])
def test_closed_clients_say_so(echo: Echo, make: Callable[[str], Pollinations]) -> None:
    client = make(echo.url)
    for _ in range(2):
        with pytest.raises(ConfigurationError, match="closed") as caught:
            client.account.balance()
        assert caught.value.call == "client.account.balance"
    with pytest.raises(ConfigurationError, match="closed"):
        client.with_options(max_retries=0).account.balance()
    client.close()


def test_closing_a_derived_client_leaves_its_parent_open(echo: Echo) -> None:
    with Pollinations(api_key="sk_x", base_url=echo.url) as parent:
        with parent.with_options(max_retries=0) as child:
            assert send(child, 1) == 1
        assert send(parent, 2) == 2


@pytest.mark.parametrize("kind", ["headers", "body", "stream"])
def test_closing_ends_calls_in_other_threads(serving: Serving, kind: str) -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n"
    pieces: dict[str, list[bytes | float]] = {
        "headers": [20.0],
        "body": [found()[:-3], 20.0],
        "stream": [head, b'data: {"choices":[]}\n\n', 20.0],
    }
    server = serving(pieces[kind])
    client = Pollinations(api_key="sk_x", base_url=server.url, max_retries=3)
    errors: list[BaseException] = []

    def run() -> None:
        try:
            if kind == "stream":
                client.chat.completions.create(messages=MESSAGES, stream=True).final()
            else:
                client.account.balance()
        except BaseException as error:
            errors.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    while not server.requests:
        time.sleep(0.01)
    time.sleep(0.1)  # for what has been sent of the response to come
    start = time.monotonic()
    client.close()
    thread.join(10)
    assert time.monotonic() - start < 3
    assert [isinstance(error, PollinationsError) for error in errors] == [True]


@pytest.mark.parametrize("whose", ["its own", "its parent's"])
def test_closing_ends_the_pause_before_another_attempt(serving: Serving, whose: str) -> None:
    head = b"HTTP/1.1 429 Too Many Requests\r\nRetry-After: 30\r\nContent-Length: 0\r\n\r\n"
    server = serving([head])
    parent = Pollinations(api_key="sk_x", base_url=server.url)
    child = parent.with_options(max_retries=1)
    errors: list[BaseException] = []

    def run() -> None:
        try:
            child.account.balance()
        except BaseException as error:
            errors.append(error)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    while not server.requests:
        time.sleep(0.01)
    time.sleep(0.1)  # until it pauses
    start = time.monotonic()
    (child if whose == "its own" else parent).close()
    thread.join(10)
    assert time.monotonic() - start < 3
    assert [isinstance(error, PollinationsError) for error in errors] == [True]
    assert len(server.requests) == 1
    parent.close()


def test_closing_during_the_first_call_of_another_thread_closes_for_good(
    echo: Echo, monkeypatch: pytest.MonkeyPatch
) -> None:
    from pollinations_client import _http  # pyright: ignore[reportPrivateUsage]

    client = Pollinations(api_key="sk_x", base_url=echo.url, max_retries=0)
    making = threading.Event()
    made: list[httpx.Client] = []
    real = _http.new_client

    def slow(servers: Any) -> httpx.Client:
        making.set()
        time.sleep(0.2)
        made.append(real(servers))
        return made[0]

    monkeypatch.setattr(_http, "new_client", slow)

    def run() -> None:
        with suppress(PollinationsError):
            client.account.balance()

    thread = threading.Thread(target=run)
    thread.start()
    assert making.wait(5)
    client.close()
    thread.join(5)
    assert made[0].is_closed
    with pytest.raises(ConfigurationError, match="closed"):
        client.account.balance()


def test_closing_an_asynchronous_client_ends_its_calls(serving: Serving) -> None:
    server = serving([20.0])

    async def run() -> float:
        client = AsyncPollinations(api_key="sk_x", base_url=server.url)
        task = asyncio.create_task(client.account.balance())
        while not server.requests:
            await asyncio.sleep(0.01)
        start = time.monotonic()
        await client.close()
        with pytest.raises(PollinationsError):
            await asyncio.wait_for(task, 5)
        return time.monotonic() - start

    assert asyncio.run(run()) < 3


def test_one_client_in_fifty_threads_gives_each_its_own_response(echo: Echo) -> None:
    with (
        Pollinations(api_key="sk_x", base_url=echo.url) as client,
        ThreadPoolExecutor(50) as threads,
    ):
        numbers = list(range(500))
        assert list(threads.map(partial(send, client), numbers)) == numbers


def test_streams_in_twenty_threads_are_all_whole(server: RunningServer) -> None:
    with (
        Pollinations(api_key=server.keys["secret"], base_url=server.base_url) as client,
        ThreadPoolExecutor(20) as threads,
    ):

        def run(number: int) -> Any:
            text = f"Say {number}"
            stream = client.chat.completions.create(
                messages=[{"role": "user", "content": text}], stream=True, seed=number
            )
            return stream.final().choices[0].finish_reason

        assert all(threads.map(run, range(20)))


def test_snapshots_taken_in_other_threads_do_no_harm(mocked: Mocked) -> None:
    pieces = [f"{number}," for number in range(1500)]
    chunks: list[Any] = [{"choices": [{"delta": {"content": piece}}]} for piece in pieces]
    chunks.append({"choices": [{"delta": {}, "finish_reason": "stop"}]})
    body = "".join(f"data: {json.dumps(one)}\n\n" for one in chunks)
    headers = {"content-type": "text/event-stream"}
    client = mocked(lambda _: httpx.Response(200, headers=headers, text=body))
    messages: Any = [{"role": "user", "content": "Hi"}]
    stream = client.chat.completions.create(messages=messages, stream=True)
    whole = "".join(pieces)
    ended = threading.Event()

    def look() -> list[str]:
        odd: list[str] = []
        while not ended.is_set():
            seen = stream.snapshot()
            content = seen.choices[0].message.content if seen and seen.choices else ""
            if not whole.startswith(str(content or "")):
                odd.append(str(content))
        return odd

    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        with ThreadPoolExecutor(3) as threads:
            looks = [threads.submit(look) for _ in range(3)]
            try:
                assert stream.final().choices[0].message.content == whole
            finally:
                ended.set()
        assert [each.result() for each in looks] == [[], [], []]
    finally:
        sys.setswitchinterval(interval)


# -- the environment ---------------------------------------------------------------------------------------

VARIABLES = ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "SSL_CERT_FILE", "SSL_CERT_DIR"]


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)

    def change(**values: str) -> None:
        for name, value in values.items():
            monkeypatch.setenv(name, value)

    return change


HARMLESS: list[dict[str, str]] = [
    {"NO_PROXY": "fd00::/8"},
    {"NO_PROXY": "fd00::/8,127.0.0.1", "HTTP_PROXY": "http://127.0.0.1:9"},
    {"ALL_PROXY": "socks5://127.0.0.1:9", "NO_PROXY": "127.0.0.1"},
    {"HTTPS_PROXY": "nonsense://x", "NO_PROXY": "127.0.0.1"},
]
HARMFUL: list[dict[str, str]] = [
    {"ALL_PROXY": "socks5://user:hunter2@127.0.0.1:9"},
    {"HTTP_PROXY": "nonsense://user:hunter2@127.0.0.1:9"},
    {"HTTP_PROXY": "http://user:hunter2@[::1"},
    {"SSL_CERT_FILE": "/no/such/file.pem"},
]


@pytest.mark.parametrize("values", HARMLESS, ids=str)
@pytest.mark.parametrize("asynchronous", [False, True], ids=["sync", "async"])
def test_proxies_that_do_not_concern_the_service_do_no_harm(
    echo: Echo, environment: Callable[..., None], values: dict[str, str], asynchronous: bool
) -> None:
    environment(**values)

    async def run() -> Any:
        async with AsyncPollinations(api_key="sk_x", base_url=echo.url) as client:
            return (await client.account.balance(extra_query={"number": 3})).balance

    if asynchronous:
        assert asyncio.run(run()) == 3
    else:
        with Pollinations(api_key="sk_x", base_url=echo.url) as client:
            assert send(client, 3) == 3


@pytest.mark.parametrize("values", HARMFUL, ids=str)
@pytest.mark.parametrize("asynchronous", [False, True], ids=["sync", "async"])
def test_proxies_and_certificates_that_cannot_be_used_are_named(
    echo: Echo, environment: Callable[..., None], values: dict[str, str], asynchronous: bool
) -> None:
    environment(**values)

    async def run() -> Any:
        async with AsyncPollinations(api_key="sk_x", base_url=echo.url) as client:
            await client.account.balance()

    with pytest.raises(ConfigurationError, match="environment") as caught:  # noqa: PT012
        if asynchronous:
            asyncio.run(run())
        else:
            Pollinations(api_key="sk_x", base_url=echo.url).account.balance()
    assert "hunter2" not in str(caught.value)
    assert next(iter(values)) in str(caught.value)


# -- what servers set and send ---------------------------------------------------------------------------------


@pytest.mark.parametrize("passed_in", [False, True])
def test_no_cookie_is_kept(serving: Serving, passed_in: bool) -> None:
    cookie = found().replace(b"\r\n\r\n", b"\r\nSet-Cookie: a=" + b"x" * 4000 + b"\r\n\r\n", 1)
    server = serving([cookie])
    with httpx.Client() as pool:
        client = Pollinations(
            api_key="sk_x", base_url=server.url, http_client=pool if passed_in else None
        )
        for _ in range(3):
            client.account.balance()
        client.close()
    assert len(server.requests) == 3
    assert not any(b"cookie" in request.lower() for request in server.requests)


def test_cookies_of_ones_own_are_sent(mocked: Mocked) -> None:
    seen: list[str] = []

    def handler(request: httpx.Request) -> httpx.Response:
        seen.append(request.headers.get("cookie", ""))
        return httpx.Response(404, headers={"set-cookie": "b=2"})

    client = mocked(handler, default_headers={"Cookie": "a=1"})
    for _ in range(2):
        with pytest.raises(NotFoundError):
            client.account.balance()
    assert seen == ["a=1", "a=1"]


LOCATIONS = [
    "javascript:1",
    "//",
    "http://",
    "http://[::1",
    "https://x:99999/",
    "\x7f",
    "?%",
    "x" * 9000,
]


@pytest.mark.parametrize("location", LOCATIONS, ids=lambda text: text[:20])
@pytest.mark.parametrize("passed_in", [False, True])
def test_odd_redirects_are_errors_of_ours(serving: Serving, location: str, passed_in: bool) -> None:
    head = f"HTTP/1.1 302 Found\r\nLocation: {location}\r\nContent-Length: 0\r\n\r\n".encode()
    server = serving([head])

    async def run(pool: Any) -> None:
        await AsyncPollinations(
            api_key="sk_x", base_url=server.url, http_client=pool, max_retries=0
        ).account.balance()

    async def both() -> None:
        async with httpx.AsyncClient() as pool:
            await run(pool)

    with (
        httpx.Client() as pool,
        Pollinations(
            api_key="sk_x",
            base_url=server.url,
            http_client=pool if passed_in else None,
            max_retries=0,
        ) as client,
        pytest.raises(PollinationsError) as caught,
    ):
        client.account.balance()
    with pytest.raises(PollinationsError):
        asyncio.run(both())
    if not passed_in and location != "\x7f":
        assert isinstance(caught.value, APIStatusError)
        assert caught.value.status_code == 302


def test_hooks_and_transports_that_raise_end_in_errors_of_ours(mocked: Mocked) -> None:
    def handler(_: httpx.Request) -> httpx.Response:
        raise ZeroDivisionError("in a hook")

    with pytest.raises(APIConnectionError, match="ZeroDivisionError: in a hook"):
        mocked(handler).account.balance()


def test_hook_that_reads_the_body_does_no_harm() -> None:
    body = json.dumps({"balance": 5}).encode()
    transport = httpx.MockTransport(lambda _: httpx.Response(200, json={"balance": 5}))
    hooks: Any = {"response": [httpx.Response.read]}
    with httpx.Client(transport=transport, event_hooks=hooks) as pool:
        client = Pollinations(api_key="sk_x", http_client=pool)
        assert client.account.balance().balance == 5
        assert client.account.with_raw_response.balance().content == body.replace(b" ", b"")


def test_hook_that_reads_a_compressed_body_does_no_harm(serving: Serving) -> None:
    import gzip

    packed = gzip.compress(b'{"balance": 5}')
    head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Encoding: gzip\r\n"
    server = serving([f"{head}Content-Length: {len(packed)}\r\n\r\n".encode() + packed])
    hooks: Any = {"response": [httpx.Response.read]}
    with httpx.Client(event_hooks=hooks) as pool:
        client = Pollinations(api_key="sk_x", base_url=server.url, http_client=pool)
        assert client.account.balance().balance == 5


# -- what errors say ----------------------------------------------------------------------------------------------


def test_errors_name_the_method_and_the_url(mocked: Mocked) -> None:
    client = mocked(lambda _: httpx.Response(404), default_query={"key": "sk_secretSecret"})
    with pytest.raises(NotFoundError) as caught:
        client.media.retrieve("0" * 16)
    error = caught.value
    assert error.call == "client.media.retrieve"
    assert error.request == f"GET https://media.pollinations.ai/{'0' * 16}"
    assert str(error).startswith("client.media.retrieve: 404")
    with pytest.raises(NotFoundError) as long:
        client.text.generate("x" * 5000, system="private")
    assert long.value.request.startswith("GET https://gen.pollinations.ai/text/xxx")
    assert len(str(long.value)) < 400
    assert "private" not in str(long.value)
    assert "sk_secret" not in str(long.value)


def test_errors_of_streams_name_the_method_as_well(mocked: Mocked) -> None:
    headers = {"content-type": "text/event-stream"}
    client = mocked(lambda _: httpx.Response(200, headers=headers, content=b""))
    with pytest.raises(PollinationsError, match=r"^client\.chat\.completions\.create: "):
        client.chat.completions.create(messages=MESSAGES, stream=True).final()
    with client.chat.completions.with_streaming_response.create(messages=MESSAGES) as response:
        response.read()
        with pytest.raises(PollinationsError, match=r"^client\.chat\.completions\.create: "):
            response.read()


def always(status: int) -> Callable[[httpx.Request], httpx.Response]:
    return lambda _: httpx.Response(status)


def test_errors_say_what_to_do(mocked: Mocked) -> None:
    for status, advice in [(401, "api_key"), (402, "pollen"), (403, "key"), (429, "wait")]:
        with pytest.raises(APIStatusError, match=advice):
            mocked(always(status)).account.balance()


def test_tests_do_not_need_a_home(tmp_path: Path) -> None:
    # A client can be made and used where there is neither a home nor any variable.
    import subprocess

    import pollinations_client

    code = (
        "from pollinations_client import Pollinations as P\nP(api_key='k').core.pool()\nprint('ok')"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={"PYTHONPATH": str(Path(pollinations_client.__file__).parents[1])},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.strip() == "ok", done.stderr
