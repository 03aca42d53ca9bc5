"""Test how changes of the client are found and classed."""

import json
from pathlib import Path

import pytest

from tools import client_api
from tools.client_api import compare_clients

CLIENT = '''
"""A client."""
from .errors import Broken
__version__ = "1"
class Thing:
    """A thing."""
    def make(self, size: int, *, kind: "str | None" = None) -> str:
        """Make it."""
        return str(size)
    async def amake(self) -> None: ...
'''
FILES = {
    "__init__.py": '_MODULES = {"Broken": "errors", "Thing": "client"}\n',
    "errors.py": "class Broken(Exception):\n    pass\n",
}


def package(folder: Path, client: str) -> Path:
    """Write a client, with a manifest that nothing is compared with."""
    files = {**FILES, "client.py": client}
    place = folder / client_api.PACKAGE
    place.mkdir(parents=True)
    for name, text in files.items():
        (place / name).write_text(text)
    named = {"name": "x", "version": "1"}
    manifest = {
        "contract": {"version": "1", "api_version": "1", "sha256": "0" * 64},
        "generator": named,
        "distribution": named,
        "licence": named,
        "files": dict.fromkeys(files, "0" * 64),
    }
    (place / "manifest.json").write_text(json.dumps(manifest))
    return folder


MAKE = "`Thing.make`: parameter "


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("size: int,", "size: float,", [("feature", MAKE + "size also takes float")]),
        ("size: int,", "size: str,", [("breaking", MAKE + "size takes str instead of int")]),
        ("-> str:", "-> str | None:", [("breaking", "`Thing.make`: returns None as well")]),
        (
            "kind: ",
            "sort: ",
            [("breaking", MAKE + "kind is gone"), ("feature", MAKE + "sort is new")],
        ),
        (
            "def make",
            "def build",
            [("breaking", "`Thing.make`: is gone"), ("feature", "`Thing.build`: is new")],
        ),
        ("return str(size)", "return repr(size)", [("fix", "the code of `client.py`")]),
        ("Make it.", "Build it.", [("documentation", "docstrings of `client.py`")]),
        ("Make it.", "Make it.  # but how", [("documentation", "docstrings of `client.py`")]),
        ('__version__ = "1"', '__version__ = "2"', []),
        ("class Thing", "# a comment\nclass Thing", []),
    ],
)
def test_the_clients_api_is_compared_by_direction(
    old: str, new: str, expected: list[tuple[str, str]], tmp_path: Path
) -> None:
    assert old in CLIENT
    before = package(tmp_path / "before", CLIENT)
    after = package(tmp_path / "after", CLIENT.replace(old, new))
    shown = [(change.rank, change.text) for change in compare_clients(before, after)]
    signatures = [one for one in shown if one != ("fix", "the code of `client.py`")]
    assert signatures == [one for one in expected if one != ("fix", "the code of `client.py`")]
    assert bool(shown) == bool(expected)


@pytest.mark.parametrize(
    ("old", "new", "section"),
    [
        ("def make", "def build", "Removed"),
        ("async def amake", "async def more(self) -> None: ...\n    async def amake", "Added"),
        ("size: int", "size: str", "Changed"),
        ("Make it.", "Make it. Deprecated.", "Deprecated"),
    ],
)
def test_each_change_has_its_section(old: str, new: str, section: str, tmp_path: Path) -> None:
    before = package(tmp_path / "before", CLIENT)
    after = package(tmp_path / "after", CLIENT.replace(old, new))
    assert compare_clients(before, after)[0].section == section


def test_a_client_that_cannot_be_read_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(client_api.ClientError, match="is not there") as caught:
        compare_clients(tmp_path, tmp_path)
    assert "\n" not in str(caught.value)
    damaged = package(tmp_path / "damaged", "class Thing(:")
    with pytest.raises(client_api.ClientError, match="cannot be read") as caught:
        compare_clients(package(tmp_path / "whole", CLIENT), damaged)
    assert "\n" not in str(caught.value)
