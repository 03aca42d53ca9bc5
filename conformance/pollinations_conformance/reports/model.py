"""The report of a run as plain values: results by requirement, and what follows from them."""

import datetime
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from pollinations_conformance.http.text import plural
from pollinations_conformance.suite.outcome import Verdict

TAGS = ("general", "account", "models", "chat", "text", "image", "audio", "media")
LEVELS: Mapping[str, frozenset[str]] = {
    "must": frozenset({"MUST"}),
    "should": frozenset({"MUST", "SHOULD"}),
    "observed": frozenset({"MUST", "SHOULD", "OBSERVED"}),
}
"""Which requirements fail a run; `observed` also counts unexpected passes as failures."""
ORDER: Mapping[Verdict, int] = {"fail": 0, "error": 1, "pass": 2, "not tested": 3, "known": 4}
"""The verdict of a requirement is the first of those of its checks."""
EMBEDDED = "embedded reference server"
ELSEWHERE = "its checks are in another shard"
SHOWN_CHECKS = 12
Exit = Literal[0, 1, 2]
FailOn = Literal["any", "new"]


def repeating(exchange: Mapping[str, Any]) -> list[str]:
    """Return the commands that repeat an exchange of a report, those that lead to it first."""
    return [*exchange.get("before", ()), exchange["curl"]]


@dataclass
class Line:
    """The result of one requirement."""

    id: str
    tag: str
    level: str
    text: str
    origin: str
    evidence: list[str]
    verdict: Verdict
    reason: str
    checks: list[dict[str, Any]]
    exchange: dict[str, Any] | None = None
    """The exchange that shows a failure, in its JSON form."""
    known: dict[str, Any] | None = None
    because: list[str] = field(default_factory=list[str])
    """Requirements whose failure is why this one was not tested."""
    seconds: float = 0.0


@dataclass(frozen=True)
class Comparison:
    """How the failures of a run differ from those of an earlier one; ids as in `Report.failures`.

    Args:
        source: file of the earlier run's report.
        started: when that run was.
        new: what fails now and did not then.
        fixed: what failed then and holds now.
        unchanged: what failed then and fails now.
        untested: what failed then and was not tested now.
    """

    source: str
    started: str
    new: list[str]
    fixed: list[str]
    unchanged: list[str]
    untested: list[str]


def seconds_in_parallel(seconds: float, by_tag: Mapping[str, float]) -> dict[str, float]:
    """Return the part of a run's time by tag: what runs at the same time shares it.

    Args:
        seconds: of the run.
        by_tag: the seconds of each tag, summed over what ran at the same time.
    """
    total = sum(by_tag.values())
    factor = seconds / total if total > seconds else 1.0
    return {tag: spent * factor for tag, spent in by_tag.items()}


@dataclass
class Report:
    """The results of a run: plain values, without keys and without the run itself."""

    tool: str
    contract: str
    contract_sha256: str
    api: str
    target: dict[str, Any]
    started: str
    seconds: float
    seconds_by_tag: dict[str, float]
    seed: int
    level: str
    options: dict[str, Any]
    """The options that verdicts depend on; see `build.chosen`."""
    shard: dict[str, int] | None
    """Which part of a run this is: number and of; None for a whole run."""
    cases: dict[str, Any]
    """How much was tried; see `suite.outcome.Cases`."""
    requests: int
    interrupted: bool
    lost: str
    """How the server went away during the run; empty when it stayed."""
    lines: list[Line]
    operations: list[dict[str, Any]]
    ledger: dict[str, Any]
    unexpected: list[str] = field(default_factory=list[str])
    """Requirements that were known to fail and did not."""
    expired: list[str] = field(default_factory=list[str])
    """Entries of the known failures that are past their date."""
    unconfirmed: list[str] = field(default_factory=list[str])
    """Entries of the known failures that matched nothing: what they name was not tested."""
    comparison: Comparison | None = None
    """How the failures differ from those of an earlier run."""
    fail_on: FailOn = "any"
    """Whether any failure fails the run, or only a new one."""
    notes: list[str] = field(default_factory=list[str])

    def counts(self) -> dict[str, int]:
        """Return the number of requirements by verdict."""
        found: dict[str, int] = dict.fromkeys(("pass", "fail", "known", "not tested", "error"), 0)
        for line in self.lines:
            found[line.verdict] += 1
        return found

    def seconds_of(self, tag: str) -> float:
        """Return the part of the run's time that a tag took: what runs at the same time shares it."""
        return seconds_in_parallel(self.seconds, self.seconds_by_tag).get(tag, 0.0)

    def failing(self) -> list[Line]:
        """Return the failures that count at the chosen level."""
        levels = LEVELS[self.level]
        return [line for line in self.lines if line.verdict == "fail" and line.level in levels]

    def missing(self) -> list[dict[str, Any]]:
        """Return the operations that the server lacks, without those known to be missing."""
        return [item for item in self.operations if item["missing"] and not item["known"]]

    def failures(self) -> list[str]:
        """Return the ids of what fails: of requirements, and `operation:<operationId>`."""
        missing = [f"operation:{item['id']}" for item in self.missing()]
        return missing + [line.id for line in self.failing()]

    def dependents(self) -> dict[str, list[str]]:
        """Return the requirements that were not tested, by the requirement whose failure is why."""
        found: dict[str, list[str]] = {}
        for line in self.lines:
            for cause in line.because:
                found.setdefault(cause, []).append(line.id)
        return found

    def unsuccessful(self) -> list[dict[str, Any]]:
        """Return the operations in question that never once succeeded.

        A shard does not call every operation, so only the merged report can say.
        """
        if self.shard is not None:
            return []
        return [item for item in self.operations if not item["missing"] and not item["succeeded"]]

    def exit_code(self) -> Exit:
        """Return 0 if the contract holds, 1 if it does not, 2 if the run was inconclusive."""
        if self._departures():
            return 1
        counts = self.counts()
        incomplete = self.interrupted or self.lost or counts["error"] or not counts["pass"]
        return 2 if incomplete or self.unsuccessful() else 0

    def verdict(self) -> str:
        """Return the outcome as a sentence."""
        code = self.exit_code()
        if code == 0 and self.failures():
            remaining = plural(len(self.failures()), "failure")
            return f"Nothing new fails; unchanged since the run before: {remaining}."
        if code == 0:
            part = "this shard tested it" if self.shard is not None else "it was tested"
            return f"The contract holds, as far as {part}."
        if code == 1:
            parts = [*self._departures(), *self._interruptions()]
            return f"The contract does not hold: {'; '.join(parts)}."
        return f"Inconclusive: {'; '.join(self._obstacles())}."

    def _departures(self) -> list[str]:
        """Return what fails the run, a few words each."""
        if self.fail_on == "new" and self.comparison is not None:
            new = self.comparison.new
            return [f"new failures: {', '.join(new)}"] if new else []
        parts: list[str] = []
        if failing := len(self.failing()):
            parts.append(f"{plural(failing, 'requirement')} violated")
        if missing := len(self.missing()):
            parts.append(f"{plural(missing, 'operation')} missing")
        if self.expired:
            parts.append("known failures past their date: " + ", ".join(self.expired))
        if self.level == "observed" and self.unexpected:
            parts.append("unexpected passes: " + ", ".join(self.unexpected))
        return parts

    def _interruptions(self) -> list[str]:
        parts = ["and the run was interrupted"] if self.interrupted else []
        return parts + ([f"and {self.lost}"] if self.lost else [])

    def _obstacles(self) -> list[str]:
        counts = self.counts()
        parts: list[str] = []
        if self.interrupted:
            parts.append("the run was interrupted")
        if self.lost:
            parts.append(self.lost)
        if errors := counts["error"]:
            parts.append(f"{plural(errors, 'requirement')} with an error of the suite itself")
        if not self.interrupted and (unsuccessful := self.unsuccessful()):
            names = ", ".join(item["id"] for item in unsuccessful)
            parts.append(f"never responded with success: {names}")
        if not counts["pass"]:
            parts.append("nothing was tested")
        return parts

    def next_steps(self) -> list[str]:
        """Return what to do about an inconclusive run; nothing for any other."""
        if self.exit_code() != 2:
            return []
        steps: list[str] = []
        if self.interrupted:
            steps.append("run it again to the end, or a part of it with --tag.")
        if self.lost:
            steps.append("look at the log of the service for why it stopped, and run it again.")
        if self.counts()["error"]:
            steps.append(
                "report the error, which the report has; it is not a result about the server."
            )
        if steps:
            return steps
        given = self.target["gateway"] != EMBEDDED
        if given and not self.target["keys"]:
            steps.append("give a key, in POLLINATIONS_API_KEY or with --api-key-file.")
        elif given and self.ledger["limit"] == 0:
            steps.append("allow the run to spend pollen, with --budget; --dry-run shows how much.")
        return steps or ["see with --verbose why these were not tested."]

    def end(self) -> datetime.datetime:
        """Return when the run was over."""
        begin = datetime.datetime.fromisoformat(self.started)
        return begin + datetime.timedelta(seconds=self.seconds)


def causes(checks: Iterable[Mapping[str, Any]]) -> list[str]:
    """Return the requirements whose failure is why checks were not tested, each once."""
    return list(dict.fromkeys(cause for item in checks for cause in item.get("because", ())))


def settle(checks: Sequence[Mapping[str, Any]], untested: str) -> tuple[Verdict, str]:
    """Return verdict and reason of a requirement.

    Args:
        checks: the results of the checks that cite it, the worst first.
        untested: the reason when there is none.
    """
    if not checks:
        return "not tested", untested
    worst = checks[0]
    verdict: Verdict = worst["verdict"]
    reason: str = worst["reason"] or (
        f"on {worst['responses']} responses" if "responses" in worst else ""
    )
    if verdict == "pass":
        skipped = [item for item in checks if item["verdict"] == "not tested"]
        if skipped:
            reason = f"in part: {skipped[0]['reason']}"
    others = sum(item["verdict"] == "fail" for item in checks[1:])
    if verdict == "fail" and others:
        reason += f" (and {others} more)"
    return verdict, reason
