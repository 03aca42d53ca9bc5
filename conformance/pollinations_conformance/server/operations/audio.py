"""Audio: speech, music and transcription."""

import asyncio
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, cast

from pollinations_conformance.server.backend import (
    INSUFFICIENT_BALANCE,
    Backend,
    Handler,
    RoutedCall,
    exact_number,
    finite_number,
)
from pollinations_conformance.server.encoding import dumps
from pollinations_conformance.server.errors import Refused
from pollinations_conformance.server.generation import media
from pollinations_conformance.server.generation.fake_text import seeded_rng, sentences
from pollinations_conformance.server.http import Reply
from pollinations_conformance.server.registry import DEFAULT_MODELS


class AudioOperations:
    """The operations of the tag `audio`."""

    def __init__(self, backend: Backend) -> None:
        self.backend = backend

    def handlers(self) -> dict[str, Handler]:
        """Return what each operation does, by its id."""
        return {
            "generateAudio": self.audio,
            "createSpeech": self.speech,
            "createTranscription": self.transcription,
        }

    async def audio(self, routed: RoutedCall) -> Reply:
        """GET /audio/{text}."""
        query = routed.values.query
        seconds = finite_number(query.get("duration"))
        return await self.generate(routed, routed.values.path["text"], query, seconds)

    async def speech(self, routed: RoutedCall) -> Reply:
        """POST /v1/audio/speech."""
        body = cast("dict[str, Any]", routed.values.body)
        message = "Insufficient pollen balance for audio generation"
        return await self.generate(routed, str(body["input"]), body, body.get("duration"), message)

    async def generate(
        self,
        routed: RoutedCall,
        text: str,
        wanted: Mapping[str, Any],
        seconds: float | None,
        message: str = INSUFFICIENT_BALANCE,
    ) -> Reply:
        """Generate speech or music.

        Args:
            routed: the request.
            text: to be spoken, or a description of music.
            wanted: model, voice and response_format.
            seconds: of music.
            message: when there is no pollen.

        Raises:
            Refused: the key, the model or the text does not allow it.
        """
        requested = str(wanted.get("model") or DEFAULT_MODELS[routed.operation])
        model = self.backend.find_model(requested)
        key = self.backend.authorize(routed, model, requested, message)
        await self.backend.think()
        self.backend.require_kind(model, fits=model.does in ("speech", "music"))
        usage: dict[str, int | Decimal]
        if model.does == "music":
            length = min(300.0, max(3.0, seconds or 10.0))
            seed = f"music{self.backend.options.seed}{text}"
            data = await asyncio.to_thread(media.audio, seed, length, "mp3", text[:200])
            kind = "audio/mpeg"
            usage = {"completionAudioSeconds": exact_number(length)}
        else:
            if len(text) > 4096:
                raise Refused(400, f"Input text too long: {len(text)} characters. Maximum is 4096.")
            form = str(wanted.get("response_format") or "mp3")
            voice = str(wanted.get("voice") or "alloy")
            made = "pcm" if form == "flac" and self.backend.follows_service else form
            data = await asyncio.to_thread(media.speech, text, voice, made)
            kind = media.AUDIO_TYPES[made]
            usage = {"completionAudioTokens": max(1, len(text))}
        headers = self.backend.charge(routed, key, model, usage)
        if (script := routed.call.use_script("media")) is not None:
            data, kind = script.media or b"", script.media_type
        return Reply(200, [("Content-Type", kind), *headers], data)

    async def transcription(self, routed: RoutedCall) -> Reply:
        """POST /v1/audio/transcriptions."""
        fields = cast("dict[str, Any]", routed.values.body or {})
        requested = str(fields.get("model") or DEFAULT_MODELS[routed.operation])
        model = self.backend.find_model(requested)
        message = "Insufficient pollen balance for transcription"
        key = self.backend.authorize(routed, model, requested, message)
        await self.backend.think()
        self.backend.require_kind(model, fits=model.does == "transcription")
        data = routed.values.files["file"].content
        length, title = await asyncio.to_thread(media.read_recording, data)
        seconds = round(length if length is not None else max(0.1, len(data) / 16_000), 2)
        random = seeded_rng(self.backend.options.seed, data.hex()[:4096])
        form = str(fields.get("response_format") or "json")
        if self.backend.follows_service:
            _refuse_as_recorded(model.id, form)
        script = routed.call.use_script("text")
        text = (script and script.text) or title or sentences(random, "a recording", 1)
        headers = self.backend.charge(
            routed, key, model, {"promptAudioSeconds": exact_number(seconds)}
        )
        language = str(fields.get("language") or "en")
        body, kind = _transcript(form, text, seconds, language)
        return Reply(200, [("Content-Type", kind), *headers], body)


def _refuse_as_recorded(model: str, form: str) -> None:
    """Refuse the formats of transcripts that the recorded service does not produce."""
    if model == "scribe" and form in ("srt", "vtt"):
        supported = "Supported: json, text, verbose_json"
        message = f"Unsupported response_format for scribe model: {form}. {supported}"
        raise Refused(400, message)
    if model != "scribe" and form in ("text", "srt", "vtt"):
        raise Refused(500, None, {"name": "SyntaxError"})


def _transcript(form: str, text: str, seconds: float, language: str) -> tuple[bytes, str]:
    """Return a transcript in one of its formats, and its media type."""
    plain = "text/plain; charset=utf-8"
    if form == "text":
        return text.encode("utf-8", "replace"), plain
    if form in ("srt", "vtt"):
        mark = "," if form == "srt" else "."
        start, end = _timestamp(0, mark), _timestamp(seconds, mark)
        head = "1\n" if form == "srt" else "WEBVTT\n\n"
        return f"{head}{start} --> {end}\n{text}\n".encode("utf-8", "replace"), plain
    body: dict[str, Any] = {"text": text}
    if form == "verbose_json":
        segment = {"id": 0, "start": 0, "end": seconds, "text": text}
        parts = text.split()
        step = seconds / max(1, len(parts))
        spoken = [
            {"word": part, "start": round(n * step, 3), "end": round((n + 1) * step, 3)}
            for n, part in enumerate(parts)
        ]
        body = {
            "text": text,
            "task": "transcribe",
            "language": language,
            "duration": seconds,
            "segments": [segment],
            "words": spoken,
        }
    body["usage"] = {"type": "duration", "duration": seconds}
    return dumps(body), "application/json"


def _timestamp(seconds: float, mark: str) -> str:
    whole, part = divmod(round(seconds * 1000), 1000)
    return f"{whole // 3600:02}:{whole // 60 % 60:02}:{whole % 60:02}{mark}{part:03}"
