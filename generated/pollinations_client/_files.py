"""Saving content: a file is written as a whole or not at all, and nothing but files is written."""

from __future__ import annotations

import os
import stat
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from os import PathLike
from pathlib import Path
from typing import BinaryIO

from .errors import ConfigurationError, shown

_KINDS = {
    stat.S_IFDIR: "a directory",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
    stat.S_IFIFO: "a pipe",
    stat.S_IFSOCK: "a socket",
}


class _Part:
    # A file under construction beside the one to write; it takes the name only when it is complete.

    def __init__(self, path: str | PathLike[str]) -> None:
        self.path, target, found = _target(path)
        self._target = target
        self._part = target.with_name(f".{target.name[:40]}.{os.urandom(6).hex()}.part")
        # A new file is created like any other, so that the user's umask decides who may read it. One that replaces
        # another must at no time be readable by more people than that.
        mode = 0o666 if found is None else 0o600
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
        self.file: BinaryIO = os.fdopen(os.open(self._part, flags, mode), "wb")
        if found is not None:
            with suppress(OSError, AttributeError):
                if (found.st_uid, found.st_gid) != (os.geteuid(), os.getegid()):
                    os.chown(self._part, found.st_uid, found.st_gid)
            with suppress(OSError):
                self._part.chmod(stat.S_IMODE(found.st_mode))

    def finish(self) -> Path:
        self.file.flush()
        os.fsync(self.file.fileno())
        self.file.close()
        self._part.replace(self._target)
        return self.path

    def abandon(self) -> None:
        with suppress(OSError):
            self.file.close()
        self._part.unlink(missing_ok=True)


def as_path(given: str | PathLike[str]) -> Path:
    """Make a path; of an enumeration's member, which text may be, its value."""
    return Path(str.__str__(given) if isinstance(given, str) else given)


def _target(given: str | PathLike[str]) -> tuple[Path, Path, os.stat_result | None]:
    # Symbolic links are followed, as every program does that writes to one: replacing it would cut off its file.
    try:
        path = as_path(given)
        found: os.stat_result | None = None
        with suppress(FileNotFoundError):
            found = path.stat()
        kind = "an open file"
        if found is not None and not stat.S_ISREG(found.st_mode):
            kind = _KINDS.get(stat.S_IFMT(found.st_mode), "no ordinary file")
        elif not _is_descriptor(path):
            return path, path.resolve() if path.is_symlink() else path, found
        problem = f"{path} is {kind}; name a file, or write the content yourself"
    except (TypeError, ValueError) as error:  # no text, or text with a NUL character
        problem = f"{shown(given)} is no path: {error}"
    raise ConfigurationError(problem)


def _is_descriptor(path: Path) -> bool:
    # Such as /dev/stdout: whoever has the file open would go on writing to the one that is replaced.
    while path.is_symlink():
        folder = path.parent.resolve()
        if folder.is_relative_to("/proc") or folder.is_relative_to("/dev/fd"):
            return True
        path = folder / path.readlink()
    return False


def save(path: str | PathLike[str], pieces: Iterator[bytes]) -> Path:
    """Write pieces to a file, all of them or nothing."""
    part = _Part(path)
    try:
        for piece in pieces:
            part.file.write(piece)
        return part.finish()
    except BaseException:
        part.abandon()
        raise


async def asave(path: str | PathLike[str], pieces: AsyncIterator[bytes]) -> Path:
    """Write pieces to a file as they arrive, all of them or nothing."""
    part = _Part(path)
    try:
        async for piece in pieces:
            part.file.write(piece)
        return part.finish()
    except BaseException:
        part.abandon()
        raise
