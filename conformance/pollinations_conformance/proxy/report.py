"""What a proxy has seen so far: one line per violation, and the report."""

from __future__ import annotations

import re
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from pollinations_conformance.http.text import printable_line, redact
from pollinations_conformance.replay.validate import Problem, ValidatedExchange

MAX_GROUPS = 1_000
"""Different violations that are distinguished; further ones are only counted."""


@dataclass(slots=True)
class Group:
    """Equal violations.

    Attributes:
        first: the exchange that showed it first, in one line.
        seen: when, ISO 8601.
        count: how many exchanges showed it.
    """

    operation: str
    problem: Problem
    first: str
    seen: str
    count: int = 0


@dataclass(slots=True)
class Report:
    """Counts and violations.

    Args:
        show: takes each line about a violation.
        clock: POSIX time in seconds.
        requirements: the text of each, by id.
    """

    show: Callable[[str], None]
    clock: Callable[[], float] = time.time
    requirements: Mapping[str, str] = field(default_factory=dict[str, str])
    verdicts: Counter[str] = field(default_factory=Counter[str])
    operations: dict[str, Counter[str]] = field(default_factory=dict[str, Counter[str]])
    outside: Counter[str] = field(default_factory=Counter[str])
    groups: dict[tuple[str, ...], Group] = field(default_factory=dict[tuple[str, ...], Group])
    more: int = 0
    broken: Counter[str] = field(default_factory=Counter[str])
    unvalidated: Counter[str] = field(default_factory=Counter[str])
    advice: Counter[str] = field(default_factory=Counter[str])

    def add(self, validated: ValidatedExchange | str) -> None:
        """Add the verdict of an exchange; a text: why there is none."""
        if isinstance(validated, str):
            _count(self.unvalidated, validated)
            return
        self.verdicts[validated.verdict] += 1
        rows = self.operations.setdefault(validated.operation, Counter())
        rows[validated.verdict] += 1
        if validated.verdict == "outside":
            _count(self.outside, validated.note)
        label = f"{validated.method} {validated.target} -> {validated.status}"
        for problem in validated.problems:
            self._add_problem(validated.operation, problem, label)
            name = problem.requirement or problem.pointer
            self.show(f"{validated.operation} {problem.part} {name}: {problem.sentence}  ({label})")

        for problem in validated.advice:
            sentence = re.sub(r"[0-9]+", "#", problem.sentence)
            _count(self.advice, f"{validated.operation} {problem.requirement}: {sentence}")

    def _add_problem(self, operation: str, problem: Problem, label: str) -> None:
        sentence = re.sub(r"[0-9]+", "#", problem.sentence)
        key = (operation, problem.part, problem.requirement or problem.pointer, sentence)
        group = self.groups.get(key)
        if group is None:
            if len(self.groups) >= MAX_GROUPS:
                self.more += 1
                return
            now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(self.clock()))
            group = self.groups[key] = Group(operation, problem, label, now)
        group.count += 1

    def note_broken(self, reason: str) -> None:
        """Count an exchange that was not complete."""
        _count(self.broken, printable_line(redact(reason)))

    @property
    def exit_code(self) -> int:
        """0: all valid; 1: a violation; 2: inconclusive, since nothing or not all was validated."""
        if self.verdicts["fails"]:
            return 1
        return 2 if self.unvalidated or not self.verdicts["holds"] else 0

    def as_json(self, contract: str, waiting: int = 0) -> dict[str, Any]:
        """Return the report as JSON.

        Args:
            contract: its version.
            waiting: bytes of exchanges that are not validated yet.
        """
        return {
            "contract": contract,
            "valid": not self.verdicts["fails"],
            "exit": self.exit_code,
            "complete": waiting == 0,
            "totals": {name: self.verdicts[name] for name in ("holds", "fails", "outside")},
            "operations": {
                name: {verdict: rows[verdict] for verdict in ("holds", "fails", "outside")}
                for name, rows in sorted(self.operations.items())
            },
            "violations": [
                {
                    "operation": group.operation,
                    "part": group.problem.part,
                    "requirement": group.problem.requirement,
                    "text": self.requirements.get(group.problem.requirement or ""),
                    "where": group.problem.where,
                    "sentence": group.problem.sentence,
                    "contract": group.problem.pointer,
                    "first": group.first,
                    "time": group.seen,
                    "count": group.count,
                }
                for group in self.groups.values()
            ],
            "further_violations": self.more,
            "advice": dict(self.advice),
            "outside": dict(self.outside),
            "incomplete": dict(self.broken),
            "not_validated": dict(self.unvalidated),
        }

    def as_text(self) -> str:
        """Return the report for the terminal, violations left out: they were shown."""
        counts = self.verdicts
        lines = [f"{'operation':<32}{'holds':>8}{'fails':>8}{'outside':>9}"]
        for name, rows in sorted(self.operations.items()):
            lines.append(f"{name:<32}{rows['holds']:>8}{rows['fails']:>8}{rows['outside']:>9}")
        lines.append(f"{'all':<32}{counts['holds']:>8}{counts['fails']:>8}{counts['outside']:>9}")
        for title, found in (
            ("Recommended only, and not so", self.advice),
            ("Outside the contract", self.outside),
            ("Incomplete, not validated", self.broken),
            ("Not validated", self.unvalidated),
        ):
            if found:
                lines += ["", f"{title}:"]
                lines += [f"  {count:>5}  {what}" for what, count in found.most_common(12)]
        verdict = {
            0: "All traffic is valid.",
            1: f"{len(self.groups)} different violations; see above.",
            2: "Inconclusive: nothing was validated, or not all of it.",
        }
        return "\n".join([*lines, "", verdict[self.exit_code]])


def _count(counter: Counter[str], name: str) -> None:
    """Count under a name, of which others may choose so many only."""
    if name in counter or len(counter) < MAX_GROUPS:
        counter[name] += 1
    else:
        counter["…"] += 1
