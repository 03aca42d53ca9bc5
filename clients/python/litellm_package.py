"""LiteLLM, which takes the service for one that speaks OpenAI's API."""

import json
import os

os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"

import litellm
from steps import (
    KEY,
    PARAMETERS,
    PERSON,
    QUESTION,
    RAIN,
    SPOKEN,
    URL,
    WEATHER,
    Person,
    expect,
    take,
)

place = {"api_base": f"{URL}/v1", "api_key": KEY}
seen = {}


def ask(text, **fields):
    messages = [{"role": "user", "content": text}]
    return litellm.completion(model="openai/openai", messages=messages, **place, **fields)


def chat():
    response = ask(QUESTION)
    seen["text"] = response.choices[0].message.content
    expect(seen["text"] and response.usage.total_tokens, response)


def stream():
    chunks = ask(QUESTION, stream=True)
    text = "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)
    expect(text == seen["text"], text)


def tools():
    function = {"name": "get_weather", "description": "Get the weather", "parameters": PARAMETERS}
    given = {"tools": [{"type": "function", "function": function}]}
    message = ask(WEATHER, **given).choices[0].message
    (call,) = message.tool_calls
    expect("city" in json.loads(call.function.arguments), call)
    messages = [
        {"role": "user", "content": WEATHER},
        message,
        {"role": "tool", "tool_call_id": call.id, "content": RAIN},
    ]
    last = litellm.completion(model="openai/openai", messages=messages, **place, **given)
    expect(RAIN in last.choices[0].message.content, last)


def structured():
    made = Person.model_validate_json(
        ask(PERSON, response_format=Person).choices[0].message.content
    )
    expect(made.name, made)


def speech():
    response = litellm.speech(model="openai/tts-1", voice="nova", input=SPOKEN, **place)
    seen["audio"] = response.content
    expect(len(seen["audio"]) > 1000, seen["audio"][:20])


def transcription():
    file = ("speech.mp3", seen["audio"], "audio/mpeg")
    text = litellm.transcription(model="openai/whisper-1", file=file, **place).text
    expect(text == SPOKEN, text)


take({
    "chat": chat, "stream": stream, "tools": tools, "structured output": structured,
    "speech": speech, "transcription": transcription,
})  # fmt: skip
