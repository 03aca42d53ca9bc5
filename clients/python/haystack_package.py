"""Haystack, with its generator for OpenAI's API."""

import os

os.environ["HAYSTACK_TELEMETRY_ENABLED"] = "False"

from haystack.components.generators.chat import OpenAIChatGenerator
from haystack.dataclasses import ChatMessage
from haystack.tools import Tool
from haystack.utils import Secret
from steps import KEY, PARAMETERS, PERSON, QUESTION, RAIN, URL, WEATHER, Person, expect, take

seen = {}


def generator(**more):
    key = Secret.from_token(KEY)
    return OpenAIChatGenerator(model="openai", api_key=key, api_base_url=f"{URL}/v1", **more)


def ask(model, *messages):
    return model.run(messages=list(messages))["replies"][0]


def chat():
    seen["text"] = ask(generator(), ChatMessage.from_user(QUESTION)).text
    expect(seen["text"], seen)


def stream():
    pieces = []
    model = generator(streaming_callback=lambda chunk: pieces.append(chunk.content or ""))
    reply = ask(model, ChatMessage.from_user(QUESTION))
    expect(reply.text == "".join(pieces) == seen["text"], reply.text)


def tools():
    about = "Get the weather of a city"
    weather = Tool("get_weather", about, PARAMETERS, function=lambda city: RAIN)
    model = generator(tools=[weather])
    asked = ChatMessage.from_user(WEATHER)
    reply = ask(model, asked)
    (call,) = reply.tool_calls
    result = ChatMessage.from_tool(weather.invoke(**call.arguments), origin=call)
    last = ask(model, asked, reply, result)
    expect(RAIN in last.text, last.text)


def structured():
    model = generator(generation_kwargs={"response_format": Person})
    reply = ask(model, ChatMessage.from_user(PERSON))
    expect(Person.model_validate_json(reply.text).name, reply.text)


take({"chat": chat, "stream": stream, "tools": tools, "structured output": structured})
