"""Walk a maintainer through one change of the contract or of the generator, from edit to green.

    python tools/update.py                             report what is left to do
    python tools/update.py --bump --write-changelog    and do what can be done

It checks the contract's form, generates the client and the pages, reports what changed since the last
release (or since the last commit, when nothing is released) in the contract and in the client's
public API, which version that needs, runs the suite, and drafts the changelog. Exit code 0:
ready to be committed; 1: a step failed, or something is left to do; 2: inconclusive.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import re
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))  # so that it also runs as a script

from pollinations_conformance.drift.compare.findings import CLASSES, short  # noqa: E402
from pollinations_conformance.drift.document import Document, DriftError  # noqa: E402
from pollinations_conformance.drift.read import read as read_document  # noqa: E402
from pollinations_conformance.drift.report import examine, headline  # noqa: E402
from tools.changelog import (  # noqa: E402
    CHANGELOG,
    Found,
    as_markdown,
    draft,
    next_version,
    numbers,
    with_entries,
    with_version,
    write,
)
from tools.client_api import RANKS, Change, ClientError, Rank, compare_clients  # noqa: E402
from tools.contract_changes import contract_changes, version_only  # noqa: E402
from tools.revisions import (  # noqa: E402
    CANNOT,
    CLIENT,
    CONTRACT,
    Stop,
    base_client,
    find_base,
    git,
    try_git,
    version_of,
)
from tools.uncovered import uncovered  # noqa: E402

Make = Callable[[Path, Sequence[str], str], str]
NEEDS: dict[Rank, str] = {
    "breaking": "a new major version (while it is 0.x: a new minor one)",
    "feature": "a new minor version",
    "fix": "a new patch version",
    "documentation": "a new patch version",
}


@dataclass(slots=True)
class Step:
    """One line of the summary."""

    title: str
    verdict: Literal["held", "to do", "failed", "not run"] = "not run"
    result: str = ""
    seconds: float = 0.0


_OF_MAKE = (
    "ARGS",  # make hands on what is in its own command line
    "FILES",
    "BASE_URL",
    "MEDIA_URL",
    "API_KEY",
    "MAKEFLAGS",
    "MFLAGS",
    "MAKELEVEL",
    "MAKEOVERRIDES",
)


def make(root: Path, targets: Sequence[str], how: str) -> str:
    """Run targets of the Makefile with the Python that runs this.

    Args:
        root: the checkout.
        targets: their names.
        how: what to do when one fails.

    Raises:
        Stop: one failed.
    """
    environment = {
        name: value
        for name, value in os.environ.items()
        # Nothing but the reference server is meant, and nothing that `make update` was given.
        if name not in _OF_MAKE and not name.startswith("POLLINATIONS_")
    }
    environment["PYTHONPATH"] = os.pathsep.join(
        str(root / folder) for folder in ("conformance", CLIENT, ".")
    )
    tools = Path(sys.executable).parent
    if not (tools / "openapi-spec-validator").exists():
        raise Stop(
            f"the tools are not installed beside {Path(sys.executable).name}; run: make update"
        )
    command = ["make", "--no-print-directory", "--silent", "READY=", f"BIN={tools}"]
    try:
        done = subprocess.run(
            [*command, f"PY={sys.executable}", *targets],
            cwd=root,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            check=False,
        )
    except OSError:
        raise Stop("make is not installed; install it") from None
    if done.returncode:
        print(textwrap.indent(done.stdout.rstrip(), "   "))
        codes = re.findall(r"Error (\d+)$", done.stdout, re.MULTILINE)
        code = CANNOT if codes and codes[-1] == "2" else 1
        raise Stop(f"make {' '.join(targets)} failed, see above; {how}", code)
    return done.stdout


class Walk:
    """One walk through a change.

    Args:
        root: the checkout.
        options: those of the command line.
        make: runs targets of the Makefile.
    """

    titles = (
        "check the contract's form",
        "generate the client and the pages",
        "what changed in the contract",
        "what changed in the client's API",
        "the version",
        "the suite against the reference server",
        "the changelog",
    )

    def __init__(self, root: Path, options: argparse.Namespace, make: Make = make) -> None:
        self.root = root
        self.options = options
        self._make = make
        self.steps = [Step(title) for title in self.titles]
        self.found = Found()
        self.base = find_base(root, options.base)
        self.contract = self._read()

    def _read(self) -> Document:
        try:
            return read_document(str(self.root / CONTRACT))
        except DriftError as error:
            raise Stop(str(error).replace(f"{self.root}{os.sep}", "")) from None

    def run(self) -> int:
        """Take every step; the first that fails is the last."""
        print(f"Compared with {self.base.name}.")
        actions = (
            self.lint,
            self.generate,
            self.compare_contracts,
            self.compare_clients,
            self.choose_version,
            self.run_suite,
            self.write_changelog,
        )
        for number, (step, action) in enumerate(zip(self.steps, actions, strict=True), 1):
            print(f"\n== {number}/{len(actions)} {step.title}", flush=True)
            started = time.monotonic()
            try:
                step.verdict = "failed"
                step.verdict, step.result = action()
            except (Stop, DriftError, ClientError) as error:
                step.seconds = time.monotonic() - started
                step.result = str(error)
                print(f"   failed after {step.seconds:.1f} s")
                self.summary()
                print(f"Error: {step.title}: {error}", file=sys.stderr)
                return error.code if isinstance(error, Stop) else CANNOT
            step.seconds = time.monotonic() - started
            print(f"   {step.verdict}, {step.seconds:.1f} s: {step.result}", flush=True)
            if number == 4 and self.found.rank is None:
                for rest in self.steps[4:]:
                    rest.result = "nothing changed"
                break
        self.summary()
        return self.closing()

    def lint(self) -> tuple[Literal["held"], str]:
        """Check the contract's form."""
        self._make(self.root, ["lint-contract"], f"correct {CONTRACT} and run it again")
        return "held", f"{CONTRACT} is well-formed"

    def generate(self) -> tuple[Literal["held"], str]:
        """Bring the client and the pages in line."""
        self._make(
            self.root,
            ["generate"],
            f"{CLIENT}/ is as it was; correct {CONTRACT} or generator/ and run it again",
        )
        self._make(self.root, ["docs"], f"{CLIENT}/ is new already; fix that and run it again")
        made = (f"{CLIENT}/", "docs/", "README.md")
        fresh = [name for name in self.changed() if name.startswith(made)]
        return "held", f"changed since the last commit: {', '.join(fresh) or 'nothing'}"

    def changed(self) -> list[str]:
        """Name what differs from the last commit, a generated package as one."""
        found: dict[str, None] = {}
        with contextlib.suppress(Stop):  # outside of git there is nothing to be named
            status = git(self.root, "status", "--porcelain", "--no-renames", "-z", "--", ".")
            for entry in filter(None, status.decode(errors="replace").split("\0")):
                path = entry[3:]
                found[f"{CLIENT}/" if path.startswith(f"{CLIENT}/") else path] = None
        return list(found)

    def compare_contracts(self) -> tuple[Literal["held"], str]:
        """Show what changed in the contract."""
        self.found.contract = contract_changes(self.base.contract, self.contract)
        report = examine(self.base.contract, self.contract)
        for label in CLASSES:
            for difference in report.differences:
                if difference.label == label and not version_only(difference):
                    first = difference.first
                    before, after = report.places(first)
                    print(f"   {label}: {headline(difference)}")
                    print(f"      before: {short(first.ours) or '(none)'}  [{before or '/'}]")
                    print(f"      after:  {short(first.theirs) or '(none)'}  [{after or '/'}]")
        for change in self.found.contract:
            if change.kind in ("requirement", "extension"):
                print(f"   {change.section.lower()}: {change.text}")
        return "held", _counted(self.found.contract)

    def compare_clients(self) -> tuple[Literal["held"], str]:
        """Show what changed in the client."""
        with base_client(self.root, self.base) as before:
            if isinstance(before, str):
                return "held", f"not compared: {before}"
            self.found.client = compare_clients(before, self.root / CLIENT)
        for change in self.found.client:
            print(f"   {change.rank}, {change.section.lower()}: {change.text}")
        if self.found.rank is None and self.base.contract.raw != self.contract.raw:
            return "held", "nothing, except the version"
        return "held", _counted(self.found.client)

    def choose_version(self) -> tuple[Literal["held", "to do"], str]:
        """Report which version the change needs, and write it with --bump."""
        rank = self.found.rank
        assert rank is not None
        print(f"   {rank}: {self.found.reason}")
        print(f"   needs {NEEDS[rank]}")
        has, had = version_of(self.contract), version_of(self.base.contract)
        numbers(has)
        if not self.base.released:
            return "held", f"{has} is not released yet and covers it"
        wanted = next_version(had, rank)
        if numbers(has) >= numbers(wanted):
            return "held", f"{has} covers it, {had} is released"
        if not self.options.bump:
            return "to do", f"raise info.version from {has} to {wanted} (--bump does it)"
        file = self.root / CONTRACT
        write(file, with_version(file.read_bytes().decode(), wanted))
        self.generate()  # the client has the version, too
        self.contract = self._read()
        return "held", f"{has} is now {wanted} in {CONTRACT}"

    def run_suite(self) -> tuple[Literal["held", "not run"], str]:
        """Run the suite."""
        missing = uncovered(self.root / CONTRACT)
        names = f"; no check covers {', '.join(missing)}" if missing else ""
        if self.options.no_suite:
            return "not run", f"left out by --no-suite{names}"
        print("   running, about half a minute", flush=True)
        output = self._make(
            self.root,
            ["conformance"],
            "make the server, the checks or the contract agree (make conformance) and run it again",
        )
        line = re.search(r"^\d+ requirements: .*$", output, re.MULTILINE)
        return "held", (line[0] if line else "every check held") + names

    def write_changelog(self) -> tuple[Literal["held", "to do"], str]:
        """Draft the changelog, and write it with --write-changelog."""
        file = self.root / CHANGELOG
        entries = draft(self.found)
        version = version_of(self.contract)
        print(textwrap.indent(as_markdown(entries), "   "))
        try:
            text = file.read_bytes().decode()
        except FileNotFoundError:
            text = "# Changelog\n"
        except (OSError, UnicodeDecodeError):
            raise Stop(f"{CHANGELOG} cannot be read; it should be text in UTF-8") from None
        wanted = with_entries(text, version, entries)
        if wanted == text:
            return "held", f"{CHANGELOG} has every line"
        if self.options.write_changelog:
            write(file, wanted)
            return "held", f"written below {version} (unreleased); edit it as you like"
        if self.base.commit and try_git(
            self.root, "diff", "--stat", self.base.commit, "--", CHANGELOG
        ):
            return "held", f"{CHANGELOG} was changed since; see above what it might say"
        return "to do", f"put the draft into {CHANGELOG} (--write-changelog does it)"

    def summary(self) -> None:
        """Print the steps with their verdicts."""
        print()
        width = max(len(step.title) for step in self.steps)
        for number, step in enumerate(self.steps, 1):
            line = f"{number} {step.title:<{width}}  {step.verdict:<7}  {step.seconds:5.1f} s"
            print(f"{line}  {step.result}".rstrip())

    def closing(self) -> int:
        """Report what is left to do, or what to commit."""
        if self.found.rank is None:
            print(f"\nNothing changed since {self.base.name}.")
            return 0
        if left := [step for step in self.steps if step.verdict == "to do"]:
            print("\nLeft to do:", *(f"  {step.title}: {step.result}" for step in left), sep="\n")
            return 1
        names = ", ".join(self.changed())
        print(f"\nCommit together: {names}." if names else "\nAll of it is committed.")
        return 0


def _counted(changes: Sequence[Change]) -> str:
    counts = [
        f"{number} {rank}"
        for rank in RANKS
        if (number := sum(change.rank == rank for change in changes))
    ]
    return ", ".join(counts) or "nothing changed"


def read_arguments(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Read the options of the command line.

    Args:
        arguments: None for the process's own.
    """
    parser = argparse.ArgumentParser(
        prog="tools/update.py",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--base",
        metavar="REF|FILE",
        help="compare with this revision or contract; default: the last release, or else HEAD",
    )
    parser.add_argument(
        "--bump", action="store_true", help=f"write the version it needs into {CONTRACT}"
    )
    parser.add_argument(
        "--write-changelog", action="store_true", help=f"write the draft into {CHANGELOG}"
    )
    parser.add_argument("--no-suite", action="store_true", help="leave the suite out")
    return parser.parse_args(arguments)


def main(arguments: Sequence[str] | None = None, root: Path = ROOT, make: Make = make) -> int:
    """Run the command; see the top of the file.

    Args:
        arguments: those of the command line; None for the process's own.
        root: the checkout.
        make: runs targets of the Makefile.

    Returns:
        0 when the change is ready, 1 when it is not, 2 when it is inconclusive.
    """
    try:
        return Walk(root, read_arguments(arguments), make).run()
    except Stop as error:
        print(f"Error: {' '.join(str(error).split())}", file=sys.stderr)
        return error.code
    except KeyboardInterrupt:
        print("\nStopped; run it again to go on.", file=sys.stderr)
        return 130


if __name__ == "__main__":
    raise SystemExit(main())
