"""Which defects of the reference server a change can affect: what `make check-mutants` begins with."""

from __future__ import annotations

import subprocess
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from pollinations_conformance.checks import every
from pollinations_conformance.contract import load
from pollinations_conformance.contract.yaml import parse_yaml
from pollinations_conformance.http.json import as_list, as_object, is_list, is_object
from pollinations_conformance.http.pointer import walk
from pollinations_conformance.server.defects import DEFECTS
from pollinations_conformance.suite.registry import WATCHES

PACKAGE = "conformance/pollinations_conformance/"
CONTRACT = "openapi.yaml"
ELSEWHERE = (
    ".ci/", ".github/", ".gitignore", ".pre-commit-config.yaml", "CHANGELOG.md", "CONTRIBUTING.md",
    "LICENSE", "Makefile", "README.md", "action.yml", "benchmarks/", "docs/", "examples/",
    "generated/", "generator", "pyproject.toml", "redocly.yaml", "reports/", "tests/", "tools/",
    "typing_tests/",
    *(f"{PACKAGE}{name}/" for name in ("drift", "proxy", "reference", "replay", "server/grading")),
    *(f"{PACKAGE}cli/{name}.py" for name in
      ("check", "drift", "github", "merge", "proxy", "reference", "replay", "serve", "terminal",
       "vendor", "workers")),
    f"{PACKAGE}test_server.py",
    f"{PACKAGE}server/pytest_plugin.py",
)  # fmt: skip
"""What no run of `mutants` uses. Installed packages are those of the lock, which is not among it."""
TAGS = {
    f"{PACKAGE}server/operations/account.py": {"account"},
    f"{PACKAGE}server/operations/audio.py": {"audio"},
    f"{PACKAGE}server/operations/chat.py": {"chat", "text"},
    f"{PACKAGE}server/operations/image.py": {"image"},
    f"{PACKAGE}server/operations/models.py": {"models"},
    f"{PACKAGE}server/media_host.py": {"media"},
}
"""Modules of the server that serve the operations of some tags and nothing else."""
WORDS = frozenset({"description", "summary"})
EVIDENCE = frozenset({"evidence", "origin"})
BESIDE = frozenset({"x-requirements", "x-deviations"})


def changed_files(root: Path, base: str | None) -> tuple[str, list[str]]:
    """Find what has changed.

    Args:
        root: the checkout.
        base: revision to compare with; None for where this branch left the main one, and for the
            last commit where it has not left it.

    Returns:
        The commit it is compared with, and the files; no commit where there is nothing to compare.
    """
    commit = commit_of(root, base or _base(root))
    if not commit:
        return "", []
    named = _git(root, "diff", "--name-only", "--no-renames", commit)
    new = _git(root, "ls-files", "--others", "--exclude-standard")
    return commit, sorted({*named.splitlines(), *new.splitlines()})


def commit_of(root: Path, revision: str) -> str:
    """Return the commit that a revision names; "" when there is none."""
    return _git(root, "rev-parse", "--verify", "--quiet", f"{revision}^{{commit}}").strip()


def _base(root: Path) -> str:
    head = commit_of(root, "HEAD")
    for main in ("origin/main", "main"):
        left = _git(root, "merge-base", main, "HEAD").strip()
        if left and left != head:
            return left
    return "HEAD~1"


def _git(root: Path, *arguments: str) -> str:
    """Run git, and return "" where it fails: without a repository, all is affected."""
    try:
        done = subprocess.run(
            ["git", "-C", str(root), *arguments], capture_output=True, text=True, check=False
        )
    except OSError:
        return ""
    return done.stdout if done.returncode == 0 else ""


def affected(root: Path, commit: str, files: Iterable[str]) -> set[str]:
    """Return the names of the defects that a change can affect: all where that is not clear.

    Args:
        root: the checkout.
        commit: the state before the change; "" where there is none.
        files: those that it changes, below the root.
    """
    if not commit:
        return set(DEFECTS)
    found: set[str] = set()
    for file in files:
        if file == CONTRACT:
            found |= _by_contract(root, commit)
        elif not file.startswith(ELSEWHERE):
            found |= _by_module(root, file)
    return found


def _by_module(root: Path, file: str) -> set[str]:
    """Return the defects that a module of the suite or of the server can affect."""
    if file in TAGS:
        return _of_tags(TAGS[file])
    checks, defects = f"{PACKAGE}checks/", f"{PACKAGE}server/defects/"
    if file.startswith(checks) and file.endswith(".py"):
        module = file.removeprefix("conformance/").removesuffix(".py").replace("/", ".")
        cited = {
            name
            for item in every()
            if item.function.__module__ == module
            for name in item.requirements
        }
        cited |= {w.requirement for w in WATCHES.values() if w.look.__module__ == module}
        if cited:  # others hold what several modules share
            return {name for name, item in DEFECTS.items() if item.requirement in cited}
    if file.startswith(defects) and (root / file).is_file():
        text = (root / file).read_text(encoding="utf-8")
        named = {name for name in DEFECTS if f'"{name}"' in text}
        if named:
            return named
    return set(DEFECTS)


def _of_tags(tags: Iterable[str]) -> set[str]:
    requirements = load().requirements
    return {name for name, item in DEFECTS.items() if requirements[item.requirement].tag in tags}


def _by_contract(root: Path, commit: str) -> set[str]:
    """Return the defects that the change of the contract can affect."""
    before = parse_yaml(_git(root, "show", f"{commit}:./{CONTRACT}"))
    after = parse_yaml((root / CONTRACT).read_text(encoding="utf-8"))
    return contract_change(before, after)


def contract_change(before: Any, after: Any) -> set[str]:
    """Return the defects that a change of the contract can affect.

    A requirement's text affects its own defects; an operation affects those of its tags; what
    operations share affects all.

    Args:
        before: the parsed document.
        after: the same, changed.
    """
    shared = [{**as_object(item), "paths": None, "info": None} for item in (before, after)]
    old, new = (as_object(as_object(item).get("paths")) for item in (before, after))
    if _bare(shared[0]) != _bare(shared[1]) or set(old) - set(new):
        return set(DEFECTS)
    tags: set[str] = set()
    for path, item in new.items():
        earlier = as_object(old.get(path))
        for method, operation in as_object(item).items():
            if _bare(earlier.get(method)) != _bare(operation):
                tags |= set(map(str, as_list(as_object(operation).get("tags"))))
    old_clauses = _clauses(before)
    changed = {name for name, said in _clauses(after).items() if old_clauses.get(name) != said}
    return _of_tags(tags) | {n for n, item in DEFECTS.items() if item.requirement in changed}


def _bare(value: Any) -> Any:
    """Return a value without what people read: words, requirements, deviations."""
    if is_object(value):
        return {
            name: _bare(child)
            for name, child in value.items()
            if name not in BESIDE and not (name in WORDS and isinstance(child, str))
        }
    return [_bare(child) for child in value] if is_list(value) else value


def _clauses(document: Any) -> dict[str, tuple[str, Any]]:
    """Return where each requirement is, and what it says but for where that was seen."""
    found: dict[str, tuple[str, Any]] = {}
    for place, node in walk(document):
        for clause in map(as_object, as_list(node.get("x-requirements"))):
            said = {name: value for name, value in clause.items() if name not in EVIDENCE}
            found[str(clause.get("id"))] = (place, said)
    return found
