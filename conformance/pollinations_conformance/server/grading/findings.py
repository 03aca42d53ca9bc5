"""What one request does that the contract does not allow, and what it has that no contract knows."""

import difflib
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

from pollinations_conformance import contract as contracts
from pollinations_conformance.http.credentials import presented_key
from pollinations_conformance.http.json import as_object, is_list, is_object
from pollinations_conformance.http.message import Request, is_json
from pollinations_conformance.http.text import SECRET_HEADERS, printable_line, redact
from pollinations_conformance.server.http import Reply

MAX_SENT = 120
"""Characters of a value that was sent, as the report shows it."""
MAX_MESSAGE = 300
MAX_NODES = 1_000
"""Members of a body that are looked at for unknown fields."""
MAX_UNKNOWN = 20
"""Unknown names of one request that are listed."""

# Statuses with which the server says that the request itself is wrong.
_REJECTED = frozenset({400, 405, 413, 415, 422})
_API_KEY = re.compile(r"[sp]k_[\w\-]+", re.ASCII)
_STEP = re.compile(r"\[(\d+)\]|\.?([^.\[]+)")
_ABSENT = object()


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing about a request.

    Attributes:
        where: such as `query.width` or `body.messages[0].content`.
        message: what is wrong; it holds no value that was sent.
        contract: JSON pointer into the contract.
        requirement: id of the requirement that it violates, if it is known.
        sent: the value that was sent, as JSON, redacted and shortened; None when there was none.
        nearest: the known name or value that is spelt most alike; None when none is.
    """

    where: str
    message: str
    contract: str = ""
    requirement: str | None = None
    sent: str | None = None
    nearest: str | None = None


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


def unknown(
    contract: contracts.Contract, match: contracts.Match, request: Request
) -> list[Finding]:
    """Return parameters and body fields of a request that the contract does not name."""
    operation = match.operation
    known = {p.name for p in operation.parameters if p.location == "query"} | {"key"}
    found = [
        Finding(f"query.{name}", "unknown parameter", operation.pointer, None, preview(value),
                nearest(name, known))
        for name, value in islice(
            (pair for pair in dict(request.query).items() if pair[0] not in known), MAX_UNKNOWN
        )
    ]  # fmt: skip
    body = json_body(request)
    if is_object(body) and "requestBody" in operation.raw:
        place = f"{operation.pointer}/requestBody"
        _, place = contract.resolve(operation.raw["requestBody"], place)
        found += _Unknown(contract).fields(body, f"{place}/content/application~1json/schema")
    return found


def nearest(name: str, known: Iterable[str]) -> str | None:
    """Return the known name that is spelt most alike, or None."""
    found = difflib.get_close_matches(name[:60], list(known), 1, 0.6)
    return found[0] if found else None


def preview(value: object) -> str:
    """Return a value as JSON that is fit to be shown: shortened, without keys, on one line."""
    text = printable_line(redact(json.dumps(_shortened(value, 3), ensure_ascii=False)))
    return text if len(text) <= MAX_SENT else text[: MAX_SENT - 1] + "…"


def _shortened(value: object, depth: int) -> object:
    if isinstance(value, str):
        return value if len(value) <= MAX_SENT else value[:MAX_SENT] + "…"
    if is_list(value):
        return ["…"] if depth == 0 else [_shortened(item, depth - 1) for item in value[:6]]
    if is_object(value):
        if depth == 0:
            return {"…": "…"}
        return {name[:60]: _shortened(value[name], depth - 1) for name in list(value)[:8]}
    return value


def json_body(request: Request) -> object:
    """Return a request's body when it is JSON and called so; None otherwise."""
    if not request.body or not is_json(request.header("content-type")):
        return None
    try:
        return json.loads(request.body)
    except (ValueError, RecursionError):
        return None


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
    value = _value_at(match, request, violation.where)
    close: str | None = None
    options = _options(contract, violation.pointer) if violation.kind == "enum" else []
    if isinstance(value, str) and options:
        close = nearest(value, options)
    message = violation.message + (f" ({violation.detail})" if violation.detail else "")
    if len(message) > MAX_MESSAGE:
        message = message[: MAX_MESSAGE - 1] + "…"
    sent = None if value is _ABSENT else preview(value)
    return Finding(
        violation.where, printable_line(message), violation.pointer, violation.requirement, sent,
        close,
    )  # fmt: skip


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


def _value_at(match: contracts.Match, request: Request, where: str) -> Any:
    """Return the value that was sent at a place such as `body.messages[0].role`."""
    part, _, rest = where.partition(".")
    if part == "path":
        return match.path_params.get(rest, _ABSENT)
    if part == "query":
        texts = [value for name, value in request.query if name == rest]
        return (texts if len(texts) > 1 else texts[0]) if texts else _ABSENT
    if part == "header":
        return request.header(rest) or _ABSENT
    body = json_body(request)
    if body is None or not where.startswith("body"):
        return _ABSENT
    return _member(body, where[len("body") :])


def _member(value: Any, path: str) -> Any:
    for step in _STEP.finditer(path):
        if step[1] is not None and is_list(value) and int(step[1]) < len(value):
            value = value[int(step[1])]
        elif step[2] is not None and is_object(value) and step[2] in value:
            value = value[step[2]]
        else:
            return _ABSENT
    return value


# --- names that the contract does not know --------------------------------------------------------


class _Unknown:
    """Finds fields that no schema names, in bodies of any depth."""

    def __init__(self, contract: contracts.Contract) -> None:
        self.contract = contract
        self._left = MAX_NODES
        self._unknown = MAX_UNKNOWN
        self._places: dict[str, list[tuple[dict[str, Any], str]]] = {}

    def fields(self, value: Any, pointer: str, where: str = "body") -> list[Finding]:
        """Return the unknown fields of a value and of what is inside it."""
        self._left -= 1
        if self._left < 0:
            return []
        found: list[Finding] = []
        if pointer not in self._places:
            self._places[pointer] = list(self._schemas(pointer, 0))
        schemas = self._places[pointer]
        if is_list(value):
            for index, item in enumerate(value[:MAX_NODES]):
                for schema, place in schemas:
                    if "items" in schema:
                        found += self.fields(item, f"{place}/items", f"{where}[{index}]")
                        break
            return found
        if not is_object(value):
            return found
        known = self._properties(schemas)
        for name, member in value.items():
            if name in known:
                found += self.fields(member, known[name], f"{where}.{name[:60]}")
            elif self._unknown > 0 and known and not any(map(_is_open, (s for s, _ in schemas))):
                self._unknown -= 1
                sent = preview(member)
                close = nearest(name, known)
                place = f"{where}.{name[:60]}"
                found.append(Finding(place, "unknown field", pointer, None, sent, close))
        return found

    def _properties(self, schemas: list[tuple[dict[str, Any], str]]) -> dict[str, str]:
        known: dict[str, str] = {}
        for schema, place in schemas:
            for name in as_object(schema.get("properties")):
                escaped = name.replace("~", "~0").replace("/", "~1")
                known.setdefault(name, f"{place}/properties/{escaped}")
        return known

    def _schemas(self, pointer: str, depth: int) -> Iterator[tuple[dict[str, Any], str]]:
        """Yield a schema and everything that it is combined of, with their places."""
        try:
            schema, place = self.contract.resolve(self.contract.node(pointer), pointer)
        except KeyError:
            return
        yield schema, place
        for keyword in ("allOf", "anyOf", "oneOf") if depth < 5 else ():
            listed = schema.get(keyword)
            for index in range(len(listed) if is_list(listed) else 0):
                yield from self._schemas(f"{place}/{keyword}/{index}", depth + 1)


def _is_open(schema: dict[str, Any]) -> bool:
    """Return whether a schema says itself that members of any name may come."""
    return schema.get("additionalProperties", False) not in (False, None) or (
        "patternProperties" in schema
    )
