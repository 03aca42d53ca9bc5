"""Read status, headers and bytes, and download piece by piece."""

import os
from pathlib import Path

from pollinations_client import Pollinations

client = Pollinations(
    api_key=os.environ.get("POLLINATIONS_API_KEY", "sk_demo1234"),
    base_url=os.environ.get("BASE_URL", "http://127.0.0.1:8787"),
)

response = client.models.with_raw_response.text()
print(response.status_code, response.headers["content-type"], len(response.content), "bytes")
print("first model:", response.parsed[0].name)

# The body is never held in memory as a whole; leaving the block closes the connection.
with (
    client.image.with_streaming_response.generate("a large bee", width=1024) as download,
    Path("large-bee.jpg").open("wb") as file,
):
    for piece in download.iter_bytes():
        file.write(piece)
print("saved", Path("large-bee.jpg").stat().st_size, "bytes, cache:", download.metadata.cache)
