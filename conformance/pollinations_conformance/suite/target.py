"""The server under test: its URLs, requests to it, and the time that they may take."""

import re
import socket
import ssl
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal
from urllib.parse import quote, urlencode, urlsplit

import httpcore
import httpx

from pollinations_conformance.http.credentials import credential
from pollinations_conformance.http.text import printable
from pollinations_conformance.suite.clock import SYSTEM, Clock
from pollinations_conformance.suite.errors import (
    OutOfTime,
    TargetError,
    Unreachable,
    reason_of,
)
from pollinations_conformance.suite.exchange import Exchange
from pollinations_conformance.suite.keyring import Keyring
from pollinations_conformance.suite.pace import Bursts, Pace
from pollinations_conformance.suite.transport import MAX_BODY, Connections

Host = Literal["gateway", "media"]
EXAMPLE = "http://127.0.0.1:8080"
AFTERWARDS = 2.0
"""Seconds, at most, in which what belongs to a response on a raw connection follows its headers."""
QUIET = 0.25
"""Seconds, at least, of silence after which nothing more comes on a raw connection."""
LOOPBACK = re.compile(r"^(localhost|127(\.\d+){3}|\[?::1\]?)$")


def parse_address(text: str, what: str) -> str:
    """Return a URL without its trailing slash.

    Raises:
        TargetError: it is not an http(s) URL, or carries credentials, a query or a fragment.
    """
    text = text.strip()
    try:
        parts = urlsplit(text)
        _ = parts.port
        if re.search(r"[\s\x00-\x1f\x7f]", text):
            raise ValueError
        (parts.hostname or "").encode("idna")
    except ValueError:
        raise TargetError(f"{what} is not a URL; write one like {EXAMPLE}") from None
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise TargetError(
            f"{what} must begin with http:// or https:// and name a host, as in {EXAMPLE}"
        )
    if "@" in parts.netloc or parts.query or parts.fragment:
        raise TargetError(f"{what} must be a plain URL, without user, query or fragment")
    return text.rstrip("/")


def is_loopback(address: str) -> bool:
    """Return whether a URL is on this machine."""
    return bool(LOOPBACK.match(urlsplit(address).hostname or ""))


@dataclass
class Target:
    """A server under test.

    Args:
        base_url: URL of the gateway.
        media_url: URL of the media host; None when the run has none.
        keys: the run's keys.
        per_second: requests per second, at most; None for no limit.
        timeout: seconds for one response to be complete.
        max_wait: seconds that a Retry-After is honoured; beyond that the 429 is handed back.
        embedded: whether it is the reference server, started for this run.
        clock: the run's.
    """

    base_url: str
    media_url: str | None = None
    keys: Keyring = field(default_factory=Keyring)
    per_second: float | None = None
    timeout: float = 60.0
    max_wait: float = 5.0
    embedded: bool = False
    clock: Clock = SYSTEM

    def __post_init__(self) -> None:
        self.base_url = parse_address(self.base_url, "the base URL")
        if self.media_url is not None:
            self.media_url = parse_address(self.media_url, "the media URL")
        self.pace = Pace(self.per_second, self.clock)
        self.key_pace = Bursts(self.clock)
        self.requests = 0
        self.heard = False
        """Whether anything has come from it that begins as HTTP does."""
        self.deadline: float | None = None
        """When the run must end, by the monotonic clock; None when it need not."""
        urls = (self.base_url, self.media_url or "")
        secure = any(url.startswith("https:") for url in urls)
        self._context = httpx.create_ssl_context(trust_env=False) if secure else None
        self._local = threading.local()
        self._connections: list[Connections] = []
        self._lock = threading.Lock()

    def close(self) -> None:
        """Close all connections."""
        with self._lock:
            for connections in self._connections:
                connections.close()
            self._connections.clear()
        self._local = threading.local()

    def address(self, host: Host) -> str:
        """Return the URL of a host.

        Raises:
            Unreachable: it has none in this run.
        """
        address = self.base_url if host == "gateway" else self.media_url
        if address is None:
            raise Unreachable("no URL of a media host was given (--media-url)", refused=True)
        return address

    def url(self, path: str, query: Sequence[tuple[str, str]] = (), host: Host = "gateway") -> str:
        """Return a URL; the path is taken as it is, already percent-encoded."""
        url = self.address(host) + path
        return f"{url}?{urlencode(query, quote_via=quote)}" if query else url

    def host_of(self, url: str) -> Host:
        """Return which host a URL of this target belongs to."""
        media = self.media_url
        if media is None or not url.startswith(media):
            return "gateway"
        return "media" if url[len(media) :][:1] in {"", "/", "?"} else "gateway"

    def redact(self, text: str) -> str:
        """Return a text without any key."""
        return self.keys.redact(printable(text))

    def fetch(
        self,
        method: str,
        url: str,
        headers: Sequence[tuple[str, str]],
        body: bytes,
    ) -> Exchange:
        """Send one request and read the whole response.

        Raises:
            Unreachable: no complete response came.
            OutOfTime: the run must end first.
        """
        self.patience(self.timeout)
        self.pace.wait()
        self.key_pace.wait(credential(url, headers))
        with self._lock:
            self.requests += 1
        return self.transmit(method, url, headers, body)

    def transmit(
        self,
        method: str,
        url: str,
        headers: Sequence[tuple[str, str]],
        body: bytes,
    ) -> Exchange:
        """Send one request now and read the whole response; see `fetch`."""
        patience = self.patience(self.timeout)
        start = time.monotonic()
        connections = self._own_connections()
        sent = Exchange(method, url, tuple(headers), body, 0, (), b"", 0.0)
        try:
            reply = connections.exchange(method, url, headers, body, start + patience)
        except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
            self.patience(self.timeout)
            raise Unreachable(
                self.redact(f"no connection to {urlsplit(url).netloc}: {reason_of(error)}"),
                refused=True,
                exchange=sent,
            ) from None
        except httpcore.TimeoutException:
            self.patience(self.timeout)
            raise Unreachable(
                f"no complete response within {self.timeout:g} s",
                slow=not connections.started,
                exchange=sent,
            ) from None
        except (
            httpcore.NetworkError,
            httpcore.ProtocolError,
            httpcore.UnsupportedProtocol,
            httpx.InvalidURL,
            ValueError,
        ) as error:
            message = self.redact(f"the response breaks HTTP: {reason_of(error)}")
            raise Unreachable(message, exchange=sent) from None
        except Unreachable as error:  # too long, or not encoded as it says
            error.exchange = sent
            raise
        finally:
            self.heard = self.heard or connections.heard
        return replace(
            sent,
            request_headers=reply.request_headers,
            status=reply.status,
            headers=reply.headers,
            content=reply.content,
            seconds=time.monotonic() - start,
            waited=reply.began - start,
            at=self.clock.now(),
        )

    def _own_connections(self) -> Connections:
        """Return the connections of this thread."""
        found: Connections | None = getattr(self._local, "connections", None)
        if found is None:
            found = self._local.connections = Connections(self._context)
            with self._lock:
                self._connections.append(found)
        return found

    def patience(self, seconds: float) -> float:
        """Return how long something may take: the seconds it has, or what is left of the run.

        Raises:
            OutOfTime: nothing is left.
        """
        if self.deadline is None:
            return seconds
        left = self.deadline - self.clock.monotonic()
        if left <= 0.005:  # timeouts are rounded
            raise OutOfTime("the run's time was up")
        return min(seconds, left)

    def raw(self, host: Host, message: Callable[[str, str], bytes], seconds: float = 10.0) -> bytes:
        """Send bytes on a new connection and read until the server closes it.

        Some servers and proxies keep it open, whatever they were told to do: the response is over
        when nothing has come for a while, which is longer for a server that is slow to begin.

        Args:
            host: which host.
            message: given (Host header value, path prefix), returns the bytes to send.
            seconds: how long to wait for the end.

        Raises:
            Unreachable: no connection, or nothing came in time.
            OutOfTime: the run must end first.
        """
        parts = urlsplit(self.address(host))
        secure = parts.scheme == "https"
        port = parts.port or (443 if secure else 80)
        name = parts.hostname or ""
        self.pace.wait()
        seconds = self.patience(seconds)
        with self._lock:
            self.requests += 1
        data = bytearray()
        try:
            with socket.create_connection((name, port), timeout=seconds) as plain:
                link = (
                    ssl.create_default_context().wrap_socket(plain, server_hostname=name)
                    if secure
                    else plain
                )
                link.sendall(message(parts.netloc, parts.path))
                sent = time.monotonic()
                deadline = last = sent + seconds
                quiet = 0.0
                while time.monotonic() < deadline and len(data) < MAX_BODY:
                    link.settimeout(max(0.05, deadline - time.monotonic()))
                    try:
                        block = link.recv(65536)
                    except TimeoutError:
                        break
                    if not block:
                        break
                    data += block
                    if b"\r\n\r\n" in data:
                        now = time.monotonic()
                        if not quiet:
                            quiet = min(AFTERWARDS, max(QUIET, 2 * (now - sent)))
                            last = min(deadline, now + AFTERWARDS)
                        deadline = min(last, now + quiet)
                if time.monotonic() >= deadline and not quiet:
                    self.patience(seconds)
                if secure:
                    link.close()
        except OSError as error:
            if not data:
                self.patience(seconds)
                raise Unreachable(f"no response from {parts.netloc}: {reason_of(error)}") from None
        return bytes(data)
