"""Test how changes of the contract are classed and worded."""

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from generator.generate import generate
from pollinations_conformance.drift.document import Document
from tests.tools.checkouts import DOCUMENT, ROOT, Json
from tools.changelog import Found
from tools.client_api import compare_clients
from tools.contract_changes import contract_changes, roles

Edit = Callable[[Json], object]
GET_TEXT = ("paths", "/text/{prompt}", "get")


def at(document: Json, *path: str | int) -> Any:
    node: Any = document
    for step in path:
        node = node[step]
    return node


def parameter(**more: Any) -> Edit:
    new = {"name": "max_tokens", "in": "query", "schema": {"type": "integer"}, **more}
    return lambda document: at(document, *GET_TEXT, "parameters").append(new)


def without_balance(document: Json) -> None:
    schema = at(document, "components", "schemas", "Profile")
    schema["properties"].pop("tier")
    schema["required"].remove("tier")


def value(name: str, new: str) -> Edit:
    return lambda document: at(document, "components", "schemas", name, "enum").append(new)


def requirement(change: Callable[[list[Json]], object]) -> Edit:
    return lambda document: change(at(document, *GET_TEXT, "x-requirements"))


def put(*path: Any) -> Edit:
    *place, name, new = path
    return lambda document: at(document, *place).update({name: new})


CASES: dict[str, tuple[Edit, str, str, list[str]]] = {
    "a parameter comes": (
        parameter(),
        "feature",
        "`GET /text/{prompt}`: query parameter `max_tokens` (optional)",
        ["`client.text.generate(max_tokens=…)`"],
    ),
    "a parameter that must be given comes": (
        parameter(required=True),
        "breaking",
        "`GET /text/{prompt}`: query parameter `max_tokens` (required)",
        ["`client.text.generate(max_tokens=…)`, which is required"],
    ),
    "a field of a response goes": (
        without_balance,
        "breaking",
        "`tier` in response 200 application/json",
        ["`models.Profile.tier`"],
    ),
    "a value may be sent": (
        value("AudioFormat", "ogg"),
        "feature",
        '"ogg"',
        ['`models.AudioFormat`: the value `"ogg"`'],
    ),
    "a value may be received": (
        value("Tier", "tree"),
        "breaking",
        '"tree"',
        ['`models.Tier`: the value `"tree"`'],
    ),
    "a promise comes": (
        requirement(lambda many: many.append({**many[0], "id": "TEXT-GET-98", "text": "It IS."})),
        "feature",
        "Requirement TEXT-GET-98: It IS",
        [],
    ),
    "a promise is withdrawn": (
        requirement(lambda many: many.pop(0)),
        "breaking",
        "Requirement TEXT-GET-01: The response of a text model MUST be",
        [],
    ),
    "a promise is worded better": (
        requirement(lambda many: many[0].update(text="It MUST be text.")),
        "fix",
        "Requirement TEXT-GET-01: It MUST be text",
        [],
    ),
    "an operation is deprecated": (
        put(*GET_TEXT, "deprecated", True),
        "feature",
        "not deprecated → deprecated",
        ["docstrings of `api/text/generate_text.py`, `resources/text.py`"],
    ),
    "a response may be cached elsewhere": (
        put(*GET_TEXT, "x-aliases", [{"path": "/t/{prompt}"}]),
        "fix",
        "`x-aliases` at `/paths/~1text~1{prompt}/get`",
        [],
    ),
    "a description is better": (
        put(*GET_TEXT, "summary", "Answer a prompt"),
        "documentation",
        "`GET /text/{prompt}`: description",
        ["docstrings of `api/text/generate_text.py`, `resources/text.py`"],
    ),
}


def found_by(change: Edit, scratch: Path) -> Found:
    """Compare contract and client before and after a change."""
    documents: list[Document] = []
    for name, edited in (("before", False), ("after", True)):
        raw = copy.deepcopy(DOCUMENT)
        if edited:
            change(raw)
        documents.append(Document(raw, name))
        if edited:
            _generated(raw, scratch / name)
    used = roles(*documents)
    return Found(
        contract_changes(*documents),
        compare_clients(ROOT / "generated", scratch / "after", used),
    )


def _generated(document: Json, folder: Path) -> None:
    contract = folder.with_suffix(".json")
    contract.write_text(json.dumps(document), encoding="utf-8")
    generate(folder, contract, ROOT / "generator-config.yaml")


@pytest.mark.parametrize("case", CASES)
def test_a_change_is_classed_and_named(case: str, tmp_path: Path) -> None:
    change, rank, text, client = CASES[case]
    found = found_by(change, tmp_path)
    assert (found.rank, text in found.reason) == (rank, True), found
    assert [line.text for line in found.client] == client


def test_nothing_is_found_where_only_the_version_changed(tmp_path: Path) -> None:
    found = found_by(lambda document: document["info"].update(version="9.8.7"), tmp_path)
    assert (found.contract, found.client, found.rank) == ([], [], None)
