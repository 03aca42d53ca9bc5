"""Generate images, save them, and use one as the reference of another."""

import os

from pollinations_client import Pollinations

client = Pollinations(
    api_key=os.environ.get("POLLINATIONS_API_KEY", "sk_demo1234"),
    base_url=os.environ.get("BASE_URL", "http://127.0.0.1:8787"),
    media_base_url=os.environ.get("MEDIA_URL", "http://127.0.0.1:8788"),
)

image = client.image.generate("a bee in space", model="flux", width=512, height=384, seed=7)
path = image.save("bee.jpg")
print(path.name, image.content_type, len(image), "bytes, model:", image.model_used)

# A model that edits images reads the reference from a URL: upload the file first.
stored = client.media.upload(path)
edited = client.image.generate("the same bee, with a hat", model="kontext", image=stored.url)
print(edited.save("bee-with-hat.jpg").name, edited.metadata.usage)
