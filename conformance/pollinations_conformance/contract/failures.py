"""Find why a value does not fit a schema: the first few failures, in bounded time and memory.

The validator of jsonschema_rs can list every failure, but makes one for every branch of every union
for every item, each with a copy of the value: 60 KB of JSON became 3.5 GB. It is used only to find whether
values fit, and about keywords that contain no schemas; this module descends into the parts that do
not fit.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from pollinations_conformance.contract.model import Json
from pollinations_conformance.contract.schemas import Schemas
from pollinations_conformance.http.json import as_list, as_object, is_list, is_object, type_name
from pollinations_conformance.http.pointer import join

Path = tuple[str | int, ...]

MAX_FAILURES = 50
"""Of one value."""
MAX_BRANCH_FAILURES = 8
"""Of a value in one branch of a union."""
MAX_ITEMS = 10
"""Items of one array, or undeclared members of one object, whose failures are listed."""
MAX_STEPS = 1_000
"""Failures that are looked at before all that follows is left out."""
MAX_WORK = 2_000_000
"""Values that are validated again to find what is wrong, a third of a second's worth."""
_FEW = 32
"""Up to so many items are looked at one by one; in more of them the failing ones are searched."""

# Keywords that contain no schemas and are left to jsonschema_rs.
_NUMBERS = {"multipleOf", "maximum", "exclusiveMaximum", "minimum", "exclusiveMinimum"}
_SIZES = {"maxLength", "minLength", "maxItems", "minItems", "maxProperties", "minProperties"}
_CONTENTS = {"enum", "const", "uniqueItems", "dependentRequired"}  # look into arrays and objects
_OWN = _NUMBERS | _SIZES | _CONTENTS | {"type", "pattern", "format"}


@dataclass(frozen=True, slots=True)
class Place:
    """Where a validation is: in the schema, and in the value."""

    pointer: str  # JSON pointer into the contract
    path: Path = ()  # from the validated value to the one looked at
    through: tuple[str, ...] = ()  # the references that were followed to get there, last first

    def within(self, *tokens: str | int) -> Place:
        """Return a place deeper in the schema, for the same value."""
        return replace(self, pointer=join(self.pointer, *tokens))

    def of(self, name: str | int) -> Place:
        """Return the same place in the schema, for a member or an item of the value."""
        return replace(self, path=(*self.path, name))


@dataclass(frozen=True, slots=True)
class Failure:
    """One keyword that a value fails."""

    keyword: str  # "schema" where it is not known which
    place: Place  # of the keyword
    value: Any
    limit: Any = None  # what the schema gives for the keyword
    names: tuple[str, ...] = ()  # the missing member, or the undeclared ones
    branches: tuple[tuple[Failure, ...], ...] = ()  # of a union none of whose schemas fits

    @property
    def path(self) -> Path:
        """The path from the validated value to the one that fails."""
        return self.place.path


def find_failures(schemas: Schemas, pointer: str, value: Any) -> list[Failure]:
    """Return the first failures of a value, none if it fits.

    Args:
        schemas: of the contract.
        pointer: JSON pointer to the schema.
        value: any JSON value.

    Raises:
        ValueError: the value cannot be validated, as it is nested too deeply.
    """
    if schemas.validator(pointer).is_valid(value):
        return []
    return _Search(schemas).collect(Place(pointer), value, MAX_FAILURES)


class _Search:
    """The search in one value that does not fit.

    Parts that are too large to be validated again are `suspects`: one of them is the cause where
    nothing else is.
    """

    def __init__(self, schemas: Schemas) -> None:
        self._schemas = schemas
        self._document = schemas.document
        self._steps = MAX_STEPS
        self._work = MAX_WORK
        self._sizes: dict[int, int] = {}

    def collect(self, place: Place, value: Any, limit: int) -> list[Failure]:
        """Return the first failures of a value that does not fit, at least one."""
        found: list[Failure] = []
        suspects: list[Failure] = []
        if self._steps > 0:
            for failure in self._failures(place, value, suspects):
                self._steps -= 1
                found.append(failure)
                if len(found) >= limit or self._steps <= 0:
                    break
        if found:
            return found
        return suspects if len(suspects) == 1 else [Failure("schema", place, value)]

    # --- what it costs --------------------------------------------------------------------------

    def _size(self, value: Any) -> int:
        """Count the values in a value."""
        items = value.values() if is_object(value) else value if is_list(value) else None
        if items is None:
            return 1
        known = self._sizes.get(id(value))
        if known is None:
            inner = [item for item in items if is_object(item) or is_list(item)]
            known = 1 + len(items) + sum(map(self._size, inner))
            self._sizes[id(value)] = known
        return known

    def _can(self, times: int, size: int) -> bool:
        """Return whether there is work left for validating a value so often, and take it."""
        if times * size > self._work:
            return False
        self._work -= times * size
        return True

    def _fits(self, pointer: str, value: Any) -> bool:
        return self._schemas.validator(pointer).is_valid(value)

    # --- one schema -----------------------------------------------------------------------------

    def _failures(self, place: Place, value: Any, suspects: list[Failure]) -> Iterator[Failure]:
        schema: Any = self._document.node(place.pointer)
        if schema is False:
            yield Failure("false", place, value, False)
        if not is_object(schema):
            return
        yield from self._own(schema, place, value)
        if is_object(value):
            yield from self._members(schema, place, value, suspects)
        elif is_list(value):
            yield from self._items(schema, place, value, suspects)
        if "$ref" in schema:
            _, target = self._document.resolve({"$ref": schema["$ref"]}, place.pointer)
            there = Place(target, place.path, (place.pointer, *place.through))
            yield from self._failures(there, value, suspects)
        for index in range(len(as_list(schema.get("allOf")))):
            yield from self._failures(place.within("allOf", index), value, suspects)
        for keyword in ("anyOf", "oneOf"):
            if keyword in schema:
                yield from self._union(keyword, schema[keyword], place, value, suspects)
        yield from self._conditions(schema, place, value, suspects)

    def _own(self, schema: Json, place: Place, value: Any) -> Iterator[Failure]:
        """Yield the failures of keywords that contain no schemas."""
        keywords = {name: schema[name] for name in schema if name in _OWN}
        outline = _outline(keywords, value)
        if keywords and self._can(1, self._size(outline)):
            validator = self._schemas.own_validator(place.pointer, keywords)
            for error in validator.iter_errors(outline):
                keyword = str(error.schema_path[0])
                yield Failure(keyword, place.within(keyword), value, schema[keyword])
        if is_object(value):
            required = as_list(schema.get("required"))
            for name in required:
                if name not in value:
                    yield Failure("required", place.within("required"), value, required, (name,))

    # --- objects and arrays ---------------------------------------------------------------------

    def _members(
        self, schema: Json, place: Place, value: Json, suspects: list[Failure]
    ) -> Iterator[Failure]:
        declared = as_object(schema.get("properties"))
        for name in value:
            if name in declared:
                there = place.within("properties", name)
                yield from self._parts(there, [name], [value[name]], suspects)
        patterns = as_object(schema.get("patternProperties"))
        for pattern in patterns:
            some = [name for name in value if re.search(pattern, name)]
            there = place.within("patternProperties", pattern)
            yield from self._parts(there, some, [value[n] for n in some], suspects)
        if "additionalProperties" in schema:
            there = place.within("additionalProperties")
            others = [
                name
                for name in value
                if name not in declared and not any(re.search(p, name) for p in patterns)
            ]
            if others and schema["additionalProperties"] is False:
                yield Failure("additionalProperties", there, value, False, tuple(others))
            elif others:
                yield from self._parts(there, others, [value[n] for n in others], suspects)
        if "propertyNames" in schema:
            names = list(value)
            yield from self._parts(place.within("propertyNames"), names, names, suspects)
        for name in as_object(schema.get("dependentSchemas")):
            if name in value:
                yield from self._failures(place.within("dependentSchemas", name), value, suspects)

    def _items(
        self, schema: Json, place: Place, value: list[Any], suspects: list[Failure]
    ) -> Iterator[Failure]:
        first = as_list(schema.get("prefixItems"))
        for index in range(min(len(first), len(value))):
            there = place.within("prefixItems", index)
            yield from self._parts(there, [index], [value[index]], suspects)
        if "items" in schema:
            names = range(len(first), len(value))
            rest = value[len(first) :] if first else value
            yield from self._parts(place.within("items"), names, rest, suspects)
        if "contains" in schema and self._can(1, self._size(value)):
            there = place.within("contains")
            count = sum(self._fits(there.pointer, item) for item in value)
            least, most = schema.get("minContains", 1), schema.get("maxContains", len(value))
            if not least <= count <= most:
                yield Failure("contains", there, value, schema["contains"])

    def _parts(
        self,
        place: Place,
        names: Sequence[str | int],
        values: Sequence[Any],
        suspects: list[Failure],
    ) -> Iterator[Failure]:
        """Yield the failures of members or items by one schema, of the first few that fail."""
        if not names:
            return
        total = sum(map(self._size, values))
        if not self._can(1, total):
            whole = len(names) == 1
            there = place.of(names[0]) if whole else place
            suspects.append(Failure("schema", there, values[0] if whole else values))
            return
        if len(values) <= _FEW:
            fits = self._fits
            failing = [i for i, value in enumerate(values) if not fits(place.pointer, value)]
        else:
            failing = self._first_failing(place.pointer, values, total)
        for index in failing[:MAX_ITEMS]:
            there = place.of(names[index])
            yield from self.collect(there, values[index], MAX_BRANCH_FAILURES)

    def _first_failing(self, pointer: str, values: Sequence[Any], size: int) -> list[int]:
        """Return where the first values are that do not fit, halving what is searched."""
        fit = self._schemas.items_validator(pointer).is_valid
        found: list[int] = []
        start = 0
        while len(found) < MAX_ITEMS and not fit(values[start:]):
            low, high = start, len(values)  # the first failing one is in this range
            while high - low > 1:
                middle = (low + high) // 2
                low, high = (low, middle) if not fit(values[low:middle]) else (middle, high)
            found.append(low)
            start = low + 1
            if not self._can(3, size):  # each search looks at everything up to three times
                break
        return found

    # --- schemas beside each other --------------------------------------------------------------

    def _union(
        self,
        keyword: str,
        schemas: list[Any],
        place: Place,
        value: Any,
        suspects: list[Failure],
    ) -> Iterator[Failure]:
        places = [place.within(keyword, index) for index in range(len(schemas))]
        tagged = self._tagged(places, value)
        possible = [tagged] if tagged else [p for p in places if self._may_fit(p.pointer, value)]
        if not self._can(len(possible), self._size(value)):
            suspects.append(Failure("schema", place.within(keyword), value))
            return
        fitting = sum(self._fits(branch.pointer, value) for branch in possible)
        if fitting == 1 or (fitting and keyword == "anyOf"):
            return
        branches: list[tuple[Failure, ...]] = []
        if not fitting:
            for branch in places:
                known = not tagged or branch == tagged
                found = self.collect(branch, value, MAX_BRANCH_FAILURES) if known else []
                branches.append(tuple(found))
        yield Failure(keyword, place.within(keyword), value, schemas, (), tuple(branches))

    def _may_fit(self, pointer: str, value: Any) -> bool:
        """Return whether the type that a schema gives allows for a value."""
        schema, _ = self._document.resolve(self._document.node(pointer), pointer)
        given = schema.get("type")
        names: list[Any] = [given] if isinstance(given, str) else as_list(given)
        name = type_name(value)
        numeric = name in ("integer", "number") and {"integer", "number"} & set(names)
        return not names or name in names or bool(numeric)

    def _tagged(self, places: Sequence[Place], value: Any) -> Place | None:
        """Return the schema that the value's tag names, where a tag distinguishes the schemas."""
        if not is_object(value):
            return None
        document = self._document
        constants: list[tuple[Place, dict[str, list[str]]]] = []
        for place in places:
            schema, where = document.resolve(document.node(place.pointer), place.pointer)
            members = as_object(schema.get("properties"))
            if members:
                resolved = {
                    name: document.resolve(member, join(where, "properties", name))[0]
                    for name, member in members.items()
                }
                constants.append((place, {n: _constants(m) for n, m in resolved.items()}))
        for name in constants[0][1] if len(constants) > 1 else ():
            allowed = [tags.get(name, []) for _, tags in constants]
            flat = [tag for tags in allowed for tag in tags]
            if all(allowed) and len(set(flat)) == len(flat):
                hits = [place for place, tags in constants if value.get(name) in tags[name]]
                return hits[0] if hits else None
        return None

    def _conditions(
        self, schema: Json, place: Place, value: Any, suspects: list[Failure]
    ) -> Iterator[Failure]:
        checked = [name for name in ("not", "if") if name in schema]
        if checked and not self._can(len(checked), self._size(value)):
            suspects.append(Failure("schema", place, value))
            return
        if "not" in schema and self._fits(join(place.pointer, "not"), value):
            yield Failure("not", place.within("not"), value, schema["not"])
        if "if" in schema:
            chosen = "then" if self._fits(join(place.pointer, "if"), value) else "else"
            if chosen in schema:
                yield from self._failures(place.within(chosen), value, suspects)


def _constants(schema: Json) -> list[str]:
    found = [schema["const"]] if "const" in schema else as_list(schema.get("enum"))
    return found if all(isinstance(value, str) for value in found) else []


def _outline(keywords: Json, value: Any) -> Any:
    """Return as much of a value as keywords look at that contain no schemas."""
    if _CONTENTS & keywords.keys():
        return value
    length = max([0, *(limit for limit in keywords.values() if isinstance(limit, int))]) + 1
    if is_object(value):
        return dict.fromkeys(itertools.islice(value, length))
    return [None] * min(len(value), length) if is_list(value) else value
