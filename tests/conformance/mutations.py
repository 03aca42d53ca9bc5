"""Defects that the reference server knows nothing of: a proxy puts them into honest exchanges.

Each mutation breaks one requirement in one place only: one route, one form, one kind of answer. The
table names it, the requirement, and what it does; the suite has to find it by that requirement.
"""

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, quote, unquote

from pollinations_conformance.contract import load
from pollinations_conformance.server.app import App
from pollinations_conformance.target import is_object

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
