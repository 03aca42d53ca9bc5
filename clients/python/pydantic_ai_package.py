"""Pydantic AI, in the ways it has of asking for a structure."""

from pydantic_ai import Agent, NativeOutput, PromptedOutput, ToolOutput
from pydantic_ai.models.openai import OpenAIChatModel
from pydantic_ai.providers.openai import OpenAIProvider
from steps import KEY, PERSON, QUESTION, RAIN, URL, WEATHER, Person, expect, take

model = OpenAIChatModel("openai", provider=OpenAIProvider(base_url=f"{URL}/v1", api_key=KEY))
seen = {}


def chat():
    seen["text"] = Agent(model).run_sync(QUESTION).output
    expect(seen["text"], seen)


def stream():
    result = Agent(model).run_stream_sync(QUESTION)
    text = "".join(result.stream_text(delta=True))
    expect(text == seen["text"], text)


def tools():
    agent = Agent(model)

    @agent.tool_plain
    def get_weather(city: str) -> str:
        """Get the weather of a city."""
        return RAIN

    text = agent.run_sync(WEATHER).output
    expect(RAIN in text, text)


def structured():
    for form in (ToolOutput, NativeOutput, PromptedOutput):
        made = Agent(model, output_type=form(Person), retries=0).run_sync(PERSON).output
        expect(isinstance(made, Person), made)


take({"chat": chat, "stream": stream, "tools": tools, "structured output": structured})
