"""The gateway: what happens to a request, in order, before and after its operation."""

import asyncio
import logging
import math
import re
import uuid
from collections.abc import AsyncIterator, Mapping

from pollinations_conformance import contract as contracts
from pollinations_conformance.http.credentials import presented_key
from pollinations_conformance.http.json import is_object
from pollinations_conformance.server import cache
from pollinations_conformance.server.accounts import Key
from pollinations_conformance.server.backend import Backend, Handler, RoutedCall
from pollinations_conformance.server.errors import Refused, envelope, iso
from pollinations_conformance.server.http import Call, Reply, json_reply
from pollinations_conformance.server.pages import JSON, REFERENCE, Pages
from pollinations_conformance.server.validation import Validator, parsed_body

EDGE_WINDOW = 10.0
"""Seconds in which requests count against the limit of an IP address."""

MAX_REQUESTED_HEADERS = 64
"""Names of headers that a preflight allows beside the usual ones."""

# Paths of the recorded service that no document names, and the documented ones they mean.
_OTHER_PATHS = {"/api/generate/v1/models": "/v1/models"}
CORS = (
    ("Access-Control-Allow-Origin", "*"),
    ("Access-Control-Expose-Headers", "Content-Length,Content-Disposition"),
)

_LOG = logging.getLogger("pollinations_conformance.server")

_HEADER_NAME = re.compile(r"[\w!#$%&'*+.^`|~-]{1,100}", re.ASCII)
_REQUEST_ID = re.compile(r"[\w=-]{1,255}", re.ASCII)

# Operations behind the publishable keys' limiter and the de-duplication, and those that are cached.
_SHARED = {
    "createChatCompletion", "createChatCompletionLegacy", "generateText", "generateImage",
    "generateAudio",
}  # fmt: skip
_MISSING_IN_SERVICE = {"createChatCompletionLegacy"}
_CACHED = _SHARED - {"generateAudio"}
_IP_LIMITED = _SHARED | {
    "createSpeech", "createTranscription", "listModels", "listTextModels", "listImageModels",
    "listAudioModels",
}  # fmt: skip


class FinalReply(Exception):
    """The request has its response already, and it is no error envelope."""

    def __init__(self, reply: Reply) -> None:
        super().__init__()
        self.reply = reply


class Gateway:
    """Routing, keys, limits, validation, de-duplication and cache.

    Args:
        backend: models, keys and billing.
        contract: that requests have to follow.
        validator: of requests.
        operations: what each operation does, by its id.
        pages: the contract as documents, which the documentation's routes lead to.
    """

    def __init__(
        self,
        backend: Backend,
        contract: contracts.Contract,
        validator: Validator,
        operations: Mapping[str, Handler],
        pages: Pages,
    ) -> None:
        self.backend = backend
        self.options = backend.options
        self.contract = contract
        self.validator = validator
        self.operations = operations
        self.pages = pages
        self.cache = cache.Cache()
        self._running: dict[str, asyncio.Task[Reply]] = {}
        self._edge: dict[str, list[float]] = {}

    async def handle(self, call: Call) -> Reply:
        """Return the response to a request, whatever it is."""
        self.backend.calls += 1
        if call.method == "OPTIONS":
            return self.preflight(call)
        request_id = call.header("x-request-id")
        if request_id is None or not _REQUEST_ID.fullmatch(request_id):
            request_id = str(uuid.uuid4())
        try:
            reply = await self.route(call)
        except FinalReply as final:
            reply = final.reply
        except Refused as refused:
            reply = envelope(refused, self.backend.now())
        except ConnectionError:
            raise
        except Exception as error:  # the service, too, has a response to what it did not foresee
            details = {"name": type(error).__name__}
            reply = envelope(Refused(500, None, details), self.backend.now())
            self.log_error(error)
        reply.headers += CORS
        reply.headers.append(("X-Request-Id", request_id))
        return reply

    def preflight(self, call: Call) -> Reply:
        """Return the response to a preflight: it allows the usual headers and the requested ones."""
        given = (call.header("access-control-request-headers") or "").split(",")
        names = [name.strip() for name in given[:MAX_REQUESTED_HEADERS]]
        requested = [name for name in names if _HEADER_NAME.fullmatch(name)]
        if not (self.backend.follows_service and requested):
            low = {name.lower() for name in requested}
            usual = ("Content-Type", "Authorization")
            requested = [*(name for name in usual if name.lower() not in low), *requested]
        headers = [
            ("Access-Control-Allow-Origin", "*"),
            ("Access-Control-Allow-Methods", "GET,POST,OPTIONS"),
            ("Access-Control-Allow-Headers", ",".join(requested)),
            ("Access-Control-Expose-Headers", "Content-Length"),
            ("Access-Control-Max-Age", "600"),
            ("Vary", "Access-Control-Request-Headers"),
        ]
        return Reply(204, headers)

    def log_error(self, error: Exception) -> None:
        """Log an error of the server itself."""
        _LOG.error("error in the reference server", exc_info=error)

    async def route(self, call: Call) -> Reply:
        """Find the operation of a request and run the gateway's checks.

        Raises:
            Refused: a check does not let it through.
            FinalReply: the same, with a response that is no envelope.
        """
        path = _OTHER_PATHS.get(call.path, call.path)
        match = self.contract.find(call.method, path, "gateway")
        if match is None or (
            self.backend.follows_service and match.operation.id in _MISSING_IN_SERVICE
        ):
            return self.unknown_route(call)
        if (script := call.use_script("error")) is not None:
            raise Refused(script.error, script.message, headers=list(script.headers.items()))
        routed = RoutedCall(call, match)
        if routed.operation in _IP_LIMITED:
            self.check_ip_limit(call)
        routed.key = self.resolve_key(call)
        if routed.operation not in _SHARED:
            return await self.run(routed)
        self.check_publishable(routed)
        return await self.deduplicated(routed)

    def unknown_route(self, call: Call) -> Reply:
        """Return the response to a request that reaches no operation.

        Raises:
            Refused: it is none of the documentation's routes.
        """
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

    # --- keys and limits --------------------------------------------------------------------------

    def check_ip_limit(self, call: Call) -> None:
        """Refuse an IP address that sends too many requests."""
        limit = self.options.edge_limit
        if limit is None:
            return
        now = self.backend.now()
        recent = [time for time in self._edge.get(call.client, ()) if time > now - EDGE_WINDOW]
        if len(self._edge) > 10_000:
            self._edge.clear()
        self._edge[call.client] = [*recent, now]
        if len(recent) >= limit:
            raise Refused(429, "Too many requests from this IP. Please slow down.")

    def presented(self, call: Call) -> str | None:
        """Return the API key of a request; the header wins over the query."""
        return presented_key(call.request)

    def resolve_key(self, call: Call) -> Key | None:
        """Look the key of a request up; None when it has none.

        Raises:
            Refused: the key is not valid, has no user, or was used too often.
        """
        secret = self.presented(call)
        if secret is None:
            return None
        accounts = self.backend.accounts
        key = accounts.find(secret)
        if key is None:
            raise Refused(401, "Invalid API key. Please check your key and try again.")
        if key.user is None:
            raise Refused(
                402, "API key is not associated with a valid user. Please regenerate your API key."
            )
        if not accounts.admit(key):
            if self.backend.follows_service:
                raise Refused(401)
            raise Refused(429, "Rate limit exceeded. Please try again later.")
        return key

    def check_publishable(self, routed: RoutedCall) -> None:
        """Refuse a publishable key that has to wait.

        Raises:
            FinalReply: it has; the response is no envelope.
        """
        if routed.key is None:
            return
        wait = self.backend.accounts.wait(routed.key, routed.call.client)
        if wait <= 0:
            return
        seconds = max(0.01, round(wait, 2))
        body = {
            "error": "Rate limit exceeded",
            "message": f"Rate limit exceeded. Retry after {seconds:g}s. "
            "Use secret keys (sk_*) for unlimited requests.",
            "retryAfterSeconds": seconds,
        }
        raise FinalReply(json_reply(body, 429, [("Retry-After", str(math.ceil(wait)))]))

    # --- de-duplication and cache -----------------------------------------------------------------

    def unvalidated_body(self, call: Call) -> object:
        """Return a request's JSON body before it is validated."""
        return parsed_body(call)

    async def deduplicated(self, routed: RoutedCall) -> Reply:
        """Let identical requests that run at the same time share one response."""
        call = routed.call
        body = self.unvalidated_body(call)
        if (is_object(body) and body.get("stream") is True) or call.script is not None:
            return await self.cached(routed, body)
        dedup_key = "\x00".join((call.method, call.path, call.query_string))
        dedup_key += "\x00" + call.body.decode("latin-1")
        running = self._running.get(dedup_key)
        if running is not None:
            shared = await asyncio.shield(running)
            copy = Reply(shared.status, list(shared.headers), shared.body)
            copy.set("X-Cache", "HIT")
            copy.set("X-Cache-Type", "DEDUP")
            return copy
        task = asyncio.create_task(self.run_to_completion(routed, body))
        self._running[dedup_key] = task

        def forget(_done: asyncio.Task[Reply]) -> None:
            self._running.pop(dedup_key, None)

        task.add_done_callback(forget)
        reply = await asyncio.shield(task)
        return Reply(reply.status, list(reply.headers), reply.body)

    async def run_to_completion(self, routed: RoutedCall, body: object) -> Reply:
        """Turn refusals and streams into whole responses, which can be shared."""
        try:
            reply = await self.cached(routed, body)
        except FinalReply as final:
            return final.reply
        except Refused as refused:
            reply = envelope(refused, self.backend.now())
            if routed.operation in _CACHED and self.options.cached:
                reply.headers.append(("X-Cache", "MISS"))
        if reply.stream is not None:
            reply.body = b"".join([piece async for piece in reply.stream])
            reply.stream = None
        return reply

    async def cached(self, routed: RoutedCall, body: object) -> Reply:
        """Return a cached response, or run the operation and cache its response."""
        is_image = routed.operation == "generateImage"
        key: str | None = None
        if routed.operation in _CACHED and self.options.cached:
            key = cache.image_key(routed.call) if is_image else cache.text_key(routed.call, body)
        if key is None:
            return await self.run(routed)
        scripted = routed.call.script is not None
        kept = None if scripted else self.cache.get(key)
        if kept is not None and (routed.key is not None or not self.options.strict):
            headers = cache.hit_headers(key, kept, iso(kept.when), image=is_image)
            return Reply(200, headers, kept.body)
        reply = await self.run(routed)
        kind = reply.header("content-type") or ""
        if not 200 <= reply.status < 300 or (
            is_image and not kind.startswith(("image/", "video/"))
        ):
            reply.headers.append(("X-Cache", "MISS"))
            return reply
        reply.set("Cache-Control", None)
        reply.headers += cache.miss_headers(key, image=is_image)
        if scripted:
            return reply
        if reply.stream is None:
            self.cache.put(key, cache.Kept(kind, reply.body, self.backend.now()))
        else:
            reply.stream = self._caching(key, kind, reply.stream)
        return reply

    async def _caching(
        self, key: str, kind: str, stream: AsyncIterator[bytes]
    ) -> AsyncIterator[bytes]:
        parts: list[bytes] = []
        async for part in stream:
            parts.append(part)
            yield part
        self.cache.put(key, cache.Kept(kind, b"".join(parts), self.backend.now()))

    async def run(self, routed: RoutedCall) -> Reply:
        """Validate a request and run its operation.

        Raises:
            Refused: it is not valid, or the operation refuses it.
        """
        self.validator.validate(routed)
        return await self.operations[routed.operation](routed)
