"""Routing, query strings, HEAD, CORS, and the request id."""

# A docstring here says what the server does, and not what the function does.

from typing import Any

from pollinations_conformance.checks.common import (
    GENERATION,
    available,
    generate,
    generation,
    send_media,
)
from pollinations_conformance.runner import CannotTell, Session, check, kept_on_the_way, segment
from pollinations_conformance.target import MAIN, is_list, is_object


@check("GEN-ROUTE-01")
def unknown_path_is_404(t: Session) -> None:
    """An unknown path is a 404 in the envelope, whatever its depth, with or without a key."""
    for path in ("/no-such-thing", "/v1/no/such/thing", "/account/nothing", "/v1/models/openai"):
        for key in (None, MAIN) if MAIN in t.target.keys else (None,):
            answer = t.send("GET", path, key=key, probe=True)
            t.refused(answer, 404, f"GET {path}")
            t.require(t.error(answer).get("code") == "NOT_FOUND", f"GET {path} has another code")


@check("GEN-ROUTE-02")
def wrong_method_is_refused(t: Session) -> None:
    """A method that a path does not have is refused in the envelope."""
    wrong = {
        "listModels": ("POST", "/v1/models"),
        "listTextModels": ("DELETE", "/text/models"),
        "createChatCompletion": ("GET", "/v1/chat/completions"),
        "generateText": ("POST", "/text/hello"),
        "generateImage": ("DELETE", "/image/hello"),
        "getAccountBalance": ("POST", "/account/balance"),
        "createSpeech": ("GET", "/v1/audio/speech"),
    }
    for operation in available(t, *wrong):
        method, path = wrong[operation]
        answer = t.send(method, path, key=None, probe=True)
        t.refused(answer, {404, 405}, f"{method} {path}")
        code = t.error(answer).get("code")
        t.require(
            code in {"NOT_FOUND", "METHOD_NOT_ALLOWED"}, f"{method} {path} has the code {code!r}"
        )


@check("GEN-ROUTE-03")
def trailing_slash_is_another_path(t: Session) -> None:
    """A known path with a slash added is unknown."""
    for path in ("/v1/models/", "/text/models/", "/v1/chat/completions/"):
        method = "POST" if "chat" in path else "GET"
        if "chat" in path:
            continue  # everything that begins like the chat address may lead to it
        answer = t.send(method, path, key=None, probe=True)
        t.refused(answer, 404, f"{method} {path}")


@check("GEN-HEAD-01", cost={"text": 6})
def head_is_get_without_a_body(t: Session) -> None:
    """HEAD gives GET's status and type and not one byte of a body."""
    paths = {"listModels": "/v1/models", "listTextModels": "/text/models"}
    for operation in available(t, *paths):
        compare_head(t, paths[operation], None)
    if not t.run.operations["getAccountKey"].missing:
        compare_head(t, "/account/key", None)
    if not t.run.operations["generateText"].missing:
        compare_head(t, "/text/" + segment(t.fresh("Say hello.")), None)
        if MAIN in t.target.keys and t.run.ledger.allows(
            2 * t.catalogue.price("generateText", t.text_model)
        ):
            compare_generations(t)


def compare_generations(t: Session) -> None:
    """Ask a model with HEAD and with GET, at most three times: it may say nothing at all once."""
    for left in range(0 if t.target.embedded else 2, -1, -1):
        arguments = generation(t, "generateText")
        asked: dict[str, Any] = {**arguments, "method": "HEAD"}
        head, get = t.send(**asked), t.send(**arguments)
        t.excuse(get)
        t.excuse(head)
        same = (head.status, head.media_type) == (get.status, get.media_type)
        t.require(
            same or left,
            f"HEAD is {head.status} {head.media_type}, GET is {get.status} {get.media_type}",
        )
        if same:
            return


def compare_head(t: Session, path: str, key: str | None) -> None:
    """Ask with GET and with HEAD, the latter down to the bytes on the wire."""
    get = t.send("GET", path, key=key)
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
    t.require(len(words) > 1 and words[1].isdigit(), f"HEAD {path} is answered {lines[0][:80]!r}")
    if int(words[1]) in {429, 503} or get.status in {429, 503}:
        raise CannotTell("the server asks to go slower")
    t.require(int(words[1]) == get.status, f"HEAD {path} is {words[1]}, GET is {get.status}")
    types = [
        line.partition(":")[2].strip() for line in lines if line.lower().startswith("content-type:")
    ]
    t.require(
        [value.partition(";")[0].strip().lower() for value in types] == [get.media_type],
        f"HEAD {path} has the Content-Type {types}, GET has {get.header('content-type')!r}",
    )
    t.require(not rest, f"HEAD {path} is answered with a body of {len(rest)} bytes")


@check("GEN-QUERY-01")
def repeated_parameter_is_refused(t: Session) -> None:
    """A scalar query parameter given twice is a 400 that names it."""
    for operation, path, name in (
        ("generateText", "/text/hello", "seed"),
        ("generateText", "/text/hello", "model"),
        ("generateImage", "/image/hello", "width"),
        ("generateAudio", "/audio/hello", "voice"),
    ):
        if t.run.operations[operation].missing:
            continue
        value = {"seed": "1", "model": t.text_model, "width": "64", "voice": "alloy"}[name]
        answer = t.send("GET", path, query=[(name, value), (name, value)], free=True)
        t.refused(answer, 400, f"GET {path} with {name} twice", name)
    if not t.run.operations["getAccountUsage"].missing and MAIN in t.target.keys:
        answer = t.send("GET", "/account/usage", query=[("limit", "5"), ("limit", "5")])
        t.refused(answer, 400, "GET /account/usage with limit twice", "limit")


@check("GEN-QUERY-02")
def unknown_parameter_is_ignored(t: Session) -> None:
    """A query parameter that nobody knows changes nothing."""
    for operation, path in (("listModels", "/v1/models"), ("listTextModels", "/text/models")):
        if t.run.operations[operation].missing:
            continue
        plain = t.ok(t.send("GET", path, key=None))
        odd = t.send("GET", path, key=None, query={"no_such_parameter": "1"})
        t.ok(odd, f"GET {path} with an unknown parameter")
        names = [
            [item.get("id", item.get("name")) for item in _items(t.value(x))] for x in (plain, odd)
        ]
        t.require(names[0] == names[1], f"an unknown parameter changes the answer of GET {path}")


@check("GEN-QUERY-02", operations="generateText", needs=MAIN, cost={"text": 1})
def unknown_parameter_of_a_generation_is_ignored(t: Session) -> None:
    """A generation with a query parameter that nobody knows still succeeds."""
    query = {"model": t.text_model, "no_such_parameter": "1"}
    path = "/text/" + segment(t.fresh("Say hello."))
    t.ok(t.send("GET", path, query=query), "a text request with an unknown parameter")


def _items(value: object) -> list[dict[str, object]]:
    items = value.get("data") if is_object(value) else value
    return [item for item in items if is_object(item)] if is_list(items) else []


PREFLIGHT = {
    "Origin": "https://example.com",
    "Access-Control-Request-Method": "POST",
    "Access-Control-Request-Headers": "authorization,content-type",
}
GENERATION_PATHS = {
    "createChatCompletion": "/v1/chat/completions",
    "generateText": "/text/hello",
    "generateImage": "/image/hello",
    "generateAudio": "/audio/hello",
    "createSpeech": "/v1/audio/speech",
    "createTranscription": "/v1/audio/transcriptions",
}


@check("GEN-CORS-01")
def preflight_is_answered(t: Session) -> None:
    """A browser's preflight of a generation route is answered with 204 and any origin."""
    for operation in available(t, *GENERATION):
        path = GENERATION_PATHS[operation]
        answer = t.send("OPTIONS", path, headers=PREFLIGHT, key=None, probe=True)
        t.ok(answer, f"the preflight of {path}", 204)
        origin = answer.header("access-control-allow-origin")
        t.require(origin == "*", f"the preflight of {path} allows the origin {origin!r}")


@check("GEN-CORS-02")
def preflight_allows_what_calls_need(t: Session) -> None:
    """A preflight allows Content-Type, Authorization, GET and POST."""
    for operation in available(t, *GENERATION):
        path = GENERATION_PATHS[operation]
        answer = t.send("OPTIONS", path, headers=PREFLIGHT, key=None, probe=True)
        t.excuse(answer)
        headers = _words(answer.header("access-control-allow-headers"))
        methods = _words(answer.header("access-control-allow-methods"))
        t.require(
            "*" in headers or {"content-type", "authorization"} <= headers,
            f"the preflight of {path} allows the headers {sorted(headers)}",
        )
        t.require(
            "*" in methods or {"get", "post"} <= methods,
            f"the preflight of {path} allows the methods {sorted(methods)}",
        )


def _words(value: str | None) -> set[str]:
    return {word.strip().lower() for word in (value or "").split(",")} - {""}


@check("GEN-REQID-02")
def request_id_is_echoed(t: Session) -> None:
    """A request id made of letters, digits, _, - and = comes back, up to 255 characters."""
    for sent in ("my-own_id=42", "A", "0" * 255, "_" * 64, "aZ09_-=" * 36):
        answer = t.send("GET", "/v1/models", key=None, headers={"X-Request-Id": sent})
        t.excuse(answer)
        t.require(
            answer.header("x-request-id") == sent,
            f"X-Request-Id {sent[:40]!r} ({len(sent)} characters) "
            f"comes back as {(answer.header('x-request-id') or '')[:60]!r}",
        )


@check("GEN-REQID-03")
def other_request_ids_are_replaced(t: Session) -> None:
    """A request id with other characters, or of more than 255, is replaced."""
    for sent in ("two words", "a/b", "semi;colon", "0" * 256, "dot.ted", "<script>", "a,b"):
        answer = t.send("GET", "/v1/models", key=None, headers={"X-Request-Id": sent})
        t.excuse(answer)
        got = answer.header("x-request-id") or ""
        t.require(got and got != sent, f"X-Request-Id {sent[:40]!r} comes back as {got[:60]!r}")
        t.require(sent not in got, f"X-Request-Id {sent[:40]!r} is part of {got[:60]!r}")


@check("GEN-REQID-04")
def request_ids_differ(t: Session) -> None:
    """No two answers have the same request id, across routes and statuses."""
    seen: dict[str, str] = {}
    for path in ("/v1/models", "/v1/models", "/text/models", "/no-such-thing", "/account/key") * 2:
        answer = t.send("GET", path, key=None, probe=True)
        got = answer.header("x-request-id")
        t.excuse(answer)
        if got is None or kept_on_the_way(answer):
            continue  # another requirement says that there must be one
        t.require(got not in seen, f"X-Request-Id {got[:60]!r} stands on two answers")
        seen[got] = path
    t.require(seen, "no answer has an X-Request-Id")


@check("GEN-JSON-01", cost={"text": 1})
def json_bodies_are_json(t: Session) -> None:
    """What is declared as JSON is one JSON document in UTF-8, errors included."""
    answers = [
        t.send("GET", "/v1/models", key=None, probe=True),
        t.send("GET", "/text/models", key=None, probe=True),
        t.send("GET", "/account/key", key=None, probe=True),
        t.send("POST", "/v1/chat/completions", json={}, key=None, probe=True),
        t.send("GET", "/no-such-thing", key=None, probe=True),
    ]
    if t.target.media_url is not None:
        answers.append(send_media(t, "GET", "/zzz", key=None, probe=True))
    for answer in answers:
        if answer.media_type == "application/json":
            t.value(answer)
            try:
                answer.content.decode("utf-8")
            except UnicodeDecodeError:
                t.require(False, f"the JSON of {answer.method} {answer.status} is not UTF-8")


@check("GEN-JSON-01", operations="createChatCompletion", needs=MAIN, cost={"text": 1})
def json_answers_keep_other_alphabets(t: Session) -> None:
    """A completion to a question in several alphabets is JSON in UTF-8."""
    answer = generate(
        t,
        "createChatCompletion",
        json={
            "model": t.text_model,
            "messages": [{"role": "user", "content": t.fresh("Répète: 你好 🌸 ñ")}],
        },
    )
    t.ok(answer)
    t.value(answer)
    answer.content.decode("utf-8")
