"""The forms of a request validation report: JSON, text for a terminal, a page for a browser."""

from collections.abc import Iterator, Mapping
from typing import Any

from pollinations_conformance.server.http import Call, Reply, json_reply

REPORT = "/__contract__/report"
REPORT_PAGE = "/__contract__/report.html"

PLACES = frozenset({REPORT, REPORT_PAGE})

_PACKAGE = __name__.rpartition(".")[0]


def reply(call: Call, report: Mapping[str, Any]) -> Reply:
    """Return the report: as a page when a browser requests it, as JSON otherwise."""
    if call.method not in ("GET", "HEAD"):
        return Reply(405, [("Allow", "GET, HEAD")])
    made = _page(report) if _wants_page(call) else json_reply(report)
    made.headers += [("Cache-Control", "no-store"), ("Vary", "Accept")]
    made.skip_body = call.method == "HEAD"
    return made


def _wants_page(call: Call) -> bool:
    if call.path == REPORT_PAGE:
        return True
    from pollinations_conformance.reports.templating import wants_page  # late, as in `to_html`

    return wants_page(call.header("accept") or "")


def _page(report: Mapping[str, Any]) -> Reply:
    from pollinations_conformance.reports.templating import page_headers  # late, as in `to_html`

    body = to_html(report).encode("utf-8", "replace")
    return Reply(200, page_headers(_PACKAGE, "report.css"), body)


def to_html(report: Mapping[str, Any]) -> str:
    """Return the report as a page that needs nothing else.

    Args:
        report: the JSON form.
    """
    # Late, because a server starts without it.
    from pollinations_conformance.reports.templating import environment

    template = environment(_PACKAGE).get_template("client_report.html")
    return template.render(title=verdict(report), style="report.css", script="", report=report)


def verdict(report: Mapping[str, Any]) -> str:
    """Return the outcome in one sentence."""
    count = report["requests"]
    requests = f"{count} request{'' if count == 1 else 's'}"
    if not count:
        return "No request has come."
    if report["valid"]:
        return f"{requests}, all valid by the contract."
    kinds = sum(len(each["violations"]) for each in report["operations"].values())
    parts = [f"{kinds} kind{'' if kinds == 1 else 's'} of violations"] if kinds else []
    routes = len(report["unknown_routes"])
    parts += [f"{routes} unknown route{'' if routes == 1 else 's'}"] if routes else []
    return f"{requests}, not all valid: {' and '.join(parts)}."


def to_text(report: Mapping[str, Any]) -> str:
    """Return the report as lines for people.

    Args:
        report: the JSON form.
    """
    return "\n".join(_lines(report))


def _lines(report: Mapping[str, Any]) -> Iterator[str]:
    yield verdict(report)
    for name, each in report["operations"].items():
        if not each["violations"]:
            continue
        statuses = ", ".join(f"{n} × {status}" for status, n in each["statuses"].items())
        yield ""
        yield f"{name}  {each['method']} {each['path']}  ({statuses})"
        for entry in each["violations"]:
            yield f"  ✗ {entry['what']}"
            yield f"      {_details(entry)}"
    if report["unknown_routes"]:
        yield from ("", "Unknown routes:")
        for route, count in report["unknown_routes"].items():
            close = report["nearest_routes"].get(route)
            hint = f"  (nearest: {close})" if close else ""
            yield f"  ✗ {route}  {_times(count)}{hint}"
    if report["unknown_to_contract"]:
        yield from ("", "Unknown to the contract (fails nothing):")
        for entry in report["unknown_to_contract"]:
            yield f"  {entry['operation']}  {entry['what']}"
            yield f"      {_details(entry)}"


def _details(entry: Mapping[str, Any]) -> str:
    sample = entry["sample"]
    parts = [
        f"sent {sample['sent']}" if sample["sent"] is not None else "not sent",
        f"nearest: {entry['nearest']}" if entry["nearest"] else "",
        entry["requirement"] or "",
        _times(entry["requests"]),
        f"first at {sample['time']}",
        f"request id {sample['request_id']}" if sample["request_id"] else "",
    ]
    return " · ".join(part for part in parts if part)


def _times(count: int) -> str:
    return f"{count} request{'' if count == 1 else 's'}"
