"""How refusals look: the envelope, and the details of validation failures."""

# A docstring here says what the server does, and not what the function does.

import json
from typing import Any

from pollinations_conformance.checks.common import ACCOUNT
from pollinations_conformance.runner import Session, check
from pollinations_conformance.target import Exchange, Payload, is_list, is_object

CHAT = "createChatCompletion"
MESSAGES = [{"role": "user", "content": "hello"}]


def details(t: Session, answer: Exchange) -> dict[str, Any]:
    """Give the details of a validation failure."""
    found = t.error(answer).get("details")
    t.require(is_object(found), "the refusal has no details")
    return found if is_object(found) else {}


@check("ERR-ENV-01", "ERR-ENV-02", "ERR-ENV-03", "ERR-ENV-04", "ERR-ENV-05")
def refusals_are_looked_at(t: Session) -> None:
    """Refusals with 400, 401 and 404 are made, for the facts about every answer to be seen."""
    answers = [t.send("GET", "/no-such-thing", key=None, probe=True)]
    for operation in [name for name in ACCOUNT if not t.run.operations[name].missing]:
        answers.append(t.send("GET", ACCOUNT[operation], key=None))
    if not t.run.operations[CHAT].missing:
        answers.append(t.chat(messages="none", key=None))
    t.require(all(answer.status >= 400 for answer in answers), "a wrong request is accepted")


@check("ERR-VAL-01", operations=CHAT)
def missing_messages_are_named(t: Session) -> None:
    """Without messages a chat request is a 400 that says so in details."""
    answer = t.send("POST", "/v1/chat/completions", json={"model": t.text_model}, free=True)
    t.refused(answer, 400, "a chat request without messages", "messages")
    found = details(t, answer)
    t.require(found.get("name") == "ValidationError", f"details.name is {found.get('name')!r}")
    t.require(found.get("formErrors") == [], f"details.formErrors is {found.get('formErrors')!r}")
    texts: Any = found["fieldErrors"]["messages"]
    t.require(
        is_list(texts) and texts and all(isinstance(text, str) and text for text in texts),
        f"details.fieldErrors.messages is {texts!r}",
    )


@check("ERR-VAL-02", operations=CHAT)
def bodies_that_are_no_objects(t: Session) -> None:
    """A JSON body that is no object is a 400 with texts in formErrors only."""
    for value in ([], [1], "text", 7, True):
        answer = t.send("POST", "/v1/chat/completions", json=value, free=True)
        t.refused(answer, 400, f"the body {value!r}")
        found = details(t, answer)
        t.require(found.get("formErrors"), f"formErrors is empty for the body {value!r}")
        t.require(
            found.get("fieldErrors") == {},
            f"fieldErrors is {found.get('fieldErrors')!r} for the body {value!r}",
        )


@check("ERR-VAL-03", operations=CHAT)
def nested_problems_stand_on_top(t: Session) -> None:
    """A problem deep in a field stands under the field's top-level name."""
    for name, body in (
        ("messages", {"messages": [{"role": "user"}]}),
        ("messages", {"messages": [{"role": "bogus", "content": "x"}]}),
        ("stream_options", {"messages": MESSAGES, "stream_options": {"include_usage": "x"}}),
        ("thinking", {"messages": MESSAGES, "thinking": {"budget_tokens": 0}}),
        ("audio", {"messages": MESSAGES, "audio": {"voice": "alloy"}}),
    ):
        answer = t.send("POST", "/v1/chat/completions", json=body, free=True)
        t.refused(answer, 400, f"a nested problem in {name}", name)
        names = set(details(t, answer)["fieldErrors"])
        t.require(names == {name}, f"a problem inside {name} is reported under {sorted(names)}")


@check("ERR-VAL-04", operations=CHAT)
def all_problems_at_once(t: Session) -> None:
    """Several wrong fields are all reported in one answer."""
    body = {"messages": MESSAGES, "temperature": 9, "top_p": 2, "seed": "x", "max_tokens": -1}
    answer = t.send("POST", "/v1/chat/completions", json=body, free=True)
    t.refused(answer, 400, "a body with four wrong fields")
    names = set(details(t, answer).get("fieldErrors") or {})
    wanted = set(body) - {"messages"}
    t.require(names == wanted, f"fieldErrors names {sorted(names)}, not {sorted(wanted)}")


@check("ERR-VAL-04", operations="generateImage")
def all_wrong_parameters_at_once(t: Session) -> None:
    """Several wrong query parameters are all reported in one answer."""
    query = {"width": "-1", "height": "x", "quality": "ultra", "seed": "-2"}
    answer = t.send("GET", "/image/cat", query=query, free=True)
    t.refused(answer, 400, "a query with four wrong parameters")
    names = set(details(t, answer).get("fieldErrors") or {})
    t.require(names == set(query), f"fieldErrors names {sorted(names)}, not {sorted(query)}")


@check("ERR-VAL-05", operations=CHAT)
def malformed_json(t: Session) -> None:
    """A body that is no JSON is a 400 without details."""
    for text in ("{", '{"messages": [}', "nonsense", '{"messages":[],}', "{'a': 1}"):
        body = Payload(text.encode(), "application/json")
        answer = t.send("POST", "/v1/chat/completions", body=body, free=True)
        t.refused(answer, 400, f"the body {text!r}")
        t.require("details" not in t.error(answer), f"the refusal of {text!r} has details")


@check("ERR-VAL-06", operations=CHAT)
def content_type_decides(t: Session) -> None:
    """A chat body that is not declared as JSON is a 400."""
    body = {"messages": [{"role": "user", "content": t.fresh("Say hello.")}]}
    text = json.dumps(body).encode()
    for kind in (None, "text/plain", "application/x-www-form-urlencoded"):
        answer = t.send("POST", "/v1/chat/completions", body=Payload(text, kind), free=True)
        t.refused(answer, 400, f"a chat body with Content-Type {kind}")


@check("ERR-VAL-07", operations=CHAT)
def field_errors_have_texts(t: Session) -> None:
    """Each wrong field has at least one text, in bodies and in queries."""
    answers = [t.chat(messages=7, temperature="hot", free=True)]
    for operation, path in (("generateText", "/text/hello"), ("generateImage", "/image/hello")):
        if not t.run.operations[operation].missing:
            answers.append(t.send("GET", path, query={"seed": "abc", "model": "no"}, free=True))
    for answer in answers:
        t.refused(answer, 400, "a request with two wrong fields")
        fields: Any = details(t, answer).get("fieldErrors")
        t.require(is_object(fields) and fields, "fieldErrors is empty")
        for name, texts in fields.items():
            t.require(
                is_list(texts) and texts and all(isinstance(x, str) and x for x in texts),
                f"fieldErrors.{name} is {texts!r}",
            )
