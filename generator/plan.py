"""What the overlays need to know and the generator's parsed view does not hold.

The generator's view gives models, properties, types, required and nullable, names and parameters, and the templates
render it. Missing from it, and added here from the contract:

- security of an operation beyond yes and no (openapi-python-client issue 645), and its server (issue 112);
- second media types of responses (issue 1248), event streams among them, for which there is no issue;
- tags of unions (issue 219), and the names of unions, which are written out wherever they occur (no issue);
- descriptions of parameters (issue 1411) and beside references, ranges, and defaults of the service;
- `x-sdk`, our names for the methods.
"""

from __future__ import annotations

import keyword
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from graphlib import CycleError, TopologicalSorter
from typing import Any, TypeGuard

from openapi_python_client.parser.openapi import Endpoint, GeneratorData
from openapi_python_client.parser.properties import (
    AnyProperty,
    LiteralEnumProperty,
    ModelProperty,
)
from openapi_python_client.parser.properties.const import ConstProperty
from openapi_python_client.parser.properties.datetime import DateTimeProperty
from openapi_python_client.parser.properties.file import FileProperty
from openapi_python_client.parser.properties.list_property import ListProperty
from openapi_python_client.parser.properties.none import NoneProperty
from openapi_python_client.parser.properties.protocol import PropertyProtocol as Property
from openapi_python_client.parser.properties.union import UnionProperty
from openapi_python_client.strings import PythonIdentifier

from generator.text import field_doc, paragraphs, parameter_doc, sentence

Json = dict[str, Any]

STREAM = "text/event-stream"
METHODS = ("get", "put", "post", "delete", "options", "head", "patch")
SELECTORS = {
    # An argument whose value asks for another kind of response: media type -> (argument, values).
    STREAM: ("stream", ()),
    "text/csv": ("format", ("csv",)),
    "text/plain": ("response_format", ("text", "srt", "vtt")),
}
ALSO_TAKEN = {
    # A received message is sent back as the next request's history, although the contract names it otherwise there.
    "ChatMessage": "AssistantMessage",
}
EXPECTED = {
    # Optional in the contract, but there in every response recorded: typed as present, so that the most common lines
    # need no test for None. Reading one that is missing after all raises MissingFieldError.
    ("ChatChoice", "index"),
    ("ChatChoice", "message"),
    ("Transcription", "text"),
}
MODEL_MEMBERS = {"from_dict", "to_dict", "additional_properties"}
TAGS = ("type", "role", "object")
"""Fields that tell the members of a union apart where the contract names no discriminator."""


class PlanError(Exception):
    """The contract says something that the overlays cannot lay out."""


def json_name(item: Property) -> str:
    """Give the name of a property as it stands in JSON."""
    return item.name.get_untrusted_value()


def python_name(item: Property) -> str:
    """Give the generator's name of an attribute or argument, without the underscore that only builtins caused."""
    bare = item.python_name.removesuffix("_")
    needed = keyword.iskeyword(bare) or bare in MODEL_MEMBERS or not item.python_name.endswith("_")
    return f"{bare}_" if (needed and bare != item.python_name) or bare in MODEL_MEMBERS else bare


def is_nullable(item: Property) -> bool:
    """Tell whether null is allowed for a property."""
    if isinstance(item, UnionProperty):
        return any(is_nullable(member) for member in item.inner_properties)
    return isinstance(item, NoneProperty | AnyProperty)


@dataclass
class Argument:
    """One argument of a method."""

    source: Property
    place: str
    doc: str

    @property
    def name(self) -> str:
        """Give its name in the request."""
        return json_name(self.source)

    @property
    def python(self) -> str:
        """Give its name in Python."""
        return python_name(self.source)

    @property
    def required(self) -> bool:
        """Tell whether it must be given."""
        return self.source.required

    @property
    def nullable(self) -> bool:
        """Tell whether the service accepts null, so that None is sent and UNSET is not."""
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
        """Give the module of its functions."""
        return f"{self.endpoint.tags[0]}.{self.endpoint.name}"

    @property
    def constant(self) -> str:
        """Name the operation in modules that know several."""
        return self.endpoint.name.upper()

    @property
    def result(self) -> str:
        """Give the type of a plain response."""
        return {
            "json": self.model,
            "list": f"builtins.list[{self.model}]",
            "text": "Text",
            "binary": "Binary",
            "head": "Metadata",
        }[self.answer]

    def alternative(self, asynchronous: bool) -> str:
        """Give the type of the response that the selecting argument asks for; "" when there is none."""
        if self.selector and self.item:
            return f"{'AsyncStream' if asynchronous else 'Stream'}[{self.item}, {self.final}]"
        return "Text" if self.selector else ""

    def everything(self, asynchronous: bool) -> str:
        """Give the type of any response."""
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
        """Give the names of the body's fields that hold files."""
        return [a.name for a in self.of["body"] if isinstance(a.source, FileProperty)]

    def typed(self, plan: Plan, places: tuple[str, ...]) -> set[str]:
        """Give the components that the types of its arguments name."""
        return set(plan.references("", [a.source for a in self.arguments if a.place in places]))

    @property
    def models(self) -> list[str]:
        """Give the components that its description for the runtime refers to."""
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
        """Give the resources below, deepest first, then this one."""
        return [found for child in self.children for found in child.walk()] + [self]

    def typed(self, plan: Plan) -> set[str]:
        """Give the components that the types of its methods name."""
        places = ("path", "query", "body")
        return {name for c in self.all_calls for name in (*c.models, *c.typed(plan, places))}

    @property
    def all_calls(self) -> list[Call]:
        """Give the calls of this resource and of all below."""
        return [call for resource in self.walk() for call in resource.calls]


class Plan:
    """The contract beside the generator's view of it.

    Args:
        document: the contract.
        data: what the generator parsed of it.
        named: what it parsed of each component.
    """

    def __init__(self, document: Json, data: GeneratorData, named: dict[str, Property]) -> None:
        self.document = document
        self.schemas: Json = document["components"]["schemas"]
        self.version = str(document["info"]["version"])
        self.api_version = str(document["info"].get("x-api-version", self.version))
        self.title: str = document["info"]["title"]
        self.models = {str(m.class_info.name): m for m in data.models}
        self.unions = {k: v for k, v in named.items() if isinstance(v, UnionProperty)}
        self.modules = {name: str(PythonIdentifier(name, prefix="")) for name in named}
        self.check_components(named)
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

    def resolve(self, node: Json) -> Json:
        """Follow a reference to any component."""
        for _ in range(10):
            if "$ref" not in node:
                return node
            target: Any = self.document
            for part in str(node["$ref"]).removeprefix("#/").split("/"):
                target = target[part.replace("~1", "/").replace("~0", "~")]
            node = target
        raise PlanError(f"cannot follow {node['$ref']}")

    # -- models --------------------------------------------------------------------------------------

    def check_components(self, named: dict[str, Property]) -> None:
        """Refuse what the overlays cannot lay out as a module of its own."""
        graph: dict[str, set[str]] = {}
        for name, item in named.items():
            known = isinstance(item, UnionProperty | LiteralEnumProperty)
            if not known and not (isinstance(item, ModelProperty) and self.fields(name)):
                raise PlanError(f"{name} is no object with properties, enumeration or union")
            graph[name] = set(self.references(name))
            if isinstance(item, UnionProperty):
                self.dispatch(self.objects(self.members(item, name)[1]), name)
        try:
            TopologicalSorter(graph).prepare()
        except CycleError as error:
            circle = " -> ".join(error.args[1])
            raise PlanError(f"components that hold each other are not laid out: {circle}") from None

    def fields(self, name: str) -> list[Property]:
        """Give the properties of a model, the required ones first."""
        model = self.models[name]
        return [*(model.required_properties or []), *(model.optional_properties or [])]

    def is_map(self, item: ModelProperty) -> bool:
        """Tell whether an object has no described properties: the generator makes a class of it, we a dict."""
        if str(item.class_info.name) in self.modules:
            return False
        if self.fields(str(item.class_info.name)):
            raise PlanError(
                f"{json_name(item)}: an object with properties must be a named component"
            )
        return True

    def is_component(self, item: LiteralEnumProperty) -> bool:
        """Tell whether an enumeration has a name of its own."""
        return str(item.class_info.name) in self.modules

    def values_of_map(self, item: ModelProperty) -> Property | None:
        """Give what the values of a map are; None when they can be anything."""
        extra = self.models[str(item.class_info.name)].additional_properties
        return None if extra is None or isinstance(extra, AnyProperty) else extra

    def values(self, item: LiteralEnumProperty) -> list[Any]:
        """Give the values of an enumeration in the order of the contract; the generator keeps a set (issue 1442)."""
        return next(found for found in enumerations(self.document) if set(found) == item.values)

    def members(self, union: UnionProperty, own: str = "") -> tuple[list[str], list[Property]]:
        """Give back the names of the unions that the generator dissolved into a union.

        Args:
            union: the union.
            own: its own name, when it has one.

        Returns:
            The named unions, and the members that belong to none.
        """
        names: list[str] = []
        rest = {json_name(member): member for member in union.inner_properties}
        for name, other in sorted(self.unions.items(), key=lambda kv: -len(kv[1].inner_properties)):
            keys = {json_name(member) for member in other.inner_properties}
            if name != own and keys <= rest.keys():
                names.append(name)
                rest = {key: member for key, member in rest.items() if key not in keys}
        return names, list(rest.values())

    def only_member(self, union: UnionProperty) -> str | Property | None:
        """Give the one member of a union beside null, as its name when it is a union; None when there are several."""
        names, rest = self.members(union)
        others = [member for member in rest if not isinstance(member, NoneProperty)]
        found: list[str | Property] = [*names, *others]
        return found[0] if len(found) == 1 else None

    def objects(self, members: list[Property]) -> list[ModelProperty]:
        """Give the members of a union that are models."""
        return [m for m in members if isinstance(m, ModelProperty) and not self.is_map(m)]

    def converts(self, name: str) -> bool:
        """Tell whether decoding a component makes models of it."""
        return name in self.models or any(map(self.converts, self.references(name)))

    def references(self, name: str, own: Iterable[Property] | None = None) -> list[str]:
        """Give the components that a component, or the given properties, refer to."""
        if own is not None:
            found = {other for item in own for other in self._referred(item)}
        elif name in self.unions:
            found = {*self._referred(self.unions[name], name), ALSO_TAKEN.get(name, "")} - {""}
        else:
            fields = self.fields(name) if name in self.models else []
            found = {other for item in fields for other in self._referred(item)}
        return sorted(found)

    def parts(self, item: Property, own: str = "") -> tuple[list[str], list[Property]]:
        """Give the named unions and the properties that a list, map or union consists of."""
        if isinstance(item, UnionProperty):
            return self.members(item, own)
        if isinstance(item, ListProperty):
            return [], [item.inner_property]
        if isinstance(item, ModelProperty) and self.is_map(item):
            values = self.values_of_map(item)
            return [], [values] if values else []
        return [], []

    def _referred(self, item: Property, own: str = "") -> Iterator[str]:
        if isinstance(item, ModelProperty | LiteralEnumProperty):
            name = str(item.class_info.name)
            if name in self.modules:
                yield name
                return
        names, rest = self.parts(item, own)
        yield from names
        for member in rest:
            yield from self._referred(member)

    def converter(self, item: Property) -> str:
        """Name the one function that makes an attribute of a decoded value; "" when there is none, or several."""
        if isinstance(item, DateTimeProperty):
            return "read_datetime"
        if isinstance(item, ModelProperty):
            return "" if self.is_map(item) else f"as_{item.class_info.module_name}"
        if isinstance(item, ListProperty):
            inner = self.converter(item.inner_property)
            return inner.replace("as_", "as_list_of_", 1) if inner.startswith("as_") else ""
        only = self.only_member(item) if isinstance(item, UnionProperty) else None
        if isinstance(only, str):
            return f"as_{self.modules[only]}" if self.converts(only) else ""
        return self.converter(only) if only else ""

    @cached_property
    def converters(self) -> set[str]:
        """Give the functions that decoding all models takes."""
        found = set[str]()
        for name in self.models.keys() & self.modules.keys():
            for item in self.fields(name):
                found.update(self._converting(item))
        for name, union in self.unions.items():
            found.update(self._converting(union, name))
        return found

    def _converting(self, item: Property, own: str = "") -> Iterator[str]:
        one = "" if own else self.converter(item)
        if one:
            yield from (one, one.replace("as_list_of_", "as_", 1))
            return
        names, rest = self.parts(item, own)
        yield from (f"as_{self.modules[name]}" for name in names if self.converts(name))
        models = self.objects(rest) if isinstance(item, UnionProperty) else []
        for member in rest:
            if len(models) < 2 or member not in models:
                yield from self._converting(member)

    def imports(self, names: Iterable[str], prefix: str) -> list[str]:
        """Write the import lines for components and what their modules offer; ruff drops what is not used."""
        lines: list[str] = []
        for name in sorted(names):
            module = self.modules[name]
            offers = [
                name,
                *([f"{name}Input"] if name in self.unions and self.converts(name) else []),
            ]
            offers += sorted(self.converters & {f"as_{module}", f"as_list_of_{module}"})
            lines.append(f"from {prefix}{module} import {', '.join(offers)}")
        return lines

    def dispatch(
        self, members: list[ModelProperty], name: str = ""
    ) -> tuple[str, dict[str, str], str]:
        """Say how the models of a union are told apart.

        Args:
            members: models of the union.
            name: name of the union, when it has one.

        Returns:
            The field that tells, the model for each of its values, and the model for any other value; "" for the
            field when only the fields that are there can tell.
        """
        models = [str(member.class_info.name) for member in members]
        named = self.schemas.get(name, {}).get("discriminator", {}).get("propertyName")
        for tag in [named] if named else TAGS:
            kinds: dict[str, str] = {}
            others: list[str] = []
            for model in models:
                found = next((f for f in self.fields(model) if json_name(f) == tag), None)
                if found is None:
                    break
                values = [found.value.raw_value] if isinstance(found, ConstProperty) else []
                if isinstance(found, LiteralEnumProperty):
                    values = self.values(found)
                others += [] if values else [model]
                for value in values:
                    if value in kinds:
                        raise PlanError(f"{model} and {kinds[value]} share the tag {value}")
                    kinds[value] = model
            else:
                if kinds and len(others) <= 1:
                    return tag, kinds, others[0] if others else "None"
        return "", {}, "None"

    def needed(self, name: str) -> tuple[str, ...]:
        """Give the fields without which a response is not of a kind: its lists, or all that cannot be null."""
        sure = [f for f in self.fields(name) if f.required and not is_nullable(f)]
        lists = [f for f in sure if isinstance(f, ListProperty)]
        return tuple(json_name(f) for f in lists or sure)

    def is_expected(self, name: str, item: Property) -> bool:
        """Tell whether a field is typed as present although the contract calls it optional."""
        return (name, json_name(item)) in EXPECTED

    def describe(self, name: str, item: Property) -> str:
        """Describe a field of a model: the words beside it, else those of the component it is, and its range."""
        return field_doc(self.schemas[name]["properties"][json_name(item)], self.resolve)

    def renamed(self, name: str) -> dict[str, str]:
        """Give the JSON names of the attributes that are called otherwise."""
        names = {python_name(f): json_name(f) for f in self.fields(name)}
        return {python: json for python, json in names.items() if python != json}

    @property
    def exported(self) -> dict[str, str]:
        """Give the names that the package of models exports, each with its module."""
        inputs = {f"{n}Input": self.modules[n] for n in self.unions if self.converts(n)}
        return dict(sorted((self.modules | inputs).items()))

    def about(self, name: str) -> str:
        """Describe a component."""
        schema = self.schemas[name]
        return paragraphs(schema.get("description", "") or schema.get("title", "") or name)

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
        """Give the listed values of the selecting argument that ask for the usual kind of response."""
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


def enumerations(node: Any) -> Iterator[list[Any]]:
    """Find the lists of values in a document, null left out."""
    if is_object(node):
        if is_array(values := node.get("enum")):
            yield [value for value in values if value is not None]
        for value in node.values():
            yield from enumerations(value)
    elif is_array(node):
        for value in node:
            yield from enumerations(value)


def is_object(value: Any) -> TypeGuard[Json]:
    """Tell whether decoded JSON is an object."""
    return isinstance(value, dict)


def is_array(value: Any) -> TypeGuard[list[Any]]:
    """Tell whether decoded JSON is an array."""
    return isinstance(value, list)
