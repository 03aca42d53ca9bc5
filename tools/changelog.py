"""The version that a change needs, and its entries in the changelog."""

from __future__ import annotations

import re
import shutil
import textwrap
from dataclasses import dataclass, field
from pathlib import Path

from tools.client_api import RANKS, Change, Rank, Section
from tools.revisions import CONTRACT, Stop, parse_contract, version_of

CHANGELOG = "CHANGELOG.md"
SECTIONS: tuple[Section, ...] = (
    "Added",
    "Changed",
    "Deprecated",
    "Removed",
    "Fixed",
    "Security",
)
_VERSION = re.compile(r"(\d+)\.(\d+)\.(\d+)")
_UNRELEASED = re.compile(r"^## .*\bunreleased\b.*$", re.IGNORECASE | re.MULTILINE)


@dataclass(slots=True)
class Found:
    """What differs in contract and client."""

    contract: list[Change] = field(default_factory=list[Change])
    client: list[Change] = field(default_factory=list[Change])

    @property
    def rank(self) -> Rank | None:
        """The class of all changes together; None when there is none."""
        ranks = {change.rank for change in (*self.contract, *self.client)}
        return next((rank for rank in RANKS if rank in ranks), None)

    @property
    def reason(self) -> str:
        """The first change of that class."""
        for whose, changes in (("", self.contract), ("client: ", self.client)):
            for change in changes:
                if change.rank == self.rank:
                    return whose + change.text
        return ""


def next_version(version: str, rank: Rank) -> str:
    """Return the version that a change needs.

    While the version is 0.x, what breaks raises the minor number, too; so only the last number
    promises that nothing needs to be changed.

    Args:
        version: of what was released, like 1.2.3.
        rank: the class of the change.

    Raises:
        Stop: the version is none.
    """
    major, minor, patch = numbers(version)
    if rank == "breaking" and major:
        return f"{major + 1}.0.0"
    if rank in ("breaking", "feature"):
        return f"{major}.{minor + 1}.0"
    return f"{major}.{minor}.{patch + 1}"


def numbers(version: str) -> tuple[int, int, int]:
    """Return the three numbers of a version.

    Raises:
        Stop: it has others.
    """
    found = _VERSION.fullmatch(version)
    if found is None:
        raise Stop(f"{CONTRACT}: info.version is {version!r}, expected three numbers like 1.2.3")
    return int(found[1]), int(found[2]), int(found[3])


def with_version(text: str, version: str) -> str:
    """Write another version into a contract, and leave every other character as it is.

    Args:
        text: the contract, in YAML.
        version: the new one.

    Raises:
        Stop: the place is not found.
    """
    block = re.search(r"^info:[ \t]*(?:#.*)?\n(?:[ \t]+.*\n|[ \t]*\n|#.*\n)+", text, re.MULTILINE)
    edited = text
    if block:
        lines, count = re.subn(
            r"^(  version:[ \t]*)(['\"]?)[^\s'\"#]+\2",
            rf"\g<1>\g<2>{version}\g<2>",
            block[0],
            count=1,
            flags=re.MULTILINE,
        )
        if count:
            edited = text[: block.start()] + lines + text[block.end() :]
    if version_of(parse_contract(edited.encode(), CONTRACT)) != version:
        raise Stop(f"{CONTRACT}: info.version cannot be found to be written; write {version} there")
    return edited


def write(path: Path, text: str) -> None:
    """Write a file whole or not at all."""
    fresh = path.with_name(f".{path.name}.new")
    fresh.write_text(text, encoding="utf-8")
    if path.exists():
        shutil.copymode(path, fresh)
    fresh.replace(path)


def draft(found: Found) -> dict[Section, list[str]]:
    """Compose the entries of a changelog, by section."""
    entries: dict[Section, list[str]] = {section: [] for section in SECTIONS}
    for whose, changes in (("", found.contract), ("Client: ", found.client)):
        for change in changes:
            if change.rank == "documentation" and found.rank != "documentation":
                continue  # not worth a line beside what matters
            bold = "**Breaking:** " if change.rank == "breaking" else ""
            entries[change.section].append(f"{bold}{whose}{change.text}.")
    return {section: lines for section, lines in entries.items() if lines}


def as_markdown(entries: dict[Section, list[str]]) -> str:
    """Write the sections of a changelog."""
    return "\n\n".join(
        f"### {section}\n\n" + "\n".join(_bullet(line) for line in lines)
        for section, lines in entries.items()
    )


def _bullet(line: str) -> str:
    return "- " + textwrap.fill(
        line, 98, subsequent_indent="  ", break_long_words=False, break_on_hyphens=False
    )


def with_entries(text: str, version: str, entries: dict[Section, list[str]]) -> str:
    """Put entries under the unreleased heading of a changelog; those that are there stay single.

    Args:
        text: the changelog.
        version: that the next release will have.
        entries: by section.
    """
    heading = _UNRELEASED.search(text)
    if heading is None:
        first = re.search(r"^## ", text, re.MULTILINE)
        start = first.start() if first else len(text)
        before, after = text[:start].rstrip() + "\n\n", text[start:]
        body = ""
    else:
        following = re.search(r"^## ", text[heading.end() :], re.MULTILINE)
        end = heading.end() + following.start() if following else len(text)
        before, body, after = text[: heading.start()], text[heading.end() : end], text[end:]
    present = " ".join(body.split())
    blocks = re.split(r"^(?=### )", body, flags=re.MULTILINE)
    for section, lines in entries.items():
        fresh = [_bullet(line) for line in lines if f"- {line}" not in present]
        if not fresh:
            continue
        place = next(
            (n for n, block in enumerate(blocks) if block.startswith(f"### {section}\n")), 0
        )
        if place:
            blocks[place] = blocks[place].rstrip() + "\n" + "\n".join(fresh) + "\n\n"
        else:
            blocks[-1] = blocks[-1].rstrip() + "\n\n"
            blocks.append(f"### {section}\n\n" + "\n".join(fresh) + "\n\n")
    body = "".join(blocks).strip("\n")
    return f"{before}## {version} (unreleased)\n\n{body}\n" + (f"\n{after}" if after else "")
