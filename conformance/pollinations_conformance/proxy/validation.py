"""Validate what passed through, in a process of its own, so that traffic does not wait for it."""

from __future__ import annotations

import asyncio
import contextlib
import multiprocessing
import os
import signal
import ssl
import time
from concurrent.futures import BrokenExecutor, Executor, ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

import httpcore
import httpx

from pollinations_conformance.contract import Contract, Host, load
from pollinations_conformance.http import har
from pollinations_conformance.http.message import Request, Response, header_values
from pollinations_conformance.http.text import redact_url
from pollinations_conformance.proxy.recording import Recording
from pollinations_conformance.replay.base_urls import BaseURL
from pollinations_conformance.replay.validate import ValidatedExchange, model_names, validate
from pollinations_conformance.suite.errors import Unreachable
from pollinations_conformance.suite.transport import Connections, inflate

Headers = tuple[tuple[str, str], ...]
LIST_SECONDS = 10.0
"""Seconds that the gateway has for its lists of models."""
MAX_WAITING = 32 * 2**20
"""Bytes of exchanges that wait for validation; while there are more, new requests wait."""


@dataclass(slots=True)
class Passed:
    """One exchange that passed through, complete.

    Attributes:
        number: of the exchange, from 1.
        side: the server that it was with.
        url: the base URL of that server.
        method: HTTP method.
        target: path and query as they were sent, without the path of the base URL.
        request_body: None when it was too large to be kept.
        body: of the response, encoded as it came; None when it was too large to be kept.
        started: POSIX time in seconds.
        seconds: until the response was complete.
    """

    number: int
    side: Host
    url: str
    method: str
    target: str
    request_headers: Headers
    request_body: bytes | None
    request_size: int
    status: int
    headers: Headers
    body: bytes | None
    size: int
    started: float
    seconds: float

    @property
    def weight(self) -> int:
        """Bytes of memory it takes, about."""
        return len(self.request_body or b"") + len(self.body or b"") + 4096


class Validation:
    """What is known in the process that validates.

    Args:
        contract: the file; None for the one of this package.
        record: where exchanges are recorded; None for nowhere.
    """

    def __init__(self, contract: str | None, record: Path | None) -> None:
        self.contract: Contract = load(contract)
        self._names: dict[str, list[str]] = {}
        self._widened = self.contract
        self._lists_are_missing = True
        self._recording = Recording(record, self.contract.version) if record else None

    def validate(self, passed: Passed) -> ValidatedExchange:
        """Validate one exchange, and record it.

        Raises:
            HarError: the recording cannot be written.
        """
        exchange = self._exchange(passed)
        base_urls = [BaseURL(exchange.host, "", passed.side)]
        self._learn(exchange, base_urls)
        if self._recording is not None:
            self._recording.add(_entry(passed, exchange))
        validated = validate(self._widened, exchange, "", base_urls, lacking=(), live=True)
        if self._lists_are_missing and any(p.part == "request" for p in validated.problems):
            # It may be a model that the contract does not know yet.
            self._lists_are_missing = False
            self._read_lists(passed)
            validated = validate(self._widened, exchange, "", base_urls, lacking=(), live=True)
        return validated

    def _read_lists(self, passed: Passed) -> None:
        """Request the lists of models from the gateway, without a key."""
        context = ssl.create_default_context() if passed.url.startswith("https:") else None
        connections = Connections(context)
        deadline = time.monotonic() + LIST_SECONDS
        for operation in self.contract.operations:
            if operation.tag != "models" or passed.side != "gateway":
                continue
            url = passed.url + operation.path
            with contextlib.suppress(
                Unreachable,
                httpcore.NetworkError,
                httpcore.ProtocolError,
                httpcore.TimeoutException,
                httpx.InvalidURL,
                OSError,
            ):
                reply = connections.exchange("GET", url, (), b"", deadline)
                listed = replace(
                    passed,
                    method="GET",
                    target=operation.path,
                    request_headers=(),
                    request_body=b"",
                    status=reply.status,
                    headers=tuple(
                        (n, v) for n, v in reply.headers if n.lower() != "content-encoding"
                    ),
                    body=reply.content,
                )
                exchange = self._exchange(listed)
                self._learn(exchange, [BaseURL(exchange.host, "", passed.side)])
        connections.close()

    def close(self) -> None:
        """End the recording."""
        if self._recording is not None:
            self._recording.close()

    def _learn(self, exchange: har.Exchange, base_urls: list[BaseURL]) -> None:
        """Widen the contract by the models that a list names."""
        for path, names in model_names(self.contract, [exchange], base_urls).items():
            fresh = sorted(set(names) - set(self._names.get(path, ())))
            if fresh:
                self._names.setdefault(path, []).extend(fresh)
                self._widened = self.contract.with_values(self._names)

    @staticmethod
    def _exchange(passed: Passed) -> har.Exchange:
        body = passed.body
        codings = [
            coding.strip().lower()
            for value in header_values(passed.headers, "content-encoding")
            for coding in value.split(",")
            if coding.strip().lower() not in ("", "identity")
        ]
        if body and codings:
            try:
                inflated = inflate(body, codings)
                body = None if inflated == body else inflated  # None: a coding nobody knows
            except Unreachable:
                body = None
        return har.Exchange(
            index=passed.number,
            name="",
            host=BaseURL.parse(passed.url, passed.side).host,
            request=Request.of(
                passed.method, passed.target, passed.request_headers, passed.request_body or None
            ),
            response=Response(passed.status, passed.headers, body),
            redacted_url=redact_url(passed.url + passed.target),
            seconds=passed.seconds,
            request_recorded=passed.request_body is not None,
            fault=next(iter(header_values(passed.request_headers, "x-contract-fault")), ""),
        )


def _entry(passed: Passed, exchange: har.Exchange) -> dict[str, object]:
    assert exchange.response is not None
    entry = har.entry(
        exchange.request,
        exchange.response,
        passed.url + passed.target,
        datetime.fromtimestamp(passed.started, UTC),
        passed.seconds * 1000,
        exchange.fault,
    )
    request, response = entry["request"], entry["response"]
    if passed.request_body is None:
        request["bodySize"] = passed.request_size
        request.pop("postData", None)
    if exchange.response.body is None:
        response["bodySize"] = passed.size
        response["content"]["size"] = passed.size
        response["content"].pop("text", None)
    return entry


_validation: Validation | None = None


def _start(contract: str | None, record: Path | None, own_process: bool) -> None:
    global _validation
    if own_process:
        # Ctrl-C is for the proxy, which ends this when everything is validated.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        with contextlib.suppress(OSError, AttributeError):
            os.nice(5)
    _validation = Validation(contract, record)


def _validate(passed: Passed) -> ValidatedExchange:
    assert _validation is not None
    return _validation.validate(passed)


def _ready() -> None:
    """Do nothing, in the process that validates."""


def _end() -> None:
    assert _validation is not None
    _validation.close()


@dataclass(slots=True)
class Validator:
    """Hands exchanges to the process that validates.

    Args:
        contract: the file; None for the one of this package.
        record: where exchanges are recorded; None for nowhere.
        own_process: whether to use one; otherwise a thread of this one, as tests do.
    """

    contract: str | None = None
    record: Path | None = None
    own_process: bool = True
    waiting: int = 0
    _executor: Executor | None = None
    _room: asyncio.Event = field(default_factory=asyncio.Event)

    async def start(self) -> None:
        """Start the process.

        Raises:
            ContractError: the contract cannot be used.
            HarError: the recording cannot be written.
        """
        version = load(self.contract).version  # here, so that what is wrong is one line
        if self.record is not None:
            Recording(self.record, version).close()
        arguments = (self.contract, self.record, self.own_process)
        if self.own_process:
            context = multiprocessing.get_context("spawn")
            self._executor = ProcessPoolExecutor(1, context, _start, arguments)
        else:
            self._executor = ThreadPoolExecutor(1, initializer=_start, initargs=arguments)
        self._room.set()
        await asyncio.get_running_loop().run_in_executor(self._executor, _ready)

    async def has_room(self) -> None:
        """Wait until not too many exchanges wait for validation."""
        await self._room.wait()

    async def validate(self, passed: Passed) -> ValidatedExchange | str:
        """Return the verdict of one exchange; a text: why there is none."""
        self.waiting += passed.weight
        if self.waiting > MAX_WAITING:
            self._room.clear()
        try:
            loop = asyncio.get_running_loop()
            return await loop.run_in_executor(self._executor, _validate, passed)
        except BrokenExecutor:
            return "the process that validates has died"
        except har.HarError as error:
            return str(error)
        except Exception as error:  # one exchange never costs the others
            return f"a fault of pollinations-contract ({type(error).__name__}); please report it"
        finally:
            self.waiting -= passed.weight
            if self.waiting <= MAX_WAITING:
                self._room.set()

    def close(self) -> None:
        """End the process."""
        if self._executor is not None:
            with contextlib.suppress(BrokenExecutor):
                self._executor.submit(_end).result()
            self._executor.shutdown()
