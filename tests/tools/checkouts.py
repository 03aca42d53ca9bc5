"""Copies of this checkout that a test can change."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from pollinations_conformance.drift.read import parse

Json = dict[str, Any]
ROOT = Path(__file__).resolve().parents[2]
DOCUMENT = parse((ROOT / "openapi.yaml").read_bytes(), "openapi.yaml")
WHO = ("-c", "user.name=T", "-c", "user.email=t@example.org", "-c", "commit.gpgsign=false")


def git(folder: Path, *arguments: str) -> str:
    return subprocess.run(
        ["git", *WHO, *arguments], cwd=folder, capture_output=True, text=True, check=True
    ).stdout


def run(folder: Path, *arguments: str, program: str = "tools/update.py") -> tuple[int, str, str]:
    """Run a program of the copy with the copy's packages, as its own .venv would."""
    paths = os.pathsep.join(str(folder / name) for name in ("conformance", "generated", "."))
    done = subprocess.run(
        [sys.executable, *program.split(), *arguments],
        cwd=folder,
        # As `make update ARGS=…` leaves it: what this is given is not for the targets it calls.
        env={**os.environ, "PYTHONPATH": paths, "ARGS": "--bump"},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout, done.stderr


def edit(folder: Path, old: str, new: str, name: str = "openapi.yaml") -> None:
    file = folder / name
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new, 1), encoding="utf-8")


def files(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
