"""The OpenAPI document: follow its references, read its operations and requirements."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pollinations_conformance.contract.errors import ContractError
from pollinations_conformance.contract.model import (
    Deviation,
    Host,
    Json,
    Operation,
    Parameter,
    Requirement,
)
from pollinations_conformance.http import pointer as pointers
from pollinations_conformance.http.json import as_list, as_object, type_name
from pollinations_conformance.http.pointer import join
from pollinations_conformance.http.query import decode_percent, host_of

_METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
_LEVELS = ("MUST", "SHOULD")


class Document:
    """An OpenAPI 3.1 document whose references all lead somewhere."""

    def __init__(self, raw: Any, source: str) -> None:
        """Check what every use relies on.

        Args:
            raw: the parsed document; it must not be changed afterwards.
            source: its name, for messages.

        Raises:
            ContractError: it is not a usable OpenAPI 3.1 document.
        """
        self.source = source
        if not isinstance(raw, dict):
            raise self.error("not an OpenAPI document (the top is not an object)")
        self.raw: Json = as_object(raw)
        version = self.raw.get("openapi")
        if not (isinstance(version, str) and version.startswith("3.1")):
            raise self.error("'openapi' must be 3.1.x; this contract is not usable")
        self._check_references()

    def error(self, message: str) -> ContractError:
        """Return an exception whose message names this document."""
        return ContractError(f"{self.source}: {message}")

    def components(self, kind: str) -> Json:
        """Return the components of a kind by name."""
        return as_object(as_object(self.raw.get("components")).get(kind))

    def node(self, pointer: str) -> Any:
        """Return the value at a JSON pointer.

        Raises:
            KeyError: there is none.
        """
        return pointers.get(self.raw, pointer)

    def has(self, pointer: str) -> bool:
        """Return whether there is a value at a JSON pointer."""
        try:
            self.node(pointer)
        except KeyError:
            return False
        return True

    def object_at(self, pointer: str) -> Json:
        """Return the object at a JSON pointer, an empty one if there is none."""
        try:
            return as_object(self.node(pointer))
        except KeyError:
            return {}

    def resolve(self, node: Any, pointer: str) -> tuple[Json, str]:
        """Follow `$ref` from a node.

        Args:
            node: an object of the document.
            pointer: where it is.

        Returns:
            The object that is meant, and where that one is.
        """
        found = as_object(node)
        for _ in range(32):
            reference = found.get("$ref")
            if not isinstance(reference, str):
                break
            pointer = decode_percent(reference.removeprefix("#"))
            found = as_object(self.node(pointer))
        return found, pointer

    def types(self, schema: Json, pointer: str, depth: int = 0) -> Iterator[str]:
        """Yield the JSON types a schema may take; enumerations and references included."""
        schema, pointer = self.resolve(schema, pointer)
        given = schema.get("type")
        if isinstance(given, str):
            yield given
        yield from (str(name) for name in as_list(given))
        constants = [
            *as_list(schema.get("enum")),
            *([schema["const"]] if "const" in schema else []),
        ]
        yield from map(type_name, constants)
        if depth < 8:
            for keyword in ("anyOf", "oneOf", "allOf"):
                for branch in as_list(schema.get(keyword)):
                    yield from self.types(as_object(branch), pointer, depth + 1)

    def _check_references(self) -> None:
        for place, node in pointers.walk(self.raw):
            reference = node.get("$ref")
            if not isinstance(reference, str) or "/example" in place:
                continue
            if not reference.startswith("#/"):
                raise self.error(
                    f"{place}: $ref {reference!r} leads out of the document; put the component into it"
                )
            try:
                self.node(decode_percent(reference[1:]))
            except KeyError:
                raise self.error(
                    f"{place}: $ref {reference!r} leads nowhere; add the component or correct the name"
                ) from None


# --- operations ---------------------------------------------------------------------------------


def read_operations(document: Document) -> tuple[tuple[Operation, ...], dict[str, Host]]:
    """Read the operations of a document.

    Returns:
        The operations, and which host each `host[:port]` of the documented servers is.

    Raises:
        ContractError: there is no operation, or one is not usable.
    """
    hosts: dict[str, Host] = dict.fromkeys(_server_hosts(document.raw), "gateway")
    found: dict[str, Operation] = {}
    for path, item in as_object(document.raw.get("paths")).items():
        path_item, place = document.resolve(item, join("/paths", path))
        for method in _METHODS:
            if method not in path_item:
                continue
            operation = _read_operation(document, path, path_item, place, method)
            if operation.id in found:
                raise document.error(
                    f"{operation.pointer}: operationId {operation.id!r} is already that of "
                    f"{found[operation.id].pointer}; rename one"
                )
            found[operation.id] = operation
            for name in _server_hosts(operation.raw) or _server_hosts(path_item):
                hosts.setdefault(name, operation.host)
    if not found:
        raise document.error("/paths has no operation; this contract is not usable")
    return tuple(found.values()), hosts


def _server_hosts(node: Json) -> list[str]:
    return [
        host_of(str(as_object(server).get("url", ""))) for server in as_list(node.get("servers"))
    ]


def _read_operation(
    document: Document, path: str, path_item: Json, place: str, method: str
) -> Operation:
    pointer = join(place, method)
    raw = as_object(path_item[method])
    operation_id = raw.get("operationId")
    if not isinstance(operation_id, str) or not operation_id:
        raise document.error(f"{pointer}: has no operationId; add one")
    responses = as_object(raw.get("responses"))
    if not responses:
        raise document.error(f"{pointer}: has no responses; add them")
    names = _server_hosts(raw) or _server_hosts(path_item)
    main = set(_server_hosts(document.raw))
    security = raw.get("security", document.raw.get("security", []))
    parameters = [*_read_parameters(document, path_item, place)]
    parameters += _read_parameters(document, raw, pointer)
    return Operation(
        id=operation_id,
        method=method.upper(),
        path=path,
        tag=str(next(iter(as_list(raw.get("tags"))), "")),
        host="media" if names and not set(names) & main else "gateway",
        raw=raw,
        parameters=tuple({(p.location, p.name): p for p in parameters}.values()),
        security=tuple(as_object(entry) for entry in as_list(security)),
        responses=responses,
        pointer=pointer,
        requirement=str(raw.get("x-requirement", "")),
    )


def _read_parameters(document: Document, owner: Json, place: str) -> Iterator[Parameter]:
    for index, entry in enumerate(as_list(owner.get("parameters"))):
        reference = join(place, "parameters", index)
        node, where = document.resolve(entry, reference)
        schema_pointer = join(where, "schema")
        schema, _ = document.resolve(node.get("schema"), schema_pointer)
        name, location = str(node.get("name", "")), str(node.get("in", ""))
        if not name or location not in {"path", "query", "header", "cookie"}:
            raise document.error(f"{where}: a parameter needs 'name' and 'in'; add them")
        yield Parameter(
            name=name,
            location=location,
            required=bool(node.get("required", False)),
            schema=schema,
            types=frozenset(document.types(schema, where)),
            pointer=where,
            reference=reference,
            schema_pointer=schema_pointer,
            raw=node,
        )


# --- requirements -------------------------------------------------------------------------------


def read_requirements(document: Document) -> Iterator[Requirement]:
    """Yield the requirements of a document, in its order.

    Raises:
        ContractError: one lacks its id, text or level, or an id is used twice.
    """
    places: dict[str, str] = {}
    for place, node in pointers.walk(document.raw):
        for index, entry in enumerate(as_list(node.get("x-requirements"))):
            where = join(place, "x-requirements", index)
            raw = as_object(entry)
            name = str(raw.get("id", ""))
            if not name or not raw.get("text") or raw.get("level") not in _LEVELS:
                raise document.error(
                    f"{where}: a requirement needs id, text and level MUST or SHOULD; "
                    "add what is missing"
                )
            if name in places:
                raise document.error(
                    f"{where}: requirement {name} is already at {places[name]}; "
                    "give it an id of its own"
                )
            places[name] = place
            yield Requirement(
                id=name,
                level=str(raw["level"]),
                text=str(raw["text"]),
                origin=str(raw.get("origin", "")),
                evidence=tuple(as_object(item) for item in as_list(raw.get("evidence"))),
                observable=bool(raw.get("observable", True)),
                why=str(raw.get("why", "")),
                pointer=place,
                tag=str(raw.get("tag") or _tag_at(document, place)),
            )


def _tag_at(document: Document, place: str) -> str:
    """Return the tag of the operation at a place; `general` elsewhere."""
    operation = document.object_at("/".join(place.split("/")[:4]))
    return str(next(iter(as_list(operation.get("tags"))), "general"))


def read_deviations(document: Document) -> Iterator[Deviation]:
    """Yield the places where documentation and service differ, in the document's order."""
    for place, node in pointers.walk(document.raw):
        for raw in map(as_object, as_list(node.get("x-deviations"))):
            yield Deviation(
                id=str(raw.get("id", "")),
                documented=str(raw.get("documented", "")),
                observed=str(raw.get("observed", "")),
                where=str(raw.get("where", "")),
                when=str(raw.get("when", "")),
                contract=str(raw.get("contract", "")),
                pointer=place,
                raw=raw,
            )
