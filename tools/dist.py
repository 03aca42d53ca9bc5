"""Build wheel and source distribution, look into them, install them elsewhere and try them: `make dist`.

Exit codes: 0 they hold, 1 they do not, 2 it could not be told. Only what holds is left in dist/.
"""

from __future__ import annotations

import argparse
import base64
import contextlib
import csv
import email
import hashlib
import io
import json
import os
import re
import select
import shutil
import subprocess
import sys
import tarfile
import tempfile
import tomllib
import zipfile
from collections.abc import Generator, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Literal

ROOT = Path(__file__).resolve().parent.parent
NAME = "pollinations-contract"
FILE = NAME.replace("-", "_")
CLIENT, SUITE = "pollinations_client", "pollinations_conformance"
PACKAGES = {CLIENT: f"generated/{CLIENT}", SUITE: f"conformance/{SUITE}"}
CONTRACT = "openapi.yaml"
BESIDE = ("conformance/", "generated/")  # folders that the source distribution holds as a whole
LOOSE = (CONTRACT, "CHANGELOG.md", "LICENSE", "README.md", "pyproject.toml", ".gitignore")
BASE_REQUIREMENTS = {"attrs", "httpx"}
LONGEST = 600.0
"""Seconds for one command; the longest is an installation."""

UNWANTED = re.compile(
    r"(^|/)(tests?|typing_tests|benchmarks|__pycache__|\.git|\.github|\.venv|node_modules"
    r"|(?<!pollinations_conformance/)reports|\.[a-z_]+_cache|\.hypothesis|\.schemathesis)(/|$)"
    r"|\.(pyc|pyo|orig|rej|swp|log|har|pem|key|env)$|(^|/)(\.DS_Store|\.env|conftest\.py)$"
)
MACHINE_PATH = re.compile(rb"(?:/home/|/Users/|/root/|[A-Z]:\\Users\\)[\w.-]+")
SECRET = re.compile(
    rb"\b[sp]k_[A-Za-z0-9]{20,}|\bgh[pousr]_[A-Za-z0-9]{30,}|\bpypi-[\w-]{40,}|\bAKIA[A-Z0-9]{16}\b"
    rb"|-----BEGIN [A-Z ]*PRIVATE KEY"
)
NO_SECRET = {
    b"sk_ThisIsNotAKeyOfAnybodyAtAll00000"
}  # says so itself; the suite tries it on servers

Verdict = Literal["holds", "fails", "unknown", "skipped"]


class DistError(Exception):
    """Say in one line why the distributions cannot be made or judged."""


@dataclass
class Table:
    """What was looked at and what came of it."""

    rows: list[tuple[str, Verdict, str]] = field(default_factory=list[tuple[str, Verdict, str]])

    def add(self, name: str, verdict: Verdict, detail: str = "") -> None:
        """Add a row, and show it."""
        self.rows.append((name, verdict, detail))
        mark = {"holds": "ok  ", "fails": "FAIL", "unknown": "??  ", "skipped": "skip"}[verdict]
        print(f"{mark}  {name:34}  {detail}".rstrip(), flush=True)

    def judge(self, name: str, problems: Sequence[str], detail: str = "") -> None:
        """Add a row for a check; the problems one by one when there are any."""
        for problem in problems[:20]:
            self.add(name, "fails", problem)
        if len(problems) > 20:
            self.add(name, "fails", f"… and {len(problems) - 20} more")
        if not problems:
            self.add(name, "holds", detail)

    def exit_code(self) -> int:
        """Decide: 0 holds, 1 does not, 2 could not be told."""
        found = {verdict for _, verdict, _ in self.rows}
        return 1 if "fails" in found else 2 if "unknown" in found or "holds" not in found else 0

    def sentence(self) -> str:
        """Say the outcome."""
        skipped = [name for name, verdict, _ in self.rows if verdict == "skipped"]
        said = {
            0: "The distributions hold" + (", as far as they were tried" if skipped else ""),
            1: "The distributions do not hold",
            2: "It could not be told whether the distributions hold",
        }[self.exit_code()]
        return said + (f"; skipped: {', '.join(skipped)}." if skipped else ".")


# --- what must be in them -----------------------------------------------------------------------


def tracked(root: Path) -> list[str]:
    """List the files under version control that are there.

    Raises:
        DistError: the folder is no checkout.
    """
    done = subprocess.run(
        ["git", "-C", str(root), "ls-files", "-z"], capture_output=True, check=False
    )
    if done.returncode:
        raise DistError(f"{root} is not a git checkout, which tells what belongs into the packages")
    names = done.stdout.decode().split("\0")
    return [name for name in names if name and (root / name).is_file()]


def version(root: Path) -> str:
    """Read the version from the contract.

    Raises:
        DistError: it has none.
    """
    text = (root / CONTRACT).read_text(encoding="utf-8")
    found = re.search(r"^info:\n(?:  .*\n)*?  version: (\S+)$", text, re.MULTILINE)
    if found is None:
        raise DistError(f"{CONTRACT}: info.version is missing")
    return found[1]


def wheel_files(root: Path, names: Iterable[str]) -> dict[str, str]:
    """Say which file of the checkout belongs to which name in the wheel, metadata aside."""
    found = {f"{SUITE}/{CONTRACT}": CONTRACT}
    for name in names:
        for package, folder in PACKAGES.items():
            if name.startswith(f"{folder}/"):
                found[f"{package}/{name.removeprefix(f'{folder}/')}"] = name
    found[f"{FILE}-{version(root)}.dist-info/licenses/LICENSE"] = "LICENSE"
    return found


def check_wheel(wheel: Path, root: Path, names: Iterable[str]) -> dict[str, list[str]]:
    """Look into a wheel.

    Args:
        wheel: the file.
        root: the checkout it was built from.
        names: the checkout's files under version control.

    Returns:
        The problems found, by what was looked at; empty lists where there are none.
    """
    info = f"{FILE}-{version(root)}.dist-info"
    made = {f"{info}/{name}" for name in ("METADATA", "WHEEL", "RECORD", "entry_points.txt")}
    try:
        with zipfile.ZipFile(wheel) as archive:
            content = {
                item.filename: archive.read(item)
                for item in archive.infolist()
                if not item.is_dir()
            }
    except (OSError, zipfile.BadZipFile) as error:
        return {"wheel: files": [f"{wheel.name} cannot be read: {error}"]}
    same = content.get(f"{SUITE}/{CONTRACT}") == (root / CONTRACT).read_bytes()
    return {
        "wheel: contract": [] if same else [f"{SUITE}/{CONTRACT} is not {CONTRACT}, byte for byte"],
        "wheel: files": compare(content, wheel_files(root, names), made, root),
        "wheel: nothing unwanted": unwanted(content, root),
        "wheel: type markers": [
            f"{package}/py.typed is missing"
            for package in PACKAGES
            if f"{package}/py.typed" not in content
        ],
        "wheel: metadata": check_metadata(content.get(f"{info}/METADATA", b""), root),
        "wheel: RECORD": check_record(content, f"{info}/RECORD"),
    }


def check_sdist(sdist: Path, root: Path, names: Iterable[str]) -> dict[str, list[str]]:
    """Look into a source distribution; see `check_wheel`."""
    top = f"{FILE}-{version(root)}"
    content: dict[str, bytes] = {}
    odd: list[str] = []
    try:
        with tarfile.open(sdist) as archive:
            for item in archive:
                path = PurePosixPath(item.name)
                data = archive.extractfile(item) if item.isreg() else None
                if (
                    path.parts[0] != top
                    or ".." in path.parts
                    or (data is None and not item.isdir())
                ):
                    odd.append(f"{item.name} does not lie below {top}/, or is no plain file")
                elif data is not None:
                    content[path.relative_to(top).as_posix()] = data.read()
    except (OSError, tarfile.TarError, EOFError) as error:
        return {"sdist: files": [f"{sdist.name} cannot be read: {error}"]}
    wanted = {name: name for name in names if name.startswith(BESIDE) or name in LOOSE}
    return {
        "sdist: files": odd + compare(content, wanted, {"PKG-INFO"}, root),
        "sdist: nothing unwanted": unwanted(content, root),
        "sdist: metadata": check_metadata(content.get("PKG-INFO", b""), root),
    }


def compare(
    content: Mapping[str, bytes], wanted: Mapping[str, str], made: set[str], root: Path
) -> list[str]:
    """Compare an archive with the checkout: nothing missing, nothing more, the same bytes."""
    return [
        *(f"{name} is missing" for name in sorted((wanted.keys() | made) - content.keys())),
        *(
            f"{name} is not under version control"
            for name in sorted(content.keys() - wanted.keys() - made)
        ),
        *(
            f"{name} differs from {source}"
            for name, source in sorted(wanted.items())
            if name in content and content[name] != (root / source).read_bytes()
        ),
    ]


def unwanted(content: Mapping[str, bytes], root: Path) -> list[str]:
    """Find tests, caches, paths of a machine and secrets."""
    here = {str(folder).encode() for folder in (root, Path.home()) if len(folder.parts) > 2}
    key = os.environ.get("POLLINATIONS_API_KEY", "").encode()
    problems: list[str] = []
    for name, data in sorted(content.items()):
        if UNWANTED.search(name):
            problems.append(f"{name} does not belong into a distribution")
        path = MACHINE_PATH.search(data)
        if path or any(folder in data for folder in here):
            problems.append(f"{name} holds a path of a machine{_line(data, path)}")
        secret = next((m for m in SECRET.finditer(data) if m[0] not in NO_SECRET), None)
        if secret or (key and key in data):  # which is not shown
            problems.append(f"{name} holds what looks like a secret{_line(data, secret)}")
    return problems


def _line(data: bytes, found: re.Match[bytes] | None) -> str:
    return f", line {data.count(10, 0, found.start()) + 1}" if found else ""


def check_metadata(data: bytes, root: Path) -> list[str]:
    """Compare METADATA or PKG-INFO with pyproject.toml, README.md and the contract."""
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    found = email.message_from_bytes(data)
    extras = project["optional-dependencies"]
    wanted = {
        "Name": [NAME],
        "Version": [version(root)],
        "Summary": [project["description"]],
        "License-Expression": [project["license"]],
        "License-File": ["LICENSE"],
        "Requires-Python": [project["requires-python"]],
        "Description-Content-Type": ["text/markdown"],
        "Provides-Extra": list(extras),
    }
    problems = [
        f"{name} is {', '.join(found.get_all(name, [])) or 'missing'}, not {', '.join(values)}"
        for name, values in wanted.items()
        if found.get_all(name, []) != values
    ]
    stated = found.get_all("Requires-Dist", [])
    base = {requirement_name(text) for text in stated if ";" not in text}
    if base != BASE_REQUIREMENTS:
        problems.append(f"the client requires {', '.join(sorted(base)) or 'nothing'}")
    for extra, requirements in extras.items():
        has = {requirement_name(text) for text in stated if f"extra == '{extra}'" in text}
        if has != {requirement_name(text) for text in requirements}:
            problems.append(f"the extra {extra} requires {', '.join(sorted(has)) or 'nothing'}")
    readme = (root / "README.md").read_text(encoding="utf-8")
    body = data.replace(b"\r\n", b"\n").partition(b"\n\n")[2].decode("utf-8", "replace")
    if body.strip() != readme.strip():
        problems.append("the description is not README.md")
    return problems


def requirement_name(text: str) -> str:
    """Give the name that a requirement begins with."""
    found = re.match(r"[\w.-]+", text)
    return re.sub(r"[-_.]+", "-", found[0]).lower() if found else text


def check_record(content: Mapping[str, bytes], record: str) -> list[str]:
    """Check the hash and size of every file in a wheel's RECORD."""
    rows = list(csv.reader(io.StringIO(content.get(record, b"").decode("utf-8", "replace"))))
    problems = [f"the row {','.join(row)} has not three columns" for row in rows if len(row) != 3]
    said = {row[0]: (row[1], row[2]) for row in rows if len(row) == 3}
    for name, data in sorted(content.items()):
        digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
        right = ("", "") if name == record else (f"sha256={digest}", str(len(data)))
        if said.get(name) != right:
            problems.append(
                f"{name} is not as RECORD says" if name in said else f"{name} is unlisted"
            )
    return problems + [f"{name} is listed, and absent" for name in sorted(said.keys() - content)]


def check_release(tag: str, root: Path) -> list[str]:
    """Compare a tag with the version and the changelog."""
    problems: list[str] = []
    number = version(root)
    if tag != f"v{number}":
        problems.append(f"the tag is {tag}; for version {number} it is v{number}")
    heading = re.search(
        r"^## (.*)$", (root / "CHANGELOG.md").read_text(encoding="utf-8"), re.MULTILINE
    )
    if heading is None or heading[1].split()[0] != number or "unreleased" in heading[1]:
        said = heading[1] if heading else "missing"
        problems.append(
            f"the first heading of CHANGELOG.md is '{said}'; write '## {number} (date)'"
        )
    if changed := changes(root):
        more = f" and {len(changed) - 5} more" if len(changed) > 5 else ""
        problems.append(f"not committed: {', '.join(changed[:5])}{more}")
    return problems


def changes(root: Path) -> list[str]:
    """List what differs from the last commit."""
    command = ["git", "-C", str(root), "status", "--porcelain", "--untracked-files=all"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return [line[3:] for line in done.stdout.splitlines()]


# --- building -----------------------------------------------------------------------------------


def clean_environment(**more: str) -> dict[str, str]:
    """Give this environment without what would lead a Python elsewhere, or a key anywhere."""
    dropped = ("PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV")
    kept = {
        name: value
        for name, value in os.environ.items()
        if name not in dropped and not name.startswith("POLLINATIONS_")
    }
    return {**kept, **more}


def build(root: Path, target: Path, epoch: str, *kinds: str) -> tuple[Path, Path]:
    """Build both distributions of a folder; the wheel from the sdist when no kinds are named.

    Raises:
        DistError: the build failed.
    """
    command = [
        sys.executable,
        "-m",
        "build",
        "--no-isolation",
        "--outdir",
        str(target),
        *kinds,
        ".",
    ]
    done = subprocess.run(
        command,
        cwd=root,
        env=clean_environment(SOURCE_DATE_EPOCH=epoch),
        capture_output=True,
        text=True,
        check=False,
        timeout=LONGEST,
    )
    if done.returncode:
        raise DistError(f"the build failed: {last_line(done.stderr or done.stdout)}")
    try:
        (wheel,), (sdist,) = target.glob("*.whl"), target.glob("*.tar.gz")
    except ValueError:
        raise DistError(f"the build did not give one wheel and one sdist in {target}") from None
    return wheel, sdist


def last_line(text: str) -> str:
    """Give the last line that says something."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1][:300] if lines else "it said nothing"


def epoch(root: Path) -> str:
    """Give the time that archives carry: SOURCE_DATE_EPOCH, or that of the last commit."""
    if given := os.environ.get("SOURCE_DATE_EPOCH"):
        return given
    command = ["git", "-C", str(root), "log", "-1", "--format=%ct"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.stdout.strip() or "1577836800"


def copy(root: Path, names: Iterable[str], target: Path) -> None:
    """Copy the files under version control to another place."""
    for name in names:
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(root / name, target / name)


# --- trying -------------------------------------------------------------------------------------

CLIENT_ALONE = """
import os, pathlib, sys
import pollinations_client as package

where = pathlib.Path(package.__file__)
assert where.is_relative_to(sys.prefix), f"imported from {where}"
assert (where.parent / "py.typed").is_file(), "py.typed is missing"
assert package.__version__ == os.environ["WANTED"], f"says {package.__version__}"
with package.Pollinations(api_key=os.environ["KEY"], base_url=os.environ["ADDRESS"]) as client:
    messages = [{"role": "user", "content": "hello"}]
    answer = client.chat.completions.create(messages=messages).choices[0].message.content
    assert answer, "an empty answer"
    pieces = [c.text for c in client.chat.completions.create(messages=messages, stream=True)]
    assert "".join(pieces) == answer, "the streamed answer is another one"
    assert client.image.generate("bee", width=64, height=64).content_type == "image/jpeg"
"""


@dataclass
class Place:
    """A virtual environment outside the checkout, with a folder to work in."""

    folder: Path
    work: Path

    def program(self, name: str) -> str:
        """Give the path of an installed program."""
        return str(self.folder / "bin" / name)

    def run(self, *command: str, **variables: str) -> subprocess.CompletedProcess[str]:
        """Run one of the programs here."""
        return subprocess.run(
            [self.program(command[0]), *command[1:]],
            cwd=self.work,
            env=clean_environment(**variables),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=LONGEST,
        )


def place(folder: Path, requirement: str) -> Place:
    """Make a virtual environment and install into it.

    Raises:
        DistError: it cannot be made or filled.
    """
    made = Place(folder, folder.with_name(f"{folder.name}-work"))
    made.work.mkdir()
    done = subprocess.run(
        [sys.executable, "-m", "venv", str(folder)], capture_output=True, text=True, check=False
    )
    if done.returncode == 0:
        done = made.run("python", "-I", "-m", "pip", "install", "-qq", "--no-input",
                        "--disable-pip-version-check", requirement)  # fmt: skip
    if done.returncode:
        raise DistError(
            f"{last_line(done.stderr or done.stdout)} (a package index is needed; "
            "--no-install leaves this out)"
        )
    return made


def installed(where: Place) -> dict[str, str]:
    """List what is installed, pip aside."""
    done = where.run("python", "-I", "-m", "pip", "list", "--format", "json",
                     "--disable-pip-version-check")  # fmt: skip
    found = {item["name"].lower(): item["version"] for item in json.loads(done.stdout)}
    return {name: found[name] for name in sorted(found) if name not in {"pip", "setuptools"}}


@contextlib.contextmanager
def serving(where: Place, record: Path) -> Generator[dict[str, str]]:
    """Run the installed reference server; gives its address and a key.

    Raises:
        DistError: it does not start, or does not stop with exit code 0.
    """
    command = [where.program("pollinations-conformance"), "serve", "--json"]
    command += ["--port", "0", "--media-port", "0", "--record", str(record)]
    with tempfile.TemporaryFile("w+") as errors:
        process = subprocess.Popen(
            command,
            cwd=where.work,
            env=clean_environment(),
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
        )
        try:
            assert process.stdout is not None
            ready, _, _ = select.select([process.stdout], [], [], 60)
            line = process.stdout.readline() if ready else ""
            if not line:
                errors.seek(0)
                raise DistError(f"serve does not start: {last_line(errors.read())}")
            told = json.loads(line)
            yield {"ADDRESS": told["base_url"], "KEY": told["keys"]["secret"]}
        finally:
            process.terminate()
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        if process.returncode:
            errors.seek(0)
            raise DistError(f"serve ends with {process.returncode}: {last_line(errors.read())}")


def try_installed(wheel: Path, root: Path, scratch: Path, table: Table) -> None:
    """Install the wheel into two empty virtual environments and try what users do first."""
    extras = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"][
        "optional-dependencies"
    ]["conformance"]
    print("      installing the client alone", flush=True)
    alone = place(scratch / "alone", str(wheel))
    found = installed(alone)
    heavy = {requirement_name(text) for text in extras} & found.keys()
    missing = (BASE_REQUIREMENTS | {NAME}) - found.keys()
    table.judge(
        "client: what comes with it",
        [f"{name} is installed, which the client does not need" for name in sorted(heavy)]
        + [f"{name} is not installed" for name in sorted(missing)],
        ", ".join(f"{name} {number}" for name, number in found.items() if name != NAME),
    )
    for command in (("pollinations-conformance", "--help"),
                    ("python", "-I", "-m", SUITE, "check")):  # fmt: skip
        done = alone.run(*command)
        lines = done.stderr.splitlines()
        right = done.returncode == 2 and len(lines) == 1 and f"{NAME}[conformance]" in lines[0]
        table.judge(
            f"client: {' '.join(command[-2:])} without the extra",
            [] if right else [f"ends with {done.returncode}: {last_line(done.stderr)}"],
            last_line(done.stderr),
        )
    print("      installing the suite", flush=True)
    suite = place(scratch / "suite", f"{wheel}[conformance]")
    wanted = version(root)

    def attempt(name: str, where: Place, *command: str, **variables: str) -> None:
        done = where.run(*command, **variables)
        told = done.stdout if done.returncode == 0 else done.stderr or done.stdout
        said = last_line(re.sub(r"^Reports: .*$", "", told, flags=re.MULTILINE))
        bad = [f"ends with {done.returncode}: {said}"] if done.returncode else []
        table.judge(name, bad, said if done.stdout.strip() else "")

    tool = "pollinations-conformance"
    attempt("suite: --version", suite, tool, "--version")
    recording = suite.work / "calls.har"
    try:
        with serving(suite, recording) as told:
            attempt("client: calls, from elsewhere", alone,
                    "python", "-I", "-c", CLIENT_ALONE, WANTED=wanted, **told)  # fmt: skip
    except DistError as error:
        table.add("suite: serve", "fails", str(error))
    else:
        table.add("suite: serve", "holds", "starts, answers, stops")
        attempt("suite: replay of these calls", suite, tool, "replay", str(recording),
                "--base-url", told["ADDRESS"])  # fmt: skip
    (suite.work / CONTRACT).write_bytes((root / CONTRACT).read_bytes())
    attempt("suite: drift from the same contract", suite, tool, "drift", CONTRACT)
    attempt("suite: vendor", suite, tool, "vendor", str(alone.work / "copied"))
    attempt("client: doctor of the vendored copy", alone, "python", "-m", "copied.doctor")
    attempt("suite: check --max-time 15s", suite, tool, "check", "--max-time", "15s")
    attempt("suite: as a pytest package", suite, "python", "-m", "pytest", "-q", "-p",
            "no:cacheprovider", "--pyargs", f"{SUITE}.test_server", "-k", "ROUTE")  # fmt: skip
    (suite.work / "test_fixture.py").write_text(
        "def test_fixture(pollinations_server):\n    assert pollinations_server.base_url\n"
    )
    attempt("suite: the pytest fixture", suite, "python", "-m", "pytest", "-q", "-p",
            "no:cacheprovider", "test_fixture.py")  # fmt: skip


# --- the command --------------------------------------------------------------------------------


def make(root: Path, output: Path, install: bool, tag: str | None, table: Table) -> None:
    """Build, look, try; leave the distributions in `output` when all holds.

    Raises:
        DistError: something of it cannot be done.
    """
    names = tracked(root)
    clear(output)
    with tempfile.TemporaryDirectory(prefix="dist-") as folder:
        scratch = Path(folder)
        if tag is not None:
            table.judge("release", check_release(tag, root), tag)
        print(f"      building {NAME} {version(root)}", flush=True)
        time = epoch(root)
        wheel, sdist = build(root, scratch / "first", time, "--sdist", "--wheel")
        found = {**check_wheel(wheel, root, names), **check_sdist(sdist, root, names)}
        for name, problems in found.items():
            table.judge(name, problems)
        elsewhere = scratch / "elsewhere"
        copy(root, names, elsewhere)
        again, source = build(elsewhere, scratch / "second", time)
        table.judge(
            "sdist: same bytes built elsewhere",
            [] if source.read_bytes() == sdist.read_bytes() else ["they differ"],
        )
        table.judge(
            "wheel: same bytes from the sdist",
            [] if again.read_bytes() == wheel.read_bytes() else differing(wheel, again),
        )
        if not install:
            table.add("installing and trying", "skipped", "--no-install")
        elif table.exit_code() == 0:
            try_installed(wheel, root, scratch, table)
        else:
            table.add("installing and trying", "skipped", "what is in them has to be right first")
        if table.exit_code() == 0:
            output.mkdir(parents=True, exist_ok=True)
            for file in (wheel, sdist):
                shutil.copyfile(file, output / f".{file.name}")
                (output / f".{file.name}").replace(output / file.name)
                print(f"{hashlib.sha256(file.read_bytes()).hexdigest()}  {output / file.name}")


def clear(output: Path) -> None:
    """Remove distributions of before, so that none is taken for the one that was judged."""
    for pattern in (f"{FILE}-*.whl", f"{FILE}-*.tar.gz"):
        for file in output.glob(pattern):
            file.unlink()


def differing(one: Path, other: Path) -> list[str]:
    """Name the members in which two wheels differ."""
    with zipfile.ZipFile(one) as a, zipfile.ZipFile(other) as b:
        ours, theirs = ({i.filename: i for i in z.infolist()} for z in (a, b))
        names = [
            name
            for name in sorted(ours.keys() | theirs.keys())
            if name not in ours or name not in theirs or a.read(name) != b.read(name)
        ]
    return [f"{name} differs" for name in names] or ["their order, times or modes differ"]


def main(arguments: list[str] | None = None) -> int:
    """Run the command; see the top of the file."""
    parser = argparse.ArgumentParser(
        description="Build wheel and source distribution, look into them, install and try them."
    )
    parser.add_argument(
        "--output", type=Path, default=ROOT / "dist", help="where they go when they hold (dist)"
    )
    parser.add_argument(
        "--no-install",
        action="store_true",
        help="leave out what needs a package index: installing and trying; the last line says so",
    )
    parser.add_argument(
        "--tag", help="also demand that this tag, version, changelog and commit fit together"
    )
    options = parser.parse_args(arguments)
    table = Table()
    try:
        make(ROOT, options.output, not options.no_install, options.tag, table)
    except DistError as error:
        table.add("make dist", "unknown", str(error))
    except KeyboardInterrupt:
        print("Interrupted.", file=sys.stderr)
        return 130
    except subprocess.TimeoutExpired as error:
        table.add("make dist", "unknown", f"no end after {error.timeout:g} s: {error.cmd[0]}")
    except OSError as error:
        table.add("make dist", "unknown", f"{error.filename}: {error.strerror}")
    print(table.sentence())
    return table.exit_code()


if __name__ == "__main__":
    raise SystemExit(main())
