"""The verdicts of a report in the form of the files that list what is true of a server."""

from typing import Any

from pollinations_conformance.reports.model import Report


def verdicts(report: Report, without_cause: str) -> dict[str, Any]:
    """Return the requirements of a report by verdict, those that are not tested by their cause.

    Args:
        report: of a run.
        without_cause: the name of the cause where no other requirement is one.
    """
    value: dict[str, Any] = {"fail": [], "pass": [], "error": [], "not tested": {}}
    for line in report.lines:
        if line.verdict == "not tested":
            causes = " and ".join(sorted(line.because)) or without_cause
            value["not tested"].setdefault(causes, []).append(line.id)
        else:
            value[line.verdict].append(line.id)
    return value
