"""Decide by recorded traffic which of two documents is right about a difference.

Only a counterexample counts: a document is wrong when a response, or a request that was served, is
one that it does not allow at the place of the difference, or when a request was refused naming a
field in which it finds nothing wrong while the other does.
"""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import jsonschema_rs

from pollinations_conformance.drift.compare.findings import Difference, Finding, Spot, Step
from pollinations_conformance.drift.document import Document, Operation, pattern
from pollinations_conformance.drift.values import canonical, type_of
from pollinations_conformance.http import har, sse
from pollinations_conformance.http.credentials import presented_key
from pollinations_conformance.http.errors import BodyError
from pollinations_conformance.http.json import as_list, as_object, parse_json
from pollinations_conformance.http.message import Request, Response, is_json, media_type
from pollinations_conformance.http.multipart import parse_multipart
from pollinations_conformance.http.number import js_number
from pollinations_conformance.http.text import redact
from pollinations_conformance.replay.base_urls import BaseURL
from pollinations_conformance.replay.validate import refused_fields

_MISSING = object()


@dataclass(slots=True)
class Verdict:
    """What the recordings show about one difference."""

    against_ours: list[str] = field(default_factory=list[str])
    against_theirs: list[str] = field(default_factory=list[str])

    @property
    def text(self) -> str:
        """Who is wrong."""
        if self.against_ours and self.against_theirs:
            return "both wrong"
        if self.against_ours:
            return "ours wrong"
        return "theirs wrong" if self.against_theirs else "undecided"


@dataclass(slots=True)
class Recorded:
    """One exchange, with the operations of both documents that it reached."""

    label: str
    request: Request
    response: Response
    ours: Operation | None
    theirs: Operation | None
    path_values: Mapping[str, str] = field(default_factory=dict[str, str])
    refused: frozenset[str] = frozenset()
    whole: bool = True  # the body of the request was kept, or there was none
    with_headers: bool = True  # those of the response were kept
    keyed: bool = True  # keys are seen in its recording; many exports leave them out
    _cache: dict[str, list[Any]] = field(default_factory=dict[str, list[Any]])

    @property
    def served(self) -> bool:
        """Return whether the request was accepted."""
        return 200 <= self.response.status < 300

    def bodies(self, part: str) -> list[Any]:
        """Return the JSON value of a message, or its events; [] when it has none."""
        if part not in self._cache:
            self._cache[part] = list(self._bodies(part))
        return self._cache[part]

    def _bodies(self, part: str) -> Iterator[Any]:
        if part == "request" and not self.whole:
            return
        message = self.request if part == "request" else self.response
        kind, body = message.header("content-type") or "", message.body
        if not body:
            return
        try:
            if is_json(kind):
                yield parse_json(body, strict=False)
            elif part == "response" and media_type(kind) == "text/event-stream":
                yield from (event.fields() for event in sse.decode(body))
            elif media_type(kind) == "multipart/form-data":
                yield {
                    one.name: one.text
                    for one in parse_multipart(kind, body)
                    if one.filename is None
                }
            elif media_type(kind).startswith("text/"):
                yield body.decode()
        except (BodyError, UnicodeDecodeError):
            return

    def kind(self, part: str) -> str:
        """Return the media type of a message."""
        message = self.request if part == "request" else self.response
        return media_type(message.header("content-type"))


class Traffic:
    """Recorded exchanges, sorted by the operations they reached."""

    def __init__(self, ours: Document, theirs: Document, base_urls: Sequence[BaseURL] = ()) -> None:
        """Prepare to find operations.

        Args:
            ours: one document.
            theirs: the other.
            base_urls: further base URLs under which the service was recorded.
        """
        self.exchanges: list[Recorded] = []
        self.total = 0
        self._base_urls = base_urls
        self._routes = [_routes(document) for document in (ours, theirs)]

    def add(self, exchanges: Iterable[har.Exchange], file: str) -> None:
        """Add a recording.

        Args:
            exchanges: what was recorded.
            file: the name of the recording.
        """
        exchanges = list(exchanges)
        keyed = any(_has_key(exchange.request) for exchange in exchanges)
        for exchange in exchanges:
            self.total += 1
            response = exchange.response
            if response is None or exchange.fault or exchange.from_browser:
                continue
            if response.status == 304:  # the response itself came before
                continue
            found = [self._find(exchange, routes) for routes in self._routes]
            if not (found[0] or found[1]) or _backend(response):
                continue
            self.exchanges.append(
                Recorded(
                    label=redact(
                        f"{file}[{exchange.index}]: {exchange.request.method} "
                        f"{exchange.request.path[:60]} -> {response.status}"
                    ),
                    request=exchange.request,
                    response=response,
                    ours=found[0],
                    theirs=found[1],
                    refused=frozenset(refused_fields(response) or ()),
                    whole=exchange.request_recorded,
                    with_headers=exchange.headers_recorded,
                    keyed=keyed,
                )
            )

    def _find(
        self, exchange: har.Exchange, routes: list[tuple[re.Pattern[str], Operation]]
    ) -> Operation | None:
        path, method = exchange.request.path, exchange.request.method.upper()
        mapped = False
        for base_url in self._base_urls:
            if base_url.host == exchange.host and path.startswith(base_url.prefix):
                path, mapped = path[len(base_url.prefix) :] or "/", True
        for wanted in (method, "GET") if method == "HEAD" else (method,):
            for expression, operation in routes:
                here = mapped or not operation.hosts or exchange.host in operation.hosts
                if operation.method == wanted and here and expression.fullmatch(path):
                    return operation
        return None

    # --- deciding ---

    def decide(self, difference: Difference) -> Verdict:
        """Return what the recordings show about a difference.

        Args:
            difference: as `compare` returned it.
        """
        against: tuple[dict[str, None], dict[str, None]] = ({}, {})
        for spot, finding in difference.occurrences:
            if not finding.probe.mode:
                continue
            for recorded in self._reached(spot, finding):
                bad = _contradicts(recorded, spot, finding)
                for side in (0, 1):
                    if bad[side]:
                        against[side][recorded.label] = None
        return Verdict(list(against[0]), list(against[1]))

    def _reached(self, spot: Spot, finding: Finding) -> Iterator[Recorded]:
        for recorded in self.exchanges:
            reached = (spot.ours is not None and recorded.ours is spot.ours) or (
                spot.theirs is not None and recorded.theirs is spot.theirs
            )
            if not reached:
                continue
            if spot.part == "response" and not _covers(spot, recorded.response.status):
                continue
            yield recorded


def _routes(document: Document) -> list[tuple[re.Pattern[str], Operation]]:
    found: list[tuple[int, re.Pattern[str], Operation]] = []
    for operation in document.operations:
        texts = {pattern(operation.full).replace("(.+)", "([^/]+)"): 1}
        texts.setdefault(pattern(operation.path).replace("(.+)", "([^/]+)"), 0)
        for text in operation.aliases:
            texts.setdefault(text, -1000)
        for text, weight in texts.items():
            try:
                expression = re.compile(text)
            except re.error:
                continue
            literal = len(re.sub(r"\(.*?\)", "", text))
            found.append((-(literal + weight), expression, operation))
    found.sort(key=lambda route: route[0])
    return [(expression, operation) for _, expression, operation in found]


def _covers(spot: Spot, status: int) -> bool:
    """Return whether the responses of a spot are those with this status; a number wins over a range."""
    if spot.status == str(status):
        return True
    if spot.status not in (f"{status // 100}XX", "DEFAULT"):
        return False
    for operation in (spot.ours, spot.theirs):
        keys = (
            {str(name).upper() for name in as_object(operation.raw.get("responses"))}
            if (operation)
            else set[str]()
        )
        if str(status) in keys or (spot.status == "DEFAULT" and f"{status // 100}XX" in keys):
            return False
    return True


def _backend(response: Response) -> bool:
    """Return whether an error body comes from a backend of the service, past its envelope."""
    if response.status < 400 or not response.body:
        return False
    try:
        body = as_object(parse_json(response.body, strict=False))
    except BodyError:
        return False
    return isinstance(body.get("error"), str) and {"requestId", "requestParameters"} <= set(body)


def _contradicts(recorded: Recorded, spot: Spot, finding: Finding) -> tuple[bool, bool]:
    """Return whether an exchange contradicts ours, and theirs."""
    probe = finding.probe
    status = recorded.response.status
    mine = probe.ours == "ours"

    def lacking(seen: bool) -> tuple[bool, bool]:
        """Return that what was seen contradicts the document that does not have it."""
        return (seen and not mine, seen and mine)

    match probe.mode:
        case "operation":
            return lacking(status not in (404, 405))
        case "status":
            return lacking(True)
        case "media":
            return lacking(_media_seen(recorded, spot))
        case "security":
            return _contradicts_security(recorded, str(probe.theirs), mine)
        case "header-named":
            return lacking(recorded.response.header(spot.name) is not None)
        case "header":
            missing = recorded.with_headers and recorded.response.header(spot.name) is None
            return missing and bool(probe.ours), missing and bool(probe.theirs)
        case "parameter":
            sent = bool(_parameter_values(recorded, spot))
            return lacking(sent and status == 400 and spot.name in recorded.refused)
        case "required":
            sent = bool(_parameter_values(recorded, spot))
            if recorded.served and not sent:
                return bool(probe.ours), bool(probe.theirs)
            refused = spot.name in recorded.refused and not sent
            return refused and not probe.ours, refused and not probe.theirs
        case "body":
            if recorded.served and recorded.whole and not recorded.request.body:
                return bool(probe.ours), bool(probe.theirs)
            return False, False
        case _:
            return _contradicts_values(recorded, spot, finding)


def _media_seen(recorded: Recorded, spot: Spot) -> bool:
    kind = recorded.kind(spot.part)
    body = recorded.request.body if spot.part == "request" else recorded.response.body
    if not body or not (spot.part == "response" or recorded.served):
        return False
    if spot.media.endswith("/*"):
        own = _kinds(spot)
        return kind.startswith(spot.media[:-1]) and kind not in own
    return kind == spot.media


def _kinds(spot: Spot) -> set[str]:
    found: set[str] = set()
    for operation in (spot.ours, spot.theirs):
        for entry in as_object(operation.raw.get("responses") if operation else None).values():
            found |= {media_type(name) for name in as_object(as_object(entry).get("content"))}
    return found


def _contradicts_security(recorded: Recorded, name: str, mine: bool) -> tuple[bool, bool]:
    query = [key for key, value in recorded.request.query if value]
    header = bool(recorded.request.header("authorization"))
    in_query = re.fullmatch(r"key in query `(.*)`", name)
    if name == "no key":
        if _has_key(recorded.request) or not recorded.keyed:
            return False, False
        if recorded.served:
            return not mine, mine
        return (mine, not mine) if recorded.response.status == 401 else (False, False)
    if in_query and recorded.served and in_query[1] in query and not header:
        return not mine, mine
    return False, False


def _has_key(request: Request) -> bool:
    return presented_key(request) is not None or bool(request.header("authorization"))


def _parameter_values(recorded: Recorded, spot: Spot) -> list[str]:
    if spot.location == "query":
        return [value for name, value in recorded.request.query if name == spot.name]
    if spot.location == "header":
        value = recorded.request.header(spot.name)
        return [] if value is None else [value]
    return []


def _contradicts_values(recorded: Recorded, spot: Spot, finding: Finding) -> tuple[bool, bool]:
    probe = finding.probe
    if spot.part in ("parameter",):
        roots: list[Any] = list(_parameter_values(recorded, spot))
        top = spot.name
    elif spot.name:  # a header of a response
        value = recorded.response.header(spot.name)
        roots, top = [] if value is None else [value], ""
    elif spot.media and not _same_media(recorded.kind(spot.part), spot.media):
        return False, False
    else:
        roots = recorded.bodies(spot.part)
        top = str(next((what for kind, what in finding.steps if kind == "name"), ""))
    request = spot.part in ("parameter", "request")
    if request and not recorded.served and top not in recorded.refused:
        return False, False
    steps = finding.steps
    if probe.mode in ("parent", "presence"):
        steps = steps[:-1]
    values = [value for root in roots for value in _follow(root, steps)]
    if not values:
        return False, False
    if probe.mode == "presence":
        return _contradicts_presence(recorded, finding, values, request)
    ours, theirs = (
        [_valid(schema, _read(value, schema, spot)) for value in values]
        for schema in (probe.ours, probe.theirs)
    )
    if not request or recorded.served:
        return not all(ours), not all(theirs)
    # Refused: the document that finds nothing wrong is contradicted if the other does find it.
    return all(ours) and not all(theirs), all(theirs) and not all(ours)


def _contradicts_presence(
    recorded: Recorded, finding: Finding, values: list[Any], request: bool
) -> tuple[bool, bool]:
    mine = finding.probe.ours == "ours"
    name = str(finding.steps[-1][1])
    objects = [as_object(value) for value in values if isinstance(value, dict)]
    seen = any(name in value for value in objects)
    missing = bool(objects) and any(name not in value for value in objects)
    needed = bool(finding.probe.theirs)
    if request:
        lacking = seen and not recorded.served
        having = needed and missing and recorded.served
    else:
        lacking, having = seen, needed and missing
    return (having, lacking) if mine else (lacking, having)


def _same_media(kind: str, wanted: str) -> bool:
    return kind == wanted or (wanted.endswith("/*") and kind.startswith(wanted[:-1]))


def _follow(value: Any, steps: Sequence[Step]) -> Iterator[Any]:
    """Yield every value that the steps lead to."""
    if not steps:
        yield value
        return
    (kind, what), rest = steps[0], steps[1:]
    if kind == "name":
        if isinstance(value, dict) and what in value:
            yield from _follow(as_object(value)[what], rest)
    elif kind == "each":
        for item in as_list(value)[what:]:
            yield from _follow(item, rest)
    elif kind == "index":
        if isinstance(value, list) and what < len(as_list(value)):
            yield from _follow(as_list(value)[what], rest)
    elif kind == "rest":
        for name, item in as_object(value).items():
            if name not in what:
                yield from _follow(item, rest)
    elif kind == "content":
        if isinstance(value, str):
            try:
                inner = parse_json(value, strict=False)
            except BodyError:
                return
            yield from _follow(inner, rest)
    elif kind == "when":
        types, constants, elsewhere = what
        own = type_of(value)
        fits = own in types or "any" in types or (own == "integer" and "number" in types)
        if fits and _has(value, constants) and not any(_has(value, others) for others in elsewhere):
            yield from _follow(value, rest)


def _has(value: Any, constants: Iterable[tuple[str, Any]]) -> bool:
    """Return whether an object has all of these members."""
    members = as_object(value)
    return all(
        canonical(members.get(name, _NOTHING)) == canonical(wanted) for name, wanted in constants
    )


_NOTHING = "\0 no such member"


def _read(value: Any, schema: Any, spot: Spot) -> Any:
    """Read the text of a query, header or form as the type that a schema expects."""
    if not isinstance(value, str) or (
        spot.part != "parameter" and not spot.name and spot.media != "multipart/form-data"
    ):
        return value
    wanted = json.dumps(schema)
    if '"string"' in wanted or ('"enum"' in wanted and '["' in wanted):
        return value
    if any(word in wanted for word in ("integer", "number", "inimum", "aximum", "multipleOf")):
        number = js_number(value)
        return value if number is None else number
    if '"boolean"' in wanted and value.lower() in ("true", "false"):
        return value.lower() == "true"
    return value


@functools.lru_cache(maxsize=4096)
def _validator(text: str) -> jsonschema_rs.Draft202012Validator | None:
    try:
        return jsonschema_rs.Draft202012Validator(
            json.loads(text), validate_formats=True, offline=True
        )
    except (ValueError, jsonschema_rs.ReferencingError):
        return None  # for example a pattern that is none


def _valid(schema: Any, value: Any) -> bool:
    if isinstance(schema, bool):
        return schema
    validator = _validator(json.dumps(schema, sort_keys=True))
    try:
        return validator is None or validator.is_valid(value)
    except (ValueError, RecursionError):
        return True
