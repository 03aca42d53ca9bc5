"""LangChain with langchain-pollinations."""

from functools import partial

import langchain_pollinations.models
from langchain_core.messages import HumanMessage, ToolMessage
from langchain_core.tools import tool
from langchain_pollinations import (
    ChatPollinations,
    ImagePollinations,
    STTPollinations,
    TTSPollinations,
)
from steps import KEY, PERSON, QUESTION, RAIN, SPOKEN, URL, WEATHER, Person, expect, take

# It reads the lists of models from the service whatever `base_url` is.
information = langchain_pollinations.models.ModelInformation
langchain_pollinations.models.ModelInformation = partial(information, base_url=URL)
place = {"base_url": URL, "api_key": KEY}
seen = {}


@tool
def get_weather(city: str) -> str:
    """Get the weather of a city."""
    return RAIN


def chat():
    message = ChatPollinations(model="openai", **place).invoke(QUESTION)
    seen["text"] = message.content
    expect(seen["text"], message)


def stream():
    chunks = ChatPollinations(model="openai", **place).stream(QUESTION)
    text = "".join(chunk.content for chunk in chunks if isinstance(chunk.content, str))
    expect(text == seen["text"], text)


def tools():
    bound = ChatPollinations(model="openai", **place).bind_tools([get_weather])
    first = bound.invoke(WEATHER)
    (call,) = first.tool_calls
    result = ToolMessage(get_weather.invoke(call["args"]), tool_call_id=call["id"])
    last = bound.invoke([HumanMessage(WEATHER), first, result])
    expect(RAIN in last.content, last)


def structured():
    model = ChatPollinations(model="openai", **place)
    made = model.with_structured_output(Person).invoke(PERSON)
    expect(isinstance(made, Person), made)


def speech():
    seen["audio"] = TTSPollinations(model="tts-1", voice="nova", **place).generate(SPOKEN)
    expect(len(seen["audio"]) > 1000, seen["audio"][:20])


def transcription():
    heard = STTPollinations(model="whisper-1", **place).transcribe(seen["audio"])
    expect(getattr(heard, "text", heard) == SPOKEN, heard)


def images():
    data = ImagePollinations(model="flux", **place).generate("a bee", params={"width": 64})
    expect(data.startswith(b"\xff\xd8"), data[:20])


take({
    "chat": chat, "stream": stream, "tools": tools, "structured output": structured,
    "speech": speech, "transcription": transcription, "images": images,
})  # fmt: skip
