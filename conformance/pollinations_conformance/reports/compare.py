"""Compare the failures of a run with those of an earlier one."""

from pollinations_conformance.reports.model import Comparison, Report


def compare(report: Report, before: Report, source: str) -> Comparison:
    """Return how the failures differ.

    Args:
        report: of this run.
        before: of the earlier run; only what this one is about counts.
        source: file that the earlier report was read from.
    """
    failed = set(before.failures())
    held = {line.id for line in report.lines if line.verdict == "pass"}
    held |= {
        f"operation:{item['id']}"
        for item in report.operations
        if item["succeeded"] and not item["missing"]
    }
    now = report.failures()
    selected = {line.id for line in report.lines}
    selected |= {f"operation:{item['id']}" for item in report.operations}
    return Comparison(
        source=source,
        started=before.started,
        new=[name for name in now if name not in failed],
        fixed=sorted(failed & held),
        unchanged=[name for name in now if name in failed],
        untested=sorted((failed & selected) - held - set(now)),
    )
