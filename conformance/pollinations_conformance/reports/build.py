"""The report of a run, made of what the run knows by now."""

import datetime
import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from pollinations_conformance.contract import load
from pollinations_conformance.reports.exchange import exchange_value
from pollinations_conformance.reports.known import Known
from pollinations_conformance.reports.latency import latency_value
from pollinations_conformance.reports.model import (
    ELSEWHERE,
    EMBEDDED,
    ORDER,
    SHOWN_CHECKS,
    Line,
    Report,
    causes,
    settle,
)
from pollinations_conformance.suite.execute import failure_of
from pollinations_conformance.suite.options import Options
from pollinations_conformance.suite.outcome import Outcome
from pollinations_conformance.suite.plan import elsewhere
from pollinations_conformance.suite.registry import REGISTRY, WATCHES
from pollinations_conformance.suite.run import Run


def build(
    run: Run,
    known: Sequence[Known] = (),
    level: str = "must",
    today: datetime.date | None = None,
) -> Report:
    """Return the report of a run.

    Args:
        run: finished or interrupted.
        known: known failures of this target.
        level: must, should or observed.
        today: for the dates of known failures; the current day when None.
    """
    report = _frame(run, known, level)
    _add_lines(report, run, known)
    _add_operations(report, run, known)
    _review(report, known, today or datetime.datetime.now(datetime.UTC).date())
    return report


def _frame(run: Run, known: Sequence[Known], level: str) -> Report:
    """Return the report without its lines and operations."""
    embedded = EMBEDDED if run.target.embedded else None
    shard = run.options.shard
    started = datetime.datetime.fromtimestamp(run.started, datetime.UTC)
    return Report(
        tool=f"pollinations-contract {load().version}",
        contract=run.contract.version,
        contract_sha256=run.contract.sha256,
        api=run.contract.api_version,
        target={
            "gateway": embedded or run.target.base_url,
            "media": embedded or run.target.media_url,
            "keys": run.target.keys.roles(),
        },
        started=started.isoformat(timespec="seconds"),
        seconds=run.seconds,
        seconds_by_tag=_seconds_by_tag(run),
        seed=run.options.seed,
        level=level,
        options=chosen(run.options, known),
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
            "estimated": run.ledger.estimated,
            "calls": run.ledger.calls,
            "by_operation": dict(sorted(run.ledger.by_operation.items())),
            "balance_before": run.balance_before,
            "balance_after": run.balance_after,
        },
        notes=[run.target.redact(note) for note in run.notes],
    )


def chosen(options: Options, known: Sequence[Known] = ()) -> dict[str, Any]:
    """Return the options of a run, as far as its verdicts depend on them."""
    entries = sorted(repr(item) for item in known)
    return {
        "tags": sorted(options.tags),
        "requirements": list(options.requirements),
        "generated": options.generated,
        "examples": options.examples,
        "max_time": options.max_time,
        "known": hashlib.sha256("\n".join(entries).encode()).hexdigest() if entries else None,
    }


def _seconds_by_tag(run: Run) -> dict[str, float]:
    """Return the time by tag, of written checks and generated cases alike."""
    seconds = dict(run.generated_seconds)
    for outcome in run.outcomes:
        tag = run.requirement_tag(outcome.requirements[0])
        seconds[tag] = seconds.get(tag, 0.0) + outcome.seconds
    return dict(sorted(seconds.items()))


# -- requirements ---------------------------------------------------------------------------------


def _add_lines(report: Report, run: Run, known: Sequence[Known]) -> None:
    by_requirement: dict[str, list[Outcome]] = {}
    for outcome in [*run.outcomes, *run.violations.values(), *watched(run)]:
        for cited in outcome.requirements:
            by_requirement.setdefault(cited, []).append(outcome)
    away = {name for item in elsewhere(run) for name in item.requirements}
    for name in sorted(run.contract.requirements):
        if not run.options.selects(name, run.requirement_tag(name)):
            continue
        line = _line(name, by_requirement.get(name, []), run, name in away)
        entry = next((item for item in known if item.matches(name)), None)
        if entry is not None and line.verdict == "fail":
            line.verdict, line.known = "known", _known_value(entry)
        elif entry is not None and line.verdict == "pass" and not entry.sometimes:
            report.unexpected.append(name)
        report.lines.append(line)


def watched(run: Run) -> Iterable[Outcome]:
    """Yield the outcome of each watch that looked at something."""
    for watch in WATCHES.values():
        count, broken = run.watched.get(watch.name, (0, None))
        if broken is not None:
            yield broken
        elif count:
            yield Outcome(
                watch.name, (watch.requirement,), "pass", source="contract", responses=count
            )


def _line(name: str, outcomes: list[Outcome], run: Run, elsewhere: bool) -> Line:
    requirement = run.contract.requirements[name]
    # By name too, so that the same run gives the same report whichever check was done first.
    outcomes = sorted(outcomes, key=lambda item: (ORDER[item.verdict], item.check, item.reason))
    if not requirement.observable:
        untested = f"it cannot be observed: {requirement.why}"
        outcomes = []
    elif elsewhere:
        untested = ELSEWHERE
    else:
        untested = "the run was interrupted first" if run.interrupted else "no check reached it"
    checks = [_check_value(item) for item in outcomes]
    verdict, reason = settle(checks, untested)
    exchange = None
    if verdict != "not tested" and outcomes[0].exchanges:
        exchange = exchange_value(run.target, outcomes[0].exchanges, run.nonce)
    return Line(
        id=name,
        tag=run.requirement_tag(name),
        level=requirement.level,
        text=requirement.text,
        origin=requirement.origin,
        evidence=[_evidence(item) for item in requirement.evidence],
        verdict=verdict,
        reason=reason,
        checks=checks[:SHOWN_CHECKS],
        exchange=exchange,
        because=causes(checks) if verdict == "not tested" else [],
        seconds=sum(item.seconds / len(item.requirements) for item in outcomes),
    )


def _check_value(outcome: Outcome) -> dict[str, Any]:
    value: dict[str, Any] = {
        "name": outcome.check,
        "description": _description(outcome.check),
        "verdict": outcome.verdict,
        "reason": outcome.reason,
        "seconds": round(outcome.seconds, 3),
    }
    if outcome.responses:
        value["responses"] = outcome.responses
    if outcome.because:
        value["because"] = list(outcome.because)
    if outcome.verdict == "fail":
        failure = failure_of(outcome)
        value["operations"] = sorted(failure.operations)
        value["violated"] = sorted(failure.violated)
    return value


def _description(check: str) -> str:
    registered = REGISTRY.get(check) or WATCHES.get(check)
    if registered is not None:
        return registered.description
    if check == "generated cases":
        return "Requests generated from the contract by schemathesis."
    return "Every response is validated against the contract."


def _evidence(item: Mapping[str, Any]) -> str:
    return ", ".join(str(item[name]) for name in ("source", "ref", "date") if item.get(name))


def _known_value(entry: Known) -> dict[str, Any]:
    return {
        "reason": entry.reason,
        "date": entry.date.isoformat(),
        "link": entry.link,
        "expires": entry.expires.isoformat() if entry.expires else None,
    }


# -- operations -----------------------------------------------------------------------------------


def _add_operations(report: Report, run: Run, known: Sequence[Known]) -> None:
    for record in run.operations.values():
        if not _in_question(run, record.id, record.tag):
            continue
        name = f"operation:{record.id}"
        entry = next((item for item in known if item.matches(name)), None)
        if entry is not None and not record.missing and record.succeeded:
            report.unexpected.append(name)
        report.operations.append(
            {
                "id": record.id,
                "method": record.method.upper(),
                "path": record.path,
                "tag": record.tag,
                "calls": record.calls,
                "succeeded": record.succeeded,
                "missing": run.target.redact(record.missing),
                "untried": record.untried,
                "known": entry.reason if entry and record.missing else "",
                "latency": latency_value(record.durations, record.first_events),
            }
        )


def _in_question(run: Run, operation: str, tag: str) -> bool:
    """Return whether a run is about an operation at all.

    One that was requested for certain requirements is about those operations without which it could
    not test one of them.
    """
    if run.options.tags and tag not in run.options.tags:
        return False
    if not run.options.requirements:
        return True
    untested = {outcome.check for outcome in run.outcomes if outcome.verdict == "not tested"}
    return any(name in REGISTRY and operation in REGISTRY[name].operations for name in untested)


# -- known failures -------------------------------------------------------------------------------


def _review(report: Report, known: Sequence[Known], today: datetime.date) -> None:
    """Find the entries that are past their date, and those that nothing confirmed."""
    accepted = [line.id for line in report.lines if line.verdict == "known"]
    accepted += [f"operation:{item['id']}" for item in report.operations if item["known"]]
    named = [line.id for line in report.lines]
    named += [f"operation:{item['id']}" for item in report.operations]
    for entry in known:
        if any(map(entry.matches, accepted)):
            # Past its date, an entry fails the run only while it accepts something.
            if entry.expired(today):
                report.expired.append(entry.requirement)
        elif entry.sometimes or any(map(entry.matches, report.unexpected)):
            continue
        elif any(map(entry.matches, named)):
            report.unconfirmed.append(entry.requirement)
    report.expired = sorted(set(report.expired))
    report.unconfirmed = sorted(set(report.unconfirmed))
