"""Check GET /text/{prompt}."""

import functools
import json
from typing import Any
from urllib.parse import urlsplit

from pollinations_conformance.checks.common.files import audio_container
from pollinations_conformance.checks.common.requests import assert_query_is_rejected
from pollinations_conformance.checks.common.responses import is_success_of, usage_headers
from pollinations_conformance.checks.common.streams import joined_text
from pollinations_conformance.http import sse
from pollinations_conformance.http.json import is_list, is_object
from pollinations_conformance.http.text import shown
from pollinations_conformance.suite import (
    MAIN,
    Exchange,
    NotTested,
    Session,
    check,
    describe,
    segment,
    watch,
)

TEXT = "generateText"


ONE = {"text": 1}


TRIES = {"text": 3}
"""At most, where a request may be sent again."""


PROMPTS = (
    "two words",
    "a/b/c",
    "what?",
    "100%",
    "a#b",
    "line\nend",
    "ünïcødé 你好 🌸",
    "a&b=c+d",
    "..",
    ".",
    "%2F",
    "semi;colon",
    "back\\slash",
    "\ttab",
    "'\"<>",
    "line\r\nend",
    "a b/c?d%e#f\n你好 🌸",
)


MARKS = (
    "a/b",
    "a/c",
    "a%2Fb",
    "a%252Fb",
    "a?b",
    "a?c",
    "a#b",
    "a#c",
    "a b",
    "a+b",
    "a  b",
    "a\nb",
    "a&b",
    "a&c",
    "a;b",
    "a;c",
    "aé",
    "aü",
    "a你",
    "a🌸",
    "A b",
)
"""Ends of prompts of which no two are the same to a reader, nor to a server that takes every
character as it is."""


def request_text(t: Session, prompt: str | None = None, **query: Any) -> Exchange:
    """Request a text with the cheapest model."""
    path = "/text/" + segment(prompt or t.fresh("Say hello."))
    return t.send("GET", path, query={"model": t.text_model, **query})


def assert_text(t: Session, response: Exchange) -> None:
    """Assert that a response is plain text."""
    t.assert_that(
        response.media_type == "text/plain", f"it is {shown(response.header('content-type'))}"
    )


@watch("TEXT-GET-01")
def every_text_is_in_utf_8(exchange: Exchange) -> str | None:
    """A text is in UTF-8, and its Content-Type names it."""
    if not is_success_of(exchange, "generateText") or exchange.media_type != "text/plain":
        return None
    kind = (exchange.header("content-type") or "").lower().replace(" ", "")
    if "charset=utf-8" not in kind.replace('"', ""):
        return f"the Content-Type {kind!r} does not name UTF-8"
    try:
        exchange.content.decode("utf-8")
    except UnicodeDecodeError as error:
        return f"the text is not in UTF-8: {error}"
    return ""


def unreadable_text(response: Exchange) -> str:
    """Return why a body is no text at all, whatever its type; an empty text when it is one."""
    if not response.content:
        return "the text is empty"
    try:
        response.content.decode("utf-8")
    except UnicodeDecodeError as error:
        return f"the text is not in UTF-8: {error}"
    return ""


@check("TEXT-GET-01", operations=TEXT, needs=MAIN, cost={"text": 15}, assumes="TEXT-GET-12")
def response_is_bare_text(t: Session) -> None:
    """The response is text/plain in UTF-8, fresh and cached: the text and nothing around it."""

    def good(response: Exchange) -> None:
        assert_bare(t, response)

    first = t.retry_nondeterministic(lambda: request_text(t), good)
    good(first)
    path = urlsplit(first.url).path.removeprefix(urlsplit(t.target.base_url).path)
    good(t.assert_success(t.send("GET", path, query={"model": t.text_model})))
    good(t.retry_nondeterministic(lambda: request_text(t, seed=t.random.randrange(10**6)), good))
    good(
        t.retry_nondeterministic(
            lambda: t.send("GET", "/text/" + segment(t.fresh("Say hello."))), good
        )
    )
    good(t.retry_nondeterministic(lambda: request_text(t, system="Be brief."), good))


def assert_bare(t: Session, response: Exchange) -> None:
    """Assert that a response is bare text."""
    kind = (response.header("content-type") or "").lower().replace(" ", "")
    t.assert_that(kind.startswith("text/plain"), f"the Content-Type is {shown(kind)}")
    t.assert_that("charset=utf-8" in kind, f"the Content-Type {kind!r} does not name UTF-8")
    try:
        text = response.content.decode("utf-8")
    except UnicodeDecodeError:
        text = ""
    t.assert_that(text.strip(), "the response is empty or not UTF-8")
    t.assert_that(not text.startswith("\ufeff"), "the text begins with a byte order mark")
    t.assert_that(not text.startswith("data:"), f"the text is an event: {text[:80]!r}")
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        value = None
    wrapped = is_object(value) or (isinstance(value, str) and text.startswith('"'))
    t.assert_that(not wrapped, f"the text is wrapped in JSON: {text[:80]!r}")


@check("TEXT-GET-02", operations=TEXT, needs=MAIN, cost={"text": len(PROMPTS)})
def any_prompt_fits_into_the_path(t: Session) -> None:
    """Any character can be sent, percent-encoded, within one segment."""
    for prompt in PROMPTS:
        text = prompt if set(prompt) == {"."} else t.fresh(prompt)
        path = "/text/" + (segment(text) if text.strip(".") else "%2E" * len(text))
        if not text.strip("."):
            continue  # proxies may resolve a dot segment even when it is encoded
        response = t.send("GET", path, query={"model": t.text_model})
        t.assert_success(response, f"GET {path[:60]}")
        t.need(response.content, "TEXT-GET-01", f"GET {path[:60]} gets nothing")


@check("TEXT-GET-02", operations=TEXT, needs=MAIN, cost={"text": len(MARKS)})
def prompts_that_differ_in_encoding_differ(t: Session) -> None:
    """Prompts that differ in one reserved character are different prompts."""
    stem = t.fresh("same")
    keys: dict[str, str] = {}
    for mark in MARKS:
        response = t.assert_success(request_text(t, stem + mark))
        hit = (response.header("x-cache") or "").upper() == "HIT"
        t.assert_that(not hit, f"the prompt with {mark!r} is taken for one of {list(keys)}")
        keys[mark] = response.header("x-cache-key") or mark
    if len(keys) > 1 and len(set(keys.values())) == 1:
        t.need(False, "CACHE-KEY-01", f"X-Cache-Key is always {keys[MARKS[0]]!r}")
    t.assert_that(len(set(keys.values())) == len(keys), f"prompts share a cache key: {keys}")


@check("TEXT-GET-02", operations=TEXT, needs=MAIN, cost={"text": 2})
def escapes_are_decoded_once(t: Session) -> None:
    """A prompt that looks encoded is taken as it is: it has the tokens of every percent sign."""

    def tokens(prompt: str) -> float:
        sent = usage_headers(t.assert_success(request_text(t, t.fresh(prompt)))).items()
        found = [float(value) for name, value in sent if name.startswith("x-usage-prompt-")]
        if not found:
            raise NotTested("the response does not report the tokens of its prompt")
        return sum(found)

    plain = escaped = 0.0
    for _ in range(1 if t.target.embedded else 3):
        plain, escaped = tokens("Say " + "a" * 40), tokens("Say " + "%61" * 40)
        if escaped > plain:
            return
    if tokens("Say " + "one, two, three, " * 40) <= plain:
        raise NotTested("the tokens that are reported do not follow the prompt")
    t.assert_that(
        False,
        f"forty times '%61' are {escaped:g} tokens, forty times 'a' {plain:g}: it is decoded twice",
    )


@check("TEXT-GET-02", operations=TEXT, needs=MAIN, cost=ONE)
def long_prompts_fit_into_the_path(t: Session) -> None:
    """A prompt of a thousand characters can be sent."""
    response = request_text(t, t.fresh("Say hello. " + "again and " * 95))
    if response.status in {414, 431}:
        t.assert_that(len(response.url) > 1500, f"a URL of {len(response.url)} is too long")
    t.assert_success(response, f"a URL of {len(response.url)} characters")


@check("TEXT-GET-03", operations=TEXT, assumes="GEN-ROUTE-01")
def bare_slash_is_another_path(t: Session) -> None:
    """A prompt with a slash that is not encoded is a 404."""
    for path in ("/text/a/b", "/text/a/b/c?seed=1", "/text/a/"):
        bare, _, query = path.partition("?")
        pairs = [("seed", "1")] if query else []
        for key in (None, MAIN) if MAIN in t.target.keys else (None,):
            response = t.send("GET", bare, query=pairs, key=key, probe=True)
            if path == "/text/a/" and response.status != 404:
                other = t.send("GET", "/v1/models/", key=key, probe=True)
                said = f"GET /v1/models/ gets {describe(other)}, not 404"
                t.examined = other
                t.need(other.status == 404, "GEN-ROUTE-03", said)
            t.assert_rejected(response, 404, f"GET {path}")


@check("TEXT-GET-04", operations=TEXT, assumes="GEN-ROUTE-01")
def empty_prompt_is_another_path(t: Session) -> None:
    """Without a prompt there is nothing at the path."""
    for key in (None, MAIN) if MAIN in t.target.keys else (None,):
        for query in ({}, {"model": t.text_model}):
            response = t.send("GET", "/text/", query=query, key=key, probe=True)
            t.assert_rejected(response, 404, f"GET /text/ with {query}")


@check("TEXT-GET-05", operations=TEXT)
def invalid_seeds_are_refused(t: Session) -> None:
    """A seed below -1, or that is no whole number, is a 400 naming it."""
    bad = ("-2", "-1000", "abc", "1.5", "9007199254740992", "NaN", "12abc")
    assert_query_is_rejected(t, "/text/hello", "seed", *bad)
    assert_query_is_rejected(t, "/text/hello", "seed", *bad[:4], stream="true")


@check("TEXT-GET-05", operations=TEXT, needs=MAIN, cost={"text": 3})
def valid_seeds_are_accepted(t: Session) -> None:
    """The edges of the seed's range are accepted."""
    for seed in (-1, 0, 9007199254740991):
        t.assert_success(request_text(t, seed=seed), f"seed={seed}")


@check("TEXT-GET-06", operations=TEXT)
def unknown_models_are_refused(t: Session) -> None:
    """An unknown model, or one for images, videos or audio, is a 400 naming model."""
    names = ["no-such-model-3f9", "openai-no-such-model"]
    texts = t.catalogue.names("text")
    videos = [m for m in t.catalogue.image if "video" in m.outputs]
    drawing = [m for m in t.catalogue.image if m.name == t.image_model]
    others = [*t.catalogue.image[:1], *drawing, *videos[:1], *t.catalogue.audio[:1]]
    found = {name for m in others for name in (m.name, *m.aliases[:1])} if texts else set[str]()
    assert_query_is_rejected(t, "/text/hello", "model", *names, *sorted(found.difference(texts)))
    query = {"model": names[0], "stream": "true"}
    response = t.send("GET", "/text/hello", query=query, free=True)
    with t.separately():
        t.assert_rejected(response, 400, "a stream of an unknown model", "model")


@check("TEXT-GET-07", operations=TEXT)
def temperature_is_a_number(t: Session) -> None:
    """A temperature that is no number is a 400 naming it."""
    assert_query_is_rejected(
        t, "/text/hello", "temperature", "hot", "NaN", "1,5", "1abc", "Infinity"
    )
    assert_query_is_rejected(t, "/text/hello", "temperature", "hot", stream="true")


@check("TEXT-GET-08", operations=TEXT, needs=MAIN, cost=TRIES, assumes="CHAT-STREAM-06")
def stream_gives_chunks(t: Session) -> None:
    """With stream=true the response is an event stream of chat completion chunks."""

    def good(response: Exchange) -> None:
        chunks = t.chunks(response)
        t.assert_that(chunks, "the stream has no chunk")
        t.assert_that(all(is_list(c.get("choices")) for c in chunks), "a chunk has no choices")
        # The first is sometimes of no kind, the last a chat.completion.done.
        kinds = {str(c.get("object") or "chat.completion") for c in chunks}
        odd = sorted(kind for kind in kinds if not kind.startswith("chat.completion"))
        t.assert_that(not odd, f"chunks of a chat completion have the object {odd}")
        t.need(joined_text(chunks).strip(), "CHAT-STREAM-06", "the deltas join to nothing")

    good(t.retry_nondeterministic(lambda: request_text(t, stream="true"), good))


@check("TEXT-GET-09", operations=TEXT, needs=MAIN, cost={"text": 2})
def no_stream_gives_text(t: Session) -> None:
    """With stream=false the response is plain text."""
    response = t.retry_nondeterministic(
        lambda: request_text(t, stream="false"), functools.partial(assert_text, t)
    )
    assert_text(t, response)
    t.assert_that(
        not sse.decode(response.content) or b"data:" not in response.content, "it is a stream"
    )


@check("TEXT-GET-10", operations=TEXT, needs=MAIN, cost={"text": 2})
def audio_models_give_audio(t: Session) -> None:
    """A text model that generates speech responds with audio/mpeg."""
    models = [m for m in t.catalogue.text if "audio" in m.outputs]
    if not models:
        raise NotTested("the server lists no text model that generates speech")
    model = min(models, key=lambda item: item.estimate())
    for name in (model.name, *model.aliases[:1]):
        response = t.assert_success(request_text(t, model=name))
        t.assert_that(
            response.media_type == "audio/mpeg", f"it is {shown(response.header('content-type'))}"
        )
        t.assert_that(response.content, "the audio is empty")
        kind = audio_container(response.content)
        t.assert_that(kind == "mp3", f"audio/mpeg is a file of the kind {kind}")


@check("TEXT-GET-11", operations=TEXT, needs=MAIN, cost=TRIES)
def json_gives_an_object(t: Session) -> None:
    """With json=true the text is a JSON object."""

    def good(response: Exchange) -> None:
        problem = unreadable_text(response)
        t.need(not problem, "TEXT-GET-01", problem)
        try:
            value = json.loads(response.text())
        except (ValueError, RecursionError):
            value = None
        t.assert_that(is_object(value), f"the text is no JSON object: {response.text()[:80]!r}")

    prompt = "Give a JSON object with a colour."
    good(t.retry_nondeterministic(lambda: request_text(t, t.fresh(prompt), json="true"), good))


@check("TEXT-GET-12", operations=TEXT, needs=MAIN, cost=TRIES)
def no_parameter_is_needed(t: Session) -> None:
    """A prompt alone gets text."""

    def bare() -> Exchange:
        return t.send("GET", "/text/" + segment(t.fresh("Say hello.")))

    assert_text(t, t.retry_nondeterministic(bare, functools.partial(assert_text, t)))


@check("TEXT-GET-13", operations=TEXT, needs=MAIN, cost={"text": 4})
def broken_escapes_are_taken_literally(t: Session) -> None:
    """A percent sign that begins no escape is a percent sign."""
    for escape in ("%E4%zz", "%", "%4", "%FF%FE"):
        path = "/text/" + segment(t.fresh("100")) + escape
        t.assert_success(t.send("GET", path, query={"model": t.text_model}), f"GET {path}")
