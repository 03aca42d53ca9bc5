"""Copies of this checkout in a git repository, whose client is read once."""

import hashlib
import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.tools.checkouts import DOCUMENT, ROOT, git
from tools import client_api

CLIENTS: dict[str, Any] = {}
"""What was read of a client, by the digest of its files."""


@pytest.fixture(autouse=True)
def read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Read equal clients once: the released one is compared again and again."""
    load = client_api._load  # pyright: ignore[reportPrivateUsage]

    def remembered(folder: Path) -> Any:
        digest = hashlib.sha256()
        for path in sorted(folder.rglob("*.py")):
            content = path.read_bytes()
            digest.update(f"{path.relative_to(folder)} {len(content)}\n".encode() + content)
        key = digest.hexdigest()
        if key not in CLIENTS:
            CLIENTS[key] = load(folder)
        return CLIENTS[key]

    monkeypatch.setattr(client_api, "_load", remembered)


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
