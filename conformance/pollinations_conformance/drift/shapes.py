"""Bring any OpenAPI 3 document into one form, so that two can be compared by meaning.

References are followed, `allOf` is merged, and `anyOf`, `oneOf`, lists of types and the several
ways of saying "or null" are spread into alternatives of one JSON type each.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, TypeGuard
from urllib.parse import urlsplit

from pollinations_conformance.http.json import as_list, as_object, is_list, is_object
from pollinations_conformance.http.pointer import get, join
from pollinations_conformance.http.query import decode_percent, host_of

Json = dict[str, Any]
Ref = tuple[tuple[Any, str], ...]  # schemas that hold together, each with its JSON pointer

MAX_COMPARISONS = 300_000
_SAFE_INTEGER = 2**53 - 1
_METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
ASSERTED = frozenset(
    [
        "date-time",
        "date",
        "time",
        "duration",
        "email",
        "idn-email",
        "hostname",
        "idn-hostname",
        "ipv4",
        "ipv6",
        "uri",
        "uri-reference",
        "iri",
        "iri-reference",
        "uri-template",
        "uuid",
        "regex",
        "json-pointer",
        "relative-json-pointer",
    ]
)
_OPAQUE = (  # what belongs together is one rule
    ("not",),
    ("if", "then", "else"),
    ("contains", "minContains", "maxContains"),
    ("dependentRequired",),
    ("dependentSchemas",),
    ("unevaluatedItems",),
)
_BY_TYPE: Mapping[str, frozenset[str]] = {
    "string": frozenset(
        [
            "minLength",
            "maxLength",
            "pattern",
            "format",
            "contentMediaType",
            "contentEncoding",
            "contentSchema",
        ]
    ),
    "number": frozenset(["lower", "upper", "multipleOf", "format"]),
    "array": frozenset(["items", "prefixItems", "minItems", "maxItems", "uniqueItems"]),
    "object": frozenset(
        [
            "properties",
            "required",
            "additional",
            "patterns",
            "names",
            "minProperties",
            "maxProperties",
        ]
    ),
}
LEAST = ("minLength", "minItems", "minProperties")
MOST = ("maxLength", "maxItems", "maxProperties")


class DriftError(Exception):
    """A document that cannot be compared; the message is one line: where, what, what to do."""


def canonical(value: Any) -> str:
    """Write a JSON value so that equal values give equal text, 1 and 1.0 alike."""

    def plain(item: Any) -> Any:
        if isinstance(item, float) and item.is_integer() and abs(item) < 1e15:
            return int(item)
        if is_list(item):
            return [plain(entry) for entry in item]
        return {name: plain(entry) for name, entry in item.items()} if is_object(item) else item

    return json.dumps(plain(value), sort_keys=True, ensure_ascii=False)


def type_of(value: Any) -> str:
    """Name the JSON type of a value; a whole number is an integer."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int) or (isinstance(value, float) and value.is_integer()):
        return "integer"
    if isinstance(value, float):
        return "number"
    if isinstance(value, str):
        return "string"
    return "array" if is_list(value) else "object"


# --- one form for every schema ------------------------------------------------------------------


@dataclass(slots=True)
class Alt:
    """Values of one JSON type; `type` is also "any", or "bytes" for a file."""

    type: str
    words: Json
    at: str
    where: dict[str, str] = field(default_factory=dict[str, str])

    @property
    def free(self) -> bool:
        """Whether nothing is asked of the value."""
        return self.type == "any" and not self.words

    def place(self, word: str) -> str:
        """Return where a keyword stands, or else the schema."""
        return self.where.get(word, self.at)

    def constants(self) -> Json:
        """Return the properties that can have a single value only."""
        return {
            name: value
            for name, value in as_object(self.words.get("constants")).items()
            if not isinstance(value, (dict, list))
        }


@dataclass(slots=True)
class Shape:
    """A schema in its one form."""

    alts: list[Alt]
    nullable: bool
    notes: Json
    at: str
    unknown: bool = False  # a reference in it leads nowhere

    @property
    def free(self) -> bool:
        """Whether any value at all fits."""
        return any(alt.free for alt in self.alts)

    @property
    def types(self) -> frozenset[str]:
        """The JSON types that fit."""
        return frozenset([*(alt.type for alt in self.alts), *(["null"] if self.nullable else [])])


@dataclass(frozen=True, slots=True)
class Param:
    """A parameter of an operation."""

    name: str
    location: str
    required: bool
    raw: Json
    at: str


@dataclass(frozen=True, slots=True, eq=False)
class Operation:
    """An operation of either document."""

    method: str  # upper case
    path: str
    full: str  # with the path of its server in front
    raw: Json
    at: str
    params: tuple[Param, ...]
    hosts: frozenset[str]
    security: tuple[frozenset[str], ...]  # alternatives; an empty one is "no key needed"
    security_at: str
    aliases: tuple[str, ...] = ()  # regular expressions of further paths

    @property
    def label(self) -> str:
        """Method and path."""
        return f"{self.method} {self.path}"


class Document:
    """An OpenAPI 3.0 or 3.1 document with references resolved on demand."""

    def __init__(self, raw: Any, source: str) -> None:
        """Check and index a document.

        Args:
            raw: the parsed document.
            source: its name, for messages.

        Raises:
            DriftError: it is no OpenAPI 3 document, or has nothing to compare.
        """
        self.source = source
        if not is_object(raw):
            raise DriftError(f"{source}: not an OpenAPI document (the top is not an object)")
        if "swagger" in raw:
            raise DriftError(
                f"{source}: is Swagger {raw['swagger']}, which is not compared; "
                "convert it to OpenAPI 3 first"
            )
        version = raw.get("openapi")
        if not isinstance(version, str):
            raise DriftError(
                f"{source}: not an OpenAPI document (no text at /openapi); name an OpenAPI file"
            )
        if not re.match(r"3\.[012](\.|$)", version):
            raise DriftError(f"{source}: OpenAPI {version[:20]} is not known; 3.0 to 3.2 are")
        self.raw = raw
        self.old = version.startswith("3.0")
        self.unresolved: dict[str, tuple[str, set[str]]] = {}  # reference: why, from where
        self._shapes: dict[tuple[str, ...], Shape] = {}
        self._anchors: dict[str, str] | None = None
        self._steps = 0
        if not is_object(raw.get("paths")):
            raise DriftError(f"{source}: /paths is not an object; there is nothing to compare")
        self.operations = list(self._read_operations())
        if not self.operations:
            raise DriftError(f"{source}: /paths has no operation; there is nothing to compare")

    # --- references ---

    def node(self, pointer: str) -> Any:
        """Return what a JSON pointer leads to.

        Raises:
            KeyError: it leads nowhere.
        """
        return get(self.raw, pointer)

    def target(self, reference: str, at: str) -> tuple[Any, str] | None:
        """Follow one reference; a broken one is noted and gives None."""
        if not reference.startswith("#"):
            why = "leads out of the document"
        else:
            pointer = decode_percent(reference[1:])
            if pointer and not pointer.startswith("/"):
                pointer = self._anchored().get(pointer, "/")
            try:
                return self.node(pointer), pointer
            except KeyError:
                why = "leads nowhere"
        self.unresolved.setdefault(reference, (why, set()))[1].add(at)
        return None

    def _anchored(self) -> dict[str, str]:
        """Find the places that have a name of their own."""
        if self._anchors is None:
            self._anchors = {}
            left: list[tuple[Any, str]] = [(self.raw, "")]
            while left:
                node, at = left.pop()
                if is_object(node):
                    for word in ("$anchor", "$dynamicAnchor"):
                        if isinstance(name := node.get(word), str):
                            self._anchors.setdefault(name, at)
                    left += [(child, join(at, name)) for name, child in node.items()]
                elif is_list(node):
                    left += [(child, join(at, index)) for index, child in enumerate(node)]
        return self._anchors

    def standing(self, pointer: str) -> str:
        """Return a JSON pointer, or the nearest one above it that leads somewhere."""
        while pointer:
            try:
                self.node(pointer)
            except KeyError:
                pointer = pointer.rpartition("/")[0]
            else:
                break
        return pointer

    def resolve(self, node: Any, at: str) -> tuple[Json, str]:
        """Follow the references of anything but a schema; {} when one is broken."""
        seen: set[str] = set()
        found = as_object(node)
        while isinstance(reference := found.get("$ref"), str):
            if reference in seen:
                self.unresolved.setdefault(reference, ("leads in a circle", set()))[1].add(at)
                return {}, at
            seen.add(reference)
            target = self.target(reference, at)
            if target is None:
                return {}, at
            found, at = as_object(target[0]), target[1]
        return found, at

    # --- operations ---

    def _read_operations(self) -> Iterator[Operation]:
        for path, entry in as_object(self.raw.get("paths")).items():
            item, at = self.resolve(entry, join("/paths", path))
            if not path.startswith("/"):
                continue
            for method in _METHODS:
                if not is_object(item.get(method)):
                    continue
                raw: Json = item[method]
                place = join(at, method)
                servers = [
                    str(as_object(server).get("url", ""))
                    for owner in (raw, item, self.raw)
                    for server in (as_list(owner.get("servers")) if owner.get("servers") else [])
                ]
                own = len(as_list(raw.get("servers")) or as_list(item.get("servers")))
                servers = servers[:own] if own else servers
                secured = raw if "security" in raw else self.raw
                base = urlsplit(servers[0]).path.rstrip("/") if servers else ""
                yield Operation(
                    method=method.upper(),
                    path=path,
                    full=base + path,
                    raw=raw,
                    at=place,
                    params=tuple(self._params((item, at), (raw, place))),
                    hosts=frozenset(host_of(url) for url in servers if "://" in url),
                    security=self._security(secured.get("security")),
                    security_at=join(place if secured is raw else "", "security"),
                    aliases=tuple(
                        str(alias["pattern"]) if "pattern" in alias else pattern(str(alias["path"]))
                        for alias in map(as_object, as_list(raw.get("x-aliases")))
                        if "pattern" in alias or "path" in alias
                    ),
                )

    def _params(self, *owners: tuple[Json, str]) -> Iterator[Param]:
        found: dict[tuple[str, str], Param] = {}
        for owner, place in owners:
            for index, entry in enumerate(as_list(owner.get("parameters"))):
                raw, at = self.resolve(entry, join(place, "parameters", index))
                name, location = str(raw.get("name", "")), str(raw.get("in", ""))
                if location == "header":
                    name = name.lower()
                    if name in ("accept", "content-type", "authorization"):
                        continue  # OpenAPI: described elsewhere, to be ignored here
                if name and location:
                    required = raw.get("required") is True or location == "path"
                    found[location, name] = Param(name, location, required, raw, at)
        yield from found.values()

    def _security(self, value: Any) -> tuple[frozenset[str], ...]:
        schemes = as_object(as_object(self.raw.get("components")).get("securitySchemes"))
        found: dict[frozenset[str], None] = {}
        for entry in map(as_object, as_list(value)):
            names: set[str] = set()
            for name, scopes in entry.items():
                at = join("/components/securitySchemes", name)
                raw, _ = self.resolve(schemes.get(name), at)
                if not raw:
                    self.target(f"#{at}", "/security")
                kind = str(raw.get("type", name))
                if kind == "http":
                    kind = f"{str(raw.get('scheme', '')).lower()} token in Authorization"
                elif kind == "apiKey":
                    kind = f"key in {raw.get('in')} `{raw.get('name')}`"
                granted = ", ".join(sorted(map(str, as_list(scopes))))
                names.add(f"{kind} ({granted})" if granted else kind)
            found[frozenset(names)] = None
        return tuple(found) or (frozenset(),)

    def response(self, operation: Operation, key: str) -> tuple[Json, str] | None:
        """Return the answer that stands for a status or range, and where; None when none does."""
        responses = as_object(operation.raw.get("responses"))
        by_key = {str(name).upper(): name for name in responses}
        for wanted in (key.upper(), f"{key[0]}XX", "DEFAULT"):
            if wanted in by_key:
                name = by_key[wanted]
                return self.resolve(responses[name], join(operation.at, "responses", name))
        return None

    # --- schemas ---

    def shape(self, ref: Ref) -> Shape:
        """Bring a schema into its one form."""
        key = tuple(pointer for _, pointer in ref)
        found = self._shapes.get(key)
        if found is None:
            self._shapes[key] = found = self._shape(ref, frozenset())
        return found

    def _flatten(
        self, node: Any, at: str, seen: frozenset[str], out: list[tuple[Any, str]]
    ) -> bool:
        """Spread a schema over what holds together; False when a reference is broken."""
        self._steps += 1
        if self._steps > MAX_COMPARISONS:
            raise DriftError(f"{self.source}: {at}: schemas multiply without end; simplify them")
        if not is_object(node):
            out.append((node, at))
            return True
        whole = True
        reference = node.get("$ref")
        if isinstance(reference, str):
            if not self.old and len(node) > 1:
                rest = {name: value for name, value in node.items() if name != "$ref"}
                whole = self._flatten(rest, at, seen, out)
            if reference in seen:
                if all(not isinstance(entry, dict) or not entry for entry, _ in out):
                    self.unresolved.setdefault(reference, ("leads in a circle", set()))[1].add(at)
                    return False
                return whole
            target = self.target(reference, at)
            if target is None:
                return False
            return self._flatten(*target, seen | {reference}, out) and whole
        own = {name: value for name, value in node.items() if name != "allOf"}
        if own or "allOf" not in node:
            out.append((own, at))
        for index, entry in enumerate(as_list(node.get("allOf"))):
            whole = self._flatten(entry, join(at, "allOf", index), seen, out) and whole
        return whole

    def _shape(self, ref: Ref, seen: frozenset[str]) -> Shape:
        flat: list[tuple[Any, str]] = []
        whole = True
        for node, place in ref:
            whole = self._flatten(node, place, frozenset(), flat) and whole
        at = flat[-1][1] if flat and is_object(ref[0][0]) and "$ref" in ref[0][0] else ref[0][1]
        if is_object(ref[0][0]) and isinstance(reference := ref[0][0].get("$ref"), str) and whole:
            target = self.target(reference, at)
            at = target[1] if target else at
        notes: Json = {}
        for node, _ in flat:
            for name, value in _notes(as_object(node)).items():
                notes.setdefault(name, value)
        if not whole:
            return Shape([], True, notes, at, unknown=True)
        alts, nullable = [Alt("any", {}, at)], True
        for node, place in flat:
            if node is False:
                return Shape([], False, notes, at)
            alts, nullable = _both((alts, nullable), self._alts(as_object(node), place))
            for keyword in ("anyOf", "oneOf"):
                branches = as_list(as_object(node).get(keyword))
                if not branches:
                    continue
                spread: list[Alt] = []
                null = False
                told: list[Json] = []
                for index, branch in enumerate(branches):
                    where = join(place, keyword, index)
                    reference = as_object(branch).get("$ref")
                    if isinstance(reference, str) and reference in seen:
                        continue  # a union with itself says nothing new
                    inner = self._shape(((branch, where),), seen | _references(branch))
                    if inner.unknown:
                        return Shape([], True, notes, at, unknown=True)
                    spread += inner.alts
                    null = null or inner.nullable
                    told += [inner.notes] if inner.alts else []
                if len(told) == 1:  # "this, or null" is described by this
                    notes = {**told[0], **notes}
                alts, nullable = _both((alts, nullable), (spread, null))
                if len(alts) > 500:
                    raise DriftError(
                        f"{self.source}: {place}: more than 500 alternatives; simplify the schema"
                    )
        if self.old and any(as_object(node).get("nullable") is True for node, _ in flat):
            nullable = True  # meant so, even beside allOf, where 3.0 gives it no effect
        for alt in alts:
            self._add_constants(alt)
        return Shape(_simplified(alts), nullable, notes, at)

    def _add_constants(self, alt: Alt) -> None:
        """Note single-valued properties: they tell the members of a union apart."""
        found: Json = {}
        for name, ref in as_object(alt.words.get("properties")).items():
            for node, at in ref:
                plain = self.resolve(node, at)[0] if "$ref" in as_object(node) else as_object(node)
                values = [plain["const"]] if "const" in plain else as_list(plain.get("enum"))
                if len(values) == 1:
                    found[name] = values[0]
        if found:
            alt.words = {**alt.words, "constants": found}

    def _alts(self, node: Json, at: str) -> tuple[list[Alt], bool]:
        """Spread one object schema, without its unions, over the JSON types it allows."""
        words, where = self._words(node, at)
        given = node.get("type")
        types = [given] if isinstance(given, str) else [str(name) for name in as_list(given)]
        null = (self.old and node.get("nullable") is True and bool(types)) or "null" in types
        values = words.get("enum")
        if not types:
            if values is None:
                return [Alt("any", words, at, where)], True
            null = None in values
            types = list(dict.fromkeys(type_of(value) for value in values))
        elif values is not None and None not in values and not (self.old and null):
            null = False
        alts: list[Alt] = []
        for name in types:
            if name == "null":
                continue
            base = "number" if name == "integer" else name
            fitting = _BY_TYPE.get(base, frozenset())
            own = {
                word: value
                for word, value in words.items()
                if word in fitting or word in ("enum", "opaque", "snapshot")
            }
            if values is not None:
                allowed = {name, "integer"} if name == "number" else {name}
                own["enum"] = [value for value in values if type_of(value) in allowed]
                if not own["enum"]:
                    continue
            if base == "number" and own.get("multipleOf") == 1:
                name = "integer"  # both ways of saying "whole"
                del own["multipleOf"]
            if name == "integer":
                _whole_bounds(own)
            if name == "string" and _is_file(own):
                alts.append(Alt("bytes", {}, at, where))
            else:
                alts.append(Alt(name, own, at, where))
        return alts, null

    def _words(self, node: Json, at: str) -> tuple[Json, dict[str, str]]:
        words: Json = {}
        where: dict[str, str] = {}

        def put(word: str, value: Any, keyword: str) -> None:
            words[word] = value
            where[word] = join(at, keyword)

        if "const" in node and not self.old:
            put("enum", [node["const"]], "const")
        elif is_list(node.get("enum")):
            put("enum", node["enum"], "enum")
            if node.get("x-values-from"):
                words["snapshot"] = True
        for word, plain, strict, choose in (
            ("lower", "minimum", "exclusiveMinimum", max),
            ("upper", "maximum", "exclusiveMaximum", min),
        ):
            bounds: list[tuple[float, str]] = []
            value, exclusive = node.get(plain), node.get(strict)
            if _is_number(value):
                bounds.append((value, strict if exclusive is True else plain))
            if _is_number(exclusive):
                bounds.append((exclusive, strict))
            bounds = [(number, name) for number, name in bounds if abs(number) < _SAFE_INTEGER]
            if bounds:
                end = choose(number for number, _ in bounds)
                name = strict if (end, strict) in bounds else plain
                put(word, (end, name == strict), name)
        for word in LEAST:
            least = node.get(word)
            if _is_number(least) and least > 0:
                put(word, least, word)
        for word in MOST:
            if _is_number(node.get(word)) and node[word] < _SAFE_INTEGER:
                put(word, node[word], word)
        for word in ("format", "contentMediaType", "contentEncoding"):
            if isinstance(node.get(word), str):
                put(word, node[word], word)
        if isinstance(node.get("pattern"), str):
            put("pattern", (node["pattern"],), "pattern")
        if _is_number(node.get("multipleOf")):
            put("multipleOf", node["multipleOf"], "multipleOf")
        if node.get("uniqueItems") is True:
            put("uniqueItems", True, "uniqueItems")
        for word, keyword in (("properties", "properties"), ("patterns", "patternProperties")):
            children = {
                str(name): ((child, join(at, keyword, name)),)
                for name, child in as_object(node.get(keyword)).items()
            }
            if children:
                put(word, children, keyword)
        required = [str(name) for name in as_list(node.get("required"))]
        if required:
            put("required", dict.fromkeys(required, join(at, "required")), "required")
        for keyword in ("unevaluatedProperties", "additionalProperties"):
            value = node.get(keyword)
            if value is False:
                put("additional", False, keyword)
            elif value and value is not True:
                put("additional", ((value, join(at, keyword)),), keyword)
        names = node.get("propertyNames")
        # Every name is text.
        if self._plain(names) not in (None, True, {}, {"type": "string"}, {"type": ["string"]}):
            put("names", ((names, join(at, "propertyNames")),), "propertyNames")
        if node.get("items") not in (None, True, {}):
            put("items", ((node["items"], join(at, "items")),), "items")
        if is_list(node.get("prefixItems")):
            put(
                "prefixItems",
                [
                    ((child, join(at, "prefixItems", index)),)
                    for index, child in enumerate(node["prefixItems"])
                ],
                "prefixItems",
            )
        if "contentSchema" in node:
            put("contentSchema", ((node["contentSchema"], join(at, "contentSchema")),), "content")
        opaque = {
            group[0]: self._plain({word: node[word] for word in group if word in node})
            for group in _OPAQUE
            if group[0] in node
        }
        if opaque:
            put("opaque", opaque, next(iter(opaque)))
        return words, where

    def _plain(self, node: Any, seen: frozenset[str] = frozenset()) -> Any:
        """Write references out, so that two ways of writing one thing are equal; notes fall."""
        if is_list(node):
            return [self._plain(item, seen) for item in node]
        if not is_object(node):
            return node
        reference = node.get("$ref")
        if isinstance(reference, str):
            if reference in seen or len(seen) > 8:
                return {"$ref": reference.rpartition("/")[2]}
            target = self.target(reference, "")
            return self._plain(target[0], seen | {reference}) if target else {}
        return {
            name: self._plain(value, seen)
            for name, value in node.items()
            if name not in ("description", "title", "example", "examples")
            and not name.startswith("x-")
        }

    # --- back to JSON Schema, for checking recorded values ---

    def schema(self, ref: Ref, depth: int = 5) -> Any:
        """Write the one form of a schema as JSON Schema without references.

        Args:
            ref: the schema.
            depth: how far down; below, everything is allowed.
        """
        shape = self.shape(ref)
        if shape.unknown:
            return True
        branches: list[Any] = [self.alt_schema(alt, depth) for alt in shape.alts]
        if shape.nullable:
            branches.append({"type": "null"})
        return branches[0] if len(branches) == 1 else {"anyOf": branches} if branches else False

    def alt_schema(self, alt: Alt, depth: int = 5) -> Json:
        """Write one alternative as JSON Schema, like `schema`."""
        found: Json = {} if alt.type in ("any", "bytes") else {"type": alt.type}
        words = alt.words
        for word in (*LEAST, *MOST, "multipleOf", "uniqueItems", "enum"):
            if word in words:
                found[word] = words[word]
        if words.get("format") in ASSERTED:
            found["format"] = words["format"]
        if "pattern" in words:
            found["allOf"] = [{"pattern": text} for text in words["pattern"]]
        found.update(bounds_schema(words))
        found["required"] = list(words.get("required", ()))
        if depth > 0:
            found["properties"] = {
                name: self.schema(ref, depth - 1)
                for name, ref in words.get("properties", {}).items()
            }
            if "items" in words and "prefixItems" not in words:
                found["items"] = self.schema(words["items"], depth - 1)
        if words.get("additional") is False and "patterns" not in words and depth > 0:
            found["additionalProperties"] = False
        return found


def bounds_schema(words: Json) -> Json:
    """Write the bounds of a number as JSON Schema."""
    found: Json = {}
    for word, plain, strict in (
        ("lower", "minimum", "exclusiveMinimum"),
        ("upper", "maximum", "exclusiveMaximum"),
    ):
        if word in words:
            end, exclusive = words[word]
            found[strict if exclusive else plain] = end
    return found


def pattern(path: str) -> str:
    """Return the regular expression of a path template."""
    pieces = re.split(r"(?:\{[^{}]*\})+", path)
    return "(.+)".join(re.escape(piece) for piece in pieces)


def template(path: str) -> str:
    """Return a path template without the names of its parameters."""
    return re.sub(r"(?:\{[^{}]*\})+", "{}", path)


def _references(node: Any) -> frozenset[str]:
    reference = as_object(node).get("$ref")
    return frozenset({reference}) if isinstance(reference, str) else frozenset()


def _is_number(value: Any) -> TypeGuard[int | float]:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)


def _is_file(words: Json) -> bool:
    return words.get("format") == "binary" or (
        "contentMediaType" in words
        and "contentEncoding" not in words
        and "contentSchema" not in words
    )


def whole_bounds(alt: Alt) -> Alt:
    """Return an alternative with the bounds that it has for whole numbers."""
    words = dict(alt.words)
    _whole_bounds(words)
    return replace(alt, words=words)


def _whole_bounds(words: Json) -> None:
    """For an integer, `> 0` is `>= 1`."""
    for word, step, rounding in (("lower", 1, math.ceil), ("upper", -1, math.floor)):
        if word in words:
            end, exclusive = words[word]
            whole = rounding(end)
            words[word] = (whole + step if exclusive and whole == end else whole, False)


def _notes(node: Json) -> Json:
    notes: Json = {}
    text = node.get("description", node.get("title"))
    if isinstance(text, str):
        notes["description"] = " ".join(text.split())
    if "default" in node:
        notes["default"] = node["default"]
    if node.get("deprecated") is True:
        notes["deprecated"] = True
    for name in ("readOnly", "writeOnly"):
        if node.get(name) is True:
            notes[name] = True
    examples = as_list(node.get("examples")) or ([node["example"]] if "example" in node else [])
    if examples:
        notes["examples"] = examples
    return notes


def _both(one: tuple[list[Alt], bool], other: tuple[list[Alt], bool]) -> tuple[list[Alt], bool]:
    """Intersect two sets of alternatives."""
    found: list[Alt] = []
    for a in one[0]:
        for b in other[0]:
            kinds = {a.type, b.type}
            if a.type == b.type or b.type == "any":
                kind = a.type
            elif a.type == "any":
                kind = b.type
            elif kinds == {"integer", "number"}:
                kind = "integer"
            elif kinds == {"bytes", "string"}:
                kind = "bytes"
            else:
                continue
            words = _merge(a.words, b.words)
            if words.get("enum") == []:
                continue
            at = b.at if a.free or (not a.words and b.words) else a.at
            found.append(Alt(kind, words, at, {**b.where, **a.where}))
    return found, one[1] and other[1]


def _merge(a: Json, b: Json) -> Json:
    if not a or not b:
        return a or b
    merged = {**a, **b}
    for word in a.keys() & b.keys():
        x, y = a[word], b[word]
        if word == "enum":
            members = {canonical(value) for value in y}
            merged[word] = [value for value in x if canonical(value) in members]
        elif word == "lower":
            merged[word] = max(x, y)
        elif word == "upper":
            merged[word] = min(x, y, key=lambda bound: (bound[0], not bound[1]))
        elif word in LEAST:
            merged[word] = max(x, y)
        elif word in MOST:
            merged[word] = min(x, y)
        elif word == "pattern":
            merged[word] = tuple(sorted({*x, *y}))
        elif word in ("properties", "patterns"):
            merged[word] = {name: _conjoin(x.get(name, ()), y.get(name, ())) for name in [*x, *y]}
        elif word == "required":
            merged[word] = {**y, **x}
        elif word in ("additional", "items", "names", "contentSchema"):
            merged[word] = False if x is False or y is False else _conjoin(x, y)
        elif word in ("opaque", "constants"):
            merged[word] = {**x, **y}
    return merged


def _conjoin(x: Ref, y: Ref) -> Ref:
    return x + tuple(entry for entry in y if entry[1] not in {at for _, at in x})


def _simplified(alts: list[Alt]) -> list[Alt]:
    """Drop what another alternative contains anyway, and put enumerations of one type together."""
    for alt in alts:
        if alt.free:
            return [alt]
    plain = {alt.type for alt in alts if not alt.words}
    if "number" in plain:
        alts = [alt for alt in alts if alt.type != "integer"]
    scalars = plain & {"string", "number", "integer", "boolean", "bytes"}
    kept: list[Alt] = []
    enums: dict[str, Alt] = {}
    for alt in alts:
        if alt.type in scalars:
            if any(other.type == alt.type and not other.words for other in kept):
                continue
            if alt.words:
                continue
        if set(alt.words) <= {"enum", "snapshot"} and "enum" in alt.words:
            if alt.type in enums:
                into = enums[alt.type]
                have = {canonical(value) for value in into.words["enum"]}
                more = [value for value in alt.words["enum"] if canonical(value) not in have]
                into.words = {**alt.words, **into.words, "enum": into.words["enum"] + more}
                continue
            alt = replace(alt)
            enums[alt.type] = alt
        kept.append(alt)
    for alt in kept:
        if alt.type == "boolean" and len(alt.words.get("enum", ())) == 2:
            alt.words = {}
    return kept
