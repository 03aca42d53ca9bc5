"""Small types shared by every module of the client: the "not given" mark, file inputs, and a detailed response."""

from __future__ import annotations

from os import PathLike
from typing import IO, Final, Generic, TypeAlias, TypeVar, final

T_co = TypeVar("T_co", covariant=True)


@final
class Unset:
    """The type of UNSET, which marks an argument that was not given and is therefore not sent."""

    __slots__ = ()

    def __bool__(self) -> bool:
        return False

    def __repr__(self) -> str:
        return "UNSET"

    def __reduce__(self) -> str:
        # By name: a copied or unpickled UNSET must stay the one object that `is UNSET` looks for.
        return "UNSET"


UNSET: Final = Unset()

FileContent: TypeAlias = "str | PathLike[str] | bytes | bytearray | memoryview | IO[bytes]"
"""A path (text or PathLike), the bytes themselves, or a file object opened in binary mode."""

FileInput: TypeAlias = (
    "FileContent | tuple[str | None, FileContent] | tuple[str | None, FileContent, str | None]"
)
"""File content alone, or with a file name and a content type: ``(name, content, content_type)``."""


# A plain class: this module is imported with the client, and attrs would take half as long again as all of it.
class Response(Generic[T_co]):
    """A whole response: what was parsed, and the status, headers and bytes it came from.

    Attributes:
        status_code: HTTP status as a number.
        headers: response headers, names in lower case.
        content: body bytes; empty for an event stream that is still open.
        parsed: what the plain call would have returned.
    """

    __slots__ = ("content", "headers", "parsed", "status_code")

    def __init__(
        self, *, status_code: int, headers: dict[str, str], content: bytes, parsed: T_co
    ) -> None:
        self.status_code = status_code
        self.headers = headers
        self.content = content
        self.parsed = parsed

    @property
    def request_id(self) -> str | None:
        """Return the id to quote when reporting a problem to the service."""
        return self.headers.get("x-request-id")

    @property
    def text(self) -> str:
        """Decode the body as UTF-8; undecodable bytes are replaced."""
        return self.content.decode("utf-8", "replace")

    def parse(self) -> T_co:
        """Return what the plain call would have returned."""
        return self.parsed

    def __repr__(self) -> str:
        return f"Response(status_code={self.status_code}, request_id={self.request_id!r}, {len(self.content)} bytes)"
