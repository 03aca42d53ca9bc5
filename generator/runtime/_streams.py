# pyright: reportPrivateUsage=false
"""Streams of typed events, synchronous and asynchronous: read as they come, whole or an error at the end."""

from __future__ import annotations

import json
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Generic, TypeVar, cast

from ._assembly import Assembler
from ._json import MAX_DEPTH, decode, is_array, is_object, too_deep
from ._model import ApiModel, StreamItem, new, plain
from ._sse import Decoder
from .errors import (
    APIConnectionError,
    ConfigurationError,
    PollinationsError,
    StreamError,
    StreamTruncatedError,
)

if TYPE_CHECKING:
    import asyncio

    from ._responses import Source

Item = TypeVar("Item", bound=ApiModel)
Final_ = TypeVar("Final_", bound=ApiModel)
S = TypeVar("S", bound="Stream[Any, Any]")
A = TypeVar("A", bound="AsyncStream[Any, Any]")

_CLOSING: set[asyncio.Task[None]] = set()
"""Streams being closed on behalf of nobody; the loop itself holds tasks only weakly."""

_FLAT = 2 * MAX_DEPTH
"""Characters; a shorter document cannot be nested too deeply."""
_type: Callable[[Any], Any] = type  # keeps type checkers from narrowing Any to something unknown
_scan: Callable[[str, int], tuple[Any, int]] = cast("Any", json.JSONDecoder()).scan_once


class _Reader(Generic[Item, Final_]):
    # What has been read so far. It knows neither the stream nor the generator that reads, so that nothing keeps it
    # alive when both are dropped: its end closes the connection.

    def __init__(self, source: Source, item: type[Item], final: type[Final_]) -> None:
        self.source = source
        self.item = item
        self.final = final
        # As text: decoded, thousands of chunks would be a burden on memory and on the garbage collector.
        self.arrived: list[str] = []
        self.done = False
        self.closed = False
        self.left = False
        self.failure: Exception | None = None
        self.decoder = Decoder()
        self._assembler = Assembler()
        self._assembled = 0
        self._lock = threading.Lock()
        """Held while adding up: one thread may look at what another is still reading."""

    @property
    def complete(self) -> bool:
        """True when the response is known to be whole."""
        return self.failure is None and (self.done or self._added_up()[0])

    def whole(self) -> Final_:
        """Assemble what has arrived, whole or not."""
        # A copy, so that what users do to one snapshot does not show in the next.
        return self.final.from_dict(plain(self._added_up()[1]))

    def _added_up(self) -> tuple[bool, dict[str, Any]]:
        # Whether the choices are finished, and the response so far.
        with self._lock:
            arrived = self.arrived[self._assembled :]
            for data in arrived:
                self._assembler.add(json.loads(data))
            self._assembled += len(arrived)
            return self._assembler.finished, self._assembler.result()

    def partial(self) -> Any:
        """Assemble what has arrived for an error, which must not show the key; None when nothing has."""
        if not self.arrived:
            return None
        # Redacted as a whole, since a key may have come in pieces.
        return self.final.from_dict(self._shown(json.dumps(self._added_up()[1])))

    def _shown(self, data: str) -> dict[str, Any]:
        try:
            event: Any = json.loads(self.source.redact(data))
        except ValueError:  # a key that is a number stood outside of any text
            event = None
        return event if is_object(event) else {}

    def take(self, events: list[tuple[str, str]], last: bool = False) -> Iterator[Item]:
        """Turn events into typed items. At one that is wrong it stops and leaves the reason in `failure`.

        Args:
            events: names and data, in order.
            last: True for an event that nothing closed: half of one means that the stream was cut.
        """
        item = self.item
        keep = self.arrived.append
        for name, data in events:
            chunk: Any
            try:
                chunk, end = _scan(data, 0)
            except (StopIteration, ValueError, RecursionError):
                chunk, end = None, -1
            if end != len(data) or _type(chunk) is not dict or (end > _FLAT and too_deep(data)):
                if data.strip() == "[DONE]":
                    self.done = True
                    break
                chunk, problem = _second_look(data)
                if problem:
                    if not last and not self.complete:
                        self.failure = self._error(
                            f"the service sent an event that is {problem}", self.source.redact(data)
                        )
                    break
            if name == "error" or (
                "error" in chunk and chunk["error"] and _ended_in_error(chunk.get("choices"))
            ):
                shown = self._shown(data)
                self.failure = self._error(
                    f"the service reported an error: {_reason(shown)}", shown
                )
                break
            keep(data)
            yield new(item)._decode(chunk)

    def _error(self, message: str, data: Any) -> StreamError:
        error = StreamError(message, partial=self.partial(), data=data)
        self.source.locate(error)
        return error

    def truncated(self, why: str) -> StreamTruncatedError:
        error = StreamTruncatedError(
            f"the stream ended after {len(self.arrived)} events with neither a finish reason nor [DONE]{why}; "
            "what had arrived is in `partial`",
            partial=self.partial(),
        )
        self.source.locate(error)
        return error

    def broken(self, error: Exception) -> None:
        """Note that reading failed, unless the response was complete anyway, or nobody wants it any more."""
        if self.failure is not None or self.complete or self.left:
            return
        failure = self.source.failed(error)
        lost = type(failure) is APIConnectionError
        self.failure = self.truncated(f" ({failure.args[0]})") if lost else failure

    def verdict(self) -> Exception | None:
        """Return what is to be raised at the end of reading."""
        if self.failure is None and not (self.complete or self.left):
            self.failure = self.truncated("")
        return self.failure

    def result(self) -> Final_:
        """Return the whole response.

        Raises:
            PollinationsError: it is not whole. A failure that was raised before is raised again.
        """
        if self.failure is None and not self.complete:
            self.failure = self.truncated(", because it was closed or abandoned")
        if self.failure is not None:
            raise self.failure.with_traceback(None)
        return self.whole()

    def shared(self, error: Exception, other: str) -> Exception:
        """Return what is raised where Python refuses to go on because somebody else is reading at this moment."""
        if isinstance(error, PollinationsError):
            return error
        problem = ConfigurationError(f"another {other} is reading this stream; read it in one only")
        self.source.locate(problem)
        return problem

    def close(self) -> None:
        if not self.closed:
            self.closed = True
            self.source.close()

    async def aclose(self) -> None:
        if not self.closed:
            self.closed = True
            await self.source.aclose()


class _SyncReader(_Reader[Item, Final_]):
    def __del__(self) -> None:
        # Dropped without `with`: the connection must not stay busy until the pool is closed.
        with suppress(Exception):
            self.close()


class _AsyncReader(_Reader[Item, Final_]):
    def __del__(self) -> None:
        # Dropped without `async with`: nobody can wait here, so it is left to the running loop to close it.
        if not self.closed:
            import asyncio

            try:
                loop = asyncio.get_running_loop()
            except RuntimeError:
                return
            self.closed = True
            _CLOSING.add(task := loop.create_task(self.source.aclose()))
            task.add_done_callback(_CLOSING.discard)


# Errors are raised where no local variable holds what the service sent: it may be the key.


def _read(reader: _Reader[Item, Final_]) -> Iterator[Item]:
    feed = reader.decoder.feed
    take = reader.take
    piece: Any
    try:
        try:
            for piece in reader.source.pieces():
                yield from take(feed(piece))
                if reader.done or reader.failure is not None:
                    break
            else:
                yield from take(reader.decoder.finish(), last=True)
        except Exception as error:
            reader.broken(error)
    finally:
        reader.close()
    piece = None
    failure = reader.verdict()
    if failure is not None:
        raise failure


async def _aread(reader: _Reader[Item, Final_]) -> AsyncIterator[Item]:
    feed = reader.decoder.feed
    take = reader.take
    piece: Any
    item: Any
    try:
        try:
            async for piece in reader.source.apieces():
                for item in take(feed(piece)):
                    yield item
                if reader.done or reader.failure is not None:
                    break
            else:
                for item in take(reader.decoder.finish(), last=True):
                    yield item
        except Exception as error:
            reader.broken(error)
    finally:
        await reader.aclose()
    piece = item = None
    failure = reader.verdict()
    if failure is not None:
        raise failure


class _Handle(Generic[Item, Final_]):
    _reader: _Reader[Item, Final_]

    @property
    def status_code(self) -> int:
        """Return the HTTP status."""
        return self._reader.source.status_code

    @property
    def headers(self) -> dict[str, str]:
        """Return the response headers, names in lower case."""
        return dict(self._reader.source.headers)

    def snapshot(self) -> Final_ | None:
        """Assemble what has arrived so far: message, tool calls, finish reason and usage.

        Returns:
            The same model that the call without streaming returns, or None when nothing has arrived.
        """
        return self._reader.whole() if self._reader.arrived else None

    def __repr__(self) -> str:
        reader = self._reader
        return (
            f"{type(self).__name__}[{reader.item.__name__}]"
            f"(events={len(reader.arrived)}, closed={reader.closed})"
        )


class Stream(_Handle[Item, Final_]):
    """Events of a running response, read as they come.

    Iterate over it, preferably inside `with`: leaving the block closes the connection, at which the service stops.
    """

    def __init__(self, source: Source, item: type[Item], final: type[Final_]) -> None:
        self._reader = _SyncReader(source, item, final)
        self._events = _read(self._reader)

    def __iter__(self) -> Iterator[Item]:
        # Going through `__next__` would take three times as long; `yield from` would close the stream after `break`.
        item: Any = None
        try:
            for item in self._events:  # noqa: UP028
                yield item
            return
        except ValueError as error:
            problem = self._reader.shared(error, "thread")
        finally:
            item = None  # an error that passes here shows no local variable that holds what the service sent
        raise problem

    def __next__(self) -> Item:
        try:
            return next(self._events)
        except ValueError as error:
            problem = self._reader.shared(error, "thread")
        raise problem

    def __enter__(self: S) -> S:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connection; the service sees it and stops working. Reading on ends quietly; `final` raises."""
        self._reader.left = True
        self._reader.close()

    def text(self) -> Iterator[str]:
        """Iterate over the pieces of text only."""
        for item in self:
            piece = cast("StreamItem", item).text
            if piece:
                yield piece

    def final(self) -> Final_:
        """Read to the end and assemble the whole response: message, tool calls, finish reason and usage.

        Raises:
            StreamError: the stream broke, or was closed before its end; its `partial` holds what had arrived. A
                failure that was raised before is raised again.
            PollinationsError: reading failed in another way.
        """
        for item in self:
            del item
        return self._reader.result()


class AsyncStream(_Handle[Item, Final_]):
    """Events of a running response, read as they come; the asynchronous twin of `Stream`."""

    def __init__(self, source: Source, item: type[Item], final: type[Final_]) -> None:
        self._reader = _AsyncReader(source, item, final)
        self._events = _aread(self._reader)

    def __aiter__(self) -> AsyncIterator[Item]:
        return self

    async def __anext__(self) -> Item:
        try:
            return await self._events.__anext__()
        except RuntimeError as error:
            problem = self._reader.shared(error, "task")
        raise problem

    async def __aenter__(self: A) -> A:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Close the connection; the service sees it and stops working. Reading on ends quietly; `final` raises."""
        self._reader.left = True
        await self._reader.aclose()

    async def text(self) -> AsyncIterator[str]:
        """Iterate over the pieces of text only."""
        async for item in self:
            piece = cast("StreamItem", item).text
            if piece:
                yield piece

    async def final(self) -> Final_:
        """Read to the end and assemble the whole response: message, tool calls, finish reason and usage.

        Raises:
            StreamError: the stream broke, or was closed before its end; its `partial` holds what had arrived. A
                failure that was raised before is raised again.
            PollinationsError: reading failed in another way.
        """
        async for item in self:
            del item
        return self._reader.result()


def _ended_in_error(choices: Any) -> bool:
    # An error beside choices that go on, or end well, is only a remark.
    return not choices or (
        is_array(choices)
        and any(is_object(choice) and choice.get("finish_reason") == "error" for choice in choices)
    )


def _second_look(data: str) -> tuple[dict[str, Any], str]:
    # Blanks around the document are allowed; everything else that was refused has a problem, which is named.
    try:
        chunk: Any = decode(data)
    except ValueError:
        return {}, "nested too deeply" if too_deep(data) else "not JSON"
    return (chunk, "") if is_object(chunk) else ({}, "not an object")


def _reason(chunk: dict[str, Any]) -> str:
    error: Any = chunk.get("error", chunk)
    message = error.get("message") if is_object(error) else error
    return (message if isinstance(message, str) and message else json.dumps(error))[:500]
