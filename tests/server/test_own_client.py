"""This project's own client, graded by the reference server."""

import json
from typing import Any

from pollinations_client import Pollinations
from pollinations_conformance.server import running

MESSAGES: list[Any] = [{"role": "user", "content": "Tell me about bees"}]


def test_the_contract_allows_everything_the_client_sends() -> None:
    with (
        running(grade=True) as server,
        Pollinations(
            api_key=server.keys["secret"],
            base_url=server.base_url,
            media_base_url=server.media_url,
        ) as client,
    ):
        client.account.profile()
        client.account.balance()
        client.account.usage(limit=3)
        client.account.usage_daily()
        client.account.key()
        client.models.list()
        client.models.text()
        client.models.image()
        client.models.audio()
        client.chat.completions.create(messages=MESSAGES)
        client.text.generate("a / b % c ? d # e\nf 🌸", seed=7)
        client.image.generate("a/b\nc", width=8, height=8)
        speech = client.audio.generate("hello", voice="nova", response_format="wav")
        client.audio.speech.create(input="hello", response_format="opus")
        client.audio.transcriptions.create(file=("a.wav", speech.content, "audio/wav"))
        upload = client.media.upload(b"picture", filename="a.png", content_type="image/png")
        assert client.media.retrieve(upload.id).content == b"picture"
        client.media.head(upload.id)
        assert server.app.grader is not None
        report = server.app.grader.report()
    assert report["allowed"], json.dumps(report, indent=2)
    assert len(report["operations"]) == 18  # all but the deprecated address of chat
