"""A scripted server, and a proxy in front of it, each in a thread of this process."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import threading
from collections.abc import Awaitable, Callable, Generator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pollinations_conformance.proxy.report import Report
from pollinations_conformance.proxy.run import Proxy, Settings, base_url, listen
from pollinations_conformance.proxy.validation import Validator
from pollinations_conformance.proxy.wire import Origin

Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@dataclass
class Running:
    """A proxy that runs."""

    url: str
    media_url: str
    report: Report
    lines: list[str] = field(default_factory=list[str])
    proxy: Proxy | None = None

    @property
    def port(self) -> int:
        return int(self.url.rpartition(":")[2])


@contextlib.contextmanager
def upstream(handler: Handler) -> Generator[str]:
    """Serve every connection with a handler."""
    listening = listen("127.0.0.1", 0)
    stop = asyncio.Event()
    loop: list[asyncio.AbstractEventLoop] = []
    ready = threading.Event()

    async def serve() -> None:
        tasks: set[asyncio.Task[Any]] = set()

        async def one(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            task = asyncio.current_task()
            assert task is not None
            tasks.add(task)
            with contextlib.suppress(OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
                await handler(reader, writer)
            writer.close()

        loop.append(asyncio.get_running_loop())
        server = await asyncio.start_server(one, sock=listening)
        ready.set()
        await stop.wait()
        server.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    thread = threading.Thread(target=lambda: asyncio.run(serve()))
    thread.start()
    ready.wait(10)
    try:
        yield base_url(listening)
    finally:
        loop[0].call_soon_threadsafe(stop.set)
        thread.join(10)


@contextlib.contextmanager
def proxied(
    url: str,
    media_url: str | None = None,
    record: Path | None = None,
    *,
    rewrite: bool = False,
    fail_fast: bool = False,
) -> Generator[Running]:
    """Put a proxy in front of a server; after the block everything is validated."""
    sockets = listen("127.0.0.1", 0), listen("127.0.0.1", 0)
    lines: list[str] = []
    report = Report(lines.append)
    running = Running(base_url(sockets[0]), base_url(sockets[1]), report, lines)
    loop: list[asyncio.AbstractEventLoop] = []
    ready = threading.Event()

    async def serve() -> None:
        validator = Validator(record=record, own_process=False)
        origins = Origin.parse(url), Origin.parse(media_url or url)
        settings = Settings(*origins, rewrite=rewrite, fail_fast=fail_fast)
        running.proxy = Proxy(settings, validator, report, "0")
        await validator.start()
        loop.append(asyncio.get_running_loop())
        ready.set()
        try:
            await running.proxy.run(*sockets)
        finally:
            validator.close()

    thread = threading.Thread(target=lambda: asyncio.run(serve()))
    thread.start()
    ready.wait(30)
    try:
        yield running
    finally:
        assert running.proxy is not None
        with contextlib.suppress(RuntimeError):  # it has ended by itself
            loop[0].call_soon_threadsafe(running.proxy.stop.set)
        thread.join(30)


def exchange(port: int, raw: bytes, head: bool = False) -> bytes:
    """Send bytes on a connection of their own, and return all that comes back."""
    with socket.create_connection(("127.0.0.1", port), timeout=10) as link:
        link.sendall(raw)
        received = b""
        while data := link.recv(65536):
            received += data
            if head and b"\r\n\r\n" in received:
                break
    return received


def get(target: str = "/x", method: str = "GET", *headers: str) -> bytes:
    """Return a request that closes its connection."""
    lines = [f"{method} {target} HTTP/1.1", "Host: proxy.example", "Connection: close", *headers]
    return "\r\n".join([*lines, "", ""]).encode()


def responding(raw: bytes, seen: list[bytes] | None = None) -> Handler:
    """Return a handler that responds with the same bytes to every request without a body."""

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            request = await reader.readuntil(b"\r\n\r\n")
            if seen is not None:
                seen.append(request)
            writer.write(raw)
            await writer.drain()

    return handle
