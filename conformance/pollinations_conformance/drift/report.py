"""What a comparison found, as text for the terminal, Markdown or JSON."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pollinations_conformance.drift.compare import compare
from pollinations_conformance.drift.compare.findings import CLASSES, Difference, Finding, short
from pollinations_conformance.drift.document import Document
from pollinations_conformance.drift.traffic import Traffic, Verdict
from pollinations_conformance.http import har
from pollinations_conformance.http.text import plural, printable_line, redact
from pollinations_conformance.replay.base_urls import BaseURL


@dataclass(slots=True)
class Report:
    """All that a comparison found."""

    ours: Document
    theirs: Document
    differences: list[Difference]
    verdicts: list[Verdict] = field(default_factory=list[Verdict])
    exchanges: int = 0  # that reached an operation of either document
    broken: list[str] = field(default_factory=list[str])  # entries of recordings

    @property
    def unresolved(self) -> list[str]:
        """References that could not be followed, one sentence each."""
        return [
            f"{whose}: $ref {redact(reference)!r} {why} "
            f"({len(places)} place{'' if len(places) == 1 else 's'}, first {min(places)})"
            for whose, document in (("ours", self.ours), ("theirs", self.theirs))
            for reference, (why, places) in document.unresolved.items()
        ]

    @property
    def counts(self) -> Counter[str]:
        """How many differences are of which class."""
        return Counter(difference.label for difference in self.differences)

    @property
    def exit_code(self) -> int:
        """0: nothing breaks; 1: something does; 2: a part could not be compared."""
        if any(difference.harms for difference in self.differences):
            return 1
        return 2 if self.unresolved else 0

    def places(self, finding: Finding) -> tuple[str, str]:
        """Return where a finding is in both documents: for what is absent, of what would contain it."""
        return self.ours.nearest(finding.ours_at), self.theirs.nearest(finding.theirs_at)

    def note_broken(self, _: int, error: har.HarError) -> None:
        """Remember an entry of a recording that cannot be read."""
        self.broken.append(printable_line(redact(str(error))))

    def verdict(self, index: int) -> Verdict | None:
        """Return the verdict of the recordings about a difference; None when there are none."""
        return self.verdicts[index] if self.verdicts else None


def headline(difference: Difference) -> str:
    """Return in a few words what differs, and where."""
    spot, finding = difference.occurrences[0]
    details = list(dict.fromkeys(spot.detail for spot, _ in difference.occurrences if spot.detail))
    operations = difference.operations
    where = operations[0] if len(operations) == 1 else f"{len(operations)} operations"
    parts = [finding.kind]
    if finding.kind == "operation":
        parts.append(spot.operation)
    if finding.path:
        paths = {one.path for _, one in difference.occurrences}
        more = f" and {len(paths) - 1} more" if len(paths) > 1 else ""
        parts.append(f"`{finding.path}`{more}")
    if finding.kind == "security":
        parts.append(f"({finding.probe.theirs})")
    if finding.kind != "operation" and details and spot.detail != "security":
        more = f" and {len(details) - 1} more" if len(details) > 1 else ""
        # "query parameter `x`" needs no further word
        parts = [] if finding.kind == "parameter" else [*parts, "in"]
        parts.append(f"{details[0]}{more}")
    if operations and finding.kind != "operation":
        parts.append(f"of {where}")
    times = f" ({len(difference.occurrences)}×)" if len(difference.occurrences) > 1 else ""
    return " ".join(parts) + times


def as_text(report: Report, verbose: bool = False) -> str:
    """Write a report for the terminal.

    Args:
        report: what was found.
        verbose: name every place, not only the first.
    """
    lines = [f"ours:   {report.ours.source}", f"theirs: {report.theirs.source}"]
    for label in CLASSES:
        found = [
            (index, difference)
            for index, difference in enumerate(report.differences)
            if difference.label == label
        ]
        if not found:
            continue
        lines += ["", f"{label[0].upper()}{label[1:]}: {len(found)}"]
        for index, difference in found:
            finding = difference.first
            lines.append(f"  {headline(difference)}")
            for who, text, place in zip(
                ("ours:  ", "theirs:"),
                (finding.ours, finding.theirs),
                report.places(finding),
                strict=True,
            ):
                text = text if verbose else short(text)
                lines.append(f"      {who} {text or '(none)'}  [{place or '/'}]")
            verdict = report.verdict(index)
            if verdict:
                lines.append(f"      traffic: {_traffic(verdict)}")
            if verbose:
                lines += [
                    f"      {spot.operation} {spot.detail}: {' | '.join(report.places(one))}"
                    for spot, one in difference.occurrences[1:]
                ]
    lines += _closing(report)
    return redact("\n".join(map(printable_line, lines)))


def _traffic(verdict: Verdict) -> str:
    shown = [
        f"{who} by {len(labels)} exchange{'' if len(labels) == 1 else 's'}, e.g. {labels[0]}"
        for who, labels in (
            ("ours contradicted", verdict.against_ours),
            ("theirs contradicted", verdict.against_theirs),
        )
        if labels
    ]
    return "; ".join([verdict.text, *shown])


def _closing(report: Report) -> list[str]:
    lines: list[str] = []
    if report.unresolved:
        lines += ["", "Could not be compared:", *(f"  {text}" for text in report.unresolved)]
    counts = ", ".join(f"{report.counts[label]} {label}" for label in CLASSES)
    lines += ["", f"{plural(len(report.differences), 'difference')}: {counts}."]
    if report.verdicts:
        decided = Counter(verdict.text for verdict in report.verdicts)
        counted = ", ".join(
            f"{decided[name]} {name}"
            for name in ("ours wrong", "theirs wrong", "both wrong", "undecided")
        )
        lines.append(f"By {report.exchanges} recorded exchanges: {counted}.")
    return lines


def _cell(text: str) -> str:
    return text.replace("\\", "\\\\").replace("|", "\\|").replace("<", "&lt;").replace("\n", " ")


def as_markdown(report: Report) -> str:
    """Write a report as Markdown.

    Args:
        report: what was found.
    """
    lines = [
        "# Drift",
        "",
        f"- Ours: `{report.ours.source}`",
        f"- Theirs: `{report.theirs.source}`",
    ]
    decided = bool(report.verdicts)
    for label in CLASSES:
        rows: list[str] = []
        for index, difference in enumerate(report.differences):
            if difference.label != label:
                continue
            finding = difference.first
            cells = [
                _cell(headline(difference)),
                *(
                    f"{_cell(short(text))}<br>`{_cell(place or '/')}`"
                    for text, place in zip(
                        (finding.ours, finding.theirs), report.places(finding), strict=True
                    )
                ),
            ]
            verdict = report.verdict(index)
            if verdict:
                cells.append(_cell(_traffic(verdict)))
            rows.append("| " + " | ".join(cells) + " |")
        if rows:
            lines += ["", f"## {label[0].upper()}{label[1:]} ({len(rows)})", ""]
            lines.append("| What | Ours | Theirs |" + (" Traffic |" if decided else ""))
            lines.append("|---|---|---|" + ("---|" if decided else ""))
            lines += rows
    lines += [_cell(line) for line in _closing(report)]
    return redact("\n".join(map(printable_line, lines))) + "\n"


def as_json(report: Report) -> str:
    """Write a report for programs.

    Args:
        report: what was found.
    """
    rows: list[dict[str, Any]] = []
    for index, difference in enumerate(report.differences):
        finding = difference.first
        places = report.places(finding)
        row: dict[str, Any] = {
            "class": difference.label,
            "harms": sorted(difference.harms),
            "kind": finding.kind,
            "summary": headline(difference),
            "path": finding.path,
            "count": len(difference.occurrences),
            "operations": difference.operations,
            "ours": {"text": finding.ours, "pointer": places[0]},
            "theirs": {"text": finding.theirs, "pointer": places[1]},
            "places": [
                {
                    "operation": spot.operation,
                    "where": spot.detail,
                    "path": one.path,
                    **dict(zip(("ours", "theirs"), report.places(one), strict=True)),
                }
                for spot, one in difference.occurrences
            ],
        }
        verdict = report.verdict(index)
        if verdict:
            row["traffic"] = {
                "verdict": verdict.text,
                "against_ours": verdict.against_ours,
                "against_theirs": verdict.against_theirs,
            }
        rows.append(row)
    document = {
        "ours": report.ours.source,
        "theirs": report.theirs.source,
        "exit": report.exit_code,
        "totals": {label: report.counts[label] for label in CLASSES},
        "unresolved": report.unresolved,
        "broken": report.broken,
        "differences": rows,
    }
    text = json.dumps(document, ensure_ascii=False, indent=1)
    return redact(text.encode("utf-8", "backslashreplace").decode()) + "\n"


def examine(
    ours: Document,
    theirs: Document,
    recordings: Sequence[Path] = (),
    base_urls: Sequence[BaseURL] = (),
) -> Report:
    """Compare two documents, and decide by recordings which is right.

    Args:
        ours: the contract.
        theirs: the other document.
        recordings: HAR files.
        base_urls: further base URLs of the service in them.

    Raises:
        DriftError: the documents cannot be compared.
        HarError: a recording cannot be read.
    """
    report = Report(ours, theirs, compare(ours, theirs))
    if recordings:
        traffic = Traffic(ours, theirs, base_urls)
        for file in recordings:
            traffic.add(har.read(file, report.note_broken), file.name)
        report.exchanges = len(traffic.exchanges)
        report.verdicts = [traffic.decide(difference) for difference in report.differences]
    return report
