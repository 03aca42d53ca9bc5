# pyright: reportPrivateUsage=false
"""How a response becomes what a call returns: decoding, checking, errors, and reading piece by piece."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from ._body import Body, out_of_time
from ._content import Binary, Metadata, Text
from ._files import asave, save
from ._http import NOTHING_SENT, TimeoutException, TransportError
from ._json import decode, is_array
from ._model import new, read_model
from ._retries import retry_after
from .errors import (
    APIConnectionError,
    APIStatusError,
    APITimeoutError,
    ConfigurationError,
    InvalidResponseError,
    PollinationsError,
    ResponseTooLargeError,
    error_class,
    shown,
)
from .types import UNSET

if TYPE_CHECKING:
    from ._http import HTTPResponse
    from ._operation import Call, Operation
    from ._secrets import Redactor

_READ_BEFORE = "the response can be read once, and inside `with` only"


class Source(Body):
    """An open response of one call: its body, and what its errors must know.

    Args:
        response: of the HTTP library.
        call: the call that it belongs to.
        limit: the most bytes that the body may have after decompression, or None.
    """

    def __init__(self, response: HTTPResponse, call: Call, limit: int | None) -> None:
        super().__init__(response, limit, call.deadline)
        self._call = call
        self.status_code: int = response.status_code
        self.headers: dict[str, str] = dict(response.headers.items())
        self.redact: Callable[[str], str] = call.redactor.text

    @property
    def media_type(self) -> str:
        """The content type without its parameters, in lower case; "" when there is none."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()

    @property
    def is_event_stream(self) -> bool:
        """True when the body is a stream of events."""
        return self.media_type == "text/event-stream"

    def failed(self, error: Exception) -> PollinationsError:
        """Return the error of this package that stands for one that reading raised."""
        return located(translated(error, self._call.redactor), self._call)

    def locate(self, error: PollinationsError) -> None:
        """Note in an error which call it belongs to."""
        located(error, self._call)


def located(error: PollinationsError, call: Call) -> PollinationsError:
    """Note in an error which method was called and what was requested, without query and key."""
    if not error.call:
        error.call = call.operation.name
    if not error.request:
        url = call.redactor.text(str(call.url).partition("?")[0])
        url = url if len(url) <= 150 else f"{url[:150]}…"
        error.request = f"{call.operation.method} {url}"
    return error


def translated(error: Exception, redactor: Redactor) -> PollinationsError:
    """Turn any error on the way into one of this package.

    The traceback of the original holds headers, so it is not chained.
    """
    if isinstance(error, PollinationsError):
        return error
    kind = type(error).__name__
    failure: PollinationsError
    if isinstance(error, TimeoutException):
        failure = APITimeoutError(
            f"no response in time ({kind}); give a longer timeout if the work takes so long"
        )
        failure.nothing_sent = isinstance(error, NOTHING_SENT)
    elif isinstance(error, TimeoutError):
        failure = out_of_time()
    elif isinstance(error, RuntimeError) and not isinstance(error, TransportError):
        # Raised by the HTTP library and the event loop where a client is used in a way that cannot work.
        text = redactor.text(str(error))
        if "closed" in text or "loop" in text:
            failure = ConfigurationError(
                f"the HTTP client cannot be used: {text}; it is closed, or belongs to another event loop"
            )
        else:
            failure = APIConnectionError(f"{kind}: {text}")
    else:
        failure = APIConnectionError(redactor.text(f"{kind}: {error}".rstrip(": ")))
        failure.nothing_sent = isinstance(error, NOTHING_SENT)
    return failure


class Reply:
    """A response that was read to its end.

    Args:
        source: where it came from.
        content: body, decompressed.
        call: the call that it belongs to.
    """

    def __init__(self, source: Source, content: bytes, call: Call) -> None:
        self.status_code = source.status_code
        self.headers = source.headers
        self.media_type = source.media_type
        self.content = content
        self.call = call

    def error(self) -> APIStatusError:
        """Return the error for an error status."""
        redactor = self.call.redactor
        headers = redactor.headers(self.headers)
        return error_class(self.status_code)(
            status_code=self.status_code,
            headers=headers,
            body=redactor.bytes(self.content),
            retry_after=retry_after(headers),
        )

    def invalid(self, message: str) -> InvalidResponseError:
        """Return the error for a success response that is not what the contract describes."""
        redactor = self.call.redactor
        return InvalidResponseError(
            redactor.text(message),
            status_code=self.status_code,
            headers=redactor.headers(self.headers),
            body=redactor.bytes(self.content),
        )

    def result(self) -> Any:
        """Return what a success response stands for.

        Raises:
            InvalidResponseError: it is not of a kind that the contract knows.
        """
        operation = self.call.operation
        kind = operation.answer
        media = self.media_type
        if kind == "json" or kind == "list":
            if media == "application/json" or not media:
                return self._json(operation)
            if operation.textual and media.startswith("text/") and _accepted(operation, media):
                return self._text()
            if media.endswith("+json"):
                return self._json(operation)
            raise self.invalid(f"JSON was expected, the service sent {media!r}")
        if kind == "head":
            return self.metadata
        if not _accepted(operation, media):
            raise self.invalid(
                f"{operation.accept} was expected, the service sent {media or 'no content type'!r}"
            )
        if kind == "text":
            return self._text()
        return Binary(self.content, self.metadata)

    @property
    def metadata(self) -> Metadata:
        """Status and headers."""
        return Metadata(self.status_code, self.headers)

    def _text(self) -> Text:
        media = self.media_type
        # No content type is read as text; audio and images have no text.
        readable = not media or media.startswith("text/") or media.endswith("json")
        text = self.content.decode("utf-8", "replace") if readable else ""
        return Text(text, self.content, self.metadata)

    def _json(self, operation: Operation) -> Any:
        data: Any = UNSET
        problem = "the response is not JSON"
        try:
            data = decode(self.content)
        except json.JSONDecodeError:
            pass
        except ValueError as error:
            problem = f"{problem} that can be read: {error}"
        model = operation.response
        if model is not None:
            if operation.answer == "list":
                if is_array(data):
                    return [read_model(item, model) for item in data]
            elif type(data) is dict:
                for name in model._needed:
                    if name not in data:
                        raise self.invalid(f"the response has no {name!r}")
                return new(model)._decode(data)
        elif data is not UNSET:
            return data
        if data is UNSET:
            raise self.invalid(problem)
        expected = "an array" if operation.answer == "list" else "an object"
        raise self.invalid(f"the response is {_kind(data)}, not {expected}")


def _accepted(operation: Operation, media: str) -> bool:
    for pattern in operation.accepts:
        if (
            pattern == media
            or pattern == "*/*"
            or (pattern[-2:] == "/*" and media.startswith(pattern[:-1]))
        ):
            return True
        # Any audio where the contract names audio, any image where it names images: formats come and go.
        kind = pattern.partition("/")[0]
        if kind in ("image", "audio", "video") and media.partition("/")[0] in (
            "image",
            "audio",
            "video",
        ):
            return True
    return not media and operation.answer == "text"


def _kind(value: Any) -> str:
    names: dict[type, str] = {
        dict: "an object",
        list: "an array",
        str: "a string",
        bool: "a boolean",
    }
    return "null" if value is None else names.get(cast("Any", type(value)), "a number")


# -- reading piece by piece ----------------------------------------------------------------------------


class _Once:
    # What may be read once, and until it is closed.

    def __init__(self, source: Source, limit: int | None) -> None:
        self._source = source
        self._limit = limit
        self._begun = False
        self.metadata = Metadata(source.status_code, source.headers)

    def _begin(self) -> None:
        if self._begun:
            error = ConfigurationError(_READ_BEFORE)
            self._source.locate(error)
            raise error
        self._begun = True

    def _check(self, size: int) -> None:
        if self._limit is not None and size > self._limit:
            error = ResponseTooLargeError(self._limit)
            self._source.locate(error)
            raise error

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.metadata!r})"


class StreamedResponse(_Once):
    """A response whose body is read piece by piece and never held as a whole. Use it in `with`.

    Attributes:
        metadata: status and headers.
    """

    def __enter__(self) -> StreamedResponse:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def iter_bytes(self, chunk_size: int | None = None) -> Iterator[bytes]:
        """Read the body.

        Args:
            chunk_size: size of the pieces in bytes; as they arrive by default.

        Raises:
            APIConnectionError: the response broke off.
            ConfigurationError: it was read already, or the block was left.
        """
        _check_size(chunk_size)
        self._begin()
        problem: PollinationsError | None = None
        rest = bytearray()
        try:
            for piece in self._source.pieces():
                if chunk_size is None:
                    yield piece
                else:
                    rest += piece
                    yield from _cut(rest, chunk_size)
        except Exception as error:
            problem = self._source.failed(error)
        if problem is not None:
            raise problem
        if rest:
            yield bytes(rest)

    def read(self) -> bytes:
        """Read the whole body.

        Raises:
            ResponseTooLargeError: it is larger than `max_response_bytes`.
        """
        found: list[bytes] = []
        size = 0
        for piece in self.iter_bytes():
            size += len(piece)
            self._check(size)
            found.append(piece)
        return b"".join(found)

    def save(self, path: str | PathLike[str]) -> Path:
        """Write the body to a file as it arrives, all of it or nothing.

        Args:
            path: the file; one that exists is replaced and keeps its mode. Only this path is written, whatever the
                headers say.
        """
        return save(path, self.iter_bytes())

    def close(self) -> None:
        """Close the connection."""
        self._begun = True
        self._source.close()


class AsyncStreamedResponse(_Once):
    """A response whose body is read piece by piece and never held as a whole. Use it in `async with`.

    Attributes:
        metadata: status and headers.
    """

    async def iter_bytes(self, chunk_size: int | None = None) -> AsyncIterator[bytes]:
        """Read the body; see `StreamedResponse.iter_bytes`."""
        _check_size(chunk_size)
        self._begin()
        problem: PollinationsError | None = None
        rest = bytearray()
        try:
            async for piece in self._source.apieces():
                if chunk_size is None:
                    yield piece
                else:
                    rest += piece
                    for cut in _cut(rest, chunk_size):
                        yield cut
        except Exception as error:
            problem = self._source.failed(error)
        if problem is not None:
            raise problem
        if rest:
            yield bytes(rest)

    async def read(self) -> bytes:
        """Read the whole body; see `StreamedResponse.read`."""
        found: list[bytes] = []
        size = 0
        async for piece in self.iter_bytes():
            size += len(piece)
            self._check(size)
            found.append(piece)
        return b"".join(found)

    async def save(self, path: str | PathLike[str]) -> Path:
        """Write the body to a file as it arrives, all of it or nothing; see `StreamedResponse.save`."""
        return await asave(path, self.iter_bytes())

    async def close(self) -> None:
        """Close the connection."""
        self._begun = True
        await self._source.aclose()


def _check_size(chunk_size: Any) -> None:
    if chunk_size is not None and (type(chunk_size) is not int or chunk_size < 1):
        raise ConfigurationError(
            f"chunk_size is a positive number of bytes, not {shown(chunk_size)}"
        )


def _cut(rest: bytearray, size: int) -> Iterator[bytes]:
    start = 0
    while len(rest) - start >= size:
        yield bytes(rest[start : start + size])
        start += size
    del rest[:start]


class Opening:
    """A call about to be made; `async with` makes it and gives the response to read piece by piece."""

    def __init__(self, waiting: Coroutine[Any, Any, Any]) -> None:
        self._waiting: Coroutine[Any, Any, Any] | None = waiting
        self._opened: AsyncStreamedResponse | None = None

    async def __aenter__(self) -> AsyncStreamedResponse:
        waiting, self._waiting = self._waiting, None
        if waiting is None:
            raise ConfigurationError(_READ_BEFORE)
        self._opened = opened = cast("AsyncStreamedResponse", await waiting)
        return opened

    async def __aexit__(self, *_: object) -> None:
        if self._opened is not None:
            await self._opened.close()
