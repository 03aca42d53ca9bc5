"""Speech and music are real audio, and a transcript gives back what was spoken."""

import io
from collections.abc import Callable
from typing import Any

import av
import httpx
import pytest

opened: Any = av.open  # not typed to the end
Send = Callable[..., httpx.Response]


CODECS = {"mp3": "mp3float", "opus": "opus", "aac": "aac", "flac": "flac", "wav": "pcm_s16le"}


@pytest.mark.parametrize("form", sorted(CODECS))
def test_speech_is_audio_of_the_requested_kind(send: Send, form: str) -> None:
    response = send("POST", "/v1/audio/speech", json={"input": "Hello", "response_format": form})
    with opened(io.BytesIO(response.content)) as audio:
        assert audio.streams.audio[0].codec_context.codec.name == CODECS[form]
        seconds = sum(f.samples for f in audio.decode(audio=0)) / audio.streams.audio[0].rate
    assert seconds == pytest.approx(0.7, abs=0.15)
    assert response.headers["x-usage-completion-audio-tokens"] == "5"


def test_pcm_is_bare_samples(send: Send) -> None:
    response = send("POST", "/v1/audio/speech", json={"input": "Hello", "response_format": "pcm"})
    assert len(response.content) == round(0.7 * 24_000) * 2


@pytest.mark.parametrize("seconds", [3, 45, 300])
def test_music_lasts_as_long_as_requested(send: Send, seconds: int) -> None:
    body = {"input": "a waltz", "model": "elevenmusic", "duration": seconds}
    response = send("POST", "/v1/audio/speech", json=body)
    assert response.headers["content-type"] == "audio/mpeg"
    assert response.headers["x-usage-completion-audio-seconds"] == str(seconds)
    with opened(io.BytesIO(response.content)) as audio:
        heard = sum(f.samples for f in audio.decode(audio=0)) / audio.streams.audio[0].rate
    assert heard == pytest.approx(seconds, abs=0.3)


@pytest.mark.parametrize("form", ["mp3", "opus", "flac", "wav"])
def test_a_transcript_gives_back_what_was_spoken(send: Send, form: str) -> None:
    said = "Es grünt so grün"
    audio = send("POST", "/v1/audio/speech", json={"input": said, "response_format": form})
    files = {"file": (f"a.{form}", audio.content)}
    heard = send("POST", "/v1/audio/transcriptions", files=files)
    assert heard.json()["text"] == said
    assert float(heard.headers["x-usage-prompt-audio-seconds"]) > 0
    assert (
        send("POST", "/v1/audio/transcriptions", files=files, data={"response_format": "text"}).text
        == said
    )


def test_a_file_of_noise_has_a_transcript_too(send: Send) -> None:
    response = send("POST", "/v1/audio/transcriptions", files={"file": ("a.mp3", b"\x00noise")})
    assert response.json()["text"]
