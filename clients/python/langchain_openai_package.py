"""LangChain with langchain-openai."""

from langchain_core.messages import HumanMessage, ToolMessage
from langchain_core.tools import tool
from langchain_openai import ChatOpenAI
from steps import KEY, PERSON, QUESTION, RAIN, URL, WEATHER, Person, expect, take

model = ChatOpenAI(base_url=f"{URL}/v1", api_key=KEY, model="openai")
seen = {}


@tool
def get_weather(city: str) -> str:
    """Get the weather of a city."""
    return RAIN


def chat():
    message = model.invoke(QUESTION)
    seen["text"] = message.text
    expect(seen["text"] and message.usage_metadata, message)


def stream():
    text = "".join(chunk.text for chunk in model.stream(QUESTION))
    expect(text == seen["text"], text)


def tools():
    bound = model.bind_tools([get_weather])
    first = bound.invoke(WEATHER)
    (call,) = first.tool_calls
    result = ToolMessage(get_weather.invoke(call["args"]), tool_call_id=call["id"])
    last = bound.invoke([HumanMessage(WEATHER), first, result])
    expect(RAIN in last.text, last)


def structured():
    for method in ("json_schema", "function_calling"):
        made = model.with_structured_output(Person, method=method).invoke(PERSON)
        expect(isinstance(made, Person), made)
    prompt = f"{PERSON} Respond with JSON of this schema: {Person.model_json_schema()!s}"
    prompt = prompt.replace("'", '"')
    made = model.with_structured_output(Person, method="json_mode").invoke(prompt)
    expect(isinstance(made, Person), made)


take({"chat": chat, "stream": stream, "tools": tools, "structured output": structured})
