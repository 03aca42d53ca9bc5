"""Compose music and save it."""

import os

from pollinations_client import Pollinations

client = Pollinations(
    api_key=os.environ.get("POLLINATIONS_API_KEY", "sk_demo1234"),
    base_url=os.environ.get("BASE_URL", "http://127.0.0.1:8787"),
)

music = client.audio.generate(
    "A calm waltz for strings", model="elevenmusic", duration="10", instrumental="true"
)
print(music.save("waltz.mp3").name, music.content_type, music.metadata.usage)
