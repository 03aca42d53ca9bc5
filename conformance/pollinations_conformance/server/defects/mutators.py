"""Ways to depart from the contract: what a defect may do to requests, responses and the server."""

import inspect
import json
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple, cast

from pollinations_conformance.http.json import is_object
from pollinations_conformance.http.query import encode_query
from pollinations_conformance.server.app import App
from pollinations_conformance.server.backend import RoutedCall
from pollinations_conformance.server.encoding import dumps
from pollinations_conformance.server.errors import Refused, invalid
from pollinations_conformance.server.http import Call, Reply
from pollinations_conformance.server.service import Service

Json = dict[str, Any]


class Seen(NamedTuple):
    """What tells whether a defect can change an exchange, as it is without the defect.

    Attributes:
        operation: operationId; empty for what is no operation.
        status: of the response.
        is_stream: whether the response is an event stream.
        method: HTTP method.
        role: of the key that was sent; empty for none.
        parameters: names of the query parameters, in their order.
        request_id: whether the request has an X-Request-Id.
    """

    operation: str
    status: int
    is_stream: bool = False
    method: str = "GET"
    role: str = ""
    parameters: tuple[str, ...] = ()
    request_id: bool = False


@dataclass(frozen=True, slots=True)
class Scope:
    """Which exchanges a defect can change; with the defaults all of them.

    Attributes:
        operations: ids, and an empty text for what is no operation; None for all.
        status: of the responses without the defect; None for all.
        streams: whether it changes event streams only.
        failures: whether it changes responses with a status from 400 on only.
        when: what else holds of them.
    """

    operations: frozenset[str] | None = None
    status: int | None = None
    streams: bool = False
    failures: bool = False
    when: Callable[[Seen], bool] = lambda _seen: True

    def holds(self, seen: Seen) -> bool:
        """Return whether an exchange may be another one with the defect."""
        return (
            (self.operations is None or seen.operation in self.operations)
            and (self.status is None or seen.status == self.status)
            and (seen.is_stream or not self.streams)
            and (seen.status >= 400 or not self.failures)
            and self.when(seen)
        )


@dataclass(frozen=True, slots=True)
class Defect:
    """One departure from a requirement of the contract.

    Attributes:
        name: what it is switched on by.
        requirement: the one that it violates.
        summary: what is wrong.
        install: changes a running server.
        scope: which exchanges it can change.
        violates_too: further requirements that cannot but be violated with it.
    """

    name: str
    requirement: str
    summary: str
    install: Callable[[App], None]
    scope: Scope = Scope()
    violates_too: tuple[str, ...] = ()


DEFECTS: dict[str, Defect] = {}

CHAT = "createChatCompletion createChatCompletionLegacy"
TEXT, IMAGE, AUDIO = "generateText", "generateImage", "generateAudio"
SPEECH, STT = "createSpeech", "createTranscription"
PROFILE, BALANCE = "getAccountProfile", "getAccountBalance"
USAGE, DAILY, KEY = "getAccountUsage", "getAccountUsageDaily", "getAccountKey"
ACCOUNT = f"{PROFILE} {BALANCE} {USAGE} {DAILY} {KEY}"
V1 = "listModels"
INFOS = "listTextModels listImageModels listAudioModels"
LISTS = f"{V1} {INFOS}"
GENERATION = f"{CHAT} {TEXT} {IMAGE} {AUDIO} {SPEECH} {STT}"
CACHED = f"{CHAT} {TEXT} {IMAGE}"
UPLOAD, FETCH = "uploadMedia", "getMedia headMedia"


EVERYTHING = Scope()


def add(
    name: str,
    requirement: str,
    summary: str,
    install: Callable[[App], None],
    scope: Scope = EVERYTHING,
) -> None:
    """Register a defect."""
    if name in DEFECTS:
        raise ValueError(f"two defects are called {name!r}")
    DEFECTS[name] = Defect(name, requirement, summary, install, scope)


def scope_of(operations: str | None, status: int | None = None, streams: bool = False) -> Scope:
    """Return a scope; the operations are named as in `on_reply`."""
    if operations is None:
        return Scope(frozenset({""}), status, streams)
    ids = frozenset("" if item == "-" else item for item in operations.split())
    return Scope(ids or None, status, streams)


def violates_too(name: str, *requirements: str) -> None:
    """Declare what else is violated, of necessity, by a defect that is registered."""
    DEFECTS[name] = replace(DEFECTS[name], violates_too=requirements)


def concerns(scope: Scope, *names: str) -> None:
    """Declare that registered defects change no other exchanges than those of a scope."""
    for name in names:
        DEFECTS[name] = replace(DEFECTS[name], scope=scope)


def is_event_stream(reply: Reply) -> bool:
    """Return whether a response is an event stream."""
    return (reply.header("content-type") or "").startswith("text/event-stream")


def swap(owner: object, name: str, make: Callable[[Any], Any]) -> None:
    """Replace a method of one object by what `make` makes of it."""
    setattr(owner, name, make(getattr(owner, name)))


def around_all(
    app: App, around: Callable[[Call, str | None, Callable[[], Awaitable[Reply]]], Awaitable[Reply]]
) -> None:
    """Wrap what happens to every request of both sides; the wrapper learns the operation's id."""
    service = app.service

    def make(side: str) -> Callable[[Any], Any]:
        def wrap(honest: Callable[[Call], Awaitable[Reply]]) -> Callable[[Call], Awaitable[Reply]]:
            async def handle(call: Call) -> Reply:
                match = service.contract.find(call.method, call.path, side)
                name = match.operation.id if match else None
                return await around(call, name, lambda: honest(call))

            return handle

        return wrap

    swap(service, "handle", make("gateway"))
    swap(service, "handle_media", make("media"))


def on_reply(
    name: str,
    requirement: str,
    summary: str,
    operations: str | None,
    change: Callable[[Call, Reply], Any],
    status: int | None = None,
    streams: bool = False,
) -> None:
    """Change responses.

    Args:
        name: of the defect, and so on.
        requirement: that is broken.
        summary: what is wrong.
        operations: ids with blanks between them; None for unknown routes, "" for everything.
        change: gets request and response; a reply it returns replaces the response.
        status: only responses of that status; None for all.
        streams: whether `change` leaves all but event streams alone.
    """

    def install(app: App) -> None:
        async def around(
            call: Call, operation: str | None, honest: Callable[[], Awaitable[Reply]]
        ) -> Reply:
            reply = await honest()
            if operations is None:
                meant = operation is None and call.method != "OPTIONS"
            else:
                meant = operations == "" or (operation or "-") in operations.split()
            if not meant or (status is not None and reply.status != status):
                return reply
            changed = change(call, reply)
            if inspect.isawaitable(changed):
                changed = await changed
            return changed if isinstance(changed, Reply) else reply

        around_all(app, around)

    add(name, requirement, summary, install, scope_of(operations, status, streams))


def on_json(
    name: str,
    requirement: str,
    summary: str,
    operations: str,
    change: Callable[[Any], Any],
    status: int | None = 200,
) -> None:
    """Change JSON bodies; what `change` returns, unless None, replaces the body."""

    def rewrite(_call: Call, reply: Reply) -> None:
        if reply.stream is None and "json" in (reply.header("content-type") or ""):
            body = json.loads(reply.body)
            changed = change(body)
            reply.body = dumps(body if changed is None else changed)

    on_reply(name, requirement, summary, operations, rewrite, status)


def on_error(
    name: str, requirement: str, summary: str, change: Callable[[Any], Any], status: int | None
) -> None:
    """Change the gateway's error envelopes of one status, or of all."""

    def only(body: Any) -> Any:
        return change(body) if isinstance(body, dict) and "success" in body else None

    on_json(name, requirement, summary, "", only, status)
    DEFECTS[name] = replace(DEFECTS[name], scope=Scope(status=status, failures=True))


def on_call(
    name: str,
    requirement: str,
    summary: str,
    operations: str,
    change: Callable[[Call, Service], Any],
) -> None:
    """Change requests before the server looks at them."""

    def install(app: App) -> None:
        async def around(
            call: Call, operation: str | None, honest: Callable[[], Awaitable[Reply]]
        ) -> Reply:
            if operations == "" or (operation or "-") in operations.split():
                change(call, app.service)
            return await honest()

        around_all(app, around)

    add(name, requirement, summary, install, scope_of(operations))


def on_service(
    name: str,
    requirement: str,
    summary: str,
    change: Callable[[Service], Any],
    scope: Scope = EVERYTHING,
) -> None:
    """Change the running server itself."""

    def install(app: App) -> None:
        change(app.service)

    add(name, requirement, summary, install, scope)


def on_blocks(
    name: str, requirement: str, summary: str, change: Callable[[list[bytes]], Iterable[bytes]]
) -> None:
    """Change the events of streams, each of them being bytes with its empty line."""

    async def rewrite(_call: Call, reply: Reply) -> None:
        if not is_event_stream(reply):
            return
        whole = reply.body
        if reply.stream is not None:
            whole = b"".join([piece async for piece in reply.stream])
        blocks = [part + b"\n\n" for part in whole.split(b"\n\n") if part]
        reply.stream, reply.body = None, b"".join(change(blocks))

    on_reply(name, requirement, summary, f"{CHAT} {TEXT}", rewrite, 200, streams=True)


def on_chunks(
    name: str, requirement: str, summary: str, change: Callable[[list[Json]], Any]
) -> None:
    """Change the JSON chunks of streams; what `change` returns, unless None, replaces them."""

    def rewrite(blocks: list[bytes]) -> list[bytes]:
        end = [block for block in blocks if block == DONE]
        chunks = [json.loads(block[6:]) for block in blocks if block != DONE]
        changed = change(chunks)
        kept = chunks if changed is None else changed
        return [b"data: " + dumps(chunk) + b"\n\n" for chunk in kept] + end

    on_blocks(name, requirement, summary, rewrite)


DONE = b"data: [DONE]\n\n"


def accept(
    name: str,
    requirement: str,
    summary: str,
    operations: str,
    *fields: str,
    overlooked: Callable[[object], bool] = lambda _value: True,
) -> None:
    """Overlook what is wrong with some fields, if their values are those that are overlooked."""

    def change(service: Service) -> None:
        def make(honest: Callable[[RoutedCall], None]) -> Callable[[RoutedCall], None]:
            def validate(routed: RoutedCall) -> None:
                try:
                    honest(routed)
                except Refused as refused:
                    details = cast("Json", refused.details or {})
                    wrong: Json = details.get("fieldErrors", {})
                    if (
                        routed.operation not in operations.split()
                        or not (set(wrong) <= set(fields) and (wrong or "" in fields))
                        or not all(overlooked(routed.values.get(field)) for field in wrong)
                        or wrong.keys() & set(repeated(routed))  # that is GEN-QUERY-01
                    ):
                        raise
                    kept: Any = routed.values.body
                    for field in wrong:
                        kept = without(kept, field)
                    routed.values.sent -= wrong.keys()
                    routed.values.body = {**_INSTEAD, **(kept if isinstance(kept, dict) else {})}

            return validate

        swap(service.validator, "validate", make)

    on_service(name, requirement, summary, change, scope_of(operations))


def repeated(routed: RoutedCall) -> list[str]:
    """Return the query parameters that a request has more than once."""
    names = [name for name, _ in routed.call.query]
    return [name for name in names if names.count(name) > 1]


def is_given(value: object) -> bool:
    """Return whether a value is not null."""
    return value is not None


_INSTEAD: Json = {"messages": [], "input": "nothing"}


def refuse(
    name: str,
    requirement: str,
    summary: str,
    operations: str,
    field: str,
    when: Callable[[RoutedCall], Any],
) -> None:
    """Refuse valid requests."""

    def change(service: Service) -> None:
        def make(honest: Callable[[RoutedCall], None]) -> Callable[[RoutedCall], None]:
            def validate(routed: RoutedCall) -> None:
                honest(routed)
                if routed.operation in operations.split() and when(routed):
                    part = "body" if routed.call.method == "POST" else "query"
                    raise invalid([(part, field, "Invalid input")])

            return validate

        swap(service.validator, "validate", make)

    on_service(name, requirement, summary, change, scope_of(operations))


def forgive(
    name: str,
    requirement: str,
    summary: str,
    when: Callable[[RoutedCall, Refused], Any],
) -> None:
    """Let requests through that lack permission or balance."""

    def change(service: Service) -> None:
        def make(honest: Callable[..., Any]) -> Callable[..., Any]:
            def authorize(routed: RoutedCall, *rest: Any, **named: Any) -> Any:
                try:
                    return honest(routed, *rest, **named)
                except Refused as refused:
                    if when(routed, refused):
                        return routed.key or named_key(service, "secret")
                    raise

            return authorize

        swap(service.backend, "authorize", make)

    on_service(name, requirement, summary, change)


def restatus(
    name: str, requirement: str, summary: str, operations: str, old: int, new: int
) -> None:
    """Change the status of responses."""

    def change(_call: Call, reply: Reply) -> None:
        reply.status = new

    on_reply(name, requirement, summary, operations, change, old)


def on_wire(
    name: str,
    requirement: str,
    summary: str,
    operations: str,
    make: Callable[[Call, Reply], Sequence[bytes] | None],
) -> None:
    """Send bytes that no framework would let through; None sends the honest response."""

    async def rewrite(call: Call, reply: Reply) -> None:
        if reply.stream is not None:
            reply.body = b"".join([piece async for piece in reply.stream])
            reply.stream = None
        reply.raw = make(call, reply)

    on_reply(name, requirement, summary, operations, rewrite)


def head(reply: Reply, *more: str, drop: str = "") -> bytes:
    """Return the head of a response as bytes."""
    lines = [f"HTTP/1.1 {reply.status} OK"]
    lines += [f"{name}: {value}" for name, value in reply.headers if name.lower() != drop]
    return "\r\n".join([*lines, *more, "Connection: close", "", ""]).encode("latin-1", "replace")


def named_key(service: Service, name: str) -> Any:
    """Return an example key."""
    return next(key for key in service.accounts.keys.values() if key.name == name)


def header(name: str, value: str | None) -> Callable[[Call, Reply], None]:
    """Make a change that sets a header, or removes it."""
    return lambda _call, reply: reply.set(name, value)


def is_hit(reply: Reply) -> bool:
    """Return whether a response comes from the cache."""
    return reply.header("x-cache") == "HIT"


def edit_query(
    call: Call, change: Callable[[list[tuple[str, str]]], list[tuple[str, str]]]
) -> None:
    """Change the query of a request."""
    call.query_string = encode_query(change(call.query))


def edit_body(call: Call, change: Callable[[Json], Any]) -> None:
    """Change the JSON body of a request, if it has one."""
    try:
        body = json.loads(call.body)
    except ValueError:
        return
    if isinstance(body, dict):
        change(cast("Json", body))
        call.body = json.dumps(body).encode()


def sent(routed: RoutedCall, name: str) -> bool:
    """Return whether a request has a field or parameter."""
    return name in routed.values.sent


def field_of(routed: RoutedCall, name: str) -> Any:
    """Return a value of a request, coerced, by name."""
    return routed.values.get(name)


def messages_of(routed: RoutedCall) -> list[Json]:
    """Return the messages of a chat request."""
    return cast("list[Json]", field_of(routed, "messages") or [])


def parts_of(routed: RoutedCall) -> list[Json]:
    """Return the content parts of a chat request."""
    lists = [m.get("content") for m in messages_of(routed)]
    found: list[Any] = []
    for content in lists:
        if isinstance(content, list):
            found += content
    return found


def assign(path: str, value: object) -> Callable[[Any], None]:
    """Make a change that sets one member of a body, such as `choices.0.message.role`."""
    return rework(path, lambda _old: value)


def rework(path: str, change: Callable[[Any], Any]) -> Callable[[Any], None]:
    """Make a change of one member of a body; `DROP` removes it."""
    *outer, last = path.split(".")

    def apply_change(body: Any) -> None:
        for step in outer:
            body = body[int(step)] if step.isdigit() else body[step]
        value = change(body.get(last))
        if value is DROP:
            body.pop(last, None)
        else:
            body[last] = value

    return apply_change


def put(owner: object, name: str, method: object) -> None:
    """Replace a method of one object."""
    setattr(owner, name, method)


def constant(value: object) -> Callable[..., Any]:
    """Make a method that always returns the same."""

    def same(*_given: object) -> object:
        return value

    return same


def without(body: object, name: str) -> Any:
    """Return a JSON object without one of its members; anything else as it is."""
    return {k: v for k, v in body.items() if k != name} if is_object(body) else body


DROP = object()


def each(change: Callable[[Json], Any], name: str = "usage") -> Callable[[Any], None]:
    """Make a change of every entry of a list in a body."""

    def apply_each(body: Any) -> None:
        entries: list[Json] = body[name] if is_object(body) else body
        for entry in entries:
            change(entry)

    return apply_each


def with_body(call: Call, reply: Reply) -> Sequence[bytes] | None:
    """Respond to HEAD with a body."""
    if call.method != "HEAD":
        return None
    return [head(reply, f"Content-Length: {len(reply.body)}", drop="content-length") + reply.body]


def drop_query_key(call: Call, _service: Service) -> None:
    """Take the key out of the query."""
    edit_query(call, lambda ps: [p for p in ps if p[0] != "key"])


def edits(change: Callable[[Json], Any]) -> Callable[[Call, Service], None]:
    """Make a change of JSON bodies of requests."""
    return lambda call, _service: edit_body(call, change)
