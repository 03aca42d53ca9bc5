"""Rate limits, as far as a client can see them without a flood of requests."""

# A docstring here says what the server does, and not what the function does.

import contextlib
import json
import math
import time
from collections.abc import Callable
from typing import Any, TypeVar

from pollinations_conformance.checks.common import ACCOUNT, LISTS, SPENDING, available, generate
from pollinations_conformance.checks.invariants import no_answer_tells_limits
from pollinations_conformance.runner import Broken, CannotTell, Session, check
from pollinations_conformance.target import MAIN, Exchange, is_object

T = TypeVar("T")


def blocked(t: Session) -> Exchange:
    """Bring the publishable key to its limit and give the refusal."""
    return blocked_since(t)[0]


def blocked_since(t: Session) -> tuple[Exchange, float]:
    """Bring the publishable key to its limit; give the refusal and the clock before its request."""
    for operation in ("generateImage", "createChatCompletion"):
        if t.run.operations[operation].missing:
            continue
        # Several generations, because a cheap one may set no wait that can be noticed.
        for _ in range(4):
            begin = time.monotonic()
            answer = generate(t, operation, key="publishable", throttled=True)
            if answer.status == 429:
                if t.send("GET", "/v1/models", key=None, throttled=True, probe=True).status == 429:
                    raise CannotTell("a limit for this address stands in the way (429)")
                return answer, begin
            t.ok(answer, f"{operation} with a publishable key")
            t.require((answer.header("x-cache") or "MISS") != "HIT", "a new request is a HIT")
        price = t.catalogue.price(operation, t.image_model)
        t.require(
            price <= 0 or operation != "generateImage",
            "four different paid generations in a row with a publishable key are all accepted",
        )
    raise CannotTell("the server has no generation that could bring the key to its limit")


def wait_for_publishable(t: Session, answer: Exchange) -> None:
    """Wait until the publishable key may be used again."""
    try:
        seconds = float(answer.header("retry-after") or "1")
    except ValueError:
        seconds = 1.0
    if seconds > t.target.max_wait:
        return
    time.sleep(seconds)


def refusal(t: Session) -> Exchange:
    """Give a refusal of the publishable key's limiter, shared by all checks that only look."""

    def ask() -> Exchange:
        answer = blocked(t)
        wait_for_publishable(t, answer)
        return answer

    return t.remember(t.once("limited", ask))


def wait_told(answer: Exchange) -> float | None:
    """Give the seconds that a refusal of the limiter tells in its body."""
    body: object = None
    with contextlib.suppress(ValueError):
        body = json.loads(answer.content)
    told: object = body.get("retryAfterSeconds") if is_object(body) else None
    return told if isinstance(told, int | float) and not isinstance(told, bool) else None


@check("LIMIT-PK-01", needs="publishable", cost={"image": 5}, alone=True)
def publishable_key_is_slowed_down(t: Session) -> None:
    """Right after a paid generation a publishable key is a 429 that says how long to wait."""
    answer = refusal(t)
    told = answer.header("retry-after") or ""
    body: dict[str, Any] = t.object(answer)
    t.require(
        told.isdigit() and int(told) > 0, f"Retry-After is {told!r}, not a whole number above 0"
    )
    t.require(
        {"error", "message", "retryAfterSeconds"} <= set(body),
        f"the body of the 429 has only {sorted(body)}",
    )
    t.require(
        isinstance(body["error"], str) and isinstance(body["message"], str),
        "error and message of the 429 are no texts",
    )
    seconds = wait_told(answer)
    t.require(
        seconds is not None and seconds > 0, f"retryAfterSeconds is {body['retryAfterSeconds']!r}"
    )


@check("LIMIT-PK-03", needs="publishable", cost={"image": 5}, alone=True)
def retry_after_is_rounded_up(t: Session) -> None:
    """Retry-After is retryAfterSeconds rounded up."""
    answer = limited(t, refusal)
    told, seconds = answer.header("retry-after") or "", wait_told(answer)
    if seconds is None:
        raise CannotTell("the body of the 429 has no retryAfterSeconds")
    t.require(
        told == str(math.ceil(seconds)), f"Retry-After is {told!r}, retryAfterSeconds is {seconds}"
    )


@check("LIMIT-PK-04", needs="publishable", cost={"image": 5}, alone=True)
def lists_and_account_are_not_slowed_down(t: Session) -> None:
    """While a publishable key has to wait, the model lists and the account answer it."""
    paths = {"listModels": "/v1/models", **LISTS, **ACCOUNT}
    for operation in available(t, *paths):
        path = paths[operation]
        for _ in range(6):
            answer, begin = limited(t, blocked_since)
            free = t.send("GET", path, key="publishable", throttled=True, probe=True)
            gone = time.monotonic() - begin
            if free.status == 429:
                if t.send("GET", path, key=None, throttled=True, probe=True).status == 429:
                    raise CannotTell("a limit for this address stands in the way (429)")
                raise Broken(f"GET {path} is limited by the limiter of publishable keys")
            # Otherwise the wait may have been over before this request came.
            if gone < (wait_told(answer) or 1.0):
                break
        else:
            raise CannotTell("the waits of the publishable key are over too soon to be seen")
    wait_for_publishable(t, limited(t, blocked))


def limited(t: Session, find: Callable[[Session], T]) -> T:
    """Find a refusal of the limiter; that there is one is LIMIT-PK-01."""
    try:
        return find(t)
    except Broken as reason:
        raise CannotTell(str(reason)) from None


@check(
    "LIMIT-PK-01",
    operations="generateImage",
    needs="publishable",
    cost={"image": 4},
    alone=True,
)
def every_generation_waits(t: Session) -> None:
    """While a publishable key has to wait, no route behind the limiter lets it through."""
    routes = ("createChatCompletion", "createChatCompletionLegacy", "generateText", "generateAudio")
    for operation in available(t, *routes):
        for _ in range(6):
            answer, begin = blocked_since(t)
            other = generate(t, operation, key="publishable", throttled=True)
            gone = time.monotonic() - begin + 0.02
            if other.status == 429:
                break
            told = wait_told(answer)
            # The wait may have been over before this request came.
            t.require(
                told is None or gone > told,
                f"{told} s have to be waited; after {gone:.2f} s {operation} is answered "
                f"{other.status}",
            )
        else:
            raise CannotTell("the waits of the publishable key are over too soon to be seen")
        wait_for_publishable(t, answer)


@check("LIMIT-PK-01", needs="publishable", cost={"image": 6}, alone=True)
def publishable_key_works_again(t: Session) -> None:
    """When Retry-After is over, the publishable key works again."""
    answer = blocked(t)
    told = answer.header("retry-after") or ""
    t.require(told.isdigit(), f"Retry-After is {told!r}")
    if int(told) > t.target.max_wait:
        raise CannotTell(f"it would take {told} s to see")
    time.sleep(int(told) + 0.05)
    again = generate(t, "generateImage", key="publishable", throttled=True)
    t.require(again.status != 429, "the key is still limited when Retry-After is over")
    wait_for_publishable(t, generate(t, "generateImage", key="publishable", throttled=True))


@check("LIMIT-PK-02", needs=MAIN, cost={"image": 3, "text": 9, "audio": 6, "transcription": 3})
def secret_key_is_not_slowed_down(t: Session) -> None:
    """Different paid generations in a row with a secret key are not limited."""
    told = (t.run.key_info or {}).get("type")
    if told == "publishable" or (t.target.keys.get(MAIN) or "").startswith("pk_"):
        raise CannotTell("the run's key is a publishable one")
    for operation in [name for name in SPENDING for _ in range(3)]:
        if t.run.operations[operation].missing:
            continue
        answer = generate(t, operation, throttled=True)
        if answer.status == 429:
            body = t.object(answer)
            t.require(
                "retryAfterSeconds" not in body, "a secret key is limited like a publishable one"
            )
            raise CannotTell("another limiter of the server stands in the way (429)")
        t.ok(answer)


@check("LIMIT-HEAD-01", cost={"text": 3, "audio": 1})
def no_rate_limit_headers(t: Session) -> None:
    """Neither successes nor refusals tell of limits in RateLimit headers."""
    answers = [
        t.send("GET", path, key=None, probe=True)
        for path in ("/v1/models", "/account/key", "/no-such-thing")
    ]
    if t.target.media_url is not None:
        answers.append(t.send("GET", "/zzz", host="media", key=None, probe=True))
    if MAIN in t.target.keys and not t.run.operations["createChatCompletion"].missing:
        question = t.fresh("Say hello.")
        answers += [t.chat(question), t.chat(question), t.chat(stream=True)]
    if MAIN in t.target.keys and not t.run.operations["generateAudio"].missing:
        answers.append(generate(t, "generateAudio"))
    for answer in answers:
        said = no_answer_tells_limits(answer)
        t.require(not said, f"{answer.method} answered {answer.status}: {said}")
