"""All verdicts of a replay, as text or JSON."""

from __future__ import annotations

import json
import re
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from pollinations_conformance.contract import Contract
from pollinations_conformance.http import har
from pollinations_conformance.http.text import plural, printable_line, redact
from pollinations_conformance.replay.base_urls import BaseURL
from pollinations_conformance.replay.progress import Progress
from pollinations_conformance.replay.validate import (
    OUTSIDE,
    UNKNOWN_ROUTE,
    Problem,
    ValidatedExchange,
    lacking_headers,
    model_names,
    validate,
)

_EXAMPLES = 3


@dataclass(slots=True)
class Report:
    """All verdicts of a run."""

    contract: str
    exchanges: list[ValidatedExchange] = field(default_factory=list[ValidatedExchange])
    unreadable: list[str] = field(default_factory=list[str])  # files
    broken: list[str] = field(default_factory=list[str])  # entries

    @property
    def counts(self) -> Counter[str]:
        """How many exchanges got which verdict."""
        return Counter(one.verdict for one in self.exchanges)

    @property
    def exit_code(self) -> int:
        """0: all holds; 1: something does not; 2: inconclusive."""
        counts = self.counts
        if counts["fails"]:
            return 1
        return 2 if self.unreadable or not counts["holds"] else 0


def _read(file: Path, name: str, report: Report) -> list[har.Exchange]:
    def broken(index: int, error: har.HarError) -> None:
        report.broken.append(printable_line(redact(str(error))))

    if str(file) == "-":
        raw = sys.stdin.buffer.read(har.MAX_BYTES + 1)
        if len(raw) > har.MAX_BYTES:
            raise har.HarError(
                f"{name}: is more than the {har.MAX_BYTES // 1048576} MiB that are read at once; "
                "split the recording"
            )
        return list(har.loads(raw, name, broken))
    return list(har.read(file, broken))


def replay(
    contract: Contract,
    files: Sequence[Path],
    base_urls: Sequence[BaseURL] = (),
    progress: Progress | None = None,
) -> Report:
    """Validate whole recordings.

    Args:
        contract: what to validate by; model lists seen in a recording widen it for that recording.
        files: HAR files; `-` is standard input.
        base_urls: further base URLs of the two hosts.
        progress: reports each exchange.

    Returns:
        All verdicts; a file or an entry that cannot be read is named in the report and does not stop the rest.
    """
    report = Report(contract.version)
    for file in files:
        name = "standard input" if str(file) == "-" else file.name
        try:
            exchanges = _read(file, name, report)
        except har.HarError as error:
            report.unreadable.append(printable_line(redact(str(error))))
            continue
        own = contract.with_values(model_names(contract, exchanges, base_urls))
        lacking = lacking_headers(exchanges)
        for number, exchange in enumerate(exchanges, 1):
            try:
                report.exchanges.append(validate(own, exchange, name, base_urls, lacking))
            except Exception as error:  # one exchange never costs the others
                report.unreadable.append(_not_validated(name, exchange, error))
            if progress:
                progress.step(name, number, len(exchanges))
    if progress:
        progress.done()
    return report


def _not_validated(name: str, exchange: har.Exchange, error: Exception) -> str:
    return (
        f"{name}: log.entries[{exchange.index}]: could not be validated ({type(error).__name__}); "
        "this is a fault of pollinations-contract, please report it"
    )


def _grouped(
    validated: Iterable[ValidatedExchange], advice: bool = False
) -> list[tuple[str, Problem, list[ValidatedExchange]]]:
    """Group equal problems; the index of an event or item makes no difference."""
    groups: dict[tuple[str, ...], tuple[str, Problem, list[ValidatedExchange]]] = {}
    for one in validated:
        seen: set[tuple[str, ...]] = set()
        for problem in one.advice if advice else one.problems:
            text = re.sub(r"\[[0-9]+\]", "[]", problem.sentence)
            key = (one.operation, problem.part, problem.pointer, text)
            group = groups.setdefault(key, (one.operation, problem, []))
            if key not in seen:
                group[2].append(one)
            seen.add(key)
    return sorted(groups.values(), key=lambda group: (group[0], -len(group[2])))


def _evidence(report: Report) -> Iterator[tuple[str, int, int]]:
    """Count what the recordings are evidence of: what, how many hold, of how many."""
    inside = [one for one in report.exchanges if one.verdict != "outside"]

    def holds(one: ValidatedExchange, part: str) -> bool:
        return not any(problem.part == part for problem in one.problems)

    yield "responses accepted", sum(holds(one, "response") for one in inside), len(inside)
    for evidence, title in (
        ("accepted", "served requests valid"),
        ("refused", "requests refused with details invalid"),
    ):
        of = [one for one in inside if one.request_evidence == evidence]
        yield title, sum(holds(one, "request") for one in of), len(of)


def _section(
    contract: Contract, title: str, groups: list[tuple[str, Problem, list[ValidatedExchange]]]
) -> list[str]:
    lines = ["", title] if groups else []
    for operation, problem, where in groups:
        requirement = contract.requirements.get(problem.requirement or "")
        lines.append(f"  {operation}, {problem.part}, {len(where)}x: {problem.sentence}")
        lines.append(f"      contract: {problem.pointer}")
        if requirement:
            lines.append(f"      requirement {requirement.id}: {requirement.text}")
        lines += [f"      {one.label}" for one in where[:_EXAMPLES]]
        if len(where) > _EXAMPLES:
            lines.append(f"      and {len(where) - _EXAMPLES} more")
    return lines


def as_text(report: Report, contract: Contract, verbose: bool = False) -> str:
    """Write a report for people.

    Args:
        report: the verdicts.
        contract: determines the order of operations and has the text of requirements.
        verbose: also list every exchange.
    """
    lines: list[str] = []
    if verbose:
        for one in report.exchanges:
            note = f" ({one.note})" if one.note else ""
            lines.append(f"{one.verdict:<8}{one.operation:<28}{one.label}{note}")
        lines.append("")
    table = Counter((one.operation, one.verdict) for one in report.exchanges)
    names = [operation.id for operation in contract.operations] + [UNKNOWN_ROUTE, OUTSIDE]
    lines.append(f"{'operation':<28}{'holds':>8}{'fails':>8}{'outside':>9}")
    for name in names:
        row = [table[name, "holds"], table[name, "fails"], table[name, "outside"]]
        if any(row):
            lines.append(f"{name:<28}{row[0]:>8}{row[1]:>8}{row[2]:>9}")
    counts = report.counts
    lines.append(f"{'all':<28}{counts['holds']:>8}{counts['fails']:>8}{counts['outside']:>9}")
    outside = Counter(one.note for one in report.exchanges if one.verdict == "outside")
    if outside:
        lines += ["", "Outside the contract, neither right nor wrong:"]
        lines += [f"  {count:>5}  {note}" for note, count in outside.most_common(12)]
    lines += _section(contract, "Does not hold:", _grouped(report.exchanges))
    advice = _grouped(report.exchanges, advice=True)
    lines += _section(contract, "Recommended only, and not so:", advice)
    lines.append("")
    evidence = "; ".join(f"{title}: {good} of {all_}" for title, good, all_ in _evidence(report))
    lines.append(f"{plural(len(report.exchanges), 'exchange')}. {evidence}.")
    if report.exchanges and not counts["holds"] and not counts["fails"]:
        lines.append(
            "Not one exchange reached the contract. If it was recorded against another URL, "
            "name it with --base-url."
        )
    return redact("\n".join(lines))


def as_json(report: Report) -> str:
    """Write a report for programs.

    Args:
        report: the verdicts.
    """
    operations: dict[str, dict[str, int]] = {}
    for one in report.exchanges:
        row = operations.setdefault(one.operation, {"holds": 0, "fails": 0, "outside": 0})
        row[one.verdict] += 1
    document = {
        "contract": report.contract,
        "exit": report.exit_code,
        "totals": {name: report.counts[name] for name in ("holds", "fails", "outside")},
        "evidence": {title: {"hold": good, "of": all_} for title, good, all_ in _evidence(report)},
        "operations": operations,
        "unreadable": report.unreadable,
        "broken": report.broken,
        "exchanges": [
            {
                "file": one.file,
                "index": one.index,
                "name": one.name,
                "method": one.method,
                "target": one.target,
                "status": one.status,
                "operation": one.operation,
                "verdict": one.verdict,
                "note": one.note,
                "problems": [_problem_row(problem) for problem in one.problems],
                "advice": [_problem_row(problem) for problem in one.advice],
            }
            for one in report.exchanges
        ],
    }
    text = json.dumps(document, ensure_ascii=False, indent=1)
    return redact(text.encode("utf-8", "backslashreplace").decode()) + "\n"


def _problem_row(problem: Problem) -> dict[str, str | None]:
    return {
        "part": problem.part,
        "where": problem.where,
        "sentence": problem.sentence,
        "pointer": problem.pointer,
        "requirement": problem.requirement,
        "kind": problem.kind,
    }
