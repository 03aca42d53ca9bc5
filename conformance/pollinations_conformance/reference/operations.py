"""Operations and their responses, as the page shows them."""

from __future__ import annotations

from typing import Any, cast

from markupsafe import Markup

from pollinations_conformance.contract import Contract, Operation
from pollinations_conformance.http.json import as_list, as_object
from pollinations_conformance.reference.clauses import Clauses, evidence
from pollinations_conformance.reference.fields import Fields
from pollinations_conformance.reference.prose import Json, Prose, anchor, code, component
from pollinations_conformance.reference.schemas import Schemas
from pollinations_conformance.reference.snippets import Snippets, pretty
from pollinations_conformance.reference.views import (
    BodyView,
    Example,
    Field,
    OperationView,
    ResponseView,
)

DEPTH = 3
"""How many named schemas deep an operation's fields are unfolded in place."""
LOCATIONS = (
    ("path", "In the path"),
    ("query", "In the query"),
    ("header", "Headers of the request"),
    ("cookie", "Cookies"),
)


class Operations:
    """Makes the views of operations, request bodies and responses.

    Args:
        contract: that has them.
        snippets: writes requests to copy.
        prose: renders texts.
        schemas: describes schemas.
        clauses: has requirements and deviations.
        fields: makes the views of parameters, headers and fields.
    """

    def __init__(
        self,
        contract: Contract,
        snippets: Snippets,
        prose: Prose,
        schemas: Schemas,
        clauses: Clauses,
        fields: Fields,
    ) -> None:
        self._contract = contract
        self._snippets = snippets
        self._prose = prose
        self._schemas = schemas
        self._clauses = clauses
        self._fields = fields

    def operation(self, operation: Operation) -> OperationView:
        """Return the view of an operation."""
        raw = operation.raw
        sides = self._contract.hosts.items()
        sdk = as_object(raw.get("x-sdk"))
        good = [
            self._schemas.resolve(node)
            for status, node in operation.responses.items()
            if str(status).startswith("2")
        ]
        parameters = self._parameters(operation)
        node = raw.get("requestBody")
        depth = 0 if operation.deprecated else DEPTH
        body = None if node is None else self.body(node, operation.id, depth)
        own, shared = self._responses(operation)
        return OperationView(
            id=operation.id,
            title=str(raw.get("summary", operation.id)).rstrip("."),
            method=operation.method,
            host=next((host for host, side in sides if side == operation.host), ""),
            path=operation.path,
            call=f"client.{sdk['resource']}.{sdk['method']}"
            if {"resource", "method"} <= sdk.keys()
            else "",
            deprecated=operation.deprecated,
            key=_key(operation),
            about=self._prose.markdown(raw.get("description")),
            aliases=_aliases(operation),
            snippets=self._snippets.of(operation),
            examples=[example for response in good for example in self._examples(response)],
            parameters=parameters,
            body=body,
            own_responses=own,
            shared_responses=shared,
            links=[link for response in good for link in self._links(response)],
            clauses=self._clauses.of(raw),
        )

    def _parameters(self, operation: Operation) -> list[tuple[str, list[Field]]]:
        path_item = as_object(as_object(self._contract.document.get("paths")).get(operation.path))
        given = [*as_list(path_item.get("parameters")), *as_list(operation.raw.get("parameters"))]
        nodes: dict[tuple[str, Any], Any] = {}
        for node in given:
            if parameter := self._schemas.resolve(node):
                nodes[str(parameter.get("name")), parameter.get("in")] = node
        found: list[tuple[str, list[Field]]] = []
        for where, title in LOCATIONS:
            fields = [
                self._fields.value(
                    name, node, f"{operation.id}.{name}", own=component(node) is None, depth=1
                )
                for (name, location), node in nodes.items()
                if location == where
            ]
            if fields:
                found.append((title, fields))
        return found

    def body(self, node: Any, owner: str = "", depth: int = 0, shared: str = "") -> BodyView:
        """Return the view of the body of a request.

        Args:
            node: of the contract.
            owner: anchor that those of its fields begin with, if they have a place of their own.
            depth: how many named schemas deep fields are unfolded.
            shared: name of the component, where the component itself is shown.
        """
        body = self._schemas.resolve(node)
        own = component(node) is None
        return BodyView(
            name=shared,
            anchor=anchor("body", shared) if shared else "",
            required=bool(body.get("required")),
            about=self._prose.markdown(body.get("description")),
            media=self._fields.media(body, own, depth, owner),
            clauses=self._clauses.of(body, own),
        )

    # -- responses --------------------------------------------------------------------------------

    def _responses(self, operation: Operation) -> tuple[list[ResponseView], list[ResponseView]]:
        """Return the responses that are shown at the operation, and those that it links to."""
        own: list[ResponseView] = []
        shared: list[ResponseView] = []
        depth = 0 if operation.deprecated else DEPTH
        for status, node in operation.responses.items():
            named = component(node)
            response = self._schemas.resolve(node)
            about = self._prose.inline(response.get("description"))
            if str(status).startswith("2") or named is None:
                media = self._fields.media(response, named is None, depth)
                headers = self._headers(response)
                clauses = self._clauses.of(response, named is None)
                own.append(
                    ResponseView([status], about, media=media, headers=headers, clauses=clauses)
                )
            else:
                place = anchor("response", named[1])
                shared.append(ResponseView([status], about, name=named[1], anchor=place))
        return own, shared

    def shared_response(self, name: str, node: Json, statuses: list[str]) -> ResponseView:
        """Return the view of a response that several operations share.

        Args:
            name: of the component.
            node: the component.
            statuses: under which it is used.
        """
        return ResponseView(
            statuses=statuses,
            about=self._prose.markdown(node.get("description")),
            name=name,
            anchor=anchor("response", name),
            media=self._fields.media(node, own=True, depth=1),
            headers=self._headers(node),
            examples=self._examples(node),
            clauses=self._clauses.of(node),
        )

    def _headers(self, response: Json) -> list[Field]:
        found: list[Field] = []
        for name, node in as_object(response.get("headers")).items():
            named = component(node)
            shared = anchor("header", named[1]) if named else ""
            found.append(self._fields.header(name, node, shared))
        return found

    def _examples(self, response: Json) -> list[Example]:
        """Return the examples of a response that can be read; bytes cannot."""
        found: list[Example] = []
        for media_type, node in as_object(response.get("content")).items():
            form = as_object(node)
            if self._schemas.resolve(form.get("schema")).get("format") == "binary":
                continue
            entries = list(as_object(form.get("examples")).items())
            if "example" in form:
                entries.append(("An example", {"value": form["example"]}))
            for name, entry in entries:
                example = self._schemas.resolve(entry)
                if "value" in example:
                    title = str(example.get("summary", name))
                    found.append(Example(title, media_type, _sent(media_type, example["value"])))
        return found

    def _links(self, response: Json) -> list[Markup]:
        found: list[Markup] = []
        for node in as_object(response.get("links")).values():
            link = self._schemas.resolve(node)
            given = Markup(", ").join(
                Markup("{} = {}").format(code(name), code(value))
                for name, value in as_object(link.get("parameters")).items()
            )
            about = self._prose.inline(link.get("description"))
            target = self._prose.code(str(link.get("operationId", "")))
            found.append(Markup("{} {} with {}").format(about, target, given))
        return found


def _key(operation: Operation) -> str:
    if not operation.security:
        return "no key needed"
    return "key optional" if {} in operation.security else "needs a key"


def _aliases(operation: Operation) -> list[tuple[Markup, str]]:
    found: list[tuple[Markup, str]] = []
    for alias in map(as_object, as_list(operation.raw.get("x-aliases"))):
        if "path" in alias:
            where = code(alias["path"])
        else:
            where = Markup("every path that matches {}").format(code(alias.get("pattern")))
        found.append((where, evidence(map(as_object, as_list(alias.get("evidence"))))))
    return found


def _sent(media_type: str, value: Any) -> str:
    """Return an example of a response as it is sent."""
    if media_type == "text/event-stream" and isinstance(value, dict):
        return "".join(f"{name}: {text}\n" for name, text in cast("Json", value).items())
    return value if isinstance(value, str) and not media_type.endswith("json") else pretty(value)
