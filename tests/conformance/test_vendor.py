"""Vendoring: exact copies that work on their own, edits never lost, and old or new whatever happens."""

from __future__ import annotations

import errno
import hashlib
import importlib.metadata
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement

from pollinations_conformance.cli import main as cli
from pollinations_conformance.cli import vendor
from pollinations_conformance.server import running

CLIENT = vendor.source()


def tree(folder: Path) -> dict[str, bytes | None]:
    """Read a folder: content by name, None for folders and links."""
    return {
        path.relative_to(folder).as_posix(): None
        if path.is_symlink() or path.is_dir()
        else path.read_bytes()
        for path in folder.rglob("*")
    }


def small_client(folder: Path, version: str, **content: str) -> Path:
    """Write a client of few files, with the real doctor and a manifest."""
    files = {
        "__init__.py": f'"""Client {version}."""\n',
        "doctor.py": (CLIENT / "doctor.py").read_text(encoding="utf-8"),
        "models/thing.py": "class Thing:\n    pass\n",
        **{name.replace("__", "/") + ".py": text for name, text in content.items()},
    }
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8", newline="\n")
    manifest = json.loads((CLIENT / "manifest.json").read_text(encoding="utf-8"))
    manifest["contract"]["version"] = manifest["distribution"]["version"] = version
    manifest["files"] = {
        name: hashlib.sha256(text.encode()).hexdigest() for name, text in files.items()
    }
    (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8", newline="\n")
    return folder


@pytest.fixture
def client(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Vendor from a small client, in an empty current folder."""
    made = small_client(tmp_path / "origin" / "pollinations_client", "2.0.0")
    monkeypatch.setattr(vendor, "source", lambda: made)
    project = tmp_path / "project"
    project.mkdir()
    monkeypatch.chdir(project)
    return made


def files_of(client: Path) -> dict[str, bytes | None]:
    return {name: content for name, content in tree(client).items() if "__pycache__" not in name}


def cannot_swap(_one: Path, _other: Path) -> bool:
    return False


# --- what is copied -----------------------------------------------------------------------------


def test_copy_is_the_generated_package_and_the_same_every_time(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    one, other = tmp_path / "one" / "deep" / "down", tmp_path / "two"
    assert cli.main(["vendor", str(one)]) == 0
    assert cli.main(["vendor", str(other)]) == 0
    assert tree(one) == tree(other) == files_of(CLIENT)
    assert {"py.typed", "LICENSE", "manifest.json", "doctor.py"} <= tree(one).keys()
    manifest = json.loads((one / "manifest.json").read_text(encoding="utf-8"))
    assert (
        f"It speaks contract {manifest['contract']['version']}, sha256 " in capsys.readouterr().out
    )
    assert str(tmp_path) not in (one / "manifest.json").read_text(encoding="utf-8")


def libraries(folder: Path) -> Path:
    """Link the client's dependencies, and theirs, into a folder of their own."""
    waiting, seen = ["attrs", "httpx"], set[str]()
    while waiting:
        name = waiting.pop()
        if name in seen:
            continue
        seen.add(name)
        distribution = importlib.metadata.distribution(name)
        needed = map(Requirement, distribution.requires or ())
        # Neither extras nor what only other versions of Python need.
        waiting += [
            item.name for item in needed if not item.marker or item.marker.evaluate({"extra": ""})
        ]
        for file in distribution.files or ():
            top = file.parts[0]
            if top != ".." and not (folder / top).exists():
                (folder / top).symlink_to(Path(str(distribution.locate_file(top))))
    return folder


USE = """
import sys
sys.path[:0] = sys.argv[1:3]
from myapp._vendor.pollinations import Pollinations, __version__
from myapp._vendor.pollinations.models import UserMessage
base, media, key = sys.argv[3:]
with Pollinations(api_key=key, base_url=base, media_base_url=media) as client:
    said = client.chat.completions.create(messages=[UserMessage(role="user", content="Hello")])
    assert said.choices[0].message.content
    for chunk in client.chat.completions.create(messages=[{"role": "user", "content": "Hi"}], stream=True):
        pass
    assert client.image.generate("a bee", width=16, height=16).content[:2] == b"\\xff\\xd8"
    stored = client.media.upload(b"bytes", filename="a.png", content_type="image/png")
    assert client.media.retrieve(stored.id).content == b"bytes"
    assert client.account.balance().balance >= 0
    assert client.models.text()
names = {name.partition(".")[0] for name in sys.modules}
assert not names & {"pollinations_client", "pollinations_conformance", "click", "yaml"}, names
print(__version__)
"""


def test_vendored_copy_works_with_only_the_two_libraries_it_names(tmp_path: Path) -> None:
    (tmp_path / "libraries").mkdir()
    libraries(tmp_path / "libraries")
    copy = tmp_path / "project" / "myapp" / "_vendor" / "pollinations"
    assert cli.main(["vendor", str(copy)]) == 0
    with running(seed=1) as server:
        command = [sys.executable, "-I", "-S", "-B", "-c", USE]
        command += [str(tmp_path / "libraries"), str(tmp_path / "project")]
        command += [server.base_url, server.media_url, server.keys["secret"]]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
    manifest = json.loads((copy / "manifest.json").read_text(encoding="utf-8"))
    assert done.stdout.strip() == manifest["contract"]["version"]
    assert tree(copy) == files_of(CLIENT)


def test_source_that_was_edited_is_not_copied(
    client: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (client / "models" / "thing.py").write_text("mine = 1\n", encoding="utf-8")
    assert cli.main(["vendor", "copy"]) == 2
    assert "is not what was generated" in capsys.readouterr().err
    assert not Path("copy").exists()


def test_copy_without_the_package_beside_the_suite_is_one_line(
    client: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.rmtree(client)
    assert cli.main(["vendor", "copy"]) == 2
    err = capsys.readouterr().err
    assert "install pollinations-contract again" in err
    assert err.count("\n") == 1


def test_python_that_cannot_be_started_is_one_line(
    client: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    small_client(Path("copy"), "1.0.0")
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    assert cli.main(["vendor", "copy"]) == 2
    assert capsys.readouterr().err == (
        "Error: /nowhere/python: cannot be started (No such file or directory)\n"
    )


# --- over a copy --------------------------------------------------------------------------------


def test_the_same_copy_is_left_as_it_is(client: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["vendor", "copy"]) == 0
    before = Path("copy").stat().st_ino
    assert cli.main(["vendor", "copy"]) == 0
    assert "already" in capsys.readouterr().out
    assert Path("copy").stat().st_ino == before


@pytest.mark.parametrize("swap", [True, False])
def test_older_unedited_copy_is_replaced_and_what_changes_is_said(
    client: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    swap: bool,
) -> None:
    if not swap:
        monkeypatch.setattr(vendor, "exchange", cannot_swap)
    copy = small_client(Path("copy"), "1.0.0", models__gone="class Gone:\n    pass\n")
    (copy / "__pycache__").mkdir()
    (copy / "__pycache__" / "x.pyc").write_bytes(b"")
    assert cli.main(["vendor", "copy"]) == 0
    out = capsys.readouterr().out
    assert "Before, it was contract 1.0.0" in out
    assert "breaking (1)\n  models.Gone: is gone\n" in out
    assert tree(copy) == files_of(client)
    assert [path.name for path in Path().iterdir()] == ["copy"]


def test_empty_folder_is_filled(client: Path) -> None:
    Path("copy/__pycache__").mkdir(parents=True)
    assert cli.main(["vendor", "copy"]) == 0
    assert tree(Path("copy")) == files_of(client)


def test_rewritten_line_ends_are_no_edit(client: Path) -> None:
    copy = small_client(Path("copy"), "1.0.0")
    for path in copy.rglob("*"):
        if path.is_file():
            path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    assert cli.main(["vendor", "copy"]) == 0
    assert tree(copy) == files_of(client)


def test_edits_are_shown_and_refused(client: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["vendor", "copy"]) == 0
    copy = Path("copy")
    (copy / "models" / "thing.py").write_text("class Thing:\n    mine = 1\n", encoding="utf-8")
    (copy / "mine.py").write_text("", encoding="utf-8")
    (copy / "__init__.py").unlink()
    before = tree(Path())
    capsys.readouterr()
    assert cli.main(["vendor", "copy"]) == 1
    said = capsys.readouterr()
    assert said.out == (
        "--- generated/models/thing.py\n+++ edited/models/thing.py\n@@ -1,2 +1,2 @@\n"
        " class Thing:\n-    pass\n+    mine = 1\nremoved: __init__.py\nadded: mine.py\n"
    )
    assert "was edited (3 files" in said.err
    assert said.err.count("\n") == 1
    assert tree(Path()) == before


def test_edits_of_another_version_are_named_by_hash_where_its_text_is_not_at_hand(
    client: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    copy = small_client(Path("copy"), "1.0.0")
    for name in ("__init__.py", "models/thing.py"):
        (copy / name).write_text("<<<<<<< a merge that went wrong\n", encoding="utf-8")
    assert cli.main(["vendor", "copy"]) == 1
    out = capsys.readouterr().out
    assert re.search(
        r"^edited: __init__.py \(SHA-256 [0-9a-f]{12}, generated [0-9a-f]{12}\)$", out, re.M
    )
    assert "+<<<<<<< a merge that went wrong" in out  # this file is alike in both versions


def test_force_keeps_a_backup_and_never_overwrites_one(
    client: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    copy = Path("copy")
    for number in (1, 2):
        small_client(copy, "1.0.0")
        (copy / "mine.py").write_text(f"edit {number}", encoding="utf-8")
        edited = tree(copy)
        assert cli.main(["vendor", "copy", "--force"]) == 0
        backup = Path(f"copy.backup-{number}").resolve()
        assert f"Kept the edited copy (1 file) as {backup}.\n" in capsys.readouterr().out
        assert tree(backup) == edited
        assert tree(copy) == files_of(client)
        shutil.rmtree(copy)
    assert (Path("copy.backup-1") / "mine.py").read_text(encoding="utf-8") == "edit 1"


def test_names_that_cannot_be_shown_are_written_out(
    client: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    odd = Path("caf\udce9")
    copy = small_client(odd / "copy", "1.0.0")
    (copy / "a\nb").touch()
    (copy / "c\udce9").touch()
    assert cli.main(["vendor", str(copy)]) == 1
    out = capsys.readouterr().out
    assert out == "added: 'a\\nb'\nadded: 'c\\udce9'\n"
    vendor.new_name(copy.absolute()).mkdir()
    assert cli.main(["vendor", str(copy), "--force"]) == 0
    removed, kept, copied, *_ = capsys.readouterr().out.splitlines()
    assert "caf\\udce9/.copy.vendoring', left by a run that was killed." in removed
    assert "caf\\udce9/copy.backup-1'." in kept
    assert "to 'caf\\udce9/copy': " in copied


def test_force_needs_no_backup_of_a_copy_that_was_not_edited(client: Path) -> None:
    small_client(Path("copy"), "1.0.0")
    assert cli.main(["vendor", "copy", "--force"]) == 0
    assert [path.name for path in Path().iterdir()] == ["copy"]


def test_check_tells_without_writing(client: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["vendor", "copy", "--check"]) == 2
    small_client(Path("copy"), "1.0.0")
    before = tree(Path())
    assert cli.main(["vendor", "copy", "--check"]) == 1
    assert tree(Path()) == before
    assert cli.main(["vendor", "copy"]) == 0
    assert cli.main(["vendor", "copy", "--check"]) == 0
    Path("copy/mine.py").touch()
    assert cli.main(["vendor", "copy", "--check"]) == 1
    assert "was edited" in capsys.readouterr().out


# --- bad input ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("dest", "said"),
    [
        ("afile", "is a file"),
        ("afile/inner", "is a file"),
        ("full", "holds no manifest.json"),
        ("damaged", "manifest.json is damaged"),
        ("link", "is a symbolic link"),
        ("link/", "is a symbolic link"),
        ("dangling", "is a symbolic link"),
        ("my-client", "cannot be imported"),
        ("class", "cannot be imported"),
        ("1client", "cannot be imported"),
        ("", "current folder"),
        (".", "current folder"),
        ("..", "in the client"),
        ("/", "cannot be imported"),
        ("a\0b", "cannot be imported"),
        ("a\0b/c", "is no name of a folder"),
        ("a\nb", "cannot be imported"),
        ("caf\udce9", "cannot be imported"),
        ("x" * 300, "cannot be written"),
        ("/proc/nowhere/client", "cannot be written"),
        ("../origin/pollinations_client", "in the client"),
        ("../origin/pollinations_client/models", "in the client"),
        ("../origin", "in the client"),
        ("site/pollinations_client", "package manager"),
    ],
)
@pytest.mark.parametrize("force", [False, True])
def test_bad_destination_is_one_line_and_nothing_is_written(
    client: Path,
    tmp_path: Path,
    dest: str,
    said: str,
    force: bool,
    capsys: pytest.CaptureFixture[str],
) -> None:
    Path("afile").write_text("", encoding="utf-8")
    Path("full").mkdir()
    Path("full/notes.txt").write_text("mine", encoding="utf-8")
    Path("damaged").mkdir()
    Path("damaged/manifest.json").write_text("<<<<<<<", encoding="utf-8")
    Path("link").symlink_to("full")
    Path("dangling").symlink_to("nowhere")
    small_client(Path("site/pollinations_client"), "1.0.0")
    Path("site/pollinations_contract-1.0.0.dist-info").mkdir()
    before = tree(tmp_path)
    assert cli.main(["vendor", dest, *(["--force"] if force else [])]) == 2
    err = capsys.readouterr().err
    assert said in err
    assert err.startswith("Error: ")
    assert err.count("\n") == 1
    assert tree(tmp_path) == before


def test_no_destination_is_wrong_usage(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["vendor"]) == 2
    assert "DEST" in capsys.readouterr().err


# --- interruptions ------------------------------------------------------------------------------


def no_space(fail_at: int) -> Callable[[int], None]:
    left = [fail_at]

    def fsync(_: int) -> None:
        left[0] -= 1
        if left[0] < 0:
            raise OSError(errno.ENOSPC, "No space left on device")

    return fsync


@pytest.mark.parametrize("there", [False, True])
def test_full_disk_leaves_everything_as_it_was(
    client: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    there: bool,
) -> None:
    dest = Path("deep/er/copy")
    if there:
        small_client(dest, "1.0.0")
    before = tree(Path())
    for written in range(4):
        monkeypatch.setattr(os, "fsync", no_space(written))
        assert cli.main(["vendor", str(dest)]) == 2
        err = capsys.readouterr().err
        assert err.startswith("Error: deep/er/copy: cannot be written (No space left on device)")
        assert err.count("\n") == 1
        assert tree(Path()) == before
    monkeypatch.setattr(os, "fsync", no_space(4))
    assert cli.main(["vendor", str(dest)]) == 0


LIMITED = """
import resource, sys
from pollinations_conformance.cli import main as cli
resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))
sys.exit(cli.main(["vendor", sys.argv[1]]))
"""


def test_system_that_refuses_to_write_further_leaves_no_half(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-B", "-c", LIMITED, str(tmp_path / "copy")],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 2, done.stderr
    assert "cannot be written (File too large)" in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_second_rename_that_fails_puts_the_old_copy_back(
    client: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy = small_client(Path("copy").absolute(), "1.0.0")
    before = tree(Path())
    rename = Path.rename

    def failing(self: Path, target: str | os.PathLike[str]) -> Path:
        if self == vendor.new_name(copy):
            raise OSError(errno.EIO, "Input/output error")
        return rename(self, target)

    monkeypatch.setattr(vendor, "exchange", cannot_swap)
    monkeypatch.setattr(Path, "rename", failing)
    assert cli.main(["vendor", "copy"]) == 2
    assert tree(Path()) == before


def test_two_runs_at_once_are_refused(client: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with vendor.alone(Path.cwd()):
        assert cli.main(["vendor", "copy"]) == 2
    assert "another run" in capsys.readouterr().err
    assert cli.main(["vendor", "copy"]) == 0


# Runs the command in children that end, without any cleaning up, before their first change of the file system,
# before their second, and so on; then once more to the end. Tells what each left.
KILLED = """
import hashlib, json, os, shutil, sys
from pathlib import Path
from pollinations_conformance.cli import main as cli, vendor

client, older, place, swap, *options = sys.argv[1:]
place = Path(place)
copy = place / "copy"
vendor.source = lambda: Path(client)
ask = vendor.examine
known = {}

def examine(*asked):
    # It only reads; what it says of the old copy and of the new one need not be asked again each time.
    key = json.dumps(tree(copy), sort_keys=True), *asked
    if key not in known:
        known[key] = ask(*asked)
    return known[key]

vendor.examine = examine
if swap == "no":
    vendor.exchange = lambda one, other: False
CHANGES = {"os.mkdir", "os.rename", "os.remove", "os.rmdir", "os.symlink", "os.utime", "os.chmod", "ctypes.dlsym"}

def run(steps):
    left = steps
    def hook(event, arguments):
        nonlocal left
        if event in CHANGES or (event == "open" and isinstance(arguments[2], int) and arguments[2] & 3):
            if left == 0:
                os._exit(9)
            left -= 1
    sys.stdout.flush()
    child = os.fork()
    if child == 0:
        os.dup2(os.open(place.parent / "said", os.O_WRONLY | os.O_CREAT | os.O_TRUNC), 1)
        sys.addaudithook(hook)
        code = cli.main(["vendor", str(copy), *options])
        sys.stdout.flush()
        os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])

def tree(folder):
    return {p.relative_to(folder).as_posix(): hashlib.sha256(p.read_bytes()).hexdigest()
            for p in folder.rglob("*") if p.is_file()} if folder.is_dir() else None

def found():
    return {p.name: tree(p) for p in place.iterdir()}

def prepare():
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir()
    if older != "none":
        shutil.copytree(older, copy)

for each in (older, client):
    if each != "none":
        shutil.rmtree(place, ignore_errors=True)
        shutil.copytree(each, copy)
        vendor.examine(Path(client), copy)
        vendor.examine(Path(client), copy, True)
seen = []
for steps in range(10_000):
    prepare()
    code = run(steps)
    after = found()
    again = run(-1) if code == 9 else None
    seen.append([code, after, again, found(), (place.parent / "said").read_text()])
    if code != 9:
        break
json.dump(seen, sys.stdout)
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="children are made by fork, which is not here")
@pytest.mark.parametrize(
    ("older", "swap", "options"),
    [
        ("none", "yes", []),
        ("unedited", "yes", []),
        ("unedited", "no", []),
        ("edited", "yes", ["--force"]),
        ("edited", "no", ["--force"]),
    ],
)
def test_killed_at_any_step_it_leaves_the_old_copy_or_the_new_one(
    client: Path, tmp_path: Path, older: str, swap: str, options: list[str]
) -> None:
    old = small_client(tmp_path / "unedited", "1.0.0", models__gone="class Gone:\n    pass\n")
    (shutil.copytree(old, tmp_path / "edited") / "mine.py").write_text("mine\n", encoding="utf-8")

    def digests(folder: Path) -> dict[str, str]:
        return {
            name: hashlib.sha256(content).hexdigest()
            for name, content in files_of(folder).items()
            if content is not None
        }

    before = None if older == "none" else digests(tmp_path / older)
    new = digests(client)
    place = tmp_path / "work" / "place"
    place.parent.mkdir()
    command = [
        sys.executable,
        "-B",
        "-c",
        KILLED,
        str(client),
        *(["none"] if older == "none" else []),
    ]
    command += [] if older == "none" else [str(tmp_path / older)]
    done = subprocess.run(
        [*command, str(place), swap, *options],
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    seen: list[Any] = json.loads(done.stdout)
    assert len(seen) > 8
    states = set[str]()
    for step, (code, left, again, at_last, said) in enumerate(seen):
        assert code == (9 if step < len(seen) - 1 else 0)
        backups = {name: content for name, content in left.items() if ".backup-" in name}
        assert all(content == before for content in backups.values()), step
        present = left.get("copy")
        states.add("old" if present == before else "new" if present == new else "neither")
        if present not in (before, new):
            # Where folders cannot be swapped there is a moment without a copy; it waits beside.
            assert swap == "no", step
            assert "copy" not in left
            assert left[".copy.vendoring-old"] == before
            assert left[".copy.vendoring"] == new
            assert "Put back " in said
        if older == "edited" and present == new:
            assert list(backups) == ["copy.backup-1"]
        if code == 9:
            assert again == 0, said
            for leftover in left.keys() - {"copy", *backups}:
                assert f"{place / leftover}, " in said or "Put back " in said
        assert at_last["copy"] == new
        assert {name for name in at_last if "backup" not in name} == {"copy"}
        kept = [content for name, content in at_last.items() if "backup" in name]
        assert all(content == before for content in kept)
        assert len(kept) >= (older == "edited")
    assert {"old", "new"} <= states
    assert ("neither" in states) == (swap == "no" and sys.platform in ("linux", "darwin"))
