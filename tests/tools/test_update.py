"""Walk through changes of the contract with tools/update.py, the example of CONTRIBUTING.md first."""

import copy
import functools
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

from generator.generate import generate
from pollinations_conformance.drift.document import Document
from pollinations_conformance.drift.read import parse
from tools import client_api, update

Json = dict[str, Any]
ROOT = Path(__file__).resolve().parents[2]
DOCUMENT = parse((ROOT / "openapi.yaml").read_bytes(), "openapi.yaml")
WHO = ("-c", "user.name=T", "-c", "user.email=t@example.org", "-c", "commit.gpgsign=false")


def git(folder: Path, *arguments: str) -> str:
    return subprocess.run(
        ["git", *WHO, *arguments], cwd=folder, capture_output=True, text=True, check=True
    ).stdout


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Copy this checkout, as it is, into a repository whose only commit is released."""
    folder = tmp_path_factory.mktemp("update") / "checkout"
    listed = git(ROOT, "ls-files", "-z", "--cached", "--others", "--exclude-standard")
    for name in filter(None, listed.split("\0")):
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, folder / name)
    git(folder, "init", "--quiet")
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message", "All of it")
    git(folder, "tag", f"v{DOCUMENT['info']['version']}")
    return folder


@pytest.fixture
def clone(checkout: Path, tmp_path: Path) -> Path:
    """Give a test a copy of its own."""
    shutil.copytree(checkout, tmp_path / "clone", symlinks=True)
    return tmp_path / "clone"


def run(folder: Path, *arguments: str, program: str = "tools/update.py") -> tuple[int, str, str]:
    """Run a program of the copy with the copy's packages, as its own .venv would."""
    paths = os.pathsep.join(str(folder / name) for name in ("conformance", "generated", "."))
    done = subprocess.run(
        [sys.executable, *program.split(), *arguments],
        cwd=folder,
        # As `make update ARGS=…` leaves it: what this is told is not for the targets it calls.
        env={**os.environ, "PYTHONPATH": paths, "ARGS": "--bump"},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout, done.stderr


def edit(folder: Path, old: str, new: str, name: str = "openapi.yaml") -> None:
    file = folder / name
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new, 1), encoding="utf-8")


# --- the example of CONTRIBUTING.md -------------------------------------------------------------

SEND = """
import httpx
from pollinations_client import Pollinations
from pollinations_conformance.server import running

seen = []
with running() as server:
    hooks = {
        "request": [lambda request: seen.append(request.url.params["max_tokens"])],
        "response": [lambda answer: seen.append(answer.headers["x-usage-completion-text-tokens"])],
    }
    with Pollinations(
        api_key=server.keys["secret"],
        base_url=server.base_url,
        http_client=httpx.Client(event_hooks=hooks),
    ) as client:
        client.text.generate("Tell a long story.", max_tokens=5, model="openai")
print(*seen)
"""


def loosely(line: str) -> str:
    """Take out of a line what differs from run to run, and with every other change."""
    return re.sub(r"\d+(\.\d+)*|\s+", " ", line).strip()


def test_the_example_of_contributing_is_green_from_edit_to_end(clone: Path) -> None:
    guide = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    section = guide[guide.index("### An example") :]
    edits = re.findall(r"^```diff\n(.*?)^```$", section, re.MULTILINE | re.DOTALL)
    shown = re.findall(r"^```console\n(.*?)^```$", section, re.MULTILINE | re.DOTALL)

    def apply(text: str) -> None:
        subprocess.run(
            ["git", "apply", "--recount", "-C1"], input=text, cwd=clone, text=True, check=True
        )

    assert "+++ b/openapi.yaml" in edits[0]
    apply(edits[0])
    code, first, errors = run(clone, "--bump", "--write-changelog", "--no-suite")
    assert (code, errors) == (0, "")
    assert "feature: `GET /text/{prompt}`: query parameter `max_tokens` (optional)" in first
    assert "feature, added: `client.text.generate(max_tokens=…)`" in first
    log = (clone / "CHANGELOG.md").read_text(encoding="utf-8")
    assert "- `GET /text/{prompt}`: query parameter `max_tokens` (optional).\n" in log
    assert "- Client: `client.text.generate(max_tokens=…)`.\n" in log

    for text in edits[1:]:
        apply(text)
    code, second, errors = run(clone)
    assert (code, errors) == (0, "")
    assert re.search(r"held .* \d+ requirements: \d+ pass, \d+ not tested", second)
    assert "fail" not in second
    assert "Commit together: CHANGELOG.md," in second
    # What was written before is neither written nor raised again.
    assert (clone / "CHANGELOG.md").read_text(encoding="utf-8") == log

    real = {loosely(line) for line in (first + second).splitlines()}
    for line in "".join(shown).splitlines():
        if not line.startswith("$ ") and line not in ("", "…") and "defects killed" not in line:
            known = "requirements:" in line or "running," in line  # of the run without the suite
            assert known or loosely(line) in real, line

    (clone / "send.py").write_text(SEND, encoding="utf-8")
    assert run(clone, program="send.py") == (0, "5 5\n", "")
    mutants = "-m pollinations_conformance.cli.mutants"
    code, killed, _ = run(clone, "--only", "max-tokens", program=mutants)
    assert killed == "1 of 1 defects killed\n"


# --- classes ------------------------------------------------------------------------------------

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
    "a field of an answer goes": (
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
        "Requirement TEXT-GET-01: A text model's answer MUST be",
        [],
    ),
    "a promise is said better": (
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
    "an answer may be cached elsewhere": (
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


def found_by(change: Edit, scratch: Path) -> update.Found:
    """Compare contract and client before and after a change."""
    documents: list[Document] = []
    for name, edited in (("before", False), ("after", True)):
        raw = copy.deepcopy(DOCUMENT)
        if edited:
            change(raw)
        documents.append(Document(raw, name))
        if edited:
            _generated(raw, scratch / name)
    roles = update.roles(*documents)
    return update.Found(
        update.contract_changes(*documents),
        client_api.compare_clients(ROOT / "generated", scratch / "after", roles),
    )


def _generated(document: Json, folder: Path) -> None:
    contract = folder.with_suffix(".json")
    contract.write_text(json.dumps(document), encoding="utf-8")
    generate(folder, contract, ROOT / "generator-config.yaml")


@pytest.mark.parametrize("case", CASES)
def test_a_change_is_classed_and_named(case: str, tmp_path: Path) -> None:
    change, rank, told, client = CASES[case]
    found = found_by(change, tmp_path)
    assert (found.rank, told in found.reason) == (rank, True), found
    assert [line.text for line in found.client] == client


def test_nothing_is_found_where_only_the_version_changed(tmp_path: Path) -> None:
    found = found_by(lambda document: document["info"].update(version="9.8.7"), tmp_path)
    assert (found.contract, found.client, found.rank) == ([], [], None)


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
    assert update.next_version("0.4.2", rank) == at_zero
    assert update.next_version("1.2.3", rank) == later


# --- the client's API ---------------------------------------------------------------------------

CLIENT = '''
"""A client."""
from .errors import Broken
__version__ = "1"
__all__ = ("Broken", "Thing", "Kind")
class Thing:
    """A thing."""
    def make(self, size: int, *, kind: "str | None" = None) -> str:
        """Make it."""
        return str(size)
    async def amake(self) -> None: ...
'''
KINDS = 'from typing import Literal, TypeAlias\nKind: TypeAlias = Literal["a", "b"] | str\n'


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("size: int,", "size: float,", [("feature", "`Thing.make(size=…)`: `int` → `float`")]),
        ("size: int,", "size: str,", [("breaking", "`Thing.make(size=…)`: `int` → `str`")]),
        ("-> str:", "-> str | None:", [("breaking", "`Thing.make()`: `str` → `str | None`")]),
        (
            "kind: ",
            "sort: ",
            [("breaking", "`Thing.make(kind=…)`"), ("feature", "`Thing.make(sort=…)`")],
        ),
        ("def make", "def build", [("breaking", "`Thing.make`"), ("feature", "`Thing.build`")]),
        ("return str(size)", "return repr(size)", [("fix", "the code of `__init__.py`")]),
        ("Make it.", "Build it.", [("documentation", "docstrings of `__init__.py`")]),
        ("Make it.", "Make it.  # but how", [("documentation", "docstrings of `__init__.py`")]),
        ('__version__ = "1"', '__version__ = "2"', []),
        ("class Thing", "# a comment\nclass Thing", []),
    ],
)
def test_the_clients_api_is_compared_by_direction(
    old: str, new: str, expected: list[tuple[str, str]], tmp_path: Path
) -> None:
    assert old in CLIENT
    for name, text in (("before", CLIENT), ("after", CLIENT.replace(old, new))):
        package = tmp_path / name / client_api.PACKAGE
        package.mkdir(parents=True)
        (package / "__init__.py").write_text(text)
        (package / "errors.py").write_text("class Broken(Exception):\n    pass\n")
    roles = client_api.Roles(frozenset(), frozenset())
    changes = client_api.compare_clients(tmp_path / "before", tmp_path / "after", roles)
    shown = [(change.rank, change.text) for change in changes]
    assert [one for one in shown if one != ("fix", "the code of `__init__.py`")] == [
        one for one in expected if one != ("fix", "the code of `__init__.py`")
    ]
    assert bool(shown) == bool(expected)


def test_a_client_that_cannot_be_read_is_one_line(tmp_path: Path) -> None:
    roles = client_api.Roles(frozenset(), frozenset())
    with pytest.raises(client_api.ClientError, match="cannot be read") as caught:
        client_api.compare_clients(tmp_path, tmp_path, roles)
    assert "\n" not in str(caught.value)


def test_a_change_of_the_runtime_alone_is_seen(
    clone: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with (clone / "generator/runtime/errors.py").open("a") as file:
        file.write("\n\nclass FurtherError(PollinationsError):\n    pass\n")
    assert update.main(["--no-suite"], clone) == 1
    out = capsys.readouterr().out
    assert "feature, added: `errors.FurtherError`" in out
    assert re.search(r"3 what changed in the contract +held .* nothing changed", out)
    assert "Left to do:\n  the version: raise info.version from " in out


# --- the walk -----------------------------------------------------------------------------------


def test_nothing_changed_is_said_and_fine(clone: Path, capsys: pytest.CaptureFixture[str]) -> None:
    edit(clone, "openapi: 3.1.0", "# a comment\nopenapi: 3.1.0")
    assert update.main([], clone) == 0
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
    assert update.main(["--no-suite", "--bump", "--write-changelog"], clone) == 0
    out = capsys.readouterr().out
    assert "Compared with HEAD, the last commit." in out
    assert "is not released yet and covers it" in out
    assert "**Breaking:** `GET /text/{prompt}`: query parameter `stream`" in out
    assert git(clone, "diff", "openapi.yaml").count("\n+") == 2


def test_an_edit_that_breaks_the_form_stops_at_the_first_step(
    clone: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    edit(clone, "      operationId: generateText\n", "      operationId: generateImage\n")
    before = files(clone / "generated")
    assert update.main([], clone) == 1
    out, err = capsys.readouterr()
    assert err == (
        "Error: check the contract's form: make lint-contract failed, see above; "
        "correct openapi.yaml and run it again\n"
    )
    assert re.search(r"^2 generate .* not run", out, re.MULTILINE)
    assert files(clone / "generated") == before


def test_a_failed_generation_leaves_the_client_as_it_was(
    clone: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    edit(clone, "x-sdk: {resource: text, method: generate}", "x-sdk: {resource: text}")
    before = files(clone / "generated")
    assert update.main([], clone) == 2
    out, err = capsys.readouterr()
    assert err.startswith("Error: generate the client and the pages: make generate failed")
    assert "generated/ is as it was" in err
    assert err.count("\n") == 1
    assert "Traceback" not in out
    assert files(clone / "generated") == before


def test_a_failure_of_the_pages_says_that_the_client_is_new(
    clone: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    edit(clone, "enum: [low, medium, high, hd]", "enum: [low, medium, high]")
    (clone / "docs" / "kill-matrix.md").write_text("nothing", "utf-8")
    before = files(clone / "generated")
    assert update.main([], clone) == 2
    err = capsys.readouterr().err
    assert err.startswith("Error: generate the client and the pages: make docs failed")
    assert "is new already" in err
    assert files(clone / "generated") != before


def files(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }


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


def test_a_shallow_clone_says_where_releases_are(
    checkout: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shallow = tmp_path / "shallow"
    address = f"file://{checkout}"
    git(tmp_path, "clone", "--quiet", "--depth=1", "--no-tags", address, str(shallow))
    # One commit is all there is, and a clone as deep as its repository counts as whole.
    (shallow / ".git" / "shallow").write_text(git(shallow, "rev-parse", "HEAD"))
    assert "git fetch --unshallow --tags" in refused(["--base", "v0.0.1"], shallow, capsys)
    assert "may lack the releases" in update.find_base(shallow, None).name


def test_a_base_without_a_client_is_named(clone: Path, capsys: pytest.CaptureFixture[str]) -> None:
    git(clone, "rm", "-r", "--quiet", "--cached", "generated")
    git(clone, "commit", "--quiet", "--message", "no client")
    assert update.main(["--no-suite", "--base", "HEAD"], clone) == 0
    assert "not compared: HEAD has no generated/" in capsys.readouterr().out


def test_the_base_can_be_a_file(
    clone: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    old = copy.deepcopy(DOCUMENT)
    old["components"]["schemas"]["AudioFormat"]["enum"].remove("aac")
    (tmp_path / "old.json").write_text(json.dumps(old))
    assert update.main(["--no-suite", "--base", str(tmp_path / "old.json")], clone) == 1
    out = capsys.readouterr().out
    assert '`models.AudioFormat`: the value `"aac"`' in out
    assert "asks for a new minor version" in out


def test_help_says_what_it_does(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="0"):
        update.main(["--help"])
    assert "--write-changelog" in capsys.readouterr().out


# --- writing ------------------------------------------------------------------------------------


def test_only_the_version_is_edited() -> None:
    text = (ROOT / "openapi.yaml").read_text(encoding="utf-8")
    edited = update.with_version(text, "7.8.9")
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
    assert update.with_version(text, "7.8.9") == text.replace(line, expected)


def test_a_version_that_cannot_be_found_is_one_line() -> None:
    text = "{openapi: 3.1.0, info: {version: 1.0.0}, paths: {/a: {get: {responses: {}}}}}"
    with pytest.raises(update.Stop, match=r"write 7\.8\.9 there"):
        update.with_version(text, "7.8.9")


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
    once = update.with_entries(text, "1.1.0", ENTRIES)
    assert update.with_entries(once, "1.1.0", ENTRIES) == once
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
    once = update.with_entries("# Changelog\n", "1.1.0", ENTRIES)
    twice = update.with_entries(once, "1.1.0", {"Added": ["`GET /c`."]})
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
        update.write(file, "new")
    assert file.read_text() == "old"
    monkeypatch.undo()
    update.write(file, "new")
    assert (file.read_text(), file.stat().st_mode & 0o777) == ("new", 0o640)


def _fail(*_: object) -> None:
    raise OSError("the disk is full")
