"""What the plan makes of a contract, and what it refuses."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from generator.plan import PlanError, docstring, make_plan, snake, split
from generator.prepare import prepare


def contract(**changes: Any) -> dict[str, Any]:
    """Give a small contract with one operation of each host."""
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
    plan = make_plan(contract())
    give, get = plan.calls
    assert (give.host, give.auth, give.paid, give.idempotent) == (
        "gateway",
        "required",
        True,
        False,
    )
    assert (get.host, get.auth, get.paid, get.idempotent) == ("media", "none", False, True)
    assert (give.result, get.result) == ("Pet", "Binary")
    assert [argument.declaration() for argument in give.arguments] == [
        "pet_name: str",
        "how_much: int | None = None",
        'kind: Literal["fish", "hay"] | str',
        "at: datetime | str | Unset | None = UNSET",
    ]
    assert plan.servers == {"gateway": "https://main.example", "media": "https://files.example"}
    assert [root.name for root in plan.resources] == ["pets", "files"]
    assert plan.resources[0].children[0].title == "PetsFoodResource"


def test_default_of_the_service_is_told_and_not_taken() -> None:
    give = make_plan(contract()).calls[0]
    amount = next(argument for argument in give.arguments if argument.name == "how-much")
    assert "3" in amount.doc
    assert "3" not in amount.declaration()


def test_union_is_dispatched_by_its_tag() -> None:
    components = make_plan(contract()).components
    animal = components["Animal"].shape
    assert animal is not None
    assert animal.convert == 'tagged({}, "species", {"cat": Cat, "dog": Dog}, None)'
    friends = next(item for item in components["Pet"].fields if item.name == "friends")
    assert friends.shape.convert == "many({}, as_animal)"
    assert friends.out == "list[Animal] | None"


def test_names_that_python_or_the_model_needs_get_an_underscore() -> None:
    names = {item.name: item.python for item in make_plan(contract()).components["Pet"].fields}
    assert (names["class"], names["toDict"]) == ("class_", "to_dict_")
    assert [snake(name) for name in ("aspectRatio", "X-Cache", "2fast", "import")] == [
        "aspect_ratio",
        "x_cache",
        "field_2fast",
        "import_",
    ]


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


def several_schemas(document: dict[str, Any]) -> None:
    both = [{"$ref": "#/components/schemas/Cat"}, {"$ref": "#/components/schemas/Dog"}]
    document["components"]["schemas"]["Meal"]["properties"]["mix"] = {"allOf": both}


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
        (several_schemas, "allOf"),
    ],
)
def test_what_cannot_be_laid_out_is_refused(change: Any, reason: str) -> None:
    document = contract()
    change(document)
    with pytest.raises(PlanError, match=reason):
        make_plan(document)


def test_preparing_removes_defaults_and_keeps_the_contract_as_it_is() -> None:
    document = contract()
    before = copy.deepcopy(document)
    prepared = prepare(document)
    assert document == before
    assert "default" not in str(prepared)
    assert prepared["paths"].keys() == document["paths"].keys()
    assert prepared["components"]["schemas"].keys() == document["components"]["schemas"].keys()
    properties = prepared["components"]["schemas"]["Meal"]["properties"]
    assert properties["kind"] == {"type": "string"}


def test_preparing_unwraps_a_reference_with_words_beside_it() -> None:
    document = contract()
    wrapped = {"allOf": [{"$ref": "#/components/schemas/Cat"}], "description": "mine", "default": 1}
    document["components"]["schemas"]["Pet"]["properties"]["animal"] = wrapped
    prepared = prepare(document)["components"]["schemas"]["Pet"]["properties"]["animal"]
    assert prepared == {"$ref": "#/components/schemas/Cat", "description": "mine"}


def test_text_is_wrapped_and_cannot_end_the_docstring() -> None:
    text = docstring('One """two""" \\n ' + "word " * 60 + "\n\n- item one\n- item two", 8)
    assert '"""two' not in text
    assert "\\\\n" in text
    assert all(len(line) <= 116 for line in text.splitlines())
    assert "        - item one" in text.splitlines()


def test_union_types_are_split_outside_brackets_only() -> None:
    assert split('Literal["a | b"] | list[int | str] | None') == [
        'Literal["a | b"]',
        "list[int | str]",
        "None",
    ]
