"""Validate recorded exchanges by the contract."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from pollinations_conformance.contract import Contract, Match, Violation
from pollinations_conformance.http import har
from pollinations_conformance.http.credentials import sent_secrets
from pollinations_conformance.http.errors import BodyError
from pollinations_conformance.http.json import is_list, is_object, parse_json
from pollinations_conformance.http.message import Request, Response
from pollinations_conformance.http.query import split_target
from pollinations_conformance.http.text import HIDDEN, key_pattern, printable_line, redact
from pollinations_conformance.replay.base_urls import BaseURL
from pollinations_conformance.replay.watching import (
    KEPT_IF_SEEN,
    NotRecorded,
    observe,
    recorded_exchange,
)
from pollinations_conformance.suite.exchange import is_proxy_error

Verdict = Literal["holds", "fails", "outside"]
RequestEvidence = Literal["", "accepted", "refused"]

UNKNOWN_ROUTE = "(unknown route)"
OUTSIDE = "(outside the contract)"
PRECONDITIONS = (
    "if-match",
    "if-none-match",
    "if-modified-since",
    "if-unmodified-since",
    "if-range",
)
"""Request headers for whose sake a response may have the status 412 (RFC 9110, section 13)."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One violation in an exchange."""

    part: Literal["request", "response"]
    where: str
    sentence: str
    pointer: str
    requirement: str | None
    kind: str


@dataclass(frozen=True, slots=True)
class ValidatedExchange:
    """One exchange with its verdict."""

    file: str
    index: int
    name: str
    method: str
    target: str  # path and query, keys taken out
    status: int | None
    operation: str  # an operationId, or one of the two names in parentheses
    verdict: Verdict
    note: str  # why it is outside, or what kind of evidence it is
    problems: tuple[Problem, ...] = ()
    advice: tuple[Problem, ...] = ()  # what the contract recommends only
    request_evidence: RequestEvidence = ""

    @property
    def label(self) -> str:
        """Where the exchange is recorded and what it was, in one line."""
        name = f" {self.name}" if self.name else ""
        status = "no response" if self.status is None else str(self.status)
        return f"{self.file}[{self.index}]{name}: {self.method} {self.target} -> {status}"


def validate(
    contract: Contract,
    exchange: har.Exchange,
    file: str = "",
    base_urls: Sequence[BaseURL] = (),
    lacking: Iterable[str] = ("date", "x-request-id"),
    live: bool = False,
) -> ValidatedExchange:
    """Validate one exchange.

    A response must be one that the contract allows. A request that was served must be valid; one
    that was refused with the names of its bad fields must be invalid in one of them; any other
    refusal decides nothing about the request.

    Args:
        contract: what to validate by.
        exchange: what was recorded.
        file: the name of the recording, for the report.
        base_urls: further base URLs of the two hosts.
        lacking: response headers that cannot be relied on, in lower case.
        live: whether client and server are here and now; then a request that was refused must be
            valid, too.
    """
    request, response = exchange.request, exchange.response
    found, side = _find(contract, exchange, base_urls)
    operation = found.operation.id if found else UNKNOWN_ROUTE
    evidence: RequestEvidence = ""
    advice: list[Problem] = []
    problems: list[Problem] | str = _why_outside(exchange, side)
    if problems and (not side or found is None):
        operation = OUTSIDE
    if not problems and response is not None:
        if found is None:
            problems = _validate_unknown(contract, side, request, response)
        else:
            violations = _validate_response(contract, found, exchange, response)
            evidence, problems = _validate_request(contract, found, exchange, response)
            if live and evidence != "accepted":
                problems = problems or _violations_of(contract, found, exchange)
            problems = [*(_problem("response", violation) for violation in violations), *problems]
        if not isinstance(problems, str):
            watched = _watch(contract, found, side, exchange, response, lacking)
            known = {problem.requirement for problem in problems}
            problems += [p for p in watched[0] if p.requirement not in known]
            advice = watched[1]
    secrets = sent_secrets(request)
    return ValidatedExchange(
        file=file,
        index=exchange.index,
        name=printable_line(redact(exchange.name)),
        method=printable_line(request.method),
        target=redact(_target(exchange.redacted_url)),
        status=response.status if response else None,
        operation=operation,
        verdict="outside" if isinstance(problems, str) else "fails" if problems else "holds",
        note=problems if isinstance(problems, str) else "",
        problems=_without([] if isinstance(problems, str) else problems, secrets),
        advice=_without(advice, secrets),
        request_evidence=evidence,
    )


def _without(problems: Sequence[Problem], secrets: Sequence[str]) -> tuple[Problem, ...]:
    """Return problems in whose texts the secrets of their request are hidden."""
    if not problems or not secrets:
        return tuple(problems)
    pattern = re.compile("|".join(key_pattern(secret).pattern for secret in secrets))
    return tuple(
        replace(
            one,
            where=pattern.sub(HIDDEN, one.where),
            sentence=pattern.sub(HIDDEN, one.sentence),
        )
        for one in problems
    )


def _why_outside(exchange: har.Exchange, side: str) -> str:
    """Return why an exchange decides nothing about the contract, or an empty text."""
    response = exchange.response
    if not side:
        return f"another host: {exchange.host or 'none named'}"
    if exchange.fault:
        return f"an injected fault: {exchange.fault}"
    if response is None:
        return "no response was recorded"
    sent = exchange.request.header
    mechanics = {
        f"{response.status}: HTTP's own, before the response": response.status < 200,
        "407: a proxy between requires credentials": response.status == 407,
        "412: a precondition of the request does not hold": response.status == 412
        and any(sent(name) for name in PRECONDITIONS),
        "416: there is no such part of the response": response.status == 416
        and sent("range") is not None,
        "OPTIONS is not part of the contract": exchange.request.method == "OPTIONS",
        "a redirect that the browser made": exchange.from_browser,
        "304: the client has the response already": response.status == 304,
        "206: a part of a response": response.status == 206
        and response.header("content-range") is not None,
        "an error body of the backend, not of the service": _is_backend_error(response),
        "an error page of a CDN or proxy": _is_proxy_error(exchange, response),
    }
    return next((why for why, applies in mechanics.items() if applies), "")


def _is_proxy_error(exchange: har.Exchange, response: Response) -> bool:
    try:
        return is_proxy_error(recorded_exchange(exchange, response, ""))
    except NotRecorded:
        return False


def _validate_response(
    contract: Contract, match: Match, exchange: har.Exchange, response: Response
) -> list[Violation]:
    return [
        violation
        for violation in contract.check_response(match, exchange.request, response)
        if exchange.headers_recorded or not violation.where.startswith("header.")
    ]


def _watch(
    contract: Contract,
    match: Match | None,
    side: str,
    exchange: har.Exchange,
    response: Response,
    lacking: Iterable[str],
) -> tuple[list[Problem], list[Problem]]:
    """Return what the watches of the suite find in an exchange: violations, and mere advice."""
    gateway = side != "media" and (match is None or match.operation.host != "media")
    operation = match.operation.id if match else ""
    if response.status == 404 and gateway:
        operation = ""  # the operation is not there, so it is not its response
    watched = observe(contract, recorded_exchange(exchange, response, operation, lacking), gateway)
    found: tuple[list[Problem], list[Problem]] = ([], [])
    for watch, problem in watched:
        requirement = contract.requirements[watch.requirement]
        text = printable_line(redact(problem))
        found[requirement.level != "MUST"].append(
            Problem("response", watch.name, text, requirement.pointer, watch.requirement, "watch")
        )
    return found


def lacking_headers(exchanges: Iterable[har.Exchange]) -> frozenset[str]:
    """Return which response headers of a recording cannot be relied on, in lower case.

    Those of `KEPT_IF_SEEN` that no response has were not kept. `Date` is never relied on: a
    recording may be put together from responses of several times.
    """
    seen = {
        name.lower()
        for exchange in exchanges
        if exchange.response is not None
        for name, _ in exchange.response.headers
    }
    return (KEPT_IF_SEEN - seen) | {"date"}


def _validate_unknown(
    contract: Contract, side: str, request: Request, response: Response
) -> list[Problem] | str:
    """Validate the response of a route that the contract does not have; a text: why not."""
    violations = None if side == "media" else contract.check_unknown(request, response)
    if violations is None:
        return f"no such route, status {response.status}"
    return [_problem("response", violation) for violation in violations]


def _find(
    contract: Contract, exchange: har.Exchange, base_urls: Sequence[BaseURL]
) -> tuple[Match | None, str]:
    """Return the operation, and which host it was: "" for a foreign one."""
    request = exchange.request
    path = request.path
    for base_url in base_urls:
        inside = path == base_url.prefix or path.startswith(f"{base_url.prefix}/")
        if base_url.host == exchange.host and inside:
            rest = path[len(base_url.prefix) :] or "/"
            return contract.find(request.method, rest, base_url.side), base_url.side or "both"
    side = contract.host_of(exchange.host)
    if side is None:
        return None, ""
    return contract.find(request.method, path, side), side


def _validate_request(
    contract: Contract, match: Match, exchange: har.Exchange, response: Response
) -> tuple[RequestEvidence, list[Problem]]:
    if not exchange.request_recorded:
        return "", []  # not all of it is known
    request = exchange.request
    refused = refused_fields(response)
    if 200 <= response.status < 300:
        return "accepted", _violations_of(contract, match, exchange)
    if refused is None:
        return "", []
    violations = contract.check_request(match, request)
    if any(violation.field in refused for violation in violations):
        return "refused", []
    names = ", ".join(sorted(name or "the body as a whole" for name in refused))
    if violations:
        others = ", ".join(sorted({v.field or "the body as a whole" for v in violations}))
        sentence = f"the service refused {names}; the contract objects to {others} only"
    else:
        sentence = f"the service refused {names}; the contract finds the request valid"
    return "refused", [
        Problem("request", "request", sentence, _place_of(match, refused), None, "accepted-invalid")
    ]


def _violations_of(contract: Contract, match: Match, exchange: har.Exchange) -> list[Problem]:
    """Return how a request violates the contract, if all of it is known."""
    if not exchange.request_recorded:
        return []
    return [_problem("request", v) for v in contract.check_request(match, exchange.request)]


def refused_fields(response: Response) -> set[str] | None:
    """Return the fields that a 400 response names; "" is the body as a whole.

    Returns:
        None when it is no refusal with validation details.
    """
    if response.status != 400:
        return None
    details = _member(_member(_json(response), "error"), "details")
    if not is_object(details):
        return None
    fields = _member(details, "fieldErrors")
    names = {name for name, texts in fields.items() if texts} if is_object(fields) else set[str]()
    if _member(details, "formErrors"):
        names.add("")
    return names or None


def _place_of(match: Match, names: set[str]) -> str:
    for parameter in match.operation.parameters:
        if parameter.name in names:
            return parameter.pointer
    has_body = "requestBody" in match.operation.raw
    return match.operation.pointer + ("/requestBody" if has_body else "")


def _is_backend_error(response: Response) -> bool:
    """Return whether an error body comes from a backend of the gateway, not from the gateway."""
    if response.status < 400:
        return False
    body = _json(response)
    return (
        is_object(body)
        and isinstance(body.get("error"), str)
        and "requestId" in body
        and "requestParameters" in body
    )


def _json(response: Response) -> Any:
    if not response.body:
        return None
    try:
        return parse_json(response.body, strict=False)
    except BodyError:
        return None


def _member(value: Any, name: str) -> Any:
    return value.get(name) if is_object(value) else None


def _problem(part: Literal["request", "response"], violation: Violation) -> Problem:
    return Problem(
        part,
        printable_line(redact(violation.where)),
        printable_line(redact(violation.sentence)),
        violation.pointer,
        violation.requirement,
        violation.kind,
    )


def _target(url: str) -> str:
    path, query = split_target(url)
    text = path + (f"?{query}" if query else "")
    text = printable_line(text)
    return text if len(text) <= 100 else text[:100] + "…"


def model_names(
    contract: Contract,
    exchanges: Iterable[har.Exchange],
    base_urls: Sequence[BaseURL] = (),
) -> dict[str, list[str]]:
    """Collect the model names that a recording itself lists.

    Args:
        contract: determines which responses are model lists.
        exchanges: what was recorded.
        base_urls: further base URLs of the two hosts.

    Returns:
        For each list's path its names and aliases, as `Contract.with_values` takes them.
    """
    found: dict[str, list[str]] = {}
    for exchange in exchanges:
        response = exchange.response
        if response is None or response.status != 200 or not response.body:
            continue
        match, _ = _find(contract, exchange, base_urls)
        if match is None or match.operation.tag != "models":
            continue
        body = _json(response)
        if is_list(body):
            names = found.setdefault(match.operation.path, [])
            for item in body:
                aliases = _member(item, "aliases")
                listed = [_member(item, "name"), *(aliases if is_list(aliases) else [])]
                names.extend(name for name in listed if isinstance(name, str))
        else:
            data = _member(body, "data")
            listed = [_member(item, "id") for item in data] if is_list(data) else []
            # The list in OpenAI's form has the text models only.
            found.setdefault("/text/models", []).extend(
                name for name in listed if isinstance(name, str)
            )
    return found
