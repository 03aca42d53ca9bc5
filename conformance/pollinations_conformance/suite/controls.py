"""Control requests: find out why a response is not the expected one.

A check asserts one thing about a request that has much in common with others: its operation, the
form of its body, the place of its key, that it requests a stream. Where one of these does not work
at all, the response says nothing about the assertion. So before a status becomes a verdict, the
simplest request that has the same thing in common is sent, once in a run; its failure belongs to
the requirement of what they have in common.
"""

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from pollinations_conformance.http.credentials import credential
from pollinations_conformance.http.query import query_of
from pollinations_conformance.suite.errors import (
    NoBudget,
    NotTested,
    PreconditionFailed,
    Unreachable,
)
from pollinations_conformance.suite.exchange import (
    Exchange,
    describe,
    requests_stream,
)
from pollinations_conformance.suite.keyring import MAIN
from pollinations_conformance.suite.operations import SUCCESS
from pollinations_conformance.suite.run import Run

CHAT = "createChatCompletion"
TEMPORARY = {402, 408, 425, 429, 502, 503, 504, *range(520, 531)}
"""Statuses that say that the service cannot serve now, which no requirement forbids."""
IN_QUERY = {"gateway": "AUTH-QUERY-01", "media": "MEDIA-UP-13"}
"""By host, the requirement that a key is accepted in the query."""
STREAMS = {
    "createChatCompletion": "CHAT-STREAM-01",
    "createChatCompletionLegacy": "CHAT-STREAM-01",
    "generateText": "TEXT-GET-08",
}
"""By operation, the requirement that a stream is sent on request."""

PUBLIC = {
    "getMedia": "MEDIA-GET-02",
    "headMedia": "MEDIA-GET-02",
    "listModels": "MODELS-V1-01",
    "listTextModels": "MODELS-INFO-01",
    "listImageModels": "MODELS-INFO-01",
    "listAudioModels": "MODELS-INFO-01",
}
"""By operation that needs no key, the requirement that says so."""
REPEATED = {"uploadMedia": "MEDIA-UP-02"}
"""By operation, the requirement that a request is served again."""

KEYLESS = {
    "getAccountKey": "ACC-KEY-03",
    "uploadMedia": "MEDIA-UP-12",
}
"""By operation, the requirement that a request without a valid key is refused with 401, where it is
neither AUTH-KEY-07, for the account, nor AUTH-KEY-01 or AUTH-KEY-02, for generations."""
NOT_KEYS = {"", "bogus", "expired"}
"""Roles of which the server knows no valid key."""

BAD_REQUEST = 400
OF_THE_REQUEST = {*range(401, 500)} - {401, 402, 403, 429}
"""Statuses that other servers give to a request that is invalid, beside 400."""

FORMS = {"raw": "raw bytes", "multipart/form-data": "a form", "application/json": "a JSON body"}


class Sender(Protocol):
    """A session, as far as a control request needs it."""

    @property
    def send(self) -> Callable[..., Exchange]:
        """Send a request."""
        ...

    @property
    def skip_if_unavailable(self) -> Callable[[Exchange], None]:
        """Raise NotTested if a response only says that the service cannot serve now."""
        ...


@dataclass(frozen=True)
class Control:
    """The simplest request that has something in common with another one.

    Args:
        name: what they have in common, as a noun phrase.
        requirement: which says that it works.
        operation: operationId.
        form: media type of the body; the operation's usual one when empty.
        in_query: whether the key is sent in the query.
        streaming: whether a stream is requested.
        keyless: whether it is sent without a key.
        refused: whether it is sent without a valid key, so that it is to be refused with 401.
        repeated: whether it is sent twice; the second one counts.
        invalid: the status that it is not to have, where the request is invalid; 0 where it is not.
    """

    name: str
    requirement: str
    operation: str
    form: str = ""
    in_query: bool = False
    streaming: bool = False
    keyless: bool = False
    refused: bool = False
    repeated: bool = False
    invalid: int = 0

    def works(self, found: Exchange, exchange: Exchange) -> bool:
        """Return whether a response is the one that the requirement demands.

        Args:
            found: the response to this request.
            exchange: the one that it is to explain.
        """
        if self.refused:
            return found.status == 401
        if self.invalid:
            return found.status != self.invalid
        # The type of a stream says nothing of why another request is refused.
        typed = not self.streaming or not exchange.ok or found.media_type == "text/event-stream"
        return found.status == 200 and typed


def controls(run: Run, exchange: Exchange, rejected: Collection[int] = ()) -> Iterator[Control]:
    """Yield what a request has in common with others, the most general first.

    Args:
        run: to which it belongs.
        exchange: whose response is not the expected one.
        rejected: statuses of the rejection that is the expected one; then a success needs no
            explanation.
    """
    yield from _controls_of_valid(run, exchange, rejected)
    if BAD_REQUEST in rejected and exchange.status in OF_THE_REQUEST:
        yield from _controls_of_invalid(run, exchange)


def _controls_of_invalid(run: Run, exchange: Exchange) -> Iterator[Control]:
    """Yield the simplest invalid requests: of chat, as the most frequent one, and of the operation."""
    host = run.operations[exchange.operation].host if exchange.operation else ""
    for operation in dict.fromkeys((CHAT, exchange.operation)):
        known = run.invalid_requests.get(operation)
        record = run.operations.get(operation)
        if known and record and not record.missing and record.host == host:
            yield Control(known.what, known.requirement, operation, invalid=exchange.status)


def _controls_of_valid(
    run: Run, exchange: Exchange, rejected: Collection[int]
) -> Iterator[Control]:
    """Yield valid requests that have something in common with one, the most general first."""
    operation = exchange.operation
    if operation not in run.minimal_requests:
        return
    record = run.operations[operation]
    if exchange.key in NOT_KEYS and run.contract.operation(operation).needs_key:
        own = KEYLESS.get(operation, "AUTH-KEY-07" if record.tag == "account" else "")
        name = "a minimal valid request without a key"
        yield Control(name, own or "AUTH-KEY-01", operation, keyless=True, refused=True)
        if credential(exchange.url, exchange.request_headers):
            name = "one with an unknown key"
            yield Control(name, own or "AUTH-KEY-02", operation, refused=True)
    if exchange.ok and rejected:
        return
    requirement = SUCCESS.get(operation, record.requirement)
    keyless = exchange.key in NOT_KEYS
    if exchange.status in {401, 403} and operation in PUBLIC and keyless:
        name = "a minimal valid request that needs no key"
        yield Control(name, PUBLIC[operation], operation, keyless=True)
    yield Control("a minimal valid request", requirement, operation)
    if exchange.status == 409:
        name = "a minimal valid request that is repeated"
        yield Control(name, REPEATED.get(operation, requirement), operation, repeated=True)
    form = body_form(exchange)
    if form in run.minimal_requests[operation].forms:
        name = f"a minimal valid request with {FORMS.get(form, form)}"
        yield Control(name, requirement, operation, form)
    if "key" in dict(query_of(exchange.url)) and record.host in IN_QUERY:
        name = "a minimal valid request with the key in the query"
        yield Control(name, IN_QUERY[record.host], operation, in_query=True)
    if operation in STREAMS and requests_stream(exchange):
        name = "a minimal valid streaming request"
        yield Control(name, STREAMS[operation], operation, streaming=True)


def body_form(exchange: Exchange) -> str:
    """Return the kind of a request's body: its media type, or `raw` for that of a file."""
    kind = next((v for n, v in exchange.request_headers if n.lower() == "content-type"), "")
    kind = kind.partition(";")[0].strip().lower()
    if not kind or kind in {"application/json", "multipart/form-data"}:
        return kind
    return "raw"


def explain(run: Run, session: Sender, exchange: Exchange, rejected: Collection[int] = ()) -> None:
    """Raise the reason why a response says nothing about an assertion, if there is one.

    Args:
        run: to which it belongs.
        session: sends the control requests; not that of the check.
        exchange: whose response is not the expected one.
        rejected: statuses of the rejection that is the expected one.

    Raises:
        PreconditionFailed: something that the request has in common with others does not work.
        NotTested: whether it works cannot be found out now.
    """
    for control in controls(run, exchange, rejected):
        found = run.once(f"control {control}", _sender(run, session, control))
        if isinstance(found, Exchange):
            if not control.works(found, exchange):
                said = f"{control.name} gets {describe(found)}"
                if control.invalid:
                    said += f", not {BAD_REQUEST}"
                elif found.ok:
                    said += f" of type {found.media_type}"
                raise PreconditionFailed(control.requirement, said, found)
        elif found:
            raise NotTested(found)


def _sender(run: Run, session: Sender, control: Control) -> Callable[[], Exchange | str]:
    """Return a function that sends a control request, and returns why it could not if so."""

    def send() -> Exchange | str:
        if MAIN not in run.target.keys and not control.invalid:
            return ""
        try:
            arguments = _arguments(run, session, control)
            found = session.send(**arguments)
            if control.repeated:
                found = session.send(**arguments)
            # A key in the query that is refused while the one in the header is not is a finding.
            if not found.ok and not control.in_query and not control.refused:
                session.skip_if_unavailable(found)
        except NoBudget:
            return ""
        except (NotTested, Unreachable) as error:
            return str(error)
        return found

    return send


def _arguments(run: Run, session: Sender, control: Control) -> Mapping[str, Any]:
    if control.invalid:
        found = dict(run.invalid_requests[control.operation].make(session, control.operation))
        return found if MAIN in run.target.keys else {**found, "key": None}
    minimal = run.minimal_requests[control.operation]
    arguments = dict(minimal.make(session, control.operation, control.form))
    if control.in_query:
        arguments["by"] = "query"
    if control.keyless or control.refused:
        arguments["key"] = None if control.keyless else "bogus"
    if control.streaming and "json" in arguments:
        arguments["json"] = {**arguments["json"], "stream": True}
    elif control.streaming:
        arguments["query"] = {**dict(arguments.get("query", {})), "stream": "true"}
    return arguments
