"""smolagents, its model for OpenAI's API."""

from smolagents import OpenAIModel, tool
from steps import KEY, PERSON, QUESTION, RAIN, URL, WEATHER, Person, expect, take

model = OpenAIModel(model_id="openai", api_base=f"{URL}/v1", api_key=KEY)
seen = {}


def asking(text):
    return [{"role": "user", "content": [{"type": "text", "text": text}]}]


@tool
def get_weather(city: str) -> str:
    """Get the weather of a city.

    Args:
        city: its name
    """
    return RAIN


def chat():
    seen["text"] = model.generate(asking(QUESTION)).content
    expect(seen["text"], seen)


def stream():
    text = "".join(part.content or "" for part in model.generate_stream(asking(QUESTION)))
    expect(text == seen["text"], text)


def tools():
    message = model.generate(asking(WEATHER), tools_to_call_from=[get_weather])
    (call,) = message.tool_calls
    expect(call.function.name == "get_weather", call)


def structured():
    schema = {"name": "person", "schema": Person.model_json_schema()}
    form = {"type": "json_schema", "json_schema": schema}
    text = model.generate(asking(PERSON), response_format=form).content
    expect(Person.model_validate_json(text).name, text)


take({"chat": chat, "stream": stream, "tools": tools, "structured output": structured})
