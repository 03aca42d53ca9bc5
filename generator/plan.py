"""The operations of the contract beside what the generator parsed of them.

The generator's view gives paths, parameters, bodies, types and names, and the templates render it. Missing from it, and
added here from the contract:

- security of an operation beyond yes and no (openapi-python-client issue 645), and its server (issue 112);
- second media types of responses (issue 1248), event streams among them, for which there is no issue;
- descriptions of parameters (issue 1411);
- `x-sdk`, our names for the methods.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from openapi_python_client.parser.openapi import Endpoint, GeneratorData
from openapi_python_client.parser.properties import (
    LiteralEnumProperty,
    ModelProperty,
)
from openapi_python_client.parser.properties.file import FileProperty
from openapi_python_client.parser.properties.list_property import ListProperty
from openapi_python_client.parser.properties.protocol import PropertyProtocol as Property
from openapi_python_client.strings import PythonIdentifier

from generator.components import Components, PlanError, is_nullable, json_name, python_name
from generator.text import paragraphs, parameter_doc, sentence

Json = dict[str, Any]

STREAM = "text/event-stream"
METHODS = ("get", "put", "post", "delete", "options", "head", "patch")
SELECTORS = {
    # An argument whose value requests another kind of response: media type -> (argument, values).
    STREAM: ("stream", ()),
    "text/csv": ("format", ("csv",)),
    "text/plain": ("response_format", ("text", "srt", "vtt")),
}


@dataclass
class Argument:
    """One argument of a method."""

    source: Property
    place: str
    doc: str

    @property
    def name(self) -> str:
        """Return its name in the request."""
        return json_name(self.source)

    @property
    def python(self) -> str:
        """Return its name in Python."""
        return python_name(self.source)

    @property
    def required(self) -> bool:
        """Return whether it must be given."""
        return self.source.required

    @property
    def nullable(self) -> bool:
        """Return whether the service accepts null, so that None is sent and UNSET is not."""
        return self.place == "body" and is_nullable(self.source)


@dataclass
class Call:
    """One operation as its method and its functions show it."""

    id: str
    endpoint: Endpoint
    method: str
    path: str
    host: str
    auth: str
    paid: bool
    answer: str
    accepts: tuple[str, ...]
    model: str
    item: str
    final: str
    idempotent: bool
    resource: str
    name: str
    summary: str
    doc: str
    deprecated: bool
    arguments: list[Argument]
    body: str
    """Kind of body: "", `json`, `multipart` or `upload`."""
    body_model: str
    selector: str
    selector_values: tuple[str, ...]

    @property
    def module(self) -> str:
        """Return the module of its functions."""
        return f"{self.endpoint.tags[0]}.{self.endpoint.name}"

    @property
    def constant(self) -> str:
        """Name the operation in modules that know several."""
        return self.endpoint.name.upper()

    @property
    def result(self) -> str:
        """Return the type of a plain response."""
        return {
            "json": self.model,
            "list": f"builtins.list[{self.model}]",
            "text": "Text",
            "binary": "Binary",
            "head": "Metadata",
        }[self.answer]

    def alternative(self, asynchronous: bool) -> str:
        """Return the type of the response that the selecting argument requests; "" when there is none."""
        if self.selector and self.item:
            return f"{'AsyncStream' if asynchronous else 'Stream'}[{self.item}, {self.final}]"
        return "Text" if self.selector else ""

    def everything(self, asynchronous: bool) -> str:
        """Return the type of any response."""
        return " | ".join(filter(None, (self.result, self.alternative(asynchronous))))

    @property
    def of(self) -> dict[str, list[Argument]]:
        """Group the arguments by place."""
        groups: dict[str, list[Argument]] = {"path": [], "query": [], "body": []}
        for argument in self.arguments:
            groups[argument.place].append(argument)
        return groups

    @property
    def files(self) -> list[str]:
        """Return the names of the body's fields that hold files."""
        return [a.name for a in self.of["body"] if isinstance(a.source, FileProperty)]

    def typed(self, plan: Plan, places: tuple[str, ...]) -> set[str]:
        """Return the components that the types of its arguments name."""
        return set(plan.references("", [a.source for a in self.arguments if a.place in places]))

    @property
    def models(self) -> list[str]:
        """Return the components that its description for the runtime refers to."""
        return sorted({name for name in (self.model, self.item, self.final) if name})


@dataclass
class Resource:
    """A node of the client's tree: methods, and resources below it."""

    name: str
    title: str
    doc: str
    calls: list[Call] = field(default_factory=list[Call])
    children: list[Resource] = field(default_factory=list["Resource"])

    def walk(self) -> list[Resource]:
        """Return the resources below, deepest first, then this one."""
        return [found for child in self.children for found in child.walk()] + [self]

    def typed(self, plan: Plan) -> set[str]:
        """Return the components that the types of its methods name."""
        places = ("path", "query", "body")
        return {name for c in self.all_calls for name in (*c.models, *c.typed(plan, places))}

    @property
    def all_calls(self) -> list[Call]:
        """Return the calls of this resource and of all below."""
        return [call for resource in self.walk() for call in resource.calls]


class Plan(Components):
    """The contract beside the generator's view of it.

    Args:
        document: the contract.
        data: what the generator parsed of it.
        named: what it parsed of each component.
    """

    def __init__(self, document: Json, data: GeneratorData, named: dict[str, Property]) -> None:
        super().__init__(document, data.models, named)
        self.version = str(document["info"]["version"])
        self.api_version = str(document["info"].get("x-api-version", self.version))
        self.title: str = document["info"]["title"]
        self.servers = self._servers()
        endpoints = {
            str(endpoint.name): endpoint
            for tag in data.endpoint_collections_by_tag.values()
            for endpoint in tag.endpoints
        }
        self.calls = [
            self._call(path, method, item, endpoints)
            for path, item in document["paths"].items()
            for method in METHODS
            if method in item
        ]
        whole = {
            call.item: call.model for call in self.calls if call.item and call.answer == "json"
        }
        for call in self.calls:
            call.final = whole.get(call.item, "")
            if call.item and not call.final:
                raise PlanError(f"{call.id}: no operation returns {call.item} as a whole")
        self.items = set(whole)
        self.resources = self._resources()

    # -- operations ----------------------------------------------------------------------------------

    def call(self, name: str) -> Call:
        """Find the operation that the generator calls `name`."""
        return next(call for call in self.calls if call.endpoint.name == name)

    def _call(self, path: str, method: str, item: Json, endpoints: dict[str, Endpoint]) -> Call:
        where = f"{method.upper()} {path}"
        operation: Json = item[method]
        identity, sdk = operation.get("operationId"), operation.get("x-sdk")
        if not identity or not sdk:
            raise PlanError(f"{where}: operationId and x-sdk are needed")
        endpoint = endpoints.get(PythonIdentifier(identity, prefix=""))
        if endpoint is None:
            raise PlanError(f"the generator dropped the operation {identity}")
        success = [code for code in operation["responses"] if code[0] == "2"]
        if len(success) != 1:
            raise PlanError(f"{where}: exactly one success can be laid out, not {sorted(success)}")
        parsed = [
            r for r in endpoint.responses.patterns if str(r.status_code.pattern) == success[0]
        ]
        if not parsed:
            raise PlanError(f"the generator dropped the success response of {identity}")
        content: Json = self.resolve(operation["responses"][success[0]]).get("content", {})
        accepts = tuple(name for name in content if name != STREAM)
        answer, model = self._answer(accepts, parsed[0].prop, where)
        body, body_model = self._body(endpoint, where)
        arguments = self._arguments(endpoint, item, operation, body_model, where)
        chosen = [
            (name, values)
            for media, (name, values) in SELECTORS.items()
            if media in content and media != next(iter(content))
            if any(argument.name == name for argument in arguments)
        ]
        if len(chosen) > 1:
            raise PlanError(f"{where}: two arguments select the kind of response")
        security = operation["security"]
        safe = method in ("get", "head") or body == "upload"
        return Call(
            id=identity,
            endpoint=endpoint,
            method=method.upper(),
            path=path,
            host=self._host(item, operation, where),
            auth="none" if not security else "optional" if {} in security else "required",
            paid="402" in operation["responses"],
            answer=answer,
            accepts=accepts,
            model=model,
            item=str(content.get(STREAM, {}).get("x-stream-item", "")).rsplit("/", 1)[-1],
            final="",
            idempotent="402" not in operation["responses"] and safe,
            resource=sdk["resource"],
            name=sdk["method"],
            summary=sentence(operation.get("summary", identity)),
            doc=paragraphs(operation.get("description", "")),
            deprecated=bool(operation.get("deprecated")),
            arguments=arguments,
            body=body,
            body_model=body_model,
            selector=chosen[0][0] if chosen else "",
            selector_values=chosen[0][1] if chosen else (),
        )

    def other_values(self, call: Call) -> list[Any]:
        """Return the listed values of the selecting argument that request the usual kind of response."""
        found = next(a.source for a in call.arguments if a.name == call.selector)
        listed = self.values(found) if isinstance(found, LiteralEnumProperty) else []
        return [value for value in listed if value not in call.selector_values]

    def _answer(self, accepts: tuple[str, ...], item: Property, where: str) -> tuple[str, str]:
        if not accepts:
            return "head", ""
        if accepts[0] != "application/json":
            return ("text" if accepts[0].startswith("text/") else "binary"), ""
        inner = item.inner_property if isinstance(item, ListProperty) else item
        if not isinstance(inner, ModelProperty) or self.is_map(inner):
            raise PlanError(f"{where}: a JSON response must be a named component, or a list of one")
        return "list" if isinstance(item, ListProperty) else "json", str(inner.class_info.name)

    def _body(self, endpoint: Endpoint, where: str) -> tuple[str, str]:
        if not endpoint.bodies:
            return "", ""
        props = [body.prop for body in endpoint.bodies]
        names = [str(p.class_info.name) if isinstance(p, ModelProperty) else "" for p in props]
        if len(names) > 1:
            # Several forms of one upload: the runtime writes them, and these are the names it uses.
            known = [sorted(json_name(f) for f in self.fields(name)) for name in names if name]
            if not all("file" in k or k == ["contentType", "data", "name"] for k in known):
                raise PlanError(f"{where}: upload forms other than file, or data/contentType/name")
            return "upload", ""
        kind = {"json": "json", "files": "multipart"}.get(str(endpoint.bodies[0].body_type))
        if kind is None or names[0] not in self.modules:
            raise PlanError(f"{where}: a body must be a named component as JSON or a form")
        return kind, names[0]

    def _arguments(
        self, endpoint: Endpoint, item: Json, operation: Json, body: str, where: str
    ) -> list[Argument]:
        raw = [
            self.resolve(p) for p in [*item.get("parameters", []), *operation.get("parameters", [])]
        ]
        known = {p["name"]: parameter_doc(p, self.resolve) for p in raw}
        if endpoint.header_parameters or endpoint.cookie_parameters:
            raise PlanError(f"{where}: a parameter in header or cookie is not laid out")
        arguments = [
            Argument(found, place, known[json_name(found)])
            for place, group in (
                ("path", endpoint.path_parameters),
                ("query", endpoint.query_parameters),
            )
            for found in sorted(group, key=lambda p: [*known].index(json_name(p)))
        ]
        if body:
            arguments += [Argument(f, "body", self.describe(body, f)) for f in self.fields(body)]
        arguments.sort(key=lambda a: (("path", "query", "body").index(a.place), not a.required))
        names = [argument.python for argument in arguments]
        for name in names:
            if names.count(name) > 1:
                raise PlanError(f"{where}: two arguments are called {name}")
        return arguments

    def _host(self, item: Json, operation: Json, where: str) -> str:
        url = (operation.get("servers") or item.get("servers") or self.document["servers"])[0][
            "url"
        ]
        for name, known in self.servers.items():
            if url.rstrip("/") == known:
                return name
        raise PlanError(f"{where}: unknown server {url}")

    def _servers(self) -> dict[str, str]:
        found = {"gateway": self.document["servers"][0]["url"].rstrip("/")}
        named = [
            s["url"] for item in self.document["paths"].values() for s in item.get("servers", [])
        ]
        others = {url.rstrip("/") for url in named} - set(found.values())
        if len(others) != 1:
            raise PlanError(f"expected one main server and one for media, found {sorted(others)}")
        return {**found, "media": others.pop()}

    def _resources(self) -> list[Resource]:
        tags = self.document.get("tags", [])
        about = {
            str(PythonIdentifier(t["name"], prefix="")): t.get("description", "") for t in tags
        }
        roots: list[Resource] = []
        for call in self.calls:
            level = roots
            path: list[str] = []
            node: Resource | None = None
            for part in call.resource.split("."):
                path.append(part)
                node = next((resource for resource in level if resource.name == part), None)
                if node is None:
                    words = "".join(word.capitalize() for name in path for word in name.split("_"))
                    doc = paragraphs(about.get(part, "")) if len(path) == 1 else ""
                    doc = doc or f"{' '.join(path).capitalize()}."
                    node = Resource(part, f"{words}Resource", doc)
                    level.append(node)
                level = node.children
            if node is None:
                raise PlanError(f"{call.id}: x-sdk.resource is empty")
            node.calls.append(call)
        return roots
