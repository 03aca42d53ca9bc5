"""Fail when a module, class or function has grown too long: `make lint-sizes`.

A module may state an exception at its top, with the reason:

    # size exception: name_of_function: why it reads better in one piece

where the name is `module`, a class, a function, or `Class.method`. What was too long when the limits
were introduced is listed in pyproject.toml under `tool.sizes`; that list only shrinks: an entry or
an exception that is no longer needed fails as well.

Exit codes: 0 everything fits, 1 something does not.
"""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent
LIMITS = {"module": 600, "class": 300, "function": 60}
EXCEPTION = re.compile(r"^# size exception: ([\w.]+): (\S.*)$", re.M)


class Part(NamedTuple):
    """A module, class or function, and how many lines it has."""

    kind: str
    name: str
    lines: int


def parts(source: str) -> Iterator[Part]:
    """Yield the module itself, then every class and function in it."""
    yield Part("module", "module", source.count("\n"))
    yield from _within(ast.parse(source), "")


def _within(node: ast.AST, prefix: str) -> Iterator[Part]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            first = min([child.lineno, *(each.lineno for each in child.decorator_list)])
            kind = "class" if isinstance(child, ast.ClassDef) else "function"
            yield Part(kind, prefix + child.name, (child.end_lineno or first) - first + 1)
            yield from _within(child, f"{prefix}{child.name}.")
        else:
            yield from _within(child, prefix)


def check(source: str, place: str, pending: set[str]) -> tuple[list[str], set[str]]:
    """Compare one module's parts with the limits.

    Args:
        source: the module's text.
        place: its path, as messages and `pending` name it.
        pending: entries `path:name` that are excused for now.

    Returns:
        The problems, one line each, and the entries of `pending` that were needed.
    """
    stated = {found[1] for found in EXCEPTION.finditer(source)}
    problems: list[str] = []
    needed: set[str] = set()
    for kind, name, lines in parts(source):
        if lines <= LIMITS[kind]:
            continue
        entry = f"{place}:{name}"
        if name in stated:
            stated.discard(name)
        elif entry in pending:
            needed.add(entry)
        else:
            problems.append(f"{entry}: {kind} of {lines} lines, the limit is {LIMITS[kind]}")
    problems += [f"{place}:{name}: states an exception that it does not need" for name in stated]
    return problems, needed


def main() -> int:
    """Check every module that `tool.sizes` in pyproject.toml names; return the exit code."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["sizes"]
    pending = set(settings["pending"])
    problems: list[str] = []
    needed: set[str] = set()
    for folder in settings["folders"]:
        for path in sorted((ROOT / folder).rglob("*.py")):
            place = path.relative_to(ROOT).as_posix()
            found, used = check(path.read_text(encoding="utf-8"), place, pending)
            problems += found
            needed |= used
    problems += [
        f"{entry}: fits now; remove it from tool.sizes in pyproject.toml"
        for entry in sorted(pending - needed)
    ]
    for problem in problems:
        print(problem)
    return int(bool(problems))


if __name__ == "__main__":
    sys.exit(main())
