"""How refusals look: the envelope, and the details of validation failures."""

# A docstring here says what the server does, and not what the function does.

import json
import time
from collections.abc import Iterator
from itertools import product
from typing import Any

from pollinations_conformance.checks.common import ACCOUNT, CHAT_PATHS, SPENDING, available
from pollinations_conformance.checks.general.auth import ask, invalid
from pollinations_conformance.checks.invariants import (
    codes_belong_to_statuses,
    errors_say_something,
    errors_tell_their_time,
    inner,
    plain_refusals_have_no_details,
    refusals_have_the_envelope,
)
from pollinations_conformance.http.json import is_list, is_object
from pollinations_conformance.suite.registry import Look, check
from pollinations_conformance.suite.runner import Session, kept_on_the_way
from pollinations_conformance.suite.target import MAIN, Exchange, Payload

CHAT = "createChatCompletion"
MESSAGES = [{"role": "user", "content": "hello"}]


def details(t: Session, answer: Exchange) -> dict[str, Any]:
    """Give the details of a validation failure."""
    found = t.error(answer).get("details")
    t.require(is_object(found), "the refusal has no details")
    return found if is_object(found) else {}


def refusals(t: Session) -> Iterator[Exchange]:
    """Give refusals of every kind: each status that can be had, from every part of the gateway."""
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
        if operation != "getAccountKey" and "unpermitted" in t.target.keys:
            yield t.send("GET", ACCOUNT[operation], key="unpermitted")
    for operation in available(t, *SPENDING):
        yield from invalid(t, operation, None)
        yield ask(t, operation, key=None)
        yield ask(t, operation, key="bogus")
        for role in ("penniless", "barred"):
            if role in t.target.keys:
                yield ask(t, operation, key=role, free=True)


def looked_at(t: Session, judge: Look) -> None:
    """Say that refusals of every kind are as a fact about every answer wants them."""
    seen = 0
    for answer in t.once("refusals", lambda: list(refusals(t))):
        said = judge(answer)
        seen += said is not None
        if said:
            t.remember(answer)
            t.require(False, f"{answer.method} answered {answer.status}: {said}")
    t.require(seen, "not one of many wrong requests is refused")


@check("ERR-ENV-01")
def refusals_are_in_the_envelope(t: Session) -> None:
    """Refusals of every kind are JSON in the envelope."""
    looked_at(t, refusals_have_the_envelope)


@check("ERR-ENV-02")
def refusals_have_their_codes(t: Session) -> None:
    """Refusals of every kind have the code of their status."""
    looked_at(t, codes_belong_to_statuses)


@check("ERR-ENV-03")
def refusals_tell_their_time(t: Session) -> None:
    """Refusals of every kind tell when they happened."""
    looked_at(t, errors_tell_their_time)


@check("ERR-ENV-03")
def later_refusals_are_of_later(t: Session) -> None:
    """The same refusal a moment later has another timestamp."""
    requests: list[tuple[str, str, str | None]] = [("GET", "/no-such-thing", None)]
    requests += [("GET", ACCOUNT[x], None) for x in ACCOUNT if not t.run.operations[x].missing]
    if "unpermitted" in t.target.keys and not t.run.operations["getAccountBalance"].missing:
        requests.append(("GET", "/account/balance", "unpermitted"))
    for method, path, key in requests:
        first = t.send(method, path, key=key, probe=True)
        time.sleep(0.05)
        second = t.send(method, path, key=key, probe=True)
        if first.status < 400 or kept_on_the_way(second):
            continue
        errors = [inner(answer) for answer in (first, second)]
        stamps = [error.get("timestamp") if error else None for error in errors]
        t.require(
            None in stamps or stamps[0] != stamps[1],
            f"two failures of {method} {path} are both of {stamps[0]}",
        )


@check("ERR-ENV-04")
def refusals_say_something(t: Session) -> None:
    """Refusals of every kind have a message."""
    looked_at(t, errors_say_something)


@check("ERR-ENV-05")
def refusals_are_without_details(t: Session) -> None:
    """Refusals of a key, a payment, a permission or a path carry no details."""
    looked_at(t, plain_refusals_have_no_details)


@check("ERR-VAL-01", operations=CHAT)
def missing_messages_are_named(t: Session) -> None:
    """Without messages a chat request is a 400 that says so in details."""
    for operation in available(t, *CHAT_PATHS):
        for fields in ({}, {"stream": True}):
            body = {"model": t.text_model, **fields}
            answer = t.send("POST", CHAT_PATHS[operation], json=body, free=True)
            t.refused(answer, 400, "a chat request without messages", "messages")
            found = details(t, answer)
            name, form = found.get("name"), found.get("formErrors")
            t.require(name == "ValidationError", f"details.name is {name!r}")
            t.require(form == [], f"details.formErrors is {form!r}")
            texts: Any = found["fieldErrors"]["messages"]
            t.require(
                is_list(texts) and texts and all(isinstance(text, str) and text for text in texts),
                f"details.fieldErrors.messages is {texts!r}",
            )


@check("ERR-VAL-02", operations=CHAT)
def bodies_that_are_no_objects(t: Session) -> None:
    """A JSON body that is no object is a 400 with texts in formErrors only."""
    paths = {**CHAT_PATHS, "createSpeech": "/v1/audio/speech"}
    values = (b"[]", b"[1]", b'"text"', b"7", b"true", b"null")
    for operation, value in [(name, x) for name in available(t, *paths) for x in values]:
        body = Payload(value, "application/json")
        answer = t.send("POST", paths[operation], body=body, free=True)
        t.refused(answer, 400, f"the body {value!r} of {operation}")
        found = details(t, answer)
        t.require(found.get("formErrors"), f"formErrors is empty for the body {value!r}")
        t.require(
            found.get("fieldErrors") == {},
            f"fieldErrors is {found.get('fieldErrors')!r} for the body {value!r}",
        )


@check("ERR-VAL-03", operations=CHAT)
def nested_problems_stand_on_top(t: Session) -> None:
    """A problem deep in a field stands under the field's top-level name."""
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
    for operation, (name, body) in product(available(t, *CHAT_PATHS), problems):
        answer = t.send("POST", CHAT_PATHS[operation], json=body, free=True)
        t.refused(answer, 400, f"a nested problem in {name}", name)
        names = set(details(t, answer)["fieldErrors"])
        t.require(names == {name}, f"a problem inside {name} is reported under {sorted(names)}")


@check("ERR-VAL-04", operations=CHAT)
def all_problems_at_once(t: Session) -> None:
    """Several wrong fields are all reported in one answer."""
    body = {"messages": MESSAGES, "temperature": 9, "top_p": 2, "seed": "x", "max_tokens": -1}
    for operation in available(t, *CHAT_PATHS):
        answer = t.send("POST", CHAT_PATHS[operation], json=body, free=True)
        t.refused(answer, 400, "a body with four wrong fields")
        names = set(details(t, answer).get("fieldErrors") or {})
        wanted = set(body) - {"messages"}
        t.require(names == wanted, f"fieldErrors names {sorted(names)}, not {sorted(wanted)}")


@check("ERR-VAL-04", operations="generateImage")
def all_wrong_parameters_at_once(t: Session) -> None:
    """Several wrong query parameters are all reported in one answer, on every route."""
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
        answer = t.send("GET", path, query=query, free=True)
        if answer.status == 403:
            continue  # the run's key lacks the permission for it
        t.refused(answer, 400, f"{operation} with {len(query)} wrong parameters")
        names = set(details(t, answer).get("fieldErrors") or {})
        t.require(names == set(query), f"fieldErrors names {sorted(names)}, not {sorted(query)}")


@check("ERR-VAL-04", operations="createSpeech")
def all_wrong_fields_of_speech_at_once(t: Session) -> None:
    """Several wrong fields of a speech request are all reported in one answer."""
    body = {"input": "", "speed": 9, "response_format": "ogg", "duration": 1}
    answer = t.send("POST", "/v1/audio/speech", json=body, free=True)
    t.refused(answer, 400, "a speech request with four wrong fields")
    names = set(details(t, answer).get("fieldErrors") or {})
    t.require(names == set(body), f"fieldErrors names {sorted(names)}, not {sorted(body)}")


@check("ERR-VAL-05", operations=CHAT)
def malformed_json(t: Session) -> None:
    """A body that is no JSON is a 400 without details."""
    paths = {**CHAT_PATHS, "createSpeech": "/v1/audio/speech"}
    texts = ["{", '{"messages": [}', "nonsense", '{"messages":[],}', "{'a': 1}"]
    texts += ['{"messages":[]', '{"messages":[],"input":"Hello."} x']
    for operation in available(t, *paths):
        answer = t.send("POST", paths[operation], body=Payload(b"", "application/json"), free=True)
        t.refused(answer, 400, f"an empty body of {operation}")
        for text in texts:
            body = Payload(text.encode(), "application/json")
            answer = t.send("POST", paths[operation], body=body, free=True)
            t.refused(answer, 400, f"the body {text!r} of {operation}")
            t.require("details" not in t.error(answer), f"the refusal of {text!r} has details")


@check("ERR-VAL-06", operations=CHAT)
def content_type_decides(t: Session) -> None:
    """A chat body that is not declared as JSON is a 400."""
    body = {"messages": [{"role": "user", "content": t.fresh("Say hello.")}]}
    kinds = (None, "text/plain", "text/json", "application/x-json", "application/xml")
    forms = ("application/x-www-form-urlencoded", "multipart/form-data; boundary=x")
    for operation, fields in product(available(t, *CHAT_PATHS), ({}, {"stream": True})):
        text = json.dumps({**body, **fields}).encode()
        for kind in (*kinds, *forms, "application/octet-stream"):
            answer = t.send("POST", CHAT_PATHS[operation], body=Payload(text, kind), free=True)
            t.refused(answer, 400, f"a chat body with Content-Type {kind}")


@check("ERR-VAL-07", operations=CHAT)
def field_errors_have_texts(t: Session) -> None:
    """Each wrong field has at least one text, in bodies and in queries."""
    answers = [t.chat(messages=7, temperature="hot", free=True)]
    for operation, path in (("generateText", "/text/hello"), ("generateImage", "/image/hello")):
        if not t.run.operations[operation].missing:
            answers.append(t.send("GET", path, query={"seed": "abc", "model": "no"}, free=True))
    if not t.run.operations["generateAudio"].missing:
        query = {"voice": "nobody-at-all", "response_format": "ogg"}
        answer = t.send("GET", "/audio/hello", query=query, free=True)
        answers += [answer] if answer.status == 400 else []
    if not t.run.operations["createSpeech"].missing:
        body = {"input": "", "speed": 9}
        answers.append(t.send("POST", "/v1/audio/speech", json=body, free=True))
    if not t.run.operations["getAccountUsage"].missing and MAIN in t.target.keys:
        query = {"limit": "0", "format": "xml"}
        answer = t.send("GET", "/account/usage", query=query)
        answers += [answer] if answer.status != 403 else []
    if not t.run.operations["getAccountUsageDaily"].missing and MAIN in t.target.keys:
        answer = t.send("GET", "/account/usage/daily", query={"format": "xml"})
        answers += [answer] if answer.status == 400 else []
    for answer in answers:
        t.refused(answer, 400, "a request with two wrong fields")
        fields: Any = details(t, answer).get("fieldErrors")
        t.require(is_object(fields) and fields, "fieldErrors is empty")
        for name, texts in fields.items():
            t.require(
                is_list(texts) and texts and all(isinstance(x, str) and x for x in texts),
                f"fieldErrors.{name} is {texts!r}",
            )
