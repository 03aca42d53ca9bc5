"""LlamaIndex, with its adapter for services that speak OpenAI's API."""

from llama_index.core.llms import ChatMessage
from llama_index.core.prompts import PromptTemplate
from llama_index.core.tools import FunctionTool
from llama_index.llms.openai_like import OpenAILike
from steps import KEY, PERSON, QUESTION, RAIN, URL, WEATHER, Person, expect, take

model = OpenAILike(
    model="openai",
    api_base=f"{URL}/v1",
    api_key=KEY,
    is_chat_model=True,
    is_function_calling_model=True,
)
seen = {}


def get_weather(city: str) -> str:
    """Get the weather of a city."""
    return RAIN


def chat():
    seen["text"] = model.chat([ChatMessage(role="user", content=QUESTION)]).message.content
    expect(seen["text"], seen)


def stream():
    parts = list(model.stream_chat([ChatMessage(role="user", content=QUESTION)]))
    expect(parts[-1].message.content == seen["text"], parts[-1])


def tools():
    weather = FunctionTool.from_defaults(get_weather)
    first = model.chat_with_tools([weather], user_msg=WEATHER)
    (call,) = model.get_tool_calls_from_response(first)
    result = ChatMessage(
        role="tool", content=RAIN, additional_kwargs={"tool_call_id": call.tool_id}
    )
    history = [ChatMessage(role="user", content=WEATHER), first.message, result]
    last = model.chat_with_tools([weather], chat_history=history)
    expect(RAIN in last.message.content, last)


def structured():
    made = model.structured_predict(Person, PromptTemplate(PERSON))
    expect(isinstance(made, Person), made)


take({"chat": chat, "stream": stream, "tools": tools, "structured output": structured})
