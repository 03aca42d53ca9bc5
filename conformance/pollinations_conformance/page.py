"""The HTML report: one page that needs nothing else, made from the JSON form."""

import html
from typing import Any

MARKS = {"pass": "✓", "fail": "✗", "known": "~", "not tested": "·", "error": "!"}
TAGS = ("general", "account", "models", "chat", "text", "image", "audio", "media")

STYLE = """
:root{color-scheme:light dark;--bg:#fbfbfa;--card:#fff;--ink:#1d1f21;--soft:#666b70;--line:#e2e3e1;
--pass:#2e7d32;--fail:#c62828;--known:#a86200;--none:#7a7f85;--error:#7b1fa2;--code:#f2f3f1}
@media(prefers-color-scheme:dark){:root{--bg:#16181a;--card:#1f2224;--ink:#e6e7e5;--soft:#a0a5a9;
--line:#33373a;--pass:#7cc47f;--fail:#ff8a80;--known:#f0b85a;--none:#8d9398;--error:#d69ae8;--code:#282c2f}}
*{box-sizing:border-box}body{margin:0;background:var(--bg);color:var(--ink);
font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif}
main{max-width:64rem;margin:0 auto;padding:1.5rem 1rem 4rem}h1{font-size:1.5rem;margin:.2rem 0}
h2{font-size:1.15rem;margin:2rem 0 .5rem}p{margin:.3rem 0}.soft{color:var(--soft)}
.verdict{border-left:.4rem solid var(--none);background:var(--card);padding:.8rem 1rem;margin:1rem 0;
font-size:1.1rem;border-radius:.3rem}.v0{border-color:var(--pass)}.v1{border-color:var(--fail)}.v2{border-color:var(--known)}
table{border-collapse:collapse;width:100%;background:var(--card)}th,td{text-align:right;padding:.3rem .6rem;
border-bottom:1px solid var(--line)}th:first-child,td:first-child{text-align:left}.wide{overflow-x:auto}
.pass{color:var(--pass)}.fail{color:var(--fail)}.known{color:var(--known)}.not-tested{color:var(--none)}.error{color:var(--error)}
form{position:sticky;top:0;background:var(--bg);padding:.6rem 0;display:flex;flex-wrap:wrap;gap:.5rem;z-index:1;align-items:center}
input[type=search]{flex:1 1 14rem;padding:.4rem .6rem;border:1px solid var(--line);border-radius:.3rem;background:var(--card);color:inherit;font:inherit}
label{padding:.2rem .5rem;border:1px solid var(--line);border-radius:1rem;cursor:pointer;background:var(--card);white-space:nowrap}
details{background:var(--card);border:1px solid var(--line);border-radius:.3rem;margin:.3rem 0}
summary{cursor:pointer;padding:.45rem .7rem;display:grid;grid-template-columns:1.2rem 9.5rem 1fr;gap:.5rem;list-style:none}
summary::-webkit-details-marker{display:none}summary:hover{background:var(--code)}
.id{font-family:ui-monospace,Consolas,monospace;font-size:.85rem}.level{font-size:.75rem;color:var(--soft)}
.body{padding:.2rem .9rem .9rem 2.4rem;overflow-wrap:anywhere}.why{grid-column:3;font-size:.9rem}
pre{background:var(--code);padding:.6rem;border-radius:.3rem;overflow-x:auto;white-space:pre-wrap;font-size:.8rem;margin:.4rem 0}
ul{margin:.3rem 0;padding-left:1.2rem}[hidden]{display:none!important}
@media(max-width:40rem){summary{grid-template-columns:1.2rem 1fr}summary>span:nth-child(n+3){grid-column:2}}
"""

SCRIPT = """
const form=document.querySelector('form'),rows=[...document.querySelectorAll('details')];
function apply(){const text=form.q.value.toLowerCase();
const on=new Set([...form.querySelectorAll('input[type=checkbox]:checked')].map(b=>b.value));
for(const row of rows)row.hidden=!on.has(row.dataset.verdict)||!row.textContent.toLowerCase().includes(text);
for(const part of document.querySelectorAll('section'))
part.hidden=![...part.querySelectorAll('details')].some(row=>!row.hidden);}
form.addEventListener('input',apply);form.addEventListener('submit',event=>event.preventDefault());apply();
"""


def _e(value: object) -> str:
    return html.escape(str(value))


def to_html(value: dict[str, Any]) -> str:
    """Make the page.

    Args:
        value: the JSON form of a report.
    """
    target = value["target"]
    address = target["gateway"]
    if target["media"] and target["media"] != address:
        address += f" and {target['media']}"
    counts = value["counts"]
    boxes = "".join(
        f'<label class="{_class(name)}"><input type="checkbox" value="{name}" checked> '
        f"{MARKS[name]} {name} {counts[name]}</label>"
        for name in MARKS
    )
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width,initial-scale=1">\n'
        '<meta name="referrer" content="no-referrer">\n'
        "<title>Conformance to the pollinations.ai contract</title>\n"
        f"<style>{STYLE}</style>\n</head>\n<body><main>\n"
        "<h1>Conformance to the pollinations.ai contract</h1>\n"
        f'<p class="soft">{_e(address)} · {_e(value["started"])} · {value["seconds"]:.1f} s · '
        f"{value['requests']} requests · seed {value['seed']} · contract {_e(value['contract'])} · "
        f"{_e(value['tool'])}</p>\n"
        f'<p class="verdict v{value["exit_code"]}">{_e(value["verdict"])}</p>\n'
        + _summary(value)
        + _operations(value)
        + _money(value)
        + "".join(f'<p class="soft">{_e(note)}</p>\n' for note in value["notes"])
        + f'<form><input type="search" name="q" placeholder="Find in requirements" aria-label="Find">{boxes}</form>\n'
        + "".join(_section(value, tag) for tag in TAGS)
        + f"</main>\n<script>{SCRIPT}</script>\n</body>\n</html>\n"
    )


def _class(verdict: str) -> str:
    return verdict.replace(" ", "-")


def _summary(value: dict[str, Any]) -> str:
    rows: list[str] = []
    for tag in TAGS:
        lines = [line for line in value["requirements"] if line["tag"] == tag]
        if not lines:
            continue
        cells = "".join(
            f'<td class="{_class(name)}">{sum(line["verdict"] == name for line in lines) or ""}</td>'
            for name in MARKS
        )
        seconds = value["seconds_by_tag"].get(tag, 0)
        rows.append(f'<tr><td><a href="#{tag}">{tag}</a></td>{cells}<td>{seconds:.1f} s</td></tr>')
    head = "".join(f"<th>{MARKS[name]} {name}</th>" for name in MARKS)
    return (
        f'<div class="wide"><table><tr><th>part</th>{head}<th>time</th></tr>'
        f"{''.join(rows)}</table></div>\n"
    )


def _operations(value: dict[str, Any]) -> str:
    items: list[str] = []
    for item in value["operations"]:
        name = f"<code>{_e(item['method'])} {_e(item['path'])}</code>"
        if item["missing"]:
            word = f"known: {_e(item['known'])}" if item["known"] else "not known"
            items.append(f"<li>{name} is missing: {_e(item['missing'])} ({word})</li>")
        elif not item["succeeded"]:
            why = item["untried"] or f"{item['calls']} calls, none of them with success"
            items.append(f"<li>{name} never succeeded: {_e(why)}</li>")
    if not items:
        return ""
    return f"<h2>Operations</h2>\n<ul>{''.join(items)}</ul>\n"


def _money(value: dict[str, Any]) -> str:
    ledger = value["ledger"]
    if ledger["limit"] is None:
        return ""
    said = f"Spent {ledger['spent']:.6g} of {ledger['limit']:g} pollen in {ledger['calls']} calls."
    if ledger["balance_before"] is not None and ledger["balance_after"] is not None:
        fell = ledger["balance_before"] - ledger["balance_after"]
        said += f" The balance fell by {fell:.6g}."
    return f'<p class="soft">{_e(said)}</p>\n'


def _section(value: dict[str, Any], tag: str) -> str:
    lines = [line for line in value["requirements"] if line["tag"] == tag]
    if not lines:
        return ""
    return (
        f'<section id="{tag}"><h2>{tag}</h2>\n'
        + "".join(_line(line) for line in lines)
        + "</section>\n"
    )


def _line(line: dict[str, Any]) -> str:
    verdict = line["verdict"]
    shown = verdict in {"fail", "error", "known"}
    why = f'<span class="why soft">{_e(line["reason"])}</span>' if line["reason"] and shown else ""
    parts = [
        f'<p class="soft">{_e(line["level"])}, {_e(line["origin"])}: '
        f"{_e('; '.join(line['evidence']) or 'no evidence given')}</p>",
        f'<p><b class="{_class(verdict)}">{verdict}</b>'
        f"{': ' + _e(line['reason']) if line['reason'] else ''}</p>",
    ]
    if line["known"]:
        known = line["known"]
        link = (
            f' <a href="{_e(known["link"])}">more</a>'
            if str(known["link"]).startswith("http")
            else ""
        )
        parts.append(f"<p>Known since {_e(known['date'])}: {_e(known['reason'])}{link}</p>")
    if line["checks"]:
        rows = "".join(
            f'<li><span class="{_class(item["verdict"])}">{MARKS[item["verdict"]]}</span> '
            f'{_e(item["sentence"])} <span class="soft">{_e(item["name"])}, {item["seconds"]:.2f} s</span></li>'
            for item in line["checks"]
        )
        parts.append(f"<ul>{rows}</ul>")
    if line["exchange"]:
        parts.append(_exchange(line["exchange"]))
    return (
        f'<details data-verdict="{verdict}" id="{_e(line["id"])}"><summary>'
        f'<span class="{_class(verdict)}">{MARKS[verdict]}</span>'
        f'<span class="id">{_e(line["id"])} '
        f"{'' if line['level'] == 'MUST' else '<span class=level>SHOULD</span>'}</span>"
        f"<span>{_e(line['text'])}</span>{why}</summary>"
        f'<div class="body">{"".join(parts)}</div></details>\n'
    )


def _exchange(exchange: dict[str, Any]) -> str:
    request, response = exchange["request"], exchange["response"]

    def head(headers: list[list[str]]) -> str:
        return "\n".join(f"{name}: {text}" for name, text in headers)

    sent = f"{request['method']} {request['url']}\n{head(request['headers'])}\n\n{request['body']}"
    got = f"{response['status']}\n{head(response['headers'])}\n\n{response['body']}"
    return f"<pre>{_e(exchange['curl'])}</pre><pre>{_e(sent.rstrip())}</pre><pre>{_e(got.rstrip())}</pre>"
