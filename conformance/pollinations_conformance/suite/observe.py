"""Look at every exchange of a run: validate it against the contract, show it to the watches."""

import re
import threading
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Literal
from urllib.parse import urlsplit

from pollinations_conformance.contract import Contract, Match, Request, Response, Violation
from pollinations_conformance.http.credentials import credential
from pollinations_conformance.suite.exchange import Exchange, error_event, is_proxy_error
from pollinations_conformance.suite.operations import OperationRecord, records
from pollinations_conformance.suite.outcome import Outcome
from pollinations_conformance.suite.registry import Feature, Watch
from pollinations_conformance.suite.target import Target

UNSUPPORTED = {405, 501}
"""Statuses of a method that a server does not have."""
EVENTS = "text/event-stream"
OF_THE_SENDER = frozenset({401, 402, 403, 407, 408, 429})
"""Statuses that tell something about who sends a request, or how often, and nothing about what it is."""


class Observer:
    """What the exchanges of a run have shown, whichever check sent them.

    Args:
        target: the server under test.
        contract: what it is validated against.
        watches: each is shown every exchange.
        features: what some exchange is expected to show.
    """

    def __init__(
        self,
        target: Target,
        contract: Contract,
        watches: Iterable[Watch],
        features: Iterable[Feature] = (),
    ) -> None:
        self.target = target
        self.contract = contract
        self.watches = in_order(watches)
        self.operations: dict[str, OperationRecord] = records(contract.operations)
        self.violations: dict[tuple[str, str], Outcome] = {}
        """Violations that no written check looked for, by requirement and kind."""
        self.kinds: list[str] = []
        """Kinds of violations in the order in which responses showed them, repeated ones too."""
        self.watched: dict[str, tuple[int, Outcome | None]] = {}
        """By watch: how many responses it looked at, and the first violation."""
        self.absent = list(features)
        """Features that no exchange has shown yet."""
        self._served: dict[str, Exchange] = {}
        """By role of a key: the last request that was not limited, after which the next one may be."""
        self._violated: dict[int, set[str]] = {}
        """By the number of an exchange: the requirements that its response violates by itself."""
        self._lock = threading.Lock()

    def violated(self, exchanges: Iterable[Exchange]) -> frozenset[str]:
        """Return the requirements that responses violate by themselves."""
        with self._lock:
            found = [self._violated.get(item.serial, set[str]()) for item in exchanges]
        return frozenset(name for names in found for name in names)

    def observe(self, exchange: Exchange, match: Match | None) -> Exchange:
        """Count an exchange, validate its response, and return it with what was found."""
        if is_proxy_error(exchange):
            return exchange
        if exchange.status != 429:
            self._served[exchange.key] = exchange.trimmed()
        if match is None:
            self._show(exchange)
            return exchange
        record = self.operations[match.operation.id]
        with self._lock:
            record.calls += 1
            if exchange.ok:
                record.succeeded += 1
                record.durations.add(exchange.seconds)
                if exchange.media_type == "text/event-stream":
                    record.first_events.add(exchange.waited)
        exchange = replace(exchange, operation=record.id)
        unknown = exchange.status == 404 and record.host == "gateway"
        if record.missing or unknown or exchange.status in UNSUPPORTED:
            # A response that says that the operation is missing is not one of the operation.
            self._show(replace(exchange, operation=""))
            return exchange
        request = Request.of(
            exchange.method,
            exchange.url,
            exchange.request_headers,
            exchange.request_body or None,
        )
        response = Response(status=exchange.status, headers=exchange.headers, body=exchange.content)
        try:
            violations = self.contract.check_response(match, request, response)
            if 400 <= exchange.status < 500 and exchange.status not in OF_THE_SENDER:
                violations = self._of_the_request(violations, match, request)
        except Exception as error:
            self._fail("every response", (record.requirement,), error, exchange)
            violations = []
        if is_misplaced(exchange, record.tag):
            violations = [item for item in violations if concerns_a_header(item)]
        exchange = replace(exchange, violations=tuple(in_one_way(violations)))
        for item in exchange.violations:
            self.record(item.requirement, item.sentence, exchange)
        self._show(exchange)
        return exchange

    def _of_the_request(
        self, violations: list[Violation], match: Match, request: Request
    ) -> list[Violation]:
        """Attribute the undocumented status of a rejection to what is wrong with the request."""
        if not any(item.kind == "status" for item in violations):
            return violations
        wrong = self.contract.check_request(match, request)
        if not wrong:
            return violations
        if request.method == "HEAD":
            return []  # MEDIA-HEAD-03: a rejection of HEAD has the status that GET gets
        return [replace(item, requirement=wrong[0].requirement) for item in violations]

    def _show(self, exchange: Exchange) -> None:
        """Show an exchange to the watches."""
        if self.absent:
            self.absent = [item for item in self.absent if not item.shows(exchange)]
        gateway = exchange.url.startswith(self.target.base_url)
        violated = {item.requirement for item in exchange.violations}
        for watch in self.watches:
            if (watch.gateway and not gateway) or not violated.isdisjoint(watch.assumes):
                continue
            try:
                said = watch.look(exchange)
            except Exception as error:
                self._fail(watch.name, (watch.requirement,), error, exchange)
                continue
            if said is None:
                continue
            if said:
                violated.add(watch.requirement)
            with self._lock:
                if said:
                    self.kinds.append(watch.name)
                count, known = self.watched.get(watch.name, (0, None))
                if said and known is None:
                    known = Outcome(
                        check=watch.name,
                        requirements=(watch.requirement,),
                        verdict="fail",
                        reason=f"{exchange.method} got {exchange.status}: "
                        + self.target.redact(said),
                        exchanges=self._shown(exchange),
                        source="contract",
                    )
                self.watched[watch.name] = (count + 1, known)
        with self._lock:
            if exchange.serial and (names := {str(name) for name in violated if name}):
                self._violated.setdefault(exchange.serial, set()).update(names)

    def _shown(self, exchange: Exchange) -> list[Exchange]:
        """Return an exchange for a report; before it, if it was limited, the one that used up the limit."""
        before = self._served.get(exchange.key) if exchange.status == 429 else None
        return [*([before] if before else []), exchange.trimmed()]

    def _fail(
        self, check: str, requirements: tuple[str, ...], error: Exception, exchange: Exchange
    ) -> None:
        """Record that a response could not be looked at; whatever it is, the run goes on."""
        said = " ".join(str(error).split())[:200]
        outcome = Outcome(
            check=check,
            requirements=requirements,
            verdict="error",
            reason=self.target.redact(f"a response cannot be read: {type(error).__name__}: {said}"),
            exchanges=[exchange.trimmed()],
            source="contract",
        )
        with self._lock:
            self.violations.setdefault(
                (requirements[0], f"{check} {type(error).__name__}"), outcome
            )

    def record(
        self,
        requirement: str | None,
        message: str,
        exchange: Exchange,
        source: Literal["generated", "contract", "written"] = "contract",
        before: Sequence[Exchange] = (),
    ) -> None:
        """Record a violation that no written check looked for; each kind of it once.

        Args:
            requirement: its id; that of the operation when it is none.
            message: what is wrong.
            exchange: the one that shows it.
            source: what sent it.
            before: exchanges that may have led to it, in their order.
        """
        known = requirement if requirement in self.contract.requirements else None
        record = self.operations.get(exchange.operation)
        name = known or (record.requirement if record else "") or "GEN-ROUTE-01"
        text = f"{_place_of(record, exchange)}: {message}" if record else message
        text = self.target.redact(text)
        with self._lock:
            key = (name, f"{exchange.operation} {re.sub(r'[0-9]+', '#', message)[:80]}")
            self.kinds.append(" ".join(key))
            if key in self.violations:
                return
            outcome = Outcome(
                check=f"{source} cases" if source == "generated" else "every response",
                requirements=(name,),
                verdict="fail",
                reason=text,
                exchanges=[*before, *self._shown(exchange)],
                source=source,
            )
            self.violations[key] = outcome


def _place_of(record: OperationRecord, exchange: Exchange) -> str:
    """Return the name of an operation, by the path that was requested where it has another one too."""
    path = urlsplit(exchange.url).path
    named = record.path if "{" in record.path or path.endswith(record.path) else path
    return f"{record.method.upper()} {named}"


def concerns_a_header(violation: Violation) -> bool:
    """Return whether a violation is one of a header that says nothing about the body's form."""
    return violation.where.startswith("header.") and violation.kind != "media-type"


USAGE, NUMBERS = "header.x-usage-", "CHAT-USAGE-02"
"""Where headers of usage are, and the requirement that each of them but the total is a number."""


def in_one_way(violations: list[Violation]) -> list[Violation]:
    """Attribute usage headers that are all wrong in one way, the total included, to one requirement."""
    kinds = {item.kind for item in violations if item.requirement == NUMBERS}
    return [
        replace(item, requirement=NUMBERS)
        if item.where.startswith(USAGE) and item.kind in kinds
        else item
        for item in violations
    ]


def is_misplaced(exchange: Exchange, tag: str) -> bool:
    """Return whether a success should not be one, or not of its type, so that its body says nothing.

    Each case has a requirement of its own, and a check that fails.

    Args:
        exchange: whose response was validated.
        tag: of its operation.
    """
    if not exchange.ok:
        return False
    if error_event(exchange):
        return True  # CHAT-STREAM-09: no stream begins with an error
    if tag == "account" and credential(exchange.url, exchange.request_headers) is None:
        return True  # AUTH-KEY-07, ACC-KEY-03: the account needs a key
    # CHAT-STREAM-01, TEXT-GET-08: a stream has the type of one
    return exchange.media_type != EVENTS and exchange.content.startswith(b"data:")


def in_order(watches: Iterable[Watch]) -> list[Watch]:
    """Return watches so that what takes something for granted comes after what tests that."""
    known = list(watches)

    def depth(watch: Watch, seen: frozenset[str] = frozenset()) -> int:
        if watch.name in seen:
            return 0
        tests = (item for item in known if item.requirement in watch.assumes)
        return 1 + max((depth(item, seen | {watch.name}) for item in tests), default=0)

    return sorted(known, key=depth)
