"""Test how changes of the client are found and classed."""

from pathlib import Path

import pytest

from tools import client_api
from tools.client_api import compare_clients

CLIENT = '''
"""A client."""
from .errors import Broken
__version__ = "1"
__all__ = ("Broken", "Thing", "Kind")
class Thing:
    """A thing."""
    def make(self, size: int, *, kind: "str | None" = None) -> str:
        """Make it."""
        return str(size)
    async def amake(self) -> None: ...
'''
KINDS = 'from typing import Literal, TypeAlias\nKind: TypeAlias = Literal["a", "b"] | str\n'


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("size: int,", "size: float,", [("feature", "`Thing.make(size=…)`: `int` → `float`")]),
        ("size: int,", "size: str,", [("breaking", "`Thing.make(size=…)`: `int` → `str`")]),
        ("-> str:", "-> str | None:", [("breaking", "`Thing.make()`: `str` → `str | None`")]),
        (
            "kind: ",
            "sort: ",
            [("breaking", "`Thing.make(kind=…)`"), ("feature", "`Thing.make(sort=…)`")],
        ),
        ("def make", "def build", [("breaking", "`Thing.make`"), ("feature", "`Thing.build`")]),
        ("return str(size)", "return repr(size)", [("fix", "the code of `__init__.py`")]),
        ("Make it.", "Build it.", [("documentation", "docstrings of `__init__.py`")]),
        ("Make it.", "Make it.  # but how", [("documentation", "docstrings of `__init__.py`")]),
        ('__version__ = "1"', '__version__ = "2"', []),
        ("class Thing", "# a comment\nclass Thing", []),
    ],
)
def test_the_clients_api_is_compared_by_direction(
    old: str, new: str, expected: list[tuple[str, str]], tmp_path: Path
) -> None:
    assert old in CLIENT
    for name, text in (("before", CLIENT), ("after", CLIENT.replace(old, new))):
        package = tmp_path / name / client_api.PACKAGE
        package.mkdir(parents=True)
        (package / "__init__.py").write_text(text)
        (package / "errors.py").write_text("class Broken(Exception):\n    pass\n")
    roles = client_api.Roles(frozenset(), frozenset())
    changes = compare_clients(tmp_path / "before", tmp_path / "after", roles)
    shown = [(change.rank, change.text) for change in changes]
    assert [one for one in shown if one != ("fix", "the code of `__init__.py`")] == [
        one for one in expected if one != ("fix", "the code of `__init__.py`")
    ]
    assert bool(shown) == bool(expected)


def test_a_client_that_cannot_be_read_is_one_line(tmp_path: Path) -> None:
    roles = client_api.Roles(frozenset(), frozenset())
    with pytest.raises(client_api.ClientError, match="cannot be read") as caught:
        compare_clients(tmp_path, tmp_path, roles)
    assert "\n" not in str(caught.value)
