"""Start the service under test by a command, wait until it responds, and stop it at the end."""

import contextlib
import os
import re
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Generator
from pathlib import Path
from typing import IO
from urllib.parse import urlsplit

import httpx

from pollinations_conformance.suite import guard
from pollinations_conformance.suite.clock import SYSTEM, Clock
from pollinations_conformance.suite.errors import TargetError
from pollinations_conformance.suite.target import parse_address

LOG = "service.log"
GRACE = 10.0
"""Seconds between SIGTERM and SIGKILL."""
STARTING = {502, 503, 504}
"""What a proxy responds with while the service behind it is not there yet."""
LONGEST_LINE = 2**16
LONGEST_LOG = 2**25
"""Characters; what a service writes beyond that is read, so that it can go on, and dropped."""


class Service:
    """A service that is started by a command.

    Args:
        command: for /bin/sh. It finds the ports to listen on in the environment, as PORT and
            MEDIA_PORT.
        base_url: where it will listen; a free port of this machine when None.
        media_url: where its media host will listen. When both URLs are None and the command
            speaks of MEDIA_PORT, another free port.

        clock: measures how long it takes.

    Raises:
        TargetError: an address cannot be used.
    """

    def __init__(
        self,
        command: str,
        base_url: str | None,
        media_url: str | None,
        clock: Clock = SYSTEM,
    ) -> None:
        self.clock = clock
        if os.name != "posix":
            raise TargetError(
                "--start needs process groups, which this system does not have; start the service "
                "yourself, and name its URL with --base-url"
            )
        if not command.strip():
            raise TargetError("--start is empty; give the command that starts the service")
        self.command = command
        if base_url is None:
            with socket.socket() as one, socket.socket() as other:  # open together: two ports
                one.bind(("127.0.0.1", 0))
                other.bind(("127.0.0.1", 0))
                base_url = f"http://127.0.0.1:{one.getsockname()[1]}"
                if media_url is None and re.search(r"\bMEDIA_PORT\b", command):
                    media_url = f"http://127.0.0.1:{other.getsockname()[1]}"
        self.base_url = parse_address(base_url, "--base-url")
        self.media_url = parse_address(media_url, "--media-url") if media_url else None
        self.log: Path | None = None
        self.exit_code: int | None = None
        """The exit code, when the command ended by itself."""
        self._last = ""

    @contextlib.contextmanager
    def running(
        self, seconds: float, log: Path, redact: Callable[[str], str]
    ) -> Generator["Service"]:
        """Run it.

        Args:
            seconds: how long it may take until it responds.
            log: file for what it writes.
            redact: takes keys out of a text.

        Raises:
            TargetError: something else has its port, or it ended or did not respond in time.
            OSError: the log cannot be written.
        """
        addresses = [address for address in (self.base_url, self.media_url) if address]
        environment = dict(os.environ)
        for name, address in zip(("PORT", "MEDIA_PORT"), addresses, strict=False):
            environment[name] = str(_place(address)[1])
            if listens(address):
                raise TargetError(
                    f"something else already listens at {address}; end it, or take another port"
                )
        self.log = log
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("w", encoding="utf-8") as file:
            process = subprocess.Popen(
                [sys.executable, "-I", guard.__file__, self.command, str(GRACE)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                env=environment,
                start_new_session=True,  # so that Ctrl-C reaches us alone, who then close its input
            )
            assert process.stdin is not None
            assert process.stdout is not None
            assert process.stderr is not None
            threads = [
                threading.Thread(target=self._listen, args=(process.stdout,), daemon=True),
                threading.Thread(
                    target=self._copy, args=(process.stderr, file, redact), daemon=True
                ),
            ]
            for thread in threads:
                thread.start()
            try:
                self._wait(addresses, seconds, threads[1])
                yield self
            finally:
                process.stdin.close()
                try:
                    process.wait(GRACE + 5)
                except subprocess.TimeoutExpired:
                    process.kill()
                # What left the process group may hold the pipe open; it is not waited for.
                for thread in threads:
                    thread.join(2)

    def _wait(self, addresses: list[str], seconds: float, copying: threading.Thread) -> None:
        deadline = self.clock.monotonic() + seconds
        with httpx.Client(trust_env=False, timeout=5) as client:
            for address, path in zip(addresses, ("/v1/models", "/"), strict=False):
                while not responds(client, address + path):
                    if self.exit_code:
                        copying.join(0.3)  # its last words are on their way
                        raise TargetError(
                            f"the command of --start ended with exit code {self.exit_code} before "
                            f"it responded{self._said()}"
                        )
                    if self.clock.monotonic() > deadline:
                        ended = " and the command has ended" if self.exit_code == 0 else ""
                        raise TargetError(
                            f"nothing responds at {address} after {seconds:g} s{ended}; let the "
                            f"command listen on port $PORT, or give it a longer --start-timeout"
                            f"{self._said()}"
                        )
                    self.clock.sleep(0.1)

    def _said(self) -> str:
        last = re.sub(r"\x1b\[[0-9;]*m|[^\x20-\x7e\xa0-\U0010ffff]", "", self._last).strip()
        return f" (its last line: {last[:200]}; all in {self.log})" if last else ""

    def _listen(self, source: IO[bytes]) -> None:
        with source:
            if line := source.readline():
                self.exit_code = int(line)

    def _copy(self, source: IO[bytes], file: IO[str], redact: Callable[[str], str]) -> None:
        # The file may be closed by then, or the disk full.
        with source, contextlib.suppress(OSError, ValueError):
            rest, left = b"", LONGEST_LOG
            while block := source.readline(LONGEST_LINE):
                block, rest = rest + block, b""
                if not block.endswith(b"\n"):  # cut between words: a key must not be halved
                    head, blank, tail = block.rpartition(b" ")
                    block, rest = (head + blank, tail) if len(tail) < LONGEST_LINE else (block, b"")
                line = redact(block.decode("utf-8", "replace"))
                self._last = line if line.strip() else self._last
                if 0 < left <= len(line):
                    line += "\n… the log is cut here: it is too long\n"
                if left > 0:
                    file.write(line)
                    file.flush()
                left -= len(line)
            file.write(redact(rest.decode("utf-8", "replace")))


def _place(address: str) -> tuple[str, int]:
    parts = urlsplit(address)
    return parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)


def listens(address: str) -> bool:
    """Return whether something accepts connections at an address."""
    try:
        with socket.create_connection(_place(address), timeout=2):
            return True
    except OSError:
        return False


def responds(client: httpx.Client, url: str) -> bool:
    """Return whether an HTTP response comes that is the service's own."""
    try:
        with client.stream("GET", url) as response:  # its body is of no interest
            return response.status_code not in STARTING
    except httpx.HTTPError:
        return False
