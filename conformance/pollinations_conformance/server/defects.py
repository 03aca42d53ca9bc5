"""Departures from the contract, each by a name: what a conformance suite has to find.

`serve --defect NAME` or `running(defects=[NAME])` switches them on. Nothing in the honest server
knows of them: a defect wraps what the server does with a request or with its answer, or replaces
one of the server's methods, on one running instance.
"""

import inspect
import json
import re
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, cast

from pollinations_conformance.server.app import Answered, App, Service, Work
from pollinations_conformance.server.errors import Refused, envelope, invalid
from pollinations_conformance.server.http import Call, Reply, dumps, json_reply
from pollinations_conformance.wire import Request, presented_key

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Defect:
    """One departure from one requirement of the contract."""

    name: str
    requirement: str
    summary: str
    install: Callable[[App], None]


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


def apply(app: App, names: Iterable[str]) -> None:
    """Switch defects on.

    Args:
        app: whose server departs from the contract from now on.
        names: of the defects.

    Raises:
        ValueError: there is no defect of that name.
    """
    for name in names:
        if name not in DEFECTS:
            near = [known for known in DEFECTS if known.split("-")[0] == name.split("-")[0]]
            raise ValueError(
                f"no defect of the name {name!r}; "
                + (f"near it: {', '.join(near)}" if near else "serve --list-defects lists them")
            )
        DEFECTS[name].install(app)


# --- ways to depart -------------------------------------------------------------------------------


def _add(name: str, requirement: str, summary: str, install: Callable[[App], None]) -> None:
    if name in DEFECTS:
        raise ValueError(f"two defects are called {name!r}")
    DEFECTS[name] = Defect(name, requirement, summary, install)


def _swap(owner: object, name: str, make: Callable[[Any], Any]) -> None:
    """Replace a method of one object by what `make` makes of it."""
    setattr(owner, name, make(getattr(owner, name)))


def _around(
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

    _swap(service, "handle", make("gateway"))
    _swap(service, "handle_media", make("media"))


def on_reply(
    name: str,
    requirement: str,
    summary: str,
    operations: str | None,
    change: Callable[[Call, Reply], Any],
    status: int | None = None,
) -> None:
    """Change answers.

    Args:
        name: of the defect, and so on.
        requirement: that is broken.
        summary: what is wrong.
        operations: ids with blanks between them; None for unknown routes, "" for everything.
        change: gets request and answer; a reply it returns replaces the answer.
        status: only answers of that status; None for all.
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

        _around(app, around)

    _add(name, requirement, summary, install)


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

        _around(app, around)

    _add(name, requirement, summary, install)


def on_service(name: str, requirement: str, summary: str, change: Callable[[Service], Any]) -> None:
    """Change the running server itself."""

    def install(app: App) -> None:
        change(app.service)

    _add(name, requirement, summary, install)


def on_blocks(
    name: str, requirement: str, summary: str, change: Callable[[list[bytes]], Iterable[bytes]]
) -> None:
    """Change the events of streams, each of them being bytes with its empty line."""

    async def rewrite(_call: Call, reply: Reply) -> None:
        if not (reply.header("content-type") or "").startswith("text/event-stream"):
            return
        whole = reply.body
        if reply.stream is not None:
            whole = b"".join([piece async for piece in reply.stream])
        blocks = [part + b"\n\n" for part in whole.split(b"\n\n") if part]
        reply.stream, reply.body = None, b"".join(change(blocks))

    on_reply(name, requirement, summary, f"{CHAT} {TEXT}", rewrite, 200)


def on_chunks(
    name: str, requirement: str, summary: str, change: Callable[[list[Json]], Any]
) -> None:
    """Change the JSON chunks of streams; what `change` returns, unless None, replaces them."""

    def rewrite(blocks: list[bytes]) -> list[bytes]:
        end = [block for block in blocks if block == _DONE]
        chunks = [json.loads(block[6:]) for block in blocks if block != _DONE]
        changed = change(chunks)
        kept = chunks if changed is None else changed
        return [b"data: " + dumps(chunk) + b"\n\n" for chunk in kept] + end

    on_blocks(name, requirement, summary, rewrite)


_DONE = b"data: [DONE]\n\n"


def accept(name: str, requirement: str, summary: str, operations: str, *fields: str) -> None:
    """Overlook what is wrong with some fields."""

    def change(service: Service) -> None:
        def make(honest: Callable[[Work], None]) -> Callable[[Work], None]:
            def validate(work: Work) -> None:
                try:
                    honest(work)
                except Refused as refused:
                    details = cast("Json", refused.details or {})
                    wrong: Json = details.get("fieldErrors", {})
                    if work.operation not in operations.split() or not (
                        set(wrong) <= set(fields) and (wrong or "" in fields)
                    ):
                        raise
                    body = work.values.body if isinstance(work.values.body, dict) else {}
                    kept = {k: v for k, v in cast("Json", body).items() if k not in wrong}
                    work.values.sent -= wrong.keys()
                    work.values.body = {**_INSTEAD, **kept}

            return validate

        _swap(service, "validate", make)

    on_service(name, requirement, summary, change)


_INSTEAD: Json = {"messages": [], "input": "nothing"}


def refuse(
    name: str,
    requirement: str,
    summary: str,
    operations: str,
    field: str,
    when: Callable[[Work], Any],
) -> None:
    """Refuse valid requests."""

    def change(service: Service) -> None:
        def make(honest: Callable[[Work], None]) -> Callable[[Work], None]:
            def validate(work: Work) -> None:
                honest(work)
                if work.operation in operations.split() and when(work):
                    part = "body" if work.call.method == "POST" else "query"
                    raise invalid([(part, field, "Invalid input")])

            return validate

        _swap(service, "validate", make)

    on_service(name, requirement, summary, change)


def forgive(
    name: str,
    requirement: str,
    summary: str,
    when: Callable[[Work, Refused], Any],
) -> None:
    """Let requests through that lack the right or the money."""

    def change(service: Service) -> None:
        def make(honest: Callable[..., Any]) -> Callable[..., Any]:
            def authorize(work: Work, *rest: Any, **named: Any) -> Any:
                try:
                    return honest(work, *rest, **named)
                except Refused as refused:
                    if when(work, refused):
                        return work.key or _named(service, "secret")
                    raise

            return authorize

        _swap(service, "authorize", make)

    on_service(name, requirement, summary, change)


def restatus(
    name: str, requirement: str, summary: str, operations: str, old: int, new: int
) -> None:
    """Give answers another status."""

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
    """Send bytes that no framework would let through; None sends the honest answer."""

    async def rewrite(call: Call, reply: Reply) -> None:
        if reply.stream is not None:
            reply.body = b"".join([piece async for piece in reply.stream])
            reply.stream = None
        reply.raw = make(call, reply)

    on_reply(name, requirement, summary, operations, rewrite)


def _head(reply: Reply, *more: str, drop: str = "") -> bytes:
    lines = [f"HTTP/1.1 {reply.status} OK"]
    lines += [f"{name}: {value}" for name, value in reply.headers if name.lower() != drop]
    return "\r\n".join([*lines, *more, "Connection: close", "", ""]).encode("latin-1", "replace")


def _named(service: Service, name: str) -> Any:
    return next(key for key in service.accounts.keys.values() if key.name == name)


def _header(name: str, value: str | None) -> Callable[[Call, Reply], None]:
    """Make a change that sets a header, or removes it."""
    return lambda _call, reply: reply.set(name, value)


def _hit(reply: Reply) -> bool:
    return reply.header("x-cache") == "HIT"


def _query(call: Call, change: Callable[[list[tuple[str, str]]], list[tuple[str, str]]]) -> None:
    from urllib.parse import quote

    pairs = change(call.query)
    call.query_string = "&".join(f"{quote(n, '')}={quote(v, '')}" for n, v in pairs)


def _body(call: Call, change: Callable[[Json], Any]) -> None:
    """Change the JSON body of a request, if it has one."""
    try:
        body = json.loads(call.body)
    except ValueError:
        return
    if isinstance(body, dict):
        change(cast("Json", body))
        call.body = json.dumps(body).encode()


def _sent(work: Work, name: str) -> bool:
    return name in work.values.sent


def _field(work: Work, name: str) -> Any:
    return work.values.get(name)


def _messages(work: Work) -> list[Json]:
    return cast("list[Json]", _field(work, "messages") or [])


def _parts(work: Work) -> list[Json]:
    lists = [m.get("content") for m in _messages(work)]
    return [part for parts in lists if isinstance(parts, list) for part in cast("list[Any]", parts)]


def _set(path: str, value: Any) -> Callable[[Any], None]:
    """Make a change that sets one member of a body, such as `choices.0.message.role`."""
    *outer, last = path.split(".")

    def change(body: Any) -> None:
        for step in outer:
            body = body[int(step)] if step.isdigit() else body[step]
        if value is DROP:
            body.pop(last, None)
        else:
            body[last] = value(body.get(last)) if callable(value) else value

    return change


DROP = object()


def _each(change: Callable[[Json], Any], name: str = "usage") -> Callable[[Any], None]:
    """Make a change of every entry of a list in a body."""

    def apply_each(body: Any) -> None:
        for entry in body[name] if isinstance(body, dict) else body:
            change(entry)

    return apply_each


# --- routes, methods, headers ---------------------------------------------------------------------


def _page(_call: Call, reply: Reply) -> None:
    reply.body = b"<h1>Not Found</h1>"
    reply.set("Content-Type", "text/html")


def _known(call: Call, service: Service) -> bool:
    return any(service.contract.find(m, call.path, "gateway") for m in ("GET", "POST"))


def _wrong_method(service: Service) -> None:
    def make(honest: Any) -> Any:
        def elsewhere(call: Call) -> Reply:
            return json_reply({}) if _known(call, service) else honest(call)

        return elsewhere

    _swap(service, "elsewhere", make)


def _slashless(call: Call, _service: Service) -> None:
    if len(call.path) > 1:
        call.path = call.path.rstrip("/")


def _last_wins(call: Call, _service: Service) -> None:
    _query(call, lambda pairs: list(dict(pairs).items()))


def _unknown_query(work: Work) -> bool:
    known = {p.name for p in work.match.operation.parameters} | {"key"}
    return any(name not in known for name, _ in work.call.query)


def _options(change: Callable[[Reply], Any]) -> Callable[[Call, Reply], None]:
    def apply_options(call: Call, reply: Reply) -> None:
        if call.method == "OPTIONS":
            change(reply)

    return apply_options


def _with_body(call: Call, reply: Reply) -> Sequence[bytes] | None:
    if call.method != "HEAD":
        return None
    return [_head(reply, f"Content-Length: {len(reply.body)}", drop="content-length") + reply.body]


on_reply(
    "unknown-path-html", "GEN-ROUTE-01", "an unknown path gets a page for people", None, _page, 404
)
on_reply(
    "unknown-path-ok",
    "GEN-ROUTE-01",
    "an unknown path is answered with 200",
    None,
    lambda _c, r: setattr(r, "status", 200),
    404,
)
on_service("wrong-method-ok", "GEN-ROUTE-02", "a known path takes any method", _wrong_method)
on_call("trailing-slash-known", "GEN-ROUTE-03", "a trailing slash is overlooked", "", _slashless)
on_wire(
    "head-with-body",
    "GEN-HEAD-01",
    "HEAD is answered with a body",
    f"{LISTS} {ACCOUNT}",
    _with_body,
)
on_reply(
    "head-not-found",
    "GEN-HEAD-01",
    "HEAD on a list is unknown",
    LISTS,
    lambda c, r: c.method == "HEAD" and setattr(r, "status", 404),
)
on_call(
    "query-last-wins", "GEN-QUERY-01", "of a repeated parameter the last one counts", "", _last_wins
)
refuse(
    "query-strict",
    "GEN-QUERY-02",
    "an unknown query parameter is refused",
    f"{GENERATION} {ACCOUNT} {LISTS}",
    "query",
    _unknown_query,
)
on_reply(
    "preflight-200",
    "GEN-CORS-01",
    "a preflight is answered with 200",
    "",
    _options(lambda r: setattr(r, "status", 200)),
)
on_reply(
    "preflight-no-origin",
    "GEN-CORS-01",
    "a preflight names no origin",
    "",
    _options(lambda r: r.set("Access-Control-Allow-Origin", None)),
)
on_reply(
    "preflight-no-headers",
    "GEN-CORS-02",
    "a preflight allows no Authorization",
    "",
    _options(lambda r: r.set("Access-Control-Allow-Headers", "Content-Type")),
)
on_reply(
    "preflight-get-only",
    "GEN-CORS-02",
    "a preflight allows GET alone",
    "",
    _options(lambda r: r.set("Access-Control-Allow-Methods", "GET")),
)
on_reply(
    "cors-not-on-errors",
    "GEN-CORS-03",
    "errors carry no Access-Control-Allow-Origin",
    "",
    lambda _c, r: r.status >= 400 and r.set("Access-Control-Allow-Origin", None),
)
on_reply(
    "cors-reflected",
    "GEN-CORS-03",
    "only pages of the project itself may read answers",
    f"{GENERATION} {LISTS}",
    _header("Access-Control-Allow-Origin", "https://pollinations.ai"),
)
on_reply(
    "json-twice",
    "GEN-JSON-01",
    "a JSON body is followed by another one",
    f"{V1} {CHAT}",
    lambda _c, r: (
        "json" in (r.header("content-type") or "") and setattr(r, "body", r.body + b"\n{}")
    ),
)
on_reply(
    "json-latin-1",
    "GEN-JSON-01",
    "a JSON body is not in UTF-8",
    f"{CHAT}",
    lambda _c, r: (
        "json" in (r.header("content-type") or "")
        and setattr(r, "body", r.body.decode().encode("latin-1", "replace"))
    ),
)
on_reply(
    "json-bom",
    "GEN-JSON-01",
    "a JSON body begins with a byte order mark",
    V1,
    lambda _c, r: setattr(r, "body", b"\xef\xbb\xbf" + r.body),
)
on_reply(
    "no-request-id-on-errors",
    "GEN-REQID-01",
    "errors carry no X-Request-Id",
    "",
    lambda _c, r: r.status >= 400 and r.set("X-Request-Id", None),
)
on_reply(
    "request-id-not-echoed",
    "GEN-REQID-02",
    "the caller's X-Request-Id is replaced",
    "",
    lambda _c, r: r.header("x-request-id") and r.set("X-Request-Id", "ours-" + str(id(r))),
)
on_reply(
    "request-id-anything",
    "GEN-REQID-03",
    "any X-Request-Id is echoed",
    "",
    lambda c, r: c.header("x-request-id") and r.set("X-Request-Id", c.header("x-request-id")),
)
on_reply(
    "request-id-constant",
    "GEN-REQID-04",
    "every answer has the same X-Request-Id",
    "",
    lambda c, r: (
        c.header("x-request-id") is None
        and r.set("X-Request-Id", "00000000-0000-4000-8000-000000000000")
    ),
)
on_reply(
    "limit-headers",
    "LIMIT-HEAD-01",
    "answers tell of limits in X-RateLimit headers",
    f"{GENERATION} {LISTS}",
    lambda _c, r: r.headers.append(("X-RateLimit-Remaining", "99")),
)

# --- account --------------------------------------------------------------------------------------


def _without_permission(*operations: str) -> Callable[[Service], None]:
    def change(service: Service) -> None:
        def make(honest: Any) -> Any:
            def account(work: Work, *rest: Any) -> Any:
                if work.operation in operations and work.key is not None:
                    return work.key.user
                return honest(work, *rest)

            return account

        _swap(service, "account", make)

    return change


def _charge(after: Callable[[Service, Any, Any], Any]) -> Callable[[Service], None]:
    """Make a change that does something after every payment; it also gets the balances before."""

    def change(service: Service) -> None:
        def make(honest: Any) -> Any:
            def charge(key: Any, *rest: Any) -> Any:
                before = (dict(key.user.balances), key.budget)
                cost = honest(key, *rest)
                after(service, key, before)
                return cost

            return charge

        _swap(service.accounts, "charge", make)

    return change


def _refund(_service: Service, key: Any, before: Any) -> None:
    key.user.balances.update(before[0])
    key.budget = before[1]


def _list_option(option: str, value: Any) -> Callable[[Service], None]:
    def change(service: Service) -> None:
        def make(honest: Any) -> Any:
            def usage(user: Any, limit: int, before: str | None) -> Any:
                given = {"limit": limit, "before": before, option: value}
                return honest(user, given["limit"], given["before"])

            return usage

        _swap(service.accounts, "usage", make)

    return change


def _text(change: Callable[[str], str]) -> Callable[[Call, Reply], None]:
    """Make a change of the text of CSV answers."""

    def rewrite(_call: Call, reply: Reply) -> None:
        if (reply.header("content-type") or "").startswith("text/csv"):
            reply.body = change(reply.body.decode()).encode()

    return rewrite


def _csv_type(_call: Call, reply: Reply) -> None:
    if reply.header("content-type") == "text/csv":
        reply.set("Content-Type", "text/plain; charset=utf-8")


def _fresh_days(service: Service) -> None:
    def make(honest: Any) -> Any:
        def daily(user: Any) -> Any:
            cast("Any", service.accounts)._daily.clear()
            return honest(user)

        return daily

    _swap(service.accounts, "daily", make)


def _keyless_status(service: Service) -> None:
    def make(honest: Any) -> Any:
        async def status(work: Work) -> Reply:
            if work.key is None:
                return json_reply({"valid": False})
            return cast("Reply", await honest(work))

        return status

    service.operations[KEY] = make(service.operations[KEY])


def _permission_needed(service: Service) -> None:
    def make(honest: Any) -> Any:
        async def status(work: Work) -> Reply:
            if work.key is not None and not work.key.account:
                raise Refused(403, "API key does not have 'account:profile' permission")
            return cast("Reply", await honest(work))

        return status

    service.operations[KEY] = make(service.operations[KEY])


def _keyless_account(service: Service) -> None:
    def make(honest: Any) -> Any:
        def account(work: Work, *rest: Any) -> Any:
            work.key = work.key or _named(service, "secret")
            return honest(work, *rest)

        return account

    _swap(service, "account", make)


on_json(
    "profile-nulls-left-out",
    "ACC-PROFILE-01",
    "fields without a value are left out",
    PROFILE,
    lambda b: {k: v for k, v in b.items() if v is not None and k != "image"},
)
on_service(
    "profile-open",
    "ACC-PROFILE-02",
    "the profile needs no permission",
    _without_permission(PROFILE),
)
on_json(
    "profile-permission-unnamed",
    "ACC-PROFILE-02",
    "the refusal does not name the permission",
    PROFILE,
    _set("error.message", "Access denied!"),
    403,
)
on_json(
    "profile-from-the-future",
    "ACC-PROFILE-03",
    "the account was created in 2099",
    PROFILE,
    _set("createdAt", "2099-01-01T00:00:00.000Z"),
)
on_json(
    "profile-created-locally",
    "ACC-PROFILE-03",
    "createdAt has no time zone",
    PROFILE,
    _set("createdAt", "2025-03-01 09:30:00"),
)
on_json(
    "profile-resets-at-noon",
    "ACC-PROFILE-04",
    "nextResetAt is noon",
    PROFILE,
    _set("nextResetAt", lambda v: v.replace("T00:", "T12:")),
)
on_json("balance-as-text", "ACC-BAL-01", "balance is a text", BALANCE, _set("balance", str))
on_json("balance-null", "ACC-BAL-01", "balance is null", BALANCE, _set("balance", None))
on_service(
    "balance-open", "ACC-BAL-02", "the balance needs no permission", _without_permission(BALANCE)
)
on_json(
    "balance-without-budget",
    "ACC-BAL-03",
    "a budgeted key sees the owner's total",
    BALANCE,
    _set("balance", 1_000_002.0),
)
on_service("balance-frozen", "ACC-BAL-04", "nothing lowers the balance", _charge(_refund))
on_json(
    "usage-count-off",
    "ACC-USAGE-01",
    "count is one too high",
    USAGE,
    _set("count", lambda n: n + 1),
)
on_service("usage-open", "ACC-USAGE-02", "usage needs no permission", _without_permission(USAGE))
accept("usage-limit-lenient", "ACC-USAGE-03", "any limit is accepted", USAGE, "limit")
on_service("usage-limit-ignored", "ACC-USAGE-04", "limit is ignored", _list_option("limit", 50_000))
on_service(
    "usage-before-ignored", "ACC-USAGE-05", "before is ignored", _list_option("before", None)
)
on_json(
    "usage-oldest-first",
    "ACC-USAGE-06",
    "records are sorted from old to new",
    USAGE,
    _set("usage", lambda rows: rows[::-1]),
)
on_reply("usage-csv-plain", "ACC-USAGE-07", "CSV is called text/plain", USAGE, _csv_type)
on_reply(
    "usage-csv-inline",
    "ACC-USAGE-07",
    "CSV is no attachment",
    USAGE,
    lambda _c, r: r.set("Content-Disposition", None),
)
on_reply(
    "usage-csv-columns",
    "ACC-USAGE-08",
    "the CSV's columns are in another order",
    USAGE,
    _text(lambda t: t.replace("timestamp,type", "type,timestamp", 1)),
)
on_reply(
    "usage-csv-unquoted",
    "ACC-USAGE-09",
    "CSV values are not quoted",
    USAGE,
    _text(lambda t: t.replace('"', "")),
)
on_reply(
    "usage-csv-last-line",
    "ACC-USAGE-09",
    "the CSV ends with an empty line",
    USAGE,
    _text(lambda t: t + "\n"),
)
on_reply(
    "usage-csv-null",
    "ACC-USAGE-09",
    "the CSV writes null",
    USAGE,
    _text(lambda t: t + "\nnull,,,,,,,,,,,,,,,"),
)
on_reply(
    "usage-csv-short",
    "ACC-USAGE-10",
    "the CSV lacks the last record",
    USAGE,
    _text(lambda t: t.rpartition("\n")[0] or t),
)
accept("usage-format-lenient", "ACC-USAGE-11", "an unknown format means JSON", USAGE, "format")
on_json(
    "usage-timestamp-iso",
    "ACC-USAGE-12",
    "timestamps are written as ISO 8601",
    USAGE,
    _each(lambda e: e.update(timestamp=e["timestamp"].replace(" ", "T") + "Z")),
)
on_service(
    "usage-forgotten",
    "ACC-USAGE-13",
    "calls leave no record",
    _charge(lambda s, _k, _b: s.accounts.records.pop() if s.accounts.records else None),
)
on_json(
    "usage-free",
    "ACC-USAGE-13",
    "records cost nothing",
    USAGE,
    _each(lambda e: e.update(cost_usd=0)),
)
on_json(
    "daily-count-off",
    "ACC-DAILY-01",
    "count is one too high",
    DAILY,
    _set("count", lambda n: n + 1),
)
on_service(
    "daily-open", "ACC-DAILY-02", "daily usage needs no permission", _without_permission(DAILY)
)
on_json(
    "daily-date-short",
    "ACC-DAILY-03",
    "dates are written 2026-1-5",
    DAILY,
    _each(lambda e: e.update(date=e["date"].replace("-0", "-") + "T00:00:00Z")),
)
on_json(
    "daily-date-old",
    "ACC-DAILY-03",
    "dates are older than 90 days",
    DAILY,
    _each(lambda e: e.update(date="2024-01-01")),
)
on_json(
    "daily-twice",
    "ACC-DAILY-04",
    "a sum stands twice",
    DAILY,
    lambda b: {"usage": b["usage"] + b["usage"][:1], "count": len(b["usage"] + b["usage"][:1])},
)
on_reply(
    "daily-csv-name",
    "ACC-DAILY-05",
    "the CSV has the other list's name",
    DAILY,
    lambda _c, r: (
        r.header("content-disposition")
        and r.set("Content-Disposition", r.header("content-disposition").replace("-daily", ""))
    ),
)
on_reply("daily-csv-plain", "ACC-DAILY-05", "CSV is called text/plain", DAILY, _csv_type)
on_service("daily-always-fresh", "ACC-DAILY-06", "two calls within the hour differ", _fresh_days)
on_json(
    "daily-halved",
    "ACC-DAILY-07",
    "daily sums are too low",
    DAILY,
    _each(lambda e: e.update(requests=e["requests"] + 1, cost_usd=e["cost_usd"] / 2)),
)
on_json(
    "key-status-short",
    "ACC-KEY-01",
    "fields without a value are left out",
    KEY,
    lambda b: {k: v for k, v in b.items() if v is not None},
)
on_json("key-invalid", "ACC-KEY-01", "a good key is called invalid", KEY, _set("valid", False))
on_service(
    "key-needs-permission", "ACC-KEY-02", "a key without permissions is refused", _permission_needed
)
on_service(
    "key-missing-ok", "ACC-KEY-03", "no key is answered with 200 and valid false", _keyless_status
)
on_json(
    "key-expires-at-once",
    "ACC-KEY-04",
    "expiresIn is 0 where nothing expires",
    KEY,
    _set("expiresIn", lambda v: v or 0),
)
on_json(
    "key-expires-in-milliseconds",
    "ACC-KEY-05",
    "expiresIn is in milliseconds",
    KEY,
    _set("expiresIn", lambda v: v and v * 1000),
)
on_json("key-type-secret", "ACC-KEY-06", "every key is called secret", KEY, _set("type", "secret"))
on_json(
    "key-permissions-long",
    "ACC-KEY-07",
    "permissions have the long names",
    KEY,
    _set("permissions.account", lambda v: v and [f"account:{n}" for n in v]),
)
on_json(
    "key-permissions-empty",
    "ACC-KEY-07",
    "no permissions are an empty list",
    KEY,
    _set("permissions.account", lambda v: v or []),
)
on_json(
    "key-models-hidden",
    "ACC-KEY-08",
    "the models of a restricted key are not told",
    KEY,
    _set("permissions.models", None),
)
on_json(
    "key-models-empty",
    "ACC-KEY-08",
    "an unrestricted key has an empty list",
    KEY,
    _set("permissions.models", lambda v: v or []),
)

# --- model lists ----------------------------------------------------------------------------------


def _list_needs_key(operations: str) -> Callable[[Service], None]:
    def change(service: Service) -> None:
        def make(honest: Any) -> Any:
            async def listed(work: Work) -> Reply:
                if work.key is None:
                    raise Refused(401)
                return cast("Reply", await honest(work))

            return listed

        for name in operations.split():
            service.operations[name] = make(service.operations[name])

    return change


def _unfiltered(operations: str) -> Callable[[Service], None]:
    def change(service: Service) -> None:
        def make(honest: Any) -> Any:
            async def listed(work: Work) -> Reply:
                work.key = None
                return cast("Reply", await honest(work))

            return listed

        for name in operations.split():
            service.operations[name] = make(service.operations[name])

    return change


def _bad_key_overlooked(service: Service) -> None:
    def make(honest: Any) -> Any:
        def resolve(call: Call) -> Any:
            try:
                return honest(call)
            except Refused:
                if call.path.endswith("models"):
                    return None
                raise

        return resolve

    _swap(service, "resolve_key", make)


on_service("models-need-key", "MODELS-V1-01", "the list needs a key", _list_needs_key(V1))
on_json(
    "models-twice",
    "MODELS-V1-02",
    "the first model stands twice",
    V1,
    _set("data", lambda d: [d[0], *d]),
)
on_service(
    "models-unfiltered", "MODELS-V1-03", "a restricted key sees every model", _unfiltered(V1)
)
on_json(
    "models-alias",
    "MODELS-V1-04",
    "the list has aliases",
    V1,
    _set("data", lambda d: [*d, {**d[0], "id": "gpt-5-nano"}]),
)
on_json(
    "models-created-seconds",
    "MODELS-V1-05",
    "created is in seconds",
    V1,
    _each(lambda e: e.update(created=e["created"] // 1000), "data"),
)
on_service(
    "models-any-key",
    "MODELS-KEY-01",
    "an invalid key does not matter to the lists",
    _bad_key_overlooked,
)
on_json(
    "image-models-no-video",
    "MODELS-IMAGE-01",
    "video models are not listed",
    "listImageModels",
    lambda b: [e for e in b if "video" not in e["output_modalities"]],
)
on_reply(
    "models-alias-path-gone",
    "MODELS-TEXT-01",
    "/models is unknown",
    "listTextModels",
    lambda c, r: c.path == "/models" and setattr(r, "status", 404),
)
on_json(
    "audio-models-no-voices",
    "MODELS-AUDIO-01",
    "no model lists its voices",
    "listAudioModels",
    _each(lambda e: e.pop("voices", None)),
)
on_service("infos-need-key", "MODELS-INFO-01", "the lists need a key", _list_needs_key(INFOS))
on_json(
    "infos-alias-clash",
    "MODELS-INFO-02",
    "two models share an alias",
    INFOS,
    lambda b: b[-1]["aliases"].append(b[0]["name"]) if b else None,
)
on_json(
    "infos-free",
    "MODELS-INFO-03",
    "a price is 0",
    INFOS,
    lambda b: b[0]["pricing"].update(completionTextTokens=0) if b else None,
)
on_json(
    "infos-dollars",
    "MODELS-INFO-03",
    "prices are in dollars",
    INFOS,
    _each(lambda e: e["pricing"].update(currency="USD")),
)
on_service(
    "infos-unfiltered", "MODELS-INFO-04", "a restricted key sees every model", _unfiltered(INFOS)
)

# --- chat: what is accepted -----------------------------------------------------------------------


def _number_edge(work: Work) -> bool:
    edges = {
        "temperature": (0, 2),
        "top_p": (0, 1),
        "frequency_penalty": (-2, 2),
        "presence_penalty": (-2, 2),
        "top_logprobs": (0, 20),
    }
    return any(_sent(work, n) and _field(work, n) in both for n, both in edges.items())


def _default_model(call: Call, service: Service) -> None:
    def change(body: Json) -> None:
        model = body.get("model")
        if isinstance(model, str) and service.registry.resolve(model) is None:
            body["model"] = "openai"

    _body(call, change)


def _is_alias(work: Work) -> bool:
    return (
        _sent(work, "model")
        and re.search(r"gpt-5-nano|sonar|gemini-3-flash", str(_field(work, "model"))) is not None
    )


def _unknown_field(work: Work) -> bool:
    known = {
        "messages",
        "model",
        "stream",
        "seed",
        "temperature",
        "tools",
        "tool_choice",
        "max_tokens",
        "stop",
        "response_format",
        "logprobs",
        "top_logprobs",
        "modalities",
        "audio",
        "thinking",
        "reasoning_effort",
        "thinking_budget",
        "user",
        "key",
    }
    return bool(
        work.values.sent
        - known
        - {k for k in work.values.sent if len(k) > 7 and "_" in k and "unknown" not in k}
    )


NULLABLE = (
    "temperature",
    "top_p",
    "seed",
    "max_tokens",
    "stop",
    "stream",
    "logprobs",
    "logit_bias",
    "frequency_penalty",
    "presence_penalty",
    "thinking",
    "stream_options",
    "top_logprobs",
    "repetition_penalty",
)
NOT_NULLABLE = (
    "reasoning_effort",
    "thinking_budget",
    "parallel_tool_calls",
    "user",
    "tools",
    "tool_choice",
    "model",
    "modalities",
    "audio",
    "response_format",
)

refuse(
    "chat-model-required",
    "CHAT-REQ-01",
    "model must be named",
    CHAT,
    "model",
    lambda w: not _sent(w, "model"),
)
refuse(
    "chat-messages-required",
    "CHAT-REQ-02",
    "an empty list of messages is refused",
    CHAT,
    "messages",
    lambda w: not _messages(w),
)
accept(
    "chat-ranges-lenient",
    "CHAT-REQ-03",
    "numbers outside their range are accepted",
    CHAT,
    "temperature",
    "top_p",
    "frequency_penalty",
    "presence_penalty",
    "repetition_penalty",
    "top_logprobs",
    "seed",
    "max_tokens",
)
refuse(
    "chat-edges-refused",
    "CHAT-REQ-04",
    "the edges of a range are refused",
    CHAT,
    "temperature",
    _number_edge,
)
refuse(
    "chat-null-refused",
    "CHAT-REQ-05",
    "null is refused everywhere",
    CHAT,
    "temperature",
    lambda w: any(_sent(w, n) and _field(w, n) is None for n in NULLABLE),
)
accept("chat-null-lenient", "CHAT-REQ-06", "null is accepted everywhere", CHAT, *NOT_NULLABLE)
accept(
    "chat-enums-lenient",
    "CHAT-REQ-07",
    "unknown values of enumerations are accepted",
    CHAT,
    "reasoning_effort",
    "tool_choice",
    "modalities",
    "audio",
)
refuse(
    "chat-unknown-field-refused",
    "CHAT-REQ-08",
    "an unknown field is refused",
    CHAT,
    "messages",
    _unknown_field,
)
on_call(
    "chat-unknown-model-default",
    "CHAT-REQ-09",
    "an unknown model means the default one",
    CHAT,
    _default_model,
)
on_json(
    "chat-unknown-model-unnamed",
    "CHAT-REQ-09",
    "the refusal of a model does not say which",
    CHAT,
    lambda b: (
        ("Invalid service" in b["error"]["message"] and b["error"].update(message="Bad request"))
        or None
    ),
    400,
)
refuse("chat-alias-refused", "CHAT-REQ-10", "aliases are refused", CHAT, "model", _is_alias)
accept("chat-stop-lenient", "CHAT-REQ-11", "any number of stops is accepted", CHAT, "stop")
accept("chat-functions-lenient", "CHAT-REQ-12", "any functions are accepted", CHAT, "functions")
accept("chat-messages-lenient", "CHAT-REQ-13", "any messages are accepted", CHAT, "messages")
refuse(
    "chat-video-refused",
    "CHAT-REQ-14",
    "video parts are refused",
    CHAT,
    "messages",
    lambda w: any(p.get("type") == "video_url" for p in _parts(w)),
)
refuse(
    "chat-part-closed",
    "CHAT-REQ-15",
    "parts of unknown type are refused",
    CHAT,
    "messages",
    lambda w: any(
        p.get("type") not in ("text", "image_url", "video_url", "input_audio", "file")
        for p in _parts(w)
    ),
)
refuse(
    "chat-thinking-refused",
    "CHAT-REQ-16",
    "switching thought off is refused",
    CHAT,
    "thinking",
    lambda w: (
        (_field(w, "thinking") or {}).get("type") == "disabled" or _field(w, "thinking_budget") == 0
    ),
)
accept("chat-tools-lenient", "CHAT-REQ-18", "any tools are accepted", CHAT, "tools")


def _publishable_refused(service: Service) -> None:
    def make(honest: Any) -> Any:
        def authorize(work: Work, *rest: Any, **named: Any) -> Any:
            if (
                work.operation in CHAT.split()
                and work.key is not None
                and work.key.type == "publishable"
            ):
                raise Refused(403, "Secret keys only")
            return honest(work, *rest, **named)

        return authorize

    _swap(service, "authorize", make)


on_service("chat-secret-only", "CHAT-REQ-17", "publishable keys are refused", _publishable_refused)

# --- chat: what is answered -----------------------------------------------------------------------

_MESSAGE = "choices.0.message."


def _calls_of(body: Any) -> list[Json]:
    found = body["choices"][0]["message"].get("tool_calls")
    return found or []


def _when_calls(change: Callable[[Json], Any]) -> Callable[[Any], None]:
    def apply_calls(body: Any) -> None:
        for call in _calls_of(body):
            change(call)

    return apply_calls


def _no_call(body: Any) -> None:
    if _calls_of(body):
        body["choices"][0]["message"].update(tool_calls=None, content="I would rather not.")


def _request_change(change: Callable[[Json], Any]) -> Callable[[Call, Service], None]:
    return lambda call, _service: _body(call, change)


def _calls_anyway(body: Json) -> None:
    if body.get("tool_choice") == "none":
        body["tool_choice"] = "required"


def _other_function(body: Json) -> None:
    if isinstance(body.get("tool_choice"), dict) and body.get("tools"):
        body["tool_choice"] = "required"
        body["tools"] = [{"type": "function", "function": {"name": "another"}}]


def _result_lost(body: Any) -> None:
    if (body["choices"][0]["message"].get("content") or "").startswith("The tool answered"):
        body["choices"][0]["message"]["content"] = ""


def _strict_calls(work: Work) -> bool:
    sent = [c for m in _messages(work) for c in m.get("tool_calls") or []]
    return any(
        set(c) - {"id", "type", "function"} or set(c["function"]) - {"name", "arguments"}
        for c in sent
    )


def _chatty(call: Call, reply: Reply) -> None:
    if (
        b"json_object" in call.body
        and "json" in (reply.header("content-type") or "")
        and reply.status == 200
    ):
        body = json.loads(reply.body)
        body["choices"][0]["message"]["content"] = "Here you are:\n" + str(
            body["choices"][0]["message"]["content"]
        )
        reply.body = dumps(body)


def _misfit(call: Call, reply: Reply) -> None:
    if (
        b"json_schema" in call.body
        and "json" in (reply.header("content-type") or "")
        and reply.status == 200
    ):
        body = json.loads(reply.body)
        body["choices"][0]["message"]["content"] = "{}"
        reply.body = dumps(body)


def _never_same(service: Service) -> None:
    service.options.cached = False
    _swap(service, "dice_seed", lambda _honest: lambda seed: (service.calls, seed))


def _with_audio(change: Callable[[Json], Any]) -> Callable[[Any], None]:
    def apply_audio(body: Any) -> None:
        audio = body["choices"][0]["message"].get("audio")
        if audio:
            change(audio)

    return apply_audio


on_json(
    "chat-object-wrong",
    "CHAT-RES-01",
    "the answer is called a chunk",
    CHAT,
    _set("object", "chat.completion.chunk"),
)
on_json(
    "chat-two-choices",
    "CHAT-RES-01",
    "there are two choices",
    CHAT,
    _set("choices", lambda c: c + c),
)
on_json(
    "chat-role-user",
    "CHAT-RES-01",
    "the message's role is user",
    CHAT,
    _set(_MESSAGE + "role", "user"),
)
on_json(
    "chat-role-missing",
    "CHAT-RES-01",
    "the message has no role",
    CHAT,
    _set(_MESSAGE + "role", DROP),
)
on_json(
    "chat-id-openai",
    "CHAT-RES-02",
    "the id is the provider's",
    CHAT,
    _set("id", lambda v: "chatcmpl-" + v[6:]),
)
on_json(
    "chat-id-upper",
    "CHAT-RES-02",
    "the id's digits are capitals",
    CHAT,
    _set("id", lambda v: v[:6] + v[6:].upper() + "A"),
)
on_json(
    "chat-created-milliseconds",
    "CHAT-RES-03",
    "created is in milliseconds",
    CHAT,
    _set("created", lambda v: v * 1000),
)
on_json(
    "chat-created-fraction",
    "CHAT-RES-03",
    "created has a fraction",
    CHAT,
    _set("created", lambda v: v + 0.5),
)
on_json("chat-no-usage", "CHAT-RES-04", "there is no usage", CHAT, _set("usage", DROP))
on_json("chat-usage-null", "CHAT-RES-04", "usage is null", CHAT, _set("usage", None))
on_json(
    "chat-total-too-low",
    "CHAT-RES-04",
    "total_tokens is the completion's half",
    CHAT,
    _set("usage.total_tokens", 1),
)
on_json(
    "chat-usage-as-text",
    "CHAT-RES-04",
    "prompt_tokens is a text",
    CHAT,
    _set("usage.prompt_tokens", str),
)
on_service(
    "chat-never-same", "CHAT-RES-05", "the same request is answered differently", _never_same
)
on_json(
    "tool-required-ignored",
    "CHAT-TOOL-01",
    "no tool is called although one must be",
    CHAT,
    _no_call,
)
on_json(
    "tool-arguments-object",
    "CHAT-TOOL-01",
    "arguments are an object",
    CHAT,
    _when_calls(lambda c: c["function"].update(arguments=json.loads(c["function"]["arguments"]))),
)
on_json(
    "tool-arguments-cut",
    "CHAT-TOOL-01",
    "arguments are no JSON",
    CHAT,
    _when_calls(lambda c: c["function"].update(arguments=c["function"]["arguments"][:-1])),
)
on_json(
    "tool-call-without-id",
    "CHAT-TOOL-01",
    "a tool call has no id",
    CHAT,
    _when_calls(lambda c: c.pop("id", None)),
)
on_json(
    "tool-unknown-function",
    "CHAT-TOOL-01",
    "a function is called that nobody offered",
    CHAT,
    _when_calls(lambda c: c["function"].update(name="made_up")),
)
on_json(
    "tool-result-unanswered",
    "CHAT-TOOL-02",
    "a tool's result is answered with nothing",
    CHAT,
    _result_lost,
)
refuse(
    "tool-content-required",
    "CHAT-TOOL-02",
    "an assistant message needs content",
    CHAT,
    "messages",
    lambda w: any(m.get("role") == "assistant" and m.get("content") is None for m in _messages(w)),
)
refuse(
    "tool-call-closed",
    "CHAT-TOOL-03",
    "extra fields of a tool call are refused",
    CHAT,
    "messages",
    _strict_calls,
)
on_call(
    "tool-choice-ignored",
    "CHAT-TOOL-04",
    "another function is called than the named one",
    CHAT,
    _request_change(_other_function),
)
on_call(
    "tool-none-ignored",
    "CHAT-TOOL-05",
    "a tool is called although none may be",
    CHAT,
    _request_change(_calls_anyway),
)
on_json(
    "tool-arguments-empty",
    "CHAT-TOOL-06",
    "arguments do not fit the schema",
    CHAT,
    _when_calls(lambda c: c["function"].update(arguments="{}")),
)
on_reply("json-object-chatty", "CHAT-FORMAT-01", "JSON is introduced by a sentence", CHAT, _chatty)
on_reply("json-schema-misfit", "CHAT-FORMAT-02", "JSON does not fit its schema", CHAT, _misfit)
accept(
    "response-format-lenient",
    "CHAT-FORMAT-03",
    "any response_format is accepted",
    CHAT,
    "response_format",
)
on_json(
    "chat-audio-missing", "CHAT-AUDIO-01", "there is no audio", CHAT, _set(_MESSAGE + "audio", None)
)
on_json(
    "chat-audio-bytes",
    "CHAT-AUDIO-01",
    "audio is no base64",
    CHAT,
    _with_audio(lambda a: a.update(data="?" + a["data"])),
)
on_json(
    "chat-audio-uncounted",
    "CHAT-AUDIO-01",
    "no audio tokens are counted",
    CHAT,
    lambda b: b["usage"].get("completion_tokens_details", {}).update(audio_tokens=0),
)
on_json(
    "chat-citations-missing",
    "CHAT-CITE-01",
    "search models do not cite",
    CHAT,
    _set("citations", DROP),
)
on_json(
    "chat-logprobs-missing",
    "CHAT-LOGPROB-01",
    "logprobs are not given",
    CHAT,
    _set("choices.0.logprobs", None),
)
on_reply(
    "chat-model-used-asked",
    "CHAT-USAGE-01",
    "x-model-used is the model's name here",
    CHAT,
    lambda _c, r: r.header("x-model-used") and r.set("x-model-used", "openai"),
    200,
)
on_reply(
    "usage-header-zero",
    "CHAT-USAGE-02",
    "counters of 0 are sent",
    GENERATION,
    lambda _c, r: r.header("x-model-used") and r.set("x-usage-prompt-image-tokens", "0"),
)
on_reply(
    "usage-total-off",
    "CHAT-USAGE-03",
    "x-usage-total-tokens is one too high",
    GENERATION,
    lambda _c, r: (
        r.header("x-usage-total-tokens")
        and r.set("x-usage-total-tokens", str(Decimal(r.header("x-usage-total-tokens") or 0) + 1))
    ),
)
on_reply(
    "usage-headers-swapped",
    "CHAT-USAGE-04",
    "the headers do not follow from usage",
    CHAT,
    lambda _c, r: (
        r.header("x-usage-prompt-text-tokens") and r.set("x-usage-prompt-text-tokens", "999999")
    ),
)
on_reply(
    "usage-headers-missing",
    "CHAT-USAGE-04",
    "there are no x-usage headers",
    CHAT,
    lambda _c, r: setattr(
        r, "headers", [h for h in r.headers if not h[0].lower().startswith("x-usage")]
    ),
)
restatus(
    "legacy-gone",
    "CHAT-LEGACY-01",
    "the old address is unknown",
    "createChatCompletionLegacy",
    200,
    404,
)

# --- streams --------------------------------------------------------------------------------------


def _as_json(call: Call, reply: Reply) -> None:
    if (reply.header("content-type") or "").startswith("text/event-stream"):
        reply.set("Content-Type", "application/json")


async def _lump(_call: Call, reply: Reply) -> None:
    """Send a whole answer where a stream was asked for."""
    if reply.stream is not None and (reply.header("content-type") or "").startswith("text/event"):
        async for _ in reply.stream:
            pass
        reply.stream, reply.body = None, b""


def _done_twice(blocks: list[bytes]) -> list[bytes]:
    return (
        [*blocks, b'data: {"id":"late","choices":[],"created":0,"model":"","object":""}\n\n']
        if _DONE in blocks
        else blocks
    )


def _finish_everywhere(chunks: list[Json]) -> None:
    for chunk in chunks:
        for choice in chunk["choices"]:
            choice["finish_reason"] = "stop"


def _no_finish(chunks: list[Json]) -> None:
    for chunk in chunks:
        for choice in chunk["choices"]:
            choice["finish_reason"] = None


def _deltas(change: Callable[[Json], Any]) -> Callable[[list[Json]], None]:
    def apply_deltas(chunks: list[Json]) -> None:
        for chunk in chunks:
            for choice in chunk["choices"]:
                change(choice["delta"])

    return apply_deltas


def _delta_calls(change: Callable[[Json], Any]) -> Callable[[list[Json]], None]:
    return _deltas(lambda delta: [change(call) for call in delta.get("tool_calls") or []])


def _stream_errors(call: Call, reply: Reply) -> None:
    if b'"stream": true' in call.body or b'"stream":true' in call.body:
        text = b"data: " + reply.body + b"\n\n" + _DONE
        reply.status, reply.body = 200, text
        reply.set("Content-Type", "text/event-stream; charset=utf-8")


def _shared_streams(service: Service) -> None:
    def make(honest: Any) -> Any:
        def peek(call: Call) -> Any:
            body = honest(call)
            return (
                {k: v for k, v in body.items() if k != "stream"} if isinstance(body, dict) else body
            )

        return peek

    _swap(service, "peek", make)


def _always_streams(body: Json) -> None:
    if body.get("stream") is None:
        body["stream"] = True


def _chunked(call: Call, reply: Reply) -> Sequence[bytes] | None:
    if not (reply.header("content-type") or "").startswith("text/event-stream"):
        return None
    size = f"{len(reply.body):x}\r\n".encode()
    return [_head(reply, "Transfer-Encoding: chunked") + size + reply.body + b"\r\n"]


def _bad_chunks(call: Call, reply: Reply) -> Sequence[bytes] | None:
    if not (reply.header("content-type") or "").startswith("text/event-stream"):
        return None
    size = f"{len(reply.body) + 7:x}\r\n".encode()
    return [_head(reply, "Transfer-Encoding: chunked") + size + reply.body + b"\r\n0\r\n\r\n"]


on_reply(
    "stream-called-json",
    "CHAT-STREAM-01",
    "a stream is called application/json",
    f"{CHAT} {TEXT}",
    _as_json,
)
on_reply("stream-empty", "CHAT-STREAM-01", "a stream has no event", CHAT, _lump)
on_blocks(
    "stream-bad-json",
    "CHAT-STREAM-02",
    "an event's data is no JSON",
    lambda bs: [bs[0][:-3] + b"\n\n", *bs[1:]],
)
on_blocks(
    "stream-word",
    "CHAT-STREAM-02",
    "an event's data is a word",
    lambda bs: [b"data: ping\n\n", *bs],
)
on_blocks(
    "stream-undone",
    "CHAT-STREAM-03",
    "no stream ends with [DONE]",
    lambda bs: [b for b in bs if b != _DONE],
)
on_chunks(
    "stream-finished-everywhere",
    "CHAT-STREAM-04",
    "every chunk carries a finish_reason",
    _finish_everywhere,
)
on_chunks("stream-never-finished", "CHAT-STREAM-04", "no chunk carries a finish_reason", _no_finish)
on_chunks(
    "stream-without-usage",
    "CHAT-STREAM-05",
    "no chunk carries usage",
    lambda cs: [{k: v for k, v in c.items() if k != "usage"} for c in cs],
)
on_chunks(
    "stream-partial-usage",
    "CHAT-STREAM-05",
    "usage lacks the total",
    lambda cs: [(c.get("usage") or {}).pop("total_tokens", None) for c in cs] and None,
)
on_chunks(
    "stream-silent",
    "CHAT-STREAM-06",
    "no delta carries text",
    _deltas(lambda d: d.pop("content", None)),
)
on_reply(
    "stream-usage-headers",
    "CHAT-STREAM-07",
    "a stream carries x-model-used",
    CHAT,
    lambda _c, r: (
        (r.header("content-type") or "").startswith("text/event")
        and r.headers.append(("x-model-used", "gpt-5"))
    ),
)
on_blocks("stream-after-done", "CHAT-STREAM-08", "an event follows [DONE]", _done_twice)
on_blocks(
    "stream-done-twice",
    "CHAT-STREAM-08",
    "[DONE] comes twice",
    lambda bs: [*bs, _DONE] if _DONE in bs else bs,
)
on_reply(
    "stream-errors-inside",
    "CHAT-STREAM-09",
    "a refusal is sent as an event of a stream",
    CHAT,
    _stream_errors,
    400,
)
on_service(
    "stream-shared", "CHAT-STREAM-10", "concurrent streams are de-duplicated", _shared_streams
)
on_call(
    "stream-always",
    "CHAT-STREAM-11",
    "everything is streamed",
    CHAT,
    _request_change(_always_streams),
)
on_blocks(
    "stream-tight",
    "CHAT-STREAM-12",
    "no blank follows the colon",
    lambda bs: [b.replace(b"data: ", b"data:", 1) for b in bs],
)
on_blocks(
    "stream-crlf",
    "CHAT-STREAM-12",
    "lines end in CR LF",
    lambda bs: [b.replace(b"\n", b"\r\n") for b in bs],
)
on_blocks(
    "stream-cut",
    "CHAT-STREAM-13",
    "a stream ends in the middle",
    lambda bs: bs[:2] if len(bs) > 3 else bs[:-1],
)
on_wire(
    "stream-chunk-missing",
    "CHAT-STREAM-13",
    "the last chunk of the transfer is missing",
    CHAT,
    _chunked,
)
on_wire(
    "stream-chunk-size",
    "CHAT-STREAM-13",
    "the chunk sizes of the transfer are wrong",
    CHAT,
    _bad_chunks,
)
on_chunks(
    "stream-calls-without-index",
    "CHAT-STREAM-14",
    "streamed tool calls have no index",
    _delta_calls(lambda c: c.pop("index", None)),
)
on_chunks(
    "stream-calls-garbled",
    "CHAT-STREAM-14",
    "pieces of arguments do not join to JSON",
    _delta_calls(
        lambda c: c.get("function", {}).update(
            arguments=c.get("function", {}).get("arguments", "") + "{"
        )
    ),
)

# --- text -----------------------------------------------------------------------------------------


def _literal_slash(call: Call, _service: Service) -> None:
    if call.path.startswith("/text/"):
        call.path = "/text/" + call.path[6:].replace("/", "%2F")


def _empty_prompt(call: Call, _service: Service) -> None:
    if call.path in ("/text/", "/text"):
        call.path = "/text/nothing"


def _as_message(_call: Call, reply: Reply) -> None:
    if (reply.header("content-type") or "").startswith("text/plain"):
        reply.body = dumps({"role": "assistant", "content": reply.body.decode()})


def _latin(_call: Call, reply: Reply) -> None:
    if (reply.header("content-type") or "").startswith("text/plain"):
        reply.body = reply.body.decode().encode("utf-16")


def _stream_text(call: Call, _service: Service) -> None:
    _query(call, lambda ps: [p for p in ps if p[0] != "stream"])


def _truthy(call: Call, _service: Service) -> None:
    _query(call, lambda ps: [(n, "true" if n == "stream" and v else v) for n, v in ps])


def _no_json(call: Call, _service: Service) -> None:
    _query(call, lambda ps: [p for p in ps if p[0] != "json"])


def _double_decoded(call: Call, _service: Service) -> None:
    if re.search("%25|%2F|%0A", call.path, re.IGNORECASE):
        call.path = "/text" + call.path.replace("%", "/")


def _audio_as_text(_call: Call, reply: Reply) -> None:
    if reply.header("content-type") == "audio/mpeg":
        reply.body = b"no sound here"
        reply.set("Content-Type", "text/plain; charset=utf-8")


def _strict_percent(work: Work) -> bool:
    return re.search(r"%(?![0-9a-fA-F]{2})", work.call.path) is not None


on_reply("text-as-message", "TEXT-GET-01", "the text is wrapped in JSON", TEXT, _as_message, 200)
on_reply("text-utf-16", "TEXT-GET-01", "the text is not in UTF-8", TEXT, _latin, 200)
on_reply(
    "text-empty",
    "TEXT-GET-01",
    "the text is empty",
    TEXT,
    lambda _c, r: (
        (r.header("content-type") or "").startswith("text/plain") and setattr(r, "body", b"")
    ),
    200,
)
on_call(
    "text-decoded-twice",
    "TEXT-GET-02",
    "encoded slashes, percents and line ends are taken apart",
    TEXT,
    _double_decoded,
)
on_call(
    "text-any-slash", "TEXT-GET-03", "an unencoded slash belongs to the prompt", "", _literal_slash
)
on_call("text-empty-prompt", "TEXT-GET-04", "an empty prompt is accepted", "", _empty_prompt)
accept("text-seed-lenient", "TEXT-GET-05", "any seed is accepted", TEXT, "seed")
accept("text-model-lenient", "TEXT-GET-06", "any model is accepted", TEXT, "model")
accept(
    "text-temperature-lenient", "TEXT-GET-07", "any temperature is accepted", TEXT, "temperature"
)
on_call("text-stream-ignored", "TEXT-GET-08", "stream is ignored", TEXT, _stream_text)
on_call("text-stream-false-streams", "TEXT-GET-09", "stream=false streams", TEXT, _truthy)
on_reply(
    "text-audio-as-text", "TEXT-GET-10", "an audio model answers with text", TEXT, _audio_as_text
)
on_call("text-json-ignored", "TEXT-GET-11", "json is ignored", TEXT, _no_json)
refuse(
    "text-model-required",
    "TEXT-GET-12",
    "model must be named",
    TEXT,
    "model",
    lambda w: not _sent(w, "model"),
)
refuse(
    "text-percent-refused",
    "TEXT-GET-13",
    "a malformed escape is refused",
    TEXT,
    "prompt",
    _strict_percent,
)

# --- pictures and films ---------------------------------------------------------------------------


def _picture_text(_call: Call, reply: Reply) -> None:
    if (reply.header("content-type") or "").startswith("image/"):
        reply.body = b"string"


def _picture_cut(_call: Call, reply: Reply) -> None:
    if (reply.header("content-type") or "").startswith("image/"):
        reply.body = reply.body[: len(reply.body) // 2]


def _wrong_kind(_call: Call, reply: Reply) -> None:
    if reply.header("content-type") == "image/jpeg":
        reply.set("Content-Type", "image/png")


def _one_segment(call: Call, _service: Service) -> None:
    if call.path.count("/") > 2 or "%2F" in call.path.upper() or "%0A" in call.path.upper():
        call.path = "/nowhere" + call.path


def _half_size(call: Call, _service: Service) -> None:
    _query(
        call,
        lambda ps: [
            (n, str(int(v) // 2) if n in ("width", "height") and v.isdigit() else v) for n, v in ps
        ],
    )


def _one_second(call: Call, _service: Service) -> None:
    _query(call, lambda ps: [(n, "1" if n == "duration" and v in "23456789" else v) for n, v in ps])


def _no_film(_call: Call, reply: Reply) -> None:
    if reply.header("content-type") == "video/mp4":
        reply.set("Content-Type", "image/jpeg")


def _split_header(_call: Call, reply: Reply) -> Sequence[bytes] | None:
    if not reply.header("content-disposition"):
        return None
    reply.set("Content-Disposition", 'inline; filename="a\r\nX-Injected: yes\r\nX-Rest: .jpg"')
    return [_head(reply, f"Content-Length: {len(reply.body)}") + reply.body]


on_reply("image-is-text", "IMG-GET-01", "the picture is a text", IMAGE, _picture_text, 200)
on_reply("image-cut", "IMG-GET-01", "the picture is half there", IMAGE, _picture_cut, 200)
on_reply("image-called-png", "IMG-GET-01", "a JPEG is called PNG", IMAGE, _wrong_kind, 200)
on_call(
    "image-one-segment",
    "IMG-GET-02",
    "a prompt with slashes or line ends is unknown",
    IMAGE,
    _one_segment,
)
refuse(
    "image-model-required",
    "IMG-GET-03",
    "model must be named",
    IMAGE,
    "model",
    lambda w: not _sent(w, "model"),
)
accept("image-size-lenient", "IMG-GET-04", "any size is accepted", IMAGE, "width", "height")
accept("image-seed-lenient", "IMG-GET-05", "any seed is accepted", IMAGE, "seed")
refuse(
    "image-seed-edges",
    "IMG-GET-05",
    "the greatest seed is refused",
    IMAGE,
    "seed",
    lambda w: _field(w, "seed") == 2147483647,
)
accept("image-quality-lenient", "IMG-GET-06", "any quality is accepted", IMAGE, "quality")
accept("image-duration-lenient", "IMG-GET-07", "any duration is accepted", IMAGE, "duration")
accept("image-reference-lenient", "IMG-GET-08", "any reference is accepted", IMAGE, "image")
refuse(
    "image-one-reference",
    "IMG-GET-09",
    "two references are refused",
    IMAGE,
    "image",
    lambda w: "|" in str(_field(w, "image") or ""),
)
accept("image-model-lenient", "IMG-GET-10", "any model is accepted", IMAGE, "model")
on_reply("video-called-image", "IMG-GET-11", "a film is called image/jpeg", IMAGE, _no_film, 200)
on_reply(
    "image-no-disposition",
    "IMG-GET-12",
    "there is no Content-Disposition",
    IMAGE,
    _header("Content-Disposition", None),
    200,
)
on_reply(
    "image-attachment",
    "IMG-GET-12",
    "a picture is an attachment",
    IMAGE,
    lambda _c, r: r.header("content-disposition") and r.set("Content-Disposition", "attachment"),
    200,
)
on_wire(
    "image-header-split",
    "IMG-GET-12",
    "a line end in the file name splits the header",
    IMAGE,
    _split_header,
)
on_reply(
    "image-uncounted",
    "IMG-GET-13",
    "a picture counts no tokens",
    IMAGE,
    lambda _c, r: r.set("x-usage-completion-image-tokens", None),
    200,
)
on_reply(
    "video-uncounted",
    "IMG-GET-14",
    "a film counts neither seconds nor tokens",
    IMAGE,
    lambda _c, r: (
        r.set("x-usage-completion-video-seconds", None),
        r.set("x-usage-completion-video-tokens", None),
    ),
    200,
)
on_call("image-half-size", "IMG-GET-15", "pictures have half the asked size", IMAGE, _half_size)
on_call("video-one-second", "IMG-GET-16", "films last a second", IMAGE, _one_second)

# --- sound ----------------------------------------------------------------------------------------


def _silence(_call: Call, reply: Reply) -> None:
    if (reply.header("content-type") or "").startswith("audio/"):
        reply.body = b""


def _one_token(_call: Call, reply: Reply) -> None:
    if reply.header("x-usage-completion-audio-tokens"):
        reply.set("x-usage-completion-audio-tokens", "1")


def _no_seconds(_call: Call, reply: Reply) -> None:
    reply.set("x-usage-completion-audio-seconds", None)


def _always_mp3(call: Call, _service: Service) -> None:
    _body(
        call,
        lambda b: (
            b.update(response_format="mp3") if b.get("response_format") in ("wav", "opus") else None
        ),
    )


def _short_input(work: Work) -> bool:
    return len(str(_field(work, "input"))) > 4000


def _long_input(service: Service) -> None:
    def make(honest: Any) -> Any:
        async def voice(work: Work, text: str, *rest: Any) -> Any:
            return await honest(work, text[:4000], *rest)

        return voice

    _swap(service, "voice", make)


def _any_model(service: Service) -> None:
    def make(honest: Any) -> Any:
        def validate(work: Work) -> None:
            try:
                honest(work)
            except Refused as refused:
                if (
                    "Invalid service or alias" not in str(refused)
                    or work.operation not in f"{AUDIO} {STT}".split()
                ):
                    raise
                if isinstance(work.values.body, dict):
                    cast("Json", work.values.body).pop("model", None)

        return validate

    _swap(service, "validate", make)
    find = service.find_model
    service.find_model = lambda name: service.registry.resolve(name) or find("elevenlabs")


def _no_transcript(_call: Call, reply: Reply) -> None:
    if "json" in (reply.header("content-type") or ""):
        body = json.loads(reply.body)
        body["transcript"] = body.pop("text", None)
        reply.body = dumps(body)


on_reply("audio-silent", "AUD-GET-01", "the sound has no bytes", AUDIO, _silence, 200)
on_reply(
    "audio-called-octets",
    "AUD-GET-01",
    "the sound is called application/octet-stream",
    AUDIO,
    _header("Content-Type", "application/octet-stream"),
    200,
)
accept("audio-voice-lenient", "AUD-GET-02", "any voice is accepted", AUDIO, "voice")
refuse(
    "audio-nova-refused",
    "AUD-GET-03",
    "the voice nova is refused",
    AUDIO,
    "voice",
    lambda w: _field(w, "voice") == "nova",
)
accept(
    "audio-format-lenient",
    "AUD-GET-04",
    "any response_format is accepted",
    AUDIO,
    "response_format",
)
accept(
    "audio-instrumental-lenient",
    "AUD-GET-05",
    "anything is accepted as instrumental",
    AUDIO,
    "instrumental",
)
on_reply("audio-one-token", "AUD-GET-06", "all speech counts one token", AUDIO, _one_token, 200)
on_reply(
    "music-length-untold",
    "AUD-GET-07",
    "the length of music is not told",
    f"{AUDIO} {SPEECH}",
    _no_seconds,
    200,
)
on_service("audio-any-length", "AUD-GET-08", "too long a text is cut", _long_input)
on_reply(
    "audio-cached", "AUD-GET-09", "speech carries X-Cache", AUDIO, _header("X-Cache", "MISS"), 200
)
on_service("audio-any-model", "AUD-GET-10", "an unknown model means the default one", _any_model)
on_reply("speech-silent", "AUD-TTS-01", "the sound has no bytes", SPEECH, _silence, 200)
on_reply(
    "speech-called-json",
    "AUD-TTS-01",
    "the sound is called application/json",
    SPEECH,
    _header("Content-Type", "application/json"),
    200,
)
accept("speech-input-lenient", "AUD-TTS-02", "any input is accepted", SPEECH, "input")
refuse(
    "speech-input-short",
    "AUD-TTS-02",
    "4096 characters are too many",
    SPEECH,
    "input",
    _short_input,
)
accept("speech-speed-lenient", "AUD-TTS-03", "any speed is accepted", SPEECH, "speed")
accept("speech-duration-lenient", "AUD-TTS-04", "any duration is accepted", SPEECH, "duration")
accept(
    "speech-format-lenient",
    "AUD-TTS-05",
    "any response_format is accepted",
    SPEECH,
    "response_format",
)
refuse(
    "speech-voice-closed",
    "AUD-TTS-06",
    "a custom voice is refused",
    SPEECH,
    "voice",
    lambda w: len(str(_field(w, "voice"))) > 12,
)
on_call("speech-always-mp3", "AUD-TTS-07", "every format is MP3", SPEECH, _always_mp3)
on_reply("speech-one-token", "AUD-TTS-08", "all speech counts one token", SPEECH, _one_token, 200)
on_reply(
    "speech-model-unnamed",
    "AUD-TTS-08",
    "x-model-used is missing",
    SPEECH,
    _header("x-model-used", None),
    200,
)
on_reply(
    "transcript-renamed",
    "AUD-STT-01",
    "the transcript stands in another field",
    STT,
    _no_transcript,
    200,
)
on_json(
    "transcript-file-optional",
    "AUD-STT-02",
    "the refusal does not name the file",
    STT,
    _set("error.message", "Bad request"),
    400,
)
on_service(
    "transcript-any-model", "AUD-STT-03", "an unknown model means the default one", _any_model
)
on_reply(
    "transcript-length-untold",
    "AUD-STT-04",
    "the length of the recording is not told",
    STT,
    _header("x-usage-prompt-audio-seconds", None),
    200,
)
refuse(
    "transcript-scribe-refused",
    "AUD-STT-05",
    "scribe is refused",
    STT,
    "model",
    lambda w: "scribe" in str(_field(w, "model")),
)
on_json(
    "transcript-not-verbose",
    "AUD-STT-06",
    "verbose_json is plain",
    STT,
    lambda b: {"text": b.get("text")},
)
on_reply(
    "transcript-never-plain",
    "AUD-STT-07",
    "text is wrapped in JSON",
    STT,
    lambda _c, r: (
        (r.header("content-type") or "").startswith("text/plain")
        and (
            setattr(r, "body", dumps({"text": r.body.decode()})),
            r.set("Content-Type", "application/json"),
        )
    ),
    200,
)

# --- uploads --------------------------------------------------------------------------------------


def _other_hash(service: Service) -> None:
    import hashlib

    service.uploads.identify = lambda data: hashlib.sha1(data).hexdigest()[:16]


def _typed_hash(service: Service) -> None:
    """Let the form of the upload enter the hash."""
    import hashlib

    def make(honest: Any) -> Any:
        def take(call: Call) -> Any:
            mark = (call.header("content-type") or "")[:10].encode()
            service.uploads.identify = lambda data: hashlib.sha256(mark + data).hexdigest()[:16]
            return honest(call)

        return take

    _swap(service.uploads, "_take", make)


def _prefix_kept(call: Call, _service: Service) -> None:
    _body(
        call,
        lambda b: (
            b.update(data="AAAA" + str(b["data"]).partition(",")[2])
            if "," in str(b.get("data", ""))
            else None
        ),
    )


def _latest_type(service: Service) -> None:
    def make(honest: Any) -> Any:
        def upload(call: Call, key: str | None) -> Reply:
            reply = honest(call, key)
            taken = cast("Any", service.uploads)._take(call) if reply.status == 200 else None
            if taken is not None:
                body = json.loads(reply.body)
                body["contentType"] = taken[1]
                reply.body = dumps(body)
            return cast("Reply", reply)

        return upload

    _swap(service.uploads, "_upload", make)


def _any_type(service: Service) -> None:
    def make(honest: Any) -> Any:
        def take(call: Call) -> Any:
            taken = honest(call)
            if isinstance(taken, Reply) or taken[1].startswith(("image/", "audio/", "video/")):
                return taken
            return taken[0], "image/" + taken[1].replace("/", "-")

        return take

    _swap(service.uploads, "_take", make)


def _keyless_upload(service: Service) -> None:
    def make(honest: Any) -> Any:
        return lambda call, key: honest(call, key or _named(service, "secret").secret)

    _swap(service.uploads, "_upload", make)
    service.uploads.valid_key = lambda _secret: True


def _header_only(call: Call, _service: Service) -> None:
    _query(call, lambda ps: [p for p in ps if p[0] != "key"])


def _own_reference(work: Work) -> bool:
    return re.search(r"://[^/]+/[0-9a-f]{16}$", str(_field(work, "image") or "")) is not None


def _small_limit(call: Call, reply: Reply) -> Reply | None:
    if len(call.body) > 9 * 1024 * 1024 and reply.status == 200:
        return json_reply({"error": "File too large. Max size: 9MB"}, 413)
    return None


def _no_limit(call: Call, reply: Reply) -> Reply | None:
    if reply.status == 413:
        return json_reply(
            {
                "id": "0" * 16,
                "url": f"{call.origin}/{'0' * 16}",
                "contentType": "image/png",
                "size": len(call.body),
                "duplicate": False,
            }
        )
    return None


def _lower(call: Call, _service: Service) -> None:
    call.path = call.path.lower() if re.fullmatch("/[0-9a-fA-F]{16}", call.path) else call.path


def _needs_key(call: Call, reply: Reply) -> Reply | None:
    if (
        presented_key(Request(call.method, call.path, tuple(call.query), tuple(call.headers)))
        is None
    ):
        return json_reply({"error": "API key required."}, 401)
    return None


def _extensionless(_call: Call, reply: Reply) -> Reply | None:
    if b'name="file"; filename=' in _call.body and b"Content-Type" not in _call.body[:400]:
        return json_reply(
            {
                "error": "Invalid file type. Supported: image/*, audio/*, video/*",
                "received": "application/octet-stream",
            },
            415,
        )
    return None


restatus("upload-201", "MEDIA-UP-01", "an upload is answered with 201", UPLOAD, 200, 201)
on_json("upload-size-missing", "MEDIA-UP-01", "the size is missing", UPLOAD, _set("size", DROP))
on_json(
    "upload-never-duplicate",
    "MEDIA-UP-02",
    "duplicate is always false",
    UPLOAD,
    _set("duplicate", False),
)
on_reply(
    "upload-duplicate-409",
    "MEDIA-UP-02",
    "a duplicate is refused",
    UPLOAD,
    lambda _c, r: b'"duplicate":true' in r.body and json_reply({"error": "Duplicate"}, 409),
)
on_service("upload-id-by-form", "MEDIA-UP-03", "the form of the upload enters the id", _typed_hash)
on_call(
    "upload-prefix-counts",
    "MEDIA-UP-04",
    "the prefix of a data URI changes the id",
    UPLOAD,
    _prefix_kept,
)
on_service(
    "upload-type-latest",
    "MEDIA-UP-05",
    "a duplicate reports the type of the second upload",
    _latest_type,
)
on_json(
    "upload-size-base64",
    "MEDIA-UP-06",
    "size is that of base64",
    UPLOAD,
    _set("size", lambda n: (n + 2) // 3 * 4),
)
on_json(
    "upload-url-other",
    "MEDIA-UP-06",
    "url does not end with the id",
    UPLOAD,
    _set("url", lambda u: u + "?v=1"),
)
on_service("upload-hash-sha1", "MEDIA-UP-07", "the id is of another hash", _other_hash)
on_json(
    "upload-hash-long", "MEDIA-UP-07", "the id has more digits", UPLOAD, _set("id", lambda v: v + v)
)
on_json("upload-hash-upper", "MEDIA-UP-07", "the id is in capitals", UPLOAD, _set("id", str.upper))
on_reply("upload-limit-low", "MEDIA-UP-08", "10 MiB are too many", UPLOAD, _small_limit)
on_reply("upload-no-limit", "MEDIA-UP-08", "there is no limit", UPLOAD, _no_limit)
on_service("upload-any-type", "MEDIA-UP-09", "any type is accepted", _any_type)
on_reply(
    "upload-empty-ok",
    "MEDIA-UP-10",
    "an empty body is accepted",
    UPLOAD,
    lambda c, r: (
        not c.body
        and r.status == 400
        and json_reply(
            {
                "id": "e3b0c44298fc1c14",
                "url": f"{c.origin}/e3b0c44298fc1c14",
                "contentType": "image/png",
                "size": 0,
                "duplicate": False,
            }
        )
    ),
)
on_reply(
    "upload-missing-500",
    "MEDIA-UP-11",
    "a missing file is a failure of the server",
    UPLOAD,
    lambda _c, r: setattr(r, "status", 500),
    400,
)
on_service("upload-open", "MEDIA-UP-12", "an upload needs no key", _keyless_upload)
on_call(
    "upload-header-only", "MEDIA-UP-13", "the key in the query does not count", UPLOAD, _header_only
)
on_reply(
    "upload-extension-ignored",
    "MEDIA-UP-14",
    "the file name's extension is ignored",
    UPLOAD,
    _extensionless,
)
refuse(
    "upload-not-a-reference",
    "MEDIA-UP-15",
    "an uploaded file is no reference image",
    IMAGE,
    "image",
    _own_reference,
)
on_reply(
    "media-octets",
    "MEDIA-GET-01",
    "the type of a file is forgotten",
    FETCH,
    _header("Content-Type", "application/octet-stream"),
    200,
)
on_reply(
    "media-byte-lost",
    "MEDIA-GET-01",
    "the last byte of a file is lost",
    "getMedia",
    lambda _c, r: setattr(r, "body", r.body[:-1]),
    200,
)
on_reply("media-needs-key", "MEDIA-GET-02", "files need a key", FETCH, _needs_key)
on_reply(
    "media-not-cached",
    "MEDIA-GET-03",
    "files must not be cached",
    FETCH,
    _header("Cache-Control", "no-store"),
    200,
)
on_reply(
    "media-hash-other",
    "MEDIA-GET-04",
    "X-Content-Hash is another hash",
    FETCH,
    _header("X-Content-Hash", "0" * 16),
    200,
)
on_reply(
    "media-size-off",
    "MEDIA-GET-04",
    "X-Content-Size is one too high",
    FETCH,
    lambda _c, r: r.set("X-Content-Size", str(len(r.body) + 1)),
    200,
)
restatus("media-malformed-404", "MEDIA-GET-05", "a malformed hash is unknown", FETCH, 400, 404)
restatus("media-unknown-500", "MEDIA-GET-06", "an unknown hash is a failure", FETCH, 404, 500)
on_reply(
    "media-no-cors",
    "MEDIA-GET-07",
    "files cannot be read by pages",
    FETCH,
    _header("Access-Control-Allow-Origin", None),
)
on_reply(
    "media-nothing-exposed",
    "MEDIA-GET-07",
    "no header is exposed to pages",
    FETCH,
    _header("Access-Control-Expose-Headers", None),
)
on_call("media-any-case", "MEDIA-GET-08", "capitals are found, too", FETCH, _lower)
on_wire(
    "media-head-with-body",
    "MEDIA-HEAD-01",
    "HEAD is answered with the file",
    "headMedia",
    lambda c, r: _with_body(c, r) if r.status == 200 else None,
)
on_reply(
    "media-head-untyped",
    "MEDIA-HEAD-01",
    "HEAD names no hash",
    "headMedia",
    _header("X-Content-Hash", None),
    200,
)
on_reply(
    "media-head-length",
    "MEDIA-HEAD-02",
    "HEAD tells a length of 0",
    "headMedia",
    _header("Content-Length", "0"),
    200,
)
on_wire(
    "media-head-error-body",
    "MEDIA-HEAD-03",
    "HEAD of a bad hash is answered with a body",
    "headMedia",
    lambda c, r: _with_body(c, r) if r.status >= 400 else None,
)
restatus("media-head-always", "MEDIA-HEAD-03", "HEAD finds every hash", "headMedia", 404, 200)

# --- keys and money -------------------------------------------------------------------------------


def _resolving(change: Callable[[Service, Call, Any], Any]) -> Callable[[Service], None]:
    """Make a change of how keys are looked up; `change` gets the honest way as its last argument."""

    def install(service: Service) -> None:
        def make(honest: Any) -> Any:
            return lambda call: change(service, call, honest)

        _swap(service, "resolve_key", make)

    return install


def _anonymous_ok(service: Service, call: Call, honest: Any) -> Any:
    key = honest(call)
    return key or (
        _named(service, "secret")
        if "models" not in call.path and "account" not in call.path
        else None
    )


def _any_key(service: Service, call: Call, honest: Any) -> Any:
    try:
        return honest(call)
    except Refused:
        return _named(service, "secret")


def _never_expires(service: Service, call: Call, honest: Any) -> Any:
    key = service.accounts.keys.get(service.presented(call) or "")
    return key if key is not None and key.expires is not None else honest(call)


def _lower_bearer(call: Call, _service: Service) -> None:
    call.headers = [
        (n, re.sub("^(?i:bearer|basic) ", "Bearer ", v) if n == "authorization" else v)
        for n, v in call.headers
    ]


def _other_header(call: Call, _service: Service) -> None:
    key = call.header("x-api-key")
    if key and call.header("authorization") is None:
        call.headers = [*call.headers, ("authorization", f"Bearer {key}")]


def _cookie(call: Call, service: Service) -> None:
    if call.header("cookie") and call.header("authorization") is None:
        call.headers = [
            *call.headers,
            ("authorization", f"Bearer {_named(service, 'secret').secret}"),
        ]


def _auth_first(service: Service) -> None:
    def make(honest: Any) -> Any:
        def validate(work: Work) -> None:
            if work.key is None and work.operation in GENERATION.split():
                raise Refused(401)
            honest(work)

        return validate

    _swap(service, "validate", make)


def _validation_first(service: Service, call: Call, honest: Any) -> Any:
    try:
        return honest(call)
    except Refused:
        match = service.contract.find(call.method, call.path, "gateway")
        if match is not None:
            service.validate(Work(call, match))
        raise


def _money_first(service: Service) -> None:
    def make(honest: Any) -> Any:
        def authorize(work: Work, *rest: Any, **named: Any) -> Any:
            key = work.key
            if key is not None and key.user is not None and key.user.total <= 0:
                raise Refused(402)
            return honest(work, *rest, **named)

        return authorize

    _swap(service, "authorize", make)


def _aliases_forbidden(service: Service) -> None:
    def make(honest: Any) -> Any:
        def authorize(work: Work, model: Any, asked: str, *rest: Any) -> Any:
            if (
                work.key is not None
                and work.key.models is not None
                and asked not in work.key.models
            ):
                raise Refused(403, f"Model '{asked}' is not allowed for this API key")
            return honest(work, model, asked, *rest)

        return authorize

    _swap(service, "authorize", make)


def _no_query_on_post(call: Call, _service: Service) -> None:
    if call.method == "POST":
        _header_only(call, _service)


def _fall_back(call: Call, service: Service) -> None:
    query = call.parameter("key")
    if query and service.accounts.find(query) is not None:
        call.headers = [h for h in call.headers if h[0] != "authorization"]


def _empty_is_wrong(service: Service, call: Call, honest: Any) -> Any:
    if call.parameter("key") == "" and call.header("authorization") is None:
        raise Refused(401, "Invalid API key. Please check your key and try again.")
    return honest(call)


def _bad_query_key(service: Service, call: Call, honest: Any) -> Any:
    try:
        return honest(call)
    except Refused:
        if call.header("authorization") is None:
            return _named(service, "secret")
        raise


def _january(body: Any) -> None:
    body["status"] = 403
    body["error"]["code"] = "FORBIDDEN"


def _balance_403(_call: Call, reply: Reply) -> None:
    body = json.loads(reply.body)
    if "balance" in body["error"]["message"]:
        _january(body)
        reply.status, reply.body = 403, dumps(body)


on_service("auth-optional", "AUTH-KEY-01", "no key is needed", _resolving(_anonymous_ok))
restatus("auth-missing-403", "AUTH-KEY-01", "a missing key is 403", GENERATION, 401, 403)
on_service("auth-any-key", "AUTH-KEY-02", "any key will do", _resolving(_any_key))
on_call("auth-any-scheme", "AUTH-KEY-03", "bearer may be written in lower case", "", _lower_bearer)
on_call("auth-x-api-key", "AUTH-KEY-04", "a key in x-api-key counts", "", _other_header)
on_call("auth-cookie", "AUTH-KEY-05", "a cookie opens generation", GENERATION, _cookie)
on_service("auth-never-expires", "AUTH-KEY-06", "expired keys are good", _resolving(_never_expires))
on_service("account-keyless", "AUTH-KEY-07", "account data need no key", _keyless_account)
forgive(
    "model-list-ignored", "AUTH-MODEL-01", "a key may use any model", lambda _w, r: r.status == 403
)
on_json(
    "model-refused-unnamed",
    "AUTH-MODEL-01",
    "the refusal does not name the model",
    GENERATION,
    _set("error.message", "Model is not allowed for this API key"),
    403,
)
on_service(
    "model-alias-forbidden",
    "AUTH-MODEL-02",
    "aliases of allowed models are refused",
    _aliases_forbidden,
)
forgive(
    "model-default-unchecked",
    "AUTH-MODEL-03",
    "the default model is always allowed",
    lambda w, r: r.status == 403 and not _sent(w, "model"),
)
forgive(
    "budget-overdrawn",
    "AUTH-BUDGET-01",
    "a used-up budget is overlooked",
    lambda w, r: r.status == 402 and w.key and w.key.budget is not None,
)
forgive(
    "balance-overdrawn",
    "AUTH-BUDGET-02",
    "an empty balance is overlooked",
    lambda w, r: r.status == 402 and w.key and w.key.budget is None,
)
on_reply("balance-403", "AUTH-BUDGET-02", "an empty balance is 403", GENERATION, _balance_403, 402)
on_service(
    "auth-before-validation",
    "AUTH-ORDER-01",
    "a missing key is reported before an invalid body",
    _auth_first,
)
on_service(
    "validation-before-key",
    "AUTH-ORDER-02",
    "an invalid body is reported before an unknown key",
    _resolving(_validation_first),
)
on_service(
    "money-before-model",
    "AUTH-ORDER-03",
    "an empty purse is reported before a forbidden model",
    _money_first,
)
on_call(
    "query-key-get-only",
    "AUTH-QUERY-01",
    "a key in the query of POST does not count",
    "",
    _no_query_on_post,
)
on_call(
    "query-key-fallback",
    "AUTH-QUERY-02",
    "a good key in the query mends a bad header",
    "",
    _fall_back,
)
on_service(
    "query-key-empty",
    "AUTH-QUERY-03",
    "an empty key in the query is an invalid one",
    _resolving(_empty_is_wrong),
)
on_service(
    "query-key-any", "AUTH-QUERY-04", "any key in the query will do", _resolving(_bad_query_key)
)

# --- cache ----------------------------------------------------------------------------------------


def _per_key(call: Call, service: Service) -> None:
    secret = service.presented(call) or ""
    call.query_string += ("&" if call.query_string else "") + f"owner={hash(secret)}"


def _anonymous_hit(call: Call, reply: Reply) -> Reply | None:
    has_key = call.header("authorization") or call.parameter("key")
    return envelope(Refused(401), 0.0) if _hit(reply) and not has_key else None


def _random_kept(call: Call, _service: Service) -> None:
    _query(call, lambda ps: [(n, "0" if (n, v) == ("seed", "-1") else v) for n, v in ps])
    if call.method == "POST":
        _body(call, lambda b: b.update(seed=0) if b.get("seed") == -1 else None)


def _hit_costs(service: Service) -> None:
    def make(honest: Any) -> Any:
        async def cached(work: Work, body: object) -> Reply:
            reply = await honest(work, body)
            if _hit(reply) and work.key is not None:
                work.key.user.balances["pack"] -= Decimal(1)  # type: ignore[union-attr]
            return cast("Reply", reply)

        return cached

    _swap(service, "cached", make)


def _forgetful(service: Service) -> None:
    """Let the cache overlook one field of the body and one parameter."""

    def make(honest: Any) -> Any:
        def peek(call: Call) -> Any:
            body = honest(call)
            return (
                {k: v for k, v in body.items() if k != "temperature"}
                if isinstance(body, dict)
                else body
            )

        return peek

    _swap(service, "peek", make)


def _kept_failures(service: Service) -> None:
    seen: dict[str, bool] = {}

    def make(honest: Any) -> Any:
        async def handle(call: Call) -> Reply:
            reply = cast("Reply", await honest(call))
            mark = f"{call.method}{call.path}?{call.query_string}{call.body!r}"
            if reply.status >= 400 and reply.header("x-cache"):
                reply.set("X-Cache", "HIT" if mark in seen else "MISS")
                seen[mark] = True
            return reply

        return handle

    _swap(service, "handle", make)


def _undeduplicated(service: Service) -> None:
    def make(_honest: Any) -> Any:
        async def alone(work: Work) -> Reply:
            service.options.cached = False
            return await service.whole(work, service.peek(work.call))

        return alone

    _swap(service, "deduplicated", make)


def _hit_short(_call: Call, reply: Reply) -> None:
    if _hit(reply) and (reply.header("content-type") or "").startswith("text/event-stream"):
        reply.body = reply.body.partition(b"\n\n")[0] + b"\n\n"


def _same_cache_key(_call: Call, reply: Reply) -> None:
    if reply.header("x-cache-key"):
        reply.set("X-Cache-Key", "0" * 16)


def _never_kept(service: Service) -> None:
    service.cache.get = lambda _key: None


def _always_kept(service: Service) -> None:
    get = service.cache.get
    last: list[Any] = []

    def find(key: str) -> Any:
        return get(key) or (last[0] if last else None)

    put = service.cache.put

    def keep(key: str, kept: Any) -> None:
        last[:] = [kept]
        put(key, kept)

    service.cache.get = find
    service.cache.put = keep


on_service("cache-off", "CACHE-HIT-01", "nothing is ever a HIT", _never_kept)
on_reply("cache-untold", "CACHE-HIT-01", "X-Cache is not sent", CACHED, _header("X-Cache", None))
on_reply(
    "cache-hit-retyped",
    "CACHE-HIT-01",
    "a HIT has another Content-Type",
    CACHED,
    lambda _c, r: _hit(r) and r.set("Content-Type", "application/octet-stream"),
)
on_reply(
    "cache-no-store",
    "CACHE-HIT-02",
    "fresh answers must not be cached",
    CACHED,
    lambda _c, r: not _hit(r) and r.set("Cache-Control", "no-store"),
    200,
)
on_call("cache-per-key", "CACHE-HIT-03", "every key has a cache of its own", CACHED, _per_key)
on_reply("cache-needs-key", "CACHE-HIT-04", "a cached answer needs a key", CACHED, _anonymous_hit)
on_call("cache-random", "CACHE-HIT-05", "seed -1 is cached", CACHED, _random_kept)
on_reply(
    "cache-hit-usage",
    "CACHE-HIT-06",
    "a HIT tells the model used",
    CACHED,
    lambda _c, r: _hit(r) and r.headers.append(("x-model-used", "openai")),
)
on_service("cache-hit-costs", "CACHE-HIT-06", "a HIT costs pollen", _hit_costs)
on_service("cache-forgetful", "CACHE-HIT-07", "the cache overlooks temperature", _forgetful)
on_service("cache-confused", "CACHE-HIT-07", "the cache gives whatever it has", _always_kept)
on_reply(
    "cache-stream-short", "CACHE-HIT-08", "a repeated stream has one event", CACHED, _hit_short
)
on_service("cache-failures", "CACHE-HIT-09", "failures are cached", _kept_failures)
on_reply(
    "cache-on-lists",
    "CACHE-NONE-01",
    "lists and account data carry X-Cache",
    f"{LISTS} {ACCOUNT}",
    _header("X-Cache", "MISS"),
)
on_reply(
    "cache-type-missing",
    "CACHE-TYPE-01",
    "a cached picture has no X-Cache-Type",
    IMAGE,
    _header("X-Cache-Type", None),
)
on_service(
    "dedup-off",
    "CACHE-DEDUP-01",
    "concurrent identical requests are worked on twice",
    _undeduplicated,
)
on_reply(
    "cache-key-missing",
    "CACHE-KEY-01",
    "X-Cache-Key is not sent",
    CACHED,
    _header("X-Cache-Key", None),
)
on_reply(
    "cache-key-constant", "CACHE-KEY-01", "X-Cache-Key is always the same", CACHED, _same_cache_key
)
on_reply(
    "cache-date-future",
    "CACHE-DATE-01",
    "X-Cache-Date is in the future",
    CACHED,
    lambda _c, r: r.header("x-cache-date") and r.set("X-Cache-Date", "2099-01-01T00:00:00.000Z"),
)
on_reply(
    "cache-date-missing",
    "CACHE-DATE-01",
    "X-Cache-Date is not sent",
    CACHED,
    _header("X-Cache-Date", None),
)

# --- errors ---------------------------------------------------------------------------------------


def _details(change: Callable[[Json], Any]) -> Callable[[Any], None]:
    def apply_details(body: Any) -> None:
        if "details" in body["error"]:
            change(body["error"]["details"])

    return apply_details


def _first_only(details: Json) -> None:
    details["fieldErrors"] = dict(list(details["fieldErrors"].items())[:1])


def _deep_names(details: Json) -> None:
    details["fieldErrors"] = {
        f"{name}.0.role" if name == "messages" else name: texts
        for name, texts in details["fieldErrors"].items()
    }


def _form_as_field(details: Json) -> None:
    if details["formErrors"]:
        details.update(fieldErrors={"body": details["formErrors"]}, formErrors=[])


def _malformed_details(body: Any) -> None:
    if "Malformed" in body["error"]["message"]:
        body["error"]["details"] = {"name": "SyntaxError"}


def _any_content_type(call: Call, _service: Service) -> None:
    if call.body.startswith(b"{"):
        call.headers = [h for h in call.headers if h[0] != "content-type"]
        call.headers.append(("content-type", "application/json"))


def _bare_fields(details: Json) -> None:
    details["fieldErrors"] = {n: (t[0] if t else "") for n, t in details["fieldErrors"].items()}


def _echo(call: Call, reply: Reply) -> None:
    key = presented_key(Request(call.method, call.path, tuple(call.query), tuple(call.headers)))
    if key and reply.status >= 400 and "json" in (reply.header("content-type") or ""):
        body = json.loads(reply.body)
        if isinstance(body.get("error"), dict):
            body["error"]["message"] += f" ({key})"
            reply.body = dumps(body)


def _plain_error(_call: Call, reply: Reply) -> None:
    if reply.status >= 400:
        reply.set("Content-Type", "text/plain")


def _bare_error(body: Any) -> Any:
    return {"error": body["error"]["message"]}


def _no_rounding(_call: Call, reply: Reply) -> None:
    reply.set("Retry-After", str(json.loads(reply.body)["retryAfterSeconds"]))


def _rounded_down(_call: Call, reply: Reply) -> None:
    reply.set("Retry-After", str(int(json.loads(reply.body)["retryAfterSeconds"]) + 7))


def _enveloped(_call: Call, reply: Reply) -> Reply:
    return envelope(Refused(429), 0.0)


def _no_wait(service: Service) -> None:
    service.accounts.wait = lambda _key, _client: 0.0


def _secret_waits(service: Service) -> None:
    last: dict[str, float] = {}

    def make(_honest: Any) -> Any:
        def check(work: Work) -> None:
            if work.key is None:
                return
            now = service.now()
            before = last.get(work.key.secret)
            last[work.key.secret] = now
            if before is not None and now - before < 5:
                body = {
                    "error": "Rate limit exceeded",
                    "message": "Slow down.",
                    "retryAfterSeconds": 5.0,
                }
                raise Answered(json_reply(body, 429, [("Retry-After", "5")]))

        return check

    _swap(service, "check_publishable", make)


def _lists_wait(service: Service) -> None:
    def make(honest: Any) -> Any:
        async def run(work: Work) -> Reply:
            service.check_publishable(work)
            return cast("Reply", await honest(work))

        return run

    _swap(service, "run", make)


on_error(
    "validation-name",
    "ERR-VAL-01",
    "validation errors are called ZodError",
    _details(lambda d: d.update(name="ZodError")),
    400,
)
on_error(
    "validation-no-details",
    "ERR-VAL-01",
    "validation errors have no details",
    _set("error.details", DROP),
    400,
)
on_error(
    "validation-form-as-field",
    "ERR-VAL-02",
    "a wrong body is a wrong field",
    _details(_form_as_field),
    400,
)
on_error(
    "validation-deep-names", "ERR-VAL-03", "fieldErrors have paths", _details(_deep_names), 400
)
on_error(
    "validation-first-only",
    "ERR-VAL-04",
    "only the first wrong field is reported",
    _details(_first_only),
    400,
)
on_error("malformed-details", "ERR-VAL-05", "malformed JSON has details", _malformed_details, 400)
on_call(
    "content-type-ignored",
    "ERR-VAL-06",
    "any Content-Type is read as JSON",
    CHAT,
    _any_content_type,
)
on_error(
    "validation-bare-texts",
    "ERR-VAL-07",
    "fieldErrors have texts, not lists",
    _details(_bare_fields),
    400,
)
on_error(
    "validation-empty-lists",
    "ERR-VAL-07",
    "the lists in fieldErrors are empty",
    _details(lambda d: d.update(fieldErrors={n: [] for n in d["fieldErrors"]})),
    400,
)
on_error("envelope-gone", "ERR-ENV-01", "an error is a text", _bare_error, None)
on_error(
    "envelope-success", "ERR-ENV-01", "an error is called a success", _set("success", True), None
)
on_error(
    "envelope-status",
    "ERR-ENV-01",
    "the envelope's status is always 500",
    _set("status", 500),
    None,
)
on_reply(
    "error-plain",
    "ERR-ENV-01",
    "errors are called text/plain",
    f"{GENERATION} {ACCOUNT}",
    _plain_error,
)
on_error("code-lower", "ERR-ENV-02", "codes are in lower case", _set("error.code", str.lower), None)
on_error("code-missing", "ERR-ENV-02", "there is no code", _set("error.code", DROP), None)
on_error(
    "code-unknown",
    "ERR-ENV-02",
    "every code is UNKNOWN_ERROR",
    _set("error.code", "UNKNOWN_ERROR"),
    None,
)
on_error(
    "timestamp-seconds",
    "ERR-ENV-03",
    "the timestamp is a number",
    _set("error.timestamp", 1_700_000_000),
    None,
)
on_error(
    "timestamp-local",
    "ERR-ENV-03",
    "the timestamp has an offset",
    _set("error.timestamp", lambda t: t.replace("Z", "+02:00")),
    None,
)
on_error(
    "timestamp-stale",
    "ERR-ENV-03",
    "the timestamp is that of another time",
    _set("error.timestamp", "2020-01-01T00:00:00.000Z"),
    None,
)
on_error("message-empty", "ERR-ENV-04", "messages are empty", _set("error.message", ""), None)
on_error(
    "message-list", "ERR-ENV-04", "messages are lists", _set("error.message", lambda m: [m]), None
)
on_error(
    "details-everywhere",
    "ERR-ENV-05",
    "every error has details",
    _set("error.details", lambda d: d or {"name": "HTTPException"}),
    None,
)
on_reply("error-shows-key", "ERR-ENV-06", "errors repeat the key", "", _echo)
on_service("publishable-unlimited", "LIMIT-PK-01", "publishable keys never wait", _no_wait)
on_reply(
    "limit-envelope",
    "LIMIT-PK-01",
    "the limit is told in the envelope, without Retry-After",
    "",
    _enveloped,
    429,
)
on_service("secret-limited", "LIMIT-PK-02", "secret keys wait, too", _secret_waits)
on_reply(
    "retry-after-fraction",
    "LIMIT-PK-03",
    "Retry-After has a fraction",
    "",
    lambda c, r: r.header("retry-after") and _no_rounding(c, r),
    429,
)
on_reply(
    "retry-after-long",
    "LIMIT-PK-03",
    "Retry-After is longer than told in the body",
    "",
    lambda c, r: r.header("retry-after") and _rounded_down(c, r),
    429,
)
on_service("limit-everywhere", "LIMIT-PK-04", "lists and account data wait, too", _lists_wait)
