"""What the plan makes of a contract, and what it refuses."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest
from openapi_python_client.config import Config, ConfigFile, MetaType

from generator import generate
from generator.components import PlanError, json_name, python_name
from generator.plan import Plan
from generator.text import docstring, join_types, split_types


def planned(document: dict[str, Any]) -> Plan:
    """Plan a package for a contract, the way that generating does."""
    file = ConfigFile.load_from_path(generate.ROOT / "generator-config.yaml")
    place = Path("nowhere")
    return generate.view(
        document,
        Config.from_sources(file, MetaType.NONE, place, "utf-8", overwrite=True, output_path=place),
    )[1]


def contract(**changes: Any) -> dict[str, Any]:
    """Return a small contract with one operation of each host."""
    document: dict[str, Any] = {
        "openapi": "3.1.0",
        "info": {"title": "T", "version": "1"},
        "servers": [{"url": "https://main.example"}],
        "paths": {
            "/pets/{petName}": {
                "post": {
                    "operationId": "feedPet",
                    "tags": ["pets"],
                    "x-sdk": {"resource": "pets.food", "method": "give"},
                    "security": [{"key": []}],
                    "parameters": [
                        {
                            "name": "petName",
                            "in": "path",
                            "required": True,
                            "schema": {"type": "string"},
                        },
                        {
                            "name": "how-much",
                            "in": "query",
                            "schema": {"type": "integer", "default": 3},
                        },
                    ],
                    "requestBody": {
                        "required": True,
                        "content": {
                            "application/json": {"schema": {"$ref": "#/components/schemas/Meal"}}
                        },
                    },
                    "responses": {
                        "200": {
                            "description": "",
                            "content": {
                                "application/json": {"schema": {"$ref": "#/components/schemas/Pet"}}
                            },
                        },
                        "402": {"description": ""},
                    },
                }
            },
            "/files/{id}": {
                "servers": [{"url": "https://files.example"}],
                "get": {
                    "operationId": "getFile",
                    "tags": ["files"],
                    "x-sdk": {"resource": "files", "method": "get"},
                    "security": [],
                    "parameters": [
                        {"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}
                    ],
                    "responses": {
                        "200": {
                            "description": "",
                            "content": {
                                "image/*": {"schema": {"type": "string", "format": "binary"}}
                            },
                        }
                    },
                },
            },
        },
        "components": {
            "schemas": {
                "Meal": {
                    "type": "object",
                    "required": ["kind"],
                    "properties": {
                        "kind": {"type": "string", "enum": ["fish", "hay"], "default": "hay"},
                        "at": {"type": ["string", "null"], "format": "date-time"},
                    },
                },
                "Cat": {
                    "type": "object",
                    "required": ["species"],
                    "properties": {"species": {"const": "cat"}, "type": {"const": "x"}},
                },
                "Dog": {
                    "type": "object",
                    "required": ["species"],
                    "properties": {"species": {"const": "dog"}, "type": {"const": "x"}},
                },
                "Animal": {
                    "oneOf": [
                        {"$ref": "#/components/schemas/Cat"},
                        {"$ref": "#/components/schemas/Dog"},
                    ],
                    "discriminator": {"propertyName": "species"},
                },
                "Pet": {
                    "type": "object",
                    "required": ["animal"],
                    "properties": {
                        "animal": {"$ref": "#/components/schemas/Animal"},
                        "friends": {
                            "type": "array",
                            "items": {"$ref": "#/components/schemas/Animal"},
                        },
                        "class": {"type": "string"},
                        "toDict": {"type": "string"},
                    },
                },
            }
        },
    }
    return {**document, **changes}


def feed(document: dict[str, Any]) -> dict[str, Any]:
    operation: dict[str, Any] = document["paths"]["/pets/{petName}"]["post"]
    return operation


def test_operation_becomes_a_call() -> None:
    plan = planned(contract())
    give, get = plan.calls
    assert (give.host, give.auth, give.paid, give.idempotent) == (
        "gateway",
        "required",
        True,
        False,
    )
    assert (get.host, get.auth, get.paid, get.idempotent) == ("media", "none", False, True)
    assert (give.result, get.result) == ("Pet", "Binary")
    assert [(a.python, a.place, a.required, a.nullable) for a in give.arguments] == [
        ("pet_name", "path", True, False),
        ("how_much", "query", False, False),
        ("kind", "body", True, False),
        ("at", "body", False, True),
    ]
    assert plan.servers == {"gateway": "https://main.example", "media": "https://files.example"}
    assert [root.name for root in plan.resources] == ["pets", "files"]
    assert plan.resources[0].children[0].title == "PetsFoodResource"


def test_default_of_the_service_is_reported_and_not_taken(sources: dict[str, str]) -> None:
    amount = planned(contract()).calls[0].arguments[1]
    assert "3" in amount.doc
    method = sources["resources/pets.py"]
    assert "pet_name: str,\n        *,\n        kind:" in method
    assert "how_much: int | None = None," in method
    assert 'kind: Literal["fish", "hay"] | str,' in method
    assert "at: datetime | str | None | Unset = UNSET," in method


def test_union_is_dispatched_by_its_tag(sources: dict[str, str]) -> None:
    plan = planned(contract())
    names, members = plan.members(plan.unions["Animal"], "Animal")
    assert names == []
    assert plan.dispatch(plan.objects(members), "Animal") == (
        "species",
        {"cat": "Cat", "dog": "Dog"},
        "None",
    )
    assert (
        'read_tagged(value, "species", {"cat": Cat, "dog": Dog}, None)'
        in (sources["models/animal.py"])
    )
    pet = sources["models/pet.py"]
    assert "animal: Animal = field(converter=as_animal)" in pet
    assert "friends: list[Animal] | None = field(default=ABSENT" in pet
    assert 'self.friends = as_list_of_animal(d["friends"])' in pet


def test_fields_come_first_in_a_model(sources: dict[str, str]) -> None:
    body = sources["models/meal.py"].partition("class Meal(ApiModel):\n")[2]
    assert body.startswith(
        '    """Meal"""\n\n'
        '    kind: Literal["fish", "hay"] | str\n'
        '    """The service assumes hay when it is not given."""\n'
        "    at: datetime | None = field(default=ABSENT, converter=read_datetime)\n"
    )


def test_a_request_is_built_in_one_place(sources: dict[str, str]) -> None:
    function, method = sources["api/pets/feed_pet.py"], sources["resources/pets.py"]
    assert function.count('"how-much": how_much') == 1
    assert '"how-much"' not in method
    assert "feed_pet.get_kwargs(" in method
    assert function.count("get_kwargs(") == 3


@pytest.fixture(scope="module")
def sources(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Generate a package for the small contract."""
    folder = tmp_path_factory.mktemp("small")
    path = folder / "openapi.json"
    path.write_text(json.dumps(contract()), encoding="utf-8")
    generate.generate(folder / "out", path, generate.ROOT / "generator-config.yaml")
    package = folder / "out" / generate.PACKAGE
    files = list(package.rglob("*.py"))
    return {f.relative_to(package).as_posix(): f.read_text(encoding="utf-8") for f in files}


def test_unions_keep_their_names_inside_others() -> None:
    document = contract()
    null = {"anyOf": [{"$ref": "#/components/schemas/Animal"}, {"type": "null"}]}
    document["components"]["schemas"]["Pet"]["properties"]["rival"] = null
    plan = planned(document)
    rival = next(f for f in plan.fields("Pet") if json_name(f) == "rival")
    assert plan.parts(rival)[0] == ["Animal"]
    assert plan.converter(rival) == "as_animal"


def test_names_that_python_or_the_model_needs_get_an_underscore() -> None:
    document = contract()
    for name in ("aspectRatio", "X-Cache", "2fast", "import", "type", "format"):
        document["components"]["schemas"]["Pet"]["properties"][name] = {"type": "string"}
    names = {json_name(f): python_name(f) for f in planned(document).fields("Pet")}
    assert names == {
        "animal": "animal",
        "friends": "friends",
        "class": "class_",
        "toDict": "to_dict_",
        "aspectRatio": "aspect_ratio",
        "X-Cache": "x_cache",
        "2fast": "field_2fast",
        "import": "import_",
        "type": "type",
        "format": "format",
    }


def drop(key: str) -> Any:
    def change(document: dict[str, Any]) -> None:
        del feed(document)[key]

    return change


def two_successes(document: dict[str, Any]) -> None:
    feed(document)["responses"]["201"] = {"description": ""}


def header_parameter(document: dict[str, Any]) -> None:
    feed(document)["parameters"].append({"name": "x", "in": "header", "schema": {"type": "string"}})


def same_name(document: dict[str, Any]) -> None:
    feed(document)["parameters"].append(
        {"name": "kind", "in": "query", "schema": {"type": "string"}}
    )


def inline_object(document: dict[str, Any]) -> None:
    inner = {"type": "object", "properties": {"a": {"type": "string"}}}
    document["components"]["schemas"]["Meal"]["properties"]["inner"] = inner


def shared_tag(document: dict[str, Any]) -> None:
    document["components"]["schemas"]["Dog"]["properties"]["species"] = {"const": "cat"}


def unknown_server(document: dict[str, Any]) -> None:
    feed(document)["servers"] = [{"url": "https://third.example"}]


def inline_body(document: dict[str, Any]) -> None:
    feed(document)["requestBody"]["content"] = {"application/json": {"schema": {"type": "object"}}}


def circle(document: dict[str, Any]) -> None:
    of_cat = document["components"]["schemas"]["Cat"]["properties"]
    of_cat["prey"] = {"$ref": "#/components/schemas/Pet"}


def scalar_component(document: dict[str, Any]) -> None:
    document["components"]["schemas"]["Name"] = {"type": "string"}


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (drop("operationId"), "operationId"),
        (drop("x-sdk"), "x-sdk"),
        (two_successes, "exactly one success"),
        (header_parameter, "parameter in header"),
        (same_name, "two arguments are called kind"),
        (inline_object, "named component"),
        (shared_tag, "share the tag cat"),
        (unknown_server, "unknown server"),
        (inline_body, "named component"),
        (circle, "hold each other"),
        (scalar_component, "Name is no object"),
    ],
)
def test_what_cannot_be_laid_out_is_refused(change: Any, reason: str) -> None:
    document = contract()
    change(document)
    with pytest.raises(PlanError, match=reason):
        planned(document)


def test_planning_keeps_the_contract_as_it_is() -> None:
    document = contract()
    before = copy.deepcopy(document)
    planned(document)
    assert document == before


def test_words_beside_a_reference_describe_the_field() -> None:
    document = contract()
    schemas = document["components"]["schemas"]
    schemas["Cat"]["description"] = "Purrs."
    wrapped = {"allOf": [{"$ref": "#/components/schemas/Cat"}], "description": "mine"}
    schemas["Pet"]["properties"] |= {
        "own": wrapped,
        "plain": {"$ref": "#/components/schemas/Cat"},
        "size": {"type": "integer", "minimum": 1, "maximum": 9, "deprecated": True},
    }
    plan = planned(document)
    reported = {json_name(f): plan.describe("Pet", f) for f in plan.fields("Pet")}
    assert (reported["own"], reported["plain"]) == ("mine", "Purrs.")
    assert reported["size"] == "Deprecated. From 1 to 9."


def test_text_is_wrapped_and_cannot_end_the_docstring() -> None:
    text = docstring('One """two""" \\n ' + "word " * 60 + "\n\n- item one\n- item two", 8)
    assert '"""two' not in text
    assert "\\\\n" in text
    assert all(len(line) <= 116 for line in text.splitlines())
    assert "        - item one" in text.splitlines()


def test_union_types_are_split_outside_brackets_only() -> None:
    assert split_types('Literal["a | b"] | list[int | str] | None') == [
        'Literal["a | b"]',
        "list[int | str]",
        "None",
    ]


@pytest.mark.parametrize(
    ("types", "joined"),
    [
        (["None", "int"], "int | None"),
        (["A", "Mapping[str, Any]", "B | Mapping[str, Any]"], "A | Mapping[str, Any] | B"),
        (["str", 'Literal["a"] | str', "None"], 'Literal["a"] | str | None'),
        (["str", "list[str]"], "str | list[str]"),
        (["int", "Any", "None"], "Any"),
    ],
)
def test_union_types_are_joined_without_repetition(types: list[str], joined: str) -> None:
    assert join_types(types) == joined
