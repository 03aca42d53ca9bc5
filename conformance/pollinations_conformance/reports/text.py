"""The text form of a report: every requirement that did not simply pass, grouped by tag."""

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, cast

from rich.table import Table
from rich.text import Text

from pollinations_conformance.http.text import plural, printable_line
from pollinations_conformance.reports.model import (
    EMBEDDED,
    TAGS,
    Comparison,
    Line,
    Report,
    repeating,
)
from pollinations_conformance.suite.outcome import Verdict

MARKS: Mapping[Verdict, str] = {
    "pass": "✓", "fail": "✗", "known": "~", "not tested": "·", "error": "!",
}  # fmt: skip
STYLES: Mapping[Verdict, str] = {
    "pass": "green", "fail": "red", "known": "yellow", "not tested": "dim", "error": "magenta",
}  # fmt: skip
LISTED = 6
"""How many requirements with the same reason are named."""


def to_text(report: Report, verbose: bool = False) -> Text:
    """Return the text form of a report.

    Args:
        report: to show.
        verbose: whether to list every requirement.
    """
    text = Text()
    for tag in TAGS:
        text.append_text(_tag(report, tag, verbose))
    for row in comparison_lines(report.comparison):
        _row(text, row)
    if report.unexpected:
        _row(text, f"Known to fail, but passed: {', '.join(report.unexpected)}")
    if report.unconfirmed:
        _row(text, f"Known to fail, but not tested: {', '.join(report.unconfirmed)}")
    _row(
        text,
        f"{plural(len(report.lines), 'requirement')}: {counted(report.counts())}; "
        f"{plural(report.requests, 'request')}, {report.seconds:.1f} s",
    )
    for row in (*case_lines(report.cases), *ledger_lines(report), *report.notes):
        _row(text, row)
    for step in report.next_steps():
        _row(text, f"Next: {step}")
    style = {0: "green", 1: "red", 2: "yellow"}[report.exit_code()]
    return text.append(printable_line(report.verdict()) + "\n", style)


def summary(report: Report) -> Table:
    """Return how many requirements of each tag have which verdict, as a table for a terminal."""
    verdicts = [name for name, count in report.counts().items() if count]
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("tag")
    for name in verdicts:
        table.add_column(name, justify="right", style=STYLES[cast("Verdict", name)])
    table.add_column("seconds", justify="right", style="dim")
    for tag in TAGS:
        found = [line.verdict for line in report.lines if line.tag == tag]
        if found:
            counts = [str(found.count(cast("Verdict", name)) or "") for name in verdicts]
            table.add_row(tag, *counts, f"{report.seconds_of(tag):.1f}")
    return table


def counted(counts: Mapping[str, int]) -> str:
    """Return counts as words, without what there is none of: `3 pass, 1 fail`."""
    return ", ".join(f"{count} {name}" for name, count in counts.items() if count)


def _row(text: Text, row: str, indent: int = 0, mark: Verdict | None = None) -> None:
    text.append(" " * indent)
    if mark is not None:
        text.append(MARKS[mark], STYLES[mark]).append(" ")
    text.append(printable_line(row) + "\n")


def _tag(report: Report, tag: str, verbose: bool) -> Text:
    text = Text()
    lines = [line for line in report.lines if line.tag == tag]
    missing = [item for item in report.operations if item["tag"] == tag and item["missing"]]
    if not lines and not missing:
        return text
    shown = {line.id for line in report.lines if line.verdict in {"fail", "known", "error"}}
    counts: dict[str, int] = {name: sum(line.verdict == name for line in lines) for name in MARKS}
    spent = report.seconds_of(tag)
    text.append(tag, "bold").append(f"  {counted(counts)}  ").append(f"({spent:.1f} s)", "dim")
    text.append("\n")
    for verdict, row in missing_operations(missing):
        _row(text, row, 2, verdict)
    untested: dict[str, list[str]] = {}
    dependents = report.dependents()
    for line in lines:
        if line.verdict == "not tested" and not verbose:
            # One whose cause fails is named there.
            if not any(cause in dependents and cause in shown for cause in line.because):
                untested.setdefault(line.reason, []).append(line.id)
        elif line.verdict != "pass" or verbose:
            _requirement(text, line, dependents.get(line.id, []))
    for reason, names in untested.items():
        _row(text, f"not tested: {listed(names)}: {reason}", 2, "not tested")
    return text.append("\n")


def listed(names: Sequence[str]) -> str:
    """Return names as words, of many only the first ones."""
    shown = names if len(names) <= LISTED else names[: LISTED - 1]
    more = len(names) - len(shown)
    return ", ".join(shown) + (f" and {more} more" if more else "")


def comparison_lines(comparison: Comparison | None) -> list[str]:
    """Return how the failures differ from those of an earlier run, a sentence for each kind."""
    if comparison is None:
        return []
    rows = [f"Compared with {comparison.source}, a run of {comparison.started}:"]
    for names, what in (
        (comparison.new, "new"),
        (comparison.fixed, "fixed"),
        (comparison.unchanged, "unchanged"),
        (comparison.untested, "not tested now"),
    ):
        rows.append(f"  {len(names)} {what}" + (f": {', '.join(names)}" if names else ""))
    return rows


def _requirement(text: Text, line: Line, dependents: Sequence[str]) -> None:
    level = "" if line.level == "MUST" else f" ({line.level})"
    _row(text, f"{line.id}{level}  {line.text}", 2, line.verdict)
    if line.reason:
        _row(text, line.reason, 6)
    if line.known:
        link = f" {line.known['link']}" if line.known["link"] else ""
        _row(text, f"known since {line.known['date']}: {line.known['reason']}{link}", 6)
    if dependents:
        count = plural(len(dependents), "requirement")
        _row(text, f"not tested because of it: {count}: {listed(dependents)}", 6)
    if line.exchange and line.verdict == "fail":
        for command in repeating(line.exchange):
            _row(text, command, 6)


def missing_operations(
    operations: Sequence[Mapping[str, Any]],
) -> Iterator[tuple[Verdict, str]]:
    """Yield which operations are missing, those with the same cause in one line.

    Args:
        operations: of one tag, all of them missing.
    """
    causes: dict[tuple[str, str], list[Mapping[str, Any]]] = {}
    for item in operations:
        # As in "GET /account/key gets 404".
        cause = str(item["missing"]).removeprefix(f"{item['method']} {item['path']} ")
        causes.setdefault((cause, item["known"]), []).append(item)
    for (cause, known), items in causes.items():
        if len(items) == 1:
            row = f"operation {items[0]['id']} is missing: {items[0]['missing']}"
        else:
            names = ", ".join(f"{item['method']} {item['path']}" for item in items)
            row = f"{len(items)} operations are missing (each {cause}): {names}"
        yield ("known" if known else "fail"), row + (f" ({known})" if known else "")


def case_lines(cases: Mapping[str, Any]) -> list[str]:
    """Return sentences about how much was tried.

    Args:
        cases: as in the JSON form.
    """
    rows = [f"Written: {plural(cases['written'], 'check')}."]
    if cases["generated"]:
        other = cases["generated"] - cases["valid"] - cases["invalid"]
        rows.append(
            f"Generated: {plural(cases['generated'], 'request')} in {cases['seconds']:.1f} s: "
            f"{cases['valid']} valid by the contract, {cases['invalid']} invalid"
            + (f", {other} for no operation." if other else ".")
        )
    if cases["replayed"]:
        rows.append(
            f"From the example database: {plural(cases['replayed'], 'request')}, sent first."
        )
    if cases["unpaid"]:
        rows.append(
            f"Sent without a key, because the budget does not allow for more: "
            f"{plural(cases['unpaid'], 'generated request')}. Raise it with --budget."
        )
    return rows


def is_all_estimated(ledger: Mapping[str, Any]) -> bool:
    """Return whether no response shows a part of what a run cost."""
    unknown = ledger.get("estimated", 0.0)
    return bool(unknown) and math.isclose(ledger["spent"], unknown)


def ledger_lines(report: Report) -> list[str]:
    """Return sentences about what was spent, and whether the balance of the key agrees."""
    ledger = report.ledger
    if report.target["gateway"] == EMBEDDED:
        return []
    limit = "no limit" if ledger["limit"] is None else f"a budget of {ledger['limit']:g}"
    spent, unknown = ledger["spent"], ledger.get("estimated", 0.0)
    calls = plural(ledger["calls"], "call")
    if is_all_estimated(ledger):
        rows = [
            f"No response shows what it cost; {spent:.6g} pollen of {limit} are counted for {calls}."
        ]
    else:
        rows = [f"Spent {spent:.6g} pollen in {calls}, of {limit}."]
        if unknown:
            rows.append(
                f"{unknown:.6g} of it are estimated: the responses do not show what they cost."
            )
    if ledger["balance_before"] is not None and ledger["balance_after"] is not None:
        fell = ledger["balance_before"] - ledger["balance_after"]
        near = math.isclose(fell, ledger["spent"], rel_tol=0.05, abs_tol=1e-6)
        rows.append(
            f"The balance fell by {fell:.6g} pollen"
            + (
                ", as the ledger has it."
                if near
                else "; estimates and other keys may be the reason."
            )
        )
    return rows
