"""Small files to upload, and decoders of images, audio and videos."""

import hashlib
import io
import math
import re
import struct
import wave
import zlib
from typing import Any, cast

from pollinations_conformance.suite import Exchange, PreconditionFailed, Session, Violated
from pollinations_conformance.suite.errors import SuiteError


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


def image_size(exchange: Exchange) -> tuple[int, int]:
    """Decode an image and return its width and height.

    Raises:
        SuiteError: it cannot be decoded, or is of another kind than its Content-Type; that it can
            be is the requirement of the operation's success.
    """
    from PIL import Image

    try:
        with Image.open(io.BytesIO(exchange.content)) as image:
            image.load()
            kind = Image.MIME.get(image.format or "", "unknown")
            size = image.size
    except Exception as error:
        raise _not_decodable(
            exchange,
            f"the body ({len(exchange.content)} bytes of {exchange.media_type}) "
            f"is no image that can be decoded: {without_addresses(error)}",
        ) from None
    if kind != exchange.media_type:
        raise _not_decodable(
            exchange, f"the body is {kind}, the Content-Type is {exchange.media_type}"
        )
    return size


def media_seconds(exchange: Exchange, kind: str) -> float:
    """Decode audio or video to its end and return its length in seconds.

    Args:
        exchange: with the file as its body.
        kind: "audio" or "video".

    Raises:
        SuiteError: it cannot be decoded, or has no stream of that kind.
    """
    import av

    try:
        with av.open(io.BytesIO(exchange.content)) as container:
            streams = container.streams.video if kind == "video" else container.streams.audio
            if not streams:
                raise _not_decodable(
                    exchange, f"the body of type {exchange.media_type} has no {kind} in it"
                )
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
    except SuiteError:
        raise
    except Exception as error:
        raise _not_decodable(
            exchange,
            f"the body ({len(exchange.content)} bytes of {exchange.media_type}) "
            f"cannot be decoded: {without_addresses(error)}",
        ) from None
    if not frames:
        raise _not_decodable(
            exchange, f"the body of type {exchange.media_type} holds nothing that can be played"
        )
    return end


def _not_decodable(exchange: Exchange, message: str) -> SuiteError:
    """Return what to raise for a file that cannot be decoded."""
    if exchange.operation in FILES:
        return PreconditionFailed(FILES[exchange.operation], message, exchange)
    return Violated(message, exchange)


FILES = {
    "generateImage": "IMG-GET-01",
    "generateAudio": "AUD-GET-01",
    "createSpeech": "AUD-TTS-01",
}
"""By operation, the requirement that its files can be decoded."""


def audio_container(data: bytes) -> str:
    """Return the container of audio by its first bytes."""
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


def without_addresses(error: Exception) -> str:
    """Return what a decoder reports, without what differs from run to run."""
    return re.sub(r" *<[^<>]* at 0x[0-9a-f]+>", "", " ".join(str(error).split()))
