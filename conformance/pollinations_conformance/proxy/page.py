"""The proxy's report as a page for browsers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pollinations_conformance.proxy.validation import Headers
from pollinations_conformance.reports.templating import environment, page_headers

_PACKAGE = __name__.rpartition(".")[0]
_STYLE = "report.css"


def headers() -> Headers:
    """Return the headers that the page is sent with."""
    return tuple(page_headers(_PACKAGE, _STYLE))


def to_html(report: Mapping[str, Any]) -> bytes:
    """Return the page, which needs nothing else.

    Args:
        report: the JSON form.
    """
    template = environment(_PACKAGE).get_template("proxy_report.html")
    page = template.render(title=verdict(report), style=_STYLE, script="", report=report)
    return page.encode("utf-8", "replace")


def verdict(report: Mapping[str, Any]) -> str:
    """Return the outcome in one sentence."""
    totals = report["totals"]
    if report["exit"] == 1:
        return f"{_counted(totals['fails'], 'exchange')} violated the contract."
    if not totals["holds"]:
        return "No exchange of the contract has passed yet."
    if report["exit"]:
        return "All that was validated is valid, but not all of it was validated."
    return f"{_counted(totals['holds'], 'exchange')} passed, all valid."


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"
