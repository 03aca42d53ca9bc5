"""Files in and out: streamed, complete or not at all, and never held as a whole."""

from __future__ import annotations

import asyncio
import base64
import gzip
import hashlib
import io
import json
import mmap
import os
import pickle
import re
import tracemalloc
import zipfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pollinations_client import (
    APIConnectionError,
    AsyncPollinations,
    Binary,
    ConfigurationError,
    ContentHashError,
    Metadata,
    NotFoundError,
    Text,
)
from pollinations_client._uploads import File, base64_json, multipart, upload
from tests.client.conftest import Mocked, Responding

JPEG = {"content-type": "image/jpeg"}


def test_binary_knows_where_it_came_from(responding: Responding) -> None:
    client = responding(
        b"JPEG",
        headers={
            **JPEG,
            "x-model-used": "flux",
            "x-usage-completion-image-tokens": "1",
            "x-usage-total-tokens": "1.5",
            "x-usage-odd": "many",
            "x-cache": "MISS",
            "x-request-id": "id-1",
        },
    )
    image = client.image.generate("a cat")
    assert (bytes(image), len(image), image.content_type) == (b"JPEG", 4, "image/jpeg")
    assert image.model_used == image.metadata.model_used == "flux"
    assert image.metadata.usage == {"completion_image_tokens": 1, "total_tokens": 1.5}
    assert (image.metadata.cache, image.metadata.request_id) == ("MISS", "id-1")
    assert image.metadata.content_length == 4
    assert repr(image) == "Binary('image/jpeg', 4 bytes)"


def test_headers_that_cannot_be_read_hide_no_others() -> None:
    headers = {"x-usage-a": "many", "x-usage-b": "2", "content-length": "1" * 19}
    metadata = Metadata(200, headers)
    assert metadata.usage == {"b": 2}
    assert metadata.content_length == int("1" * 19)
    for odd in ("1" * 20, "-1", "1.0", "٣", ""):
        assert Metadata(200, {"content-length": odd}).content_length is None


def test_text_knows_its_content_type() -> None:
    text = Text("Hi", b"Hi", Metadata(200, {"content-type": "text/plain", "x-model-used": "m"}))
    assert (text.content_type, text.model_used) == ("text/plain", "m")
    same = pickle.loads(pickle.dumps(text))
    assert (same, same.content, same.model_used) == ("Hi", b"Hi", "m")


def test_content_shows_what_it_is_and_nothing_of_its_bytes() -> None:
    metadata = Metadata(200, {"content-type": "image/png"})
    assert repr(metadata) == "Metadata(status_code=200, content_type='image/png')"
    assert repr(Binary(b"abc", metadata)) == "Binary('image/png', 3 bytes)"


def test_save_replaces_a_file_whole_or_leaves_it(responding: Responding, tmp_path: Path) -> None:
    path = tmp_path / "cat.jpg"
    path.write_bytes(b"old")
    assert responding(b"new", headers=JPEG).image.generate("a cat").save(str(path)) == path
    assert path.read_bytes() == b"new"
    with pytest.raises(FileNotFoundError):
        responding(b"new", headers=JPEG).image.generate("a cat").save(tmp_path / "no" / "cat.jpg")
    assert [item.name for item in tmp_path.iterdir()] == ["cat.jpg"]


def test_saved_file_gets_the_permissions_of_any_new_file(
    responding: Responding, tmp_path: Path
) -> None:
    old = os.umask(0o027)
    try:
        saved = responding(b"x", headers=JPEG).image.generate("a cat").save(tmp_path / "a")
    finally:
        os.umask(old)
    assert saved.stat().st_mode & 0o777 == 0o640


class Broken(httpx.SyncByteStream):
    def __iter__(self) -> Iterator[bytes]:
        yield b"half"
        raise httpx.ReadError("gone")


def test_broken_download_leaves_the_old_file(mocked: Mocked, tmp_path: Path) -> None:
    path = tmp_path / "cat.jpg"
    path.write_bytes(b"old")
    client = mocked(lambda _: httpx.Response(200, headers=JPEG, stream=Broken()))
    with client.image.with_streaming_response.generate("a cat") as response:
        assert response.metadata.content_type == "image/jpeg"
        with pytest.raises(APIConnectionError):
            response.save(path)
    assert path.read_bytes() == b"old"
    assert [item.name for item in tmp_path.iterdir()] == ["cat.jpg"]


def test_response_is_read_once_and_inside_with(mocked: Mocked) -> None:
    client = mocked(lambda _: httpx.Response(200, headers=JPEG, stream=Large()))
    with client.image.with_streaming_response.generate("a cat") as response:
        assert sum(len(piece) for piece in response.iter_bytes()) == SIZE
        with pytest.raises(ConfigurationError, match="once"):
            response.read()
    with client.image.with_streaming_response.generate("a cat") as left:
        pass
    with pytest.raises(ConfigurationError, match="inside"):
        left.read()


def test_asynchronous_response_is_opened_once(async_client: AsyncPollinations) -> None:
    async def run() -> None:
        async with async_client as client:
            opening = client.models.with_streaming_response.text()
            async with opening as response:
                assert await response.read()
            with pytest.raises(ConfigurationError, match="once"):
                async with opening:
                    pass

    asyncio.run(run())


def test_streamed_response_raises_errors_as_usual(responding: Responding) -> None:
    client = responding({"error": "Not found"}, 404)
    with pytest.raises(NotFoundError, match="Not found"):
        client.media.with_streaming_response.retrieve("0" * 16)


SIZE = 24 << 20


class Large(httpx.SyncByteStream, httpx.AsyncByteStream):
    def __iter__(self) -> Iterator[bytes]:
        return iter([b"x" * 65536] * (SIZE // 65536))

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for piece in self:
            yield piece


def test_download_to_a_file_holds_pieces_only(mocked: Mocked, tmp_path: Path) -> None:
    client = mocked(lambda _: httpx.Response(200, headers=JPEG, stream=Large()))
    client.image.with_streaming_response.generate("warm up").close()
    tracemalloc.start()
    with client.image.with_streaming_response.generate("a cat") as response:
        saved = response.save(tmp_path / "large")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert saved.stat().st_size == SIZE
    assert peak < 2 << 20


def test_async_download_to_a_file(tmp_path: Path) -> None:
    def handler(_: httpx.Request) -> httpx.Response:
        return httpx.Response(200, headers=JPEG, stream=Large())

    async def run() -> Path:
        transport = httpx.MockTransport(handler)
        async with httpx.AsyncClient(transport=transport) as pool:
            client = AsyncPollinations(api_key="sk_x", http_client=pool)
            async with client.image.with_streaming_response.generate("a cat") as response:
                return await response.save(tmp_path / "large")

    assert asyncio.run(run()).stat().st_size == SIZE


# -- uploads -------------------------------------------------------------------------------------------

DATA = bytes(range(256)) * 700


def sources(folder: Path) -> dict[str, Any]:
    path = folder / "dot.png"
    path.write_bytes(DATA)
    rest = io.BytesIO(b"skipped" + DATA)
    rest.seek(7)
    mapped = mmap.mmap(-1, len(DATA))
    mapped.write(DATA)
    mapped.seek(0)
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as made:
        made.write(path, "dot.png")
    return {
        "path": path,
        "text path": str(path),
        "bytes": DATA,
        "bytearray": bytearray(DATA),
        "file object": io.BytesIO(DATA),
        "half-read file object": rest,
        "named": ("dot.png", DATA, "image/png"),
        "named path": ("other.png", path),
        "mapped": mapped,
        "archived": zipfile.ZipFile(archive).open("dot.png"),
        "compressed": gzip.GzipFile(fileobj=io.BytesIO(gzip.compress(DATA))),
    }


SOURCES = [
    "path",
    "text path",
    "bytes",
    "bytearray",
    "file object",
    "half-read file object",
    "named",
    "named path",
    "mapped",
    "archived",
    "compressed",
]


@pytest.mark.parametrize("form", ["multipart", "raw", "json"])
@pytest.mark.parametrize("source", SOURCES)
def test_upload_sends_the_bytes_whatever_they_come_from(
    mocked: Mocked, tmp_path: Path, source: str, form: Any
) -> None:
    received: list[bytes] = []

    def handler(request: httpx.Request) -> httpx.Response:
        body = request.read()
        assert int(request.headers["content-length"]) == len(body)
        kind = request.headers["content-type"]
        if form == "multipart":
            boundary = kind.partition("boundary=")[2].encode()
            found = re.fullmatch(
                rb"--%b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"[^\"]+\"\r\n"
                rb"Content-Type: [\w/-]+\r\n\r\n(.*)\r\n--%b--\r\n" % (boundary, boundary),
                body,
                re.DOTALL,
            )
            assert found
            body = found[1]
        elif form == "json":
            sent = json.loads(body)
            assert set(sent) == {"data", "contentType", "name"}
            body = base64.b64decode(sent["data"], validate=True)
        received.append(body)
        response = {
            "id": hashlib.sha256(body).hexdigest()[:16],
            "url": "u",
            "contentType": kind,
            "size": len(body),
            "duplicate": False,
        }
        return httpx.Response(200, json=response)

    client = mocked(handler)
    file = sources(tmp_path)[source]
    assert client.media.upload(file, form=form, verify=True).size == len(DATA)
    assert received == [DATA]


@given(st.binary(max_size=200), st.integers(1, 50))
def test_base64_in_pieces_is_base64_of_the_whole(data: bytes, size: int) -> None:
    class Slow(io.RawIOBase):
        """A pipe that gives a few bytes at a time."""

        def __init__(self) -> None:
            self.rest = io.BytesIO(data)

        def read(self, amount: int = -1, /) -> bytes:
            return self.rest.read(min(size, amount))

        def seekable(self) -> bool:
            return False

        def tell(self) -> int:
            raise OSError

    pipe: Any = Slow()
    payload = base64_json(File(pipe), data="data", content_type="contentType", name="name")
    assert payload.size is None
    assert not payload.replayable
    assert base64.b64decode(json.loads(b"".join(payload.open()))["data"]) == data


def test_content_hash_of_other_bytes_is_an_error(responding: Responding) -> None:
    stored = {"url": "u", "contentType": "c", "size": 1, "duplicate": False}
    for wrong in ("0" * 16, "", "short"):
        client = responding({"id": wrong, **stored})
        assert client.media.upload(DATA, filename="dot.png").id == wrong
        with pytest.raises(ContentHashError):
            client.media.upload(DATA, filename="dot.png", verify=True)


def test_upload_is_repeated_from_its_start(mocked: Mocked, monkeypatch: pytest.MonkeyPatch) -> None:
    from pollinations_client._connections import SyncConnections

    pauses: list[float] = []

    def wait(_: SyncConnections, seconds: float) -> None:
        pauses.append(seconds)

    monkeypatch.setattr(SyncConnections, "wait", wait)
    bodies: list[bytes] = []

    def handler(request: httpx.Request) -> httpx.Response:
        bodies.append(request.read())
        return httpx.Response(500 if len(bodies) < 3 else 404)

    client = mocked(handler, max_retries=2)
    with pytest.raises(NotFoundError):
        client.media.upload(io.BytesIO(DATA), filename="dot.png", form="raw")
    assert bodies == [DATA] * 3


def test_large_upload_is_sent_in_pieces(tmp_path: Path) -> None:
    path = tmp_path / "large.bin"
    with path.open("wb") as file:
        file.truncate(SIZE)
    for form in ("multipart", "raw", "json"):
        payload = upload(path, None, None, form)
        sizes = [len(piece) for piece in payload.open()]
        assert sum(sizes) == payload.size
        assert max(sizes) < 70_000


@pytest.mark.parametrize(
    "file",
    [
        "no-such-file.png",
        5,
        ("a", b"", "b", "c"),
        io.StringIO("text"),
        ("a.png", b"x", "image/png\r\nX-Evil: 1"),
        ("a.png", b"x", "image/pñg"),
    ],
)
def test_what_is_no_file_is_refused(responding: Responding, file: Any) -> None:
    with pytest.raises(ConfigurationError):
        responding().media.upload(file)


def test_missing_file_of_a_form_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="file is missing"):
        multipart({"file": None, "model": "x"}, ("file",))


def test_async_upload_sends_the_bytes(tmp_path: Path) -> None:
    path = tmp_path / "dot.png"
    path.write_bytes(DATA)
    received: list[bytes] = []

    async def handler(request: httpx.Request) -> httpx.Response:
        received.append(await request.aread())
        return httpx.Response(404)

    async def run() -> None:
        async with httpx.AsyncClient(transport=httpx.MockTransport(handler)) as pool:
            client = AsyncPollinations(api_key="sk_x", http_client=pool)
            with pytest.raises(NotFoundError):
                await client.media.upload(path, form="raw")

    asyncio.run(run())
    assert received == [DATA]


def test_binary_of_any_stored_type_is_given_back(responding: Responding) -> None:
    for headers in ({}, {"content-type": "application/pdf"}, {"content-type": "text/html"}):
        back = responding(b"%PDF", headers=headers).media.retrieve("0" * 16)
        assert isinstance(back, Binary)
        assert back.content == b"%PDF"
