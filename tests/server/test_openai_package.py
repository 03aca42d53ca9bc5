"""The official openai package, unmodified, against the reference server."""

from __future__ import annotations

import importlib
import io
import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

from pollinations_conformance.server import RunningServer, running

if TYPE_CHECKING:
    import openai


def package() -> Any:
    """Import the package, which takes a second, when a test of this file runs."""
    return importlib.import_module("openai")


@pytest.fixture(scope="module")
def graded() -> Iterator[RunningServer]:
    with running(grade=True) as server:
        yield server


@pytest.fixture
def client(graded: RunningServer) -> Iterator[openai.OpenAI]:
    key = graded.keys["secret"]
    with package().OpenAI(api_key=key, base_url=graded.base_url + "/v1", max_retries=0) as client:
        yield client


def test_chat(client: openai.OpenAI) -> None:
    response = client.chat.completions.create(
        model="openai", messages=[{"role": "user", "content": "Tell me about bees"}]
    )
    assert response.choices[0].message.role == "assistant"
    assert "bees" in (response.choices[0].message.content or "")
    assert response.usage is not None
    assert (
        response.usage.total_tokens
        == response.usage.prompt_tokens + response.usage.completion_tokens
    )


@pytest.mark.parametrize("model", ["openai", "gemini", "claude", "kimi", "perplexity-fast", "glm"])
def test_a_stream_says_what_the_whole_response_says(client: openai.OpenAI, model: str) -> None:
    whole = client.chat.completions.create(
        model=model, messages=[{"role": "user", "content": "Tell me about bees"}]
    )
    stream = client.chat.completions.create(
        model=model, messages=[{"role": "user", "content": "Tell me about bees"}], stream=True
    )
    text, usage, finished = "", None, 0
    for chunk in stream:
        usage = chunk.usage or usage
        for choice in chunk.choices:
            text += choice.delta.content or ""
            finished += choice.finish_reason is not None
    assert text == whole.choices[0].message.content
    assert usage is not None
    assert usage.total_tokens > 0
    assert finished == 1


def test_tools_and_their_results(client: openai.OpenAI) -> None:
    tools = [
        {
            "type": "function",
            "function": {
                "name": "add",
                "parameters": {
                    "type": "object",
                    "properties": {"a": {"type": "integer"}, "b": {"type": "integer"}},
                    "required": ["a", "b"],
                },
            },
        }
    ]
    messages: list[Any] = [{"role": "user", "content": "What is 5 and 3?"}]
    create: Any = client.chat.completions.create  # its overloads want literal tools
    first = create(model="openai", messages=messages, tools=tools, tool_choice="required")
    call = first.choices[0].message.tool_calls[0]
    assert first.choices[0].finish_reason == "tool_calls"
    assert json.loads(call.function.arguments) == {"a": 5, "b": 3}
    messages.append(first.choices[0].message.model_dump(exclude_none=True))
    messages.append({"role": "tool", "tool_call_id": call.id, "content": "8"})
    second = create(model="openai", messages=messages, tools=tools)
    assert "8" in second.choices[0].message.content


def test_speech_can_be_transcribed_to_what_was_said(client: openai.OpenAI) -> None:
    said = "Good morning, reference server"
    sound = client.audio.speech.create(model="tts-1", voice="nova", input=said)
    recording = io.BytesIO(sound.content)
    recording.name = "speech.mp3"
    heard = client.audio.transcriptions.create(model="whisper-1", file=recording)
    assert heard.text == said


def test_models(client: openai.OpenAI) -> None:
    names = [model.id for model in client.models.list()]
    assert "openai" in names
    assert len(names) == len(set(names))


def test_refusals_become_the_exceptions_of_the_package(graded: RunningServer) -> None:
    base = graded.base_url + "/v1"
    for key, model, kind in (
        ("sk_nobody", "openai", package().AuthenticationError),
        (graded.keys["secret"], "no-such-model", package().BadRequestError),
    ):
        with (
            package().OpenAI(api_key=key, base_url=base, max_retries=0) as client,
            pytest.raises(kind, match="Invalid"),
        ):
            client.chat.completions.create(model=model, messages=[])


def test_the_package_is_graded(graded: RunningServer, client: openai.OpenAI) -> None:
    client.chat.completions.create(model="mistral", messages=[{"role": "user", "content": "hi"}])
    assert graded.app.grader is not None
    report = graded.app.grader.report()
    assert report["operations"]["createChatCompletion"]["requests"] >= 1
    assert graded.keys["secret"] not in json.dumps(report)
