"""Check chat completions that are not streamed, and their usage headers."""

import base64
import functools
import itertools
import re
from collections.abc import Iterator
from typing import Any

from pollinations_conformance.checks.common.caches import need_hit, send_twice
from pollinations_conformance.checks.common.chat import (
    CHAT,
    TOOLS,
    TRIES,
    audio_prompts,
    called_tool,
    legacy_request,
    long_prompts,
    shorten_value,
    thinking_responses,
    tool_model,
)
from pollinations_conformance.checks.common.files import audio_container
from pollinations_conformance.checks.common.requests import (
    CHAT_PATHS,
    SPENDING,
    available,
    generation,
    sample,
)
from pollinations_conformance.checks.common.responses import (
    CHAT_OPERATIONS,
    COUNTS,
    is_hit,
    is_success_of,
    may_be_stored,
    message_of,
    need_stream,
    object_of,
    parse_number,
    present,
    response_text,
    usage_headers,
)
from pollinations_conformance.checks.common.stream_requests import requested_streams
from pollinations_conformance.checks.common.streams import (
    choices_of,
    is_successful_stream,
    stream_chunks,
    streamed_text,
)
from pollinations_conformance.checks.common.usage import (
    TOTAL,
    listed,
    need_numbers,
    unreadable_usage,
)
from pollinations_conformance.http.json import is_list, is_object
from pollinations_conformance.http.text import by_key, shown
from pollinations_conformance.suite import (
    MAIN,
    Exchange,
    NotTested,
    PreconditionFailed,
    Session,
    check,
    watch,
)

KINDS = {"text": 4}
"""What `completions` requests."""


ALL = {"text": 3, "image": 1, "audio": 2, "transcription": 1}


def chat_completion(t: Session) -> Exchange:
    """Return the response to one plain question, shared by all checks that only read it."""
    return t.attach(t.once("plain chat", lambda: t.assert_success(t.chat(seed=11)), "CHAT-REQ-04"))


def completions(t: Session) -> Iterator[Exchange]:
    """Return a fresh completion of every kind: with a seed, without, with tools, from either URL."""
    yield chat_completion(t)
    for operation in available(t, *CHAT_PATHS):
        yield sample(t, operation)
    if any(model.tools for model in t.catalogue.text):
        try:
            response = called_tool(t)
        except PreconditionFailed as error:
            if error.requirement != "CHAT-TOOL-01":
                raise
        else:
            yield response


def completion_body(exchange: Exchange) -> dict[str, Any] | None:
    """Return the body of a chat response that is no stream; None when it is something else."""
    if not is_success_of(exchange, *CHAT_OPERATIONS) or exchange.media_type != "application/json":
        return None
    return object_of(exchange.content)


@watch("CHAT-RES-01", assumes="CHAT-STREAM-01")
def every_completion_has_one_choice(exchange: Exchange) -> str | None:
    """A completion has one choice with a message of the assistant."""
    body = completion_body(exchange)
    if body is None:
        return None
    if body.get("object") != "chat.completion":
        return f"object is {body.get('object')!r}"
    choices = body.get("choices")
    if not is_list(choices) or len(choices) != 1 or not is_object(choices[0]):
        return "there is not exactly one choice"
    message = choices[0].get("message")
    if not is_object(message) or message.get("role") != "assistant":
        return "the choice's message is not the assistant's"
    return ""


@check("CHAT-RES-01", operations=CHAT, needs=MAIN, cost=KINDS)
def response_is_a_completion(t: Session) -> None:
    """The response is one choice with a message of the assistant, and names its model."""
    for response in completions(t):
        problem = every_completion_has_one_choice(response)
        t.assert_that(not problem, problem or "")
        model = t.json_object(response).get("model")
        t.assert_that(isinstance(model, str) and model, "model is no text")


@watch("CHAT-RES-02", assumes="CHAT-STREAM-01")
def every_id_has_its_form(exchange: Exchange) -> str | None:
    """The id of a completion is pllns_ and 32 hexadecimal digits."""
    body = completion_body(exchange)
    if body is None:
        return None
    good = re.fullmatch(r"pllns_[0-9a-f]{32}", str(body.get("id")))
    return "" if good else f"the id is {body.get('id')!r}"


@check("CHAT-RES-02", operations=CHAT, needs=MAIN, cost=KINDS)
def id_has_its_form(t: Session) -> None:
    """The id is pllns_ and 32 hexadecimal digits."""
    for response in completions(t):
        problem = every_id_has_its_form(response)
        t.assert_that(not problem, problem or "")


@watch("CHAT-RES-03", assumes="CHAT-STREAM-01")
def every_created_is_the_present(exchange: Exchange) -> str | None:
    """created is in whole seconds, and the present unless the response was made before."""
    body = completion_body(exchange)
    if body is None:
        return None
    created = body.get("created")
    if not isinstance(created, int) or isinstance(created, bool):
        return f"created is {created!r}, not a whole number"
    ahead = created - present(exchange).timestamp()
    if ahead > 300 or (ahead < -300 - exchange.seconds and not is_hit(exchange)):
        return f"created is {created!r}, not the present"
    return "" if created > 1_600_000_000 else f"created is {created!r}"


@check("CHAT-RES-03", operations=CHAT, needs=MAIN, cost=KINDS)
def created_is_the_present(t: Session) -> None:
    """created is the present in whole seconds."""
    for response in completions(t):
        problem = every_created_is_the_present(response)
        t.assert_that(not problem, problem or "")


@watch("CHAT-RES-04", assumes="CHAT-STREAM-01")
def every_usage_counts_tokens(exchange: Exchange) -> str | None:
    """usage has three whole numbers, the total being no less than the others."""
    body = completion_body(exchange)
    if body is None:
        return None
    usage = body.get("usage")
    if not is_object(usage):
        return f"usage is {usage!r}"
    counts: list[Any] = [usage.get(f"{name}_tokens") for name in COUNTS]
    for value in counts:
        if not isinstance(value, int) or isinstance(value, bool) or value < 0:
            return f"usage counts {counts}"
    return "" if counts[2] >= max(counts[:2]) else f"the total is less than its parts: {counts}"


@check("CHAT-RES-04", operations=CHAT, needs=MAIN, cost=KINDS)
def usage_counts_tokens(t: Session) -> None:
    """usage has three whole numbers, the total being no less than the others."""
    for response in completions(t):
        problem = every_usage_counts_tokens(response)
        t.assert_that(not problem, problem or "")


@watch("CHAT-RES-06", assumes="CHAT-STREAM-01")
def every_total_is_the_sum(exchange: Exchange) -> str | None:
    """total_tokens is the sum of the two other counts, unless reasoning tokens are reported."""
    body = completion_body(exchange)
    found = [] if body is None else [body.get("usage")]
    if is_successful_stream(exchange):
        found = [chunk.get("usage") for chunk in stream_chunks(exchange)]
    usages = [usage for usage in found if is_object(usage)]
    looked = False
    for usage in usages:
        details = usage.get("completion_tokens_details")
        prompt, done, total = (usage.get(f"{name}_tokens") for name in COUNTS)
        if is_object(details) and details.get("reasoning_tokens"):
            continue
        if not (isinstance(prompt, int) and isinstance(done, int) and isinstance(total, int)):
            continue
        if total < max(prompt, done):
            continue  # CHAT-RES-04 and CHAT-STREAM-05 are about that
        looked = True
        if total != prompt + done:
            return f"total_tokens is {total}, {prompt} and {done} are {prompt + done}"
    return "" if looked else None


@check("CHAT-RES-06", operations=CHAT, needs=MAIN, cost={"text": 12})
def totals_are_sums_of_counts(t: Session) -> None:
    """total_tokens is the sum of the two other counts, unless reasoning tokens are reported."""
    responses = itertools.chain(completions(t), requested_streams(t))
    problems = [every_total_is_the_sum(response) for response in responses]
    if all(problem is None for problem in problems):
        raise NotTested("every response reports reasoning tokens")
    for problem in problems:
        t.assert_that(not problem, problem or "")


@check("CHAT-RES-05", operations=CHAT, needs=MAIN, cost={"text": 20})
def same_request_has_same_response(t: Session) -> None:
    """The same request, sent twice, gets the same message: with a seed, without, with tools."""
    # Providers want the word JSON in what is requested as JSON.
    shaped = [{"role": "user", "content": t.fresh("Say hello as a JSON object.")}]
    forms: list[tuple[str, dict[str, Any]]] = [
        (CHAT, {"seed": 7}),
        (CHAT, {}),
        (CHAT, {"messages": shaped, "response_format": {"type": "json_object"}}),
    ]
    if any(model.tools for model in t.catalogue.text):
        forms.append((CHAT, {"model": tool_model(t), "tools": TOOLS, "tool_choice": "required"}))
    if not t.run.operations["createChatCompletionLegacy"].missing:
        forms.append(("createChatCompletionLegacy", {}))
    for operation, fields in forms:
        arguments = generation(t, operation)
        arguments["json"] = {**arguments["json"], **fields}
        replies = [_content_and_calls(t, t.assert_success(t.send(**arguments))) for _ in range(2)]
        # What was not made again from the seed may be in the cache a moment later only.
        for pause in () if t.target.embedded else (0.5, 2.0):
            if replies[-1] != replies[-2]:
                t.clock.sleep(pause)
                replies.append(_content_and_calls(t, t.assert_success(t.send(**arguments))))
        # Only a cache repeats what was not made from a seed.
        if replies[-1] != replies[-2] and "seed" not in fields:
            need_hit(t, operation, send_twice(t, operation)[1])
        t.assert_that(
            replies[-1] == replies[-2],
            f"{operation} with {shorten_value(fields)} gave {shorten_value(replies[-2])}, "
            f"then {shorten_value(replies[-1])}",
        )


def _content_and_calls(t: Session, response: Exchange) -> list[Any]:
    message = message_of(t, response)
    return [message.get("content"), message.get("tool_calls")]


def has_voice(t: Session) -> bool:
    """Return whether a text model generates speech."""
    return any("audio" in model.outputs for model in t.catalogue.text)


def spoken_response(t: Session) -> Exchange:
    """Return a response in audio, shared by all checks that only read it."""

    def send() -> Exchange:
        models = [m for m in t.catalogue.text if "audio" in m.outputs]
        if not models:
            raise NotTested("the server lists no text model that generates speech")
        name = min(models, key=lambda item: item.estimate()).name
        audio = {"voice": "alloy", "format": "wav"}
        sending = functools.partial(t.chat, model=name, modalities=["text", "audio"], audio=audio)
        return t.retry_nondeterministic(sending, functools.partial(assert_audio_is_playable, t))

    return t.attach(t.once("chat with audio", send, "CHAT-AUDIO-01"))


@check("CHAT-AUDIO-01", operations=CHAT, needs=MAIN, cost=TRIES, assumes="CHAT-RES-04")
def audio_models_generate_speech(t: Session) -> None:
    """With modalities audio, an audio model generates it in base64, with a transcript, and counts it."""
    assert_audio_is_playable(t, spoken_response(t))


def assert_audio_is_playable(t: Session, response: Exchange) -> None:
    """Assert that a completion has audio that plays."""
    found: Any = message_of(t, response).get("audio")
    t.assert_that(is_object(found), "the message has no audio")
    words = found.get("transcript")
    t.assert_that(isinstance(words, str) and words.strip(), f"the audio's transcript is {words!r}")
    try:
        data = base64.b64decode(str(found.get("data")), validate=True)
    except ValueError:
        data = b""
    t.assert_that(data, "audio.data is no base64 of anything")
    t.assert_that(
        audio_container(data) == "wav", f"audio.data, requested as wav, begins {data[:12]!r}"
    )
    usage: Any = t.json_object(response).get("usage")
    details: Any = usage.get("completion_tokens_details") if is_object(usage) else None
    count: Any = details.get("audio_tokens") if is_object(details) else None
    t.assert_that(isinstance(count, int) and count > 0, f"usage counts {count!r} audio tokens")


@check("CHAT-CITE-01", operations=CHAT, needs=MAIN, cost={"text": 9}, assumes="CHAT-STREAM-01")
def search_models_cite(t: Session) -> None:
    """A search model of the perplexity family gives citations, streaming or not."""
    models = [m for m in t.catalogue.text if m.name.startswith("perplexity")]
    if not models:
        raise NotTested("the server lists no model of the perplexity family")
    for model in sorted(models, key=lambda item: item.estimate())[:2]:

        def send(name: str = model.name) -> Exchange:
            return t.chat(t.fresh("What happened in the world this week?"), model=name)

        def good(response: Exchange, name: str = model.name) -> None:
            found: Any = t.json_object(response).get("citations")
            t.assert_that(
                is_list(found) and all(isinstance(item, str) for item in found),
                f"citations of {name} is {found!r}",
            )

        good(t.retry_nondeterministic(send, good))
    name = min(models, key=lambda item: item.estimate()).name
    question = "What happened in the world this week?"

    def streams_good(response: Exchange) -> None:
        chunks = t.chunks(response)
        found: list[Any] = [c["citations"] for c in chunks if c.get("citations") is not None]
        texts = all(is_list(c) and all(isinstance(item, str) for item in c) for c in found)
        t.assert_that(found and texts, f"citations in the stream of {name} are {found[:1]!r}")

    send_streaming = functools.partial(t.chat, model=name, stream=True)
    response = t.retry_nondeterministic(lambda: send_streaming(t.fresh(question)), streams_good)
    streams_good(need_stream(response))


@check("CHAT-LOGPROB-01", operations=CHAT, needs=MAIN, cost={"text": 9}, assumes="CHAT-STREAM-06")
def logprobs_spell_the_content(t: Session) -> None:
    """With logprobs the tokens, joined, are the content, streaming or not."""

    def good(response: Exchange) -> None:
        if response.media_type == "text/event-stream":
            choices: list[Any] = choices_of(t.chunks(response))
            text: str | None = streamed_text(t, response)
        else:
            choices = t.json_object(response)["choices"][:1]
            text = response_text(t, response)
        found: list[Any] = [c["logprobs"] for c in choices if is_object(c.get("logprobs"))]
        tokens: list[Any] = []
        for entry in found:
            tokens += entry.get("content") or []
        t.assert_that(tokens, "the choice has no logprobs")
        joined = "".join(str(item.get("token")) for item in tokens)
        t.assert_that(
            text in {joined, _spelt(tokens)},
            f"the tokens join to {joined[:60]!r}, the content is {str(text)[:60]!r}",
        )

    forms: tuple[dict[str, Any], ...] = ({"top_logprobs": 2}, {}, {"stream": True})
    for fields in forms:
        good(t.retry_nondeterministic(functools.partial(t.chat, logprobs=True, **fields), good))


def _spelt(tokens: list[Any]) -> str | None:
    """Join tokens by their bytes: one letter may be spread over several, none of them a text."""
    found = b""
    try:
        for item in tokens:
            found += bytes(item["bytes"])
            text = bytes(item["bytes"]).decode("utf-8", "ignore")
            if text.encode() == bytes(item["bytes"]) and text != item["token"]:
                return None
        return found.decode("utf-8")
    except (KeyError, TypeError, ValueError):
        return None


@watch("CHAT-USAGE-01")
def every_model_used_header_names_the_model(exchange: Exchange) -> str | None:
    """x-model-used of a fresh chat response is the model of its body."""
    return None if may_be_stored(exchange) else model_used_problem(exchange)


def model_used_problem(exchange: Exchange) -> str | None:
    """Return how x-model-used differs from the body's model; None when there is no completion."""
    body = completion_body(exchange)
    if body is None or is_hit(exchange):
        return None
    used, model = exchange.header("x-model-used"), body.get("model")
    return "" if used == model else f"x-model-used is {shown(used)}, the body names {model!r}"


@check("CHAT-USAGE-01", operations=CHAT, needs=MAIN, cost=KINDS)
def header_names_the_model(t: Session) -> None:
    """x-model-used of a fresh response is the model of its body."""
    for response in completions(t):
        problem = model_used_problem(response)
        t.assert_that(not problem, problem or "")


@watch("CHAT-USAGE-02")
def every_usage_header_is_above_zero(exchange: Exchange) -> str | None:
    """No x-usage header but the total is 0 or less."""
    values = usage_headers(exchange)
    if not values:
        return None
    for name, value in values.items():
        number = parse_number(value)
        if number is not None and number <= 0 and name != TOTAL:
            return f"{name} is {value}"
    return unreadable_usage(exchange)


@check("CHAT-USAGE-02", needs=MAIN, cost=ALL)
def counters_are_above_zero(t: Session) -> None:
    """No fresh response of any generation reports a counter of 0 or less."""
    for operation in available(t, *SPENDING):
        problem = every_usage_header_is_above_zero(sample(t, operation))
        t.assert_that(not problem, f"{operation}: {problem}")


@watch("CHAT-USAGE-03", assumes="CHAT-USAGE-04")
def every_total_header_is_the_sum(exchange: Exchange) -> str | None:
    """x-usage-total-tokens is the sum of the other x-usage headers."""
    values = usage_headers(exchange)
    if not values:
        return None
    if TOTAL not in values:
        return f"there is no {TOTAL}; x-usage headers: {listed(values)}"
    text = values.pop(TOTAL)
    if not values or unreadable_usage(exchange):
        return None  # which counters there must be is for the operations; the others' form is CHAT-USAGE-02
    total = parse_number(text)
    if total is None:
        return f"{TOTAL} is {text!r}, which is no number"
    parts = [parse_number(value) for value in values.values()]
    if abs(sum(part or 0.0 for part in parts) - total) > 0.011:
        return f"{TOTAL} is {total:g}; the other x-usage headers: {listed(values)}"
    return ""


@check(
    "CHAT-USAGE-03",
    needs=MAIN,
    cost=ALL,
    assumes=(
        "AUD-STT-04",
        "IMG-GET-13",
        "IMG-GET-14",
        "AUD-GET-06",
        "AUD-TTS-08",
        "CHAT-USAGE-04",
        "CHAT-STREAM-11",
    ),
)
def totals_are_sums(t: Session) -> None:
    """A fresh response of any generation reports counters, and the total that is their sum."""
    for operation in available(t, *SPENDING):
        response = sample(t, operation)
        names = usage_headers(response)
        t.assert_that(
            "x-usage-total-tokens" in names,
            f"{operation}: no x-usage-total-tokens; x-usage headers: {', '.join(sorted(names)) or 'none'}",
        )
        t.assert_that(len(names) > 1, f"{operation}: the total is all that is reported")
        need_numbers(t, response)
        problem = every_total_header_is_the_sum(response)
        t.assert_that(not problem, f"{operation}: {problem}")


@watch("CHAT-USAGE-04")
def every_usage_header_follows_from_the_body(exchange: Exchange) -> str | None:
    """The usage headers of a fresh chat response follow from the usage of its body."""
    return None if may_be_stored(exchange) else usage_headers_problem(exchange)


def usage_headers_problem(exchange: Exchange) -> str | None:
    """Return how the usage headers differ from the body's usage; None when it has none.

    Headers that are no numbers differ from nothing: CHAT-USAGE-02.
    """
    body = completion_body(exchange)
    usage = body.get("usage") if body else None
    if not is_object(usage) or is_hit(exchange) or unreadable_usage(exchange):
        return None
    prompt: Any = usage.get("prompt_tokens_details") or {}
    done: Any = usage.get("completion_tokens_details") or {}
    try:
        cached, heard = prompt.get("cached_tokens") or 0, prompt.get("audio_tokens") or 0
        audio_tokens, thought = done.get("audio_tokens") or 0, done.get("reasoning_tokens") or 0
        other = (done.get("accepted_prediction_tokens") or 0) + (
            done.get("rejected_prediction_tokens") or 0
        )
        wanted = {
            "x-usage-prompt-text-tokens": usage["prompt_tokens"] - cached - heard,
            "x-usage-prompt-cached-tokens": cached,
            "x-usage-prompt-audio-tokens": heard,
            "x-usage-completion-text-tokens": usage["completion_tokens"]
            - audio_tokens
            - thought
            - other,
            "x-usage-completion-reasoning-tokens": thought,
            "x-usage-completion-audio-tokens": audio_tokens,
        }
    except (TypeError, KeyError, AttributeError):
        return None  # the parts of usage are another requirement's
    sent = usage_headers(exchange)
    for name, value in wanted.items():
        reported = sent.get(name)
        if reported != (str(value) if value > 0 else None):
            follows = value if value > 0 else "none"
            return f"{name} is {reported or 'missing'}, from the body's usage follows {follows}"
    return ""


@check("CHAT-USAGE-04", operations=CHAT, needs=MAIN, cost={"text": 23}, assumes="CHAT-RES-04")
def headers_follow_from_body(t: Session) -> None:
    """The usage headers of a fresh response follow from the usage of its body, in each counter."""
    responses = [*completions(t), *thinking_responses(t), *long_prompts(t)]
    if has_voice(t):
        responses += [spoken_response(t), *audio_prompts(t)]
    if any(m.tools for m in t.catalogue.text) and "createChatCompletionLegacy" in available(
        t, *CHAT_PATHS
    ):
        fields = {"model": tool_model(t), "tools": TOOLS, "tool_choice": "required"}
        responses.append(legacy_request(t, **fields))
    for response in responses:
        if not response.ok:
            continue  # a model or its provider refuses this, which is no fault of a header
        problem = usage_headers_problem(need_numbers(t, response))
        t.assert_that(problem is not None, "the response has no usage, or comes from the cache")
        t.assert_that(not problem, problem or "")


COMPLETION = {
    "CHAT-RES-01": every_completion_has_one_choice,
    "CHAT-RES-02": every_id_has_its_form,
    "CHAT-RES-03": every_created_is_the_present,
    "CHAT-RES-04": every_usage_counts_tokens,
    "CHAT-USAGE-01": model_used_problem,
    "CHAT-USAGE-04": usage_headers_problem,
}
"""By requirement, the watch of what a completion has, from either URL."""


@check(
    "CHAT-LEGACY-01",
    operations="createChatCompletionLegacy",
    needs=MAIN,
    cost={"text": 3},
    assumes=("CHAT-REQ-01", "CHAT-STREAM-11"),
)
def legacy_url_responds(t: Session) -> None:
    """The legacy URL responds to a minimal request with a completion, wherever the key is."""
    bare = {"messages": [{"role": "user", "content": t.fresh("Say hello.")}]}
    minimal = t.assert_success(
        t.send("POST", "/openai", json=bare), "a minimal request to the legacy URL"
    )
    for response in (
        sample(t, "createChatCompletionLegacy"),
        t.assert_success(legacy_request(t, by="query")),
        minimal,
    ):
        t.assert_that(response.media_type == "application/json", f"it is {response.media_type!r}")
        for requirement, look in COMPLETION.items():
            t.need(not (problem := look(response)), requirement, problem or "")


@check("CHAT-LEGACY-01", operations="createChatCompletionLegacy", assumes="CHAT-STREAM-11")
def legacy_url_refuses_alike(t: Session) -> None:
    """The legacy URL refuses what the new one refuses."""
    for key, fields, status in (
        (None, {}, 401),
        ("bogus", {}, 401),
        (None, {"messages": 1}, 400),
        (None, {"model": "no-such-model-3f9"}, 400),
    ):
        response = legacy_request(t, key=key, **fields)
        if response.status != status and response.status == t.chat(key=key, **fields).status:
            continue  # alike, if not as it should be
        t.assert_rejected(
            response, status, f"POST /openai with {shorten_value(fields)} {by_key(key)}"
        )
