"""All forms of a report, written into a folder."""

import json
from pathlib import Path

from pollinations_conformance.reports.badge import to_badge
from pollinations_conformance.reports.html import to_html
from pollinations_conformance.reports.json import to_json
from pollinations_conformance.reports.junit import to_junit
from pollinations_conformance.reports.model import Report
from pollinations_conformance.suite.keyring import Keyring


def write(report: Report, directory: Path, keys: Keyring | None = None) -> list[Path]:
    """Write all forms of a report.

    Args:
        report: what to write.
        directory: where to; it is made when it is not there.
        keys: those of the run; no form is written with one in it.

    Returns:
        The files.

    Raises:
        OSError: one cannot be written.
    """
    directory.mkdir(parents=True, exist_ok=True)
    value = to_json(report)
    forms = {
        "report.json": json.dumps(value, ensure_ascii=False, indent=1) + "\n",
        "junit.xml": to_junit(report).decode(),
        "report.html": to_html(value),
        "badge.svg": to_badge(report),
    }
    redact = (keys or Keyring()).redact
    for name, text in forms.items():
        # Moved into its place when it is complete: a second Ctrl-C leaves no half of a file.
        part = directory / f".{name}.part"
        # A last line of defence: no form is written with a key in it. Half of a surrogate pair, which
        # a response may hold, is no character that a file can.
        part.write_bytes(redact(text).encode("utf-8", "backslashreplace"))
        part.replace(directory / name)
    return [directory / name for name in forms]
