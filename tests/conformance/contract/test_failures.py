"""What is wrong with a value is found in bounded time and memory, whatever the schema."""

from __future__ import annotations

import json
import time
import tracemalloc
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pollinations_conformance.contract import Contract, Request, Response
from pollinations_conformance.contract.document import Document
from pollinations_conformance.contract.failures import MAX_FAILURES, MAX_WORK, find_failures
from pollinations_conformance.contract.schemas import Schemas
from pollinations_conformance.http.json import as_list, as_object, is_object
from pollinations_conformance.replay.report import replay
from tests.clocks import allowed
from tests.properties import examples

CHAT = "/v1/chat/completions"
SCHEMA = "/components/schemas/S"


def schemas(schema: Any, **others: Any) -> Schemas:
    components = {"schemas": {"S": schema, **others}}
    return Schemas(Document({"openapi": "3.1.0", "components": components}, "test"))


def found(schema: Any, value: Any, **others: Any) -> list[tuple[str, str]]:
    """List pairs of keyword and path."""
    return [
        (failure.keyword, "/".join(map(str, failure.path)))
        for failure in find_failures(schemas(schema, **others), SCHEMA, value)
    ]


# --- each keyword -------------------------------------------------------------------------------

EVERY_KEYWORD: list[tuple[Any, Any, list[tuple[str, str]]]] = [
    (False, 1, [("false", "")]),
    ({"type": ["string", "null"]}, 1, [("type", "")]),
    ({"enum": [[1]]}, [2], [("enum", "")]),
    ({"minItems": 2, "maxItems": 3}, [1], [("minItems", "")]),
    ({"maxItems": 3}, [1] * 9, [("maxItems", "")]),
    ({"uniqueItems": True}, [[1], [1]], [("uniqueItems", "")]),
    ({"minProperties": 2}, {"a": 1}, [("minProperties", "")]),
    ({"dependentRequired": {"a": ["b"]}}, {"a": 1}, [("dependentRequired", "")]),
    ({"required": ["a", "b"]}, {}, [("required", ""), ("required", "")]),
    ({"properties": {"a": {"type": "string"}}}, {"b": 1, "a": 1}, [("type", "a")]),
    ({"patternProperties": {"^x": {"maximum": 1}}}, {"xa": 2, "a": 9}, [("maximum", "xa")]),
    (
        {"properties": {"a": True}, "additionalProperties": False},
        {"a": 1, "b": 1},
        [("additionalProperties", "")],
    ),
    (
        {"properties": {"a": True}, "additionalProperties": {"type": "null"}},
        {"a": 1, "b": 1},
        [("type", "b")],
    ),
    ({"propertyNames": {"maxLength": 1}}, {"aa": 1}, [("maxLength", "aa")]),
    ({"dependentSchemas": {"a": {"required": ["b"]}}}, {"a": 1}, [("required", "")]),
    (
        {"prefixItems": [{"type": "null"}], "items": {"type": "string"}},
        [1, "a", 2],
        [("type", "0"), ("type", "2")],
    ),
    ({"contains": {"type": "null"}}, [1], [("contains", "")]),
    ({"contains": True, "maxContains": 1}, [1, 2], [("contains", "")]),
    ({"allOf": [{"minimum": 2}, {"maximum": 0}]}, 1, [("minimum", ""), ("maximum", "")]),
    ({"anyOf": [{"type": "null"}, {"type": "string"}]}, 1, [("anyOf", "")]),
    ({"oneOf": [{"minimum": 0}, {"maximum": 2}]}, 1, [("oneOf", "")]),
    ({"not": {"type": "integer"}}, 1, [("not", "")]),
    (
        {"if": {"type": "integer"}, "then": {"minimum": 2}, "else": {"minLength": 2}},
        1,
        [("minimum", "")],
    ),
    (
        {"if": {"type": "integer"}, "then": {"minimum": 2}, "else": {"minLength": 2}},
        "a",
        [("minLength", "")],
    ),
    ({"$ref": "#/components/schemas/T", "maximum": 0}, "a", [("type", "")]),
    ({"$ref": "#/components/schemas/T", "maximum": 0}, 1, [("maximum", "")]),
    # Not looked into: the failure is that of the whole.
    ({"properties": {"a": True}, "unevaluatedProperties": False}, {"b": 1}, [("schema", "")]),
]


@pytest.mark.parametrize(
    ("schema", "value", "expected"), EVERY_KEYWORD, ids=range(len(EVERY_KEYWORD))
)
def test_each_keyword_fails_at_its_place(
    schema: Any, value: Any, expected: list[tuple[str, str]]
) -> None:
    assert found(schema, value, T={"type": "integer"}) == expected


_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-2, 4) | st.sampled_from(["", "a", "bb"]),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(["a", "b", "c"]), inner, max_size=3)
    ),
    max_leaves=8,
)
_TYPES = st.sampled_from(["null", "boolean", "integer", "number", "string", "array", "object"])
_ONE = st.sampled_from(["items", "not", "additionalProperties", "contains", "propertyNames"])
_MANY = st.sampled_from(["allOf", "anyOf", "oneOf", "prefixItems"])
_NAMED = st.sampled_from(["properties", "patternProperties", "dependentSchemas"])


def keyword(name: str, value: Any) -> dict[str, Any]:
    return {name: value}


def bounds(least: int) -> dict[str, Any]:
    return {"minimum": least, "maxLength": least % 3}


def conditional(condition: Any, then: Any, otherwise: Any) -> dict[str, Any]:
    return {"if": condition, "then": then, "else": otherwise}


def both(one: Any, other: Any) -> dict[str, Any]:
    return {"allOf": [one], **(other if is_object(other) else {})}


def larger(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    named = st.dictionaries(st.sampled_from(["a", "b"]), inner, max_size=2)
    return (
        st.builds(keyword, _ONE, inner)
        | st.builds(keyword, _MANY, st.lists(inner, min_size=1, max_size=3))
        | st.builds(keyword, _NAMED, named)
        | st.builds(conditional, inner, inner, inner)
        | st.builds(both, inner, inner)
    )


_SCHEMAS: st.SearchStrategy[Any] = st.recursive(
    st.booleans()
    | st.builds(keyword, st.just("type"), _TYPES)
    | st.builds(bounds, st.integers(0, 3))
    | st.builds(keyword, st.just("const"), _VALUES),
    larger,
    max_leaves=8,
)


def parts(
    value: Any, path: tuple[str | int, ...] = ()
) -> Iterator[tuple[tuple[str | int, ...], Any]]:
    yield path, value
    members: list[tuple[str | int, Any]] = [*as_object(value).items()]
    for name, inner in [*members, *enumerate(as_list(value))]:
        yield from parts(inner, (*path, name))


@settings(max_examples=examples(400), deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(_SCHEMAS, _VALUES)
def test_a_failure_is_found_exactly_where_the_value_does_not_fit(schema: Any, value: Any) -> None:
    fits = jsonschema_rs.Draft202012Validator(schema).is_valid(value)
    failures = find_failures(schemas(schema), SCHEMA, value)
    assert bool(failures) != fits
    for failure in failures:
        # The path leads to the value; a name that does not fit is at the end of its own path.
        assert (
            dict(parts(value))[failure.path] == failure.value or failure.path[-1] == failure.value
        )
        # No failure comes from a guess: the generic one stands only for keywords not looked into.
        assert failure.keyword != "schema"


# --- bounds -------------------------------------------------------------------------------------

BOMBS: dict[str, Callable[[int], Any]] = {
    "wrong parts": lambda n: {"messages": [{"role": "user", "content": [1] * n}]},
    "last part wrong": lambda n: {
        "messages": [{"role": "user", "content": [{"type": "text", "text": "x"}] * n + [1]}]
    },
    "wrong messages": lambda n: {"messages": [{"role": "wizard", "content": 5}] * n},
    "wrong tools": lambda n: {"messages": [], "tools": [{"type": "function"}] * n},
    "unknown names": lambda n: {
        "messages": [],
        "functions": [{"name": "f", **{f"k{i}": 1 for i in range(n)}}],
    },
    "wrong members": lambda n: {"messages": [], "logit_bias": {str(i): "x" for i in range(n)}},
    "long array": lambda n: {"messages": [], "stop": ["x"] * (n + 4)},
    "long text": lambda n: {"messages": "x" * n},
}


def seconds(contract: Contract, value: Any) -> float:
    request = Request.of(
        "POST", CHAT, {"Content-Type": "application/json"}, json.dumps(value).encode()
    )
    match = contract.find("POST", CHAT, "gateway")
    assert match is not None
    start = time.process_time()
    violations = contract.check_request(match, request)
    assert 1 <= len(violations) <= MAX_FAILURES
    return time.process_time() - start


@pytest.mark.parametrize("name", BOMBS)
def test_a_large_wrong_request_costs_little_time(contract: Contract, name: str) -> None:
    seconds(contract, BOMBS[name](1))  # schemas are compiled once
    assert seconds(contract, BOMBS[name](30_000)) < allowed(1.5)
    # More of the same costs its reading, not more explanations.
    assert seconds(contract, BOMBS[name](100_000)) < allowed(2)


@pytest.mark.parametrize("name", BOMBS)
def test_a_large_wrong_request_costs_little_memory(contract: Contract, name: str) -> None:
    value = BOMBS[name](30_000)
    body = json.dumps(value).encode()
    tracemalloc.start()
    try:
        contract.errors("/components/schemas/CreateChatCompletionRequest", value)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 10_000_000 + 10 * len(body)


def test_the_first_wrong_item_of_many_is_found_and_what_is_small_beside_it() -> None:
    schema = {"properties": {"a": {"items": {"type": "null"}}, "b": {"type": "null"}}}
    value = {"a": [None] * 5_000 + [1] + [None] * 5_000 + [2], "b": 1}
    assert found(schema, value) == [("type", "a/5000"), ("type", "a/10001"), ("type", "b")]


def test_what_is_too_large_to_be_looked_into_is_named_as_a_whole() -> None:
    schema = {"properties": {"a": {"items": {"type": "null"}}, "b": {"type": "null"}}}
    large = [None] * MAX_WORK
    assert found(schema, {"a": [*large, 1]}) == [("schema", "a")]
    # It is not blamed where something else is wrong.
    assert found(schema, {"a": large, "b": 1}) == [("type", "b")]


def test_nested_unions_are_cut_off() -> None:
    schema: Any = {"type": "null"}
    value: Any = 1
    for _ in range(8):  # four branches each, 65,536 in the end
        schema = {"anyOf": [{"properties": {"a": schema}}] * 4}
        value = {"a": value}
    start = time.process_time()
    assert find_failures(schemas(schema), SCHEMA, value)
    assert time.process_time() - start < allowed(5)


def test_a_tag_decides_which_branch_is_explained(contract: Contract) -> None:
    body = {"messages": [{"role": "assistant", "content": "x", "tool_calls": None}]}
    (violation,) = contract.errors("/components/schemas/CreateChatCompletionRequest", body)
    assert violation.where == "body.messages[0]"
    assert violation.detail == "tool_calls: Invalid input: expected array, received null"


def test_a_large_wrong_response_costs_little_time(contract: Contract) -> None:
    match = contract.find("POST", CHAT, "gateway")
    assert match is not None
    choice = {"index": 0, "message": {"role": "assistant", "content": [1] * 30_000}}
    body = json.dumps({"id": "x", "choices": [choice] * 20}).encode()
    response = Response(200, (("content-type", "application/json"),), body)
    start = time.process_time()
    assert contract.check_response(match, None, response)
    assert time.process_time() - start < 3


def test_a_recorded_large_wrong_request_costs_little_time(
    contract: Contract, tmp_path: Path
) -> None:
    body = json.dumps(BOMBS["wrong parts"](30_000))
    refused: dict[str, Any] = {"status": 400, "headers": [], "content": {"text": "{}", "size": 2}}
    request = {
        "method": "POST",
        "url": f"https://gen.pollinations.ai{CHAT}",
        "headers": [{"name": "content-type", "value": "application/json"}],
        "postData": {"mimeType": "application/json", "text": body},
    }
    entry = {"startedDateTime": "2026-03-01T00:00:00Z", "time": 1, "request": request}
    file = tmp_path / "large.har"
    file.write_text(
        json.dumps({"log": {"version": "1.2", "entries": [{**entry, "response": refused}] * 3}})
    )
    start = time.process_time()
    report = replay(contract, [file])
    assert time.process_time() - start < 6
    assert len(report.exchanges) == 3
