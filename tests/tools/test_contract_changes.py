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
from tools.client_api import Change, compare_clients
from tools.contract_changes import contract_changes

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
        ["`client.text.generate`: parameter max_tokens is new"],
    ),
    "a parameter that must be given comes": (
        parameter(name="max_words", required=True),
        "breaking",
        "`GET /text/{prompt}`: query parameter `max_words` (required)",
        ["`client.text.generate`: parameter max_words is new and required"],
    ),
    "a field of a response goes": (
        without_balance,
        "breaking",
        "`tier` in response 200 application/json",
        ["`models.Profile.tier`: is gone"],
    ),
    "a value may be sent": (
        value("AudioFormat", "ogg"),
        "feature",
        '"ogg"',
        ["`models.AudioFormat`: also lists 'ogg'"],
    ),
    "a value may be received": (
        value("Tier", "tree"),
        "breaking",
        '"tree"',
        ["`models.Tier`: also lists 'tree'"],
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
        ["`client.text.generate`: is deprecated"],
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


APART = ("an operation is deprecated", "a description is better")
"""What changes the words of the client only: seen where nothing else of it changes."""


def documents(*changes: Edit) -> tuple[Document, Document]:
    """Return the contract before and after some changes."""
    raw = copy.deepcopy(DOCUMENT)
    for change in changes:
        change(raw)
    return Document(copy.deepcopy(DOCUMENT), "before"), Document(raw, "after")


def client_changes(folder: Path, *changes: Edit) -> list[Change]:
    """Compare the clients of the contract before and after some changes."""
    _, after = documents(*changes)
    contract = folder / "contract.json"
    contract.write_text(json.dumps(after.raw), encoding="utf-8")
    generate(folder / "after", contract, ROOT / "generator-config.yaml")
    return compare_clients(ROOT / "generated", folder / "after")


@pytest.fixture(scope="module")
def together(tmp_path_factory: pytest.TempPathFactory) -> list[Change]:
    """Make all changes but those of words at once: each has lines of its own."""
    edits = [change for case, (change, *_) in CASES.items() if case not in APART]
    return client_changes(tmp_path_factory.mktemp("together"), *edits)


@pytest.mark.parametrize("case", CASES)
def test_a_change_is_classed_and_named(case: str, together: list[Change], tmp_path: Path) -> None:
    change, rank, text, client = CASES[case]
    seen = client_changes(tmp_path, change) if case in APART else together
    own = [line for line in seen if line.text in client]
    assert [line.text for line in own] == client
    if case in APART:
        assert own == seen
    found = Found(contract_changes(*documents(change)), own)
    assert (found.rank, text in found.reason) == (rank, True), found


def test_no_change_is_named_that_was_not_made(together: list[Change]) -> None:
    expected = [line for case in CASES if case not in APART for line in CASES[case][3]]
    assert sorted(line.text for line in together) == sorted(expected)


def release(document: Json) -> None:
    document["info"].update(version="9.8.7")


PROMISES = [change for change, _, _, client in CASES.values() if not client]


@pytest.fixture(scope="module")
def unchanged(tmp_path_factory: pytest.TempPathFactory) -> list[Change]:
    """Compare with the client of another version, which has other promises and aliases."""
    return client_changes(tmp_path_factory.mktemp("unchanged"), release, *PROMISES)


def test_nothing_is_found_where_only_the_version_changed(unchanged: list[Change]) -> None:
    found = Found(contract_changes(*documents(release)), unchanged)
    assert (found.contract, found.client, found.rank) == ([], [], None)


def test_promises_and_aliases_change_nothing_of_the_client(unchanged: list[Change]) -> None:
    assert len(PROMISES) == 4
    assert unchanged == []
