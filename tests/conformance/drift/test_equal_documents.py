"""Test that documents which mean the same do not differ, however they are written."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pollinations_conformance.contract import default_path
from pollinations_conformance.drift.compare import compare
from pollinations_conformance.drift.document import Document
from pollinations_conformance.drift.read import read
from pollinations_conformance.drift.report import (
    headline,
)
from pollinations_conformance.http.json import is_list, is_object
from tests.conformance.drift.documents import (
    Json,
    around,
    base,
    differences,
    inlined,
)
from tests.properties import examples


def reordered(node: Any) -> Any:
    if is_object(node):
        return {name: reordered(node[name]) for name in reversed(list(node))}
    return [reordered(item) for item in node] if is_list(node) else node


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
        assert [headline(difference) for difference in found] == []


@pytest.mark.parametrize(
    "same", [copy.deepcopy, reordered, inlined, as_30], ids=["itself", "order", "inline", "3.0"]
)
def test_the_contract_does_not_differ_from_itself(same: Callable[[Json], Json]) -> None:
    ours = read(str(default_path()))
    found = compare(ours, Document(same(ours.raw), "theirs"))
    assert [headline(difference) for difference in found] == []
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


@settings(max_examples=examples(150), deadline=None)
@given(SCHEMAS)
def test_any_schema_equals_itself_in_another_order(schema: Any) -> None:
    assert differences(around(schema), around(schema)) == []
    assert differences(around(schema), around(reordered(schema))) == []


@settings(max_examples=examples(150), deadline=None)
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
