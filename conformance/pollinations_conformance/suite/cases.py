"""Generated requests: keep them within pace and budget, and validate their responses.

What a case means is decided here and not by schemathesis: the contract knows how text in a query is
read, and which requirement a violation belongs to.
"""

import json
import re
import threading
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, cast
from urllib.parse import urlsplit

from pollinations_conformance import contract as contracts
from pollinations_conformance.http.json import is_object
from pollinations_conformance.suite.adapter import Adapter
from pollinations_conformance.suite.corpus import Stored
from pollinations_conformance.suite.errors import NoBudget, Unreachable
from pollinations_conformance.suite.exchange import (
    Exchange,
    describe,
    is_provider_failure,
    is_proxy_error,
)
from pollinations_conformance.suite.keyring import MAIN
from pollinations_conformance.suite.operations import HTTP
from pollinations_conformance.suite.outcome import Outcome
from pollinations_conformance.suite.pricing import PAID, charged
from pollinations_conformance.suite.run import Run
from pollinations_conformance.suite.target import Host

NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?")


class CaseValidator:
    """Validates the response to each generated request against the contract."""

    def __init__(self, run: Run) -> None:
        self.run = run
        self.host: Host = "gateway"
        self.tried: set[str] = set()
        """The operations of which cases were sent and responded to."""
        self.failures: dict[str, Outcome] = {}
        """What the suite itself could not do."""
        self._kinds: set[str] = set()
        """Departures of which an example is stored."""
        self._last = run.clock.monotonic()
        self._lock = threading.Lock()
        self.adapter = Adapter(run.target, self._broken)
        """What schemathesis sends its requests through."""
        self._anonymous: dict[str, bool] = {}
        self._reserved: dict[str, float] = {}

    def before(self, case: Any) -> None:
        """Keep to the pace, and send what cannot be paid for without a key."""
        self.run.target.pace.wait()
        key = self.run.target.keys.get(MAIN)
        self.run.target.key_pace.wait(key)
        reserved = self._reserve(_operation_id(case), _model_of(case)) if key else None
        if key and reserved is not None:
            case.headers["Authorization"] = f"Bearer {key}"
            self._reserved[case.id] = reserved
        else:
            self._anonymous[case.id] = True

    def _broken(self, message: str, exchange: Exchange) -> None:
        """Record that a generated request got no complete response."""
        path = urlsplit(exchange.url).path
        base = urlsplit(self.run.target.address(self.host)).path
        match = self.run.contract.find(exchange.method, path.removeprefix(base), self.host)
        operation = match.operation.id if match else ""
        self.run.observer.record(HTTP, message, replace(exchange, operation=operation), "generated")

    def _reserve(self, operation: str, model: str | None) -> float | None:
        """Set aside what a request may cost; None when the budget does not allow for it."""
        if operation not in PAID or self.run.ledger.limit is None:
            return 0.0
        price = max(self.run.catalogue.price(operation, name) for name in (model, None))
        try:
            self.run.ledger.reserve(price)
        except NoBudget:
            self.run.cases.unpaid += 1
            return None
        return price

    def validate(self, response: Any, case: Any) -> None:
        """Validate the response to a request that schemathesis sent; an error of ours is no note."""
        try:
            self._validate(response, case)
        except Exception as error:
            record = self.run.operations.get(_operation_id(case))
            where = f"{record.method} {record.path}" if record else "a generated request"
            said = " ".join(str(error).split())[:200]
            self.failures.setdefault(
                f"{where} {type(error).__name__}",
                Outcome(
                    check="generated cases",
                    requirements=(record.requirement if record else "GEN-ROUTE-01",),
                    verdict="error",
                    reason=self.run.target.redact(
                        f"an error of the suite itself: {type(error).__name__}: {said}"
                    ),
                    source="generated",
                ),
            )

    def _validate(self, response: Any, case: Any) -> None:
        key = "" if self._anonymous.pop(case.id, False) else MAIN
        exchange = _exchange(response, key, self.run.clock.now())
        with self._lock:
            self.run.cases.generated += 1
            self.run.target.requests += 1
        operation = _operation_id(case)
        self.tried.add(operation)
        self._settle(operation, self._reserved.pop(case.id, 0.0), exchange)
        before = len(self.run.observer.kinds)
        match, wrong = self._hold(exchange)
        if match is not None:
            self.run.cases.valid += not wrong
            self.run.cases.invalid += wrong
        kinds = {f"{operation} {kind}" for kind in self.run.observer.kinds[before:]} - self._kinds
        if kinds and match is not None and self.run.corpus is not None:
            self._kinds |= kinds
            address = self.run.target.address(self.host)
            self.run.corpus.save(match.operation.id, Stored.of(exchange, self.host, address))
        record = self.run.operations.get(operation)
        now = self.run.clock.monotonic()
        if record is not None:
            spent = self.run.generated_seconds
            spent[record.tag] = spent.get(record.tag, 0.0) + now - self._last
        self._last = now

    def replay(self, operation: str, example: Stored) -> None:
        """Send a stored request again, and forget it when it no longer fails."""
        run = self.run
        path = example.path.partition("?")[0]
        match = run.contract.find(example.method, path, self.host)
        if match is None or match.operation.id != operation or run.corpus is None:
            return  # of another contract, or of somebody who means ill
        headers = [item for item in example.headers if item[0].lower() != "authorization"]
        key = run.target.keys.get(MAIN) if example.keyed else None
        reserved = self._reserve(operation, None) if key else 0.0
        if key and reserved is not None:
            headers.insert(0, ("Authorization", f"Bearer {key}"))
        try:
            exchange = run.target.fetch(
                example.method, run.target.address(self.host) + example.path, headers, example.body
            )
        except Unreachable:
            self._settle(operation, reserved or 0.0, None)
            return
        run.cases.replayed += 1
        self._settle(operation, reserved or 0.0, exchange)
        before = len(run.observer.kinds)
        self._hold(replace(exchange, key=MAIN if key and reserved is not None else ""))
        kinds = run.observer.kinds[before:]
        if kinds:
            self._kinds |= {f"{operation} {kind}" for kind in kinds}
        elif not _stored(exchange):  # which would say nothing of what is done with requests now
            run.corpus.delete(operation, example)

    def _settle(self, operation: str, reserved: float, exchange: Exchange | None) -> None:
        if reserved:
            cost = 0.0
            if exchange is not None:
                cost = charged(self.run.catalogue, operation, exchange, reserved)
            self.run.ledger.settle(reserved, operation, cost)

    def _hold(self, exchange: Exchange) -> tuple[contracts.Match | None, bool]:
        """Check a response, and what it says of the request, against the contract.

        Returns:
            The operation, if the contract has one for it, and whether the request was invalid.
        """
        run = self.run
        if exchange.status == 429:
            run.target.pace.slow(4.0, 1.0)
        path = urlsplit(exchange.url).path
        base = urlsplit(run.target.address(self.host)).path
        match = run.contract.find(exchange.method, path.removeprefix(base), self.host)
        if match is None:
            return None, False
        exchange = run.observer.observe(exchange, match)
        request = contracts.Request.of(
            exchange.method, exchange.url, exchange.request_headers, exchange.request_body or None
        )
        wrong = run.contract.check_request(match, request)
        name = match.operation.requirement
        if (
            exchange.status >= 500
            and exchange.status not in {502, 503, 504}
            and not is_provider_failure(exchange)
            and not is_proxy_error(exchange)
        ):
            run.observer.record(
                name, f"a generated request gets {describe(exchange)}", exchange, "generated"
            )
        elif wrong and exchange.ok and not _stored(exchange):
            # A cached response may come before the request is validated at all.
            run.observer.record(
                wrong[0].requirement or name,
                f"an invalid request is accepted with {exchange.status}: {wrong[0].sentence}",
                exchange,
                "generated",
            )
        elif (
            not wrong
            and exchange.status in {400, 422}
            and _details(exchange)
            and certain(match, request)
        ):
            run.observer.record(name, f"a valid request is refused: {describe(exchange)} {_details(exchange)}",
                      exchange, "generated")  # fmt: skip
        elif (
            not wrong
            and exchange.status in {401, 403}
            and exchange.key
            and run.target.embedded
            and "authorization" in {key.lower() for key, _ in exchange.request_headers}
            and "key=" not in exchange.url
        ):
            run.observer.record(name, f"a valid request with a key gets {describe(exchange)}",
                      exchange, "generated")  # fmt: skip
        return match, bool(wrong)


def certain(match: contracts.Match, request: contracts.Request) -> bool:
    """Return whether a query says nothing that one server may read and another may refuse."""
    for parameter in match.operation.parameters:
        if parameter.location != "query":
            continue
        texts = [value for name, value in request.query if name == parameter.name]
        if len(texts) > 1:
            return False
        if "string" in parameter.types:
            continue
        for text in texts:
            if "boolean" in parameter.types and text not in {"true", "false"}:
                return False
            if parameter.types & {"integer", "number"} and not NUMBER.fullmatch(text):
                return False
    return True


def _details(exchange: Exchange) -> Any:
    try:
        return json.loads(exchange.content)["error"].get("details")
    except (ValueError, KeyError, TypeError, AttributeError):
        return None


def _operation_id(case: Any) -> str:
    raw = case.operation.definition.raw
    return str(raw.get("operationId", "")) if is_object(raw) else ""


def _model_of(case: Any) -> str | None:
    for holder in (case.query, case.body):
        if is_object(holder):
            model = cast("Mapping[str, Any]", holder).get("model")
            if isinstance(model, str):
                return model
    return None


def _exchange(response: Any, key: str, at: float) -> Exchange:
    request = response.request
    body = request.body
    content = body.encode("utf-8", "surrogatepass") if isinstance(body, str) else bytes(body or b"")
    return Exchange(
        method=str(request.method),
        url=str(request.url),
        request_headers=tuple((str(n), _text(v)) for n, v in request.headers.items()),
        request_body=content,
        status=int(response.status_code),
        headers=tuple(
            (str(name), str(value)) for name, values in response.headers.items() for value in values
        ),
        content=bytes(response.content),
        seconds=float(response.elapsed),
        key=key if any(n.lower() == "authorization" for n in request.headers) else "",
        at=at,
    )


def _text(value: Any) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else str(value)


def _stored(exchange: Exchange) -> bool:
    return (exchange.header("x-cache") or "").upper() == "HIT"
