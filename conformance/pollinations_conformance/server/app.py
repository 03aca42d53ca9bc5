"""The ASGI application: gateway and media host of one service."""

import logging
from email.utils import formatdate

from pollinations_conformance.http.text import redact
from pollinations_conformance.server import faults
from pollinations_conformance.server.errors import Refused, envelope
from pollinations_conformance.server.grading import report as reports
from pollinations_conformance.server.grading.grader import Grader
from pollinations_conformance.server.http import (
    Call,
    Receive,
    Reply,
    Scope,
    Send,
    read_call,
    send_reply,
)
from pollinations_conformance.server.pages import DOCUMENTS
from pollinations_conformance.server.recording import Recorder
from pollinations_conformance.server.scripting import SCRIPT
from pollinations_conformance.server.service import Service

MAX_BODY = 20 * 1024 * 1024
MAX_RECORDING = 25 * 1024 * 1024
MAX_UPLOAD_BODY = 16 * 1024 * 1024  # base64 and boundaries make 10 MiB longer

_LOG = logging.getLogger("pollinations_conformance.server")


class App:
    """The ASGI application: gateway and media host of one service.

    The application itself distinguishes the two by the request's host: a name that begins with
    `media.`, or a port in `media_ports`, is the media host; everything else is the gateway.
    `gateway` and `media` are applications of one side only.

    Args:
        service: what both sides serve.
        grader: validates the requests and keeps a report; None for no report.
        recorder: keeps exchanges; None for no recording.
    """

    def __init__(
        self, service: Service, grader: Grader | None = None, recorder: Recorder | None = None
    ) -> None:
        self.service = service
        self.grader = grader
        self.recorder = recorder
        self.media_ports: set[int] = set()
        self.log = False

    @property
    def keys(self) -> dict[str, str]:
        """The example keys by role."""
        return self.service.accounts.examples

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Respond as the side that the request is sent to."""
        host = next((v for k, v in scope.get("headers", ()) if k == b"host"), b"")
        server = scope.get("server")
        if host.startswith(b"media.") or (server and server[1] in self.media_ports):
            await self.media(scope, receive, send)
        else:
            await self.gateway(scope, receive, send)

    async def gateway(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Respond as gen.pollinations.ai."""
        recording = scope.get("path") == "/v1/audio/transcriptions"
        limit = MAX_RECORDING if recording else MAX_BODY
        await self._serve("gateway", limit, scope, receive, send)

    async def media(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Respond as media.pollinations.ai."""
        await self._serve("media", MAX_UPLOAD_BODY, scope, receive, send)

    async def _serve(
        self, host: str, limit: int, scope: Scope, receive: Receive, send: Send
    ) -> None:
        if scope["type"] != "http":
            await _serve_other(scope, receive, send)
            return
        sleep = self.service.options.sleep
        try:
            call = await read_call(scope, receive, limit)
        except ConnectionError:
            return  # nobody is there to take a response
        except TimeoutError:
            now = self.service.backend.now()
            late = envelope(Refused(408, "The body of the request did not come."), now)
            late.headers.append(("Connection", "close"))
            await self._send(late, send)
            return
        if (page := await self._page(call)) is not None:
            await self._send(page, send)
            return
        handle = self.service.handle if host == "gateway" else self.service.handle_media
        fault, genuine = self._claim_script(call, host)
        reply = await (faults.inject(call, fault, handle, sleep) if fault else handle(call))
        if call.script is not None:  # the request was refused before it was used
            self.service.scripts.give_back(call.script)
        if self.grader is not None:
            self.grader.take(call, reply, host, genuine=genuine)
        if self.recorder is not None:
            self.recorder.take(call, reply, "" if genuine else fault or "scripted")
        if self.log:
            _LOG.info("%s %s %s -> %s", host, call.method, redact(call.path), reply.status)
        reply.skip_body = call.method == "HEAD"
        await self._send(reply, send)

    async def _send(self, reply: Reply, send: Send) -> None:
        """Send a response, dated by the server's own clock."""
        if reply.header("date") is None:
            date = formatdate(self.service.backend.now(), usegmt=True)
            reply.headers.append(("Date", date))
        await send_reply(reply, send, self.service.options.sleep)

    def _claim_script(self, call: Call, host: str) -> tuple[str | None, bool]:
        """Find the fault that is injected, and whether the response is the server's own."""
        fault = faults.requested(call)
        if fault is None:
            call.script = self.service.scripts.claim(call, host)
            if (script := call.use_script("fault")) is not None:
                fault = script.fault
        scripted_error = call.script is not None and call.script.kind == "error"
        return fault, fault is None and not scripted_error

    async def _page(self, call: Call) -> Reply | None:
        """Return what is beside the API, under /__contract__/; None for anything else."""
        if self.grader is not None and call.path in reports.PLACES:
            return reports.reply(call, self.grader.report())
        if call.path == SCRIPT:
            return self.service.scripts.reply(call)
        if call.path in DOCUMENTS:
            page = await self.service.pages.reply(call)
            page.skip_body = call.method == "HEAD"
            return page
        return None


async def _serve_other(scope: Scope, receive: Receive, send: Send) -> None:
    """Take part in the lifespan, and refuse web sockets."""
    if scope["type"] == "websocket":
        await send({"type": "websocket.close", "code": 1008})
        return
    while True:
        message = await receive()
        await send({"type": message["type"] + ".complete"})
        if message["type"] == "lifespan.shutdown":
            return
