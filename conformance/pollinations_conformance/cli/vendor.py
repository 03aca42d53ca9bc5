"""Copy the client into another project: `pollinations-conformance vendor`."""

from __future__ import annotations

import contextlib
import ctypes
import difflib
import errno
import hashlib
import json
import keyword
import os
import shutil
import subprocess
import sys
from collections.abc import Generator, Iterator, Mapping
from pathlib import Path
from typing import Any

import click

CLIENT = "pollinations_client"
MANIFEST = "manifest.json"

_AT_FDCWD = -100
_SWAP = 2  # RENAME_EXCHANGE on Linux, RENAME_SWAP on macOS


class VendorError(click.ClickException):
    """The client cannot be copied; the text is one line with the reason and what to do."""


# --- where from, where to -----------------------------------------------------------------------


def source() -> Path:
    """Return where the client is: beside this package, or in `generated` of a checkout."""
    here = Path(__file__).resolve().parents[1]
    beside = here.parent / CLIENT
    return beside if beside.is_dir() else here.parent.parent / "generated" / CLIENT


def pristine(folder: Path) -> tuple[Mapping[str, Any], dict[str, bytes]]:
    """Read the client that is to be copied.

    Args:
        folder: its package.

    Returns:
        Its manifest, and the content of every file of a copy by its name.

    Raises:
        VendorError: it is not there, or not as it was generated.
    """
    advice = "install pollinations-contract again, or run `make generate` in a checkout"
    try:
        raw = (folder / MANIFEST).read_bytes()
        manifest = json.loads(raw)
        files = {name: (folder / name).read_bytes() for name in manifest["files"]}
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise VendorError(f"{error.filename}: cannot be read ({reason}); {advice}") from None
    except (ValueError, KeyError, TypeError):
        raise VendorError(f"{folder / MANIFEST}: is damaged; {advice}") from None
    for name, content in files.items():
        if hashlib.sha256(content).hexdigest() != manifest["files"][name]:
            raise VendorError(
                f"{folder / name}: is not what was generated, so it is not copied; {advice}"
            )
    return manifest, {**files, MANIFEST: raw}


def target(given: str, client: Path) -> Path:
    """Check where the copy is to go.

    Args:
        given: the folder that becomes the package.
        client: the package that is copied.

    Returns:
        The folder, absolute, with links in its parents resolved.

    Raises:
        VendorError: it cannot be a package, or is something that must not be replaced.
    """
    path = Path(os.path.abspath(given))  # noqa: PTH100 - resolve() would follow DEST itself
    given = printable(given)
    if path.is_symlink():
        raise VendorError(f"{given}: is a symbolic link; name the folder that it leads to")
    path = path.parent.resolve() / path.name
    if not path.name.isidentifier() or keyword.iskeyword(path.name):
        raise VendorError(
            f"{given}: {path.name!r} cannot be imported; give the folder the name of a package, "
            "such as src/app/_vendor/pollinations"
        )
    for parent in path.parents:
        if parent.exists():
            if not parent.is_dir():
                raise VendorError(f"{given}: {parent} is a file; name another folder")
            break
    if path.exists() and not path.is_dir():
        raise VendorError(f"{given}: is a file; name a folder")
    if path.name == CLIENT and any(path.parent.glob("pollinations_contract-*.dist-info")):
        raise VendorError(f"{given}: was installed by a package manager; name another folder")
    client = client.resolve()
    if path == client or client in path.parents or path in client.parents:
        raise VendorError(
            f"{given}: is, holds or lies in the client that is copied; name another folder"
        )
    if Path.cwd().resolve().is_relative_to(path):
        raise VendorError(f"{given}: is the current folder, or holds it; start from another one")
    return path


# --- what is there ------------------------------------------------------------------------------


def examine(client: Path, copy: Path, compare: bool = False) -> dict[str, Any]:
    """Let the client's doctor examine a copy; it is started, not imported.

    Args:
        client: the package whose doctor is started.
        copy: the folder it is to look at.
        compare: report as well what changes for its users with this client.

    Returns:
        What the doctor writes as JSON.

    Raises:
        VendorError: it cannot examine the copy.
    """
    command = [sys.executable, "-I", "-B", str(client / "doctor.py"), "--json", "--copy", str(copy)]
    command += ["--against", str(client)] if compare else []
    try:
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            check=False,
        )
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise VendorError(f"{sys.executable or 'Python'}: cannot be started ({reason})") from None
    if done.returncode in (0, 1):
        with contextlib.suppress(ValueError):
            found: dict[str, Any] = json.loads(done.stdout)
            return found
    said = (done.stderr.strip().splitlines() or ["the doctor gave no reason"])[-1]
    reason = said.removeprefix(f"Error: {copy}: ").partition("; ")[0]
    raise VendorError(
        f"{copy}: is not empty, and no copy that can be read ({reason}); "
        "name another folder, or move this one away first"
    )


def is_clean(about: Mapping[str, Any]) -> bool:
    """Return whether a copy is as it was generated."""
    return not (about["edited"] or about["missing"] or about["added"])


def edits(copy: Path, about: Mapping[str, Any], files: Mapping[str, bytes]) -> Iterator[str]:
    """Show how a copy was edited.

    Args:
        copy: its folder.
        about: what the doctor reports about it.
        files: this client, whose text replaces the lost one where both were generated alike.

    Yields:
        Lines: a unified diff where the generated text is known, else the name and both hashes.
    """
    expected = json.loads((copy / MANIFEST).read_bytes())["files"]
    for name in about["edited"]:
        path = copy / name
        found = path.read_bytes() if path.is_file() else b""
        ours = files.get(name, b"")
        if hashlib.sha256(ours).hexdigest() == expected[name]:
            yield from _diff(name, ours, found)
        else:
            digest = hashlib.sha256(found).hexdigest()
            yield f"edited: {name} (SHA-256 {digest[:12]}, generated {expected[name][:12]})"
    for name in about["missing"]:
        yield f"removed: {name}"
    for name in about["added"]:
        yield f"added: {printable(name)}"


def _diff(name: str, old: bytes, new: bytes) -> Iterator[str]:
    before, after = (item.decode("utf-8", "backslashreplace").splitlines() for item in (old, new))
    yield from difflib.unified_diff(
        before, after, f"generated/{name}", f"edited/{name}", lineterm=""
    )


# --- writing ------------------------------------------------------------------------------------


def exchange(one: Path, other: Path) -> bool:
    """Swap two folders in one step.

    Returns:
        False where the system cannot.

    Raises:
        OSError: it can, but not these two.
    """
    try:
        if sys.platform == "linux":
            swap = ctypes.CDLL(None, use_errno=True).renameat2
            arguments: tuple[Any, ...] = (_AT_FDCWD, bytes(one), _AT_FDCWD, bytes(other), _SWAP)
        elif sys.platform == "darwin":
            swap = ctypes.CDLL(None, use_errno=True).renamex_np
            arguments = (bytes(one), bytes(other), _SWAP)
        else:
            return False
    except (OSError, AttributeError):  # an older C library
        return False
    if swap(*arguments) == 0:
        return True
    code = ctypes.get_errno()
    if code in (errno.ENOSYS, errno.EINVAL, errno.ENOTSUP):  # an older system, or file system
        return False
    raise OSError(code, os.strerror(code), str(other))


def new_name(folder: Path) -> Path:
    """Name the folder in which a copy grows, and in which the old one is taken apart."""
    return folder.with_name(f".{folder.name}.vendoring")


def old_name(folder: Path) -> Path:
    """Name the folder that holds the old copy for a moment where folders cannot be swapped."""
    return folder.with_name(f".{folder.name}.vendoring-old")


def recover(folder: Path) -> list[str]:
    """Tidy up after a run that was killed.

    Returns:
        What was done, a sentence each.
    """
    said: list[str] = []
    name = printable(str(folder))
    if old_name(folder).is_dir() and not folder.exists():
        old_name(folder).rename(folder)
        said.append(f"Put back {name}, which a run that was killed had moved aside.")
    for leftover in (new_name(folder), old_name(folder)):
        if leftover.is_dir():
            shutil.rmtree(leftover)
            said.append(f"Removed {printable(str(leftover))}, left by a run that was killed.")
    return said


def put(folder: Path, files: Mapping[str, bytes]) -> None:
    """Write a folder, all of it or nothing; what it held before is gone.

    Args:
        folder: where it goes; its parent exists.
        files: content by name.

    Raises:
        OSError: it cannot be written; whatever was there still is.
    """
    growing, aside = new_name(folder), old_name(folder)
    try:
        growing.mkdir()
        for name, content in files.items():
            path = growing / name
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("xb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
        if not folder.exists():
            growing.rename(folder)
        elif not exchange(growing, folder):
            folder.rename(aside)
            try:
                growing.rename(folder)
            except BaseException:
                aside.rename(folder)
                raise
            shutil.rmtree(aside, ignore_errors=True)
    finally:
        # Half of the new copy, or all of the old one; what cannot be removed is named next time.
        shutil.rmtree(growing, ignore_errors=True)


def keep(folder: Path) -> Path:
    """Copy a folder to the next free backup beside it, all of it or nothing, and return where."""
    number = 1
    while os.path.lexists(backup := folder.with_name(f"{folder.name}.backup-{number}")):
        number += 1
    growing = new_name(folder)
    try:
        ignore = shutil.ignore_patterns("__pycache__")
        shutil.copytree(folder, growing, symlinks=True, ignore=ignore)
        growing.rename(backup)
    finally:
        shutil.rmtree(growing, ignore_errors=True)
    return backup


@contextlib.contextmanager
def alone(folder: Path) -> Generator[None]:
    """Keep other runs out of a folder until this one ends, however it ends.

    Raises:
        VendorError: another run is in there.
    """
    try:
        import fcntl
    except ImportError:  # Windows, where nothing keeps them out
        yield
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise VendorError(
                f"{folder}: another run is writing there; wait for it to end"
            ) from None
        except OSError:  # a file system without locks
            pass
        yield
    finally:
        os.close(descriptor)


@contextlib.contextmanager
def parents(folder: Path) -> Generator[None]:
    """Make the parents of a folder; those that were made go again when nothing came of it."""
    made = [parent for parent in folder.parents if not parent.exists()]
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        yield
    except BaseException:
        for parent in made:
            with contextlib.suppress(OSError):  # never made, or not empty: something came of it
                parent.rmdir()
        raise


# --- command ------------------------------------------------------------------------------------


@click.command("vendor")
@click.argument("dest")
@click.option("--force", is_flag=True, help="Replace an edited copy too, and keep it as a backup.")
@click.option("--check", is_flag=True, help="Write nothing; fail if DEST is not this very copy.")
def vendor_command(dest: str, force: bool, check: bool) -> int:
    """Copy the client into another project, with its manifest and licence.

    DEST is the folder that becomes the package, such as src/app/_vendor/pollinations; what it
    needs is httpx and attrs. `python -m app._vendor.pollinations.doctor` reports later what it is
    and whether it was edited.

    An older copy is replaced as a whole, and what changes for its users is listed. An edited one
    is not: the edits are shown. Whatever happens, DEST is either the old copy or the new one.

    Exit codes: 0 done, 1 not done because of edits (or, with --check, not this copy), 2 it cannot
    be done.
    """
    try:
        return _vendor(dest, force, check)
    except OSError as error:
        reason = os.strerror(error.errno) if error.errno else "a file in it cannot be copied"
        raise VendorError(
            f"{printable(dest)}: cannot be written ({reason}); what was there is as it was"
        ) from None


def printable(text: str) -> str:
    """Return a name as it is, or written out where it would spoil a line."""
    return text if text and text.isprintable() else repr(text)


def _vendor(dest: str, force: bool, check: bool) -> int:
    client = source()
    manifest, files = pristine(client)
    try:
        folder = target(dest, client)
    except ValueError:  # such as a null character
        raise VendorError(
            f"{dest!r}: is no name of a folder; name one such as src/app/_vendor/pollinations"
        ) from None
    dest = printable(dest)
    version = f"{manifest['distribution']['name']} {manifest['distribution']['version']}"
    if check:
        return _check(client, folder, dest, version)
    with parents(folder), alone(folder.parent):
        for line in recover(folder):
            click.echo(line)
        found = examine(client, folder) if _holds_something(folder) else None
        if found and is_clean(found["copy"]):
            if _same(folder, files):
                click.echo(f"{dest} is this copy of the client already: {version}.")
                return 0
            found = examine(client, folder, True)
        elif found:
            count = sum(len(found["copy"][kind]) for kind in ("edited", "missing", "added"))
            what = f"{count} file{'' if count == 1 else 's'}"
            if not force:
                for line in edits(folder, found["copy"], files):
                    click.echo(line)
                click.echo(
                    f"Error: {dest} was edited ({what}, see above); nothing was changed. "
                    "Carry the edits elsewhere, or use --force, which keeps a backup.",
                    err=True,
                )
                return 1
            backup = keep(folder)
            click.echo(f"Kept the edited copy ({what}) as {printable(str(backup))}.")
        put(folder, files)
    click.echo(f"Copied {version} to {dest}: {len(files) - 1} files and their manifest.")
    _print_changes(found, manifest)
    return 0


def _holds_something(folder: Path) -> bool:
    """Return whether a folder holds more than what running Python leaves behind."""
    return folder.exists() and any(item.name != "__pycache__" for item in folder.iterdir())


def _same(folder: Path, files: Mapping[str, bytes]) -> bool:
    """Return whether a copy that was not edited is the one at hand."""
    return (folder / MANIFEST).read_bytes().replace(b"\r\n", b"\n") == files[MANIFEST]


def _print_changes(found: Mapping[str, Any] | None, manifest: Mapping[str, Any]) -> None:
    """Print what was copied, and what that changes for users of what it replaced."""
    contract = manifest["contract"]
    click.echo(f"It speaks contract {contract['version']}, sha256 {contract['sha256']}.")
    if not found:
        return
    was = found["copy"]["contract"]
    click.echo(f"Before, it was contract {was['version']}, sha256 {was['sha256']}.")
    changes = found.get("changes")
    if changes is None:  # of an edited copy, from which anything may have been made
        return
    for breaking, word in ((True, "breaking"), (False, "compatible")):
        lines = [
            f"{change['where']}: {change['what']}"
            for change in changes
            if change["breaking"] is breaking
        ]
        if lines:
            click.echo("\n".join([f"{word} ({len(lines)})", *(f"  {line}" for line in lines)]))
    if not changes:
        click.echo("Nothing changes for users of the client.")


def _check(client: Path, folder: Path, dest: str, version: str) -> int:
    if not folder.exists():
        raise VendorError(f"{dest}: is not there; leave out --check to make it")
    found = examine(client, folder)
    if not is_clean(found["copy"]):
        click.echo(f"{dest} was edited; vendoring again shows how.")
        return 1
    if not _same(folder, pristine(client)[1]):
        click.echo(f"{dest} is another copy than {version}; vendor it again.")
        return 1
    click.echo(f"{dest} is this copy of the client: {version}.")
    return 0
