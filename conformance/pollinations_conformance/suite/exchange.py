"""One request and the response to it, and what a response says about itself."""

import base64
import gzip
import json
import re
import shlex
from dataclasses import dataclass, field, replace
from typing import Any

from pollinations_conformance.contract import Violation
from pollinations_conformance.http import sse
from pollinations_conformance.http.json import is_object
from pollinations_conformance.http.message import header_values
from pollinations_conformance.http.query import query_of
from pollinations_conformance.http.text import printable_line

KEPT = 2**17
"""Bytes of a body that reports may show."""
PRINTED = 4096
"""Bytes of a request body that a command may have in it as they are."""
PACKED = 2**14
"""Bytes of a longer one that a command may have in it compressed."""


@dataclass(frozen=True)
class Exchange:
    """One request and the response to it."""

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
    serial: int = field(default=0, compare=False)
    """Its number within the run; 0 for what no check sent."""
    size: int = -1
    """Bytes of the response body where not all of it was kept; -1 where it was."""
    request_size: int = -1
    """The same of the request body."""
    request_packed: bytes = field(default=b"", repr=False)
    """The whole request body, compressed, where not all of it was kept and that is short."""
    violations: tuple[Violation, ...] = ()
    """How the response violates the contract."""
    waited: float = 0.0
    """Seconds until the first byte of the body came."""
    at: float | None = field(default=None, compare=False)
    """When the response was there, in seconds since 1970 by the run's clock; None outside of runs."""

    def header(self, name: str) -> str | None:
        """Return the value of a response header, joined when it is repeated, or None."""
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
        """Return the response body as text, replacing what is not UTF-8."""
        return self.content.decode("utf-8", "replace")

    def trimmed(self) -> "Exchange":
        """Return an exchange to be kept for reports, without the rest of long bodies."""
        kept = self
        if len(self.content) > KEPT:
            kept = replace(kept, content=self.content[:KEPT], size=len(self.content))
        if len(self.request_body) > KEPT:
            size = len(self.request_body)
            packed = gzip.compress(self.request_body, mtime=0)
            kept = replace(
                kept,
                request_body=self.request_body[:KEPT],
                request_size=size,
                request_packed=packed if len(packed) <= PACKED else b"",
            )
        return kept

    def whole_request_body(self) -> bytes | None:
        """Return the request body as it was sent, or None where not all of it was kept."""
        if self.request_packed:
            return gzip.decompress(self.request_packed)
        return self.request_body if self.request_size < 0 else None

    @property
    def ok(self) -> bool:
        """Return whether the status is 2xx."""
        return 200 <= self.status < 300

    def curl(self, fresh: str = "", with_long_body: bool = True) -> str:
        """Return a shell command that repeats the request; keys are still in it: redact it.

        Args:
            fresh: text in whose place the shell is to put its variable RUN; none when empty.
            with_long_body: whether a long body may be in it, compressed, where nobody sees a key.
        """

        def quote(word: str) -> str:
            parts = word.split(fresh) if fresh else [word]
            return '"$RUN"'.join(quoted(part) if part or parts == [""] else "" for part in parts)

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
        line = " ".join(quote(word) for word in [*words, self.url])
        if not self.request_body:
            return line
        body = self.whole_request_body()
        if body is None or len(body) > PRINTED:
            source = packed(body, fresh) if body is not None and with_long_body else ""
            if source:
                return f"{source} | {line} --data-binary @-"
            size = max(self.request_size, len(self.request_body))
            return f"{line} --data-binary @-  # {size} bytes on stdin"
        try:
            text = body.decode("utf-8")
        except UnicodeDecodeError:
            text = ""
        if not text or "\0" in text:
            data = base64.b64encode(body).decode()
            return f"printf %s {data} | base64 -d | {line} --data-binary @-"
        return f"{line} --data-binary {quote(text)}"


def quoted(text: str) -> str:
    """Return a text as a word of bash, on one line."""
    if text.isprintable():
        return shlex.quote(text)
    return "$'" + "".join(map(_escaped, text)) + "'"


def _escaped(letter: str) -> str:
    """Return a letter as it is written in an ANSI-C string of bash."""
    known = {"\\": "\\\\", "'": "\\'", "\r": "\\r", "\n": "\\n", "\t": "\\t"}
    if letter in known:
        return known[letter]
    if letter.isprintable():
        return letter
    return "".join(f"\\x{byte:02x}" for byte in letter.encode("utf-8", "surrogatepass"))


def packed(body: bytes, fresh: str = "") -> str:
    """Return a shell command that writes a body, or an empty text when it is too long.

    Args:
        body: as it was sent.
        fresh: text in whose place the shell is to put its variable RUN; none when empty.
    """
    data = [
        gzip.compress(part, mtime=0) for part in (body.split(fresh.encode()) if fresh else [body])
    ]
    if sum(map(len, data)) > PACKED:
        return ""
    lines = [f"printf %s {base64.b64encode(part).decode()} | base64 -d | gzip -dc" for part in data]
    joined = '; printf %s "$RUN"; '.join(lines)
    return f"{{ {joined}; }}" if len(lines) > 1 else joined


def describe(exchange: Exchange) -> str:
    """Return a response's status and, for errors, its message."""
    if exchange.ok:
        return str(exchange.status)
    value = load_json(exchange.content)
    said: object = None
    if is_object(value):
        inner = value.get("error")
        said = inner.get("message") if is_object(inner) else inner
    return f"{exchange.status} ({shorten(str(said))})" if said else str(exchange.status)


def is_proxy_error(exchange: Exchange) -> bool:
    """Return whether a response is an error page of a CDN or proxy, not the service's own."""
    if exchange.status < 400 or exchange.media_type == "application/json":
        return False
    if exchange.status in range(520, 531) or exchange.header("cf-mitigated"):
        return True
    if exchange.header("x-request-id"):
        return False
    front = re.search("cloudflare|cloudfront|fastly|akamai", exchange.header("server") or "", re.I)
    return front is not None or exchange.status in {502, 503, 504}


def is_from_cdn_cache(exchange: Exchange) -> bool:
    """Return whether a response comes from a cache between here and the service."""
    age = exchange.header("age") or "0"
    state = (exchange.header("cf-cache-status") or "").upper()
    return (age.isdigit() and int(age) > 0) or state in {"HIT", "STALE", "REVALIDATED", "UPDATING"}


def is_provider_failure(exchange: Exchange) -> bool:
    """Return whether a failure is a provider's, whose response is JSON text in the message."""
    if exchange.status < 400:
        return False
    value = load_json(exchange.content)
    error = value.get("error") if is_object(value) else None
    message = error.get("message") if is_object(error) else None
    return isinstance(message, str) and is_object(load_json(message))


def requests_stream(exchange: Exchange) -> bool:
    """Return whether a request asks for a stream."""
    if dict(query_of(exchange.url)).get("stream") == "true":
        return True
    body = load_json(exchange.request_body) if exchange.request_body else None
    return is_object(body) and body.get("stream") is True


def error_event(exchange: Exchange) -> str:
    """Return the first event of a stream if it is an error; an empty text otherwise."""
    if exchange.media_type != "text/event-stream":
        return ""
    first = sse.first_event(exchange.content[:KEPT])
    value = load_json(first.data) if first is not None else None
    is_error = is_object(value) and bool(value.get("error")) and not value.get("choices")
    return shorten(first.data) if first is not None and is_error else ""


def is_transient(exchange: Exchange) -> bool:
    """Return whether a failure may soon be over: a provider's, or one of the network between."""
    return (
        is_provider_failure(exchange)
        or exchange.status in {502, 504}
        or exchange.status in range(520, 531)
    )


def shorten(text: str, length: int = 160) -> str:
    """Return a text as one short line that can be shown."""
    text = printable_line(" ".join(text.split()))
    return text if len(text) <= length else text[: length - 1] + "…"


def load_json(content: bytes | str) -> Any:
    """Return a JSON body's value; None when it is not JSON, or nested too deeply to be read."""
    try:
        return json.loads(content)
    except (ValueError, RecursionError):
        return None
