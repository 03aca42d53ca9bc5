"""Bring every schema of an OpenAPI document into one form, so that two can be compared by meaning.

References are followed, `allOf` is merged, and `anyOf`, `oneOf`, lists of types and the several
ways of writing "or null" are spread into alternatives of one JSON type each.
"""

from __future__ import annotations

from typing import Any

from pollinations_conformance.drift.document import Document, DriftError
from pollinations_conformance.drift.schema.alternatives import (
    ASSERTED,
    KEYWORDS_OF_TYPE,
    MAXIMUMS,
    MINIMUMS,
    Alternative,
    Ref,
    Shape,
    bounds_schema,
    intersect,
    round_bounds,
    simplify,
)
from pollinations_conformance.drift.schema.keywords import Keywords
from pollinations_conformance.drift.values import Json, type_of
from pollinations_conformance.http.json import as_list, as_object, is_list, is_object
from pollinations_conformance.http.pointer import join

MAX_STEPS = 300_000


class Schemas:
    """The schemas of a document, in their one form.

    Args:
        document: where references are looked up.
    """

    def __init__(self, document: Document) -> None:
        self.document = document
        self._shapes: dict[tuple[str, ...], Shape] = {}
        self._steps = 0

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
        if self._steps > MAX_STEPS:
            raise DriftError(
                f"{self.document.source}: {at}: schemas multiply without end; simplify them"
            )
        if not is_object(node):
            out.append((node, at))
            return True
        whole = True
        reference = node.get("$ref")
        if isinstance(reference, str):
            if not self.document.old and len(node) > 1:
                rest = {name: value for name, value in node.items() if name != "$ref"}
                whole = self._flatten(rest, at, seen, out)
            if reference in seen:
                if all(not isinstance(entry, dict) or not entry for entry, _ in out):
                    self.document.unresolved.setdefault(reference, ("leads in a circle", set()))[
                        1
                    ].add(at)
                    return False
                return whole
            target = self.document.target(reference, at)
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
            target = self.document.target(reference, at)
            at = target[1] if target else at
        notes: Json = {}
        for node, _ in flat:
            for name, value in _notes(as_object(node)).items():
                notes.setdefault(name, value)
        if not whole:
            return Shape([], True, notes, at, unknown=True)
        found, nullable = [Alternative("any", {}, at)], True
        for node, place in flat:
            if node is False:
                return Shape([], False, notes, at)
            found, nullable = intersect(
                (found, nullable), self._alternatives(as_object(node), place)
            )
            for keyword in ("anyOf", "oneOf"):
                branches = as_list(as_object(node).get(keyword))
                if not branches:
                    continue
                inner = self._branches(branches, join(place, keyword), seen)
                if inner is None:
                    return Shape([], True, notes, at, unknown=True)
                described = [shape.notes for shape in inner if shape.alternatives]
                if len(described) == 1:  # "this, or null" is described by this
                    notes = {**described[0], **notes}
                spread = [alternative for shape in inner for alternative in shape.alternatives]
                found, nullable = intersect(
                    (found, nullable), (spread, any(shape.nullable for shape in inner))
                )
                if len(found) > 500:
                    raise DriftError(
                        f"{self.document.source}: {place}: more than 500 alternatives; "
                        "simplify the schema"
                    )
        if self.document.old and any(as_object(node).get("nullable") is True for node, _ in flat):
            nullable = True  # meant so, even beside allOf, where 3.0 gives it no effect
        for alternative in found:
            self._add_constants(alternative)
        return Shape(simplify(found), nullable, notes, at)

    def _branches(self, branches: list[Any], at: str, seen: frozenset[str]) -> list[Shape] | None:
        """Bring the members of a union into one form; None when one of them is unknown."""
        found: list[Shape] = []
        for index, branch in enumerate(branches):
            reference = as_object(branch).get("$ref")
            if isinstance(reference, str) and reference in seen:
                continue  # a union with itself allows nothing new
            own = {reference} if isinstance(reference, str) else set[str]()
            shape = self._shape(((branch, join(at, index)),), seen | own)
            if shape.unknown:
                return None
            found.append(shape)
        return found

    def _add_constants(self, alternative: Alternative) -> None:
        """Note single-valued properties: they distinguish the members of a union."""
        found: Json = {}
        for name, ref in as_object(alternative.keywords.get("properties")).items():
            for node, at in ref:
                plain = (
                    self.document.resolve(node, at)[0]
                    if "$ref" in as_object(node)
                    else as_object(node)
                )
                values = [plain["const"]] if "const" in plain else as_list(plain.get("enum"))
                if len(values) == 1:
                    found[name] = values[0]
        if found:
            alternative.keywords = {**alternative.keywords, "constants": found}

    def _alternatives(self, node: Json, at: str) -> tuple[list[Alternative], bool]:
        """Spread one object schema, without its unions, over the JSON types it allows."""
        collected = Keywords(node, at, self.document.old, self.inline)
        keywords, where = collected.found, collected.where
        given = node.get("type")
        types = [given] if isinstance(given, str) else [str(name) for name in as_list(given)]
        null = (
            self.document.old and node.get("nullable") is True and bool(types)
        ) or "null" in types
        values = keywords.get("enum")
        if not types:
            if values is None:
                return [Alternative("any", keywords, at, where)], True
            null = None in values
            types = list(dict.fromkeys(type_of(value) for value in values))
        elif values is not None and None not in values and not (self.document.old and null):
            null = False
        alternatives: list[Alternative] = []
        for name in types:
            if name == "null":
                continue
            base = "number" if name == "integer" else name
            fitting = KEYWORDS_OF_TYPE.get(base, frozenset())
            own = {
                word: value
                for word, value in keywords.items()
                if word in fitting or word in ("enum", "opaque", "snapshot")
            }
            if values is not None:
                allowed = {name, "integer"} if name == "number" else {name}
                own["enum"] = [value for value in values if type_of(value) in allowed]
                if not own["enum"]:
                    continue
            if base == "number" and own.get("multipleOf") == 1:
                name = "integer"  # both ways of writing "whole"
                del own["multipleOf"]
            if name == "integer":
                round_bounds(own)
            if name == "string" and _is_file(own):
                alternatives.append(Alternative("bytes", {}, at, where))
            else:
                alternatives.append(Alternative(name, own, at, where))
        return alternatives, null

    def inline(self, node: Any, seen: frozenset[str] = frozenset()) -> Any:
        """Write references out, so that two ways of writing one thing are equal; drop notes."""
        if is_list(node):
            return [self.inline(item, seen) for item in node]
        if not is_object(node):
            return node
        reference = node.get("$ref")
        if isinstance(reference, str):
            if reference in seen or len(seen) > 8:
                return {"$ref": reference.rpartition("/")[2]}
            target = self.document.target(reference, "")
            return self.inline(target[0], seen | {reference}) if target else {}
        return {
            name: self.inline(value, seen)
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
        branches: list[Any] = [
            self.alternative_schema(alternative, depth) for alternative in shape.alternatives
        ]
        if shape.nullable:
            branches.append({"type": "null"})
        return branches[0] if len(branches) == 1 else {"anyOf": branches} if branches else False

    def alternative_schema(self, alternative: Alternative, depth: int = 5) -> Json:
        """Write one alternative as JSON Schema, like `schema`."""
        found: Json = {} if alternative.type in ("any", "bytes") else {"type": alternative.type}
        keywords = alternative.keywords
        for word in (*MINIMUMS, *MAXIMUMS, "multipleOf", "uniqueItems", "enum"):
            if word in keywords:
                found[word] = keywords[word]
        if keywords.get("format") in ASSERTED:
            found["format"] = keywords["format"]
        if "pattern" in keywords:
            found["allOf"] = [{"pattern": text} for text in keywords["pattern"]]
        found.update(bounds_schema(keywords))
        found["required"] = list(keywords.get("required", ()))
        if depth > 0:
            found["properties"] = {
                name: self.schema(ref, depth - 1)
                for name, ref in keywords.get("properties", {}).items()
            }
            if "items" in keywords and "prefixItems" not in keywords:
                found["items"] = self.schema(keywords["items"], depth - 1)
        if keywords.get("additional") is False and "patterns" not in keywords and depth > 0:
            found["additionalProperties"] = False
        return found


def _is_file(keywords: Json) -> bool:
    return keywords.get("format") == "binary" or (
        "contentMediaType" in keywords
        and "contentEncoding" not in keywords
        and "contentSchema" not in keywords
    )


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
