"""Let the model call Python functions until it responds with text."""

import json
import os
from typing import Any

from pollinations_client import Pollinations

client = Pollinations(
    api_key=os.environ.get("POLLINATIONS_API_KEY", "sk_demo1234"),
    base_url=os.environ.get("BASE_URL", "http://127.0.0.1:8787"),
)


def weather(city: str) -> dict[str, Any]:
    """Return the weather of a city; here it is always the same."""
    return {"city": city, "celsius": 21, "sky": "clear"}


FUNCTIONS = {"weather": weather}
TOOLS: list[dict[str, Any]] = [
    {
        "type": "function",
        "function": {
            "name": "weather",
            "description": "Current weather of a city",
            "parameters": {
                "type": "object",
                "properties": {"city": {"type": "string"}},
                "required": ["city"],
            },
        },
    }
]

messages: list[dict[str, Any]] = [
    {"role": "user", "content": "What is the weather in Lisbon? Use the tool."}
]
for _ in range(5):  # a model that never stops calling tools must not run for ever
    completion = client.chat.completions.create(messages=messages, tools=TOOLS)
    message = completion.choices[0].message
    if not message.tool_calls:
        print("model:", message.content)
        break
    messages.append(message.to_dict())
    for call in message.tool_calls:
        arguments = json.loads(call.function.arguments)
        result = FUNCTIONS[call.function.name](**arguments)
        print(f"called {call.function.name}({arguments}): {result}")
        messages.append({"role": "tool", "tool_call_id": call.id, "content": json.dumps(result)})
