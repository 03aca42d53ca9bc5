"""Check which requests share a cached response, and which do not."""

from collections.abc import Callable, Sequence
from typing import Any

from pollinations_conformance.checks.common.caches import (
    STREAMS,
    cache_state,
    cached_pair,
    holder_of,
    send_twice,
    was_new,
)
from pollinations_conformance.checks.common.requests import available, generation
from pollinations_conformance.checks.common.responses import CACHED, is_shared
from pollinations_conformance.http.text import shown
from pollinations_conformance.suite import (
    MAIN,
    TEMPORARY,
    Exchange,
    Model,
    Session,
    check,
    segment,
    watch,
)

TEXTS = ("createChatCompletion", "createChatCompletionLegacy", "generateText")


TOOL = {"type": "function", "function": {"name": "f"}}
CHANGES: dict[str, tuple[dict[str, Any], ...]] = {
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
        {"tools": [TOOL]},
        {"tools": [TOOL], "tool_choice": "none"},
        {"tools": [TOOL], "parallel_tool_calls": False},
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
"""For each operation what is added to a request, one at a time, to make it another one."""


@check(
    "CACHE-HIT-07",
    needs=MAIN,
    cost={"text": 41, "image": 15},
    assumes=("TEXT-GET-02", "IMG-GET-02"),
)
def similar_requests_are_distinguished(t: Session) -> None:
    """A request that differs in one field, one parameter or the prompt is a MISS."""
    others = {
        **dict.fromkeys(TEXTS, other_conversation(t, t.catalogue.text, t.text_model)),
        "generateImage": other_conversation(t, t.catalogue.image, t.image_model),
    }
    for operation in available(t, *CHANGES):
        arguments: dict[str, Any] = generation(t, operation)
        holder = "json" if "json" in arguments else "query"
        base = dict(arguments[holder])
        t.assert_success(t.send(**arguments))
        if holder == "query":
            assert_encoded_prompt_is_another(t, operation, arguments)
        model = others[operation]
        for change in (*CHANGES[operation], *([{"model": model}] if model else [])):
            changed: dict[str, Any] = {**arguments, holder: {**base, **change}}
            assert_is_new(t, t.send(**changed), f"{operation} with {change} added")


def assert_encoded_prompt_is_another(t: Session, operation: str, arguments: dict[str, Any]) -> None:
    """Assert that a prompt encoded once more is not taken for the one that was sent."""
    route, _, prompt = str(arguments["path"]).rpartition("/")
    changed: dict[str, Any] = {**arguments, "path": f"{route}/{segment(prompt)}"}
    response = t.assert_success(t.send(**changed))
    t.assert_that(
        was_new(t, response),
        f"{operation}: a prompt that was encoded twice is taken for the same encoded once",
    )


def assert_is_new(t: Session, response: Exchange, what: str) -> None:
    """Assert that a response is not from the cache; a provider may refuse what is not usual."""
    if response.status >= 400 and response.status not in TEMPORARY:
        t.assert_that(cache_state(response) != "HIT", f"{what}: a refusal is a HIT")
        return
    t.assert_that(
        was_new(t, t.assert_success(response)),
        f"{what}: X-Cache is {shown(cache_state(response))}",
    )


@check(
    "CACHE-HIT-07",
    needs=MAIN,
    cost={"text": 28, "image": 14},
    assumes=("TEXT-GET-02", "IMG-GET-02"),
)
def similar_prompts_are_distinguished(t: Session) -> None:
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
            response = t.assert_success(routes[operation](prompt))
            what = f"{operation}: the prompt that ends in {prompt[-40:]!r}"
            t.assert_that(was_new(t, response), f"{what} is taken for another one")


def other_conversation(t: Session, models: Sequence[Model], name: str) -> str | None:
    """Name the cheapest model of a kind besides a certain one."""
    plain = [m for m in models if m.name != name and not {"video", "audio"} & set(m.outputs)]
    return min(plain, key=lambda item: (item.estimate(), item.name)).name if plain else None


@check(
    "CACHE-HIT-07",
    operations="createChatCompletion",
    needs=MAIN,
    cost={"text": 10},
)
def conversations_are_distinguished(t: Session) -> None:
    """Conversations that differ in one message, in a role or an image only are different."""
    question = {"role": "user", "content": t.fresh("Who are you?")}
    long = "Answer as somebody would who has all the time in the world. " * 10
    for text in ("Be brief.", "Be verbose.", long + "Be brief.", long + "Be verbose."):
        response = t.assert_success(
            t.chat(messages=[{"role": "system", "content": text}, question])
        )
        t.assert_that(
            was_new(t, response),
            f"with the system message {shown(text)} it is {shown(cache_state(response))}",
        )

    first = {"role": "user", "content": t.fresh("Who are you?")}
    for role, last in (("user", "And I?"), ("user", "And we?"), ("assistant", "And we?")):
        message = {"role": role, "content": last}
        response = t.chat(messages=[first, message])
        assert_is_new(t, response, f"a conversation that ends with {last!r} by the {role}")
    for name in ("a.png", "b.png"):
        image = {"type": "image_url", "image_url": {"url": f"https://example.com/{name}"}}
        response = t.chat([{"type": "text", "text": str(first["content"])}, image])
        assert_is_new(t, response, f"a question with the image {name}")


@watch("CACHE-KEY-01")
def every_cached_text_names_its_key(exchange: Exchange) -> str | None:
    """Chat and text responses with X-Cache have X-Cache-Key."""
    if exchange.operation not in CACHED - {"generateImage"} or not exchange.ok:
        return None
    if exchange.header("x-cache") is None or is_shared(exchange):
        return None
    return "" if exchange.header("x-cache-key") else "there is X-Cache, but no X-Cache-Key"


@check(
    "CACHE-KEY-01",
    operations="createChatCompletion",
    needs=MAIN,
    cost={"text": 9},
    assumes=("TEXT-GET-08", "CHAT-STREAM-01", "CACHE-HIT-01", "CHAT-STREAM-11", "CACHE-HIT-03"),
)
def cache_keys_belong_to_requests(t: Session) -> None:
    """X-Cache-Key is the same for the same request and another one when only stream differs."""
    streams = [name for name in cached_pair(t) if name in STREAMS]
    for operation in (*available(t, *TEXTS), *streams):
        first, second = send_twice(t, operation)
        keys = [response.header("x-cache-key") for response in (first, second)]
        t.assert_that(all(keys), f"{operation}: X-Cache-Key is {keys}")
        t.assert_that(keys[0] == keys[1], f"{operation}: the same request has the keys {keys}")
    for operation in available(t, *TEXTS):
        arguments: dict[str, Any] = generation(t, operation)
        holder = holder_of(arguments)
        plain = t.assert_success(t.send(**arguments)).header("x-cache-key")
        arguments[holder] = {**arguments[holder], "stream": True}
        streamed = t.assert_success(t.send(**arguments)).header("x-cache-key")
        t.assert_that(
            plain and streamed,
            f"{operation}: X-Cache-Key is {shown(plain)}, then {shown(streamed)}",
        )
        t.assert_that(plain != streamed, f"{operation}: stream makes no other cache key")


@check(
    "CACHE-KEY-01",
    needs=(MAIN, "other-account"),
    cost={"text": 3},
    assumes=("CACHE-HIT-01", "CHAT-STREAM-11", "CACHE-HIT-03"),
)
def cache_keys_do_not_belong_to_users(t: Session) -> None:
    """X-Cache-Key is the same for the same request with another key."""
    for operation in available(t, *TEXTS):
        arguments = generation(t, operation)
        keys = [
            t.assert_success(t.send(**arguments, key=role)).header("x-cache-key")
            for role in (MAIN, "other-account")
        ]
        t.assert_that(
            keys[0] == keys[1], f"{operation}: with another key X-Cache-Key is another one"
        )
