"""What several checks need: valid requests of every operation, small files, and judges of files."""

import hashlib
import io
import math
import struct
import wave
import zlib
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any, cast

from pollinations_conformance.http.json import is_list, is_object
from pollinations_conformance.suite.runner import Broken, CannotTell, Session, segment
from pollinations_conformance.suite.target import (
    Exchange,
    Host,
    Payload,
    form_payload,
    json_payload,
)

IMMUTABLE = "public, max-age=31536000, immutable"

GENERATION = (
    "createChatCompletion",
    "generateText",
    "generateImage",
    "generateAudio",
    "createSpeech",
    "createTranscription",
)
KIND = {
    "createChatCompletion": "text",
    "createChatCompletionLegacy": "text",
    "generateText": "text",
    "generateImage": "image",
    "generateAudio": "audio",
    "createSpeech": "audio",
    "createTranscription": "transcription",
}
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


def generate(t: Session, operation: str, **options: Any) -> Exchange:
    """Send a small, valid, never seen request of a generation operation."""
    return t.send(**{**generation(t, operation), **options})


def sample(t: Session, operation: str) -> Exchange:
    """Give a fresh answer of a generation operation, shared by all checks that only look."""
    return t.remember(t.once(f"sample {operation}", lambda: t.ok(generate(t, operation))))


def available(t: Session, *operations: str) -> list[str]:
    """List those of some operations that the server has; there must be one."""
    found = [name for name in operations if not t.run.operations[name].missing]
    if not found:
        t.need_operation(operations[0])
    return found


def no_head(answer: Exchange) -> bool:
    """Whether HEAD is a method that the server does not have; that it must is GEN-HEAD-01."""
    return answer.method == "HEAD" and answer.status in {404, 405, 501}


def is_stream(answer: Exchange) -> bool:
    """Tell whether an answer is an event stream."""
    return answer.media_type == "text/event-stream"


def need_stream(answer: Exchange) -> Exchange:
    """Go on only with a stream; that a streaming request gets one is CHAT-STREAM-01."""
    if not is_stream(answer):
        raise CannotTell(
            f"the answer to a streaming request is no stream but {answer.header('content-type')!r}"
        )
    return answer


def png(t: Session, size: int = 2, note: str = "") -> bytes:
    """Make a small PNG that no other call makes, with a text chunk of any length."""
    colour = hashlib.sha256(f"{t.fresh(note)}".encode()).digest()
    row = b"\0" + (colour * (size * 3 // len(colour) + 1))[: size * 3]

    def chunk(kind: bytes, data: bytes) -> bytes:
        code = zlib.crc32(kind + data)
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", code)

    header = struct.pack(">IIBBBBB", size, size, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(row * size))
        + chunk(b"tEXt", b"Comment\0" + colour.hex().encode())
        + chunk(b"IEND", b"")
    )


def wav(t: Session, seconds: float = 0.4, rate: int = 8000) -> bytes:
    """Make a short tone as a WAV file; its pitch depends on the check."""
    pitch = 300 + t.random.randrange(400)
    samples = [
        int(9000 * math.sin(2 * math.pi * pitch * n / rate)) for n in range(int(seconds * rate))
    ]
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(struct.pack(f"<{len(samples)}h", *samples))
    return out.getvalue()


def upload(
    t: Session, data: bytes, content_type: str | None = "image/png", **options: Any
) -> Exchange:
    """Upload bytes as they are."""
    return send_media(t, "POST", "/upload", body=Payload(data, content_type), **options)


def upload_json(t: Session, value: Any, **options: Any) -> Exchange:
    """Upload by JSON."""
    return send_media(t, "POST", "/upload", body=json_payload(value), **options)


def send_media(t: Session, method: str, path: str, **options: Any) -> Exchange:
    """Send a request to the media host."""
    host: Host = "media"
    return t.send(method, path, host=host, **options)


def image_size(exchange: Exchange) -> tuple[int, int]:
    """Decode an image and give its width and height.

    Raises:
        Broken: it cannot be decoded, or is of another kind than its Content-Type says.
    """
    from PIL import Image

    try:
        with Image.open(io.BytesIO(exchange.content)) as picture:
            picture.load()
            kind = Image.MIME.get(picture.format or "", "unknown")
            size = picture.size
    except Exception as error:
        raise Broken(
            f"the body ({len(exchange.content)} bytes of {exchange.media_type}) "
            f"is no image that can be decoded: {error}"
        ) from None
    if kind != exchange.media_type:
        raise Broken(f"the body is {kind}, the Content-Type says {exchange.media_type}")
    return size


def media_seconds(exchange: Exchange, kind: str) -> float:
    """Decode sound or video to its end and give its length in seconds.

    Args:
        exchange: with the file as its body.
        kind: "audio" or "video".

    Raises:
        Broken: it cannot be decoded, or has no stream of that kind.
    """
    import av

    try:
        with av.open(io.BytesIO(exchange.content)) as container:
            streams = container.streams.video if kind == "video" else container.streams.audio
            if not streams:
                raise Broken(f"the body of type {exchange.media_type} has no {kind} in it")
            stream = streams[0]
            end = 0.0
            frames = 0
            for frame in cast("Any", container).decode(stream):
                frames += 1
                if isinstance(frame, av.AudioFrame):
                    end += frame.samples / frame.sample_rate
                elif isinstance(frame, av.VideoFrame):
                    end = max(end, float(frame.time))
            rate = getattr(stream, "average_rate", None)
            if kind == "video" and rate:
                end += 1 / float(rate)
    except Broken:
        raise
    except Exception as error:
        raise Broken(
            f"the body ({len(exchange.content)} bytes of {exchange.media_type}) "
            f"cannot be decoded: {' '.join(str(error).split())}"
        ) from None
    if not frames:
        raise Broken(f"the body of type {exchange.media_type} holds nothing that can be played")
    return end


def sound_kind(data: bytes) -> str:
    """Tell the container of sound by its first bytes."""
    if data[:4] == b"RIFF" and data[8:12] == b"WAVE":
        return "wav"
    if data[:4] == b"OggS":
        return "ogg"
    if data[:4] == b"fLaC":
        return "flac"
    if data[:3] == b"ID3" or (len(data) > 1 and data[0] == 0xFF and data[1] & 0xE6 in {0xE2, 0xE4}):
        return "mp3"
    if len(data) > 1 and data[0] == 0xFF and data[1] & 0xF6 == 0xF0:
        return "aac"
    if data[4:8] == b"ftyp":
        return "mp4"
    return "unknown"


def instant(text: object) -> datetime | None:
    """Read an ISO 8601 instant in UTC; None when it is something else."""
    if not isinstance(text, str) or not text.endswith("Z"):
        return None
    try:
        return datetime.fromisoformat(text[:-1] + "+00:00")
    except ValueError:
        return None


def now() -> datetime:
    """Give the present instant."""
    return datetime.now(UTC)


def present(exchange: Exchange) -> datetime:
    """Give the instant of an answer, by the server's clock when this machine's is another one."""
    here = now()
    try:
        told = parsedate_to_datetime(exchange.header("date") or "")
    except ValueError:
        return here
    there = told if told.tzinfo else told.replace(tzinfo=UTC)
    return there if abs(there - here) > timedelta(minutes=2) else here


def answer_text(t: Session, exchange: Exchange) -> str | None:
    """Give the text of a chat completion."""
    content: object = message_of(t, exchange).get("content")
    return content if isinstance(content, str) else None


def message_of(t: Session, exchange: Exchange) -> dict[str, Any]:
    """Give the message of a chat completion's first choice."""
    choices: Any = t.object(exchange).get("choices")
    t.require(is_list(choices) and choices, "the completion has no choice")
    first: Any = choices[0]
    message: object = first.get("message") if is_object(first) else None
    if not is_object(message):
        raise Broken("the first choice has no message")
    return message
