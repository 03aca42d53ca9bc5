"""The texts of the contract as HTML.

Nothing of a contract reaches a page unescaped, and nothing in it makes a browser load something.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any

from markdown_it import MarkdownIt
from markupsafe import Markup, escape

from pollinations_conformance.contract import Contract
from pollinations_conformance.http.json import as_object
from pollinations_conformance.http.pointer import split

Json = dict[str, Any]

KINDS = {
    "responses": "response",
    "headers": "header",
    "parameters": "parameter",
    "requestBodies": "body",
    "securitySchemes": "scheme",
    "schemas": "schema",
}
"""Kinds of components, as the anchors of a page name them."""

_LEVELS = re.compile(r"\b(MUST NOT|MUST|SHOULD NOT|SHOULD)\b")


def followed(contract: Contract, node: Any) -> Json:
    """Return what a node refers to; an empty object where a reference leads nowhere."""
    try:
        return contract.resolve(node, "")[0]
    except KeyError:
        return {}


def code(value: Any) -> Markup:
    """Return a value as code."""
    return Markup("<code>{}</code>").format(str(value))


def json_code(value: Any) -> Markup:
    """Return a JSON value as code; a text is shown without quotes."""
    return code(value if isinstance(value, str) and value else json.dumps(value))


def anchor(kind: str, name: str) -> str:
    """Return the anchor of a part of the page."""
    return f"{kind}-{anchor_text(name)}"


def anchor_text(name: str) -> str:
    """Return a name as it may be part of an anchor."""
    return re.sub(r"[^A-Za-z0-9_.-]+", "-", name)


def component(node: Any) -> tuple[str, str] | None:
    """Return kind and name of the component that a reference leads to."""
    reference = as_object(node).get("$ref")
    parts = split(reference) if isinstance(reference, str) and reference[:1] == "#" else []
    if len(parts) == 3 and parts[0] == "components" and parts[1] in KINDS:
        return parts[1], parts[2]
    return None


def link(target: str, text: Any) -> Markup:
    """Return a link to a place in the page."""
    return Markup('<a href="#{}">{}</a>').format(target, text)


class Prose:
    """Renders the texts of one contract.

    Args:
        contract: whose parts are linked where a text names them as code.
    """

    def __init__(self, contract: Contract) -> None:
        self._targets = _targets(contract)
        self._reader = self._commonmark()

    def _commonmark(self) -> MarkdownIt:
        """Return a reader of CommonMark that passes no HTML on and loads nothing."""
        reader = MarkdownIt("commonmark", {"html": False}).disable("image")

        def inline_code(_renderer: Any, tokens: Sequence[Any], index: int, *_: Any) -> str:
            return self.code(tokens[index].content)

        def heading(_renderer: Any, tokens: Sequence[Any], index: int, *_: Any) -> str:
            # The page has headings of its own, whose order a description must not break.
            return "<p><strong>" if tokens[index].nesting == 1 else "</strong></p>"

        reader.add_render_rule("code_inline", inline_code)
        reader.add_render_rule("heading_open", heading)
        reader.add_render_rule("heading_close", heading)
        return reader

    def code(self, text: str) -> Markup:
        """Return code, linked where it names a part of the page."""
        target = self._targets.get(text)
        return link(target, code(text)) if target else code(text)

    def markdown(self, text: Any) -> Markup:
        """Return a description, rendered."""
        return Markup(str(self._reader.render(str(text)))) if text else Markup()

    def inline(self, text: Any) -> Markup:
        """Return a description, rendered to go inside a line."""
        line = " ".join(str(text).split())
        return Markup(str(self._reader.renderInline(line))) if text else Markup()

    def sentence(self, text: str) -> Markup:
        """Return a sentence of a requirement: plain text in which only `code` is marked."""
        pieces = text.split("`")
        if len(pieces) % 2 == 0:
            return escape(text)
        return Markup().join(
            self.code(piece)
            if number % 2
            else Markup(_LEVELS.sub(r"<strong>\1</strong>", str(escape(piece))))
            for number, piece in enumerate(pieces)
        )


def _targets(contract: Contract) -> dict[str, str]:
    """Return the anchors that words in code lead to."""
    components = as_object(contract.document.get("components"))
    found = {name: anchor("schema", name) for name in as_object(components.get("schemas"))}
    paths: dict[str, list[str]] = {}
    for operation in contract.operations:
        found[f"{operation.method} {operation.path}"] = operation.id
        found[operation.id] = operation.id
        paths.setdefault(operation.path, []).append(operation.id)
    found |= {path: ids[0] for path, ids in paths.items() if len(ids) == 1}
    return found | {name: name for name in contract.requirements}
