"""Merge the reports of all shards into the report of the whole run."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from pollinations_conformance.http.errors import ConformanceError
from pollinations_conformance.reports.latency import merge_latency
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
from pollinations_conformance.suite.causes import Failure, attribute

SAME: Sequence[tuple[str, Callable[[Report], object]]] = (
    ("another contract", lambda item: item.contract_sha256),
    ("another version of the suite", lambda item: item.tool),
    ("another target", lambda item: (item.target["gateway"], item.target["media"])),
    ("other keys", lambda item: item.target["keys"]),
    ("another seed", lambda item: item.seed),
    ("another level", lambda item: item.level),
    ("other known failures", lambda item: item.options["known"]),
    ("other options", lambda item: item.options),
)
"""What the shards of one run have in common, and how a difference is called."""


class MergeError(ConformanceError):
    """Reports cannot be merged; the message says why, in one line."""


def merge(parts: Sequence[tuple[Path, Report]]) -> Report:
    """Return the report of the whole run.

    Args:
        parts: every shard of one run, each with the file it was read from.

    Raises:
        MergeError: they are not all the shards of one run.
    """
    shards = _in_order(parts)
    first = shards[0]
    merged = replace(
        first,
        shard=None,
        started=min(item.started for item in shards),
        seconds=max(item.seconds for item in shards),
        seconds_by_tag=_sum(item.seconds_by_tag for item in shards),
        cases=_sum(item.cases for item in shards),
        requests=sum(item.requests for item in shards),
        interrupted=any(item.interrupted for item in shards),
        lost=next((item.lost for item in shards if item.lost), ""),
        lines=[_line(lines) for lines in zip(*_attributed(shards), strict=True)],
        operations=[_operation(same) for same in zip(*(item.operations for item in shards), strict=True)],
        ledger=_ledger(shards),
        expired=sorted({name for item in shards for name in item.expired}),
        unconfirmed=sorted(
            set(first.unconfirmed).intersection(*(item.unconfirmed for item in shards))
        ),
        notes=list(dict.fromkeys(note for item in shards for note in item.notes)),
    )  # fmt: skip
    passed = {item.id for item in merged.lines if item.verdict == "pass"}
    passed |= {
        f"operation:{item['id']}"
        for item in merged.operations
        if item["succeeded"] and not item["missing"]
    }
    named = dict.fromkeys(name for item in shards for name in item.unexpected)
    merged.unexpected = [name for name in named if name in passed]
    return merged


def _in_order(parts: Sequence[tuple[Path, Report]]) -> list[Report]:
    """Return the shards by their number.

    Raises:
        MergeError: they do not belong together, or one is missing or duplicated.
    """
    if not parts:
        raise MergeError("there is no report to merge; name the folder that has them")
    path, first = parts[0]
    places: dict[int, Path] = {}
    for place, item in parts:
        if item.shard is None:
            raise MergeError(
                f"{place} is the report of a whole run, not of a shard (check --shard 1/2)"
            )
        for what, take in SAME:
            if take(item) != take(first):
                raise MergeError(f"{path} and {place} do not belong together: {what}")
        number, of = item.shard["number"], item.shard["of"]
        if first.shard is None or of != first.shard["of"]:
            raise MergeError(f"{path} and {place} do not belong together: not as many shards")
        if number > of:
            raise MergeError(f"{place} is damaged: there is no shard {number} of {of}")
        if number in places:
            raise MergeError(f"shard {number}/{of} is duplicated: {places[number]} and {place}")
        places[number] = place
        if _names(item) != _names(first):
            raise MergeError(f"{path} and {place} do not belong together: other requirements")
    of = first.shard["of"] if first.shard else 0
    if missing := [number for number in range(1, of + 1) if number not in places]:
        names = ", ".join(f"{number}/{of}" for number in missing)
        some = len(missing) > 1
        raise MergeError(
            f"shard{'s' if some else ''} {names} {'are' if some else 'is'} missing; "
            "run what is missing, and name all reports of one run"
        )
    by_place = dict(parts)
    return [by_place[places[number]] for number in range(1, of + 1)]


def _attributed(shards: Sequence[Report]) -> list[list[Line]]:
    """Return the lines of all shards, failures of one being explained by those of another."""
    citing: dict[tuple[str, str], list[str]] = {}
    entries: dict[tuple[str, str], dict[str, Any]] = {}
    for line in (line for item in shards for line in item.lines):
        for entry in line.checks:
            if entry["verdict"] == "fail":
                key = (entry["name"], entry["reason"])
                citing.setdefault(key, []).append(line.id)
                entries[key] = entry
    failures = [
        Failure(
            check=key[0],
            requirements=tuple(dict.fromkeys(citing[key])),
            operations=frozenset(entry.get("operations", ())),
            violated=frozenset(entry.get("violated", ())),
        )
        for key, entry in entries.items()
    ]
    keys = list(entries)
    found = {keys[place]: cause for place, cause in attribute(failures).items()}
    return [[_explained(line, found) for line in item.lines] for item in shards]


def _explained(line: Line, found: Mapping[tuple[str, str], str]) -> Line:
    """Return a line with those of its failures not tested that another requirement explains."""
    checks: list[dict[str, Any]] = []
    for entry in line.checks:
        cause = found.get((entry["name"], entry["reason"]))
        if entry["verdict"] != "fail" or cause is None:
            checks.append(entry)
            continue
        kept = {name: entry[name] for name in ("name", "description", "seconds")}
        reason = f"because {cause} fails: {entry['reason']}"
        checks.append({**kept, "verdict": "not tested", "reason": reason, "because": [cause]})
    return replace(line, checks=checks)


def _names(item: Report) -> list[str]:
    return [*(line.id for line in item.lines), *(each["id"] for each in item.operations)]


def _sum(values: Iterable[dict[str, Any]]) -> dict[str, Any]:
    total: dict[str, Any] = {}
    for value in values:
        for name, amount in value.items():
            total[name] = total.get(name, 0) + amount
    return dict(total)


def _line(same: Sequence[Line]) -> Line:
    """Return the result of a requirement by what all shards found, as a whole run does."""
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for line in same:
        for item in line.checks:
            # What looks at every response did so in each shard.
            key = (item["name"], item["reason"])
            if key in found and "responses" in item:
                found[key]["responses"] = found[key].get("responses", 0) + item["responses"]
            elif key not in found:
                found[key] = dict(item)
    failing = {item["name"] for item in found.values() if item["verdict"] == "fail"}
    checks = sorted(
        (
            item
            for item in found.values()
            if not ("responses" in item and item["name"] in failing)
        ),
        key=lambda item: (ORDER[item["verdict"]], item["name"], item["reason"]),
    )  # fmt: skip
    reached = [line for line in same if line.checks]
    verdict, reason = settle(checks, (reached or _alone(same))[0].reason)
    known = next((line.known for line in same if line.known), None)
    if verdict == "fail" and known is not None:
        verdict = "known"
    exchange = None
    if checks and verdict != "not tested":
        worst = (checks[0]["name"], checks[0]["reason"])
        exchange = next(
            (
                line.exchange
                for line in reached
                if line.exchange and (line.checks[0]["name"], line.checks[0]["reason"]) == worst
            ),
            None,
        )
    return replace(
        same[0],
        verdict=verdict,
        reason=reason,
        checks=checks[:SHOWN_CHECKS],
        exchange=exchange,
        known=known if verdict == "known" else None,
        because=causes(checks) if verdict == "not tested" else [],
        seconds=sum(line.seconds for line in same),
    )


def _alone(same: Sequence[Line]) -> Sequence[Line]:
    """Return the shards that say why nothing tested a requirement, rather than which should have."""
    return [line for line in same if line.reason != ELSEWHERE] or same


def _operation(same: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Return how an operation responded in all shards."""
    gone = next((item for item in same if item["missing"]), None)
    return {
        **(gone or same[0]),
        "calls": sum(item["calls"] for item in same),
        "succeeded": sum(item["succeeded"] for item in same),
        "latency": merge_latency([item["latency"] for item in same]),
    }


def _ledger(shards: Sequence[Report]) -> dict[str, Any]:
    """Return the sum of what was spent, and the balance before the first and after the last."""
    ledgers = [item.ledger for item in shards]
    limits = [item["limit"] for item in ledgers]
    first = min(shards, key=lambda item: item.started)
    last = max(shards, key=lambda item: item.end())
    # Each embedded server has accounts of its own.
    own = shards[0].target["gateway"] == EMBEDDED
    return {
        "limit": None if None in limits else sum(limits),
        "spent": sum(item["spent"] for item in ledgers),
        "estimated": sum(item.get("estimated", 0.0) for item in ledgers),
        "calls": sum(item["calls"] for item in ledgers),
        "by_operation": dict(sorted(_sum(item["by_operation"] for item in ledgers).items())),
        "balance_before": None if own else first.ledger["balance_before"],
        "balance_after": None if own else last.ledger["balance_after"],
    }


def find(places: Iterable[Path], output: Path) -> list[Path]:
    """Return the reports in files and folders.

    Args:
        places: report files, or folders that hold some at any depth.
        output: the file that will be written; an earlier one of these is not an input.

    Raises:
        MergeError: a place is not there, or holds none.
    """
    found: list[Path] = []
    for place in places:
        if not place.is_dir():
            found.append(place)
            continue
        inside = sorted(item for item in place.rglob("report.json") if item != output)
        if not inside:
            raise MergeError(f"no report.json is in {place}; name the folder that a run wrote to")
        found += inside
    return list(dict.fromkeys(found))
