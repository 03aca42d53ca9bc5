"""Create a chat completion, and continue the conversation."""

import os

from pollinations_client import Pollinations

client = Pollinations(
    api_key=os.environ.get("POLLINATIONS_API_KEY", "sk_demo1234"),
    base_url=os.environ.get("BASE_URL", "http://127.0.0.1:8787"),
)

messages = [
    {"role": "system", "content": "You write short, friendly texts."},
    {"role": "user", "content": "Suggest a name for a beehive."},
]
completion = client.chat.completions.create(model="openai", messages=messages)
message = completion.choices[0].message
print("model:", message.content)

# The next turn needs the whole conversation, the model's own message included.
messages += [message.to_dict(), {"role": "user", "content": "Another one, please."}]
completion = client.chat.completions.create(model="openai", messages=messages)
print("model:", completion.choices[0].message.content)
print("tokens:", completion.usage.total_tokens)
