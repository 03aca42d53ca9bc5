"""OpenAI's Agents SDK, over chat completions."""

import asyncio

from agents import Agent, OpenAIChatCompletionsModel, Runner, function_tool, set_tracing_disabled
from openai import AsyncOpenAI
from openai.types.responses import ResponseTextDeltaEvent
from steps import KEY, PERSON, QUESTION, RAIN, URL, WEATHER, Person, expect, take

set_tracing_disabled(True)
seen = {}


def agent(**more):
    client = AsyncOpenAI(base_url=f"{URL}/v1", api_key=KEY)
    model = OpenAIChatCompletionsModel(model="openai", openai_client=client)
    return Agent(name="helper", model=model, **more)


@function_tool
def get_weather(city: str) -> str:
    """Get the weather of a city."""
    return RAIN


def chat():
    seen["text"] = Runner.run_sync(agent(), QUESTION).final_output
    expect(seen["text"], seen)


def stream():
    async def collect():
        result = Runner.run_streamed(agent(), QUESTION)
        return "".join(
            [
                event.data.delta
                async for event in result.stream_events()
                if event.type == "raw_response_event"
                and isinstance(event.data, ResponseTextDeltaEvent)
            ]
        )

    text = asyncio.run(collect())
    expect(text == seen["text"], text)


def tools():
    text = Runner.run_sync(agent(tools=[get_weather]), WEATHER).final_output
    expect(RAIN in text, text)


def structured():
    made = Runner.run_sync(agent(output_type=Person), PERSON).final_output
    expect(isinstance(made, Person), made)


take({"chat": chat, "stream": stream, "tools": tools, "structured output": structured})
