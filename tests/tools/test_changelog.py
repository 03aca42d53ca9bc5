"""Test which version a change needs, and how version and changelog are written."""

import functools
from pathlib import Path

import pytest

from tests.tools.checkouts import ROOT
from tools import client_api
from tools.changelog import next_version, with_entries, with_version, write
from tools.revisions import Stop


@pytest.mark.parametrize(
    ("rank", "at_zero", "later"),
    [
        ("breaking", "0.5.0", "2.0.0"),
        ("feature", "0.5.0", "1.3.0"),
        ("fix", "0.4.3", "1.2.4"),
        ("documentation", "0.4.3", "1.2.4"),
    ],
)
def test_versions_follow_the_class(rank: client_api.Rank, at_zero: str, later: str) -> None:
    assert next_version("0.4.2", rank) == at_zero
    assert next_version("1.2.3", rank) == later


def test_only_the_version_is_edited() -> None:
    text = (ROOT / "openapi.yaml").read_text(encoding="utf-8")
    edited = with_version(text, "7.8.9")
    old, new = text.splitlines(), edited.splitlines()
    changed = [pair for pair in zip(old, new, strict=True) if pair[0] != pair[1]]
    assert [pair[1] for pair in changed] == ["  version: 7.8.9"]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ('  version: "1.0.0"  # ours', '  version: "7.8.9"  # ours'),
        ("  version:   '1.0.0'", "  version:   '7.8.9'"),
    ],
)
def test_quotes_and_comments_around_the_version_stay(line: str, expected: str) -> None:
    rest = "\npaths: {/a: {get: {responses: {'200': {description: version: 1}}}}}".replace(
        "version: 1", "'  version: 1.0.0'"
    )
    text = f"openapi: 3.1.0\ninfo: # about\n  title: T\n{line}{rest}\n"
    assert with_version(text, "7.8.9") == text.replace(line, expected)


def test_a_version_that_cannot_be_found_is_one_line() -> None:
    text = "{openapi: 3.1.0, info: {version: 1.0.0}, paths: {/a: {get: {responses: {}}}}}"
    with pytest.raises(Stop, match=r"write 7\.8\.9 there"):
        with_version(text, "7.8.9")


ENTRIES: dict[client_api.Section, list[str]] = {
    "Added": [
        "`GET /a`.",
        "A line that is so long that it has to be broken. " + "word " * 20 + ".",
    ],
    "Removed": ["`GET /b`."],
}


@pytest.mark.parametrize(
    "text",
    [
        "# Changelog\n",
        "# Changelog\n\n## 1.0.0 (unreleased)\n\n- Something.\n",
        "# Changelog\n\n## Unreleased\n\n### Added\n\n- Something.\n\n## 0.9.0\n\n- Old.\n",
        "# Changelog\n\n## 0.9.0\n\n- Old. `GET /a`.\n",
    ],
)
def test_the_changelog_gets_each_line_once_and_keeps_what_was_there(text: str) -> None:
    once = with_entries(text, "1.1.0", ENTRIES)
    assert with_entries(once, "1.1.0", ENTRIES) == once
    assert once.count("## 1.1.0 (unreleased)") == 1
    assert once.count("### Added") == once.count("### Removed") == 1
    for line in text.splitlines():
        assert "nreleased" in line or line in once.splitlines()
    unreleased = once[once.index("## 1.1.0") :].split("\n## 0.9.0")[0]
    assert "- `GET /a`.\n" in unreleased
    assert "- `GET /b`.\n" in unreleased
    assert max(map(len, once.splitlines())) <= 100
    assert "\n\n\n" not in once


def test_another_line_joins_its_section() -> None:
    once = with_entries("# Changelog\n", "1.1.0", ENTRIES)
    twice = with_entries(once, "1.1.0", {"Added": ["`GET /c`."]})
    assert twice.count("### Added") == 1
    assert twice.index("`GET /a`") < twice.index("`GET /c`") < twice.index("### Removed")


def test_a_file_is_written_whole_or_not_at_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "a.md"
    file.write_text("old")
    file.chmod(0o640)
    monkeypatch.setattr(Path, "replace", functools.partial(_fail))
    with pytest.raises(OSError, match="full"):
        write(file, "new")
    assert file.read_text() == "old"
    monkeypatch.undo()
    write(file, "new")
    assert (file.read_text(), file.stat().st_mode & 0o777) == ("new", 0o640)


def _fail(*_: object) -> None:
    raise OSError("the disk is full")
