"""The HTML report: one page that needs nothing else, made from the JSON form."""

import html
from collections.abc import Mapping
from typing import Any

from pollinations_conformance.reports.report import LEVELS, TAGS, case_lines

VERDICTS = ("fail", "error", "known", "not tested", "pass")
"""In the order in which a reader wants to see them."""
LISTED = 40
"""How many failures are named on top; all have their place below."""

# No address in here: the page must work from a disk, years later.
STYLE = """
:root { color-scheme: light dark; --text: #1c1e21; --soft: #5c636b; --ground: #ffffff; --card: #f5f6f8;
  --line: #d9dde2; --pass: #1b7f3b; --fail: #c02626; --known: #6b4fb3; --error: #b35900; --untested: #67707a; }
@media (prefers-color-scheme: dark) { :root { --text: #e6e8eb; --soft: #a2aab4; --ground: #15181c; --card: #1e2329;
  --line: #343b44; --pass: #5fce84; --fail: #ff7b72; --known: #b9a3f2; --error: #f0a35a; --untested: #98a2ad; } }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 1.5rem 1rem 4rem; max-width: 68rem; background: var(--ground); color: var(--text);
  font: 16px/1.5 system-ui, sans-serif; overflow-wrap: anywhere; }
h1 { font-size: 1.5rem; margin: 0; } h2 { font-size: 1.15rem; margin: 2rem 0 .5rem; }
p { margin: .4rem 0; } .soft { color: var(--soft); }
.verdict { font-size: 1.15rem; font-weight: 600; border-left: .35rem solid; padding-left: .75rem; margin: 1rem 0; }
.wide { overflow-x: auto; overflow-wrap: normal; } table { border-collapse: collapse; width: 100%; font-size: .95rem; }
th, td { text-align: left; padding: .3rem clamp(.3rem, 1vw, .6rem); border-bottom: 1px solid var(--line); }
td.number, th.number { text-align: right; font-variant-numeric: tabular-nums; }
form { position: sticky; top: 0; background: var(--ground); padding: .6rem 0; display: flex; flex-wrap: wrap;
  gap: .4rem .9rem; align-items: center; border-bottom: 1px solid var(--line); z-index: 1; }
input[type=search] { font: inherit; padding: .35rem .6rem; flex: 1 1 14rem; min-width: 0; color: inherit;
  background: var(--card); border: 1px solid var(--line); border-radius: .4rem; }
label { white-space: nowrap; }
.broken { padding-left: 0; list-style: none; } .broken a { font: 600 .9rem/1.6 ui-monospace, monospace; }
a { color: inherit; } section, details { scroll-margin-top: 7rem; }
@media (min-width: 48rem) { section, details { scroll-margin-top: 4rem; } }
details { border: 1px solid var(--line); border-radius: .5rem; margin: .4rem 0; background: var(--card); }
summary { padding: .5rem .75rem; cursor: pointer; display: flex; flex-wrap: wrap; gap: .2rem .75rem; }
summary .id { font: 600 .9rem/1.6 ui-monospace, monospace; min-width: 9.5rem; }
summary .what { flex: 1 1 18rem; }
.body { padding: 0 .75rem .75rem; border-top: 1px solid var(--line); }
pre { overflow-x: auto; white-space: pre-wrap; overflow-wrap: anywhere; background: var(--ground); padding: .6rem;
  border: 1px solid var(--line); border-radius: .4rem; font: .85rem/1.45 ui-monospace, monospace; margin: .3rem 0; }
.tick { font-weight: 600; white-space: nowrap; min-width: 6rem; }
.pass { color: var(--pass); } .fail { color: var(--fail); } .known { color: var(--known); }
.error { color: var(--error); } .not-tested { color: var(--untested); }
[hidden] { display: none !important; }
@media print { form { display: none; } }
"""

SCRIPT = """
const form = document.querySelector("form"), shown = document.querySelector("output");
const rows = [...document.querySelectorAll("details[data-verdict]")];
function filter() {
  const words = form.text.value.toLowerCase().split(/\\s+/).filter(Boolean);
  const on = new Set([...form.querySelectorAll("input:checked")].map(box => box.value));
  let count = 0;
  for (const row of rows) {
    const text = row.textContent.toLowerCase();
    row.hidden = !on.has(row.dataset.verdict) || !words.every(word => text.includes(word));
    if (!row.hidden) count += 1;
  }
  for (const part of document.querySelectorAll("section[data-tag]"))
    part.hidden = !part.querySelector("details:not([hidden])");
  shown.textContent = count + " of " + rows.length;
}
form.addEventListener("input", filter);
form.addEventListener("submit", event => event.preventDefault());
filter();
"""


def escape(value: object) -> str:
    """Write a value as text of a page, in which it can do nothing."""
    return html.escape(str(value))


def shell(title: str, body: str, style: str, script: str) -> str:
    """Put a page together that loads nothing and tells nobody where its reader comes from.

    Args:
        title: of the page.
        body: its HTML.
        style: CSS.
        script: JavaScript; it runs when the body is there.
    """
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<title>{escape(title)}</title>
<link rel="icon" href="data:,">
<style>{style}</style>
</head>
<body>
{body}
<script>{script}</script>
</body>
</html>
"""


def to_html(value: Mapping[str, Any]) -> str:
    """Make the page.

    Args:
        value: the JSON form of a report, as `report.to_json` gives it, free of keys.
    """
    code = {0: "pass", 1: "fail", 2: "error"}[value["exit_code"]]
    there = {line["tag"] for line in value["requirements"]}
    tags = [tag for tag in TAGS if tag in there]
    boxes = "".join(
        f'<label class="{_class(verdict)}"><input type="checkbox" value="{verdict}" checked> {verdict} '
        f"{value['counts'][verdict]}</label>"
        for verdict in VERDICTS
        if value["counts"][verdict]
    )
    body = f"""<header>
<h1>Conformance to the pollinations.ai API {escape(value["api"])}</h1>
<p class="verdict {code}">{escape(value["verdict"])}</p>
{_facts(value)}
</header>
<main>
{_broken(value, tags)}
{_summary(value, tags)}
{_notices(value)}
<form role="search" aria-label="Filter requirements">
<input type="search" name="text" placeholder="Filter: an id, a word, a status…" aria-label="Filter by text">
{boxes}<output class="soft"></output>
</form>
{"".join(_section(value, tag) for tag in tags)}
</main>"""
    return shell(value["verdict"], body, STYLE, SCRIPT)


def _class(verdict: str) -> str:
    return verdict.replace(" ", "-")


def _facts(value: Mapping[str, Any]) -> str:
    target, ledger = value["target"], value["ledger"]
    spent = f"{ledger['spent']:g} pollen"
    if ledger["limit"] is not None:
        spent += f" of {ledger['limit']:g}"
    facts = [
        f"Contract {value['contract']} ({value['contract_sha256'][:12]})",
        f"gateway: {target['gateway']}",
        f"media: {target['media']}" if target["media"] != target["gateway"] else "",
        f"keys: {', '.join(target['keys']) or 'none'}",
        f"started {value['started']}",
        f"{value['requests']} requests in {value['seconds']:.1f} seconds",
        f"spent {spent}",
        f"seed {value['seed']}",
        f"shard {value['shard']['number']} of {value['shard']['of']}" if value["shard"] else "",
        value["tool"],
    ]
    return f'<p class="soft">{escape(" · ".join(fact for fact in facts if fact))}</p>'


def _broken(value: Mapping[str, Any], tags: list[str]) -> str:
    """Name what is broken, with a link to its place: first what fails the run."""
    lines = [line for line in value["requirements"] if line["verdict"] == "fail"]
    if not lines:
        return ""
    counting = LEVELS[value["level"]]
    lines.sort(key=lambda line: (line["level"] not in counting, tags.index(line["tag"])))
    rows = "".join(
        f'<li><a class="fail" href="#{escape(line["id"])}">{escape(line["id"])}</a> '
        + ("" if line["level"] in counting else f'<span class="soft">({line["level"]})</span> ')
        + f"{escape(line['reason'])}</li>"
        for line in lines[:LISTED]
    )
    if len(lines) > LISTED:
        rows += f'<li class="soft">and {len(lines) - LISTED} more, below</li>'
    mild = any(line["level"] not in counting for line in lines)
    note = '<p class="soft">What is marked SHOULD does not fail this run.</p>' if mild else ""
    return f'<h2>Broken</h2><ul class="broken">{rows}</ul>{note}'


def _summary(value: Mapping[str, Any], tags: list[str]) -> str:
    verdicts = [verdict for verdict in VERDICTS if value["counts"][verdict]]
    head = "".join(f'<th class="number">{verdict}</th>' for verdict in verdicts)
    rows = ""
    for tag in tags:
        found = [line["verdict"] for line in value["requirements"] if line["tag"] == tag]
        cells = "".join(
            f'<td class="number {_class(verdict) if found.count(verdict) else "soft"}">{found.count(verdict)}</td>'
            for verdict in verdicts
        )
        seconds = value["seconds_by_tag"].get(tag, 0)
        name = f'<th><a href="#{escape(tag)}">{escape(tag)}</a></th>'
        rows += f'<tr>{name}{cells}<td class="number">{seconds:.1f}</td></tr>'
    return f"""<h2>Summary</h2>
<div class="wide"><table>
<thead><tr><th>Tag</th>{head}<th class="number">seconds</th></tr></thead>
<tbody>{rows}</tbody>
</table></div>"""


def _notices(value: Mapping[str, Any]) -> str:
    lines = [
        f"{item['method']} {item['path']} is missing: {item['missing']}"
        + (f" (known: {item['known']})" if item["known"] else "")
        for item in value["operations"]
        if item["missing"]
    ]
    lines += [
        f"{item['method']} {item['path']} never answered with success."
        for item in value["operations"]
        if not item["missing"] and not item["succeeded"]
    ]
    lines += [
        f"{name} was known to fail and holds: remove it from the list."
        for name in value["unexpected_passes"]
    ]
    lines += [f"{name} is a known failure past its date." for name in value["expired"]]
    lines += [*case_lines(value["cases"]), *value["notes"]]
    if not lines:
        return ""
    return "<h2>Notes</h2><ul>" + "".join(f"<li>{escape(line)}</li>" for line in lines) + "</ul>"


def _section(value: Mapping[str, Any], tag: str) -> str:
    lines = [line for line in value["requirements"] if line["tag"] == tag]
    lines.sort(key=lambda line: VERDICTS.index(line["verdict"]))
    rows = "".join(_requirement(line) for line in lines)
    return f'<section data-tag="{escape(tag)}" id="{escape(tag)}"><h2>{escape(tag)}</h2>{rows}</section>\n'


def _requirement(line: Mapping[str, Any]) -> str:
    verdict = line["verdict"]
    opened = " open" if verdict == "fail" else ""
    reason = f'<p class="{_class(verdict)}">{escape(line["reason"])}</p>' if line["reason"] else ""
    known = line["known"]
    if known:
        until = f", until {known['expires']}" if known["expires"] else ""
        link = f" {known['link']}" if known["link"] else ""
        reason += f"<p>Known since {escape(known['date'])}{escape(until)}: {escape(known['reason'])}{escape(link)}</p>"
    evidence = "; ".join(line["evidence"])
    checks = "".join(
        f'<li><span class="{_class(item["verdict"])}">{escape(item["verdict"])}</span> {escape(item["sentence"])} '
        f'<span class="soft">{escape(item["name"])}, {item["seconds"]:.3f} s</span></li>'
        for item in line["checks"]
    )
    return f"""<details data-verdict="{verdict}" id="{escape(line["id"])}"{opened}>
<summary><span class="id">{escape(line["id"])}</span><span class="what">{escape(line["text"])}</span>
<span class="tick {_class(verdict)}">{verdict}</span></summary>
<div class="body">{reason}
<p class="soft">{escape(line["level"])}, {escape(line["origin"])}. Evidence: {escape(evidence)}.</p>
{f"<ul>{checks}</ul>" if checks else ""}{_exchange(line["exchange"])}</div>
</details>
"""


def _exchange(exchange: Mapping[str, Any] | None) -> str:
    if exchange is None:
        return ""
    request, response = exchange["request"], exchange["response"]
    sent = _message(f"{request['method']} {request['url']}", request)
    got = _message(f"HTTP {response['status']}", response)
    return (
        f"<p>To repeat it:</p><pre>{escape(exchange['curl'])}</pre>"
        f"<p>Sent:</p><pre>{sent}</pre><p>Answered in {exchange['seconds']:.3f} seconds:</p><pre>{got}</pre>"
    )


def _message(first: str, message: Mapping[str, Any]) -> str:
    lines = [first, *(f"{name}: {value}" for name, value in message["headers"])]
    if message["body"]:
        lines += ["", message["body"]]
    return escape("\n".join(lines))
