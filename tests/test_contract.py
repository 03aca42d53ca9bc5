"""The contract itself: is it valid, complete, consistent, and does it say what the documentation says?"""

from __future__ import annotations

import datetime
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TypeGuard

import jsonschema_rs
import pytest
import yaml

ROOT = Path(__file__).resolve().parent.parent
SHARED = ROOT.parent / "shared"
METHODS = ("get", "head", "post", "put", "patch", "delete", "options")
OPERATIONS = 19  # the documentation's eighteen, and the deprecated alias of chat as one of its own

DOCUMENT: dict[str, Any] = yaml.load((ROOT / "openapi.yaml").read_bytes(), yaml.CSafeLoader)

# Documented facts that the contract departs from, and the deviation that says why.
DEPARTURES = {
    ("required", "error.details"): "error-details-missing",
}


def is_object(node: Any) -> TypeGuard[dict[str, Any]]:
    return isinstance(node, dict)


def is_list(node: Any) -> TypeGuard[list[Any]]:
    return isinstance(node, list)


def resolve(node: Any) -> Any:
    while is_object(node) and "$ref" in node:
        target: Any = DOCUMENT
        for step in node["$ref"][2:].split("/"):
            target = target[step.replace("~1", "/").replace("~0", "~")]
        node = target
    return node


def operations() -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, item in DOCUMENT["paths"].items():
        for method in METHODS:
            if method in item:
                yield method, path, item[method]


def parameters(path: str, operation: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        resolve(p)
        for p in [*DOCUMENT["paths"][path].get("parameters", []), *operation.get("parameters", [])]
    ]


def walk(node: Any, pointer: str = "") -> Iterator[tuple[str, Any]]:
    yield pointer, node
    if is_object(node):
        for key, value in node.items():
            yield from walk(value, f"{pointer}/{key.replace('~', '~0').replace('/', '~1')}")
    elif is_list(node):
        for index, value in enumerate(node):
            yield from walk(value, f"{pointer}/{index}")


def all_of(extension: str) -> list[tuple[str, dict[str, Any]]]:
    return [
        (pointer, item)
        for pointer, node in walk(DOCUMENT)
        if is_object(node)
        for item in node.get(extension, [])
    ]


def errors(schema: dict[str, Any], value: Any) -> list[str]:
    validator = jsonschema_rs.Draft202012Validator(
        {"components": DOCUMENT["components"], "allOf": [schema]}, validate_formats=True
    )
    return [error.message for error in validator.iter_errors(value)]


def examples(media: dict[str, Any]) -> list[tuple[str, Any]]:
    return [
        (name, resolve(example)["value"]) for name, example in media.get("examples", {}).items()
    ]


# ── is it valid ──


def test_it_is_openapi_3_1() -> None:
    from openapi_spec_validator import validate

    assert DOCUMENT["openapi"] == "3.1.0"
    validate(DOCUMENT)


def test_it_is_plain_json_so_that_every_tool_can_read_it() -> None:
    json.dumps(DOCUMENT)


def test_every_component_is_used() -> None:
    text = (ROOT / "openapi.yaml").read_text(encoding="utf-8")
    unused = [
        f"{kind}/{name}"
        for kind, components in DOCUMENT["components"].items()
        if kind != "securitySchemes"
        for name in components
        if not re.search(rf"#/components/{kind}/{re.escape(name)}['\"]", text)
    ]
    assert unused == []


# ── is it complete ──


def test_it_has_every_documented_operation() -> None:
    assert len(list(operations())) == OPERATIONS


@pytest.mark.parametrize(
    ("method", "path", "operation"),
    [pytest.param(*o, id=o[2]["operationId"]) for o in operations()],
)
class TestEachOperation:
    def test_says_where_it_belongs(self, method: str, path: str, operation: dict[str, Any]) -> None:
        assert len(operation["tags"]) == 1
        assert operation["tags"][0] in [tag["name"] for tag in DOCUMENT["tags"]]
        assert set(operation["x-sdk"]) == {"resource", "method"}
        assert operation["summary"]
        assert operation["description"]

    def test_names_its_security(self, method: str, path: str, operation: dict[str, Any]) -> None:
        known: list[list[dict[str, list[str]]]] = [
            [],
            [{"bearerAuth": []}, {"queryKey": []}],
            [{}, {"bearerAuth": []}, {"queryKey": []}],
        ]
        assert operation["security"] in known

    def test_describes_every_parameter(
        self, method: str, path: str, operation: dict[str, Any]
    ) -> None:
        for parameter in parameters(path, operation):
            assert parameter["description"], parameter["name"]

    def test_has_an_example_for_its_request_and_each_success(
        self, method: str, path: str, operation: dict[str, Any]
    ) -> None:
        body: dict[str, Any] = resolve(operation.get("requestBody", {})).get("content", {})
        for media_type, media in body.items():
            if media_type not in {"audio/*", "video/*"}:  # bare bytes are shown once, as image/*
                assert examples(media), media_type
        for parameter in parameters(path, operation):
            if parameter.get("required"):
                assert parameter["examples"], parameter["name"]
        for status, response in operation["responses"].items():
            if status.startswith("2"):
                for media_type, media in resolve(response).get("content", {}).items():
                    assert examples(media), media_type

    def test_has_examples_that_its_schemas_allow(
        self, method: str, path: str, operation: dict[str, Any]
    ) -> None:
        found: list[str] = []
        for parameter in parameters(path, operation):
            for name, value in examples(parameter):
                found += [
                    f"{parameter['name']} {name}: {e}" for e in errors(parameter["schema"], value)
                ]
        bodies = [
            resolve(operation.get("requestBody", {})),
            *map(resolve, operation["responses"].values()),
        ]
        for body in bodies:
            for media_type, media in body.get("content", {}).items():
                for name, value in examples(media):
                    found += [f"{media_type} {name}: {e}" for e in errors(media["schema"], value)]
        assert found == []

    def test_states_at_least_one_requirement(
        self, method: str, path: str, operation: dict[str, Any]
    ) -> None:
        shared = [resolve(r) for s, r in operation["responses"].items() if s.startswith("2")]
        assert any(node.get("x-requirements") for node in [operation, *shared])


def test_headers_have_examples_that_their_schemas_allow() -> None:
    found = {
        name: errors(h["schema"], h["example"])
        for name, h in DOCUMENT["components"]["headers"].items()
    }
    assert {name: e for name, e in found.items() if e} == {}


def test_an_upload_links_to_its_retrieval() -> None:
    links = DOCUMENT["paths"]["/upload"]["post"]["responses"]["200"]["links"]
    assert {link["operationId"] for link in links.values()} == {"getMedia", "headMedia"}


def test_streams_have_a_schema_for_each_event() -> None:
    event = DOCUMENT["components"]["schemas"]["ChatCompletionEvent"]
    assert errors(event, {"data": "[DONE]"}) == []
    assert errors(event, {}) != []


def test_the_examples_reach_streams_tools_images_csv_and_each_form_of_upload() -> None:
    chat = [
        value
        for _, value in examples(
            DOCUMENT["components"]["requestBodies"]["ChatCompletion"]["content"]["application/json"]
        )
    ]
    parts = [
        p["type"]
        for body in chat
        for m in body["messages"]
        if isinstance(m.get("content"), list)
        for p in m["content"]
    ]
    assert any(body.get("stream") for body in chat)
    assert any(body.get("tools") and body.get("stream") for body in chat)
    assert {"text", "image_url", "video_url", "input_audio", "file"} <= set(parts)
    assert "csv" in [
        value for _, value in examples(DOCUMENT["components"]["parameters"]["UsageFormat"])
    ]
    assert len(DOCUMENT["paths"]["/upload"]["post"]["requestBody"]["content"]) == 5


# ── are its clauses in order ──


def test_requirements_are_stated_in_one_form() -> None:
    for pointer, item in all_of("x-requirements"):
        assert re.fullmatch(r"[A-Z][A-Z0-9]*(-[A-Z][A-Z0-9]*)+-\d\d", item["id"]), pointer
        assert item["level"] in {"MUST", "SHOULD"}, item["id"]
        assert item["origin"] in {"documented", "observed"}, item["id"]
        assert item["level"] in item["text"], item["id"]
        assert item["text"].endswith("."), item["id"]
        assert item["evidence"], item["id"]
        assert ("why" in item) == (item.get("observable") is False), item["id"]
        assert set(item) <= {
            "id",
            "level",
            "text",
            "origin",
            "evidence",
            "observable",
            "why",
            "tag",
        }, item["id"]
        for evidence in item["evidence"]:
            assert evidence["source"] in {
                "documentation",
                "published",
                "source",
                "traffic",
                "framework",
                "client-tests",
            }
            assert evidence["ref"], item["id"]
            assert re.fullmatch(r"\d{4}-\d\d(-\d\d)?", evidence["date"]), item["id"]
            assert evidence["date"] <= datetime.date.today().isoformat(), item["id"]


def test_a_documented_requirement_cites_the_documentation_or_the_published_document() -> None:
    uncited = [
        item["id"]
        for _, item in all_of("x-requirements")
        if item["origin"] == "documented"
        and not {"documentation", "published", "traffic"} & {e["source"] for e in item["evidence"]}
    ]
    assert uncited == []


def test_requirement_ids_are_unique_and_many() -> None:
    ids = [item["id"] for _, item in all_of("x-requirements")]
    assert len(ids) == len(set(ids))
    assert len(ids) >= 120


def test_deviations_are_stated_in_one_form_with_unique_ids() -> None:
    found = all_of("x-deviations")
    ids = [item["id"] for _, item in found]
    assert len(ids) == len(set(ids))
    for _, item in found:
        assert set(item) == {"id", "documented", "observed", "where", "when", "contract"}, item[
            "id"
        ]
        assert all(isinstance(value, str) and value for value in item.values()), item["id"]
        assert re.fullmatch(r"\d{4}-\d\d(-\d\d)?", item["when"]), item["id"]


def test_every_tag_has_requirements() -> None:
    tags = {
        operation["tags"][0] for _, _, operation in operations() if operation.get("x-requirements")
    }
    assert tags == {tag["name"] for tag in DOCUMENT["tags"]}


# ── does it say what the documentation says ──


def variants(schema: Any) -> Iterator[dict[str, Any]]:
    """Yield the schema and every alternative it is made of."""
    schema = resolve(schema)
    if not is_object(schema):
        return
    yield schema
    for keyword in ("anyOf", "oneOf", "allOf"):
        for part in schema.get(keyword, []):
            yield from variants(part)


def step(schemas: list[dict[str, Any]], name: str) -> list[dict[str, Any]]:
    """Descend into a property, or with `[]` into the items of an array."""
    found = [s.get("items") if name == "[]" else s.get("properties", {}).get(name) for s in schemas]
    return [v for schema in found if schema is not None for v in variants(schema)]


class Documentation:
    """The documentation page, read as facts: (operation, place, field path, kind, value)."""

    def __init__(self, text: str) -> None:
        self.facts: list[tuple[str, str, str, str, Any]] = []
        self.operations: list[str] = []
        operation = place = ""
        stack: list[tuple[int, str]] = []
        in_example = False
        method = ""
        for line in text.splitlines():
            bare = line.strip().replace("\u00a0", " ").replace("  ", " ")
            indent = len(line) - len(line.lstrip())
            if not bare:
                continue
            if bare == "Schemas":
                place = operation = ""
            if match := re.fullmatch(r"• Method: (\w+)", bare):
                method = match[1]
                continue
            if match := re.fullmatch(r"• Path: (\S+)", bare):
                operation, place, stack, in_example = f"{method} {match[1]}", "", [], False
                if method != "SERVERS":
                    self.operations.append(operation)
                continue
            if not operation or operation.startswith("SERVERS"):
                continue
            if bare == "Request Body":
                place, stack, in_example = "request", [], False
            elif match := re.match(r"Status: (\d{3})", bare):
                place, stack, in_example = match[1], [], False
                self.facts.append((operation, place, "", "status", match[1]))
            elif match := re.fullmatch(r"Content-Type: (\S+)", bare):
                place = place.split(" ")[0] + " " + match[1]
                stack, in_example = [], False
                self.facts.append((operation, place, "", "media type", match[1]))
            elif bare == "Example:":
                in_example = True
            elif (in_example and not bare.startswith("• ")) or " " not in place:
                continue
            elif match := re.fullmatch(r"• (\S+?)( \(required\))?", bare):
                in_example = False
                while stack and stack[-1][0] >= indent:
                    stack.pop()
                stack.append((indent, match[1]))
                self.add(operation, place, stack, "field", match[1])
                if match[2]:
                    self.add(operation, place, stack, "required", match[1])
            elif bare == "Items:" or bare == "Array of:":
                while stack and stack[-1][0] >= indent:
                    stack.pop()
                stack.append((indent - 1, "[]"))  # what follows stands at the same indentation
            elif match := re.match(r"(string|number|integer|boolean|array|object)(?=$|[ ,])", bare):
                if match[1] not in ("object", "array"):
                    self.add(operation, place, stack, "type", match[1])
                if values := re.search(r"possible values: ((?:\"[^\"]*\"(?:, )?)+)", bare):
                    for value in re.findall(r'"([^"]*)"', values[1]):
                        self.add(operation, place, stack, "enum member", value)
                if default := re.search(r"default: (\"[^\"]*\"|[\w.-]+)", bare):
                    self.add(operation, place, stack, "default", json.loads(default[1]))
                if kind := re.search(r"format: ([\w-]+)", bare):
                    self.add(operation, place, stack, "format", kind[1])

    def add(
        self, operation: str, place: str, stack: list[tuple[int, str]], kind: str, value: Any
    ) -> None:
        self.facts.append((operation, place, ".".join(name for _, name in stack), kind, value))


def documentation() -> Documentation:
    pages = sorted((SHARED / "seed").glob("*.txt"))
    if not pages:
        pytest.skip("the documentation page is not beside the checkout (../shared/seed)")
    return Documentation(pages[0].read_text(encoding="utf-8"))


def contradiction(fact: tuple[str, str, str, str, Any]) -> str | None:
    """Return how the contract contradicts a documented fact, if it does."""
    operation_name, place, field, kind, value = fact
    method, path = operation_name.split(" ")
    operation = DOCUMENT["paths"].get(path, {}).get(method.lower())
    if operation is None:
        return "no such operation"
    where, _, media_type = place.partition(" ")
    body = resolve(
        operation["requestBody"] if where == "request" else operation["responses"].get(where)
    )
    if body is None:
        return "no such status"
    if kind == "status":
        return None
    media = body.get("content", {}).get(media_type)
    if media is None:
        return "no such media type"
    if kind == "media type":
        return None
    steps = field.split(".") if field else []
    parents = list(variants(media["schema"]))
    for name in steps[:-1]:
        parents = step(parents, name)
    schemas = step(parents, steps[-1]) if steps else parents
    if not schemas:
        return "no such field"
    if (
        kind == "required"
        and (kind, field) not in DEPARTURES
        and not any(
            value in p.get("required", []) for p in parents if value in p.get("properties", {})
        )
    ):
        return "not required"
    if kind == "type":
        types = {
            t
            for s in schemas
            for t in ([s["type"]] if isinstance(s.get("type"), str) else s.get("type", []))
        }
        if value not in types:
            return f"type is {sorted(types)}"
    if kind == "enum member" and not any(value in s.get("enum", [s.get("const")]) for s in schemas):
        return "not in the enumeration"
    if kind == "default" and not any("default" in s and s["default"] == value for s in schemas):
        return "another default"
    if kind == "format" and not any(s.get("format") == value for s in schemas):
        return "another format"
    return None


def test_it_says_every_fact_of_the_documentation() -> None:
    page = documentation()
    assert len(page.operations) == OPERATIONS - 1
    assert len(page.facts) > 900, "the page was not read to its end"
    wrong = [f"{fact}: {why}" for fact in page.facts if (why := contradiction(fact))]
    assert wrong == []


def test_each_departure_from_the_documentation_is_a_recorded_deviation() -> None:
    assert set(DEPARTURES.values()) <= {item["id"] for _, item in all_of("x-deviations")}


def published() -> dict[str, Any]:
    files = sorted((SHARED / "upstream").glob("openapi-2026-02*.json"))
    if not files:
        pytest.skip("the published document is not beside the checkout (../shared/upstream)")
    document: dict[str, Any] = json.loads(files[0].read_text(encoding="utf-8"))
    return document


def test_it_has_every_published_parameter_with_its_default_range_and_values() -> None:
    wrong: list[str] = []
    for path, item in published()["paths"].items():
        for method, theirs in item.items():
            ours = {p["name"]: p for p in parameters(path, DOCUMENT["paths"][path][method])}
            for parameter in theirs.get("parameters", []):
                name = parameter["name"]
                if name == "key":  # a security scheme here
                    continue
                schemas = list(variants(ours[name]["schema"])) if name in ours else []
                for keyword in ("default", "minimum", "maximum", "minLength"):
                    if keyword in parameter["schema"] and parameter["schema"][keyword] not in [
                        s.get(keyword) for s in schemas
                    ]:
                        wrong.append(f"{path} {name} {keyword}")
                for value in parameter["schema"].get("enum", []):
                    if not any(value in s.get("enum", []) for s in schemas):
                        wrong.append(f"{path} {name} {value}")
    assert wrong == []


def test_it_has_every_published_field_of_the_chat_request_with_its_range_and_default() -> None:
    def leaves(schema: dict[str, Any]) -> Iterator[dict[str, Any]]:
        yield schema
        for part in schema.get("anyOf", []):
            yield from leaves(part)

    path = "/v1/chat/completions"
    theirs = published()["paths"][path]["post"]["requestBody"]["content"]["application/json"][
        "schema"
    ]
    ours = list(variants(DOCUMENT["components"]["schemas"]["CreateChatCompletionRequest"]))
    wrong: list[str] = []
    for name, schema in theirs["properties"].items():
        mine = step(ours, name)
        if not mine:
            wrong.append(name)
        nullable = any(leaf.get("type") == "null" for leaf in leaves(schema))
        types = {
            t
            for s in mine
            for t in ([s["type"]] if isinstance(s.get("type"), str) else s.get("type", []))
        }
        if nullable != ("null" in types):
            wrong.append(f"{name} nullable: {nullable}")
        for leaf in leaves(schema):
            for keyword in ("minimum", "maximum", "minItems", "maxItems", "default", "enum"):
                expected = leaf.get(keyword, ...)
                if expected is not ... and not any(
                    set(expected) <= set(s.get(keyword, []))
                    if keyword == "enum"
                    else s.get(keyword, ...) == expected
                    for s in mine
                ):
                    wrong.append(f"{name} {keyword} {expected}")
    assert wrong == []


def test_every_place_that_names_a_requirement_names_one_that_exists() -> None:
    ids = {item["id"] for _, item in all_of("x-requirements")}
    named = {
        node["x-requirement"]
        for _, node in walk(DOCUMENT)
        if is_object(node) and "x-requirement" in node
    }
    assert named
    assert named <= ids
