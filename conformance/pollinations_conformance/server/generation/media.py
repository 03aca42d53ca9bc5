"""Real images, videos and audio, made from a text; small and quick to make.

Pillow and PyAV are imported when the first one is requested.
"""

import functools
import hashlib
import importlib
import io
import math
import struct
from typing import Any

# Larger images are made in this size at most, in the requested proportion.
MAX_SIDE = 2048
DEFAULT_SIDE = 1024
FRAMES_PER_SECOND = 8
MAX_SPEECH_SECONDS = 30.0

# response_format -> media type as the service labels it.
AUDIO_TYPES = {
    "mp3": "audio/mpeg",
    "opus": "audio/opus",
    "aac": "audio/aac",
    "flac": "audio/flac",
    "wav": "audio/wav",
    "pcm": "audio/pcm",
}
PCM_RATE = 24_000

# format -> container, codec, sample format and rates: for speech, and for what is long
_CODECS = {
    "mp3": ("mp3", "libmp3lame", "s16p", 24_000, 8_000),
    "opus": ("ogg", "libopus", "s16", 24_000, 8_000),
    "aac": ("adts", "aac", "fltp", 24_000, 8_000),
    "flac": ("flac", "flac", "s16", 24_000, 8_000),
}
_LONG_SECONDS = 10.0
# The codecs' quickest settings: nobody listens to it, but everybody waits for it.
_QUICK = {
    "mp3": {"compression_level": "9"},
    "opus": {"compression_level": "0", "b": "32000"},
    "aac": {"aac_coder": "fast", "b": "32000"},
}

# The same bytes every time: no random serial numbers, no version of the library.
_EXACT = {"fflags": "+bitexact"}


def _pillow() -> tuple[Any, Any]:
    # Neither library is typed to the end; both are slow to import.
    return importlib.import_module("PIL.Image"), importlib.import_module("PIL.ImageDraw")


def _av() -> Any:
    return importlib.import_module("av")


def _bytes(*parts: object) -> bytes:
    return hashlib.sha256("\x1f".join(map(str, parts)).encode("utf-8", "replace")).digest()


def image_size(width: int | None, height: int | None) -> tuple[int, int]:
    """Return the size of an image in pixels: what was requested, within the cap."""
    wide, high = width or DEFAULT_SIDE, height or DEFAULT_SIDE
    most = max(wide, high)
    if most > MAX_SIDE:
        wide, high = max(1, wide * MAX_SIDE // most), max(1, high * MAX_SIDE // most)
    return wide, high


def _drawing(seed: bytes, width: int, height: int, shift: float = 0.0) -> Any:
    images, drawing = _pillow()
    small = images.new("RGB", (48, 48), (seed[0], seed[1], seed[2]))
    draw = drawing.Draw(small)
    for n in range(8):
        a, b, c, d = seed[3 + n * 3 : 7 + n * 3] if n < 7 else seed[0:4]
        x = (a / 256 + shift * (1 if n % 2 else -1)) % 1 * 48
        y, reach = b / 256 * 48, 4 + c % 16
        draw.ellipse((x - reach, y - reach, x + reach, y + reach), fill=(d, a, b))
    return small.resize((width, height), images.Resampling.BILINEAR)


def image(text: str, width: int, height: int, form: str = "JPEG", seed: object = 0) -> bytes:
    """Return an image.

    Args:
        text: the prompt.
        width: pixels.
        height: pixels.
        form: `JPEG` or `PNG`; a PNG is transparent outside an ellipse.
        seed: another seed gives another image.
    """
    drawn = _drawing(_bytes(text, seed), width, height)
    if form == "PNG":
        images, drawing = _pillow()
        mask = images.new("L", (width, height), 0)
        drawing.Draw(mask).ellipse((0, 0, width - 1, height - 1), fill=255)
        drawn.putalpha(mask)
    out = io.BytesIO()
    drawn.save(out, form, quality=80)
    return out.getvalue()


def video(
    text: str, seconds: int, width: int, height: int, seed: object = 0, *, sound: bool = False
) -> bytes:
    """Return a video: H.264 in MP4, small, with a tone when requested.

    Args:
        text: the prompt.
        seconds: length.
        width: pixels of the requested size; only the proportion is kept.
        height: the same.
        seed: another seed gives another video.
        sound: whether it has a sound track.
    """
    av = _av()
    scale = 256 / max(width, height, 1)
    wide, high = max(16, int(width * scale) // 2 * 2), max(16, int(height * scale) // 2 * 2)
    rng = _bytes(text, seed)
    out = io.BytesIO()
    with av.open(out, "w", format="mp4", options=_EXACT) as container:
        stream: Any = container.add_stream("libx264", rate=FRAMES_PER_SECOND)
        stream.width, stream.height, stream.pix_fmt = wide, high, "yuv420p"
        stream.options = {"preset": "ultrafast", "crf": "32", "threads": "1"}
        track: Any = None
        if sound:
            track = container.add_stream("aac", rate=8_000)
            track.layout = "mono"
        total = seconds * FRAMES_PER_SECOND
        for number in range(total):
            frame = av.VideoFrame.from_image(_drawing(rng, wide, high, number / total))
            frame.pts = number
            for packet in stream.encode(frame):
                container.mux(packet)
        for packet in stream.encode():
            container.mux(packet)
        if track is not None:
            _encode(container, track, _tone(rng, seconds, 8_000), 8_000, "fltp")
    return out.getvalue()


def _tone(seed: bytes, seconds: float, rate: int) -> bytes:
    """Return 16-bit mono samples: a melody of quarter-second notes."""
    total = round(seconds * rate)
    count = math.ceil(total / (rate // 4))
    notes = (_note(seed[number % 32] % 12, rate) for number in range(count))
    return b"".join(notes)[: total * 2]


@functools.lru_cache(64)
def _note(pitch: int, rate: int) -> bytes:
    length = rate // 4
    step = 2 * math.pi * 220 * 2 ** (pitch / 12) / rate
    fade = [min(1.0, n / 200, (length - n) / 200) for n in range(length)]
    values = (int(8000 * fade[n] * math.sin(step * n)) for n in range(length))
    return struct.pack(f"<{length}h", *values)


def audio(
    seed_text: str, seconds: float, form: str, title: str = "", *, rate: int | None = None
) -> bytes:
    """Return audio.

    Args:
        seed_text: another text gives another melody.
        seconds: length.
        form: mp3, opus, aac, flac, wav or pcm.
        title: kept inside the file where the format has a place for it.
        rate: samples a second; None for a suitable one. PCM always has `PCM_RATE`.
    """
    rng = _bytes(seed_text)
    title = title.encode("utf-8", "replace").decode()
    if form in ("wav", "pcm"):
        chosen = rate or PCM_RATE
        samples = _tone(rng, seconds, chosen)
        return samples if form == "pcm" else _wav(samples, chosen, title)
    av = _av()
    container_name, codec, layout, short, long = _CODECS[form]
    chosen = rate or (long if seconds > _LONG_SECONDS else short)
    out = io.BytesIO()
    with av.open(out, "w", format=container_name, options=_EXACT) as container:
        if title and form != "aac":
            container.metadata["title"] = title
        stream: Any = container.add_stream(codec, rate=chosen, options=dict(_QUICK.get(form, {})))
        stream.layout = "mono"
        _encode(container, stream, _tone(rng, seconds, chosen), chosen, layout)
    return out.getvalue()


def _encode(container: Any, stream: Any, samples: bytes, rate: int, layout: str) -> None:
    av = _av()
    resampler = av.AudioResampler(format=layout, layout="mono", rate=rate)
    fifo = av.AudioFifo()
    step = rate * 2
    for number, start in enumerate(range(0, len(samples), step)):
        part = samples[start : start + step]
        frame = av.AudioFrame(format="s16", layout="mono", samples=len(part) // 2)
        frame.planes[0].update(part)
        frame.sample_rate = rate
        frame.pts = number * rate
        for resampled in resampler.resample(frame):
            fifo.write(resampled)
    size = stream.codec_context.frame_size or 1024
    pts = 0
    while (chunk := fifo.read(size, partial=True)) is not None:
        chunk.pts = pts
        pts += chunk.samples
        for packet in stream.encode(chunk):
            container.mux(packet)
    for packet in stream.encode():
        container.mux(packet)


def _wav(samples: bytes, rate: int, title: str) -> bytes:
    extra = b""
    if title:
        text = title.encode() + b"\0"
        text += b"\0" * (len(text) % 2)
        info = b"INFOINAM" + struct.pack("<I", len(text)) + text
        extra = b"LIST" + struct.pack("<I", len(info)) + info
    head = struct.pack("<4sIHHIIHH", b"fmt ", 16, 1, 1, rate, rate * 2, 2, 16)
    data = b"data" + struct.pack("<I", len(samples)) + samples
    return (
        b"RIFF"
        + struct.pack("<I", 4 + len(head) + len(extra) + len(data))
        + b"WAVE"
        + head
        + extra
        + data
    )


def speech_seconds(text: str) -> float:
    """Return how long it takes to speak a text; there is an upper bound."""
    return min(MAX_SPEECH_SECONDS, 0.4 + 0.06 * len(text))


def speech(text: str, voice: str, form: str) -> bytes:
    """Return speech (a melody); the text is kept as the title, where the format has one."""
    return audio(f"{voice}\x1f{text}", speech_seconds(text), form, text)


def read_recording(data: bytes) -> tuple[float | None, str]:
    """Read a recording.

    Returns:
        Its length in seconds (None when it is no recording) and its title.
    """
    av = _av()
    try:
        with av.open(io.BytesIO(data)) as container:
            title = container.metadata.get("title", "") or container.metadata.get("TITLE", "")
            stream: Any = container.streams.audio[0]
            title = title or stream.metadata.get("title", "") or stream.metadata.get("TITLE", "")
            if container.duration:
                return container.duration / 1_000_000, title
            return sum(f.samples for f in container.decode(audio=0)) / stream.rate, title
    except (av.FFmpegError, IndexError, ValueError, OSError):
        return None, ""
