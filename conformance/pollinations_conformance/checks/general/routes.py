"""Check what holds for every route: methods, queries, CORS, request ids, JSON."""

import contextlib
import json
import re
from itertools import product
from typing import Any

from pollinations_conformance.checks.common.files import png
from pollinations_conformance.checks.common.keys import as_head, invalid_requests, request_operation
from pollinations_conformance.checks.common.requests import (
    ACCOUNT,
    CHAT_PATHS,
    GENERATION,
    LISTS,
    SPENDING,
    available,
    generate,
    generation,
)
from pollinations_conformance.checks.common.responses import CHAT_OPERATIONS, LIST_OPERATIONS
from pollinations_conformance.checks.common.uploads import send_media, upload
from pollinations_conformance.http.json import is_list, is_object
from pollinations_conformance.suite import (
    MAIN,
    Exchange,
    Look,
    NoBudget,
    NotTested,
    Session,
    check,
    is_from_cdn_cache,
    is_loopback,
    is_proxy_error,
    segment,
    watch,
)

PREFLIGHT = {
    "Origin": "https://example.com",
    "Access-Control-Request-Method": "POST",
    "Access-Control-Request-Headers": "authorization,content-type",
}


GENERATION_PATHS = {
    **CHAT_PATHS,
    "generateText": "/text/hello",
    "generateImage": "/image/hello",
    "generateAudio": "/audio/hello",
    "createSpeech": "/v1/audio/speech",
    "createTranscription": "/v1/audio/transcriptions",
}


ALL = {"text": 8, "image": 2, "audio": 4, "transcription": 2}
"""The number of paid calls of `every_kind`."""


@check("GEN-ROUTE-01")
def unknown_path_is_404(t: Session) -> None:
    """An unknown path is a 404 in the envelope, whatever its depth, with or without a key."""
    paths = ["/no-such-thing", "/v1/no/such/thing", "/account/nothing", "/v1/models/openai"]
    paths += ["/v2/models", "/text", "/image", "/audio", "/v1", "/account", "/no/such.thing?a=b"]
    for path in paths:
        bare, _, query = path.partition("?")
        pairs = [("a", "b")] if query else []
        for key in (None, MAIN) if MAIN in t.target.keys else (None,):
            for method in ("GET", "POST") if path in paths[:3] else ("GET",):
                response = t.send(method, bare, query=pairs, key=key, probe=True)
                t.assert_rejected(response, 404, f"{method} {path}")
                code = t.error_object(response).get("code")
                t.assert_that(code == "NOT_FOUND", f"{method} {path} has the code {code!r}")


@check("GEN-ROUTE-02")
def unsupported_method_is_refused(t: Session) -> None:
    """A method that a path does not have is refused in the envelope."""
    paths = {"listModels": "/v1/models", **LISTS, **ACCOUNT, **GENERATION_PATHS}
    for operation in available(t, *paths):
        path = paths[operation]
        other = "POST" if t.run.operations[operation].method == "GET" else "GET"
        for method in (other, "PUT", "PATCH", "DELETE"):
            response = t.send(method, path, key=None, probe=True)
            t.assert_rejected(response, {404, 405}, f"{method} {path}")
            code = t.error_object(response).get("code")
            t.assert_that(
                code in {"NOT_FOUND", "METHOD_NOT_ALLOWED"},
                f"{method} {path} has the code {code!r}",
            )


@check("GEN-ROUTE-03")
def trailing_slash_is_another_path(t: Session) -> None:
    """A known path with a slash added is unknown."""
    # Not the chat URL: everything that begins like it may lead to it.
    lists = ("/v1/models/", "/text/models/", "/image/models/", "/audio/models/")
    account = [f"{path}/" for path in ACCOUNT.values()]
    for path in (*lists, *account, "/v1/audio/speech/"):
        if path == "/image/models/":
            continue  # a prompt may hold slashes, so that this is one
        method = "POST" if "speech" in path else "GET"
        for key in (None, MAIN) if MAIN in t.target.keys and method == "GET" else (None,):
            response = t.send(method, path, key=key, probe=True)
            t.assert_rejected(response, 404, f"{method} {path}")


def compare_statuses(t: Session, path: str, **options: Any) -> None:
    """Send with GET and with HEAD, for status and type alone."""
    get, head = (t.send(method, path, **options) for method in ("GET", "HEAD"))
    t.skip_if_unavailable(get) if get.status in {429, 503} else t.skip_if_unavailable(head)
    t.assert_that(
        (head.status, head.media_type) == (get.status, get.media_type),
        f"HEAD {path} is {head.status} {head.media_type}, GET is {get.status} {get.media_type}",
    )


def compare_files(t: Session) -> None:
    """Request an image and speech with GET and with HEAD."""
    for operation in ("generateImage", "generateAudio"):
        if not t.run.operations[operation].missing:
            requested = generation(t, operation)
            get, head = t.assert_success(t.send(**requested)), t.send(**as_head(requested))
            t.skip_if_unavailable(head)
            t.assert_that(
                (head.status, head.media_type) == (get.status, get.media_type),
                f"HEAD is {head.status} {head.media_type}, GET is {get.status} {get.media_type}",
            )


@check("GEN-HEAD-01", cost={"text": 6, "image": 2, "audio": 2})
def head_is_get_without_a_body(t: Session) -> None:
    """HEAD gives GET's status and type and not one byte of a body."""
    paths = {"listModels": "/v1/models", **LISTS, **ACCOUNT}
    paths |= {"generateImage": "/image/hello", "generateAudio": "/audio/hello"}
    for operation in available(t, *paths):
        compare_head(t, paths[operation], None)
        if operation in {"listModels", *LISTS}:
            compare_statuses(t, paths[operation], key="bogus")
    compare_head(t, "/models", None)
    compare_head(t, "/no-such-thing", None)
    for operation, name in (("generateImage", "width"), ("generateText", "seed")):
        if not t.run.operations[operation].missing:
            path = f"{GENERATION_PATHS[operation]}?{name}=x"
            compare_head(t, path, None)
    if MAIN in t.target.keys and not t.run.operations["getAccountKey"].missing:
        get, head = (t.send(method, "/account/key") for method in ("GET", "HEAD"))
        t.assert_that(head.status == get.status, f"HEAD is {head.status}, GET is {get.status}")
        for operation in [name for name in ACCOUNT if not t.run.operations[name].missing]:
            sheets: list[dict[str, str]] = [{}]
            sheets += [{"format": "csv"}] if "Usage" in operation else []
            for query in sheets:
                compare_statuses(t, ACCOUNT[operation], query=query)
    if not t.run.operations["generateText"].missing:
        compare_head(t, "/text/" + segment(t.fresh("Say hello.")), None)
        if MAIN in t.target.keys and t.run.ledger.allows(
            2 * t.catalogue.price("generateText", t.text_model)
        ):
            compare_generations(t)
    if MAIN in t.target.keys:
        with contextlib.suppress(NoBudget):
            compare_files(t)


def compare_generations(t: Session) -> None:
    """Request a generation with HEAD and with GET, at most three times: a single one may fail."""
    for left in range(0 if t.target.embedded else 2, -1, -1):
        arguments = generation(t, "generateText")
        requested: dict[str, Any] = {**arguments, "method": "HEAD"}
        head, get = t.send(**requested), t.send(**arguments)
        t.skip_if_unavailable(get)
        t.skip_if_unavailable(head)
        same = (head.status, head.media_type) == (get.status, get.media_type)
        t.assert_that(
            same or left,
            f"HEAD is {head.status} {head.media_type}, GET is {get.status} {get.media_type}",
        )
        if same:
            return


def compare_head(t: Session, path: str, key: str | None) -> None:
    """Send with GET and with HEAD, the latter down to the bytes on the wire."""
    get = t.send("GET", path, key=key, probe=True)
    raw = t.target.raw(
        "gateway",
        lambda host, prefix: (
            f"HEAD {prefix}{path} HTTP/1.1\r\nHost: {host}\r\n"
            "User-Agent: pollinations-conformance\r\nConnection: close\r\n\r\n"
        ).encode(),
    )
    head, _, rest = raw.partition(b"\r\n\r\n")
    lines = head.decode("latin-1").split("\r\n")
    words = lines[0].split()
    t.assert_that(len(words) > 1 and words[1].isdigit(), f"HEAD {path} gets {lines[0][:80]!r}")
    if int(words[1]) in {429, 503} or get.status in {429, 503}:
        raise NotTested("the server requests a slower pace (429)")
    t.assert_that(int(words[1]) == get.status, f"HEAD {path} is {words[1]}, GET is {get.status}")
    types = [
        line.partition(":")[2].strip() for line in lines if line.lower().startswith("content-type:")
    ]
    t.assert_that(
        [value.partition(";")[0].strip().lower() for value in types] == [get.media_type],
        f"HEAD {path} has the Content-Type {types}, GET has {get.header('content-type')!r}",
    )
    t.assert_that(not rest, f"HEAD {path} gets a body of {len(rest)} bytes")


@check("GEN-QUERY-01")
def repeated_parameter_is_refused(t: Session) -> None:
    """A scalar query parameter given twice is a 400 that names it."""
    twice: tuple[tuple[str, str, str, str], ...] = (
        ("generateText", "/text/hello", "seed", "1"),
        ("generateText", "/text/hello", "model", t.text_model),
        ("generateText", "/text/hello", "temperature", "1"),
        ("generateText", "/text/hello", "system", "x"),
        ("generateImage", "/image/hello", "width", "64"),
        ("generateImage", "/image/hello", "height", "64"),
        ("generateImage", "/image/hello", "seed", "1"),
        ("generateImage", "/image/hello", "quality", "low"),
        ("generateImage", "/image/hello", "negative_prompt", "x"),
        ("generateImage", "/image/hello", "image", "https://example.com/a.png"),
        ("generateImage", "/image/hello", "duration", "4"),
        ("generateImage", "/image/hello", "aspectRatio", "16:9"),
        ("generateImage", "/image/hello", "model", t.image_model),
        ("generateAudio", "/audio/hello", "voice", "alloy"),
        ("generateAudio", "/audio/hello", "response_format", "mp3"),
        ("generateAudio", "/audio/hello", "model", t.audio_model),
        ("generateAudio", "/audio/hello", "duration", "4"),
        ("getAccountUsage", "/account/usage", "limit", "5"),
        ("getAccountUsage", "/account/usage", "format", "json"),
        ("getAccountUsage", "/account/usage", "before", "2026-01-01T00:00:00Z"),
        ("getAccountUsageDaily", "/account/usage/daily", "format", "json"),
    )
    for operation, path, name, value in twice:
        if t.run.operations[operation].missing:
            continue
        if operation in ACCOUNT and MAIN not in t.target.keys:
            continue
        response = t.send("GET", path, query=[(name, value), (name, value)], free=True)
        if operation in ACCOUNT and response.status == 403:
            continue  # the run's key lacks the permission for it
        t.assert_rejected(response, 400, f"GET {path} with {name} twice", name)


@check("GEN-QUERY-02")
def unknown_parameter_is_ignored(t: Session) -> None:
    """An unknown query parameter changes nothing."""
    for operation, path in (("listModels", "/v1/models"), *LISTS.items()):
        if t.run.operations[operation].missing:
            continue
        plain = t.assert_success(t.send("GET", path, key=None))
        odd = t.send("GET", path, key=None, query={"no_such_parameter": "1"})
        t.assert_success(odd, f"GET {path} with an unknown parameter")
        names = [
            [item.get("id", item.get("name")) for item in _items(t.json_value(x))]
            for x in (plain, odd)
        ]
        t.assert_that(
            names[0] == names[1], f"an unknown parameter changes the response of GET {path}"
        )
    if t.send("GET", "/models", key=None, probe=True).ok:
        odd = t.send("GET", "/models", key=None, query={"no_such_parameter": "1"}, probe=True)
        t.assert_success(odd, "GET /models with an unknown parameter")


@check("GEN-QUERY-02", needs=MAIN, cost={"text": 3, "image": 1, "audio": 2, "transcription": 1})
def unknown_parameter_of_a_call_is_ignored(t: Session) -> None:
    """A call with an unknown query parameter still succeeds, on every route."""
    for operation in available(t, *SPENDING):
        response = request_operation(t, operation, query=[("no_such_parameter", "1")])
        t.assert_success(response, f"{operation} with an unknown parameter")
    for operation in [name for name in ACCOUNT if not t.run.operations[name].missing]:
        plain = request_operation(t, operation)
        response = request_operation(t, operation, query=[("no_such_parameter", "1")])
        if response.status != 403:
            t.assert_success(response, f"{operation} with an unknown parameter")
        if response.ok and plain.ok:
            empty = t.json_object(response).get("usage") == [] != t.json_object(plain).get("usage")
            hidden = "usage" in t.json_object(plain) and empty
            t.assert_that(not hidden, f"an unknown parameter empties the response of {operation}")
    if MAIN in t.target.keys and not t.run.operations["getAccountUsageDaily"].missing:
        # What another operation knows is as unknown here.
        response = request_operation(t, "getAccountUsageDaily", query=[("limit", "0")])
        if response.status != 403:
            t.assert_success(
                response, "getAccountUsageDaily, which has no parameter limit, with limit=0"
            )
    if t.target.media_url is not None and not t.run.operations["uploadMedia"].missing:
        response = upload(t, png(t), query={"no_such_parameter": "1"})
        name = t.json_object(t.assert_success(response, "an upload with an unknown parameter")).get(
            "id"
        )
        response = send_media(t, "GET", f"/{name}", query={"no_such_parameter": "1"}, key=None)
        t.assert_success(response, "GET of a file with an unknown parameter")


def _items(value: object) -> list[dict[str, object]]:
    items = value.get("data") if is_object(value) else value
    return [item for item in items if is_object(item)] if is_list(items) else []


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
    """A preflight allows Content-Type, Authorization, GET and POST."""
    for operation, method in [(n, m) for n in available(t, *GENERATION) for m in ("POST", "GET")]:
        path = GENERATION_PATHS[operation]
        headers = {**PREFLIGHT, "Access-Control-Request-Method": method}
        response = t.send("OPTIONS", path, headers=headers, key=None, probe=True)
        t.skip_if_unavailable(response)
        names = _words(response.header("access-control-allow-headers"))
        methods = _words(response.header("access-control-allow-methods"))
        t.assert_that(
            {"content-type", "authorization"} <= names,  # a * would leave Authorization out
            f"the preflight of {path} allows the headers {sorted(names)}",
        )
        t.assert_that(
            "*" in methods or {"get", "post"} <= methods,
            f"the preflight of {path} allows the methods {sorted(methods)}",
        )


def _words(value: str | None) -> set[str]:
    return {word.strip().lower() for word in (value or "").split(",")} - {""}


def _request_id(exchange: Exchange) -> str | None:
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
            t.assert_that(
                response.header("x-request-id") == sent,
                f"X-Request-Id {sent[:40]!r} ({len(sent)} characters) "
                f"comes back as {(response.header('x-request-id') or '')[:60]!r}",
            )
    for sent, response in rich_responses(t, "one-7", "two_8=", "three-9"):
        got = response.header("x-request-id")
        t.assert_that(
            got == sent, f"of a {response.header('x-cache')} {sent!r} comes back as {got!r}"
        )


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
        t.assert_that(response.header("x-request-id"), "an empty X-Request-Id comes back empty")
    for sent, response in rich_responses(t, "one.of/mine", "another.of/mine", "a.third:one"):
        is_replaced(t, sent, response)


def is_replaced(t: Session, sent: str, response: Exchange) -> None:
    """Assert that a response's request id owes nothing to the one that was sent."""
    got = response.header("x-request-id") or ""
    t.assert_that(got and got != sent, f"X-Request-Id {sent[:40]!r} comes back as {got[:60]!r}")
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


def every_kind(t: Session) -> list[Exchange]:
    """Return responses of every kind, good and bad, shared by all checks that only read it."""

    def request_all() -> list[Exchange]:
        paths = ("/v1/models", "/models", *LISTS.values(), *ACCOUNT.values(), "/no-such-thing")
        found = [t.send("GET", path, key=None, probe=True) for path in paths]
        found.append(t.send("POST", "/v1/chat/completions", json={}, key=None, probe=True))
        found.append(t.send("DELETE", "/v1/models", key=None, probe=True))
        found.append(t.send("HEAD", "/v1/models", key=None, probe=True))
        page = {"Origin": "https://example.com"}
        found.append(t.send("GET", "/v1/models", key=None, headers=page, probe=True))
        keys = ("bogus", MAIN) if MAIN in t.target.keys else ("bogus",)
        found += [t.send("GET", path, key=key, probe=True) for path in paths[:5] for key in keys]
        for operation in available(t, *SPENDING):
            found.append(request_operation(t, operation, key=None, headers=page))
            found += invalid_requests(t, operation, None)
            for role in ("empty-balance", "restricted-empty-balance"):
                if role in t.target.keys:
                    found.append(request_operation(t, operation, key=role, free=True))
        if t.target.media_url is not None:
            found.append(send_media(t, "GET", "/zzz", key=None, probe=True))
        if MAIN not in t.target.keys:
            return found
        for operation in [name for name in ACCOUNT if not t.run.operations[name].missing]:
            found.append(request_operation(t, operation))
            if "Usage" in operation:
                found.append(request_operation(t, operation, query=[("format", "csv")]))
        if t.target.media_url is not None and not t.run.operations["uploadMedia"].missing:
            found.append(upload(t, png(t)))
        with contextlib.suppress(NoBudget):  # the rest costs pollen
            for operation in available(t, *SPENDING):
                arguments = generation(t, operation)
                found += [t.send(**arguments) for _ in range(2)]
            if not t.run.operations["createChatCompletion"].missing:
                found.append(t.chat(stream=True))
        return found

    responses = t.once("responses of every kind", request_all)
    return [t.attach(response) for response in responses]


def assert_responses_satisfy(t: Session, look: Look) -> None:
    """Assert that responses of every kind are as a watch wants them."""
    for response in every_kind(t):
        problem = look(response)
        t.assert_that(
            not problem,
            f"{response.method} {response.operation or 'of an unknown path'}: {problem}",
        )


@watch("GEN-JSON-01", gateway=False)
def every_json_body_is_json(exchange: Exchange) -> str | None:
    """What is declared as JSON is one JSON document in UTF-8."""
    if exchange.media_type != "application/json" or exchange.method == "HEAD":
        return None
    if exchange.status in {204, 304} or not exchange.status:
        return None

    def constant(name: str) -> None:
        raise ValueError(f"{name} is no JSON")

    try:
        # Not from the bytes: that would let other encodings and a byte order mark pass.
        json.loads(exchange.content.decode("utf-8"), parse_constant=constant)
    except RecursionError:
        return None
    except ValueError as error:
        return f"the body is no JSON in UTF-8: {error}"
    return ""


@check("GEN-JSON-01", cost=ALL)
def json_bodies_are_json(t: Session) -> None:
    """What is declared as JSON is one JSON document in UTF-8, errors included."""
    assert_responses_satisfy(t, every_json_body_is_json)


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
            f"{exchange.header('access-control-allow-origin')!r}"
        )
    return ""


@check("GEN-CORS-03", cost=ALL)
def responses_of_every_kind_are_open_to_browsers(t: Session) -> None:
    """Responses of every kind on generation and model routes may be read from any origin."""
    assert_responses_satisfy(t, every_response_is_open_to_browsers)


@check("GEN-JSON-01", operations="createChatCompletion", needs=MAIN, cost={"text": 1})
def json_responses_keep_other_alphabets(t: Session) -> None:
    """A completion to a question in several alphabets is JSON in UTF-8."""
    response = generate(
        t,
        "createChatCompletion",
        json={
            "model": t.text_model,
            "messages": [{"role": "user", "content": t.fresh("Répète: 你好 🌸 ñ")}],
        },
    )
    t.assert_success(response)
    t.json_value(response)
    response.content.decode("utf-8")
