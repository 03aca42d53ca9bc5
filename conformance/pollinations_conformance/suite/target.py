"""The server under test as the checks see it: addresses, keys, requests, and what came back.

Keys live only here. Everything that leaves this module for a report, a log or an exception goes
through `Keyring.redact`.
"""

import base64
import json
import re
import shlex
import socket
import ssl
import threading
import time
import tomllib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from http.cookiejar import DefaultCookiePolicy
from pathlib import Path
from typing import Any, Literal
from urllib.parse import quote, urlencode, urlsplit

import httpx

from pollinations_conformance.http.credentials import credential
from pollinations_conformance.http.json import is_object
from pollinations_conformance.http.message import header_values
from pollinations_conformance.http.text import BEFORE_KEY, key_pattern
from pollinations_conformance.suite.keys_file import current_role

Host = Literal["gateway", "media"]
MAIN = "secret"
"""The role of the key that ordinary requests carry."""

ROLES: Mapping[str, str] = {
    MAIN: "an ordinary secret key with all account permissions and all models",
    "other-account": "a second secret key, with pollen of its own",
    "restricted": "a secret key that may use only some models",
    "no-permissions": "a secret key without any account permission",
    "publishable": "a publishable (pk_) key",
    "budgeted": "a secret key with a remaining budget of its own",
    "exhausted-budget": "a key whose own budget is used up",
    "empty-balance": "a key whose user has no pollen",
    "restricted-empty-balance": "a key that may use only some models, whose user has no pollen",
    "expiring": "a secret key that will expire",
    "quoted-name": "a secret key whose name holds a comma and quotation marks",
    "expired": "a key that is no longer valid",
}

NOT_A_KEY = "sk_ThisIsNotAKeyOfAnybodyAtAll00000"
MAX_BODY = 64 * 2**20
EXAMPLE = "http://127.0.0.1:8080"
AFTERWARDS = 2.0
"""Seconds in which what belongs to an answer on a raw connection follows its headers."""
LOOPBACK = re.compile(r"^(localhost|127(\.\d+){3}|\[?::1\]?)$")


class TargetError(Exception):
    """Say that the target, its address or its keys cannot be used, in one line."""


class Unreachable(Exception):
    """Say that no answer came: the connection failed, broke off, or broke the rules of HTTP."""

    def __init__(self, message: str, *, refused: bool = False, slow: bool = False) -> None:
        super().__init__(message)
        self.refused = refused
        """True when no connection could be made at all."""
        self.slow = slow
        """True when time ran out before the first byte of an answer."""


class OutOfTime(Exception):
    """Say that the run's time was up before an answer was complete."""


class Keyring:
    """The keys of a run, by role. Its repr shows no key."""

    def __init__(self, keys: Mapping[str, str] | None = None) -> None:
        self._keys = dict(keys or {})
        for role, key in self._keys.items():
            if not key or re.search(r"[\s\x00-\x1f\x7f]|[^\x21-\x7e]", key):
                raise TargetError(
                    f"the key for {role!r} is empty or holds characters that no header can carry"
                )
        by_length = sorted(self._keys.items(), key=lambda item: -len(item[1]))
        self._secrets = [(key_pattern(key), role) for role, key in by_length]

    def __repr__(self) -> str:
        return f"Keyring({', '.join(sorted(self._keys)) or 'no keys'})"

    def __contains__(self, role: object) -> bool:
        return role in self._keys

    def get(self, role: str) -> str | None:
        """Give the key of a role, or None."""
        return self._keys.get(role)

    def roles(self) -> list[str]:
        """List the roles that have a key."""
        return sorted(self._keys)

    def redact(self, text: str) -> str:
        """Take every key out of a text; what stays says which role it was."""
        for pattern, role in self._secrets:
            text = pattern.sub(variable(role), text)
        return re.sub(
            BEFORE_KEY + r"(sk|pk)_[A-Za-z0-9]{8,}",
            lambda found: found[0] if found[0] == NOT_A_KEY else f"{found[1]}_***",
            text,
        )


def variable(role: str) -> str:
    """Name the shell variable that stands for a role's key in a curl line."""
    if role == MAIN:
        return "$POLLINATIONS_API_KEY"
    return f"$POLLINATIONS_{role.upper().replace('-', '_')}_KEY"


def read_keys(path: Path) -> dict[str, str]:
    """Read a keys file: TOML with a table `keys` (role = "key"), or one bare key for role secret.

    Args:
        path: the file.

    Raises:
        TargetError: it cannot be read, or names a role that nobody knows.
    """
    try:
        text = path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise TargetError(f"cannot read the keys file {path}: {_reason(error)}") from None
    if not text:
        raise TargetError(f"the keys file {path} is empty; put a key in it, or a [keys] table")
    if re.fullmatch(r"[^\s=\[\]\"]+", text):
        return {MAIN: text}
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        # The parser's message may quote the line, and the line may be a key.
        place = re.search(r"\(at .*?\)", str(error))
        raise TargetError(
            f"the keys file {path} is neither one bare key nor valid TOML {place[0] if place else ''}".rstrip()
        ) from None
    table = document.get("keys")
    if not is_object(table) or set(document) != {"keys"}:
        raise TargetError(f'the keys file {path} must hold one table, [keys], with role = "key"')
    keys: dict[str, str] = {}
    for name, key in table.items():
        role = current_role(name, path)
        if role not in ROLES:
            raise TargetError(
                f"the keys file {path} names a role {role!r}; roles are: {', '.join(ROLES)}"
            )
        if role in keys:
            raise TargetError(f"the keys file {path} has two keys for the role {role!r}")
        if not isinstance(key, str):
            raise TargetError(f"the keys file {path} gives {role} something that is not a string")
        keys[role] = key
    return keys


@dataclass(frozen=True)
class Exchange:
    """One request and the answer to it."""

    method: str
    url: str
    request_headers: tuple[tuple[str, str], ...]
    request_body: bytes
    status: int
    headers: tuple[tuple[str, str], ...]
    content: bytes
    seconds: float
    operation: str = ""
    """The operationId that the contract finds for it, or an empty text."""
    key: str = ""
    """The role of the key that was sent; "bogus" for an invented one; empty for none."""
    faults: tuple[str, ...] = ()
    """What the contract says is wrong with the answer."""

    def header(self, name: str) -> str | None:
        """Give the value of a response header, joined when it is repeated, or None."""
        found = self.header_values(name)
        return ", ".join(found) if found else None

    def header_values(self, name: str) -> list[str]:
        """List the values of a response header."""
        return header_values(self.headers, name)

    @property
    def media_type(self) -> str:
        """The response's media type without parameters, in lower case."""
        return (self.header("content-type") or "").partition(";")[0].strip().lower()

    def text(self) -> str:
        """Decode the response body as UTF-8, replacing what is not."""
        return self.content.decode("utf-8", "replace")

    @property
    def ok(self) -> bool:
        """Whether the status is 2xx."""
        return 200 <= self.status < 300

    def curl(self) -> str:
        """Write a shell command that repeats the request; keys are still in it: redact it."""
        words = ["curl", "-sS", "-i"]
        if self.method == "HEAD":
            words.append("--head")
        elif self.method != "GET" or self.request_body:
            words += ["-X", self.method]
        for name, value in self.request_headers:
            if name.lower() in {"host", "content-length", "accept-encoding", "connection"}:
                continue
            if name.lower() in {"accept", "user-agent"} and not value.startswith("text/"):
                continue
            words += ["-H", f"{name}: {value}" if value else f"{name};"]
        line = " ".join(shlex.quote(word) for word in [*words, self.url])
        if self.request_body:
            if len(self.request_body) > 4096:
                line += f" --data-binary @-  # {len(self.request_body)} bytes on stdin"
            else:
                try:
                    line += " --data-binary " + shlex.quote(self.request_body.decode("utf-8"))
                except UnicodeDecodeError:
                    data = base64.b64encode(self.request_body).decode()
                    line = f"printf %s {data} | base64 -d | {line} --data-binary @-"
        return line


class Pace:
    """How fast requests may follow each other; slows down when the server asks for it."""

    def __init__(self, per_second: float | None = None) -> None:
        self.per_second = per_second
        self.throttled = 0
        self._next = 0.0
        self._lock = threading.Lock()

    def wait(self) -> None:
        """Sleep until the next request may go."""
        with self._lock:
            now = time.monotonic()
            start = max(now, self._next)
            self._next = start + (1 / self.per_second if self.per_second else 0)
        if start > now:
            time.sleep(start - now)

    def slow(self, per_second: float, pause: float = 0.0) -> None:
        """Go no faster than this from now on, after a pause in seconds."""
        with self._lock:
            self.throttled += 1
            if self.per_second is None or self.per_second > per_second:
                self.per_second = per_second
            self._next = max(self._next, time.monotonic() + pause)


class Bursts:
    """How requests with a key follow each other, once that key was used too often.

    The real gateway takes five of them, and further ones only when none came for a second.
    """

    SIZE = 4
    PAUSE = 1.25

    def __init__(self) -> None:
        self._keys: dict[str, tuple[int, float]] = {}
        """By key: how many requests its last burst has, and when the last of them goes."""
        self._lock = threading.Lock()

    @property
    def active(self) -> bool:
        """Whether a key was used too often."""
        return bool(self._keys)

    def wait(self, key: str | None) -> None:
        """Sleep until the next request with a key may go."""
        with self._lock:
            if key is None or key not in self._keys:
                return
            sent, last = self._keys[key]
            start = max(time.monotonic(), last)
            if sent >= self.SIZE:
                start = max(start, last + self.PAUSE)
            sent = 0 if start >= last + self.PAUSE else sent
            self._keys[key] = sent + 1, start
        time.sleep(max(0.0, start - time.monotonic()))

    def slow(self, key: str) -> None:
        """Use a key in bursts from now on, after a pause."""
        with self._lock:
            now = time.monotonic()
            if self._keys.get(key, (0, 0.0))[1] < now:  # otherwise a pause is to come already
                self._keys[key] = self.SIZE, now


@dataclass
class Payload:
    """A request body with its Content-Type."""

    content: bytes
    content_type: str | None


def json_payload(value: Any) -> Payload:
    """Encode a value as a JSON body."""
    return Payload(json.dumps(value, ensure_ascii=False).encode(), "application/json")


def form_payload(
    fields: Iterable[tuple[str, str | bytes, str | None, str | None]],
    boundary: str = "conformance-9f2c41d07b",
) -> Payload:
    """Encode a multipart form.

    Args:
        fields: (name, value, file name or None, content type or None).
        boundary: must not stand in any value.
    """
    lines: list[bytes] = []
    for name, value, filename, content_type in fields:
        disposition = f'form-data; name="{name}"'
        if filename is not None:
            disposition += f'; filename="{filename}"'
        lines.append(f"--{boundary}\r\nContent-Disposition: {disposition}\r\n".encode())
        if content_type is not None:
            lines.append(f"Content-Type: {content_type}\r\n".encode())
        lines.append(b"\r\n" + (value.encode() if isinstance(value, str) else value) + b"\r\n")
    lines.append(f"--{boundary}--\r\n".encode())
    return Payload(b"".join(lines), f"multipart/form-data; boundary={boundary}")


def parse_address(text: str, what: str) -> str:
    """Check an address and take its trailing slash off.

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
        raise TargetError(f"{what} must be a plain address, without user, query or fragment")
    return text.rstrip("/")


def is_loopback(address: str) -> bool:
    """Whether an address is on this machine."""
    return bool(LOOPBACK.match(urlsplit(address).hostname or ""))


@dataclass
class Target:
    """A server under test.

    Args:
        base_url: address of the gateway.
        media_url: address of the media host; None when the run has none.
        keys: the run's keys.
        pace: how fast requests may follow each other.
        timeout: seconds for one answer to be complete.
        max_wait: seconds that a Retry-After is honoured; beyond that the 429 is handed back.
    """

    base_url: str
    media_url: str | None = None
    keys: Keyring = field(default_factory=Keyring)
    pace: Pace = field(default_factory=Pace)
    timeout: float = 60.0
    max_wait: float = 5.0
    embedded: bool = False

    def __post_init__(self) -> None:
        self.base_url = parse_address(self.base_url, "the base URL")
        if self.media_url is not None:
            self.media_url = parse_address(self.media_url, "the media URL")
        self.key_pace = Bursts()
        self.requests = 0
        self.deadline: float | None = None
        """When the run must end, by the monotonic clock; None when it need not."""
        self._local = threading.local()
        self._clients: list[httpx.Client] = []
        self._lock = threading.Lock()

    def close(self) -> None:
        """Close all connections."""
        with self._lock:
            for client in self._clients:
                client.close()
            self._clients.clear()

    def address(self, host: Host) -> str:
        """Give the address of a host.

        Raises:
            Unreachable: it has none in this run.
        """
        address = self.base_url if host == "gateway" else self.media_url
        if address is None:
            raise Unreachable("no address of a media host was given (--media-url)", refused=True)
        return address

    def url(self, path: str, query: Sequence[tuple[str, str]] = (), host: Host = "gateway") -> str:
        """Build a URL; the path is taken as it stands, already percent-encoded."""
        url = self.address(host) + path
        return f"{url}?{urlencode(query, quote_via=quote)}" if query else url

    def redact(self, text: str) -> str:
        """Take every key out of a text."""
        return self.keys.redact(text)

    def _client(self) -> httpx.Client:
        client: httpx.Client | None = getattr(self._local, "client", None)
        if client is None or client.is_closed:
            client = httpx.Client(
                follow_redirects=False, timeout=httpx.Timeout(self.timeout), trust_env=False
            )
            # No answer may depend on what an earlier one asked to be remembered.
            client.cookies.jar.set_policy(DefaultCookiePolicy(allowed_domains=[]))
            self._local.client = client
            with self._lock:
                self._clients.append(client)
        return client

    def fetch(
        self,
        method: str,
        url: str,
        headers: Sequence[tuple[str, str]],
        body: bytes,
    ) -> Exchange:
        """Send one request and read the whole answer.

        Raises:
            Unreachable: no complete answer came.
            OutOfTime: the run must end first.
        """
        self.patience(self.timeout)
        self.pace.wait()
        self.key_pace.wait(credential(url, headers))
        patience = self.patience(self.timeout)
        with self._lock:
            self.requests += 1
        start = time.monotonic()
        client = self._client()
        request = client.build_request(
            method,
            url,
            headers=[("User-Agent", "pollinations-conformance"), *headers],
            content=body or None,
            timeout=patience,
        )
        response: httpx.Response | None = None
        # Set by hand so that a body-less POST still says so, and nothing is guessed.
        if method in {"POST", "PUT", "PATCH"} and not body:
            request.headers["Content-Length"] = "0"
        try:
            response = self._open(client, request)
            try:
                content = self._read(response, start + patience)
            finally:
                response.close()
        except (httpx.ConnectError, httpx.ConnectTimeout) as error:
            self.patience(self.timeout)
            raise Unreachable(
                self.redact(f"no connection to {urlsplit(url).netloc}: {error}"), refused=True
            ) from None
        except httpx.TimeoutException:
            self.patience(self.timeout)
            raise Unreachable(
                f"no complete answer within {self.timeout:g} s", slow=response is None
            ) from None
        except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
            raise Unreachable(self.redact(f"the answer breaks HTTP: {_reason(error)}")) from None
        return Exchange(
            method=method,
            url=url,
            request_headers=tuple(
                (name.decode("latin-1"), value.decode("latin-1"))
                for name, value in request.headers.raw
            ),
            request_body=body,
            status=response.status_code,
            headers=tuple(
                (name.decode("latin-1"), value.decode("latin-1"))
                for name, value in response.headers.raw
            ),
            content=content,
            seconds=time.monotonic() - start,
        )

    def patience(self, seconds: float) -> float:
        """Give how long something may take: the seconds it has, or what is left of the run.

        Raises:
            OutOfTime: nothing is left.
        """
        if self.deadline is None:
            return seconds
        left = self.deadline - time.monotonic()
        if left <= 0.005:  # timeouts are rounded
            raise OutOfTime
        return min(seconds, left)

    def _open(self, client: httpx.Client, request: httpx.Request) -> httpx.Response:
        """Send a request; once more, on a new connection, when the old one turned out closed.

        A server may close an idle connection in the moment in which it is used again.
        """
        used = getattr(self._local, "used", False)
        self._local.used = True
        try:
            return client.send(request, stream=True)
        except (httpx.RemoteProtocolError, httpx.ReadError, httpx.WriteError):
            if not used:
                raise
        client.close()
        return self._client().send(request, stream=True)

    def _read(self, response: httpx.Response, end: float) -> bytes:
        blocks: list[bytes] = []
        size = 0
        for block in response.iter_bytes():
            blocks.append(block)
            size += len(block)
            if size > MAX_BODY:
                raise Unreachable(f"the answer is longer than {MAX_BODY} bytes")
            if time.monotonic() > end:
                self.patience(self.timeout)
                raise Unreachable(f"no complete answer within {self.timeout:g} s")
        return b"".join(blocks)

    def raw(self, host: Host, message: Callable[[str, str], bytes], seconds: float = 10.0) -> bytes:
        """Send bytes on a fresh connection and read until the server closes it.

        Args:
            host: which host.
            message: given (Host header value, path prefix), gives the bytes to send.
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
                deadline = time.monotonic() + seconds
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
                        # Some proxies keep the connection open, whatever they were asked.
                        deadline = min(deadline, time.monotonic() + AFTERWARDS)
                if time.monotonic() >= deadline:
                    self.patience(seconds)
                if secure:
                    link.close()
        except OSError as error:
            if not data:
                self.patience(seconds)
                raise Unreachable(f"no answer from {parts.netloc}: {_reason(error)}") from None
        return bytes(data)


def _reason(error: Exception) -> str:
    text = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return " ".join(text.split())
