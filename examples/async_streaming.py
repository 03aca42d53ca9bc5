"""Stream several chat completions at the same time."""

import asyncio
import os

from pollinations_client import AsyncPollinations


async def describe(client: AsyncPollinations, subject: str) -> str:
    """Return a description, printing a mark for every chunk."""
    stream = await client.chat.completions.create(
        messages=[{"role": "user", "content": f"Describe {subject} in one sentence."}],
        stream=True,
    )
    pieces: list[str] = []
    async with stream:
        async for text in stream.text():
            print(".", end="", flush=True)
            pieces.append(text)
    return "".join(pieces)


async def main() -> None:
    """Describe three insects."""
    async with AsyncPollinations(
        api_key=os.environ.get("POLLINATIONS_API_KEY", "sk_demo1234"),
        base_url=os.environ.get("BASE_URL", "http://127.0.0.1:8787"),
    ) as client:
        subjects = ["a bee", "a wasp", "an ant"]
        texts = await asyncio.gather(*(describe(client, subject) for subject in subjects))
    print()
    for subject, text in zip(subjects, texts, strict=True):
        print(f"{subject}: {text}")


asyncio.run(main())
