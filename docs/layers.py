"""The map of the conformance package at the top of CONTRIBUTING.md, from the layers in pyproject.toml."""

from __future__ import annotations

import ast
import tomllib
from pathlib import Path
from typing import Any

PACKAGE = "pollinations_conformance"
SOURCE = f"conformance/{PACKAGE}"

# Where to start reading: a module of the package, and what is found there.
START = {
    "cli": ("check.py", "what `check` does, from options to exit code"),
    "server": ("gateway.py", "what happens to a request, in order"),
    "proxy": ("forward.py", "how one exchange passes through"),
    "drift": ("compare/", "how two documents are compared"),
    "replay": ("validate.py", "how one recorded exchange is validated"),
    "reference": ("page.py", "what the page is made of"),
    "reports": ("build.py", "how a run becomes a report"),
    "checks": ("chat/", "checks as they are written, of the largest tag"),
    "suite": ("execute.py", "how a run goes, and where the verdict of a check is made"),
    "contract": ("document.py", "how an operation is found and a message validated"),
    "http": ("message.py", "requests and responses as everything above sees them"),
}


class LayersError(Exception):
    """The map cannot be drawn; the message says why, in one line."""


def layers(root: Path) -> tuple[list[str], dict[str, set[str]]]:
    """Return the layers from top to bottom, and what is forbidden to each on top of that.

    Args:
        root: of the repository.
    """
    settings = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))
    contracts: list[dict[str, Any]] = settings["tool"]["importlinter"]["contracts"]
    found = next(item["layers"] for item in contracts if item["type"] == "layers")
    forbidden: dict[str, set[str]] = {name: set() for name in found}
    for item in contracts:
        if item["type"] == "forbidden":
            for source in item["source_modules"]:
                forbidden[_last(source)] |= {_last(name) for name in item["forbidden_modules"]}
    return found, forbidden


def _last(name: str) -> str:
    return name.rpartition(".")[2]


def diagram(root: Path) -> str:
    """Return the layers as a drawing in text, for Markdown.

    Raises:
        LayersError: a package has no purpose in its first line.
    """
    names, _ = layers(root)
    width = max(map(len, names)) + 2
    rows = [f"  {name:{width}}{purpose(root, name)}" for name in names]
    return "\n".join(
        [
            "```text",
            "openapi.yaml ──► generator/ ──► generated/pollinations_client   (imports nothing from below)",
            "     │",
            f"     └────────► {SOURCE}   (a package imports only from those below it)",
            "",
            *rows,
            "```",
        ]
    )


def table(root: Path) -> list[list[object]]:
    """Return a row for each package: its name, where to start reading, and what it may import.

    Raises:
        LayersError: a package has no entry in `START`, or the module named there is gone.
    """
    names, forbidden = layers(root)
    rows: list[list[object]] = []
    for number, name in enumerate(names):
        if name not in START:
            raise LayersError(f"docs/layers.py does not say where to start reading in {name}")
        module, what = START[name]
        place = f"{SOURCE}/{name}/{module}"
        if not (root / place).exists():
            raise LayersError(f"docs/layers.py names {place}, which is not there")
        below = [each for each in names[number + 1 :] if each not in forbidden[name]]
        allowed = "nothing" if not below else "all below"
        if below and below != names[number + 1 :]:
            allowed = ", ".join(f"`{each}`" for each in below)
        rows.append(
            [f"`{name}`", purpose(root, name), f"`{name}/{module}`: {what}", allowed],
        )
    return rows


def purpose(root: Path, name: str) -> str:
    """Return the first line of a package's docstring.

    Raises:
        LayersError: there is none.
    """
    file = root / SOURCE / name / "__init__.py"
    text = ast.get_docstring(ast.parse(file.read_text(encoding="utf-8"))) if file.exists() else None
    if not text:
        raise LayersError(f"{SOURCE}/{name}/__init__.py does not say what the package is for")
    return text.splitlines()[0]
