"""Caching and de-duplication."""

# A docstring here says what the server does, and not what the function does.

import functools
import time
from collections.abc import Callable, Sequence
from datetime import timedelta
from operator import ge
from typing import Any

from pollinations_conformance.checks.account.account import balance_of, settled, steady
from pollinations_conformance.checks.chat.stream import together
from pollinations_conformance.checks.common import (
    IMMUTABLE,
    available,
    generation,
    instant,
    is_stream,
    now,
)
from pollinations_conformance.checks.general.auth import forbidden_model
from pollinations_conformance.checks.image import ask_for_film, video
from pollinations_conformance.checks.invariants import usage_headers
from pollinations_conformance.suite.budget import Model, cost_of
from pollinations_conformance.suite.registry import check
from pollinations_conformance.suite.runner import (
    TEMPORARY,
    CannotTell,
    Session,
    kept_on_the_way,
    segment,
)
from pollinations_conformance.suite.target import MAIN, Exchange

CACHED = ("createChatCompletion", "createChatCompletionLegacy", "generateText", "generateImage")
STREAMS = {f"a stream of {name}": name for name in CACHED[:3]}
"""What stands for a streamed answer where an operation is named."""
FILM = "a film"
CHATS = CACHED[:2]
TEXTS = ("createChatCompletion", "createChatCompletionLegacy", "generateText")
TWICE = {"text": 6, "image": 2}


def pair(t: Session, operation: str) -> tuple[Exchange, Exchange]:
    """Send the same new request twice; shared by all checks that only look."""
    if operation == FILM:
        # A film, too, may be stored a moment after it was given.
        first = video(t)
        hit = t.once("cached film", lambda: again(t, functools.partial(ask_for_film, t)))
        return first, t.remember(hit)

    def ask() -> tuple[Exchange, Exchange]:
        arguments = made(t, operation)
        return repeated(t, functools.partial(t.send, **arguments))

    answers = t.once(f"pair {operation}", ask)
    for answer in answers:
        t.remember(answer)
    return answers


def made(t: Session, operation: str) -> dict[str, Any]:
    """Make a small, never seen request of an operation, or of a stream."""
    if operation not in STREAMS:
        return generation(t, operation)
    arguments = generation(t, STREAMS[operation])
    holder = holder_of(arguments)
    return {**arguments, holder: {**arguments[holder], "stream": True}}


def cached(t: Session) -> list[str]:
    """List what is cached: operations that the server has, and their streams."""
    found = available(t, *CACHED)
    return [*found, *(name for name, operation in STREAMS.items() if operation in found)]


def with_films(t: Session) -> list[str]:
    """List what is cached, and films if there are any."""
    found = cached(t)
    films = "generateImage" in found and any("video" in m.outputs for m in t.catalogue.image)
    return [*found, FILM] if films else found


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
    for operation in with_films(t):
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
    for operation in with_films(t):
        for answer in pair(t, operation):
            value = answer.header("cache-control")
            t.require(
                value == IMMUTABLE, f"{operation}, {state(answer)}: Cache-Control is {value!r}"
            )


@check("CACHE-HIT-03", needs=(MAIN, "other"), cost=TWICE)
def keys_share_the_cache(t: Session) -> None:
    """The same request with another key is a HIT, wherever the key stands."""
    choices: tuple[dict[str, Any], ...] = ({"key": "other"}, {"by": "query"})
    for operation in with_films(t):
        send = sender(t, operation)
        first, _ = repeated(t, send)
        for options in choices:
            # Not again and again: the second time it could be what this key was answered itself.
            hit = t.ok(send(**options))
            t.require(state(hit) == "HIT", f"{operation} with {options}: X-Cache is {state(hit)!r}")
            t.require(hit.content == first.content, f"{operation}: the HIT has another body")


def sender(t: Session, operation: str) -> Callable[..., Exchange]:
    """Give a function that sends one never seen request, with other keys each time if asked to."""
    if operation == FILM:
        video(t)  # which is to be the fresh one
        return functools.partial(ask_for_film, t)
    return functools.partial(t.send, **made(t, operation))


@check("CACHE-HIT-04", needs=MAIN, cost=TWICE)
def cached_answers_need_no_key(t: Session) -> None:
    """A cached answer is given to somebody without a key."""
    for operation in with_films(t):
        send = sender(t, operation)
        _, hit = repeated(t, send)
        if state(hit) != "HIT":
            raise CannotTell(f"{operation}: the second of two identical requests is no HIT")
        bare = send(key=None)
        t.require(bare.status == 200, f"{operation}: a cached answer is refused with {bare.status}")
        t.require(state(bare) == "HIT", f"{operation}: X-Cache is {state(bare)!r}")


@check("CACHE-HIT-05", needs=MAIN, cost={"text": 17, "image": 2})
def random_answers_are_not_cached(t: Session) -> None:
    """With seed -1 there is no X-Cache, and the second answer is made anew."""
    for operation in cached(t):
        arguments = made(t, operation)
        arguments[holder_of(arguments)]["seed"] = -1
        answers = [t.ok(t.send(**arguments)) for _ in range(2)]
        for answer in answers:
            t.require(state(answer) is None, f"{operation}: X-Cache is {state(answer)!r}")
        if STREAMS.get(operation, operation) in CHATS or operation in STREAMS:
            ids = [identity(t, answer) for answer in answers]
            other = identity(t, t.ok(t.send(**made(t, operation))))
            # Where even different questions share an id, an id says nothing.
            t.require(
                ids[0] != ids[1] or other == ids[0],
                f"{operation}: with seed -1 the same completion comes twice",
            )
        if operation not in STREAMS:
            used = [answer.header("x-model-used") for answer in answers]
            t.require(all(used), f"{operation}: an answer with seed -1 has no x-model-used")


def identity(t: Session, answer: Exchange) -> object:
    """Give the id of a completion or, what is the same, of the last chunk of a stream."""
    if answer.media_type != "text/event-stream":
        return t.object(answer).get("id")
    return (t.chunks(answer) or [{}])[-1].get("id")


@check(
    "CACHE-HIT-05",
    operations="getAccountBalance",
    needs=MAIN,
    cost={"text": 4, "image": 2},
    alone=True,
)
def random_answers_are_paid_for_again(t: Session) -> None:
    """With seed -1 the second of two identical requests costs as much as the first."""
    for operation in available(t, "generateText", "generateImage"):
        arguments: dict[str, Any] = generation(t, operation)
        arguments["query"]["seed"] = -1
        model = t.catalogue.find(str(arguments["query"]["model"]))
        before = balance_of(t, MAIN)
        answers = [t.ok(t.send(**arguments)) for _ in range(2)]
        if answers[0].content == answers[1].content and operation == "generateImage":
            t.require(False, "with seed -1 the same picture comes twice, to the last byte")
        total = sum(cost_of(model, answer.headers) or 0.0 for answer in answers)
        if not total:
            continue
        goal = before - total * 0.9
        after = settled(t, functools.partial(balance_of, t, MAIN), functools.partial(ge, goal))
        t.require(
            before - after > total * 0.9,
            f"{operation}: two answers of {total:.8g} pollen cost {before - after:.8g}",
        )


@check("CACHE-HIT-06", needs=MAIN, cost=TWICE)
def hits_tell_no_usage(t: Session) -> None:
    """A HIT has no usage headers."""
    for operation in with_films(t):
        _, hit = pair(t, operation)
        if state(hit) != "HIT":
            raise CannotTell(f"{operation}: the second of two identical requests is no HIT")
        names = sorted(usage_headers(hit))
        t.require(not names, f"{operation}: the HIT has {names}")
        t.require(hit.header("x-model-used") is None, f"{operation}: the HIT has x-model-used")


@check("CACHE-HIT-06", operations="getAccountBalance", needs=MAIN, cost=TWICE, alone=True)
def hits_are_free(t: Session) -> None:
    """A HIT does not lower the balance."""
    for operation in with_films(t):
        send = sender(t, operation)
        repeated(t, send)
        fell: list[float] = []
        for _ in range(1 if t.target.embedded else 2):
            before = steady(t, MAIN)
            hit = t.ok(send())
            if state(hit) != "HIT":
                raise CannotTell("the second of two identical requests is no HIT")
            fell.append(before - steady(t, MAIN))
        if min(fell) <= 0 < max(fell):
            raise CannotTell("somebody else spends from the same account")
        t.require(max(fell) <= 0, f"{operation}: a HIT cost {max(fell):.8g} pollen")


@check("CACHE-HIT-07", needs=MAIN, cost={"text": 41, "image": 15})
def similar_requests_are_told_apart(t: Session) -> None:
    """A request that differs in one field, one parameter or the prompt is a MISS."""
    tool = {"type": "function", "function": {"name": "f"}}
    changes: dict[str, tuple[dict[str, Any], ...]] = {
        "createChatCompletion": (
            {"temperature": 0.5},
            {"seed": 4},
            {"max_tokens": 40},
            {"user": "somebody"},
            {"top_p": 0.5},
            {"stop": "END"},
            {"reasoning_effort": "low"},
            {"response_format": {"type": "json_object"}},
            {"frequency_penalty": 0.5},
            {"tools": [tool]},
            {"tools": [tool], "tool_choice": "none"},
            {"tools": [tool], "parallel_tool_calls": False},
            {"functions": [{"name": "f"}]},
            {"functions": [{"name": "f"}], "function_call": "none"},
            {"presence_penalty": 0.5},
            {"repetition_penalty": 1.1},
            {"logprobs": True},
            {"logprobs": True, "top_logprobs": 1},
            {"logit_bias": {"11": 1}},
            {"modalities": ["text"]},
            {"audio": {"voice": "alloy", "format": "wav"}},
            {"thinking": {"type": "disabled"}},
            {"thinking_budget": 0},
            {"stream": True},
            {"stream": True, "stream_options": {"include_usage": True}},
            {"no_such_field": 1},
        ),
        "createChatCompletionLegacy": ({"temperature": 0.5}, {"seed": 4}, {"stream": True}),
        "generateText": (
            {"seed": 4},
            {"temperature": 0.5},
            {"system": "Be brief."},
            {"json": "true"},
            {"stream": "true"},
        ),
        "generateImage": (
            {"seed": 4},
            {"width": 72},
            {"height": 72},
            {"negative_prompt": "dog"},
            {"quality": "low"},
            {"enhance": "true"},
            {"safe": "true"},
            {"transparent": "true"},
            {"image": "https://example.com/a.png"},
            {"duration": 5},
            {"aspectRatio": "16:9"},
            {"audio": "true"},
        ),
    }
    others = {
        **dict.fromkeys(TEXTS, another(t, t.catalogue.text, t.text_model)),
        "generateImage": another(t, t.catalogue.image, t.image_model),
    }
    for operation in available(t, *changes):
        arguments: dict[str, Any] = generation(t, operation)
        holder = "json" if "json" in arguments else "query"
        base = dict(arguments[holder])
        t.ok(t.send(**arguments))
        if holder == "query":
            route, _, prompt = str(arguments["path"]).rpartition("/")
            twice: dict[str, Any] = {**arguments, "path": f"{route}/{segment(prompt)}"}
            answer = t.ok(t.send(**twice))
            t.require(
                state(answer) == "MISS",
                f"{operation}: a prompt that was encoded twice is taken for the same encoded once",
            )
        model = others[operation]
        for change in (*changes[operation], *([{"model": model}] if model else [])):
            changed: dict[str, Any] = {**arguments, holder: {**base, **change}}
            is_new(t, t.send(**changed), f"{operation} with {change} added")


def is_new(t: Session, answer: Exchange, what: str) -> None:
    """Say that an answer is not from the cache; a provider may refuse what is not usual."""
    if answer.status >= 400 and answer.status not in TEMPORARY:
        t.require(state(answer) != "HIT", f"{what}: a refusal is a HIT")
        return
    t.require(state(t.ok(answer)) == "MISS", f"{what}: X-Cache is {state(answer)!r}")


@check("CACHE-HIT-07", needs=MAIN, cost={"text": 28, "image": 14})
def similar_prompts_are_told_apart(t: Session) -> None:
    """Prompts that differ in case, a blank, a sign or at their very end are different prompts."""
    routes: dict[str, Callable[[str], Exchange]] = {
        "createChatCompletion": t.chat,
        "generateText": lambda prompt: t.send(
            "GET", "/text/" + segment(prompt), query={"model": t.text_model}
        ),
        "generateImage": lambda prompt: t.send(
            "GET",
            "/image/" + segment(prompt),
            query={"model": t.image_model, "width": 64, "height": 64},
        ),
    }
    for operation in available(t, *routes):
        stem = t.fresh("Say hello, you")
        long = stem + " and then say hello again" * 40
        prompts = [
            f"{stem} é 1",
            f"{stem} e\u0301 1",
            f"{stem} é+1",
            f"{stem} é%201",
            f"{stem} é\n1",
        ]
        prompts += [
            f"{stem} e 1",
            f"{stem} é 1 ",
            f"{stem}  é 1",
            f"{stem.upper()} É 1",
            f"{stem} é1",
        ]
        prompts += [f"{stem}. é 1", f"{stem} é 🌸 1", f"{long} a", f"{long} b"]
        for prompt in prompts:
            answer = t.ok(routes[operation](prompt))
            what = f"{operation}: the prompt that ends in {prompt[-40:]!r}"
            t.require(state(answer) == "MISS", f"{what} is taken for another one")


def another(t: Session, models: Sequence[Model], name: str) -> str | None:
    """Name the cheapest model of a kind besides a certain one."""
    plain = [m for m in models if m.name != name and not {"video", "audio"} & set(m.outputs)]
    return min(plain, key=lambda item: (item.estimate(), item.name)).name if plain else None


@check("CACHE-HIT-07", operations="createChatCompletion", needs=MAIN, cost={"text": 10})
def conversations_are_told_apart(t: Session) -> None:
    """Conversations that differ in one message, in a role or a picture only are different."""
    question = {"role": "user", "content": t.fresh("Who are you?")}
    long = "Answer as somebody would who has all the time in the world. " * 10
    for text in ("Be brief.", "Be verbose.", long + "Be brief.", long + "Be verbose."):
        answer = t.ok(t.chat(messages=[{"role": "system", "content": text}, question]))
        t.require(
            state(answer) == "MISS", f"with the system message {text!r} it is {state(answer)!r}"
        )

    first = {"role": "user", "content": t.fresh("Who are you?")}
    for role, last in (("user", "And I?"), ("user", "And we?"), ("assistant", "And we?")):
        said = {"role": role, "content": last}
        answer = t.chat(messages=[first, said])
        is_new(t, answer, f"a conversation that ends with {last!r} by the {role}")
    for name in ("a.png", "b.png"):
        picture = {"type": "image_url", "image_url": {"url": f"https://example.com/{name}"}}
        answer = t.chat([{"type": "text", "text": str(first["content"])}, picture])
        is_new(t, answer, f"a question with the picture {name}")


@check("CACHE-HIT-08", operations="createChatCompletion", needs=MAIN, cost={"text": 3})
def streams_are_repeated(t: Session) -> None:
    """A stream asked for twice is a HIT with the same events."""
    pairs = [pair(t, name) for name in cached(t) if name in STREAMS]
    pairs = [(first, second) for first, second in pairs if is_stream(first)]
    if not pairs:
        raise CannotTell("no streaming request is answered with a stream")
    for first, second in pairs:
        t.require(state(second) == "HIT", f"the repeated stream has X-Cache {state(second)!r}")
        t.require(
            [event.data for event in t.events(first)] == [e.data for e in t.events(second)],
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
        unknown: dict[str, Any] = {"model": "no-such-model-3f9", "messages": []}
        wrong: dict[str, Any] = {**arguments, holder_of(arguments): unknown}
        times: list[object] = []
        for pause in (0.0, 0.02, 1.1):
            time.sleep(pause)
            answer = t.send(**wrong, free=True)
            t.refused(answer, 400, f"{operation} with an unknown model")
            t.require(state(answer) != "HIT", f"{operation}: a refusal with 400 is a HIT")
            times.append(t.error(answer).get("timestamp"))
            if len(set(map(str, times))) > 1:
                break
        if len(set(map(str, times))) > 1 or times[0] is None:
            continue
        # Where another refusal has the same time, the clock stands still, and not the answer.
        other: dict[str, Any] = {
            **wrong,
            holder_of(arguments): {**unknown, "model": "no-such-model-4g0"},
        }
        t.require(
            t.error(t.send(**other, free=True)).get("timestamp") == times[0],
            f"{operation}: a refusal with 400 is the same a second later, its time too",
        )


def holder_of(arguments: dict[str, Any]) -> str:
    """Say where the fields of a request stand."""
    return "json" if "json" in arguments else "query"


@check("CACHE-HIT-09", needs=MAIN, cost=TWICE)
def failures_do_not_stand_in_the_way(t: Session) -> None:
    """A request that failed for want of a key, or of pollen, succeeds with a better key."""
    # Which status a refusal has is another requirement's question.
    failures = [(None, {401}), ("penniless", {402, 403})]
    for operation in available(t, *CACHED):
        arguments = generation(t, operation)
        for key, status in failures:
            if key is None or (key in t.target.keys and key not in t.run.refused):
                answer = t.send(**arguments, key=key, free=True)
                t.refused(answer, status, f"{operation} with the key {key}")
        answer = t.send(**arguments)
        if answer.status in {402, 403} and "penniless" in t.target.keys:
            t.ok(t.send(**generation(t, operation)))  # this key does have pollen
            t.require(False, f"{operation}: the refusal of a key without pollen is kept for others")
        t.ok(answer, f"{operation} with a key, after refusals of others")


@check("CACHE-HIT-09", needs=(MAIN, "restricted"), cost=TWICE)
def forbidden_models_do_not_stand_in_the_way(t: Session) -> None:
    """A request that failed for want of permission succeeds with a key that has it."""
    for operation in available(t, *CACHED):
        arguments = generation(t, operation)
        holder = holder_of(arguments)
        kind = "image" if operation == "generateImage" else "text"
        arguments[holder]["model"] = forbidden_model(t, kind)
        answer = t.send(**arguments, key="restricted", free=True)
        t.refused(answer, 403, f"{operation} with a model that the key may not use")
        t.ok(t.send(**arguments), f"{operation} with a key that may use the model")


@check("CACHE-TYPE-01", operations="generateImage", needs=MAIN, cost={"image": 2})
def cached_images_are_exact(t: Session) -> None:
    """A cached picture, or film, has X-Cache-Type EXACT."""
    hits = [pair(t, "generateImage")[1]]
    if any("video" in model.outputs for model in t.catalogue.image):
        hits.append(pair(t, FILM)[1])
    for hit in hits:
        value = hit.header("x-cache-type")
        t.require(value == "EXACT", f"X-Cache-Type of {hit.media_type} is {value!r}")


OVERLAP = 0.25
"""Seconds that answers have to take for requests that are sent at once to be worked on at once,
whatever else this machine is doing."""


@check("CACHE-DEDUP-01", needs=MAIN, cost={"text": 12, "image": 4, "audio": 4})
def concurrent_requests_are_one(t: Session) -> None:
    """Identical requests at the same time get the same body; all but one are HITs."""
    for operation in available(t, *CACHED, "generateAudio"):
        answers: list[Exchange] = []
        fresh: list[Exchange] = []
        # On a busy machine one may come only when another has gone; where it is free, ask again.
        for _ in range(5 if t.target.embedded else 1):
            arguments = generation(t, operation)
            if operation == "generateAudio" and t.target.embedded:
                # A long speech takes a moment to make, and costs nothing here.
                arguments["path"] = "/audio/" + segment(t.fresh("Hello. " * 100))
            answers = together(4, functools.partial(t.send, **arguments))
            for answer in answers:
                t.ok(answer)
            bodies = {answer.content for answer in answers}
            t.require(
                len(bodies) == 1, f"{operation}: {len(bodies)} different bodies at the same time"
            )
            fresh = [answer for answer in answers if state(answer) != "HIT"]
            if len(fresh) <= (1 if t.target.embedded else 3):
                break
        else:
            if operation not in CACHED and min(answer.seconds for answer in answers) < OVERLAP:
                raise CannotTell(
                    f"{operation}: the answers come too quickly to be asked for at once"
                )
            t.require(False, f"{operation}: {len(fresh)} of 4 identical requests were worked on")
        for answer in answers:
            if operation == "generateAudio" and state(answer) == "HIT":
                kind = answer.header("x-cache-type")
                t.require(kind == "DEDUP", f"{operation}: X-Cache-Type of a HIT is {kind!r}")
            if state(answer) == "HIT" and answer.header("x-cache-type") not in {"DEDUP", "EXACT"}:
                t.require(
                    answer.header("x-cache-key") or answer.header("x-cache-date"),
                    f"{operation}: a HIT is neither de-duplicated nor from the cache",
                )


@check("CACHE-KEY-01", operations="createChatCompletion", needs=MAIN, cost={"text": 9})
def cache_keys_belong_to_requests(t: Session) -> None:
    """X-Cache-Key is the same for the same request and another one when only stream differs."""
    streams = [name for name in cached(t) if name in STREAMS]
    for operation in (*available(t, *TEXTS), *streams):
        first, second = pair(t, operation)
        keys = [answer.header("x-cache-key") for answer in (first, second)]
        t.require(all(keys), f"{operation}: X-Cache-Key is {keys}")
        t.require(keys[0] == keys[1], f"{operation}: the same request has the keys {keys}")
    for operation in available(t, *TEXTS):
        arguments: dict[str, Any] = generation(t, operation)
        holder = holder_of(arguments)
        plain = t.ok(t.send(**arguments)).header("x-cache-key")
        arguments[holder] = {**arguments[holder], "stream": True}
        streamed = t.ok(t.send(**arguments)).header("x-cache-key")
        t.require(plain and streamed, f"{operation}: X-Cache-Key is {plain!r}, then {streamed!r}")
        t.require(plain != streamed, f"{operation}: stream makes no other cache key")


@check("CACHE-KEY-01", needs=(MAIN, "other"), cost={"text": 3})
def cache_keys_do_not_belong_to_users(t: Session) -> None:
    """X-Cache-Key is the same for the same request with another key."""
    for operation in available(t, *TEXTS):
        arguments = generation(t, operation)
        keys = [
            t.ok(t.send(**arguments, key=role)).header("x-cache-key") for role in (MAIN, "other")
        ]
        t.require(keys[0] == keys[1], f"{operation}: with another key X-Cache-Key is another one")


@check("CACHE-DATE-01", needs=MAIN, cost={"text": 2})
def hits_tell_their_age(t: Session) -> None:
    """A cached chat or text answer tells when it was stored."""
    for operation in [name for name in cached(t) if name != "generateImage"]:
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
