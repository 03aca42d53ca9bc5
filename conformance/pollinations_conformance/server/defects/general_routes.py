"""Defects of routes, methods and headers."""

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from pollinations_conformance.server.backend import RoutedCall
from pollinations_conformance.server.defects.mutators import (
    ACCOUNT,
    CHAT,
    GENERATION,
    LISTS,
    TEXT,
    V1,
    Scope,
    concerns,
    edit_query,
    head,
    header,
    is_event_stream,
    on_call,
    on_reply,
    on_service,
    on_wire,
    refuse,
    scope_of,
    swap,
    violates_too,
    with_body,
)
from pollinations_conformance.server.http import Call, Reply, json_reply
from pollinations_conformance.server.service import Service


def _page(_call: Call, reply: Reply) -> None:
    reply.body = b"<h1>Not Found</h1>"
    reply.set("Content-Type", "text/html")


def _chunked(call: Call, reply: Reply) -> Sequence[bytes] | None:
    if not is_event_stream(reply):
        return None
    size = f"{len(reply.body):x}\r\n".encode()
    return [head(reply, "Transfer-Encoding: chunked") + size + reply.body + b"\r\n"]


def _bad_chunks(call: Call, reply: Reply) -> Sequence[bytes] | None:
    if not is_event_stream(reply):
        return None
    size = f"{len(reply.body) + 7:x}\r\n".encode()
    return [head(reply, "Transfer-Encoding: chunked") + size + reply.body + b"\r\n0\r\n\r\n"]


def _is_json(body: bytes) -> bool:
    try:
        json.loads(body)
    except (ValueError, RecursionError):
        return False
    return True


def _known(call: Call, service: Service) -> bool:
    return any(service.contract.find(m, call.path, "gateway") for m in ("GET", "POST"))


def _wrong_method(service: Service) -> None:
    def make(honest: Any) -> Any:
        def elsewhere(call: Call) -> Reply:
            return json_reply({}) if _known(call, service) else honest(call)

        return elsewhere

    swap(service.gateway, "unknown_route", make)


def _slashless(call: Call, _service: Service) -> None:
    if len(call.path) > 1:
        call.path = call.path.rstrip("/")


def _last_wins(call: Call, _service: Service) -> None:
    edit_query(call, lambda pairs: list(dict(pairs).items()))


def _unknown_query(routed: RoutedCall) -> bool:
    known = {p.name for p in routed.match.operation.parameters} | {"key"}
    return any(name not in known for name, _ in routed.call.query)


def _options(change: Callable[[Reply], Any]) -> Callable[[Call, Reply], None]:
    def apply_options(call: Call, reply: Reply) -> None:
        if call.method == "OPTIONS":
            change(reply)

    return apply_options


def _local_origin(call: Call, reply: Reply) -> None:
    origin = call.header("origin") or ""
    if origin.startswith("http://localhost"):
        reply.set("Access-Control-Allow-Origin", origin)


def _html_head(service: Service) -> None:
    honest = service.operations["generateText"]

    async def text(routed: RoutedCall) -> Reply:
        reply = await honest(routed)
        if routed.call.method == "HEAD":
            reply.set("Content-Type", "text/html; charset=utf-8")
        return reply

    service.operations["generateText"] = text


on_reply(
    "unknown-path-html", "ERR-ENV-01", "an unknown path gets a page for people", None, _page, 404
)
on_reply(
    "unknown-path-ok",
    "GEN-ROUTE-01",
    "an unknown path gets 200",
    None,
    lambda _c, r: setattr(r, "status", 200),
    404,
)
on_service("wrong-method-ok", "GEN-ROUTE-02", "a known path takes any method", _wrong_method)
on_call("trailing-slash-known", "GEN-ROUTE-03", "a trailing slash is overlooked", "", _slashless)
on_wire(
    "head-with-body",
    "GEN-HEAD-01",
    "the response to HEAD has a body",
    f"{LISTS} {ACCOUNT}",
    with_body,
)
on_reply(
    "head-not-found",
    "GEN-HEAD-01",
    "HEAD on a list is unknown",
    LISTS,
    lambda c, r: setattr(r, "status", 404) if c.method == "HEAD" else None,
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
    "a preflight gets 200",
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
    "upload-preflight-no-authorization",
    "GEN-CORS-02",
    "a preflight of an upload allows no Authorization",
    "",
    lambda c, r: (
        r.set("Access-Control-Allow-Headers", "Content-Type")
        if c.method == "OPTIONS" and c.path == "/upload"
        else None
    ),
)
on_reply(
    "cors-not-on-errors",
    "GEN-CORS-03",
    "errors carry no Access-Control-Allow-Origin",
    f"{GENERATION} {LISTS}",
    lambda _c, r: r.set("Access-Control-Allow-Origin", None) if r.status >= 400 else None,
)
on_reply(
    "cors-reflected",
    "GEN-CORS-03",
    "only pages of the project itself may read responses",
    f"{GENERATION} {LISTS}",
    header("Access-Control-Allow-Origin", "https://pollinations.ai"),
)
on_reply(
    "cors-localhost-reflected",
    "GEN-CORS-03",
    "a local page is named in place of *",
    f"{GENERATION} {LISTS}",
    _local_origin,
)
on_service(
    "head-of-text-stored",
    "GEN-HEAD-01",
    "HEAD of a text is stored with the type of a web page",
    _html_head,
)
on_reply(
    "json-twice",
    "GEN-JSON-01",
    "a JSON body is followed by another one",
    f"{V1} {CHAT}",
    lambda _c, r: (
        setattr(r, "body", r.body + b"\n{}") if "json" in (r.header("content-type") or "") else None
    ),
)
on_reply(
    "json-latin-1",
    "GEN-JSON-01",
    "a JSON body is not in UTF-8",
    f"{CHAT}",
    lambda _c, r: (
        setattr(r, "body", r.body.decode().encode("latin-1", "replace"))
        if "json" in (r.header("content-type") or "")
        else None
    ),
)
on_reply(
    "json-bom",
    "GEN-JSON-01",
    "a JSON body begins with a byte order mark",
    V1,
    lambda _c, r: setattr(r, "body", b"\xef\xbb\xbf" + r.body),
)
on_wire(
    "malformed-json-drops-connection",
    "GEN-HTTP-01",
    "the connection is closed without a response to malformed JSON",
    CHAT,
    lambda call, reply: [] if reply.status == 400 and not _is_json(call.body) else None,
)
on_wire(
    "lists-cut-off",
    "GEN-HTTP-01",
    "the connection is closed before a list of models is complete",
    LISTS,
    lambda _call, reply: [
        head(reply, f"Content-Length: {len(reply.body)}", drop="content-length") + reply.body[:-9]
    ],
)
on_wire(
    "stream-chunk-missing",
    "GEN-HTTP-01",
    "the last chunk of the transfer is missing",
    CHAT,
    _chunked,
)
on_wire(
    "stream-chunk-size",
    "GEN-HTTP-01",
    "the chunk sizes of the transfer are wrong",
    CHAT,
    _bad_chunks,
)
on_reply(
    "no-request-id-on-errors",
    "GEN-REQID-01",
    "errors carry no X-Request-Id",
    "",
    lambda _c, r: r.set("X-Request-Id", None) if r.status >= 400 else None,
)
on_reply(
    "request-id-not-echoed",
    "GEN-REQID-02",
    "the caller's X-Request-Id is replaced",
    "",
    lambda c, r: (
        r.set("X-Request-Id", "ours-" + str(id(r)))
        if c.header("x-request-id") and r.header("x-request-id")
        else None
    ),
)
on_reply(
    "request-id-anything",
    "GEN-REQID-03",
    "any X-Request-Id is echoed",
    "",
    lambda c, r: (
        r.set("X-Request-Id", c.header("x-request-id")) if c.header("x-request-id") else None
    ),
)
on_reply(
    "request-id-constant",
    "GEN-REQID-04",
    "every response has the same X-Request-Id",
    "",
    lambda c, r: (
        r.set("X-Request-Id", "00000000-0000-4000-8000-000000000000")
        if c.header("x-request-id") is None
        else None
    ),
)

violates_too("head-of-text-stored", "TEXT-GET-01")

concerns(
    Scope(when=lambda seen: seen.method == "OPTIONS"),
    "preflight-200",
    "preflight-no-origin",
    "preflight-no-headers",
    "preflight-get-only",
)
concerns(Scope(failures=True), "no-request-id-on-errors")
concerns(replace(scope_of(f"{GENERATION} {LISTS}"), failures=True), "cors-not-on-errors")
concerns(Scope(when=lambda seen: seen.request_id), "request-id-not-echoed", "request-id-anything")
concerns(scope_of(None), "wrong-method-ok", "trailing-slash-known")
concerns(
    Scope(when=lambda seen: len(set(seen.parameters)) < len(seen.parameters)), "query-last-wins"
)
concerns(scope_of(TEXT), "head-of-text-stored")
