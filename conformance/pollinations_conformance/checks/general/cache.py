"""Check which responses are cached, for how long, and what cached responses carry."""

import functools
import re
from collections.abc import Callable, Mapping
from datetime import timedelta
from operator import ge
from typing import Any

from pollinations_conformance.checks.common.accounts import balance_of, steady_balance, wait_until
from pollinations_conformance.checks.common.caches import (
    CACHED_OPERATIONS,
    STREAMS,
    VIDEO,
    cache_state,
    cached_pair,
    holder_of,
    need_hit,
    need_stored,
    repeated_pair,
    send_twice,
)
from pollinations_conformance.checks.common.images import generated_video, request_video
from pollinations_conformance.checks.common.keys import forbidden_model, need_restriction
from pollinations_conformance.checks.common.requests import available, generation, send_together
from pollinations_conformance.checks.common.responses import (
    CACHED,
    IMMUTABLE,
    LIST_OPERATIONS,
    is_hit,
    is_shared,
    is_stream,
    parameters,
    parse_instant,
    present,
    request_json,
    usage_headers,
)
from pollinations_conformance.http.text import by_key, shown
from pollinations_conformance.suite import (
    MAIN,
    Exchange,
    NotTested,
    Session,
    check,
    cost_of,
    segment,
    watch,
)

CHATS = CACHED_OPERATIONS[:2]


TWICE = {"text": 6, "image": 2}


OVERLAP = 0.25
"""Seconds that responses have to take for requests that are sent at once to be worked on at once,
whatever else this machine is doing."""


def with_videos(t: Session) -> list[str]:
    """Return what is cached, and videos if there are any."""
    found = cached_pair(t)
    videos = "generateImage" in found and any("video" in m.outputs for m in t.catalogue.image)
    return [*found, VIDEO] if videos else found


@check("CACHE-HIT-01", needs=MAIN, cost=TWICE)
def second_is_a_hit(t: Session) -> None:
    """Of two identical requests the first is a MISS, the second a HIT with the same body."""
    for operation in with_videos(t):
        first, second = send_twice(t, operation)
        t.assert_that(
            (cache_state(first), cache_state(second)) == ("MISS", "HIT"),
            f"{operation}: X-Cache is {shown(cache_state(first))}, then {shown(cache_state(second))}",
        )
        t.assert_that(first.content == second.content, f"{operation}: the HIT has another body")
        t.assert_that(
            first.header("content-type") == second.header("content-type"),
            f"{operation}: the HIT is {shown(second.header('content-type'))}, "
            f"the MISS was {shown(first.header('content-type'))}",
        )


@watch("CACHE-HIT-02")
def every_cached_response_may_be_kept(exchange: Exchange) -> str | None:
    """Responses that carry X-Cache may be kept for a year."""
    if exchange.operation not in CACHED or not exchange.ok or not exchange.header("x-cache"):
        return None
    if is_shared(exchange):
        return None  # what was shared may be a response that is not to be kept
    value = exchange.header("cache-control")
    return "" if value == IMMUTABLE else f"Cache-Control is {shown(value)}"


@check("CACHE-HIT-02", needs=MAIN, cost=TWICE, assumes="CACHE-HIT-01")
def cached_responses_may_be_kept(t: Session) -> None:
    """Fresh and cached responses may be kept for a year."""
    for operation in with_videos(t):
        for response in send_twice(t, operation):
            value = response.header("cache-control")
            t.assert_that(
                value == IMMUTABLE,
                f"{operation}, {cache_state(response)}: Cache-Control is {shown(value)}",
            )


@check("CACHE-HIT-03", needs=(MAIN, "other-account"), cost=TWICE)
def keys_share_the_cache(t: Session) -> None:
    """The same request with another key is a HIT, wherever the key is."""
    choices: tuple[dict[str, Any], ...] = ({"key": "other-account"}, {"by": "query"})
    for operation in with_videos(t):
        send = sender(t, operation)
        first, again = repeated_pair(t, send)
        need_hit(t, operation, again)
        for options in choices:
            # Not again and again: the second time it could be what this key got itself.
            hit = t.assert_success(send(**options))
            t.assert_that(
                cache_state(hit) == "HIT",
                f"{operation} with {options}: X-Cache is {shown(cache_state(hit))}",
            )
            t.assert_that(hit.content == first.content, f"{operation}: the HIT has another body")


def sender(t: Session, operation: str) -> Callable[..., Exchange]:
    """Return a function that sends one never seen request, with another key each time if required."""
    if operation == VIDEO:
        generated_video(t)  # which is to be the fresh one
        return functools.partial(request_video, t)
    return functools.partial(t.send, **need_stored(t, operation))


@check("CACHE-HIT-04", needs=MAIN, cost=TWICE, assumes="CACHE-HIT-03")
def cached_responses_need_no_key(t: Session) -> None:
    """A request without a key gets a cached response."""
    for operation in with_videos(t):
        send = sender(t, operation)
        _, hit = repeated_pair(t, send)
        need_hit(t, operation, hit)
        bare = send(key=None)
        t.assert_that(
            bare.status == 200, f"{operation}: a cached response is refused with {bare.status}"
        )
        t.assert_that(
            cache_state(bare) == "HIT", f"{operation}: X-Cache is {shown(cache_state(bare))}"
        )


@watch("CACHE-HIT-05")
def no_random_response_is_cached(exchange: Exchange) -> str | None:
    """With seed -1 there is no X-Cache, except for requests at the same time."""
    if exchange.operation not in CACHED or not exchange.ok or is_shared(exchange):
        return None
    body = request_json(exchange)
    seed = body.get("seed") if exchange.method == "POST" else parameters(exchange).get("seed")
    if isinstance(seed, bool) or seed not in (-1, "-1"):
        return None
    value = exchange.header("x-cache")
    return "" if value is None else f"with seed -1 X-Cache is {shown(value)}"


@check("CACHE-HIT-05", needs=MAIN, cost={"text": 17, "image": 2})
def random_responses_are_not_cached(t: Session) -> None:
    """With seed -1 there is no X-Cache, and the second response is made anew."""
    for operation in cached_pair(t):
        arguments = need_stored(t, operation)
        arguments[holder_of(arguments)]["seed"] = -1
        responses = [t.assert_success(t.send(**arguments)) for _ in range(2)]
        for response in responses:
            t.assert_that(
                cache_state(response) is None,
                f"{operation}: X-Cache is {shown(cache_state(response))}",
            )
        if STREAMS.get(operation, operation) in CHATS or operation in STREAMS:
            ids = [identity(t, operation, response) for response in responses]
            other = identity(t, operation, t.assert_success(t.send(**need_stored(t, operation))))
            # Where even different questions share an id, an id proves nothing.
            t.assert_that(
                ids[0] != ids[1] or other == ids[0],
                f"{operation}: with seed -1 the same completion comes twice",
            )
        if operation not in STREAMS:
            used = [response.header("x-model-used") for response in responses]
            t.assert_that(all(used), f"{operation}: a response with seed -1 has no x-model-used")


def identity(t: Session, operation: str, response: Exchange) -> object:
    """Return the id of a completion or, what is the same, of the last chunk of a stream."""
    if operation not in STREAMS:
        return t.json_object(response).get("id")
    return (t.chunks(response) or [{}])[-1].get("id")


@check(
    "CACHE-HIT-05",
    operations="getAccountBalance",
    needs=MAIN,
    cost={"text": 4, "image": 2},
    exclusive=True,
    assumes=("IMG-GET-01", "ACC-BAL-03", "ACC-BAL-04"),
)
def random_responses_are_paid_for_again(t: Session) -> None:
    """With seed -1 the second of two identical requests costs as much as the first."""
    for operation in available(t, "generateText", "generateImage"):
        arguments: dict[str, Any] = generation(t, operation)
        arguments["query"]["seed"] = -1
        model = t.catalogue.find(str(arguments["query"]["model"]))
        before = balance_of(t, MAIN)
        responses = [t.assert_success(t.send(**arguments)) for _ in range(2)]
        if responses[0].content == responses[1].content and operation == "generateImage":
            t.assert_that(False, "with seed -1 the same image comes twice, to the last byte")
        total = sum(cost_of(model, response.headers) or 0.0 for response in responses)
        if not total:
            continue
        goal = before - total * 0.9
        after = wait_until(t, functools.partial(balance_of, t, MAIN), functools.partial(ge, goal))
        t.assert_that(
            before - after > total * 0.9,
            f"{operation}: two responses of {total:.8g} pollen cost {before - after:.8g}",
        )


@watch("CACHE-HIT-06")
def no_hit_has_usage_headers(exchange: Exchange) -> str | None:
    """A cached response has no usage headers; whether a stream has any is CHAT-STREAM-07."""
    if not is_hit(exchange) or is_shared(exchange) or exchange.operation not in CACHED:
        return None
    if is_stream(exchange):
        return None
    names = [name for name, _ in exchange.headers if re.match("x-usage-|x-model-used$", name, re.I)]
    return f"a HIT has the headers {names}" if names else ""


@check("CACHE-HIT-06", needs=MAIN, cost=TWICE)
def hits_have_no_usage_headers(t: Session) -> None:
    """A HIT has no usage headers; whether a stream has any is CHAT-STREAM-07."""
    for operation in [name for name in with_videos(t) if name not in STREAMS]:
        _, hit = send_twice(t, operation)
        need_hit(t, operation, hit)
        names = sorted(usage_headers(hit))
        t.assert_that(not names, f"{operation}: the HIT has {names}")
        t.assert_that(hit.header("x-model-used") is None, f"{operation}: the HIT has x-model-used")


@check("CACHE-HIT-06", operations="getAccountBalance", needs=MAIN, cost=TWICE, exclusive=True)
def hits_are_free(t: Session) -> None:
    """A HIT does not lower the balance."""
    for operation in with_videos(t):
        send = sender(t, operation)
        repeated_pair(t, send)
        fell: list[float] = []
        for _ in range(1 if t.target.embedded else 2):
            before = steady_balance(t, MAIN)
            hit = t.assert_success(send())
            need_hit(t, operation, hit)
            fell.append(before - steady_balance(t, MAIN))
        if min(fell) <= 0 < max(fell):
            raise NotTested("the account has other users")
        t.assert_that(max(fell) <= 0, f"{operation}: a HIT cost {max(fell):.8g} pollen")


@check(
    "CACHE-HIT-08",
    operations="createChatCompletion",
    needs=MAIN,
    cost={"text": 3},
    assumes="CHAT-STREAM-01",
)
def streams_are_repeated(t: Session) -> None:
    """A stream requested twice is a HIT with the same events."""
    pairs = [send_twice(t, name) for name in cached_pair(t) if name in STREAMS]
    pairs = [(first, second) for first, second in pairs if is_stream(first)]
    if not pairs:
        raise NotTested("no streaming request gets a stream", "CHAT-STREAM-01")
    need_hit(t, "createChatCompletion", send_twice(t, "createChatCompletion")[1])
    for first, second in pairs:
        t.assert_that(
            cache_state(second) == "HIT",
            f"the repeated stream has X-Cache {shown(cache_state(second))}",
        )
        t.assert_that(
            [event.data for event in t.events(first)] == [e.data for e in t.events(second)],
            "the repeated stream has other events",
        )


@watch("CACHE-HIT-09")
def no_failure_is_a_hit(exchange: Exchange) -> str | None:
    """A failure is not a HIT, unless it was made for another request at the same time."""
    if exchange.status < 400 or exchange.operation not in CACHED:
        return None
    bad = is_hit(exchange) and not is_shared(exchange)
    return f"a refusal with {exchange.status} is a HIT" if bad else ""


@check("CACHE-HIT-09", assumes=("TEXT-GET-06", "IMG-GET-10", "CHAT-REQ-09"))
def failures_are_not_cached(t: Session) -> None:
    """A refusal is not a HIT when it comes again."""
    for operation in available(t, *CACHED_OPERATIONS):
        arguments = generation(t, operation)
        for _ in range(2):
            response = t.send(**arguments, key=None)
            t.assert_rejected(response, 401, f"{operation} without a key")
            t.assert_that(
                cache_state(response) != "HIT", f"{operation}: a refusal with 401 is a HIT"
            )
        unknown: dict[str, Any] = {"model": "no-such-model-3f9", "messages": []}
        wrong: dict[str, Any] = {**arguments, holder_of(arguments): unknown}
        times: list[object] = []
        for pause in (0.0, 0.02, 1.1):
            t.clock.sleep(pause)
            response = t.send(**wrong, free=True)
            t.assert_rejected(response, 400, f"{operation} with an unknown model")
            t.assert_that(
                cache_state(response) != "HIT", f"{operation}: a refusal with 400 is a HIT"
            )
            times.append(t.error_object(response).get("timestamp"))
            if len(set(map(str, times))) > 1:
                break
        if len(set(map(str, times))) > 1 or times[0] is None:
            continue
        # Where another refusal has the same time, the clock is still, and not the response.
        other: dict[str, Any] = {
            **wrong,
            holder_of(arguments): {**unknown, "model": "no-such-model-4g0"},
        }
        t.assert_that(
            t.error_object(t.send(**other, free=True)).get("timestamp") == times[0],
            f"{operation}: a refusal with 400 is the same a second later, its time too",
        )


FAILURES: Mapping[str | None, str] = {None: "AUTH-KEY-01", "empty-balance": "AUTH-BUDGET-02"}
"""By role of the key, the requirement that a request is refused."""


@check("CACHE-HIT-09", needs=MAIN, cost=TWICE)
def failures_do_not_block_later_responses(t: Session) -> None:
    """A request that failed for want of a key, or of pollen, succeeds with a better key."""
    failures = [(None, {401}), ("empty-balance", {402, 403})]
    for operation in available(t, *CACHED_OPERATIONS):
        arguments = generation(t, operation)
        for key, status in failures:
            if key is None or (key in t.target.keys and not t.key_is_refused(key)):
                response = t.send(**arguments, key=key, free=True)
                what = f"{operation} {by_key(key)}"
                t.need(response.status in status, FAILURES[key], f"{what} gets {response.status}")
        response = t.send(**arguments)
        if response.status in {402, 403} and "empty-balance" in t.target.keys:
            t.assert_success(t.send(**generation(t, operation)))  # this key does have pollen
            t.assert_that(
                False, f"{operation}: the refusal of a key without pollen is kept for others"
            )
        t.assert_success(response, f"{operation} with a key, after refusals of others")


@check("CACHE-HIT-09", needs=(MAIN, "restricted"), cost=TWICE)
def forbidden_models_do_not_block_later_responses(t: Session) -> None:
    """A request that failed for want of permission succeeds with a key that has it."""
    for operation in available(t, *CACHED_OPERATIONS):
        arguments = generation(t, operation)
        holder = holder_of(arguments)
        kind = "image" if operation == "generateImage" else "text"
        arguments[holder]["model"] = forbidden_model(t, kind)
        response = t.send(**arguments, key="restricted", free=True)
        if response.status != 403:
            need_restriction(t)
        t.assert_rejected(response, 403, f"{operation} with a model that the key may not use")
        t.assert_success(t.send(**arguments), f"{operation} with a key that may use the model")


@watch("CACHE-TYPE-01")
def every_cached_image_is_exact(exchange: Exchange) -> str | None:
    """A cached image has X-Cache-Type EXACT."""
    if exchange.operation != "generateImage" or not exchange.ok or not is_hit(exchange):
        return None
    value = exchange.header("x-cache-type")
    return "" if value == "EXACT" or is_shared(exchange) else f"X-Cache-Type is {shown(value)}"


@check("CACHE-TYPE-01", operations="generateImage", needs=MAIN, cost={"image": 2})
def cached_images_are_exact(t: Session) -> None:
    """A cached image, or video, has X-Cache-Type EXACT."""
    hits = [send_twice(t, "generateImage")[1]]
    if any("video" in model.outputs for model in t.catalogue.image):
        hits.append(send_twice(t, VIDEO)[1])
    for hit in hits:
        need_hit(t, "generateImage", hit)
        value = hit.header("x-cache-type")
        t.assert_that(value == "EXACT", f"X-Cache-Type of {hit.media_type} is {shown(value)}")


@check(
    "CACHE-DEDUP-01",
    needs=MAIN,
    cost={"text": 18, "image": 6, "audio": 4},
    assumes="CHAT-STREAM-11",
)
def concurrent_requests_are_one(t: Session) -> None:
    """Identical requests at the same time get the same body; all but one are HITs."""
    for operation in available(t, *CACHED_OPERATIONS, "generateAudio"):
        responses: list[Exchange] = []
        fresh: list[Exchange] = []
        # On a busy machine one may come only when another has gone; where it is free, send again.
        for _ in range(5 if t.target.embedded else 1):
            arguments = generation(t, operation)
            if operation == "generateAudio" and t.target.embedded:
                # A long speech takes a moment to make, and costs nothing here.
                arguments["path"] = "/audio/" + segment(t.fresh("Hello. " * 100))
            responses = send_together(4, functools.partial(t.send, **arguments))
            for response in responses:
                t.assert_success(response)
            bodies = {response.content for response in responses}
            if len(bodies) > 1 and operation in CACHED_OPERATIONS:
                need_hit(t, operation, send_twice(t, operation)[1])
            t.assert_that(
                len(bodies) == 1, f"{operation}: {len(bodies)} different bodies at the same time"
            )
            fresh = [response for response in responses if cache_state(response) != "HIT"]
            if len(fresh) <= (1 if t.target.embedded else 3):
                break
        else:
            if (
                operation not in CACHED_OPERATIONS
                and min(response.seconds for response in responses) < OVERLAP
            ):
                raise NotTested(
                    f"{operation}: the responses come too quickly to be requested at once"
                )
            if operation in CACHED_OPERATIONS:
                need_hit(t, operation, send_twice(t, operation)[1])
            t.assert_that(
                False, f"{operation}: {len(fresh)} of 4 identical requests were worked on"
            )
        for response in responses:
            if operation == "generateAudio" and cache_state(response) == "HIT":
                kind = response.header("x-cache-type")
                t.assert_that(
                    kind == "DEDUP", f"{operation}: X-Cache-Type of a HIT is {shown(kind)}"
                )
            kind = response.header("x-cache-type")
            if cache_state(response) == "HIT" and kind not in {"DEDUP", "EXACT"}:
                said = response.header("x-cache-key") or response.header("x-cache-date")
                message = f"{operation}: a HIT is neither de-duplicated nor from the cache"
                image = operation == "generateImage" and kind is None
                t.need(said or not image, "CACHE-TYPE-01", message)
                t.assert_that(said, message)


@watch("CACHE-DATE-01")
def every_cached_text_has_its_date(exchange: Exchange) -> str | None:
    """A cached chat or text response reports when it was stored."""
    if exchange.operation not in CACHED - {"generateImage"} or not is_hit(exchange):
        return None
    if is_shared(exchange) or not exchange.ok:
        return None
    text = exchange.header("x-cache-date")
    instant = parse_instant(text)
    today = present(exchange)
    good = instant and today - timedelta(days=366) < instant <= today + timedelta(minutes=5)
    return "" if good else f"X-Cache-Date is {shown(text)}"


@check("CACHE-DATE-01", needs=MAIN, cost={"text": 2})
def hits_have_their_date(t: Session) -> None:
    """A cached chat or text response reports when it was stored."""
    for operation in [name for name in cached_pair(t) if name != "generateImage"]:
        _, hit = send_twice(t, operation)
        need_hit(t, operation, hit)
        text = hit.header("x-cache-date")
        instant = parse_instant(text)
        t.assert_that(instant is not None, f"{operation}: X-Cache-Date is {shown(text)}")
        t.assert_that(
            instant and t.now() - timedelta(days=366) < instant <= t.now() + timedelta(minutes=5),
            f"{operation}: X-Cache-Date {text} is not in the past",
        )


@watch("CACHE-NONE-01")
def no_list_or_account_response_is_cached(exchange: Exchange) -> str | None:
    """Model lists and account responses have no X-Cache."""
    if exchange.operation not in LIST_OPERATIONS and not exchange.operation.startswith(
        "getAccount"
    ):
        return None
    value = exchange.header("x-cache")
    return f"X-Cache is {shown(value)}" if value is not None else ""


@check("CACHE-NONE-01", needs=MAIN)
def lists_and_account_have_no_cache(t: Session) -> None:
    """Model lists and account responses are requested twice and never come from a cache."""
    usage = ("/account/usage?format=csv", "/account/usage/daily", "/account/profile")
    lists = ("/v1/models", "/models", "/text/models", "/image/models", "/audio/models")
    there = 0
    for path in (*lists, *usage, "/account/usage", "/account/balance", "/account/key"):
        for _ in range(2):
            response = t.send("GET", path, probe=True)
            if response.status == 404:
                break
            there += 1
            value = response.header("x-cache")
            t.assert_that(value is None, f"GET {path} gets X-Cache {shown(value)}")
    if not there:
        raise NotTested("the server has neither model lists nor account operations")
