"""Generate a video and save it; a real one can take minutes."""

import os

from pollinations_client import Pollinations, Timeout

client = Pollinations(
    api_key=os.environ.get("POLLINATIONS_API_KEY", "sk_demo1234"),
    base_url=os.environ.get("BASE_URL", "http://127.0.0.1:8787"),
)

# No byte comes before the video is complete, so the time limit of a single read must be long.
video = client.image.generate(
    "bees over a meadow",
    model="seedance",
    duration=2,
    aspect_ratio="16:9",
    timeout=Timeout(600, total=900),
)
print(video.save("meadow.mp4").name, video.content_type, video.metadata.usage)
