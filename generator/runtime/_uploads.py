"""Request bodies that carry files: multipart forms, base64 in JSON and raw bytes, sent piece by piece."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import mimetypes
import os
import re
import secrets
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, TypeGuard, cast

from .errors import ConfigurationError
from .types import UNSET

if TYPE_CHECKING:
    from .types import FileInput

# A multiple of 3, so that base64 of the pieces is base64 of the whole.
_PIECE = 48 * 1024


class File:
    """One file to send: where its bytes come from, its name, type and, when known, its size."""

    def __init__(
        self, source: FileInput, filename: str | None = None, content_type: str | None = None
    ) -> None:
        content: Any = source
        if isinstance(source, tuple):
            parts: Sequence[Any] = source
            if len(parts) not in (2, 3):
                raise ConfigurationError(
                    "a file given as a tuple is (name, content) or (name, content, content type)"
                )
            filename = filename if filename is not None else parts[0]
            content = parts[1]
            content_type = content_type or (parts[2] if len(parts) == 3 else None)
        self.size: int | None
        self.replayable = True
        self._hash = hashlib.sha256()
        if isinstance(content, str | os.PathLike):
            path = Path(cast("str | os.PathLike[str]", content))
            if not path.is_file():
                raise ConfigurationError(
                    f"no file at {str(path)!r}; give a path, bytes or a binary file object"
                )
            self.size = path.stat().st_size
            self._open: Callable[[], IO[bytes]] = lambda: path.open("rb")
            self._owned = True
            given: str | None = path.name
        elif _is_bytes(content):
            held = bytes(content)
            self.size = len(held)
            self._open = lambda: io.BytesIO(held)
            self._owned = True
            given = None
        elif hasattr(content, "read"):
            file = cast("IO[bytes]", content)
            given = _name_of(file)
            self._owned = False
            try:
                start = file.tell()
                self.size = file.seek(0, os.SEEK_END) - start
                file.seek(start)
                self._open = lambda: _rewound(file, start)
            except (OSError, AttributeError):
                # A pipe: its length is not known and it cannot be sent twice.
                self.size = None
                self.replayable = False
                self._open = lambda: file
        else:
            raise ConfigurationError(
                f"a file is a path, bytes or a binary file object, not {type(content).__name__}"
            )
        self.name = filename or given or "file"
        self.content_type = (
            content_type or mimetypes.guess_type(self.name)[0] or "application/octet-stream"
        )
        if re.fullmatch(r"[\x20-\x7e]+", self.content_type) is None:
            raise ConfigurationError("a content type is text of visible ASCII characters")

    def pieces(self) -> Iterator[bytes]:
        """Read the file from its start, hashing on the way."""
        self._hash = hashlib.sha256()
        file = self._open()
        try:
            while piece := _full(file):
                self._hash.update(piece)
                yield piece
        finally:
            if self._owned:
                file.close()

    @property
    def sha256(self) -> str:
        """Give the hash of the bytes sent last, 64 hex digits."""
        return self._hash.hexdigest()


def _is_bytes(value: Any) -> TypeGuard[bytes]:
    return isinstance(value, bytes | bytearray | memoryview)


def _full(file: IO[bytes]) -> bytes:
    # Pipes give short reads, and base64 needs whole pieces.
    first: Any = file.read(_PIECE)
    if isinstance(first, str):
        raise ConfigurationError("the file was opened as text; open it in binary mode")
    piece: bytes = first or b""
    while piece and len(piece) < _PIECE:
        more = file.read(_PIECE - len(piece))
        if not more:
            break
        piece += more
    return piece


def _rewound(file: IO[bytes], start: int) -> IO[bytes]:
    file.seek(start)
    return file


def _name_of(file: object) -> str | None:
    name = getattr(file, "name", None)
    return Path(name).name if isinstance(name, str) else None


class Payload:
    """A body sent in pieces; it can be opened again for a retry unless it says otherwise."""

    def __init__(
        self,
        content_type: str,
        size: int | None,
        replayable: bool,
        pieces: Callable[[], Iterator[bytes]],
        file: File,
    ) -> None:
        self.content_type = content_type
        self.size = size
        self.replayable = replayable
        self.file = file
        self._pieces = pieces

    def open(self) -> Iterator[bytes]:
        """Give the bytes from the start."""
        return self._pieces()

    async def aopen(self) -> AsyncIterator[bytes]:
        """Give the bytes from the start, for an asynchronous sender."""
        for piece in self._pieces():
            yield piece


def multipart(fields: Mapping[str, Any], file_fields: Sequence[str]) -> Payload:
    """Write a `multipart/form-data` body.

    The boundary is random: no file can contain it on purpose and so add fields of its own.

    Args:
        fields: values by field name; UNSET and None are left out.
        file_fields: names of the fields that hold files.
    """
    boundary = secrets.token_hex(24)
    files: list[File] = []
    parts: list[bytes | File] = []
    for name, value in fields.items():
        if value is UNSET or value is None:
            continue
        head = f'--{boundary}\r\nContent-Disposition: form-data; name="{_quoted(name)}"'
        if name in file_fields:
            file = value if isinstance(value, File) else File(value)
            files.append(file)
            head += (
                f'; filename="{_quoted(file.name)}"\r\nContent-Type: {file.content_type}\r\n\r\n'
            )
            parts += [head.encode("utf-8", "replace"), file, b"\r\n"]
        else:
            parts.append(f"{head}\r\n\r\n{form_text(value)}\r\n".encode("utf-8", "replace"))
    parts.append(f"--{boundary}--\r\n".encode())
    if not files:
        raise ConfigurationError(f"nothing to send: {' or '.join(file_fields)} is missing")
    sizes = [part.size if isinstance(part, File) else len(part) for part in parts]
    known = [size for size in sizes if size is not None]

    def pieces() -> Iterator[bytes]:
        for part in parts:
            if isinstance(part, File):
                yield from part.pieces()
            else:
                yield part

    return Payload(
        f"multipart/form-data; boundary={boundary}",
        sum(known) if len(known) == len(sizes) else None,
        all(file.replayable for file in files),
        pieces,
        files[0],
    )


def upload(source: FileInput, filename: str | None, content_type: str | None, form: str) -> Payload:
    """Write the body of an upload.

    Args:
        source: the file.
        filename: name to store with it; its own by default.
        content_type: media type; guessed from the name by default.
        form: `multipart`, `raw` (the bytes are the body) or `json` (base64 text).

    Raises:
        ConfigurationError: the file or the form is none.
    """
    file = File(source, filename, content_type)
    if form == "multipart":
        return multipart({"file": file}, ("file",))
    if form == "raw":
        return raw(file)
    if form == "json":
        return base64_json(file, data="data", content_type="contentType", name="name")
    raise ConfigurationError(f"form must be multipart, raw or json, not {form!r}")


def raw(file: File) -> Payload:
    """Send the bytes of a file as the body."""
    return Payload(file.content_type, file.size, file.replayable, file.pieces, file)


def base64_json(file: File, *, data: str, content_type: str, name: str) -> Payload:
    """Send a file as base64 text in a JSON object.

    Args:
        file: the file.
        data: JSON name of the field for the base64 text.
        content_type: JSON name of the field for the content type.
        name: JSON name of the field for the file name.
    """
    rest = {content_type: file.content_type, name: file.name}
    head = f'{json.dumps(rest)[:-1]}, {json.dumps(data)}: "'.encode()
    tail = b'"}'

    def pieces() -> Iterator[bytes]:
        yield head
        for piece in file.pieces():
            yield base64.b64encode(piece)
        yield tail

    size = None if file.size is None else len(head) + 4 * ((file.size + 2) // 3) + len(tail)
    return Payload("application/json", size, file.replayable, pieces, file)


def form_text(value: Any) -> str:
    """Write a value as form or query text: `true`/`false`, numbers without exponent where Python allows, text as is."""
    if value is True:
        return "true"
    if value is False:
        return "false"
    return str(value)


def _quoted(name: str) -> str:
    # As browsers do it; a quote or a line break would end the parameter.
    return name.replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A")
