"""Mutations of requests and responses: speech, music and transcription."""

from collections.abc import Callable

from tests.conformance.mutations.base import Call, Reply, request, response
from tests.conformance.mutations.common import (
    AUDIO,
    LISTEN,
    SPEECH,
    decode_twice,
    requests_beside,
    set_header,
    without,
)


def posts(operation: str, **fields: object) -> Callable[[Call], bool]:
    return lambda q: q.operation == operation and fields.items() <= q.fields.items()


def has_type(operation: str, kind: str) -> Callable[[Call, Reply], bool]:
    return lambda q, r: q.operation == operation and r.kind == kind


for _name, _operation, _parameter, _value, _beside in (
    ("AUD-GET-02", AUDIO, "voice", "amuch", ""),
    ("AUD-GET-04", AUDIO, "response_format", "ogg", "model"),
    ("AUD-GET-05", AUDIO, "instrumental", "yes", "model"),
):
    request(
        f"lenient-{_parameter}-{_beside or _value}",
        _name,
        "a wrong value is taken",
        requests_beside(_operation, _beside, **{_parameter: _value}),
        lambda q: setattr(q, "query", ""),
    )

request(
    "lenient-music-input",
    "AUD-TTS-02",
    "a tune may be described at any length",
    posts(SPEECH, model="elevenmusic", input="a" * 4097),
    lambda q: q.put("input", "A tune."),
)

request(
    "lenient-music-duration",
    "AUD-TTS-04",
    "a tune may be as long as one likes",
    posts(SPEECH, model="elevenmusic", duration=301),
    without("duration"),
)

for _operation, _requirement in (
    (AUDIO, "AUD-GET-01"),
    (SPEECH, "AUD-TTS-01"),
):
    for _format in ("opus", "pcm"):
        response(
            f"{_format}-of-{_operation}-untyped",
            _requirement,
            "one format is called bytes",
            has_type(_operation, f"audio/{_format}"),
            set_header("content-type", "application/octet-stream"),
        )

response(
    "waves-cut",
    "AUD-TTS-07",
    "a WAV file is cut in the middle",
    lambda q, r: q.operation == SPEECH and r.kind == "audio/wav",
    lambda q, r: setattr(r, "body", r.body[: len(r.body) // 2]),
)


def last_ten_seconds(_: Call, reply: Reply) -> None:
    reply.put("x-usage-completion-audio-seconds", "10")
    reply.put("x-usage-total-tokens", "10")


response(
    "posted-music-of-ten-seconds",
    "AUD-TTS-08",
    "music is said to last ten seconds",
    lambda q, r: q.operation == SPEECH and r.header("x-usage-completion-audio-seconds") != "",
    last_ten_seconds,
)

request(
    "subtitles-for-texts",
    "AUD-STT-07",
    "the transcript has times",
    lambda q: q.operation == LISTEN,
    lambda q: setattr(q, "body", q.body.replace(b"\r\n\r\ntext\r\n", b"\r\n\r\nsrt\r\n")),
)

request(
    "sounds-decoded-twice",
    "AUD-GET-06",
    "the text is decoded twice",
    lambda q: q.operation == AUDIO,
    decode_twice,
)
