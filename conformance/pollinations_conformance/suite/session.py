"""What a check works with: requests, assertions, and the exchanges that it made."""

import contextlib
import hashlib
import itertools
import random
from collections.abc import Callable, Collection, Generator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Literal, TypeVar

from pollinations_conformance.contract import Match, Operation
from pollinations_conformance.http.credentials import credential
from pollinations_conformance.suite.assertions import Assertions
from pollinations_conformance.suite.errors import (
    NotTested,
    PreconditionFailed,
    Unreachable,
    Violated,
)
from pollinations_conformance.suite.exchange import Exchange
from pollinations_conformance.suite.keyring import MAIN, NOT_A_KEY, ROLES, UNPAID
from pollinations_conformance.suite.operations import HTTP, SUCCESS
from pollinations_conformance.suite.payload import Payload, json_payload, query_pairs
from pollinations_conformance.suite.pricing import PAID, Catalogue, charged, model_of
from pollinations_conformance.suite.run import Run
from pollinations_conformance.suite.target import Host

Place = Literal["bearer", "query"]
"""Where a key is sent: in the Authorization header or in the query."""
T = TypeVar("T")
SERIALS = itertools.count(1)
OMIT = object()
"""As a value in `Session.chat`: leave the member out."""


class Session(Assertions):
    """What a check works with.

    Args:
        run: to which it belongs.
        name: the check's; random values depend on it.
        requirements: ids that the check tests.
    """

    def __init__(self, run: Run, name: str, requirements: Collection[str] = ()) -> None:
        super().__init__(run, requirements)
        self.name = name
        self.clock = run.clock
        self.generating = False
        """Whether the last request made a model work."""
        self.random = random.Random(f"{run.options.seed} {name}")
        self._count = 0
        self._controls = 0

    @property
    def catalogue(self) -> Catalogue:
        """The models that the server lists."""
        return self.run.catalogue

    @property
    def text_model(self) -> str:
        """The text model to use: the cheapest."""
        return self.run.once("model text", lambda: self.catalogue.cheapest("text"))

    @property
    def image_model(self) -> str:
        """The image model to use: the cheapest."""
        return self.run.once("model image", lambda: self.catalogue.cheapest("image"))

    @property
    def audio_model(self) -> str:
        """The speech model to use: the cheapest."""
        return self.run.once("model audio", lambda: self.catalogue.cheapest("audio"))

    @property
    def transcription_model(self) -> str:
        """The transcription model to use: the cheapest."""
        return self.run.once(
            "model transcription", lambda: self.catalogue.cheapest("transcription")
        )

    def now(self) -> datetime:
        """Return the present instant, by the run's clock."""
        return datetime.fromtimestamp(self.clock.now(), UTC)

    def need_key(self, role: str, host: Host = "gateway") -> None:
        """Raise NotTested unless the run has a key of this role that a host knows."""
        if role not in self.target.keys:
            what = "API key" if role == MAIN else f"key of the role {role!r} ({ROLES[role]})"
            raise NotTested(f"the run has no {what}")
        if role != "expired" and self.key_is_refused(role, host):
            raise NotTested(f"the server refuses the run's key of the role {role!r} (401)")

    def key_is_refused(self, role: str, host: Host = "gateway") -> bool:
        """Return whether a host does not know the run's key of a role."""
        return self.run.keys.is_refused(role, host)

    def control_session(self) -> "Session":
        """Return what control requests are sent through; they are no part of this check.

        Each has a name of its own: what two of them made up by the same name would be the same.
        """
        self._controls += 1
        return Session(self.run, f"control {self._controls} of {self.name}")

    def need_operation(self, operation: str) -> None:
        """Raise NotTested unless the server has this operation."""
        record = self.run.operations[operation]
        if record.missing:
            raise NotTested(f"the server lacks an operation: {record.missing}")
        if record.untried and record.host == "media":
            raise NotTested(record.untried)

    def fresh(self, text: str) -> str:
        """Return a prompt that no request of this or another run used, so that no cache knows it."""
        self._count += 1
        mark = hashlib.sha256(f"{self.name}{self._count}".encode()).hexdigest()[:8]
        return f"{text} [{self.run.nonce}-{mark}]"

    def once(self, key: str, make: Callable[[], T], requirement: str = "") -> T:
        """Return something costly that checks share: the first one to need it makes it.

        Args:
            key: names it.
            make: sends the requests.
            requirement: that it can be made; that of the operation when empty.

        Raises:
            PreconditionFailed: it cannot be made.
        """
        try:
            return self.run.once(key, make)
        except Violated as error:
            operation = error.exchange.operation if error.exchange is not None else ""
            record = self.run.operations.get(operation)
            requirement = requirement or SUCCESS.get(
                operation, record.requirement if record else ""
            )
            if requirement not in self.run.contract.requirements:
                raise
            raise PreconditionFailed(requirement, str(error), error.exchange) from None

    def attach(self, exchange: Exchange) -> Exchange:
        """Return an exchange of another check, now one of this check's as well."""
        if not any(known.serial == exchange.serial for known in self.exchanges):
            self.exchanges.append(exchange.trimmed())
        self.examined = exchange
        return exchange

    def send(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, object] | Sequence[tuple[str, str]] = (),
        json: object = None,
        body: Payload | None = None,
        headers: Mapping[str, str] | Sequence[tuple[str, str]] = (),
        key: str | None = MAIN,
        by: Place = "bearer",
        host: Host = "gateway",
        free: bool = False,
        throttled: bool = False,
        probe: bool = False,
    ) -> Exchange:
        """Send a request, validate the response against the contract, and return both.

        Args:
            method: HTTP method.
            path: percent-encoded; parts from elsewhere go through `segment`.
            query: parameters; booleans become true and false, None is left out.
            json: value for a JSON body.
            body: any other body.
            headers: further headers.
            key: role of the key to send, "bogus" for an invented one, None for none.
            by: whether the key goes in the Authorization header or in the query.
            host: gateway or media.
            free: whether the request costs nothing where the contract holds; with no budget left it
                then goes out without a key.
            throttled: whether a 429 is the subject of the check, and not waited out.
            probe: whether a missing operation is no reason to stop.

        Raises:
            NoBudget: it may cost more than the run may spend.
            Unreachable: no complete response came.
            NotTested: the key or the operation is not there.
        """
        pairs, payload = query_pairs(query), body if json is None else json_payload(json)
        match = self.run.contract.find(method, path, host)
        operation = match.operation.id if match else ""
        if operation and not probe:
            self.need_operation(operation)
        key, estimate = self._estimate(operation, key, model_of(pairs, payload), free)
        value = self._key_value(key, host, probe)
        self.generating = operation in PAID and value is not None
        url, sent = self._request(path, host, pairs, headers, payload, value, by)
        role = key or self._role_of(credential(url, sent))
        with self._paying(operation, estimate) as paid:
            try:
                exchange = self.run.persistence.send(method, url, sent, payload, role, throttled)
            except Unreachable as error:
                raise self._broken(error, operation, key) from None
            paid.append(charged(self.run.catalogue, operation, exchange, estimate))
        if match is not None and key in self.target.keys:
            self._note_key(str(key), host, match.operation, exchange)
        return self._keep(exchange, key, match)

    def _keep(self, exchange: Exchange, key: str | None, match: Match | None) -> Exchange:
        """Return an exchange that was observed and is one of the check's."""
        exchange = replace(exchange, key=key or "", serial=next(SERIALS))
        exchange = self.run.observer.observe(exchange, match)
        self.exchanges.append(exchange.trimmed())
        self.examined = exchange
        return exchange

    @contextlib.contextmanager
    def _paying(self, operation: str, estimate: float) -> Generator[list[float]]:
        """Reserve what a request may cost; record what is put into the list that is yielded."""
        paid: list[float] = []
        self.run.ledger.reserve(estimate)
        try:
            yield paid
        finally:
            self.run.ledger.settle(estimate, operation, sum(paid))

    def _broken(self, error: Unreachable, operation: str, key: str | None) -> Unreachable:
        """Return what to raise for a request that got no complete response."""
        # No requirement says how long a model may take.
        if (
            error.refused
            or error.excessive
            or error.exchange is None
            or (error.slow and self.generating)
        ):
            return error
        exchange = replace(error.exchange, operation=operation, key=key or "", serial=next(SERIALS))
        self.exchanges.append(exchange)
        self.run.observer.record(HTTP, str(error), exchange)
        error.exchange = exchange
        return error

    def _estimate(
        self, operation: str, key: str | None, model: str | None, free: bool
    ) -> tuple[str | None, float]:
        """Return the role of the key to send, and what the request may cost."""
        if operation not in PAID or key in {None, "bogus"}:
            return key, 0.0
        estimate = self.run.catalogue.price(operation, model)
        if free and not self.run.ledger.allows(estimate):
            return UNPAID, 0.0
        return key, estimate

    def _request(
        self,
        path: str,
        host: Host,
        pairs: list[tuple[str, str]],
        headers: Mapping[str, str] | Sequence[tuple[str, str]],
        payload: Payload | None,
        key: str | None,
        by: Place,
    ) -> tuple[str, list[tuple[str, str]]]:
        """Return the URL and the headers of a request."""
        sent = list(headers.items() if isinstance(headers, Mapping) else headers)
        if key is not None and by == "bearer":
            sent.insert(0, ("Authorization", f"Bearer {key}"))
        elif key is not None:
            pairs = [*pairs, ("key", key)]
        if payload is not None and payload.content_type is not None:
            sent.append(("Content-Type", payload.content_type))
        return self.target.url(path, pairs, host), sent

    def _key_value(self, role: str | None, host: Host, probe: bool) -> str | None:
        if role is None or role == UNPAID:
            return None
        if role == "bogus":
            return NOT_A_KEY
        if not probe:
            self.need_key(role, host)
        return self.target.keys.get(role)

    def _role_of(self, key: str | None) -> str | None:
        """Return whose key a check wrote into a request by itself."""
        keys = self.target.keys
        return next((role for role in keys.roles() if keys.get(role) == key), None)

    def _note_key(self, role: str, host: Host, operation: Operation, exchange: Exchange) -> None:
        """Learn from a response whether a host knows a key."""
        if exchange.ok and operation.needs_key and exchange.header("x-cache") != "HIT":
            self.run.keys.accept(role, host)
        elif exchange.status == 401 and not self.target.embedded and operation.id in PAID:
            self.run.keys.refuse(role, host)

    def chat(self, content: object = None, **fields: Any) -> Exchange:
        """Send a chat completion with the cheapest model and a short response.

        Args:
            content: the user's message; a fresh one when None.
            fields: further members of the request; `key`, `by`, `free`, `headers` and `throttled`
                go to `send`; None as a value leaves a member out.
        """
        options = {
            name: fields.pop(name)
            for name in ("key", "by", "free", "headers", "throttled", "query")
            if name in fields
        }
        request: dict[str, Any] = {
            "model": self.text_model,
            "messages": [{"role": "user", "content": content or self.fresh("Say hello.")}],
            **fields,
        }
        request = {name: value for name, value in request.items() if value is not OMIT}
        return self.send("POST", "/v1/chat/completions", json=request, **options)

    def retry_nondeterministic(
        self, send: Callable[[], Exchange], good: Callable[[Exchange], object]
    ) -> Exchange:
        """Send a request until its response is valid, at most three times; return the last one.

        The output of models is nondeterministic: one empty response is no failure of a server,
        three are.

        Args:
            send: sends the request, with a new prompt each time.
            good: validates a response, by raising Violated when it is not valid.
        """
        for _ in range(0 if self.target.embedded else 2):
            response = self.assert_success(send())
            try:
                good(response)
            except (Violated, PreconditionFailed):
                continue
            return response
        return self.assert_success(send())
