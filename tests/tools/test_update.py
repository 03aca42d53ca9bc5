"""Test the steps of tools/update.py one by one."""

import copy
import json
import os
import re
import shutil
from collections.abc import Sequence
from pathlib import Path

import pytest

from generator.generate import generate
from tests.tools.checkouts import DOCUMENT, edit, git
from tools import update
from tools.revisions import Stop, version_of

SUITE = "started\n252 requirements: 248 pass, 4 not tested\ndone\n"


class Targets:
    """Targets of the Makefile without processes: recorded, and generating when that matters."""

    def __init__(self, failing: str = "", code: int = 1, generating: bool = False) -> None:
        self.called: list[str] = []
        self.failing = failing
        self.code = code
        self.generating = generating

    def __call__(self, root: Path, targets: Sequence[str], how: str) -> str:
        self.called += targets
        if self.failing in targets:
            raise Stop(f"make {' '.join(targets)} failed, see above; {how}", self.code)
        if self.generating and "generate" in targets:
            shutil.rmtree(root / "generated")
            generate(root / "generated", root / "openapi.yaml", root / "generator-config.yaml")
        return SUITE if "conformance" in targets else ""


def walk(root: Path, *arguments: str, make: update.Make | None = None) -> update.Walk:
    return update.Walk(root, update.read_arguments(arguments), make or Targets())


def test_nothing_changed_is_reported_and_fine(
    clone: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    edit(clone, "openapi: 3.1.0", "# a comment\nopenapi: 3.1.0")
    assert update.main([], clone, Targets()) == 0
    out = capsys.readouterr().out
    assert out.endswith(f"Nothing changed since v{DOCUMENT['info']['version']}.\n")
    assert "not run" in out


def test_a_version_that_is_not_released_covers_any_change(
    clone: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    git(clone, "tag", "--delete", f"v{DOCUMENT['info']['version']}")
    edit(
        clone,
        "        - name: stream\n          in: query",
        "        - name: streams\n          in: query",
    )
    assert (
        update.main(["--no-suite", "--bump", "--write-changelog"], clone, Targets(generating=True))
        == 0
    )
    out = capsys.readouterr().out
    assert "Compared with HEAD, the last commit." in out
    assert "is not released yet and covers it" in out
    assert "**Breaking:** `GET /text/{prompt}`: query parameter `stream`" in out
    assert git(clone, "diff", "openapi.yaml").count("\n+") == 2


def test_a_base_without_a_client_is_named(clone: Path, capsys: pytest.CaptureFixture[str]) -> None:
    git(clone, "rm", "-r", "--quiet", "--cached", "generated")
    git(clone, "commit", "--quiet", "--message", "no client")
    assert update.main(["--no-suite", "--base", "HEAD"], clone, Targets()) == 0
    assert "not compared: HEAD has no generated/" in capsys.readouterr().out


def test_the_base_can_be_a_file(
    clone: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    old = copy.deepcopy(DOCUMENT)
    old["components"]["schemas"]["AudioFormat"]["enum"].remove("aac")
    (tmp_path / "old.json").write_text(json.dumps(old))
    assert update.main(["--no-suite", "--base", str(tmp_path / "old.json")], clone, Targets()) == 1
    out = capsys.readouterr().out
    assert "`models.AudioFormat`: also lists 'aac'" in out
    assert "needs a new minor version" in out


def test_help_lists_the_options(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="0"):
        update.main(["--help"])
    assert "--write-changelog" in capsys.readouterr().out


def test_a_change_of_the_runtime_alone_is_seen(
    clone: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("generator/runtime/errors.py", "generated/pollinations_client/errors.py"):
        text = (clone / name).read_text("utf-8")
        further = (
            "    @property\n    def further(self) -> int:\n        return 1\n\n\nclass _Classes:"
        )
        assert text.count("\n\nclass _Classes:") == 1
        (clone / name).write_text(text.replace("\n\nclass _Classes:", f"\n{further}"), "utf-8")
    assert update.main(["--no-suite"], clone, Targets()) == 1
    out = capsys.readouterr().out
    assert "feature, added: `InternalServerError.further`: is new" in out
    assert re.search(r"3 what changed in the contract +held .* nothing changed", out)
    assert "Left to do:\n  the version: raise info.version from " in out


# --- each step by itself ------------------------------------------------------------------------


def test_the_form_and_the_suite_are_checked_by_their_targets(checkout: Path) -> None:
    targets = Targets()
    steps = walk(checkout, make=targets)
    assert steps.lint() == ("held", "openapi.yaml is well-formed")
    assert steps.run_suite() == ("held", "252 requirements: 248 pass, 4 not tested")
    assert targets.called == ["lint-contract", "conformance"]
    assert walk(checkout, "--no-suite").run_suite()[0] == "not run"


def test_a_requirement_that_no_check_covers_is_named(clone: Path) -> None:
    steps = walk(clone, "--no-suite")
    assert steps.run_suite() == ("not run", "left out by --no-suite")
    edit(clone, "- id: TEXT-GET-08", "- id: TEXT-GET-98")
    assert steps.run_suite()[1] == "left out by --no-suite; no check covers TEXT-GET-98"
    steps = walk(clone)
    assert steps.run_suite()[1].endswith("4 not tested; no check covers TEXT-GET-98")


def test_generating_names_what_is_new(clone: Path) -> None:
    targets = Targets()
    steps = walk(clone, make=targets)
    assert steps.generate() == ("held", "changed since the last commit: nothing")
    assert targets.called == ["generate", "docs"]
    targets.failing = "generate"
    with pytest.raises(Stop, match="generated/ is as it was"):
        steps.generate()
    targets.failing = "docs"
    with pytest.raises(Stop, match="is new already"):
        steps.generate()
    (clone / "generated" / "pollinations_client" / "new.py").write_text("")
    (clone / "docs" / "new.md").write_text("")
    (clone / "other.md").write_text("")
    assert steps.changed() == ["docs/new.md", "generated/", "other.md"]


@pytest.mark.parametrize(("failing", "code"), [("lint-contract", 1), ("generate", 2), ("docs", 2)])
def test_the_first_step_that_fails_is_the_last(
    clone: Path, failing: str, code: int, capsys: pytest.CaptureFixture[str]
) -> None:
    targets = Targets(failing, code)
    assert update.main([], clone, targets) == code
    out, err = capsys.readouterr()
    assert f"make {failing} failed, see above; " in err
    assert err.count("\n") == 1
    assert "7 the changelog" in out
    assert targets.called[-1] == failing


def test_versions_and_changelog_are_left_to_do_until_they_are_written(
    clone: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    edit(
        clone,
        "        - name: stream\n          in: query",
        "        - name: streams\n          in: query",
    )
    steps = walk(clone)
    steps.compare_contracts()
    assert steps.found.rank == "breaking"
    assert steps.choose_version()[0] == "to do"
    assert steps.write_changelog()[0] == "to do"
    assert "**Breaking:**" in capsys.readouterr().out
    steps = walk(clone, "--bump", "--write-changelog")
    steps.compare_contracts()
    assert steps.choose_version()[0] == "held"
    assert steps.write_changelog()[0] == "held"
    assert git(clone, "diff", "--name-only").split()[0] == "CHANGELOG.md"
    assert version_of(steps.contract) != version_of(steps.base.contract)
    again = walk(clone)
    again.compare_contracts()
    assert again.choose_version()[0] == again.write_changelog()[0] == "held"


# --- make ---------------------------------------------------------------------------------------


def makefile(folder: Path, *lines: str) -> Path:
    (folder / "Makefile").write_text("target:\n" + "".join(f"\t@{line}\n" for line in lines))
    return folder


@pytest.mark.parametrize(("status", "code"), [(1, 1), (2, 2), (3, 1)])
def test_a_failed_target_is_shown_with_what_to_do(
    tmp_path: Path, status: int, code: int, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = makefile(tmp_path, "echo the reason", f"exit {status}")
    with pytest.raises(Stop, match=r"^make target failed, see above; fix it$") as caught:
        update.make(folder, ["target"], "fix it")
    assert caught.value.code == code
    assert "   the reason\n" in capsys.readouterr().out


def test_targets_get_neither_keys_nor_what_the_walk_was_given(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("POLLINATIONS_API_KEY", "sk_abcdefgh12345")
    monkeypatch.setenv("BASE_URL", "https://elsewhere.example")
    monkeypatch.setenv("ARGS", "--bump")
    shown = update.make(makefile(tmp_path, "env", "echo args=$(ARGS)."), ["target"], "fix it")
    assert "PYTHONPATH=" in shown
    assert f"{tmp_path}{os.sep}conformance" in shown
    assert "args=.\n" in shown
    assert "sk_abcdefgh12345" not in shown
    assert "elsewhere.example" not in shown
