"""Images and videos are real files of the requested size and length."""

import io
from collections.abc import Callable
from typing import Any

import av
import httpx
import pytest
from PIL import Image

opened: Any = av.open  # not typed to the end
Send = Callable[..., httpx.Response]


@pytest.mark.parametrize("size", [(1, 1), (64, 32), (33, 77), (1024, 768)])
def test_an_image_has_the_requested_size(send: Send, size: tuple[int, int]) -> None:
    response = send("GET", f"/image/cat?width={size[0]}&height={size[1]}")
    image = Image.open(io.BytesIO(response.content))
    image.load()
    assert (image.format, image.size) == ("JPEG", size)
    assert response.headers["content-type"] == "image/jpeg"
    assert response.headers["content-disposition"] == 'inline; filename="cat.jpg"'


def test_a_huge_image_keeps_its_proportion(send: Send) -> None:
    response = send("GET", "/image/cat?width=100000&height=50000")
    assert Image.open(io.BytesIO(response.content)).size == (2048, 1024)


def test_a_transparent_image_is_a_png(send: Send) -> None:
    response = send("GET", "/image/cat?width=20&height=20&model=gptimage&transparent=true")
    image = Image.open(io.BytesIO(response.content)).convert("RGBA")
    assert response.headers["content-type"] == "image/png"
    corner, middle = image.getpixel((0, 0)), image.getpixel((10, 10))
    assert isinstance(corner, tuple)
    assert isinstance(middle, tuple)
    assert (corner[3], middle[3]) == (0, 255)


def test_images_depend_on_prompt_and_seed(send: Send) -> None:
    paths = ("cat?seed=1", "cat?seed=2", "dog?seed=1", "cat?seed=1&model=flux")
    images = {send("GET", f"/image/{p}&width=16&height=16").content for p in paths}
    assert len(images) == 4


@pytest.mark.parametrize(("model", "counter"), [("veo", "seconds"), ("seedance", "tokens")])
def test_a_video_plays_as_long_as_requested(send: Send, model: str, counter: str) -> None:
    response = send("GET", f"/image/waves?model={model}&duration=3&audio=true")
    assert response.headers["content-type"] == "video/mp4"
    assert int(response.headers[f"x-usage-completion-video-{counter}"]) > 0
    with opened(io.BytesIO(response.content)) as video:
        frames = sum(1 for _ in video.decode(video=0))
        assert frames == 24
        assert video.streams.audio
        assert video.duration == pytest.approx(3_000_000, rel=0.05)
