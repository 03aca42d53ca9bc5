"""The contract and the client of an earlier revision, to compare the work with."""

from __future__ import annotations

import contextlib
import io
import re
import subprocess
import tarfile
import tempfile
from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path

from generator.generate import GenerationError, generate
from pollinations_conformance.drift.document import Document, DriftError
from pollinations_conformance.drift.read import parse
from pollinations_conformance.http.json import as_object

CONTRACT = "openapi.yaml"
CLIENT = "generated"
CANNOT = 2


class Stop(Exception):
    """The end of the walk: one line: why, and how to go on, and the exit code."""

    def __init__(self, message: str, code: int = CANNOT) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True, slots=True)
class Base:
    """What the work is compared with.

    Attributes:
        name: for people.
        commit: its commit in git; "" for a file.
        contract: the document.
        raw: its bytes.
        released: whether its version was published, so that a change needs another one.
    """

    name: str
    commit: str
    contract: Document
    raw: bytes
    released: bool


def git(root: Path, *arguments: str) -> bytes:
    """Run git, by a command that changes nothing.

    Raises:
        Stop: git is not installed, or fails.
    """
    try:
        done = subprocess.run(
            ["git", "-C", str(root), *arguments], capture_output=True, check=False
        )
    except OSError:
        raise Stop("git is not installed; install it, or name a file: --base FILE") from None
    if done.returncode:
        reason = " ".join(done.stderr.decode(errors="replace").split())
        raise Stop(reason.removeprefix("fatal: ") or f"git {arguments[0]} failed")
    return done.stdout


def try_git(root: Path, *arguments: str) -> str:
    """Run git for what may not exist; "" when it does not."""
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
    if name and (Path(name).is_file() or not try_git(root, "rev-parse", "--git-dir")):
        try:
            raw = Path(name).read_bytes()
        except OSError as error:
            raise Stop(f"--base {name}: cannot be read ({error.strerror}); name a file") from None
        return Base(name, "", parse_contract(raw, name), raw, released=True)
    if not try_git(root, "rev-parse", "--git-dir"):
        raise Stop(
            f"{root} is not in a git repository; run it in a clone, or name a file: --base FILE"
        )
    tags = try_git(root, "tag", "--list", "--merged", "HEAD", "--sort=-version:refname").split()
    releases = [tag for tag in tags if re.fullmatch(r"v?\d+\.\d+\.\d+", tag)]
    wanted = name or next(iter(releases), "HEAD")
    commit = try_git(root, "rev-parse", "--verify", "--quiet", f"{wanted}^{{commit}}")
    shallow = try_git(root, "rev-parse", "--is-shallow-repository") == "true"
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
    document = parse_contract(raw, f"{wanted}:{CONTRACT}")
    version = version_of(document)
    known = try_git(root, "tag", "--list", f"v{version}", version)
    return Base(shown, commit, document, raw, released=bool(known))


def parse_contract(raw: bytes, name: str) -> Document:
    """Parse a contract.

    Raises:
        Stop: it cannot be compared.
    """
    try:
        return Document(parse(raw, name), name)
    except DriftError as error:
        raise Stop(str(error)) from None


def version_of(document: Document) -> str:
    """Return `info.version` of a contract."""
    return str(as_object(document.raw.get("info")).get("version", ""))


@contextlib.contextmanager
def base_client(root: Path, base: Base) -> Generator[Path | str]:
    """Lay out the client of the base in a folder of its own; a text: why there is none."""
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
        elif not try_git(root, "cat-file", "-t", f"{base.commit}:./{CLIENT}"):
            yield f"{base.name} has no {CLIENT}/"
            return
        else:
            packed = git(root, "archive", "--format=tar", base.commit, CLIENT)
            with tarfile.open(fileobj=io.BytesIO(packed)) as archive:
                archive.extractall(scratch, filter="data")
        yield folder
