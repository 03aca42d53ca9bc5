"""Scripted responses: in code, by the fixture of the package, and over HTTP."""

import base64
import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from pollinations_conformance.http import har
from pollinations_conformance.server import RunningServer, running
from pollinations_conformance.server.accounts import DEMO_KEY
from pollinations_conformance.server.scripting import ScriptError

pytest_plugins = "pytester"

Json = dict[str, Any]
SCRIPT = "/__contract__/script"
PNG = b"\x89PNG\r\n\x1a\nscripted"
ASK: Json = {"messages": [{"role": "user", "content": "hello"}]}


@pytest.fixture
def scripted(server: RunningServer) -> Iterator[RunningServer]:
    server.clear_responses()
    yield server
    server.clear_responses()


def send(server: RunningServer, path: str, body: Any = None, **more: Any) -> httpx.Response:
    """Send a request with the demo key, or without one if headers are given."""
    headers = more.pop("headers", {"Authorization": f"Bearer {DEMO_KEY}"})
    method = "GET" if body is None else "POST"
    return httpx.request(method, server.base_url + path, json=body, headers=headers, **more)


def content(server: RunningServer, **fields: Any) -> Any:
    """Return what a chat model responds."""
    response = send(server, "/v1/chat/completions", {**ASK, **fields})
    assert response.status_code == 200, response.text
    return response.json()["choices"][0]["message"]


def chunks(response: httpx.Response) -> list[Json]:
    """Return the JSON of a stream's events."""
    data = [line.removeprefix("data: ") for line in response.text.splitlines() if line]
    return [json.loads(each) for each in data if each != "[DONE]"]


# --- what can be scripted -------------------------------------------------------------------------


def test_a_scripted_text_is_used_once_and_neither_from_the_cache_nor_kept_in_it(
    scripted: RunningServer,
) -> None:
    honest = content(scripted)["content"]
    scripted.respond_with("Scripted.")
    assert content(scripted)["content"] == "Scripted."
    assert content(scripted)["content"] == honest
    assert scripted.unused_responses() == []


def test_a_scripted_text_is_streamed_counted_and_billed(scripted: RunningServer) -> None:
    text = "One two three four five six seven."
    scripted.respond_with(text, times=2)
    stream = send(scripted, "/v1/chat/completions", {**ASK, "stream": True})
    assert stream.text.endswith("data: [DONE]\n\n")
    deltas = [chunk["choices"] for chunk in chunks(stream)]
    pieces = [choices[0]["delta"].get("content") or "" for choices in deltas if choices]
    assert "".join(pieces) == text
    assert len([piece for piece in pieces if piece]) > 1
    usage = send(scripted, "/v1/chat/completions", ASK).json()["usage"]
    assert usage["completion_tokens"] >= 7


def test_scripted_json_and_text_of_get(scripted: RunningServer) -> None:
    scripted.respond_with(json={"colour": "blue"})
    scripted.respond_with("plain", operation="generateText")
    assert json.loads(content(scripted, response_format={"type": "json_object"})["content"]) == {
        "colour": "blue"
    }
    assert send(scripted, "/text/anything").text == "plain"


@pytest.mark.parametrize("model", ["openai", "claude", "mistral", "gemini"])
@pytest.mark.parametrize("stream", [False, True])
def test_scripted_tool_calls_have_the_format_of_every_provider(
    scripted: RunningServer, model: str, stream: bool
) -> None:
    scripted.respond_with(tool_calls=[{"name": "weather", "arguments": {"city": "Ulm"}}])
    response = send(scripted, "/v1/chat/completions", {**ASK, "model": model, "stream": stream})
    if not stream:
        choice = response.json()["choices"][0]
        (call,) = choice["message"]["tool_calls"]
        assert choice["finish_reason"] == {"mistral": "stop", "gemini": "STOP"}.get(
            model, "tool_calls"
        )
        assert call["function"]["name"] == "weather"
        assert json.loads(call["function"]["arguments"]) == {"city": "Ulm"}
        return
    choices = [choice for chunk in chunks(response) for choice in chunk["choices"]]
    pieces = [p for choice in choices for p in choice["delta"].get("tool_calls") or ()]
    assert pieces[0]["function"]["name"] == "weather"
    arguments = "".join(p["function"].get("arguments") or "" for p in pieces)
    assert json.loads(arguments) == {"city": "Ulm"}


def test_scripted_media_have_the_type_that_their_bytes_tell(scripted: RunningServer) -> None:
    scripted.respond_with(image=PNG)
    scripted.respond_with(audio=b"ID3scripted")
    scripted.respond_with("what was said", operation="createTranscription")
    image = send(scripted, "/image/a%20bee")
    assert (image.content, image.headers["content-type"]) == (PNG, "image/png")
    assert image.headers["content-disposition"] == 'inline; filename="a-bee.png"'
    speech = send(scripted, "/v1/audio/speech", {"input": "hello"})
    assert (speech.content, speech.headers["content-type"]) == (b"ID3scripted", "audio/mpeg")
    heard = httpx.post(
        f"{scripted.base_url}/v1/audio/transcriptions?key={DEMO_KEY}",
        files={"file": ("a.mp3", b"x", "audio/mpeg")},
    )
    assert heard.json()["text"] == "what was said"


def test_a_scripted_error_comes_whatever_the_request_is(scripted: RunningServer) -> None:
    scripted.respond_with(error=429, message="Slow down.", headers={"Retry-After": "3"})
    scripted.respond_with(error=503, operation="uploadMedia")
    response = send(scripted, "/account/balance", headers={})
    assert response.status_code == 429
    assert response.json()["error"]["message"] == "Slow down."
    assert response.headers["retry-after"] == "3"
    assert response.headers["x-request-id"]
    upload = httpx.post(f"{scripted.media_url}/upload", content=b"x")
    assert (upload.status_code, upload.json()) == (503, {"error": "Scripted error"})


def test_a_scripted_fault_is_injected(scripted: RunningServer) -> None:
    scripted.respond_with(fault="edge-524")
    assert send(scripted, "/v1/models").status_code == 524
    assert send(scripted, "/v1/models").status_code == 200


# --- queue and matchers ---------------------------------------------------------------------------


def test_responses_are_used_in_their_order_by_those_they_are_for(scripted: RunningServer) -> None:
    scripted.respond_with("first")
    scripted.respond_with("for mistral", model="mistral")
    scripted.respond_with("for text", operation="/text/{prompt}")
    scripted.respond_with("second", times=None, optional=True)
    assert content(scripted)["content"] == "first"
    assert content(scripted)["content"] == "second"
    assert send(scripted, "/text/x").text == "for text"
    assert content(scripted, model="mistral")["content"] == "for mistral"
    assert content(scripted, model="mistral")["content"] == "second"


def test_a_request_that_is_refused_uses_up_nothing(scripted: RunningServer) -> None:
    scripted.respond_with("kept")
    assert send(scripted, "/v1/chat/completions", ASK, headers={}).status_code == 401
    assert send(scripted, "/v1/chat/completions", {"messages": 1}).status_code == 400
    assert scripted.unused_responses() == [
        "text 'kept' for createChatCompletion, createChatCompletionLegacy, generateText: "
        "used 0 of 1"
    ]
    assert content(scripted)["content"] == "kept"


WRONG: list[tuple[Json, str]] = [
    ({}, "write one of text, json"),
    ({"text": "a", "error": 500}, "write one of"),
    ({"text": "a", "operation": "createChatCompletoin"}, "did you mean 'createChatCompletion'"),
    ({"text": "a", "operation": "generateImage"}, "no response of the kind text"),
    ({"text": "a", "model": "opemai"}, "did you mean 'openai'"),
    ({"text": "a", "times": 0}, "times is 0"),
    ({"fault": "edge-525"}, "no fault of the name"),
    ({"error": 200}, "write a status from 400 to 599"),
    ({"tool_calls": [{"arguments": {}}]}, "name and arguments"),
    ({"tool_calls": []}, "no list of calls"),
    ({"tool_calls": [{"name": "f"}], "operation": "generateText"}, "no response of the kind"),
    ({"text": "a", "model": "flux"}, "flux is a model of image, not of text"),
    ({"text": "a", "headers": {"A": "b"}}, "headers belongs to error only"),
    ({"text": "a", "optional": "no"}, "optional is 'no'; write true or false"),
    ({"error": 500, "headers": {"a\r\nb": "c"}}, "is no header"),
    ({"error": 500, "headers": {"A": "b\r\nc: d"}}, "is no header"),
    (
        {"error": 500, "headers": {"Content-Length": "1"}},
        "the header Content-Length is the server's",
    ),
]


@pytest.mark.parametrize(("fields", "message"), WRONG)
def test_what_cannot_be_is_refused_in_code_and_over_http(
    scripted: RunningServer, fields: Json, message: str
) -> None:
    with pytest.raises(ScriptError, match=message):
        scripted.respond_with(**fields)
    response = httpx.post(scripted.base_url + SCRIPT, json=fields)
    assert response.status_code == 400
    assert message in response.json()["error"]
    assert scripted.unused_responses() == []


def test_requests_at_the_same_time_get_one_response_each(scripted: RunningServer) -> None:
    texts = [f"number {number}" for number in range(24)]
    for text in texts:
        scripted.respond_with(text, operation="generateText")

    def one(_: str) -> str:
        return send(scripted, "/text/the%20same").text

    with ThreadPoolExecutor(8) as threads:
        got = list(threads.map(one, texts))
    assert sorted(got) == sorted(texts)
    assert scripted.unused_responses() == []


def test_a_response_used_less_often_than_it_should_be_is_unused(scripted: RunningServer) -> None:
    scripted.respond_with("three times", times=3)
    scripted.respond_with("without end", times=None, model="mistral")
    send(scripted, "/text/a")
    assert [line.rpartition("used ")[2] for line in scripted.unused_responses()] == [
        "1 of 3", "0 without end",
    ]  # fmt: skip
    send(scripted, "/text/a?model=mistral-small")  # an alias of the model; the first one fits, too
    send(scripted, "/text/a?model=mistral-small")
    send(scripted, "/text/a?model=mistral-small")
    assert scripted.unused_responses() == []


# --- over HTTP ------------------------------------------------------------------------------------


def test_a_script_over_http_is_added_shown_and_cleared(scripted: RunningServer) -> None:
    place = scripted.media_url + SCRIPT
    script = [{"text": "one"}, {"image": base64.b64encode(PNG).decode(), "times": None}]
    shown = httpx.post(place, json=script).json()
    assert [line.partition(" for ")[0] for line in shown["responses"]] == [
        "text 'one'",
        f"image/png of {len(PNG)} bytes",
    ]
    assert content(scripted)["content"] == "one"
    assert len(httpx.get(place).json()["unused"]) == 1
    assert send(scripted, "/image/x").content == PNG
    assert httpx.delete(place).json() == {"responses": [], "unused": []}
    assert httpx.put(place).status_code == 405


@pytest.mark.parametrize(
    ("body", "kind", "message"),
    [
        (b"{", "application/json", "no JSON"),
        (b"[" * 100_000, "application/json", "no JSON"),
        (b"7", "application/json", "write an object"),
        (b'[{"text": "a"}, 7]', "application/json", "write an object"),
        (b'{"text": "a"}', "text/plain", "must be application/json"),
        (b'{"txt": "a"}', "application/json", "did you mean 'text'?"),
        (b'{"image": "?"}', "application/json", "no base64"),
        (b'{"image": "AAAA", "media_type": "a/b\\r\\nc: d"}', "application/json", "media_type is"),
    ],
)
def test_a_script_that_is_none_changes_nothing(
    scripted: RunningServer, body: bytes, kind: str, message: str
) -> None:
    response = httpx.post(scripted.base_url + SCRIPT, content=body, headers={"Content-Type": kind})
    assert response.status_code == 400
    assert message in response.json()["error"]
    assert httpx.get(scripted.base_url + SCRIPT).json() == {"responses": [], "unused": []}


def test_scripted_errors_and_faults_are_not_graded_and_marked_in_recordings() -> None:
    with running(record=True) as server:
        server.respond_with(error=400)
        server.respond_with(fault="edge-524")
        server.respond_with("recorded")
        for _ in range(2):
            send(server, "/v1/chat/completions", ASK)
        send(server, "/v1/chat/completions", ASK)
        assert server.app.grader is not None
        assert server.app.recorder is not None
        assert server.app.grader.valid
        marks = [entry.get(har.FAULT) for entry, _ in server.app.recorder.entries]
        assert marks == ["scripted", "edge-524", None]


# --- the fixture of the package -------------------------------------------------------------------


def test_a_response_that_no_request_uses_fails_the_test_that_scripted_it(
    pytester: pytest.Pytester,
) -> None:
    pytester.makepyfile(
        """
        import httpx

        def text(server):
            key = server.keys["demo"]
            return httpx.get(server.base_url + "/text/hello", params={"key": key}).text

        def test_used(pollinations_script):
            pollinations_script.respond_with("scripted")
            assert text(pollinations_script) == "scripted"

        def test_unused(pollinations_script):
            pollinations_script.respond_with("never")

        def test_optional(pollinations_script):
            pollinations_script.respond_with("perhaps", optional=True)

        def test_nothing_is_left_of_other_tests(pollinations_server):
            assert text(pollinations_server) not in ("never", "perhaps")
        """
    )
    done = pytester.runpytest_subprocess("-p", "no:cacheprovider")
    done.assert_outcomes(passed=4, errors=1)
    done.stdout.fnmatch_lines(["*scripted responses were not used:*", "*text 'never' for *"])


# --- what is made up ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "prompt",
    [
        "JSON schema:\n{schema}\nYou MUST answer with a JSON object that matches the schema above.",
        "Always respond with a JSON object that's compatible with this schema:\n\n{schema}\n\nNo {{}}",
        'Example {{not json}} and {{"a": 1}}, then ```json\n{schema}\n```',
    ],
)
def test_json_object_has_the_fields_of_a_schema_in_the_prompt(
    scripted: RunningServer, prompt: str
) -> None:
    schema = {
        "$defs": {"Hue": {"enum": ["red", "blue"]}},
        "type": "object",
        "properties": {"name": {"type": "string"}, "hue": {"$ref": "#/$defs/Hue"}},
        "required": ["name", "hue"],
    }
    system = {"role": "system", "content": prompt.format(schema=json.dumps(schema, indent=1))}
    messages = [system, {"role": "user", "content": "a colour"}]
    form = {"type": "json_object"}
    made = json.loads(content(scripted, messages=messages, response_format=form)["content"])
    assert set(made) == {"name", "hue"}
    assert made["hue"] in ("red", "blue")


@pytest.mark.parametrize(
    ("role", "fields", "shaped"),
    [
        ("system", {}, True),
        ("user", {}, False),
        ("system", {"response_format": {"type": "text"}}, False),
        ("system", {"tools": [{"type": "function", "function": {"name": "f"}}]}, False),
    ],
)
def test_a_schema_in_the_system_message_is_obeyed_when_nothing_else_is_requested(
    scripted: RunningServer, role: str, fields: Json, shaped: bool
) -> None:
    schema = {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]}
    prompt = {"role": role, "content": f"Match this json_schema: {json.dumps(schema)}"}
    made = content(scripted, messages=[prompt, *ASK["messages"]], **fields)["content"]
    if shaped:
        assert set(json.loads(made)) == {"n"}
    else:
        with pytest.raises(ValueError, match="Expecting value"):
            json.loads(made)


def test_json_object_without_a_schema_has_fields_of_its_own(scripted: RunningServer) -> None:
    messages = [{"role": "user", "content": 'JSON please, like {"colour": "blue"}'}]
    form = {"type": "json_object"}
    made = json.loads(content(scripted, messages=messages, response_format=form)["content"])
    assert set(made) == {"answer", "confidence"}
