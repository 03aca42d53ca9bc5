"""Valid requests of every operation."""

import threading
from collections.abc import Callable
from typing import Any

from pollinations_conformance.checks.common.files import wav
from pollinations_conformance.suite import (
    Exchange,
    Session,
    form_payload,
    invalid_request,
    minimal_request,
    segment,
)

GENERATION = (
    "createChatCompletion",
    "generateText",
    "generateImage",
    "generateAudio",
    "createSpeech",
    "createTranscription",
)


ACCOUNT = {
    "getAccountProfile": "/account/profile",
    "getAccountBalance": "/account/balance",
    "getAccountUsage": "/account/usage",
    "getAccountUsageDaily": "/account/usage/daily",
    "getAccountKey": "/account/key",
}


CHAT_PATHS = {
    "createChatCompletion": "/v1/chat/completions",
    "createChatCompletionLegacy": "/openai",
}


SPENDING = (*GENERATION, "createChatCompletionLegacy")
"""Every operation that costs pollen."""


LISTS = {
    "listImageModels": "/image/models",
    "listTextModels": "/text/models",
    "listAudioModels": "/audio/models",
}


def generation(t: Session, operation: str) -> dict[str, Any]:
    """Make the arguments of `Session.send` for a small, valid, never seen request."""
    if operation in CHAT_PATHS:
        messages = [{"role": "user", "content": t.fresh("Say hello.")}]
        return {
            "method": "POST",
            "path": CHAT_PATHS[operation],
            "json": {"model": t.text_model, "messages": messages},
        }
    if operation == "generateText":
        path = "/text/" + segment(t.fresh("Say hello."))
        return {"method": "GET", "path": path, "query": {"model": t.text_model}}
    if operation == "generateImage":
        path = "/image/" + segment(t.fresh("a small cat"))
        query = {"model": t.image_model, "width": 64, "height": 64}
        return {"method": "GET", "path": path, "query": query}
    if operation == "generateAudio":
        path = "/audio/" + segment(t.fresh("Hello."))
        return {"method": "GET", "path": path, "query": {"model": t.audio_model}}
    if operation == "createSpeech":
        body = {"model": t.audio_model, "input": t.fresh("Hello.")}
        return {"method": "POST", "path": "/v1/audio/speech", "json": body}
    if operation == "createTranscription":
        fields = [("model", t.transcription_model, None, None)]
        return {
            "method": "POST",
            "path": "/v1/audio/transcriptions",
            "body": form_payload([*fields, ("file", wav(t), "sound.wav", "audio/wav")]),
        }
    raise ValueError(f"{operation} is no generation")


@minimal_request(*GENERATION, "createChatCompletionLegacy")
def minimal_generation(t: Session, operation: str, form: str) -> dict[str, Any]:
    """Make the arguments of `Session.send` for the simplest valid request."""
    return generation(t, operation)


@minimal_request(*ACCOUNT, *LISTS, "listModels")
def minimal_read(t: Session, operation: str, form: str) -> dict[str, Any]:
    """Make the arguments of `Session.send` for reading a list or something of the account."""
    return {"method": "GET", "path": {**ACCOUNT, **LISTS, "listModels": "/v1/models"}[operation]}


@invalid_request("createChatCompletion", "ERR-VAL-01", "a chat request without messages")
@invalid_request("createChatCompletionLegacy", "CHAT-LEGACY-01", "one without messages")
@invalid_request("createSpeech", "AUD-TTS-02", "a speech request without input")
def without_content(t: Session, operation: str) -> dict[str, Any]:
    """Make the arguments of `Session.send` for a body that lacks what it cannot do without."""
    paths = {**CHAT_PATHS, "createSpeech": "/v1/audio/speech"}
    return {"method": "POST", "path": paths[operation], "json": {"seed": 1}, "free": True}


@invalid_request("createTranscription", "AUD-STT-02", "a form without file")
def without_file(t: Session, operation: str) -> dict[str, Any]:
    """Make the arguments of `Session.send` for a form that lacks its file."""
    form = form_payload([("model", "whisper-1", None, None)])
    return {"method": "POST", "path": "/v1/audio/transcriptions", "body": form, "free": True}


@invalid_request("generateText", "TEXT-GET-05", "a text with a seed that is no number")
@invalid_request("generateImage", "IMG-GET-04", "an image with a width that is no number")
@invalid_request("generateAudio", "AUD-GET-02", "speech with an unknown voice")
@invalid_request("getAccountUsage", "ACC-USAGE-03", "usage with a limit of 0")
def with_invalid_parameter(t: Session, operation: str) -> dict[str, Any]:
    """Make the arguments of `Session.send` for a query with one parameter that is invalid."""
    path, query = {
        "generateText": ("/text/hello", {"seed": "abc"}),
        "generateImage": ("/image/hello", {"width": "abc"}),
        "generateAudio": ("/audio/hello", {"voice": "nobody-at-all"}),
        "getAccountUsage": ("/account/usage", {"limit": "0"}),
    }[operation]
    return {"method": "GET", "path": path, "query": query, "free": True}


def generate(t: Session, operation: str, **options: Any) -> Exchange:
    """Send a small, valid, never seen request of a generation operation."""
    return t.send(**{**generation(t, operation), **options})


def sample(t: Session, operation: str) -> Exchange:
    """Return a fresh response of a generation operation, shared by all checks that only read it."""
    return t.attach(t.once(f"sample {operation}", lambda: t.assert_success(generate(t, operation))))


def available(t: Session, *operations: str) -> list[str]:
    """Return those of some operations that the server has; there must be one."""
    found = [name for name in operations if not t.run.operations[name].missing]
    if not found:
        t.need_operation(operations[0])
    return found


def send_together(count: int, send: Callable[[], Exchange]) -> list[Exchange]:
    """Send several requests at the same time."""
    gate = threading.Barrier(count)
    responses: list[Exchange | None] = [None] * count
    errors: list[BaseException] = []

    def work(place: int) -> None:
        try:
            gate.wait(10)
            responses[place] = send()
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=work, args=(place,)) for place in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]
    return [response for response in responses if response is not None]


def assert_query_is_rejected(t: Session, path: str, name: str, *values: str, **others: str) -> None:
    """Assert that values of a parameter, beside others, are each refused with 400 naming it."""
    for value in values:
        response = t.send("GET", path, query={**others, name: value}, free=True)
        also = "".join(f", {key}={other}" for key, other in others.items())
        with t.separately():
            t.assert_rejected(response, 400, f"GET {path} with {name}={value}{also}", name)
