"""Defects of the cache and of de-duplication."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from hashlib import sha256
from typing import Any, cast
from uuid import uuid4

from pollinations_conformance.http.json import is_list, is_object
from pollinations_conformance.server.backend import RoutedCall
from pollinations_conformance.server.defects.mutators import (
    ACCOUNT,
    AUDIO,
    CACHED,
    CHAT,
    IMAGE,
    LISTS,
    TEXT,
    concerns,
    constant,
    edit_body,
    edit_query,
    header,
    is_event_stream,
    is_hit,
    on_call,
    on_reply,
    on_service,
    put,
    scope_of,
    swap,
    violates_too,
    without,
)
from pollinations_conformance.server.errors import Refused
from pollinations_conformance.server.http import Call, Reply
from pollinations_conformance.server.service import Service


def _per_key(call: Call, service: Service) -> None:
    secret = service.gateway.presented(call) or ""
    call.query_string += ("&" if call.query_string else "") + f"owner={hash(secret)}"


def _hit_needs_key(service: Service) -> None:
    def make(honest: Any) -> Any:
        async def cached(routed: RoutedCall, body: object) -> Reply:
            reply = await honest(routed, body)
            if is_hit(reply) and routed.key is None:
                raise Refused(401)
            return cast("Reply", reply)

        return cached

    swap(service.gateway, "cached", make)


def _random_kept(call: Call, _service: Service) -> None:
    edit_query(call, lambda ps: [(n, "0" if (n, v) == ("seed", "-1") else v) for n, v in ps])
    if call.method == "POST":
        edit_body(call, lambda b: b.update(seed=0) if b.get("seed") == -1 else None)


def _hit_costs(service: Service) -> None:
    def make(honest: Any) -> Any:
        async def cached(routed: RoutedCall, body: object) -> Reply:
            reply = await honest(routed, body)
            if is_hit(reply) and routed.key is not None:
                routed.key.user.balances["pack"] -= Decimal(1)  # type: ignore[union-attr]
            return cast("Reply", reply)

        return cached

    swap(service.gateway, "cached", make)


def is_plain_hit(reply: Reply) -> bool:
    """Return whether a response is a text from the cache."""
    return is_hit(reply) and (reply.header("Content-Type") or "").startswith("text/plain")


def _forgetful(service: Service) -> None:
    """Let the cache overlook one field of the body and one parameter."""

    def make(honest: Any) -> Any:
        def peek(call: Call) -> Any:
            return without(honest(call), "temperature")

        return peek

    swap(service.gateway, "unvalidated_body", make)


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

    swap(service, "handle", make)


def _undeduplicated(service: Service) -> None:
    def make(_honest: Any) -> Any:
        async def alone(routed: RoutedCall) -> Reply:
            return await service.gateway.run_to_completion(
                routed, service.gateway.unvalidated_body(routed.call)
            )

        return alone

    async def think() -> None:
        await asyncio.sleep(0.05)  # or no two requests would be worked on at the same time

    swap(service.gateway, "deduplicated", make)
    put(service.backend, "think", think)


def _hit_short(_call: Call, reply: Reply) -> None:
    if is_hit(reply) and is_event_stream(reply):
        reply.body = reply.body.partition(b"\n\n")[0] + b"\n\n"


def _same_cache_key(_call: Call, reply: Reply) -> None:
    if reply.header("x-cache-key"):
        reply.set("X-Cache-Key", "0" * 16)


def _own_cache_key(call: Call, reply: Reply) -> None:
    shown = reply.header("x-cache-key")
    if shown:
        owned = f"{shown} {call.header('authorization')}".encode()
        reply.set("X-Cache-Key", sha256(owned).hexdigest()[: len(shown)])


def _kept_refusals(status: int) -> Callable[[Service], None]:
    """Make a change that gives a refusal of that status to whoever sends the same request."""

    def change(service: Service) -> None:
        kept: dict[str, Reply] = {}

        def make(honest: Any) -> Any:
            async def handle(call: Call) -> Reply:
                mark = f"{call.method}{call.path}?{call.query_string}{call.body!r}"
                if mark in kept:
                    again = replace(kept[mark], headers=list(kept[mark].headers))
                    again.set("X-Request-Id", call.header("x-request-id") or str(uuid4()))
                    return again
                reply = cast("Reply", await honest(call))
                if reply.status == status and reply.header("x-cache"):
                    kept[mark] = replace(reply, headers=list(reply.headers))
                return reply

            return handle

        swap(service, "handle", make)

    return change


def _never_kept(service: Service) -> None:
    put(service.gateway.cache, "get", constant(None))


def _told_apart_by(part: Callable[[list[Any]], object]) -> Callable[[Service], None]:
    """Let the cache look at a part of the messages only."""

    def make(honest: Any) -> Any:
        def peek(call: Call) -> Any:
            body = honest(call)
            if not is_object(body) or not is_list(body.get("messages")):
                return body
            return {**body, "messages": part(body["messages"])}

        return peek

    return lambda service: swap(service.gateway, "unvalidated_body", make)


on_service("cache-off", "CACHE-HIT-01", "nothing is ever a HIT", _never_kept, scope_of(CACHED))
on_reply(
    "cache-header-missing", "CACHE-HIT-01", "X-Cache is not sent", CACHED, header("X-Cache", None)
)
on_reply(
    "cache-hit-retyped",
    "CACHE-HIT-01",
    "a HIT of a text has another Content-Type",
    TEXT,
    lambda _c, r: r.set("Content-Type", "text/plain") if is_plain_hit(r) else None,
)
on_reply(
    "cache-no-store",
    "CACHE-HIT-02",
    "fresh responses must not be cached",
    CACHED,
    lambda _c, r: r.set("Cache-Control", "no-store") if not is_hit(r) else None,
    200,
)
on_call("cache-per-key", "CACHE-HIT-03", "every key has a cache of its own", CACHED, _per_key)
on_service(
    "cache-needs-key",
    "CACHE-HIT-04",
    "a cached response needs a key",
    _hit_needs_key,
    scope_of(CACHED),
)
on_call("cache-random", "CACHE-HIT-05", "seed -1 is cached", CACHED, _random_kept)
on_reply(
    "cache-hit-usage",
    "CACHE-HIT-06",
    "a HIT names the model used",
    CACHED,
    lambda _c, r: (
        r.headers.append(("x-model-used", "openai"))
        if is_hit(r) and not is_event_stream(r)
        else None
    ),
)
on_service("cache-hit-costs", "CACHE-HIT-06", "a HIT costs pollen", _hit_costs, scope_of(CACHED))
on_service(
    "cache-forgetful",
    "CACHE-HIT-07",
    "the cache overlooks temperature",
    _forgetful,
    scope_of(CACHED),
)
on_service(
    "cache-confused",
    "CACHE-HIT-07",
    "the cache overlooks all messages but the last",
    _told_apart_by(lambda messages: messages[-1:]),
    scope_of(CHAT),
)
on_service(
    "cache-case",
    "CACHE-HIT-07",
    "the cache overlooks whether letters are capitals",
    _told_apart_by(lambda messages: str(messages).lower()),
    scope_of(CHAT),
)
on_reply(
    "cache-stream-short", "CACHE-HIT-08", "a repeated stream has one event", CACHED, _hit_short
)
on_service(
    "cache-failures", "CACHE-HIT-09", "failures are cached", _kept_failures, scope_of(CACHED)
)
on_service(
    "cache-insufficient-balance",
    "CACHE-HIT-09",
    "a refusal for want of pollen is given to everybody",
    _kept_refusals(402),
    scope_of(CACHED),
)
on_service(
    "cache-forbidden",
    "CACHE-HIT-09",
    "a refusal for want of permission is given to everybody",
    _kept_refusals(403),
    scope_of(CACHED),
)
on_reply(
    "cache-on-lists",
    "CACHE-NONE-01",
    "lists and account data carry X-Cache",
    f"{LISTS} {ACCOUNT}",
    header("X-Cache", "MISS"),
)
on_reply(
    "cache-type-missing",
    "CACHE-TYPE-01",
    "a cached image has no X-Cache-Type",
    IMAGE,
    lambda _c, r: r.set("X-Cache-Type", None) if r.header("X-Cache-Type") == "EXACT" else None,
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
    header("X-Cache-Key", None),
)
on_reply(
    "cache-key-personal",
    "CACHE-KEY-01",
    "X-Cache-Key is another one for another key",
    CACHED,
    _own_cache_key,
)
on_reply(
    "cache-key-constant", "CACHE-KEY-01", "X-Cache-Key is always the same", CACHED, _same_cache_key
)
on_reply(
    "cache-date-future",
    "CACHE-DATE-01",
    "X-Cache-Date is in the future",
    CACHED,
    lambda _c, r: (
        r.set("X-Cache-Date", "2099-01-01T00:00:00.000Z") if r.header("x-cache-date") else None
    ),
)
on_reply(
    "cache-date-missing",
    "CACHE-DATE-01",
    "X-Cache-Date is not sent",
    CACHED,
    header("X-Cache-Date", None),
)
# The HIT is another body, and a stream that is cut.
violates_too(
    "cache-stream-short", "CACHE-HIT-01", "CACHE-HIT-03", "CHAT-STREAM-06", "CHAT-STREAM-13"
)

concerns(scope_of(f"{CACHED} {AUDIO}"), "dedup-off")
# The documented type of a text is exactly one.
violates_too("cache-hit-retyped", "TEXT-GET-01")
