"""Classify what differs between two versions of the client for code written for the first.

What its users notice is found by the client's own doctor, which compares copies without running them. What no
signature shows, a file's code or its docstrings, is looked for here.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from generator.runtime import doctor

PACKAGE = doctor.PACKAGE
Rank = Literal["breaking", "feature", "fix", "documentation"]
RANKS: tuple[Rank, ...] = ("breaking", "feature", "fix", "documentation")
Section = Literal["Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"]


class ClientError(Exception):
    """A client cannot be read; the message is one line."""


Kind = Literal["interface", "requirement", "extension"]
"""The API or the client as such, a requirement of the contract, or another of its extensions."""


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that is different.

    Attributes:
        rank: how much it asks of those who depend on it.
        section: where a changelog lists it.
        text: what it is, in Markdown, in one line.
        kind: what differs.
    """

    rank: Rank
    section: Section
    text: str
    kind: Kind = "interface"


def compare_clients(before: Path, after: Path) -> list[Change]:
    """Compare two clients without running them.

    Args:
        before: folder that the first one's package lies in.
        after: folder that the second one's package lies in.

    Raises:
        ClientError: one of them cannot be read.
    """
    packages = before / PACKAGE, after / PACKAGE
    try:
        noticed = doctor.compare(*map(doctor.read, packages))
    except doctor.CannotTell as error:
        raise ClientError(str(error)) from None
    return [_change(each) for each in noticed] + _unseen(*packages, bool(noticed))


def _change(noticed: doctor.Change) -> Change:
    kind = re.match(r"(?:parameter \S+ )?is (new|gone|deprecated)\b", noticed.what)
    section: Section = _SECTIONS[kind[1]] if kind else "Changed"
    text = f"`{noticed.where}`: {noticed.what}"
    return Change("breaking" if noticed.breaking else "feature", section, text)


_SECTIONS: dict[str, Section] = {"new": "Added", "gone": "Removed", "deprecated": "Deprecated"}


# --- what no signature shows --------------------------------------------------------------------


_FOLLOWING = ("__init__.py", "api", "models", "resources")


def _unseen(before: Path, after: Path, known: bool) -> list[Change]:
    """Find files whose code or documentation differs, beyond what signatures tell.

    Args:
        before: the first package.
        after: the second.
        known: whether signatures differ, which the files made from the contract then follow.
    """
    code: list[str] = []
    words: list[str] = []
    for old in sorted(before.rglob("*.py")):
        name = old.relative_to(before)
        new = after / name
        if not new.is_file() or (known and name.parts[0] in _FOLLOWING):
            continue
        one, other = (path.read_text("utf-8") for path in (old, new))
        if one == other:
            continue
        if _without(one) != _without(other):
            code.append(name.as_posix())
        elif _docs(one) != _docs(other):
            words.append(name.as_posix())
    found: list[Change] = []
    if code:
        found.append(Change("fix", "Changed", f"the code of {_several(code)}"))
    if words:
        found.append(Change("documentation", "Changed", f"docstrings of {_several(words)}"))
    return found


def _several(names: Sequence[str]) -> str:
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    return ", ".join(f"`{name}`" for name in names[:3]) + more


def _is_text(node: ast.AST) -> bool:
    return (
        isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
    )


def _says_version(node: ast.AST) -> bool:
    targets = node.targets if isinstance(node, ast.Assign) else []
    if isinstance(node, ast.AnnAssign):
        targets = [node.target]
    names = {target.id for target in targets if isinstance(target, ast.Name)}
    return any(re.fullmatch(r"__(?!all__)\w+__|_USER_AGENT", name) for name in names)


def _without(text: str) -> str:
    """Write code without comments, docstrings and what names its version."""
    tree = ast.parse(text)
    for node in ast.walk(tree):
        body: Any = getattr(node, "body", None)
        if isinstance(body, list):
            node.__dict__["body"] = [
                entry
                for entry in body  # pyright: ignore[reportUnknownVariableType]
                if not (_is_text(entry) or _says_version(entry))  # pyright: ignore[reportUnknownArgumentType]
            ]
    return ast.dump(tree)


def _docs(text: str) -> list[str]:
    return [ast.dump(node) for node in ast.walk(ast.parse(text)) if _is_text(node)]
