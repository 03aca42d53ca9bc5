"""A message that came is sent back: in no dialect is it refused by the request schema."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import jsonschema_rs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pollinations_client import ConfigurationError, NotFoundError, Pollinations, models
from pollinations_client._assembly import assemble
from pollinations_client._history import sendable
from pollinations_conformance.contract import load
from tests.client.conftest import Mocked
from tests.properties import examples

ROOT = Path(__file__).parents[2]
FOLDER = ROOT.parent / "shared" / "recordings"
SCHEMAS: Any = load().document["components"]
QUESTION: Any = {"role": "user", "content": "Hi"}


def resolved(value: Any) -> Any:
    """Write references as a JSON Schema of its own has them."""
    text = json.dumps(value, default=str).replace("#/components/schemas/", "#/$defs/")
    return json.loads(text)


DEFINITIONS = resolved(SCHEMAS["schemas"])
REQUEST = jsonschema_rs.validator_for({"$ref": "#/$defs/ChatMessage", "$defs": DEFINITIONS})


def refused(message: Any) -> list[str]:
    return [error.message for error in REQUEST.iter_errors(message)]


def sent_back(mocked: Mocked, message: Any) -> Any:
    requests: list[httpx.Request] = []

    def handler(request: httpx.Request) -> httpx.Response:
        requests.append(request)
        return httpx.Response(404)

    client: Pollinations = mocked(handler)
    with pytest.raises(NotFoundError):
        client.chat.completions.create(messages=[QUESTION, message])
    return json.loads(requests[0].content)["messages"][1]


KIMI: dict[str, Any] = {
    "role": "assistant",
    "content": "Hello",
    "tool_calls": None,
    "function_call": None,
    "refusal": None,
    "reasoning_content": None,
}


def test_message_with_null_calls_is_sent_without_them(mocked: Mocked) -> None:
    assert refused(KIMI), "the contract's request schema has no null there"
    model = models.AssistantMessage.from_dict(KIMI)
    for message in (KIMI, model):
        sent = sent_back(mocked, message)
        assert refused(sent) == []
        assert sent == {name: value for name, value in KIMI.items() if name != "tool_calls"}
    assert model.to_dict() == KIMI, "the message itself stays as it came"


def test_arguments_that_came_as_an_object_are_sent_as_its_text(mocked: Mocked) -> None:
    function = {"name": "weather", "arguments": {"city": "Köln", "days": [1, 2]}}
    message = {
        "role": "assistant",
        "content": None,
        "tool_calls": [{"id": "c", "type": "function", "function": function}],
        "function_call": function,
    }
    for given_message in (message, models.AssistantMessage.from_dict(message)):
        sent = sent_back(mocked, given_message)
        assert refused(sent) == []
        for found in (sent["tool_calls"][0]["function"], sent["function_call"]):
            assert json.loads(found["arguments"]) == function["arguments"]


def test_message_that_came_without_a_role_is_the_models(mocked: Mocked) -> None:
    for fields in ({"content": "Hi"}, {"role": None, "content": "Hi"}, {"role": "", "content": ""}):
        sent = sent_back(mocked, models.AssistantMessage.from_dict(fields))
        assert refused(sent) == []


class Pair(NamedTuple):
    role: str
    content: str


@pytest.mark.parametrize("message", [Pair("user", "Hi"), ["user", "Hi"], ("user", "Hi")])
def test_message_without_names_for_its_fields_is_refused(mocked: Mocked, message: Any) -> None:
    client = mocked(lambda _: httpx.Response(404))
    with pytest.raises(ConfigurationError, match=type(message).__name__):
        client.chat.completions.create(messages=[message])


def test_object_with_model_dump_is_sent_back(mocked: Mocked) -> None:
    class Dumped:
        """What other clients of the same format return."""

        def model_dump(self, **_: Any) -> dict[str, Any]:
            return {**KIMI, "audio": None, "annotations": None}

    assert refused(sent_back(mocked, Dumped())) == []


def test_calls_of_a_stream_that_left_things_out_are_sent_whole(mocked: Mocked) -> None:
    pieces = [{"index": 0, "function": {"name": "f"}}, {"index": 1, "id": "", "function": None}]
    chunk = {"choices": [{"delta": {"tool_calls": pieces}}]}
    sent = sent_back(mocked, assemble([chunk])["choices"][0]["message"])
    assert refused(sent) == []
    assert sent["tool_calls"][0] == {
        "id": "",
        "type": "function",
        "function": {"name": "f", "arguments": ""},
    }


def test_what_only_the_user_writes_is_sent_as_it_is(mocked: Mocked) -> None:
    own: list[dict[str, Any]] = [
        {"role": "assistant", "content": None},
        {"role": "assistant", "content": "x", "tool_calls": []},
        {"role": "assistant", "content": "x", "own": None},
        {"role": "tool", "tool_call_id": "a", "content": None, "name": None},
        {"role": "user", "content": []},
    ]
    for message in own:
        assert sent_back(mocked, message) == message


def messages() -> list[Any]:
    found: list[Any] = []
    for path in sorted(FOLDER.glob("*.har")):
        for number, entry in enumerate(
            json.loads(path.read_text(encoding="utf-8"))["log"]["entries"]
        ):
            text = entry["response"]["content"].get("text") or ""
            name = str(entry.get("_id", number))[:60]
            if text.startswith("{") and '"choices"' in text:
                for choice in json.loads(text)["choices"]:
                    found.append(pytest.param(choice["message"], id=name))
            elif "data: {" in text:
                lines = [line[6:] for line in text.splitlines() if line.startswith("data: {")]
                whole = assemble([json.loads(line) for line in lines])
                for choice in whole["choices"]:
                    found.append(pytest.param(choice["message"], id=name))
    return found


MESSAGES = messages()


@pytest.mark.skipif(not MESSAGES, reason=f"no recordings: {FOLDER} is not there")
@pytest.mark.parametrize("message", MESSAGES)
def test_recorded_message_is_sent_back_without_being_refused(message: Any) -> None:
    (sent,) = sendable([message])
    assert refused(sent) == []


WORDS = st.text(st.characters(blacklist_categories=["Cs"]), max_size=5)
UNKNOWN: st.SearchStrategy[Any] = st.sampled_from([None, 1, "x", [], {}])
CALL = st.fixed_dictionaries({"name": WORDS, "arguments": WORDS}, optional={"call_id": UNKNOWN})
TOOL_CALL = st.fixed_dictionaries(
    {"id": WORDS, "type": st.just("function"), "function": CALL},
    optional={"index": UNKNOWN, "name": UNKNOWN},
)
BLOCK = st.fixed_dictionaries({"type": st.sampled_from(["text", "other"]), "text": WORDS})
RESPONSES: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(
    {"role": st.just("assistant")},
    optional={
        "content": st.none() | WORDS,
        "tool_calls": st.none() | st.lists(TOOL_CALL, max_size=2),
        "function_call": st.none() | CALL,
        "content_blocks": st.none() | st.lists(BLOCK, max_size=2),
        "audio": UNKNOWN,
        "reasoning_content": st.none() | WORDS,
        "refusal": UNKNOWN,
        "annotations": UNKNOWN,
        "name": st.none() | WORDS,
        "cache_control": st.none(),
    },
)
DELTA_CALL = st.fixed_dictionaries(
    {},
    optional={
        "index": st.integers(0, 2),
        "id": st.none() | WORDS,
        "type": st.sampled_from([None, "", "function"]),
        "function": st.none()
        | st.fixed_dictionaries({}, optional={"name": st.none() | WORDS, "arguments": WORDS}),
    },
)
DELTA = st.fixed_dictionaries(
    {},
    optional={
        "role": st.sampled_from([None, "", "assistant"]),
        "content": st.none() | WORDS | st.lists(BLOCK, max_size=2),
        "tool_calls": st.none() | st.lists(DELTA_CALL, max_size=3),
        "function_call": st.none() | CALL,
        "content_blocks": st.none() | st.lists(BLOCK, max_size=2),
        "name": st.none() | WORDS,
    },
)


@settings(max_examples=examples(100), deadline=None)
@given(st.lists(DELTA, min_size=1, max_size=4))
def test_any_message_of_a_stream_is_accepted_by_the_request_schema(deltas: list[Any]) -> None:
    whole = assemble([{"choices": [{"delta": delta}]} for delta in deltas])
    (sent,) = sendable([whole["choices"][0]["message"]])
    assert refused(sent) == []


@settings(max_examples=examples(100), deadline=None)
@given(RESPONSES)
def test_any_message_of_the_response_schema_is_accepted_by_the_request_schema(
    message: dict[str, Any],
) -> None:
    (sent,) = sendable([message])
    assert refused(sent) == []
