"""What a change of the contract requires of those who depend on it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pollinations_conformance.drift.compare.findings import CLIENTS, Difference, Nothing, short
from pollinations_conformance.drift.document import Document, DriftError
from pollinations_conformance.drift.report import examine
from pollinations_conformance.drift.values import Json, canonical
from pollinations_conformance.http.json import as_list, as_object, is_list, is_object
from pollinations_conformance.http.pointer import join
from tools.client_api import RANKS, Change, Rank, Section

# Objects whose names are chosen freely, so that one with x- is no extension.
_NAMED = ("headers", "properties", "schemas", "parameters", "responses", "examples", "callbacks")


def contract_changes(before: Document, after: Document) -> list[Change]:
    """Return what differs in the contract, by what it requires of those who depend on it.

    Whatever can break a client of the old contract is breaking. What only requires more of servers is a
    feature: they follow a contract when they choose to, clients cannot choose.

    Args:
        before: the old contract.
        after: the new one.

    Raises:
        DriftError: they cannot be compared.
    """
    report = examine(before, after)
    if after.unresolved:
        raise DriftError(f"{report.unresolved[-1]}; correct it")
    found = [
        _change(difference) for difference in report.differences if not version_only(difference)
    ]
    found += _requirement_changes(before, after)
    found += _extension_changes(before, after)
    found.sort(key=lambda change: RANKS.index(change.rank))
    return found


def version_only(difference: Difference) -> bool:
    """Return whether nothing but the version of the document differs."""
    return all(
        finding.kind == "info" and "version" in spot.detail
        for spot, finding in difference.occurrences
    )


def _change(difference: Difference) -> Change:
    """Return a difference in the words of a changelog."""
    finding = difference.first
    gone, new = (isinstance(text, Nothing) for text in (finding.theirs, finding.ours))
    section: Section = "Added" if new else "Removed" if gone else "Changed"
    rank: Rank = "fix"
    if CLIENTS in difference.harms:
        rank = "breaking"
    elif difference.label == "documentation only":
        rank = "documentation"
    elif difference.harms or new:
        rank = "feature"
    if finding.kind == "deprecated" and finding.theirs == "deprecated":
        section, rank = "Deprecated", "feature"
    operations = difference.operations
    where = f"`{operations[0]}`" if len(operations) == 1 else f"{len(operations)} operations"
    if finding.kind == "operation":
        return Change(rank, section, where)
    details = list(dict.fromkeys(met.detail for met, _ in difference.occurrences if met.detail))
    what = details[0] if details else ""
    if len(details) > 1:
        what += f" and {len(details) - 1} more"
    if finding.path:
        what = f"`{finding.path}` in {what}"
    if rank == "documentation":
        what = f"{finding.kind} of {what}" if what else finding.kind
    ours, theirs = short(finding.ours), short(finding.theirs)
    shown = theirs if new else ours if gone else f"{ours} → {theirs}"
    if finding.kind in ("parameter", "header"):
        shown = shown.removesuffix(f" {finding.kind}")
    elif finding.kind == "enum" and "also " in (finding.ours[:5], finding.theirs[:5]):
        lost, more = (
            text[5:] if text[:5] == "also " else "" for text in (finding.ours, finding.theirs)
        )
        section = "Changed" if lost and more else "Added" if more else "Removed"
        shown = "; ".join([*([f"no longer {lost}"] * bool(lost)), *([f"also {more}"] * bool(more))])
    text = f"{where}: {what}" if operations else what
    brief = rank == "documentation" or (finding.kind in ("status", "media type") and (new or gone))
    return Change(rank, section, text if brief else f"{text} ({shown})")


def requirements(document: Document) -> dict[str, Json]:
    """Return the requirements of a contract, wherever they are."""
    found: dict[str, Json] = {}
    for _, name, value in _extensions(document.raw, ""):
        if name == "x-requirements":
            for entry in map(as_object, as_list(value)):
                found[str(entry.get("id", ""))] = entry
    return found


def _requirement_changes(before: Document, after: Document) -> Iterator[Change]:
    old, new = requirements(before), requirements(after)
    for name in sorted({*old, *new}):
        one, other = old.get(name), new.get(name)
        if one is None:
            assert other is not None
            yield Change(
                "feature", "Added", f"Requirement {name}: {_sentence(other)}", "requirement"
            )
        elif other is None:
            must = one.get("level") == "MUST"  # clients may have built on it
            text = f"Requirement {name}: {_sentence(one)}"
            yield Change("breaking" if must else "feature", "Removed", text, "requirement")
        elif one.get("level") != other.get("level"):
            rank: Rank = "breaking" if one.get("level") == "MUST" else "feature"
            text = f"Requirement {name}: {one.get('level')} → {other.get('level')}"
            yield Change(rank, "Changed", text, "requirement")
        elif _sentence(one) != _sentence(other):
            text = f"Requirement {name}: {_sentence(other)}"
            yield Change("fix", "Changed", text, "requirement")


def _sentence(requirement: Json) -> str:
    return " ".join(str(requirement.get("text", "")).split()).removesuffix(".")


def _extensions(node: Any, at: str) -> Iterator[tuple[str, str, Any]]:
    """Yield every extension: its place, its name and its value."""
    if is_object(node):
        for name, value in node.items():
            if str(name).startswith("x-") and at.rpartition("/")[2] not in _NAMED:
                yield at, str(name), value
            else:
                yield from _extensions(value, join(at, name))
    elif is_list(node):
        for index, value in enumerate(node):
            # Its name identifies a parameter when others come before it.
            yield from _extensions(value, join(at, as_object(value).get("name") or index))


def _extension_changes(before: Document, after: Document) -> Iterator[Change]:
    """Find what differs in the extensions but requirements, which the comparison does not see."""
    found: dict[str, list[str]] = {}
    tables: list[dict[tuple[str, str], str]] = [
        {
            (at, name): canonical(value)
            for at, name, value in _extensions(document.raw, "")
            if name not in ("x-requirements", "x-api-version")
        }
        for document in (before, after)
    ]
    for at, name in dict.fromkeys([*tables[0], *tables[1]]):
        if tables[0].get((at, name)) != tables[1].get((at, name)):
            found.setdefault(name, []).append(at)
    for name, places in found.items():
        more = f" and {len(places) - 1} more" if len(places) > 1 else ""
        words = name in (
            "x-deviations",
            "x-requirement",
            "x-requirement-at",
            "x-requirement-of-kind",
        )
        text = f"`{name}` at `{places[0] or '/'}`{more}"
        yield Change("documentation" if words else "fix", "Changed", text, "extension")
