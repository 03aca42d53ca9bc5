"""Turn the failures of a run into a file of known failures."""

import datetime
import json
from collections.abc import Sequence
from pathlib import Path

from pollinations_conformance.http.text import printable_line
from pollinations_conformance.reports.known import Known
from pollinations_conformance.reports.model import Report

HEAD = """\
# Known failures: still tested, and reported as known instead of failing the run (check --known FILE).
# For each: say in `reason` why it is accepted, and add `link = "…"` or `expires = 2026-12-31` if wanted.
"""
SHOWN = 200
"""Characters of a reason."""


def record(
    report: Report, path: Path, entries: Sequence[Known], today: datetime.date | None = None
) -> list[str]:
    """Add the failures of a run to a file of known failures, and return what was added.

    What the file has already stays as it is.

    Args:
        report: of the run; SHOULD and MUST alike are recorded.
        path: of the file, which is made when it is not there.
        entries: of the file.
        today: date of the new entries; the current day when None.

    Raises:
        OSError: the file cannot be read or written.
    """
    today = today or datetime.datetime.now(datetime.UTC).date()
    found = [(f"operation:{item['id']}", item["missing"]) for item in report.missing()]
    found += [(line.id, line.reason) for line in report.lines if line.verdict == "fail"]
    new = [item for item in found if not any(entry.matches(item[0]) for entry in entries)]
    text = path.read_text(encoding="utf-8") if path.exists() else HEAD
    for name, reason in new:
        said = printable_line(reason)[:SHOWN] or "no reason was given"
        text += (
            f"\n[[known]]\nrequirement = {json.dumps(name)}\n"
            f"reason = {json.dumps(said, ensure_ascii=False)}\ndate = {today.isoformat()}\n"
        )
    part = path.with_name(f".{path.name}.part")
    part.write_text(text, encoding="utf-8")
    part.replace(path)
    return [name for name, _ in new]
