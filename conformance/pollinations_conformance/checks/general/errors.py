"""Check the error envelope, its details, and what a refusal must not contain."""

import contextlib
import json
import re
from collections.abc import Iterator
from datetime import timedelta
from itertools import product
from typing import Any

from pollinations_conformance.checks.common.files import png
from pollinations_conformance.checks.common.keys import (
    PLACES,
    forbidden_models,
    invalid_requests,
    request_operation,
    with_fields,
)
from pollinations_conformance.checks.common.requests import (
    ACCOUNT,
    CHAT_PATHS,
    LISTS,
    SPENDING,
    available,
    generate,
)
from pollinations_conformance.checks.common.responses import (
    envelope_of,
    object_of,
    parse_instant,
    present,
)
from pollinations_conformance.checks.common.uploads import upload
from pollinations_conformance.http.json import is_list, is_object
from pollinations_conformance.http.text import shown
from pollinations_conformance.suite import (
    MAIN,
    NOT_A_KEY,
    Exchange,
    Look,
    NotTested,
    Payload,
    Session,
    check,
    is_from_cdn_cache,
    segment,
    watch,
)

CODES = {
    400: "BAD_REQUEST",
    401: "UNAUTHORIZED",
    402: "PAYMENT_REQUIRED",
    403: "FORBIDDEN",
    404: "NOT_FOUND",
    405: "METHOD_NOT_ALLOWED",
    409: "CONFLICT",
    422: "UNPROCESSABLE_ENTITY",
    429: "RATE_LIMITED",
    500: "INTERNAL_ERROR",
    502: "BAD_GATEWAY",
    503: "SERVICE_UNAVAILABLE",
}


CHAT = "createChatCompletion"


MESSAGES = [{"role": "user", "content": "hello"}]


@watch("ERR-ENV-06", gateway=False)
def no_error_repeats_the_key(exchange: Exchange) -> str | None:
    """Neither the body nor a header of an error contains the key that was sent."""
    if exchange.status < 400 or not exchange.key:
        return None
    sent = [
        value.partition(" ")[2]
        for name, value in exchange.request_headers
        if name.lower() == "authorization"
    ]
    sent += re.findall(r"[?&]key=([^&#]+)", exchange.url)
    for key in [*sent, NOT_A_KEY]:
        # Most of a key is as good as the whole: what is missing can be guessed.
        shown = key[: max(8, len(key) * 3 // 4)]
        texts = (exchange.text(), *(value for _, value in exchange.headers))
        if len(key) >= 8 and any(shown in text for text in texts):
            return "the key that was sent is in the error"
    return ""


@check("ERR-ENV-06")
def errors_keep_keys_to_themselves(t: Session) -> None:
    """No refusal repeats the key, wherever it was."""
    responses = [
        t.send("GET", path, key="bogus", by=by, probe=True)
        for by in PLACES
        for path in ("/account/key", "/text/" + segment(t.fresh("hello")), "/no-such-thing")
    ]
    if MAIN in t.target.keys:
        for by in PLACES:
            responses.append(t.send("GET", "/no-such-thing", by=by, probe=True))
            if not t.run.operations["createChatCompletion"].missing:
                responses.append(t.chat(messages="none", by=by, free=True))
    if not t.run.operations["createSpeech"].missing and MAIN in t.target.keys:
        responses += [
            t.send("POST", "/v1/audio/speech", json={}, by=by, free=True) for by in PLACES
        ]
    for operation in ("listModels", *LISTS):
        if not t.run.operations[operation].missing:
            responses += [request_operation(t, operation, key="bogus", by=by) for by in PLACES]
    for operation in available(t, *SPENDING):
        responses += [request_operation(t, operation, key="bogus", by=by) for by in PLACES]
    if "restricted" in t.target.keys:
        for operation in ("createChatCompletion", "generateText"):
            with contextlib.suppress(NotTested):
                name = forbidden_models(t, "text")[0]
                arguments = with_fields(t, operation, model=name)
                responses += [
                    t.send(**arguments, key="restricted", by=by, free=True) for by in PLACES
                ]
    if MAIN in t.target.keys:
        for by in PLACES:
            responses.append(t.send("DELETE", "/v1/models", by=by, probe=True))
            body = Payload(b"{", "application/json")
            responses.append(t.send("POST", "/v1/chat/completions", body=body, by=by, free=True))
    for role in ("expired", "no-permissions"):
        if role in t.target.keys and not t.run.operations["getAccountBalance"].missing:
            responses.append(t.send("GET", "/account/balance", key=role))
    if "empty-balance" in t.target.keys:
        for operation in available(t, *SPENDING)[:1]:
            responses.append(generate(t, operation, key="empty-balance", by="query", free=True))
    if t.target.media_url is not None and not t.run.operations["uploadMedia"].missing:
        responses.append(upload(t, png(t), key="bogus"))
        if MAIN in t.target.keys:
            responses += [upload(t, png(t), "text/plain", by=by) for by in PLACES]
    for response in responses:
        problem = no_error_repeats_the_key(response)
        t.assert_that(not problem, f"{response.method} responded with {response.status}: {problem}")


def error_details(t: Session, response: Exchange) -> dict[str, Any]:
    """Return the details of a validation failure."""
    found = t.error_object(response).get("details")
    t.need(is_object(found), "ERR-VAL-01", "the refusal has no details")
    return found if is_object(found) else {}


def refusals_of_every_kind(t: Session) -> Iterator[Exchange]:
    """Return refusals of every kind: each status that can be had, from every part of the gateway."""
    yield t.send("GET", "/no-such-thing", key=None, probe=True)
    yield t.send("POST", "/no-such-thing", json={}, key=None, probe=True)
    yield t.send("DELETE", "/v1/models", key=None, probe=True)
    yield t.send("GET", "/v1/models", key="bogus", probe=True)
    if "expired" in t.target.keys:
        yield t.send("GET", "/account/key", key="expired", probe=True)
    if MAIN in t.target.keys and not t.run.operations["getAccountUsage"].missing:
        yield t.send("GET", "/account/usage", query={"limit": "0"})
    if not t.run.operations[CHAT].missing:
        yield t.chat(messages=7, stream=True, key=None)
    for operation in [name for name in ACCOUNT if not t.run.operations[name].missing]:
        yield t.send("GET", ACCOUNT[operation], key=None)
        if operation != "getAccountKey" and "no-permissions" in t.target.keys:
            yield t.send("GET", ACCOUNT[operation], key="no-permissions")
    for operation in available(t, *SPENDING):
        yield from invalid_requests(t, operation, None)
        yield request_operation(t, operation, key=None)
        yield request_operation(t, operation, key="bogus")
        for role in ("empty-balance", "restricted-empty-balance"):
            if role in t.target.keys:
                yield request_operation(t, operation, key=role, free=True)


def assert_refusals_satisfy(t: Session, look: Look) -> None:
    """Assert that refusals of every kind are as a watch wants them."""
    seen = 0
    for response in t.once("refusals", lambda: list(refusals_of_every_kind(t))):
        problem = look(response)
        seen += problem is not None
        if problem:
            t.attach(response)
            t.assert_that(False, f"{response.method} responded with {response.status}: {problem}")
    if not seen:
        raise NotTested("no refusal is an envelope", "ERR-ENV-01")


def error_envelope(exchange: Exchange) -> dict[str, Any] | None:
    """Return the body of a refusal by the gateway; None when the response is something else."""
    if exchange.status < 400 or exchange.method == "HEAD":
        return None
    declared = exchange.media_type == "application/json"
    body = object_of(exchange.content) if declared else {}
    if body is None:
        return None  # GEN-JSON-01: what is declared as JSON is JSON
    # The two shapes that are documented beside the envelope.
    if exchange.status == 429 and "retryAfterSeconds" in body:
        return None
    reported = exchange.operation.startswith("getAccountUsage") and exchange.status in {500, 503}
    return None if reported and isinstance(body.get("error"), str) else body


@watch("ERR-ENV-01")
def every_refusal_is_in_the_envelope(exchange: Exchange) -> str | None:
    """A refusal is JSON in the envelope, with its own status in it."""
    if exchange.status >= 500 and exchange.media_type != "application/json":
        return None  # the edge in front of the gateway responds with pages of its own
    body = error_envelope(exchange)
    if body is None:
        return None
    if exchange.media_type != "application/json":
        return f"a refusal with {exchange.status} is {shown(exchange.header('content-type'))}"
    if body.get("status") != exchange.status or isinstance(body.get("status"), bool):
        return f"the envelope has status {shown(body.get('status'))}, HTTP has {exchange.status}"
    if body.get("success") is not False:
        return f"the envelope has success {shown(body.get('success'))}"
    if not is_object(body.get("error")):
        return "the envelope has no error object"
    return ""


@check("ERR-ENV-01")
def refusals_are_in_the_envelope(t: Session) -> None:
    """Refusals of every kind are JSON in the envelope."""
    assert_refusals_satisfy(t, every_refusal_is_in_the_envelope)


def error_object(exchange: Exchange) -> dict[str, Any] | None:
    """Return the `error` object of a refusal; None when it has none."""
    body = error_envelope(exchange)
    return envelope_of(body) if body is not None else None


@watch("ERR-ENV-02")
def every_code_belongs_to_its_status(exchange: Exchange) -> str | None:
    """The error code is the one of the HTTP status."""
    error = error_object(exchange)
    if error is None:
        return None
    wanted = CODES.get(exchange.status, "UNKNOWN_ERROR")
    if error.get("code") != wanted:
        return f"the code of a {exchange.status} is {shown(error.get('code'))}, not {wanted}"
    return ""


@check("ERR-ENV-02")
def refusals_have_their_codes(t: Session) -> None:
    """Refusals of every kind have the code of their status."""
    assert_refusals_satisfy(t, every_code_belongs_to_its_status)


@watch("ERR-ENV-03")
def every_error_timestamp_is_the_present(exchange: Exchange) -> str | None:
    """The timestamp of an error is the present, in UTC with milliseconds."""
    error = error_object(exchange)
    if error is None:
        return None
    stamp = error.get("timestamp")
    time = parse_instant(stamp)
    if time is None or not re.fullmatch(r"[\d-]{10}T[\d:]{8}\.\d{3}Z", str(stamp)):
        return f"the timestamp of an error is {shown(stamp)}"
    if (exchange.header("x-cache") or "").upper() == "HIT":
        return ""  # shared with a concurrent request
    if abs(present(exchange) - time) > timedelta(minutes=5):
        return f"the timestamp of an error, {stamp}, is not the present"
    return ""


@check("ERR-ENV-03")
def refusals_have_their_time(t: Session) -> None:
    """Refusals of every kind report when they happened."""
    assert_refusals_satisfy(t, every_error_timestamp_is_the_present)


@check("ERR-ENV-03")
def later_refusals_are_of_later(t: Session) -> None:
    """The same refusal a moment later has another timestamp."""
    requests: list[tuple[str, str, str | None]] = [("GET", "/no-such-thing", None)]
    requests += [("GET", ACCOUNT[x], None) for x in ACCOUNT if not t.run.operations[x].missing]
    if "no-permissions" in t.target.keys and not t.run.operations["getAccountBalance"].missing:
        requests.append(("GET", "/account/balance", "no-permissions"))
    for method, path, key in requests:
        first = t.send(method, path, key=key, probe=True)
        t.clock.sleep(0.05)
        second = t.send(method, path, key=key, probe=True)
        if first.status < 400 or is_from_cdn_cache(second):
            continue
        errors = [error_object(response) for response in (first, second)]
        stamps = [error.get("timestamp") if error else None for error in errors]
        t.assert_that(
            None in stamps or stamps[0] != stamps[1],
            f"two failures of {method} {path} are both of {stamps[0]}",
        )


@watch("ERR-ENV-04")
def every_error_has_a_message(exchange: Exchange) -> str | None:
    """An error has a message of at least one character."""
    error = error_object(exchange)
    if error is None:
        return None
    message = error.get("message")
    if not isinstance(message, str) or not message.strip():
        return f"the message of a {exchange.status} is {shown(message)}"
    return ""


@check("ERR-ENV-04")
def refusals_have_a_message(t: Session) -> None:
    """Refusals of every kind have a message."""
    assert_refusals_satisfy(t, every_error_has_a_message)


@watch("ERR-ENV-05")
def no_refusal_without_fields_has_details(exchange: Exchange) -> str | None:
    """Refusals of a key, a payment, a permission or a path carry no details."""
    error = error_object(exchange)
    if error is None or exchange.status not in {401, 402, 403, 404}:
        return None
    return "details are in a refusal that needs none" if "details" in error else ""


@check("ERR-ENV-05")
def refusals_are_without_details(t: Session) -> None:
    """Refusals of a key, a payment, a permission or a path carry no details."""
    assert_refusals_satisfy(t, no_refusal_without_fields_has_details)


@check("ERR-VAL-01", operations=CHAT, assumes="CHAT-LEGACY-01")
def missing_messages_are_named(t: Session) -> None:
    """Without messages a chat request is a 400 that names messages in details."""
    for operation in available(t, *CHAT_PATHS):
        for fields in ({}, {"stream": True}):
            body = {"model": t.text_model, **fields}
            response = t.send("POST", CHAT_PATHS[operation], json=body, free=True)
            t.assert_rejected(response, 400, "a chat request without messages", "messages")
            found = error_details(t, response)
            name, form = found.get("name"), found.get("formErrors")
            t.assert_that(name == "ValidationError", f"details.name is {name!r}")
            t.assert_that(form == [], f"details.formErrors is {form!r}")
            texts: Any = found["fieldErrors"]["messages"]
            good = is_list(texts) and texts and all(isinstance(x, str) and x for x in texts)
            t.need(good, "ERR-VAL-07", f"details.fieldErrors.messages is {texts!r}")


@check("ERR-VAL-02", operations=CHAT)
def bodies_that_are_no_objects(t: Session) -> None:
    """A JSON body that is no object is a 400 with texts in formErrors only."""
    paths = {**CHAT_PATHS, "createSpeech": "/v1/audio/speech"}
    values = (b"[]", b"[1]", b'"text"', b"7", b"true", b"null")
    for operation, value in [(name, x) for name in available(t, *paths) for x in values]:
        body = Payload(value, "application/json")
        response = t.send("POST", paths[operation], body=body, free=True)
        with t.separately():
            t.assert_rejected(response, 400, f"the body {value!r} of {operation}")
            found = error_details(t, response)
            t.assert_that(found.get("formErrors"), f"formErrors is empty for the body {value!r}")
            t.assert_that(
                found.get("fieldErrors") == {},
                f"fieldErrors is {found.get('fieldErrors')!r} for the body {value!r}",
            )


OWN = {
    "messages": "CHAT-REQ-13",
    "audio": "CHAT-REQ-07",
    "modalities": "CHAT-REQ-07",
    "functions": "CHAT-REQ-12",
    "tools": "CHAT-REQ-18",
    "response_format": "CHAT-FORMAT-03",
    "tool_choice": "CHAT-REQ-07",
    "stop": "CHAT-REQ-11",
}
"""By field, the requirement that a problem in it is refused."""


@check("ERR-VAL-03", operations=CHAT)
def nested_problems_are_listed_on_top(t: Session) -> None:
    """A problem deep in a field is under the field's top-level name."""
    problems: tuple[tuple[str, dict[str, Any]], ...] = (
        ("messages", {"messages": [{"role": "user"}]}),
        ("messages", {"messages": [{"role": "bogus", "content": "x"}]}),
        ("stream_options", {"messages": MESSAGES, "stream_options": {"include_usage": "x"}}),
        ("thinking", {"messages": MESSAGES, "thinking": {"budget_tokens": 0}}),
        ("audio", {"messages": MESSAGES, "audio": {"voice": "alloy"}}),
        ("functions", {"messages": MESSAGES, "functions": [{"name": "f", "x": 1}]}),
        ("tools", {"messages": MESSAGES, "tools": [{"type": "function", "function": {}}]}),
        ("response_format", {"messages": MESSAGES, "response_format": {"type": "yaml"}}),
        ("tool_choice", {"messages": MESSAGES, "tool_choice": {"type": "function"}}),
        ("logit_bias", {"messages": MESSAGES, "logit_bias": {"1": "x"}}),
        ("messages", {"messages": [*MESSAGES, {"role": "bogus", "content": "x"}]}),
        ("stop", {"messages": MESSAGES, "stop": ["x", 1]}),
        ("modalities", {"messages": MESSAGES, "modalities": ["text", "smell"]}),
    )
    compared = 0
    for operation, (name, body) in product(available(t, *CHAT_PATHS), problems):
        response = t.send("POST", CHAT_PATHS[operation], json=body, free=True)
        if response.ok and name in OWN:
            continue  # that it is refused is that requirement's
        compared += 1
        with t.separately():
            t.assert_rejected(response, 400, f"a nested problem in {name}", name)
            names = set(error_details(t, response)["fieldErrors"])
            t.assert_that(
                names == {name}, f"a problem inside {name} is reported under {sorted(names)}"
            )
    if not compared:
        raise NotTested("no nested problem is refused", "CHAT-REQ-13")


@check("ERR-VAL-04", operations=CHAT, assumes="CHAT-REQ-03")
def all_problems_are_reported(t: Session) -> None:
    """Several wrong fields are all reported in one response."""
    body = {"messages": MESSAGES, "temperature": 9, "top_p": 2, "seed": "x", "max_tokens": -1}
    for operation in available(t, *CHAT_PATHS):
        response = t.send("POST", CHAT_PATHS[operation], json=body, free=True)
        t.need(not response.ok, "CHAT-REQ-03", "a body with four wrong fields is served")
        t.assert_rejected(response, 400, "a body with four wrong fields")
        names = set(error_details(t, response).get("fieldErrors") or {})
        wanted = set(body) - {"messages"}
        t.assert_that(names == wanted, f"fieldErrors names {sorted(names)}, not {sorted(wanted)}")


LENIENT = {
    "generateImage": "IMG-GET-04",
    "generateText": "TEXT-GET-05",
    "generateAudio": "AUD-GET-02",
    "getAccountUsage": "ACC-USAGE-03",
}
"""By operation, the requirement that one of its wrong parameters is refused."""


@check(
    "ERR-VAL-04",
    operations="generateImage",
    assumes=(
        "IMG-GET-04",
        "IMG-GET-05",
        "IMG-GET-06",
        "TEXT-GET-05",
        "TEXT-GET-07",
        "AUD-GET-02",
        "AUD-GET-04",
        "AUD-GET-05",
        "ACC-USAGE-03",
        "ACC-USAGE-11",
    ),
)
def all_invalid_parameters_are_reported(t: Session) -> None:
    """Several wrong query parameters are all reported in one response, on every route."""
    wrong: dict[str, tuple[str, dict[str, str]]] = {
        "generateImage": (
            "/image/cat",
            {"width": "-1", "height": "x", "quality": "ultra", "seed": "-2"},
        ),
        "generateText": ("/text/hello", {"seed": "abc", "temperature": "hot"}),
        "generateAudio": (
            "/audio/hello",
            {"voice": "nobody-at-all", "response_format": "ogg", "instrumental": "x"},
        ),
    }
    if MAIN in t.target.keys:
        wrong["getAccountUsage"] = ("/account/usage", {"limit": "0", "format": "xml"})
    for operation in available(t, *wrong):
        path, query = wrong[operation]
        response = t.send("GET", path, query=query, free=True)
        if response.status == 403:
            continue  # the run's key lacks the permission for it
        said = f"{operation} with {len(query)} wrong parameters"
        t.need(not response.ok, LENIENT[operation], f"{said} is served")
        with t.separately():
            t.assert_rejected(response, 400, said)
            names = set(error_details(t, response).get("fieldErrors") or {})
            t.assert_that(
                names == set(query), f"fieldErrors names {sorted(names)}, not {sorted(query)}"
            )


@check(
    "ERR-VAL-04",
    operations="createSpeech",
    assumes=("AUD-TTS-02", "AUD-TTS-03", "AUD-TTS-04", "AUD-TTS-05"),
)
def all_invalid_fields_of_speech_are_reported(t: Session) -> None:
    """Several wrong fields of a speech request are all reported in one response."""
    body = {"input": "", "speed": 9, "response_format": "ogg", "duration": 1}
    response = t.send("POST", "/v1/audio/speech", json=body, free=True)
    t.need(not response.ok, "AUD-TTS-02", "a speech request with four wrong fields is served")
    t.assert_rejected(response, 400, "a speech request with four wrong fields")
    names = set(error_details(t, response).get("fieldErrors") or {})
    t.assert_that(names == set(body), f"fieldErrors names {sorted(names)}, not {sorted(body)}")


@check("ERR-VAL-05", operations=CHAT)
def malformed_json(t: Session) -> None:
    """A body that is no JSON is a 400 without details."""
    paths = {**CHAT_PATHS, "createSpeech": "/v1/audio/speech"}
    texts = ["{", '{"messages": [}', "nonsense", '{"messages":[],}', "{'a': 1}"]
    texts += ['{"messages":[]', '{"messages":[],"input":"Hello."} x']
    for operation in available(t, *paths):
        response = t.send(
            "POST", paths[operation], body=Payload(b"", "application/json"), free=True
        )
        with t.separately():
            t.assert_rejected(response, 400, f"an empty body of {operation}")
        for text in texts:
            body = Payload(text.encode(), "application/json")
            response = t.send("POST", paths[operation], body=body, free=True)
            with t.separately():
                t.assert_rejected(response, 400, f"the body {text!r} of {operation}")
                given = "details" in t.error_object(response)
                t.assert_that(not given, f"the refusal of {text!r} has details")


@check("ERR-VAL-06", operations=CHAT, assumes="CHAT-LEGACY-01")
def content_type_decides(t: Session) -> None:
    """A chat body that is not declared as JSON is a 400."""
    body = {"messages": [{"role": "user", "content": t.fresh("Say hello.")}]}
    kinds = (None, "text/plain", "text/json", "application/x-json", "application/xml")
    forms = ("application/x-www-form-urlencoded", "multipart/form-data; boundary=x")
    for operation, fields in product(available(t, *CHAT_PATHS), ({}, {"stream": True})):
        text = json.dumps({**body, **fields}).encode()
        for kind in (*kinds, *forms, "application/octet-stream"):
            response = t.send("POST", CHAT_PATHS[operation], body=Payload(text, kind), free=True)
            with t.separately():
                declared = f"the Content-Type {kind}" if kind else "no Content-Type"
                t.assert_rejected(response, 400, f"a chat body with {declared}")


@watch("ERR-VAL-07")
def every_field_error_is_a_text(exchange: Exchange) -> str | None:
    """Every value of fieldErrors is a non-empty list of non-empty texts."""
    error = error_object(exchange)
    details = error.get("details") if error else None
    if not is_object(details) or "fieldErrors" not in details:
        return None
    fields = details["fieldErrors"]
    if not is_object(fields):
        return f"fieldErrors is {fields!r}"
    for name, texts in fields.items():
        if not is_list(texts) or not texts:
            return f"fieldErrors.{name} is {texts!r}"
        if not all(isinstance(text, str) and text.strip() for text in texts):
            return f"fieldErrors.{name} is {texts!r}"
    return ""


@check("ERR-VAL-07", operations=CHAT)
def field_errors_have_texts(t: Session) -> None:
    """Each wrong field has at least one text, in bodies and in queries."""
    responses = [t.chat(messages=7, temperature="hot", free=True)]
    for operation, path in (("generateText", "/text/hello"), ("generateImage", "/image/hello")):
        if not t.run.operations[operation].missing:
            responses.append(t.send("GET", path, query={"seed": "abc", "model": "no"}, free=True))
    if not t.run.operations["generateAudio"].missing:
        query = {"voice": "nobody-at-all", "response_format": "ogg"}
        responses.append(t.send("GET", "/audio/hello", query=query, free=True))
    if not t.run.operations["createSpeech"].missing:
        body = {"input": "", "speed": 9}
        responses.append(t.send("POST", "/v1/audio/speech", json=body, free=True))
    if not t.run.operations["getAccountUsage"].missing and MAIN in t.target.keys:
        query = {"limit": "0", "format": "xml"}
        responses.append(t.send("GET", "/account/usage", query=query))
    if not t.run.operations["getAccountUsageDaily"].missing and MAIN in t.target.keys:
        responses.append(t.send("GET", "/account/usage/daily", query={"format": "xml"}))
    # That they are refused, and with this status, is for the requirements of the fields.
    refused = [response for response in responses if response.status == 400]
    if not refused:
        raise NotTested("no request with two wrong fields gets 400", "ERR-VAL-01")
    for response in refused:
        with t.separately():
            fields: Any = error_details(t, response).get("fieldErrors")
            t.assert_that(is_object(fields) and fields, "fieldErrors is empty")
            for name, texts in fields.items():
                good = is_list(texts) and texts and all(isinstance(x, str) and x for x in texts)
                t.assert_that(good, f"fieldErrors.{name} is {texts!r}")
