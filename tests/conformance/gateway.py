"""A mock of a gateway that is not ours: the real one as it was in January 2026, over a backend.

Written from what was recorded of it, and deliberately without a line of the reference server, so that
the suite runs against a server of another make: no account, audio or media routes, an unknown key
ignored, an empty balance refused with 403, refusals marked as cache misses, one request limit for each
key.
"""

import contextlib
import copy
import hashlib
import io
import json
import re
import threading
import time
import uuid
from collections.abc import Generator
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import jsonschema_rs
from PIL import Image

from pollinations_conformance.http.json import is_object
from pollinations_conformance.suite.clock import SYSTEM, Clock
from tests.conformance.gateway_completions import (
    Backend,
    Completions,
    Refusal,
    chunks,
    usage_headers,
)
from tests.conformance.gateway_schemas import (
    CHAT_SCHEMA,
    IMAGE_MODELS,
    IMAGE_QUERY,
    TEXT_MODELS,
    TEXT_QUERY,
)

SECRET = "sk_ForeignSecret0000000000000000001"
PUBLISHABLE = "pk_Foreign000000001"
RESTRICTED = "sk_ForeignRestricted000000000000001"
EMPTY_BALANCE = "sk_ForeignEmptyBalance0000000000001"
LIMITED = "sk_ForeignLimited00000000000000001"
"""A key that may be used five times, and again after a second in which it was not used."""

CODES = {
    400: "BAD_REQUEST",
    401: "UNAUTHORIZED",
    403: "FORBIDDEN",
    404: "NOT_FOUND",
    429: "RATE_LIMITED",
    500: "INTERNAL_ERROR",
    502: "BAD_GATEWAY",
    503: "SERVICE_UNAVAILABLE",
}
NO_KEY = (
    "You need to authenticate by providing a session cookie or Authorization header (Bearer token)."
)
OPEN = [
    ("Access-Control-Allow-Origin", "*"),
    ("Vary", "Origin"),
    ("Access-Control-Allow-Credentials", "true"),
    ("Access-Control-Expose-Headers", "Content-Length,Content-Disposition"),
]
FOR_EVER = ("Cache-Control", "public, max-age=31536000, immutable")


@dataclass
class Reply:
    """A response."""

    status: int
    headers: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])
    body: bytes = b""
    cost: float = 0.0

    def header(self, name: str) -> str | None:
        """Return a header's value."""
        return next((v for n, v in self.headers if n.lower() == name.lower()), None)


@dataclass
class Key:
    """What a key may do."""

    models: list[str] | None = None
    balance: float = 10.0
    publishable: bool = False
    per_second: int | None = None
    used: int = 0
    used_at: float = 0.0
    free_at: float = 0.0


def stamp(seconds: float | None = None) -> str:
    """Write a POSIX time as JavaScript does."""
    seconds = time.time() if seconds is None else seconds
    return (
        time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(seconds))
        + f".{int(seconds % 1 * 1000):03d}Z"
    )


def error(status: int, text: str, details: dict[str, Any] | None = None) -> Reply:
    """Write the envelope."""
    inner: dict[str, Any] = {"message": text, "code": CODES.get(status, "UNKNOWN_ERROR")}
    if details is not None:
        inner["details"] = details
    inner["timestamp"] = stamp()
    value = {"success": False, "error": inner, "status": status}
    return Reply(status, [("Content-Type", "application/json"), *OPEN], json.dumps(value).encode())


def flatten(schema: dict[str, Any], value: Any) -> dict[str, Any] | None:
    """Collect what is wrong with a value by top-level field; None when nothing is."""
    if not isinstance(value, dict):
        what = "array" if isinstance(value, list) else type(value).__name__
        text = f"Invalid input: expected object, received {what}"
        return {"name": "ValidationError", "formErrors": [text], "fieldErrors": {}}
    fields: dict[str, list[str]] = {}
    for name, part in schema["properties"].items():
        if name not in value:
            if name in schema.get("required", ()):
                fields[name] = ["Invalid input: expected array, received undefined"]
        elif not jsonschema_rs.is_valid(part, value[name]):
            fields[name] = ["Invalid input"]
    return {"name": "ValidationError", "formErrors": [], "fieldErrors": fields} if fields else None


def number(text: str) -> Any:
    """Read a number as JavaScript's Number does; the text itself when it is none."""
    bare = text.strip()
    try:
        value = float(bare or "0")
    except ValueError:
        return text
    return int(value) if value.is_integer() and abs(value) < 2**63 else value


def coerce(properties: dict[str, Any], pairs: list[tuple[str, str]]) -> dict[str, Any]:
    """Read a query as the schemas want it; a repeated parameter becomes a list."""
    found: dict[str, Any] = {}
    for name, text in pairs:
        kind = properties.get(name, {}).get("type")
        value: Any = text
        if kind in {"integer", "number"}:
            value = number(text)
        elif kind == "boolean":
            value = bool(text)
        if name in found and kind != "boolean":
            value = [found[name], value]
        found[name] = value
    return found


class Gateway:
    """The gateway with its state.

    Args:
        backend: what stands behind it.
        seed: of the backend's output.
        limits: whether the request limits of IP address and key are in force.
        balance: what the main key can spend, in pollen.
        clock: what time it is.
    """

    def __init__(
        self,
        backend: Backend = "replay",
        seed: int = 1,
        limits: bool = False,
        balance: float = 10.0,
        clock: Clock = SYSTEM,
    ) -> None:
        self.clock = clock
        self.backend, self.limits = backend, limits
        self.keys = {
            SECRET: Key(balance=balance),
            PUBLISHABLE: Key(publishable=True),
            RESTRICTED: Key(models=["openai-fast", "flux"]),
            EMPTY_BALANCE: Key(balance=0.0),
            LIMITED: Key(per_second=5),
        }
        self.completions = Completions(backend, seed, clock)
        self.cache: dict[str, tuple[Reply, float]] = {}
        self.flying: dict[str, Future[Reply]] = {}
        self.seen: list[float] = []
        self.lock = threading.RLock()
        self.requests = 0

    # -- routing ------------------------------------------------------------------------------

    def respond(self, method: str, target: str, headers: dict[str, str], body: bytes) -> Reply:
        """Return the response to one request."""
        self.requests += 1
        if method == "OPTIONS":
            return Reply(
                204,
                [
                    ("Access-Control-Allow-Origin", "*"),
                    ("Access-Control-Allow-Headers", "Content-Type,Authorization"),
                    ("Access-Control-Allow-Methods", "GET,POST,OPTIONS"),
                    ("Access-Control-Max-Age", "600"),
                ],
            )
        given = headers.get("x-request-id", "")
        known = given if re.fullmatch(r"[\w=-]{1,255}", given, re.ASCII) else str(uuid.uuid4())
        try:
            reply = self.route(method, target, headers, body)
        except Refusal as refusal:
            reply = error(refusal.status, refusal.text, refusal.details)
        reply.headers.append(("X-Request-Id", known))
        return reply

    def route(self, method: str, target: str, headers: dict[str, str], body: bytes) -> Reply:
        """Find what a path leads to."""
        parts = urlsplit(target)
        path, pairs = parts.path, parse_qsl(parts.query, keep_blank_values=True)
        get = method in {"GET", "HEAD"}
        if get and path in {"/", "/docs"}:
            return Reply(302, [("Location", "/api/docs")])
        if path.startswith("/v1/chat/completions"):
            path = "/v1/chat/completions"
        if path == "/models":
            path = "/text/models"
        if self.limits:
            self.edge()
        key = self.key_of(pairs, headers)
        if get and path == "/v1/models":
            return self.v1_models(key)
        if get and path in {"/text/models", "/image/models"}:
            return self.models(TEXT_MODELS if "text" in path else IMAGE_MODELS, key)
        slow = self.slowed_down(key)
        if slow is not None:
            return slow
        if method == "POST" and path == "/v1/chat/completions":
            return self.generation(method, target, pairs, body, key, headers, self.chat)
        if get and re.fullmatch(r"/text/[^/]+", path):
            return self.generation(method, target, pairs, b"", key, headers, self.text)
        if get and re.fullmatch(r"/image/.+", path):
            return self.generation(method, target, pairs, b"", key, headers, self.image)
        raise Refusal(404, "Oh no, there's nothing here.")

    def edge(self) -> None:
        """Let an IP address make a hundred requests in ten seconds."""
        with self.lock:
            now = self.clock.monotonic()
            self.seen = [time for time in self.seen if now - time < 10]
            if len(self.seen) >= 100:
                raise Refusal(429, "Too many requests from this IP. Please slow down.")
            self.seen.append(now)

    def key_of(self, pairs: list[tuple[str, str]], headers: dict[str, str]) -> Key | None:
        """Find the key; one that nobody has, or that is used too often, is none."""
        found = re.match(r"Bearer (.+)", headers.get("authorization", ""))
        text = found[1] if found else dict(pairs).get("key", "")
        key = self.keys.get(text)
        if key is not None and key.per_second is not None:
            with self.lock:
                now = self.clock.monotonic()
                if now - key.used_at > 1:  # it forgets only after a second without a request
                    key.used = 0
                if key.used >= key.per_second:
                    return None
                key.used, key.used_at = key.used + 1, now
        return key

    def slowed_down(self, key: Key | None) -> Reply | None:
        """Let a publishable key wait, whatever it asks for beside the lists."""
        if key is None or not key.publishable or self.clock.monotonic() >= key.free_at:
            return None
        wait = round(key.free_at - self.clock.monotonic() + 0.005, 2)
        said = f"Rate limit exceeded. Retry after {wait}s. Use secret keys (sk_*)."
        body = {"error": "Rate limit exceeded", "message": said, "retryAfterSeconds": wait}
        seconds = str(int(wait) + (wait % 1 > 0))
        kind = ("Content-Type", "application/json")
        return Reply(429, [kind, *OPEN, ("Retry-After", seconds)], json.dumps(body).encode())

    def v1_models(self, key: Key | None) -> Reply:
        """List in OpenAI's format."""
        now = int(self.clock.now() * 1000)
        data = [
            {"id": model["name"], "object": "model", "created": now}
            for model in TEXT_MODELS
            if key is None or key.models is None or model["name"] in key.models
        ]
        body = json.dumps({"object": "list", "data": data}).encode()
        return Reply(200, [("Content-Type", "application/json"), *OPEN], body)

    def models(self, there: list[dict[str, Any]], key: Key | None) -> Reply:
        """List with prices."""
        data = [
            model
            for model in there
            if key is None or key.models is None or model["name"] in key.models
        ]
        return Reply(200, [("Content-Type", "application/json"), *OPEN], json.dumps(data).encode())

    # -- generations --------------------------------------------------------------------------

    def generation(
        self,
        method: str,
        target: str,
        pairs: list[tuple[str, str]],
        body: bytes,
        key: Key | None,
        headers: dict[str, str],
        work: Any,
    ) -> Reply:
        """Go through de-duplication, cache, and the work itself."""
        value: Any = None
        with contextlib.suppress(ValueError, RecursionError):
            value = json.loads(body)
        fields: dict[str, Any] = value if is_object(value) else {}
        streamed = fields.get("stream") is True
        if streamed:
            return self.cached(method, target, pairs, body, value, key, headers, work)
        place = f"{method} {target} {hashlib.sha256(body).hexdigest()}"
        with self.lock:
            future = self.flying.get(place)
            mine = future is None
            if future is None:
                future = self.flying[place] = Future()
        if not mine:
            reply = copy.deepcopy(future.result(60))
            rest = [item for item in reply.headers if item[0].lower() != "x-cache"]
            reply.headers = [*rest, ("X-Cache", "HIT"), ("X-Cache-Type", "DEDUP")]
            return reply
        try:
            reply = self.cached(method, target, pairs, body, value, key, headers, work)
        except Refusal as refusal:
            reply = error(refusal.status, refusal.text, refusal.details)
        finally:
            with self.lock:
                del self.flying[place]
        future.set_result(copy.deepcopy(reply))
        return reply

    def cached(
        self,
        method: str,
        target: str,
        pairs: list[tuple[str, str]],
        body: bytes,
        value: Any,
        key: Key | None,
        headers: dict[str, str],
        work: Any,
    ) -> Reply:
        """Look into the cache before anything else is looked at."""
        fields: dict[str, Any] = value if is_object(value) else {}
        random_ = ("seed", "-1") in pairs or fields.get("seed") == -1
        if random_ or (method == "POST" and not body):
            try:
                return self.fresh(target, pairs, body, key, headers, work)
            except Refusal as refusal:
                return error(refusal.status, refusal.text, refusal.details)
        rest = sorted(pair for pair in pairs if pair[0] not in {"key", "no-cache", "nofeed"})
        path = urlsplit(target).path
        text = json.dumps([method, path, rest, value if value is not None else body.hex()],
                          sort_keys=True)  # fmt: skip
        place = hashlib.sha256(text.encode()).hexdigest()[:16]
        is_image = path.startswith("/image/")
        label = [] if is_image else [("X-Cache-Key", place)]
        with self.lock:
            found = self.cache.get(place)
        if found is not None:
            stored, seconds = found
            date = [("X-Cache-Type", "EXACT")] if is_image else [("X-Cache-Date", stamp(seconds))]
            kind = ("Content-Type", stored.header("content-type") or "")
            marks = [kind, *OPEN, FOR_EVER, ("X-Cache", "HIT"), *label, *date]
            return Reply(200, marks, stored.body)
        try:
            reply = self.fresh(target, pairs, body, key, headers, work)
        except Refusal as refusal:
            reply = error(refusal.status, refusal.text, refusal.details)
            reply.headers.append(("X-Cache", "MISS"))
            return reply
        with self.lock:
            self.cache[place] = (copy.deepcopy(reply), self.clock.now())
        reply.headers += [FOR_EVER, ("X-Cache", "MISS"), *label]
        return reply

    def fresh(
        self,
        target: str,
        pairs: list[tuple[str, str]],
        body: bytes,
        key: Key | None,
        headers: dict[str, str],
        work: Any,
    ) -> Reply:
        """Validate, authorize, generate, and bill."""
        reply: Reply = work(target, pairs, body, key, headers)
        if key is not None:
            with self.lock:
                key.balance -= reply.cost
                if key.publishable:
                    key.free_at = self.clock.monotonic() + reply.cost * 3600
        return reply

    def authorize(
        self, key: Key | None, requested: str, there: list[dict[str, Any]]
    ) -> dict[str, Any]:
        """Check the key, its models and its balance; return the model."""
        model = next(m for m in there if requested == m["name"] or requested in m["aliases"])
        if key is None:
            raise Refusal(401, NO_KEY)
        if key.models is not None and model["name"] not in key.models:
            raise Refusal(403, f"Model '{requested}' is not allowed for this API key")
        if key.balance <= 0:
            raise Refusal(403, "Insufficient pollen balance to use this model")
        return model

    def chat(
        self,
        _: str,
        __: list[tuple[str, str]],
        body: bytes,
        key: Key | None,
        headers: dict[str, str],
    ) -> Reply:
        """Create a chat completion."""
        request: Any = {}
        if headers.get("content-type", "").partition(";")[0].strip() == "application/json":
            try:
                request = json.loads(body)
            except (ValueError, RecursionError):
                raise Refusal(400, "Malformed JSON in request body") from None
        wrong = flatten(CHAT_SCHEMA, request)
        if wrong is not None:
            raise Refusal(400, "JSON body validation failed", wrong)
        model = self.authorize(key, request.get("model", "openai"), TEXT_MODELS)
        completion = self.completions.create(request, model)
        if request.get("stream"):
            events = "".join(f"data: {json.dumps(c)}\n\n" for c in chunks(completion, model))
            # The gemini family ends without it.
            end = "" if model["name"] == "gemini" else "data: [DONE]\n\n"
            kind = ("Content-Type", "text/event-stream; charset=utf-8")
            return Reply(200, [kind, *OPEN], (events + end).encode(), 1e-6)
        usage, cost = usage_headers(completion, model)
        kind = ("Content-Type", "application/json; charset=utf-8")
        return Reply(200, [kind, *OPEN, *usage], json.dumps(completion).encode(), cost)

    def text(
        self,
        target: str,
        pairs: list[tuple[str, str]],
        _: bytes,
        key: Key | None,
        __: dict[str, str],
    ) -> Reply:
        """Generate text from one prompt."""
        query = self.query(TEXT_QUERY, pairs)
        model = self.authorize(key, query.get("model", "openai"), TEXT_MODELS)
        prompt = unquote(urlsplit(target).path.removeprefix("/text/"))
        request: dict[str, Any] = {"messages": [{"role": "user", "content": prompt}]}
        raw = dict(pairs)
        if raw.get("json") in {"true", "1", "yes"}:
            request["response_format"] = {"type": "json_object"}
        completion = self.completions.create(request, model)
        usage, cost = usage_headers(completion, model)
        if raw.get("stream") in {"true", "1", "yes"}:
            events = "".join(f"data: {json.dumps(c)}\n\n" for c in chunks(completion, model))
            kind = ("Content-Type", "text/event-stream; charset=utf-8")
            return Reply(200, [kind, *OPEN], (events + "data: [DONE]\n\n").encode(), cost)
        if "audio" in model["output_modalities"]:
            return Reply(200, [("Content-Type", "audio/mpeg"), *OPEN, *usage], MP3, cost)
        content = completion["choices"][0]["message"].get("content")
        if not content:
            # Without a text the whole message is sent.
            kind = ("Content-Type", "application/json; charset=utf-8")
            message = json.dumps(completion["choices"][0]["message"]).encode()
            return Reply(200, [kind, *OPEN, *usage], message, cost)
        kind = ("Content-Type", "text/plain; charset=utf-8")
        return Reply(200, [kind, *OPEN, *usage], content.encode(), cost)

    def image(
        self,
        target: str,
        pairs: list[tuple[str, str]],
        _: bytes,
        key: Key | None,
        __: dict[str, str],
    ) -> Reply:
        """Generate an image: always a JPEG, in a size that the model takes."""
        query = self.query(IMAGE_QUERY, pairs)
        model = self.authorize(key, query.get("model", "zimage"), IMAGE_MODELS)
        if model["name"] == "veo":
            raise Refusal(504, "UNKNOWN_ERROR")
        price = next(v for k, v in model["pricing"].items() if k != "currency")
        size = [
            max(32, round(int(query.get(name, 1024)) / 32) * 32) for name in ("width", "height")
        ]
        if self.backend == "replay":
            size = [16, 16]
        out = io.BytesIO()
        Image.new("RGB", (min(size[0], 2048), min(size[1], 2048)), (90, 120, 60)).save(out, "JPEG")
        # Decoded once here, and once more by the backend.
        prompt = unquote(unquote(urlsplit(target).path.removeprefix("/image/")))
        bare = re.sub(r"[^A-Za-z0-9\s-]", "", prompt[:100]).strip()
        slug = re.sub(r"\s+", "-", bare).lower() or "generated-image"
        tokens = 1 if price >= 1e-4 else 4160
        return Reply(
            200,
            [
                ("Content-Type", "image/jpeg"),
                *OPEN,
                ("Content-Disposition", f'inline; filename="{slug}.jpg"'),
                ("x-model-used", model["name"]),
                ("x-usage-completion-image-tokens", str(tokens)),
                ("x-usage-total-tokens", str(tokens)),
            ],
            out.getvalue(),
            price * tokens,
        )

    def query(self, properties: dict[str, Any], pairs: list[tuple[str, str]]) -> dict[str, Any]:
        """Read and validate a query."""
        query = coerce(properties, [pair for pair in pairs if pair[0] != "key"])
        wrong = flatten({"properties": properties}, query)
        if wrong is not None:
            raise Refusal(400, "Query parameter validation failed", wrong)
        return query


MP3 = b"\xff\xfb\x90\xc4" + bytes(413)


# --- on a socket --------------------------------------------------------------------------------


@contextmanager
def serving(gateway: Gateway, chunked: bool = True) -> Generator[str]:
    """Serve a gateway on a free port and yield its URL."""

    class Handler(BaseHTTPRequestHandler):
        disable_nagle_algorithm = True  # or each response waits for what acknowledges its headers
        protocol_version = "HTTP/1.1"
        server_version = "cloudflare"
        sys_version = ""

        def work(self) -> None:
            length = int(self.headers.get("content-length") or 0)
            body = self.rfile.read(length) if length else b""
            headers = {name.lower(): value for name, value in self.headers.items()}
            reply = gateway.respond(self.command, self.path, headers, body)
            self.send_response(reply.status)
            for name, value in reply.headers:
                self.send_header(name, value)
            self.send_header("CF-Ray", "8f0c1d2e3f4a5b6c-FRA")
            empty = self.command == "HEAD" or reply.status in {204, 302}
            if empty:
                self.send_header("Content-Length", "0") if reply.status == 302 else None
            elif chunked and reply.status == 200:
                self.send_header("Transfer-Encoding", "chunked")
            else:
                self.send_header("Content-Length", str(len(reply.body)))
            self.end_headers()
            if empty:
                return
            if not chunked or reply.status != 200:
                self.wfile.write(reply.body)
                return
            for start in range(0, len(reply.body), 1447):
                block = reply.body[start : start + 1447]
                self.wfile.write(b"%x\r\n%b\r\n" % (len(block), block))
            self.wfile.write(b"0\r\n\r\n")

        do_GET = do_POST = do_PUT = do_DELETE = do_PATCH = do_HEAD = do_OPTIONS = do_TRACE = work

        def log_message(self, format: str, *args: object) -> None:
            """Log nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
