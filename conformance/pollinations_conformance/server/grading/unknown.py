"""What a request has that the contract does not know: names, and values of tags. It fails nothing."""

from collections.abc import Iterator
from itertools import islice
from typing import Any

from pollinations_conformance import contract as contracts
from pollinations_conformance.http.json import as_object, is_list, is_object
from pollinations_conformance.http.message import Request
from pollinations_conformance.http.pointer import join
from pollinations_conformance.server.grading.shown import (
    Finding,
    form_fields,
    json_body,
    nearest,
    preview,
    tag_of,
)

Json = dict[str, Any]
MAX_NODES = 1_000
"""Members of a body that are looked at for unknown fields."""
MAX_UNKNOWN = 20
"""Unknown names of one request that are listed."""


def unknown(
    contract: contracts.Contract, match: contracts.Match, request: Request
) -> list[Finding]:
    """Return parameters and body fields of a request that the contract does not name."""
    operation = match.operation
    known = {p.name for p in operation.parameters if p.location == "query"} | {"key"}
    found = [
        Finding(f"query.{name}", "unknown parameter", operation.pointer, None, preview(value, name),
                nearest(name, known))
        for name, value in islice(
            (pair for pair in dict(request.query).items() if pair[0] not in known), MAX_UNKNOWN
        )
    ]  # fmt: skip
    if "requestBody" in operation.raw:
        place = f"{operation.pointer}/requestBody"
        _, place = contract.resolve(operation.raw["requestBody"], place)
        form = form_fields(request)
        kind = "multipart/form-data" if form else "application/json"
        body = form or json_body(request)
        if is_object(body):
            found += _Unknown(contract).fields(body, join(place, "content", kind, "schema"))
    return found


class _Unknown:
    """Finds in bodies of any depth what no schema names."""

    def __init__(self, contract: contracts.Contract) -> None:
        self.contract = contract
        self._left = MAX_NODES
        self._unknown = MAX_UNKNOWN

    def fields(self, value: Any, pointer: str, where: str = "body") -> list[Finding]:
        """Return what is unknown of a value and of what is inside it."""
        self._left -= 1
        if self._left < 0:
            return []
        found: list[Finding] = []
        schemas = list(self._schemas(value, pointer, where, found))
        if is_list(value):
            place = next((place for schema, place in schemas if "items" in schema), None)
            for index, item in enumerate(value[:MAX_NODES] if place else ()):
                found += self.fields(item, f"{place}/items", f"{where}[{index}]")
        elif is_object(value):
            found += self._members(value, schemas, pointer, where)
        return found

    def _members(
        self, value: Json, schemas: list[tuple[Json, str]], pointer: str, where: str
    ) -> Iterator[Finding]:
        known: dict[str, str] = {}
        for schema, place in schemas:
            for name in as_object(schema.get("properties")):
                known.setdefault(name, join(place, "properties", name))
        is_open = any(_is_open(schema) for schema, _ in schemas)
        for name, member in value.items():
            place = f"{where}.{name[:60]}"
            if name in known:
                yield from self.fields(member, known[name], place)
            elif known and not is_open:
                close = nearest(name, known)
                yield from self._listed(place, "unknown field", pointer, member, close)

    def _listed(
        self, where: str, message: str, pointer: str, sent: object, close: str | None = None
    ) -> Iterator[Finding]:
        if self._unknown > 0:
            self._unknown -= 1
            yield Finding(
                where, message, pointer, None, preview(sent, where.rpartition(".")[2]), close
            )

    def _schemas(
        self, value: Any, pointer: str, where: str, found: list[Finding], depth: int = 0
    ) -> Iterator[tuple[Json, str]]:
        """Yield the schemas that a value is for, with their places; of a union that of its tag."""
        try:
            schema, place = self.contract.resolve(self.contract.node(pointer), pointer)
        except KeyError:
            return
        yield schema, place
        for keyword in ("allOf", "anyOf", "oneOf") if depth < 5 else ():
            listed = schema.get(keyword)
            count = len(listed) if is_list(listed) else 0
            branches = [join(place, keyword, index) for index in range(count)]
            if keyword != "allOf" and is_object(value) and count:
                branches = self._chosen(value, join(place, keyword), where, found) or branches
            for branch in branches:
                yield from self._schemas(value, branch, where, found, depth + 1)

    def _chosen(self, value: Json, union: str, where: str, found: list[Finding]) -> list[str]:
        """Return the schema of a union that a value's tag names; none if it names none."""
        tag = tag_of(self.contract, union)
        given = value.get(tag.name) if tag else None
        if tag is None or not isinstance(given, str):
            return []
        chosen = tag.places.get(given)
        if chosen is None:
            if tag.is_open:
                close = nearest(given, tag.places)
                found += self._listed(f"{where}.{tag.name}", "unknown value", union, given, close)
            return []
        if tag.is_open and not self.contract.validator(chosen).is_valid(value):
            # Another schema of the union takes it, so that the server does not refuse it.
            for wrong in self.contract.errors(chosen, value, where)[:1]:
                message = f"not the form of {tag.name} {given[:60]}: {wrong.message}"
                found += self._listed(wrong.where, message, chosen, value)
        return [chosen]


def _is_open(schema: Json) -> bool:
    """Return whether a schema says itself that members of any name may come."""
    return schema.get("additionalProperties", False) not in (False, None) or (
        "patternProperties" in schema
    )
