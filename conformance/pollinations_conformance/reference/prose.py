"""The contract put into words, as HTML: its descriptions, and what its schemas allow.

Nothing of a contract reaches a page unescaped, and nothing in it makes a browser load something.
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Sequence
from typing import Any

from markdown_it import MarkdownIt

from pollinations_conformance.contract import Contract
from pollinations_conformance.http.json import as_list as listed
from pollinations_conformance.http.json import as_object as table
from pollinations_conformance.http.pointer import split

__all__ = [
    "Json",
    "Prose",
    "component",
    "escape",
    "followed",
    "listed",
    "place",
    "shown_code",
    "shown_value",
    "table",
]

Json = dict[str, Any]

FEW = 14
"""As many values of an enumeration are shown at once."""


KINDS = {  # of components, as they are named in the anchors of a page
    "responses": "response",
    "headers": "header",
    "parameters": "parameter",
    "requestBodies": "body",
    "securitySchemes": "scheme",
    "schemas": "schema",
}


def followed(contract: Contract, node: Any) -> Json:
    """Follow references from a node; an empty object where one leads nowhere."""
    try:
        return contract.resolve(node, "")[0]
    except KeyError:
        return {}


def escape(value: Any) -> str:
    """Return a value as text of a page, in which it can do nothing."""
    return html.escape(str(value))


def shown_code(value: Any) -> str:
    """Show a text as code."""
    return f"<code>{escape(value)}</code>"


def shown_value(value: Any) -> str:
    """Show a value of the contract: texts as they are, all else as JSON."""
    return shown_code(value if isinstance(value, str) and value else json.dumps(value))


def place(kind: str, name: str) -> str:
    """Name the place of something in a page."""
    return f"{kind}-{re.sub(r'[^A-Za-z0-9_.-]+', '-', name)}"


def component(node: Any) -> tuple[str, str] | None:
    """Return kind and name of the component that a reference leads to."""
    reference = table(node).get("$ref")
    parts = split(reference) if isinstance(reference, str) and reference[:1] == "#" else []
    if len(parts) == 3 and parts[0] == "components" and parts[1] in KINDS:
        return parts[1], parts[2]
    return None


class Prose:
    """Writes the words of one contract.

    Args:
        contract: whose words they are.
    """

    def __init__(self, contract: Contract) -> None:
        self.contract = contract
        self.components = table(contract.document.get("components"))
        self.schemas = table(self.components.get("schemas"))
        self.targets = self._targets()
        self.markdown_it = self._reader()

    # --- text ---------------------------------------------------------------------------------

    def _targets(self) -> dict[str, str]:
        """Say which words in code lead to which place of the page."""
        found = {name: place("schema", name) for name in self.schemas}
        paths: dict[str, list[str]] = {}
        for operation in self.contract.operations:
            found[f"{operation.method} {operation.path}"] = operation.id
            found[operation.id] = operation.id
            paths.setdefault(operation.path, []).append(operation.id)
        found |= {path: ids[0] for path, ids in paths.items() if len(ids) == 1}
        return found | {name: name for name in self.contract.requirements}

    def _reader(self) -> MarkdownIt:
        """Make a reader of CommonMark that passes no HTML on and loads nothing."""
        reader = MarkdownIt("commonmark", {"html": False}).disable("image")

        def code(_renderer: Any, tokens: Sequence[Any], index: int, *_: Any) -> str:
            return self.code(tokens[index].content)

        def heading(_renderer: Any, tokens: Sequence[Any], index: int, *_: Any) -> str:
            # The page has headings of its own, whose order a description must not break.
            return "<p><strong>" if tokens[index].nesting == 1 else "</strong></p>"

        reader.add_render_rule("code_inline", code)
        reader.add_render_rule("heading_open", heading)
        reader.add_render_rule("heading_close", heading)
        return reader

    def code(self, text: str) -> str:
        """Show code, linked when it names a part of the page."""
        target = self.targets.get(text)
        shown = shown_code(text)
        return f'<a href="#{escape(target)}">{shown}</a>' if target else shown

    def markdown(self, text: Any) -> str:
        """Render a description."""
        return str(self.markdown_it.render(str(text))) if text else ""

    def inline(self, text: Any) -> str:
        """Render a description inside a line."""
        return str(self.markdown_it.renderInline(" ".join(str(text).split()))) if text else ""

    def sentence(self, text: str) -> str:
        """Show a sentence of a clause: plain text in which only `code` is marked."""
        pieces = text.split("`")
        if len(pieces) % 2 == 0:
            return escape(text)
        shown = [
            self.code(piece)
            if number % 2
            else re.sub(
                r"\b(MUST NOT|MUST|SHOULD NOT|SHOULD)\b", r"<strong>\1</strong>", escape(piece)
            )
            for number, piece in enumerate(pieces)
        ]
        return "".join(shown)

    # --- schemas ----------------------------------------------------------------------------

    def resolve(self, node: Any) -> Json:
        """Follow references from a node."""
        return followed(self.contract, node)

    def link(self, name: str) -> str:
        """Link to a named schema."""
        return f'<a href="#{place("schema", name)}">{escape(name)}</a>'

    def kind(self, node: Any, depth: int = 0) -> str:
        """Say in a few words what a schema allows."""
        if node is True or depth > 6:
            return "anything"
        if node is False:
            return "nothing"
        schema = table(node)
        named = component(schema)
        if named is not None:
            return self.link(named[1])
        if "$ref" in schema:
            return self.kind(self.resolve(schema), depth + 1)
        if "const" in schema:
            return f"always {shown_value(schema['const'])}"
        for keyword, word in (("anyOf", " or "), ("oneOf", " or "), ("allOf", " and ")):
            if keyword in schema:
                parts = [self.kind(part, depth + 1) for part in listed(schema[keyword])]
                return word.join(dict.fromkeys(parts))
        types = schema.get("type")
        names = [types] if isinstance(types, str) else [str(name) for name in listed(types)]
        if not names:
            if "enum" in schema:
                return "one of some values"
            names = ["object"] if "properties" in schema else []
        found = [self._one_kind(name, schema, depth) for name in names]
        return " or ".join(found) or "anything"

    def _one_kind(self, name: str, schema: Json, depth: int) -> str:
        form = schema.get("format")
        if name == "array":
            return f"list of {self.kind(schema.get('items', True), depth + 1)}"
        if name == "object" and "properties" not in schema:
            values = schema.get("additionalProperties", True)
            return (
                "object" if values is True else f"object of {self.kind(values, depth + 1)} values"
            )
        if name == "string" and form == "binary":
            return "bytes"
        return f"{name} ({escape(form)})" if name == "string" and form else escape(name)

    def facts(self, node: Any) -> list[str]:
        """Say what else a schema demands, in words."""
        schema = table(node)
        target = self.resolve(schema)
        one = listed(schema.get("allOf"))
        if len(one) == 1:  # a reference with something added
            target = self.resolve(one[0])
        facts: list[str] = []
        if component(schema) is None or "enum" in target:
            facts += self._values(target)
        if "$ref" in schema:
            return facts
        facts += self._bounds(schema)
        if "pattern" in schema:
            facts.append(f"matches {shown_code(schema['pattern'])}")
        if schema.get("uniqueItems"):
            facts.append("no value twice")
        for keyword, word in (("readOnly", "in answers only"), ("writeOnly", "in requests only")):
            if schema.get(keyword):
                facts.append(word)
        content = schema.get("contentMediaType")
        if content:
            inner = f": {self.kind(schema['contentSchema'])}" if "contentSchema" in schema else ""
            facts.append(f"text that is {shown_code(content)}{inner}")
        if "default" in schema:
            facts.append(f"default {shown_value(schema['default'])}")
        by = table(schema.get("discriminator")).get("propertyName")
        if by:
            facts.append(f"told apart by {shown_code(by)}")
        items = schema.get("items")
        if isinstance(items, dict) and component(items) is None:
            facts += [f"each {fact}" for fact in self.facts(items)]
        values = schema.get("additionalProperties")
        if isinstance(values, dict) and component(values) is None:
            facts += [f"each value {fact}" for fact in self.facts(values)]
        if "x-message" in schema:
            facts.append(f"refused with “{escape(schema['x-message'])}”")
        if "x-requirement" in schema:
            name = str(schema["x-requirement"])
            facts.append(f'checked by <a href="#{escape(name)}">{escape(name)}</a>')
        return facts

    def _values(self, schema: Json) -> list[str]:
        facts: list[str] = []
        values = listed(schema.get("enum"))
        if values:
            shown = ", ".join(map(shown_value, values))
            if len(values) > FEW:
                shown = f"<details><summary>one of {len(values)} values</summary>{shown}</details>"
                facts.append(shown)
            else:
                facts.append(f"one of {shown}" if len(values) > 1 else f"always {shown}")
        if "x-values-from" in schema:
            source = self.code(str(schema["x-values-from"]))
            facts.append(f"a snapshot; {source} has the current names")
        return facts

    def _bounds(self, schema: Json) -> list[str]:
        facts: list[str] = []
        low, high = schema.get("minimum"), schema.get("maximum")
        if low is not None and high is not None:
            facts.append(f"from {shown_value(low)} to {shown_value(high)}")
        elif low is not None or high is not None:
            facts.append(
                f"at least {shown_value(low)}"
                if low is not None
                else f"at most {shown_value(high)}"
            )
        for keyword, words in (
            ("exclusiveMinimum", "above {}"),
            ("exclusiveMaximum", "below {}"),
            ("multipleOf", "a multiple of {}"),
            ("minLength", "at least {} characters"),
            ("maxLength", "at most {} characters"),
            ("minItems", "at least {} entries"),
            ("maxItems", "at most {} entries"),
            ("minProperties", "at least {} fields"),
            ("maxProperties", "at most {} fields"),
        ):
            if keyword in schema:
                told = words.format(shown_value(schema[keyword]))
                facts.append(
                    told.replace("characters", "character")
                    .replace("entries", "entry")
                    .replace("fields", "field")
                    if schema[keyword] == 1
                    else told
                )
        return facts

    def has_fields(self, schema: Json, depth: int = 0) -> bool:
        """Tell whether unfolding a schema shows anything."""
        if "properties" in schema or "patternProperties" in schema:
            return True
        parts = [p for k in ("allOf", "anyOf", "oneOf") for p in listed(schema.get(k))]
        parts += [schema[k] for k in ("items", "additionalProperties") if k in schema]
        return depth < 4 and any(self.has_fields(self.resolve(part), depth + 1) for part in parts)
