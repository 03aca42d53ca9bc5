"""Get data instead of prose: a response that satisfies a JSON Schema."""

import json
import os

from pollinations_client import Pollinations

client = Pollinations(
    api_key=os.environ.get("POLLINATIONS_API_KEY", "sk_demo1234"),
    base_url=os.environ.get("BASE_URL", "http://127.0.0.1:8787"),
)

RECIPE = {
    "type": "object",
    "properties": {
        "title": {"type": "string"},
        "minutes": {"type": "integer", "minimum": 1},
        "ingredients": {"type": "array", "items": {"type": "string"}, "minItems": 2},
    },
    "required": ["title", "minutes", "ingredients"],
    "additionalProperties": False,
}

completion = client.chat.completions.create(
    messages=[{"role": "user", "content": "A recipe with honey."}],
    response_format={
        "type": "json_schema",
        "json_schema": {"name": "recipe", "schema": RECIPE, "strict": True},
    },
)
recipe = json.loads(completion.choices[0].message.content or "")
print(recipe["title"], f"({recipe['minutes']} minutes)")
for ingredient in recipe["ingredients"]:
    print("-", ingredient)
