"""Measure the reference server: requests a second, start, memory after many requests.

    python benchmarks/server.py                           # this server alone
    python benchmarks/server.py --other 127.0.0.1:4010    # and another one in the same run

The other one is for example `prism mock -p 4010 openapi.yaml`.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

CONNECTIONS = 16


class Server:
    """`serve --json` in a process of its own."""

    def __init__(self) -> None:
        started = time.monotonic()
        command = [sys.executable, "-m", "pollinations_conformance", "serve", "--json"]
        self.process = subprocess.Popen(
            [*command, "--port", "0", "--media-port", "0"], stdout=subprocess.PIPE, text=True
        )
        assert self.process.stdout is not None
        self.told: dict[str, Any] = json.loads(self.process.stdout.readline())
        self.start = time.monotonic() - started

    def megabytes(self) -> float:
        """Resident memory, where the system tells it."""
        status = Path(f"/proc/{self.process.pid}/status")
        if not status.is_file():
            return float("nan")
        lines = status.read_text("ascii").splitlines()
        return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmRSS"))

    def stop(self) -> None:
        self.process.send_signal(signal.SIGINT)
        self.process.wait(10)


async def ask(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, request: bytes) -> int:
    """Make one request on an open connection; returns the status."""
    writer.write(request)
    head = (await reader.readuntil(b"\r\n\r\n")).lower()
    _, found, rest = head.partition(b"content-length: ")
    if found:
        await reader.readexactly(int(rest.partition(b"\r\n")[0]))
        return int(head[9:12])
    while size := int((await reader.readuntil(b"\r\n"))[:-2], 16):
        await reader.readexactly(size + 2)
    await reader.readexactly(2)
    return int(head[9:12])


async def rate(address: str, path: str, key: str, seconds: float) -> float:
    """Return the requests a second of one route, over `CONNECTIONS` kept connections."""
    host, _, port = address.rpartition(":")
    request = f"GET {path} HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer {key}\r\n\r\n"
    done = 0

    async def work(end: float) -> None:
        nonlocal done
        reader, writer = await asyncio.open_connection(host, int(port))
        while time.monotonic() < end:
            status = await ask(reader, writer, request.encode())
            if status != 200:
                raise SystemExit(f"{address}{path}: status {status}")
            done += 1
        writer.close()

    started = time.monotonic()
    await asyncio.gather(*(work(started + seconds) for _ in range(CONNECTIONS)))
    return done / (time.monotonic() - started)


async def mixture(gateway: str, media: str, key: str, count: int) -> dict[int, int]:
    """Make all kinds of requests; returns how often each status came."""
    statuses: dict[int, int] = {}
    dice = random.Random(0)
    head = f"Host: x\r\nAuthorization: Bearer {key}\r\n"

    def request(number: int) -> tuple[int, bytes]:
        kind = number % 20
        if kind < 8:
            return 0, f"GET /text/question%20{number} HTTP/1.1\r\n{head}\r\n".encode()
        if kind < 14:
            question = [{"role": "user", "content": f"Question {number}"}]
            body = json.dumps({"messages": question, "stream": kind == 13})
            start = "POST /v1/chat/completions HTTP/1.1\r\nContent-Type: application/json\r\n"
            return 0, f"{start}{head}Content-Length: {len(body)}\r\n\r\n{body}".encode()
        if kind < 15:
            path = f"/image/picture%20{number}?width=64&height=64"
            return 0, f"GET {path} HTTP/1.1\r\n{head}\r\n".encode()
        if kind < 16:
            start = f"POST /upload HTTP/1.1\r\nContent-Type: image/png\r\n{head}"
            return 1, f"{start}Content-Length: 4000\r\n\r\n".encode() + dice.randbytes(4000)
        path = "/account/balance" if kind < 18 else "/v1/models"
        return 0, f"GET {path} HTTP/1.1\r\n{head}\r\n".encode()

    async def work(numbers: range) -> None:
        sides: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = []
        for address in (gateway, media):
            host, _, port = address.rpartition(":")
            sides.append(await asyncio.open_connection(host, int(port)))
        for number in numbers:
            side, data = request(number)
            try:
                status = await ask(*sides[side], data)
            except asyncio.IncompleteReadError:  # the connection was idle for too long
                host, _, port = (gateway, media)[side].rpartition(":")
                sides[side] = await asyncio.open_connection(host, int(port))
                status = await ask(*sides[side], data)
            statuses[status] = statuses.get(status, 0) + 1
        for _, writer in sides:
            writer.close()

    step = count // CONNECTIONS
    await asyncio.gather(*(work(range(n * step, (n + 1) * step)) for n in range(CONNECTIONS)))
    return statuses


async def breakage(gateway: str, count: int) -> None:
    """Send broken requests, each on a connection of its own."""
    host, _, port = gateway.rpartition(":")
    dice = random.Random(0)
    good = b'POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nContent-Length: 15\r\n\r\n{"messages":[]}'
    for number in range(count):
        _, writer = await asyncio.open_connection(host, int(port))
        data = bytearray(good)
        for _ in range(dice.randint(1, 12)):
            data[dice.randrange(len(data))] = dice.randrange(256)
        if number % 50 == 0:
            data[:] = b"POST /x HTTP/1.1\r\nHost: x\r\nContent-Length: 1073741824\r\n\r\n" + bytes(
                9_000
            )
        if number % 50 == 1:
            data[:] = b"GET / HTTP/1.1\r\nHost: x\r\n" + b"X: y\r\n" * 10_000 + b"\r\n"
        writer.write(bytes(data))
        writer.close()


def main() -> None:
    """Measure, and print one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else None)
    parser.add_argument("--other", metavar="HOST:PORT", help="measure this server's rate, too")
    parser.add_argument("--requests", type=int, default=100_000, help="of the memory measure")
    parser.add_argument("--seconds", type=float, default=4.0, help="of each rate")
    options = parser.parse_args()
    server = Server()
    gateway, media = (
        server.told[name].removeprefix("http://") for name in ("base_url", "media_url")
    )
    key = server.told["keys"]["secret"]
    told: dict[str, Any] = {
        "start_seconds": round(server.start, 2),
        "megabytes_at_start": round(server.megabytes(), 1),
    }
    for path in ("/account/balance", "/v1/models"):
        told[f"requests_per_second {path}"] = round(
            asyncio.run(rate(gateway, path, key, options.seconds))
        )
        if options.other:
            other = asyncio.run(rate(options.other, path, key, options.seconds))
            told[f"other_requests_per_second {path}"] = round(other)
    told["statuses"] = asyncio.run(mixture(gateway, media, key, options.requests))
    told[f"megabytes_after_{options.requests}"] = round(server.megabytes(), 1)
    asyncio.run(breakage(gateway, 3_000))
    asyncio.run(asyncio.sleep(1))
    told["megabytes_after_3000_broken"] = round(server.megabytes(), 1)
    told["answers_after_that"] = asyncio.run(rate(gateway, "/account/balance", key, 0.5)) > 0
    server.stop()
    print(json.dumps(told, indent=2))


if __name__ == "__main__":
    main()
