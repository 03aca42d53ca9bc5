"""Responses of every kind, good and bad."""

import contextlib

from pollinations_conformance.checks.common.files import png
from pollinations_conformance.checks.common.keys import invalid_requests, request_operation
from pollinations_conformance.checks.common.requests import (
    ACCOUNT,
    CHAT_PATHS,
    LISTS,
    SPENDING,
    available,
    generation,
)
from pollinations_conformance.checks.common.uploads import send_media, upload
from pollinations_conformance.suite import MAIN, Exchange, Look, NoBudget, Session

GENERATION_PATHS = {
    **CHAT_PATHS,
    "generateText": "/text/hello",
    "generateImage": "/image/hello",
    "generateAudio": "/audio/hello",
    "createSpeech": "/v1/audio/speech",
    "createTranscription": "/v1/audio/transcriptions",
}


ALL = {"text": 8, "image": 2, "audio": 4, "transcription": 2}
"""The number of paid calls of `every_kind`."""


def every_kind(t: Session) -> list[Exchange]:
    """Return responses of every kind, good and bad, shared by all checks that only read it."""

    def request_all() -> list[Exchange]:
        paths = ("/v1/models", "/models", *LISTS.values(), *ACCOUNT.values(), "/no-such-thing")
        found = [t.send("GET", path, key=None, probe=True) for path in paths]
        found.append(t.send("POST", "/v1/chat/completions", json={}, key=None, probe=True))
        found.append(t.send("DELETE", "/v1/models", key=None, probe=True))
        found.append(t.send("HEAD", "/v1/models", key=None, probe=True))
        page = {"Origin": "https://example.com"}
        found.append(t.send("GET", "/v1/models", key=None, headers=page, probe=True))
        keys = ("bogus", MAIN) if MAIN in t.target.keys else ("bogus",)
        found += [t.send("GET", path, key=key, probe=True) for path in paths[:5] for key in keys]
        for operation in available(t, *SPENDING):
            found.append(request_operation(t, operation, key=None, headers=page))
            found += invalid_requests(t, operation, None)
            for role in ("empty-balance", "restricted-empty-balance"):
                if role in t.target.keys:
                    found.append(request_operation(t, operation, key=role, free=True))
        if t.target.media_url is not None:
            found.append(send_media(t, "GET", "/zzz", key=None, probe=True))
        if MAIN not in t.target.keys:
            return found
        for operation in [name for name in ACCOUNT if not t.run.operations[name].missing]:
            found.append(request_operation(t, operation))
            if "Usage" in operation:
                found.append(request_operation(t, operation, query=[("format", "csv")]))
        if t.target.media_url is not None and not t.run.operations["uploadMedia"].missing:
            found.append(upload(t, png(t)))
        with contextlib.suppress(NoBudget):  # the rest costs pollen
            for operation in available(t, *SPENDING):
                arguments = generation(t, operation)
                found += [t.send(**arguments) for _ in range(2)]
            if not t.run.operations["createChatCompletion"].missing:
                found.append(t.chat(stream=True))
        return found

    responses = t.once("responses of every kind", request_all)
    return [t.attach(response) for response in responses]


def assert_responses_satisfy(t: Session, look: Look) -> None:
    """Assert that responses of every kind are as a watch wants them."""
    for response in every_kind(t):
        problem = look(response)
        t.assert_that(
            not problem,
            f"{response.method} {response.operation or 'of an unknown path'}: {problem}",
        )
