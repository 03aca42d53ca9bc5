"""What a check asserts about responses, and what it needs before it can assert anything.

`assert_…` is the verdict on the requirement under test. `need_…`, and reading a body, are
preconditions: a failure belongs to the requirement that says so, and the check is not tested.
"""

import contextlib
import functools
import json
import re
from abc import ABC, abstractmethod
from collections.abc import Collection, Generator, Sequence
from typing import Any

from pollinations_conformance.http import sse
from pollinations_conformance.http.json import is_list, is_object
from pollinations_conformance.http.text import shown
from pollinations_conformance.suite.controls import STREAMS, TEMPORARY, Sender, explain
from pollinations_conformance.suite.errors import (
    NoBudget,
    NotTested,
    PreconditionFailed,
    SuiteError,
    Unreachable,
    Violated,
)
from pollinations_conformance.suite.exchange import (
    Exchange,
    describe,
    error_event,
    is_provider_failure,
    is_proxy_error,
    load_json,
    requests_stream,
    shorten,
)
from pollinations_conformance.suite.keyring import MAIN, UNPAID
from pollinations_conformance.suite.operations import ENVELOPE
from pollinations_conformance.suite.outcome import evidence
from pollinations_conformance.suite.run import Run

JSON, CHUNKS, IN_STREAM = "GEN-JSON-01", "CHAT-STREAM-02", "CHAT-STREAM-09"
UNASKED = "CHAT-STREAM-11"


def field_errors(exchange: Exchange) -> dict[str, Any] | None:
    """Return `details.fieldErrors` of a refusal, if it is there."""
    body = load_json(exchange.content)
    error = body.get("error") if is_object(body) else None
    details = error.get("details") if is_object(error) else None
    fields = details.get("fieldErrors") if is_object(details) else None
    return fields if is_object(fields) else None


def _refused_chat(run: Run, session: Sender) -> Exchange | None:
    """Return the refusal of a chat request without messages, if there is one."""
    if run.operations["createChatCompletion"].missing:
        return None
    try:
        arguments = {"json": {"temperature": 1}, "free": True}
        found = session.send("POST", "/v1/chat/completions", **arguments)
    except (NotTested, NoBudget, Unreachable):
        return None
    return found if found.status == 400 else None


def _skip_if_refused(run: Run, exchange: Exchange) -> None:
    """Raise NotTested if a response says nothing about the request that was to be rejected."""
    if exchange.status in {429, 503} or is_proxy_error(exchange):
        raise NotTested(f"the server responded {describe(exchange)}")
    if exchange.status == 401 and exchange.key == UNPAID:
        raise NotTested(
            "without a budget the request went out without a key, "
            "and the server checks the key first"
        )
    host = run.target.host_of(exchange.url)
    refused = exchange.key != "expired" and run.keys.is_refused(exchange.key, host)
    if exchange.status == 401 and refused:
        raise NotTested(f"the server refuses the run's key: {describe(exchange)}")


def record(run: Run, exchanges: Sequence[Exchange], error: PreconditionFailed) -> None:
    """Record a failed precondition as a violation of its own requirement, with what led to it.

    Args:
        run: to which it belongs.
        exchanges: of the check.
        error: what failed.
    """
    shown = error.exchange
    if shown is None:
        return
    own = any(item.serial == shown.serial for item in exchanges)
    before = evidence(exchanges, shown)[:-1] if own else []
    run.observer.record(error.requirement, str(error), shown, before=before)


def is_of_media(run: Run, exchange: Exchange) -> bool:
    """Return whether a response has to have the form of the media host's."""
    found = run.operations.get(exchange.operation)
    if found is not None:
        return found.host == "media"
    both = run.target.media_url == run.target.base_url
    return not both and run.target.host_of(exchange.url) == "media"


class Assertions(ABC):
    """Assertions and preconditions of one check.

    Args:
        run: to which it belongs.
        requirements: ids that the check tests.
    """

    def __init__(self, run: Run, requirements: Collection[str] = ()) -> None:
        self.run = run
        self.target = run.target
        self.requirements = frozenset(requirements)
        self.exchanges: list[Exchange] = []
        self.examined: Exchange | None = None
        """The exchange that was sent or read last: the one that the next assertion is about."""
        self.postponed: PreconditionFailed | None = None
        """The first failed precondition of a part that was tested separately."""

    @abstractmethod
    def control_session(self) -> Sender:
        """Return what control requests are sent through."""

    # -- verdicts -----------------------------------------------------------------------------

    def assert_that(
        self, condition: object, message: str, exchange: Exchange | None = None
    ) -> None:
        """Raise Violated unless a condition holds.

        Args:
            condition: what the requirement says.
            message: what is the case instead.
            exchange: the one that shows it; the one that was sent or read last when None.
        """
        if not condition:
            raise Violated(message, exchange or self.examined)

    def assert_success(
        self, exchange: Exchange, what: str = "a valid request", status: int = 200
    ) -> Exchange:
        """Return an exchange whose response is a success; raise Violated for any other.

        Args:
            exchange: the request under test and its response.
            what: what was sent, as a noun phrase.
            status: what counts as a success.

        Raises:
            Violated: the status is another one.
            PreconditionFailed: what the request has in common with others does not work.
            NotTested: the service cannot serve now, or the key has no pollen.
        """
        self.examined = exchange
        if exchange.status == status:
            return exchange
        self.skip_if_unavailable(exchange)
        raise self._violation(exchange, f"{what} gets {describe(exchange)}, not {status}")

    def assert_rejected(
        self, exchange: Exchange, status: int | Collection[int], what: str, field: str = ""
    ) -> Exchange:
        """Return an exchange whose response is a rejection; raise Violated for any other.

        Args:
            exchange: the request under test and its response.
            status: the status, or those that will do.
            what: what was sent, as a noun phrase.
            field: name that `details.fieldErrors` must hold.

        Raises:
            Violated: the status is another one, or the field is not named.
            PreconditionFailed: what the request has in common with others does not work.
            NotTested: the service cannot serve now.
        """
        self.examined = exchange
        wanted = {status} if isinstance(status, int) else set(status)
        if exchange.status not in wanted:
            _skip_if_refused(self.run, exchange)
            if exchange.ok and (said := error_event(exchange)):
                message = f"the refusal of a streaming request is an event: {said}"
                raise PreconditionFailed(IN_STREAM, message, exchange)
            names = " or ".join(str(item) for item in sorted(wanted))
            message = f"{what} gets {describe(exchange)}, not {names}"
            raise self._violation(exchange, message, rejected=wanted)
        if field:
            fields = self._field_errors(exchange, what)
            if field not in fields:
                nested = [name for name in fields if re.match(rf"{re.escape(field)}[.\[/]", name)]
                self.need(not nested, "ERR-VAL-03", f"fieldErrors has the name {nested[:1]}")
                raise Violated(
                    f"{what} is refused, but details.fieldErrors does not name {field!r}: "
                    f"{shorten(exchange.text())}",
                    exchange,
                )
        return exchange

    def _field_errors(self, exchange: Exchange, what: str) -> dict[str, Any]:
        """Return `details.fieldErrors` of a refusal.

        Raises:
            PreconditionFailed: not even a chat request without messages gets any: ERR-VAL-01.
            Violated: this one has none.
        """
        fields = field_errors(exchange)
        if fields is not None:
            return fields
        self.error_object(exchange)  # or it is no envelope
        send = functools.partial(_refused_chat, self.run, self.control_session())
        plain = self.run.once("refusal with details", send)
        if plain is not None and field_errors(plain) is None:
            message = "a chat request without messages is refused without details.fieldErrors"
            raise PreconditionFailed("ERR-VAL-01", message, plain)
        raise Violated(f"{what} is refused without details.fieldErrors", exchange)

    def _violation(
        self, exchange: Exchange, message: str, rejected: Collection[int] = ()
    ) -> Violated:
        """Return a violation, unless another requirement explains the status of a response."""
        try:
            explain(self.run, self.control_session(), exchange, rejected)
        except PreconditionFailed as error:
            if error.requirement not in self.requirements:
                raise
        return Violated(message, exchange)

    @contextlib.contextmanager
    def separately(self) -> Generator[None]:
        """Postpone a failed precondition to the end of the check: what follows is tested first."""
        try:
            yield
        except PreconditionFailed as error:
            if error.requirement not in self.requirements:
                record(self.run, self.exchanges, error)
            self.postponed = self.postponed or error

    # -- preconditions ------------------------------------------------------------------------

    def need(self, condition: object, requirement: str, message: str) -> None:
        """Raise PreconditionFailed unless something holds that a requirement says.

        Args:
            condition: what it says.
            requirement: its id.
            message: what is the case instead.
        """
        if not condition:
            raise PreconditionFailed(requirement, message, self.examined)

    def need_success(self, exchange: Exchange, requirement: str, what: str) -> Exchange:
        """Return an exchange whose response is a success; it only prepares the test.

        Args:
            exchange: the request and its response.
            requirement: which says that it is served.
            what: what was sent, as a noun phrase.

        Raises:
            PreconditionFailed: its status is not 200.
            NotTested: the service cannot serve now, or the key has no pollen.
        """
        self.examined = exchange
        if exchange.status != 200:
            self.skip_if_unavailable(exchange)
            explain(self.run, self.control_session(), exchange)
            message = f"{what} gets {describe(exchange)}, not 200"
            raise PreconditionFailed(requirement, message, exchange)
        return exchange

    def need_rejection(
        self, exchange: Exchange, status: int, requirement: str, what: str
    ) -> Exchange:
        """Return an exchange whose response is a rejection; it only prepares the test.

        Args:
            exchange: the request and its response.
            status: which it has to have.
            requirement: which says so.
            what: what was sent, as a noun phrase.

        Raises:
            PreconditionFailed: its status is another one.
            NotTested: the service cannot serve now.
        """
        self.examined = exchange
        if exchange.status != status:
            _skip_if_refused(self.run, exchange)
            explain(self.run, self.control_session(), exchange, rejected={status})
            message = f"{what} gets {describe(exchange)}, not {status}"
            raise PreconditionFailed(requirement, message, exchange)
        return exchange

    def skip_if_unavailable(self, exchange: Exchange) -> None:
        """Raise NotTested if a response only says that the service cannot serve now."""
        if exchange.status in TEMPORARY or is_proxy_error(exchange):
            raise NotTested(f"the server responded {describe(exchange)}")
        if is_provider_failure(exchange):
            raise NotTested(f"a provider behind the server failed: {describe(exchange)}")
        host = self.target.host_of(exchange.url)
        unknown = exchange.key in self.target.keys and not self.run.keys.is_accepted(
            exchange.key, host
        )
        if exchange.status == 401 and unknown:
            raise NotTested(f"the server refuses the run's key: {describe(exchange)}")
        if exchange.status == 403 and exchange.key == MAIN and self.run.restricted:
            raise NotTested(f"the run's key may not use every model: {describe(exchange)}")
        if exchange.status == 403 and re.search(r"balance|budget", exchange.text(), re.I):
            raise NotTested(f"the key has no pollen: {describe(exchange)}")

    # -- bodies -------------------------------------------------------------------------------

    def error_object(self, exchange: Exchange) -> dict[str, Any]:
        """Return the `error` object of an envelope."""
        body = self.json_object(exchange)
        inner = body.get("error")
        if not is_object(inner) or not {"status", "success"} & {*body}:
            message = f"the error body is no envelope: {shorten(exchange.text())}"
            raise self._unreadable(exchange, message)
        return inner

    def json_value(self, exchange: Exchange) -> Any:
        """Return the value of a JSON body."""
        self.examined = exchange
        try:
            # Not from the bytes: that would let other encodings and a byte order mark pass.
            return json.loads(exchange.content.decode("utf-8"))
        except (ValueError, RecursionError):
            message = (
                f"the body of {exchange.method} {exchange.status} is not JSON: "
                f"{shorten(exchange.text())}"
            )
            declared = JSON if exchange.media_type == "application/json" else ""
            if exchange.media_type == "text/event-stream" and not requests_stream(exchange):
                declared = UNASKED
            elif exchange.content.startswith(b"data:") and requests_stream(exchange):
                declared = STREAMS.get(exchange.operation, declared)
            raise self._unreadable(exchange, message, declared) from None

    def json_object(self, exchange: Exchange) -> dict[str, Any]:
        """Return the value of a JSON body that is an object."""
        value = self.json_value(exchange)
        if not is_object(value):
            raise self._unreadable(exchange, f"the body is not an object: {shorten(str(value))}")
        return value

    def json_array(self, exchange: Exchange) -> list[Any]:
        """Return the value of a JSON body that is an array."""
        value = self.json_value(exchange)
        if not is_list(value):
            raise self._unreadable(exchange, f"the body is not an array: {shorten(str(value))}")
        return value

    def events(self, exchange: Exchange) -> list[sse.Event]:
        """Return the events of a stream."""
        self.examined = exchange
        if exchange.media_type != "text/event-stream":
            message = (
                "the response to a streaming request is "
                f"{shown(exchange.header('content-type'))}, not text/event-stream"
            )
            raise self._unreadable(exchange, message, STREAMS.get(exchange.operation, ""))
        found = sse.decode(exchange.content)
        if not found:
            missing = STREAMS.get(exchange.operation, "")
            raise self._unreadable(exchange, "the stream has no event", missing)
        return found

    def chunks(self, exchange: Exchange) -> list[dict[str, Any]]:
        """Return the JSON chunks of a stream, without the closing marker."""
        found: list[dict[str, Any]] = []
        for number, event in enumerate(self.events(exchange)):
            if event.data == "[DONE]":
                continue
            try:
                chunk = json.loads(event.data)
            except (ValueError, RecursionError):
                message = f"event {number} of the stream is not JSON: {shorten(event.data)}"
                raise self._unreadable(exchange, message, CHUNKS) from None
            if not is_object(chunk):
                message = f"event {number} of the stream is not an object: {shorten(event.data)}"
                raise self._unreadable(exchange, message, CHUNKS)
            found.append(chunk)
        return found

    def _unreadable(self, exchange: Exchange, message: str, requirement: str = "") -> SuiteError:
        """Return what to raise for a body that is not what the contract says.

        Args:
            exchange: whose response has it.
            message: what is wrong.
            requirement: which says what it must be; the one of its place when empty.
        """
        named = [item.requirement for item in exchange.violations if item.requirement]
        if not requirement and exchange.status >= 400:
            requirement = (*named, "")[0] if is_of_media(self.run, exchange) else ENVELOPE
        elif not requirement:
            record = self.run.operations.get(exchange.operation)
            requirement = named[0] if named else record.requirement if record else ""
        if requirement not in self.run.contract.requirements:
            return Violated(message, exchange)
        return PreconditionFailed(requirement, message, exchange)
