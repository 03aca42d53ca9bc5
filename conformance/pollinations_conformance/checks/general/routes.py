"""Check what holds for every route: paths, methods, queries and JSON bodies."""

import contextlib
import json
from typing import Any

from pollinations_conformance.checks.common.files import png
from pollinations_conformance.checks.common.keys import as_head, request_operation
from pollinations_conformance.checks.common.kinds import (
    ALL,
    GENERATION_PATHS,
    assert_responses_satisfy,
)
from pollinations_conformance.checks.common.requests import (
    ACCOUNT,
    LISTS,
    SPENDING,
    available,
    generate,
    generation,
)
from pollinations_conformance.checks.common.responses import need_code
from pollinations_conformance.checks.common.uploads import send_media, upload
from pollinations_conformance.http.json import is_list, is_object
from pollinations_conformance.http.text import shown
from pollinations_conformance.suite import (
    MAIN,
    Exchange,
    NoBudget,
    NotTested,
    Payload,
    Session,
    check,
    segment,
    watch,
)


@check("GEN-ROUTE-01")
def unknown_path_is_404(t: Session) -> None:
    """An unknown path is a 404 in the envelope, whatever its depth, with or without a key."""
    paths = ["/no-such-thing", "/v1/no/such/thing", "/account/nothing", "/v1/models/openai"]
    # Not what begins like the chat URL: the contract has it as another path of the same.
    paths += ["/v1/modelsX", "/account/keyX", "/v1/audio/speechX"]
    # Nor /text, a prompt that is empty: TEXT-GET-04.
    paths += ["/v2/models", "/image", "/audio", "/v1", "/account", "/no/such.thing?a=b"]
    responses: dict[str, Exchange] = {}
    for path in paths:
        bare, _, query = path.partition("?")
        pairs = [("a", "b")] if query else []
        # A server that takes the beginning of a path for the whole would charge for speech.
        with_key = MAIN in t.target.keys and not path.startswith("/v1/audio/")
        for key in (None, MAIN) if with_key else (None,):
            for method in ("GET", "POST") if path in paths[:3] else ("GET",):
                response = t.send(method, bare, query=pairs, key=key, probe=True)
                responses[f"{method} {path}"] = t.assert_rejected(response, 404, f"{method} {path}")
    for response in responses.values():
        need_code(t, response, "NOT_FOUND")


@check("GEN-ROUTE-02", assumes="GEN-ROUTE-01")
def unsupported_method_is_refused(t: Session) -> None:
    """A method that a path does not have is refused in the envelope."""
    paths = {"listModels": "/v1/models", **LISTS, **ACCOUNT, **GENERATION_PATHS}
    for operation in available(t, *paths):
        path = paths[operation]
        other = "POST" if t.run.operations[operation].method == "GET" else "GET"
        for method in (other, "PUT", "PATCH", "DELETE"):
            response = t.send(method, path, key=None, probe=True)
            t.assert_rejected(response, {404, 405}, f"{method} {path}")
            need_code(t, response, "NOT_FOUND", "METHOD_NOT_ALLOWED")


@check("GEN-ROUTE-03", assumes="GEN-ROUTE-01")
def trailing_slash_is_another_path(t: Session) -> None:
    """A known path with a slash added is unknown."""
    # Not the chat URL: the contract has what begins like it as another path of the same.
    lists = ("/v1/models/", "/text/models/", "/image/models/", "/audio/models/")
    account = [f"{path}/" for path in ACCOUNT.values()]
    for path in (*lists, *account, "/v1/audio/speech/"):
        if path == "/image/models/":
            continue  # a prompt may hold slashes, so that this is one
        if path.startswith("/text/") and slashes_may_be_of_prompts(t):
            continue
        method = "POST" if "speech" in path else "GET"
        for key in (None, MAIN) if MAIN in t.target.keys and method == "GET" else (None,):
            response = t.send(method, path, key=key, probe=True)
            t.assert_rejected(response, 404, f"{method} {path}")


def slashes_may_be_of_prompts(t: Session) -> bool:
    """Return whether what begins with /text/ may be a prompt with its slashes, which is TEXT-GET-03.

    It is tried without a key: with one, a prompt would cost.
    """
    return t.send("GET", "/text/a/b", key=None, probe=True).status != 404


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


@check("GEN-HEAD-01", cost={"text": 9, "image": 2, "audio": 2})
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
            3 * t.catalogue.price("generateText", t.text_model)
        ):
            compare_generations(t)
    if MAIN in t.target.keys:
        with contextlib.suppress(NoBudget):
            compare_files(t)


def compare_generations(t: Session) -> None:
    """Request a generation with HEAD and with GET, at most three times: a single one may fail.

    What HEAD stored in the cache must not be another response than GET's, either.
    """
    for left in range(0 if t.target.embedded else 2, -1, -1):
        arguments = generation(t, "generateText")
        requested: dict[str, Any] = {**arguments, "method": "HEAD"}
        fresh = generation(t, "generateText")
        found = [t.send(**requested), t.send(**arguments), t.send(**fresh)]
        for response in found:
            t.skip_if_unavailable(response)
        (head, stored, get) = [(response.status, response.media_type) for response in found]
        t.assert_that(head == get or left, f"HEAD is {head[0]} {head[1]}, GET is {get[0]} {get[1]}")
        t.assert_that(
            stored == get or left,
            f"after HEAD, GET is {stored[0]} {stored[1]}, without it {get[0]} {get[1]}",
        )
        if head == stored == get:
            return


def compare_head(t: Session, path: str, key: str | None) -> None:
    """Send with GET and with HEAD, the latter down to the bytes on the wire."""
    get, sent = (t.send(method, path, key=key, probe=True) for method in ("GET", "HEAD"))
    if {429, 503}.isdisjoint({get.status, sent.status}):
        t.assert_that(
            sent.status == get.status, f"HEAD {path} is {sent.status}, GET is {get.status}"
        )
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
        f"HEAD {path} has the Content-Type {types}, GET has {shown(get.header('content-type'))}",
    )
    t.assert_that(not rest, f"HEAD {path} gets a body of {len(rest)} bytes")


NO_VALUE = "no-such-value"
"""What no parameter that has rules accepts."""
ANY_TEXT = {"system", "negative_prompt", "image", "aspectRatio"}
"""Parameters that accept it."""


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
        if response.ok:
            single = t.send("GET", path, query=[(name, NO_VALUE)], free=True)
            if single.ok and name not in ANY_TEXT:
                continue  # whatever it is, nothing is refused: that is for its own requirement
        with t.separately():
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


@check(
    "GEN-QUERY-02",
    needs=MAIN,
    cost={"text": 3, "image": 1, "audio": 2, "transcription": 1},
    assumes="MEDIA-UP-07",
)
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


@check("GEN-HTTP-01")
def every_request_gets_a_response(t: Session) -> None:
    """Requests of all kinds get a complete response, malformed ones too."""
    for path in ("/v1/models", "/models", "/text/models", "/account/key", "/no-such-thing"):
        t.send("GET", path, key=None, probe=True)
        t.send("HEAD", path, key=None, probe=True)
    for data in (b"", b"{", b'{"messages": [', b"\xff\xfe", b"[" * 200, b"nul"):
        body = Payload(data, "application/json")
        t.send("POST", "/v1/chat/completions", body=body, key=None, probe=True)
    long = {"X-Long": "x" * 6000}
    t.send("GET", "/v1/models", headers=long, key=None, probe=True)


@watch("GEN-JSON-01", gateway=False)
def every_json_body_is_json(exchange: Exchange) -> str | None:
    """What is declared as JSON is one JSON document in UTF-8."""
    if exchange.media_type != "application/json" or exchange.method == "HEAD":
        return None
    if exchange.status in {204, 304} or not exchange.status:
        return None
    if any(item.kind == "media-type" for item in exchange.violations):
        return None  # it should not be JSON
    if exchange.ok and exchange.content.startswith(b"data:"):
        return None  # it should be a stream

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
