"""The JSON form of a report, which `report.schema.json` describes: written, and read again."""

import functools
import json
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

import jsonschema_rs

from pollinations_conformance.http.errors import ConformanceError
from pollinations_conformance.reports.model import Comparison, Line, Report

SCHEMA = Path(__file__).parent / "report.schema.json"
VERSION = 2


class ReadError(ConformanceError):
    """A file is no report of this version; the message says why, in one line."""


def to_json(report: Report) -> dict[str, Any]:
    """Return the JSON form of a report."""
    ledger = report.ledger
    return {
        "version": VERSION,
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
        "next_steps": report.next_steps(),
        "counts": report.counts(),
        "requirements": [
            {**asdict(line), "seconds": round(line.seconds, 3)} for line in report.lines
        ],
        "operations": report.operations,
        "unexpected_passes": report.unexpected,
        "expired": report.expired,
        "unconfirmed": report.unconfirmed,
        "comparison": asdict(report.comparison) if report.comparison else None,
        "fail_on": report.fail_on,
        "ledger": {
            **ledger,
            "spent": round(ledger["spent"], 9),
            "estimated": round(ledger.get("estimated", 0.0), 9),
            "by_operation": {name: round(cost, 9) for name, cost in ledger["by_operation"].items()},
        },
        "notes": report.notes,
    }


def read(path: Path) -> Report:
    """Return the report in a file.

    Raises:
        ReadError: the file cannot be read, or is no report of this version.
    """
    try:
        value: Any = json.loads(path.read_bytes())
    except OSError as error:
        raise ReadError(
            f"cannot read {path}: {error.strerror}; name a report.json that a run has left"
        ) from None
    except (ValueError, RecursionError) as error:
        said = " ".join(str(error).split())[:120]
        raise ReadError(
            f"{path} is damaged: it is not JSON ({said}); run that part again"
        ) from None
    try:
        _validator().validate(value)
    except jsonschema_rs.ValidationError as error:
        place = "/".join(str(item) for item in error.instance_path) or "its top"
        said = " ".join(error.message.split())[:120]
        raise ReadError(
            f"{path} is no report of this version: at {place}, {said}; make it again with this one"
        ) from None
    names = {item.name for item in fields(Report)}
    taken = {name: item for name, item in value.items() if name in names}
    if value["comparison"] is not None:
        taken["comparison"] = Comparison(**value["comparison"])
    return Report(
        **taken,
        lines=[Line(**item) for item in value["requirements"]],
        unexpected=value["unexpected_passes"],
    )


@functools.cache
def _validator() -> jsonschema_rs.Validator:
    return jsonschema_rs.validator_for(json.loads(SCHEMA.read_text(encoding="utf-8")))
