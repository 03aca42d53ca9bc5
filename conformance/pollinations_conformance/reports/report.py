"""What a run found: one verdict for each requirement, and the reports made of them.

The JSON form is described by `report.schema.json`; the others are made from the same value.
"""

import datetime
import hashlib
import html
import json
import math
import xml.etree.ElementTree as ET
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

from pollinations_conformance.contract import load
from pollinations_conformance.http.text import printable
from pollinations_conformance.reports.known import Known
from pollinations_conformance.suite.outcome import Outcome, Verdict
from pollinations_conformance.suite.registry import REGISTRY, WATCHES
from pollinations_conformance.suite.runner import Options, Run
from pollinations_conformance.suite.target import Exchange, Keyring

TAGS = ("general", "account", "models", "chat", "text", "image", "audio", "media")
LEVELS: Mapping[str, frozenset[str]] = {
    "must": frozenset({"MUST"}),
    "should": frozenset({"MUST", "SHOULD"}),
    "observed": frozenset({"MUST", "SHOULD", "OBSERVED"}),
}
"""Which requirements fail a run; `observed` also takes unexpected passes as failures."""
SHOWN_BODY = 2000
SHOWN_CHECKS = 12
EMBEDDED = "embedded reference server"
ELSEWHERE = "its checks are in another shard"
Exit = Literal[0, 1, 2]


@dataclass
class Line:
    """A requirement and what came of it."""

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
    """The JSON form of `exchange_value`."""
    known: dict[str, Any] | None = None
    seconds: float = 0.0


@dataclass
class Report:
    """A run as its reports show it: plain values, no key, nothing of the run itself."""

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
    """What was asked for; see `asked`."""
    shard: dict[str, int] | None
    """Which part of a run this is: number and of; None for a whole run."""
    cases: dict[str, Any]
    """How much was tried; see `runner.Cases`."""
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
    """Entries of the known failures whose date is over."""
    notes: list[str] = field(default_factory=list[str])

    def counts(self) -> dict[str, int]:
        """Count the verdicts."""
        found: dict[str, int] = dict.fromkeys(("pass", "fail", "known", "not tested", "error"), 0)
        for line in self.lines:
            found[line.verdict] += 1
        return found

    def failing(self) -> list[Line]:
        """List the failures that count at the chosen level."""
        levels = LEVELS[self.level]
        return [line for line in self.lines if line.verdict == "fail" and line.level in levels]

    def missing(self) -> list[dict[str, Any]]:
        """List the operations that the server lacks and that nobody knew of."""
        return [item for item in self.operations if item["missing"] and not item["known"]]

    def silent(self) -> list[dict[str, Any]]:
        """List the operations in question that never once succeeded.

        A shard does not call every operation, so that only the merged report can tell.
        """
        if self.shard is not None:
            return []
        return [item for item in self.operations if not item["missing"] and not item["succeeded"]]

    def exit_code(self) -> Exit:
        """Decide: 0 the contract holds, 1 it does not, 2 it could not be told."""
        if self.failing() or self.missing() or self.expired:
            return 1
        if self.level == "observed" and self.unexpected:
            return 1
        counts = self.counts()
        if self.interrupted or self.lost or counts["error"] or not counts["pass"] or self.silent():
            return 2
        return 0

    def verdict(self) -> str:
        """Say the outcome in a sentence."""
        code = self.exit_code()
        if code == 0 and self.shard is not None:
            return "The contract holds, as far as this shard tested it."
        if code == 0:
            return "The contract holds, as far as it was tested."
        if code == 1:
            parts: list[str] = []
            if failing := len(self.failing()):
                parts.append(f"{failing} requirement{'s' if failing > 1 else ''} broken")
            if missing := len(self.missing()):
                parts.append(f"{missing} operation{'s' if missing > 1 else ''} missing")
            if self.expired:
                parts.append("known failures past their date: " + ", ".join(self.expired))
            if self.level == "observed" and self.unexpected:
                parts.append("unexpected passes: " + ", ".join(self.unexpected))
            if self.interrupted:
                parts.append("and the run was interrupted")
            if self.lost:
                parts.append(f"and {self.lost}")
            return f"The contract does not hold: {'; '.join(parts)}."
        why: list[str] = []
        if self.interrupted:
            why.append("the run was interrupted")
        if self.lost:
            why.append(self.lost)
        if errors := self.counts()["error"]:
            why.append(f"{errors} checks broke down")
        if not self.interrupted and (silent := self.silent()):
            why.append("never answered with success: " + ", ".join(item["id"] for item in silent))
        if not self.counts()["pass"]:
            why.append("nothing was tested")
        return f"It could not be told whether the contract holds: {'; '.join(why)}."


ORDER: Mapping[Verdict, int] = {"fail": 0, "error": 1, "pass": 2, "not tested": 3, "known": 4}


def build(run: Run, known: Sequence[Known] = (), level: str = "must",
          today: datetime.date | None = None) -> Report:  # fmt: skip
    """Make a report of what a run knows by now.

    Args:
        run: finished or interrupted.
        known: known failures of this target.
        level: must, should or observed.
        today: for the dates of known failures.
    """
    today = today or datetime.datetime.now(datetime.UTC).date()
    clean = run.target.redact
    embedded = EMBEDDED if run.target.embedded else None
    shard = run.options.shard
    report = Report(
        tool=f"pollinations-contract {load().version}",
        contract=run.contract.version,
        contract_sha256=run.contract.sha256,
        api=run.contract.api_version,
        target={
            "gateway": embedded or run.target.base_url,
            "media": embedded or run.target.media_url,
            "keys": run.target.keys.roles(),
        },
        started=datetime.datetime.fromtimestamp(run.started, datetime.UTC).isoformat(
            timespec="seconds"
        ),
        seconds=run.seconds,
        seconds_by_tag=_seconds(run),
        seed=run.options.seed,
        level=level,
        options=asked(run.options, known),
        shard={"number": shard.number, "of": shard.of} if shard else None,
        cases=asdict(run.cases),
        requests=run.target.requests,
        interrupted=run.interrupted,
        lost=run.lost,
        lines=[],
        operations=[],
        ledger={
            "limit": run.ledger.limit,
            "spent": run.ledger.spent,
            "calls": run.ledger.calls,
            "by_operation": dict(sorted(run.ledger.by_operation.items())),
            "balance_before": run.balance_before,
            "balance_after": run.balance_after,
        },
        notes=[clean(note) for note in run.notes],
    )
    by_requirement: dict[str, list[Outcome]] = {}
    for outcome in [*run.outcomes, *run.faults.values(), *watched(run)]:
        for cited in outcome.requirements:
            by_requirement.setdefault(cited, []).append(outcome)
    elsewhere = {name for item in run.elsewhere() for name in item.requirements}
    matched: set[str] = set()
    for name, requirement in sorted(run.contract.requirements.items(), key=lambda item: item[0]):
        tag = run.requirement_tag(name)
        if not run.options.selects(name, tag):
            # Watched in passing: only what is wrong is told.
            continue
        line = _line(name, tag, requirement, by_requirement.get(name, []), run, name in elsewhere)
        entry = next((item for item in known if item.matches(name)), None)
        if entry is not None and line.verdict == "fail":
            matched.add(entry.requirement)
            line.verdict, line.known = "known", _known(entry)
        elif entry is not None and line.verdict == "pass" and not entry.sometimes:
            report.unexpected.append(name)
        report.lines.append(line)
    for record in run.operations.values():
        if not _in_question(run, record.id, record.tag):
            continue
        entry = next((i for i in known if i.matches(f"operation:{record.id}")), None)
        if entry is not None and not record.missing and record.succeeded:
            report.unexpected.append(f"operation:{record.id}")
        report.operations.append(
            {
                "id": record.id,
                "method": record.method.upper(),
                "path": record.path,
                "tag": record.tag,
                "calls": record.calls,
                "succeeded": record.succeeded,
                "missing": clean(record.missing),
                "untried": record.untried,
                "known": entry.reason if entry and record.missing else "",
            }
        )
    # An entry past its date fails the run when it is still what excuses something.
    report.expired = sorted(
        {
            item.requirement
            for item in known
            if item.expired(today)
            and (
                item.requirement in matched
                or any(
                    o["known"] and item.matches(f"operation:{o['id']}") for o in report.operations
                )
            )
        }
    )
    return report


def ended(report: Report) -> datetime.datetime:
    """Say when a run was over."""
    begin = datetime.datetime.fromisoformat(report.started)
    return begin + datetime.timedelta(seconds=report.seconds)


def asked(options: Options, known: Sequence[Known] = ()) -> dict[str, Any]:
    """Say what a run was asked to do, as far as its verdicts depend on it."""
    entries = sorted(repr(item) for item in known)
    return {
        "tags": sorted(options.tags),
        "requirements": list(options.requirements),
        "generated": options.generated,
        "examples": options.examples,
        "max_time": options.max_time,
        "known": hashlib.sha256("\n".join(entries).encode()).hexdigest() if entries else None,
    }


def _known(entry: Known) -> dict[str, Any]:
    return {
        "reason": entry.reason,
        "date": entry.date.isoformat(),
        "link": entry.link,
        "expires": entry.expires.isoformat() if entry.expires else None,
    }


def _seconds(run: Run) -> dict[str, float]:
    """Add up the time by tag, of written checks and generated cases alike."""
    seconds = dict(run.generated_seconds)
    for outcome in run.outcomes:
        tag = run.requirement_tag(outcome.requirements[0])
        seconds[tag] = seconds.get(tag, 0.0) + outcome.seconds
    return dict(sorted(seconds.items()))


def _in_question(run: Run, operation: str, tag: str) -> bool:
    """Whether a run is about an operation at all.

    One that was asked for certain requirements is about those operations without which it could
    not test one of them.
    """
    if run.options.tags and tag not in run.options.tags:
        return False
    if not run.options.requirements:
        return True
    untested = {outcome.check for outcome in run.outcomes if outcome.verdict == "not tested"}
    return any(name in REGISTRY and operation in REGISTRY[name].operations for name in untested)


def watched(run: Run) -> Iterable[Outcome]:
    """Give the outcome of each fact that was looked at on every answer."""
    for watch in WATCHES.values():
        count, broken = run.watched.get(watch.name, (0, None))
        if broken is not None:
            yield broken
        elif count:
            yield Outcome(
                watch.name, (watch.requirement,), "pass", source="contract", answers=count
            )


def _line(
    name: str, tag: str, requirement: Any, outcomes: list[Outcome], run: Run, elsewhere: bool
) -> Line:
    # By name, so that the same run says the same whichever check was done first.
    chosen = sorted(outcomes, key=lambda item: (ORDER[item.verdict], item.check, item.reason))
    if not requirement.observable:
        empty = f"it cannot be observed: {requirement.why}"
        chosen = []
    elif elsewhere:
        empty = ELSEWHERE
    else:
        empty = "interrupted before its turn" if run.interrupted else "no check reached it"
    checks = [
        {
            "name": item.check,
            "sentence": _sentence(item.check),
            "verdict": item.verdict,
            "reason": item.reason,
            "seconds": round(item.seconds, 3),
            **({"answers": item.answers} if item.answers else {}),
        }
        for item in chosen
    ]
    verdict, reason = settle(checks, empty)
    exchange = None
    if verdict != "not tested" and chosen[0].exchanges:
        exchange = exchange_value(run, chosen[0].exchanges[-1])
    return Line(
        id=name,
        tag=tag,
        level=requirement.level,
        text=requirement.text,
        origin=requirement.origin,
        evidence=[_evidence(item) for item in requirement.evidence],
        verdict=verdict,
        reason=reason,
        checks=checks[:SHOWN_CHECKS],
        exchange=exchange,
        seconds=sum(item.seconds / len(item.requirements) for item in chosen),
    )


def settle(checks: Sequence[Mapping[str, Any]], empty: str) -> tuple[Verdict, str]:
    """Decide on a requirement.

    Args:
        checks: what came of each check that cites it, the worst first.
        empty: what to say when there is none.

    Returns:
        Verdict and reason.
    """
    if not checks:
        return "not tested", empty
    worst = checks[0]
    verdict: Verdict = worst["verdict"]
    reason: str = worst["reason"] or (
        f"on {worst['answers']} answers" if "answers" in worst else ""
    )
    untested = [item for item in checks if item["verdict"] == "not tested"]
    if verdict == "pass" and untested:
        reason = f"in part: {untested[0]['reason']}"
    others = sum(item["verdict"] == "fail" for item in checks[1:])
    if verdict == "fail" and others:
        reason += f" (and {others} more)"
    return verdict, reason


def _evidence(item: Mapping[str, Any]) -> str:
    return ", ".join(str(item[name]) for name in ("source", "ref", "date") if item.get(name))


def _sentence(check: str) -> str:
    if check in REGISTRY:
        return REGISTRY[check].description
    for watch in WATCHES.values():
        if watch.name == check:
            return watch.description
    if check == "generated cases":
        return "Requests made from the contract by schemathesis."
    return "Every answer is held against the contract."


def badge_text(report: Report) -> tuple[str, str]:
    """Give the badge's right half: words and colour."""
    counts = report.counts()
    tested = counts["pass"] + counts["fail"] + counts["known"]
    code = report.exit_code()
    words = f"{counts['pass']} of {tested}" if tested else "not tested"
    return words, {0: "#2e7d32", 1: "#c62828", 2: "#b26a00"}[code]


# --- JSON ---------------------------------------------------------------------------------------


def exchange_value(run: Run, exchange: Exchange | None) -> dict[str, Any] | None:
    """Describe an exchange without any key in it."""
    if exchange is None:
        return None
    clean = run.target.redact

    def body(data: bytes, content_type: str | None) -> str:
        if not data:
            return ""
        try:
            text = data.decode("utf-8")
        except UnicodeDecodeError:
            return f"({len(data)} bytes{f' of {content_type}' if content_type else ''})"
        text = clean(text[: 50 * SHOWN_BODY])  # so far that a key cut in two is not shown
        return text if len(text) <= SHOWN_BODY else text[:SHOWN_BODY] + f"… ({len(data)} bytes)"

    request_type = next(
        (value for name, value in exchange.request_headers if name.lower() == "content-type"), None
    )
    return {
        "request": {
            "method": exchange.method,
            "url": clean(exchange.url),
            "headers": [[name, clean(value)] for name, value in exchange.request_headers],
            "body": body(exchange.request_body, request_type),
        },
        "response": {
            "status": exchange.status,
            "headers": [[name, clean(value)] for name, value in exchange.headers],
            "body": body(exchange.content, exchange.header("content-type")),
        },
        "seconds": round(exchange.seconds, 4),
        "curl": curl(run, exchange),
    }


def curl(run: Run, exchange: Exchange) -> str:
    """Write a shell line that repeats a request, with variables instead of keys."""
    line = run.target.redact(exchange.curl())
    # Single quotes would keep the shell from putting the key in.
    for word in {part for part in line.split("'") if "$POLLINATIONS_" in part}:
        line = line.replace(f"'{word}'", '"' + word.replace('"', '\\"') + '"')
    return line


def to_json(report: Report) -> dict[str, Any]:
    """Make the JSON form."""
    ledger = report.ledger
    return {
        "version": 1,
        "tool": report.tool,
        "contract": report.contract,
        "contract_sha256": report.contract_sha256,
        "api": report.api,
        "target": report.target,
        "started": report.started,
        "seconds": round(report.seconds, 2),
        "seconds_by_tag": {tag: round(value, 2) for tag, value in report.seconds_by_tag.items()},
        "seed": report.seed,
        "level": report.level,
        "options": report.options,
        "shard": report.shard,
        "cases": {**report.cases, "seconds": round(report.cases["seconds"], 2)},
        "requests": report.requests,
        "interrupted": report.interrupted,
        "lost": report.lost,
        "exit_code": report.exit_code(),
        "verdict": report.verdict(),
        "counts": report.counts(),
        "requirements": [
            {**asdict(line), "seconds": round(line.seconds, 3)} for line in report.lines
        ],
        "operations": report.operations,
        "unexpected_passes": report.unexpected,
        "expired": report.expired,
        "ledger": {
            **ledger,
            "spent": round(ledger["spent"], 9),
            "by_operation": {name: round(cost, 9) for name, cost in ledger["by_operation"].items()},
        },
        "notes": report.notes,
    }


# --- JUnit --------------------------------------------------------------------------------------


def to_junit(report: Report) -> bytes:
    """Make the JUnit form: a suite for each tag, a case for each requirement."""
    root = ET.Element("testsuites", name="pollinations conformance")
    levels = LEVELS[report.level]
    for tag in TAGS:
        lines = [line for line in report.lines if line.tag == tag]
        gone = [item for item in report.operations if item["tag"] == tag and item["missing"]]
        if not lines and not gone:
            continue
        suite = ET.SubElement(root, "testsuite", name=tag)
        counts = {"failures": 0, "errors": 0, "skipped": 0}
        for line in lines:
            case = ET.SubElement(
                suite, "testcase", classname=tag, name=line.id, time=f"{line.seconds:.3f}"
            )
            said = printable(line.reason)
            if line.verdict == "fail" and line.level in levels:
                counts["failures"] += 1
                failure = ET.SubElement(case, "failure", message=said)
                shown = [line.text, line.reason]
                if line.exchange:
                    shown.append(line.exchange["curl"])
                failure.text = printable("\n".join(shown))
            elif line.verdict == "error":
                counts["errors"] += 1
                ET.SubElement(case, "error", message=said)
            elif line.verdict != "pass":
                counts["skipped"] += 1
                word = line.verdict if line.verdict != "fail" else f"{line.level} not met"
                ET.SubElement(case, "skipped", message=f"{word}: {said}")
        for item in gone:
            case = ET.SubElement(suite, "testcase", classname=tag, name=f"operation:{item['id']}")
            kind = "skipped" if item["known"] else "failure"
            counts["skipped" if item["known"] else "failures"] += 1
            ET.SubElement(case, kind, message=printable(item["missing"]))
        suite.set("tests", str(len(suite)))
        for name, value in counts.items():
            suite.set(name, str(value))
        suite.set("time", f"{sum(line.seconds for line in lines):.3f}")
    ET.indent(root)
    text: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return text + b"\n"


# --- badge --------------------------------------------------------------------------------------


def to_badge(report: Report) -> str:
    """Make an SVG badge."""
    words, colour = badge_text(report)
    left, right = 84, max(40, 14 + 7 * len(words))
    width = left + right
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="20" role="img" '
        f'aria-label="conformance: {html.escape(words)}">\n'
        f'  <rect width="{width}" height="20" rx="3" fill="#444"/>\n'
        f'  <path d="M{left} 0h{right - 3}a3 3 0 0 1 3 3v14a3 3 0 0 1-3 3H{left}z" fill="{colour}"/>\n'
        '  <g fill="#fff" text-anchor="middle" font-family="Verdana,DejaVu Sans,sans-serif" '
        'font-size="11">\n'
        f'    <text x="{left / 2:g}" y="14">conformance</text>\n'
        f'    <text x="{left + right / 2:g}" y="14">{html.escape(words)}</text>\n'
        "  </g>\n</svg>\n"
    )


# --- terminal -----------------------------------------------------------------------------------

MARKS = {"pass": "✓", "fail": "✗", "known": "~", "not tested": "·", "error": "!"}
COLOURS = {"pass": "32", "fail": "31", "known": "33", "not tested": "2", "error": "35"}


def gone(operations: Sequence[Mapping[str, Any]]) -> Iterable[tuple[Verdict, str]]:
    """Say which operations of a tag are missing, those with one cause in one line."""
    causes: dict[tuple[str, str], list[Mapping[str, Any]]] = {}
    for item in operations:
        # As in "GET /account/key is answered 404".
        _, mark, rest = str(item["missing"]).rpartition(" is answered ")
        cause = f"all answered {rest}" if mark else rest
        causes.setdefault((cause, item["known"]), []).append(item)
    for (cause, known), items in causes.items():
        why = f" ({known})" if known else ""
        if len(items) == 1:
            said = f"operation {items[0]['id']} is missing: {items[0]['missing']}"
        else:
            names = ", ".join(f"{item['method']} {item['path']}" for item in items)
            said = f"{len(items)} operations are missing, {cause}: {names}"
        yield ("known" if known else "fail"), said + why


def to_terminal(report: Report, colour: bool = False, verbose: bool = False) -> str:
    """Make the text form: every requirement that did not simply pass, grouped by tag."""

    def paint(text: str, code: str) -> str:
        return f"\x1b[{code}m{text}\x1b[0m" if colour else text

    rows: list[str] = []
    for tag in TAGS:
        lines = [line for line in report.lines if line.tag == tag]
        operations = [item for item in report.operations if item["tag"] == tag and item["missing"]]
        if not lines and not operations:
            continue
        counts = {name: sum(line.verdict == name for line in lines) for name in MARKS}
        told = ", ".join(f"{count} {name}" for name, count in counts.items() if count)
        spent = report.seconds_by_tag.get(tag, 0.0)
        rows += ["", f"{paint(tag, '1')}  {told}  {paint(f'({spent:.1f} s)', '2')}"]
        for word, said in gone(operations):
            rows.append(f"  {paint(MARKS[word], COLOURS[word])} {said}")
        repeated: dict[str, list[str]] = {}
        for line in lines:
            if line.verdict == "not tested" and not verbose:
                repeated.setdefault(line.reason, []).append(line.id)
                continue
            if line.verdict == "pass" and not verbose:
                continue
            level = "" if line.level == "MUST" else f" ({line.level})"
            mark = paint(MARKS[line.verdict], COLOURS[line.verdict])
            rows.append(f"  {mark} {line.id}{level}  {line.text}")
            if line.reason:
                rows.append(f"      {line.reason}")
            if line.known:
                link = f" {line.known['link']}" if line.known["link"] else ""
                rows.append(f"      known since {line.known['date']}: {line.known['reason']}{link}")
            if line.exchange and line.verdict == "fail":
                rows.append(f"      {line.exchange['curl']}")
        for reason, names in repeated.items():
            shown = (
                ", ".join(names)
                if len(names) <= 6
                else f"{', '.join(names[:5])} and {len(names) - 5} more"
            )
            rows.append(f"  {paint(MARKS['not tested'], '2')} not tested: {shown}: {reason}")
    rows.append("")
    if report.unexpected:
        rows.append(f"Known to fail, but passed: {', '.join(report.unexpected)}")
    counts = report.counts()
    told = ", ".join(f"{count} {name}" for name, count in counts.items() if count)
    rows.append(
        f"{len(report.lines)} requirements: {told}; {report.requests} requests, "
        f"{report.seconds:.1f} s"
    )
    rows += case_lines(report.cases)
    rows += ledger_lines(report)
    rows += report.notes
    code = report.exit_code()
    rows.append(paint(report.verdict(), {0: "32", 1: "31", 2: "33"}[code]))
    return "\n".join(rows).lstrip("\n") + "\n"


def case_lines(cases: Mapping[str, Any]) -> list[str]:
    """Say how much was tried."""
    rows = [f"Written: {cases['written']} checks."]
    if cases["generated"]:
        other = cases["generated"] - cases["valid"] - cases["invalid"]
        rows.append(
            f"Generated: {cases['generated']} requests in {cases['seconds']:.1f} s; "
            f"{cases['valid']} were valid by the contract, {cases['invalid']} were not"
            + (f", {other} fit no operation." if other else ".")
        )
    if cases["replayed"]:
        rows.append(f"{cases['replayed']} requests from the example database were sent first.")
    if cases["unpaid"]:
        rows.append(
            f"{cases['unpaid']} generated requests went out without a key: the budget does not "
            "allow for them."
        )
    return rows


def ledger_lines(report: Report) -> list[str]:
    """Say what was spent, and whether the server's books agree."""
    ledger = report.ledger
    if report.target["gateway"] == EMBEDDED:
        return []
    limit = "no limit" if ledger["limit"] is None else f"a budget of {ledger['limit']:g}"
    rows = [f"Spent {ledger['spent']:.6g} pollen in {ledger['calls']} calls, of {limit}."]
    if ledger["balance_before"] is not None and ledger["balance_after"] is not None:
        fell = ledger["balance_before"] - ledger["balance_after"]
        near = math.isclose(fell, ledger["spent"], rel_tol=0.05, abs_tol=1e-6)
        rows.append(
            f"The balance fell by {fell:.6g} pollen"
            + (", as the ledger says." if near else "; estimates and other keys may be the reason.")
        )
    return rows


def write(report: Report, directory: Path, keys: Keyring | None = None) -> list[Path]:
    """Write all forms into a directory, which is made when it is not there.

    Args:
        report: what to write.
        directory: where to.
        keys: those of the run; no form is written with one in it.

    Raises:
        OSError: it cannot be written.
    """
    from pollinations_conformance.reports.html import to_html

    directory.mkdir(parents=True, exist_ok=True)
    value = to_json(report)
    forms: dict[str, bytes] = {
        "report.json": (json.dumps(value, ensure_ascii=False, indent=1) + "\n").encode(),
        "junit.xml": to_junit(report),
        "report.html": to_html(value).encode(),
        "badge.svg": to_badge(report).encode(),
    }
    redact = (keys or Keyring()).redact
    for name, data in forms.items():
        # A last line of defence: no form is written with a key in it.
        text = data.decode("utf-8", "replace")
        clean = redact(text)
        # Moved into its place when it is complete: a second Ctrl-C leaves no half of a file.
        part = directory / f".{name}.part"
        part.write_bytes(clean.encode() if clean != text else data)
        part.replace(directory / name)
    return [directory / name for name in forms]
