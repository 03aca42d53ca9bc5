"""The proxy as a whole: it listens, passes on, validates, reports."""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

import h11

from pollinations_conformance.contract import Host
from pollinations_conformance.proxy import page
from pollinations_conformance.proxy.bodies import Budget
from pollinations_conformance.proxy.forward import JSON, PAGES, Forwarder, Outlets, Side
from pollinations_conformance.proxy.report import Report
from pollinations_conformance.proxy.validation import Headers, Passed, Validator
from pollinations_conformance.proxy.wire import BLOCK, Origin, Pool, Wire
from pollinations_conformance.reports.templating import wants_page

Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
REPORT = f"{PAGES.decode()}report"
REPORT_PAGE = f"{REPORT}.html"
DRAIN_SECONDS = 30.0
"""Seconds that may pass at the end until everything is validated."""
PAGE_SECONDS = 5.0
"""Seconds that the report waits for what is not validated yet."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What the proxy is to do.

    Args:
        upstream: the gateway.
        media_upstream: the media host.
        rewrite: whether redirects and URLs of uploads are led through the proxy.
        fail_fast: whether it ends with the first violation.
    """

    upstream: Origin
    media_upstream: Origin
    rewrite: bool = False
    fail_fast: bool = False


class Proxy:
    """A proxy in front of gateway and media host.

    Args:
        settings: what it is to do.
        validator: validates what passed.
        report: gets all verdicts.
        version: of the contract.
    """

    def __init__(
        self, settings: Settings, validator: Validator, report: Report, version: str
    ) -> None:
        self.settings = settings
        self.report = report
        self.stop = asyncio.Event()
        self._validator = validator
        self._version = version
        self._budget = Budget()
        self._validations: set[asyncio.Task[None]] = set()
        self._connections: set[asyncio.Task[None]] = set()
        self._numbers = iter(range(1, 2**62))
        self._outlets = Outlets(self._take, report.note_broken, validator.has_room, self._page)

    async def run(self, gateway: socket.socket, media: socket.socket) -> None:
        """Serve until `stop` is set, then validate what is left.

        Args:
            gateway: a listening socket for the gateway.
            media: one for the media host.
        """
        sides = self._sides(gateway, media)
        async with contextlib.AsyncExitStack() as stack:
            for side, listening in zip(sides, (gateway, media), strict=True):
                server = await asyncio.start_server(self._accept(side), sock=listening, limit=BLOCK)
                stack.push_async_callback(_close, server)
            await self.stop.wait()
        for task in list(self._connections):
            task.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)
        for side in sides:
            side.pool.close()
        if self._validations:
            _, late = await asyncio.wait(self._validations, timeout=DRAIN_SECONDS)
            for _ in late:
                self.report.add("the proxy ended before it was validated")

    def _sides(self, gateway: socket.socket, media: socket.socket) -> list[Side]:
        upstreams: Mapping[Host, Origin] = {
            "gateway": self.settings.upstream,
            "media": self.settings.media_upstream,
        }
        places: dict[Origin, str] = {}
        if self.settings.rewrite:
            for origin, listening in zip(upstreams.values(), (gateway, media), strict=True):
                places.setdefault(origin, base_url(listening))
        return [Side(name, Pool(origin), places) for name, origin in upstreams.items()]

    def _accept(self, side: Side) -> Serve:
        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            task = asyncio.current_task()
            assert task is not None
            self._connections.add(task)
            wire = Wire(reader, writer, h11.SERVER)
            try:
                await Forwarder(wire, side, self._outlets, self._budget).run()
            except asyncio.CancelledError:
                wire.abort()
            finally:
                self._connections.discard(task)

        return serve

    def _take(self, passed: Passed) -> None:
        """Have an exchange validated, while others pass."""
        passed.number = next(self._numbers)
        task = asyncio.create_task(self._validate(passed))
        self._validations.add(task)
        task.add_done_callback(self._validations.discard)

    async def _validate(self, passed: Passed) -> None:
        self.report.add(await self._validator.validate(passed))
        if self.settings.fail_fast and self.report.verdicts["fails"]:
            self.stop.set()

    async def _page(self, method: str, target: str, accept: str) -> tuple[int, Headers, bytes]:
        path = target.partition("?")[0]
        if path not in (REPORT, REPORT_PAGE):
            return 404, JSON, b'{"error":"no such page of the proxy"}'
        if method not in ("GET", "HEAD"):
            return 405, (*JSON, ("Allow", "GET, HEAD")), b'{"error":"GET reads the report"}'
        if self._validations:
            await asyncio.wait(list(self._validations), timeout=PAGE_SECONDS)
        document = self.report.as_json(self._version, self._validator.waiting)
        fresh = (("Cache-Control", "no-store"), ("Vary", "Accept"))
        if path == REPORT_PAGE or wants_page(accept):
            return 200, (*page.headers(), *fresh), page.to_html(document)
        return 200, (*JSON, *fresh), json.dumps(document, indent=1).encode()


async def _close(server: asyncio.Server) -> None:
    server.close()


def base_url(listening: socket.socket) -> str:
    """Return the URL of a listening socket."""
    host, port = listening.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def listen(host: str, port: int) -> socket.socket:
    """Return a listening socket.

    Args:
        host: IP address or name.
        port: 0 for any that is free.

    Raises:
        OSError: it cannot be had.
    """
    family, kind, protocol, _, place = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    listening = socket.socket(family, kind, protocol)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(place)
        listening.listen(512)
    except OSError:
        listening.close()
        raise
    return listening
