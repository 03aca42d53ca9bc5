# pyright: reportPrivateUsage=false
"""Streams of typed events, synchronous and asynchronous, and the answer that they add up to."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Generic, TypeVar, cast

from ._model import ApiModel, StreamItem
from ._sse import Decoder
from .errors import (
    APIConnectionError,
    APITimeoutError,
    StreamError,
    StreamTruncatedError,
    is_array,
    is_object,
)
from .types import UNSET

if TYPE_CHECKING:
    import asyncio
    from types import TracebackType

    from ._http import HTTPResponse

Item = TypeVar("Item", bound=ApiModel)
Final_ = TypeVar("Final_", bound=ApiModel)
S = TypeVar("S", bound="Stream[Any, Any]")
A = TypeVar("A", bound="AsyncStream[Any, Any]")

_CLOSING: set[asyncio.Task[None]] = set()
"""Streams being closed on behalf of nobody; the loop itself holds tasks only weakly."""

_type: Callable[[Any], Any] = type  # keeps type checkers from narrowing Any to something unknown
_scan: Callable[[str, int], tuple[Any, int]] = cast("Any", json.JSONDecoder()).scan_once


class _Reader(Generic[Item, Final_]):
    # What has been read so far. It knows neither the stream nor the generator that reads, so that nothing keeps it
    # alive when both are dropped: its end closes the connection.

    def __init__(
        self,
        response: HTTPResponse,
        item: type[Item],
        final: type[Final_],
        network_error: Callable[[BaseException], APIConnectionError | None],
    ) -> None:
        self.response = response
        self.item = item
        self.final = final
        self.network_error = network_error
        # As text: decoded, thousands of chunks would be a burden on memory and on the garbage collector.
        self.arrived: list[str] = []
        self.finished = False
        self.done = False
        self.closed = False
        self.left = False
        self.failure: Exception | None = None
        self.decoder = Decoder()

    def assembled(self) -> Any:
        return self.whole() if self.arrived else None

    def whole(self) -> Final_:
        answer: Final_ = self.final.from_dict(assemble([json.loads(data) for data in self.arrived]))
        return answer

    def take(self, events: list[tuple[str, str]]) -> list[Item]:
        """Turn events into typed items. At one that is wrong it stops and leaves the reason in `failure`."""
        read = self.item.from_dict
        keep = self.arrived.append
        items: list[Item] = []
        for name, data in events:
            if data == "[DONE]":
                self.done = True
                break
            try:
                chunk, end = _scan(data, 0)
            except (StopIteration, ValueError, RecursionError):
                chunk, end = _odd(data)
            if _type(chunk) is not dict or (end != len(data) and data[end:].strip()):
                why = "not an object" if end == len(data) else "not JSON"
                self.failure = self._error(f"the service sent an event that is {why}", data)
                break
            if name == "error" or (
                "error" in chunk and chunk["error"] and not chunk.get("choices")
            ):
                self.failure = self._error(
                    f"the service reported an error: {_reason(chunk)}", chunk
                )
                break
            keep(data)
            if not self.finished:
                try:
                    for choice in chunk["choices"]:
                        if choice.get("finish_reason") is not None:
                            self.finished = True
                except (KeyError, TypeError, AttributeError):
                    pass  # no choices, or not a list of objects: no finish reason either
            items.append(read(chunk))
        return items

    def _error(self, message: str, data: Any) -> StreamError:
        return StreamError(message, partial=self.assembled(), data=data)

    def truncated(self, why: str) -> StreamTruncatedError:
        return StreamTruncatedError(
            f"the stream ended after {len(self.arrived)} events with neither a finish reason nor [DONE]{why}; "
            "what had arrived is in `partial`",
            partial=self.assembled(),
        )

    def broken(self, error: BaseException) -> None:
        """Note that reading failed, unless the answer was complete anyway, or nobody wants it any more."""
        if not (self.finished or self.done or self.left):
            failure = self.network_error(error)
            lost = failure is not None and not isinstance(failure, APITimeoutError)
            self.failure = self.truncated(f" ({failure})") if lost else failure

    def verdict(self) -> Exception | None:
        """Give what is to be raised at the end."""
        if self.failure is None and not (self.done or self.finished or self.left):
            return self.truncated("")
        return self.failure

    def close(self) -> None:
        if not self.closed:
            self.closed = True
            self.response.close()

    async def aclose(self) -> None:
        if not self.closed:
            self.closed = True
            await self.response.aclose()


class _SyncReader(_Reader[Item, Final_]):
    def __del__(self) -> None:
        # Dropped without `with`: the connection must not stay busy until the pool is closed.
        with suppress(Exception):
            self.close()


class _AsyncReader(_Reader[Item, Final_]):
    def __del__(self) -> None:
        # Dropped without `async with`: nobody can wait here, so the running loop is asked to close it.
        if not self.closed:
            import asyncio

            try:
                loop = asyncio.get_running_loop()
            except RuntimeError:
                return
            self.closed = True
            _CLOSING.add(task := loop.create_task(self.response.aclose()))
            task.add_done_callback(_CLOSING.discard)


def _read(reader: _Reader[Item, Final_]) -> Iterator[Item]:
    from ._http import READ_BEFORE, DecodingError, TransportError

    feed = reader.decoder.feed
    take = reader.take
    try:
        try:
            for piece in reader.response.iter_bytes():
                yield from take(feed(piece))
                if reader.done or reader.failure is not None:
                    break
            else:
                yield from take(reader.decoder.finish())
        except (TransportError, DecodingError, *READ_BEFORE) as error:
            reader.broken(error)
    finally:
        reader.close()
    failure = reader.verdict()
    if failure is not None:
        raise failure


async def _aread(reader: _Reader[Item, Final_]) -> AsyncIterator[Item]:
    from ._http import READ_BEFORE, DecodingError, TransportError

    feed = reader.decoder.feed
    take = reader.take
    try:
        try:
            async for piece in reader.response.aiter_bytes():
                for item in take(feed(piece)):
                    yield item
                if reader.done or reader.failure is not None:
                    break
            else:
                for item in take(reader.decoder.finish()):
                    yield item
        except (TransportError, DecodingError, *READ_BEFORE) as error:
            reader.broken(error)
    finally:
        await reader.aclose()
    failure = reader.verdict()
    if failure is not None:
        raise failure


class _Handle(Generic[Item, Final_]):
    _reader: _Reader[Item, Final_]

    @property
    def status_code(self) -> int:
        """Give the HTTP status."""
        return self._reader.response.status_code

    @property
    def headers(self) -> dict[str, str]:
        """Give the response headers, names in lower case."""
        return dict(self._reader.response.headers.items())

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
    """Events of a running answer, read as they come.

    Iterate over it, preferably inside `with`: leaving the block closes the connection and tells the service to stop.
    """

    def __init__(
        self,
        response: HTTPResponse,
        item: type[Item],
        final: type[Final_],
        network_error: Callable[[BaseException], APIConnectionError | None],
    ) -> None:
        self._reader = _SyncReader(response, item, final, network_error)
        self._events = _read(self._reader)

    def __iter__(self) -> Iterator[Item]:
        return self._events

    def __next__(self) -> Item:
        return next(self._events)

    def __enter__(self: S) -> S:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connection; the service sees it and stops working. Reading on ends quietly."""
        self._reader.left = True
        self._reader.close()

    def text(self) -> Iterator[str]:
        """Iterate over the pieces of text only."""
        for item in self._events:
            piece = cast("StreamItem", item).text
            if piece:
                yield piece

    def final(self) -> Final_:
        """Read to the end and assemble the final answer: message, tool calls, finish reason and usage.

        Raises:
            StreamError: the stream broke; its `partial` holds what had arrived.
        """
        for _ in self._events:
            pass
        return self._reader.whole()


class AsyncStream(_Handle[Item, Final_]):
    """Events of a running answer, read as they come; the asynchronous twin of `Stream`."""

    def __init__(
        self,
        response: HTTPResponse,
        item: type[Item],
        final: type[Final_],
        network_error: Callable[[BaseException], APIConnectionError | None],
    ) -> None:
        self._reader = _AsyncReader(response, item, final, network_error)
        self._events = _aread(self._reader)

    def __aiter__(self) -> AsyncIterator[Item]:
        return self._events

    async def __anext__(self) -> Item:
        return await self._events.__anext__()

    async def __aenter__(self: A) -> A:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Close the connection; the service sees it and stops working. Reading on ends quietly."""
        self._reader.left = True
        await self._reader.aclose()

    async def text(self) -> AsyncIterator[str]:
        """Iterate over the pieces of text only."""
        async for item in self._events:
            piece = cast("StreamItem", item).text
            if piece:
                yield piece

    async def final(self) -> Final_:
        """Read to the end and assemble the final answer: message, tool calls, finish reason and usage.

        Raises:
            StreamError: the stream broke; its `partial` holds what had arrived.
        """
        async for _ in self._events:
            pass
        return self._reader.whole()


def _odd(data: str) -> tuple[Any, int]:
    # Blanks in front of the document are allowed; everything else that the scanner refused is not JSON.
    try:
        return json.loads(data), len(data)
    except (ValueError, RecursionError):
        return UNSET, 0


def _reason(chunk: dict[str, Any]) -> str:
    error: Any = chunk.get("error", chunk)
    message = error.get("message") if is_object(error) else error
    return (message if isinstance(message, str) and message else json.dumps(error))[:500]


def assemble(chunks: list[dict[str, Any]]) -> dict[str, Any]:
    """Add the chunks of a stream up to the answer that the same call without streaming would have given.

    All recorded dialects work: usage on the last chunk, on the finishing chunk or repeated on every chunk; empty
    first chunks; null roles; tool calls in pieces; content blocks as deltas.
    """
    answer: dict[str, Any] = {"id": "", "object": "chat.completion", "created": 0, "model": ""}
    choices: dict[int, dict[str, Any]] = {}
    usage: Any = None
    for chunk in chunks:
        for name, value in chunk.items():
            if name == "choices":
                for choice in _objects(value):
                    _add_choice(choices, choice)
            elif name == "usage":
                if is_object(value) and (usage is None or _complete(value) or not _complete(usage)):
                    usage = value
            elif name not in ("object", "obfuscation") and (value or name not in answer):
                answer[name] = value
    answer["choices"] = [_closed(choices[index]) for index in sorted(choices)]
    if usage is not None:
        answer["usage"] = usage
    return answer


def _complete(usage: Any) -> bool:
    return all(
        usage.get(name) is not None
        for name in ("prompt_tokens", "completion_tokens", "total_tokens")
    )


def _objects(value: Any) -> list[dict[str, Any]]:
    return [item for item in value if is_object(item)] if is_array(value) else []


def _add_choice(choices: dict[int, dict[str, Any]], piece: dict[str, Any]) -> None:
    index: Any = piece.get("index", 0)
    if type(index) is not int:
        index = 0
    choice = choices.setdefault(
        index, {"index": index, "message": {"role": "assistant"}, "finish_reason": None}
    )
    for name, value in piece.items():
        if name == "delta":
            if is_object(value):
                _add_delta(choice["message"], value)
        elif name == "logprobs" and is_object(value):
            _extend(choice.setdefault(name, {}), value)
        elif name != "index" and (value is not None or name not in choice):
            choice[name] = value


def _extend(target: dict[str, Any], piece: dict[str, Any]) -> None:
    for name, value in piece.items():
        if is_array(value):
            # A list of its own: the chunks stay as they came.
            target[name] = [*(target.get(name) or []), *value]
        elif value is not None or name not in target:
            target[name] = value


def _add_delta(message: dict[str, Any], delta: dict[str, Any]) -> None:
    for name, value in delta.items():
        if name == "role":
            if value:
                message["role"] = value
        elif name == "tool_calls":
            for call in _objects(value):
                _add_call(message.setdefault("_calls", {}), call)
        elif name == "content_blocks":
            for position, block in enumerate(_objects(value)):
                _add_block(message.setdefault("_blocks", {}), block, position)
        elif name in ("function_call", "audio") and is_object(value):
            target: Any = message.get(name)
            message[name] = target = target if is_object(target) else {}
            _join(target, value, whole=("id", "name"))
        elif isinstance(value, str) and isinstance(message.get(name), str):
            message[name] += value
        elif value is not None or name not in message:
            message[name] = value


def _add_call(calls: dict[int, dict[str, Any]], piece: dict[str, Any]) -> None:
    index: Any = piece.get("index")
    if type(index) is not int:
        # Without an index a call is told apart by its id; a piece without either goes on with the last call.
        known = [
            key for key, call in calls.items() if piece.get("id") and call.get("id") == piece["id"]
        ]
        index = (
            known[0]
            if known
            else (max(calls, default=-1) + 1 if piece.get("id") or not calls else max(calls))
        )
    call = calls.setdefault(index, {})
    for name, value in piece.items():
        if name == "function" and is_object(value):
            _join(call.setdefault("function", {}), value, whole=("name",))
        elif name != "index" and (value is not None or name not in call):
            call[name] = value


def _add_block(blocks: dict[int, dict[str, Any]], piece: dict[str, Any], position: int) -> None:
    index: Any = piece.get("index", position)
    if type(index) is not int:
        index = position
    block = blocks.setdefault(index, {})
    for name, value in piece.items():
        if name == "delta" and is_object(value):
            _join(block, value)
        elif name != "index":
            _join(block, {name: value}, whole=("type",))


def _join(target: dict[str, Any], piece: dict[str, Any], whole: tuple[str, ...] = ()) -> None:
    for name, value in piece.items():
        if isinstance(value, str) and isinstance(target.get(name), str) and name not in whole:
            target[name] += value
        elif value is not None or name not in target:
            target[name] = value


def _closed(choice: dict[str, Any]) -> dict[str, Any]:
    message = choice["message"]
    calls: Any = message.pop("_calls", None)
    if calls:
        message["tool_calls"] = [calls[index] for index in sorted(calls)]
    blocks: Any = message.pop("_blocks", None)
    if blocks:
        merged = [blocks[index] for index in sorted(blocks)]
        for block in merged:
            if "type" not in block:
                block["type"] = "thinking" if "thinking" in block else "text"
        message["content_blocks"] = merged
    return choice
