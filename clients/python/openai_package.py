"""The openai package."""

import json

from openai import OpenAI
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

client = OpenAI(base_url=f"{URL}/v1", api_key=KEY)
seen = {}


def chat():
    messages = [{"role": "user", "content": QUESTION}]
    response = client.chat.completions.create(model="openai", messages=messages)
    seen["text"] = response.choices[0].message.content
    expect(seen["text"] and response.usage.total_tokens, response)


def stream():
    messages = [{"role": "user", "content": QUESTION}]
    with client.chat.completions.stream(model="openai", messages=messages) as events:
        text = events.get_final_completion().choices[0].message.content
    expect(text == seen["text"], text)


def tools():
    function = {"name": "get_weather", "description": "Get the weather", "parameters": PARAMETERS}
    given = {"model": "openai", "tools": [{"type": "function", "function": function}]}
    messages = [{"role": "user", "content": WEATHER}]
    message = client.chat.completions.create(messages=messages, **given).choices[0].message
    (call,) = message.tool_calls
    expect("city" in json.loads(call.function.arguments), call)
    result = {"role": "tool", "tool_call_id": call.id, "content": RAIN}
    response = client.chat.completions.create(messages=[*messages, message, result], **given)
    expect(RAIN in response.choices[0].message.content, response)


def structured():
    messages = [{"role": "user", "content": PERSON}]
    response = client.chat.completions.parse(
        model="openai", messages=messages, response_format=Person
    )
    expect(isinstance(response.choices[0].message.parsed, Person), response)


def speech():
    seen["audio"] = client.audio.speech.create(model="tts-1", voice="nova", input=SPOKEN).content
    expect(len(seen["audio"]) > 1000, seen["audio"][:20])


def transcription():
    file = ("speech.mp3", seen["audio"])
    text = client.audio.transcriptions.create(model="whisper-1", file=file).text
    expect(text == SPOKEN, text)


def models():
    names = [model.id for model in client.models.list()]
    expect("openai" in names, names)


take({
    "chat": chat, "stream": stream, "tools": tools, "structured output": structured,
    "speech": speech, "transcription": transcription, "model list": models,
})  # fmt: skip
