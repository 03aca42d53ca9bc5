"""The wheel in use: installed into empty virtual environments, and tried as users do first."""

from __future__ import annotations

import contextlib
import json
import os
import re
import select
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path

from tools.dist_contents import (
    BASE_REQUIREMENTS,
    CONTRACT,
    NAME,
    SUITE,
    requirement_name,
    version,
)
from tools.dist_report import DistError, Table

LONGEST = 600.0
"""Seconds for one command; the longest is an installation."""
TOOL = "pollinations-conformance"
HTTPX_BRINGS = {"h11", "httpcore"}
"""What httpx itself needs and the suite also uses directly."""
CLIENT_ALONE = """
import os, pathlib, sys
import pollinations_client as package

where = pathlib.Path(package.__file__)
assert where.is_relative_to(sys.prefix), f"imported from {where}"
assert (where.parent / "py.typed").is_file(), "py.typed is missing"
assert package.__version__ == os.environ["WANTED"], f"is {package.__version__}"
with package.Pollinations(api_key=os.environ["KEY"], base_url=os.environ["URL"]) as client:
    messages = [{"role": "user", "content": "hello"}]
    text = client.chat.completions.create(messages=messages).choices[0].message.content
    assert text, "an empty response"
    pieces = [c.text for c in client.chat.completions.create(messages=messages, stream=True)]
    assert "".join(pieces) == text, "the streamed response is another one"
    assert client.image.generate("bee", width=64, height=64).content_type == "image/jpeg"
"""


@dataclass
class Place:
    """A virtual environment outside the checkout, with a folder to work in."""

    folder: Path
    work: Path

    def program(self, name: str) -> str:
        """Return the path of an installed program."""
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
            yield {"URL": told["base_url"], "KEY": told["keys"]["secret"]}
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


def clean_environment(**more: str) -> dict[str, str]:
    """Return this environment without what would lead a Python elsewhere, or a key anywhere."""
    dropped = ("PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV")
    kept = {
        name: value
        for name, value in os.environ.items()
        if name not in dropped and not name.startswith("POLLINATIONS_")
    }
    return {**kept, **more}


def last_line(text: str) -> str:
    """Return the last line that is not empty."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1][:300] if lines else "it printed nothing"


def try_installed(wheel: Path, root: Path, scratch: Path, table: Table) -> None:
    """Install the wheel into two empty virtual environments and try what users do first.

    Args:
        wheel: to be installed.
        root: of the repository.
        scratch: an empty folder.
        table: gets a row for each attempt.
    """
    alone = _try_client(wheel, root, scratch / "alone", table)
    print("      installing the suite", flush=True)
    suite = place(scratch / "suite", f"{wheel}[conformance]")
    _try_together(suite, alone, version(root), table)
    _try_suite(suite, alone, root, table)


def _try_client(wheel: Path, root: Path, folder: Path, table: Table) -> Place:
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"]["conformance"]
    print("      installing the client alone", flush=True)
    alone = place(folder, str(wheel))
    found = installed(alone)
    heavy = {requirement_name(text) for text in extras} & found.keys() - HTTPX_BRINGS
    missing = (BASE_REQUIREMENTS | {NAME}) - found.keys()
    table.judge(
        "client: what comes with it",
        [f"{name} is installed, which the client does not need" for name in sorted(heavy)]
        + [f"{name} is not installed" for name in sorted(missing)],
        ", ".join(f"{name} {number}" for name, number in found.items() if name != NAME),
    )
    for command in (
        ("pollinations-conformance", "--help"),
        ("python", "-I", "-m", SUITE, "check"),
    ):
        done = alone.run(*command)
        lines = done.stderr.splitlines()
        right = done.returncode == 2 and len(lines) == 1 and f"{NAME}[conformance]" in lines[0]
        table.judge(
            f"client: {' '.join(command[-2:])} without the extra",
            [] if right else [f"ends with {done.returncode}: {last_line(done.stderr)}"],
            last_line(done.stderr),
        )
    return alone


def _attempt(table: Table, name: str, where: Place, *command: str, **variables: str) -> None:
    done = where.run(*command, **variables)
    printed = done.stdout if done.returncode == 0 else done.stderr or done.stdout
    said = last_line(re.sub(r"^Reports: .*$", "", printed, flags=re.MULTILINE))
    bad = [f"ends with {done.returncode}: {said}"] if done.returncode else []
    table.judge(name, bad, said if done.stdout.strip() else "")


def _try_together(suite: Place, alone: Place, wanted: str, table: Table) -> None:
    """Have the client call the suite's server, and the suite validate what was recorded of it."""
    _attempt(table, "suite: --version", suite, TOOL, "--version")
    recording = suite.work / "calls.har"
    client = ("python", "-I", "-c", CLIENT_ALONE)
    try:
        with serving(suite, recording) as told:
            _attempt(table, "client: calls, from elsewhere", alone, *client, WANTED=wanted, **told)
    except DistError as error:
        table.add("suite: serve", "fails", str(error))
    else:
        table.add("suite: serve", "holds", "starts, responds, stops")
        place = ("--base-url", told["URL"])
        _attempt(
            table, "suite: replay of these calls", suite, TOOL, "replay", str(recording), *place
        )


def _try_suite(suite: Place, alone: Place, root: Path, table: Table) -> None:
    (suite.work / CONTRACT).write_bytes((root / CONTRACT).read_bytes())
    _attempt(table, "suite: drift from the same contract", suite, TOOL, "drift", CONTRACT)
    _attempt(table, "suite: vendor", suite, TOOL, "vendor", str(alone.work / "copied"))
    doctor = ("python", "-m", "copied.doctor")
    _attempt(table, "client: doctor of the vendored copy", alone, *doctor)
    _attempt(table, "suite: check --examples 2", suite, TOOL, "check", "--examples", "2")
    pytest = ("python", "-m", "pytest", "-q", "-p", "no:cacheprovider")
    package = ("--pyargs", f"{SUITE}.test_server", "-k", "ROUTE")
    _attempt(table, "suite: as a pytest package", suite, *pytest, *package)
    (suite.work / "test_fixture.py").write_text(
        "def test_fixture(pollinations_server):\n    assert pollinations_server.base_url\n"
    )
    _attempt(table, "suite: the pytest fixture", suite, *pytest, "test_fixture.py")
