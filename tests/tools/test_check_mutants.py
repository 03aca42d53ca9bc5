"""Test which defects a change can affect, and which of the others are tried with them."""

import copy
from collections.abc import Callable
from pathlib import Path

import pytest

from pollinations_conformance.contract import load
from pollinations_conformance.server.defects import DEFECTS
from tests.tools.checkouts import DOCUMENT, ROOT, Json, git
from tools import check_mutants
from tools.affected_defects import PACKAGE, affected, changed_files, contract_change

REQUIREMENTS = load().requirements
HERE = "a commit, of which only the contract would be read"


def of_tag(*tags: str) -> set[str]:
    return {n for n, item in DEFECTS.items() if REQUIREMENTS[item.requirement].tag in tags}


def of(*requirements: str) -> set[str]:
    return {name for name, item in DEFECTS.items() if item.requirement in requirements}


@pytest.mark.parametrize(
    "file",
    ["README.md", "tests/test_contract.py", "generator/plan.py", f"{PACKAGE}drift/read.py",
     f"{PACKAGE}cli/serve.py", "docs/drift.md", "generated/pollinations_client/client.py"],
)  # fmt: skip
def test_what_no_run_uses_affects_none(file: str) -> None:
    assert affected(ROOT, HERE, [file]) == set()


@pytest.mark.parametrize(
    "file",
    ["requirements-dev.lock", f"{PACKAGE}suite/session.py", f"{PACKAGE}http/json.py",
     f"{PACKAGE}checks/common/chat.py", f"{PACKAGE}server/defects/mutators.py",
     f"{PACKAGE}server/gateway.py", f"{PACKAGE}cli/mutants.py", "something/new.py"],
)  # fmt: skip
def test_what_all_share_and_what_is_unclear_affects_all(file: str) -> None:
    assert affected(ROOT, HERE, [file]) == set(DEFECTS)


def test_without_anything_to_compare_with_all_are_affected() -> None:
    assert affected(ROOT, "", []) == set(DEFECTS)


def test_a_check_module_affects_the_defects_of_what_it_tests() -> None:
    found = affected(ROOT, HERE, [f"{PACKAGE}checks/account/balance.py"])
    assert of("ACC-BAL-01") <= found <= of_tag("account", "general")
    assert not of_tag("image") & found


def test_a_module_of_defects_affects_its_own() -> None:
    found = affected(ROOT, HERE, [f"{PACKAGE}server/defects/image.py"])
    assert "text-stream-ignored" not in found
    assert found <= of_tag("image", "general")
    assert len(found) > 5


def test_a_module_of_operations_affects_its_tags_and_changes_add_up() -> None:
    images = affected(ROOT, HERE, [f"{PACKAGE}server/operations/image.py"])
    assert images == of_tag("image")
    both = [f"{PACKAGE}server/operations/image.py", f"{PACKAGE}server/media_host.py"]
    assert affected(ROOT, HERE, both) == of_tag("image", "media")


def _text(document: Json) -> Json:
    found: Json = document["paths"]["/text/{prompt}"]["get"]
    return found


def _reword(document: Json) -> None:
    _text(document)["x-requirements"][0]["text"] = "It MUST be text."


def _evidence(document: Json) -> None:
    _text(document)["x-requirements"][0]["evidence"] = []
    _text(document)["description"] = "Other words."


def _parameter(document: Json) -> None:
    _text(document)["parameters"].pop()


def _shared(document: Json) -> None:
    document["components"]["schemas"]["Balance"]["required"] = []


def _words(document: Json) -> None:
    document["components"]["schemas"]["Balance"]["description"] = "Other words."
    document["info"]["version"] = "9.9.9"


def _gone(document: Json) -> None:
    del document["paths"]["/text/{prompt}"]


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (_reword, of(_text(DOCUMENT)["x-requirements"][0]["id"])),
        (_evidence, set[str]()),
        (_parameter, of_tag("text")),
        (_shared, set(DEFECTS)),
        (_words, set[str]()),
        (_gone, set(DEFECTS)),
    ],
)
def test_a_change_of_the_contract_affects_what_it_changes(
    change: Callable[[Json], None], expected: set[str]
) -> None:
    after = copy.deepcopy(DOCUMENT)
    change(after)
    assert contract_change(DOCUMENT, after) == expected


def test_a_branch_is_compared_with_where_it_left_and_the_main_one_with_the_commit_before(
    tmp_path: Path,
) -> None:
    git(tmp_path, "init", "--quiet", "--initial-branch", "main")
    assert changed_files(tmp_path, None) == ("", [])
    for name in ("a", "b"):
        (tmp_path / name).touch()
        git(tmp_path, "add", "--all")
        git(tmp_path, "commit", "--quiet", "--message", name)
    assert changed_files(tmp_path, None)[1] == ["b"]
    git(tmp_path, "checkout", "--quiet", "-b", "work")
    for name in ("c", "d"):
        (tmp_path / name).touch()
        git(tmp_path, "add", "--all")
        git(tmp_path, "commit", "--quiet", "--message", name)
    (tmp_path / "new").touch()
    assert changed_files(tmp_path, None)[1] == ["c", "d", "new"]
    assert changed_files(tmp_path, "HEAD")[1] == ["new"]
    assert changed_files(tmp_path, "nowhere") == ("", [])


def test_the_others_take_turns_and_the_same_seed_draws_the_same() -> None:
    names = {"balance-null", "text-stream-ignored"}
    chosen = check_mutants.choose(names, 10, 1)
    assert set(chosen[:2]) == names
    assert len(set(chosen)) == 12
    assert chosen == check_mutants.choose(names, 10, 1) != check_mutants.choose(names, 10, 2)
    assert set(check_mutants.choose(names, 10_000, 1)) == set(DEFECTS)


def test_these_and_no_others_are_tried(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    calls: list[list[str]] = []

    def called(words: list[str]) -> int:
        calls.append(words)
        return 0

    monkeypatch.setattr(check_mutants, "command_line", called)

    def changed(_root: Path, _base: str | None) -> tuple[str, list[str]]:
        return "abc", [f"{PACKAGE}server/media_host.py"]

    monkeypatch.setattr(check_mutants, "changed_files", changed)
    assert check_mutants.main(["--sample", "3", "--seed", "5"]) == 0
    assert check_mutants.main(["--all", "--jobs", "4"]) == 0
    named = [
        value for word, value in zip(calls[0], calls[0][1:], strict=False) if word == "--defect"
    ]
    assert of_tag("media") <= set(named)
    assert len(named) == len(of_tag("media")) + 3
    assert calls[0][-1] == "5"
    assert calls[1] == ["mutants", "--jobs", "4", "--seeds", "5"]
    assert (
        f"{len(of_tag('media'))} of {len(DEFECTS)} defects can be affected"
        in capsys.readouterr().out
    )


def test_a_base_that_is_none_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert check_mutants.main(["--base", "nowhere"]) == 2
    assert capsys.readouterr().err == "Error: --base nowhere: no such revision\n"
