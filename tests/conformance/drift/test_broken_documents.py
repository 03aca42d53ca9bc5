"""Test documents with broken references, endless schemas or nonsense in them."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pollinations_conformance.drift.compare import compare
from pollinations_conformance.drift.document import Document, DriftError
from pollinations_conformance.drift.report import (
    Report,
    as_json,
    as_markdown,
    as_text,
)
from pollinations_conformance.http.json import is_list, is_object
from tests.conformance.drift.documents import (
    SERVERS,
    Json,
    around,
    base,
    differences,
    run,
    save,
)
from tests.properties import examples


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


@settings(max_examples=examples(300), deadline=None)
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
    report = Report(ours, other, compare(ours, other))
    assert as_text(report)
    assert as_markdown(report)
    assert json.loads(as_json(report))
    assert differences(theirs, copy.deepcopy(theirs)) == []
