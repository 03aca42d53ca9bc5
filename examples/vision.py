"""Describe an image from the disk: python vision.py PHOTO.jpg (without a name, one is generated)."""

import base64
import mimetypes
import os
import sys
from pathlib import Path

from pollinations_client import Pollinations

client = Pollinations(
    api_key=os.environ.get("POLLINATIONS_API_KEY", "sk_demo1234"),
    base_url=os.environ.get("BASE_URL", "http://127.0.0.1:8787"),
)

if len(sys.argv) > 1:
    photo = Path(sys.argv[1])
else:
    photo = client.image.generate("a bee on a flower", width=256, height=256).save("bee.jpg")

media_type, _ = mimetypes.guess_type(photo)
data = base64.b64encode(photo.read_bytes()).decode()
completion = client.chat.completions.create(
    messages=[
        {
            "role": "user",
            "content": [
                {"type": "text", "text": "What is in this image?"},
                {"type": "image_url", "image_url": {"url": f"data:{media_type};base64,{data}"}},
            ],
        }
    ],
)
print(completion.choices[0].message.content)
