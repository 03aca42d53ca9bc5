"""Test which differences are found, and whom they break."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest

from pollinations_conformance.drift.compare import compare
from pollinations_conformance.drift.document import Document
from tests.conformance.drift.documents import (
    BOTH,
    CLIENTS,
    DOCS,
    FINE,
    GET,
    PARAMS,
    POST,
    SERVERS,
    THING,
    Change,
    Json,
    at,
    base,
    differences,
    drop,
    put,
    query,
)

EXTRA = {"name": "more", "in": "query", "schema": {"type": "string"}}
AS_JSON: Json = {"name": "size", "in": "query", "content": {"application/json": {}}}
# What theirs does, what kind of difference that is, its class, and the class the other way round.
CHANGES: list[tuple[str, Change, str, str, str]] = [
    ("operation gone", drop("paths", "|things"), "operation", CLIENTS, SERVERS),
    ("optional parameter gone", drop(PARAMS, "2"), "parameter", CLIENTS, FINE),
    ("parameter needed", put(f"{PARAMS}.2", "required", True), "required", CLIENTS, SERVERS),
    ("bound tighter", put(f"{PARAMS}.1.schema", "maximum", 5), "range", CLIENTS, SERVERS),
    (
        "bound exclusive",
        put(f"{PARAMS}.1.schema", "exclusiveMinimum", 1),
        "range",
        CLIENTS,
        SERVERS,
    ),
    ("bound gone", drop(f"{PARAMS}.1.schema", "minimum"), "range", SERVERS, CLIENTS),
    ("length tighter", put(f"{PARAMS}.0.schema", "maxLength", 4), "length", CLIENTS, SERVERS),
    ("pattern", put(f"{PARAMS}.0.schema", "pattern", "^a"), "pattern", CLIENTS, SERVERS),
    ("default", put(f"{PARAMS}.1.schema", "default", 4), "default", BOTH, BOTH),
    ("default gone", drop(f"{PARAMS}.1.schema", "default"), "default", FINE, FINE),
    ("member gone", put(f"{PARAMS}.2.schema", "enum", ["x"]), "enum", CLIENTS, SERVERS),
    ("member new", put(f"{PARAMS}.2.schema", "enum", ["x", "y", "z"]), "enum", SERVERS, CLIENTS),
    ("type", put(f"{PARAMS}.3.schema", "type", "boolean"), "type", BOTH, BOTH),
    ("wider type", put(f"{PARAMS}.1.schema", "type", "number"), "type", SERVERS, CLIENTS),
    ("multiple", put(f"{PARAMS}.1.schema", "multipleOf", 3), "multipleOf", CLIENTS, SERVERS),
    ("body optional", put(f"{POST}.requestBody", "required", False), "required", SERVERS, CLIENTS),
    ("body gone", drop(POST, "requestBody"), "body", BOTH, CLIENTS),
    (
        "body of another type",
        lambda d: put(f"{POST}.requestBody", "content", {"text/csv": {}})(d),
        "media type",
        BOTH,
        BOTH,
    ),
    ("status gone", drop(f"{GET}.responses", "404"), "status", SERVERS, CLIENTS),
    ("range gone", drop(f"{POST}.responses", "4XX"), "status", SERVERS, CLIENTS),
    (
        "response of a further type",
        put(f"{GET}.responses.200.content", "text/plain", {"schema": {"type": "string"}}),
        "media type",
        CLIENTS,
        SERVERS,
    ),
    ("no body documented", drop(f"{GET}.responses.404", "content"), "media type", CLIENTS, SERVERS),
    ("header gone", drop(f"{GET}.responses.200.headers", "X-Id"), "header", CLIENTS, SERVERS),
    (
        "header optional",
        put(f"{GET}.responses.200.headers.X-Id", "required", False),
        "required",
        CLIENTS,
        SERVERS,
    ),
    (
        "response member optional",
        put("components.schemas.Error", "required", []),
        "required",
        CLIENTS,
        SERVERS,
    ),
    (
        "response constant",
        drop("components.schemas.Error.properties.code", "const"),
        "enum",
        CLIENTS,
        SERVERS,
    ),
    (
        "response member",
        drop("components.schemas.Error.properties", "code"),
        "property",
        FINE,
        FINE,
    ),
    (
        "response closed",
        put("components.schemas.Error", "additionalProperties", False),
        "additionalProperties",
        SERVERS,
        CLIENTS,
    ),
    # Thing is both sent and received: what is wider for one is narrower for the other.
    ("nullable", put(f"{THING}.properties.note", "type", "string"), "nullable", BOTH, BOTH),
    ("format", drop(f"{THING}.properties.when", "format"), "format", BOTH, BOTH),
    ("property", drop(f"{THING}.properties", "count"), "property", CLIENTS, FINE),
    ("alternative", drop("components.schemas.Part.oneOf", "1"), "alternative", BOTH, BOTH),
    ("key in the query", put("", "security", [{"token": []}]), "security", CLIENTS, SERVERS),
    (
        "no key",
        put("", "security", [{"token": []}, {"query": []}, {}]),
        "security",
        SERVERS,
        CLIENTS,
    ),
    ("host", put("", "servers", [{"url": "https://else.example.org"}]), "server", BOTH, BOTH),
    ("summary", put(GET, "summary", "Other words"), "description", DOCS, DOCS),
    ("tags", put(GET, "tags", ["b"]), "tags", DOCS, DOCS),
    ("deprecated", put(GET, "deprecated", True), "deprecated", DOCS, DOCS),
    ("version", put("info", "version", "2"), "info", DOCS, DOCS),
    ("version of the API", put("info", "x-api-version", "2"), "info", DOCS, DOCS),
    ("example", put(f"{THING}.properties.name", "examples", ["a"]), "examples", DOCS, DOCS),
    ("example of a parameter", put(f"{PARAMS}.1", "example", 7), "examples", DOCS, DOCS),
    (
        "words of a header",
        put(f"{GET}.responses.200.headers.X-Id", "description", "Which one"),
        "description",
        DOCS,
        DOCS,
    ),
    ("written as JSON", put(PARAMS, "1", AS_JSON), "style", BOTH, BOTH),
    (
        "property of any name",
        put("components.schemas.Error", "patternProperties", {"^x": {"type": "string"}}),
        "type",
        SERVERS,
        CLIENTS,
    ),
    ("loose format", put(f"{THING}.properties.count", "format", "int64"), "format", DOCS, DOCS),
    (
        "optional parameter",
        lambda d: at(d, PARAMS).append(EXTRA),
        "parameter",
        FINE,
        CLIENTS,
    ),
    (
        "needed parameter",
        lambda d: at(d, PARAMS).append({**EXTRA, "required": True}),
        "parameter",
        CLIENTS,
        BOTH,
    ),
]


@pytest.mark.parametrize(
    ("change", "kind", "forth", "back"),
    [row[1:] for row in CHANGES],
    ids=[row[0] for row in CHANGES],
)
def test_each_change_is_found_and_classed_in_both_directions(
    change: Change, kind: str, forth: str, back: str
) -> None:
    ours, theirs = base(), base()
    change(theirs)
    for one, other, wanted in ((ours, theirs, forth), (theirs, ours, back)):
        found = differences(one, other)
        assert kind in {difference.first.kind for difference in found}
        harms = frozenset[str]().union(*(difference.harms for difference in found))
        label = next((d.label for d in found if d.label in (DOCS, FINE)), "")
        if harms:
            who = " and ".join(name for name in ("clients", "servers") if name in harms)
            label = f"breaking for {who}"
        assert label == wanted


LIST: Json = {"type": "array", "items": {"type": "string"}}


def test_how_a_list_is_written_is_compared_where_it_is_a_list() -> None:
    named = query({"$ref": "#/components/schemas/List"}, explode=False)
    named["components"]["schemas"]["List"] = LIST
    assert differences(query(LIST, explode=False), named) == []
    assert [d.first.kind for d in differences(query(LIST), named)] == ["style"]
    single = {"type": "string"}
    assert differences(query(single), query(single, style="pipeDelimited", explode=True)) == []


@pytest.mark.parametrize(
    ("one", "other", "label"),
    [
        ({"type": "number", "minimum": 0.25}, {"type": "integer", "minimum": 0.25}, CLIENTS),
        ({"type": "number", "multipleOf": 0.1}, {"type": "number", "multipleOf": 0.3}, CLIENTS),
        ({"maxLength": 3}, {"type": "string", "maxLength": 3}, CLIENTS),
        (
            {"type": "object"},
            {"type": "object", "if": {"required": ["a"]}, "then": {"required": ["b"]}},
            CLIENTS,
        ),
    ],
    ids=["whole numbers", "multiples", "one type", "if and then"],
)
def test_one_change_of_a_schema_is_one_difference(one: Json, other: Json, label: str) -> None:
    assert [d.label for d in differences(query(one), query(other))] == [label]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"type": "integer", "multipleOf": 1}, {"type": "integer"}),
        ({"type": "number", "multipleOf": 1}, {"type": "integer"}),
        ({"type": "string", "format": "byte"}, {"type": "string", "contentEncoding": "base64"}),
    ],
)
def test_two_ways_of_writing_one_thing_are_no_difference(one: Json, other: Json) -> None:
    assert differences(query(one), query(other)) == []


def test_what_is_only_read_need_not_be_sent() -> None:
    ours, theirs = base(), base()
    for document in (ours, theirs):
        at(document, THING)["properties"]["count"]["readOnly"] = True
    at(theirs, THING)["required"] = ["name", "count"]
    assert [d.label for d in differences(ours, theirs)] == [SERVERS]


def test_a_key_that_the_other_document_calls_a_parameter_is_no_difference() -> None:
    theirs = base()
    theirs["security"] = [{"token": []}]
    for operation in (at(theirs, GET), at(theirs, POST)):
        operation.setdefault("parameters", []).append(
            {"name": "key", "in": "query", "schema": {"type": "string"}}
        )
    assert differences(base(), theirs) == []
    assert differences(theirs, base()) == []
    at(theirs, POST)["parameters"][-1]["required"] = True
    assert {d.first.kind for d in differences(base(), theirs)} == {"security"}


def test_a_reference_by_name_is_followed(tmp_path: Path) -> None:
    theirs = base()
    at(theirs, THING)["$anchor"] = "thing"
    body = at(theirs, f"{GET}.responses.200.content")["application/json"]
    body["schema"]["$ref"] = "#thing"
    assert differences(base(), theirs) == []
    body["schema"]["$ref"] = "#nothing"
    document = Document(theirs, "theirs")
    compare(Document(base(), "ours"), document)
    assert list(document.unresolved) == ["#nothing"]


def received(**schema: Any) -> Json:
    """Return a document whose Thing, sent and received, has a `count` of this schema."""
    document = base()
    at(document, THING)["properties"]["count"] = {"type": "string", **schema}
    return document


@pytest.mark.parametrize(
    ("ours", "theirs", "labels"),
    [
        # What is only received is no part of requests, and the reverse.
        ({"readOnly": True}, {"readOnly": True, "pattern": "^a"}, {SERVERS}),
        ({"readOnly": True, "pattern": "^a"}, {"readOnly": True}, {CLIENTS}),
        ({"writeOnly": True}, {"writeOnly": True, "pattern": "^a"}, {CLIENTS}),
        ({"writeOnly": True, "pattern": "^a"}, {"writeOnly": True}, {SERVERS}),
        ({}, {"pattern": "^a"}, {BOTH}),
        ({"readOnly": True}, {}, {FINE}),
    ],
)
def test_a_property_of_one_direction_is_compared_in_that_direction(
    ours: Json, theirs: Json, labels: set[str]
) -> None:
    found = differences(received(**ours), received(**theirs))
    assert {difference.label for difference in found} == labels


def test_a_property_that_is_only_received_may_be_missing_from_requests() -> None:
    theirs = received()
    del at(theirs, THING)["properties"]["count"]
    assert {d.label for d in differences(received(readOnly=True), theirs)} == {FINE}
    assert {d.label for d in differences(received(), theirs)} == {CLIENTS}


def served_by(url: str, **variables: Json) -> Json:
    document = base()
    document["servers"] = [{"url": url, "variables": variables}]
    return document


def test_variables_of_a_server_are_resolved() -> None:
    literal = served_by("https://api.example.org/v1")
    variable = served_by(
        "https://{name}.example.org/{version}",
        name={"default": "api"},
        version={"default": "v1", "enum": ["v0", "v1"]},
    )
    assert differences(literal, variable) == []
    assert differences(variable, literal) == []
    choice = served_by("https://{name}.example.org/v1", name={"default": "eu", "enum": ["api"]})
    assert differences(literal, choice) == []
    port = served_by("https://api.example.org:{port}/v1", port={"default": 443})
    assert differences(literal, port) == []
    unknown = served_by("https://{name}.example.org/v1", name={"default": None})
    assert {d.first.theirs for d in differences(literal, unknown)} == {"{name}.example.org"}
    other = served_by("https://{name}.example.org/v1", name={"default": "eu"})
    assert {d.first.kind for d in differences(literal, other)} == {"server"}


def test_many_variables_of_a_server_cost_no_more_than_a_few() -> None:
    names = [f"v{number}" for number in range(40)]
    url = "https://example.org/" + "/".join(f"{{{name}}}" for name in names)
    many = served_by(url, **{name: {"enum": ["a", "b"], "default": "a"} for name in names})
    assert differences(many, copy.deepcopy(many)) == []
