"""The API reference: nothing of the contract is missing, nothing in it can do harm, and it runs."""

from __future__ import annotations

import base64
import copy
import functools
import hashlib
import itertools
import os
import random
import re
import shutil
import subprocess
import sys
import time
from html.parser import HTMLParser
from pathlib import Path
from typing import Any, cast

import pytest

from pollinations_conformance.cli.main import main
from pollinations_conformance.contract import Contract, ContractError, load
from pollinations_conformance.reference.page import policy, render
from pollinations_conformance.reference.snippets import Snippets, pretty
from pollinations_conformance.server import RunningServer
from tests.clocks import allowed

CONTRACT = load()
VOID = {"meta", "link", "br", "hr", "input", "img"}


class Reader(HTMLParser):
    """Collects the elements and texts of a page, and checks that they are nested well."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.pieces: dict[str, list[str]] = {}  # of text, by the id around them
        self.places: list[tuple[int, str]] = []
        self.all: list[str] = []
        self.feed(page)
        self.texts = {place: "".join(pieces) for place, pieces in self.pieces.items()}
        self.words = "".join(self.all)
        assert self.open == [], "elements that are not closed"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        self.elements.append((tag, found))
        if tag not in VOID:
            self.open.append(tag)
            if found.get("id"):
                self.places.append((len(self.open), str(found["id"])))

    def handle_endtag(self, tag: str) -> None:
        assert self.open, f"</{tag}> closes nothing"
        assert self.open.pop() == tag, f"</{tag}> closes another element"
        while self.places and self.places[-1][0] > len(self.open):
            self.places.pop()

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] in ("style", "script"):
            return
        self.all.append(data)
        for _, place in self.places:
            self.pieces.setdefault(place, []).append(data)

    @property
    def ids(self) -> list[str]:
        return [str(a["id"]) for _, a in self.elements if a.get("id")]


@functools.cache
def page() -> str:
    """Render the contract once, when a test first asks for it."""
    return render(CONTRACT)


@functools.cache
def read() -> Reader:
    """Read that page."""
    return Reader(page())


def plain(text: str) -> str:
    return " ".join(text.replace("`", "").split())


def contract(**changes: Any) -> Contract:
    """Make a small contract, without any extension unless it is given."""
    document: dict[str, Any] = {
        "openapi": "3.1.0",
        "info": {"title": "Small", "version": "1"},
        "paths": {
            "/things/{id}": {
                "get": {
                    "operationId": "getThing",
                    "parameters": [
                        {"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}
                    ],
                    "responses": {"200": {"description": "Here."}},
                }
            }
        },
    }
    document.update(changes)
    return Contract(copy.deepcopy(document))


# --- what the page has --------------------------------------------------------------------------


@pytest.mark.parametrize("operation", CONTRACT.operations, ids=lambda operation: operation.id)
def test_an_operation_is_shown_with_all_its_parameters_and_responses(operation: Any) -> None:
    text = read().texts[operation.id]
    assert operation.path in text
    assert operation.method in text
    assert plain(operation.raw["summary"]) in plain(text)
    for parameter in operation.parameters:
        assert parameter.name in text
    for status in operation.responses:
        assert str(status) in text


def test_every_requirement_has_its_place_with_sentence_level_origin_and_evidence() -> None:
    for clause in CONTRACT.requirements.values():
        text = plain(read().texts[clause.id])
        assert plain(clause.text) in text
        assert f"{clause.level}, {clause.origin}." in text
        for entry in clause.evidence:
            assert plain(str(entry["ref"])) in text


def test_a_requirement_stands_where_it_is_attached() -> None:
    for clause in CONTRACT.requirements.values():
        for operation in CONTRACT.operations:
            if clause.pointer == operation.pointer:
                assert clause.id in read().texts[operation.id]


def test_every_deviation_says_what_was_documented_what_was_seen_and_what_to_rely_on() -> None:
    for deviation in CONTRACT.deviations:
        text = plain(read().texts[f"deviation-{deviation.id}"])
        for part in (deviation.documented, deviation.observed, deviation.contract, deviation.where):
            assert plain(part) in text


def test_every_component_has_its_place() -> None:
    kinds = {
        "schemas": "schema",
        "responses": "response",
        "headers": "header",
        "parameters": "parameter",
        "requestBodies": "body",
        "securitySchemes": "scheme",
    }
    for group, kind in kinds.items():
        for name in CONTRACT.document["components"][group]:
            assert f"{kind}-{name}" in read().texts


def test_every_property_of_every_schema_is_shown_with_its_description() -> None:
    for name, schema in CONTRACT.document["components"]["schemas"].items():
        text = plain(read().texts[f"schema-{name}"])
        for field, node in schema.get("properties", {}).items():
            assert field in text
            assert plain(str(node.get("description", ""))) in text


def test_the_extensions_are_in_words() -> None:
    words = plain(read().words)
    for rule in CONTRACT.document["x-coercion"].values():
        assert plain(rule) in words
    assert "a snapshot; /text/models has the current names" in words
    assert "takes the whole rest of the path" in words
    assert "Also reached at /models" in words
    assert "each a ChatCompletionChunk" in words
    assert "refused with “Invalid image URL." in words


def test_ranges_defaults_and_choices_are_reported() -> None:
    text = plain(read().texts["generateImage"])
    assert "from -1 to 2147483647" in text
    assert "default medium" in text
    assert "one of low, medium, high, hd" in text


# --- its form -----------------------------------------------------------------------------------


def test_anchors_resolve_and_are_unique() -> None:
    assert len(read().ids) == len(set(read().ids))
    links = [str(a["href"]) for tag, a in read().elements if tag == "a"]
    missing = {link for link in links if link.startswith("#")} - {f"#{name}" for name in read().ids}
    assert not missing
    assert {"#createChatCompletion", "#CHAT-STREAM-03", "#schema-ChatCompletion"} <= set(links)


def test_headings_come_in_order() -> None:
    levels = [int(tag[1]) for tag, _ in read().elements if re.fullmatch(r"h[1-6]", tag)]
    assert levels.count(1) == 1
    assert levels[0] == 1
    assert all(after <= before + 1 for before, after in itertools.pairwise(levels))


def test_nothing_is_loaded_from_anywhere() -> None:
    for tag, attributes in read().elements:
        assert tag not in ("img", "iframe", "object", "embed", "video", "audio")
        assert "style" not in attributes
        assert "src" not in attributes
        assert not [name for name in attributes if name.startswith("on")]
        if tag == "link":
            assert attributes["href"] == "data:,"
    assert "@import" not in page()
    assert "url(" not in page().partition("</style>")[0]


def test_the_policy_allows_the_style_and_the_script_of_the_page_only() -> None:
    rules = policy()
    for tag in ("style", "script"):
        (text,) = re.findall(rf"<{tag}>(.*?)</{tag}>", page(), re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{digest}'" in rules
    assert rules.startswith("default-src 'none'")
    assert "unsafe" not in rules


def test_the_page_is_small_and_made_at_once() -> None:
    started = time.process_time()
    page = render(CONTRACT)
    assert time.process_time() - started < allowed(1)
    assert len(page.encode()) < 1_500_000


def test_the_same_contract_gives_the_same_page() -> None:
    assert render(CONTRACT) == page()


# --- contracts of others ------------------------------------------------------------------------


def test_a_contract_without_extensions_is_rendered() -> None:
    read = Reader(render(contract()))
    assert "/things/{id}" in read.texts["getThing"]
    assert "Requirements" not in read.words
    assert "authentication" not in read.ids


EVIL = """</script></style><script>alert(1)</script><img src=x onerror=alert(2)> " ' &amp; `<u>`"""


def poison(node: Any, keep: frozenset[str]) -> Any:
    """Put evil text into every text of a document, except where the text has a meaning."""
    if isinstance(node, dict):
        return {
            key: value if key in keep else poison(value, keep)  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType]
            for key, value in node.items()  # pyright: ignore[reportUnknownVariableType]
        }
    if isinstance(node, list):
        return [poison(entry, keep) for entry in node]  # pyright: ignore[reportUnknownVariableType]
    return node + EVIL if isinstance(node, str) else node


def test_hostile_texts_of_a_contract_stay_text() -> None:
    keep = frozenset(
        {
            "$ref", "openapi", "operationId", "in", "type", "level", "id", "pattern", "url",
            "security", "mapping", "propertyName", "x-stream-item", "x-requirement", "tags",
            "required", "x-sdk", "name",
        }
    )  # fmt: skip
    evil = poison(CONTRACT.document, keep)
    page = render(Contract(evil))
    read = Reader(page)
    assert page.count("<script") == 1
    assert page.count("<style") == 1
    assert not [tag for tag, _ in read.elements if tag in ("img", "u")]
    assert not [a for _, a in read.elements if "onerror" in a]
    assert "<script>alert(1)</script>" in read.words


def test_hostile_names_stay_text_and_addresses_lead_to_the_web_only() -> None:
    name = '"><script>alert(1)</script>'
    read = Reader(
        render(
            contract(
                info={
                    "title": name,
                    "version": name,
                    "description": "[here](javascript:alert(1)) ![there](http://example.org/a.png)",
                    "contact": {"name": name, "url": "javascript:alert(1)"},
                },
                components={"schemas": {name: {"type": "object", "properties": {name: True}}}},
                tags=[{"name": name, "description": name}],
            )
        )
    )
    assert [tag for tag, _ in read.elements].count("script") == 1
    links = [str(a.get("href")) for tag, a in read.elements if tag == "a"]
    assert not [link for link in links if link.startswith("javascript")]
    assert not [tag for tag, _ in read.elements if tag == "img"]


def test_a_schema_that_holds_itself_is_not_unfolded_for_ever() -> None:
    tree: dict[str, Any] = {
        "type": "object",
        "properties": {
            "left": {"$ref": "#/components/schemas/Tree"},
            "others": {"type": "array", "items": {"$ref": "#/components/schemas/Forest"}},
        },
    }
    forest = {
        "anyOf": [
            {"$ref": "#/components/schemas/Tree"},
            {"$ref": "#/components/schemas/Forest"},
            {"type": "object", "properties": {"size": {"type": "integer"}}},
        ]
    }
    small = contract(components={"schemas": {"Tree": tree, "Forest": forest}})
    small.operations[0].responses["200"] = {
        "description": "A tree.",
        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Tree"}}},
    }
    text = Reader(render(small)).texts["getThing"]
    assert text.count("fields of Forest") == 1
    assert text.count("left") == 1
    assert text.count("size") == 1


@pytest.mark.parametrize(
    "seed",
    [*range(3), *(pytest.param(seed, marks=pytest.mark.whole_run) for seed in range(3, 12))],
)
def test_a_contract_with_nonsense_in_it_is_rendered_or_refused(seed: int) -> None:
    luck = random.Random(seed)
    document = copy.deepcopy(CONTRACT.document)
    places: list[tuple[Any, Any]] = []

    def walk(node: Any) -> None:
        keys: list[Any] = [*node] if isinstance(node, dict) else [*range(len(node))]
        for key in keys:
            places.append((cast("Any", node), key))
            if isinstance(node[key], dict | list):
                walk(node[key])

    walk(document)
    for holder, key in luck.sample(places, 8):
        holder[key] = luck.choice([None, 1, "x", [], {}, [1], {"a": 1}, True])
    try:
        changed = Contract(document)
    except ContractError:
        return
    Reader(render(changed))


def test_markup_of_descriptions_is_rendered() -> None:
    description = (
        "# Title\n\nA *word*, `code` and `getThing`.\n\n- one\n- two\n\n[link](https://example.org)"
    )
    page = render(contract(info={"title": "T", "version": "1", "description": description}))
    assert "<em>word</em>" in page
    assert '<a href="#getThing"><code>getThing</code></a>' in page
    assert "<li>one</li>" in page
    assert '<a href="https://example.org">link</a>' in page
    assert "<p><strong>Title</strong></p>" in page


def test_what_stands_beside_the_page_is_linked_from_sidebar_and_introduction() -> None:
    read = Reader(render(CONTRACT, links=[("Home & more", "index.html")]))
    found = [a for tag, a in read.elements if tag == "a" and a.get("href") == "index.html"]
    assert len(found) == 2
    assert "Home & more" in read.texts["introduction"]
    assert "Home & more" in read.texts["contents"]


# --- the command --------------------------------------------------------------------------------


def test_the_command_writes_the_page(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    target = tmp_path / "api.html"
    assert main(["reference", "--output", str(target)]) == 0
    assert target.read_text(encoding="utf-8") == page()
    assert [path.name for path in tmp_path.iterdir()] == ["api.html"]
    assert main(["reference", "--output", "-", "--gateway", "http://127.0.0.1:1/"]) == 0
    assert "curl http://127.0.0.1:1/account/profile" in capsys.readouterr().out


def test_a_page_that_cannot_be_written_is_reported_in_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["reference", "--output", str(tmp_path / "none" / "api.html")]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert "cannot be written" in line
    assert "--output" in line


def test_a_contract_that_is_none_is_refused_in_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = tmp_path / "other.yaml"
    source.write_text("openapi: 2.0\n")
    out = tmp_path / "api.html"
    assert main(["reference", "--contract", str(source), "--output", str(out)]) == 2
    assert len(capsys.readouterr().err.splitlines()) == 1
    assert not out.exists()


# --- the examples run ---------------------------------------------------------------------------

SNIPPETS = {
    f"{operation.id}: {snippet.title}": snippet
    for operation in CONTRACT.operations
    for snippet in Snippets(CONTRACT, "http://gateway", "http://media").of(operation)
}


def test_every_operation_has_a_request_to_copy_in_both_forms() -> None:
    for operation in CONTRACT.operations:
        found = Snippets(CONTRACT).of(operation)
        assert found
        assert operation.path.partition("{")[0] in found[0].curl
        assert f"client.{operation.raw['x-sdk']['resource']}." in found[0].python


def test_every_example_of_a_body_is_a_request_to_copy() -> None:
    body = CONTRACT.document["components"]["requestBodies"]["ChatCompletion"]
    summaries = [e["summary"] for e in body["content"]["application/json"]["examples"].values()]
    snippets = Snippets(CONTRACT).of(CONTRACT.operation("createChatCompletion"))
    assert [snippet.title for snippet in snippets] == summaries


def here(text: str, server: RunningServer) -> str:
    return text.replace("http://gateway", server.base_url).replace("http://media", server.media_url)


@pytest.mark.skipif(shutil.which("curl") is None, reason="there is no curl")
@pytest.mark.parametrize("name", SNIPPETS)
def test_curl_lines_get_success(
    name: str, tmp_path: Path, pollinations_server: RunningServer
) -> None:
    # The functions make a failure visible and take this Python; the lines are run as they stand.
    script = (
        'set -e\ncurl() { command curl --fail-with-body -sS "$@"; }\n'
        f'python3() {{ "{sys.executable}" "$@"; }}\n'
        f"{here(SNIPPETS[name].curl, pollinations_server)}\n"
    )
    environment = os.environ | {"POLLINATIONS_API_KEY": pollinations_server.keys["secret"]}
    done = subprocess.run(
        ["sh", "-c", script], cwd=tmp_path, env=environment, capture_output=True, timeout=60
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout or any(tmp_path.iterdir())


@pytest.mark.parametrize("name", [name for name, s in SNIPPETS.items() if s.python])
def test_python_programs_run(
    name: str,
    tmp_path: Path,
    pollinations_server: RunningServer,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("POLLINATIONS_API_KEY", pollinations_server.keys["secret"])
    program = here(SNIPPETS[name].python, pollinations_server)
    exec(compile(program, name, "exec"), {})
    assert capsys.readouterr().out or any(path.stat().st_size for path in tmp_path.iterdir())


@pytest.mark.parametrize(
    ("value", "python", "text"),
    [
        ({"a": [1, True, None]}, False, '{"a": [1, true, null]}'),
        ({"a": [1, True, None]}, True, '{"a": [1, True, None]}'),
        ([], False, "[]"),
        ({"a": "x" * 70}, False, '{\n  "a": "' + "x" * 70 + '"\n}'),
        ('it\'s "so"', True, '"it\'s \\"so\\""'),
    ],
)
def test_values_are_broken_only_where_they_must(value: Any, python: bool, text: str) -> None:
    assert pretty(value, python=python) == text


def test_quotes_of_an_example_do_not_end_the_shell_word() -> None:
    document = copy.deepcopy(CONTRACT.document)
    examples = document["paths"]["/v1/audio/speech"]["post"]["requestBody"]["content"]
    examples["application/json"]["examples"] = {"a": {"value": {"input": "it's $(date) `x`"}}}
    changed = Contract(document)
    (snippet,) = Snippets(changed).of(changed.operation("createSpeech"))
    assert """-d '{"input": "it'\\''s $(date) `x`"}'""" in snippet.curl
