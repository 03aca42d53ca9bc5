"""Saving: files are replaced as a whole and keep their mode, and nothing but files is written."""

from __future__ import annotations

import asyncio
import os
import socket
import stat
import threading
from collections.abc import Callable
from enum import Enum
from pathlib import Path
from typing import Any, cast

import httpx
import pytest

from pollinations_client import AsyncPollinations, Binary, ConfigurationError, Metadata, Text
from pollinations_client._uploads import File
from tests.client.conftest import Responding

IMAGE = Binary(b"new", Metadata(200, {}))
JPEG = {"content-type": "image/jpeg"}


def opened(responding: Responding) -> Callable[[Path], Any]:
    def save(path: Path) -> Any:
        client = responding(b"new", headers=JPEG)
        with client.image.with_streaming_response.generate("x") as response:
            return response.save(path)

    return save


def awaited(_: Responding) -> Callable[[Path], Any]:
    async def run(path: Path) -> Any:
        transport = httpx.MockTransport(lambda _: httpx.Response(200, headers=JPEG, content=b"new"))
        async with httpx.AsyncClient(transport=transport) as pool:
            client = AsyncPollinations(api_key="sk_x", http_client=pool)
            async with client.image.with_streaming_response.generate("x") as response:
                return await response.save(path)

    return lambda path: asyncio.run(run(path))


WAYS: dict[str, Callable[[Responding], Callable[[Path], Any]]] = {
    "content": lambda _: IMAGE.save,
    "text": lambda _: Text("", b"new", Metadata(200, {})).save,
    "opened": opened,
    "awaited": awaited,
}


@pytest.fixture(params=WAYS)
def save(request: pytest.FixtureRequest, responding: Responding) -> Callable[[Path], Any]:
    return WAYS[request.param](responding)


@pytest.mark.parametrize("mode", [0o600, 0o640, 0o644, 0o755, 0o400])
def test_replaced_file_keeps_its_mode(
    save: Callable[[Path], Any], tmp_path: Path, mode: int
) -> None:
    path = tmp_path / "a.jpg"
    path.write_bytes(b"old")
    path.chmod(mode)
    assert save(path) == path
    assert path.read_bytes() == b"new"
    assert stat.S_IMODE(path.stat().st_mode) == mode
    assert list(tmp_path.iterdir()) == [path]


def test_part_of_a_private_file_is_private_from_the_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.jpg"
    path.write_bytes(b"old")
    path.chmod(0o600)
    modes: list[int] = []
    real = os.open

    def watched(name: Any, flags: int, mode: int = 0o777, **more: Any) -> int:
        modes.append(mode)
        return real(name, flags, mode, **more)

    monkeypatch.setattr(os, "open", watched)
    IMAGE.save(path)
    assert modes == [0o600]


def test_symbolic_link_stays_one(save: Callable[[Path], Any], tmp_path: Path) -> None:
    folder = tmp_path / "real"
    folder.mkdir()
    target, link, second = folder / "a.jpg", tmp_path / "link.jpg", tmp_path / "second.jpg"
    target.write_bytes(b"old")
    target.chmod(0o600)
    link.symlink_to(Path("real") / "a.jpg")
    second.symlink_to("link.jpg")
    save(second)
    assert (second.is_symlink(), link.is_symlink()) == (True, True)
    assert target.read_bytes() == b"new"
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    assert list(folder.iterdir()) == [target]


@pytest.mark.parametrize("name", ["a" * 250, "\u8702" * 83 + ".jpg", "\U0001f41d" * 63, "é" * 120])
def test_longest_names_can_be_saved_to(
    save: Callable[[Path], Any], tmp_path: Path, name: str
) -> None:
    path = tmp_path / name
    save(path)
    save(path)
    assert [one.name for one in tmp_path.iterdir()] == [name]


def test_member_of_an_enumeration_stands_for_its_text(
    save: Callable[[Any], Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Place(str, Enum):  # noqa: UP042 - as many programs still have it
        BEE = "bee.jpg"

    monkeypatch.chdir(tmp_path)
    save(Place.BEE)
    assert [one.name for one in tmp_path.iterdir()] == ["bee.jpg"]
    file = File(Place.BEE)
    assert (file.name, b"".join(file.pieces())) == ("bee.jpg", b"new")


def test_symbolic_link_to_nothing_makes_the_file(
    save: Callable[[Path], Any], tmp_path: Path
) -> None:
    link = tmp_path / "link.jpg"
    link.symlink_to("a.jpg")
    save(link)
    assert link.is_symlink()
    assert (tmp_path / "a.jpg").read_bytes() == b"new"


def test_what_is_no_file_is_refused_and_left_alone(
    save: Callable[[Path], Any], tmp_path: Path
) -> None:
    fifo, folder = tmp_path / "fifo", tmp_path / "folder"
    os.mkfifo(fifo)
    folder.mkdir()
    (tmp_path / "loop").symlink_to("loop")
    linked = tmp_path / "linked"
    linked.symlink_to("/dev/null")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(tmp_path / "s"))
        names = ["fifo", "folder", "s", "linked"]
        before = sorted(tmp_path.iterdir())
        for path in [*(tmp_path / name for name in names), Path("/dev/null"), Path("a\0b")]:
            with pytest.raises(ConfigurationError) as caught:
                save(path)
            assert "\n" not in str(caught.value)
            assert "\0" not in str(caught.value)
        for odd in (None, 5, b"x.png"):
            with pytest.raises(ConfigurationError, match="is no path"):
                save(cast("Path", odd))
        with pytest.raises(OSError, match=r"loop|symbolic"):
            save(tmp_path / "loop")
    assert sorted(tmp_path.iterdir()) == before
    assert stat.S_ISFIFO(fifo.lstat().st_mode)
    assert stat.S_ISCHR(Path("/dev/null").stat().st_mode)


@pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="no open file has a path here")
def test_path_of_an_open_file_is_refused(save: Callable[[Path], Any], tmp_path: Path) -> None:
    # Such as /dev/stdout where the output goes to a file: whoever writes to it would do so beside the new one.
    with (tmp_path / "output").open("wb") as file:
        number = str(file.fileno())
        link = tmp_path / "link"
        link.symlink_to(Path("/proc/self/fd") / number)
        for path in (link, Path("/dev/fd") / number, Path("/proc/self/fd") / number):
            with pytest.raises(ConfigurationError, match="open file"):
                save(path)
        file.write(b"kept")
    assert (tmp_path / "output").read_bytes() == b"kept"
    assert sorted(item.name for item in tmp_path.iterdir()) == ["link", "output"]


def test_response_that_was_begun_is_not_saved(responding: Responding, tmp_path: Path) -> None:
    client = responding(b"new" * 100_000, headers=JPEG)
    with client.image.with_streaming_response.generate("x") as response:
        next(response.iter_bytes(10))
        with pytest.raises(ConfigurationError, match="once"):
            response.save(tmp_path / "a.jpg")
    assert list(tmp_path.iterdir()) == []


def test_readers_see_the_old_file_or_the_new_one(tmp_path: Path) -> None:
    path = tmp_path / "a.jpg"
    path.write_bytes(b"a" * 100_000)
    seen: set[bytes] = set()
    stop = threading.Event()

    def read() -> None:
        while not stop.is_set():
            data = path.read_bytes()
            seen.add(bytes(set(data)) + b"%d" % len(data))

    reader = threading.Thread(target=read)
    reader.start()
    for letter in (b"b", b"c", b"d") * 5:
        Binary(letter * 100_000, Metadata(200, {})).save(path)
    stop.set()
    reader.join()
    assert seen <= {letter + b"100000" for letter in (b"a", b"b", b"c", b"d")}
