"""The components of the contract beside what the generator parsed of them.

The generator's view gives models, properties, types, required and nullable, names and modules, and the templates render
it. Missing from it, and added here from the contract:

- tags of unions (openapi-python-client issue 219), and names of unions, which are written out wherever they occur;
- the order of an enumeration's values (it keeps a set);
- descriptions beside references, ranges, and defaults that the service fills in.
"""

from __future__ import annotations

import keyword
from collections.abc import Iterable, Iterator
from functools import cached_property
from graphlib import CycleError, TopologicalSorter
from typing import Any

from openapi_python_client.parser.properties import (
    AnyProperty,
    LiteralEnumProperty,
    ModelProperty,
)
from openapi_python_client.parser.properties.const import ConstProperty
from openapi_python_client.parser.properties.datetime import DateTimeProperty
from openapi_python_client.parser.properties.list_property import ListProperty
from openapi_python_client.parser.properties.none import NoneProperty
from openapi_python_client.parser.properties.protocol import PropertyProtocol as Property
from openapi_python_client.parser.properties.union import UnionProperty
from openapi_python_client.strings import PythonIdentifier

from generator.text import field_doc, paragraphs
from pollinations_conformance.http import pointer
from pollinations_conformance.http.json import is_list as is_array
from pollinations_conformance.http.json import is_object

Json = dict[str, Any]

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
    """Something in the contract cannot be laid out by the overlays."""


def json_name(item: Property) -> str:
    """Return the JSON name of a property."""
    return item.name.get_untrusted_value()


def python_name(item: Property) -> str:
    """Return the generator's name of an attribute or argument, without the underscore that only builtins caused."""
    bare = item.python_name.removesuffix("_")
    needed = keyword.iskeyword(bare) or bare in MODEL_MEMBERS or not item.python_name.endswith("_")
    return f"{bare}_" if (needed and bare != item.python_name) or bare in MODEL_MEMBERS else bare


def is_nullable(item: Property) -> bool:
    """Return whether null is allowed for a property."""
    if isinstance(item, UnionProperty):
        return any(is_nullable(member) for member in item.inner_properties)
    return isinstance(item, NoneProperty | AnyProperty)


class Components:
    """The named schemas, each a model, an enumeration or a union.

    Args:
        document: the contract.
        models: the models that the generator found, those without a name among them.
        named: what it parsed of each component.
    """

    def __init__(
        self, document: Json, models: Iterable[ModelProperty], named: dict[str, Property]
    ) -> None:
        self.document = document
        self.schemas: Json = document["components"]["schemas"]
        self.models = {str(model.class_info.name): model for model in models}
        self.unions = {k: v for k, v in named.items() if isinstance(v, UnionProperty)}
        self.modules = {name: str(PythonIdentifier(name, prefix="")) for name in named}
        self.check(named)

    @cached_property
    def enumerations(self) -> list[list[Any]]:
        """All lists of values in the document."""
        return list(enumerations(self.document))

    def resolve(self, node: Json) -> Json:
        """Follow a reference to any component."""
        for _ in range(10):
            if "$ref" not in node:
                return node
            node = pointer.get(self.document, str(node["$ref"]).removeprefix("#"))
        raise PlanError(f"cannot follow {node['$ref']}")

    def check(self, named: dict[str, Property]) -> None:
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
        """Return the properties of a model, the required ones first."""
        model = self.models[name]
        return [*(model.required_properties or []), *(model.optional_properties or [])]

    def is_map(self, item: ModelProperty) -> bool:
        """Return whether an object has no described properties: the generator makes a class of it, we a dict."""
        if str(item.class_info.name) in self.modules:
            return False
        if self.fields(str(item.class_info.name)):
            raise PlanError(
                f"{json_name(item)}: an object with properties must be a named component"
            )
        return True

    def is_component(self, item: LiteralEnumProperty) -> bool:
        """Return whether an enumeration has a name of its own."""
        return str(item.class_info.name) in self.modules

    def values_of_map(self, item: ModelProperty) -> Property | None:
        """Return what the values of a map are; None when they can be anything."""
        extra = self.models[str(item.class_info.name)].additional_properties
        return None if extra is None or isinstance(extra, AnyProperty) else extra

    def values(self, item: LiteralEnumProperty) -> list[Any]:
        """Return the values of an enumeration in the order of the contract; the generator keeps a set (issue 1442)."""
        return next(found for found in self.enumerations if set(found) == item.values)

    def members(self, union: UnionProperty, own: str = "") -> tuple[list[str], list[Property]]:
        """Return the names of the unions that the generator dissolved into a union.

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
        """Return the one member of a union beside null, as its name when it is a union; None when there are several."""
        names, rest = self.members(union)
        others = [member for member in rest if not isinstance(member, NoneProperty)]
        found: list[str | Property] = [*names, *others]
        return found[0] if len(found) == 1 else None

    def objects(self, members: list[Property]) -> list[ModelProperty]:
        """Return the members of a union that are models."""
        return [m for m in members if isinstance(m, ModelProperty) and not self.is_map(m)]

    def converts(self, name: str) -> bool:
        """Return whether decoding a component makes models of it."""
        return name in self.models or any(map(self.converts, self.references(name)))

    def references(self, name: str, own: Iterable[Property] | None = None) -> list[str]:
        """Return the components that a component, or the given properties, refer to."""
        if own is not None:
            found = {other for item in own for other in self._referred(item)}
        elif name in self.unions:
            found = {*self._referred(self.unions[name], name), ALSO_TAKEN.get(name, "")} - {""}
        else:
            fields = self.fields(name) if name in self.models else []
            found = {other for item in fields for other in self._referred(item)}
        return sorted(found)

    def parts(self, item: Property, own: str = "") -> tuple[list[str], list[Property]]:
        """Return the named unions and the properties that a list, map or union consists of."""
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
        """Return the functions that decoding all models takes."""
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
        """Return how the models of a union are distinguished.

        Args:
            members: models of the union.
            name: name of the union, when it has one.

        Returns:
            The field that distinguishes them, the model for each of its values, and the model for any other value;
            "" for the field where only the fields that are there distinguish them.
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
        """Return the fields without which a response is not of a kind: its lists, or all that cannot be null."""
        sure = [f for f in self.fields(name) if f.required and not is_nullable(f)]
        lists = [f for f in sure if isinstance(f, ListProperty)]
        return tuple(json_name(f) for f in lists or sure)

    def is_expected(self, name: str, item: Property) -> bool:
        """Return whether a field is typed as present although the contract calls it optional."""
        return (name, json_name(item)) in EXPECTED

    def describe(self, name: str, item: Property) -> str:
        """Describe a field of a model: the words beside it, else those of the component it is, and its range."""
        return field_doc(self.schemas[name]["properties"][json_name(item)], self.resolve)

    def renamed(self, name: str) -> dict[str, str]:
        """Return the JSON names of the attributes that are called otherwise."""
        names = {python_name(f): json_name(f) for f in self.fields(name)}
        return {python: json for python, json in names.items() if python != json}

    @property
    def exported(self) -> dict[str, str]:
        """Return the names that the package of models exports, each with its module."""
        inputs = {f"{n}Input": self.modules[n] for n in self.unions if self.converts(n)}
        return dict(sorted((self.modules | inputs).items()))

    def about(self, name: str) -> str:
        """Describe a component."""
        schema = self.schemas[name]
        return paragraphs(schema.get("description", "") or schema.get("title", "") or name)


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
