"""`pollinations-conformance merge`: put the reports of shards together into the one of the whole run."""

import functools
import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import click
import jsonschema_rs

from pollinations_conformance.reports import report as reports
from pollinations_conformance.reports.report import Line, Report

SCHEMA = Path(__file__).parent / "report.schema.json"
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
"""What the shards of one run have in common, and what to say when they do not."""


class MergeError(Exception):
    """Say why reports cannot be put together, in one line."""


def read(path: Path) -> Report:
    """Read a report.json.

    Raises:
        MergeError: it is none.
    """
    try:
        value: Any = json.loads(path.read_bytes())
    except OSError as error:
        raise MergeError(f"cannot read {path}: {error.strerror}") from None
    except (ValueError, RecursionError) as error:
        said = " ".join(str(error).split())[:120]
        raise MergeError(f"{path} is damaged: it is not JSON ({said})") from None
    try:
        _validator().validate(value)
    except jsonschema_rs.ValidationError as error:
        place = "/".join(str(item) for item in error.instance_path) or "its top"
        said = " ".join(error.message.split())[:120]
        raise MergeError(f"{path} is no report of this version: at {place}, {said}") from None
    names = {item.name for item in fields(Report)}
    known = {name: item for name, item in value.items() if name in names}
    return Report(
        **known,
        lines=[Line(**item) for item in value["requirements"]],
        unexpected=value["unexpected_passes"],
    )


@functools.cache
def _validator() -> jsonschema_rs.Validator:
    return jsonschema_rs.validator_for(json.loads(SCHEMA.read_text(encoding="utf-8")))


def merge(parts: Sequence[tuple[Path, Report]]) -> Report:
    """Put shards together.

    Args:
        parts: every shard of one run, each with the file it was read from.

    Raises:
        MergeError: they are not that.
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
        lines=[_line(lines) for lines in zip(*(item.lines for item in shards), strict=True)],
        operations=[_operation(same) for same in zip(*(item.operations for item in shards), strict=True)],
        ledger=_ledger(shards),
        expired=sorted({name for item in shards for name in item.expired}),
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
    """Give the shards by their number.

    Raises:
        MergeError: they do not belong together, or one is missing or there twice.
    """
    if not parts:
        raise MergeError("there is no report to merge")
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
            raise MergeError(f"shard {number}/{of} is there twice: {places[number]} and {place}")
        places[number] = place
        if _names(item) != _names(first):
            raise MergeError(f"{path} and {place} do not belong together: other requirements")
    of = first.shard["of"] if first.shard else 0
    if missing := [number for number in range(1, of + 1) if number not in places]:
        told = ", ".join(f"{number}/{of}" for number in missing)
        some = len(missing) > 1
        raise MergeError(f"shard{'s' if some else ''} {told} {'are' if some else 'is'} missing")
    by_place = dict(parts)
    return [by_place[places[number]] for number in range(1, of + 1)]


def _names(item: Report) -> list[str]:
    return [*(line.id for line in item.lines), *(each["id"] for each in item.operations)]


def _sum(values: Iterable[dict[str, Any]]) -> dict[str, Any]:
    total: dict[str, Any] = {}
    for value in values:
        for name, amount in value.items():
            total[name] = total.get(name, 0) + amount
    return dict(total)


def _line(same: Sequence[Line]) -> Line:
    """Decide on a requirement by what all shards found, as a whole run does."""
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for line in same:
        for item in line.checks:
            # What looks at every answer did so in each shard.
            key = (item["name"], item["reason"])
            if key in found and "answers" in item:
                found[key]["answers"] = found[key].get("answers", 0) + item["answers"]
            elif key not in found:
                found[key] = dict(item)
    failing = {item["name"] for item in found.values() if item["verdict"] == "fail"}
    checks = sorted(
        (
            item
            for item in found.values()
            if not ("answers" in item and item["name"] in failing)
        ),
        key=lambda item: (reports.ORDER[item["verdict"]], item["name"], item["reason"]),
    )  # fmt: skip
    reached = [line for line in same if line.checks]
    verdict, reason = reports.settle(checks, (reached or _alone(same))[0].reason)
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
        checks=checks[: reports.SHOWN_CHECKS],
        exchange=exchange,
        known=known if verdict == "known" else None,
        seconds=sum(line.seconds for line in same),
    )


def _alone(same: Sequence[Line]) -> Sequence[Line]:
    """Give the shard that says why nobody tested a requirement, rather than who should have."""
    return [line for line in same if line.reason != reports.ELSEWHERE] or same


def _operation(same: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Put together how an operation answered."""
    gone = next((item for item in same if item["missing"]), None)
    return {
        **(gone or same[0]),
        "calls": sum(item["calls"] for item in same),
        "succeeded": sum(item["succeeded"] for item in same),
    }


def _ledger(shards: Sequence[Report]) -> dict[str, Any]:
    """Add up what was spent; the balance is what it was before the first and after the last."""
    ledgers = [item.ledger for item in shards]
    limits = [item["limit"] for item in ledgers]
    first = min(shards, key=lambda item: item.started)
    last = max(shards, key=lambda item: reports.ended(item))
    # Each embedded server has books of its own.
    own = shards[0].target["gateway"] == reports.EMBEDDED
    return {
        "limit": None if None in limits else sum(limits),
        "spent": sum(item["spent"] for item in ledgers),
        "calls": sum(item["calls"] for item in ledgers),
        "by_operation": dict(sorted(_sum(item["by_operation"] for item in ledgers).items())),
        "balance_before": None if own else first.ledger["balance_before"],
        "balance_after": None if own else last.ledger["balance_after"],
    }


def find(places: Iterable[Path], output: Path) -> list[Path]:
    """List the reports in files and folders.

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
            raise MergeError(f"no report.json is in {place}")
        found += inside
    return list(dict.fromkeys(found))


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.argument(
    "places", metavar="DIR|FILE…", nargs=-1, required=True, type=click.Path(path_type=Path)
)
@click.option(
    "--report-dir",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("reports"),
    show_default=True,
    help="Where report.json, junit.xml, report.html and badge.svg go.",
)
@click.option("-v", "--verbose", is_flag=True, help="Show what passed, too.")
def command(places: tuple[Path, ...], report_dir: Path, verbose: bool) -> int:
    """Put the reports of all shards together into the report of the whole run.

    DIR is looked through for report.json files. The verdicts are those of the run that was split.

    Exit code 0: every MUST that was tested holds. 1: it does not. 2: it could not be told.
    """
    from pollinations_conformance.cli.terminal import show

    try:
        parts = [(path, read(path)) for path in find(places, report_dir / "report.json")]
        report = merge(parts)
    except MergeError as error:
        raise click.ClickException(str(error)) from None
    show(report, report_dir, verbose)
    return report.exit_code()
