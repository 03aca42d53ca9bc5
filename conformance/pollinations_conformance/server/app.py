"""The reference server: what the gateway does with a request, in the order it does it."""

import asyncio
import contextlib
import json
import logging
import math
import re
import time
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any, cast

from pollinations_conformance import contract as contracts
from pollinations_conformance.http.credentials import presented_key
from pollinations_conformance.http.json import is_object
from pollinations_conformance.http.text import redact
from pollinations_conformance.server import cache, media
from pollinations_conformance.server import chat as talk
from pollinations_conformance.server import faults as zoo
from pollinations_conformance.server.accounts import (
    DAILY_COLUMNS,
    RECORD_COLUMNS,
    Accounts,
    Key,
    User,
    csv,
)
from pollinations_conformance.server.errors import Refused, envelope, invalid, iso
from pollinations_conformance.server.fake_text import rng, sentences
from pollinations_conformance.server.grading import REPORT, Grader
from pollinations_conformance.server.http import (
    Call,
    Receive,
    Reply,
    Scope,
    Send,
    dumps,
    json_reply,
    read_call,
    send_reply,
)
from pollinations_conformance.server.models import Model, Registry
from pollinations_conformance.server.pages import DOCUMENTS, JSON, REFERENCE, Pages
from pollinations_conformance.server.uploads import Uploads

MAX_BODY = 20 * 1024 * 1024
MAX_RECORDING = 25 * 1024 * 1024
MAX_UPLOAD_BODY = 16 * 1024 * 1024  # base64 and boundaries make 10 MiB longer
EDGE_WINDOW = 10.0

ALLOWED = (
    ("Access-Control-Allow-Origin", "*"),
    ("Access-Control-Allow-Methods", "GET,POST,OPTIONS"),
    ("Access-Control-Allow-Headers", "Content-Type,Authorization"),
    ("Access-Control-Expose-Headers", "Content-Length"),
    ("Access-Control-Max-Age", "600"),
    ("Vary", "Access-Control-Request-Headers"),
)
CORS = (
    ("Access-Control-Allow-Origin", "*"),
    ("Access-Control-Expose-Headers", "Content-Length,Content-Disposition"),
)

NO_BALANCE = "Insufficient pollen balance to use this model"

_LOG = logging.getLogger("pollinations_conformance.server")

_PLAIN = re.compile(r"-?\d+(\.\d+)?([eE][+-]?\d+)?", re.ASCII)
_REQUEST_ID = re.compile(r"[\w=-]{1,255}", re.ASCII)

# Operations behind the publishable keys' limiter and the de-duplication, and those that are cached.
_SHARED = {
    "createChatCompletion", "createChatCompletionLegacy", "generateText", "generateImage",
    "generateAudio",
}  # fmt: skip
_CACHED = _SHARED - {"generateAudio"}
_EDGE = _SHARED | {
    "createSpeech", "createTranscription", "listModels", "listTextModels", "listImageModels",
    "listAudioModels",
}  # fmt: skip
_USAGE_HEADERS = {
    "promptTextTokens": "x-usage-prompt-text-tokens",
    "promptCachedTokens": "x-usage-prompt-cached-tokens",
    "promptAudioTokens": "x-usage-prompt-audio-tokens",
    "promptAudioSeconds": "x-usage-prompt-audio-seconds",
    "promptImageTokens": "x-usage-prompt-image-tokens",
    "completionTextTokens": "x-usage-completion-text-tokens",
    "completionReasoningTokens": "x-usage-completion-reasoning-tokens",
    "completionAudioTokens": "x-usage-completion-audio-tokens",
    "completionAudioSeconds": "x-usage-completion-audio-seconds",
    "completionImageTokens": "x-usage-completion-image-tokens",
    "completionVideoSeconds": "x-usage-completion-video-seconds",
    "completionVideoTokens": "x-usage-completion-video-tokens",
}


@dataclass(slots=True)
class Options:
    """How a server behaves beyond the contract.

    Attributes:
        seed: of keys, answers and media.
        latency: seconds every generation takes before its first byte.
        pace: seconds between the events of a stream.
        cached: whether answers are kept; without it every request is worked on and paid for.
        strict: whether everything is refused that the contract lets a server refuse: query values
            other than true, false and plain numbers, cached answers without a key, and wrong
            methods with 405.
        edge_limit: requests in ten seconds from one address; None for no limit.
        contract: path of another contract than the package's own.
        clock: POSIX time in seconds; another one lets tests travel in time.
    """

    seed: int = 0
    latency: float = 0.0
    pace: float = 0.0
    cached: bool = True
    strict: bool = False
    edge_limit: int | None = None
    contract: Path | None = None
    clock: Callable[[], float] = time.time


@dataclass(slots=True)
class Work:
    """A request on its way through the gateway."""

    call: Call
    match: contracts.Match
    key: Key | None = None
    values: contracts.Values = field(default_factory=contracts.Values)

    @property
    def operation(self) -> str:
        """Id of the operation it reached."""
        return self.match.operation.id


class Service:
    """One running service: gateway, media host, and everything they remember.

    Args:
        options: see `Options`.
    """

    def __init__(self, options: Options) -> None:
        self.options = options
        self.contract = contracts.load(options.contract)
        self.registry = Registry()
        self.accounts = Accounts(options.seed, options.clock)
        self.cache = cache.Cache()
        self.uploads = Uploads(self.may_upload, strict=options.strict)
        self.calls = 0
        self._waiting: dict[str, asyncio.Task[Reply]] = {}
        self._edge: dict[str, list[float]] = {}
        self.pages = Pages(self.contract)
        self.operations: dict[str, Callable[[Work], Awaitable[Reply]]] = {
            "getAccountProfile": self.profile,
            "getAccountBalance": self.balance,
            "getAccountUsage": self.usage,
            "getAccountUsageDaily": self.usage_daily,
            "getAccountKey": self.key_status,
            "listModels": self.models,
            "listTextModels": partial(self.model_infos, "text"),
            "listImageModels": partial(self.model_infos, "image"),
            "listAudioModels": partial(self.model_infos, "audio"),
            "createChatCompletion": self.chat,
            "createChatCompletionLegacy": self.chat,
            "generateText": self.text,
            "generateImage": self.image,
            "generateAudio": self.audio,
            "createSpeech": self.speech,
            "createTranscription": self.transcription,
        }

    def now(self) -> float:
        """POSIX time in seconds."""
        return self.options.clock()

    # --- one request ------------------------------------------------------------------------------

    async def handle_media(self, call: Call) -> Reply:
        """Answer a request to the media host."""
        return self.uploads.handle(call, self.presented(call))

    async def handle(self, call: Call) -> Reply:
        """Answer a request to the gateway, whatever it is."""
        self.calls += 1
        if call.method == "OPTIONS":
            return Reply(204, list(ALLOWED))
        identity = call.header("x-request-id")
        if identity is None or not _REQUEST_ID.fullmatch(identity):
            identity = str(uuid.uuid4())
        try:
            reply = await self.route(call)
        except Answered as answered:
            reply = answered.reply
        except Refused as refused:
            reply = envelope(refused, self.now())
        except ConnectionError:
            raise
        except Exception as error:  # the service, too, answers what it did not foresee
            details = {"name": type(error).__name__}
            reply = envelope(Refused(500, None, details), self.now())
            self.unforeseen(error)
        reply.headers += CORS
        reply.headers.append(("X-Request-Id", identity))
        return reply

    def unforeseen(self, error: Exception) -> None:
        """Tell the operator of a fault of the server itself."""
        _LOG.error("fault of the reference server", exc_info=error)

    async def route(self, call: Call) -> Reply:
        """Find the operation of a request and let it through the gateway's checks."""
        match = self.contract.find(call.method, call.path, "gateway")
        if match is None:
            return self.elsewhere(call)
        work = Work(call, match)
        if work.operation in _EDGE:
            self.check_edge(call)
        work.key = self.resolve_key(call)
        if work.operation not in _SHARED:
            return await self.run(work)
        self.check_publishable(work)
        return await self.deduplicated(work)

    def elsewhere(self, call: Call) -> Reply:
        """Answer a request that reaches no operation."""
        if call.method in ("GET", "HEAD") and call.path in ("/", "/docs"):
            return Reply(302, [("Location", "/api/docs")])
        if call.method in ("GET", "HEAD") and call.path == "/api/docs":
            return Reply(302, [("Location", REFERENCE)])
        if call.method in ("GET", "HEAD") and call.path == "/api/docs/open-api/generate-schema":
            return Reply(200, [("Content-Type", "application/json")], self.pages.made(JSON).body)
        if self.options.strict:
            found = [m for m in ("GET", "POST") if self.contract.find(m, call.path, "gateway")]
            if found:
                raise Refused(405, headers=[("Allow", ", ".join(found))])
        raise Refused(404)

    # --- the checks, in their order ---------------------------------------------------------------

    def check_edge(self, call: Call) -> None:
        """Refuse an address that sends too many requests."""
        limit = self.options.edge_limit
        if limit is None:
            return
        now = self.now()
        recent = [
            moment for moment in self._edge.get(call.client, ()) if moment > now - EDGE_WINDOW
        ]
        if len(self._edge) > 10_000:
            self._edge.clear()
        self._edge[call.client] = [*recent, now]
        if len(recent) >= limit:
            raise Refused(429, "Too many requests from this IP. Please slow down.")

    def presented(self, call: Call) -> str | None:
        """Return the API key a request shows; the header wins over the query."""
        return presented_key(call.request)

    def resolve_key(self, call: Call) -> Key | None:
        """Look the key up; None when there is none to look up."""
        secret = self.presented(call)
        if secret is None:
            return None
        key = self.accounts.find(secret)
        if key is None:
            raise Refused(401, "Invalid API key. Please check your key and try again.")
        if key.user is None:
            raise Refused(
                402, "API key is not associated with a valid user. Please regenerate your API key."
            )
        if not self.accounts.admit(key):
            raise Refused(429, "Rate limit exceeded. Please try again later.")
        return key

    def may_upload(self, secret: str) -> bool:
        """Tell the media host whether a key is valid."""
        key = self.accounts.find(secret)
        return key is not None and key.user is not None

    def check_publishable(self, work: Work) -> None:
        """Refuse a publishable key that has to wait; the answer is no envelope."""
        if work.key is None:
            return
        wait = self.accounts.wait(work.key, work.call.client)
        if wait <= 0:
            return
        seconds = max(0.01, round(wait, 2))
        body = {
            "error": "Rate limit exceeded",
            "message": f"Rate limit exceeded. Retry after {seconds:g}s. "
            "Use secret keys (sk_*) for unlimited requests.",
            "retryAfterSeconds": seconds,
        }
        raise Answered(json_reply(body, 429, [("Retry-After", str(math.ceil(wait)))]))

    async def deduplicated(self, work: Work) -> Reply:
        """Let identical requests that come at the same time share one answer."""
        call = work.call
        body = self.peek(call)
        if is_object(body) and body.get("stream") is True:
            return await self.cached(work, body)
        mark = "\x00".join((call.method, call.path, call.query_string))
        mark += "\x00" + call.body.decode("latin-1")
        running = self._waiting.get(mark)
        if running is not None:
            shared = await asyncio.shield(running)
            copy = Reply(shared.status, list(shared.headers), shared.body)
            copy.set("X-Cache", "HIT")
            copy.set("X-Cache-Type", "DEDUP")
            return copy
        task = asyncio.create_task(self.whole(work, body))
        self._waiting[mark] = task

        def forget(_done: asyncio.Task[Reply]) -> None:
            self._waiting.pop(mark, None)

        task.add_done_callback(forget)
        reply = await asyncio.shield(task)
        return Reply(reply.status, list(reply.headers), reply.body)

    async def whole(self, work: Work, body: object) -> Reply:
        """Answer with refusals and streams turned into whole replies, which can be shared."""
        try:
            reply = await self.cached(work, body)
        except Answered as answered:
            return answered.reply
        except Refused as refused:
            reply = envelope(refused, self.now())
            if work.operation in _CACHED and self.options.cached:
                reply.headers.append(("X-Cache", "MISS"))
        if reply.stream is not None:
            reply.body = b"".join([piece async for piece in reply.stream])
            reply.stream = None
        return reply

    def peek(self, call: Call) -> object:
        """Read a JSON body without judging it."""
        if call.method != "POST" or not call.body:
            return None
        try:
            return json.loads(call.body)
        except (ValueError, RecursionError):
            return None

    async def cached(self, work: Work, body: object) -> Reply:
        """Answer from what was kept, or work and keep the answer."""
        is_image = work.operation == "generateImage"
        key: str | None = None
        if work.operation in _CACHED and self.options.cached:
            key = cache.image_key(work.call) if is_image else cache.text_key(work.call, body)
        if key is None:
            return await self.run(work)
        kept = self.cache.get(key)
        if kept is not None and (work.key is not None or not self.options.strict):
            headers = cache.hit_headers(key, kept, iso(kept.when), image=is_image)
            return Reply(200, headers, kept.body)
        reply = await self.run(work)
        kind = reply.header("content-type") or ""
        if not 200 <= reply.status < 300 or (
            is_image and not kind.startswith(("image/", "video/"))
        ):
            reply.headers.append(("X-Cache", "MISS"))
            return reply
        reply.set("Cache-Control", None)
        reply.headers += cache.miss_headers(key, image=is_image)
        if reply.stream is None:
            self.cache.put(key, cache.Kept(kind, reply.body, self.now()))
        else:
            reply.stream = self._keeping(key, kind, reply.stream)
        return reply

    async def _keeping(
        self, key: str, kind: str, stream: AsyncIterator[bytes]
    ) -> AsyncIterator[bytes]:
        parts: list[bytes] = []
        async for part in stream:
            parts.append(part)
            yield part
        self.cache.put(key, cache.Kept(kind, b"".join(parts), self.now()))

    async def run(self, work: Work) -> Reply:
        """Validate a request and do what it asks."""
        self.validate(work)
        return await self.operations[work.operation](work)

    def validate(self, work: Work) -> None:
        """Refuse what the contract does not allow, in the words of the service."""
        call = work.call
        if call.oversized:
            raise Refused(413, "Request body is too large.")
        work.values, found = self.contract.read_request(work.match, call.request)
        odd = self.odd_values(work) if call.query_string else []
        if not found and not odd:
            return
        if found and found[0].kind == "malformed-json":
            raise Refused(400, "Malformed JSON in request body")
        form = "multipart/form-data" in _forms(work.match.operation.raw)
        if form and found:
            missing = any(v.field == "file" for v in found) or found[0].kind == "malformed-form"
            if missing:
                raise Refused(400, "Missing required field: file")
        listed = [("query", name, sentence) for name, sentence in odd]
        for violation in found:
            part = re.split(r"[.\[]", violation.where, maxsplit=1)[0]
            listed.append(
                ("form" if form and part == "body" else part, violation.field, violation.message)
            )
        names_model = [v for v in found if v.field == "model" and v.kind == "enum"]
        body = self.peek(call)
        if (
            names_model
            and not (is_object(body) and not isinstance(body.get("model"), str))
            and len(names_model) == len(found)
            and not odd
            and work.operation
            not in (
                "generateText",
                "generateImage",
            )
        ):
            raise self.unknown_model(self.asked_model(work))
        raise invalid(listed)

    def odd_values(self, work: Work) -> list[tuple[str, str]]:
        """Find query values that a server may refuse, or must although their text is welcome."""
        odd: list[tuple[str, str]] = []
        query = work.call.query
        for parameter in work.match.operation.parameters:
            if parameter.location != "query" or "string" in parameter.types:
                continue
            texts = [value for name, value in query if name == parameter.name]
            if "boolean" in parameter.types:
                wrong = len(texts) > 1 or (
                    self.options.strict and texts[:1] != [] and texts[0] not in ("true", "false")
                )
                sentence = "Invalid input: expected boolean, received string"
            else:
                wrong = self.options.strict and any(not _PLAIN.fullmatch(text) for text in texts)
                sentence = "Invalid input: expected number, received NaN"
            if wrong:
                odd.append((parameter.name, sentence))
        return odd

    def asked_model(self, work: Work) -> str:
        """Return the model a request names, valid or not."""
        body = self.peek(work.call)
        if is_object(body):
            return str(body.get("model"))
        fields = work.values.body
        named = cast("dict[str, Any]", fields).get("model") if isinstance(fields, dict) else None
        return str(named if named is not None else work.call.parameter("model"))

    def unknown_model(self, name: str) -> Refused:
        """Build the refusal of a model that nobody knows."""
        return Refused(
            400, f'Invalid service or alias: "{name}". Must be a valid service name or alias.'
        )

    def find_model(self, name: str) -> Model:
        """Resolve a model's name or alias."""
        model = self.registry.resolve(name)
        if model is None:
            raise self.unknown_model(name)
        return model

    def authorize(self, work: Work, model: Model, asked: str, purpose: str = NO_BALANCE) -> Key:
        """Demand a key that may use the model and can pay for it.

        Args:
            work: the request.
            model: it wants to use.
            asked: the name it used for the model.
            purpose: the message when there is no pollen.
        """
        key = work.key
        if key is None:
            raise Refused(401)
        restricted = work.operation not in ("createSpeech", "createTranscription")
        if restricted and key.models is not None and model.id not in key.models:
            raise Refused(403, f"Model '{asked}' is not allowed for this API key")
        if key.budget is not None and key.budget <= 0:
            raise Refused(402, "API key budget exhausted. Please top up or create a new key.")
        balances = cast("User", key.user).balances
        if all(left <= 0 for left in balances.values()):
            raise Refused(402, purpose)
        if model.paid and balances["crypto"] <= 0 and balances["pack"] <= 0:
            raise Refused(402, "This model requires a paid balance. Tier balance cannot be used.")
        return key

    def charge(
        self, work: Work, key: Key, model: Model, usage: Mapping[str, int | Decimal]
    ) -> list[tuple[str, str]]:
        """Take the price, leave a record, and return the headers that tell of both."""
        self.accounts.charge(
            key, work.call.client, f"generate.{model.kind}", model.provider_model, usage,
            model.price, self.elapsed(work.call),
        )  # fmt: skip
        headers = [("x-model-used", model.provider_model)]
        total: int | Decimal = 0
        for name, amount in usage.items():
            headers.append((_USAGE_HEADERS[name], str(amount)))
            total += amount
        return [*headers, ("x-usage-total-tokens", str(total))]

    def elapsed(self, call: Call) -> int:
        """Return how long a call has taken, in milliseconds."""
        return round((time.perf_counter() - call.started) * 1000)

    async def think(self, work: Work) -> None:
        """Take the time a backend would take."""
        if self.options.latency:
            await asyncio.sleep(self.options.latency)

    def dice_seed(self, seed: object) -> object:
        """Return what chance depends on: the server's seed, and a new number each time for -1."""
        return (self.options.seed, self.calls if seed == -1 else "fixed")

    # --- account ----------------------------------------------------------------------------------

    def account(self, work: Work, permission: str, message: str | None = None) -> User:
        """Demand a key with an account permission, and return its user."""
        if work.key is None:
            raise Refused(401, message)
        if permission not in (work.key.account or ()):
            raise Refused(403, f"API key does not have 'account:{permission}' permission")
        return cast("User", work.key.user)

    async def profile(self, work: Work) -> Reply:
        """GET /account/profile."""
        user = self.account(work, "profile")
        midnight = datetime.fromtimestamp(self.now(), UTC).replace(
            hour=0, minute=0, second=0, microsecond=0
        ) + timedelta(days=1)
        return json_reply(
            {
                "name": user.name,
                "email": user.email,
                "githubUsername": user.github,
                "image": user.image,
                "tier": user.tier,
                "createdAt": user.created,
                "nextResetAt": iso(midnight.timestamp()),
            }
        )

    async def balance(self, work: Work) -> Reply:
        """GET /account/balance."""
        user = self.account(work, "balance")
        budget = cast("Key", work.key).budget
        return json_reply({"balance": float(user.total if budget is None else budget)})

    async def usage(self, work: Work) -> Reply:
        """GET /account/usage."""
        user = self.account(work, "usage", "Authentication required to view usage history")
        limit = int(work.values.query.get("limit", 100))
        rows = self.accounts.usage(user, limit, work.values.query.get("before"))
        return self.table(work, RECORD_COLUMNS, rows, "pollinations-usage")

    async def usage_daily(self, work: Work) -> Reply:
        """GET /account/usage/daily."""
        user = self.account(work, "usage", "Authentication required to view usage history")
        rows = self.accounts.daily(user)
        return self.table(work, DAILY_COLUMNS, rows, "pollinations-usage-daily")

    def table(
        self, work: Work, columns: Iterable[str], rows: list[dict[str, Any]], name: str
    ) -> Reply:
        """Answer with rows, as JSON or as CSV."""
        if work.values.query.get("format") != "csv":
            return json_reply({"usage": rows, "count": len(rows)})
        today = datetime.fromtimestamp(self.now(), UTC).strftime("%Y-%m-%d")
        headers = [
            ("Content-Type", "text/csv"),
            ("Content-Disposition", f'attachment; filename="{name}-{today}.csv"'),
        ]
        return Reply(200, headers, csv(columns, rows))

    async def key_status(self, work: Work) -> Reply:
        """GET /account/key."""
        key = work.key
        if key is None:
            raise Refused(401, "API key required. This endpoint validates API keys.")
        left = None if key.expires is None else max(0, math.floor(key.expires - self.now()))
        return json_reply(
            {
                "valid": True,
                "type": key.type,
                "name": key.name or None,
                "expiresAt": None if key.expires is None else iso(key.expires),
                "expiresIn": left,
                "permissions": {
                    "models": None if key.models is None else list(key.models),
                    "account": None if key.account is None else list(key.account),
                },
                "pollenBudget": None if key.budget is None else float(key.budget),
                "rateLimitEnabled": True,
            }
        )

    # --- models -----------------------------------------------------------------------------------

    async def models(self, work: Work) -> Reply:
        """GET /v1/models."""
        created = int(self.now() * 1000)
        listed = self.registry.listed("text", work.key.models if work.key else None)
        data = [{"id": model.id, "object": "model", "created": created} for model in listed]
        return json_reply({"object": "list", "data": data})

    async def model_infos(self, kind: str, work: Work) -> Reply:
        """GET /text/models, /image/models and /audio/models."""
        listed = self.registry.listed(kind, work.key.models if work.key else None)
        return json_reply([self.registry.infos[model.id] for model in listed])

    # --- text -------------------------------------------------------------------------------------

    async def chat(self, work: Work) -> Reply:
        """POST /v1/chat/completions."""
        body = cast("dict[str, Any]", work.values.body)
        asked = str(body.get("model") or "openai")
        model = self.find_model(asked)
        key = self.authorize(work, model, asked)
        await self.think(work)
        if model.kind != "text":
            raise Refused(404, _relayed("Not Found", f"Model not found: {model.id}", model.id))
        wording = await self.say(model, body, streamed=body.get("stream") is True)
        if wording.streamed:
            return self.stream(work, key, wording)
        made = wording.body()
        headers = self.charge(work, key, model, talk.usage_of(wording.usage))
        reply = json_reply(made, headers=[*headers, *talk.moderation_headers(made)])
        reply.set("Content-Type", "application/json; charset=utf-8")
        return reply

    async def say(self, model: Model, body: Mapping[str, Any], *, streamed: bool) -> talk.Wording:
        """Let a model answer."""
        seed = self.dice_seed(body.get("seed"))
        identity = f"{rng(seed, self.calls, 'id').getrandbits(128):032x}"
        created = int(self.now())
        if "audio" in (body.get("modalities") or ()):  # sound takes its time
            said = await asyncio.to_thread(talk.answer, model, body, seed, identity, created)
        else:
            said = talk.answer(model, body, seed, identity, created)
        return talk.Wording(said, streamed=streamed)

    def stream(self, work: Work, key: Key, wording: talk.Wording) -> Reply:
        """Answer with events; the call is paid for when its stream begins."""
        self.charge(work, key, wording.said.model, talk.usage_of(wording.usage))
        headers = [("Content-Type", "text/event-stream; charset=utf-8")]
        if not self.options.cached:
            headers.append(("Cache-Control", "no-cache"))
        return Reply(200, headers, stream=self.events(wording))

    async def events(self, wording: talk.Wording) -> AsyncIterator[bytes]:
        """Write a stream's events, each at its time."""
        for event in wording.events():
            yield b"data: " + dumps(event) + b"\n\n"
            await asyncio.sleep(self.options.pace)
        if wording.done:
            yield b"data: [DONE]\n\n"

    async def text(self, work: Work) -> Reply:
        """GET /text/{prompt}."""
        values = work.values
        asked = str(values.query.get("model") or "openai")
        model = self.find_model(asked)
        key = self.authorize(work, model, asked)
        await self.think(work)
        system = values.query.get("system")
        messages = [{"role": "system", "content": system}] if system else []
        messages.append({"role": "user", "content": values.path["prompt"]})
        body: dict[str, Any] = {"messages": messages}
        for name in ("seed", "temperature"):
            if name in values.sent:
                body[name] = values.query[name]
        if values.query.get("json"):
            body["response_format"] = {"type": "json_object"}
        streamed = values.query.get("stream") is True
        if model.speaks and not streamed:
            body |= {"modalities": ["text", "audio"], "audio": {"voice": "alloy", "format": "mp3"}}
        wording = await self.say(model, body, streamed=streamed)
        if streamed:
            return self.stream(work, key, wording)
        headers = self.charge(work, key, model, talk.usage_of(wording.usage))
        if wording.said.audio is not None:
            import base64

            sound = base64.b64decode(wording.said.audio["data"])
            return Reply(200, [("Content-Type", "audio/mpeg"), *headers], sound)
        text = wording.text
        if "citations" in wording.dialect["answer"]:
            listed = "\n".join(f"[{n}] {url}" for n, url in enumerate(talk.CITATIONS, 1))
            text += f"\n\n---\nSources:\n{listed}"
        return Reply(200, [("Content-Type", "text/plain; charset=utf-8"), *headers], text.encode())

    # --- pictures and films -----------------------------------------------------------------------

    async def image(self, work: Work) -> Reply:
        """GET /image/{prompt}."""
        query = work.values.query
        prompt = work.values.path["prompt"]
        asked = str(query.get("model") or "zimage")
        model = self.find_model(asked)
        key = self.authorize(work, model, asked)
        await self.think(work)
        seed = (
            f"{self.dice_seed(query.get('seed'))}{query.get('seed')}{model.id}{query.get('image')}"
        )
        usage: dict[str, int | Decimal]
        if model.video:
            seconds = int(query.get("duration") or model.seconds)
            sound = bool(query.get("audio"))
            wide, high = (9, 16) if query.get("aspectRatio") == "9:16" else (16, 9)
            data = await asyncio.to_thread(
                media.film, prompt, seconds, wide, high, seed, sound=sound
            )
            kind, suffix = "video/mp4", "mp4"
            tokens = {"completionVideoTokens": seconds * 24 * 864 * 480 // 1024}
            usage = {"completionVideoSeconds": seconds} if model.video == "seconds" else {**tokens}
        else:
            wide, high = media.size(query.get("width"), query.get("height"))
            clear = bool(query.get("transparent")) and model.alpha
            form, kind, suffix = (
                ("PNG", "image/png", "png") if clear else ("JPEG", "image/jpeg", "jpg")
            )
            data = await asyncio.to_thread(media.picture, prompt, wide, high, form, seed)
            usage = {"completionImageTokens": 1}
        headers = self.charge(work, key, model, usage)
        name = _slug(prompt) or ("generated-video" if model.video else "generated-image")
        return Reply(
            200,
            [
                ("Content-Type", kind),
                ("Content-Disposition", f'inline; filename="{name}.{suffix}"'),
                ("Cache-Control", cache.IMMUTABLE),
                *headers,
            ],
            data,
        )

    # --- sound ------------------------------------------------------------------------------------

    async def audio(self, work: Work) -> Reply:
        """GET /audio/{text}."""
        query = work.values.query
        seconds = _number(query.get("duration"))
        return await self.voice(work, work.values.path["text"], query, seconds)

    async def speech(self, work: Work) -> Reply:
        """POST /v1/audio/speech."""
        body = cast("dict[str, Any]", work.values.body)
        message = "Insufficient pollen balance for audio generation"
        return await self.voice(work, str(body["input"]), body, body.get("duration"), message)

    async def voice(
        self,
        work: Work,
        text: str,
        wanted: Mapping[str, Any],
        seconds: float | None,
        message: str = NO_BALANCE,
    ) -> Reply:
        """Speak or play.

        Args:
            work: the request.
            text: to be spoken, or a description of music.
            wanted: model, voice and response_format.
            seconds: of music.
            message: when there is no pollen.
        """
        asked = str(wanted.get("model") or "elevenlabs")
        model = self.find_model(asked)
        key = self.authorize(work, model, asked, message)
        await self.think(work)
        if model.does not in ("speech", "music"):
            raise Refused(404, _relayed("Not Found", f"Model not found: {model.id}", model.id))
        usage: dict[str, int | Decimal]
        if model.does == "music":
            length = min(300.0, max(3.0, seconds or 10.0))
            seed = f"music{self.options.seed}{text}"
            data = await asyncio.to_thread(media.sound, seed, length, "mp3", text[:200])
            kind = "audio/mpeg"
            usage = {"completionAudioSeconds": _plain(length)}
        else:
            if len(text) > 4096:
                raise Refused(400, f"Input text too long: {len(text)} characters. Maximum is 4096.")
            form = str(wanted.get("response_format") or "mp3")
            voice = str(wanted.get("voice") or "alloy")
            data = await asyncio.to_thread(media.speech, text, voice, form)
            kind = media.AUDIO_TYPES[form]
            usage = {"completionAudioTokens": max(1, len(text))}
        headers = self.charge(work, key, model, usage)
        return Reply(200, [("Content-Type", kind), *headers], data)

    async def transcription(self, work: Work) -> Reply:
        """POST /v1/audio/transcriptions."""
        fields = cast("dict[str, Any]", work.values.body or {})
        asked = str(fields.get("model") or "whisper-large-v3")
        model = self.find_model(asked)
        message = "Insufficient pollen balance for transcription"
        key = self.authorize(work, model, asked, message)
        await self.think(work)
        if model.does != "transcription":
            raise Refused(404, _relayed("Not Found", f"Model not found: {model.id}", model.id))
        data = work.values.files["file"].content
        length, title = await asyncio.to_thread(media.listen, data)
        seconds = round(length if length is not None else max(0.1, len(data) / 16_000), 2)
        text = title or sentences(rng(self.options.seed, data.hex()[:4096]), "a recording", 1)
        headers = self.charge(work, key, model, {"promptAudioSeconds": _plain(seconds)})
        form = str(fields.get("response_format") or "json")
        language = str(fields.get("language") or "en")
        body, kind = _transcript(form, text, seconds, language)
        return Reply(200, [("Content-Type", kind), *headers], body)


class Answered(Exception):
    """The request is answered with a reply that is no envelope."""

    def __init__(self, reply: Reply) -> None:
        super().__init__()
        self.reply = reply


def _forms(operation: Mapping[str, Any]) -> Mapping[str, Any]:
    return cast("Mapping[str, Any]", operation.get("requestBody") or {}).get("content") or {}


def _relayed(error: str, message: str, model: str) -> str:
    """Write a backend's error the way the gateway relays it: JSON inside the message."""
    body = {
        "error": error,
        "message": message,
        "requestId": "ref001",
        "requestParameters": {"model": model},
    }
    return dumps(body).decode()


def _slug(prompt: str) -> str:
    kept = re.sub(r"[^a-zA-Z0-9\s-]", "", prompt[:100])
    return re.sub(r"\s+", "-", kept.strip()).lower()


def _number(text: object) -> float | None:
    """Read a number that the contract lets be any text."""
    with contextlib.suppress(TypeError, ValueError):
        value = float(cast("str", text))
        return value if math.isfinite(value) else None
    return None


def _plain(value: float) -> int | Decimal:
    return int(value) if float(value).is_integer() else Decimal(str(value))


def _transcript(form: str, text: str, seconds: float, language: str) -> tuple[bytes, str]:
    """Write a transcript in one of its formats."""
    plain = "text/plain; charset=utf-8"
    if form == "text":
        return text.encode(), plain
    if form in ("srt", "vtt"):
        mark = "," if form == "srt" else "."
        start, end = _clock(0, mark), _clock(seconds, mark)
        head = "1\n" if form == "srt" else "WEBVTT\n\n"
        return f"{head}{start} --> {end}\n{text}\n".encode(), plain
    body: dict[str, Any] = {"text": text}
    if form == "verbose_json":
        segment = {"id": 0, "start": 0, "end": seconds, "text": text}
        parts = text.split()
        step = seconds / max(1, len(parts))
        spoken = [
            {"word": part, "start": round(n * step, 3), "end": round((n + 1) * step, 3)}
            for n, part in enumerate(parts)
        ]
        body = {
            "text": text,
            "task": "transcribe",
            "language": language,
            "duration": seconds,
            "segments": [segment],
            "words": spoken,
        }
    body["usage"] = {"type": "duration", "duration": seconds}
    return dumps(body), "application/json"


def _clock(seconds: float, mark: str) -> str:
    whole, part = divmod(round(seconds * 1000), 1000)
    return f"{whole // 3600:02}:{whole // 60 % 60:02}:{whole % 60:02}{mark}{part:03}"


class App:
    """The ASGI application: gateway and media host of one service.

    The application itself tells the two apart by the request's host: a name that begins with
    `media.`, or a port in `media_ports`, is the media host; everything else is the gateway.
    `gateway` and `media` are applications of one side only.

    Args:
        service: what both sides serve.
        grader: judges the requests; None for nobody.
    """

    def __init__(self, service: Service, grader: Grader | None = None) -> None:
        self.service = service
        self.grader = grader
        self.media_ports: set[int] = set()
        self.log = False

    @property
    def keys(self) -> dict[str, str]:
        """The example keys by name."""
        return self.service.accounts.examples

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer as the side that the request is addressed to."""
        host = next((v for k, v in scope.get("headers", ()) if k == b"host"), b"")
        server = scope.get("server")
        if host.startswith(b"media.") or (server and server[1] in self.media_ports):
            await self.media(scope, receive, send)
        else:
            await self.gateway(scope, receive, send)

    async def gateway(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer as gen.pollinations.ai."""
        recording = scope.get("path") == "/v1/audio/transcriptions"
        limit = MAX_RECORDING if recording else MAX_BODY
        await self._serve("gateway", limit, scope, receive, send)

    async def media(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer as media.pollinations.ai."""
        await self._serve("media", MAX_UPLOAD_BODY, scope, receive, send)

    async def _serve(
        self, host: str, limit: int, scope: Scope, receive: Receive, send: Send
    ) -> None:
        if scope["type"] != "http":
            await _other(scope, receive, send)
            return
        try:
            call = await read_call(scope, receive, limit)
        except ConnectionError:
            return  # nobody is there to answer
        except TimeoutError:
            late = envelope(
                Refused(408, "The body of the request did not come."), self.service.now()
            )
            late.headers.append(("Connection", "close"))
            await send_reply(late, send)
            return
        if self.grader is not None and call.path == REPORT:
            await send_reply(self.grader.reply(), send)
            return
        if call.path in DOCUMENTS:
            page = await self.service.pages.reply(call)
            page.skip_body = call.method == "HEAD"
            await send_reply(page, send)
            return
        handle = self.service.handle if host == "gateway" else self.service.handle_media
        fault = zoo.asked(call)
        reply = await (zoo.misbehave(call, fault, handle) if fault else handle(call))
        if self.grader is not None:
            self.grader.take(call, reply, host)
        if self.log:
            _LOG.info("%s %s %s -> %s", host, call.method, redact(call.path), reply.status)
        reply.skip_body = call.method == "HEAD"
        await send_reply(reply, send)


async def _other(scope: Scope, receive: Receive, send: Send) -> None:
    """Take part in the lifespan, and refuse web sockets."""
    if scope["type"] == "websocket":
        await send({"type": "websocket.close", "code": 1008})
        return
    while True:
        message = await receive()
        await send({"type": message["type"] + ".complete"})
        if message["type"] == "lifespan.shutdown":
            return
