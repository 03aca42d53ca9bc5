"""Responses that are not JSON: binary content and text, and what their headers report."""

from __future__ import annotations

from collections.abc import Mapping
from os import PathLike
from pathlib import Path
from typing import Any

from ._files import save

_PREFIX = "x-usage-"


# Plain classes: attrs would be imported, and classes made, before the first call needs either.


class Metadata:
    """What the headers of a response report.

    Attributes:
        status_code: HTTP status as a number.
        headers: response headers, names in lower case.
    """

    __slots__ = ("headers", "status_code")

    def __init__(self, status_code: int, headers: Mapping[str, str]) -> None:
        self.status_code = status_code
        self.headers = dict(headers)

    @property
    def content_type(self) -> str:
        """Return the media type with its parameters, or "" when the service named none."""
        return self.headers.get("content-type", "")

    @property
    def content_length(self) -> int | None:
        """Return the size of the content in bytes, if the service sent it."""
        text = self.headers.get("content-length", "")
        return int(text) if text.isascii() and text.isdigit() and len(text) < 20 else None

    @property
    def content_hash(self) -> str | None:
        """Return the content hash of stored media."""
        return self.headers.get("x-content-hash")

    @property
    def request_id(self) -> str | None:
        """Return the id to quote when reporting a problem to the service."""
        return self.headers.get("x-request-id")

    @property
    def model_used(self) -> str | None:
        """Return the provider's name of the model that responded; absent on responses from the cache."""
        return self.headers.get("x-model-used")

    @property
    def cache(self) -> str | None:
        """Return `HIT` or `MISS`, or None where the service does not cache."""
        return self.headers.get("x-cache")

    @property
    def usage(self) -> dict[str, float]:
        """Return what was charged for, for example `{"completion_image_tokens": 1}`; {} on responses from the cache."""
        found: dict[str, float] = {}
        for name, text in self.headers.items():
            if name.startswith(_PREFIX):
                try:
                    found[name[len(_PREFIX) :].replace("-", "_")] = float(text)
                except ValueError:
                    continue
        return found

    def __repr__(self) -> str:
        return f"{type(self).__name__}(status_code={self.status_code}, content_type={self.content_type!r})"


class _Content:
    __slots__ = ()

    content: bytes
    metadata: Metadata

    @property
    def content_type(self) -> str:
        """Return the media type with its parameters, for example `image/jpeg` or `text/plain; charset=utf-8`."""
        return self.metadata.content_type

    @property
    def model_used(self) -> str | None:
        """Return the provider's name of the model that responded; absent on responses from the cache."""
        return self.metadata.model_used

    def save(self, path: str | PathLike[str]) -> Path:
        """Write the content to a file, all of it or nothing.

        Args:
            path: the file; one that exists is replaced and keeps its mode, and a symbolic link stays one. Only this
                path is written, whatever the headers say.

        Raises:
            ConfigurationError: there is something else than a file, such as a directory or a device.
            OSError: the file cannot be written.
        """
        return save(path, iter((self.content,)))


class Binary(_Content):
    """Content that is not text: an image, a video, audio, or any stored file.

    Attributes:
        content: the bytes.
        metadata: content type, model, usage and cache, read from the headers.
    """

    __slots__ = ("content", "metadata")

    def __init__(self, content: bytes, metadata: Metadata) -> None:
        self.content = content
        self.metadata = metadata

    def __bytes__(self) -> bytes:
        return self.content

    def __len__(self) -> int:
        return len(self.content)

    def __repr__(self) -> str:
        return f"Binary({self.content_type!r}, {len(self.content)} bytes)"


class Text(_Content, str):
    """Text of a response: a `str` that also knows the bytes and headers it came with.

    A request for text can bring something else: text models with a voice send audio. The text is then
    empty, and `content`, `content_type` and `save()` give what came.

    Attributes:
        content: the bytes.
        metadata: content type, model, usage and cache, read from the headers.
    """

    def __new__(cls, text: str, content: bytes, metadata: Metadata) -> Text:
        """Make a text of its decoded form, its bytes and its headers."""
        self = super().__new__(cls, text)
        self.content = content
        self.metadata = metadata
        return self

    def __getnewargs__(self) -> tuple[Any, ...]:
        return (str(self), self.content, self.metadata)
