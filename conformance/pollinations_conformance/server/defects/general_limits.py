"""Defects of rate limits."""

import json
import time
from typing import Any, cast

from pollinations_conformance.server.backend import RoutedCall
from pollinations_conformance.server.defects.mutators import (
    AUDIO,
    CACHED,
    GENERATION,
    LISTS,
    Scope,
    concerns,
    constant,
    on_reply,
    on_service,
    put,
    scope_of,
    swap,
    violates_too,
)
from pollinations_conformance.server.errors import Refused, envelope
from pollinations_conformance.server.gateway import FinalReply
from pollinations_conformance.server.http import Call, Reply, json_reply
from pollinations_conformance.server.service import Service


def _no_rounding(_call: Call, reply: Reply) -> None:
    reply.set("Retry-After", str(json.loads(reply.body)["retryAfterSeconds"]))


def _rounded_down(_call: Call, reply: Reply) -> None:
    reply.set("Retry-After", str(int(json.loads(reply.body)["retryAfterSeconds"]) + 7))


def _enveloped(_call: Call, reply: Reply) -> None:
    reply.body = envelope(Refused(429), time.time()).body
    reply.set("Retry-After", None)


def _no_wait(service: Service) -> None:
    put(service.accounts, "wait", constant(0.0))


def _secret_waits(service: Service) -> None:
    last: dict[str, float] = {}

    def make(_honest: Any) -> Any:
        def check(routed: RoutedCall) -> None:
            if routed.key is None:
                return
            now = service.backend.now()
            before = last.get(routed.key.secret)
            last[routed.key.secret] = now
            if before is not None and now - before < 5:
                body = {
                    "error": "Rate limit exceeded",
                    "message": "Slow down.",
                    "retryAfterSeconds": 5.0,
                }
                raise FinalReply(json_reply(body, 429, [("Retry-After", "5")]))

        return check

    swap(service.gateway, "check_publishable", make)


def _lists_wait(service: Service) -> None:
    def make(honest: Any) -> Any:
        async def run(routed: RoutedCall) -> Reply:
            service.gateway.check_publishable(routed)
            return cast("Reply", await honest(routed))

        return run

    swap(service.gateway, "run", make)


on_service("publishable-unlimited", "LIMIT-PK-01", "publishable keys never wait", _no_wait)
on_reply(
    "limit-envelope",
    "LIMIT-PK-01",
    "the limit is reported in the envelope, without Retry-After",
    "",
    _enveloped,
    429,
)
on_service("secret-limited", "LIMIT-PK-02", "secret keys wait, too", _secret_waits)
on_reply(
    "retry-after-fraction",
    "LIMIT-PK-01",
    "Retry-After has a fraction",
    "",
    lambda c, r: _no_rounding(c, r) if r.header("retry-after") else None,
    429,
)
on_reply(
    "retry-after-long",
    "LIMIT-PK-03",
    "Retry-After is longer than the body's retryAfterSeconds",
    "",
    lambda c, r: _rounded_down(c, r) if r.header("retry-after") else None,
    429,
)
on_service("limit-everywhere", "LIMIT-PK-04", "lists and account data wait, too", _lists_wait)
on_reply(
    "limit-headers",
    "LIMIT-HEAD-01",
    "responses report limits in X-RateLimit headers",
    f"{GENERATION} {LISTS}",
    lambda _c, r: r.headers.append(("X-RateLimit-Remaining", "99")),
)

concerns(
    Scope(when=lambda seen: seen.role == "publishable"),
    "publishable-unlimited",
    "limit-everywhere",
)
concerns(scope_of(f"{CACHED} {AUDIO}"), "secret-limited")
# For these operations no other body of a 429 is documented than the envelope.
violates_too("limit-everywhere", "ERR-ENV-01")
