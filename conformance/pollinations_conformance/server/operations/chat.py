"""Chat and text: completions, whole or as a stream of events."""

import asyncio
import base64
from collections.abc import AsyncIterator
from typing import Any, cast

from pollinations_conformance.server.accounts import Key
from pollinations_conformance.server.backend import Backend, Handler, RoutedCall
from pollinations_conformance.server.encoding import dumps
from pollinations_conformance.server.generation.completion import complete
from pollinations_conformance.server.generation.fake_text import seeded_rng
from pollinations_conformance.server.generation.provider_response import (
    CITATIONS,
    ProviderResponse,
    moderation_headers,
    usage_of,
)
from pollinations_conformance.server.http import Reply, json_reply
from pollinations_conformance.server.registry import DEFAULT_MODELS, Model
from pollinations_conformance.server.scripted import ScriptedResponse


class ChatOperations:
    """The operations of the tags `chat` and `text`."""

    def __init__(self, backend: Backend) -> None:
        self.backend = backend

    def handlers(self) -> dict[str, Handler]:
        """Return what each operation does, by its id."""
        return {
            "createChatCompletion": self.chat_completion,
            "createChatCompletionLegacy": self.chat_completion,
            "generateText": self.text,
        }

    async def chat_completion(self, routed: RoutedCall) -> Reply:
        """POST /v1/chat/completions."""
        body = cast("dict[str, Any]", routed.values.body)
        requested = str(body.get("model") or DEFAULT_MODELS[routed.operation])
        model = self.backend.find_model(requested)
        key = self.backend.authorize(routed, model, requested)
        await self.backend.think()
        self.backend.require_kind(model, fits=model.kind == "text")
        script = routed.call.use_script("text", "tool_calls")
        streamed = body.get("stream") is True
        response = await self.complete(model, body, script, streamed=streamed)
        if response.streamed:
            return self.stream(routed, key, response)
        made = response.body()
        headers = self.backend.charge(routed, key, model, usage_of(response.usage))
        reply = json_reply(made, headers=[*headers, *moderation_headers(made)])
        reply.set("Content-Type", "application/json; charset=utf-8")
        return reply

    async def complete(
        self,
        model: Model,
        body: dict[str, Any],
        script: ScriptedResponse | None,
        *,
        streamed: bool,
    ) -> ProviderResponse:
        """Let a model respond.

        Args:
            model: of kind text.
            body: the request's JSON.
            script: what it responds; None to make it up.
            streamed: whether it responds with events.
        """
        seed = self.backend.random_seed(body.get("seed"))
        identity = f"{seeded_rng(seed, self.backend.calls, 'id').getrandbits(128):032x}"
        created = int(self.backend.now())
        if "audio" in (body.get("modalities") or ()):  # encoding audio takes its time
            made = await asyncio.to_thread(complete, model, body, seed, identity, created, script)
        else:
            made = complete(model, body, seed, identity, created, script)
        return ProviderResponse(made, streamed=streamed)

    def stream(self, routed: RoutedCall, key: Key, response: ProviderResponse) -> Reply:
        """Return a stream of events; it is billed when it begins."""
        model = response.completion.model
        self.backend.charge(routed, key, model, usage_of(response.usage))
        headers = [("Content-Type", "text/event-stream; charset=utf-8")]
        if not self.backend.options.cached:
            headers.append(("Cache-Control", "no-cache"))
        return Reply(200, headers, stream=self._events(response))

    async def _events(self, response: ProviderResponse) -> AsyncIterator[bytes]:
        """Yield a stream's events, each at its time."""
        options = self.backend.options
        for event in response.events():
            yield b"data: " + dumps(event) + b"\n\n"
            await options.sleep(options.pace)
        if response.done:
            yield b"data: [DONE]\n\n"

    async def text(self, routed: RoutedCall) -> Reply:
        """GET /text/{prompt}."""
        values = routed.values
        requested = str(values.query.get("model") or DEFAULT_MODELS[routed.operation])
        model = self.backend.find_model(requested)
        key = self.backend.authorize(routed, model, requested)
        await self.backend.think()
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
        script = routed.call.use_script("text", "tool_calls")
        response = await self.complete(model, body, script, streamed=streamed)
        if streamed:
            return self.stream(routed, key, response)
        headers = self.backend.charge(routed, key, model, usage_of(response.usage))
        audio = response.completion.audio
        if audio is not None:
            content = base64.b64decode(audio["data"])
            return Reply(200, [("Content-Type", "audio/mpeg"), *headers], content)
        text = response.text
        if "citations" in response.dialect["response"]:
            listed = "\n".join(f"[{n}] {url}" for n, url in enumerate(CITATIONS, 1))
            text += f"\n\n---\nSources:\n{listed}"
        content = text.encode("utf-8", "replace")
        return Reply(200, [("Content-Type", "text/plain; charset=utf-8"), *headers], content)
