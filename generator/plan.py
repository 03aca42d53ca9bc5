"""The plan of the package: what each overlay needs to know, computed from the contract in plain Python.

The generator's own view of the document has no security, servers, extensions, tags of unions or second media types.
The overlays therefore lay out what stands here, and the generator's view only decides which files there are.
"""

from __future__ import annotations

import keyword
import re
import textwrap
from dataclasses import dataclass, field, replace
from typing import Any

Json = dict[str, Any]

METHODS = ("get", "put", "post", "delete", "options", "head", "patch")
WIDTH = 108
SELECTORS = {
    # An argument whose value asks for another kind of answer: media type -> (argument, values).
    "text/event-stream": ("stream", ()),
    "text/csv": ("format", ("csv",)),
    "text/plain": ("response_format", ("text", "srt", "vtt")),
}
ALSO_TAKEN = {
    # An answer's message is sent back as the next request's history, although the contract names it otherwise there.
    "ChatMessage": ("AssistantMessage",),
}
EXPECTED = {
    # Optional in the contract, but there in every answer recorded: typed as present, so that the most common lines need
    # no test for None. Reading one that is missing after all raises MissingFieldError.
    ("ChatChoice", "index"),
    ("ChatChoice", "message"),
    ("Transcription", "text"),
}
MODEL_MEMBERS = {"from_dict", "to_dict", "additional_properties", "text"}


class PlanError(Exception):
    """The contract says something that the overlays cannot lay out."""


def snake(name: str) -> str:
    """Write a JSON name as a Python name."""
    text = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|[^A-Za-z0-9]+", "_", name).strip("_").lower()
    if not text or text[0].isdigit():
        text = f"field_{text}"
    return f"{text}_" if keyword.iskeyword(text) else text


def module_name(component: str) -> str:
    """Name the module of a component as the generator does."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", component).lower()


@dataclass
class Shape:
    """How a schema looks in Python.

    Attributes:
        out: type of the attribute that reads it.
        into: type of the argument that gives it.
        convert: expression that makes the attribute of the raw value `{}`; "" when it is the raw value.
        typed: components named by the types.
        used: components named by the expression.
        helpers: functions of the runtime that the expression calls.
        nullable: True when null is allowed.
    """

    out: str
    into: str
    convert: str = ""
    typed: set[str] = field(default_factory=set[str])
    used: set[str] = field(default_factory=set[str])
    helpers: set[str] = field(default_factory=set[str])
    nullable: bool = False


@dataclass
class Field:
    """One property of a model."""

    name: str
    python: str
    required: bool
    shape: Shape
    doc: str
    const: str = ""
    expected: bool = False

    @property
    def into(self) -> str:
        """Give the type of the constructor's argument."""
        return self.shape.into

    @property
    def optional(self) -> str:
        """Give the type of the constructor's argument when it may be left out."""
        return with_unset(self.shape.into)

    @property
    def out(self) -> str:
        """Give the type of the attribute."""
        out = self.shape.out
        return out if self.expected or out == "Any" or out.endswith("None") else f"{out} | None"


@dataclass
class Component:
    """One named schema: a model, an open enumeration or a union."""

    name: str
    module: str
    kind: str
    doc: str
    fields: list[Field] = field(default_factory=list[Field])
    needed: tuple[str, ...] = ()
    base: str = "ApiModel"
    shape: Shape | None = None
    values: list[str] = field(default_factory=list[str])

    @property
    def used(self) -> list[str]:
        """Give the components that it needs when it runs."""
        shapes = [item.shape for item in self.fields] + ([self.shape] if self.shape else [])
        return (
            sorted(set[str]().union(*(shape.used for shape in shapes)) - {self.name})
            if shapes
            else []
        )

    @property
    def typed(self) -> list[str]:
        """Give the components that only its types name."""
        shapes = [item.shape for item in self.fields] + ([self.shape] if self.shape else [])
        return (
            sorted(
                set[str]().union(*(shape.typed for shape in shapes)) - set(self.used) - {self.name}
            )
            if shapes
            else []
        )

    @property
    def helpers(self) -> list[str]:
        """Give the runtime functions that it calls."""
        shapes = [item.shape for item in self.fields] + ([self.shape] if self.shape else [])
        return sorted(set[str]().union(*(shape.helpers for shape in shapes))) if shapes else []


@dataclass
class Argument:
    """One argument of a method."""

    name: str
    python: str
    place: str
    required: bool
    type: str
    doc: str
    typed: set[str]

    @property
    def nullable(self) -> bool:
        """Tell whether the service accepts null, so that None is sent and UNSET is not."""
        return self.place == "body" and " | None" in self.type

    def declaration(self, type_: str = "") -> str:
        """Write it in a signature."""
        shown = type_ or self.type
        if self.required:
            return f"{self.python}: {shown}"
        if self.nullable and not type_:
            return f"{self.python}: {with_unset(shown)} = UNSET"
        return f"{self.python}: {shown} | None = None"


@dataclass
class Call:
    """One operation as its method and its functions show it."""

    id: str
    module: str
    tag: str
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
    file_fields: tuple[str, ...]
    selector: str
    selector_values: tuple[str, ...]
    other_values: tuple[str, ...]

    @property
    def constant(self) -> str:
        """Name the operation in modules that know several."""
        return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", self.id).upper()

    @property
    def result(self) -> str:
        """Give the type of a plain answer."""
        return {
            "json": self.model,
            "list": f"builtins.list[{self.model}]",
            "text": "Text",
            "binary": "Binary",
            "head": "Metadata",
        }[self.answer]

    @property
    def streams(self) -> bool:
        """Tell whether the answer can be an event stream."""
        return bool(self.item)

    def alternative(self, asynchronous: bool) -> str:
        """Give the type of the answer that the selecting argument asks for; "" when there is none."""
        if not self.selector:
            return ""
        if self.streams:
            return f"{'AsyncStream' if asynchronous else 'Stream'}[{self.item}, {self.final}]"
        return "Text"

    def everything(self, asynchronous: bool) -> str:
        """Give the type of any answer."""
        other = self.alternative(asynchronous)
        return f"{self.result} | {other}" if other else self.result

    @property
    def of(self) -> dict[str, list[Argument]]:
        """Group the arguments by place."""
        groups: dict[str, list[Argument]] = {"path": [], "query": [], "body": []}
        for argument in self.arguments:
            groups[argument.place].append(argument)
        return groups

    @property
    def models(self) -> list[str]:
        """Give the components that its description for the runtime refers to."""
        return sorted({name for name in (self.model, self.item, self.final) if name})

    @property
    def low(self) -> Call:
        """Give it as its functions show it: the body in one piece."""
        kept = [argument for argument in self.arguments if argument.place != "body"]
        if self.body in ("json", "multipart"):
            kept.append(
                Argument(
                    "body",
                    "body",
                    "body",
                    True,
                    self.body_model,
                    "Body: the model or a mapping.",
                    set(),
                )
            )
        return replace(self, arguments=kept)

    @property
    def low_typed(self) -> list[str]:
        """Give the components that only the types of its functions name."""
        shown = [argument for argument in self.arguments if argument.place != "body"]
        names = set[str]().union(*(argument.typed for argument in shown)) if shown else set[str]()
        return sorted((names | ({self.body_model} - {""})) - set(self.models))

    @property
    def typed(self) -> set[str]:
        """Give the components that its types name."""
        names = (
            set[str]().union(*(argument.typed for argument in self.arguments))
            if self.arguments
            else set[str]()
        )
        return names | {name for name in (self.model, self.item, self.final) if name}


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

    @property
    def typed(self) -> list[str]:
        """Give the components that the types of its methods name."""
        return sorted(set[str]().union(*(call.typed for call in self.all_calls)))

    @property
    def all_calls(self) -> list[Call]:
        """Give the calls of this resource and of all below."""
        return [call for resource in self.walk() for call in resource.calls]


@dataclass
class Plan:
    """Everything the overlays lay out."""

    version: str
    api_version: str
    title: str
    servers: dict[str, str]
    components: dict[str, Component]
    calls: list[Call]
    resources: list[Resource]

    def call(self, name: str) -> Call:
        """Find the operation that the generator calls `name`."""
        for call in self.calls:
            if call.module == name:
                return call
        raise PlanError(f"the generator has an operation {name} that the plan does not know")

    @property
    def exported(self) -> list[str]:
        """Give the names that the package of models exports."""
        inputs = [
            f"{c.name}Input"
            for c in self.components.values()
            if c.shape is not None and c.shape.convert
        ]
        return sorted([*self.components, *inputs])

    def home(self, name: str) -> str:
        """Give the module of an exported name."""
        return self.components[
            name if name in self.components else name.removesuffix("Input")
        ].module

    def imports(self, names: set[str] | list[str], prefix: str) -> list[str]:
        """Write the import lines for components; a union's `XInput` and `as_x` live in the module of X.

        Args:
            names: names of components, of input types or of converters.
            prefix: package to import from, with its dots.
        """
        homes: dict[str, str] = {}
        for component in self.components.values():
            homes[component.name] = component.module
            if component.kind == "union":
                homes[f"{component.name}Input"] = component.module
                homes[f"as_{component.module}"] = component.module
        grouped: dict[str, list[str]] = {}
        for name in sorted(names):
            grouped.setdefault(homes[name], []).append(name)
        return [
            f"from {prefix}{module} import {', '.join(found)}"
            for module, found in sorted(grouped.items())
        ]


class Planner:
    """Reads a contract."""

    def __init__(self, document: Json) -> None:
        self.document = document
        self.schemas: Json = document["components"]["schemas"]
        self.items: set[str] = set()

    def resolve(self, node: Json) -> Json:
        """Follow a reference to any component."""
        seen: set[str] = set()
        while "$ref" in node:
            ref = node["$ref"]
            if ref in seen or not ref.startswith("#/"):
                raise PlanError(f"cannot follow {ref}")
            seen.add(ref)
            target: Any = self.document
            for part in ref[2:].split("/"):
                target = target[part.replace("~1", "/").replace("~0", "~")]
            node = target
        return node

    # -- schemas -------------------------------------------------------------------------------------

    def kind(self, name: str) -> str:
        """Tell what a component becomes."""
        schema = self.schemas[name]
        if schema.get("type") == "object" and "properties" in schema:
            return "model"
        if schema.get("type") == "string" and "enum" in schema:
            return "enum"
        return "union"

    def shape(self, schema: Json | bool, where: str) -> Shape:
        """Say how a schema looks in Python."""
        if schema is True or schema == {} or schema is False:
            return Shape("Any", "Any", nullable=True)
        if "$ref" in schema:
            return self.reference(schema["$ref"].rsplit("/", 1)[1])
        parts = schema.get("allOf")
        if parts:
            if len(parts) != 1:
                raise PlanError(
                    f"{where}: allOf of several schemas is not laid out; name one component"
                )
            return self.shape(parts[0], where)
        members = schema.get("anyOf") or schema.get("oneOf")
        if members:
            return self.union(
                members, where, schema.get("discriminator", {}).get("propertyName", "")
            )
        if "const" in schema:
            value = schema["const"]
            if isinstance(value, str):
                return Shape(f"Literal[{literal(value)}] | str", f"Literal[{literal(value)}] | str")
            return self.scalar({**schema, "type": schema.get("type", "boolean")}, where)
        return self.scalar(schema, where)

    def reference(self, name: str) -> Shape:
        """Say how a component is named."""
        kind = self.kind(name)
        if kind == "model":
            return Shape(name, f"{name} | Mapping[str, Any]", f"{name}._view({{}})", {name}, {name})
        if kind == "enum":
            return Shape(name, name, "", {name})
        inner = self.shape(self.schemas[name], name)
        if inner.convert:
            return Shape(
                name,
                f"{name}Input",
                f"as_{module_name(name)}({{}})",
                {name, f"{name}Input"},
                {f"as_{module_name(name)}"},
                nullable=inner.nullable,
            )
        return Shape(name, name, "", {name}, nullable=inner.nullable)

    def scalar(self, schema: Json, where: str) -> Shape:
        """Lay out a schema with a `type`."""
        types = schema.get("type", [])
        types = [types] if isinstance(types, str) else list(types)
        nullable = "null" in types
        types = [name for name in types if name != "null"]
        if not types:
            return (
                Shape("None", "None", nullable=True)
                if nullable
                else Shape("Any", "Any", nullable=True)
            )
        if len(types) > 1:
            return self.union(
                [{**schema, "type": name} for name in types] + [{"type": "null"}] * nullable,
                where,
                "",
            )
        shape = self.simple(types[0], schema, where)
        return with_null(shape) if nullable else shape

    def simple(self, name: str, schema: Json, where: str) -> Shape:
        """Lay out a schema of one type."""
        if name == "string":
            values = [value for value in schema.get("enum", []) if value is not None]
            if values:
                choices = f"Literal[{', '.join(literal(value) for value in values)}] | str"
                return Shape(choices, choices)
            if schema.get("format") == "date-time":
                return Shape("datetime", "datetime | str", "when({})", helpers={"when"})
            if schema.get("format") == "binary":
                return Shape("Any", "FileInput", typed=set())
            return Shape("str", "str")
        if name in ("integer", "number", "boolean"):
            python = {"integer": "int", "number": "float", "boolean": "bool"}[name]
            return Shape(python, python)
        if name == "array":
            item = self.shape(schema.get("items", {}), f"{where} items")
            shape = Shape(
                f"list[{item.out}]",
                f"Sequence[{item.into}]",
                "",
                set(item.typed),
                set(item.used),
                set(item.helpers),
            )
            if item.convert:
                match = re.fullmatch(r"(\w+)\._view\(\{\}\)", item.convert)
                function = re.fullmatch(r"(\w+)\(\{\}\)", item.convert)
                if match:
                    shape.convert = f"{match[1]}._views({{}})"
                else:
                    inner = (
                        function[1]
                        if function
                        else f"lambda item: {item.convert.replace('{}', 'item')}"
                    )
                    shape.convert = f"many({{}}, {inner})"
                    shape.helpers.add("many")
            return shape
        if name == "object":
            if schema.get("properties"):
                raise PlanError(f"{where}: an object with properties must be a named component")
            extra = schema.get("additionalProperties", True)
            value = self.shape(extra, f"{where} values")
            shape = Shape(
                f"dict[str, {value.out}]",
                f"Mapping[str, {value.into}]",
                "",
                set(value.typed),
                set(value.used),
                set(value.helpers),
            )
            if value.convert:
                shape.convert = f"mapped({{}}, lambda item: {value.convert.replace('{}', 'item')})"
                shape.helpers.add("mapped")
            return shape
        raise PlanError(f"{where}: type {name} is not laid out")

    def union(self, members: list[Json], where: str, tag: str) -> Shape:
        """Lay out a union: objects are told apart by a tag, never by trying one after the other."""
        shapes = [self.shape(member, where) for member in members if member.get("type") != "null"]
        nullable = len(shapes) < len(members) or any(shape.nullable for shape in shapes)
        models = [
            member["$ref"].rsplit("/", 1)[1]
            for member in members
            if "$ref" in member and self.kind(member["$ref"].rsplit("/", 1)[1]) == "model"
        ]
        outs, intos = (
            unique([shape.out for shape in shapes]),
            unique([shape.into for shape in shapes]),
        )
        result = Shape(" | ".join(outs), " | ".join(intos), nullable=nullable)
        for shape in shapes:
            result.typed |= shape.typed
            result.used |= shape.used
            result.helpers |= shape.helpers
        expression = "{}"
        for shape in shapes:
            if shape.convert and not re.fullmatch(r"\w+\._view\(\{\}\)", shape.convert):
                expression = shape.convert.replace("{}", expression)
        if len(models) == 1:
            expression = f"{models[0]}._view({expression})"
        elif models:
            expression, helper = self.dispatch(models, expression, where, tag)
            result.helpers.add(helper)
        result.convert = "" if expression == "{}" else expression
        if nullable:
            return with_null(result)
        return result

    def dispatch(self, models: list[str], expression: str, where: str, tag: str) -> tuple[str, str]:
        """Write the expression that picks the member of a union of objects."""
        for name in [tag] if tag else ["type", "role", "object"]:
            kinds: dict[str, str] = {}
            others: list[str] = []
            for model in models:
                schema = self.schemas[model].get("properties", {}).get(name)
                if schema is None:
                    break
                values = [schema["const"]] if "const" in schema else schema.get("enum", [])
                if not values:
                    others.append(model)
                for value in values:
                    if value in kinds:
                        raise PlanError(
                            f"{where}: {model} and {kinds[value]} share the tag {value}"
                        )
                    kinds[value] = model
            else:
                if len(others) <= 1 and kinds:
                    table = ", ".join(
                        f"{literal(value)}: {model}" for value, model in kinds.items()
                    )
                    fallback = others[0] if others else "None"
                    return (
                        f"tagged({expression}, {literal(name)}, {{{table}}}, {fallback})",
                        "tagged",
                    )
        return f"keyed({expression}, ({', '.join(models)}))", "keyed"

    def component(self, name: str) -> Component:
        """Lay out a component."""
        schema = self.schemas[name]
        kind = self.kind(name)
        doc = paragraphs(schema.get("description", "") or schema.get("title", "") or name)
        component = Component(name, module_name(name), kind, doc)
        if kind == "enum":
            component.values = list(schema["enum"])
            return component
        if kind == "union":
            component.shape = self.shape(schema, name)
            for other in ALSO_TAKEN.get(name, ()):
                if self.schemas.get(other):
                    component.shape.into += f" | {other}"
                    component.shape.typed.add(other)
            return component
        required = schema.get("required", [])
        for key, value in schema["properties"].items():
            shape = self.shape(value, f"{name}.{key}")
            const = self.resolve(value).get("const")
            component.fields.append(
                Field(
                    key,
                    self.attribute(key),
                    key in required,
                    shape,
                    self.field_doc(value),
                    literal(const) if isinstance(const, str) else "",
                    key in required or (name, key) in EXPECTED,
                )
            )
        component.fields.sort(key=lambda item: not item.required)
        containers = tuple(
            item.name
            for item in component.fields
            if item.required and not item.shape.nullable and item.shape.out.startswith("list[")
        )
        component.needed = containers or tuple(
            item.name for item in component.fields if item.required and not item.shape.nullable
        )
        if name in self.items:
            component.base = "StreamItem"
        return component

    def attribute(self, name: str) -> str:
        """Name the attribute that reads a field."""
        text = snake(name)
        return f"{text}_" if text in MODEL_MEMBERS and text != "text" else text

    def field_doc(self, schema: Json) -> str:
        """Describe a field: its own words, else those of the component it is."""
        text = schema.get("description") or ""
        if not text and "$ref" in schema:
            text = self.resolve(schema).get("description", "")
        for key in ("allOf", "anyOf"):
            if not text and "$ref" in (schema.get(key) or [{}])[0]:
                text = self.resolve(schema[key][0]).get("description", "")
        notes: list[str] = []
        if schema.get("deprecated"):
            notes.append("Deprecated.")
        low, high = schema.get("minimum"), schema.get("maximum")
        if low is not None or high is not None:
            big = high is not None and high >= 2**31
            notes.append(
                f"From {low}{'' if big or high is None else f' to {high}'}."
                if low is not None
                else f"Up to {high}."
            )
        default = schema.get("default")
        if default is not None:
            shown = (
                {True: "true", False: "false"}.get(default, default)
                if isinstance(default, bool)
                else default
            )
            notes.append(f"The service assumes {shown} when it is not given.")
        return " ".join([" ".join(str(text).split()), *notes]).strip()

    # -- operations ----------------------------------------------------------------------------------

    def call(self, path: str, method: str, item: Json, operation: Json) -> Call:
        """Lay out an operation."""
        where = f"{method.upper()} {path}"
        identity = operation.get("operationId") or ""
        sdk = operation.get("x-sdk")
        if not identity or not sdk:
            raise PlanError(f"{where}: operationId and x-sdk are needed")
        success = {
            code: self.resolve(answer)
            for code, answer in operation["responses"].items()
            if code[0] == "2"
        }
        if len(success) != 1:
            raise PlanError(
                f"{where}: exactly one success answer can be laid out, not {sorted(success)}"
            )
        content: Json = next(iter(success.values())).get("content", {})
        accepts = tuple(name for name in content if name != "text/event-stream")
        stream = content.get("text/event-stream", {})
        item_name = str(stream.get("x-stream-item", "")).rsplit("/", 1)[-1]
        answer, model = "head", ""
        if accepts:
            first = accepts[0]
            schema = content[first].get("schema", {})
            if first == "application/json":
                answer = "list" if schema.get("type") == "array" else "json"
                reference = schema.get("items", {}) if answer == "list" else schema
                model = reference.get("$ref", "").rsplit("/", 1)[-1]
                if not model:
                    raise PlanError(
                        f"{where}: a JSON answer must be a named component, or a list of one"
                    )
            else:
                answer = "text" if first.startswith("text/") else "binary"
        arguments = self.parameters(item, operation, where)
        body, body_model, file_fields = self.body(operation, arguments, where)
        selector: str = ""
        values: tuple[str, ...] = ()
        for media, (name, asks) in SELECTORS.items():
            if (
                media in content
                and media != next(iter(content))
                and any(a.name == name for a in arguments)
            ):
                if selector:
                    raise PlanError(f"{where}: two arguments select the kind of answer")
                selector, values = name, asks
        security = operation["security"]
        auth = "none" if not security else "optional" if {} in security else "required"
        return Call(
            id=identity,
            module=module_name(identity),
            tag=snake(operation["tags"][0]),
            method=method.upper(),
            path=path,
            host=self.host(item, operation, where),
            auth=auth,
            paid="402" in operation["responses"],
            answer=answer,
            accepts=accepts,
            model=model,
            item=item_name,
            final="",
            idempotent="402" not in operation["responses"]
            and (method in ("get", "head") or body == "upload"),
            resource=sdk["resource"],
            name=sdk["method"],
            summary=sentence(operation.get("summary", identity)),
            doc=paragraphs(operation.get("description", "")),
            deprecated=bool(operation.get("deprecated")),
            arguments=arguments,
            body=body,
            body_model=body_model,
            file_fields=file_fields,
            selector=selector,
            selector_values=values,
            other_values=self.others(item, operation, selector, values),
        )

    def others(
        self, item: Json, operation: Json, selector: str, values: tuple[str, ...]
    ) -> tuple[str, ...]:
        """Give the listed values of the selecting argument that ask for the usual kind of answer."""
        if not selector or not values:
            return ()
        for raw in [*item.get("parameters", []), *operation.get("parameters", [])]:
            parameter = self.resolve(raw)
            if parameter["name"] == selector:
                return tuple(
                    value for value in parameter["schema"].get("enum", []) if value not in values
                )
        content = self.resolve(operation["requestBody"])["content"]
        schema = self.resolve(next(iter(content.values()))["schema"])
        listed = self.resolve(schema["properties"][selector]).get("enum", [])
        return tuple(value for value in listed if value not in values)

    def host(self, item: Json, operation: Json, where: str) -> str:
        """Find which server an operation has."""
        servers = operation.get("servers") or item.get("servers") or self.document["servers"]
        url = servers[0]["url"]
        for name, known in self.servers().items():
            if url == known:
                return name
        raise PlanError(f"{where}: unknown server {url}")

    def servers(self) -> dict[str, str]:
        """Give the servers by name: that of the document, and the one that paths may name."""
        gateway = self.document["servers"][0]["url"]
        found = {gateway: "gateway"}
        for item in self.document["paths"].values():
            for server in item.get("servers", []):
                found.setdefault(server["url"], "media")
        if sorted(found.values()) != ["gateway", "media"]:
            raise PlanError(f"expected one main server and one for media, found {sorted(found)}")
        return {name: url.rstrip("/") for url, name in found.items()}

    def parameters(self, item: Json, operation: Json, where: str) -> list[Argument]:
        """Lay out the parameters of an operation."""
        found: dict[tuple[str, str], Json] = {}
        for raw in [*item.get("parameters", []), *operation.get("parameters", [])]:
            parameter = self.resolve(raw)
            found[(parameter["in"], parameter["name"])] = parameter
        arguments: list[Argument] = []
        for (place, name), parameter in found.items():
            if place not in ("path", "query"):
                raise PlanError(f"{where}: a parameter in {place} is not laid out")
            schema = parameter["schema"]
            shape = self.shape(schema, f"{where} {name}")
            doc = " ".join(str(parameter.get("description", "")).split())
            notes = self.field_doc(
                {key: value for key, value in schema.items() if key != "description"}
            )
            if not doc:
                doc, notes = self.field_doc(schema), ""
            elif "$ref" in schema or "allOf" in schema:
                # The component's own description belongs to the type; only ranges and defaults are added here.
                notes = self.field_doc({"default": schema.get("default")})
            arguments.append(
                Argument(
                    name,
                    snake(name),
                    place,
                    bool(parameter.get("required")),
                    shape.into,
                    f"{doc} {notes}".strip(),
                    shape.typed,
                )
            )
        arguments.sort(key=lambda argument: (argument.place != "path", not argument.required))
        return arguments

    def body(
        self, operation: Json, arguments: list[Argument], where: str
    ) -> tuple[str, str, tuple[str, ...]]:
        """Lay out the body of an operation as arguments."""
        raw = operation.get("requestBody")
        if raw is None:
            return "", "", ()
        content: Json = self.resolve(raw)["content"]
        multipart = content.get("multipart/form-data")
        if len(content) > 1:
            # Several forms of one upload: the runtime writes them, and these are the names it uses.
            form = self.resolve(multipart["schema"]) if multipart else {}
            coded = self.resolve(content.get("application/json", {}).get("schema", {}))
            if "file" not in form.get("properties", {}) or set(coded.get("properties", {})) != {
                "data",
                "contentType",
                "name",
            }:
                raise PlanError(
                    f"{where}: upload forms other than file, and data/contentType/name, are not laid out"
                )
            return "upload", "", ("file",)
        media, value = next(iter(content.items()))
        kind = {"application/json": "json", "multipart/form-data": "multipart"}.get(media)
        name = value["schema"].get("$ref", "").rsplit("/", 1)[-1]
        if kind is None or not name:
            raise PlanError(f"{where}: a body must be a named component as JSON or a form")
        component = self.component(name)
        files = tuple(item.name for item in component.fields if item.shape.into == "FileInput")
        taken = {argument.python for argument in arguments}
        for item in component.fields:
            if item.python in taken:
                raise PlanError(f"{where}: two arguments are called {item.python}")
            arguments.append(
                Argument(
                    item.name,
                    item.python,
                    "body",
                    item.required,
                    item.shape.into,
                    item.doc,
                    item.shape.typed,
                )
            )
        return kind, name, files

    def plan(self) -> Plan:
        """Lay out the whole package."""
        calls = [
            self.call(path, method, item, item[method])
            for path, item in self.document["paths"].items()
            for method in METHODS
            if method in item
        ]
        self.items = {call.item for call in calls if call.item}
        whole = {call.item: call.model for call in calls if call.item and call.answer == "json"}
        for call in calls:
            call.final = whole.get(call.item, "") if call.item else ""
            if call.item and not call.final:
                raise PlanError(f"{call.id}: no operation returns {call.item} as a whole")
        info = self.document["info"]
        return Plan(
            version=str(info["version"]),
            api_version=str(info.get("x-api-version", info["version"])),
            title=info["title"],
            servers=self.servers(),
            components={name: self.component(name) for name in self.schemas},
            calls=calls,
            resources=self.resources(calls),
        )

    def resources(self, calls: list[Call]) -> list[Resource]:
        """Build the tree of resources that x-sdk names."""
        about = {
            snake(tag["name"]): tag.get("description", "") for tag in self.document.get("tags", [])
        }
        roots: list[Resource] = []
        for call in calls:
            level = roots
            node: Resource | None = None
            path: list[str] = []
            for part in call.resource.split("."):
                path.append(part)
                node = next((resource for resource in level if resource.name == part), None)
                if node is None:
                    words = "".join(word.capitalize() for name in path for word in name.split("_"))
                    title = f"{words}Resource"
                    doc = paragraphs(about.get(part, "")) if len(path) == 1 else ""
                    node = Resource(part, title, doc or f"{' '.join(path).capitalize()}.")
                    level.append(node)
                level = node.children
            if node is None:
                raise PlanError(f"{call.id}: x-sdk.resource is empty")
            node.calls.append(call)
        return roots


def literal(value: str) -> str:
    """Write a string as Python source with double quotes."""
    escaped = value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'


def unique(names: list[str]) -> list[str]:
    """Drop members of unions that are there already."""
    found: dict[str, None] = {}
    for name in names:
        for part in split(name):
            if part != "None":
                found.setdefault(part)
    return list(found)


def split(type_: str) -> list[str]:
    """Take a union type apart, brackets kept whole."""
    parts, depth, start = list[str](), 0, 0
    for index, character in enumerate(type_):
        depth += (character == "[") - (character == "]")
        if depth == 0 and type_.startswith(" | ", index):
            parts.append(type_[start:index])
            start = index + 3
    return [*parts, type_[start:]]


def with_null(shape: Shape) -> Shape:
    """Add None to the types of a shape."""
    for attribute in ("out", "into"):
        text = getattr(shape, attribute)
        if text not in ("Any", "None") and not text.endswith("| None"):
            setattr(shape, attribute, f"{text} | None")
    shape.nullable = True
    return shape


def with_unset(type_: str) -> str:
    """Add Unset to a type, before None."""
    return (
        f"{type_.removesuffix(' | None')} | Unset | None"
        if type_.endswith(" | None")
        else f"{type_} | Unset"
    )


def sentence(text: object) -> str:
    """End a summary with a full stop."""
    text = " ".join(str(text).split())
    return text if text.endswith((".", "!", "?")) else f"{text}."


def paragraphs(text: object) -> str:
    """Join the lines of each paragraph, and keep lists and blank lines."""
    blocks = re.split(r"\n\s*\n", str(text).strip())
    joined: list[str] = []
    for block in blocks:
        lines = [line.rstrip() for line in block.splitlines()]
        if any(re.match(r"\s*([-*|]|\d+\.)\s?", line) for line in lines):
            joined.append("\n".join(lines))
        else:
            joined.append(" ".join(line.strip() for line in lines))
    return "\n\n".join(joined)


def docstring(text: str, indent: int, quotes: bool = True) -> str:
    """Write text as a docstring at an indentation, wrapped.

    Args:
        text: paragraphs.
        indent: columns in front of it.
        quotes: False for the text alone.
    """
    pad = " " * indent
    lines: list[str] = []
    for block in text.strip().split("\n"):
        if not block.strip():
            lines.append("")
            continue
        hang = re.match(r"\s*([-*]|\d+\.)\s|\s*\w+: ", block)
        own = re.match(r"\s*", block)
        base = own[0] if own else ""
        lines += textwrap.wrap(
            block.strip(),
            WIDTH - indent,
            initial_indent=base,
            subsequent_indent=base + ("    " if hang and base else "  " if hang else ""),
            break_long_words=False,
            break_on_hyphens=False,
        )
    body = "\n".join(f"{pad}{line}".rstrip() for line in lines).strip()
    body = body.replace("\\", "\\\\").replace('"""', "'''")
    if not quotes:
        return body
    closing = f"\n{pad}" if "\n" in body else (" " if body.endswith('"') else "")
    return f'"""{body}{closing}"""'


def arguments_doc(call: Call, asynchronous: bool, options: bool = True) -> str:
    """Write the docstring of a method: what it does, its arguments, its answer and what it raises."""
    parts = [call.summary]
    if call.doc:
        parts += ["", call.doc]
    if call.deprecated:
        parts += ["", "Deprecated by the service."]
    rows = [
        f"    {argument.python}: {argument.doc or argument.name}" for argument in call.arguments
    ]
    if call.body == "upload":
        rows += [
            "    file: A path, bytes or a binary file object, or a tuple (name, content, content type).",
            "    filename: Name to store with it; that of the file by default.",
            "    content_type: Media type; guessed from the name by default.",
            "    form: How the bytes travel: as a form (multipart), as the body itself (raw), or as base64 in JSON.",
        ]
    if options:
        if call.body == "upload":
            rows.append(
                "    verify: Compare the returned content hash with that of the bytes sent."
            )
        rows += [
            "    extra_headers: Headers to add or replace.",
            "    extra_query: Query parameters to add.",
        ]
        if call.body == "json":
            rows.append("    extra_body: Fields to add to the body.")
        rows += [
            "    timeout: Seconds to wait for the next byte; None waits forever.",
            "    max_retries: How often to repeat where that is safe.",
        ]
    if rows:
        parts += ["", "Args:", *rows]
    returns = {
        "json": "The decoded answer.",
        "list": "The decoded items.",
        "text": "The text, with the headers it came with.",
        "binary": "The bytes, with their content type and what the headers tell.",
        "head": "What the headers tell.",
    }[call.answer]
    if call.streams:
        returns += f" With `stream=True` {'an asynchronous' if asynchronous else 'a'} stream of typed chunks."
    elif call.selector:
        returns += f" With {call.selector} {' or '.join(call.selector_values)} the text."
    parts += ["", "Returns:", f"    {returns}", "", "Raises:"]
    parts.append("    PollinationsError: The call failed; see `errors` for the kinds.")
    return "\n".join(parts)


def make_plan(document: Json) -> Plan:
    """Lay out the package for a contract.

    Raises:
        PlanError: the contract says something that the overlays cannot lay out.
    """
    return Planner(document).plan()
