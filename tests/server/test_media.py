"""Pictures, films, sounds and uploads are real."""

import base64
import hashlib
import io
from collections.abc import Callable
from typing import Any

import av
import httpx
import pytest
from PIL import Image

opened: Any = av.open  # not typed to the end
Ask = Callable[..., httpx.Response]


@pytest.mark.parametrize("size", [(1, 1), (64, 32), (33, 77), (1024, 768)])
def test_a_picture_has_the_asked_size(ask: Ask, size: tuple[int, int]) -> None:
    response = ask("GET", f"/image/cat?width={size[0]}&height={size[1]}")
    picture = Image.open(io.BytesIO(response.content))
    picture.load()
    assert (picture.format, picture.size) == ("JPEG", size)
    assert response.headers["content-type"] == "image/jpeg"
    assert response.headers["content-disposition"] == 'inline; filename="cat.jpg"'


def test_a_huge_picture_keeps_its_proportion(ask: Ask) -> None:
    response = ask("GET", "/image/cat?width=100000&height=50000")
    assert Image.open(io.BytesIO(response.content)).size == (2048, 1024)


def test_a_transparent_picture_is_a_png(ask: Ask) -> None:
    response = ask("GET", "/image/cat?width=20&height=20&model=gptimage&transparent=true")
    picture = Image.open(io.BytesIO(response.content)).convert("RGBA")
    assert response.headers["content-type"] == "image/png"
    corner, middle = picture.getpixel((0, 0)), picture.getpixel((10, 10))
    assert isinstance(corner, tuple)
    assert isinstance(middle, tuple)
    assert (corner[3], middle[3]) == (0, 255)


def test_pictures_depend_on_prompt_and_seed(ask: Ask) -> None:
    paths = ("cat?seed=1", "cat?seed=2", "dog?seed=1", "cat?seed=1&model=flux")
    pictures = {ask("GET", f"/image/{p}&width=16&height=16").content for p in paths}
    assert len(pictures) == 4


@pytest.mark.parametrize(("model", "counter"), [("veo", "seconds"), ("seedance", "tokens")])
def test_a_film_plays_as_long_as_asked(ask: Ask, model: str, counter: str) -> None:
    response = ask("GET", f"/image/waves?model={model}&duration=3&audio=true")
    assert response.headers["content-type"] == "video/mp4"
    assert int(response.headers[f"x-usage-completion-video-{counter}"]) > 0
    with opened(io.BytesIO(response.content)) as film:
        frames = sum(1 for _ in film.decode(video=0))
        assert frames == 24
        assert film.streams.audio
        assert film.duration == pytest.approx(3_000_000, rel=0.05)


CODECS = {"mp3": "mp3float", "opus": "opus", "aac": "aac", "flac": "flac", "wav": "pcm_s16le"}


@pytest.mark.parametrize("form", sorted(CODECS))
def test_speech_is_sound_of_the_asked_kind(ask: Ask, form: str) -> None:
    response = ask("POST", "/v1/audio/speech", json={"input": "Hello", "response_format": form})
    with opened(io.BytesIO(response.content)) as sound:
        assert sound.streams.audio[0].codec_context.codec.name == CODECS[form]
        seconds = sum(f.samples for f in sound.decode(audio=0)) / sound.streams.audio[0].rate
    assert seconds == pytest.approx(0.7, abs=0.15)
    assert response.headers["x-usage-completion-audio-tokens"] == "5"


def test_pcm_is_bare_samples(ask: Ask) -> None:
    response = ask("POST", "/v1/audio/speech", json={"input": "Hello", "response_format": "pcm"})
    assert len(response.content) == round(0.7 * 24_000) * 2


@pytest.mark.parametrize("seconds", [3, 45, 300])
def test_music_lasts_as_long_as_asked(ask: Ask, seconds: int) -> None:
    body = {"input": "a waltz", "model": "elevenmusic", "duration": seconds}
    response = ask("POST", "/v1/audio/speech", json=body)
    assert response.headers["content-type"] == "audio/mpeg"
    assert response.headers["x-usage-completion-audio-seconds"] == str(seconds)
    with opened(io.BytesIO(response.content)) as sound:
        heard = sum(f.samples for f in sound.decode(audio=0)) / sound.streams.audio[0].rate
    assert heard == pytest.approx(seconds, abs=0.3)


@pytest.mark.parametrize("form", ["mp3", "opus", "flac", "wav"])
def test_a_transcript_gives_back_what_was_spoken(ask: Ask, form: str) -> None:
    said = "Es grünt so grün"
    sound = ask("POST", "/v1/audio/speech", json={"input": said, "response_format": form})
    files = {"file": (f"a.{form}", sound.content)}
    heard = ask("POST", "/v1/audio/transcriptions", files=files)
    assert heard.json()["text"] == said
    assert float(heard.headers["x-usage-prompt-audio-seconds"]) > 0
    assert (
        ask("POST", "/v1/audio/transcriptions", files=files, data={"response_format": "text"}).text
        == said
    )


def test_a_file_of_noise_has_a_transcript_too(ask: Ask) -> None:
    response = ask("POST", "/v1/audio/transcriptions", files={"file": ("a.mp3", b"\x00noise")})
    assert response.json()["text"]


def upload(ask: Ask, data: bytes, kind: str = "image/png", **more: Any) -> httpx.Response:
    headers = {"Content-Type": kind} if kind else {}
    return ask("POST", "/upload", media=True, content=data, headers=headers, **more)


def test_the_same_bytes_in_three_forms_are_one_file(ask: Ask) -> None:
    data = b"three forms"
    name = hashlib.sha256(data).hexdigest()[:16]
    text = base64.b64encode(data).decode()
    answers = [
        upload(ask, data, "image/png"),
        ask("POST", "/upload", media=True, files={"file": ("a.gif", data, "image/gif")}),
        ask("POST", "/upload", media=True, json={"data": text, "contentType": "video/mp4"}),
        ask("POST", "/upload", media=True, json={"data": f"data:image/png;base64,{text}", "contentType": "image/png"}),
    ]  # fmt: skip
    assert {a.json()["id"] for a in answers} == {name}
    assert [a.json()["duplicate"] for a in answers] == [False, True, True, True]
    assert {a.json()["contentType"] for a in answers} == {"image/png"}
    assert {a.json()["size"] for a in answers} == {len(data)}


def test_an_upload_comes_back_by_get_and_head(ask: Ask, http: httpx.Client) -> None:
    url = upload(ask, b"back again").json()["url"]
    got, told = http.get(url), http.head(url)
    assert got.content == b"back again"
    assert told.content == b""
    for name in ("content-type", "content-length", "cache-control", "x-content-hash"):
        assert got.headers[name] == told.headers[name]
    assert got.headers["cache-control"] == "public, max-age=31536000, immutable"


@pytest.mark.parametrize(
    ("path", "status"), [("/zzz", 400), ("/" + "0" * 15, 400), ("/" + "0" * 16, 404)]
)
def test_hashes_that_lead_nowhere(ask: Ask, path: str, status: int) -> None:
    assert ask("GET", path, None, media=True).status_code == status
    assert ask("HEAD", path, None, media=True).status_code == status


def test_the_limit_of_an_upload_is_ten_mebibytes(ask: Ask) -> None:
    assert upload(ask, bytes(10_485_760)).status_code == 200
    refused = upload(ask, bytes(10_485_761))
    assert refused.status_code == 413
    assert refused.json() == {"error": "File too large. Max size: 10MB"}


def test_what_an_upload_may_not_be(ask: Ask) -> None:
    assert upload(ask, b"x", "text/plain").status_code == 415
    assert upload(ask, b"x", "text/plain").json()["received"] == "text/plain"
    assert upload(ask, b"x", "").status_code == 415
    assert upload(ask, b"", "image/png").json() == {"error": "Empty file"}
    assert ask("POST", "/upload", media=True, files={"other": b"x"}).status_code == 400
    assert ask("POST", "/upload", media=True, json={}).status_code == 400
    assert upload(ask, b"x", key=None).status_code == 401
    assert upload(ask, b"x", key="expired").json() == {"error": "Invalid or expired API key"}


def test_a_stored_type_cannot_break_the_answer(ask: Ask, http: httpx.Client) -> None:
    text = base64.b64encode(b"odd type").decode()
    body = {"data": text, "contentType": "image/png\r\nX-Evil: 1\x00\x1a"}
    url = ask("POST", "/upload", media=True, json=body).json()["url"]
    answer = http.get(url)
    assert answer.content == b"odd type"
    assert "x-evil" not in answer.headers
