"""Test the comparison of OpenAPI documents, its three outputs and what traffic says about it."""

from __future__ import annotations

import copy
import http.server
import json
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from pollinations_conformance.cli import main as cli
from pollinations_conformance.contract import default_path
from pollinations_conformance.drift import compare, evidence
from pollinations_conformance.drift import report as drift
from pollinations_conformance.drift.shapes import Document, DriftError
from pollinations_conformance.http.json import is_list, is_object

Json = dict[str, Any]
SHARED = Path(__file__).resolve().parents[3] / "shared"

BASE = """
openapi: 3.1.0
info: {title: T, version: "1"}
servers: [{url: https://api.example.org}]
security: [{token: []}, {query: []}]
paths:
  /things/{id}:
    get:
      operationId: getThing
      summary: Fetch a thing
      tags: [a]
      parameters:
        - {name: id, in: path, required: true, schema: {type: string, maxLength: 9}}
        - {name: size, in: query, schema: {type: integer, minimum: 1, maximum: 9, default: 3}}
        - {name: kind, in: query, schema: {type: string, enum: [x, y]}}
        - {name: X-Trace, in: header, schema: {type: string}}
      responses:
        '200':
          description: Fine
          headers:
            X-Id: {required: true, schema: {type: string}}
          content:
            application/json: {schema: {$ref: '#/components/schemas/Thing'}}
        '404':
          description: None
          content:
            application/json: {schema: {$ref: '#/components/schemas/Error'}}
  /things:
    post:
      operationId: addThing
      requestBody:
        required: true
        content:
          application/json: {schema: {$ref: '#/components/schemas/Thing'}}
      responses:
        '201': {description: Made}
        4XX:
          description: Refused
          content:
            application/json: {schema: {$ref: '#/components/schemas/Error'}}
components:
  securitySchemes:
    token: {type: http, scheme: bearer}
    query: {type: apiKey, in: query, name: key}
  schemas:
    Error:
      type: object
      required: [message]
      properties: {message: {type: string}, code: {type: string, const: E}}
    Thing:
      type: object
      required: [name]
      properties:
        name: {type: string, minLength: 1}
        note: {type: [string, 'null']}
        count: {type: integer}
        when: {type: string, format: date-time}
        parts: {type: array, items: {$ref: '#/components/schemas/Part'}}
        parent: {anyOf: [{$ref: '#/components/schemas/Thing'}, {type: 'null'}]}
    Part:
      oneOf:
        - type: object
          required: [type, text]
          properties: {type: {const: text}, text: {type: string}}
        - type: object
          required: [type, url]
          properties: {type: {const: image}, url: {type: string}}
"""


def base() -> Json:
    found: Json = yaml.safe_load(BASE)
    return found


def differences(ours: Any, theirs: Any) -> list[compare.Difference]:
    return compare.compare(Document(ours, "ours"), Document(theirs, "theirs"))


def at(document: Json, path: str) -> Any:
    node: Any = document
    for token in path.split(".") if path else []:
        node = node[int(token)] if is_list(node) else node[token.replace("|", "/")]
    return node


GET = "paths.|things|{id}.get"
POST = "paths.|things.post"
THING = "components.schemas.Thing"
CLIENTS, SERVERS, BOTH = (
    "breaking for clients",
    "breaking for servers",
    "breaking for clients and servers",
)
FINE, DOCS = "compatible", "documentation only"

Change = Callable[[Json], object]


def put(path: str, name: str, value: Any) -> Change:
    def change(document: Json) -> None:
        node = at(document, path)
        node[int(name) if isinstance(node, list) else name] = value

    return change


def drop(path: str, name: str) -> Change:
    def change(document: Json) -> None:
        node = at(document, path)
        del node[int(name) if isinstance(node, list) else name.replace("|", "/")]

    return change


PARAMS = f"{GET}.parameters"
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
        "answer of a further type",
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
        "answer member not sure",
        put("components.schemas.Error", "required", []),
        "required",
        CLIENTS,
        SERVERS,
    ),
    (
        "answer constant",
        drop("components.schemas.Error.properties.code", "const"),
        "enum",
        CLIENTS,
        SERVERS,
    ),
    ("answer member", drop("components.schemas.Error.properties", "code"), "property", FINE, FINE),
    (
        "answer closed",
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


def query(schema: Any, **words: Any) -> Json:
    document = base()
    at(document, PARAMS)[1] = {"name": "size", "in": "query", "schema": schema, **words}
    return document


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
def test_two_ways_of_saying_one_thing_are_no_difference(one: Json, other: Json) -> None:
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
    compare.compare(Document(base(), "ours"), document)
    assert list(document.unresolved) == ["#nothing"]


def test_a_place_in_a_report_is_one_that_is_there(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    theirs = base()
    del at(theirs, GET)["summary"]
    del at(theirs, GET)["tags"]
    at(theirs, f"{GET}.responses.200.content")["application/json"] = {}
    other = Document(theirs, "theirs")
    report = json.loads(drift.as_json(drift.examine(Document(base(), "ours"), other)))
    pointers = [row["theirs"]["pointer"] for row in report["differences"]]
    assert len(pointers) > 2
    for pointer in pointers:
        other.node(pointer)


def test_long_lists_are_cut_on_the_terminal_only(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    names = [f"model-{number}" for number in range(60)]
    ours = save(tmp_path, "ours", query({"type": "string", "enum": ["a", *names]}))
    theirs = save(tmp_path, "theirs", query({"type": "string", "enum": ["a"]}))
    out = tmp_path / "out.json"
    assert run("--contract", ours, theirs, "--json", out) == 1
    assert "model-59" not in capsys.readouterr().out
    assert "model-59" in json.loads(out.read_text())["differences"][0]["ours"]["says"]
    assert run("--contract", ours, theirs, "-v") == 1
    assert "model-59" in capsys.readouterr().out


def test_places_lead_into_both_documents() -> None:
    theirs = base()
    at(theirs, "components.schemas.Error")["required"] = []
    theirs["paths"]["/things/{id}"]["get"]["parameters"][1]["schema"]["maximum"] = 5
    one, other = Document(base(), "ours"), Document(theirs, "theirs")
    for difference in compare.compare(one, other):
        for _, finding in difference.met:
            one.node(finding.ours_at)
            other.node(finding.theirs_at)


# --- documents that mean the same ----------------------------------------------------------------


def reordered(node: Any) -> Any:
    if is_object(node):
        return {name: reordered(node[name]) for name in reversed(list(node))}
    return [reordered(item) for item in node] if is_list(node) else node


def inlined(document: Json) -> Json:
    """Write every reference out, except where that would never end."""

    def walk(node: Any, seen: tuple[str, ...]) -> Any:
        if is_list(node):
            return [walk(item, seen) for item in node]
        if not is_object(node):
            return node
        reference = node.get("$ref")
        if isinstance(reference, str) and reference not in seen:
            return walk(at(document, reference[2:].replace("/", ".")), (*seen, reference))
        return {name: walk(value, seen) for name, value in node.items()}

    return {
        **{name: walk(value, ()) for name, value in document.items() if name != "components"},
        "components": document["components"],
    }


def as_30(node: Any) -> Any:
    """Write a document in the words of OpenAPI 3.0."""
    if is_list(node):
        return [as_30(item) for item in node]
    if not is_object(node):
        return node
    found = {name: as_30(value) for name, value in node.items()}
    if found.get("openapi") == "3.1.0":
        found["openapi"] = "3.0.3"
    if "const" in found and not isinstance(found["const"], dict):
        found["enum"] = [found.pop("const")]
        found.setdefault("type", "string")
    kinds = found.get("type")
    if is_list(kinds) and "null" in kinds:
        found["type"] = next(kind for kind in kinds if kind != "null")
        found["nullable"] = True
    for word in ("anyOf", "oneOf"):
        branches = found.get(word)
        if is_list(branches) and {"type": "null"} in branches:
            rest = [branch for branch in branches if branch != {"type": "null"}]
            del found[word]
            found["nullable"] = True
            found["allOf"] = rest if len(rest) == 1 else [{word: rest}]
    if "exclusiveMinimum" in found:
        found["minimum"] = found["exclusiveMinimum"]
        found["exclusiveMinimum"] = True
    return found


def renamed(document: Json) -> Json:
    text = json.dumps(document).replace("/things/{id}", "/things/{other}")
    text = text.replace('"name": "id", "in": "path"', '"name": "other", "in": "path"')
    text = text.replace("X-Trace", "x-TRACE").replace("X-Id", "x-iD").replace("getThing", "fetch")
    found: Json = json.loads(text)
    return found


def rewritten(document: Json) -> Json:
    found = copy.deepcopy(document)
    get = found["paths"]["/things/{id}"].pop("get")
    found["components"]["parameters"] = {"Id": get["parameters"].pop(0)}
    found["paths"]["/things/{id}"] = {
        "parameters": [{"$ref": "#/components/parameters/Id"}],
        "servers": found["servers"],
        "get": get,
    }
    thing = found["components"]["schemas"]["Thing"]
    found["components"]["schemas"]["Named"] = {
        "required": ["name"],
        "properties": {"name": thing["properties"].pop("name")},
    }
    thing["allOf"] = [{"$ref": "#/components/schemas/Named"}]
    del thing["required"]
    thing["propertyNames"] = {"type": ["string"], "title": "Name"}
    thing["properties"]["note"] = {"oneOf": [{"type": "null"}, {"type": "string"}]}
    found["components"]["schemas"]["Part"]["oneOf"].reverse()
    found["components"]["schemas"]["Error"]["properties"]["code"] = {"enum": ["E"]}
    return found


SAME: list[Callable[[Json], Json]] = [copy.deepcopy, reordered, inlined, as_30, renamed, rewritten]


@pytest.mark.parametrize("same", SAME, ids=lambda change: change.__name__)
def test_another_way_of_writing_the_same_is_no_difference(same: Callable[[Json], Json]) -> None:
    document = base()
    for found in (
        differences(document, same(base())),
        differences(same(base()), document),
    ):
        assert [drift.headline(difference) for difference in found] == []


@pytest.mark.parametrize(
    "same", [copy.deepcopy, reordered, inlined, as_30], ids=["itself", "order", "inline", "3.0"]
)
def test_the_contract_does_not_differ_from_itself(same: Callable[[Json], Json]) -> None:
    ours = drift.read(str(default_path()))
    found = compare.compare(ours, Document(same(ours.raw), "theirs"))
    assert [drift.headline(difference) for difference in found] == []
    assert not ours.unresolved


SCALARS = st.sampled_from(["string", "integer", "number", "boolean", "null"])
SCHEMAS: st.SearchStrategy[Any] = st.recursive(
    st.one_of(
        st.just({}),
        st.fixed_dictionaries({"type": SCALARS}),
        st.fixed_dictionaries({"type": st.lists(SCALARS, min_size=1, unique=True)}),
        st.fixed_dictionaries({"const": st.sampled_from([1, "a", None, True, {"a": 1}])}),
        st.fixed_dictionaries({"enum": st.lists(st.sampled_from([1, "a", None]), min_size=1)}),
        st.fixed_dictionaries({"type": st.just("integer"), "minimum": st.integers(-3, 3)}),
    ),
    lambda inner: st.one_of(
        st.fixed_dictionaries({"type": st.just("array"), "items": inner}),
        st.fixed_dictionaries({"anyOf": st.lists(inner, min_size=1, max_size=3)}),
        st.fixed_dictionaries({"allOf": st.lists(inner, min_size=1, max_size=2)}),
        st.fixed_dictionaries(
            {
                "type": st.just("object"),
                "properties": st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
                "required": st.lists(st.sampled_from("abc"), unique=True),
            }
        ),
    ),
    max_leaves=8,
)


def around(schema: Any) -> Json:
    return {
        "openapi": "3.1.0",
        "paths": {
            "/a": {
                "post": {
                    "requestBody": {"content": {"application/json": {"schema": schema}}},
                    "responses": {"200": {"description": ""}},
                }
            }
        },
    }


@settings(max_examples=150, deadline=None)
@given(SCHEMAS)
def test_any_schema_equals_itself_in_another_order(schema: Any) -> None:
    assert differences(around(schema), around(schema)) == []
    assert differences(around(schema), around(reordered(schema))) == []


@settings(max_examples=150, deadline=None)
@given(SCHEMAS, SCHEMAS)
def test_what_harms_clients_one_way_harms_servers_the_other_way(one: Any, other: Any) -> None:
    def harms(ours: Any, theirs: Any, kinds: frozenset[str]) -> set[str]:
        return {
            who
            for difference in differences(around(ours), around(theirs))
            if difference.first.kind in kinds
            for who in difference.harms
        }

    # A property that only one names is not symmetric: see docs/drift.md.
    kinds = frozenset({"type", "enum", "nullable", "range", "required"})
    swap = {"clients": "servers", "servers": "clients"}
    assert harms(one, other, kinds) == {swap[who] for who in harms(other, one, kinds)}


# --- one cause, one line -------------------------------------------------------------------------


def test_one_change_behind_many_references_is_one_difference() -> None:
    theirs = base()
    theirs["components"]["schemas"]["Error"]["properties"]["message"]["maxLength"] = 80
    found = differences(base(), theirs)
    assert len(found) == 1
    assert len(found[0].met) == 2
    assert found[0].operations == ["GET /things/{id}", "POST /things"]


def test_the_same_gap_in_several_inline_envelopes_is_one_difference() -> None:
    theirs = inlined(base())
    for status in (
        theirs["paths"]["/things/{id}"]["get"]["responses"]["404"],
        theirs["paths"]["/things"]["post"]["responses"]["4XX"],
    ):
        status["content"]["application/json"]["schema"]["required"] = []
    found = differences(inlined(base()), theirs)
    assert [(d.first.kind, d.first.path, len(d.met)) for d in found] == [("required", "message", 2)]


def test_what_differs_in_one_document_only_by_its_text_stays_apart() -> None:
    theirs = base()
    theirs["components"]["schemas"]["Thing"]["properties"]["name"]["maxLength"] = 3
    theirs["paths"]["/things/{id}"]["get"]["responses"]["404"].pop("content")
    content = theirs["paths"]["/things"]["post"]["responses"]["4XX"]["content"]
    content["text/plain"] = content.pop("application/json")
    found = {
        (d.first.kind, d.first.ours, d.first.theirs): len(d.met)
        for d in differences(base(), theirs)
    }
    assert found == {
        ("length", "no maxLength", "maxLength 3"): 4,  # sent and received, there and in the parent
        ("media type", "application/json", "no body"): 1,
        ("media type", "application/json", "not application/json"): 1,
        ("media type", "not text/plain", "text/plain"): 1,
    }


def test_members_of_a_union_are_compared_with_their_own_kind() -> None:
    theirs = base()
    image = theirs["components"]["schemas"]["Part"]["oneOf"][1]
    image["properties"]["url"]["maxLength"] = 5
    (found,) = differences(base(), theirs)
    assert found.first.path == "parts[](type=image).url"


def test_a_further_name_that_ours_knows_is_another_name_of_the_operation() -> None:
    ours, theirs = base(), base()
    ours["paths"]["/things"]["post"]["x-aliases"] = [{"path": "/stuff"}]
    theirs["paths"]["/stuff"] = theirs["paths"].pop("/things")
    assert differences(ours, theirs) == []


def test_paths_that_moved_below_a_prefix_are_one_difference_and_compared() -> None:
    theirs = base()
    theirs["paths"] = {f"/v2{path}": item for path, item in theirs["paths"].items()}
    theirs["paths"]["/v2/things"]["post"]["requestBody"]["required"] = False
    for one, other in ((base(), theirs), (theirs, base())):
        found = differences(one, other)
        assert (found[0].first.kind, len(found[0].met), found[0].label) == ("path", 2, BOTH)
        assert [d.first.kind for d in found[1:]] == ["required"]
    theirs["paths"] = base()["paths"]
    theirs["servers"] = [{"url": "https://api.example.org/v2"}]
    assert [(d.first.kind, d.first.theirs) for d in differences(base(), theirs)] == [
        ("path", "below /v2")
    ]
    theirs["paths"] = {"/things/{rest}{.+}": base()["paths"]["/things/{id}"]}
    theirs["servers"] = base()["servers"]
    assert [d.first.kind for d in differences(base(), theirs)] == ["operation"]


def test_beside_paths_that_moved_one_may_have_moved_less_deep() -> None:
    ours = base()
    ours["paths"]["/users/me"] = {"get": {"responses": {"200": {"description": "You"}}}}
    theirs = copy.deepcopy(ours)
    theirs["paths"] = {
        ("/api" if path == "/users/me" else "/api/v2") + path: item
        for path, item in theirs["paths"].items()
    }
    assert {(d.first.kind, d.first.theirs, len(d.met)) for d in differences(ours, theirs)} == {
        ("path", "below /api/v2", 2),
        ("path", "below /api", 1),
    }


def test_slashes_at_the_end_of_paths_are_one_difference_and_compared() -> None:
    theirs = base()
    theirs["paths"] = {
        "/v2/things/{id}/": theirs["paths"]["/things/{id}"],
        "/v2/things/": theirs["paths"]["/things"],
    }
    for one, other in ((base(), theirs), (theirs, base())):
        found = differences(one, other)
        assert [(d.first.kind, len(d.met), d.label) for d in found] == [("path", 2, BOTH)] * 2
        assert {d.first.theirs for d in found} & {"a slash at the end", "no slash at the end"}
    both = base()
    both["paths"]["/things/"] = theirs["paths"]["/v2/things/"]
    (new,) = differences(base(), both)
    assert (new.first.kind, new.first.theirs) == ("operation", "POST /things/")


def test_the_same_change_of_a_list_of_values_is_one_difference_wherever_it_is_written() -> None:
    ours = base()
    ours["paths"]["/things"]["post"]["parameters"] = [
        {"name": "kind", "in": "query", "schema": {"type": "string", "enum": ["y", "x"]}},
        {"name": "sort", "in": "query", "schema": {"type": "string", "enum": ["y", "x"]}},
    ]
    body = ours["components"]["schemas"]["Thing"]["properties"]
    body["kind"] = {"type": "string", "enum": ["x", "y"]}
    theirs = copy.deepcopy(ours)
    theirs["paths"]["/things/{id}"]["get"]["parameters"][2]["schema"]["enum"].append("z")
    for index in (0, 1):
        schema = theirs["paths"]["/things"]["post"]["parameters"][index]["schema"]
        schema["enum"].append("z")
    found = differences(ours, theirs)
    assert [(d.met[0][0].name, len(d.met)) for d in found] == [("sort", 1), ("kind", 2)]
    theirs["components"]["schemas"]["Thing"]["properties"]["kind"]["enum"].append("z")
    assert [d.first.kind for d in differences(ours, theirs)] == ["enum", "enum"]


def test_members_of_a_union_that_went_or_came_are_one_difference() -> None:
    ours = base()
    part = {"type": "object", "required": ["type"], "properties": {"type": {"const": "sound"}}}
    ours["components"]["schemas"]["Part"]["oneOf"].append(part)
    theirs = copy.deepcopy(ours)
    del theirs["components"]["schemas"]["Part"]["oneOf"][1:]
    (found,) = differences(ours, theirs)
    assert found.first.ours == 'object(type="image") | object(type="sound")'
    assert found.first.theirs == "no such alternative"
    theirs["components"]["schemas"]["Part"] = {"type": ["string", "integer"]}
    (found,) = differences(ours, theirs)
    assert (found.first.kind, found.label) == ("type", BOTH)
    assert found.first.theirs == "string | integer"


def test_the_same_gap_in_every_kind_of_message_is_one_difference() -> None:
    theirs = base()
    for member in theirs["components"]["schemas"]["Part"]["oneOf"]:
        member["properties"]["note"] = {"type": "string"}
    ours = copy.deepcopy(theirs)
    for member in theirs["components"]["schemas"]["Part"]["oneOf"]:
        member["properties"]["note"]["maxLength"] = 9
    (found,) = differences(ours, theirs)
    assert {one.path for _, one in found.met} >= {
        "parts[](type=text).note",
        "parts[](type=image).note",
    }


def test_closing_every_object_is_one_difference_and_closing_two_are_two() -> None:
    names = [f"part{number}" for number in range(6)]
    ours = base()
    ours["components"]["schemas"]["Error"]["properties"] |= {
        name: {"type": "object", "properties": {"a": {"type": "string"}}} for name in names
    }
    for closed, lines in ((names, 1), (names[:2], 2)):
        theirs = copy.deepcopy(ours)
        for name in closed:
            schema = theirs["components"]["schemas"]["Error"]["properties"][name]
            schema["additionalProperties"] = False
        assert len(differences(ours, theirs)) == lines


def test_formats_that_nobody_asserts_are_one_difference() -> None:
    theirs = base()
    theirs["components"]["schemas"]["Thing"]["properties"]["count"]["format"] = "int64"
    theirs["paths"]["/things/{id}"]["get"]["parameters"][1]["schema"]["format"] = "int64"
    (found,) = differences(base(), theirs)
    assert (found.label, found.first.theirs) == (DOCS, "int64")
    assert len({one.theirs_at for _, one in found.met}) == 2


def test_parameters_and_needed_headers_that_are_missing_stay_apart_by_their_names() -> None:
    ours = base()
    answer = ours["paths"]["/things/{id}"]["get"]["responses"]["200"]
    answer["headers"]["X-More"] = {"required": True, "schema": {"type": "string"}}
    theirs = copy.deepcopy(ours)
    get = theirs["paths"]["/things/{id}"]["get"]
    get["parameters"] = [one for one in get["parameters"] if one["name"] in ("id", "size")]
    get["responses"]["200"]["headers"] = {}
    names = [(d.first.kind, d.met[0][0].name, len(d.met)) for d in differences(ours, theirs)]
    assert sorted(names) == [
        ("header", "x-id", 1),
        ("header", "x-more", 1),
        ("parameter", "kind", 1),
        ("parameter", "x-trace", 1),
    ]


def test_members_of_a_snapshot_may_come_but_not_go() -> None:
    ours, theirs = base(), base()
    ours["paths"]["/things/{id}"]["get"]["parameters"][2]["schema"]["x-values-from"] = "/list"
    schema = theirs["paths"]["/things/{id}"]["get"]["parameters"][2]["schema"]
    schema["enum"] = ["x", "y", "z"]
    assert [d.label for d in differences(ours, theirs)] == [FINE]
    schema["enum"] = ["x"]
    assert [d.label for d in differences(ours, theirs)] == [CLIENTS]


# --- input that cannot be compared ----------------------------------------------------------------


def run(*args: str | Path) -> int:
    return cli.main(["drift", *map(str, args)])


DEEP = '{"openapi": "3.1.0", "paths": ' + '{"a": ' * 5000 + "1" + "}" * 5001


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "is empty"),
        ("  \n", "is empty"),
        ("[1]", "the top is not an object"),
        ("just words", "the top is not an object"),
        ("swagger: '2.0'", "is Swagger 2.0"),
        ("openapi: 3.1.0", "nothing to compare"),
        ("openapi: 3.1.0\npaths: {}", "nothing to compare"),
        ("openapi: 4.0.0\npaths: {}", "is not known"),
        ("openapi: 3.1\npaths: {}", "not an OpenAPI document"),
        ("title: x", "not an OpenAPI document"),
        ('{"openapi": "3.1.0", "openapi": "3.1.0"}', "'openapi' stands twice"),
        ("openapi: 3.1.0\nopenapi: 3.0.0", "line 2: not YAML ('openapi' stands twice)"),
        ('{"openapi": ', "not JSON"),
        ("a: [", "not YAML"),
        ("a: &a [*a]", "not YAML"),
        ("\tx: 1", "not YAML"),
        (DEEP, "nested too deeply"),
        ("[" * 100000, "nested too deeply"),
        ("a: " + "[" * 100000, "nested too deeply"),
        ("a: " + "{b: " * 3000, "nested too deeply"),
        ("[" + "9" * 5000 + "]", "too long"),
    ],
    ids=range(21),
)
def test_unusable_input_is_one_line(
    tmp_path: Path, text: str, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "other.yaml"
    file.write_text(text)
    assert run(file) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert said in captured.err
    assert captured.err.count("\n") == 1
    assert str(file) in captured.err


@pytest.mark.parametrize("name", ["absent.yaml", "", ".", "nul\0byte", "/dev/zero"])
def test_missing_file_is_one_line(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(name) == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_bytes_that_are_no_text_are_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "x.json"
    file.write_bytes(b"\xff\xfe\x00")
    assert run(file) == 2
    assert "not UTF-8 at byte 0" in capsys.readouterr().err


def test_characters_that_are_none_spoil_no_output(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    theirs = base()
    theirs["info"]["title"] = "half \ud800"
    theirs["paths"]["/clear\x1b[2J\x9b2J"] = theirs["paths"]["/things"]
    other = save(tmp_path, "other", theirs)
    files = [tmp_path / "out.md", tmp_path / "out.json"]
    args: list[str | Path] = ["--contract", save(tmp_path, "ours", base()), other]
    assert run(*args, "--markdown", files[0], "--json", files[1]) == 1
    for text in (capsys.readouterr().out, files[0].read_text("utf-8")):
        assert "half \ufffd" in text
        assert not {"\x1b", "\x9b"} & set(text)
    assert json.loads(files[1].read_text("utf-8"))["theirs"] == str(other)


def save(tmp_path: Path, name: str, document: Any) -> Path:
    file = tmp_path / name
    file.write_text(json.dumps(document))
    return file


def test_a_dangling_reference_is_named_and_the_rest_is_compared(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ours, theirs = base(), base()
    del theirs["components"]["schemas"]["Error"]
    one, other = save(tmp_path, "a.json", ours), save(tmp_path, "b.json", theirs)
    assert run("--contract", one, other) == 2
    shown = capsys.readouterr().out
    assert "theirs: $ref '#/components/schemas/Error' leads nowhere (2 places" in shown
    theirs["paths"].pop("/things")
    save(tmp_path, "b.json", theirs)
    assert run("--contract", one, other) == 1


@pytest.mark.parametrize(
    "schema",
    [
        {"$ref": "#/components/schemas/Loop"},
        {"$ref": "other.yaml#/Thing"},
        {"allOf": [{"$ref": "#/components/schemas/Loop"}]},
    ],
)
def test_references_that_lead_to_nothing_do_not_end_the_run(
    tmp_path: Path, schema: Json, capsys: pytest.CaptureFixture[str]
) -> None:
    theirs = base()
    theirs["components"]["schemas"]["Loop"] = {"$ref": "#/components/schemas/Loop"}
    theirs["components"]["schemas"]["Error"] = schema
    one, other = save(tmp_path, "a.json", base()), save(tmp_path, "b.json", theirs)
    assert run("--contract", one, other) == 2
    assert "Could not be compared" in capsys.readouterr().out


def test_schemas_that_contain_themselves_are_compared() -> None:
    def tree(kind: str) -> Json:
        document = around({"$ref": "#/components/schemas/Tree"})
        document["components"] = {
            "schemas": {
                "Tree": {
                    "anyOf": [
                        {"$ref": "#/components/schemas/Tree"},
                        {"type": kind},
                        {"type": "array", "items": {"$ref": "#/components/schemas/Tree"}},
                    ]
                }
            }
        }
        return document

    assert differences(tree("string"), tree("string")) == []
    found = differences(tree("string"), tree("boolean"))
    harms = frozenset[str]().union(*(difference.harms for difference in found))
    assert harms == {"clients", "servers"}


def test_deep_schemas_and_large_documents_are_compared(tmp_path: Path) -> None:
    nested: Any = {"type": "string"}
    for _ in range(60):
        nested = {"type": "object", "properties": {"a": nested}}
    assert differences(around(nested), around(copy.deepcopy(nested))) == []
    big = base()
    words = "x" * 1000
    for number in range(5000):
        big["paths"][f"/p{number}"] = {
            "get": {"description": words, "responses": {"200": {"description": words}}}
        }
    file = save(tmp_path, "big.json", big)
    assert file.stat().st_size > 10_000_000
    assert run("--contract", save(tmp_path, "a.json", base()), file, "--json", tmp_path / "o") == 1
    assert json.loads((tmp_path / "o").read_text())["totals"][SERVERS] == 5000


def test_schemas_that_multiply_without_end_are_refused() -> None:
    document = around({"$ref": "#/components/schemas/S0"})
    schemas: Json = {
        f"S{n}": {"allOf": [{"$ref": f"#/components/schemas/S{n + 1}"}] * 2} for n in range(40)
    }
    document["components"] = {"schemas": {**schemas, "S40": {"type": "string"}}}
    with pytest.raises(DriftError, match="multiply"):
        differences(document, document)


def places(node: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    children: list[tuple[Any, Any]] = []
    if is_object(node):
        children = list(node.items())
    elif is_list(node):
        children = list(enumerate(node))
    for name, child in children:
        yield (*path, name)
        yield from places(child, (*path, name))


NONSENSE: list[Any] = [
    *(None, True, False, 0, -1, 1.5, "", "x", [], {}, [1], ["a"], [[]], {"a": 1}),
    *({"$ref": 1}, {"$ref": "#/x"}, {"$ref": "#"}, {"$ref": "#/components/schemas/Thing"}),
    *({"type": []}, {"type": {"a": 1}}, [{"type": "null"}], {"enum": 5}, {"allOf": {}}),
]


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(list(places(base()))), st.sampled_from(NONSENSE))
def test_nonsense_anywhere_is_compared_or_refused(place: tuple[Any, ...], junk: Any) -> None:
    theirs = base()
    node: Any = theirs
    for token in place[:-1]:
        node = node[token]
    node[place[-1]] = copy.deepcopy(junk)
    try:
        ours, other = Document(base(), "ours"), Document(theirs, "theirs")
    except DriftError:
        return
    report = drift.Report(ours, other, compare.compare(ours, other))
    assert drift.as_text(report)
    assert drift.as_markdown(report)
    assert json.loads(drift.as_json(report))
    assert differences(theirs, copy.deepcopy(theirs)) == []


# --- output ---------------------------------------------------------------------------------------


def test_three_outputs_say_the_same(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    theirs = base()
    theirs["paths"]["/things/{id}"]["get"]["parameters"][2]["schema"]["enum"] = ["x|z"]
    theirs["paths"]["/things/{id}"]["get"]["summary"] = "Other"
    one, other = save(tmp_path, "a.json", base()), save(tmp_path, "b.json", theirs)
    out = tmp_path / "o.json", tmp_path / "o.md"
    assert run("--contract", one, other, "--json", out[0], "--markdown", out[1]) == 1
    text, data, page = capsys.readouterr().out, json.loads(out[0].read_text()), out[1].read_text()
    assert data["exit"] == 1
    assert len(data["differences"]) == 2
    for row in data["differences"]:
        assert row["summary"] in text
        assert row["summary"] in page
        assert row["ours"]["pointer"] in text
        assert row["theirs"]["pointer"] in page
    assert "x\\|z" in page  # a bar would end the cell
    assert run("--contract", one, other, "--json", "-") == 1
    assert json.loads(capsys.readouterr().out) == data


def test_exit_code_is_zero_when_nothing_breaks(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    theirs = base()
    theirs["info"]["version"] = "2"
    assert run("--contract", save(tmp_path, "a", base()), save(tmp_path, "b", theirs)) == 0
    assert "1 documentation only" in capsys.readouterr().out


def test_the_version_of_a_document_of_ours_is_not_taken_for_that_of_the_api(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ours = base()
    ours["info"].update({"version": "0.1", "x-api-version": base()["info"]["version"]})
    assert run("--contract", save(tmp_path, "a", ours), save(tmp_path, "b", base())) == 0
    assert "0 documentation only" in capsys.readouterr().out


def test_output_that_cannot_be_written_is_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = save(tmp_path, "a", base())
    assert run("--contract", file, file, "--json", tmp_path / "none" / "x") == 2
    assert "cannot be written" in capsys.readouterr().err


# --- an address -----------------------------------------------------------------------------------


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        body = BASE.encode()
        self.send_response({"/gone": 404, "/moved": 302}.get(self.path, 200))
        self.send_header("Location", "http://elsewhere.example/x?key=sk_abcdefgh12345")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def address() -> Iterator[str]:
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def test_an_address_is_fetched_and_its_failures_are_one_line(
    address: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ours = save(tmp_path, "a.json", base())
    assert run("--contract", ours, f"{address}/openapi.json") == 0
    capsys.readouterr()
    for url, said in (
        (f"{address}/gone", "answered 404"),
        (f"{address}/moved", "is redirected to http://elsewhere.example/x"),
        ("http://127.0.0.1:1/x?key=sk_abcdefgh12345", "cannot be fetched"),
    ):
        assert run("--contract", ours, url) == 2
        told = capsys.readouterr().err
        assert said in told
        assert told.count("\n") == 1
        assert "abcdefgh" not in told


# --- traffic --------------------------------------------------------------------------------------


def har_file(tmp_path: Path, *exchanges: Json) -> Path:
    entries = [
        {
            "request": {
                "method": one.get("method", "GET"),
                "url": "https://api.example.org" + one["path"],
                "headers": [
                    {"name": "Authorization", "value": "Bearer x"},
                    {"name": "Content-Type", "value": "application/json"},
                ],
                "postData": {"mimeType": "application/json", "text": json.dumps(one["sent"])}
                if "sent" in one
                else {},
            },
            "response": {
                "status": one.get("status", 200),
                "headers": [{"name": "X-Id", "value": "1"}],
                "content": {"mimeType": "application/json", "text": json.dumps(one["body"])},
            },
        }
        for one in exchanges
    ]
    return save(tmp_path, "traffic.har", {"log": {"version": "1.2", "entries": entries}})


def refusal(field: str) -> Json:
    return {"error": {"details": {"formErrors": [], "fieldErrors": {field: ["no"]}}}}


ONE_GET = "/things/1?size=2"
TRAFFIC: list[tuple[str, Change, Json, str]] = [
    # theirs says, what was recorded, who is wrong
    (
        "narrower",
        put(f"{PARAMS}.1.schema", "maximum", 5),
        {"path": "/things/1?size=7", "body": {"name": "n"}},
        "theirs wrong",
    ),
    (
        "wider",
        put(f"{PARAMS}.1.schema", "maximum", 50),
        {"path": "/things/1?size=20", "body": {"name": "n"}},
        "ours wrong",
    ),
    (
        "inside",
        put(f"{PARAMS}.1.schema", "maximum", 5),
        {"path": ONE_GET, "body": {"name": "n"}},
        "undecided",
    ),
    (
        "refused",
        put(f"{PARAMS}.1.schema", "maximum", 5),
        {"path": "/things/1?size=7", "status": 400, "body": refusal("size")},
        "ours wrong",
    ),
    (
        "refused for another",
        put(f"{PARAMS}.1.schema", "maximum", 5),
        {"path": "/things/1?size=7", "status": 400, "body": refusal("kind")},
        "undecided",
    ),
    (
        "null",
        put(f"{THING}.properties.note", "type", "string"),
        {"path": ONE_GET, "body": {"name": "n", "note": None}},
        "theirs wrong",
    ),
    (
        "both",
        put(f"{THING}.properties.count", "type", "string"),
        {"path": ONE_GET, "body": {"name": "n", "count": True}},
        "both wrong",
    ),
    (
        "needed",
        put(THING, "required", ["name", "note"]),
        {"path": ONE_GET, "body": {"name": "n"}},
        "theirs wrong",
    ),
    ("not needed", put(THING, "required", []), {"path": ONE_GET, "body": {}}, "ours wrong"),
    (
        "unnamed",
        drop(f"{THING}.properties", "count"),
        {"path": ONE_GET, "body": {"name": "n", "count": 1}},
        "theirs wrong",
    ),
    (
        "status",
        put(f"{GET}.responses", "409", {"description": ""}),
        {"path": ONE_GET, "status": 409, "body": {}},
        "ours wrong",
    ),
    (
        "media",
        put(f"{GET}.responses.200", "content", {"text/csv": {}}),
        {"path": ONE_GET, "body": {"name": "n"}},
        "theirs wrong",
    ),
    (
        "operation",
        drop("paths", "|things"),
        {"method": "POST", "path": "/things", "sent": {"name": "n"}, "status": 201, "body": {}},
        "theirs wrong",
    ),
    (
        "body",
        put(f"{THING}.properties.name", "minLength", 3),
        {"method": "POST", "path": "/things", "sent": {"name": "ab"}, "status": 201, "body": {}},
        "theirs wrong",
    ),
    (
        "in a union",
        put("components.schemas.Part.oneOf.1.properties.url", "maxLength", 2),
        {"path": ONE_GET, "body": {"name": "n", "parts": [{"type": "image", "url": "long"}]}},
        "theirs wrong",
    ),
    (
        "of another kind",
        put("components.schemas.Part.oneOf.1.properties.url", "maxLength", 2),
        {
            "path": ONE_GET,
            "body": {"name": "n", "parts": [{"type": "text", "url": "long", "text": "t"}]},
        },
        "undecided",
    ),
    (
        "header",
        drop(f"{GET}.responses.200.headers", "X-Id"),
        {"path": ONE_GET, "body": {"name": "n"}},
        "theirs wrong",
    ),
]


@pytest.mark.parametrize(
    ("change", "exchange", "wanted"), [row[1:] for row in TRAFFIC], ids=[row[0] for row in TRAFFIC]
)
def test_traffic_tells_who_is_wrong(
    tmp_path: Path, change: Change, exchange: Json, wanted: str
) -> None:
    theirs = base()
    change(theirs)
    report = drift.examine(
        Document(base(), "ours"), Document(theirs, "theirs"), [har_file(tmp_path, exchange)]
    )
    assert report.exchanges == 1
    said = {verdict.text for verdict in report.verdicts}
    assert wanted in said
    assert said <= {wanted, "undecided"}
    swapped = {"ours wrong": "theirs wrong", "theirs wrong": "ours wrong"}
    back = drift.examine(
        Document(theirs, "ours"), Document(base(), "theirs"), [har_file(tmp_path, exchange)]
    )
    assert swapped.get(wanted, wanted) in {verdict.text for verdict in back.verdicts}


@pytest.mark.parametrize(
    ("body", "wanted"),
    [
        ({"status": 404, "message": "m"}, set[str]()),  # the other member, which ours describes
        ({"error": "e"}, {"theirs wrong"}),
    ],
)
def test_a_value_that_another_member_of_a_union_describes_blames_nobody(
    tmp_path: Path, body: Json, wanted: set[str]
) -> None:
    def members(*kinds: Json) -> Json:
        return {"anyOf": [{"type": "object", **kind} for kind in kinds]}

    numbered: Json = {"required": ["status"], "properties": {"status": {"const": 404}}}
    plain: Json = {"required": ["error"], "properties": {"error": {"type": "string"}}}
    kinds: Json = {"error": {"type": "integer"}, "status": {"const": 500}}
    other: Json = {"required": ["error"], "properties": kinds}
    ours, theirs = base(), base()
    for document, schema in ((ours, members(numbered, plain)), (theirs, members(other))):
        answer = document["paths"]["/things/{id}"]["get"]["responses"]["404"]
        answer["content"]["application/json"]["schema"] = schema
    exchange = {"path": "/things/1", "status": 404, "body": body}
    report = drift.examine(
        Document(ours, "ours"), Document(theirs, "theirs"), [har_file(tmp_path, exchange)]
    )
    said = {
        verdict.text
        for difference, verdict in zip(report.differences, report.verdicts, strict=True)
        if difference.first.path.endswith("error")
    }
    assert said - {"undecided"} == wanted
    assert not any(verdict.against_ours for verdict in report.verdicts)


def test_traffic_of_another_address_needs_its_name(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = har_file(tmp_path, {"path": ONE_GET, "body": {"name": "n"}})
    file.write_text(file.read_text().replace("https://api.example.org", "http://127.0.0.1:9/v"))
    ours = save(tmp_path, "a", base())
    assert run("--contract", ours, ours, "--against", file) == 0
    assert "--base-url" in capsys.readouterr().err
    assert (
        run("--contract", ours, ours, "--against", file, "--base-url", "http://127.0.0.1:9/v") == 0
    )
    assert capsys.readouterr().err == ""
    assert run("--contract", ours, ours, "--base-url", "http://") == 2


def test_a_recording_that_cannot_be_read_is_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ours = save(tmp_path, "a", base())
    assert run("--contract", ours, ours, "--against", tmp_path / "none.har") == 2
    assert capsys.readouterr().err.count("\n") == 1


@pytest.mark.parametrize("month", ["2026-01", "2026-02-25"])
def test_recorded_traffic_contradicts_the_published_documents_but_not_ours(month: str) -> None:
    published = SHARED / "upstream" / f"openapi-{month}.json"
    recordings = sorted((SHARED / "recordings").glob("*.har"))
    if not published.is_file() or not recordings:
        pytest.skip("the published documents and recordings are not beside the checkout")
    report = drift.examine(drift.read(str(default_path())), drift.read(str(published)), recordings)
    assert report.unresolved == []
    assert report.exchanges > 200
    wrong = [
        drift.headline(difference)
        for difference, verdict in zip(report.differences, report.verdicts, strict=True)
        if verdict.against_ours
    ]
    assert wrong == []
    details = [
        report.verdicts[index].text
        for index, difference in enumerate(report.differences)
        if difference.first.path == "error.details" and difference.first.kind == "required"
    ]
    assert details == ["theirs wrong"]


@pytest.mark.parametrize(("others", "wanted"), [(True, "ours wrong"), (False, "undecided")])
def test_a_recording_without_any_key_does_not_tell_that_none_is_needed(
    tmp_path: Path, others: bool, wanted: str
) -> None:
    theirs = base()
    theirs["security"].append({})
    file = har_file(tmp_path, {"path": ONE_GET, "body": {"name": "n"}})
    text = file.read_text()
    log = json.loads(text.replace("Authorization", "Accept"))
    if others:
        log["log"]["entries"] += json.loads(text)["log"]["entries"]
    file.write_text(json.dumps(log))
    report = drift.examine(Document(base(), "ours"), Document(theirs, "theirs"), [file])
    assert [verdict.text for verdict in report.verdicts] == [wanted]


def test_verdict_without_evidence_is_undecided() -> None:
    assert evidence.Verdict().text == "undecided"
