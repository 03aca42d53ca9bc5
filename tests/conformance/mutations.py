"""Defects that the reference server knows nothing of: a proxy puts them into honest exchanges.

Each mutation breaks one requirement in one place only: one route, one form, one kind of answer. The
table names it, the requirement, and what it does; the suite has to find it by that requirement.
"""

import asyncio
import itertools
import json
import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from operator import itemgetter
from typing import Any
from urllib.parse import parse_qsl, quote, unquote, urlencode

from pollinations_conformance.contract import load
from pollinations_conformance.http.json import is_list, is_object
from pollinations_conformance.server.app import App

Change = Callable[["Call", "Reply"], object]


@dataclass
class Call:
    """A request on its way to the server; what is changed here is what the server gets."""

    method: str
    path: str
    query: str
    headers: list[tuple[str, str]]
    body: bytes
    keys: dict[str, str]
    media: bool = False

    @property
    def operation(self) -> str:
        found = load().find(self.method, self.path, "media" if self.media else "gateway")
        return found.operation.id if found else ""

    @property
    def parameters(self) -> dict[str, str]:
        return dict(parse_qsl(self.query, keep_blank_values=True))

    @property
    def fields(self) -> dict[str, Any]:
        try:
            value: Any = json.loads(self.body or b"{}")
        except ValueError:
            return {}
        return value if is_object(value) else {}

    @property
    def role(self) -> str:
        """The example key that was sent, by name; empty for none, "?" for one that nobody has."""
        sent = self.parameters.get("key", "")
        for name, value in self.headers:
            if name == "authorization" and value.startswith("Bearer "):
                sent = value[7:]
        if not sent:
            return ""
        return next((name for name, key in self.keys.items() if key == sent), "?")

    def let_in(self) -> None:
        """Give the request a good key."""
        self.headers = [pair for pair in self.headers if pair[0] != "authorization"]
        self.headers.append(("authorization", f"Bearer {self.keys['secret']}"))

    def put(self, name: str, value: Any) -> None:
        """Set a field of the body; None takes it out."""
        fields = {**self.fields, name: value}
        kept = {key: item for key, item in fields.items() if item is not None or key != name}
        self.body = json.dumps(kept).encode()


@dataclass
class Reply:
    """An answer on its way back."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes

    def header(self, name: str) -> str:
        return next((value for key, value in self.headers if key == name), "")

    def put(self, name: str, value: str | None) -> None:
        self.headers = [pair for pair in self.headers if pair[0] != name]
        if value is not None:
            self.headers.append((name, value))

    @property
    def kind(self) -> str:
        return self.header("content-type").partition(";")[0]

    @property
    def hit(self) -> bool:
        return self.header("x-cache") == "HIT"

    def edit(self, change: Callable[[Any], object]) -> None:
        """Change the JSON of the body."""
        value = json.loads(self.body)
        change(value)
        self.body = json.dumps(value).encode()

    def drop_events(self, text: str) -> None:
        """Leave out the events of a stream that hold a text."""
        events = self.body.decode().split("\n\n")
        self.body = "\n\n".join(event for event in events if text not in event).encode()


@dataclass(frozen=True)
class Mutation:
    """One way to break one requirement."""

    name: str
    requirement: str
    text: str
    before: Callable[[Call], object] | None = None
    after: Change | None = None


MUTATIONS: list[Mutation] = []


def request(
    name: str,
    requirement: str,
    text: str,
    when: Callable[[Call], Any],
    do: Callable[[Call], object],
) -> None:
    """Register a mutation of requests."""
    MUTATIONS.append(Mutation(name, requirement, text, lambda q: do(q) if when(q) else None))


def answer(
    name: str, requirement: str, text: str, when: Callable[[Call, Reply], Any], do: Change
) -> None:
    """Register a mutation of answers."""

    def after(call: Call, reply: Reply) -> None:
        if when(call, reply):
            do(call, reply)

    MUTATIONS.append(Mutation(name, requirement, text, None, after))


class Proxy:
    """The reference server behind a proxy that mutates; served as the server itself would be."""

    def __init__(self, app: App, mutation: Mutation) -> None:
        self.app = app
        self.mutation = mutation
        self.service = app.service
        self.media_ports = app.media_ports
        self.keys = app.keys

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        body = b""
        while True:
            message = await receive()
            if message["type"] != "http.request":
                return
            body += message.get("body", b"")
            if not message.get("more_body"):
                break
        headers = [(k.decode("latin-1"), v.decode("latin-1")) for k, v in scope["headers"]]
        call = Call(
            scope["method"],
            scope["raw_path"].decode("latin-1"),
            scope["query_string"].decode("latin-1"),
            [pair for pair in headers if pair[0] not in {"content-length", "transfer-encoding"}],
            body,
            self.keys,
            scope["server"][1] in self.media_ports,
        )
        if self.mutation.before:
            self.mutation.before(call)
        reply = await self.forward(call, scope)
        if self.mutation.after:
            self.mutation.after(call, reply)
        sized = call.method != "HEAD" and reply.kind != "text/event-stream" and reply.status != 204
        if sized:
            reply.put("content-length", str(len(reply.body)))
        pairs = [(k.encode("latin-1"), v.encode("latin-1")) for k, v in reply.headers]
        await send({"type": "http.response.start", "status": reply.status, "headers": pairs})
        sent = b"" if call.method == "HEAD" else reply.body
        await send({"type": "http.response.body", "body": sent})

    async def forward(self, call: Call, scope: Any) -> Reply:
        """Ask the server behind."""
        headers = [*call.headers, ("content-length", str(len(call.body)))]
        inner = {
            **scope,
            "method": call.method,
            "path": unquote(call.path),
            "raw_path": call.path.encode("latin-1"),
            "query_string": call.query.encode("latin-1"),
            "headers": [(k.encode("latin-1"), v.encode("latin-1")) for k, v in headers],
        }
        given = [{"type": "http.request", "body": call.body, "more_body": False}]
        out: list[Any] = []

        async def receive() -> Any:
            if not given:
                await asyncio.Event().wait()  # the client stays until it has its answer
            return given.pop()

        async def send(message: Any) -> None:
            out.append(message)

        await self.app(inner, receive, send)
        pairs = [(k.decode("latin-1").lower(), v.decode("latin-1")) for k, v in out[0]["headers"]]
        return Reply(out[0]["status"], pairs, b"".join(item.get("body", b"") for item in out[1:]))


# --- the table ----------------------------------------------------------------------------------


def is_json(operation: str) -> Callable[[Call, Reply], bool]:
    return lambda q, r: (
        q.operation == operation and r.status == 200 and r.kind == "application/json"
    )


def is_stream(operation: str) -> Callable[[Call, Reply], bool]:
    return lambda q, r: q.operation == operation and r.kind == "text/event-stream"


def drop(name: str) -> Change:
    return lambda q, r: r.put(name, None)


CHAT, OLD, TEXT, IMAGE = (
    "createChatCompletion",
    "createChatCompletionLegacy",
    "generateText",
    "generateImage",
)
AUDIO, SPEECH, LISTEN = "generateAudio", "createSpeech", "createTranscription"
USAGE, KEY, PROFILE = "getAccountUsage", "getAccountKey", "getAccountProfile"

KINDS: dict[str, Callable[[Call, Reply], bool]] = {
    "hits": lambda q, r: r.hit,
    "streams": lambda q, r: r.kind == "text/event-stream",
    "sheets": lambda q, r: r.kind == "text/csv",
    "refusals-with-402": lambda q, r: r.status == 402,
}


def by(operation: str, role: str) -> Callable[[Call], bool]:
    return lambda q: q.operation == operation and q.role == role


def counted(operation: str) -> Callable[[Call, Reply], bool]:
    return lambda q, r: q.operation == operation and r.header("x-usage-total-tokens") != ""


def has(field: str, value: object) -> Callable[[Call], bool]:
    return lambda q: q.operation in {CHAT, OLD} and q.fields.get(field) == value


def without(field: str) -> Callable[[Call], object]:
    return lambda q: q.put(field, None)


def cut_at(mark: str) -> Callable[[Call], object]:
    return lambda q: setattr(q, "path", q.path.split(mark)[0])


def decode_twice(call: Call) -> None:
    """Put the prompt into the path as it is when it was decoded once more than it should be."""
    route, _, prompt = call.path[1:].partition("/")
    call.path = f"/{route}/{quote(unquote(unquote(prompt)), safe='')}"


def is_film(call: Call, reply: Reply) -> bool:
    return call.operation == IMAGE and reply.kind == "video/mp4"


def put(name: str, value: str) -> Change:
    return lambda q, r: r.put(name, value)


def posts(operation: str, **fields: object) -> Callable[[Call], bool]:
    return lambda q: q.operation == operation and fields.items() <= q.fields.items()


def asks(operation: str, beside: str, **values: str) -> Callable[[Call], bool]:
    return lambda q: (
        q.operation == operation
        and values.items() <= q.parameters.items()
        and (not beside or beside in q.parameters)
    )


def chats(which: Callable[[Call], Any]) -> Callable[[Call, Reply], Any]:
    return lambda q, r: q.operation in {CHAT, OLD} and r.status == 200 and which(q)


def more(*names: str) -> Change:
    """Count one more than there is."""

    def change(_: Call, reply: Reply) -> None:
        for name in names:
            reply.put(name, str(int(reply.header(name)) + 1))

    return change


def typed(operation: str, kind: str) -> Callable[[Call, Reply], bool]:
    return lambda q, r: q.operation == operation and r.kind == kind


def has_header(name: str) -> Callable[[Call, Reply], bool]:
    return lambda q, r: r.header(name) != ""


def kept(operation: str) -> Callable[[Call, Reply], bool]:
    return lambda q, r: is_stream(operation)(q, r) and r.hit


for _kind, _when in KINDS.items():
    answer(f"no-id-on-{_kind}", "GEN-REQID-01", "the id is left out", _when, drop("x-request-id"))
for _kind in ("hits", "streams", "refusals-with-402"):
    answer(
        f"no-origin-on-{_kind}",
        "GEN-CORS-03",
        "no origin is allowed",
        KINDS[_kind],
        drop("access-control-allow-origin"),
    )
for _operation in (OLD, IMAGE, AUDIO, SPEECH, LISTEN):
    request(
        f"open-{_operation}",
        "AUTH-KEY-01",
        "no key is needed",
        by(_operation, ""),
        Call.let_in,
    )
    request(
        f"any-key-{_operation}",
        "AUTH-KEY-02",
        "any key will do",
        by(_operation, "?"),
        Call.let_in,
    )
    request(
        f"expired-{_operation}",
        "AUTH-KEY-06",
        "expired keys will do",
        by(_operation, "expired"),
        Call.let_in,
    )
    answer(
        f"total-off-{_operation}",
        "CHAT-USAGE-03",
        "the total is one too high",
        counted(_operation),
        lambda q, r: r.put(
            "x-usage-total-tokens", str(float(r.header("x-usage-total-tokens")) + 1)
        ),
    )
for _operation in (OLD, TEXT):
    answer(
        f"no-usage-in-{_operation}",
        "CHAT-STREAM-05",
        "the stream tells no usage",
        is_stream(_operation),
        lambda q, r: r.drop_events('"usage":{'),
    )
    answer(
        f"cut-{_operation}",
        "CHAT-STREAM-13",
        "the stream is cut in the middle",
        is_stream(_operation),
        lambda q, r: setattr(r, "body", r.body[: len(r.body) // 2]),
    )
    answer(
        f"endless-{_operation}",
        "CHAT-STREAM-03",
        "there is no [DONE]",
        is_stream(_operation),
        lambda q, r: r.drop_events("[DONE]"),
    )
answer(
    "hit-streams-twice-done",
    "CHAT-STREAM-08",
    "[DONE] comes twice from the cache",
    lambda q, r: r.hit and r.kind == "text/event-stream",
    lambda q, r: setattr(r, "body", r.body + b"data: [DONE]\n\n"),
)
answer(
    "tool-answers-other-id",
    "CHAT-RES-02",
    "with tools the id is the provider's",
    lambda q, r: is_json(CHAT)(q, r) and "tools" in q.fields,
    lambda q, r: r.edit(lambda body: body.update(id="chatcmpl-1")),
)
for _field, _value in (("temperature", 2.001), ("seed", 1.5), ("max_tokens", "10")):
    request(
        f"lenient-{_field}",
        "CHAT-REQ-03",
        "a wrong value is taken",
        has(_field, _value),
        without(_field),
    )
# What is refused in one form only, or taken in one form only.


def messages(call: Call) -> list[Any]:
    value: Any = call.fields.get("messages")
    return value if is_list(value) else []


def to(status: int, field: str = "messages") -> Change:
    """Refuse, naming a field, what was answered."""

    def refuse(_: Call, reply: Reply) -> None:
        error: dict[str, Any] = {
            "code": "BAD_REQUEST",
            "message": "JSON body validation failed",
            "timestamp": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z"),
            "details": {
                "name": "ValidationError",
                "formErrors": [],
                "fieldErrors": {field: ["Invalid input"]},
            },
        }
        reply.status = status
        reply.headers = [pair for pair in reply.headers if not pair[0].startswith("x-usage")]
        reply.put("content-type", "application/json")
        reply.body = json.dumps({"status": status, "success": False, "error": error}).encode()

    return refuse


REFUSED: list[tuple[str, str, str, Callable[[Call], Any]]] = [
    (
        "CHAT-REQ-01",
        "minimal-parts",
        "messages",
        lambda q: set(q.fields) == {"messages"} and isinstance(messages(q)[0]["content"], list),
    ),
    (
        "CHAT-REQ-01",
        "minimal-beyond-ascii",
        "messages",
        lambda q: set(q.fields) == {"messages"} and any(byte > 127 for byte in q.body),
    ),
    (
        "CHAT-REQ-02",
        "no-messages-streamed",
        "messages",
        lambda q: q.body and '"stream": true' in (q.body.decode()) and messages(q) == [],
    ),
    (
        "CHAT-REQ-04",
        "cold-streams",
        "temperature",
        lambda q: q.fields.get("stream") is True and q.fields.get("temperature") == 0,
    ),
    (
        "CHAT-REQ-05",
        "functions-saying-nothing",
        "messages",
        lambda q: any(m.get("role") == "function" and m["content"] is None for m in messages(q)),
    ),
    (
        "CHAT-REQ-10",
        "aliases-streamed",
        "model",
        lambda q: (
            q.fields.get("stream") is True
            and q.fields.get("model") == "mistral-small-3.2-24b-instruct-2506"
        ),
    ),
    ("CHAT-REQ-11", "two-stops", "stop", lambda q: q.fields.get("stop") == ["a1", "b2"]),
    ("CHAT-REQ-11", "line-end-as-stop", "stop", lambda q: q.fields.get("stop") == "\n"),
    (
        "CHAT-REQ-15",
        "odd-part-alone",
        "messages",
        lambda q: (
            messages(q)
            and [
                m
                for m in messages(q)
                if isinstance(m.get("content"), list)
                and [p["type"] for p in m["content"]] == ["no_such_part"]
            ]
        ),
    ),
    (
        "CHAT-TOOL-02",
        "two-results",
        "messages",
        lambda q: sum(m.get("role") == "tool" for m in messages(q)) == 2,
    ),
    (
        "CHAT-LEGACY-01",
        "old-address-without-model",
        "model",
        lambda q: q.operation == OLD and q.body and "model" not in q.fields,
    ),
]
for _requirement, _name, _field, _which in REFUSED:
    answer(
        f"refused-{_name}",
        _requirement,
        "it is refused",
        chats(_which),
        to(400, _field),
    )


def given(field: str) -> Callable[[Call], list[Any]]:
    def values(call: Call) -> list[Any]:
        value: Any = call.fields.get(field)
        return value if call.operation == CHAT and is_list(value) else []

    return values


request(
    "second-functions-unjudged",
    "CHAT-REQ-12",
    "only the first function is judged",
    lambda q: any(set(item) - {"name", "parameters"} for item in given("functions")(q)[1:]),
    without("functions"),
)
request(
    "strict-functions",
    "CHAT-REQ-12",
    "a function may say strict",
    lambda q: any("strict" in item for item in given("functions")(q)),
    without("functions"),
)
request(
    "second-tools-unjudged",
    "CHAT-REQ-18",
    "only the first tool is judged",
    lambda q: any("function" not in item for item in given("tools")(q)[1:]),
    without("tools"),
)
request(
    "later-roles-unjudged",
    "CHAT-REQ-13",
    "only the first message is judged",
    lambda q: any(is_object(m) and m.get("role") == "bogus" for m in messages(q)[1:]),
    lambda q: q.put("messages", messages(q)[:1]),
)
request(
    "aliases-of-the-default",
    "CHAT-REQ-10",
    "an alias of another model gets the default one",
    has("model", "mistral-small"),
    without("model"),
)
request(
    "streams-call-what-they-like",
    "CHAT-TOOL-04",
    "a stream does not heed tool_choice",
    lambda q: q.fields.get("stream") is True and is_object(q.fields.get("tool_choice")),
    without("tool_choice"),
)
request(
    "streams-of-any-form",
    "CHAT-FORMAT-02",
    "a stream does not heed response_format",
    lambda q: q.fields.get("stream") is True and is_object(q.fields.get("response_format")),
    without("response_format"),
)
request(
    "streams-call-in-spite-of-none",
    "CHAT-TOOL-05",
    "a stream calls tools that are not to be called",
    lambda q: has("tool_choice", "none")(q) and q.fields.get("stream") is True,
    lambda q: q.put("tool_choice", "required"),
)
request(
    "streams-for-those-who-take-them",
    "CHAT-STREAM-11",
    "Accept alone makes a stream",
    lambda q: q.operation == CHAT and ("accept", "text/event-stream") in q.headers,
    lambda q: q.put("stream", True),
)
request(
    "streams-for-their-options",
    "CHAT-STREAM-11",
    "stream_options alone make a stream",
    lambda q: q.operation == CHAT and q.fields.get("stream_options") and "stream" not in q.fields,
    lambda q: q.put("stream", True),
)


def calls_of(body: Any) -> list[Any]:
    return body["choices"][0]["message"].get("tool_calls") or []


answer(
    "second-calls-unnamed",
    "CHAT-TOOL-01",
    "the second call has no id",
    is_json(CHAT),
    lambda q, r: r.edit(lambda body: [call.pop("id") for call in calls_of(body)[1:]]),
)
answer(
    "calls-of-nothing",
    "CHAT-TOOL-01",
    "a call without arguments has no JSON",
    is_json(CHAT),
    lambda q, r: setattr(r, "body", r.body.replace(b'"arguments":"{}"', b'"arguments":""')),
)
answer(
    "streamed-calls-in-one",
    "CHAT-STREAM-14",
    "all streamed calls have the same index",
    is_stream(CHAT),
    lambda q, r: setattr(r, "body", r.body.replace(b'"index":1', b'"index":0')),
)
answer(
    "short-streams-unfinished",
    "CHAT-STREAM-04",
    "a stream that is cut short says so in no chunk",
    is_stream(CHAT),
    lambda q, r: setattr(r, "body", r.body.replace(b'"length"', b"null")),
)
answer(
    "streams-without-deltas",
    "CHAT-STREAM-02",
    "choices have no delta",
    is_stream(CHAT),
    lambda q, r: setattr(r, "body", r.body.replace(b'"delta":', b'"message":')),
)
answer(
    "streams-cite-nothing",
    "CHAT-CITE-01",
    "a stream has no citations",
    is_stream(CHAT),
    lambda q, r: setattr(r, "body", r.body.replace(b'"citations":', b'"sources":')),
)
answer(
    "tokens-without-blanks",
    "CHAT-LOGPROB-01",
    "the tokens have no blanks",
    is_json(CHAT),
    lambda q, r: setattr(r, "body", r.body.replace(b'"token":" ', b'"token":"')),
)
answer(
    "logprobs-for-streams-only",
    "CHAT-LOGPROB-01",
    "without top_logprobs there are none",
    lambda q, r: is_json(CHAT)(q, r) and "top_logprobs" not in q.fields,
    lambda q, r: r.edit(lambda body: body["choices"][0].update(logprobs=None)),
)
for _name, _header in (
    ("thoughts", "completion-reasoning"),
    ("repeated-prompts", "prompt-cached"),
    ("recordings", "prompt-audio"),
):
    _header = f"x-usage-{_header}-tokens"
    answer(
        f"{_name}-counted-wrongly",
        "CHAT-USAGE-04",
        "the header is one too high, and the total too",
        has_header(_header),
        more(_header, "x-usage-total-tokens"),
    )
_numbers = itertools.count()


def vary(_: Call, reply: Reply) -> None:
    """Make the content another one each time."""
    number = str(next(_numbers))
    reply.edit(lambda body: body["choices"][0]["message"].update(content=number))


VARIED: dict[str, Callable[[Call, Reply], Any]] = {
    "old": is_json(OLD),
    "without-seed": lambda q, r: is_json(CHAT)(q, r) and "seed" not in q.fields,
    "with-tools": lambda q, r: is_json(CHAT)(q, r) and "tools" in q.fields,
}
for _name, _varied in VARIED.items():
    answer(f"other-each-time-{_name}", "CHAT-RES-05", "each answer is another one", _varied, vary)
answer(
    "texts-as-events",
    "TEXT-GET-01",
    "the text is an event",
    lambda q, r: q.operation == TEXT and r.kind == "text/plain",
    lambda q, r: setattr(r, "body", b"data: " + r.body),
)
answer(
    "chunks-of-another-kind",
    "TEXT-GET-08",
    "the chunks are of another kind",
    is_stream(TEXT),
    lambda q, r: setattr(r, "body", r.body.replace(b"chat.completion.chunk", b"text_completion")),
)
for _name, _operation, _parameter, _value, _beside in (
    ("TEXT-GET-05", TEXT, "seed", "-1000", ""),
    ("TEXT-GET-07", TEXT, "temperature", "hot", "stream"),
    ("IMG-GET-04", IMAGE, "width", "64px", ""),
    ("IMG-GET-04", IMAGE, "height", "-1", "model"),
    ("IMG-GET-06", IMAGE, "quality", "ultra", "model"),
    ("IMG-GET-07", IMAGE, "duration", "11", "model"),
    ("AUD-GET-02", AUDIO, "voice", "amuch", ""),
    ("AUD-GET-04", AUDIO, "response_format", "ogg", "model"),
    ("AUD-GET-05", AUDIO, "instrumental", "yes", "model"),
):
    request(
        f"lenient-{_parameter}-{_beside or _value}",
        _name,
        "a wrong value is taken",
        asks(_operation, _beside, **{_parameter: _value}),
        lambda q: setattr(q, "query", ""),
    )
request(
    "lenient-music-input",
    "AUD-TTS-02",
    "a tune may be described at any length",
    posts(SPEECH, model="elevenmusic", input="a" * 4097),
    lambda q: q.put("input", "A tune."),
)
request(
    "lenient-music-duration",
    "AUD-TTS-04",
    "a tune may be as long as one likes",
    posts(SPEECH, model="elevenmusic", duration=301),
    without("duration"),
)
for _operation, _requirement in ((AUDIO, "AUD-GET-01"), (SPEECH, "AUD-TTS-01")):
    for _format in ("opus", "pcm"):
        answer(
            f"{_format}-of-{_operation}-untyped",
            _requirement,
            "one format is called bytes",
            typed(_operation, f"audio/{_format}"),
            put("content-type", "application/octet-stream"),
        )
answer(
    "waves-cut",
    "AUD-TTS-07",
    "a WAV file is cut in the middle",
    lambda q, r: q.operation == SPEECH and r.kind == "audio/wav",
    lambda q, r: setattr(r, "body", r.body[: len(r.body) // 2]),
)


def lasts_ten_seconds(_: Call, reply: Reply) -> None:
    reply.put("x-usage-completion-audio-seconds", "10")
    reply.put("x-usage-total-tokens", "10")


answer(
    "posted-music-of-ten-seconds",
    "AUD-TTS-08",
    "music is said to last ten seconds",
    lambda q, r: q.operation == SPEECH and r.header("x-usage-completion-audio-seconds") != "",
    lasts_ten_seconds,
)
request(
    "subtitles-for-texts",
    "AUD-STT-07",
    "the transcript has times",
    lambda q: q.operation == LISTEN,
    lambda q: setattr(q, "body", q.body.replace(b"\r\n\r\ntext\r\n", b"\r\n\r\nsrt\r\n")),
)
request(
    "pictures-of-512-at-most",
    "IMG-GET-15",
    "a large picture is smaller",
    lambda q: q.operation == IMAGE and q.parameters.get("width") == "1024",
    lambda q: setattr(q, "query", q.query.replace("width=1024", "width=512")),
)


class Lossy:
    """A cache before the server that leaves something out of its key."""

    def __init__(self, key: Callable[[Call], object]) -> None:
        self.key = key
        self.kept: dict[str, Reply] = {}

    def __call__(self, call: Call, reply: Reply) -> None:
        if call.operation not in {CHAT, OLD, TEXT, IMAGE} or reply.status != 200:
            return
        key = json.dumps([call.method, self.key(call)], sort_keys=True)
        kept = self.kept.setdefault(key, Reply(200, list(reply.headers), reply.body))
        if kept.body != reply.body or kept.header("x-cache-key") != reply.header("x-cache-key"):
            reply.headers = [pair for pair in kept.headers if not pair[0].startswith("x-")]
            reply.headers += [("x-cache", "HIT"), ("x-request-id", str(len(self.kept)))]
            reply.body = kept.body


def forgetting(field: str) -> Callable[[Call], object]:
    """Give a cache key without one field of the body."""
    return lambda q: [q.path, q.query, {k: v for k, v in q.fields.items() if k != field}]


def keyed(change: Callable[[str], str]) -> Callable[[Call], object]:
    """Give a cache key of which the prompt is changed."""
    return lambda q: [
        change(unquote(q.path)),
        change(json.dumps(q.fields, sort_keys=True)),
        q.query,
    ]


for _field in (
    "tool_choice",
    "logit_bias",
    "modalities",
    "stream_options",
    "functions",
    "no_such_field",
):
    MUTATIONS.append(
        Mutation(
            f"cache-forgets-{_field}",
            "CACHE-HIT-07",
            "the cache leaves one field out",
            None,
            Lossy(forgetting(_field)),
        )
    )
for _name, _key in (
    ("case", keyed(str.lower)),
    ("blanks", keyed(lambda text: " ".join(text.split()))),
    ("plus", keyed(lambda text: text.replace("+", " "))),
    ("accents", keyed(lambda text: unicodedata.normalize("NFC", text))),
    ("sample", keyed(lambda text: text[:900])),
    ("roles", keyed(lambda text: text.replace("assistant", "user"))),
):
    MUTATIONS.append(
        Mutation(f"cache-blurs-{_name}", "CACHE-HIT-07", "it takes two for one", None, Lossy(_key))
    )
for _operation in (TEXT, OLD):
    for _header, _requirement in (
        ("x-cache-key", "CACHE-KEY-01"),
        ("x-cache-date", "CACHE-DATE-01"),
        ("cache-control", "CACHE-HIT-02"),
    ):
        answer(
            f"streams-of-{_operation}-without-{_header}",
            _requirement,
            "a cached stream lacks it",
            kept(_operation),
            drop(_header),
        )
for _name, _requirement, _header, _value in (
    ("miss-again", "CACHE-HIT-01", "x-cache", "MISS"),
    ("not-kept", "CACHE-HIT-02", "cache-control", "no-store"),
    ("told-usage", "CACHE-HIT-06", "x-model-used", "veo"),
):
    answer(
        f"films-{_name}",
        _requirement,
        "films are another matter",
        lambda q, r: is_film(q, r) and r.hit,
        put(_header, _value),
    )
_refusals: dict[bytes, Reply] = {}


def repeat_refusals(call: Call, reply: Reply) -> None:
    if call.operation == CHAT and reply.status == 400:
        kept = _refusals.setdefault(call.body, Reply(400, reply.headers, reply.body))
        reply.headers, reply.body = kept.headers, kept.body


MUTATIONS.append(
    Mutation("refusals-kept", "CACHE-HIT-09", "a refusal is kept", None, repeat_refusals)
)
request(
    "keys-have-caches-of-their-own",
    "CACHE-HIT-03",
    "each key has a cache of its own",
    lambda q: q.operation == TEXT and q.role,
    lambda q: setattr(q, "query", f"{q.query}&of={q.role}"),
)
answer(
    "profile-query",
    "ACC-PROFILE-01",
    "with the key in the query a field is missing",
    lambda q, r: is_json(PROFILE)(q, r) and "key" in q.parameters,
    lambda q, r: r.edit(lambda body: body.pop("email")),
)
answer(
    "key-permissions-untold",
    "ACC-KEY-07",
    "permissions that a key has are not told",
    is_json(KEY),
    lambda q, r: r.edit(lambda body: body["permissions"].update(account=None)),
)
answer(
    "sheet-backwards",
    "ACC-USAGE-06",
    "the CSV form goes from old to new",
    lambda q, r: q.operation == USAGE and r.kind == "text/csv",
    lambda q, r: setattr(r, "body", backwards(r.body)),
)
request(
    "sheet-open",
    "ACC-USAGE-02",
    "the CSV form needs no permission",
    lambda q: q.parameters.get("format") == "csv" and q.role == "no-permissions",
    Call.let_in,
)
for _kind, _mark in (("hash", "%23"), ("question", "%3F"), ("ampersand", "%26")):
    request(
        f"prompt-cut-at-{_kind}",
        "TEXT-GET-02",
        "the prompt ends at a reserved character",
        lambda q: q.operation == TEXT,
        cut_at(_mark),
    )
request(
    "texts-decoded-twice",
    "TEXT-GET-02",
    "an escaped percent sign is decoded twice",
    lambda q: q.operation == TEXT and "%25" in q.path,
    lambda q: setattr(q, "path", unquote(q.path)),
)
request(
    "text-by-painters",
    "TEXT-GET-06",
    "a model for pictures is taken",
    lambda q: q.operation == TEXT and q.parameters.get("model") == "flux",
    lambda q: setattr(q, "query", ""),
)
request(
    "pictures-decoded-twice",
    "IMG-GET-12",
    "the file name is made of a prompt that was decoded twice",
    lambda q: q.operation == IMAGE,
    decode_twice,
)
request(
    "pictures-kept-decoded",
    "CACHE-HIT-07",
    "the cache takes two encodings for one",
    lambda q: q.operation == IMAGE,
    decode_twice,
)
request(
    "sounds-decoded-twice",
    "AUD-GET-06",
    "the text is decoded twice",
    lambda q: q.operation == AUDIO,
    decode_twice,
)
answer(
    "other-films-are-webm",
    "IMG-GET-11",
    "films of one model have another type",
    lambda q, r: is_film(q, r) and q.parameters.get("model") == "wan",
    lambda q, r: r.put("content-type", "video/webm"),
)
answer(
    "films-of-no-length-are-pictures",
    "IMG-GET-11",
    "a film of the model's own length is called a picture",
    lambda q, r: is_film(q, r) and "duration" not in q.parameters,
    lambda q, r: r.put("content-type", "image/jpeg"),
)
request(
    "other-films-last-as-they-like",
    "IMG-GET-16",
    "one model heeds no length",
    lambda q: q.operation == IMAGE and q.parameters.get("model") == "seedance",
    lambda q: setattr(q, "query", "model=seedance"),
)
answer(
    "drawings-named-photographs",
    "IMG-GET-12",
    "a PNG is named as a JPEG",
    lambda q, r: q.operation == IMAGE and r.kind == "image/png",
    lambda q, r: r.put("content-disposition", 'inline; filename="small-cat.jpg"'),
)
answer(
    "drawings-called-photographs",
    "IMG-GET-01",
    "a PNG is called a JPEG",
    lambda q, r: q.operation == IMAGE and r.kind == "image/png",
    lambda q, r: r.put("content-type", "image/jpeg"),
)
answer(
    "old-address-untold",
    "CACHE-KEY-01",
    "the old address has no X-Cache-Key",
    lambda q, r: q.operation == OLD,
    drop("x-cache-key"),
)
answer(
    "streams-not-kept",
    "CACHE-HIT-02",
    "streams may not be kept",
    lambda q, r: r.kind == "text/event-stream",
    lambda q, r: r.put("cache-control", "no-cache"),
)
answer(
    "forms-created",
    "MEDIA-UP-01",
    "an upload by form is answered with 201",
    lambda q, r: q.operation == "uploadMedia" and r.status == 200 and b"form-data" in q.body[:200],
    lambda q, r: setattr(r, "status", 201),
)
answer(
    "unknown-files-closed",
    "MEDIA-GET-07",
    "a 404 may not be read by pages",
    lambda q, r: q.operation == "getMedia" and r.status == 404,
    drop("access-control-allow-origin"),
)
answer(
    "payment-refused-plainly",
    "ERR-ENV-01",
    "a 402 is text",
    lambda q, r: r.status == 402,
    lambda q, r: r.put("content-type", "text/plain"),
)
answer(
    "forbidden-with-details",
    "ERR-ENV-05",
    "a 403 has details",
    lambda q, r: r.status == 403,
    lambda q, r: r.edit(lambda body: body["error"].update(details=None)),
)


def backwards(sheet: bytes) -> bytes:
    """Turn the lines of a sheet around, but not the first."""
    first, *rest = sheet.split(b"\n")
    return b"\n".join([first, *reversed(rest)])


# --- keys, accounts, lists and files ------------------------------------------------------------

LISTS = {"/v1/models", "/models", "/text/models", "/image/models", "/audio/models"}


def in_query(call: Call) -> bool:
    return bool(call.parameters.get("key")) and not any(
        k == "authorization" for k, _ in call.headers
    )


def sheet_of(*names: str) -> Callable[[Call, Reply], bool]:
    return lambda q, r: q.path in names and r.kind == "text/csv" and r.status == 200


def found(*names: str, **more: Any) -> Callable[[Call, Reply], bool]:
    role, query = more.get("role"), more.get("query", False)
    return lambda q, r: (
        q.path in names
        and r.status == 200
        and r.kind == "application/json"
        and q.method == "GET"
        and (role is None or q.role == role)
        and (not query or in_query(q))
    )


def edit(change: Callable[[Any], object]) -> Change:
    return lambda q, r: r.edit(change)


def refuse(status: int) -> Change:
    """Answer with a status in place of what was answered, the rest staying as it is."""
    return lambda q, r: setattr(r, "status", status)


def set_query(name: str, value: str | None) -> Callable[[Call], None]:
    def change(call: Call) -> None:
        left = {k: v for k, v in call.parameters.items() if k != name}
        call.query = urlencode(left if value is None else {**left, name: value})

    return change


def as_nobody(call: Call) -> None:
    call.headers = [pair for pair in call.headers if pair[0] != "authorization"]
    set_query("key", None)(call)


def sent(call: Call, name: str) -> str:
    return next((value for key, value in call.headers if key == name), "")


def as_the_first(call: Call) -> None:
    as_nobody(call)
    call.let_in()


def not_found(call: Call, reply: Reply) -> None:
    reply.status = 404
    reply.edit(lambda body: body.update(status=404))


def twice(name: str) -> Callable[[Call], bool]:
    """Whether a picture is asked for with a parameter given twice."""
    return lambda q: q.path.startswith("/image/") and q.query.count(f"{name}=") > 1


def last(name: str) -> Callable[[Call], object]:
    return lambda q: set_query(name, q.parameters[name])(q)


def asked_for(path: str, role: str = "", **query: str) -> Callable[[Call], bool]:
    """Whether a path is asked for with parameters of certain values, empty for none."""
    return lambda q: (
        q.path == path
        and (not role or q.role == role)
        and all(q.parameters.get(name, "") == value for name, value in query.items())
    )


def in_header(name: str) -> Callable[[Call], bool]:
    return lambda q: sent(q, name) in q.keys.values() and not sent(q, "authorization")


def hash_and(mark: str) -> Callable[[Call], bool]:
    return lambda q: q.media and len(q.path) > 17 and q.path[17:].startswith(mark)


answer(
    "head-of-sheets",
    "GEN-HEAD-01",
    "HEAD of a CSV form says JSON",
    lambda q, r: q.method == "HEAD" and r.kind == "text/csv",
    lambda q, r: r.put("content-type", "application/json"),
)
answer(
    "head-of-sound",
    "GEN-HEAD-01",
    "HEAD of speech says bytes",
    lambda q, r: q.method == "HEAD" and r.kind.startswith("audio/"),
    lambda q, r: r.put("content-type", "application/octet-stream"),
)
request(
    "head-of-lists-open",
    "GEN-HEAD-01",
    "HEAD of a list heeds no key",
    lambda q: q.method == "HEAD" and q.path in LISTS and q.role == "?",
    as_nobody,
)
for _name in ("negative_prompt", "seed", "image"):
    request(
        f"last-{_name}-counts",
        "GEN-QUERY-01",
        "of two values the last one is taken",
        twice(_name),
        last(_name),
    )
answer(
    "daily-knows-limit",
    "GEN-QUERY-02",
    "a parameter of another operation is refused",
    lambda q, r: q.path == "/account/usage/daily" and "limit" in q.parameters,
    refuse(400),
)
answer(
    "files-know-no-query",
    "GEN-QUERY-02",
    "a stored file is not found with an unknown parameter",
    lambda q, r: q.media and q.method == "GET" and q.query != "" and r.status == 200,
    refuse(404),
)
answer(
    "options-need-a-method",
    "GEN-CORS-01",
    "OPTIONS is unknown unless it is a whole preflight",
    lambda q, r: q.method == "OPTIONS" and not sent(q, "access-control-request-method"),
    refuse(404),
)
answer(
    "origin-of-the-caller",
    "GEN-CORS-03",
    "the caller's origin is allowed in place of any",
    lambda q, r: q.path.startswith("/image/") and sent(q, "origin") != "",
    lambda q, r: r.put("access-control-allow-origin", sent(q, "origin")),
)
answer(
    "ids-cleaned",
    "GEN-REQID-03",
    "a wrong id is cleaned, not replaced",
    lambda q, r: "." in sent(q, "x-request-id") or "/" in sent(q, "x-request-id"),
    lambda q, r: r.put("x-request-id", re.sub(r"[^A-Za-z0-9_=-]", "", sent(q, "x-request-id"))),
)
answer(
    "ids-cut",
    "GEN-REQID-03",
    "a long id is cut, not replaced",
    lambda q, r: len(sent(q, "x-request-id")) > 255,
    lambda q, r: r.put("x-request-id", sent(q, "x-request-id")[:255]),
)
answer(
    "ids-not-of-streams",
    "GEN-REQID-02",
    "a stream has an id of its own",
    lambda q, r: r.kind == "text/event-stream" and sent(q, "x-request-id") != "",
    lambda q, r: r.put("x-request-id", "of-my-own"),
)
for _role, _path in (
    ("restricted-empty-balance", "/account/profile"),
    ("barred", "/account/balance"),
):
    request(
        f"{_role}-reads-{_path[9:]}",
        {"profile": "ACC-PROFILE-02", "balance": "ACC-BAL-02"}[_path[9:]],
        "one key without the permission reads it",
        asked_for(_path, role=_role),
        Call.let_in,
    )
request(
    "head-reads-usage",
    "ACC-USAGE-02",
    "HEAD needs no permission",
    lambda q: q.path == "/account/usage" and q.method == "HEAD" and q.role == "no-permissions",
    Call.let_in,
)
request(
    "budget-not-in-query",
    "ACC-BAL-03",
    "with the key in the query the owner's balance is told",
    lambda q: q.path == "/account/balance" and q.role == "budgeted" and in_query(q),
    as_the_first,
)
answer(
    "budget-in-cents",
    "ACC-BAL-03",
    "the balance of a budget is rounded",
    found("/account/balance", role="budgeted"),
    edit(lambda body: body.update(balance=round(body["balance"], 2))),
)
for _value in ("1000000", "50000.5", "10abc", "Infinity"):
    request(
        f"limit-of-{_value}",
        "ACC-USAGE-03",
        "a wrong limit is the default",
        asked_for("/account/usage", limit=_value),
        set_query("limit", None),
    )
for _form in ("", "csv"):
    request(
        f"a-thousand-as-{_form or 'json'}",
        "ACC-USAGE-04",
        "without a limit there are up to a thousand records",
        asked_for("/account/usage", limit="", format=_form),
        set_query("limit", "1000"),
    )
request(
    "before-without-zone",
    "ACC-USAGE-05",
    "an instant with an offset is read without it",
    lambda q: re.search(r"[+-]\d\d:\d\d$", q.parameters.get("before", "")),
    lambda q: set_query("before", q.parameters["before"][:-6])(q),
)
answer(
    "dearest-first",
    "ACC-USAGE-06",
    "records are sorted by their cost",
    found("/account/usage"),
    edit(lambda body: body["usage"].sort(key=itemgetter("cost_usd"), reverse=True)),
)
answer(
    "sheet-without-sound",
    "ACC-USAGE-10",
    "the CSV form lacks what was spoken",
    sheet_of("/account/usage"),
    lambda q, r: setattr(
        r, "body", b"\n".join(x for x in r.body.split(b"\n") if b"generate.audio" not in x)
    ),
)
answer(
    "thoughts-are-words",
    "ACC-USAGE-13",
    "reasoning tokens stand among those of the text",
    found("/account/usage"),
    edit(
        lambda body: [
            item.update(
                output_text_tokens=item["output_text_tokens"] + item["output_reasoning_tokens"],
                output_reasoning_tokens=0,
            )
            for item in body["usage"]
        ]
    ),
)
answer(
    "days-counted-by-request",
    "ACC-DAILY-01",
    "count is that of the requests",
    found("/account/usage/daily"),
    edit(lambda body: body.update(count=sum(item["requests"] for item in body["usage"]))),
)
answer(
    "days-of-tomorrow",
    "ACC-DAILY-03",
    "days are those of another zone",
    found("/account/usage/daily"),
    edit(
        lambda body: [
            item.update(date=str(date.fromisoformat(item["date"]) + timedelta(days=1)))
            for item in body["usage"]
        ]
    ),
)
answer(
    "days-without-sound",
    "ACC-DAILY-07",
    "the days lack what was spoken",
    found("/account/usage/daily"),
    edit(
        lambda body: body.update(
            usage=[item for item in body["usage"] if "eleven" not in str(item["model"])]
        )
    ),
)
answer(
    "barred-asks-in-vain",
    "ACC-KEY-02",
    "one key may not ask about itself",
    found("/account/key", role="restricted-empty-balance"),
    refuse(403),
)
answer(
    "expiry-in-thousandths",
    "ACC-KEY-05",
    "with the key in the query expiresIn is in milliseconds",
    found("/account/key", role="expiring", query=True),
    edit(lambda body: body.update(expiresIn=body["expiresIn"] * 1000)),
)
answer(
    "none-is-a-list",
    "ACC-KEY-07",
    "one key without permissions has an empty list",
    found("/account/key", role="restricted-empty-balance"),
    edit(lambda body: body["permissions"].update(account=[])),
)
answer(
    "days-hidden",
    "AUTH-KEY-07",
    "without a key the daily usage is not found",
    lambda q, r: q.path == "/account/usage/daily" and r.status == 401 and q.role == "",
    not_found,
)
answer(
    "keyed-lists-without-films",
    "MODELS-IMAGE-01",
    "with a key no films are listed",
    lambda q, r: found("/image/models")(q, r) and q.role != "",
    lambda q, r: setattr(
        r,
        "body",
        json.dumps(
            [x for x in json.loads(r.body) if "video" not in x.get("output_modalities", ())]
        ).encode(),
    ),
)
answer(
    "other-prices",
    "MODELS-TEXT-01",
    "the short address has other prices",
    found("/models"),
    edit(lambda body: body[0]["pricing"].update(promptTextTokens=1)),
)
request(
    "short-list-for-everybody",
    "MODELS-INFO-04",
    "the short address heeds no restriction",
    lambda q: q.path == "/models" and q.role == "restricted",
    as_nobody,
)
request(
    "other-scheme-in-the-way",
    "AUTH-KEY-03",
    "another scheme hides the key in the query",
    lambda q: in_query(q) is False and "key" in q.parameters and q.role not in {"", "?"},
    set_query("key", None),
)
for _name in ("x-goog-api-key", "x-auth-token"):
    request(
        f"key-in-{_name}",
        "AUTH-KEY-04",
        "a key in another header counts",
        in_header(_name),
        Call.let_in,
    )
request(
    "sessions-with-a-bad-key",
    "AUTH-KEY-05",
    "a session helps an unknown key",
    lambda q: q.operation == TEXT and q.role == "?" and "session" in sent(q, "cookie"),
    Call.let_in,
)
request(
    "sound-of-any-model",
    "AUTH-MODEL-01",
    "speech is not held against the key's models",
    lambda q: q.operation == AUDIO and q.role == "restricted",
    Call.let_in,
)
request(
    "models-by-prefix",
    "AUTH-MODEL-01",
    "a model whose name begins alike will do",
    lambda q: q.operation == CHAT and q.role == "restricted" and q.fields.get("model") == "openai",
    Call.let_in,
)
for _operation in (SPEECH, LISTEN):
    request(
        f"no-budget-needed-{_operation}",
        "AUTH-BUDGET-01",
        "a used up budget will do",
        by(_operation, "exhausted-budget"),
        Call.let_in,
    )
answer(
    "streams-cost-first",
    "AUTH-ORDER-03",
    "for a stream the purse is looked at first",
    lambda q, r: (
        q.role == "restricted-empty-balance" and q.fields.get("stream") is True and r.status == 403
    ),
    refuse(402),
)
request(
    "streams-need-the-header",
    "AUTH-QUERY-01",
    "for a stream the key in the query does not count",
    lambda q: q.operation == CHAT and q.fields.get("stream") is True and in_query(q),
    as_nobody,
)
answer(
    "old-address-in-depth",
    "ERR-VAL-03",
    "the old address names nested fields",
    lambda q, r: q.path == "/openai" and r.status == 400 and b'"messages":[' in r.body,
    lambda q, r: setattr(r, "body", r.body.replace(b'"messages":[', b'"messages.0.role":[')),
)
request(
    "json-of-any-form",
    "ERR-VAL-06",
    "bytes are taken for JSON",
    lambda q: q.operation == CHAT and sent(q, "content-type") == "application/octet-stream",
    lambda q: setattr(
        q,
        "headers",
        [(k, "application/json" if k == "content-type" else v) for k, v in q.headers],
    ),
)
answer(
    "key-in-a-header",
    "ERR-ENV-06",
    "a refusal repeats the key in a header",
    lambda q, r: r.status == 401 and q.role == "?",
    lambda q, r: r.put("x-debug", sent(q, "authorization")),
)
answer(
    "waits-rounded-down",
    "LIMIT-PK-03",
    "Retry-After is rounded down, but never 0",
    lambda q, r: r.status == 429 and b"retryAfterSeconds" in r.body,
    lambda q, r: r.put("retry-after", str(max(1, int(json.loads(r.body)["retryAfterSeconds"])))),
)
answer(
    "sheets-wait",
    "LIMIT-PK-04",
    "the CSV form of the usage is limited for publishable keys",
    lambda q, r: q.role == "publishable" and q.parameters.get("format") == "csv",
    refuse(429),
)
answer(
    "uris-of-sound",
    "MEDIA-UP-04",
    "the prefix of a sound is part of it",
    lambda q, r: q.path == "/upload" and b'"data:audio' in q.body and r.status == 200,
    edit(lambda body: body.update(id="0" * 16)),
)
answer(
    "forms-of-ten-mebibytes",
    "MEDIA-UP-08",
    "the frame of a form counts as well",
    lambda q, r: q.path == "/upload" and len(q.body) > 10485760 and r.status == 200,
    refuse(413),
)
request(
    "any-key-before-another",
    "AUTH-QUERY-02",
    "an upload with an unknown key beside one in the query will do",
    lambda q: q.path == "/upload" and q.role == "?" and "key" in q.parameters,
    as_the_first,
)
answer(
    "sounds-are-private",
    "MEDIA-GET-03",
    "sounds may not be kept",
    lambda q, r: q.media and q.method == "GET" and r.kind.startswith("audio/"),
    lambda q, r: r.put("cache-control", "private"),
)
for _mark, _name in (("%0A", "line-ends"), (".", "extensions")):
    request(
        f"hashes-with-{_name}",
        "MEDIA-GET-05",
        "what follows a hash is left away",
        hash_and(_mark),
        lambda q: setattr(q, "path", q.path[:17]),
    )
answer(
    "head-of-films",
    "MEDIA-HEAD-01",
    "HEAD of a film says bytes",
    lambda q, r: q.media and q.method == "HEAD" and r.kind.startswith("video/"),
    lambda q, r: r.put("content-type", "application/octet-stream"),
)
