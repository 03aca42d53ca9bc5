"""Defects of speech, music and transcripts."""

import json
from typing import Any

from pollinations_conformance.server.backend import RoutedCall
from pollinations_conformance.server.defects.mutators import (
    AUDIO,
    SPEECH,
    STT,
    accept,
    assign,
    edit_body,
    field_of,
    header,
    on_call,
    on_json,
    on_reply,
    on_service,
    put,
    refuse,
    scope_of,
    swap,
    without,
)
from pollinations_conformance.server.encoding import dumps
from pollinations_conformance.server.errors import Refused
from pollinations_conformance.server.http import Call, Reply
from pollinations_conformance.server.registry import Model
from pollinations_conformance.server.service import Service


def _silence(_call: Call, reply: Reply) -> None:
    if (reply.header("content-type") or "").startswith("audio/"):
        reply.body = b""


def _one_token(_call: Call, reply: Reply) -> None:
    if reply.header("x-usage-completion-audio-tokens"):
        reply.set("x-usage-completion-audio-tokens", "1")
        reply.set("x-usage-total-tokens", "1")


def _no_seconds(_call: Call, reply: Reply) -> None:
    reply.set("x-usage-completion-audio-seconds", None)


def _always_mp3(call: Call, _service: Service) -> None:
    edit_body(
        call,
        lambda b: (
            b.update(response_format="mp3") if b.get("response_format") in ("wav", "opus") else None
        ),
    )


def _short_input(routed: RoutedCall) -> bool:
    return len(str(field_of(routed, "input"))) > 4000


def _long_input(service: Service) -> None:
    def make(honest: Any) -> Any:
        async def voice(routed: RoutedCall, text: str, *rest: Any) -> Any:
            return await honest(routed, text[:4000], *rest)

        return voice

    swap(service.audio, "generate", make)


def _any_model(service: Service) -> None:
    def make(honest: Any) -> Any:
        def validate(routed: RoutedCall) -> None:
            try:
                honest(routed)
            except Refused as refused:
                if (
                    "Invalid service or alias" not in str(refused)
                    or routed.operation not in f"{AUDIO} {STT}".split()
                ):
                    raise
                routed.values.body = without(routed.values.body, "model")

        return validate

    swap(service.validator, "validate", make)
    find = service.backend.find_model

    def find_any(name: str) -> Model:
        return service.registry.resolve(name) or find("elevenlabs")

    put(service.backend, "find_model", find_any)


def _no_transcript(_call: Call, reply: Reply) -> None:
    if "json" in (reply.header("content-type") or ""):
        body = json.loads(reply.body)
        body["transcript"] = body.pop("text", None)
        reply.body = dumps(body)


def _wrapped(_call: Call, reply: Reply) -> None:
    if (reply.header("content-type") or "").startswith("text/plain"):
        reply.body = dumps({"text": reply.body.decode()})
        reply.set("Content-Type", "application/json")


on_reply("audio-silent", "AUD-GET-01", "the audio has no bytes", AUDIO, _silence, 200)
on_reply(
    "audio-called-octets",
    "AUD-GET-01",
    "the audio is called application/octet-stream",
    AUDIO,
    header("Content-Type", "application/octet-stream"),
    200,
)
accept("audio-voice-lenient", "AUD-GET-02", "any voice is accepted", AUDIO, "voice")
refuse(
    "audio-nova-refused",
    "AUD-GET-03",
    "the voice nova is refused",
    AUDIO,
    "voice",
    lambda w: field_of(w, "voice") == "nova",
)
refuse(
    "audio-counts-bytes",
    "AUD-GET-08",
    "the limit of the text counts bytes",
    AUDIO,
    "text",
    lambda w: len(str(field_of(w, "text")).encode()) > 4096,
)
accept(
    "audio-format-lenient",
    "AUD-GET-04",
    "any response_format is accepted",
    AUDIO,
    "response_format",
)
accept(
    "audio-instrumental-lenient",
    "AUD-GET-05",
    "anything is accepted as instrumental",
    AUDIO,
    "instrumental",
)
on_reply("audio-one-token", "AUD-GET-06", "all speech counts one token", AUDIO, _one_token, 200)
on_reply(
    "music-length-missing",
    "AUD-GET-07",
    "the length of music is not reported",
    AUDIO,
    _no_seconds,
    200,
)
on_service("audio-any-length", "AUD-GET-08", "too long a text is cut", _long_input, scope_of(AUDIO))
on_reply(
    "audio-cached",
    "AUD-GET-09",
    "speech carries X-Cache",
    AUDIO,
    lambda _c, r: None if r.header("x-cache") else r.set("X-Cache", "MISS"),
    200,
)
on_service(
    "audio-any-model",
    "AUD-GET-10",
    "an unknown model means the default one",
    _any_model,
    scope_of(AUDIO),
)
on_reply("speech-silent", "AUD-TTS-01", "the audio has no bytes", SPEECH, _silence, 200)
on_reply(
    "speech-called-json",
    "AUD-TTS-01",
    "the audio is called application/json",
    SPEECH,
    header("Content-Type", "application/json"),
    200,
)
accept("speech-input-lenient", "AUD-TTS-02", "any input is accepted", SPEECH, "input")
refuse(
    "speech-input-short",
    "AUD-TTS-02",
    "4096 characters are too many",
    SPEECH,
    "input",
    _short_input,
)
accept("speech-speed-lenient", "AUD-TTS-03", "any speed is accepted", SPEECH, "speed")
refuse(
    "speech-speed-edges",
    "AUD-TTS-03",
    "the edges of the speed are refused",
    SPEECH,
    "speed",
    lambda w: field_of(w, "speed") in (0.25, 4),
)
accept("speech-duration-lenient", "AUD-TTS-04", "any duration is accepted", SPEECH, "duration")
accept(
    "speech-format-lenient",
    "AUD-TTS-05",
    "any response_format is accepted",
    SPEECH,
    "response_format",
)
refuse(
    "speech-voice-closed",
    "AUD-TTS-06",
    "a custom voice is refused",
    SPEECH,
    "voice",
    lambda w: len(str(field_of(w, "voice"))) > 12,
)
on_call("speech-always-mp3", "AUD-TTS-07", "every format is MP3", SPEECH, _always_mp3)
on_reply("speech-one-token", "AUD-TTS-08", "all speech counts one token", SPEECH, _one_token, 200)
on_reply(
    "speech-model-unnamed",
    "AUD-TTS-08",
    "x-model-used is missing",
    SPEECH,
    header("x-model-used", None),
    200,
)
on_reply(
    "transcript-renamed",
    "AUD-STT-01",
    "the transcript is in another field",
    STT,
    _no_transcript,
    200,
)
on_json(
    "transcript-file-optional",
    "AUD-STT-02",
    "the refusal does not name the file",
    STT,
    assign("error.message", "Bad request"),
    400,
)
on_service(
    "transcript-any-model",
    "AUD-STT-03",
    "an unknown model means the default one",
    _any_model,
    scope_of(STT),
)
on_reply(
    "transcript-length-missing",
    "AUD-STT-04",
    "the length of the recording is not reported",
    STT,
    header("x-usage-prompt-audio-seconds", None),
    200,
)
refuse(
    "transcript-scribe-refused",
    "AUD-STT-05",
    "scribe is refused",
    STT,
    "model",
    lambda w: "scribe" in str(field_of(w, "model")),
)
on_json(
    "transcript-not-verbose",
    "AUD-STT-06",
    "verbose_json is plain",
    STT,
    lambda b: {"text": b.get("text")},
)
on_reply(
    "transcript-never-plain",
    "AUD-STT-07",
    "text is wrapped in JSON",
    STT,
    _wrapped,
    200,
)
