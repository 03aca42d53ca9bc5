"""The HTML form of a report: one page that needs nothing else, made from the JSON form."""

from collections.abc import Mapping, Sequence
from typing import Any

from pollinations_conformance.reports.latency import latency_rows
from pollinations_conformance.reports.model import LEVELS, TAGS, seconds_in_parallel
from pollinations_conformance.reports.templating import environment
from pollinations_conformance.reports.text import case_lines, is_all_estimated

VERDICTS = ("fail", "error", "known", "not tested", "pass")
"""In the order in which a reader wants to see them."""
LISTED = 40
"""How many failures are named on top; all have their place below."""


def to_html(value: Mapping[str, Any]) -> str:
    """Return the page.

    Args:
        value: the JSON form of a report, free of keys.
    """
    lines = value["requirements"]
    tags = {
        tag: sorted(found, key=lambda line: VERDICTS.index(line["verdict"]))
        for tag in TAGS
        if (found := [line for line in lines if line["tag"] == tag])
    }
    counting = LEVELS[value["level"]]
    template = environment().get_template("report.html")
    return template.render(
        title=value["verdict"],
        style="report.css",
        script="report.js",
        report=value,
        tags=tags,
        verdicts=[verdict for verdict in VERDICTS if value["counts"][verdict]],
        facts=_facts(value),
        broken=sorted(
            (line for line in lines if line["verdict"] == "fail"),
            key=lambda line: (line["level"] not in counting, TAGS.index(line["tag"])),
        ),
        counting=counting,
        listed=LISTED,
        dependents=_dependents(lines),
        seconds=seconds_in_parallel(value["seconds"], value["seconds_by_tag"]),
        latency=latency_rows(value["operations"]),
        ids={line["id"] for line in lines},
        notes=_notes(value),
    )


def _dependents(lines: Sequence[Mapping[str, Any]]) -> dict[str, list[str]]:
    """Return the requirements that were not tested, by the requirement whose failure is why."""
    found: dict[str, list[str]] = {}
    for line in lines:
        for cause in line["because"]:
            found.setdefault(cause, []).append(line["id"])
    return found


def _facts(value: Mapping[str, Any]) -> list[str]:
    target, ledger, shard = value["target"], value["ledger"], value["shard"]
    verb = "counted" if is_all_estimated(ledger) else "spent"
    spent = f"{verb} {ledger['spent']:g} pollen"
    if ledger["limit"] is not None:
        spent += f" of {ledger['limit']:g}"
    facts = [
        f"Contract {value['contract']} ({value['contract_sha256'][:12]})",
        f"gateway: {target['gateway']}",
        f"media: {target['media']}" if target["media"] not in (None, target["gateway"]) else "",
        f"keys: {', '.join(target['keys']) or 'none'}",
        f"started {value['started']}",
        f"{value['requests']} requests in {value['seconds']:.1f} seconds",
        spent,
        f"seed {value['seed']}",
        f"shard {shard['number']} of {shard['of']}" if shard else "",
        value["tool"],
    ]
    return [fact for fact in facts if fact]


def _notes(value: Mapping[str, Any]) -> list[str]:
    notes: list[str] = []
    for item in value["operations"]:
        name = f"{item['method']} {item['path']}"
        if item["missing"]:
            known = f" (known: {item['known']})" if item["known"] else ""
            notes.append(f"{name} is missing: {item['missing']}{known}")
        elif not item["succeeded"]:
            notes.append(f"{name} never responded with success.")
    for entry in value["unexpected_passes"]:
        notes.append(f"{entry} was known to fail and holds: remove it from the known failures.")
    notes += [f"{entry} is a known failure past its date." for entry in value["expired"]]
    for entry in value["unconfirmed"]:
        notes.append(f"{entry} is a known failure that was not tested, so nothing confirms it.")
    return [*notes, *case_lines(value["cases"]), *value["notes"]]
