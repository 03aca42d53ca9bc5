"""The API reference: one HTML page that needs nothing else, rendered from the contract.

Stable places in it: an operation by its id (#createChatCompletion), a requirement by its id
(#CHAT-STREAM-03), #deviation-…, #schema-…, #response-…, #header-…, #parameter-…, #tag-….
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, cast

import click
from markupsafe import Markup

from pollinations_conformance.contract import (
    Contract,
    ContractError,
    Deviation,
    Operation,
    Requirement,
    load,
)
from pollinations_conformance.reference.prose import (
    KINDS,
    Json,
    Prose,
    component,
    escape,
    listed,
    place,
    shown_code,
    shown_value,
    table,
)
from pollinations_conformance.reference.snippets import GATEWAY, MEDIA, Snippets, pretty
from pollinations_conformance.reports.templating import asset, environment

__all__ = ["policy", "render"]

DEPTH = 3
"""How many named schemas deep an operation's fields are unfolded in place."""
_PACKAGE = "pollinations_conformance.reference"
_SAFE_LINK = re.compile(r"(?:https?|mailto):", re.IGNORECASE)
_THEME = '<button type="button" class="theme" aria-label="Switch between light and dark" hidden>◐</button>'
_SEARCH = """<form role="search" hidden>
<input type="search" id="filter" placeholder="Filter  /" aria-label="Filter the contents" autocomplete="off">
<output id="found"></output></form>"""
_RANGES = {"4XX": "any other 4xx", "5XX": "any other 5xx"}


def policy() -> str:
    """Write the Content-Security-Policy that lets the page's own style and script run, no more."""

    def mark(name: str) -> str:
        digest = hashlib.sha256(asset(_PACKAGE, name).encode()).digest()
        return f"'sha256-{base64.b64encode(digest).decode()}'"

    return (
        f"default-src 'none'; style-src {mark('reference.css')}; "
        f"script-src {mark('reference.js')}; img-src data:; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )


def render(
    contract: Contract,
    gateway: str = GATEWAY,
    media: str = MEDIA,
    links: Sequence[tuple[str, str]] = (),
) -> str:
    """Render the page.

    Args:
        contract: what to describe.
        gateway: address that the examples go to.
        media: address of the media host in the examples.
        links: name and address of what stands beside the page.
    """
    return _Page(contract, gateway, media, links).html()


@click.command("reference")
@click.option(
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    default="reference.html",
    show_default=True,
    help="File to write; - for standard output.",
)
@click.option(
    "--contract",
    "source",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Describe another contract than the package's own.",
)
@click.option("--gateway", default=GATEWAY, show_default=True, help="Address in the examples.")
@click.option("--media", default=MEDIA, show_default=True, help="The same, of the media host.")
def reference_command(output: Path, source: Path | None, gateway: str, media: str) -> None:
    """Write the API reference: one HTML page that needs nothing else.

    The examples in it go to the reference server of this package (`pollinations-conformance
    serve`), which serves the same page at /__contract__/reference.
    """
    try:
        text = render(load(source), gateway.rstrip("/"), media.rstrip("/"))
    except ContractError as error:
        raise click.ClickException(str(error)) from error
    if str(output) == "-":
        click.echo(text, nl=False)
        return
    part = output.with_name(output.name + ".part")
    try:
        part.write_text(text, encoding="utf-8")
        part.replace(output)
    except OSError as error:
        part.unlink(missing_ok=True)
        reason = error.strerror or str(error)
        raise click.ClickException(
            f"{output}: cannot be written ({reason}); name another file with --output"
        ) from error
    click.echo(f"wrote {output} ({len(text.encode()) // 1024} KB)", err=True)


# --- small helpers ------------------------------------------------------------------------------


def _items(entries: Iterable[str], kind: str = "facts") -> str:
    found = [f"<li>{entry}</li>" for entry in entries if entry]
    return f'<ul class="{kind}">{"".join(found)}</ul>' if found else ""


def _figure(caption: str, text: str) -> str:
    return (
        f'<figure class="code"><figcaption>{caption}</figcaption>'
        f'<pre tabindex="0"><code>{escape(text)}</code></pre></figure>'
    )


def _folded(summary: str, content: str, opened: bool = False) -> str:
    return (
        f'<details class="inner"{" open" if opened else ""}><summary>{summary}</summary>'
        f"<div>{content}</div></details>"
    )


def _label(title: str, level: int = 4) -> str:
    return f'<h{level} class="label">{title}</h{level}>'


def _number(count: int, one: str) -> str:
    return f"{count} {one}" if count == 1 else f"{count} {one}s"


def _method(name: str) -> str:
    kind = name.lower() if name in ("GET", "POST") else "other"
    return f'<span class="method {kind}">{escape(name)}</span>'


# --- the page -----------------------------------------------------------------------------------


class _Page(Prose):
    def __init__(
        self, contract: Contract, gateway: str, media: str, beside: Sequence[tuple[str, str]]
    ) -> None:
        super().__init__(contract)
        self.beside = [
            f'<a href="{escape(address)}">{escape(name)}</a>' for name, address in beside
        ]
        self.document = contract.document
        self.snippets = Snippets(contract, gateway, media)
        self.deviations = {deviation.id: deviation for deviation in contract.deviations}
        self.written: set[str] = set()  # anchors of requirements and deviations

    def html(self) -> str:
        info = table(self.document.get("info"))
        title = str(info.get("title", "API"))
        first = {
            ("introduction", "Introduction"): self.introduction(info, title),
            ("authentication", "Authentication"): self.authentication(),
            ("errors", "Errors"): self.failures(),
        }
        parts = [*first.values(), *(self.tag(name, about) for name, about in self.tags())]
        parts += [self.shared(), self.schema_part(), self.rest()]
        body = f"""<a class="skip" href="#content">Skip to the content</a>
<div class="bar"><button type="button" popovertarget="contents">Contents</button>
<strong>{escape(title)}</strong>{_THEME}</div>
{self.sidebar(title, [entry for entry, part in first.items() if part])}
<main id="content">
{"".join(parts)}
</main>"""
        template = environment(_PACKAGE).get_template("reference.html")
        return template.render(
            title=f"{title}: reference",
            style="reference.css",
            script="reference.js",
            body=Markup(body),
        )

    # --- the parts ------------------------------------------------------------------------------

    def introduction(self, info: Json, title: str) -> str:
        count = len(self.contract.operations)
        facts = [
            f"Version {escape(info['x-api-version'])} of the API"
            if "x-api-version" in info
            else "",
            f"contract {escape(self.contract.version)}",
            _number(count, "operation"),
            _number(len(self.contract.requirements), "requirement"),
            _number(len(self.deviations), "deviation"),
        ]
        links = [
            f'<a href="{escape(address)}">{escape(name)}</a>'
            for name, address in (
                (
                    table(info.get("contact")).get("name", "Contact"),
                    table(info.get("contact")).get("url"),
                ),
                (
                    table(info.get("license")).get("name", "Licence"),
                    table(info.get("license")).get("url"),
                ),
            )
            if isinstance(address, str) and _SAFE_LINK.match(address)
        ]
        licence = table(info.get("license"))
        if licence.get("name") and not _SAFE_LINK.match(str(licence.get("url", ""))):
            links.append(f"{escape(licence['name'])} licence")
        spans = "".join(f"<span>{fact}</span>" for fact in [*facts, *links, *self.beside] if fact)
        summary = (
            f'<p class="lead">{self.inline(info.get("summary"))}</p>' if info.get("summary") else ""
        )
        guide = ""
        if self.contract.requirements:
            guide = (
                f"{_label('How to read this page', 2)}<p>Every operation comes with requests to copy; they go "
                "to the reference server on your own machine (<code>pollinations-conformance serve</code>), "
                "which needs no account: put one of the keys it prints into "
                "<code>POLLINATIONS_API_KEY</code>. <strong>Requirements</strong> are numbered sentences that "
                "every server of this API is held to; open one to see where it comes from. "
                "<strong>Deviations</strong> say where the published documentation and the service differ, "
                "and what you can rely on.</p>"
            )
        return f"""<section class="part" id="introduction">
<h1>{escape(title)}</h1>
{summary}<p class="facts-line">{spans}</p>
<div class="text">{self.markdown(info.get("description"))}{guide}
{self.servers()}{self.coercion()}{self.clauses(info, level=2)}{self.clauses(self.document, level=2)}</div></section>
"""

    def servers(self) -> str:
        found: dict[str, str] = {}
        nodes = [self.document, *map(table, table(self.document.get("paths")).values())]
        for node in [*nodes, *(operation.raw for operation in self.contract.operations)]:
            for server in map(table, listed(node.get("servers"))):
                found.setdefault(str(server.get("url", "")), self.inline(server.get("description")))
        rows = "".join(
            f"<tr><td>{shown_code(url)}</td><td>{about}</td></tr>" for url, about in found.items()
        )
        return (
            f'{_label("Servers", 2)}<div class="wide"><table>{rows}</table></div>' if rows else ""
        )

    def coercion(self) -> str:
        rules = table(self.document.get("x-coercion"))
        if not rules:
            return ""
        rows = "".join(
            f'<div class="field"><dt>{shown_code(name)}</dt><dd>{self.inline(text)}</dd></div>'
            for name, text in rules.items()
            if name != "description"
        )
        return (
            f"{_label('How values in addresses are read', 2)}"
            f'{self.markdown(rules.get("description"))}<dl class="fields">{rows}</dl>'
        )

    def authentication(self) -> str:
        schemes = table(self.components.get("securitySchemes"))
        if not schemes:
            return ""
        told = ""
        for name, node in schemes.items():
            scheme = self.resolve(node)
            kind = str(scheme.get("type", ""))
            if kind == "http":
                how = shown_code(f"Authorization: {str(scheme.get('scheme', '')).capitalize()} …")
            elif kind == "apiKey" and scheme.get("in") == "query":
                how = shown_code(f"?{scheme.get('name')}=…")
            elif kind == "apiKey":
                how = f"{shown_code(scheme.get('name'))} ({escape(scheme.get('in'))})"
            else:
                how = escape(kind)
            told += (
                f'<section class="item" id="{place("scheme", name)}"><h3>{escape(name)}</h3>'
                f"<p>{how}</p>{self.markdown(scheme.get('description'))}"
                f"{self.clauses(scheme)}</section>"
            )
        return self.part("authentication", "Authentication", told)

    def failures(self) -> str:
        used = self.used_responses()
        told = ""
        for name, statuses in used.items():
            if not any(status.startswith("2") for status in statuses):
                told += self.shared_response(name, sorted(statuses))
        lead = "<p>What can go wrong, with the bodies that tell. The operations link here.</p>"
        return self.part("errors", "Errors", lead + told) if told else ""

    def used_responses(self) -> dict[str, set[str]]:
        """Say under which statuses each shared answer is used."""
        found: dict[str, set[str]] = {}
        for operation in self.contract.operations:
            for status, node in operation.responses.items():
                named = component(node)
                if named is not None:
                    found.setdefault(named[1], set()).add(str(status))
        return found

    def tags(self) -> Iterator[tuple[str, str]]:
        """Yield the tags that have operations, in the contract's order."""
        about = {
            str(table(tag).get("name")): str(table(tag).get("description", ""))
            for tag in listed(self.document.get("tags"))
        }
        used = {operation.tag: "" for operation in self.contract.operations}
        for name in [*(name for name in about if name in used), *used.keys() - about.keys()]:
            yield name, about.get(name, "")

    def tag(self, name: str, description: str) -> str:
        told = "".join(
            self.operation(operation)
            for operation in self.contract.operations
            if operation.tag == name
        )
        title = (name or "operations").capitalize()
        lead = f'<div class="lead">{self.markdown(description)}</div>' if description else ""
        return self.part(place("tag", name or "none"), title, lead + told)

    def shared(self) -> str:
        """Show components that several operations use; failures have a part of their own."""
        used = self.used_responses()
        told = ""
        for name in table(self.components.get("responses")):
            statuses = used.get(name, set())
            if not statuses or any(status.startswith("2") for status in statuses):
                told += self.shared_response(name, sorted(statuses))
        for kind, title in (("parameters", "Parameters"), ("headers", "Headers")):
            rows = ""
            for name, node in table(self.components.get(kind)).items():
                where = place(KINDS[kind], name)
                rows += self.value_row(str(table(node).get("name", name)), node, where, own=True)
            if rows:
                told += f'<section class="item"><h3>{title}</h3><dl class="fields">{rows}</dl></section>'
        for name, node in table(self.components.get("requestBodies")).items():
            told += (
                f'<section class="item" id="{place("body", name)}"><h3>{escape(name)}</h3>'
                f"{self.markdown(table(node).get('description'))}{self.contents(table(node), own=True)}"
                f"{self.clauses(table(node))}</section>"
            )
        lead = "<p>Answers, parameters, headers and bodies that more than one operation uses.</p>"
        return self.part("shared", "Shared parts", lead + told) if told else ""

    def shared_response(self, name: str, statuses: list[str]) -> str:
        node = table(table(self.components.get("responses")).get(name))
        marks = " ".join(self.status(status) for status in statuses)
        return (
            f'<section class="item" id="{place("response", name)}"><h3>{marks} {escape(name)}</h3>'
            f"{self.markdown(node.get('description'))}"
            f"{self.answer_body(node, own=True)}{self.examples(node)}{self.clauses(node)}</section>"
        )

    def schema_part(self) -> str:
        told = ""
        for name, node in self.schemas.items():
            schema = table(node)
            told += (
                f'<section class="item" id="{place("schema", name)}"><h3>{escape(name)}</h3>'
                f'{self.markdown(schema.get("description"))}<p class="type">{self.kind(schema)}</p>'
                f"{_items(self.facts(schema))}{self.below(schema, 0, (name,), own=True)}"
                f"{self.clauses(schema)}</section>"
            )
        lead = "<p>Every named type, in the order of the contract.</p>"
        return self.part("schemas", "Schemas", lead + told) if told else ""

    def rest(self) -> str:
        """Show the clauses whose place in the contract is none of the above."""
        left = [r for r in self.contract.requirements.values() if r.id not in self.written]
        away = [d for d in self.deviations.values() if place("deviation", d.id) not in self.written]
        told = self.requirement_list(left, 3) + self.deviation_list(away, 3)
        return self.part("more", "More clauses", told) if told else ""

    def part(self, anchor: str, title: str, content: str) -> str:
        return (
            f'<section class="part" id="{escape(anchor)}">'
            f'<h2><a href="#{escape(anchor)}">{escape(title)}</a></h2>\n{content}</section>\n'
        )

    # --- one operation --------------------------------------------------------------------------

    def operation(self, operation: Operation) -> str:
        raw = operation.raw
        name = escape(operation.id)
        summary = str(raw.get("summary", operation.id)).rstrip(".")
        host = next(
            (address for address, side in self.contract.hosts.items() if side == operation.host), ""
        )
        path = f'<span class="host">{escape(host)}</span><b>{escape(operation.path)}</b>'
        return f"""<section class="item" id="{name}">
<header><h3><a href="#{name}">{escape(summary)}</a></h3>
<p class="route">{_method(operation.method)} <span>{path}</span></p></header>
<div class="two"><div>{self.markdown(raw.get("description"))}{self.badges(operation)}{self.aliases(operation)}</div>
{self.samples(operation)}
{self.parameters(operation)}{self.request_body(operation)}{self.answers(operation)}</div>
{self.clauses(raw)}</section>
"""

    def badges(self, operation: Operation) -> str:
        if not operation.security:
            key = "no key needed"
        elif {} in operation.security:
            key = "key optional"
        else:
            key = "needs a key"
        found = [f'<li class="tag">{key}</li>', f'<li class="tag">{shown_code(operation.id)}</li>']
        if operation.deprecated:
            found.insert(0, '<li class="tag warn">deprecated</li>')
        return f'<ul class="tags">{"".join(found)}</ul>'

    def aliases(self, operation: Operation) -> str:
        told: list[str] = []
        for alias in map(table, listed(operation.raw.get("x-aliases"))):
            if "path" in alias:
                where = shown_code(alias["path"])
            else:
                where = f"every path that matches {shown_code(alias.get('pattern'))}"
            seen = self.evidence(map(table, listed(alias.get("evidence"))))
            told.append(where + (f' <span class="soft small">({seen})</span>' if seen else ""))
        return f"<p>Also reached at {'; '.join(told)}.</p>" if told else ""

    def samples(self, operation: Operation) -> str:
        shown = ""
        for number, snippet in enumerate(self.snippets.of(operation)):
            blocks = _figure("curl", snippet.curl)
            if snippet.python:
                blocks += _figure("Python", snippet.python)
            opened = "" if number else " open"
            shown += (
                f"<details{opened}><summary>{escape(snippet.title)}</summary>{blocks}</details>"
            )
        if shown:
            shown = _label("Request") + shown
        for node in self.good(operation):
            shown += self.examples(node, "Answer")
        return f'<div class="samples">{shown}</div>' if shown else ""

    def good(self, operation: Operation) -> list[Json]:
        return [
            self.resolve(node)
            for status, node in operation.responses.items()
            if str(status).startswith("2")
        ]

    def examples(self, response: Json, title: str = "Examples") -> str:
        """Show the examples of an answer that can be read; bytes cannot."""
        shown = ""
        for kind, node in table(response.get("content")).items():
            form = table(node)
            if self.resolve(form.get("schema")).get("format") == "binary":
                continue
            entries = [
                (str(table(e).get("summary", n)), e) for n, e in table(form.get("examples")).items()
            ]
            if "example" in form:
                entries.append(("An example", {"value": form["example"]}))
            for summary, entry in entries:
                example = self.resolve(entry)
                if "value" not in example:
                    continue
                opened = "" if shown else " open"
                text = _example(kind, example["value"])
                label = escape(example.get("summary", summary))
                shown += f"<details{opened}><summary>{label}</summary>{_figure(escape(kind), text)}</details>"
        return f'{_label(title)}<div class="samples">{shown}</div>' if shown else ""

    def parameters(self, operation: Operation) -> str:
        path_item = table(table(self.document.get("paths")).get(operation.path))
        given = [*listed(path_item.get("parameters")), *listed(operation.raw.get("parameters"))]
        nodes = {(str(p.get("name")), p.get("in")): n for n in given if (p := self.resolve(n))}
        told = ""
        for where, title in (
            ("path", "In the path"),
            ("query", "In the query"),
            ("header", "Headers of the request"),
            ("cookie", "Cookies"),
        ):
            rows = "".join(
                self.value_row(name, node, "", own=component(node) is None, depth=1)
                for (name, location), node in nodes.items()
                if location == where
            )
            if rows:
                told += f'<div>{_label(title)}<dl class="fields">{rows}</dl></div>'
        return told

    def value_row(self, name: str, node: Any, anchor: str, own: bool, depth: int = 0) -> str:
        """Show a parameter or a header as one row."""
        raw = self.resolve(node)
        schema = table(raw.get("schema"))
        facts = [self.inline(schema.get("description"))] if "description" in schema else []
        if raw.get("x-path-rest"):
            facts.append("takes the whole rest of the path, slashes included")
        facts += self.facts(schema)
        examples: list[str] = []
        for example in map(self.resolve, table(raw.get("examples")).values()):
            if "value" in example:
                why = escape(example.get("summary", ""))
                examples.append(shown_value(example["value"]) + (f" ({why})" if why else ""))
        if "example" in raw:
            examples.append(shown_value(raw["example"]))
        if examples:
            facts.append("e.g. " + "; ".join(examples))
        need = bool(raw.get("required"))
        return self.row(
            name,
            self.kind(schema),
            need,
            bool(raw.get("deprecated")),
            self.inline(raw.get("description")),
            facts,
            self.below(schema, depth, ()) + self.clauses(raw, own=own, inner=True),
            anchor,
        )

    def row(
        self,
        name: str,
        kind: str,
        need: bool,
        deprecated: bool,
        about: str,
        facts: Iterable[str],
        below: str = "",
        anchor: str = "",
    ) -> str:
        """Write one row of a list of fields."""
        marks = '<span class="need">required</span>' if need else ""
        if deprecated:
            marks += '<span class="need">deprecated</span>'
        mark = f' id="{escape(anchor)}"' if anchor else ""
        about = f"<p>{about}</p>" if about else ""
        return (
            f'<div class="field"{mark}><dt>{shown_code(name)} <span class="type">{kind}</span> {marks}</dt>'
            f"<dd>{about}{_items(facts)}{below}</dd></div>"
        )

    def request_body(self, operation: Operation) -> str:
        node = operation.raw.get("requestBody")
        if node is None:
            return ""
        body = self.resolve(node)
        depth = 0 if operation.deprecated else DEPTH
        need = "" if body.get("required") else ' <span class="count">optional</span>'
        return (
            f"<div>{_label('Body' + need)}{self.markdown(body.get('description'))}"
            f"{self.contents(body, component(node) is None, depth)}"
            f"{self.clauses(body, own=component(node) is None)}</div>"
        )

    def contents(self, holder: Json, own: bool, depth: int = 0) -> str:
        """Show what a body may consist of, by media type."""
        told = ""
        same: dict[
            str, list[str]
        ] = {}  # media types with nothing to tell them apart stand together
        for kind, node in table(holder.get("content")).items():
            form = table(node)
            schema = table(form.get("schema"))
            facts: list[str] = []
            if form.get("x-exact"):
                facts.append("sent as it is written here, without parameters")
            item = component({"$ref": form.get("x-stream-item")})
            if item is not None:
                facts.append(f"a stream of server-sent events, each a {self.link(item[1])}")
            for name, encoding in table(form.get("encoding")).items():
                if "contentType" in table(encoding):
                    facts.append(
                        f"{shown_code(name)} as {shown_code(table(encoding)['contentType'])}"
                    )
            facts += self.facts(schema)
            rest = (
                f"{_items(facts)}{self.below(schema, depth, (), own, unfold=True)}"
                f"{self.clauses(form, own=own, inner=True)}"
            )
            same.setdefault(f"{self.kind(schema)}</p>{rest}", []).append(kind)
        for rest, kinds in same.items():
            names = ", ".join(shown_code(kind) for kind in kinds)
            told += f'<div class="media"><p>{names} <span class="type">{rest.replace("</p>", "</span></p>", 1)}</div>'
        return told

    def answers(self, operation: Operation) -> str:
        told = ""
        lines = ""
        for status, node in operation.responses.items():
            named = component(node)
            response = self.resolve(node)
            about = self.inline(response.get("description"))
            if str(status).startswith("2") or named is None:
                depth = 0 if operation.deprecated else DEPTH
                inner = self.answer_body(response, named is None, depth)
                inner += self.clauses(response, own=named is None)
                told += f"<div><p>{self.status(str(status))} {about}</p>{inner}</div>"
            else:
                where = place("response", named[1])
                lines += (
                    f'<li>{self.status(str(status))}<span><a href="#{where}">{escape(named[1])}</a> '
                    f'<span class="soft">{about}</span></span></li>'
                )
        if lines:
            lines = f'<ul class="answers">{lines}</ul>'
        return f"<div>{_label('Answers')}{told}{lines}{self.links(operation)}</div>"

    def answer_body(self, response: Json, own: bool, depth: int = 1) -> str:
        told = self.contents(response, own, depth)
        rows = ""
        headers = table(response.get("headers"))
        for name, node in headers.items():
            raw, named = self.resolve(node), component(node)
            kind = self.kind(table(raw.get("schema")))
            more = f' <a href="#{place("header", named[1])}">more</a>' if named else ""
            about = self.inline(raw.get("description")) + more
            rows += self.row(name, kind, bool(raw.get("required")), False, about, [])
        if rows:
            label = _number(len(headers), "header")
            told += _folded(label, f'<dl class="fields">{rows}</dl>')
        return told

    def links(self, operation: Operation) -> str:
        told: list[str] = []
        for response in self.good(operation):
            for node in table(response.get("links")).values():
                link = self.resolve(node)
                target = str(link.get("operationId", ""))
                given = ", ".join(
                    f"{shown_code(name)} = {shown_code(value)}"
                    for name, value in table(link.get("parameters")).items()
                )
                told.append(
                    f"{self.inline(link.get('description'))} {self.code(target)} with {given}"
                )
        return f"{_label('What comes next')}{_items(told, 'next')}" if told else ""

    def status(self, status: str) -> str:
        kind = "good" if status.startswith("2") else "bad"
        title = f' title="{_RANGES[status]}"' if status in _RANGES else ""
        return f'<span class="status {kind}"{title}>{escape(status)}</span>'

    # --- schemas --------------------------------------------------------------------------------

    def below(
        self,
        node: Any,
        depth: int,
        seen: tuple[str, ...],
        own: bool = False,
        unfold: bool = False,
    ) -> str:
        """Show the fields inside a schema.

        Args:
            node: the schema.
            depth: how many named schemas further down are unfolded in place.
            seen: names of the schemas around it, which are not unfolded again.
            own: whether its clauses have their place here.
            unfold: whether a named schema is shown without a click.
        """
        schema = table(node)
        named = component(schema)
        if named is not None:
            name = named[1]
            target = self.resolve(schema)
            if depth <= 0 or name in seen or not self.has_fields(target):
                return ""
            inner = self.below(target, depth - 1, (*seen, name))
            if unfold:
                return inner
            return _folded(f"fields of {shown_code(name)}", inner) if inner else ""
        rows = ""
        needed = set(map(str, listed(schema.get("required"))))
        for name, child in table(schema.get("properties")).items():
            rows += self.field(name, child, name in needed, depth, seen, own)
        for pattern, child in table(schema.get("patternProperties")).items():
            rows += self.field(f"/{pattern}/", child, False, depth, seen, own)
        told = f'<dl class="fields">{rows}</dl>' if rows else ""
        more = schema.get("additionalProperties")
        if more is False:
            told += '<p class="soft small">No further fields.</p>'
        elif isinstance(more, dict):
            if rows:
                told += f'<p class="soft small">Further fields: {self.kind(more)}.</p>'
            told += self.below(more, depth, seen, own)
        told += self.below(schema.get("items"), depth, seen, own) if "items" in schema else ""
        choices: list[str] = []
        for part in (p for k in ("allOf", "anyOf", "oneOf") for p in listed(schema.get(k))):
            told += self.below(part, depth, seen, own)
            more = [self.inline(table(part).get("description")), *self.facts(part)]
            if component(part) is None and any(more):
                choices.append(f"{self.kind(part)}: {', '.join(filter(None, more))}")
        told += _items(choices)
        if "contentSchema" in schema:
            told += self.below(schema["contentSchema"], depth, seen, own)
        return told

    def field(
        self, name: str, child: Any, need: bool, depth: int, seen: tuple[str, ...], own: bool
    ) -> str:
        schema = table(child)
        about = schema.get("description")
        if about is None and "$ref" in schema:
            about = self.resolve(schema).get("description")
        return self.row(
            name,
            self.kind(child),
            need,
            bool(schema.get("deprecated")),
            self.inline(about),
            self.facts(child),
            self.below(child, depth, seen, own) + self.clauses(schema, own=own, inner=True),
        )

    # --- requirements and deviations ------------------------------------------------------------

    def clauses(self, node: Json, own: bool = True, inner: bool = False, level: int = 4) -> str:
        """Show the clauses that are attached to a node.

        Args:
            node: of the contract.
            own: whether this is their place; otherwise they are only linked to.
            inner: whether they stand inside a row, where headings would be too much.
            level: of the headings.
        """
        ids = [str(table(entry).get("id")) for entry in listed(node.get("x-requirements"))]
        names = [str(table(entry).get("id")) for entry in listed(node.get("x-deviations"))]
        wanted = [self.contract.requirements[i] for i in ids if i in self.contract.requirements]
        differing = [self.deviations[i] for i in names if i in self.deviations]
        if not wanted and not differing:
            return ""
        places = [clause.id for clause in wanted]
        places += [place("deviation", deviation.id) for deviation in differing]
        if not own or self.written.issuperset(places):
            links = ", ".join(
                f'<a href="#{escape(where)}">{escape(name)}</a>'
                for where, name in zip(
                    places, [c.id for c in wanted] + [d.id for d in differing], strict=True
                )
            )
            return f'<p class="soft small">See {links}.</p>'
        if inner:
            return "".join(map(self.requirement, wanted)) + "".join(map(self.deviation, differing))
        return self.requirement_list(wanted, level) + self.deviation_list(differing, level)

    def requirement_list(self, clauses: Sequence[Requirement], level: int = 4) -> str:
        if not clauses:
            return ""
        count = f'<span class="count">{len(clauses)}</span>'
        return f"<div>{_label('Requirements ' + count, level)}{''.join(map(self.requirement, clauses))}</div>"

    def deviation_list(self, deviations: Sequence[Deviation], level: int = 4) -> str:
        if not deviations:
            return ""
        count = f'<span class="count">{len(deviations)}</span>'
        return f"<div>{_label('Deviations ' + count, level)}{''.join(map(self.deviation, deviations))}</div>"

    def requirement(self, clause: Requirement) -> str:
        self.written.add(clause.id)
        hidden = ""
        if not clause.observable:
            hidden = f" Not visible to a client: {escape(clause.why)}"
        seen = self.evidence(clause.evidence)
        return (
            f'<details class="clause" id="{escape(clause.id)}"><summary>'
            f'<span class="id">{escape(clause.id)}</span><span>{self.sentence(clause.text)} '
            f'<span class="from">{escape(clause.origin)}</span></span></summary>'
            f'<p class="more">{escape(clause.level)}, {escape(clause.origin)}.{hidden} '
            f"Evidence: {seen or 'none'}.</p></details>"
        )

    def evidence(self, entries: Iterable[Mapping[str, Any]]) -> str:
        return "; ".join(
            ", ".join(escape(entry[k]) for k in ("source", "ref", "date") if k in entry)
            for entry in entries
        )

    def deviation(self, deviation: Deviation) -> str:
        anchor = place("deviation", deviation.id)
        self.written.add(anchor)
        return (
            f'<div class="deviation" id="{anchor}"><a class="id" href="#{anchor}">'
            f"{escape(deviation.id)}</a><dl>"
            f"<dt>Documented</dt><dd>{self.sentence(deviation.documented)}</dd>"
            f"<dt>Observed</dt><dd>{self.sentence(deviation.observed)} "
            f'<span class="soft small">({escape(deviation.where)}, {escape(deviation.when)})</span></dd>'
            f'<dt>Rely on</dt><dd class="rely">{self.sentence(deviation.contract)}</dd></dl></div>'
        )

    # --- the sidebar ----------------------------------------------------------------------------

    def sidebar(self, title: str, start: Iterable[tuple[str, str]]) -> str:
        entries = "".join(f'<li data-text="">{link}</li>' for link in self.beside)
        entries += "".join(self.entry(*entry) for entry in start)
        parts = f"<div data-part><ul>{entries}</ul></div>"
        for name, _ in self.tags():
            rows = "".join(
                self.operation_entry(operation)
                for operation in self.contract.operations
                if operation.tag == name
            )
            anchor = place("tag", name or "none")
            label = escape((name or "operations").capitalize())
            parts += f'<div data-part><p class="group"><a href="#{anchor}">{label}</a></p><ul>{rows}</ul></div>'
        parts += self.folded("Requirements", [(i, i) for i in self.contract.requirements])
        parts += self.folded(
            "Deviations", [(place("deviation", name), name) for name in self.deviations]
        )
        parts += self.folded("Schemas", [(place("schema", name), name) for name in self.schemas])
        return f"""<nav id="contents" popover aria-label="Contents">
<div class="head"><a href="#introduction">{escape(title)}</a>{_THEME}</div>
{_SEARCH}
{parts}</nav>"""

    def entry(self, anchor: str, name: str, more: str = "") -> str:
        return f'<li data-text="{escape(more)}"><a href="#{escape(anchor)}">{escape(name)}</a></li>'

    def operation_entry(self, operation: Operation) -> str:
        summary = escape(str(operation.raw.get("summary", operation.id)).rstrip("."))
        if operation.deprecated:
            summary = f"<del>{summary}</del>"
        sdk = table(operation.raw.get("x-sdk"))
        call = f"{sdk.get('resource')}.{sdk.get('method')}" if sdk else ""
        words = escape(f"{operation.id} {operation.method} {operation.path} {call}")
        return (
            f'<li data-text="{words}"><a href="#{escape(operation.id)}">'
            f"{_method(operation.method)}{summary}</a></li>"
        )

    def folded(self, title: str, rows: list[tuple[str, str]]) -> str:
        if not rows:
            return ""
        entries = "".join(self.entry(anchor, name) for anchor, name in rows)
        return (
            f"<details data-part><summary>{title} ({len(rows)})</summary>"
            f'<ul class="ids">{entries}</ul></details>'
        )


def _example(kind: str, value: Any) -> str:
    """Write an example of an answer as it travels."""
    if kind == "text/event-stream" and isinstance(value, dict):
        fields = cast("Json", value)
        return "".join(f"{name}: {text}\n" for name, text in fields.items())
    return value if isinstance(value, str) and not kind.endswith("json") else pretty(value)
