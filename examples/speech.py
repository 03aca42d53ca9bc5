"""Generate speech and save it."""

import os

from pollinations_client import Pollinations

client = Pollinations(
    api_key=os.environ.get("POLLINATIONS_API_KEY", "sk_demo1234"),
    base_url=os.environ.get("BASE_URL", "http://127.0.0.1:8787"),
)

speech = client.audio.speech.create(
    input="Good morning, dear bees.", voice="nova", response_format="wav"
)
print(speech.save("morning.wav").name, speech.content_type, len(speech), "bytes")

# The same by GET: the text is a part of the URL.
speech = client.audio.generate("Good night, dear bees.", voice="nova")
print(speech.save("night.mp3").name, speech.content_type, speech.metadata.usage)
