"""Check the rate limit of publishable keys, and that nothing else is limited."""

import contextlib
import functools
import json
import math
import re
from collections.abc import Callable
from typing import Any, TypeVar

from pollinations_conformance.checks.common.keys import allowed_model, with_fields
from pollinations_conformance.checks.common.requests import (
    ACCOUNT,
    LISTS,
    SPENDING,
    available,
    generate,
)
from pollinations_conformance.http.json import is_object
from pollinations_conformance.http.text import shown
from pollinations_conformance.suite import (
    MAIN,
    Exchange,
    NotTested,
    Session,
    Violated,
    check,
    describe,
    is_loopback,
    watch,
)

T = TypeVar("T")


SHORT = 0.5
"""Seconds; a limiter that does not notice generations so close to each other is none."""


def blocked(t: Session) -> Exchange:
    """Bring the publishable key to its limit and return the refusal."""
    return blocked_since(t)[0]


def blocked_since(t: Session) -> tuple[Exchange, float]:
    """Bring the publishable key to its limit; return the refusal and the clock before its request."""
    for operation in ("generateImage", "createChatCompletion"):
        if t.run.operations[operation].missing:
            continue
        # Several generations, because a cheap one may set no wait that can be noticed.
        pauses: list[float] = []
        ended = 0.0
        for _ in range(4):
            begin = t.clock.monotonic()
            response = generate(t, operation, key="publishable", throttled=True)
            if ended:
                pauses.append(t.clock.monotonic() - response.seconds - ended)
            ended = t.clock.monotonic()
            if response.status == 429:
                if t.send("GET", "/v1/models", key=None, throttled=True, probe=True).status == 429:
                    raise NotTested("a limit for this URL prevents this (429)")
                return response, begin
            t.assert_success(response, f"{operation} with a publishable key")
            t.assert_that((response.header("x-cache") or "MISS") != "HIT", "a new request is a HIT")
        price = t.catalogue.price(operation, t.image_model)
        if min(pauses) > SHORT:
            raise NotTested(
                f"{min(pauses):.1f} s passed before each new request, which may be the whole wait"
            )
        t.assert_that(
            price <= 0 or operation != "generateImage",
            "four different paid generations in a row with a publishable key are all accepted",
        )
    raise NotTested("the server has no generation that could bring the key to its limit")


def wait_for_publishable(t: Session, response: Exchange) -> None:
    """Wait until the publishable key may be used again."""
    try:
        seconds = float(response.header("retry-after") or "1")
    except ValueError:
        seconds = 1.0
    if seconds > t.target.max_wait:
        return
    t.clock.sleep(seconds)


def refusal(t: Session) -> Exchange:
    """Return a refusal of the publishable key's limiter, shared by all checks that only read it."""

    def send() -> Exchange:
        response = blocked(t)
        wait_for_publishable(t, response)
        return response

    return t.attach(t.once("limited", send, "LIMIT-PK-01"))


def retry_after(response: Exchange) -> float | None:
    """Return the seconds that a refusal of the limiter reports in its body."""
    body: object = None
    with contextlib.suppress(ValueError):
        body = json.loads(response.content)
    reported: object = body.get("retryAfterSeconds") if is_object(body) else None
    return (
        reported if isinstance(reported, int | float) and not isinstance(reported, bool) else None
    )


@check("LIMIT-PK-01", needs="publishable", cost={"image": 5}, lane="publishable")
def publishable_key_is_limited(t: Session) -> None:
    """Right after a paid generation a publishable key is a 429 that reports how long to wait."""
    assert_retry_after_is_present(t, refusal(t))


def assert_retry_after_is_present(t: Session, response: Exchange) -> None:
    """Assert that a refusal of the limiter reports how long to wait, in its header and in its body."""
    reported = response.header("retry-after") or ""
    body: dict[str, Any] = t.json_object(response)
    t.assert_that(
        reported.isdigit() and int(reported) > 0,
        f"Retry-After is {shown(reported)}, not a whole number above 0",
    )
    t.assert_that(
        {"error", "message", "retryAfterSeconds"} <= set(body),
        f"the body of the 429 has only {sorted(body)}",
    )
    t.assert_that(
        isinstance(body["error"], str) and isinstance(body["message"], str),
        "error and message of the 429 are no texts",
    )
    seconds = retry_after(response)
    t.assert_that(
        seconds is not None and seconds > 0, f"retryAfterSeconds is {body['retryAfterSeconds']!r}"
    )


@check("LIMIT-PK-03", needs="publishable", cost={"image": 6}, lane="publishable")
def retry_after_is_rounded_up(t: Session) -> None:
    """Retry-After is retryAfterSeconds rounded up, whatever was requested."""
    for response in (limited(t, refusal), *limited(t, refusals).values()):
        rounds_up(t, response)


def rounds_up(t: Session, response: Exchange) -> None:
    """Assert that the two ways of a refusal to report how long to wait agree."""
    reported, seconds = response.header("retry-after") or "", retry_after(response)
    if seconds is None:
        raise NotTested("the body of the 429 has no retryAfterSeconds")
    t.need(
        reported.isdigit(), "LIMIT-PK-01", f"Retry-After is {shown(reported)}, not a whole number"
    )
    t.assert_that(
        reported == str(math.ceil(seconds)),
        f"Retry-After is {shown(reported)}, retryAfterSeconds is {seconds}",
    )


@check("LIMIT-PK-04", needs="publishable", cost={"image": 10}, lane="publishable")
def lists_and_account_are_not_limited(t: Session) -> None:
    """While a publishable key has to wait, the model lists and the account respond to it."""
    paths = {"listModels": "/v1/models", **LISTS, **ACCOUNT}
    wait = limited(t, blocked_since)
    for operation in available(t, *paths):
        path = paths[operation]
        wait = is_not_limited(t, wait, "GET", path)
        if not is_loopback(t.target.base_url):
            continue  # each wait may take an image
        wait = is_not_limited(t, wait, "HEAD", path)
        wait = is_not_limited(t, wait, "GET", path, by="query")
        if "usage" in path:
            wait = is_not_limited(t, wait, "GET", path, query={"format": "csv"})
    wait_for_publishable(t, wait[0])


def is_not_limited(
    t: Session, wait: tuple[Exchange, float], method: str, path: str, **options: Any
) -> tuple[Exchange, float]:
    """Assert that a path responds to a publishable key that has to wait; return the wait that was left."""
    send = functools.partial(t.send, method, path, throttled=True, probe=True, **options)
    for _ in range(6):
        response, begin = wait
        free = send(key="publishable")
        gone = t.clock.monotonic() - begin
        if free.status == 429:
            if send(key=None).status == 429:
                raise NotTested("a limit for this URL prevents this (429)")
            raise Violated(f"{method} {path} is limited by the limiter of publishable keys")
        # Otherwise the wait may have been over before this request came.
        if gone < (retry_after(response) or 1.0):
            return wait
        wait = limited(t, blocked_since)
    raise NotTested("the waits of the publishable key are over too soon to be seen")


def limited(t: Session, find: Callable[[Session], T]) -> T:
    """Find a refusal of the limiter; that there is one is LIMIT-PK-01."""
    try:
        return find(t)
    except Violated as reason:
        raise NotTested(str(reason)) from None


def refusals(t: Session) -> dict[str, Exchange]:
    """Return the response of each route behind the limiter to a key that has to wait; shared by checks."""

    def send() -> dict[str, Exchange]:
        found: dict[str, Exchange] = {}
        routes = available(
            t, "createChatCompletion", "createChatCompletionLegacy", "generateText", "generateAudio"
        )
        forms: dict[str, tuple[str, dict[str, Any]]] = {name: (name, {}) for name in routes}
        if "createChatCompletion" in routes:
            chat = "createChatCompletion"
            forms["a key in the query"] = (chat, {"by": "query"})
            forms["a stream"] = (chat, with_fields(t, chat, stream=True))
        for form, (operation, options) in forms.items():
            found[form] = refused_at(t, operation, options)
        wait_for_publishable(t, blocked(t))
        return found

    responses = t.once("limited everywhere", send, "LIMIT-PK-01")
    return {form: t.attach(response) for form, response in responses.items()}


def refused_at(t: Session, operation: str, options: dict[str, Any]) -> Exchange:
    """Bring the publishable key to its limit and return the response of an operation then."""
    for _ in range(6):
        response, begin = blocked_since(t)
        other = generate(t, operation, key="publishable", throttled=True, **options)
        gone = t.clock.monotonic() - begin + 0.02
        if other.status == 429:
            if retry_after(other) is None:
                url = t.send("GET", "/v1/models", key=None, throttled=True, probe=True)
                if url.status == 429:
                    raise NotTested("a limit for this URL prevents this (429)")
            return other
        if not other.ok:
            t.assert_success(other, f"{operation} with the publishable key")
        reported = retry_after(response)
        # The wait may have been over before this request came.
        t.assert_that(
            reported is None or gone > reported,
            f"{reported} s have to be waited; after {gone:.2f} s {operation} gets {other.status}",
        )
    raise NotTested("the waits of the publishable key are over too soon to be seen")


@check(
    "LIMIT-PK-01",
    operations="generateImage",
    needs="publishable",
    cost={"image": 6},
    lane="publishable",
)
def every_generation_waits(t: Session) -> None:
    """While a publishable key has to wait, no route behind the limiter lets it through."""
    for response in refusals(t).values():
        assert_retry_after_is_present(t, response)


@check(
    "LIMIT-PK-03",
    operations="generateImage",
    needs="publishable",
    cost={"image": 4},
    lane="publishable",
)
def longer_waits_are_rounded_up(t: Session) -> None:
    """A wait of more than a second, which one image of a more expensive model makes, is rounded up too."""
    waits = {
        model.name: model.prices.get("completionImageTokens", 0.0) * 3600
        for model in t.catalogue.image
        if "video" not in model.outputs
    }
    found = [name for name, wait in waits.items() if 1.02 < wait < t.target.max_wait]
    if not found:
        raise NotTested("no image model makes a publishable key wait for a few seconds")
    arguments = with_fields(t, "generateImage", model=min(found, key=lambda name: waits[name]))
    for _ in range(3):
        response = t.send(**arguments, key="publishable", throttled=True)
        if response.status == 429:
            wait_for_publishable(t, response)
            continue
        if not response.ok:
            raise NotTested(f"an image of the more expensive model gets {describe(response)}")
        response = generate(t, "generateImage", key="publishable", throttled=True)
        if response.status == 429:
            wait_for_publishable(t, response)
            rounds_up(t, response)
            return
    raise NotTested("the publishable key had to wait before or did not have to wait at all")


@check("LIMIT-PK-01", needs="publishable", cost={"image": 6}, lane="publishable")
def publishable_key_works_again(t: Session) -> None:
    """When Retry-After is over, the publishable key works again."""
    response = blocked(t)
    reported = response.header("retry-after") or ""
    t.assert_that(reported.isdigit(), f"Retry-After is {shown(reported)}")
    if int(reported) > t.target.max_wait:
        raise NotTested(f"it would take {reported} s to see")
    t.clock.sleep(int(reported) + 0.05)
    again = generate(t, "generateImage", key="publishable", throttled=True)
    t.assert_that(again.status != 429, "the key is still limited when Retry-After is over")
    wait_for_publishable(t, generate(t, "generateImage", key="publishable", throttled=True))


def need_secret_key(t: Session) -> None:
    """Stop without a verdict when the run's key is a publishable one."""
    reported = (t.run.key_info or {}).get("type")
    if reported == "publishable" or (t.target.keys.get(MAIN) or "").startswith("pk_"):
        raise NotTested("the run's key is a publishable one")


def at_once(t: Session, response: Exchange) -> None:
    """Assert that a generation with a secret key is not refused by the limiter of publishable ones."""
    if response.status == 429:
        t.assert_that(
            retry_after(response) is None, "a secret key is limited like a publishable one"
        )
        raise NotTested("another limiter of the server prevents this (429)")
    t.assert_success(response)


@check("LIMIT-PK-02", needs=MAIN, cost={"text": 12})
def no_secret_key_is_limited(t: Session) -> None:
    """Secret keys of every kind, in either place, make one paid generation after the other."""
    need_secret_key(t)
    t.need_operation("createChatCompletion")
    for role in ("budgeted", "other-account", "restricted", MAIN):
        key = t.target.keys.get(role) or ""
        if role != MAIN and (not key.startswith("sk_") or t.key_is_refused(role)):
            continue
        fields: dict[str, Any] = {}
        if role == "restricted":
            try:
                fields["model"] = allowed_model(t, "text")
            except NotTested:
                continue
        for by in ("bearer", "query", "query"):
            arguments = with_fields(t, "createChatCompletion", **fields)
            at_once(t, t.send(**arguments, key=role, by=by, throttled=True))


@check("LIMIT-PK-02", needs=MAIN, cost={"image": 3, "text": 9, "audio": 6, "transcription": 3})
def secret_key_is_not_limited(t: Session) -> None:
    """Different paid generations in a row with a secret key are not limited."""
    need_secret_key(t)
    for operation in [name for name in SPENDING for _ in range(3)]:
        if t.run.operations[operation].missing:
            continue
        at_once(t, generate(t, operation, throttled=True))


@watch("LIMIT-HEAD-01", gateway=False)
def no_response_has_rate_limit_headers(exchange: Exchange) -> str | None:
    """No response has RateLimit or X-RateLimit headers."""
    for name, _ in exchange.headers:
        if re.match(r"(x-)?ratelimit(-|$)", name, re.I):
            return f"a response has the header {name}"
    return ""


@check("LIMIT-HEAD-01", cost={"text": 5, "audio": 1}, lane="publishable")
def no_rate_limit_headers(t: Session) -> None:
    """Neither successes nor refusals report limits in RateLimit headers."""
    responses = [
        t.send("GET", path, key=None, probe=True)
        for path in ("/v1/models", "/models", "/account/key", "/no-such-thing")
    ]
    responses.append(t.send("HEAD", "/v1/models", key=None, probe=True))
    responses.append(t.send("OPTIONS", "/v1/chat/completions", key=None, probe=True))
    if "publishable" in t.target.keys and not t.key_is_refused("publishable"):
        # Both a success and, as often as not, the limiter's own refusal.
        for operation in available(t, *SPENDING)[:1]:
            for _ in range(2):
                responses.append(generate(t, operation, key="publishable", throttled=True))
    if t.target.media_url is not None:
        responses.append(t.send("GET", "/zzz", host="media", key=None, probe=True))
    if MAIN in t.target.keys and not t.run.operations["createChatCompletion"].missing:
        question = t.fresh("Say hello.")
        responses += [t.chat(question), t.chat(question), t.chat(stream=True)]
    if MAIN in t.target.keys and not t.run.operations["generateAudio"].missing:
        responses.append(generate(t, "generateAudio"))
    for response in responses:
        problem = no_response_has_rate_limit_headers(response)
        t.assert_that(not problem, f"{response.method} responded with {response.status}: {problem}")
