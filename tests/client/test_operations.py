"""Every operation, synchronous and asynchronous, against the reference server."""

from __future__ import annotations

import asyncio
import hashlib
import importlib
import inspect
import io
import math
import struct
import wave
import zlib
from collections.abc import Callable
from typing import Any

import pytest

from pollinations_client import (
    AsyncPollinations,
    Binary,
    Metadata,
    Pollinations,
    Text,
    models,
)
from pollinations_conformance.server import RunningServer

MESSAGES = [{"role": "user", "content": "Say hello"}]


def png() -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        )

    head = struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0)
    pixels = zlib.compress(b"\0\x7f")
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")
    )


def recording() -> bytes:
    target = io.BytesIO()
    with wave.open(target, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(8000)
        sound.writeframes(
            b"".join(struct.pack("<h", int(9000 * math.sin(n / 5))) for n in range(4000))
        )
    return target.getvalue()


# What is called -> how, and what must come back. `None` for a check means that the type says it all.
CALLS: dict[str, tuple[Callable[[Any], Any], type, Callable[[Any], bool]]] = {
    "account.profile": (lambda c: c.account.profile(), models.Profile, lambda r: bool(r.tier)),
    "account.balance": (
        lambda c: c.account.balance(),
        models.Balance,
        lambda r: isinstance(r.balance, int | float),
    ),
    "account.usage": (
        lambda c: c.account.usage(limit=5),
        models.UsageReport,
        lambda r: r.count == len(r.usage) <= 5,
    ),
    "account.usage csv": (
        lambda c: c.account.usage(format="csv"),
        Text,
        lambda r: r.startswith("timestamp,type,model") and r.content_type == "text/csv",
    ),
    "account.usage_daily": (
        lambda c: c.account.usage_daily(),
        models.DailyUsageReport,
        lambda r: r.count == len(r.usage),
    ),
    "account.usage_daily csv": (
        lambda c: c.account.usage_daily(format="csv"),
        Text,
        lambda r: r.startswith("date,model,meter_source,requests,cost_usd"),
    ),
    "account.key": (lambda c: c.account.key(), models.KeyInfo, lambda r: r.type == "secret"),
    "models.list": (
        lambda c: c.models.list(),
        models.ModelList,
        lambda r: "openai" in {model.id for model in r.data},
    ),
    "models.image": (lambda c: c.models.image(), list, lambda r: r[0].pricing.currency == "pollen"),
    "models.text": (lambda c: c.models.text(), list, lambda r: "openai" in {m.name for m in r}),
    "models.audio": (
        lambda c: c.models.audio(),
        list,
        lambda r: "elevenlabs" in {m.name for m in r},
    ),
    "chat.completions.create": (
        lambda c: c.chat.completions.create(messages=MESSAGES, model="openai"),
        models.ChatCompletion,
        lambda r: bool(r.choices[0].message.content) and r.usage.total_tokens > 0,
    ),
    "chat.completions.create_legacy": (
        lambda c: c.chat.completions.create_legacy(messages=MESSAGES),
        models.ChatCompletion,
        lambda r: bool(r.choices[0].message.content),
    ),
    "text.generate": (
        lambda c: c.text.generate("Say hello / in 10% of the time?"),
        Text,
        lambda r: len(r) > 0 and r.content_type.startswith("text/plain"),
    ),
    "text.generate sound": (
        lambda c: c.text.generate("Say hello", model="openai-audio"),
        Text,
        lambda r: not r and r.content_type == "audio/mpeg" and len(r.content) > 0,
    ),
    "image.generate": (
        lambda c: c.image.generate("a cat\nin space", width=64, height=64),
        Binary,
        lambda r: r.content_type.startswith("image/") and len(r) > 0,
    ),
    "image.generate video": (
        lambda c: c.image.generate("a cat", model="veo", duration=4),
        Binary,
        lambda r: r.content_type == "video/mp4",
    ),
    "audio.generate": (
        lambda c: c.audio.generate("hello", voice="nova"),
        Binary,
        lambda r: (
            r.content_type == "audio/mpeg" and r.metadata.usage["completion_audio_tokens"] == 5
        ),
    ),
    "audio.speech.create": (
        lambda c: c.audio.speech.create(input="hello", response_format="wav"),
        Binary,
        lambda r: r.content[:4] == b"RIFF",
    ),
    "audio.transcriptions.create": (
        lambda c: c.audio.transcriptions.create(file=("talk.wav", recording(), "audio/wav")),
        models.Transcription,
        lambda r: isinstance(r.text, str),
    ),
    "audio.transcriptions.create text": (
        lambda c: c.audio.transcriptions.create(
            file=("talk.wav", recording()), model="scribe", response_format="text"
        ),
        Text,
        lambda r: len(r) > 0,
    ),
    "media.upload": (
        lambda c: c.media.upload(png(), filename="dot.png", verify=True),
        models.Upload,
        lambda r: r.id == hashlib.sha256(png()).hexdigest()[:16] and r.size == len(png()),
    ),
    "media.upload raw": (
        lambda c: c.media.upload(png(), content_type="image/png", form="raw", verify=True),
        models.Upload,
        lambda r: r.size == len(png()),
    ),
    "media.upload json": (
        lambda c: c.media.upload(png(), filename="dot.png", form="json", verify=True),
        models.Upload,
        lambda r: r.size == len(png()),
    ),
}


@pytest.mark.parametrize("name", CALLS)
def test_operation_returns_its_real_content(client: Pollinations, name: str) -> None:
    call, kind, holds = CALLS[name]
    result = call(client)
    assert isinstance(result, kind)
    assert holds(result), result


@pytest.mark.parametrize("name", CALLS)
def test_operation_returns_its_real_content_asynchronously(
    async_client: AsyncPollinations, name: str
) -> None:
    call, kind, holds = CALLS[name]

    async def run() -> Any:
        async with async_client:
            return await call(async_client)

    result = asyncio.run(run())
    assert isinstance(result, kind)
    assert holds(result), result


def test_stored_media_comes_back_and_its_head_tells_about_it(client: Pollinations) -> None:
    stored = client.media.upload(png(), filename="dot.png")
    back = client.media.retrieve(stored.id)
    head = client.media.head(stored.id)
    assert back.content == png()
    assert back.content_type == head.content_type == "image/png"
    assert isinstance(head, Metadata)
    assert head.content_hash == stored.id
    assert client.media.exists(stored.id)
    assert not client.media.exists("0" * 16)


def test_stored_media_comes_back_asynchronously(async_client: AsyncPollinations) -> None:
    async def run() -> tuple[Binary, bool, bool]:
        async with async_client as c:
            stored = await c.media.upload(png(), filename="dot.png")
            back = await c.media.retrieve(stored.id)
            return back, await c.media.exists(stored.id), await c.media.exists("0" * 16)

    back, there, elsewhere = asyncio.run(run())
    assert (back.content, there, elsewhere) == (png(), True, False)


@pytest.mark.parametrize("resource", ["chat", "text"])
def test_streams_add_up_to_the_whole_response(client: Pollinations, resource: str) -> None:
    if resource == "chat":
        whole = client.chat.completions.create(messages=MESSAGES, seed=-1)
        stream = client.chat.completions.create(messages=MESSAGES, seed=-1, stream=True)
    else:
        stream = client.text.generate("Say hello", stream=True, seed=-1)
        whole = None
    with stream:
        text = "".join(chunk.text for chunk in stream)
    final = stream.snapshot()
    assert text
    assert final is not None
    assert final.choices[0].message.content == text
    assert final.choices[0].finish_reason
    assert final.usage.total_tokens > 0
    if whole is not None:
        assert whole.choices[0].message.role == final.choices[0].message.role


def test_async_streams_add_up_to_the_whole_response(async_client: AsyncPollinations) -> None:
    async def run() -> tuple[str, Any]:
        async with (
            async_client as c,
            await c.chat.completions.create(messages=MESSAGES, stream=True) as stream,
        ):
            text = "".join([chunk.text async for chunk in stream])
            return text, stream.snapshot()

    text, final = asyncio.run(run())
    assert final.choices[0].message.content == text != ""


def operation_modules() -> list[str]:
    package = importlib.import_module("pollinations_client.api")
    from pathlib import Path

    root = Path(next(iter(package.__path__)))
    return sorted(
        f"pollinations_client.api.{path.parent.name}.{path.stem}"
        for path in root.glob("*/*.py")
        if path.stem != "__init__"
    )


def test_every_operation_has_its_four_functions() -> None:
    names = operation_modules()
    assert len(names) == 19
    for name in names:
        module = importlib.import_module(name)
        for function in ("sync", "sync_detailed", "asyncio", "asyncio_detailed"):
            assert inspect.isfunction(getattr(module, function)), (name, function)


def test_functions_return_what_the_methods_return(
    client: Pollinations, async_client: AsyncPollinations
) -> None:
    from pollinations_client.api.account import get_account_balance
    from pollinations_client.api.chat import create_chat_completion
    from pollinations_client.api.media import upload_media

    detailed = get_account_balance.sync_detailed(client=client)
    assert detailed.status_code == 200
    assert detailed.parsed == client.account.balance()
    body = models.CreateChatCompletionRequest(messages=[models.UserMessage(content="Hi")])
    assert isinstance(create_chat_completion.sync(client=client, body=body), models.ChatCompletion)
    streamed = create_chat_completion.sync(
        client=client, body={"messages": MESSAGES, "stream": True}
    )
    assert not isinstance(streamed, models.ChatCompletion)
    assert streamed.final().choices[0].finish_reason
    assert upload_media.sync(("dot.png", png()), client=client).size == len(png())

    async def run() -> models.Balance:
        async with async_client:
            return await get_account_balance.asyncio(client=async_client)

    assert asyncio.run(run()).to_dict().keys() == {"balance"}


def test_raw_response_has_status_headers_bytes_and_result(
    client: Pollinations, async_client: AsyncPollinations
) -> None:
    raw = client.chat.completions.with_raw_response.create(messages=MESSAGES)
    assert raw.status_code == 200
    assert raw.request_id
    assert raw.parse().to_dict()["object"] == "chat.completion"
    assert raw.content.startswith(b"{")

    async def run() -> Any:
        async with async_client as c:
            return await c.image.with_raw_response.generate("a cat", width=64, height=64)

    assert asyncio.run(run()).parsed.content_type.startswith("image/")


def test_model_restrictions_and_permissions_are_typed_errors(server: RunningServer) -> None:
    from pollinations_client import PermissionDeniedError

    with (
        Pollinations(
            api_key=server.keys["restricted"],
            base_url=server.base_url,
            media_base_url=server.media_url,
        ) as restricted,
        pytest.raises(PermissionDeniedError) as caught,
    ):
        restricted.chat.completions.create(messages=MESSAGES, model="claude")
    assert caught.value.code == "FORBIDDEN"
    assert caught.value.request_id
