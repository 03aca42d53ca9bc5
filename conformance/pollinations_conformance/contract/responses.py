"""Validate responses: status, headers, media type, body, and the events of a stream."""

from __future__ import annotations

from dataclasses import dataclass, replace

from pollinations_conformance.contract import media_types
from pollinations_conformance.contract.coercion import read_header
from pollinations_conformance.contract.model import Json, Match, Operation, Violation
from pollinations_conformance.contract.validation import Validation
from pollinations_conformance.http import sse
from pollinations_conformance.http.errors import BodyError
from pollinations_conformance.http.json import as_list, as_object, parse_json
from pollinations_conformance.http.message import Request, Response, is_json, media_type
from pollinations_conformance.http.pointer import join

_MANY = 100
"""So many violations are enough to know about one stream."""


@dataclass(frozen=True, slots=True)
class _Header:
    name: str
    node: Json
    pointer: str
    types: frozenset[str]


@dataclass(frozen=True, slots=True)
class _EventRule:
    pointer: str  # the schema of one event
    sentinels: frozenset[str]  # data that is no payload, such as [DONE]
    payload: str  # the schema of the JSON in `data`; empty if it holds none


@dataclass(frozen=True, slots=True)
class _Place:
    """The response object that describes a response, and what is known of the exchange."""

    spec: Json
    pointer: str
    outwards: tuple[str, ...]  # pointers of the places around it, nearest first
    head: bool


class ResponseValidator:
    """Validate the responses of a contract's operations."""

    def __init__(self, validation: Validation) -> None:
        self._validation = validation
        self._document = validation.document
        self._headers: dict[str, list[_Header]] = {}
        self._events: dict[str, _EventRule] = {}

    def response_for(self, operation: Operation, status: int) -> tuple[Json, str] | None:
        """Return the response object for a status and where it is, or None.

        An exact status wins over its range, a range over `default`.
        """
        name = _declared_status(operation, status)
        if name is None:
            return None
        place = join(operation.pointer, "responses", name)
        return self._document.resolve(operation.responses[name], place)

    def check(self, match: Match, request: Request | None, response: Response) -> list[Violation]:
        """Validate a response.

        Args:
            match: the operation that was reached.
            request: None when unknown.
            response: a body of None is not validated.
        """
        operation = match.operation
        name = _declared_status(operation, response.status)
        if name is None:
            text = f"status {response.status} is not documented"
            pointer = join(operation.pointer, "responses", str(response.status))
            return [self._validation.violation("status", text, pointer, "status")]
        reference = join(operation.pointer, "responses", name)
        spec, pointer = self._document.resolve(operation.responses[name], reference)
        head = match.head or operation.method == "HEAD"
        head = head or (request is not None and request.method == "HEAD")
        place = _Place(spec, pointer, (reference,), head)
        return [*self._check_headers(place, response), *self._check_content(place, response)]

    def check_body(self, pointer: str, response: Response) -> list[Violation]:
        """Validate a JSON response by the schema at a pointer alone."""
        content = {media_types.JSON: {"schema": {"$ref": f"#{pointer}"}}}
        place = _Place({"content": content}, pointer, (), False)
        return self._check_content(place, response, pointer)

    # --- headers --------------------------------------------------------------------------------

    def _declared(self, place: _Place) -> list[_Header]:
        declared = self._headers.get(place.pointer)
        if declared is None:
            declared = list[_Header]()
            for name, entry in as_object(place.spec.get("headers")).items():
                pointer = join(place.pointer, "headers", name)
                node, where = self._document.resolve(entry, pointer)
                if name.lower() != "content-type":  # OpenAPI: described by `content` alone
                    schema = as_object(node.get("schema"))
                    types = frozenset(self._document.types(schema, join(where, "schema")))
                    declared.append(_Header(name, node, where, types))
            self._headers[place.pointer] = declared
        return declared

    def _check_headers(self, place: _Place, response: Response) -> list[Violation]:
        violations: list[Violation] = []
        for header in self._declared(place):
            texts = response.all(header.name)
            where = f"header.{header.name.lower()}"
            outwards = (join(place.pointer, "headers", header.name), *place.outwards)
            if not texts and header.node.get("required", False):
                text = "the header is missing"
                missing = self._validation.violation(
                    where, text, header.pointer, "header", outwards, name=header.name
                )
                violations.append(missing)
            if "schema" not in header.node:
                continue
            for text in texts:
                value = read_header(text.strip(), header.types)
                schema = join(header.pointer, "schema")
                for found in self._validation.violations(schema, value, where, outwards):
                    violations.append(replace(found, where=where, field=header.name, kind="header"))
        return violations

    # --- bodies ---------------------------------------------------------------------------------

    def _wrong(
        self,
        place: _Place,
        where: str,
        text: str,
        kind: str,
        pointer: str,
        requirement_of: str = "",
    ) -> list[Violation]:
        violation = self._validation.violation(
            where, text, pointer, kind, place.outwards, requirement_of=requirement_of
        )
        return [violation]

    def _check_content(
        self, place: _Place, response: Response, schema: str = ""
    ) -> list[Violation]:
        """Validate media type and body; `schema` takes the place of the documented one."""
        content = as_object(place.spec.get("content"))
        body = response.body
        empty = place.head or response.status in (204, 304) or response.status < 200
        if empty and body:
            return self._wrong(place, "body", "expected no body", "body", place.pointer)
        if not content:
            text = "the contract documents no body here"
            return self._wrong(place, "body", text, "body", place.pointer) if body else []
        essence = media_type(response.header("content-type"))
        if empty and not essence:
            return []
        chosen = media_types.pick(content, essence)
        if chosen is None:
            named = ", ".join(content)
            text = f"{essence[:60]} is not documented; expected {named}"
            if not essence:
                text = f"there is no Content-Type; expected {named}"
            pointer = join(place.pointer, "content")
            return self._wrong(place, "header.content-type", text, "media-type", pointer)
        entry = as_object(content[chosen])
        pointer = join(place.pointer, "content", chosen)
        given = (response.header("content-type") or "").strip().lower()
        if entry.get("x-exact") and given != chosen.lower():
            text = f"expected exactly {chosen}, without parameters"
            return self._wrong(place, "header.content-type", text, "media-type", pointer)
        if empty or body is None or "schema" not in entry:
            return []
        json = is_json(chosen) or (chosen == "*/*" and is_json(essence))
        return self._check_body(place, body, chosen, entry, (schema, pointer), json)

    def _check_body(
        self,
        place: _Place,
        body: bytes,
        chosen: str,
        entry: Json,
        pointers: tuple[str, str],
        json: bool,
    ) -> list[Violation]:
        pointer = pointers[1]
        schema = pointers[0] or join(pointer, "schema")
        if json:
            try:
                value = parse_json(body)
            except BodyError as error:
                return self._wrong(
                    place, "body", str(error), "malformed-json", pointer, "json-body"
                )
            return self._validation.violations(schema, value, "body", place.outwards)
        if chosen == "text/event-stream":
            return self._check_events(place, body, schema)
        resolved, _ = self._document.resolve(entry["schema"], schema)
        if media_types.is_binary(resolved):
            # A stored file, of any type, may be an empty one; what a model made may not.
            if body or chosen == "*/*":
                return []
            return self._wrong(place, "body", "expected bytes, received none", "empty", pointer)
        try:
            text = body.decode()
        except UnicodeDecodeError as error:
            said = f"not UTF-8 at byte {error.start}"
            return self._wrong(place, "body", said, "body", pointer)
        return self._validation.violations(schema, text, "body", place.outwards)

    # --- events ---------------------------------------------------------------------------------

    def _event_rule(self, pointer: str) -> _EventRule:
        """Return how one event of a stream is validated, by the pointer to its schema."""
        rule = self._events.get(pointer)
        if rule is None:
            schema, place = self._document.resolve(self._document.node(pointer), pointer)
            data, place = self._document.resolve(
                as_object(schema.get("properties")).get("data"), join(place, "properties", "data")
            )
            branches = [(data, place)]
            for keyword in ("anyOf", "oneOf"):
                for index, entry in enumerate(as_list(data.get(keyword))):
                    branches.append(self._document.resolve(entry, join(place, keyword, index)))
            sentinels = [b["const"] for b, _ in branches if isinstance(b.get("const"), str)]
            payloads = [join(p, "contentSchema") for b, p in branches if "contentSchema" in b]
            rule = _EventRule(
                pointer, frozenset(sentinels), (*payloads, "")[-2 if payloads else -1]
            )
            self._events[pointer] = rule
        return rule

    def _check_events(self, place: _Place, body: bytes, pointer: str) -> list[Violation]:
        rule = self._event_rule(pointer)
        events = sse.decode(body)
        if not events:
            text = "expected at least one event, received none"
            return self._wrong(place, "body", text, "event", pointer.rpartition("/")[0])
        violations: list[Violation] = []
        for index, event in enumerate(events):
            violations.extend(self._check_event(place, event, f"event[{index}]", rule))
            if len(violations) > _MANY:
                break
        return violations

    def _check_event(
        self, place: _Place, event: sse.Event, where: str, rule: _EventRule
    ) -> list[Violation]:
        found = self._validation.violations(rule.pointer, event.fields(), where, place.outwards)
        if not rule.payload or event.data in rule.sentinels:
            return found
        where = f"{where}.data"
        try:
            value = parse_json(event.data)
        except BodyError as error:
            found.append(
                self._validation.violation(
                    where,
                    str(error),
                    rule.pointer,
                    "malformed-json",
                    place.outwards,
                    name="data",
                )
            )
            return found
        outwards = (rule.pointer, *place.outwards)
        return found + self._validation.violations(rule.payload, value, where, outwards)


def _declared_status(operation: Operation, status: int) -> str | None:
    """Return the name under which the responses of an operation have a status, or None."""
    names = (str(status), f"{status // 100}XX", "default")
    return next((name for name in names if name in operation.responses), None)
