"""A badge: how many of the tested requirements hold, as a small SVG image."""

from pollinations_conformance.reports.model import Report
from pollinations_conformance.reports.templating import environment

COLOURS = {0: "#2e7d32", 1: "#c62828", 2: "#b26a00"}
LABEL_WIDTH = 84
"""Of the left half."""


def to_badge(report: Report) -> str:
    """Return an SVG image."""
    counts = report.counts()
    tested = counts["pass"] + counts["fail"] + counts["known"]
    text = f"{counts['pass']} of {tested}" if tested else "not tested"
    template = environment().get_template("badge.svg")
    return template.render(
        text=text,
        colour=COLOURS[report.exit_code()],
        left=LABEL_WIDTH,
        right=max(40, 14 + 7 * len(text)),
    )
