"""Bases of the groups of methods of a client, and the types of the methods that return whole or open responses."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar, cast

if TYPE_CHECKING:
    from ._core import AsyncCore, SyncCore
    from ._responses import Opening, StreamedResponse
    from .types import Response

T = TypeVar("T")
P = ParamSpec("P")


class Resource:
    """Base of the groups of methods of a client."""

    def __init__(self, core: SyncCore, mode: str = "") -> None:
        self._core = core
        self._mode = mode

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._core!r})"


class AsyncResource:
    """Base of the groups of methods of an asynchronous client."""

    def __init__(self, core: AsyncCore, mode: str = "") -> None:
        self._core = core
        self._mode = mode

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._core!r})"


def as_raw(method: Callable[P, T]) -> Callable[P, Response[T]]:
    """Type a method of a resource in mode `raw`."""
    return cast("Callable[P, Response[T]]", method)


def as_async_raw(
    method: Callable[P, Coroutine[Any, Any, T]],
) -> Callable[P, Coroutine[Any, Any, Response[T]]]:
    """Type a method of an asynchronous resource in mode `raw`."""
    return cast("Callable[P, Coroutine[Any, Any, Response[T]]]", method)


def as_open(method: Callable[P, Any]) -> Callable[P, StreamedResponse]:
    """Type a method of a resource in mode `open`."""
    return cast("Callable[P, StreamedResponse]", method)


def as_async_open(method: Callable[P, Coroutine[Any, Any, Any]]) -> Callable[P, Opening]:
    """Make a method of an asynchronous resource in mode `open` usable in `async with` without `await`."""

    def call(*args: P.args, **kwargs: P.kwargs) -> Opening:
        from ._responses import Opening

        return Opening(method(*args, **kwargs))

    return call
