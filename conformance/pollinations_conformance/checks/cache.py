"""Caching and de-duplication."""

# A docstring here says what the server does, and not what the function does.

import functools
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from pollinations_conformance.checks.account import steady
from pollinations_conformance.checks.common import IMMUTABLE, available, generation, instant, now
from pollinations_conformance.checks.invariants import usage_headers
from pollinations_conformance.checks.stream import together
from pollinations_conformance.runner import CannotTell, Session, check, kept_on_the_way, segment
from pollinations_conformance.target import MAIN, Exchange

CACHED = ("createChatCompletion", "generateText", "generateImage")
TWICE = {"text": 2, "image": 1}


def pair(t: Session, operation: str) -> tuple[Exchange, Exchange]:
    """Send the same new request twice; shared by all checks that only look."""

    def ask() -> tuple[Exchange, Exchange]:
        arguments = generation(t, operation)
        return repeated(t, functools.partial(t.send, **arguments))

    answers = t.once(f"pair {operation}", ask)
    for answer in answers:
        t.remember(answer)
    return answers


def repeated(t: Session, send: Callable[[], Exchange]) -> tuple[Exchange, Exchange]:
    """Give the answers to a new request and to its repetition."""
    first = t.ok(send())
    second = again(t, send)
    return first, second


def again(t: Session, send: Callable[[], Exchange]) -> Exchange:
    """Repeat a request until its answer comes from the cache, at most four times.

    An answer may be stored a moment after it was given.
    """
    answer = send()
    for pause in () if t.target.embedded else (0.2, 0.8, 2.0):
        if answer.status != 200 or state(answer) != "MISS":
            break
        time.sleep(pause)
        answer = send()
    t.ok(answer)
    if kept_on_the_way(answer):
        raise CannotTell("a cache between here and the server answers for it")
    return answer


def state(answer: Exchange) -> str | None:
    """Give X-Cache."""
    return answer.header("x-cache")


@check("CACHE-HIT-01", needs=MAIN, cost=TWICE)
def second_is_a_hit(t: Session) -> None:
    """Of two identical requests the first is a MISS, the second a HIT with the same body."""
    for operation in available(t, *CACHED):
        first, second = pair(t, operation)
        t.require(
            (state(first), state(second)) == ("MISS", "HIT"),
            f"{operation}: X-Cache is {state(first)!r}, then {state(second)!r}",
        )
        t.require(first.content == second.content, f"{operation}: the HIT has another body")
        t.require(
            first.header("content-type") == second.header("content-type"),
            f"{operation}: the HIT is {second.header('content-type')!r}, "
            f"the MISS was {first.header('content-type')!r}",
        )


@check("CACHE-HIT-02", needs=MAIN, cost=TWICE)
def answers_may_be_kept(t: Session) -> None:
    """Fresh and cached answers may be kept for a year."""
    for operation in available(t, *CACHED):
        for answer in pair(t, operation):
            value = answer.header("cache-control")
            t.require(
                value == IMMUTABLE, f"{operation}, {state(answer)}: Cache-Control is {value!r}"
            )


@check("CACHE-HIT-03", needs=(MAIN, "other"), cost=TWICE)
def keys_share_the_cache(t: Session) -> None:
    """The same request with another key is a HIT, wherever the key stands."""
    for operation in available(t, *CACHED):
        arguments = generation(t, operation)
        first = t.ok(t.send(**arguments))
        choices: tuple[dict[str, Any], ...] = ({"key": "other"}, {"by": "query"})
        for options in choices:
            hit = again(t, functools.partial(t.send, **arguments, **options))
            t.require(state(hit) == "HIT", f"{operation} with {options}: X-Cache is {state(hit)!r}")
            t.require(hit.content == first.content, f"{operation}: the HIT has another body")


@check("CACHE-HIT-04", needs=MAIN, cost=TWICE)
def cached_answers_need_no_key(t: Session) -> None:
    """A cached answer is given to somebody without a key."""
    for operation in available(t, *CACHED):
        arguments = generation(t, operation)
        _, hit = repeated(t, functools.partial(t.send, **arguments))
        if state(hit) != "HIT":
            raise CannotTell(f"{operation}: the second of two identical requests is no HIT")
        bare = t.send(**arguments, key=None)
        t.require(bare.status == 200, f"{operation}: a cached answer is refused with {bare.status}")
        t.require(state(bare) == "HIT", f"{operation}: X-Cache is {state(bare)!r}")


@check("CACHE-HIT-05", needs=MAIN, cost={"text": 4, "image": 2})
def random_answers_are_not_cached(t: Session) -> None:
    """With seed -1 there is no X-Cache, and the second answer is made anew."""
    for operation in available(t, *CACHED):
        arguments: dict[str, Any] = generation(t, operation)
        arguments["json" if "json" in arguments else "query"]["seed"] = -1
        answers = [t.ok(t.send(**arguments)) for _ in range(2)]
        for answer in answers:
            t.require(state(answer) is None, f"{operation}: X-Cache is {state(answer)!r}")
        if operation == "createChatCompletion":
            ids = [t.object(answer).get("id") for answer in answers]
            other = t.object(t.ok(t.chat())).get("id")
            # Where even different questions share an id, an id says nothing.
            t.require(
                ids[0] != ids[1] or other == ids[0],
                "with seed -1 the same completion comes twice",
            )
        used = [answer.header("x-model-used") for answer in answers]
        t.require(all(used), f"{operation}: an answer with seed -1 has no x-model-used")


@check("CACHE-HIT-06", needs=MAIN, cost=TWICE)
def hits_tell_no_usage(t: Session) -> None:
    """A HIT has no usage headers."""
    for operation in available(t, *CACHED):
        _, hit = pair(t, operation)
        if state(hit) != "HIT":
            raise CannotTell(f"{operation}: the second of two identical requests is no HIT")
        names = sorted(usage_headers(hit))
        t.require(not names, f"{operation}: the HIT has {names}")
        t.require(hit.header("x-model-used") is None, f"{operation}: the HIT has x-model-used")


@check("CACHE-HIT-06", operations="getAccountBalance", needs=MAIN, cost=TWICE, alone=True)
def hits_are_free(t: Session) -> None:
    """A HIT does not lower the balance."""
    arguments = generation(t, available(t, "generateImage", "createChatCompletion")[0])
    repeated(t, functools.partial(t.send, **arguments))
    fell: list[float] = []
    for _ in range(1 if t.target.embedded else 2):
        before = steady(t, MAIN)
        hit = t.ok(t.send(**arguments))
        if state(hit) != "HIT":
            raise CannotTell("the second of two identical requests is no HIT")
        fell.append(before - steady(t, MAIN))
    if min(fell) <= 0 < max(fell):
        raise CannotTell("somebody else spends from the same account")
    t.require(max(fell) <= 0, f"a HIT cost {max(fell):.8g} pollen")


@check("CACHE-HIT-07", needs=MAIN, cost={"text": 8, "image": 3})
def similar_requests_are_told_apart(t: Session) -> None:
    """A request that differs in one field, one parameter or the prompt is a MISS."""
    changes: dict[str, tuple[dict[str, Any], ...]] = {
        "createChatCompletion": (
            {"temperature": 0.5},
            {"seed": 4},
            {"max_tokens": 40},
            {"user": "somebody"},
        ),
        "generateText": ({"seed": 4}, {"temperature": 0.5}, {"system": "Be brief."}),
        "generateImage": ({"seed": 4}, {"width": 72}, {"negative_prompt": "dog"}),
    }
    for operation in available(t, *CACHED):
        arguments: dict[str, Any] = generation(t, operation)
        holder = "json" if "json" in arguments else "query"
        base = dict(arguments[holder])
        t.ok(t.send(**arguments))
        for change in changes[operation]:
            changed: dict[str, Any] = {**arguments, holder: {**base, **change}}
            answer = t.ok(t.send(**changed))
            t.require(
                state(answer) == "MISS",
                f"{operation}: with {change} added X-Cache is {state(answer)!r}",
            )
    if not t.run.operations["generateText"].missing:
        stem = t.fresh("Say hello.")
        for prompt in (stem, stem.lower() + "!", stem.upper()):
            query = {"model": t.text_model}
            answer = t.ok(t.send("GET", "/text/" + segment(prompt), query=query))
            t.require(state(answer) == "MISS", f"the prompt {prompt!r} is taken for another one")


@check("CACHE-HIT-07", operations="createChatCompletion", needs=MAIN, cost={"text": 2})
def system_messages_are_told_apart(t: Session) -> None:
    """Conversations that differ in an early message only are different."""
    question = {"role": "user", "content": t.fresh("Who are you?")}
    for text in ("Be brief.", "Be verbose."):
        answer = t.ok(t.chat(messages=[{"role": "system", "content": text}, question]))
        t.require(
            state(answer) == "MISS", f"with the system message {text!r} it is {state(answer)!r}"
        )


@check("CACHE-HIT-08", operations="createChatCompletion", needs=MAIN, cost={"text": 1})
def streams_are_repeated(t: Session) -> None:
    """A stream asked for twice is a HIT with the same events."""
    question = t.fresh("Say hello.")
    first, second = repeated(t, functools.partial(t.chat, question, stream=True))
    t.require(state(second) == "HIT", f"the repeated stream has X-Cache {state(second)!r}")
    t.require(
        [event.data for event in t.events(first)] == [event.data for event in t.events(second)],
        "the repeated stream has other events",
    )


@check("CACHE-HIT-09")
def failures_are_not_cached(t: Session) -> None:
    """A refusal is not a HIT when it comes again."""
    for operation in available(t, *CACHED):
        arguments = generation(t, operation)
        for _ in range(2):
            answer = t.send(**arguments, key=None)
            t.refused(answer, 401, f"{operation} without a key")
            t.require(state(answer) != "HIT", f"{operation}: a refusal with 401 is a HIT")


@check("CACHE-HIT-09", needs=MAIN, cost=TWICE)
def failures_do_not_stand_in_the_way(t: Session) -> None:
    """A request that failed for want of a key succeeds with one."""
    for operation in available(t, *CACHED):
        arguments = generation(t, operation)
        t.refused(t.send(**arguments, key=None), 401, f"{operation} without a key")
        t.ok(t.send(**arguments), f"{operation} with a key, after a refusal without one")


@check("CACHE-TYPE-01", operations="generateImage", needs=MAIN, cost={"image": 1})
def cached_images_are_exact(t: Session) -> None:
    """A cached picture has X-Cache-Type EXACT."""
    _, hit = pair(t, "generateImage")
    value = hit.header("x-cache-type")
    t.require(value == "EXACT", f"X-Cache-Type is {value!r}")


@check("CACHE-DEDUP-01", needs=MAIN, cost={"text": 8, "image": 4})
def concurrent_requests_are_one(t: Session) -> None:
    """Identical requests at the same time get the same body; all but one are HITs."""
    for operation in available(t, *CACHED):
        arguments = generation(t, operation)
        answers = together(4, functools.partial(t.send, **arguments))
        for answer in answers:
            t.ok(answer)
        bodies = {answer.content for answer in answers}
        t.require(len(bodies) == 1, f"{operation}: {len(bodies)} different bodies at the same time")
        fresh = [answer for answer in answers if state(answer) != "HIT"]
        if t.target.embedded:
            t.require(len(fresh) <= 1, f"{operation}: {len(fresh)} of 4 were worked on")
        t.require(len(fresh) < 4, f"{operation}: each of 4 identical requests was worked on")
        for answer in answers:
            if state(answer) == "HIT" and answer.header("x-cache-type") not in {"DEDUP", "EXACT"}:
                t.require(
                    answer.header("x-cache-key") or answer.header("x-cache-date"),
                    f"{operation}: a HIT is neither de-duplicated nor from the cache",
                )


@check("CACHE-KEY-01", operations="createChatCompletion", needs=MAIN, cost={"text": 3})
def cache_keys_belong_to_requests(t: Session) -> None:
    """X-Cache-Key is the same for the same request and another one when only stream differs."""
    for operation in available(t, "createChatCompletion", "generateText"):
        first, second = pair(t, operation)
        keys = [answer.header("x-cache-key") for answer in (first, second)]
        t.require(all(keys), f"{operation}: X-Cache-Key is {keys}")
        t.require(keys[0] == keys[1], f"{operation}: the same request has the keys {keys}")
    question = t.fresh("Say hello.")
    plain = t.ok(t.chat(question)).header("x-cache-key")
    streamed = t.ok(t.chat(question, stream=True)).header("x-cache-key")
    t.require(plain and streamed, f"X-Cache-Key is {plain!r}, for the stream {streamed!r}")
    t.require(plain != streamed, "the stream has the cache key of the plain answer")


@check("CACHE-DATE-01", needs=MAIN, cost={"text": 2})
def hits_tell_their_age(t: Session) -> None:
    """A cached chat or text answer tells when it was stored."""
    for operation in available(t, "createChatCompletion", "generateText"):
        _, hit = pair(t, operation)
        if state(hit) != "HIT":
            raise CannotTell(f"{operation}: the second of two identical requests is no HIT")
        text = hit.header("x-cache-date")
        moment = instant(text)
        t.require(moment is not None, f"{operation}: X-Cache-Date is {text!r}")
        t.require(
            moment and now() - timedelta(days=366) < moment <= now() + timedelta(minutes=5),
            f"{operation}: X-Cache-Date {text} is not in the past",
        )
