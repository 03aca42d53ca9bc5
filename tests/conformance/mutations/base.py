"""The proxy that applies a mutation to the exchanges of an honest server, and the register of mutations."""

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, unquote

from pollinations_conformance.contract import load
from pollinations_conformance.http.json import is_object
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

    def authorize(self) -> None:
        """Authorize the request with a good key."""
        self.headers = [pair for pair in self.headers if pair[0] != "authorization"]
        self.headers.append(("authorization", f"Bearer {self.keys['secret']}"))

    def put(self, name: str, value: Any) -> None:
        """Set a field of the body; None takes it out."""
        fields = {**self.fields, name: value}
        kept = {key: item for key, item in fields.items() if item is not None or key != name}
        self.body = json.dumps(kept).encode()


@dataclass
class Reply:
    """A response on its way back."""

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


def response(
    name: str, requirement: str, text: str, when: Callable[[Call, Reply], Any], do: Change
) -> None:
    """Register a mutation of responses."""

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
        announced = reply.kind != "text/event-stream" or reply.header("content-length")
        if announced and call.method != "HEAD" and reply.status != 204:
            reply.put("content-length", str(len(reply.body)))
        pairs = [(k.encode("latin-1"), v.encode("latin-1")) for k, v in reply.headers]
        await send({"type": "http.response.start", "status": reply.status, "headers": pairs})
        content = b"" if call.method == "HEAD" else reply.body
        await send({"type": "http.response.body", "body": content})

    async def forward(self, call: Call, scope: Any) -> Reply:
        """Send the request to the server behind."""
        headers = [*call.headers, ("content-length", str(len(call.body)))]
        inner = {
            **scope,
            "method": call.method,
            "path": unquote(call.path),
            "raw_path": call.path.encode("latin-1"),
            "query_string": call.query.encode("latin-1"),
            "headers": [(k.encode("latin-1"), v.encode("latin-1")) for k, v in headers],
        }
        incoming = [{"type": "http.request", "body": call.body, "more_body": False}]
        out: list[Any] = []

        async def receive() -> Any:
            if not incoming:
                await asyncio.Event().wait()  # the client stays until it has its response
            return incoming.pop()

        async def send(message: Any) -> None:
            out.append(message)

        await self.app(inner, receive, send)
        pairs = [(k.decode("latin-1").lower(), v.decode("latin-1")) for k, v in out[0]["headers"]]
        return Reply(out[0]["status"], pairs, b"".join(item.get("body", b"") for item in out[1:]))
