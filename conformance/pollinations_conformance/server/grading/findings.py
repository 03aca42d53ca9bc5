"""What one request does that the contract does not allow."""

import json
import re
from collections.abc import Iterator
from typing import Any

from pollinations_conformance import contract as contracts
from pollinations_conformance.http.credentials import presented_key
from pollinations_conformance.http.json import as_object, is_list, is_object
from pollinations_conformance.http.message import Request, is_json
from pollinations_conformance.http.text import SECRET_HEADERS, printable_line
from pollinations_conformance.server.grading.shown import (
    ABSENT,
    Finding,
    nearest,
    preview,
    tag_of,
    value_at,
)
from pollinations_conformance.server.http import Reply

MAX_MESSAGE = 300
"""Characters of a message."""

# Statuses with which the server says that the request itself is wrong.
_REJECTED = frozenset({400, 405, 413, 415, 422})
_API_KEY = re.compile(r"[sp]k_[\w\-]+", re.ASCII)


def violations(
    contract: contracts.Contract, match: contracts.Match, request: Request, reply: Reply | None
) -> list[Finding]:
    """Return what the contract does not allow about a request.

    Args:
        contract: the request is checked against.
        match: the operation that it reached.
        request: as it was sent.
        reply: the response that the server made by itself; None when somebody else did.
    """
    found = [*_credentials(contract, match.operation, request)]
    if match.via_alias:
        found.append(
            Finding("path", "an alias of the documented path", match.operation.pointer, None,
                    preview(request.path))
        )  # fmt: skip
    values, wrong = contract.read_request(match, request)
    if unread := _body_unread(match.operation, request, values):
        found.append(unread)
        wrong = [each for each in wrong if not each.where.startswith("body")]
    found += [_from_violation(contract, match, request, each) for each in wrong]
    if reply is not None and not wrong and not unread and reply.status in _REJECTED:
        found.append(_rejected(contract, match, request, reply))
    return found


# --- credentials --------------------------------------------------------------------------------


def _credentials(
    contract: contracts.Contract, operation: contracts.Operation, request: Request
) -> Iterator[Finding]:
    """Yield what is wrong with how a key is sent; a well-formed key that nobody has is not."""

    def finding(where: str, message: str, requirement: str, sent: str | None) -> Finding:
        known = requirement if requirement in contract.requirements else None
        return Finding(where, message, "/components/securitySchemes", known, sent)

    key, header = presented_key(request), request.header("authorization")
    if key is not None:
        if not _API_KEY.fullmatch(key):
            place = "header.authorization" if header and key in header else "query.key"
            message = "not an API key: a key is sk_ or pk_ with letters and digits behind it"
            yield finding(place, message, "AUTH-KEY-02", preview(_masked(key)))
        return
    if header is not None:
        scheme = header.partition(" ")[0] if " " in header.strip() else ""
        message = "the header must be `Bearer` in this spelling, a blank, and the API key"
        yield finding("header.authorization", message, "AUTH-KEY-03", preview(f"{scheme} ***"))
        return
    if not operation.needs_key:
        return
    other = next((n for n, _ in request.headers if n.lower() in SECRET_HEADERS - {"cookie"}), None)
    if other is not None:
        message = "the contract knows no key in this header; send `Authorization: Bearer <key>`"
        yield finding(f"header.{other.lower()}", message, "AUTH-KEY-04", preview("***"))
        return
    message = "no API key; send `Authorization: Bearer <key>` or ?key=<key>"
    yield finding("header.authorization", message, "AUTH-KEY-01", None)


def _masked(key: str) -> str:
    """Return what may be shown of a text that came in the place of a key."""
    return key if key.lower() in ("undefined", "null", "none", "") or len(key) < 4 else "***"


# --- the request itself ---------------------------------------------------------------------------


def _body_unread(
    operation: contracts.Operation, request: Request, values: contracts.Values
) -> Finding | None:
    """Return that a body is not read at all, because its Content-Type is not that of JSON."""
    given = request.header("content-type")
    if values.media_type != "application/json" or is_json(given) or not request.body:
        return None
    return Finding(
        "header.content-type",
        "the body is read as JSON only with Content-Type: application/json, otherwise as {}",
        f"{operation.pointer}/requestBody",
        None,
        None if given is None else preview(given),
    )


def _from_violation(
    contract: contracts.Contract,
    match: contracts.Match,
    request: Request,
    violation: contracts.Violation,
) -> Finding:
    value = value_at(match, request, violation.where)
    if (wrong := _unknown_tag(contract, violation, value)) is not None:
        return wrong
    close: str | None = None
    options = _options(contract, violation.pointer) if violation.kind == "enum" else []
    if isinstance(value, str) and options:
        close = nearest(value, options)
    message = violation.message + (f" ({violation.detail})" if violation.detail else "")
    if len(message) > MAX_MESSAGE:
        message = message[: MAX_MESSAGE - 1] + "…"
    sent = None if value is ABSENT else preview(value)
    return Finding(
        violation.where, printable_line(message), violation.pointer, violation.requirement, sent,
        close,
    )  # fmt: skip


def _unknown_tag(
    contract: contracts.Contract, violation: contracts.Violation, value: object
) -> Finding | None:
    """Return that a value fits no member of a union because its tag is none that is known."""
    tag = tag_of(contract, violation.pointer) if violation.kind in ("oneOf", "anyOf") else None
    if tag is None or tag.is_open or not is_object(value):
        return None
    given = value.get(tag.name)
    if isinstance(given, str) and given in tag.places:
        return None
    listed = "|".join(json.dumps(name) for name in tag.places)
    return Finding(
        f"{violation.where}.{tag.name}",
        f"Invalid option: expected one of {listed}"[:MAX_MESSAGE],
        violation.pointer,
        violation.requirement,
        preview(given) if tag.name in value else None,
        nearest(given, tag.places) if isinstance(given, str) else None,
    )


def _options(contract: contracts.Contract, pointer: str) -> list[str]:
    try:
        node: Any = contract.node(pointer)
    except KeyError:
        return []
    listed = node.get("enum") if is_object(node) else node
    return [option for option in listed if isinstance(option, str)] if is_list(listed) else []


def _rejected(
    contract: contracts.Contract, match: contracts.Match, request: Request, reply: Reply
) -> Finding:
    """Return that the server rejected what no schema can say is wrong."""
    try:
        body: Any = json.loads(reply.body)
    except ValueError:
        body = {}
    error = as_object(body).get("error")
    message = str(error.get("message") if is_object(error) else error or "rejected")
    sent = as_object(body).get("received") or request.header("content-type")
    found = contract.response_for(match.operation, reply.status)
    return Finding(
        "request",
        f"rejected with status {reply.status}: {printable_line(message)[:MAX_MESSAGE]}",
        found[1] if found else match.operation.pointer,
        None,
        preview(sent) if sent and request.body else None,
    )
