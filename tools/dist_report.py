"""What is checked of the distributions, as a table that ends in a verdict."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

Verdict = Literal["holds", "fails", "unknown", "skipped"]


class DistError(Exception):
    """The distributions cannot be made or checked; the message says why, in one line."""


@dataclass
class Table:
    """What was looked at and what came of it."""

    rows: list[tuple[str, Verdict, str]] = field(default_factory=list[tuple[str, Verdict, str]])

    def add(self, name: str, verdict: Verdict, detail: str = "") -> None:
        """Add a row, and show it."""
        self.rows.append((name, verdict, detail))
        mark = {"holds": "ok  ", "fails": "FAIL", "unknown": "??  ", "skipped": "skip"}[verdict]
        print(f"{mark}  {name:34}  {detail}".rstrip(), flush=True)

    def judge(self, name: str, problems: Sequence[str], detail: str = "") -> None:
        """Add a row for a check; the problems one by one when there are any."""
        for problem in problems[:20]:
            self.add(name, "fails", problem)
        if len(problems) > 20:
            self.add(name, "fails", f"… and {len(problems) - 20} more")
        if not problems:
            self.add(name, "holds", detail)

    def exit_code(self) -> int:
        """Return 0 if all holds, 1 if something does not, 2 if it is unknown."""
        found = {verdict for _, verdict, _ in self.rows}
        return 1 if "fails" in found else 2 if "unknown" in found or "holds" not in found else 0

    def sentence(self) -> str:
        """Return the outcome as a sentence."""
        skipped = [name for name, verdict, _ in self.rows if verdict == "skipped"]
        said = {
            0: "The distributions hold" + (", as far as they were tried" if skipped else ""),
            1: "The distributions do not hold",
            2: "Inconclusive: it is unknown whether the distributions hold",
        }[self.exit_code()]
        return said + (f"; skipped: {', '.join(skipped)}." if skipped else ".")
