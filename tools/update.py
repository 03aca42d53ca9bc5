"""Walk a maintainer through one change of the contract or of the generator, from edit to green.

    python tools/update.py                             say what is left to do
    python tools/update.py --bump --write-changelog    and do what can be done

It checks the contract's form, generates the client and the pages, says what changed since the last
release (or since the last commit, when nothing is released) in the contract and in the client's
public API, which version that asks for, runs the suite, and drafts the changelog. Exit code 0:
ready to be committed; 1: a step failed, or something is left to do; 2: it could not be told.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import textwrap
import time
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))  # so that it also runs as a script

from generator.generate import GenerationError, generate  # noqa: E402
from pollinations_conformance.drift.compare.findings import (  # noqa: E402
    CLASSES,
    CLIENTS,
    Difference,
    short,
)
from pollinations_conformance.drift.document import Document, DriftError  # noqa: E402
from pollinations_conformance.drift.read import parse  # noqa: E402
from pollinations_conformance.drift.read import read as read_document  # noqa: E402
from pollinations_conformance.drift.report import examine, headline  # noqa: E402
from pollinations_conformance.drift.values import Json, canonical  # noqa: E402
from pollinations_conformance.http.json import as_list, as_object, is_list, is_object  # noqa: E402
from pollinations_conformance.http.pointer import join  # noqa: E402
from tools.client_api import (  # noqa: E402
    RANKS,
    Change,
    ClientError,
    Rank,
    Roles,
    Section,
    compare_clients,
)

CONTRACT = "openapi.yaml"
CLIENT = "generated"
CHANGELOG = "CHANGELOG.md"
SECTIONS: tuple[Section, ...] = (
    "Added",
    "Changed",
    "Deprecated",
    "Removed",
    "Fixed",
    "Security",
)
ASKS: dict[Rank, str] = {
    "breaking": "a new major version (while it is 0.x: a new minor one)",
    "feature": "a new minor version",
    "fix": "a new patch version",
    "documentation": "a new patch version",
}
_VERSION = re.compile(r"(\d+)\.(\d+)\.(\d+)")
_UNRELEASED = re.compile(r"^## .*\bunreleased\b.*$", re.IGNORECASE | re.MULTILINE)
_CANNOT = 2
# How the comparison says that one side has nothing there.
_LACKS = {
    "status": " is not documented$",
    "media type": "^not |^no body$",
    "security": " does not suffice$",
    "alternative": "^no such alternative$|^covered by ",
}
# Objects whose names are chosen freely, so that one with x- is no extension.
_NAMED = ("headers", "properties", "schemas", "parameters", "responses", "examples", "callbacks")


class Stop(Exception):
    """The end of the walk: one line that says why and how to go on, and the exit code."""

    def __init__(self, message: str, code: int = _CANNOT) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True, slots=True)
class Base:
    """What the work is compared with.

    Attributes:
        name: for people.
        commit: where it stands in git; "" for a file.
        contract: the document.
        raw: its bytes.
        released: whether its version was published, so that a change needs another one.
    """

    name: str
    commit: str
    contract: Document
    raw: bytes
    released: bool


@dataclass(slots=True)
class Step:
    """One line of the summary."""

    title: str
    verdict: Literal["held", "to do", "failed", "not run"] = "not run"
    result: str = ""
    seconds: float = 0.0


@dataclass(slots=True)
class Found:
    """What is different."""

    contract: list[Change] = field(default_factory=list[Change])
    client: list[Change] = field(default_factory=list[Change])

    @property
    def rank(self) -> Rank | None:
        """The step that all changes together ask for; None when there is none."""
        ranks = {change.rank for change in (*self.contract, *self.client)}
        return next((rank for rank in RANKS if rank in ranks), None)

    @property
    def reason(self) -> str:
        """The first change that asks for that step."""
        for whose, changes in (("", self.contract), ("client: ", self.client)):
            for change in changes:
                if change.rank == self.rank:
                    return whose + change.text
        return ""


# --- git ----------------------------------------------------------------------------------------


def git(root: Path, *arguments: str) -> bytes:
    """Ask git; it changes nothing.

    Raises:
        Stop: git is not there, or says no.
    """
    try:
        done = subprocess.run(
            ["git", "-C", str(root), *arguments], capture_output=True, check=False
        )
    except OSError:
        raise Stop("git is not installed; install it, or name a file: --base FILE") from None
    if done.returncode:
        words = " ".join(done.stderr.decode(errors="replace").split())
        raise Stop(words.removeprefix("fatal: ") or f"git {arguments[0]} failed")
    return done.stdout


def _ask(root: Path, *arguments: str) -> str:
    """Ask git what may not be there; "" when it is not."""
    try:
        return git(root, *arguments).decode().strip()
    except Stop:
        return ""


def find_base(root: Path, name: str | None) -> Base:
    """Find what to compare with.

    Args:
        root: the checkout.
        name: a revision or a file; None for the last release, or else the last commit.

    Raises:
        Stop: there is none, or it has no contract that can be read.
    """
    if name and (Path(name).is_file() or not _ask(root, "rev-parse", "--git-dir")):
        try:
            raw = Path(name).read_bytes()
        except OSError as error:
            raise Stop(f"--base {name}: cannot be read ({error.strerror}); name a file") from None
        return Base(name, "", _document(raw, name), raw, released=True)
    if not _ask(root, "rev-parse", "--git-dir"):
        raise Stop(
            f"{root} is not in a git repository; run it in a clone, or name a file: --base FILE"
        )
    tags = _ask(root, "tag", "--list", "--merged", "HEAD", "--sort=-version:refname").split()
    releases = [tag for tag in tags if re.fullmatch(r"v?\d+\.\d+\.\d+", tag)]
    wanted = name or next(iter(releases), "HEAD")
    commit = _ask(root, "rev-parse", "--verify", "--quiet", f"{wanted}^{{commit}}")
    shallow = _ask(root, "rev-parse", "--is-shallow-repository") == "true"
    deeper = "; this clone is shallow: git fetch --unshallow --tags" if shallow else ""
    if not commit:
        what = f"--base {name}: neither a file nor a revision" if name else "there is no commit yet"
        raise Stop(what + (deeper or "; name one with --base"))
    shown = wanted if name or releases else "HEAD, the last commit"
    if not name and not releases and shallow:
        shown += " (a shallow clone may lack the releases: git fetch --unshallow --tags)"
    try:
        raw = git(root, "show", f"{commit}:./{CONTRACT}")
    except Stop:
        raise Stop(f"{shown} has no {CONTRACT}; name another base with --base") from None
    document = _document(raw, f"{wanted}:{CONTRACT}")
    version = version_of(document)
    known = _ask(root, "tag", "--list", f"v{version}", version)
    return Base(shown, commit, document, raw, released=bool(known))


def _document(raw: bytes, name: str) -> Document:
    try:
        return Document(parse(raw, name), name)
    except DriftError as error:
        raise Stop(str(error)) from None


def version_of(document: Document) -> str:
    """Return the version that a contract says it has."""
    return str(as_object(document.raw.get("info")).get("version", ""))


@contextlib.contextmanager
def base_client(root: Path, base: Base) -> Generator[Path | str]:
    """Lay out the client of the base in a folder of its own; a text says why there is none."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch, CLIENT)
        if not base.commit:
            contract = Path(scratch, CONTRACT)
            contract.write_bytes(base.raw)
            try:
                generate(folder, contract, root / "generator-config.yaml")
            except GenerationError as error:
                reason = " ".join(str(error).split())
                yield f"no client can be generated from {base.name}: {reason}"
                return
        elif not _ask(root, "cat-file", "-t", f"{base.commit}:./{CLIENT}"):
            yield f"{base.name} has no {CLIENT}/"
            return
        else:
            packed = git(root, "archive", "--format=tar", base.commit, CLIENT)
            with tarfile.open(fileobj=io.BytesIO(packed)) as archive:
                archive.extractall(scratch, filter="data")
        yield folder


# --- what changed in the contract ---------------------------------------------------------------


def contract_changes(before: Document, after: Document) -> list[Change]:
    """Say what is different in the contract, by what it asks of those who depend on it.

    Whatever can break a client of the old contract is breaking. What only asks more of servers is a
    feature: they follow a contract when they choose to, clients cannot choose.

    Args:
        before: the old contract.
        after: the new one.

    Raises:
        DriftError: they cannot be compared.
    """
    report = examine(before, after)
    if after.unresolved:
        raise DriftError(f"{report.unresolved[-1]}; correct it")
    found = [
        _change(difference) for difference in report.differences if not _version_only(difference)
    ]
    found += _requirement_changes(before, after)
    found += _extension_changes(before, after)
    found.sort(key=lambda change: RANKS.index(change.rank))
    return found


def _version_only(difference: Difference) -> bool:
    return all(
        finding.kind == "info" and "version" in spot.detail
        for spot, finding in difference.occurrences
    )


def _change(difference: Difference) -> Change:
    """Put a difference into the words of a changelog."""
    finding = difference.first
    lacks = re.compile(_LACKS.get(finding.kind, "^absent"))
    gone, new = bool(lacks.search(finding.theirs)), bool(lacks.search(finding.ours))
    section: Section = "Added" if new else "Removed" if gone else "Changed"
    rank: Rank = "fix"
    if CLIENTS in difference.harms:
        rank = "breaking"
    elif difference.label == "documentation only":
        rank = "documentation"
    elif difference.harms or new:
        rank = "feature"
    if finding.kind == "deprecated" and finding.theirs == "deprecated":
        section, rank = "Deprecated", "feature"
    operations = difference.operations
    where = f"`{operations[0]}`" if len(operations) == 1 else f"{len(operations)} operations"
    if finding.kind == "operation":
        return Change(rank, section, where)
    details = list(dict.fromkeys(met.detail for met, _ in difference.occurrences if met.detail))
    what = details[0] if details else ""
    if len(details) > 1:
        what += f" and {len(details) - 1} more"
    if finding.path:
        what = f"`{finding.path}` in {what}"
    if rank == "documentation":
        what = f"{finding.kind} of {what}" if what else finding.kind
    ours, theirs = short(finding.ours), short(finding.theirs)
    told = theirs if new else ours if gone else f"{ours} → {theirs}"
    if finding.kind in ("parameter", "header"):
        told = told.removesuffix(f" {finding.kind}")
    elif finding.kind == "enum" and "also " in (finding.ours[:5], finding.theirs[:5]):
        lost, more = (
            says[5:] if says[:5] == "also " else "" for says in (finding.ours, finding.theirs)
        )
        section = "Changed" if lost and more else "Added" if more else "Removed"
        told = "; ".join([*([f"no longer {lost}"] * bool(lost)), *([f"also {more}"] * bool(more))])
    text = f"{where}: {what}" if operations else what
    plain = rank == "documentation" or (finding.kind in ("status", "media type") and (new or gone))
    return Change(rank, section, text if plain else f"{text} ({told})")


def requirements(document: Document) -> dict[str, Json]:
    """Find the requirements of a contract, wherever they stand."""
    found: dict[str, Json] = {}
    for _, name, value in _extensions(document.raw, ""):
        if name == "x-requirements":
            for entry in map(as_object, as_list(value)):
                found[str(entry.get("id", ""))] = entry
    return found


def _requirement_changes(before: Document, after: Document) -> Iterator[Change]:
    old, new = requirements(before), requirements(after)
    for name in sorted({*old, *new}):
        one, other = old.get(name), new.get(name)
        if one is None:
            assert other is not None
            yield Change("feature", "Added", f"Requirement {name}: {_sentence(other)}")
        elif other is None:
            must = one.get("level") == "MUST"  # clients may have built on it
            text = f"Requirement {name}: {_sentence(one)}"
            yield Change("breaking" if must else "feature", "Removed", text)
        elif one.get("level") != other.get("level"):
            rank: Rank = "breaking" if one.get("level") == "MUST" else "feature"
            text = f"Requirement {name}: {one.get('level')} → {other.get('level')}"
            yield Change(rank, "Changed", text)
        elif _sentence(one) != _sentence(other):
            yield Change("fix", "Changed", f"Requirement {name}: {_sentence(other)}")


def _sentence(requirement: Json) -> str:
    return " ".join(str(requirement.get("text", "")).split()).removesuffix(".")


def _extensions(node: Any, at: str) -> Iterator[tuple[str, str, Any]]:
    """Find every extension: where it stands, its name and its value."""
    if is_object(node):
        for name, value in node.items():
            if str(name).startswith("x-") and at.rpartition("/")[2] not in _NAMED:
                yield at, str(name), value
            else:
                yield from _extensions(value, join(at, name))
    elif is_list(node):
        for index, value in enumerate(node):
            # Its name tells a parameter apart when others come before it.
            yield from _extensions(value, join(at, as_object(value).get("name") or index))


def _extension_changes(before: Document, after: Document) -> Iterator[Change]:
    """Find what differs in the extensions but requirements, which the comparison does not see."""
    found: dict[str, list[str]] = {}
    tables: list[dict[tuple[str, str], str]] = [
        {
            (at, name): canonical(value)
            for at, name, value in _extensions(document.raw, "")
            if name not in ("x-requirements", "x-api-version")
        }
        for document in (before, after)
    ]
    for at, name in dict.fromkeys([*tables[0], *tables[1]]):
        if tables[0].get((at, name)) != tables[1].get((at, name)):
            found.setdefault(name, []).append(at)
    for name, places in found.items():
        more = f" and {len(places) - 1} more" if len(places) > 1 else ""
        words = name in ("x-deviations", "x-requirement")
        text = f"`{name}` at `{places[0] or '/'}`{more}"
        yield Change("documentation" if words else "fix", "Changed", text)


def roles(*documents: Document) -> Roles:
    """Find which components clients send and which they receive, by any of the documents."""
    sent: set[str] = set()
    received: set[str] = set()
    for document in documents:
        for operation in document.operations:
            answers = operation.raw.get("responses")
            asked = [operation.raw.get("requestBody"), *(param.raw for param in operation.params)]
            _reach(document, asked, sent, set())
            _reach(document, answers, received, set())
    return Roles(frozenset(sent), frozenset(received))


def _reach(document: Document, node: Any, found: set[str], seen: set[str]) -> None:
    if is_list(node):
        for entry in node:
            _reach(document, entry, found, seen)
    elif is_object(node):
        reference = node.get("$ref")
        if isinstance(reference, str) and reference not in seen:
            seen.add(reference)
            if reference.startswith("#/components/schemas/"):
                found.add(reference.rpartition("/")[2])
            with contextlib.suppress(KeyError):
                _reach(document, document.node(reference[1:]), found, seen)
        for name, value in node.items():
            if not name.startswith("x-") and name not in ("example", "examples"):
                _reach(document, value, found, seen)


# --- versions -----------------------------------------------------------------------------------


def next_version(version: str, rank: Rank) -> str:
    """Return the version that a change asks for.

    While the version is 0.x, what breaks raises the minor number, too; so only the last number
    promises that nothing needs to be changed.

    Args:
        version: of what was released, like 1.2.3.
        rank: the class of the change.

    Raises:
        Stop: the version is none.
    """
    major, minor, patch = _numbers(version)
    if rank == "breaking" and major:
        return f"{major + 1}.0.0"
    if rank in ("breaking", "feature"):
        return f"{major}.{minor + 1}.0"
    return f"{major}.{minor}.{patch + 1}"


def _numbers(version: str) -> tuple[int, int, int]:
    found = _VERSION.fullmatch(version)
    if found is None:
        raise Stop(f"{CONTRACT}: info.version is {version!r}, expected three numbers like 1.2.3")
    return int(found[1]), int(found[2]), int(found[3])


def with_version(text: str, version: str) -> str:
    """Write another version into a contract, and leave every other character as it is.

    Args:
        text: the contract, in YAML.
        version: the new one.

    Raises:
        Stop: the place is not found.
    """
    block = re.search(r"^info:[ \t]*(?:#.*)?\n(?:[ \t]+.*\n|[ \t]*\n|#.*\n)+", text, re.MULTILINE)
    edited = text
    if block:
        lines, count = re.subn(
            r"^(  version:[ \t]*)(['\"]?)[^\s'\"#]+\2",
            rf"\g<1>\g<2>{version}\g<2>",
            block[0],
            count=1,
            flags=re.MULTILINE,
        )
        if count:
            edited = text[: block.start()] + lines + text[block.end() :]
    if version_of(_document(edited.encode(), CONTRACT)) != version:
        raise Stop(f"{CONTRACT}: info.version cannot be found to be written; write {version} there")
    return edited


def write(path: Path, text: str) -> None:
    """Write a file whole or not at all."""
    fresh = path.with_name(f".{path.name}.new")
    fresh.write_text(text, encoding="utf-8")
    if path.exists():
        shutil.copymode(path, fresh)
    fresh.replace(path)


# --- changelog ----------------------------------------------------------------------------------


def draft(found: Found) -> dict[Section, list[str]]:
    """Compose the entries of a changelog, by section."""
    entries: dict[Section, list[str]] = {section: [] for section in SECTIONS}
    for whose, changes in (("", found.contract), ("Client: ", found.client)):
        for change in changes:
            if change.rank == "documentation" and found.rank != "documentation":
                continue  # not worth a line beside what matters
            bold = "**Breaking:** " if change.rank == "breaking" else ""
            entries[change.section].append(f"{bold}{whose}{change.text}.")
    return {section: lines for section, lines in entries.items() if lines}


def as_markdown(entries: dict[Section, list[str]]) -> str:
    """Write the sections of a changelog."""
    return "\n\n".join(
        f"### {section}\n\n" + "\n".join(_bullet(line) for line in lines)
        for section, lines in entries.items()
    )


def _bullet(line: str) -> str:
    return "- " + textwrap.fill(
        line, 98, subsequent_indent="  ", break_long_words=False, break_on_hyphens=False
    )


def with_entries(text: str, version: str, entries: dict[Section, list[str]]) -> str:
    """Put entries under the unreleased heading of a changelog; those that are there stay single.

    Args:
        text: the changelog.
        version: that the next release will have.
        entries: by section.
    """
    heading = _UNRELEASED.search(text)
    if heading is None:
        first = re.search(r"^## ", text, re.MULTILINE)
        start = first.start() if first else len(text)
        before, after = text[:start].rstrip() + "\n\n", text[start:]
        body = ""
    else:
        following = re.search(r"^## ", text[heading.end() :], re.MULTILINE)
        end = heading.end() + following.start() if following else len(text)
        before, body, after = text[: heading.start()], text[heading.end() : end], text[end:]
    present = " ".join(body.split())
    blocks = re.split(r"^(?=### )", body, flags=re.MULTILINE)
    for section, lines in entries.items():
        fresh = [_bullet(line) for line in lines if f"- {line}" not in present]
        if not fresh:
            continue
        place = next(
            (n for n, block in enumerate(blocks) if block.startswith(f"### {section}\n")), 0
        )
        if place:
            blocks[place] = blocks[place].rstrip() + "\n" + "\n".join(fresh) + "\n\n"
        else:
            blocks[-1] = blocks[-1].rstrip() + "\n\n"
            blocks.append(f"### {section}\n\n" + "\n".join(fresh) + "\n\n")
    body = "".join(blocks).strip("\n")
    return f"{before}## {version} (unreleased)\n\n{body}\n" + (f"\n{after}" if after else "")


# --- the walk -----------------------------------------------------------------------------------


class Walk:
    """One walk through a change.

    Args:
        root: the checkout.
        options: those of the command line.
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

    def __init__(self, root: Path, options: argparse.Namespace) -> None:
        self.root = root
        self.options = options
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
                return error.code if isinstance(error, Stop) else _CANNOT
            step.seconds = time.monotonic() - started
            print(f"   {step.verdict}, {step.seconds:.1f} s: {step.result}", flush=True)
            if number == 4 and self.found.rank is None:
                for rest in self.steps[4:]:
                    rest.result = "nothing changed"
                break
        self.summary()
        return self.closing()

    def make(self, targets: Sequence[str], how: str) -> str:
        """Run targets of the Makefile with the Python that runs this.

        Args:
            targets: their names.
            how: what to do when one fails.

        Raises:
            Stop: one failed.
        """
        told = (
            "ARGS",  # make hands on what stands in its own command line
            "FILES",
            "BASE_URL",
            "MEDIA_URL",
            "API_KEY",
            "MAKEFLAGS",
            "MFLAGS",
            "MAKELEVEL",
            "MAKEOVERRIDES",
        )
        environment = {
            name: value
            for name, value in os.environ.items()
            # Nothing but the reference server is meant, and nothing that `make update` was told.
            if name not in told and not name.startswith("POLLINATIONS_")
        }
        environment["PYTHONPATH"] = os.pathsep.join(
            str(self.root / folder) for folder in ("conformance", CLIENT, ".")
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
                cwd=self.root,
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
            code = _CANNOT if codes and codes[-1] == "2" else 1
            raise Stop(f"make {' '.join(targets)} failed, see above; {how}", code)
        return done.stdout

    def lint(self) -> tuple[Literal["held"], str]:
        """Check the contract's form."""
        self.make(["lint-contract"], f"correct {CONTRACT} and run it again")
        return "held", f"{CONTRACT} is well-formed"

    def generate(self) -> tuple[Literal["held"], str]:
        """Bring the client and the pages in line."""
        self.make(
            ["generate"],
            f"{CLIENT}/ is as it was; correct {CONTRACT} or generator/ and run it again",
        )
        self.make(["docs"], f"{CLIENT}/ is new already; put that right and run it again")
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
                if difference.label == label and not _version_only(difference):
                    first = difference.first
                    before, after = report.places(first)
                    print(f"   {label}: {headline(difference)}")
                    print(f"      before: {short(first.ours) or '(none)'}  [{before or '/'}]")
                    print(f"      after:  {short(first.theirs) or '(none)'}  [{after or '/'}]")
        for change in self.found.contract:
            if change.text.startswith(("Requirement ", "`x-")):
                print(f"   {change.section.lower()}: {change.text}")
        return "held", _counted(self.found.contract)

    def compare_clients(self) -> tuple[Literal["held"], str]:
        """Show what changed in the client."""
        used = roles(self.base.contract, self.contract)
        with base_client(self.root, self.base) as before:
            if isinstance(before, str):
                return "held", f"not compared: {before}"
            self.found.client = compare_clients(before, self.root / CLIENT, used)
        for change in self.found.client:
            print(f"   {change.rank}, {change.section.lower()}: {change.text}")
        if self.found.rank is None and self.base.contract.raw != self.contract.raw:
            return "held", "nothing, except the version"
        return "held", _counted(self.found.client)

    def choose_version(self) -> tuple[Literal["held", "to do"], str]:
        """Say which version the change asks for, and write it when asked to."""
        rank = self.found.rank
        assert rank is not None
        print(f"   {rank}: {self.found.reason}")
        print(f"   asks for {ASKS[rank]}")
        has, had = version_of(self.contract), version_of(self.base.contract)
        _numbers(has)
        if not self.base.released:
            return "held", f"{has} is not released yet and covers it"
        wanted = next_version(had, rank)
        if _numbers(has) >= _numbers(wanted):
            return "held", f"{has} covers it, {had} is released"
        if not self.options.bump:
            return "to do", f"raise info.version from {has} to {wanted} (--bump does it)"
        file = self.root / CONTRACT
        write(file, with_version(file.read_bytes().decode(), wanted))
        self.generate()  # the client says its version, too
        self.contract = self._read()
        return "held", f"{has} is now {wanted} in {CONTRACT}"

    def run_suite(self) -> tuple[Literal["held", "not run"], str]:
        """Run the suite."""
        if self.options.no_suite:
            return "not run", "left out by --no-suite"
        print("   running, about half a minute", flush=True)
        output = self.make(
            ["conformance"],
            "make the server, the checks or the contract agree (make conformance) and run it again",
        )
        line = re.search(r"^\d+ requirements: .*$", output, re.MULTILINE)
        return "held", line[0] if line else "every check held"

    def write_changelog(self) -> tuple[Literal["held", "to do"], str]:
        """Draft the changelog, and write it when asked to."""
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
        if self.base.commit and _ask(
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
        """Say what is left to do, or what to commit."""
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


def main(arguments: Sequence[str] | None = None, root: Path = ROOT) -> int:
    """Run the command; see the top of the file.

    Args:
        arguments: those of the command line; None for the process's own.
        root: the checkout.

    Returns:
        0 when the change is ready, 1 when it is not, 2 when it cannot be told.
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
        "--bump", action="store_true", help=f"write the version it asks for into {CONTRACT}"
    )
    parser.add_argument(
        "--write-changelog", action="store_true", help=f"write the draft into {CHANGELOG}"
    )
    parser.add_argument("--no-suite", action="store_true", help="leave the suite out")
    try:
        return Walk(root, parser.parse_args(arguments)).run()
    except Stop as error:
        print(f"Error: {' '.join(str(error).split())}", file=sys.stderr)
        return error.code
    except KeyboardInterrupt:
        print("\nStopped; run it again to go on.", file=sys.stderr)
        return 130


if __name__ == "__main__":
    raise SystemExit(main())
