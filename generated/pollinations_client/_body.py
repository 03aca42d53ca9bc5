"""Reading the body of a response: decompressed in small pieces, up to a limit, and known to be whole at its end."""

from __future__ import annotations

import os
import time
import zlib
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from ._http import fail_after, interrupt, until
from .errors import APIConnectionError, APITimeoutError, ConfigurationError, ResponseTooLargeError

if TYPE_CHECKING:
    from ._http import HTTPResponse

_PIECE = 64 * 1024
"""The most bytes that are decompressed in one step: a few bytes can stand for gigabytes."""
_MOST_LAYERS = 3
_UNREADABLE = frozenset({"br", "compress", "dcb", "dcz", "x-compress", "zstd"})
"""Registered encodings that were not requested. Others, which are none, are those of files as they were stored."""


_FORKED = "the response was opened before this process was forked off; make the call again in this process"


class _Forks:
    # How many forks lead to this process: its id would have to be asked for, of the system, with each piece.

    count = 0


def _forked() -> None:
    _Forks.count += 1


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forked)


class _Gzip:
    # One gzip file, or several one after the other.

    def __init__(self) -> None:
        self._inflate = zlib.decompressobj(zlib.MAX_WBITS | 16)
        self._ended = False

    def feed(self, data: bytes) -> Iterator[bytes]:
        while data and not self._ended:
            if self._inflate.eof:
                if data.lstrip(b"\0")[:1] != b"\x1f":
                    self._ended = bool(data.lstrip(b"\0"))  # whatever follows belongs to nothing
                    return
                data = data.lstrip(b"\0")
                self._inflate = zlib.decompressobj(zlib.MAX_WBITS | 16)
            yield from _inflated(self._inflate, data)
            data = self._inflate.unused_data

    def whole(self) -> bool:
        return self._inflate.eof


class _Deflate:
    # With the header that belongs there, or without it, as some servers send it.

    def __init__(self) -> None:
        self._start = b""
        self._inflate: Any = None

    def feed(self, data: bytes) -> Iterator[bytes]:
        if self._inflate is None:
            self._start += data
            if len(self._start) < 2:
                return
            data = self._start
            headed = data[0] & 15 == 8 and (data[0] << 8 | data[1]) % 31 == 0
            self._inflate = zlib.decompressobj(zlib.MAX_WBITS if headed else -zlib.MAX_WBITS)
        yield from _inflated(self._inflate, data)

    def whole(self) -> bool:
        return self._inflate is not None and bool(self._inflate.eof)


def _inflated(inflate: Any, data: bytes) -> Iterator[bytes]:
    while data and not inflate.eof:
        piece = inflate.decompress(data, _PIECE)
        data = inflate.unconsumed_tail
        if piece:
            yield piece
        elif not data:
            return
    # What fits into no further piece of input may still wait to be put out.
    while not inflate.eof and (piece := inflate.decompress(b"", _PIECE)):
        yield piece


class Unpacker:
    """Decompresses a body, counts it, and knows whether it is whole.

    Args:
        encodings: value of Content-Encoding.
        limit: the most bytes that may come out, or None.

    Raises:
        APIConnectionError: the body is compressed in a way that was not requested.
    """

    def __init__(self, encodings: str, limit: int | None) -> None:
        self.limit = limit
        self.received = 0
        self._layers: list[_Gzip | _Deflate] = []
        for name in reversed(encodings.lower().split(",")):
            name = name.strip()
            if name in ("gzip", "x-gzip"):
                self._layers.append(_Gzip())
            elif name == "deflate":
                self._layers.append(_Deflate())
            elif name in _UNREADABLE:
                raise APIConnectionError(
                    f"the service sent content encoding {name!r}, which was not requested"
                )
        if len(self._layers) > _MOST_LAYERS:
            raise APIConnectionError(f"the response is compressed {len(self._layers)} times")
        self.plain = not self._layers
        """True when the body is not compressed, so that its pieces are only to be counted."""

    def feed(self, data: bytes) -> Iterable[bytes]:
        """Return the pieces that some bytes of the body stand for.

        Raises:
            ResponseTooLargeError: the limit is exceeded.
            APIConnectionError: the bytes cannot be decompressed.
        """
        if not self.plain:
            return self._unpacked(data)
        return (self.counted(data),) if data else ()

    def _unpacked(self, data: bytes) -> Iterator[bytes]:
        problem = ""
        try:
            for piece in self._through(0, data):
                yield self.counted(piece)
        except zlib.error as error:
            problem = f"the response cannot be decompressed: {error}"
        if problem:
            raise APIConnectionError(problem)

    def _through(self, layer: int, data: bytes) -> Iterator[bytes]:
        if layer == len(self._layers):
            yield data
            return
        for piece in self._layers[layer].feed(data):
            yield from self._through(layer + 1, piece)

    def counted(self, piece: bytes) -> bytes:
        """Count a piece of the decompressed body, and return it."""
        self.received += len(piece)
        if self.limit is not None and self.received > self.limit:
            raise ResponseTooLargeError(self.limit)
        return piece

    def finish(self) -> None:
        """Check that the body has ended where its compression ends.

        Raises:
            APIConnectionError: it has not: something is missing.
        """
        if not all(layer.whole() for layer in self._layers):
            raise APIConnectionError(
                f"the response broke off after {self.received} bytes: its compressed data has no end"
            )


def check_time(deadline: float | None) -> None:
    """Raise APITimeoutError if a deadline on the monotonic clock has passed."""
    if deadline is not None and time.monotonic() >= deadline:
        raise out_of_time()


def out_of_time() -> APITimeoutError:
    """Return the error for a call that did not end within its total time."""
    return APITimeoutError(
        "the call did not end within its total time; give it more, or less to do"
    )


class Body:
    """The body of an open response. Only the process that opened it reads it: what one process reads, another misses.

    Args:
        response: of the HTTP library, open.
        limit: the most bytes that may come out, or None.
        deadline: on the monotonic clock, or None.
    """

    def __init__(self, response: HTTPResponse, limit: int | None, deadline: float | None) -> None:
        self._response = response
        self._limit = limit
        self._deadline = deadline
        self._forks = _Forks.count
        self._reading = False
        """True while a thread waits for the next bytes."""

    def pieces(self) -> Iterator[bytes]:
        """Read the body to its end and close the response.

        Raises:
            PollinationsError: it is not whole, too large, or late. Errors of the HTTP library pass through.
        """
        deadline = self._deadline
        try:
            raw, encodings = _raw(self._response)
            unpacker = Unpacker(encodings, self._limit)
            feed = unpacker.feed
            stream = iter(raw)
            while True:
                if self._forks != _Forks.count:
                    raise ConfigurationError(_FORKED)
                self._reading = True
                if deadline is None:
                    data = next(stream, None)
                else:
                    check_time(deadline)
                    with until(deadline):
                        data = next(stream, None)
                self._reading = False
                if data is None:
                    break
                if unpacker.plain and data:
                    yield unpacker.counted(data)  # often a few bytes only
                else:
                    yield from feed(data)
            unpacker.finish()
        finally:
            self.close()

    async def apieces(self) -> AsyncIterator[bytes]:
        """Read the body to its end and close the response; see `pieces`."""
        deadline = self._deadline
        try:
            raw, encodings = _raw(self._response)
            unpacker = Unpacker(encodings, self._limit)
            feed = unpacker.feed
            stream = (_later(raw) if isinstance(raw, tuple) else raw).__aiter__()
            while True:
                if self._forks != _Forks.count:
                    raise ConfigurationError(_FORKED)
                try:
                    if deadline is None:
                        data = await stream.__anext__()
                    else:
                        check_time(deadline)
                        with fail_after(max(deadline - time.monotonic(), 0)):
                            data = await stream.__anext__()
                except StopAsyncIteration:
                    break
                for piece in feed(data):
                    yield piece
            unpacker.finish()
        finally:
            await self.aclose()

    def close(self) -> None:
        """Close the connection, unless it belongs to another process."""
        if self._forks == _Forks.count:
            if self._reading:  # in another thread, which would go on waiting
                interrupt(self._response)
            self._response.close()

    async def aclose(self) -> None:
        """Close the connection, unless it belongs to another process."""
        if self._forks == _Forks.count:
            with suppress(RuntimeError):  # the event loop that it belongs to has ended
                await self._response.aclose()


def _raw(response: HTTPResponse) -> tuple[Any, str]:
    # The bytes as they came over the wire, and how they are encoded: the library would decompress them without a limit
    # and never ask whether they are whole.
    encodings: str = response.headers.get("content-encoding", "")
    if not response.is_stream_consumed:
        return response.stream, encodings
    # Mock transports hand over responses whose body is already there, and hooks of an HTTP client that was passed in
    # may have read it.
    inner: Any = getattr(response.stream, "_stream", response.stream)
    held = getattr(inner, "_stream", None)
    return ((held,), encodings) if isinstance(held, bytes) else ((response.content,), "")


async def _later(held: Any) -> AsyncIterator[bytes]:
    for piece in held:
        yield piece
