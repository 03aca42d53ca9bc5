"""A stand-in for a gateway that is not ours: the real one as it was in January 2026, over a backend.

Written from what was recorded of it, and deliberately without a line of the reference server, so that
the suite meets somebody else's habits: no account, audio or media routes, an unknown key ignored, an
empty purse refused with 403, refusals marked as cache misses, one request limit for each key.
"""

import contextlib
import copy
import hashlib
import io
import json
import random
import re
import threading
import time
import uuid
from collections.abc import Generator
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Literal
from urllib.parse import parse_qsl, unquote, urlsplit

import jsonschema_rs
from PIL import Image

from pollinations_conformance.http.json import is_object
from pollinations_conformance.suite.clock import SYSTEM, Clock

Backend = Literal["replay", "model"]
"""replay: the same recorded answers whatever is asked. model: a language model's moods."""

SECRET = "sk_ForeignSecret0000000000000000001"
PUBLISHABLE = "pk_Foreign000000001"
RESTRICTED = "sk_ForeignRestricted000000000000001"
PENNILESS = "sk_ForeignPenniless0000000000000001"
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


def text_model(name: str, aliases: str, price: float, **more: Any) -> dict[str, Any]:
    """Describe a text model as the list does."""
    return {
        "name": name,
        "aliases": aliases.split(),
        "pricing": {
            "currency": "pollen",
            "promptTextTokens": price,
            "promptCachedTokens": price / 4,
            "completionTextTokens": price * 4,
        },
        "description": name,
        "input_modalities": ["text"],
        "output_modalities": ["text"],
        "tools": True,
        "is_specialized": False,
        **more,
    }


def picture_model(name: str, aliases: str, key: str, price: float) -> dict[str, Any]:
    """Describe an image or video model as the list does."""
    return {
        "name": name,
        "aliases": aliases.split(),
        "pricing": {"currency": "pollen", key: price},
        "description": name,
        "input_modalities": ["text"],
        "output_modalities": ["video" if "Video" in key else "image"],
    }


TEXT_MODELS = [
    text_model("openai", "", 1.5e-7),
    text_model("openai-fast", "gpt-5-nano gpt-5-nano-2025-08-07", 6e-8),
    text_model("mistral", "mistral-small mistral-small-3.2", 1e-7),
    text_model(
        "openai-audio",
        "gpt-4o-mini-audio-preview",
        1.5e-7,
        output_modalities=["audio", "text"],
        voices=["alloy", "nova"],
    ),
    text_model("gemini", "gemini-3-flash", 5e-7),
    text_model("perplexity-fast", "sonar", 1e-6, tools=False),
    text_model("kimi", "kimi-k2-thinking", 6e-7, reasoning=True),
    text_model("nova-fast", "nova-micro nova", 3.5e-8),
]
PICTURE_MODELS = [
    picture_model("flux", "", "completionImageTokens", 0.0002),
    picture_model("zimage", "z-image z-image-turbo", "completionImageTokens", 0.0003),
    picture_model("gptimage", "gpt-image gpt-image-1-mini", "completionImageTokens", 8e-6),
    picture_model("veo", "veo-3.1-fast video", "completionVideoSeconds", 0.15),
]


def names(models: list[dict[str, Any]]) -> list[str]:
    """List names and aliases."""
    return [n["name"] for n in models] + [alias for n in models for alias in n["aliases"]]


def nullable(**schema: Any) -> dict[str, Any]:
    """Let null pass as well."""
    return {"anyOf": [schema, {"type": "null"}]}


SAFE = 2**53 - 1
TEXT = {"type": "string"}
PARTS = {
    "anyOf": [
        TEXT,
        {
            "type": "array",
            "minItems": 1,
            "items": {"type": "object", "properties": {"type": TEXT}, "required": ["type"]},
        },
    ]
}
VOICES = [
    *("alloy", "echo", "fable", "onyx", "nova", "shimmer", "coral"),
    *("verse", "ballad", "ash", "sage", "amuch", "dan"),
]
BUILT_IN = [
    *("code_execution", "google_search", "google_maps"),
    *("url_context", "computer_use", "file_search"),
]
CACHED = {
    "type": "object",
    "required": ["type"],
    "properties": {"type": {"const": "ephemeral"}},
}
NAMED = {"type": "object", "required": ["name"], "properties": {"name": TEXT}}
CALL = {
    "type": "object",
    "required": ["id", "type", "function"],
    "properties": {
        "id": TEXT,
        "type": {"const": "function"},
        "function": {
            "type": "object",
            "required": ["name", "arguments"],
            "properties": {"name": TEXT, "arguments": TEXT},
        },
    },
}


def message(role: str, required: list[str], **more: Any) -> dict[str, Any]:
    """Describe a message of a role."""
    return {
        "type": "object",
        "required": ["role", *required],
        "properties": {
            "role": {"const": role},
            "content": PARTS,
            "name": TEXT,
            "cache_control": CACHED,
            **more,
        },
    }


OR_NULL = {"anyOf": [*PARTS["anyOf"], {"type": "null"}]}
CHAT_SCHEMA: dict[str, Any] = {
    "type": "object",
    "required": ["messages"],
    "properties": {
        "messages": {
            "type": "array",
            "items": {
                "anyOf": [
                    message("system", ["content"]),
                    message("developer", ["content"]),
                    message("user", ["content"]),
                    message(
                        "assistant",
                        [],
                        content=OR_NULL,
                        tool_calls={"type": "array", "items": CALL},
                        function_call=nullable(
                            type="object",
                            required=["name", "arguments"],
                            properties={"name": TEXT, "arguments": TEXT},
                        ),
                    ),
                    message(
                        "tool", ["content", "tool_call_id"], content=OR_NULL, tool_call_id=TEXT
                    ),
                    message("function", ["content", "name"], content=nullable(type="string")),
                ]
            },
        },
        "model": {"enum": names(TEXT_MODELS)},
        "modalities": {"type": "array", "items": {"enum": ["text", "audio"]}},
        "audio": {
            "type": "object",
            "required": ["voice", "format"],
            "properties": {
                "voice": {"enum": VOICES},
                "format": {"enum": ["wav", "mp3", "flac", "opus", "pcm16"]},
            },
        },
        "frequency_penalty": nullable(type="number", minimum=-2, maximum=2),
        "presence_penalty": nullable(type="number", minimum=-2, maximum=2),
        "repetition_penalty": nullable(type="number", minimum=0, maximum=2),
        "logit_bias": nullable(type="object", additionalProperties={"type": "integer"}),
        "logprobs": nullable(type="boolean"),
        "top_logprobs": nullable(type="integer", minimum=0, maximum=20),
        "max_tokens": nullable(type="integer", minimum=0, maximum=SAFE),
        "response_format": {
            "anyOf": [
                {"type": "object", "required": ["type"], "properties": {"type": {"const": one}}}
                for one in ("text", "json_object")
            ]
            + [
                {
                    "type": "object",
                    "required": ["type", "json_schema"],
                    "properties": {
                        "type": {"const": "json_schema"},
                        "json_schema": {
                            "type": "object",
                            "required": ["schema"],
                            "properties": {
                                "name": TEXT,
                                "description": TEXT,
                                "schema": {"type": "object"},
                                "strict": nullable(type="boolean"),
                            },
                        },
                    },
                }
            ]
        },
        "seed": nullable(type="integer", minimum=-1, maximum=SAFE),
        "stop": {
            "anyOf": [
                TEXT,
                {"type": "null"},
                {"type": "array", "minItems": 1, "maxItems": 4, "items": TEXT},
            ]
        },
        "stream": nullable(type="boolean"),
        "stream_options": nullable(
            type="object", properties={"include_usage": {"type": "boolean"}}
        ),
        "thinking": nullable(
            type="object",
            properties={
                "type": {"enum": ["enabled", "disabled"]},
                "budget_tokens": {"type": "integer", "minimum": 1, "maximum": SAFE},
            },
        ),
        "reasoning_effort": {"enum": ["none", "minimal", "low", "medium", "high", "xhigh"]},
        "thinking_budget": {"type": "integer", "minimum": 0, "maximum": SAFE},
        "temperature": nullable(type="number", minimum=0, maximum=2),
        "top_p": nullable(type="number", minimum=0, maximum=1),
        "tools": {
            "type": "array",
            "items": {
                "anyOf": [
                    {
                        "type": "object",
                        "required": ["type", "function"],
                        "properties": {
                            "type": {"const": "function"},
                            "function": {
                                "type": "object",
                                "required": ["name"],
                                "properties": {
                                    "name": TEXT,
                                    "description": TEXT,
                                    "parameters": {"type": "object"},
                                    "strict": nullable(type="boolean"),
                                },
                            },
                        },
                    },
                    {
                        "type": "object",
                        "required": ["type"],
                        "properties": {"type": {"enum": BUILT_IN}},
                    },
                ]
            },
        },
        "tool_choice": {
            "anyOf": [
                {"enum": ["none", "auto", "required"]},
                {
                    "type": "object",
                    "required": ["type", "function"],
                    "properties": {
                        "type": {"const": "function"},
                        "function": NAMED,
                    },
                },
            ]
        },
        "parallel_tool_calls": {"type": "boolean"},
        "user": TEXT,
        "function_call": {"anyOf": [{"enum": ["none", "auto"]}, NAMED]},
        "functions": {
            "type": "array",
            "minItems": 1,
            "maxItems": 128,
            "items": {
                "type": "object",
                "required": ["name"],
                "properties": {"name": TEXT, "description": TEXT, "parameters": {"type": "object"}},
                "additionalProperties": False,
            },
        },
    },
}
TEXT_QUERY = {
    "model": {"enum": names(TEXT_MODELS)},
    "seed": {"type": "integer", "minimum": -1, "maximum": SAFE},
    "system": TEXT,
    "json": {"type": "boolean"},
    "temperature": {"type": "number"},
    "stream": {"type": "boolean"},
}
PICTURE_QUERY = {
    "model": {"enum": names(PICTURE_MODELS)},
    "width": {"type": "integer", "minimum": 0, "maximum": SAFE},
    "height": {"type": "integer", "minimum": 0, "maximum": SAFE},
    "seed": {"type": "integer", "minimum": -1, "maximum": 2**31 - 1},
    "enhance": {"type": "boolean"},
    "negative_prompt": TEXT,
    "safe": {"type": "boolean"},
    "quality": {"enum": ["low", "medium", "high", "hd"]},
    "image": {"type": "string", "pattern": r"^[|,]*(https?://[^|]*[|]*)*$"},
    "transparent": {"type": "boolean"},
    "duration": {"type": "integer", "minimum": 1, "maximum": 10},
    "aspectRatio": TEXT,
    "audio": {"type": "boolean"},
}


@dataclass
class Reply:
    """An answer."""

    status: int
    headers: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])
    body: bytes = b""
    cost: float = 0.0

    def header(self, name: str) -> str | None:
        """Give a header's value."""
        return next((v for n, v in self.headers if n.lower() == name.lower()), None)


class Refusal(Exception):
    """End a request with an error."""

    def __init__(self, status: int, text: str, details: dict[str, Any] | None = None) -> None:
        super().__init__(text)
        self.status, self.text, self.details = status, text, details


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


def stamp(moment: float | None = None) -> str:
    """Write an instant as JavaScript does."""
    moment = time.time() if moment is None else moment
    return (
        time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(moment)) + f".{int(moment % 1 * 1000):03d}Z"
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
        seed: of the backend's moods.
        limits: whether the request limits of address and key are in force.
        money: what the main key can spend, in pollen.
        clock: what time it is.
    """

    def __init__(
        self,
        backend: Backend = "replay",
        seed: int = 1,
        limits: bool = False,
        money: float = 10.0,
        clock: Clock = SYSTEM,
    ) -> None:
        self.clock = clock
        self.backend, self.limits = backend, limits
        self.keys = {
            SECRET: Key(balance=money),
            PUBLISHABLE: Key(publishable=True),
            RESTRICTED: Key(models=["openai-fast", "flux"]),
            PENNILESS: Key(balance=0.0),
            LIMITED: Key(per_second=5),
        }
        self.seed = seed
        self.asked: dict[str, int] = {}
        self.cache: dict[str, tuple[Reply, float]] = {}
        self.flying: dict[str, Future[Reply]] = {}
        self.seen: list[float] = []
        self.lock = threading.RLock()
        self.requests = 0

    # -- routing ------------------------------------------------------------------------------

    def answer(self, method: str, target: str, headers: dict[str, str], body: bytes) -> Reply:
        """Answer one request."""
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
        asked = headers.get("x-request-id", "")
        known = asked if re.fullmatch(r"[\w=-]{1,255}", asked, re.ASCII) else str(uuid.uuid4())
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
            return self.models(TEXT_MODELS if "text" in path else PICTURE_MODELS, key)
        slow = self.slowed_down(key)
        if slow is not None:
            return slow
        if method == "POST" and path == "/v1/chat/completions":
            return self.generation(method, target, pairs, body, key, headers, self.chat)
        if get and re.fullmatch(r"/text/[^/]+", path):
            return self.generation(method, target, pairs, b"", key, headers, self.text)
        if get and re.fullmatch(r"/image/.+", path):
            return self.generation(method, target, pairs, b"", key, headers, self.picture)
        raise Refusal(404, "Oh no, there's nothing here.")

    def edge(self) -> None:
        """Let an address make a hundred requests in ten seconds."""
        with self.lock:
            now = self.clock.monotonic()
            self.seen = [moment for moment in self.seen if now - moment < 10]
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
                if now - key.used_at > 1:  # it forgets only when nobody asked for a second
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
        told = {"error": "Rate limit exceeded", "message": said, "retryAfterSeconds": wait}
        seconds = str(int(wait) + (wait % 1 > 0))
        kind = ("Content-Type", "application/json")
        return Reply(429, [kind, *OPEN, ("Retry-After", seconds)], json.dumps(told).encode())

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
        picture = path.startswith("/image/")
        label = [] if picture else [("X-Cache-Key", place)]
        with self.lock:
            found = self.cache.get(place)
        if found is not None:
            stored, moment = found
            date = [("X-Cache-Type", "EXACT")] if picture else [("X-Cache-Date", stamp(moment))]
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

    def authorize(self, key: Key | None, asked: str, there: list[dict[str, Any]]) -> dict[str, Any]:
        """Look at the key, at its models, and at the purse; give the model."""
        model = next(m for m in there if asked == m["name"] or asked in m["aliases"])
        if key is None:
            raise Refusal(401, NO_KEY)
        if key.models is not None and model["name"] not in key.models:
            raise Refusal(403, f"Model '{asked}' is not allowed for this API key")
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
        """Answer a conversation."""
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
        answer = self.complete(request, model)
        if request.get("stream"):
            events = "".join(f"data: {json.dumps(c)}\n\n" for c in self.chunks(answer, model))
            # The gemini family ends without it.
            end = "" if model["name"] == "gemini" else "data: [DONE]\n\n"
            kind = ("Content-Type", "text/event-stream; charset=utf-8")
            return Reply(200, [kind, *OPEN], (events + end).encode(), 1e-6)
        told, cost = tell_usage(answer, model)
        kind = ("Content-Type", "application/json; charset=utf-8")
        return Reply(200, [kind, *OPEN, *told], json.dumps(answer).encode(), cost)

    def text(
        self,
        target: str,
        pairs: list[tuple[str, str]],
        _: bytes,
        key: Key | None,
        __: dict[str, str],
    ) -> Reply:
        """Answer one prompt."""
        query = self.query(TEXT_QUERY, pairs)
        model = self.authorize(key, query.get("model", "openai"), TEXT_MODELS)
        prompt = unquote(urlsplit(target).path.removeprefix("/text/"))
        request: dict[str, Any] = {"messages": [{"role": "user", "content": prompt}]}
        raw = dict(pairs)
        if raw.get("json") in {"true", "1", "yes"}:
            request["response_format"] = {"type": "json_object"}
        answer = self.complete(request, model)
        told, cost = tell_usage(answer, model)
        if raw.get("stream") in {"true", "1", "yes"}:
            events = "".join(f"data: {json.dumps(c)}\n\n" for c in self.chunks(answer, model))
            kind = ("Content-Type", "text/event-stream; charset=utf-8")
            return Reply(200, [kind, *OPEN], (events + "data: [DONE]\n\n").encode(), cost)
        if "audio" in model["output_modalities"]:
            return Reply(200, [("Content-Type", "audio/mpeg"), *OPEN, *told], MP3, cost)
        content = answer["choices"][0]["message"].get("content")
        if not content:
            # Without a text the whole message is given.
            kind = ("Content-Type", "application/json; charset=utf-8")
            said = json.dumps(answer["choices"][0]["message"]).encode()
            return Reply(200, [kind, *OPEN, *told], said, cost)
        kind = ("Content-Type", "text/plain; charset=utf-8")
        return Reply(200, [kind, *OPEN, *told], content.encode(), cost)

    def picture(
        self,
        target: str,
        pairs: list[tuple[str, str]],
        _: bytes,
        key: Key | None,
        __: dict[str, str],
    ) -> Reply:
        """Paint: always a JPEG, in a size that the model likes."""
        query = self.query(PICTURE_QUERY, pairs)
        model = self.authorize(key, query.get("model", "zimage"), PICTURE_MODELS)
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

    # -- the backend --------------------------------------------------------------------------

    def complete(self, request: dict[str, Any], model: dict[str, Any]) -> dict[str, Any]:
        """Give a chat completion."""
        tools = request.get("tools")
        if self.backend == "replay":
            if tools and not any(item["role"] == "tool" for item in request["messages"]):
                return recorded("calculator", '{"operation":"add","a":5,"b":3}', model)
            return recorded("", "Do you want me to do something with that?", model)
        return self.mood(request, model)

    def mood(self, request: dict[str, Any], model: dict[str, Any]) -> dict[str, Any]:
        """Answer as language models do: mostly well, never twice the same.

        The same question, but for the marks that make it new, gets a bad response twice at most.
        """
        question = re.sub(r"\[[0-9a-f]{8}-[0-9a-f]{8}\]", "", json.dumps(request))
        with self.lock:
            times = self.asked[question] = self.asked.get(question, 0) + 1
        dice = random.Random(f"{self.seed} {question} {times}")
        roll = dice.random() if times <= 2 else dice.uniform(0.5, 0.8)
        word = dice.choice(["bees", "pollen", "nectar", "clover", "hives"])
        answer = recorded("", f"Hello! Here is something about {word} {roll:.6f}.", model)
        choice = answer["choices"][0]
        answer["id"] = "pllns_" + hashlib.md5(f"{roll}".encode()).hexdigest()
        answer["created"] = int(self.clock.now())
        shape: dict[str, Any] = request.get("response_format") or {}
        if roll < 0.15:
            text = {"error": "Bad Request", "message": "400 Bad Request",
                    "details": {"error": {"code": "content_filter"}}}  # fmt: skip
            raise Refusal(400, json.dumps(text))
        if roll < 0.3:  # all tokens went into thinking
            choice["message"].update(content="", reasoning_content="The user says hello. I…")
            choice["finish_reason"] = "length"
        elif roll < 0.4:
            choice["message"].update(content="I'm sorry, but I can't help with that.")
        elif shape.get("type") in {"json_object", "json_schema"}:
            fence = "```json\n{}\n```" if roll < 0.5 else "{}"
            choice["message"]["content"] = fence.replace("{}", '{"colour": "yellow"}')
        elif wants_call(request) and roll < 0.8:
            call = {
                "id": f"call_{roll:.6f}"[2:],
                "type": "function",
                "function": {"name": wants_call(request), "arguments": WORDS[wants_call(request)]},
            }
            choice["message"].update(content=None, tool_calls=[call])
            choice["finish_reason"] = "tool_calls"
        if model["name"] == "gemini":
            answer["usage"]["total_tokens"] += 268
        if model["name"] == "perplexity-fast":
            answer["citations"] = ["https://example.com/bees"]
        return answer

    def chunks(self, answer: dict[str, Any], model: dict[str, Any]) -> list[dict[str, Any]]:
        """Cut a completion into the chunks of a stream, in the manner of some provider."""
        choice = answer["choices"][0]
        said = choice["message"]
        base = {
            "id": answer["id"],
            "object": "chat.completion.chunk",
            "created": answer["created"],
            "model": answer["model"],
            # Every recorded event of a search model has them.
            **({"citations": answer["citations"]} if "citations" in answer else {}),
        }

        def chunk(delta: dict[str, Any], finish: str | None = None, **more: Any) -> dict[str, Any]:
            one = {"index": 0, "delta": delta, "finish_reason": finish, "logprobs": None}
            return {**base, "choices": [one], "usage": None, "obfuscation": "xyz", **more}

        azure: dict[str, Any] = {
            "choices": [],
            "created": 0,
            "id": "",
            "model": "",
            "object": "",
            "prompt_filter_results": [{"prompt_index": 0, "content_filter_results": {}}],
        }
        found = [azure] if model["name"].startswith("openai") else []
        found.append(chunk({"role": "assistant", "content": "", "refusal": None}))
        if said.get("reasoning_content"):
            found.append(chunk({"reasoning_content": said["reasoning_content"], "content": None}))
        for index, call in enumerate(said.get("tool_calls") or []):
            function = call["function"]
            found.append(
                chunk({"tool_calls": [{"index": index, "id": call["id"], "type": "function",
                                       "function": {"name": function["name"], "arguments": ""}}]})
            )  # fmt: skip
            for piece in (function["arguments"][:5], function["arguments"][5:]):
                found.append(
                    chunk({"tool_calls": [{"index": index, "function": {"arguments": piece}}]})
                )
        text = said.get("content") or ""
        found += [chunk({"content": text[n : n + 7]}) for n in range(0, len(text), 7)]
        if model["name"] == "gemini":
            return [*found, chunk({}, "STOP", usage=answer["usage"])]
        nothing: list[Any] = []
        last: dict[str, Any] = {**base, "choices": nothing, "usage": answer["usage"]}
        return [*found, chunk({}, choice["finish_reason"]), last]


WORDS = {
    "add_numbers": '{"a": 17, "b": 25}',
    "get_weather": '{"place": {"city": "Paris", "country": "France"}, "unit": "celsius", '
    '"hours": [9], "days": 1}',
    "tell_time": "{}",
}


def wants_call(request: dict[str, Any]) -> str:
    """Name the tool that a request wants to be called; an empty text when none."""
    choice: Any = request.get("tool_choice")
    if not request.get("tools") or choice == "none":
        return ""
    if any(item["role"] == "tool" for item in request["messages"]):
        return ""
    return str(choice["function"]["name"]) if is_object(choice) else "add_numbers"


def recorded(call: str, text: str, model: dict[str, Any]) -> dict[str, Any]:
    """Give a completion like the recorded ones: from some day in the past, its id always the same."""
    said: dict[str, Any] = {"role": "assistant", "content": text, "refusal": None}
    if call:
        function = {"name": call, "arguments": text}
        said |= {
            "content": None,
            "tool_calls": [{"id": "call_GlWnzt7e", "type": "function", "function": function}],
        }
    choice = {
        "index": 0,
        "message": said,
        "finish_reason": "tool_calls" if call else "stop",
        "logprobs": None,
        "content_filter_results": {},
    }
    return {
        "id": "pllns_7e71c4ee0917f23e4b48a321608efb5b",
        "object": "chat.completion",
        "created": 1766245279,
        "model": f"{model['name']}-2025-08-07",
        "choices": [choice],
        "prompt_filter_results": [{"prompt_index": 0, "content_filter_results": {}}],
        "system_fingerprint": None,
        "usage": {
            "prompt_tokens": 258,
            "completion_tokens": 1465,
            "total_tokens": 1723,
            "prompt_tokens_details": {"audio_tokens": 0, "cached_tokens": 0},
            "completion_tokens_details": {
                "accepted_prediction_tokens": 0,
                "audio_tokens": 0,
                "reasoning_tokens": 1280,
                "rejected_prediction_tokens": 0,
            },
        },
    }


def tell_usage(
    answer: dict[str, Any], model: dict[str, Any]
) -> tuple[list[tuple[str, str]], float]:
    """Give the usage headers of a completion, and what it costs."""
    counts = {"prompt-text": 258, "completion-text": 185, "completion-reasoning": 1280}
    headers = [(f"x-usage-{name}-tokens", str(count)) for name, count in counts.items()]
    prices = model["pricing"]
    cost = 258 * prices["promptTextTokens"] + 185 * prices["completionTextTokens"]
    total = [("x-usage-total-tokens", str(sum(counts.values())))]
    return [("x-model-used", answer["model"]), *headers, *total, ("x-powered-by", "Express")], cost


MP3 = b"\xff\xfb\x90\xc4" + bytes(413)


# --- on a socket --------------------------------------------------------------------------------


@contextmanager
def serving(gateway: Gateway, chunked: bool = True) -> Generator[str]:
    """Serve a gateway on a free port and give its address."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        server_version = "cloudflare"
        sys_version = ""

        def work(self) -> None:
            length = int(self.headers.get("content-length") or 0)
            body = self.rfile.read(length) if length else b""
            headers = {name.lower(): value for name, value in self.headers.items()}
            reply = gateway.answer(self.command, self.path, headers, body)
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
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
