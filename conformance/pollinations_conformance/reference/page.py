"""The API reference: one HTML page that needs nothing else, rendered from the contract.

Stable places in it: an operation by its id (#createChatCompletion), its parameters and the fields of
its body (#createChatCompletion.seed), a requirement by its id (#CHAT-STREAM-03), #deviation-…,
#schema-… with the fields of a schema (#schema-ChatCompletion.choices), #response-…, #header-…,
#parameter-…, #tag-….
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Sequence
from typing import Any

from markupsafe import Markup

from pollinations_conformance.contract import Contract
from pollinations_conformance.http.json import as_list, as_object
from pollinations_conformance.reference.clauses import Clauses
from pollinations_conformance.reference.fields import Fields
from pollinations_conformance.reference.operations import Operations
from pollinations_conformance.reference.prose import KINDS, Json, Prose, anchor, code, component
from pollinations_conformance.reference.schemas import Schemas
from pollinations_conformance.reference.snippets import GATEWAY, MEDIA, Snippets
from pollinations_conformance.reference.views import (
    BodyView,
    Field,
    OperationView,
    ResponseView,
    SchemaView,
)
from pollinations_conformance.reports.templating import asset, environment

_PACKAGE = "pollinations_conformance.reference"
_STYLE, _SCRIPT = "reference.css", "reference.js"
_SAFE_LINK = re.compile(r"(?:https?|mailto):", re.IGNORECASE)


def policy() -> str:
    """Return the Content-Security-Policy that lets the page's own style and script run, no more."""

    def mark(name: str) -> str:
        digest = hashlib.sha256(asset(_PACKAGE, name).encode()).digest()
        return f"'sha256-{base64.b64encode(digest).decode()}'"

    return (
        f"default-src 'none'; style-src {mark(_STYLE)}; script-src {mark(_SCRIPT)}; img-src data:; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )


def render(
    contract: Contract,
    gateway: str = GATEWAY,
    media: str = MEDIA,
    links: Sequence[tuple[str, str]] = (),
) -> str:
    """Return the page.

    Args:
        contract: what to describe.
        gateway: URL that the examples go to.
        media: URL of the media host in the examples.
        links: name and URL of what is beside the page.
    """
    page = _Page(contract, Snippets(contract, gateway, media))
    template = environment(_PACKAGE).get_template("reference.html")
    return template.render(style=_STYLE, script=_SCRIPT, beside=links, **page.values())


class _Page:
    """What the page is made of, part by part, in the order in which they are shown."""

    def __init__(self, contract: Contract, snippets: Snippets) -> None:
        self.contract = contract
        self.document = contract.document
        self.info = as_object(self.document.get("info"))
        self.components = as_object(self.document.get("components"))
        self.prose = Prose(contract)
        self.schemas = Schemas(contract, self.prose)
        self.clauses = Clauses(contract, self.prose)
        self.fields = Fields(self.prose, self.schemas, self.clauses)
        self.operations = Operations(
            contract, snippets, self.prose, self.schemas, self.clauses, self.fields
        )

    def values(self) -> dict[str, Any]:
        """Return what the template needs.

        The order counts: a requirement that is attached to what two parts show has its place in the
        first one.
        """
        title = str(self.info.get("title", "API"))
        return {
            "title": f"{title}: reference",
            "name": title,
            "info": self._info(),
            "servers": self._servers(),
            "coercion": self._coercion(),
            "whole": [self.clauses.of(self.info), self.clauses.of(self.document)],
            "schemes": self._schemes(),
            "failures": self._shared_responses(failures=True),
            "tags": self._tags(),
            "shared": self._shared_responses(failures=False),
            "shared_fields": self._shared_fields(),
            "bodies": self._bodies(),
            "schemas": [self._schema(*item) for item in self._component("schemas").items()],
            "rest": self.clauses.rest(),
            "requirements": list(self.clauses.requirements),
            "deviations": [(anchor("deviation", name), name) for name in self.clauses.deviations],
        }

    def _component(self, kind: str) -> Json:
        return as_object(self.components.get(kind))

    def _info(self) -> Json:
        facts = [
            f"Version {self.info['x-api-version']} of the API"
            if "x-api-version" in self.info
            else "",
            f"contract {self.contract.version}",
            _counted(len(self.contract.operations), "operation"),
            _counted(len(self.contract.requirements), "requirement"),
            _counted(len(self.clauses.deviations), "deviation"),
        ]
        contact, licence = as_object(self.info.get("contact")), as_object(self.info.get("license"))
        links: list[tuple[str, str]] = []
        for node, name in ((contact, "Contact"), (licence, "Licence")):
            url = node.get("url")
            if isinstance(url, str) and _SAFE_LINK.match(url):
                links.append((str(node.get("name", name)), url))
            elif node is licence and node.get("name"):
                facts.append(f"{node['name']} licence")
        return {
            "facts": [fact for fact in facts if fact],
            "links": links,
            "summary": self.prose.inline(self.info.get("summary")),
            "about": self.prose.markdown(self.info.get("description")),
        }

    def _servers(self) -> dict[str, Markup]:
        paths = as_object(self.document.get("paths")).values()
        found: dict[str, Markup] = {}
        nodes = [self.document, *map(as_object, paths)]
        for node in [*nodes, *(operation.raw for operation in self.contract.operations)]:
            for server in map(as_object, as_list(node.get("servers"))):
                about = self.prose.inline(server.get("description"))
                found.setdefault(str(server.get("url", "")), about)
        return found

    def _coercion(self) -> tuple[Markup, dict[str, Markup]]:
        rules = as_object(self.document.get("x-coercion"))
        rows = {
            name: self.prose.inline(text) for name, text in rules.items() if name != "description"
        }
        return self.prose.markdown(rules.get("description")), rows

    def _schemes(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        for name, node in self._component("securitySchemes").items():
            scheme = self.schemas.resolve(node)
            kind, where = str(scheme.get("type", "")), scheme.get("in")
            if kind == "http":
                how = code(f"Authorization: {str(scheme.get('scheme', '')).capitalize()} …")
            elif kind == "apiKey" and where == "query":
                how = code(f"?{scheme.get('name')}=…")
            elif kind == "apiKey":
                how = Markup("{} ({})").format(code(scheme.get("name")), where)
            else:
                how = Markup("{}").format(kind)
            found.append(
                {
                    "name": name,
                    "anchor": anchor("scheme", name),
                    "how": how,
                    "about": self.prose.markdown(scheme.get("description")),
                    "clauses": self.clauses.of(scheme),
                }
            )
        return found

    def _used(self) -> dict[str, set[str]]:
        """Return under which statuses each shared response is used."""
        found: dict[str, set[str]] = {}
        for operation in self.contract.operations:
            for status, node in operation.responses.items():
                named = component(node)
                if named is not None:
                    found.setdefault(named[1], set()).add(str(status))
        return found

    def _shared_responses(self, failures: bool) -> list[ResponseView]:
        """Return the responses that operations share: failures by first use, others as declared."""
        used = self._used()
        declared = self._component("responses")
        found: list[ResponseView] = []
        for name in used if failures else declared:
            statuses = sorted(used.get(name, ()))
            good = not statuses or any(status.startswith("2") for status in statuses)
            if good is not failures:
                node = as_object(declared.get(name))
                found.append(self.operations.shared_response(name, node, statuses))
        return found

    def _tags(self) -> list[tuple[str, str, Markup, list[OperationView]]]:
        """Return the tags that have operations: anchor, title, description, operations."""
        about = {
            str(as_object(tag).get("name")): as_object(tag).get("description", "")
            for tag in as_list(self.document.get("tags"))
        }
        used = dict.fromkeys(operation.tag for operation in self.contract.operations)
        names = [*(name for name in about if name in used), *(n for n in used if n not in about)]
        return [
            (
                anchor("tag", name or "none"),
                (name or "operations").capitalize(),
                self.prose.markdown(about.get(name)),
                [
                    self.operations.operation(operation)
                    for operation in self.contract.operations
                    if operation.tag == name
                ],
            )
            for name in names
        ]

    def _shared_fields(self) -> list[tuple[str, list[Field]]]:
        found: list[tuple[str, list[Field]]] = []
        for kind, title in (("parameters", "Parameters"), ("headers", "Headers")):
            fields = [
                self.fields.value(
                    str(as_object(node).get("name", name)), node, anchor(KINDS[kind], name)
                )
                for name, node in self._component(kind).items()
            ]
            if fields:
                found.append((title, fields))
        return found

    def _bodies(self) -> list[BodyView]:
        nodes = self._component("requestBodies").items()
        return [self.operations.body(as_object(node), shared=name) for name, node in nodes]

    def _schema(self, name: str, node: Any) -> SchemaView:
        schema = as_object(node)
        place = anchor("schema", name)
        return SchemaView(
            name=name,
            anchor=place,
            about=self.prose.markdown(schema.get("description")),
            kind=self.schemas.kind(schema),
            facts=self.schemas.facts(schema),
            blocks=self.fields.below(schema, 0, (name,), own=True, anchor=place),
            clauses=self.clauses.of(schema),
        )


def _counted(count: int, one: str) -> str:
    return f"{count} {one}" if count == 1 else f"{count} {one}s"
