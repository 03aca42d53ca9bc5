"""Check the headers of every response: CORS and request ids."""

import contextlib
import re
from itertools import product

from pollinations_conformance.checks.common.kinds import (
    ALL,
    GENERATION_PATHS,
    assert_responses_satisfy,
    every_kind,
)
from pollinations_conformance.checks.common.requests import (
    GENERATION,
    SPENDING,
    available,
    generate,
    generation,
)
from pollinations_conformance.checks.common.responses import CHAT_OPERATIONS, LIST_OPERATIONS
from pollinations_conformance.http.text import shown
from pollinations_conformance.suite import (
    MAIN,
    Exchange,
    Host,
    NoBudget,
    Session,
    check,
    describe,
    is_from_cdn_cache,
    is_loopback,
    is_proxy_error,
    watch,
)

PREFLIGHT = {
    "Origin": "https://example.com",
    "Access-Control-Request-Method": "POST",
    "Access-Control-Request-Headers": "authorization,content-type",
}


ORIGINS = ("http://localhost:3000", "http://127.0.0.1:5173", "https://pollinations.ai", "null")
"""Origins that a server might treat in another way than the rest."""


@check("GEN-CORS-01")
def preflight_gets_a_response(t: Session) -> None:
    """A browser's preflight of a generation route gets 204 and any origin."""
    paths = [GENERATION_PATHS[operation] for operation in available(t, *GENERATION_PATHS)]
    if not t.run.operations["generateImage"].missing:
        paths.append("/image/a/deep/prompt")
    for path, headers in product(paths, (PREFLIGHT, {})):
        response = t.send("OPTIONS", path, headers=headers, key=None, probe=True)
        t.assert_success(response, f"OPTIONS {path}", 204)
        origin = response.header("access-control-allow-origin")
        t.assert_that(origin == "*", f"the preflight of {path} allows the origin {origin!r}")


@check("GEN-CORS-02")
def preflight_allows_what_calls_need(t: Session) -> None:
    """A preflight of generations and uploads allows Content-Type, Authorization, GET and POST."""
    uploads = t.target.media_url is not None and not t.run.operations["uploadMedia"].missing
    places: list[tuple[str, Host]] = []
    if uploads:
        places.append(("/upload", "media"))
    if not (uploads and all(t.run.operations[name].missing for name in GENERATION)):
        places.extend((GENERATION_PATHS[name], "gateway") for name in available(t, *GENERATION))
    for (path, host), method in product(places, ("POST", "GET")):
        headers = {**PREFLIGHT, "Access-Control-Request-Method": method}
        response = t.send("OPTIONS", path, headers=headers, key=None, host=host, probe=True)
        t.skip_if_unavailable(response)
        names = _words(response.header("access-control-allow-headers"))
        methods = _words(response.header("access-control-allow-methods"))
        with t.separately():
            served = host == "media" or response.ok
            t.need(served, "GEN-CORS-01", f"OPTIONS {path} gets {describe(response)}")
            t.assert_that(
                {"content-type", "authorization"} <= names,  # a * would leave Authorization out
                f"the preflight of {path} allows the headers {', '.join(sorted(names)) or 'none'}",
            )
            t.assert_that(
                "*" in methods or {"get", "post"} <= methods,
                f"the preflight of {path} allows the methods {', '.join(sorted(methods)) or 'none'}",
            )


def _words(value: str | None) -> set[str]:
    return {word.strip().lower() for word in (value or "").split(",")} - {""}


def _request_id(exchange: Exchange) -> str | None:
    """Return the request id that was sent, where one must come back; that one does is GEN-REQID-01."""
    if not exchange.header("x-request-id"):
        return None
    found = [value for name, value in exchange.request_headers if name.lower() == "x-request-id"]
    if len(found) != 1 or exchange.method == "OPTIONS" or 300 <= exchange.status < 400:
        return None
    if exchange.status >= 500 and exchange.media_type != "application/json":
        return None
    return found[0]


@watch("GEN-REQID-02")
def every_valid_request_id_is_echoed(exchange: Exchange) -> str | None:
    """A request id of at most 255 letters, digits, _, - and = comes back, on any route."""
    sent = _request_id(exchange)
    if sent is None or not re.fullmatch(r"[A-Za-z0-9_=-]{1,255}", sent):
        return None
    got = exchange.header("x-request-id") or ""
    return "" if got == sent else f"X-Request-Id {sent[:40]!r} comes back as {got[:60]!r}"


@check("GEN-REQID-02", cost={"text": 3, "image": 2})
def request_id_is_echoed(t: Session) -> None:
    """A request id made of letters, digits, _, - and = comes back, up to 255 characters."""
    for sent in ("my-own_id=42", "A", "0" * 255, "_" * 64, "aZ09_-=" * 36):
        for response in with_request_id(t, sent):
            t.skip_if_unavailable(response) if response.status in {429, 503} else None
            got = need_request_id(t, response)
            t.assert_that(
                got == sent,
                f"X-Request-Id {sent[:40]!r} ({len(sent)} characters) comes back as {got[:60]!r}",
            )
    for sent, response in rich_responses(t, "one-7", "two_8=", "three-9"):
        got = need_request_id(t, response)
        t.assert_that(
            got == sent, f"of a {response.header('x-cache')} {sent!r} comes back as {shown(got)}"
        )


def need_request_id(t: Session, response: Exchange) -> str:
    """Return the request id of a response; that there is one is GEN-REQID-01."""
    t.examined = response
    found = (response.header("x-request-id") or "").strip()
    status = response.status
    t.need(found, "GEN-REQID-01", f"a response with {status} has no X-Request-Id")
    return found


def rich_responses(t: Session, *ids: str) -> list[tuple[str, Exchange]]:
    """Send request ids along with a question, its repetition, and questions for a stream and a file."""
    if MAIN not in t.target.keys:
        return []
    found: list[tuple[str, Exchange]] = []
    with contextlib.suppress(NoBudget):
        for operation in ("createChatCompletion", "generateImage"):
            if not t.run.operations[operation].missing:
                requested = generation(t, operation)
                found += [
                    (x, t.assert_success(t.send(**requested, headers={"X-Request-Id": x})))
                    for x in ids[:2]
                ]
        if not t.run.operations["createChatCompletion"].missing:
            response = t.chat(stream=True, headers={"X-Request-Id": ids[-1]})
            found.append((ids[-1], t.assert_success(response)))
    return found


def with_request_id(t: Session, sent: str, everywhere: bool = True) -> list[Exchange]:
    """Send a request id to routes of every kind."""
    headers = {"X-Request-Id": sent}
    found = [
        t.send("GET", path, key=None, headers=headers, probe=True)
        for path in ("/v1/models", "/models", "/no-such-thing", "/account/key")
    ]
    found.append(t.send("HEAD", "/v1/models", key=None, headers=headers, probe=True))
    if not everywhere:
        return found
    for operation in available(t, *SPENDING):
        found.append(generate(t, operation, key=None, headers=headers))
    if not t.run.operations["generateText"].missing:
        wrong = {"seed": "abc"}
        found.append(t.send("GET", "/text/hello", query=wrong, key=None, headers=headers))
    return found


@watch("GEN-REQID-03")
def every_other_request_id_is_replaced(exchange: Exchange) -> str | None:
    """Any other request id is replaced, on any route."""
    sent = _request_id(exchange)
    if not sent or re.fullmatch(r"[A-Za-z0-9_=-]{1,255}", sent):
        return None
    got = exchange.header("x-request-id") or ""
    return "" if got and sent not in got else f"{sent[:40]!r} comes back as {got[:60]!r}"


@check("GEN-REQID-03", cost={"text": 3, "image": 2})
def other_request_ids_are_replaced(t: Session) -> None:
    """A request id with other characters, or of more than 255, is replaced."""
    # Every character everywhere would be two hundred requests; each is tried at some places.
    marks = ("two words", "a/b", "semi;colon", "dot.ted", "<script>", "a,b", "a+b", "a:b", "a@b")
    for number, sent in enumerate((*marks, "a%20b", "0" * 256, "0" * 300, "0" * 2000)):
        everywhere = number < 2 or is_loopback(t.target.base_url)
        for response in with_request_id(t, sent, everywhere):
            t.skip_if_unavailable(response) if response.status in {429, 503} or is_proxy_error(
                response
            ) else None
            is_replaced(t, sent, response)
    for response in with_request_id(t, ""):
        # Not even the header comes back empty.
        t.assert_that(
            response.header("x-request-id") != "", "an empty X-Request-Id comes back empty"
        )
    for sent, response in rich_responses(t, "one.of/mine", "another.of/mine", "a.third:one"):
        is_replaced(t, sent, response)


def is_replaced(t: Session, sent: str, response: Exchange) -> None:
    """Assert that a response's request id owes nothing to the one that was sent."""
    got = need_request_id(t, response)
    t.assert_that(got != sent, f"X-Request-Id {sent[:40]!r} comes back as {got[:60]!r}")
    t.assert_that(sent not in got, f"X-Request-Id {sent[:40]!r} is part of {got[:60]!r}")
    cleaned = re.sub(r"[^A-Za-z0-9_=-]", "", sent)
    kept = sent.startswith(got) or cleaned.startswith(got)
    t.assert_that(not kept, f"X-Request-Id {sent[:40]!r} is only cut or cleaned: {got[:60]!r}")


@check("GEN-REQID-04", cost={"text": 2, "image": 2, "audio": 2})
def request_ids_differ(t: Session) -> None:
    """No two responses have the same request id, across routes and statuses."""
    seen: dict[str, str] = {}
    paths = ("/v1/models", "/v1/models", "/text/models", "/no-such-thing", "/account/key") * 2
    responses = [(path, t.send("GET", path, key=None, probe=True)) for path in paths]
    responses += [("HEAD", t.send("HEAD", "/v1/models", key=None, probe=True)) for _ in range(2)]
    if MAIN in t.target.keys and not t.run.operations["createChatCompletion"].missing:
        question = t.fresh("Say hello.")
        responses += [(f"chat {number}", t.chat(question)) for number in range(2)]
        responses.append(("chat", t.chat()))
    if MAIN in t.target.keys and not t.run.operations["generateAudio"].missing:
        responses += [("audio", generate(t, "generateAudio")) for _ in range(2)]
    if MAIN in t.target.keys and not t.run.operations["generateImage"].missing:
        requested = generation(t, "generateImage")
        responses += [("image", t.send(**requested)) for _ in range(2)]
    for path, response in responses:
        got = response.header("x-request-id")
        t.skip_if_unavailable(response)
        if got is None or is_from_cdn_cache(response):
            continue  # that there must be one is another requirement's
        t.assert_that(got not in seen, f"X-Request-Id {got[:60]!r} is on two responses")
        seen[got] = path
    t.assert_that(seen, "no response has an X-Request-Id")


@watch("GEN-REQID-01")
def every_response_has_a_request_id(exchange: Exchange) -> str | None:
    """Every response of the gateway has an X-Request-Id."""
    if exchange.method == "OPTIONS" or 300 <= exchange.status < 400:
        return None
    if exchange.status >= 500 and exchange.media_type != "application/json":
        return None
    if not (exchange.header("x-request-id") or "").strip():
        return f"a response with {exchange.status} has no X-Request-Id"
    return ""


@check("GEN-REQID-01", cost=ALL)
def responses_of_every_kind_have_a_request_id(t: Session) -> None:
    """Responses of every kind have an X-Request-Id, errors, streams, files and cached ones included."""
    gateway = t.target.base_url
    for response in every_kind(t):
        problem = (
            every_response_has_a_request_id(response) if response.url.startswith(gateway) else None
        )
        t.assert_that(
            not problem,
            f"{response.method} {response.operation or 'of an unknown path'}: {problem}",
        )


@watch("GEN-CORS-03")
def every_response_is_open_to_browsers(exchange: Exchange) -> str | None:
    """Responses of generation and model routes allow any origin."""
    if exchange.operation not in {*GENERATION, *LIST_OPERATIONS, *CHAT_OPERATIONS}:
        return None
    if exchange.status >= 500 and exchange.media_type != "application/json":
        return None
    if exchange.header("access-control-allow-origin") != "*":
        return (
            f"Access-Control-Allow-Origin of a {exchange.status} is "
            f"{shown(exchange.header('access-control-allow-origin'))}"
        )
    return ""


@check("GEN-CORS-03", cost=ALL)
def responses_of_every_kind_are_open_to_browsers(t: Session) -> None:
    """Responses of every kind on generation and model routes may be read from any origin."""
    for origin, path in product(ORIGINS, ("/v1/models", "/image/models", "/text/hello")):
        response = t.send("GET", path, key=None, headers={"Origin": origin}, probe=True)
        problem = every_response_is_open_to_browsers(response)
        t.assert_that(not problem, f"{path} requested from {origin}: {problem}")
    assert_responses_satisfy(t, every_response_is_open_to_browsers)
