"""Answers of text models: what they say, and how each provider words it."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import jsonschema_rs
import pytest

from pollinations_conformance import contract
from pollinations_conformance.http import sse
from pollinations_conformance.server.generation.provider_response import DIALECTS
from pollinations_conformance.server.registry import Registry

Send = Callable[..., httpx.Response]
Json = dict[str, Any]

RECORDINGS = Path(__file__).resolve().parents[3] / "shared" / "recordings"
TEXT_MODELS = [m.id for m in Registry().models if m.kind == "text"]
TOOL: Json = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "Look the weather up",
        "parameters": {
            "type": "object",
            "properties": {
                "city": {"type": "string", "minLength": 2},
                "unit": {"enum": ["celsius", "fahrenheit"]},
                "days": {"type": "integer", "minimum": 1, "maximum": 14},
            },
            "required": ["city", "unit", "days"],
            "additionalProperties": False,
        },
    },
}


def events(response: httpx.Response) -> tuple[list[Json], bool]:
    """Return a stream's chunks, and whether it ended with [DONE]."""
    assert response.headers["content-type"] == "text/event-stream; charset=utf-8"
    data = [event.data for event in sse.decode(response.content)]
    done = bool(data) and data[-1] == "[DONE]"
    return [json.loads(d) for d in (data[:-1] if done else data)], done


def joined(chunks: list[Json], name: str = "content") -> str:
    return "".join(c["delta"].get(name) or "" for chunk in chunks for c in chunk["choices"])


@pytest.mark.parametrize("model", TEXT_MODELS)
def test_every_model_holds_to_the_contract_in_both_forms(chat: Send, model: str) -> None:
    known = contract.load()
    found = known.find("POST", "/v1/chat/completions", "gateway")
    assert found is not None
    for extra in ({}, {"tools": [TOOL], "tool_choice": "required"}, {"reasoning_effort": "high"}):
        whole = chat("How warm is it in Oslo for 3 days?", model=model, **extra)
        stream = chat("How warm is it in Oslo for 3 days?", model=model, stream=True, **extra)
        for response in (whole, stream):
            reported = contract.Response(
                200, tuple(response.headers.multi_items()), response.content
            )
            assert known.check_response(found, None, reported) == []
        chunks, done = events(stream)
        message = whole.json()["choices"][0]["message"]
        assert joined(chunks) == (message.get("content") or "")
        assert joined(chunks, "reasoning_content") == (message.get("reasoning_content") or "")
        assert done == (not model.startswith(("gemini", "nomnom")))
        assert sum(c.get("finish_reason") is not None for x in chunks for c in x["choices"]) == 1


@pytest.mark.parametrize("model", [m.id for m in Registry().models if m.tools])
def test_a_required_tool_call_fits_its_schema(chat: Send, model: str) -> None:
    requested = {"model": model, "tools": [TOOL], "tool_choice": "required"}
    message = chat("Weather in Oslo for 3 days?", **requested).json()["choices"][0]["message"]
    (call,) = message["tool_calls"]
    assert call["type"] == "function"
    assert call["function"]["name"] == "get_weather"
    arguments = json.loads(call["function"]["arguments"])
    assert jsonschema_rs.is_valid(TOOL["function"]["parameters"], arguments)
    assert arguments["days"] == 3
    chunks, _ = events(chat("Weather in Oslo for 3 days?", stream=True, **requested))
    pieces = [
        call
        for chunk in chunks
        for choice in chunk["choices"]
        for call in choice["delta"].get("tool_calls") or ()
    ]
    assert {piece["index"] for piece in pieces} == {0}
    assert json.loads("".join(p["function"].get("arguments", "") for p in pieces)) == arguments


def test_tools_are_chosen_by_the_prompt(chat: Send) -> None:
    def called(text: str, **more: Any) -> list[str]:
        other = {"type": "function", "function": {"name": "play_music"}}
        body = chat(text, tools=[TOOL, other], **more).json()
        calls: list[Json] = body["choices"][0]["message"].get("tool_calls") or []
        return [call["function"]["name"] for call in calls]

    assert called("How is the weather?") == ["get_weather"]
    assert called("Some music, please") == ["play_music"]
    assert called("Music for this weather") == ["get_weather", "play_music"]
    assert called("Music for this weather", parallel_tool_calls=False) == ["get_weather"]
    assert called("Tell me a story") == []
    assert called("Tell me a story", tool_choice="required") == ["get_weather"]
    assert called("How is the weather?", tool_choice="none") == []
    named = {"type": "function", "function": {"name": "play_music"}}
    assert called("How is the weather?", tool_choice=named) == ["play_music"]


SCHEMAS: list[Json] = [
    {"type": "object", "properties": {"a": {"type": "integer"}}, "required": ["a"]},
    {"type": "array", "items": {"type": "number", "minimum": 2.5, "maximum": 3}, "minItems": 3},
    {"type": "object", "required": ["x", "y"], "additionalProperties": {"type": "boolean"}},
    {"$ref": "#/$defs/t", "$defs": {"t": {"type": "string", "pattern": "^[A-Z]{3}-\\d{2,4}$"}}},
    {"anyOf": [{"type": "string", "maxLength": 3}, {"type": "integer", "multipleOf": 7}]},
    {"allOf": [{"required": ["a"]}, {"properties": {"a": {"const": 5}}}], "type": "object"},
    {"type": "array", "uniqueItems": True, "items": {"enum": [1, 2, 3]}, "minItems": 2},
    {"type": "string", "format": "date-time"},
    {"type": "object", "properties": {"next": {"$ref": "#"}, "v": {"type": "null"}}},
    {"type": "integer", "exclusiveMinimum": 10, "exclusiveMaximum": 12},
    {"type": ["null", "string"], "minLength": 30},
    {"prefixItems": [{"type": "string"}, {"type": "boolean"}], "items": False, "minItems": 2},
]


@pytest.mark.parametrize("schema", SCHEMAS, ids=lambda schema: json.dumps(schema)[:40])
def test_json_responses_satisfy_their_schema(chat: Send, schema: Json) -> None:
    wanted = {"type": "json_schema", "json_schema": {"name": "x", "schema": schema}}
    for model in ("openai", "gemini", "mistral"):
        content = chat(model=model, response_format=wanted).json()["choices"][0]["message"][
            "content"
        ]
        assert jsonschema_rs.is_valid(schema, json.loads(content))


@pytest.mark.parametrize(
    "schema",
    [
        {"type": 5},
        {"enum": "x"},
        {"$ref": "#/nowhere"},
        {"minimum": "x"},
        {"required": 3},
        {"not": {}},
    ],
)
def test_a_schema_that_is_none_still_gets_json(chat: Send, schema: Json) -> None:
    wanted = {"type": "json_schema", "json_schema": {"schema": schema}}
    content = chat(response_format=wanted).json()["choices"][0]["message"]["content"]
    json.loads(content)


GREEDY: list[Json] = [
    {"type": "string", "minLength": 10**9},
    {"type": "object", "minProperties": 10**9},
    {"type": "array", "minItems": 10**9},
    {"type": "string", "pattern": "((a{999}){999}){999}"},
    {"type": "string", "pattern": "^(a+)+$"},
    {"type": "object", "required": ["x"], "properties": {"x": {"$ref": "#"}}},
    {"type": "object", "properties": {f"p{n}": {"$ref": "#"} for n in range(50)}},
    {"$ref": "http://127.0.0.1:9/schema.json"},
    {"anyOf": [{"$ref": "#"}]},
]


@pytest.mark.parametrize("schema", GREEDY, ids=lambda schema: json.dumps(schema)[:40])
def test_a_greedy_schema_takes_neither_time_nor_memory(chat: Send, schema: Json) -> None:
    tool: Json = {"type": "function", "function": {"name": "f", "parameters": schema}}
    wanted = {"type": "json_schema", "json_schema": {"schema": schema}}
    for extra in ({"response_format": wanted}, {"tools": [tool], "tool_choice": "required"}):
        response = chat("greedy", **extra)
        assert response.status_code == 200
        assert response.elapsed.total_seconds() < 1
        assert len(response.content) < 200_000


@pytest.mark.parametrize("limit", [0, 1, 5, 12])
def test_max_tokens_is_a_limit(chat: Send, limit: int) -> None:
    body = chat(model="openai-large", max_tokens=limit).json()
    assert body["usage"]["completion_tokens"] <= limit
    assert body["choices"][0]["finish_reason"] == "length"


def test_stop_ends_the_text_before_it(chat: Send) -> None:
    whole = chat("stop?").json()["choices"][0]["message"]["content"]
    word = whole.split()[3]
    cut = chat("stop?", stop=[word]).json()["choices"][0]["message"]["content"]
    assert word not in cut


def test_usage_adds_up_and_agrees_with_the_headers(chat: Send) -> None:
    long = "word " * 1500
    for model in TEXT_MODELS:
        response = chat(long, model=model)
        usage = response.json()["usage"]
        assert usage["total_tokens"] == usage["prompt_tokens"] + usage["completion_tokens"]
        reported = {k: int(v) for k, v in response.headers.items() if k.startswith("x-usage-")}
        total = reported.pop("x-usage-total-tokens")
        assert sum(reported.values()) == total
        requested = sum(n for name, n in reported.items() if "-prompt-" in name)
        assert requested == usage["prompt_tokens"]
        assert total - requested == usage["completion_tokens"]


def test_logprobs_join_to_the_content(chat: Send) -> None:
    choice = chat(logprobs=True, top_logprobs=3).json()["choices"][0]
    listed = choice["logprobs"]["content"]
    assert "".join(entry["token"] for entry in listed) == choice["message"]["content"]
    assert {len(entry["top_logprobs"]) for entry in listed} == {3}


def test_a_turn_with_a_tool_result_is_served_from_it(chat: Send, send: Send) -> None:
    call = {
        "id": "c",
        "type": "function",
        "function": {"name": "get_weather", "arguments": "{}", "thought_signature": "x"},
    }
    turn = [
        {"role": "user", "content": "Weather?"},
        {"role": "assistant", "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "c", "content": "Minus twelve"},
    ]
    for model in ("openai", "gemini", "claude"):
        body = send(
            "POST", "/v1/chat/completions", json={"model": model, "messages": turn, "tools": [TOOL]}
        )
        assert "Minus twelve" in body.json()["choices"][0]["message"]["content"]


def test_parts_of_every_kind_are_understood(chat: Send) -> None:
    parts = [
        {"type": "text", "text": "What is this?"},
        {"type": "image_url", "image_url": {"url": "https://example.com/a.png"}},
        {"type": "input_audio", "input_audio": {"data": "AAAA", "format": "wav"}},
        {"type": "smell", "anything": 1},
    ]
    body = chat(parts).json()
    assert "image_url, input_audio, smell" in body["choices"][0]["message"]["content"]
    assert body["usage"]["prompt_tokens_details"]["audio_tokens"] > 0


def test_the_seed_of_a_request_decides(chat: Send) -> None:
    def said(**fields: Any) -> str:
        return str(chat("seeds", **fields).json()["choices"][0]["message"]["content"])

    assert said(seed=1, user="a") != said(seed=2, user="a")
    assert said(seed=1) == said(seed=1)


def recorded() -> list[Any]:
    path = RECORDINGS / "stream.har"
    if not path.is_file():
        return [pytest.param(None, marks=pytest.mark.skip(f"no recordings at {path.parent}"))]
    entries = json.loads(path.read_text("utf-8"))["log"]["entries"]
    return [pytest.param(entry, id=str(entry["_id"])[5:17]) for entry in entries]


def shape(chunks: list[Json]) -> Json:
    """What makes a provider's dialect, without what is said in it."""

    def where(chunk: Json) -> str:
        return (
            "alone"
            if not chunk["choices"]
            else "with finish"
            if chunk["choices"][0].get("finish_reason") is not None
            else "in between"
        )

    complete = [
        where(c)
        for c in chunks
        if {"prompt_tokens", "completion_tokens", "total_tokens"} <= (c.get("usage") or {}).keys()
    ]
    return {
        "objects": {c["object"] for c in chunks},
        "top level": set().union(*(c.keys() for c in chunks)),
        "choice": set().union(*(ch.keys() for c in chunks for ch in c["choices"])),
        "delta": set().union(*(ch["delta"].keys() for c in chunks for ch in c["choices"])) - {"reasoning_content"},
        "finish": {ch["finish_reason"] for c in chunks for ch in c["choices"] if ch.get("finish_reason")},
        "complete usage": complete[-1:],
        "first is empty": chunks[0]["choices"] == [],
        "usage everywhere": all(c.get("usage") for c in chunks) if len(chunks) > 2 else None,
    }  # fmt: skip


@pytest.mark.parametrize("entry", recorded())
def test_a_recorded_stream_has_the_shape_of_ours(chat: Send, entry: Json) -> None:
    requested = json.loads(entry["request"]["postData"]["text"])
    text = entry["response"]["content"]["text"]
    data = [event.data for event in sse.decode(text.encode())]
    chunks, done = events(
        chat("Is Berlin the capital of Germany?", model=requested["model"], stream=True)
    )
    assert done == (data[-1] == "[DONE]")
    theirs, ours = shape([json.loads(d) for d in data if d != "[DONE]"]), shape(chunks)
    if theirs["usage everywhere"] is None:
        theirs["usage everywhere"] = ours["usage everywhere"]
    assert ours == theirs


def recorded_answers() -> list[Any]:
    path = RECORDINGS / "chat.har"
    if not path.is_file():
        return [pytest.param(None, marks=pytest.mark.skip(f"no recordings at {path.parent}"))]
    kept: dict[str, Any] = {}
    for entry in json.loads(path.read_text("utf-8"))["log"]["entries"]:
        requested = json.loads(entry["request"]["postData"]["text"])
        if entry["response"]["status"] == 200 and requested["model"] in NAMES:
            kind = f"{requested['model']}{' required' if requested.get('tool_choice') else ''}"
            kept.setdefault(kind, pytest.param(entry, id=kind))
    return list(kept.values())


NAMES = {name for m in Registry().models for name in (m.id, *m.aliases)}

# What a provider sends only at times, or what depends on what was requested.
SOMETIMES = {
    "message": {"content", "reasoning_content", "tool_calls", "content_blocks", "audio", "function_call"},
    "choice": {"logprobs", "groundingMetadata", "stop_reason"},
    "top level": {"prompt_filter_results", "citations"},
}  # fmt: skip


@pytest.mark.parametrize("entry", recorded_answers())
def test_a_recorded_response_has_the_shape_of_ours(send: Send, entry: Json) -> None:
    requested = json.loads(entry["request"]["postData"]["text"])
    theirs = json.loads(entry["response"]["content"]["text"])
    ours = send("POST", "/v1/chat/completions", json=requested).json()
    pairs = {
        "top level": (theirs, ours),
        "choice": (theirs["choices"][0], ours["choices"][0]),
        "message": (theirs["choices"][0]["message"], ours["choices"][0]["message"]),
        "usage": (theirs["usage"], ours["usage"]),
    }
    for place, (their, our) in pairs.items():
        assert our.keys() ^ their.keys() <= SOMETIMES.get(place, set()), place
    assert ours["model"] == theirs["model"]
    calls = [bool(body["choices"][0]["message"].get("tool_calls")) for body in (theirs, ours)]
    if calls == [True, True]:
        assert ours["choices"][0]["finish_reason"] == theirs["choices"][0]["finish_reason"]


def test_every_dialect_is_used_by_a_model() -> None:
    used = {model.dialect for model in Registry().models if model.dialect}
    assert used == DIALECTS.keys() - {"parts"}


def test_ids_of_responses_are_the_gateways_and_never_repeat(chat: Send) -> None:
    ids = [chat(f"question {n}", model=m).json()["id"] for n, m in enumerate(TEXT_MODELS)]
    assert all(re.fullmatch("pllns_[0-9a-f]{32}", name) for name in ids)
    assert len(set(ids)) == len(ids)


def test_model_that_is_no_text_is_a_failed_validation(send: Send) -> None:
    for model in (None, 5):
        response = send("POST", "/v1/chat/completions", json={"messages": [], "model": model})
        assert response.status_code == 400
        assert list(response.json()["error"]["details"]["fieldErrors"]) == ["model"]
