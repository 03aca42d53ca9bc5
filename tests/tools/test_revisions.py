"""Test what the work is compared with."""

import shutil
from pathlib import Path

import pytest

from tests.tools.checkouts import ROOT, git
from tools import update
from tools.revisions import find_base


def refused(arguments: list[str], root: Path, capsys: pytest.CaptureFixture[str]) -> str:
    assert update.main(arguments, root) == 2
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    return err


def test_outside_of_git_is_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    shutil.copy(ROOT / "openapi.yaml", tmp_path)
    assert "is not in a git repository; run it in a clone" in refused([], tmp_path, capsys)
    assert "--base none: cannot be read" in refused(["--base", "none"], tmp_path, capsys)


def test_a_repository_without_a_commit_or_a_contract_is_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    git(tmp_path, "init", "--quiet")
    assert "there is no commit yet; name one with --base" in refused([], tmp_path, capsys)
    git(tmp_path, "commit", "--quiet", "--allow-empty", "--message", "x")
    assert "HEAD, the last commit has no openapi.yaml" in refused([], tmp_path, capsys)
    assert "--base v9: neither a file nor a revision" in refused(["--base", "v9"], tmp_path, capsys)


@pytest.mark.parametrize("text", ["openapi: [", "openapi: 3.1.0\npaths: {}\n", "\x00", ""])
def test_a_broken_contract_is_one_line_here_and_at_the_base(
    text: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copy(ROOT / "openapi.yaml", tmp_path)
    git(tmp_path, "init", "--quiet")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "--quiet", "--message", "good")
    (tmp_path / "openapi.yaml").write_text(text)
    assert refused([], tmp_path, capsys).startswith("Error: openapi.yaml: ")
    git(tmp_path, "commit", "--quiet", "--all", "--message", "bad")
    assert refused([], tmp_path, capsys).startswith("Error: HEAD:openapi.yaml: ")


def test_a_shallow_clone_reports_where_releases_are(
    checkout: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shallow = tmp_path / "shallow"
    url = f"file://{checkout}"
    git(tmp_path, "clone", "--quiet", "--depth=1", "--no-tags", url, str(shallow))
    # One commit is all there is, and a clone as deep as its repository counts as whole.
    (shallow / ".git" / "shallow").write_text(git(shallow, "rev-parse", "HEAD"))
    assert "git fetch --unshallow --tags" in refused(["--base", "v0.0.1"], shallow, capsys)
    assert "may lack the releases" in find_base(shallow, None).name
