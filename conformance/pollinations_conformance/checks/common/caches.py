"""Send a request twice, and read what the cache made of it."""

import functools
from collections.abc import Callable
from typing import Any

from pollinations_conformance.checks.common.images import generated_video, request_video
from pollinations_conformance.checks.common.requests import available, generation
from pollinations_conformance.http.text import shown
from pollinations_conformance.suite import Exchange, NotTested, Session, is_from_cdn_cache

CACHED_OPERATIONS = (
    "createChatCompletion",
    "createChatCompletionLegacy",
    "generateText",
    "generateImage",
)


STREAMS = {f"a stream of {name}": name for name in CACHED_OPERATIONS[:3]}
"""What names a streamed response where an operation is named."""


VIDEO = "a video"


def was_new(t: Session, response: Exchange) -> bool:
    """Return whether a request was new to the cache; that the response reports it is CACHE-HIT-01.

    How the words are written is CACHE-HIT-01 as well: here `miss` is one that was new.
    """
    state = cache_state(response)
    t.need(state is not None, "CACHE-HIT-01", f"a response of {response.operation} has no X-Cache")
    word = str(state).upper()
    message = f"X-Cache of {response.operation} is {shown(state)}, neither MISS nor HIT"
    t.need(word in {"MISS", "HIT"}, "CACHE-HIT-01", message)
    return word == "MISS"


def send_twice(t: Session, operation: str) -> tuple[Exchange, Exchange]:
    """Send the same new request twice; shared by all checks that only look."""
    if operation == VIDEO:
        # A video, too, may be stored a moment after it was given.
        first = generated_video(t)
        hit = t.once("cached video", lambda: send_again(t, functools.partial(request_video, t)))
        return first, t.attach(hit)

    def send() -> tuple[Exchange, Exchange]:
        arguments = need_stored(t, operation)
        return repeated_pair(t, functools.partial(t.send, **arguments))

    responses = t.once(f"pair {operation}", send)
    for response in responses:
        t.attach(response)
    return responses


def need_stored(t: Session, operation: str) -> dict[str, Any]:
    """Make a small, never seen request of an operation, or of a stream."""
    if operation not in STREAMS:
        return generation(t, operation)
    arguments = generation(t, STREAMS[operation])
    holder = holder_of(arguments)
    return {**arguments, holder: {**arguments[holder], "stream": True}}


def cached_pair(t: Session) -> list[str]:
    """Return what is cached: operations that the server has, and their streams."""
    found = available(t, *CACHED_OPERATIONS)
    return [*found, *(name for name, operation in STREAMS.items() if operation in found)]


def repeated_pair(t: Session, send: Callable[[], Exchange]) -> tuple[Exchange, Exchange]:
    """Return the responses to a new request and to its repetition."""
    first = t.assert_success(send())
    second = send_again(t, send)
    return first, second


def send_again(t: Session, send: Callable[[], Exchange]) -> Exchange:
    """Repeat a request until its response comes from the cache, at most four times.

    A response may be stored a moment after it was given.
    """
    response = send()
    for pause in () if t.target.embedded else (0.2, 0.8, 2.0):
        if response.status != 200 or cache_state(response) != "MISS":
            break
        t.clock.sleep(pause)
        response = send()
    t.assert_success(response)
    if is_from_cdn_cache(response):
        raise NotTested("a cache between here and the server responds instead")
    return response


def need_hit(t: Session, operation: str, response: Exchange) -> Exchange:
    """Continue only with a response from the cache; that a repeated request gets one is CACHE-HIT-01."""
    t.examined = response
    t.need(
        cache_state(response) == "HIT",
        "CACHE-HIT-01",
        f"{operation}: the second of two identical requests has X-Cache {shown(cache_state(response))}",
    )
    return response


def cache_state(response: Exchange) -> str | None:
    """Return X-Cache."""
    return response.header("x-cache")


def holder_of(arguments: dict[str, Any]) -> str:
    """Return where the fields of a request are."""
    return "json" if "json" in arguments else "query"
