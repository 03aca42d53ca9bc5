"""What a schema allows, in a few words."""

from __future__ import annotations

from typing import Any

from markupsafe import Markup, escape

from pollinations_conformance.contract import Contract
from pollinations_conformance.http.json import as_list, as_object
from pollinations_conformance.reference.prose import (
    Json,
    Prose,
    anchor,
    code,
    component,
    followed,
    json_code,
    link,
)

FEW = 14
"""As many values of an enumeration are shown at once."""
COMBINED = (("anyOf", " or "), ("oneOf", " or "), ("allOf", " and "))
BOUNDS = (
    ("exclusiveMinimum", "above {}", "above {}"),
    ("exclusiveMaximum", "below {}", "below {}"),
    ("multipleOf", "a multiple of {}", "a multiple of {}"),
    ("minLength", "at least {} characters", "at least {} character"),
    ("maxLength", "at most {} characters", "at most {} character"),
    ("minItems", "at least {} entries", "at least {} entry"),
    ("maxItems", "at most {} entries", "at most {} entry"),
    ("minProperties", "at least {} fields", "at least {} field"),
    ("maxProperties", "at most {} fields", "at most {} field"),
)
"""Keyword, words for a number, words for 1."""


class Schemas:
    """Describes the schemas of one contract.

    Args:
        contract: that has them.
        prose: renders its texts.
    """

    def __init__(self, contract: Contract, prose: Prose) -> None:
        self._contract = contract
        self._prose = prose

    def resolve(self, node: Any) -> Json:
        """Return what a node refers to."""
        return followed(self._contract, node)

    # -- the type ---------------------------------------------------------------------------------

    def kind(self, node: Any, depth: int = 0) -> Markup:
        """Return in a few words what a schema allows.

        Args:
            node: the schema.
            depth: how deep it is inside of another one.
        """
        if node is True or depth > 6:
            return Markup("anything")
        if node is False:
            return Markup("nothing")
        schema = as_object(node)
        named = component(schema)
        if named is not None:
            return link(anchor("schema", named[1]), named[1])
        if "$ref" in schema:
            return self.kind(self.resolve(schema), depth + 1)
        if "const" in schema:
            return Markup("always {}").format(json_code(schema["const"]))
        for keyword, word in COMBINED:
            if keyword in schema:
                parts = [self.kind(part, depth + 1) for part in as_list(schema[keyword])]
                return Markup(word).join(dict.fromkeys(parts))
        return self._types(schema, depth)

    def _types(self, schema: Json, depth: int) -> Markup:
        types = schema.get("type")
        names = [types] if isinstance(types, str) else [str(name) for name in as_list(types)]
        if not names and "enum" in schema:
            return Markup("one of some values")
        if not names and "properties" in schema:
            names = ["object"]
        found = [self._type(name, schema, depth) for name in names]
        return Markup(" or ").join(found) or Markup("anything")

    def _type(self, name: str, schema: Json, depth: int) -> Markup:
        form = schema.get("format")
        if name == "array":
            return Markup("list of {}").format(self.kind(schema.get("items", True), depth + 1))
        if name == "object" and "properties" not in schema:
            values = schema.get("additionalProperties", True)
            if values is True:
                return Markup("object")
            return Markup("object of {} values").format(self.kind(values, depth + 1))
        if name == "string" and form == "binary":
            return Markup("bytes")
        return escape(f"{name} ({form})" if name == "string" and form else name)

    # -- what else it demands ---------------------------------------------------------------------

    def facts(self, node: Any) -> list[Markup]:
        """Return what else a schema demands, a few words each."""
        schema = as_object(node)
        target = self.resolve(schema)
        one = as_list(schema.get("allOf"))
        if len(one) == 1:  # a reference with something added
            target = self.resolve(one[0])
        facts = self._values(target) if component(schema) is None or "enum" in target else []
        if "$ref" in schema:
            return facts
        return [
            *facts,
            *self._bounds(schema),
            *self._remarks(schema),
            *self._inside("each {}", schema.get("items")),
            *self._inside("each value {}", schema.get("additionalProperties")),
            *self._clauses(schema),
        ]

    def _values(self, schema: Json) -> list[Markup]:
        facts: list[Markup] = []
        values = as_list(schema.get("enum"))
        shown = Markup(", ").join(map(json_code, values))
        if len(values) > FEW:
            folded = "<details><summary>one of {} values</summary>{}</details>"
            facts.append(Markup(folded).format(len(values), shown))
        elif values:
            facts.append(Markup("one of {}" if len(values) > 1 else "always {}").format(shown))
        if "x-values-from" in schema:
            source = self._prose.code(str(schema["x-values-from"]))
            facts.append(Markup("a snapshot; {} has the current names").format(source))
        return facts

    def _bounds(self, schema: Json) -> list[Markup]:
        facts: list[Markup] = []
        low, high = schema.get("minimum"), schema.get("maximum")
        if low is not None and high is not None:
            facts.append(Markup("from {} to {}").format(json_code(low), json_code(high)))
        elif low is not None:
            facts.append(Markup("at least {}").format(json_code(low)))
        elif high is not None:
            facts.append(Markup("at most {}").format(json_code(high)))
        for keyword, many, one in BOUNDS:
            if keyword in schema:
                words = one if schema[keyword] == 1 else many
                facts.append(Markup(words).format(json_code(schema[keyword])))
        return facts

    def _remarks(self, schema: Json) -> list[Markup]:
        facts: list[Markup] = []
        if "pattern" in schema:
            facts.append(Markup("matches {}").format(code(schema["pattern"])))
        if schema.get("uniqueItems"):
            facts.append(Markup("no value twice"))
        for keyword, words in (
            ("readOnly", "in responses only"),
            ("writeOnly", "in requests only"),
        ):
            if schema.get(keyword):
                facts.append(Markup(words))
        content = schema.get("contentMediaType")
        if content:
            inner = Markup()
            if "contentSchema" in schema:
                inner = Markup(": {}").format(self.kind(schema["contentSchema"]))
            facts.append(Markup("text that is {}{}").format(code(content), inner))
        if "default" in schema:
            facts.append(Markup("default {}").format(json_code(schema["default"])))
        by = as_object(schema.get("discriminator")).get("propertyName")
        if by:
            facts.append(Markup("distinguished by {}").format(code(by)))
        return facts

    def _inside(self, words: str, node: Any) -> list[Markup]:
        if not isinstance(node, dict) or component(node) is not None:
            return []
        return [Markup(words).format(fact) for fact in self.facts(node)]

    def _clauses(self, schema: Json) -> list[Markup]:
        facts: list[Markup] = []
        if "x-message" in schema:
            facts.append(Markup("refused with “{}”").format(schema["x-message"]))
        if "x-requirement" in schema:
            name = str(schema["x-requirement"])
            facts.append(Markup("checked by {}").format(link(name, name)))
        return facts

    def has_fields(self, schema: Json, depth: int = 0) -> bool:
        """Return whether unfolding a schema shows anything.

        Args:
            schema: to unfold.
            depth: how deep it is inside of another one.
        """
        if "properties" in schema or "patternProperties" in schema:
            return True
        parts = [part for keyword, _ in COMBINED for part in as_list(schema.get(keyword))]
        parts += [schema[name] for name in ("items", "additionalProperties") if name in schema]
        return depth < 4 and any(self.has_fields(self.resolve(part), depth + 1) for part in parts)
