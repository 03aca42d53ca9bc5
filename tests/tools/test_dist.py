"""Test what `make dist` finds in a wheel and an sdist, with faults put into real ones."""

import base64
import functools
import hashlib
import io
import os
import re
import subprocess
import tarfile
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tools import dist, dist_contents, dist_report, dist_trial

Content = dict[str, bytes]
SUITE = dist_contents.SUITE
AUTHOR = ["-c", "user.name=T", "-c", "user.email=t@example.org", "-c", "commit.gpgsign=false"]
PLACE = "https://example.org/owner/pollinations-contract"
INFO = f"{dist_contents.FILE}-{dist_contents.version(dist_contents.ROOT)}.dist-info"


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a checkout of its own with the files of this one that are under version control."""
    root = tmp_path_factory.mktemp("checkout")
    dist.copy(dist_contents.ROOT, dist_contents.tracked(dist_contents.ROOT), root)
    for command in (
        ["init", "-q"],
        ["add", "--all"],
        [*AUTHOR, "commit", "-qm", "all"],
    ):
        subprocess.run(["git", "-C", str(root), *command], check=True)
    return root


@pytest.fixture(scope="module")
def built(checkout: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Build both once."""
    return dist.build(
        checkout, tmp_path_factory.mktemp("built"), "1700000000", "--sdist", "--wheel"
    )


@pytest.fixture(autouse=True, scope="module")
def look_once() -> Iterator[None]:
    """Look for what is unwanted once in each file: nearly all are the same in all wheels here."""
    look = dist_contents.unwanted

    @functools.cache
    def of_file(name: str, data: bytes, root: Path, _key: str | None) -> list[str]:
        return look({name: data}, root)

    def unwanted(content: Content, root: Path) -> list[str]:
        key = os.environ.get("POLLINATIONS_API_KEY")
        files = sorted(content.items())
        return [said for name, data in files for said in of_file(name, data, root, key)]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(dist_contents, "unwanted", unwanted)
        yield


def found(problems: dict[str, list[str]]) -> list[str]:
    return [problem for listed in problems.values() for problem in listed]


def repacked(wheel: Path, target: Path, change: Callable[[Content], None]) -> Path:
    """Copy a wheel with another content and a RECORD that fits it."""
    with zipfile.ZipFile(wheel) as archive:
        content = {name: archive.read(name) for name in archive.namelist()}
    change(content)
    rows = "".join(
        f"{name},sha256={base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b'=').decode()},{len(data)}\n"
        for name, data in content.items()
        if name != f"{INFO}/RECORD"
    )
    content[f"{INFO}/RECORD"] = f"{rows}{INFO}/RECORD,,\n".encode()
    file = target / wheel.name
    with zipfile.ZipFile(file, "w") as archive:
        for name, data in content.items():
            archive.writestr(name, data)
    return file


def test_what_is_built_here_has_nothing_wrong_with_it(
    checkout: Path, built: tuple[Path, Path], tmp_path: Path
) -> None:
    names = dist_contents.tracked(checkout)
    wheel, sdist = built
    assert found(dist_contents.check_wheel(wheel, checkout, names)) == []
    assert found(dist_contents.check_sdist(sdist, checkout, names)) == []
    assert (
        found(dist_contents.check_wheel(repacked(wheel, tmp_path, lambda _: None), checkout, names))
        == []
    )


def put(name: str, data: bytes) -> Callable[[Content], None]:
    def change(content: Content) -> None:
        content[name] = data

    return change


def drop(name: str) -> Callable[[Content], None]:
    def change(content: Content) -> None:
        del content[name]

    return change


def replace(name: str, old: bytes, new: bytes) -> Callable[[Content], None]:
    def change(content: Content) -> None:
        assert old in content[name]
        content[name] = content[name].replace(old, new)

    return change


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (drop(f"{SUITE}/openapi.yaml"), "openapi.yaml is not openapi.yaml, byte for byte"),
        (replace(f"{SUITE}/openapi.yaml", b"MUST", b"must"), "byte for byte"),
        (drop(f"{SUITE}/reports/report.schema.json"), "report.schema.json is missing"),
        (drop("pollinations_client/models/voice.py"), "models/voice.py is missing"),
        (drop("pollinations_client/py.typed"), "pollinations_client/py.typed is missing"),
        (drop(f"{INFO}/licenses/LICENSE"), "LICENSE is missing"),
        (drop(f"{INFO}/entry_points.txt"), "entry_points.txt is missing"),
        (
            replace(f"{SUITE}/cli/main.py", b"def main", b"def man"),
            "main.py differs from conformance/",
        ),
        (put("tests/test_x.py", b""), "tests/test_x.py does not belong"),
        (put(f"{SUITE}/tests/x.py", b""), "tests/x.py does not belong"),
        (put(f"{SUITE}/__pycache__/cli.cpython-311.pyc", b""), "cli.cpython-311.pyc does not bel"),
        (put(f"{SUITE}/.DS_Store", b""), ".DS_Store does not belong"),
        (put(f"{SUITE}/notes.txt", b""), "notes.txt is not under version control"),
        (put(f"{SUITE}/x.py", b"\n\nA = '/home/ada/x'"), "x.py holds a path of a machine, line 3"),
        (put(f"{SUITE}/x.py", b"KEY = 'sk_" + b"a1B2" * 8 + b"'"), "a secret, line 1"),
        (put(f"{SUITE}/x.py", b"-----BEGIN PRIVATE KEY-----"), "a secret, line 1"),
        (replace(f"{INFO}/METADATA", b"\nVersion: ", b"\nVersion: 9."), "Version is 9."),
        (replace(f"{INFO}/METADATA", b"License-Expression: MIT\n", b""), "License-Expression is m"),
        (
            replace(f"{INFO}/METADATA", b"Requires-Dist: attrs", b"Requires-Dist: pyyaml"),
            "the client requires httpx, pyyaml",
        ),
        (
            replace(f"{INFO}/METADATA", b"Requires-Dist: click", b"Requires-Dist: clack"),
            "the extra conformance requires",
        ),
        (replace(f"{INFO}/METADATA", b"# pollinations-contract", b"# x"), "is not README.md"),
    ],
)
def test_a_fault_in_a_wheel_is_named(
    change: Callable[[Content], None],
    said: str,
    checkout: Path,
    built: tuple[Path, Path],
    tmp_path: Path,
) -> None:
    names = dist_contents.tracked(checkout)
    problems = found(
        dist_contents.check_wheel(repacked(built[0], tmp_path, change), checkout, names)
    )
    assert any(said in problem for problem in problems), problems


def test_a_secret_is_not_shown_and_that_of_the_environment_is_known(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("POLLINATIONS_API_KEY", "an-unusual-key")
    problems = dist_contents.unwanted(
        {"a.py": b"an-unusual-key", "b.py": b"sk_" + b"a1B2" * 8}, tmp_path
    )
    assert [problem.split(" ")[0] for problem in problems] == ["a.py", "b.py"]
    assert "unusual" not in str(problems)
    assert "a1B2" not in str(problems)


def test_a_record_that_does_not_fit_is_named(built: tuple[Path, Path]) -> None:
    with zipfile.ZipFile(built[0]) as archive:
        content = {name: archive.read(name) for name in archive.namelist()}
    record = f"{INFO}/RECORD"
    assert dist_contents.check_record(content, record) == []
    content["pollinations_client/types.py"] += b"\n"
    content["new.py"] = b""
    del content["pollinations_client/errors.py"]
    assert dist_contents.check_record(content, record) == [
        "new.py is unlisted",
        "pollinations_client/types.py is not as RECORD lists it",
        "pollinations_client/errors.py is listed, and absent",
    ]


def test_a_fault_in_an_sdist_is_named(
    checkout: Path, built: tuple[Path, Path], tmp_path: Path
) -> None:
    top = f"{dist_contents.FILE}-{dist_contents.version(checkout)}"
    file = tmp_path / "faulty.tar.gz"
    with tarfile.open(built[1]) as old, tarfile.open(file, "w:gz") as new:
        for item in old:
            if item.name != f"{top}/openapi.yaml":
                new.addfile(item, old.extractfile(item))
        for name in (f"{top}/tests/test_x.py", "../outside.py"):
            new.addfile(tarfile.TarInfo(name), io.BytesIO())
    problems = found(dist_contents.check_sdist(file, checkout, dist_contents.tracked(checkout)))
    for said in (
        "openapi.yaml is missing",
        "tests/test_x.py is not under version control",
        "tests/test_x.py does not belong into a distribution",
        "../outside.py does not lie below",
    ):
        assert any(said in problem for problem in problems), problems


@pytest.mark.parametrize("check", [dist_contents.check_wheel, dist_contents.check_sdist])
def test_a_file_that_is_no_archive_is_one_line(
    check: Callable[[Path, Path, list[str]], dict[str, list[str]]], checkout: Path, tmp_path: Path
) -> None:
    (tmp_path / "x").write_bytes(b"nothing")
    (problem,) = found(check(tmp_path / "x", checkout, dist_contents.tracked(checkout)))
    assert "cannot be read" in problem


@pytest.mark.whole_run
def test_what_holds_is_left_in_the_folder_and_the_same_twice(
    checkout: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    hashes: list[dict[str, str]] = []
    for _ in range(2):
        table = dist_report.Table()
        dist.make(checkout, tmp_path / "dist", False, None, table)
        assert table.exit_code() == 0, table.rows
        assert table.sentence().endswith(
            "as far as they were tried; skipped: installing and trying."
        )
        hashes.append(
            {
                file.name: hashlib.sha256(file.read_bytes()).hexdigest()
                for file in (tmp_path / "dist").iterdir()
            }
        )
    assert sorted(Path(name).suffix for name in hashes[0]) == [".gz", ".whl"]
    assert hashes[0] == hashes[1]
    assert "skip  installing and trying" in capsys.readouterr().out


@pytest.mark.whole_run
def test_what_does_not_hold_is_not_left_in_the_folder_nor_what_was_there(
    checkout: Path, tmp_path: Path
) -> None:
    output = tmp_path / "dist"
    output.mkdir()
    (output / f"{dist_contents.FILE}-0.0.1-py3-none-any.whl").write_bytes(b"of before")
    (output / "other.txt").write_bytes(b"not ours")
    stray = checkout / "conformance" / SUITE / "stray.py"
    stray.write_text("")
    table = dist_report.Table()
    try:
        dist.make(checkout, output, True, None, table)
    finally:
        stray.unlink()
    assert table.exit_code() == 1
    assert any("stray.py is not under version control" in row[2] for row in table.rows)
    assert [file.name for file in output.iterdir()] == ["other.txt"]
    assert ("skipped", "what is in them has to be right first") in {row[1:] for row in table.rows}


def test_the_links_of_the_readme_work_on_a_package_index(
    checkout: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every relative link becomes one to a file of the tag, which is there; images come as they are."""
    monkeypatch.setenv("PROJECT_URL", PLACE)
    (tmp_path / "built").mkdir()
    wheel, _ = dist.build(checkout, tmp_path / "built", "1700000000", "--sdist", "--wheel")
    with zipfile.ZipFile(wheel) as archive:
        metadata = archive.read(f"{INFO}/METADATA").decode()
    assert dist_contents.check_metadata(metadata.encode(), checkout) == []
    tag = f"v{dist_contents.version(checkout)}"
    targets = re.findall(r"(!?)\[[^\]]*\]\(([^)\s]+)\)", metadata)
    assert len(targets) > 12
    for image, target in targets:
        if target.startswith(PLACE):
            kind, _, file = target.removeprefix(f"{PLACE}/").partition(f"/{tag}/")
            assert kind == ("raw" if image else "blob")
            assert (checkout / file.partition("#")[0]).exists(), file
        else:
            assert target.startswith(("https://", "http://")), target
    listed = dict(
        line.removeprefix("Project-URL: ").split(", ")
        for line in metadata.splitlines()
        if line.startswith("Project-URL: ")
    )
    assert listed["Source"] == PLACE
    assert listed["Changelog"] == f"{PLACE}/blob/{tag}/CHANGELOG.md"
    assert {"Homepage", "Documentation", "Issues"} < set(listed)


def test_a_release_needs_tag_changelog_and_commit_to_fit(
    checkout: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PROJECT_URL", PLACE)
    number = dist_contents.version(checkout)
    changelog = checkout / "CHANGELOG.md"
    text = changelog.read_text(encoding="utf-8")
    changelog.write_text(
        re.sub(r"^## .*$", f"## {number} (unreleased)", text, count=1, flags=re.MULTILINE), "utf-8"
    )
    try:
        problems = dist_contents.check_release("v9", checkout)
    finally:
        changelog.write_text(text, "utf-8")
    assert problems[0] == f"the tag is v9; for version {number} it is v{number}"
    assert "unreleased" in problems[1]
    released = text.replace("(unreleased)", "(2026-03-01)")
    changelog.write_text(released, "utf-8")
    try:
        problems = dist_contents.check_release(f"v{number}", checkout)
    finally:
        changelog.write_text(text, "utf-8")
    assert problems == ["not committed: CHANGELOG.md"]
    monkeypatch.delenv("PROJECT_URL")
    assert "PROJECT_URL is not set" in dist_contents.check_release(f"v{number}", checkout)[-1]


def test_a_folder_that_is_no_checkout_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(dist, "ROOT", tmp_path)
    assert dist.main(["--no-install"]) == 2
    said = capsys.readouterr().out
    assert "is not a git checkout" in said
    assert said.count("\n") == 2


def test_a_build_that_fails_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text('[build-system]\nrequires = []\nbuild-backend = "x"\n')
    with pytest.raises(dist_report.DistError, match=r"the build failed: .*'x'"):
        dist.build(tmp_path, tmp_path / "out", "0", "--wheel")


@pytest.mark.whole_run
def test_an_installation_that_fails_is_inconclusive(tmp_path: Path) -> None:
    with pytest.raises(dist_report.DistError, match="--no-install"):
        dist_trial.place(tmp_path / "venv", str(tmp_path / "none-1-py3-none-any.whl"))
