"""Copies of this checkout in a git repository."""

import shutil
from pathlib import Path

import pytest

from tests.tools.checkouts import DOCUMENT, ROOT, git


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Copy this checkout, as it is, into a repository whose only commit is released."""
    folder = tmp_path_factory.mktemp("update") / "checkout"
    listed = git(ROOT, "ls-files", "-z", "--cached", "--others", "--exclude-standard")
    for name in filter(None, listed.split("\0")):
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, folder / name)
    git(folder, "init", "--quiet")
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message", "All of it")
    git(folder, "tag", f"v{DOCUMENT['info']['version']}")
    return folder


@pytest.fixture
def clone(checkout: Path, tmp_path: Path) -> Path:
    """Yield a copy of its own."""
    shutil.copytree(checkout, tmp_path / "clone", symlinks=True)
    return tmp_path / "clone"
