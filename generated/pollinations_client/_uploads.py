"""Request bodies that carry files: multipart forms, base64 in JSON and raw bytes, sent piece by piece."""

from __future__ import annotations

import base64
import hashlib
import inspect
import io
import json
import mimetypes
import os
import re
import secrets
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, TypeGuard, cast

from ._files import as_path
from ._requests import repeated, text_of
from .errors import ConfigurationError, printable, shown
from .types import UNSET

if TYPE_CHECKING:
    from .types import FileInput

# A multiple of 3, so that base64 of the pieces is base64 of the whole.
_PIECE = 48 * 1024
_MADE_UP = 64 << 20
"""The most bytes read from a file whose size is given as 0."""


class File:
    """One file to send: where its bytes come from, its name, type and, when known, its size.

    A file that grows while it is sent is sent up to the size that it had; one that shrinks is an error.
    """

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
        self.size: int | None = None
        self.replayable = True
        self._hash = hashlib.sha256()
        self._owned = False
        self._open: Callable[[], Any]
        given: str | None = None
        given_type: str | None = None
        if isinstance(content, str | os.PathLike):
            given = self._take_path(cast("str | os.PathLike[str]", content))
        elif _is_bytes(content):
            self._take_bytes(bytes(content))
        elif hasattr(content, "read"):
            given, given_type = _described(content)
            inner: Any = getattr(content, "file", None)
            if _is_async(content) and hasattr(inner, "read") and not _is_async(inner):
                content = inner  # a framework's upload, around an ordinary file
            self._take_object(content)
        else:
            raise ConfigurationError(
                f"a file is a path, bytes or a binary file object, not {type(content).__name__}"
            )
        self.name = _checked("a file name", filename) or given or "file"
        self.content_type = (
            _checked("a content type", content_type)
            or given_type
            or media_type(self.name)
            or "application/octet-stream"
        )
        if re.fullmatch(r"[\x20-\x7e]+", self.content_type) is None:
            raise ConfigurationError("a content type is text of visible ASCII characters")

    def _take_bytes(self, held: bytes) -> None:
        self.size = len(held)
        self._owned = True
        self._open = lambda: io.BytesIO(held)

    def _take_path(self, content: str | os.PathLike[str]) -> str:
        problem = ""
        path = Path()
        try:
            path = as_path(content)
            if not path.is_file():
                problem = f"no file at {str(path)!r}; give a path, bytes or a binary file object"
            elif path.stat().st_size:
                self.size = path.stat().st_size
                self._owned = True
                self._open = lambda: path.open("rb")
            else:
                # Empty, or a file that the system makes up while it is read.
                with path.open("rb") as file:
                    self._take_bytes(file.read(_MADE_UP))
        except (OSError, ValueError, TypeError) as error:
            problem = f"the file cannot be read: {error}"
        if problem:
            raise ConfigurationError(problem)
        return path.name

    def _take_object(self, file: Any) -> None:
        self._open = lambda: file
        try:
            if _is_async(file):
                raise OSError
            start = file.tell()
            file.seek(0, os.SEEK_END)  # which returns nothing in some readers
            self.size = max(0, file.tell() - start)
            file.seek(start)
            self._open = lambda: _rewound(file, start)
        except Exception:
            # A pipe, or a reader of somebody's own: its length is not known and it cannot be sent twice.
            self.size = None
            self.replayable = False
            self._open = lambda: file

    def pieces(self) -> Iterator[bytes]:
        """Read the file from its start, hashing on the way.

        Raises:
            ConfigurationError: it cannot be read, or is shorter than it was.
        """
        left = self.size
        file = self._opened()
        try:
            while piece := _full(file, _PIECE if left is None else min(_PIECE, left)):
                left = None if left is None else left - len(piece)
                self._hash.update(piece)
                yield piece
        finally:
            if self._owned:
                file.close()
        self._check(left)

    async def apieces(self) -> AsyncIterator[bytes]:
        """Read the file like `pieces`; its `read` may be a coroutine."""
        left = self.size
        file = self._opened()
        try:
            while piece := await _afull(file, _PIECE if left is None else min(_PIECE, left)):
                left = None if left is None else left - len(piece)
                self._hash.update(piece)
                yield piece
        finally:
            if self._owned:
                file.close()
        self._check(left)

    def _opened(self) -> Any:
        self._hash = hashlib.sha256()
        try:
            return self._open()
        except Exception as error:
            problem = str(error) or type(error).__name__
        raise ConfigurationError(f"the file {self.name!r} cannot be read: {problem}")

    def _check(self, left: int | None) -> None:
        if left:
            raise ConfigurationError(
                f"the file {self.name!r} ended {left} bytes before its size; it was changed while it was sent"
            )

    @property
    def sha256(self) -> str:
        """Return the hash of the bytes sent last, 64 hex digits."""
        return self._hash.hexdigest()


def _is_bytes(value: Any) -> TypeGuard[bytes]:
    return isinstance(value, bytes | bytearray | memoryview)


def _is_async(file: Any) -> bool:
    return inspect.iscoroutinefunction(getattr(file, "read", None))


def _checked(what: str, value: Any) -> str | None:
    if value is None:
        return None
    if not isinstance(value, str):
        raise ConfigurationError(f"{what} is text, not {type(value).__name__}")
    return str.__str__(value)


def _full(file: Any, size: int) -> bytes:
    # Pipes give short reads, and base64 needs whole pieces.
    from ._http import capped

    pieces: list[bytes] = []
    while size and (piece := _binary(_read(file, size), size)):
        capped(None)  # the total time counts for slow files as well
        pieces.append(piece)
        size -= len(piece)
    return b"".join(pieces)


async def _afull(file: Any, size: int) -> bytes:
    pieces: list[bytes] = []
    while size:
        found = _read(file, size)
        if inspect.isawaitable(found):
            found = await _awaited(found)
        piece = _binary(found, size)
        if not piece:
            break
        pieces.append(piece)
        size -= len(piece)
    return b"".join(pieces)


def _read(file: Any, size: int) -> Any:
    try:
        return file.read(size)
    except Exception as error:
        problem = str(error) or type(error).__name__
    raise ConfigurationError(f"the file cannot be read: {problem}")


async def _awaited(found: Any) -> Any:
    try:
        return await found
    except Exception as error:
        problem = str(error) or type(error).__name__
    raise ConfigurationError(f"the file cannot be read: {problem}")


def _binary(piece: Any, size: int) -> bytes:
    if inspect.isawaitable(piece):
        close = getattr(piece, "close", None)
        if callable(close):
            close()
        raise ConfigurationError(
            "the file is read with await; use AsyncPollinations, or give its bytes"
        )
    if isinstance(piece, str):
        raise ConfigurationError("the file was opened as text; open it in binary mode")
    if piece is None or _is_bytes(piece):
        found = bytes(piece or b"")
        if len(found) > size:
            raise ConfigurationError(
                "the file gives more bytes than `read` was called for; give its bytes"
            )
        return found
    raise ConfigurationError(f"the file gives {type(piece).__name__} instead of bytes")


def _rewound(file: IO[bytes], start: int) -> IO[bytes]:
    file.seek(start)
    return file


def _described(file: object) -> tuple[str | None, str | None]:
    # A file of the system has a name, an upload of a web framework has a file name and a content type.
    # Python's own readers may have both, one of which warns.
    name: object = None if isinstance(file, io.IOBase) else getattr(file, "filename", None)
    name = name or getattr(file, "name", None)
    kind: object = getattr(file, "content_type", None)
    return (
        Path(name).name if isinstance(name, str) else None,
        kind if isinstance(kind, str) else None,
    )


class Payload:
    """A body sent in pieces; it can be opened again for a retry where it is replayable."""

    def __init__(
        self,
        content_type: str,
        size: int | None,
        replayable: bool,
        parts: Sequence[bytes | File],
        file: File,
        encode: Callable[[bytes], bytes] = bytes,
    ) -> None:
        self.content_type = content_type
        self.size = size
        self.replayable = replayable
        self.file = file
        self._parts = parts
        self._encode = encode

    def open(self) -> Iterator[bytes]:
        """Return the bytes from the start."""
        for part in self._parts:
            if isinstance(part, File):
                for piece in part.pieces():
                    yield self._encode(piece)
            else:
                yield part

    async def aopen(self) -> AsyncIterator[bytes]:
        """Return the bytes from the start, for an asynchronous sender."""
        for part in self._parts:
            if isinstance(part, File):
                async for piece in part.apieces():
                    yield self._encode(piece)
            else:
                yield part


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
            parts += [_utf8(name, head), file, b"\r\n"]
        else:
            for item in repeated(value):
                parts.append(_utf8(name, f"{head}\r\n\r\n{text_of(name, item)}\r\n"))
    parts.append(f"--{boundary}--\r\n".encode())
    if not files:
        raise ConfigurationError(f"nothing to send: {' or '.join(file_fields)} is missing")
    sizes = [part.size if isinstance(part, File) else len(part) for part in parts]
    known = [size for size in sizes if size is not None]
    return Payload(
        f"multipart/form-data; boundary={boundary}",
        sum(known) if len(known) == len(sizes) else None,
        all(file.replayable for file in files),
        parts,
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
    raise ConfigurationError(f"form must be multipart, raw or json, not {shown(form)}")


def raw(file: File) -> Payload:
    """Send the bytes of a file as the body."""
    return Payload(file.content_type, file.size, file.replayable, (file,), file)


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
    size = None if file.size is None else len(head) + 4 * ((file.size + 2) // 3) + len(tail)
    return Payload(
        "application/json", size, file.replayable, (head, file, tail), file, base64.b64encode
    )


def _utf8(name: str, text: str) -> bytes:
    try:
        return text.encode()
    except UnicodeEncodeError:
        pass
    raise ConfigurationError(f"{printable(name)} holds a lone surrogate, which is not text")


def _quoted(name: str) -> str:
    # As browsers do it; a quote or a line break would end the parameter.
    return name.replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A")


def media_type(name: str) -> str | None:
    """Return the media type that a file name stands for, or None."""
    found = _MEDIA_TYPES.get(Path(name).suffix.lower())
    return found or mimetypes.guess_type(name)[0]


# What the service takes: Python knows only some of them, and the tables of machines differ.
_MEDIA_TYPES = {
    ".aac": "audio/aac",
    ".aif": "audio/aiff",
    ".aiff": "audio/aiff",
    ".avi": "video/x-msvideo",
    ".avif": "image/avif",
    ".bmp": "image/bmp",
    ".flac": "audio/flac",
    ".gif": "image/gif",
    ".heic": "image/heic",
    ".heif": "image/heif",
    ".ico": "image/x-icon",
    ".jfif": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".jpg": "image/jpeg",
    ".jxl": "image/jxl",
    ".m4a": "audio/mp4",
    ".m4v": "video/mp4",
    ".mid": "audio/midi",
    ".midi": "audio/midi",
    ".mkv": "video/x-matroska",
    ".mov": "video/quicktime",
    ".mp3": "audio/mpeg",
    ".mp4": "video/mp4",
    ".mpeg": "video/mpeg",
    ".mpg": "video/mpeg",
    ".mpga": "audio/mpeg",
    ".oga": "audio/ogg",
    ".ogg": "audio/ogg",
    ".ogv": "video/ogg",
    ".opus": "audio/ogg",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".tif": "image/tiff",
    ".tiff": "image/tiff",
    ".wav": "audio/wav",
    ".weba": "audio/webm",
    ".webm": "video/webm",
    ".webp": "image/webp",
    ".wma": "audio/x-ms-wma",
    ".wmv": "video/x-ms-wmv",
    ".3gp": "video/3gpp",
}
