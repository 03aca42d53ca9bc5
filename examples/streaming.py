"""Print a chat completion while it is generated, then use it as a whole."""

import os

from pollinations_client import Pollinations

client = Pollinations(
    api_key=os.environ.get("POLLINATIONS_API_KEY", "sk_demo1234"),
    base_url=os.environ.get("BASE_URL", "http://127.0.0.1:8787"),
)

with client.chat.completions.create(
    messages=[{"role": "user", "content": "Describe a day in the life of a bee."}],
    stream=True,
) as stream:
    for text in stream.text():
        print(text, end="", flush=True)
    print()

    # Complete, as if it had not been streamed; a stream that was cut off raises an error instead.
    completion = stream.final()
print("finish reason:", completion.choices[0].finish_reason)
