"""Run the reference server: in this process beside something else, or on its own."""

import asyncio
import contextlib
import socket
import threading
from collections.abc import Generator, Mapping, Sequence
from pathlib import Path
from typing import Any

import uvicorn

from pollinations_conformance.server.app import App
from pollinations_conformance.server.grading.grader import Grader
from pollinations_conformance.server.options import Options
from pollinations_conformance.server.recording import Recorder
from pollinations_conformance.server.scripted import ScriptedResponse
from pollinations_conformance.server.service import Service
from pollinations_conformance.server.uvicorn_protocol import protocol

# uvicorn without its logs: a URL may hold a key.
_QUIET: dict[str, Any] = {
    "log_config": None,
    "log_level": "critical",
    "access_log": False,
    "server_header": False,
    "date_header": False,  # the application has its own clock
    "lifespan": "off",
    "timeout_graceful_shutdown": 1,
    "ws": "none",
}


HEAD_TIMEOUT = 20.0


def create_app(
    *,
    seed: int = 0,
    defects: Sequence[str] = (),
    contract: Path | None = None,
    grade: bool = False,
    record: bool = False,
    **options: Any,
) -> App:
    """Make a server as an ASGI application.

    The application distinguishes gateway and media host by the Host header (a name that begins with
    `media.`); its attributes `gateway` and `media` are ASGI applications of one side only, `keys`
    has the example keys.

    Args:
        seed: of keys, generated content and media; the same seed gives the same server.
        defects: names of departures from the contract that are switched on.
        contract: path of another contract than the package's own.
        grade: whether requests are validated and reported; see `GET /__contract__/report`.
        record: whether exchanges are also kept for a recording.
        options: further fields of `Options`: latency, pace (seconds), cached, edge_limit, clock.

    Raises:
        ValueError: a defect is not known.
    """
    service = Service(Options(seed=seed, contract=contract, **options))
    clock = service.backend.now
    grader = Grader(service.contract, clock) if grade or record else None
    app = App(service, grader, Recorder(clock) if record else None)
    if defects:
        from pollinations_conformance.server.defects import apply

        apply(app, defects)
    return app


class RunningServer:
    """A server that is running.

    Attributes:
        app: the application, for looking inside.
        base_url: URL of the gateway, without a slash at the end.
        media_url: URL of the media host.
        keys: the example keys by name: `secret`, `publishable`, `restricted` and so on.
    """

    def __init__(self, app: App, base_url: str, media_url: str) -> None:
        self.app = app
        self.base_url = base_url
        self.media_url = media_url
        self.keys = app.keys

    def respond_with(
        self,
        text: str | None = None,
        *,
        json: object = None,
        tool_calls: Sequence[Mapping[str, Any]] | None = None,
        image: bytes | Path | None = None,
        video: bytes | Path | None = None,
        audio: bytes | Path | None = None,
        media_type: str | None = None,
        error: int | None = None,
        message: str | None = None,
        headers: Mapping[str, str] | None = None,
        fault: str | None = None,
        operation: str | None = None,
        model: str | None = None,
        times: int | None = 1,
        optional: bool = False,
    ) -> ScriptedResponse:
        """Script the response to one of the next requests; see `scripting`.

        Args:
            text: that a text model responds with, or a transcript.
            json: the same, written as JSON.
            tool_calls: that the model wants made: objects with `name` and `arguments`.
            image: bytes, or a file.
            video: the same.
            audio: the same.
            media_type: of these bytes; recognised when it is not given.
            error: status of an error.
            message: of the error; the status's own when it is not given.
            headers: of the error, such as Retry-After.
            fault: name of a fault to inject.
            operation: id or path of the operation it is for; all that can respond so otherwise.
            model: name or alias of the model it is for; any otherwise.
            times: how often it is used; None for without end.
            optional: whether it may be left unused.

        Raises:
            ScriptError: a value is not what it has to be.
        """
        fields = {name: value for name, value in locals().items() if name != "self"}
        return self.app.service.scripts.add(fields)

    def unused_responses(self) -> list[str]:
        """Return the scripted responses that no request has used, one line each."""
        return [str(script) for script in self.app.service.scripts.unused()]

    def clear_responses(self) -> None:
        """Forget all scripted responses."""
        self.app.service.scripts.clear()


def listen(host: str, port: int) -> socket.socket:
    """Open a listening socket; port 0 takes a free one.

    Raises:
        OSError: the address is in use or not of this machine.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # asyncio switches Nagle's algorithm off only where the protocol is named; with it, every second
    # packet of a response would wait 40 ms for an acknowledgement.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(2048)
    except OSError:
        listener.close()
        raise
    return listener


def url_of(listener: socket.socket) -> str:
    """Return the URL of a listening socket."""
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


class _Server(uvicorn.Server):
    """A server that leaves signals to its caller, who has a report to write."""

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None]:
        yield


async def serve(
    app: App,
    gateway: socket.socket,
    media: socket.socket,
    stop: asyncio.Event,
    started: threading.Event | None = None,
    head_timeout: float = HEAD_TIMEOUT,
) -> None:
    """Serve until the event is set.

    Args:
        app: the application.
        gateway: listening socket of the gateway.
        media: listening socket of the media host.
        stop: ends the serving when it is set.
        started: set as soon as both sides respond.
        head_timeout: seconds in which a client has to send the head of a request.
    """
    app.media_ports.add(media.getsockname()[1])
    app.service.pages.urls = url_of(gateway), url_of(media)
    server = _Server(uvicorn.Config(app, http=protocol(head_timeout), **_QUIET))
    task = asyncio.create_task(server.serve(sockets=[gateway, media]))
    while not server.started and not task.done():
        await asyncio.sleep(0.002)
    if started is not None:
        started.set()
    await stop.wait()
    server.should_exit = True
    await task


@contextlib.contextmanager
def running(
    *,
    seed: int = 0,
    defects: Sequence[str] = (),
    app: App | None = None,
    head_timeout: float = HEAD_TIMEOUT,
    **options: Any,
) -> Generator[RunningServer]:
    """Run a server on free loopback ports, in a thread, for as long as the context lasts.

    Args:
        seed: see `create_app`, and so for the rest.
        defects: names of departures from the contract that are switched on.
        app: serve this application instead of a new one.
        head_timeout: seconds in which a client has to send the head of a request.
        options: further options of `create_app`.
    """
    application = app or create_app(seed=seed, defects=defects, **options)
    with contextlib.ExitStack() as stack:
        gateway = stack.enter_context(listen("127.0.0.1", 0))
        media = stack.enter_context(listen("127.0.0.1", 0))
        server = RunningServer(application, url_of(gateway), url_of(media))
        started = threading.Event()
        loop = asyncio.new_event_loop()
        stop = asyncio.Event()
        work = serve(application, gateway, media, stop, started, head_timeout)
        thread = threading.Thread(
            target=_run, args=(loop, work, started), name="reference-server", daemon=True
        )
        thread.start()
        if not started.wait(10) or not thread.is_alive():
            raise RuntimeError("the reference server did not start; run `serve` to see why")
        try:
            yield server
        finally:
            loop.call_soon_threadsafe(stop.set)
            thread.join(10)


def _run(loop: asyncio.AbstractEventLoop, work: Any, started: threading.Event) -> None:
    asyncio.set_event_loop(loop)
    try:
        loop.run_until_complete(work)
        loop.run_until_complete(loop.shutdown_default_executor())
    finally:
        started.set()
        loop.close()
