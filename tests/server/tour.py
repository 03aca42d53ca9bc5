"""A tour of the reference server: for each group of requirements, the requests that show them.

What a tour sees is written down so that two tours can be compared: everything but what differs
between two honest servers of the same seed and clock.
"""

import asyncio
import base64
import contextlib
import json
import re
from collections.abc import Awaitable, Callable
from typing import Any

from pollinations_conformance.server.app import App

NOW = 1_800_000_000.25

# Left out of the notes: chance and time that are no matter of the contract.
_IGNORED = {"date"}
_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")

Pairs = list[tuple[str, str]]


class Seen:
    """One response."""

    def __init__(self, status: int, headers: Pairs, body: bytes) -> None:
        self.status = status
        self.headers = headers
        self.body = body

    def header(self, name: str) -> str | None:
        return next((v for k, v in self.headers if k.lower() == name), None)

    def json(self) -> Any:
        return json.loads(self.body)


class Departed(Exception):
    """A response is another than the one expected."""


class Guide:
    """Makes requests inside the process, and notes what comes back.

    Args:
        app: the server.
        expected: what was noted of another server; the first response that differs ends the tour.
    """

    def __init__(self, app: App, expected: list[Any] | None = None) -> None:
        self.app = app
        self.expected = expected
        vars(app.service.backend).update(elapsed=_seven)
        vars(app.service.gateway).update(log_error=_raise)
        self.keys = app.keys
        self.notes: list[Any] = []
        self._ids: dict[str, str] = {}

    async def send(
        self,
        method: str,
        path: str,
        *,
        key: str | None = "secret",
        json: Any = None,
        body: bytes = b"",
        headers: Pairs | None = None,
        media: bool = False,
        client: str = "192.0.2.1",
    ) -> Seen:
        """Make one request; `key` is the name of an example key."""
        sent = list(headers or [])
        if key is not None:
            sent.append(("authorization", f"Bearer {self.keys[key]}"))
        if json is not None:
            body = _dump(json)
            sent.append(("content-type", "application/json"))
        sent.append(("content-length", str(len(body))))
        sent.append(("host", "media.test" if media else "gen.test"))
        raw, _, query = path.partition("?")
        scope = {
            "type": "http",
            "method": method,
            "path": raw,
            "raw_path": raw.encode(),
            "query_string": query.encode(),
            "headers": [(k.encode(), v.encode("latin-1")) for k, v in sent],
            "client": (client, 1),
            "server": ("127.0.0.1", 80),
            "scheme": "http",
        }
        given = [{"type": "http.request", "body": body, "more_body": False}]
        out: list[Any] = []

        async def receive() -> Any:
            return given.pop(0) if given else {"type": "http.disconnect"}

        async def send(message: Any) -> None:
            out.append(message)

        try:
            await self.app(scope, receive, send)
        except ConnectionAbortedError:
            out[:] = [{"status": 0, "headers": []}]
        pairs = [(k.decode("latin-1"), v.decode("latin-1")) for k, v in out[0]["headers"]]
        seen = Seen(out[0]["status"], pairs, b"".join(m.get("body", b"") for m in out[1:]))
        self.notes.append((seen.status, sorted(self._normal(pairs)), seen.body))
        if self.expected is not None and self.notes != self.expected[: len(self.notes)]:
            raise Departed
        return seen

    def _normal(self, pairs: Pairs) -> Pairs:
        kept: Pairs = []
        for name, value in pairs:
            if name.lower() in _IGNORED:
                continue
            if name.lower() == "x-request-id" and _UUID.fullmatch(value):
                # Which responses share an id matters, the ids do not.
                value = self._ids.setdefault(value, f"id {len(self._ids)}")
            kept.append((name.lower(), value))
        return kept

    async def get(self, path: str, **more: Any) -> Seen:
        return await self.send("GET", path, **more)

    async def post(self, path: str, json: Any = None, **more: Any) -> Seen:
        return await self.send("POST", path, json=json, **more)

    async def chat(self, text: Any = "What is the colour of the sky?", **fields: Any) -> Seen:
        """Send a chat prompt; fields named `key` and `path` are of the request."""
        path = fields.pop("path", "/v1/chat/completions")
        key = fields.pop("key", "secret")
        body = {"messages": [{"role": "user", "content": text}], **fields}
        return await self.post(path, body, key=key)


def _seven(_call: object) -> int:
    return 7


def _raise(error: Exception) -> None:
    raise error


def _dump(value: Any) -> bytes:
    return json.dumps(value).encode()


TOOL = {
    "type": "function",
    "function": {
        "name": "weather",
        "parameters": {
            "type": "object",
            "properties": {"city": {"type": "string"}, "days": {"type": "integer", "minimum": 1}},
            "required": ["city", "days"],
        },
    },
}
PART = {"type": "text", "text": "Look"}


async def routes(g: Guide) -> None:
    for path in ("/nope", "/v1/models/", "/text/a", "/v1/models"):
        await g.get(path)
    await g.post("/v1/models", {})
    await g.get("/v1/chat/completions")
    for path in ("/v1/models", "/account/balance", "/nope"):
        await g.send("HEAD", path)
    await g.get("/text/a?seed=1&seed=2")
    await g.get("/text/a?seed=1&unheard=of")
    for path in ("/v1/chat/completions", "/image/cat", "/nope"):
        await g.send("OPTIONS", path)
    await g.send("OPTIONS", "/upload", media=True)
    await g.send("HEAD", "/text/b")
    await g.get("/v1/models", headers=[("origin", "http://localhost:3000")])
    await g.get("/text/a?seed=x", key=None)
    await g.chat()
    await g.chat(headers=None, stream=True)
    same = [("x-request-id", "my-own_id=1")]
    await g.get("/v1/models", headers=same)
    await g.get("/v1/models", headers=[("x-request-id", "not an id")])
    await g.get("/nope", headers=same)


async def account(g: Guide) -> None:
    for path in ("profile", "balance", "usage", "usage/daily", "key"):
        for key in ("secret", "no-permissions", "profile-only", "budgeted", "expiring", None):
            await g.get(f"/account/{path}", key=key)
        await g.get(f"/account/{path}", key="restricted")
    await g.get("/account/key", key="publishable")
    await g.get("/account/profile", key="other-account")
    odd = g.app.service.accounts.create(
        'a "quoted", name', g.app.service.accounts.keys[g.keys["secret"]].user, account=("usage",)
    )
    g.keys = g.app.keys
    for number in range(3):
        await g.chat(f"question {number}", model="openai")
        g.app.service.options.clock = (lambda later: lambda: later)(NOW + 60 * (number + 1))
        g.app.service.accounts.clock = g.app.service.options.clock
    await g.chat("odd", key=odd.name, model="claude")
    await g.get("/account/balance")
    for query in ("", "?limit=2", "?limit=0", "?limit=50000", "?limit=50001", "?limit=abc", "?format=csv",
                  "?format=xml", "?format=csv&limit=2", "?before=2027-01-15T08:01:30Z", "?limit=2.5"):  # fmt: skip
        await g.get(f"/account/usage{query}")
    g.app.service.options.clock = g.app.service.accounts.clock = lambda: NOW + 4_000
    for query in ("", "?format=csv"):
        await g.get(f"/account/usage/daily{query}")
    await g.chat("one more", model="mistral")
    await g.get("/account/usage/daily")


async def models(g: Guide) -> None:
    for path in ("/v1/models", "/text/models", "/models", "/image/models", "/audio/models"):
        for key in ("secret", "restricted", None):
            await g.get(path, key=key)
        await g.get(path, key=None, headers=[("authorization", "Bearer sk_nobody")])


async def chat_request(g: Guide) -> None:
    await g.chat()
    await g.post("/v1/chat/completions", {"messages": []})
    await g.chat("With a publishable key", key="publishable")
    questions: list[tuple[str, Any]] = [
        ("temperature", 2.1), ("temperature", 2), ("top_p", 1.1), ("seed", -2), ("max_tokens", -1),
        ("top_logprobs", 21), ("frequency_penalty", -2), ("temperature", None), ("stop", None),
        ("reasoning_effort", None), ("tools", None), ("user", None), ("model", None),
        ("reasoning_effort", "extreme"), ("modalities", ["smell"]), ("unknown_field_here", 1),
        ("nonsense", 1), ("model", "no-such"), ("model", "gpt-5-nano"), ("stop", []),
        ("stop", ["a"] * 5), ("stop", list("abcd")), ("stop", "the"), ("functions", []),
        ("functions", [{"name": f"f{n}"} for n in range(128)]), ("functions", [{"name": "f", "x": 1}]),
        ("thinking", {"type": "disabled"}), ("thinking_budget", 0), ("reasoning_effort", "low"),
        ("tools", [{"type": "function"}]), ("tools", [{"type": "function", "function": {}}]),
        ("messages", [{"role": "wizard", "content": "x"}]), ("messages", [{"role": "user", "content": None}]),
        ("audio", {"voice": "alloy", "format": "ogg"}), ("tool_choice", "perhaps"),
    ]  # fmt: skip
    for field, value in questions:
        await g.chat(**{field: value})
    for kind in (
        {"type": "video_url", "video_url": {"url": "https://example.com/a.mp4"}},
        {"type": "smell", "x": 1},
    ):
        await g.chat([PART, kind])


async def chat_response(g: Guide) -> None:
    await g.chat()
    await g.chat(model="openai-large")
    await g.chat("Once", seed=3)
    await g.chat("Once", seed=3, user="again")
    await g.chat("Once", seed=3, user="again")
    call = {"id": "c1", "type": "function", "function": {"name": "weather", "arguments": "{}"}}
    for choice in (
        "required",
        "none",
        "auto",
        {"type": "function", "function": {"name": "weather"}},
    ):
        await g.chat("How is the weather in Paris?", tools=[TOOL], tool_choice=choice)
        await g.chat("How is the weather in Paris?", tools=[TOOL], tool_choice=choice, stream=True)
    other = {"type": "function", "function": {"name": "news"}}
    await g.chat("What is new?", tools=[TOOL, other], tool_choice=other)
    for extra in ({}, {"index": 0}):
        turn = [
            {"role": "user", "content": "Weather?"},
            {"role": "assistant", "tool_calls": [{**call, **extra}]},
            {"role": "tool", "tool_call_id": "c1", "content": "Sunny"},
        ]
        await g.post("/v1/chat/completions", {"messages": turn, "tools": [TOOL]})
    await g.chat(response_format={"type": "json_object"})
    await g.chat(response_format={"type": "json_object"}, stream=True)
    schema = {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]}
    await g.chat(
        response_format={"type": "json_schema", "json_schema": {"name": "x", "schema": schema}}
    )
    await g.chat(response_format={"type": "json_schema"})
    await g.chat(response_format={"type": "poem"})
    await g.chat(
        model="openai-audio",
        modalities=["text", "audio"],
        audio={"voice": "alloy", "format": "wav"},
    )
    await g.chat(model="perplexity-fast")
    await g.chat(logprobs=True, top_logprobs=1)
    await g.chat(path="/openai", seed=9)
    await g.post("/openai", {"messages": 1})


async def chat_stream(g: Guide) -> None:
    for model in ("openai", "gemini", "mistral"):
        await g.chat(stream=True, model=model)
    await g.chat("How is the weather?", stream=True, tools=[TOOL], tool_choice="required")
    await g.chat(stream=True, temperature=9)
    await g.chat("plain")
    await g.chat("plain", stream=False)
    g.app.service.options.latency = 0.01
    await asyncio.gather(g.chat("both", stream=True), g.chat("both", stream=True))


async def text(g: Guide) -> None:
    for path in (
        "/text/hello", "/text/a%20b%2Fc%3Fd%25e%23f%0Ag%F0%9F%8C%B8", "/text/a/b", "/text/", "/text/%E4%zz",
        "/text/x?seed=-2", "/text/x?model=no-such", "/text/x?temperature=hot", "/text/x?stream=true",
        "/text/y?stream=false", "/text/x?model=openai-audio", "/text/x?json=true", "/text/%5B%25%5D",
        "/text/x?seed=9007199254740991", "/text/" + "x" * 1000,
    ):  # fmt: skip
        await g.get(path)


async def image(g: Guide) -> None:
    bare = "width=32&height=16"
    for path in (
        "cat", f"a%2Fb%0Ac?{bare}", f"a/b?{bare}", "x?width=-1", "x?height=1.5", "x?seed=2147483648",
        f"x?{bare}&seed=2147483647", f"x?{bare}&seed=-1", "x?quality=ultra", "x?model=veo&duration=11",
        "x?image=ftp://a/b", f"x?{bare}&image=https://a.example/1|https://a.example/2", "x?model=openai",
        "x?model=seedance&duration=2", "x?model=seedance&duration=2", "y?model=veo&duration=2",
        f"x?{bare}&model=gptimage&transparent=true", f"x?{bare}&image=http://media.test/0123456789abcdef",
    ):  # fmt: skip
        await g.get(f"/image/{path}")


async def audio(g: Guide) -> None:
    for path in (
        "hello", "hello?voice=nobody", "hello?voice=nova", "hello?response_format=ogg",
        "hello?instrumental=1", "song?model=music&duration=3", "x" * 4097, "hello?model=no-such",
    ):  # fmt: skip
        await g.get(f"/audio/{path}")
    for body in (
        {"input": "Hello"}, {"input": ""}, {}, {"input": "x" * 4097}, {"input": "x" * 4096},
        {"input": "Hi", "speed": 0.2}, {"input": "Hi", "speed": 4}, {"input": "Hi", "duration": 2},
        {"input": "Hi", "response_format": "ogg"}, {"input": "Hi", "response_format": "wav"},
        {"input": "Hi", "response_format": "opus"}, {"input": "Hi", "voice": "21m00Tcm4TlvDq8ikWAM"},
        {"input": "Hi", "model": "elevenmusic", "duration": 3},
    ):  # fmt: skip
        await g.post("/v1/audio/speech", body)
    spoken = await g.post("/v1/audio/speech", {"input": "Good morning", "response_format": "wav"})
    for fields in (
        {},
        {"response_format": "verbose_json"},
        {"response_format": "text"},
        {"model": "no-such"},
        {"model": "scribe"},
    ):
        await g.send(
            "POST", "/v1/audio/transcriptions", **form(fields, spoken.body, "a.wav", "audio/wav")
        )
    await g.send("POST", "/v1/audio/transcriptions", **form({"model": "whisper-1"}))


def form(fields: dict[str, str], data: bytes | None = None, name: str = "", kind: str = "") -> Any:
    """Write a form; returns the arguments body and headers."""
    parts = [
        f'--B\r\nContent-Disposition: form-data; name="{n}"\r\n\r\n{v}\r\n'.encode()
        for n, v in fields.items()
    ]
    if data is not None:
        head = f'--B\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n'
        head += f"Content-Type: {kind}\r\n" if kind else ""
        parts.append(head.encode() + b"\r\n" + data + b"\r\n")
    return {
        "body": b"".join(parts) + b"--B--\r\n",
        "headers": [("content-type", "multipart/form-data; boundary=B")],
    }


async def media(g: Guide) -> None:
    def png(kind: str = "image/png") -> Any:
        return {"body": b"not really a picture", "headers": [("content-type", kind)], "media": True}

    first = await g.post("/upload", **png())
    await g.post("/upload", **png())
    await g.post("/upload", **png("image/gif"))
    await g.post("/upload", **png(), key=None)
    await g.post(f"/upload?key={g.keys['secret']}", **png(), key=None)
    await g.post("/upload", media=True, **form({}, b"not really a picture", "a.png", "image/png"))
    await g.post("/upload", media=True, **form({}, b"by name", "a.png"))
    await g.post("/upload", media=True, **form({"other": "x"}))
    encoded = base64.b64encode(b"not really a picture").decode()
    for data in (encoded, f"data:image/png;base64,{encoded}", ""):
        await g.post("/upload", {"data": data, "contentType": "image/png"}, media=True)
    await g.post("/upload", {"data": 5}, media=True)
    for body, kind in (
        (b"x" * 10_485_760, "image/png"),
        (b"x" * 10_485_761, "image/png"),
        (b"x", "text/plain"),
        (b"", "image/png"),
        (b"x", ""),
    ):
        headers = [("content-type", kind)] if kind else []
        await g.post("/upload", body=body, headers=headers, media=True)
    name = first.json().get("id", "0" * 16) if first.status == 200 else "0" * 16
    for path in (name, "zzz", "0" * 16, name.upper()):
        for method in ("GET", "HEAD"):
            await g.send(method, f"/{path}", key=None, media=True)
    url = first.json().get("url", "") if first.status == 200 else ""
    await g.get(f"/image/x?width=8&height=8&image={url}")


async def auth(g: Guide) -> None:
    query = g.keys["secret"]
    good = ("authorization", f"Bearer {query}")
    bad = ("authorization", "Bearer sk_nobody")
    body = {"messages": [{"role": "user", "content": "hi"}]}
    for headers in (
        [], [bad], [("authorization", good[1].replace("Bearer", "bearer"))], [("x-api-key", query)],
        [("cookie", "session=abc")], [("authorization", f"Bearer {g.keys['expired']}")],
    ):  # fmt: skip
        await g.post(
            "/v1/chat/completions", {**body, "user": str(len(g.notes))}, key=None, headers=headers
        )
        await g.get("/text/hello", key=None, headers=headers)
    await g.chat(path="/openai", key=None)
    for name in ("profile", "balance", "usage", "usage/daily", "key"):
        await g.get(f"/account/{name}", key=None)
    for path in ("/account/key", "/v1/models"):
        await g.get(f"{path}?key={g.keys['restricted']}", key=None)
    await g.get(f"/account/key?key=%73{query[1:]}", key=None)
    for model in ("openai", "openai-fast", "gpt-5-nano", None):
        await g.chat(f"with {model}", key="restricted", **({"model": model} if model else {}))
    for key in ("exhausted-budget", "empty-balance"):
        await g.chat(f"by {key}", key=key)
    await g.post("/v1/chat/completions", {"messages": 1}, key=None)
    await g.post("/v1/chat/completions", {"messages": 1}, key=None, headers=[bad])
    owner = g.app.service.accounts.keys[g.keys["empty-balance"]].user
    g.app.service.accounts.create("poor-restricted", owner, models=("flux",))
    g.keys = g.app.keys
    await g.chat("poor", key="poor-restricted")
    await g.post(f"/v1/chat/completions?key={query}", body, key=None)
    await g.get(f"/text/query?key={query}", key=None)
    await g.get(f"/text/query2?key={query}", key=None, headers=[bad])
    await g.get("/v1/models?key=", key=None)
    await g.get("/text/empty?key=", key=None)
    await g.get("/text/wrong?key=sk_nobody", key=None)


async def cache(g: Guide) -> None:
    for _ in range(2):
        await g.chat("cached")
        await g.chat("cached", stream=True)
        await g.get("/text/cached")
        await g.get("/image/cached?width=8&height=8")
        await g.get("/text/random?seed=-1")
        await g.chat("random", seed=-1)
        await g.get("/text/failing?model=no-such")
    await g.chat("cached", key="budgeted")
    await g.get("/text/cached", key=None)
    for key in ("empty-balance", "secret"):
        await g.chat("first without pollen", key=key)
    for key in ("restricted", "secret"):
        await g.chat("first without permission", key=key, model="claude")
    await g.get("/account/balance")
    await g.chat("varied", temperature=0.1)
    await g.chat("varied", temperature=0.2)
    await g.chat("VARIED", temperature=0.2)
    for before in ("Be brief.", "Be thorough, and name three examples."):
        messages = [{"role": "system", "content": before}, {"role": "user", "content": "cached?"}]
        await g.post("/v1/chat/completions", {"messages": messages})
    await g.get("/v1/models")
    g.app.service.options.latency = 0.01
    await asyncio.gather(
        g.get("/image/twins?width=8&height=8"), g.get("/image/twins?width=8&height=8")
    )


async def errors(g: Guide) -> None:
    for body in ({}, {"messages": 1, "temperature": 9}, [1], {"messages": [{"role": "x"}]}):
        await g.post("/v1/chat/completions", body)
    await g.post(
        "/v1/chat/completions", body=b"{oops", headers=[("content-type", "application/json")]
    )
    await g.post(
        "/v1/chat/completions", body=b'{"messages": []}', headers=[("content-type", "text/plain")]
    )
    await g.get("/nope")
    await g.chat("nobody", key=None)
    await g.chat("x", key="empty-balance")
    await g.chat("x", key="restricted")
    await g.get("/text/x", key=None, headers=[("authorization", "Bearer sk_this_is_not_a_key")])


async def limits(g: Guide) -> None:
    await g.get("/image/one?width=8&height=8", key="publishable")
    await g.get("/image/two?width=8&height=8", key="publishable")
    await g.get("/v1/models", key="publishable")
    await g.get("/account/balance", key="publishable")
    await g.get("/image/three?width=8&height=8")
    await g.get("/image/four?width=8&height=8")


STOPS: dict[str, Callable[[Guide], Awaitable[None]]] = {
    "GEN-": routes,
    "LIMIT-HEAD": routes,
    "LIMIT-PK": limits,
    "ACC-": account,
    "MODELS-": models,
    "CHAT-REQ": chat_request,
    "CHAT-STREAM": chat_stream,
    "CHAT-": chat_response,
    "TEXT-": text,
    "IMG-": image,
    "AUD-": audio,
    "MEDIA-UP-15": media,
    "MEDIA-": media,
    "AUTH-": auth,
    "CACHE-": cache,
    "ERR-": errors,
}


async def tour(app: App, requirement: str, expected: list[Any] | None = None) -> list[Any]:
    """Make the requests that show a requirement.

    Args:
        app: the server.
        requirement: id of a requirement.
        expected: what another server showed; after the first difference no more is requested.

    Returns:
        What was seen.
    """
    guide = Guide(app, expected)
    stop = max((prefix for prefix in STOPS if requirement.startswith(prefix)), key=len)
    with contextlib.suppress(Departed):
        await STOPS[stop](guide)
    return guide.notes
