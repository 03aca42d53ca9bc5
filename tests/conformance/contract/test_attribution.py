"""Which requirement a violation violates is declared by place, and no word of a text matters."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pollinations_conformance.checks import every
from pollinations_conformance.cli.target import open_target
from pollinations_conformance.contract import Contract, Request, Response, load
from pollinations_conformance.contract.attribution import Attribution
from pollinations_conformance.contract.document import Document
from pollinations_conformance.contract.failures import find_failures
from pollinations_conformance.contract.schemas import Schemas
from pollinations_conformance.drift.document import Document as DriftDocument
from pollinations_conformance.drift.report import as_json as as_drift_json
from pollinations_conformance.drift.report import examine
from pollinations_conformance.http.json import as_list, as_object
from pollinations_conformance.http.pointer import get, join, walk
from pollinations_conformance.replay.report import as_json, replay
from pollinations_conformance.reports.build import watched
from pollinations_conformance.suite.execute import execute
from pollinations_conformance.suite.options import Options
from pollinations_conformance.suite.pricing import Ledger
from pollinations_conformance.suite.run import Run

JSON = (("content-type", "application/json"),)
RECORDINGS = Path(__file__).resolve().parents[4] / "shared" / "recordings"


@pytest.fixture(scope="module")
def wordless() -> Contract:
    """The contract whose requirements say nothing but their ids."""
    document = copy.deepcopy(load().document)
    for _, node in walk(document):
        for entry in as_list(node.get("x-requirements")):
            entry["text"] = entry["id"]
    return Contract(document, "wordless")


# --- the rule -----------------------------------------------------------------------------------

SMALL: dict[str, Any] = {
    "openapi": "3.1.0",
    "paths": {
        "/things": {
            "get": {
                "operationId": "listThings",
                "x-requirement": "OPERATION",
                "x-requirement-at": {"responses/404": "MISSING", "parameters/0": "FORMAT"},
                "parameters": [
                    {"$ref": "#/components/parameters/Format"},
                    {
                        "name": "limit",
                        "in": "query",
                        "schema": {"type": "integer"},
                        "x-requirement": "LIMIT",
                    },
                    {"name": "page", "in": "query", "schema": {"type": "integer"}},
                ],
                "responses": {
                    "200": {
                        "headers": {
                            "X-A": {"$ref": "#/components/headers/A"},
                            "X-B": {"schema": {"type": "integer"}},
                        },
                        "content": {
                            "application/json": {
                                "x-requirement": "BODY",
                                "schema": {"$ref": "#/components/schemas/Things"},
                            }
                        },
                    },
                    "404": {"$ref": "#/components/responses/Error"},
                    "500": {"$ref": "#/components/responses/Error"},
                },
            }
        }
    },
    "components": {
        "parameters": {"Format": {"name": "format", "in": "query", "schema": {"enum": ["json"]}}},
        "headers": {"A": {"schema": {"type": "integer"}, "x-requirement": "HEADER"}},
        "responses": {
            "Error": {
                "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}}
            }
        },
        "schemas": {
            "Error": {"type": "object", "required": ["error"]},
            "Things": {"type": "array", "items": {"$ref": "#/components/schemas/Thing"}},
            "Thing": {
                "type": "object",
                "required": ["id", "owner"],
                "properties": {
                    "id": {"type": "string", "x-requirement": "ID"},
                    "size": {"type": "integer"},
                    "first": {"$ref": "#/components/schemas/Person", "x-requirement": "FIRST"},
                    "owner": {"anyOf": [{"$ref": "#/components/schemas/Person"}, {"type": "null"}]},
                },
            },
            "Person": {
                "properties": {
                    "name": {"type": "string", "x-requirement": "NAME"},
                    "age": {"type": "integer"},
                }
            },
        },
    },
}


def small(status: int, body: Any, *headers: tuple[str, str]) -> dict[str, str | None]:
    """Return the requirement of each violation of a response, by what is wrong."""
    contract = Contract(SMALL)
    match = contract.find("GET", "/things", "gateway")
    assert match is not None
    response = Response(status, (*headers, *JSON), json.dumps(body).encode())
    return {v.where: v.requirement for v in contract.check_response(match, None, response)}


def test_the_nearest_requirement_around_a_place_holds() -> None:
    things = [
        {"id": 1, "size": "x", "owner": None},  # declared at the property; at the media type
        {"id": "a", "owner": {"name": 1}},  # in the component that the last reference leads to
        {"id": "a", "owner": {"age": "x"}},  # nowhere in it, nor around its references
        {"id": "a", "owner": None, "first": {"age": "x", "name": 1}},  # beside the reference
    ]
    assert small(200, things) == {
        "body[0].id": "ID",
        "body[0].size": "BODY",
        "body[1].owner.name": "NAME",
        "body[2].owner.age": "BODY",
        "body[3].first.age": "FIRST",
        "body[3].first.name": "NAME",
    }


def test_a_missing_member_is_a_bad_value_of_that_member() -> None:
    assert small(200, [{}]) == {"body[0].id": "ID", "body[0].owner": "BODY"}


def test_headers_statuses_and_references_have_requirements_too() -> None:
    assert small(200, [], ("x-a", "z"), ("x-b", "z")) == {
        "header.x-a": "HEADER",
        "header.x-b": "OPERATION",
    }
    assert small(302, []) == {"status": "OPERATION"}
    assert small(404, {}) == {"body.error": "MISSING"}
    assert small(500, {}) == {"body.error": "OPERATION"}


def test_parameters_have_requirements_too() -> None:
    contract = Contract(SMALL)
    request = Request.of("GET", "/things?format=xml&limit=a&page=a")
    match = contract.find("GET", "/things", "gateway")
    assert match is not None
    found = {v.field: v.requirement for v in contract.check_request(match, request)}
    assert found == {"format": "FORMAT", "limit": "LIMIT", "page": "OPERATION"}


# --- the contract -------------------------------------------------------------------------------


def schema_places(
    document: Document, pointer: str, outwards: tuple[str, ...], seen: frozenset[str]
) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield every place within a schema with the references that lead to it."""
    if pointer in seen:
        return
    schema = document.object_at(pointer)
    seen = seen | {pointer}
    yield pointer, outwards
    if "$ref" in schema:
        _, target = document.resolve({"$ref": schema["$ref"]}, pointer)
        yield from schema_places(document, target, (pointer, *outwards), seen)
    for name in as_object(schema.get("properties")):
        yield from schema_places(document, join(pointer, "properties", name), outwards, seen)
    for keyword in ("items", "additionalProperties", "contentSchema"):
        if isinstance(schema.get(keyword), dict):
            yield from schema_places(document, join(pointer, keyword), outwards, seen)
    for keyword in ("allOf", "anyOf", "oneOf"):
        for index in range(len(as_list(schema.get(keyword)))):
            yield from schema_places(document, join(pointer, keyword, index), outwards, seen)


def content_places(
    document: Document, owner: str, outwards: tuple[str, ...]
) -> Iterator[tuple[str, tuple[str, ...]]]:
    yield join(owner, "content"), outwards
    for name, entry in as_object(document.object_at(owner).get("content")).items():
        place = join(owner, "content", name)
        yield place, outwards
        if "schema" in entry:
            yield from schema_places(document, join(place, "schema"), outwards, frozenset())


def places(contract: Contract) -> Iterator[tuple[str, str, tuple[str, ...], bool]]:
    """Yield operation, place, the places around it, and whether it is of a response."""
    document = Document(contract.document, "contract")
    for operation in contract.operations:
        end = (operation.pointer,)
        yield operation.id, join(operation.pointer, "responses"), end, True
        for parameter in operation.parameters:
            around = (parameter.reference, *end)
            schema = parameter.schema_pointer
            for place, outwards in schema_places(document, schema, around, frozenset()):
                yield operation.id, place, outwards, False
        body = join(operation.pointer, "requestBody")
        if document.has(body):
            _, owner = document.resolve(document.node(body), body)
            for place, outwards in content_places(document, owner, (body, *end)):
                yield operation.id, place, outwards, False
        for status in operation.responses:
            reference = join(operation.pointer, "responses", status)
            for place, outwards in response_places(document, reference, (reference, *end)):
                yield operation.id, place, outwards, True


def response_places(
    document: Document, reference: str, around: tuple[str, ...]
) -> Iterator[tuple[str, tuple[str, ...]]]:
    spec, owner = document.resolve(document.node(reference), reference)
    yield from content_places(document, owner, around)
    for name in as_object(spec.get("headers")):
        use = join(owner, "headers", name)
        _, header = document.resolve(document.node(use), use)
        schema = join(header, "schema")
        yield from schema_places(document, schema, (use, *around), frozenset())


def test_every_place_where_a_violation_can_be_has_a_requirement(contract: Contract) -> None:
    attribution = Attribution(Document(contract.document, "contract"))
    count = 0
    for operation, place, outwards, of_response in places(contract):
        name = attribution.requirement(place, outwards)
        assert name in contract.requirements, (operation, place)
        # What the contract documents as a type is no recommendation.
        assert contract.requirements[name].level == "MUST", (operation, place, name)
        # A body or header of a refusal says nothing about what an operation's success is.
        refusal = any("/responses/4" in around or "/responses/5" in around for around in outwards)
        if of_response and refusal and contract.operation(operation).host == "gateway":
            assert not name.startswith(contract.operation(operation).requirement[:4]), (
                operation,
                place,
            )
        count += 1
    assert count > 4_000


def test_a_body_that_is_no_json_and_a_repeated_parameter_violate_the_same_everywhere(
    contract: Contract,
) -> None:
    count = 0
    for operation in contract.operations:
        path = (
            operation.path.replace("{hash}", "0123456789abcdef").replace("{", "").replace("}", "")
        )
        match = contract.find(operation.method, path, operation.host)
        assert match is not None
        for status in ("200", "401"):
            if operation.method == "HEAD" or status not in operation.responses:
                continue
            found = contract.check_response(match, None, Response(int(status), JSON, b"{"))
            named = [v.requirement for v in found if v.kind == "malformed-json"]
            assert named in ([], ["GEN-JSON-01"]), operation.id
            count += len(named)
        for parameter in operation.parameters:
            if parameter.location == "query" and "boolean" not in parameter.types:
                request = Request.of(
                    operation.method, f"{path}?{parameter.name}=1&{parameter.name}=1"
                )
                violations = contract.check_request(match, request)
                named = [v.requirement for v in violations if v.kind == "repeated"]
                assert named == ["GEN-QUERY-01"], (operation.id, parameter.name)
                count += 1
    assert count > 40


def test_each_operation_says_what_its_success_is(contract: Contract) -> None:
    for operation in contract.operations:
        assert operation.requirement in contract.requirements, operation.id


def test_every_declared_place_names_a_requirement_and_is_where_it_can_be_found(
    contract: Contract,
) -> None:
    declared = Attribution(Document(contract.document, "contract")).declared
    undeclared = set(undeclared_statuses(contract))
    for place, name in declared.items():
        assert name in contract.requirements, place
        if place not in undeclared:
            get(contract.document, place)
    of_kind = Attribution(Document(contract.document, "contract")).of_kind
    assert set(of_kind) == {"json-body", "repeated-parameter"}
    assert set(of_kind.values()) <= set(contract.requirements)
    for place, node in walk(contract.document):
        for way in as_object(node.get("x-requirement-at")):
            if f"{place}/{way}" in undeclared:
                continue
            # Only where OpenAPI allows for no field beside a reference.
            target = get(contract.document, f"{place}/{way}")
            assert "$ref" in target, (place, way)
    used: set[str] = set()
    for _, place, outwards, _ in places(contract):
        for around in (place, *outwards):
            names = around.split("/")
            used.update("/".join(names[:end]) for end in range(1, len(names) + 1))
    assert set(declared) - undeclared == used & set(declared)


def undeclared_statuses(contract: Contract) -> Iterator[str]:
    """Yield the places of statuses that an operation does not declare, but attributes to a requirement."""
    for place, node in walk(contract.document):
        for way in as_object(node.get("x-requirement-at")):
            kind, _, status = way.partition("/")
            if kind == "responses" and "operationId" in node and status not in node["responses"]:
                assert re.fullmatch("[1-5][0-9][0-9]", status), (place, way)
                yield f"{place}/{way}"


@pytest.mark.parametrize(
    ("status", "body", "requirements"),
    [
        (400, {"status": 400, "success": False}, {"ERR-ENV-01"}),
        (500, {"error": "x"}, {"ERR-ENV-01"}),
        (401, {"status": 401, "success": False, "error": {"code": 1, "message": "", "timestamp": "x"}},
         {"ERR-ENV-02", "ERR-ENV-03", "ERR-ENV-04"}),
        (200, {"id": 1}, {"CHAT-RES-01", "CHAT-RES-02", "CHAT-RES-03", "CHAT-RES-04"}),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_chat_response_violates_what_speaks_of_it(
    contract: Contract, status: int, body: Any, requirements: set[str]
) -> None:
    match = contract.find("POST", "/v1/chat/completions", "gateway")
    assert match is not None
    response = Response(status, (*JSON, ("x-request-id", "a")), json.dumps(body).encode())
    found = contract.check_response(match, None, response)
    assert {v.requirement for v in found} == requirements


# --- words ----------------------------------------------------------------------------------------


BAD: tuple[Any, ...] = (None, 5, "x", [], {})


def spoiled(value: Any) -> Iterator[Any]:
    """Yield copies of a value, each with something else wrong."""
    for place, node in list(walk(value)):
        for name in node:
            for change in BAD:
                changed = copy.deepcopy(value)
                get(changed, place)[name] = change
                yield changed
            changed = copy.deepcopy(value)
            del get(changed, place)[name]
            yield changed


def examples(contract: Contract) -> Iterator[tuple[str, str, Any]]:
    """Yield operation, status and body of every JSON example of a response."""
    document = Document(contract.document, "contract")
    for operation in contract.operations:
        for status in operation.responses:
            reference = join(operation.pointer, "responses", status)
            spec, _ = document.resolve(document.node(reference), reference)
            media = as_object(as_object(spec.get("content")).get("application/json"))
            for entry in as_object(media.get("examples")).values():
                yield operation.id, status, document.resolve(entry, "")[0]["value"]


def test_no_attribution_depends_on_a_word(contract: Contract, wordless: Contract) -> None:
    count = 0
    for operation, status, example in examples(contract):
        if not status.isdigit():
            continue
        match = contract.find(
            contract.operation(operation).method,
            contract.operation(operation).path.replace("{hash}", "0123456789abcdef"),
            contract.operation(operation).host,
        )
        assert match is not None
        for body in list(spoiled(example))[:40]:
            response = Response(int(status), JSON, json.dumps(body).encode())
            found = contract.check_response(match, None, response)
            assert found == wordless.check_response(match, None, response)
            count += len(found)
    assert count > 2_000


def recording(contract: Contract, folder: Path) -> Path:
    """Write a recording of good and bad exchanges of every operation."""
    entries: list[Any] = []
    for operation, status, example in examples(contract):
        if not status.isdigit():
            continue
        known = contract.operation(operation)
        server = next(name for name, host in contract.hosts.items() if host == known.host)
        path = known.path.replace("{hash}", "0123456789abcdef").replace("{", "").replace("}", "")
        for body in [example, *list(spoiled(example))[:5]]:
            entries.append(
                {
                    "startedDateTime": "2026-03-01T00:00:00.000Z",
                    "time": 1,
                    "request": {
                        "method": known.method,
                        "url": f"https://{server}{path}?seed=abc",
                        "headers": [{"name": "content-type", "value": "application/json"}],
                        "postData": {"mimeType": "application/json", "text": '{"messages": 5}'},
                    },
                    "response": {
                        "status": int(status),
                        "headers": [{"name": "content-type", "value": "application/json"}],
                        "content": {"mimeType": "application/json", "text": json.dumps(body)},
                    },
                }
            )
    file = folder / "spoiled.har"
    file.write_text(json.dumps({"log": {"version": "1.2", "creator": {}, "entries": entries}}))
    return file


def replayed(file: Path, contract: Contract) -> Any:
    return json.loads(as_json(replay(contract, [file])))


def test_replay_gives_the_same_results_without_words(
    contract: Contract, wordless: Contract, tmp_path: Path
) -> None:
    file = recording(contract, tmp_path)
    expected = replayed(file, contract)
    assert replayed(file, wordless) == expected
    assert len(json.dumps(expected)) > 20_000


@pytest.mark.parametrize("name", ["audio", "chat", "gateway", "stream", "text"])
def test_replay_of_recordings_gives_the_same_results_without_words(
    contract: Contract, wordless: Contract, name: str
) -> None:
    file = RECORDINGS / f"{name}.har"
    if not file.is_file():
        pytest.skip(f"the recording {name}.har is not there")
    assert replayed(file, wordless) == replayed(file, contract)


def test_drift_gives_the_same_results_without_words(contract: Contract, wordless: Contract) -> None:
    other = copy.deepcopy(contract.document)
    del other["paths"]["/account/key"]
    other["components"]["schemas"]["Profile"]["properties"]["tier"] = {"type": "integer"}
    theirs = DriftDocument(other, "theirs")
    ours, other_ours = DriftDocument(contract.document, "o"), DriftDocument(wordless.document, "o")
    expected = as_drift_json(examine(ours, theirs))
    assert as_drift_json(examine(other_ours, theirs)) == expected
    assert "/account/key" in expected
    assert examine(ours, other_ours).differences == []


DEFECTS_MET = [
    ("envelope-gone", ("ERR-ENV-01", "AUTH-KEY-01")),
    ("chat-id-openai", ("CHAT-RES-02", "CHAT-REQ-01")),
    ("chat-usage-as-text", ("CHAT-RES-04", "CHAT-RES-01")),
    ("balance-as-text", ("ACC-BAL-01", "ACC-BAL-03")),
    ("stream-bad-json", ("CHAT-STREAM-02", "CHAT-STREAM-01")),
    ("usage-limit-lenient", ("ACC-USAGE-03", "ACC-USAGE-04")),
    ("media-head-error-body", ("MEDIA-HEAD-03", "MEDIA-HEAD-01")),
]


def met(defect: str, requirements: tuple[str, ...], contract: Contract) -> set[tuple[str, ...]]:
    """Return verdict, source, check and requirements of all that a run says of a defect."""
    with open_target(None, None, {}, None, 20.0, 1, (defect,)) as server:
        options = Options(seed=1, requirements=requirements, generated=False, jobs=1)
        run = Run(server, options, Ledger(None), checks=every(), contract=contract)
        execute(run)
    said = [*run.outcomes, *run.violations.values(), *watched(run)]
    return {(o.verdict, o.source, o.check, *o.requirements) for o in said}


@pytest.mark.parametrize(("defect", "requirements"), DEFECTS_MET)
def test_the_suite_gives_the_same_results_without_words(
    contract: Contract, wordless: Contract, defect: str, requirements: tuple[str, ...]
) -> None:
    expected = met(defect, requirements, contract)
    assert met(defect, requirements, wordless) == expected
    assert any(verdict == "fail" and requirements[0] in names for verdict, _, _, *names in expected)


def test_failures_lead_to_their_references() -> None:
    contract = Contract(SMALL)
    document = Document(contract.document, "small")
    things = [{"id": "", "owner": {"age": ""}}]
    (failure,) = find_failures(Schemas(document), "/components/schemas/Things", things)
    (inner,) = failure.branches[0]
    assert inner.place.through == (
        "/components/schemas/Thing/properties/owner/anyOf/0",
        "/components/schemas/Things/items",
    )
