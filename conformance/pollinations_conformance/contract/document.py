"""The contract as data: load it, find operations in it, check requests and responses against it."""

from __future__ import annotations

import copy
import functools
import hashlib
import json
import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, cast

import jsonschema_rs

from pollinations_conformance.contract.yaml import DocumentError, parse
from pollinations_conformance.http import sse
from pollinations_conformance.http.credentials import presented_key
from pollinations_conformance.http.errors import BodyError, ConformanceError
from pollinations_conformance.http.json import as_list, as_object, is_list, is_object, parse_json
from pollinations_conformance.http.message import Request, Response, is_json, media_type
from pollinations_conformance.http.multipart import Part, parse_multipart
from pollinations_conformance.http.number import js_number
from pollinations_conformance.http.query import decode_percent, host_of, parse_query

__all__ = [
    "Contract",
    "ContractError",
    "Deviation",
    "Host",
    "Match",
    "Operation",
    "Parameter",
    "Part",
    "Request",
    "Requirement",
    "Response",
    "Values",
    "Violation",
    "load",
    "presented_key",
]

Host = Literal["gateway", "media"]
Json = dict[str, Any]

_METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
_URI = "urn:contract"
_LEVELS = ("MUST", "SHOULD")
_TRUE = frozenset({"true", "1", "yes"})
_FALSE = frozenset({"false", "0", "no", ""})
_DOT = re.compile(r"\.|%2e", re.IGNORECASE)
_DOTS = re.compile(r"(?:\.|%2e){2}", re.IGNORECASE)
_MISSING = object()
_WIDENED = 4  # copies that are kept by what widens them


class ContractError(ConformanceError):
    """Raised for a contract that cannot be used; one line: where, what is wrong, what to do."""


@dataclass(frozen=True, slots=True)
class Requirement:
    """One testable clause of the contract."""

    id: str
    level: str
    text: str
    origin: str
    evidence: tuple[Json, ...]
    observable: bool
    why: str
    pointer: str  # the node it is attached to


@dataclass(frozen=True, slots=True)
class Deviation:
    """One place where documentation and service differ."""

    id: str
    documented: str
    observed: str
    where: str
    when: str
    contract: str
    pointer: str
    raw: Json = field(repr=False)


@dataclass(frozen=True, slots=True)
class Parameter:
    """One declared parameter, references resolved."""

    name: str
    location: str  # path, query, header or cookie
    required: bool
    schema: Json
    types: frozenset[str]
    pointer: str
    schema_pointer: str
    raw: Json = field(repr=False)

    @property
    def default(self) -> Any:
        """The documented default, or None."""
        return self.schema.get("default")


@dataclass(frozen=True, slots=True, eq=False)
class Operation:
    """One operation of the contract."""

    id: str
    method: str  # upper case
    path: str
    tag: str
    host: Host
    raw: Json = field(repr=False)
    parameters: tuple[Parameter, ...]
    security: tuple[Json, ...]
    responses: Json  # by status, references not resolved
    pointer: str

    @property
    def needs_key(self) -> bool:
        """Whether nobody is answered without a key."""
        return bool(self.security) and {} not in self.security

    @property
    def deprecated(self) -> bool:
        """Whether the contract advises against it."""
        return bool(self.raw.get("deprecated", False))

    def parameter(self, name: str, location: str = "query") -> Parameter | None:
        """Return a declared parameter, or None."""
        for parameter in self.parameters:
            if parameter.name == name and parameter.location == location:
                return parameter
        return None


@dataclass(frozen=True, slots=True)
class Match:
    """An operation that a request reached, with its path parameters decoded."""

    operation: Operation
    path_params: Mapping[str, str]
    via_alias: bool = False
    head: bool = False  # HEAD, answered like the GET but without a body


@dataclass(frozen=True, slots=True)
class Violation:
    """One way in which a message does not hold to the contract.

    `message` is worded the way the gateway words it and never holds a value that was sent;
    `detail` says more where the gateway says little.
    """

    where: str  # path.prompt, query.seed, header.x, body, body.choices[0].index, event[3].data.id
    field: str  # the top-level name, or "" when the whole is meant
    message: str
    pointer: str  # JSON pointer into the contract
    requirement: str | None
    kind: str
    detail: str = ""

    @property
    def sentence(self) -> str:
        """What is wrong, in one line."""
        return f"{self.where}: {self.message}" + (f" ({self.detail})" if self.detail else "")


@dataclass(slots=True)
class Values:
    """A request as the service understands it: coerced, defaults filled in."""

    path: dict[str, str] = field(default_factory=dict[str, str])
    query: dict[str, Any] = field(default_factory=dict[str, Any])
    headers: dict[str, Any] = field(default_factory=dict[str, Any])
    body: Any = None  # a JSON value, the text fields of a form, or raw bytes
    files: dict[str, Part] = field(default_factory=dict[str, Part])
    media_type: str = ""  # of the body form that was used, as the contract names it
    sent: frozenset[str] = frozenset()  # query and top-level body names that the request had

    def __getitem__(self, name: str) -> Any:
        """Return a value by name: path first, then body field, then query."""
        found = self.get(name, _MISSING)
        if found is _MISSING:
            raise KeyError(name)
        return found

    def get(self, name: str, default: Any = None) -> Any:
        """Return a value by name, or a default."""
        if name in self.path:
            return self.path[name]
        fields = as_object(self.body)
        return fields[name] if name in fields else self.query.get(name, default)


# --- loading ------------------------------------------------------------------------------------


def default_path() -> Path:
    """Return where the contract of this package is: beside the package, or atop a checkout."""
    here = Path(__file__).resolve().parents[1]
    packaged = here / "openapi.yaml"
    return packaged if packaged.is_file() else here.parent.parent / "openapi.yaml"


def load(path: Path | str | None = None) -> Contract:
    """Load a contract; the same unchanged file is read once.

    Args:
        path: a YAML or JSON file; None for the one of this package.

    Raises:
        ContractError: the file is missing, is not YAML, or is not a usable OpenAPI 3.1 document.
    """
    file = Path(path) if path is not None else default_path()
    try:
        stat = file.stat()
        return _load(str(file), stat.st_mtime_ns, stat.st_size)
    except IsADirectoryError:
        raise ContractError(f"{file}: is a directory; name the contract's file") from None
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise ContractError(f"{file}: cannot be read ({reason}); name an OpenAPI file") from None


@functools.lru_cache(maxsize=8)
def _load(name: str, _mtime: int, _size: int) -> Contract:
    data = Path(name).read_bytes()
    try:
        document = parse(data)
    except DocumentError as error:
        raise ContractError(f"{name}: {error}") from None
    return Contract(document, name, hashlib.sha256(data).hexdigest())


def _escape(token: str | int) -> str:
    return str(token).replace("~", "~0").replace("/", "~1")


def _join(pointer: str, *tokens: str | int) -> str:
    return pointer + "".join("/" + _escape(token) for token in tokens)


def _walk(node: Any, pointer: str = "") -> Iterator[tuple[str, Json]]:
    stack: list[tuple[str, Any]] = [(pointer, node)]
    while stack:
        place, value = stack.pop()
        if is_object(value):
            yield place, value
            stack.extend((_join(place, name), child) for name, child in reversed(value.items()))
        elif is_list(value):
            stack.extend((_join(place, i), value[i]) for i in range(len(value) - 1, -1, -1))


@dataclass(frozen=True, slots=True)
class _Route:
    method: str
    host: Host
    pattern: re.Pattern[str]
    names: tuple[str, ...]
    operation: Operation
    alias: bool
    weight: int  # fixed characters; the more, the earlier it is tried


@dataclass(frozen=True, slots=True)
class _EventRule:
    event: jsonschema_rs.Draft202012Validator
    pointer: str
    sentinels: frozenset[str]
    payload: jsonschema_rs.Draft202012Validator | None


class Contract:
    """A loaded contract; obtained from `load`."""

    def __init__(self, document: Any, source: str = "contract", sha256: str = "") -> None:
        """Index a document.

        Args:
            document: the parsed OpenAPI document; it must not be changed afterwards.
            source: its name, for messages.
            sha256: digest of the file it was read from, in hexadecimal; empty when there was none.

        Raises:
            ContractError: it is not a usable OpenAPI 3.1 document.
        """
        self.source = source
        if not isinstance(document, dict):
            raise ContractError(f"{source}: not an OpenAPI document (the top is not an object)")
        self.document: Json = cast("Json", document)
        version = self.document.get("openapi")
        if not (isinstance(version, str) and version.startswith("3.1")):
            raise ContractError(f"{source}: 'openapi' must be 3.1.x; this contract is not usable")
        info = as_object(self.document.get("info"))
        self.version = str(info.get("version", ""))
        self.api_version = str(info.get("x-api-version", self.version))
        self.sha256 = sha256
        self._validators: dict[str, jsonschema_rs.Draft202012Validator] = {}
        self._registry: jsonschema_rs.Registry | None = None
        self._events: dict[str, _EventRule] = {}
        self._headers: dict[str, list[tuple[str, Json, str, frozenset[str]]]] = {}
        self._widened: dict[str, Contract] = {}
        self._check_references()
        self.hosts: dict[str, Host] = {}  # host[:port] as the servers of the contract name it
        self.operations: tuple[Operation, ...] = tuple(self._read_operations())
        if not self.operations:
            raise ContractError(f"{source}: /paths has no operation; this contract is not usable")
        self._routes = self._read_routes()
        self.requirements: dict[str, Requirement] = {}
        self.deviations: list[Deviation] = []
        self._attached: dict[str, list[Requirement]] = {}
        self._read_clauses()
        self._by_id = {operation.id: operation for operation in self.operations}
        self._query_keys = frozenset(
            str(scheme.get("name"))
            for scheme in map(as_object, self._components("securitySchemes").values())
            if scheme.get("type") == "apiKey" and scheme.get("in") == "query"
        )

    def __repr__(self) -> str:
        return f"<Contract {self.version} with {len(self.operations)} operations>"

    def operation(self, operation_id: str) -> Operation:
        """Return an operation by its id.

        Raises:
            KeyError: there is none of that id.
        """
        return self._by_id[operation_id]

    def _components(self, kind: str) -> Json:
        return as_object(as_object(self.document.get("components")).get(kind))

    # --- reading the document -------------------------------------------------------------------

    def node(self, pointer: str) -> Any:
        """Return what a JSON pointer leads to.

        Raises:
            KeyError: it leads nowhere.
        """
        node: Any = self.document
        for token in pointer.split("/")[1:]:
            token = token.replace("~1", "/").replace("~0", "~")
            if isinstance(node, dict) and token in node:
                node = cast("Json", node)[token]
            elif isinstance(node, list) and token.isdigit() and int(token) < len(as_list(node)):
                node = as_list(node)[int(token)]
            else:
                raise KeyError(pointer)
        return node

    def resolve(self, node: Any, pointer: str) -> tuple[Json, str]:
        """Follow `$ref` from a node.

        Args:
            node: an object of the document.
            pointer: where it stands.

        Returns:
            The object that is meant, and where that one stands.
        """
        found = as_object(node)
        for _ in range(32):
            reference = found.get("$ref")
            if not isinstance(reference, str):
                break
            pointer = decode_percent(reference.removeprefix("#"))
            found = as_object(self.node(pointer))
        return found, pointer

    def _check_references(self) -> None:
        for place, node in _walk(self.document):
            reference = node.get("$ref")
            if not isinstance(reference, str) or "/example" in place:
                continue
            if not reference.startswith("#/"):
                raise ContractError(
                    f"{self.source}: {place}: $ref {reference!r} leads out of the document; "
                    "put the component into it"
                )
            try:
                self.node(decode_percent(reference[1:]))
            except KeyError:
                raise ContractError(
                    f"{self.source}: {place}: $ref {reference!r} leads nowhere; "
                    "add the component or correct the name"
                ) from None

    def _server_hosts(self, node: Json) -> list[str]:
        return [
            host_of(str(as_object(server).get("url", "")))
            for server in as_list(node.get("servers"))
        ]

    def _read_operations(self) -> Iterator[Operation]:
        main = self._server_hosts(self.document)
        for name in main:
            self.hosts[name] = "gateway"
        ids: dict[str, str] = {}
        default_security = self.document.get("security", [])
        for path, item in as_object(self.document.get("paths")).items():
            item_pointer = _join("/paths", path)
            path_item, item_pointer = self.resolve(item, item_pointer)
            for method in _METHODS:
                if method not in path_item:
                    continue
                pointer = _join(item_pointer, method)
                raw = as_object(path_item[method])
                operation_id = raw.get("operationId")
                if not isinstance(operation_id, str) or not operation_id:
                    raise ContractError(f"{self.source}: {pointer}: has no operationId; add one")
                if operation_id in ids:
                    raise ContractError(
                        f"{self.source}: {pointer}: operationId {operation_id!r} is already that "
                        f"of {ids[operation_id]}; rename one"
                    )
                ids[operation_id] = pointer
                responses = as_object(raw.get("responses"))
                if not responses:
                    raise ContractError(f"{self.source}: {pointer}: has no responses; add them")
                names = self._server_hosts(raw) or self._server_hosts(path_item)
                host: Host = "media" if names and not set(names) & set(main) else "gateway"
                for name in names:
                    self.hosts.setdefault(name, host)
                security = raw.get("security", default_security)
                yield Operation(
                    id=operation_id,
                    method=method.upper(),
                    path=path,
                    tag=str(next(iter(as_list(raw.get("tags"))), "")),
                    host=host,
                    raw=raw,
                    parameters=tuple(self._read_parameters(path_item, item_pointer, raw, pointer)),
                    security=tuple(as_object(entry) for entry in as_list(security)),
                    responses=responses,
                    pointer=pointer,
                )

    def _read_parameters(
        self, path_item: Json, item_pointer: str, raw: Json, pointer: str
    ) -> Iterator[Parameter]:
        found: dict[tuple[str, str], Parameter] = {}
        for owner, place in ((path_item, item_pointer), (raw, pointer)):
            for index, entry in enumerate(as_list(owner.get("parameters"))):
                node, where = self.resolve(entry, _join(place, "parameters", index))
                schema_pointer = _join(where, "schema")
                schema, _ = self.resolve(node.get("schema"), schema_pointer)
                name, location = str(node.get("name", "")), str(node.get("in", ""))
                if not name or location not in {"path", "query", "header", "cookie"}:
                    raise ContractError(
                        f"{self.source}: {where}: a parameter needs 'name' and 'in'; add them"
                    )
                found[location, name] = Parameter(
                    name=name,
                    location=location,
                    required=bool(node.get("required", False)),
                    schema=schema,
                    types=frozenset(self._types(schema, where)),
                    pointer=where,
                    schema_pointer=schema_pointer,
                    raw=node,
                )
        yield from found.values()

    def _types(self, schema: Json, pointer: str, depth: int = 0) -> Iterator[str]:
        """Say which JSON types a schema may take; enumerations and references included."""
        schema, pointer = self.resolve(schema, pointer)
        given = schema.get("type")
        if isinstance(given, str):
            yield given
        yield from (str(name) for name in as_list(given))
        for value in [
            *as_list(schema.get("enum")),
            *([schema["const"]] if "const" in schema else []),
        ]:
            yield _type_name(value)
        if depth < 8:
            for keyword in ("anyOf", "oneOf", "allOf"):
                for branch in as_list(schema.get(keyword)):
                    yield from self._types(as_object(branch), pointer, depth + 1)

    def _read_routes(self) -> list[_Route]:
        routes: list[_Route] = []
        for operation in self.operations:
            routes.append(self._route(operation, operation.path, alias=False))
            for index, entry in enumerate(as_list(operation.raw.get("x-aliases"))):
                alias = as_object(entry)
                if isinstance(alias.get("path"), str):
                    routes.append(self._route(operation, alias["path"], alias=True))
                elif isinstance(alias.get("pattern"), str):
                    try:
                        pattern = re.compile(alias["pattern"])
                    except re.error as error:
                        place = _join(operation.pointer, "x-aliases", index)
                        raise ContractError(
                            f"{self.source}: {place}: not a regular expression ({error}); correct it"
                        ) from None
                    routes.append(
                        _Route(operation.method, operation.host, pattern, (), operation, True, -1)
                    )
        routes.sort(key=lambda route: (bool(route.names), -route.weight))
        return routes

    def _route(self, operation: Operation, path: str, alias: bool) -> _Route:
        rest = {
            parameter.name
            for parameter in operation.parameters
            if parameter.location == "path" and parameter.raw.get("x-path-rest")
        }
        names: list[str] = []
        pattern = ""
        weight = 0
        for piece in re.split(r"(\{[^{}]*\})", path):
            if piece.startswith("{"):
                name = piece[1:-1]
                names.append(name)
                pattern += r"([\s\S]+)" if name in rest else "([^/]+)"
            else:
                pattern += re.escape(piece)
                weight += len(piece)
        return _Route(
            operation.method,
            operation.host,
            re.compile(pattern),
            tuple(names),
            operation,
            alias,
            weight,
        )

    def _read_clauses(self) -> None:
        for place, node in _walk(self.document):
            for index, entry in enumerate(as_list(node.get("x-requirements"))):
                where = _join(place, "x-requirements", index)
                raw = as_object(entry)
                clause = str(raw.get("id", ""))
                if not clause or not raw.get("text") or raw.get("level") not in _LEVELS:
                    raise ContractError(
                        f"{self.source}: {where}: a requirement needs id, text and level MUST or "
                        "SHOULD; add what is missing"
                    )
                if clause in self.requirements:
                    raise ContractError(
                        f"{self.source}: {where}: requirement {clause} is already at "
                        f"{self.requirements[clause].pointer}; give it an id of its own"
                    )
                requirement = Requirement(
                    id=clause,
                    level=str(raw["level"]),
                    text=str(raw["text"]),
                    origin=str(raw.get("origin", "")),
                    evidence=tuple(as_object(item) for item in as_list(raw.get("evidence"))),
                    observable=bool(raw.get("observable", True)),
                    why=str(raw.get("why", "")),
                    pointer=place,
                )
                self.requirements[clause] = requirement
                self._attached.setdefault(place, []).append(requirement)
            for entry in as_list(node.get("x-deviations")):
                raw = as_object(entry)
                self.deviations.append(
                    Deviation(
                        **{
                            name: str(raw.get(name, ""))
                            for name in (
                                "id",
                                "documented",
                                "observed",
                                "where",
                                "when",
                                "contract",
                            )
                        },
                        pointer=place,
                        raw=raw,
                    )
                )

    def with_values(self, values: Mapping[str, Iterable[str]]) -> Contract:
        """Widen the enumerations that are only a snapshot of a list of the service.

        Args:
            values: for each list's path (as `x-values-from` names it) further members.

        Returns:
            A contract of its own, the same for the same values, or this one when nothing is added.
        """
        wanted = {name: tuple(members) for name, members in values.items()}
        additions: list[tuple[str, list[str]]] = []
        for place, node in _walk(self.document):
            origin = node.get("x-values-from")
            if origin is None or not isinstance(node.get("enum"), list):
                continue
            names = [origin] if isinstance(origin, str) else as_list(origin)
            have = set(map(str, as_list(node["enum"])))
            new = dict.fromkeys(member for name in names for member in wanted.get(str(name), ()))
            extra = [member for member in new if member not in have]
            if extra:
                additions.append((place, extra))
        if not additions:
            return self
        # Runs against servers with the same lists share the copy, and with it compiled validators.
        known = repr(additions)
        if known not in self._widened:
            widened = Contract(copy.deepcopy(self.document), self.source, self.sha256)
            for place, extra in additions:
                widened.node(place)["enum"].extend(extra)
            if len(self._widened) >= _WIDENED:
                self._widened.pop(next(iter(self._widened)))
            self._widened[known] = widened
        return self._widened[known]

    # --- finding --------------------------------------------------------------------------------

    def host_of(self, address: str) -> Host | None:
        """Tell which of the two hosts an address or host name is, or None for neither."""
        sides: dict[str, Host] = {"gateway": "gateway", "media": "media"}
        return sides.get(address) or self.hosts.get(host_of(address))

    def find(self, method: str, raw_path: str, host: str | None = None) -> Match | None:
        """Find the operation that a request reaches.

        Args:
            method: in any letter case; HEAD reaches the GET where it has no operation of its own.
            raw_path: still percent-encoded; a query is cut off.
            host: "gateway", "media" or an address; None when one address serves both, then a
                media path counts only if its parameters fit.

        Returns:
            The match, or None for an unknown route.
        """
        if host is None:
            found = self.find(method, raw_path, "gateway") or self.find(method, raw_path, "media")
            if found and found.operation.host == "media":
                request = Request(method.upper(), raw_path)
                if any(v.where.startswith("path.") for v in self._check_path(found, request)[1]):
                    return None
            return found
        side = self.host_of(host)
        if side is None:
            return None
        path = _without_dots(raw_path.split("?", 1)[0])
        method = method.upper()
        for wanted in (method, "GET") if method == "HEAD" else (method,):
            for route in self._routes:
                if route.method != wanted or route.host != side:
                    continue
                hit = route.pattern.fullmatch(path)
                if hit:
                    values = dict(zip(route.names, map(decode_percent, hit.groups()), strict=False))
                    return Match(route.operation, values, route.alias, method == "HEAD")
        return None

    # --- validators -----------------------------------------------------------------------------

    def validator(self, pointer: str) -> jsonschema_rs.Draft202012Validator:
        """Return the compiled validator of the schema at a pointer; compiled once.

        Args:
            pointer: JSON pointer into the contract, for example `/components/schemas/Error`.
        """
        found = self._validators.get(pointer)
        if found is None:
            if self._registry is None:
                self._registry = jsonschema_rs.Registry(
                    [(_URI, self.document)], draft=jsonschema_rs.Draft202012
                )
            fragment = pointer.replace("%", "%25").replace("{", "%7B").replace("}", "%7D")
            try:
                found = jsonschema_rs.Draft202012Validator(
                    {"$ref": f"{_URI}#{fragment}"},
                    registry=self._registry,
                    validate_formats=True,
                    offline=True,
                )
            except (ValueError, jsonschema_rs.ReferencingError) as error:
                reason = str(error).splitlines()[0]
                raise ContractError(
                    f"{self.source}: {pointer}: not a usable schema ({reason}); correct it"
                ) from None
            self._validators[pointer] = found
        return found

    def errors(
        self, pointer: str, value: Any, where: str = "body", context: Sequence[str] = ()
    ) -> list[Violation]:
        """Check a value against the schema at a pointer.

        Args:
            pointer: JSON pointer to the schema.
            value: any JSON value.
            where: what the value is called in the violations.
            context: pointers of nodes whose requirements also apply, nearest first.
        """
        return self._errors(self.validator(pointer), pointer, value, where, context)

    def _errors(
        self,
        validator: jsonschema_rs.Draft202012Validator,
        pointer: str,
        value: Any,
        where: str,
        context: Sequence[str],
    ) -> list[Violation]:
        try:
            if validator.is_valid(value):
                return []
            errors = list(validator.iter_errors(value))
        except (ValueError, RecursionError) as problem:
            reason = str(problem).splitlines()[0][:120]
            return [
                self._violation(
                    where,
                    "",
                    "Invalid input",
                    pointer,
                    "uncheckable",
                    (),
                    f"not checkable: {reason}",
                )
            ]
        enumerated = {
            tuple(error.instance_path) for error in errors if error.kind.name in ("enum", "const")
        }
        found: dict[tuple[str, str, str], Violation] = {}
        for error in errors:
            if error.kind.name == "type" and tuple(error.instance_path) in enumerated:
                continue  # the service names the options only
            violation = self._explain(error, where, context)
            found.setdefault((violation.where, violation.message, violation.pointer), violation)
        return list(found.values())

    def _explain(
        self, error: jsonschema_rs.ValidationError, where: str, context: Sequence[str]
    ) -> Violation:
        path = list(error.instance_path)
        detail = ""
        told = error
        # `X or null` is how the contract says nullable: what is wrong with X is the message.
        while (branches := _branches(told)) is not None:
            kept = [branch for branch in branches if not _is_null_branch(branch)]
            if len(kept) == 1 and len(kept) < len(branches) and kept[0]:
                told = _closest(kept)
                path = list(told.instance_path)
                continue
            nearest = _closest(kept or branches)
            if nearest is not told:
                inner = nearest
                while (deeper := _branches(inner)) is not None and any(deeper):
                    inner = _closest([branch for branch in deeper if branch])
                place = list(inner.instance_path[len(path) :]) + _lacking(inner)
                detail = f"{_path(place).lstrip('.') or 'value'}: {self._message(inner)}"
            break
        message = self._message(told)
        path.extend(_lacking(told))
        pointer = _join("", *told.schema_path)
        return self._violation(
            where + _path(path),
            str(path[0]) if path and isinstance(path[0], str) else "",
            message,
            pointer,
            _KINDS.get(told.kind.name, told.kind.name),
            context,
            detail,
            [str(token) for token in path if isinstance(token, str)],
        )

    def _violation(
        self,
        where: str,
        name: str,
        message: str,
        pointer: str,
        kind: str,
        context: Sequence[str] = (),
        detail: str = "",
        words: Sequence[str] = (),
    ) -> Violation:
        requirement = self._requirement(pointer, context, words or ([name] if name else []))
        return Violation(where, name, message, pointer, requirement, kind, detail)

    def _requirement(
        self, pointer: str, context: Sequence[str], words: Sequence[str]
    ) -> str | None:
        """Find the clause that a failure at a place breaks, if one is evidently about it."""
        # A clause on refusals speaks of requests, any other one of answers.
        answer = any("/responses/" in outer for outer in context)

        def attached(place: str) -> list[Requirement]:
            found = self._attached.get(place, [])
            return [clause for clause in found if ("refused" in clause.text) != answer]

        place = pointer
        own = True
        while place:
            named = self._named(place)
            if named:
                return named
            clauses = attached(place)
            told = _about(clauses, words)
            if told:
                return told
            if own and len(clauses) == 1:
                return clauses[0].id
            parent = place.rpartition("/")[0]
            # A clause on the node itself needs no word in common; one on an ancestor does.
            own = own and place == pointer
            place = parent
        for outer in context:
            told = self._named(outer) or _about(attached(outer), words)
            if told:
                return told
        return None

    def _named(self, place: str) -> str | None:
        try:
            node = as_object(self.node(place))
        except KeyError:
            return None
        named = node.get("x-requirement")
        if isinstance(named, list) and named:
            named = as_list(named)[0]
        return named if isinstance(named, str) else None

    def _message(self, error: jsonschema_rs.ValidationError) -> str:
        """Word a failure as the gateway's own validator would."""
        kind = error.kind
        value: Any = getattr(kind, "limit", None)
        match kind.name:
            case "type":
                return _expected(cast("list[str]", getattr(kind, "types", [])), error.instance)
            case "required":
                parent = as_object(self._at(error.schema_path[:-1]))
                name = str(getattr(kind, "property", ""))
                schema, _ = self.resolve(as_object(parent.get("properties")).get(name), "")
                return self._expected_by(schema)
            case "enum":
                return _options(cast("list[Any]", getattr(kind, "options", [])))
            case "const":
                return _options([getattr(kind, "expected_value", None)])
            case "minimum":
                return f"Too small: expected number to be >={value}"
            case "maximum":
                return f"Too big: expected number to be <={value}"
            case "exclusiveMinimum":
                return f"Too small: expected number to be >{value}"
            case "exclusiveMaximum":
                return f"Too big: expected number to be <{value}"
            case "minLength":
                return f"Too small: expected string to have >={value} characters"
            case "maxLength":
                return f"Too big: expected string to have <={value} characters"
            case "minItems":
                return f"Too small: expected array to have >={value} items"
            case "maxItems":
                return f"Too big: expected array to have <={value} items"
            case "multipleOf":
                return f"Invalid number: must be a multiple of {getattr(kind, 'multiple_of', '')}"
            case "format":
                return f"Invalid {getattr(kind, 'format', 'format')}"
            case "pattern":
                return self._own_message(error) or (
                    f"Invalid string: must match pattern /{getattr(kind, 'pattern', '')}/"
                )
            case "additionalProperties" | "unevaluatedProperties":
                names = cast("list[str]", getattr(kind, "unexpected", []))
                shown = ", ".join(f'"{name[:60]}"' for name in names[:5])
                return f"Unrecognized key{'s' if len(names) > 1 else ''}: {shown}"
            case _:
                return self._own_message(error) or "Invalid input"

    def _at(self, path: Sequence[str | int]) -> Any:
        try:
            return self.node(_join("", *path))
        except KeyError:
            return None

    def _own_message(self, error: jsonschema_rs.ValidationError) -> str:
        """Return the text that the contract gives for a failure of this schema, or ""."""
        return str(as_object(self._at(error.schema_path[:-1])).get("x-message", ""))

    def _expected_by(self, schema: Json) -> str:
        if "enum" in schema:
            return _options(as_list(schema["enum"]))
        if "const" in schema:
            return _options([schema["const"]])
        given = schema.get("type")
        names = [given] if isinstance(given, str) else [str(name) for name in as_list(given)]
        return _expected(names, _MISSING)

    # --- requests -------------------------------------------------------------------------------

    def check_request(self, match: Match, request: Request) -> list[Violation]:
        """Check a request; a missing key is no matter of this.

        Args:
            match: what `find` returned for it.
            request: as sent.
        """
        return self.read_request(match, request)[1]

    def parse_request(self, match: Match, request: Request) -> Values:
        """Read a request's values, coerced and with defaults; what is invalid is left out."""
        return self.read_request(match, request)[0]

    def read_request(self, match: Match, request: Request) -> tuple[Values, list[Violation]]:
        """Read and check a request at once.

        Returns:
            Its values and what is wrong with it: path, query, headers and body, in this order.
        """
        operation = match.operation
        values = Values()
        values.path, violations = self._check_path(match, request)
        sent: set[str] = set()
        for parameter in operation.parameters:
            if parameter.location == "query":
                texts = [value for name, value in request.query if name == parameter.name]
                target = values.query
            elif parameter.location == "header":
                wanted = parameter.name.lower()
                texts = [value for name, value in request.headers if name.lower() == wanted]
                target = values.headers
            else:
                continue
            if texts:
                sent.add(parameter.name)
            found, wrong = self._check_parameter(operation, parameter, texts)
            violations.extend(wrong)
            if not wrong and found is not _MISSING:
                target[parameter.name] = found
        if "requestBody" in operation.raw:
            violations.extend(self._check_body(operation, request, values, sent))
        values.sent = frozenset(sent)
        return values, violations

    def _check_path(
        self, match: Match, _request: Request
    ) -> tuple[dict[str, str], list[Violation]]:
        violations: list[Violation] = []
        for parameter in match.operation.parameters:
            if parameter.location == "path" and parameter.name in match.path_params:
                _, wrong = self._check_parameter(
                    match.operation, parameter, [match.path_params[parameter.name]]
                )
                violations.extend(wrong)
        return dict(match.path_params), violations

    def _check_parameter(
        self, operation: Operation, parameter: Parameter, texts: list[str]
    ) -> tuple[Any, list[Violation]]:
        where = f"{parameter.location}.{parameter.name}"
        context = (parameter.pointer, operation.pointer)

        def wrong(message: str, kind: str) -> tuple[Any, list[Violation]]:
            pointer = parameter.schema_pointer if kind != "missing" else parameter.pointer
            return _MISSING, [
                self._violation(where, parameter.name, message, pointer, kind, context)
            ]

        if not texts:
            if parameter.required:
                return wrong(self._expected_by(parameter.schema), "missing")
            return parameter.schema.get("default", _MISSING), []
        types = parameter.types
        if "array" in types and "string" not in types:
            value: Any = [_coerce(text, self._item_types(parameter)) for text in texts]
        elif parameter.name in self._query_keys and parameter.location == "query":
            value = texts[0]
        elif "boolean" in types and "string" not in types:
            # Any text at all is accepted, even several; what the text says is what it does.
            text = texts[0].strip().lower()
            default = bool(parameter.schema.get("default", False))
            return (text in _TRUE) if text in _TRUE | _FALSE else default, []
        elif len(texts) > 1 and parameter.location == "query":
            if types & {"integer", "number"} and "string" not in types:
                return wrong("Invalid input: expected number, received NaN", "repeated")
            if "enum" in parameter.schema:
                return wrong(_options(as_list(parameter.schema["enum"])), "repeated")
            return wrong("Invalid input: expected string, received array", "repeated")
        else:
            value = _coerce(texts[0], types)
            if value is None:
                return wrong("Invalid input: expected number, received NaN", "type")
        found = self.errors(parameter.schema_pointer, value, where, context)
        # The field is the parameter, whatever inside its value was wrong.
        return value, [
            Violation(
                where,
                parameter.name,
                v.message,
                v.pointer,
                self._requirement(v.pointer, context, [parameter.name]),
                v.kind,
                v.detail,
            )
            for v in found
        ]

    def _item_types(self, parameter: Parameter) -> frozenset[str]:
        items = as_object(parameter.schema.get("items"))
        return frozenset(self._types(items, _join(parameter.schema_pointer, "items")))

    def _check_body(
        self, operation: Operation, request: Request, values: Values, sent: set[str]
    ) -> list[Violation]:
        spec, pointer = self.resolve(
            operation.raw["requestBody"], _join(operation.pointer, "requestBody")
        )
        content = as_object(spec.get("content"))
        context = (pointer, operation.pointer)
        body = request.body or b""
        given = request.header("content-type") or ""
        essence = media_type(given)

        def wrong(message: str, kind: str, place: str, detail: str = "") -> list[Violation]:
            return [self._violation("body", "", message, place, kind, context, detail)]

        raw_form = _pick_raw(content, essence)
        if "multipart/form-data" in content and (
            essence in ("multipart/form-data", "application/x-www-form-urlencoded")
            or ("application/json" not in content and raw_form is None)
        ):
            chosen = "multipart/form-data"
        elif "application/json" in content and (
            is_json(given) or (raw_form is None and not _has_raw(content))
        ):
            chosen = "application/json"
        elif raw_form is not None:
            chosen = raw_form
        else:
            return wrong(
                "Unsupported content type", "media-type", _join(pointer, "content"), essence
            )
        values.media_type = chosen
        place = _join(pointer, "content", chosen, "schema")
        if chosen == "application/json":
            value: Any = {}
            if is_json(given):
                try:
                    value = parse_json(body, strict=False)
                except BodyError as error:
                    message = "Malformed JSON in request body"
                    return wrong(message, "malformed-json", _join(pointer, "content"), str(error))
            found = self.errors(place, value, "body", context)
            if isinstance(value, dict):
                named = cast("Json", value)
                sent.update(named)
                values.body = self._with_defaults(place, named)
            else:
                values.body = value
            return found
        if chosen == "multipart/form-data":
            return self._check_form(place, given, body, values, sent, context)
        values.body = body
        if not body and spec.get("required", False):
            return wrong("Empty file", "empty", place)
        return []

    def _check_form(
        self,
        place: str,
        content_type: str,
        body: bytes,
        values: Values,
        sent: set[str],
        context: Sequence[str],
    ) -> list[Violation]:
        parts: list[Part] = []
        if media_type(content_type) == "multipart/form-data":
            try:
                parts = parse_multipart(content_type, body)
            except BodyError as error:
                detail = str(error)
                message = "Malformed form data in request body"
                return [
                    self._violation("body", "", message, place, "malformed-form", context, detail)
                ]
        elif media_type(content_type) == "application/x-www-form-urlencoded":
            pairs = parse_query(body.decode("utf-8", "replace"))
            parts = [Part(name, value.encode()) for name, value in pairs]
        schema, schema_place = self.resolve(self.node(place), place)
        properties = as_object(schema.get("properties"))
        fields: Json = {}
        violations: list[Violation] = []
        for part in parts:
            name = part.name
            sent.add(name)
            own, own_place = self.resolve(
                properties.get(name), _join(schema_place, "properties", name)
            )
            types = frozenset(self._types(own, own_place)) if own else frozenset({"string"})
            if name in properties and _is_binary(own):
                if part.filename is None:
                    continue  # a file field without a file is as good as absent
                values.files[name] = part
                fields[name] = "file"
                continue
            value = _coerce(part.text, types)
            if value is None:
                message = "Invalid input: expected number, received NaN"
                violations.append(
                    self._violation(f"body.{name}", name, message, own_place, "type", context)
                )
                continue
            fields[name] = value
        violations.extend(self.errors(place, fields, "body", context))
        values.body = self._with_defaults(
            place, {name: value for name, value in fields.items() if name not in values.files}
        )
        return violations

    def _with_defaults(self, pointer: str, value: Json) -> Json:
        """Return an object with the defaults of its schema for every top-level name it lacks."""
        filled = dict(value)
        for name, default in self.defaults(pointer).items():
            filled.setdefault(name, copy.deepcopy(default))
        return filled

    def defaults(self, pointer: str) -> Json:
        """Return the documented default of every property of an object schema that has one.

        Args:
            pointer: JSON pointer to the schema.
        """
        found: Json = {}
        schema, place = self.resolve(self.node(pointer), pointer)
        for branch in (schema, *map(as_object, as_list(schema.get("allOf")))):
            branch, place = self.resolve(branch, place)
            for name, entry in as_object(branch.get("properties")).items():
                # A sibling of $ref may give the default of this very use.
                own = as_object(entry)
                target = own if "default" in own else self.resolve(own, place)[0]
                if "default" in target:
                    found[name] = target["default"]
        return found

    # --- responses ------------------------------------------------------------------------------

    def response_for(self, operation: Operation, status: int) -> tuple[Json, str] | None:
        """Return the response object for a status and where it stands, or None.

        An exact status wins over its range, a range over `default`.
        """
        for name in (str(status), f"{status // 100}XX", "default"):
            if name in operation.responses:
                return self.resolve(
                    operation.responses[name], _join(operation.pointer, "responses", name)
                )
        return None

    def check_response(
        self, match: Match, request: Request | None, response: Response
    ) -> list[Violation]:
        """Check an answer.

        Args:
            match: the operation that was reached.
            request: what was asked; None when unknown.
            response: what came back; a body of None is not checked.
        """
        operation = match.operation
        found = self.response_for(operation, response.status)
        if found is None:
            place = _join(operation.pointer, "responses")
            message = f"status {response.status} is not documented"
            words = [str(response.status)]
            return [
                self._violation(
                    "status", "", message, place, "status", (operation.pointer,), "", words
                )
            ]
        spec, place = found
        context = (place, operation.pointer)
        violations = self._check_headers(operation, spec, place, response)
        head = match.head or operation.method == "HEAD"
        if request is not None and request.method == "HEAD":
            head = True
        violations.extend(self._check_content(spec, place, response, head, context))
        return violations

    def check_unknown(self, request: Request, response: Response) -> list[Violation] | None:
        """Check the answer to a route that the contract does not have.

        Returns:
            What is wrong with a 404; None when the contract says nothing about such an answer.
        """
        place = "/components/schemas/ErrorEnvelope"
        if response.status != 404 or "ErrorEnvelope" not in self._components("schemas"):
            return None
        if request.method == "HEAD" or response.body is None:
            return []
        content = {"application/json": {"schema": {"$ref": f"#{place}"}}}
        return self._check_content({"content": content}, place, response, False, (), place)

    def _check_headers(
        self, operation: Operation, spec: Json, place: str, response: Response
    ) -> list[Violation]:
        declared = self._headers.get(place)
        if declared is None:
            declared = list[tuple[str, Json, str, frozenset[str]]]()
            for name, entry in as_object(spec.get("headers")).items():
                node, where = self.resolve(entry, _join(place, "headers", name))
                if name.lower() != "content-type":  # OpenAPI: described by `content` alone
                    schema = as_object(node.get("schema"))
                    types = frozenset(self._types(schema, _join(where, "schema")))
                    declared.append((name, node, where, types))
            self._headers[place] = declared
        violations: list[Violation] = []
        for name, node, where, types in declared:
            texts = response.all(name)
            label = f"header.{name.lower()}"
            context = (where, place, operation.pointer)
            if not texts:
                if node.get("required", False):
                    violations.append(
                        self._violation(
                            label, name, "the header is missing", where, "header", context
                        )
                    )
                continue
            if "schema" not in node:
                continue
            pointer = _join(where, "schema")
            for text in texts:
                value = _header_value(text.strip(), types)
                for v in self.errors(pointer, value, label, context):
                    told = self._requirement(v.pointer, context, [name])
                    violations.append(
                        Violation(label, name, v.message, v.pointer, told, "header", v.detail)
                    )
        return violations

    def _check_content(
        self,
        spec: Json,
        place: str,
        response: Response,
        head: bool,
        context: Sequence[str],
        schema_place: str = "",
    ) -> list[Violation]:
        content = as_object(spec.get("content"))
        given = response.header("content-type")
        essence = media_type(given)
        body = response.body

        def wrong(where: str, message: str, kind: str, at: str) -> list[Violation]:
            words = ["content-type"] if kind == "media-type" else []
            return [self._violation(where, "", message, at, kind, context, "", words)]

        bodiless = head or response.status in (204, 304) or response.status < 200
        if bodiless and body:
            return wrong("body", "expected no body", "body", place)
        if not content:
            if body:
                return wrong("body", "the contract documents no body here", "body", place)
            return []
        if bodiless and not essence:
            return []
        chosen = _pick_media(content, essence)
        if chosen is None:
            named = ", ".join(content)
            if not essence:
                message = f"there is no Content-Type; expected {named}"
            else:
                message = f"{essence[:60]} is not documented; expected {named}"
            return wrong("header.content-type", message, "media-type", _join(place, "content"))
        entry = as_object(content[chosen])
        at = _join(place, "content", chosen)
        if entry.get("x-exact") and (given or "").strip().lower() != chosen.lower():
            message = f"expected exactly {chosen}, without parameters"
            return wrong("header.content-type", message, "media-type", at)
        if bodiless or body is None:
            return []
        pointer = schema_place or _join(at, "schema")
        if "schema" not in entry:
            return []
        if is_json(chosen) or (chosen == "*/*" and is_json(essence)):
            try:
                value = parse_json(body)
            except BodyError as error:
                return wrong("body", str(error), "malformed-json", at)
            return self.errors(pointer, value, "body", context)
        if chosen == "text/event-stream":
            return self._check_events(body, entry, pointer, context)
        schema, _ = self.resolve(entry["schema"], pointer)
        if _is_binary(schema):
            # A stored file, of any type, may be an empty one; what a model made may not.
            if body or chosen == "*/*":
                return []
            return wrong("body", "expected bytes, received none", "empty", at)
        try:
            text = body.decode()
        except UnicodeDecodeError as error:
            return wrong("body", f"not UTF-8 at byte {error.start}", "body", at)
        return self.errors(pointer, text, "body", context)

    # --- events ---------------------------------------------------------------------------------

    def event_rule(self, pointer: str) -> _EventRule:
        """Return how one event of a stream is checked; compiled once.

        Args:
            pointer: JSON pointer to the schema of one event.
        """
        rule = self._events.get(pointer)
        if rule is None:
            schema, place = self.resolve(self.node(pointer), pointer)
            data, data_place = self.resolve(
                as_object(schema.get("properties")).get("data"), _join(place, "properties", "data")
            )
            sentinels: set[str] = set()
            payload: jsonschema_rs.Draft202012Validator | None = None
            branches = [(data, data_place)]
            for keyword in ("anyOf", "oneOf"):
                for index, entry in enumerate(as_list(data.get(keyword))):
                    branches.append(self.resolve(entry, _join(data_place, keyword, index)))
            for branch, where in branches:
                if isinstance(branch.get("const"), str):
                    sentinels.add(branch["const"])
                if "contentSchema" in branch:
                    payload = self.validator(_join(where, "contentSchema"))
            rule = _EventRule(self.validator(pointer), pointer, frozenset(sentinels), payload)
            self._events[pointer] = rule
        return rule

    def _check_events(
        self, body: bytes, entry: Json, pointer: str, context: Sequence[str]
    ) -> list[Violation]:
        rule = self.event_rule(pointer)
        events = sse.decode(body)
        if not events:
            message = "expected at least one event, received none"
            return [self._violation("body", "", message, pointer, "event", context)]
        violations: list[Violation] = []
        for index, event in enumerate(events):
            where = f"event[{index}]"
            violations.extend(self._errors(rule.event, pointer, event.fields(), where, context))
            if rule.payload is None or event.data in rule.sentinels:
                continue
            label = f"{where}.data"
            try:
                value = parse_json(event.data)
            except BodyError as error:
                violations.append(
                    self._violation(label, "data", str(error), pointer, "malformed-json", context)
                )
                continue
            violations.extend(self._errors(rule.payload, pointer, value, label, context))
            if len(violations) > 100:
                break  # enough is known about this stream
        return violations


# --- small things -------------------------------------------------------------------------------

_KINDS = {
    "required": "missing",
    "minimum": "range",
    "maximum": "range",
    "exclusiveMinimum": "range",
    "exclusiveMaximum": "range",
    "multipleOf": "range",
    "minLength": "length",
    "maxLength": "length",
    "minItems": "length",
    "maxItems": "length",
    "const": "enum",
    "additionalProperties": "unknown",
}


def _type_name(value: Any) -> str:
    if value is None:
        return "null"
    for kind, name in (
        (bool, "boolean"),
        (int, "integer"),
        (float, "number"),
        (str, "string"),
        (list, "array"),
    ):
        if isinstance(value, kind):
            return name
    return "object"


def _received(value: Any) -> str:
    if value is _MISSING:
        return "undefined"
    name = _type_name(value)
    return "number" if name == "integer" else name


def _expected(names: Sequence[str], value: Any) -> str:
    wanted = [name for name in names if name != "null"]
    if len(wanted) != 1:
        return "Invalid input"
    name = wanted[0]
    received = _received(value)
    if name == "integer":
        name = "int" if received == "number" else "number"
    return f"Invalid input: expected {name}, received {received}"


def _options(options: Sequence[Any]) -> str:
    shown = [json.dumps(option, ensure_ascii=False) for option in options if option is not None]
    if len(shown) == 1:
        return f"Invalid input: expected {shown[0]}"
    return "Invalid option: expected one of " + "|".join(shown)


def _path(tokens: Sequence[str | int]) -> str:
    return "".join(f"[{token}]" if isinstance(token, int) else f".{token[:60]}" for token in tokens)


def _branches(
    error: jsonschema_rs.ValidationError,
) -> list[list[jsonschema_rs.ValidationError]] | None:
    if error.kind.name not in ("anyOf", "oneOf"):
        return None
    found: list[list[jsonschema_rs.ValidationError]] | None = getattr(error.kind, "context", None)
    return found or None


def _lacking(error: jsonschema_rs.ValidationError) -> list[str | int]:
    """Return the name that is missing, as the end of a path; [] when nothing is."""
    return [str(getattr(error.kind, "property", ""))] if error.kind.name == "required" else []


def _is_null_branch(errors: list[jsonschema_rs.ValidationError]) -> bool:
    return bool(errors) and all(
        error.kind.name == "type" and getattr(error.kind, "types", None) == ["null"]
        for error in errors
    )


def _closest(
    branches: Sequence[list[jsonschema_rs.ValidationError]],
) -> jsonschema_rs.ValidationError:
    """Choose the failure of the alternative that was probably meant.

    An alternative that fails on a `const` or on its type was probably not; of the others the one
    that got furthest into the value.
    """

    def weight(error: jsonschema_rs.ValidationError) -> int:
        inner = [branch for branch in _branches(error) or () if branch]
        if inner:
            return min(sum(map(weight, branch)) for branch in inner)
        return int(error.kind.name in ("const", "type", "enum"))

    def rank(errors: list[jsonschema_rs.ValidationError]) -> tuple[int, int, int]:
        depth = max((len(error.instance_path) for error in errors), default=0)
        return sum(map(weight, errors)), -depth, len(errors)

    best = min((branch for branch in branches if branch), key=rank)
    return max(best, key=lambda error: len(error.instance_path))


def _about(clauses: Sequence[Requirement], words: Sequence[str]) -> str | None:
    for word in reversed(words):
        pattern = re.compile(rf"(?<![\w-]){re.escape(word)}(?![\w-])", re.IGNORECASE)
        for clause in clauses:
            if pattern.search(clause.text):
                return clause.id
    return None


def _coerce(text: str, types: frozenset[str]) -> Any:
    """Read text as one of the types; None when it should be a number and is none."""
    if "string" in types or not types & {"integer", "number", "boolean"}:
        return text
    if "boolean" in types:
        return text.strip().lower() in _TRUE
    return js_number(text)


def _header_value(text: str, types: frozenset[str]) -> Any:
    if types & {"integer", "number"} and "string" not in types:
        if re.fullmatch(r"-?[0-9]+", text) and len(text) < 40:
            return int(text)
        if re.fullmatch(r"-?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?", text):
            number = float(text)
            return text if math.isinf(number) else number
    if "boolean" in types and text in ("true", "false"):
        return text == "true"
    return text


def _is_binary(schema: Json) -> bool:
    return (
        not schema
        or schema.get("format") == "binary"
        or (
            "contentMediaType" in schema
            and "contentEncoding" not in schema
            and "contentSchema" not in schema
        )
    )


def _pick_media(content: Json, essence: str) -> str | None:
    """Choose the entry of `content` for a media type: exact, then `type/*`, then `*/*`."""
    if not essence:
        return None
    names = {media_type(name): name for name in content}
    for wanted in (essence, essence.partition("/")[0] + "/*", "*/*"):
        if wanted in names:
            return names[wanted]
    return None


def _has_raw(content: Json) -> bool:
    return any(name not in ("application/json", "multipart/form-data") for name in content)


def _pick_raw(content: Json, essence: str) -> str | None:
    """Choose the entry for a body that is sent as bare bytes, or None."""
    raw = {
        name: entry
        for name, entry in content.items()
        if name not in ("application/json", "multipart/form-data")
    }
    found = _pick_media(raw, essence or "application/octet-stream")
    if found is None and "application/octet-stream" in raw:
        return "application/octet-stream"
    return found


def _without_dots(path: str) -> str:
    """Resolve `.` and `..` segments, encoded ones too, as every standard URL parser does."""
    if "." not in path and "%2e" not in path.lower():
        return path
    pieces = path.split("/")
    kept: list[str] = []
    for index, piece in enumerate(pieces[1:], 1):
        last = index == len(pieces) - 1
        if _DOTS.fullmatch(piece):
            if kept:
                kept.pop()
            if last:
                kept.append("")
        elif _DOT.fullmatch(piece):
            if last:
                kept.append("")
        else:
            kept.append(piece)
    return "/" + "/".join(kept)
