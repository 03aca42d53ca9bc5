"""Streams: framing, order, ends, and what they add up to."""

# A docstring here says what the server does, and not what the function does.

import functools
import json
import re
import threading
from collections.abc import Callable
from typing import Any

from pollinations_conformance.checks.chat import SCHEMAS, TOOLS, tool_model
from pollinations_conformance.checks.common import answer_text
from pollinations_conformance.runner import CannotTell, Session, check
from pollinations_conformance.target import MAIN, Exchange, is_list, is_object

CHAT = "createChatCompletion"
ONE = {"text": 1}


def streamed(t: Session) -> Exchange:
    """Give the stream that answers a plain question, shared by all checks that only look."""
    return t.remember(t.once("plain stream", lambda: t.ok(t.chat(stream=True))))


def choices_of(chunks: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Collect the choices of all chunks."""
    found: list[dict[str, Any]] = []
    for chunk in chunks:
        choices: list[Any] = chunk.get("choices") or []
        found += [choice for choice in choices if is_object(choice)]
    return found


def text_of(chunks: list[dict[str, Any]]) -> str:
    """Join the delta texts."""
    deltas = [choice.get("delta") for choice in choices_of(chunks)]
    parts = [delta.get("content") for delta in deltas if is_object(delta)]
    return "".join(part for part in parts if isinstance(part, str))


def finish_reasons(chunks: list[dict[str, Any]]) -> list[str]:
    """List the finish reasons."""
    return [
        c["finish_reason"] for c in choices_of(chunks) if isinstance(c.get("finish_reason"), str)
    ]


@check("CHAT-STREAM-01", operations=CHAT, needs=MAIN, cost=ONE)
def streams_have_events(t: Session) -> None:
    """With stream true the answer is an event stream with at least one chunk."""
    t.require(t.chunks(streamed(t)), "the stream has no event")


@check("CHAT-STREAM-02", operations=CHAT, needs=MAIN, cost=ONE)
def events_are_json(t: Session) -> None:
    """Every event of a stream is a JSON object with choices, or [DONE]."""
    chunks = t.chunks(streamed(t))
    for number, chunk in enumerate(chunks):
        t.require(is_list(chunk.get("choices")), f"chunk {number} has no choices")


@check("CHAT-STREAM-03", operations=CHAT, needs=MAIN, cost=ONE)
def streams_end_with_done(t: Session) -> None:
    """The last event of a stream is [DONE]."""
    events = t.events(streamed(t))
    t.require(events and events[-1].data == "[DONE]", "the last event is not [DONE]")
    t.require(events[-1].complete, "no empty line follows [DONE]")


@check("CHAT-STREAM-04", operations=CHAT, needs=MAIN, cost=ONE)
def streams_finish_once(t: Session) -> None:
    """Exactly one chunk has a finish_reason."""
    found = finish_reasons(t.chunks(streamed(t)))
    t.require(len(found) == 1, f"the stream has the finish reasons {found}")


@check("CHAT-STREAM-05", operations=CHAT, needs=MAIN, cost=ONE)
def streams_tell_usage(t: Session) -> None:
    """A chunk has a complete usage although nobody asked for it."""
    complete: list[Any] = []
    for chunk in t.chunks(streamed(t)):
        usage = chunk.get("usage")
        if not is_object(usage):
            continue
        counts = [usage.get(f"{name}_tokens") for name in ("prompt", "completion", "total")]
        if all(isinstance(count, int) and not isinstance(count, bool) for count in counts):
            complete.append(counts)
    t.require(complete, "no chunk has a complete usage")
    t.require(
        complete[-1][2] >= max(complete[-1][:2]), f"the usage does not add up: {complete[-1]}"
    )


@check("CHAT-STREAM-06", operations=CHAT, needs=MAIN, cost=ONE)
def deltas_join_to_an_answer(t: Session) -> None:
    """The texts of the deltas join to an answer."""
    t.require(text_of(t.chunks(streamed(t))).strip(), "the deltas join to nothing")


@check("CHAT-STREAM-06", operations=CHAT, needs=MAIN, cost={"text": 2})
def streamed_text_is_the_text(t: Session) -> None:
    """With the same seed a stream says what the plain answer says, if the model repeats itself."""
    question = t.fresh("Name the capital of France.")
    plain = answer_text(t, t.ok(t.chat(question, seed=5, temperature=0)))
    again = answer_text(t, t.ok(t.chat(question, seed=5, temperature=0, user="another")))
    text = text_of(t.chunks(t.ok(t.chat(question, seed=5, temperature=0, stream=True))))
    t.require(text.strip(), "the deltas join to nothing")
    if plain != again or not t.target.embedded:
        return  # this model does not repeat itself, so that nothing follows from a difference
    t.require(text == plain, f"streamed is {text[:80]!r}, plain is {str(plain)[:80]!r}")


@check("CHAT-STREAM-07", operations=CHAT, needs=MAIN, cost=ONE)
def streams_have_no_usage_headers(t: Session) -> None:
    """A stream has no usage in its headers."""
    names = [
        name
        for name, _ in streamed(t).headers
        if name.lower().startswith("x-usage") or name.lower() == "x-model-used"
    ]
    t.require(not names, f"the stream has the headers {names}")


@check("CHAT-STREAM-08", operations=CHAT, needs=MAIN, cost=ONE)
def done_is_the_end(t: Session) -> None:
    """Nothing follows [DONE], not even a comment or half an event."""
    body = streamed(t).content
    _, mark, rest = body.partition(b"data: [DONE]")
    if not mark:
        raise CannotTell("the stream has no [DONE]")
    t.require(not rest.strip(b"\r\n"), f"after [DONE] comes {rest[:60]!r}")


@check("CHAT-STREAM-09", operations=CHAT)
def early_failures_are_json(t: Session) -> None:
    """A streaming request that fails is answered with a JSON error and its status."""
    answers = [
        (t.chat(stream=True, messages="none", free=True), 400),
        (t.chat(stream=True, model="no-such-model-3f9", free=True), 400),
        (t.chat(stream=True, key=None), 401),
    ]
    for answer, status in answers:
        t.refused(answer, status, "a wrong streaming request")
        t.require(
            answer.media_type == "application/json",
            f"the refusal of a streaming request is {answer.header('content-type')!r}",
        )


@check("CHAT-STREAM-10", operations=CHAT, needs=MAIN, cost={"text": 18})
def streams_are_not_shared(t: Session) -> None:
    """Identical streaming requests at the same time are each worked on."""
    for _ in range(3):  # requests may miss each other; the seed keeps the cache out of it
        question = t.fresh("Count from one to fifty.")
        send = functools.partial(t.chat, question, stream=True, seed=-1)
        for answer in together(6, send):
            t.ok(answer)
            kind = answer.header("x-cache-type")
            t.require(kind != "DEDUP", "a streaming request was de-duplicated")


def together(count: int, send: Callable[[], Exchange]) -> list[Exchange]:
    """Send several requests at the same time."""
    gate = threading.Barrier(count)
    answers: list[Exchange | None] = [None] * count
    errors: list[BaseException] = []

    def work(place: int) -> None:
        try:
            gate.wait(10)
            answers[place] = send()
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=work, args=(place,)) for place in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]
    return [answer for answer in answers if answer is not None]


@check("CHAT-STREAM-11", operations=CHAT, needs=MAIN, cost={"text": 3})
def streaming_is_off_by_default(t: Session) -> None:
    """With stream false, null or absent the answer is JSON."""
    for fields in ({"stream": False}, {"stream": None}, {}):
        answer = t.ok(t.chat(**fields), f"a chat request with {fields}")
        t.require(
            answer.media_type == "application/json",
            f"with {fields or 'no stream'} the answer is {answer.header('content-type')!r}",
        )


@check("CHAT-STREAM-12", operations=CHAT, needs=MAIN, cost=ONE)
def framing_is_plain(t: Session) -> None:
    """Events are single data lines with one space, LF, and one empty line between them."""
    body = streamed(t).content
    t.require(b"\r" not in body, "lines end with CR")
    blocks = body.split(b"\n\n")
    t.require(blocks[-1] == b"", "the stream does not end with an empty line")
    for block in blocks[:-1]:
        t.require(
            re.fullmatch(rb"data: [^ \n][^\n]*", block), f"an event is written {block[:60]!r}"
        )


@check("CHAT-STREAM-13", operations=CHAT, needs=MAIN, cost={"text": 2})
def streams_come_to_their_end(t: Session) -> None:
    """A stream goes on until its finish_reason, also for a longer answer."""
    for answer in (streamed(t), t.ok(t.chat(t.fresh("Count from one to twenty."), stream=True))):
        events = t.events(answer)
        t.require(events and events[-1].complete, "the last event is cut off")
        t.require(finish_reasons(t.chunks(answer)), "the stream ends without a finish_reason")


@check("CHAT-STREAM-14", operations=CHAT, needs=MAIN, cost=ONE)
def tool_calls_are_streamed(t: Session) -> None:
    """Streamed tool calls have an index, and their pieces join to a call with JSON arguments."""
    question = t.fresh("What is 17 plus 25? Use a tool.")
    answer = t.chat(question, model=tool_model(t), tools=TOOLS, tool_choice="required", stream=True)
    calls: dict[int, dict[str, str]] = {}
    for choice in choices_of(t.chunks(t.ok(answer))):
        delta: dict[str, Any] = choice.get("delta") or {}
        pieces: list[Any] = delta.get("tool_calls") or []
        for piece in pieces:
            index = piece.get("index")
            t.require(
                isinstance(index, int) and not isinstance(index, bool) and index >= 0,
                f"a piece of a tool call has the index {index!r}",
            )
            call = calls.setdefault(index, {"id": "", "name": "", "arguments": ""})
            function: dict[str, Any] = piece.get("function") or {}
            call["id"] = call["id"] or str(piece.get("id") or "")
            call["name"] += str(function.get("name") or "")
            call["arguments"] += str(function.get("arguments") or "")
    t.require(calls, "no tool call is streamed although one was required")
    for call in calls.values():
        t.require(call["id"], "a streamed tool call has no id")
        t.require(call["name"] in SCHEMAS, f"{call['name']!r} was not offered")
        try:
            value = json.loads(call["arguments"])
        except ValueError:
            value = None
        t.require(is_object(value), f"the arguments join to {call['arguments'][:80]!r}")
