"""The API reference: one HTML page that needs nothing else, rendered from the contract.

Stable places in it: an operation by its id (#createChatCompletion), a requirement by its id
(#CHAT-STREAM-03), #deviation-…, #schema-…, #response-…, #header-…, #parameter-…, #tag-….
"""

from __future__ import annotations

import base64
import functools
import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeGuard, cast

import click
from markdown_it import MarkdownIt

from . import page
from .contract import Contract, ContractError, Deviation, Operation, Requirement, load
from .snippets import GATEWAY, MEDIA, Snippets, pretty

__all__ = ["policy", "render"]

Json = dict[str, Any]

DEPTH = 3
"""How many named schemas deep an operation's fields are unfolded in place."""
FEW = 14
"""As many values of an enumeration are shown at once."""

_DATA = Path(__file__).resolve().parent / "data"
_SAFE_LINK = re.compile(r"(?:https?|mailto):", re.IGNORECASE)
_KINDS = {
    "responses": "response",
    "headers": "header",
    "parameters": "parameter",
    "requestBodies": "body",
    "securitySchemes": "scheme",
    "schemas": "schema",
}
_THEME = '<button type="button" class="theme" aria-label="Switch between light and dark" hidden>◐</button>'
_SEARCH = """<form role="search" hidden>
<input type="search" id="filter" placeholder="Filter  /" aria-label="Filter the contents" autocomplete="off">
<output id="found"></output></form>"""
_RANGES = {"4XX": "any other 4xx", "5XX": "any other 5xx"}


@functools.cache
def _asset(name: str) -> str:
    return (_DATA / name).read_text(encoding="utf-8")


def policy() -> str:
    """Write the Content-Security-Policy that lets the page's own style and script run, no more."""

    def mark(name: str) -> str:
        digest = hashlib.sha256(_asset(name).encode()).digest()
        return f"'sha256-{base64.b64encode(digest).decode()}'"

    return (
        f"default-src 'none'; style-src {mark('reference.css')}; "
        f"script-src {mark('reference.js')}; img-src data:; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )


def render(contract: Contract, gateway: str = GATEWAY, media: str = MEDIA) -> str:
    """Render the page.

    Args:
        contract: what to describe.
        gateway: address that the examples go to.
        media: address of the media host in the examples.
    """
    return _Page(contract, gateway, media).html()


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


def _obj(value: Any) -> Json:
    return cast("Json", value) if isinstance(value, dict) else {}


def _is_list(value: Any) -> TypeGuard[list[Any]]:
    return isinstance(value, list)


def _list(value: Any) -> list[Any]:
    return value if _is_list(value) else []


def _code(value: Any) -> str:
    return f"<code>{page.escape(value)}</code>"


def _value(value: Any) -> str:
    """Show a value of the contract: texts as they are, all else as JSON."""
    return _code(value if isinstance(value, str) and value else json.dumps(value))


def _anchor(kind: str, name: str) -> str:
    return f"{kind}-{re.sub(r'[^A-Za-z0-9_.-]+', '-', name)}" if kind else name


def _named(node: Any) -> tuple[str, str] | None:
    """Return kind and name of the component that a reference leads to."""
    reference = _obj(node).get("$ref")
    parts = reference.split("/") if isinstance(reference, str) else []
    if len(parts) == 4 and parts[:2] == ["#", "components"] and parts[2] in _KINDS:
        return parts[2], parts[3].replace("~1", "/").replace("~0", "~")
    return None


def _items(entries: Iterable[str], kind: str = "facts") -> str:
    found = [f"<li>{entry}</li>" for entry in entries if entry]
    return f'<ul class="{kind}">{"".join(found)}</ul>' if found else ""


def _figure(caption: str, text: str) -> str:
    return (
        f'<figure class="code"><figcaption>{caption}</figcaption>'
        f'<pre tabindex="0"><code>{page.escape(text)}</code></pre></figure>'
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
    return f'<span class="method {kind}">{page.escape(name)}</span>'


# --- the page -----------------------------------------------------------------------------------


class _Page:
    def __init__(self, contract: Contract, gateway: str, media: str) -> None:
        self.contract = contract
        self.document = contract.document
        self.components = _obj(self.document.get("components"))
        self.schemas = _obj(self.components.get("schemas"))
        self.snippets = Snippets(contract, gateway, media)
        self.deviations = {deviation.id: deviation for deviation in contract.deviations}
        self.written: set[str] = set()  # anchors of requirements and deviations
        self.targets = self._targets()
        self.markdown_it = self._reader()

    def html(self) -> str:
        info = _obj(self.document.get("info"))
        title = str(info.get("title", "API"))
        # The parts are written before the sidebar, which is independent of them.
        parts = [self.introduction(info, title), self.authentication(), self.failures()]
        parts += [self.tag(name, description) for name, description in self.tags()]
        parts += [self.shared(), self.schema_part(), self.rest()]
        body = f"""<a class="skip" href="#content">Skip to the content</a>
<div class="bar"><button type="button" popovertarget="contents">Contents</button>
<strong>{page.escape(title)}</strong>{_THEME}</div>
{self.sidebar(title)}
<main id="content">
{"".join(parts)}
</main>"""
        return page.shell(
            f"{title}: reference", body, _asset("reference.css"), _asset("reference.js")
        )

    # --- text ---------------------------------------------------------------------------------

    def _targets(self) -> dict[str, str]:
        """Say which words in code lead to which place of the page."""
        found = {name: _anchor("schema", name) for name in self.schemas}
        paths: dict[str, list[str]] = {}
        for operation in self.contract.operations:
            found[f"{operation.method} {operation.path}"] = operation.id
            found[operation.id] = operation.id
            paths.setdefault(operation.path, []).append(operation.id)
        found |= {path: ids[0] for path, ids in paths.items() if len(ids) == 1}
        return found | {name: name for name in self.contract.requirements}

    def _reader(self) -> MarkdownIt:
        """Make a reader of CommonMark that passes no HTML on and loads nothing."""
        reader = MarkdownIt("commonmark", {"html": False}).disable("image")

        def code(_renderer: Any, tokens: Sequence[Any], index: int, *_: Any) -> str:
            return self.code(tokens[index].content)

        def heading(_renderer: Any, tokens: Sequence[Any], index: int, *_: Any) -> str:
            # The page has headings of its own, whose order a description must not break.
            return "<p><strong>" if tokens[index].nesting == 1 else "</strong></p>"

        reader.add_render_rule("code_inline", code)
        reader.add_render_rule("heading_open", heading)
        reader.add_render_rule("heading_close", heading)
        return reader

    def code(self, text: str) -> str:
        """Show code, linked when it names a part of the page."""
        target = self.targets.get(text)
        shown = _code(text)
        return f'<a href="#{page.escape(target)}">{shown}</a>' if target else shown

    def markdown(self, text: Any) -> str:
        """Render a description."""
        return str(self.markdown_it.render(str(text))) if text else ""

    def inline(self, text: Any) -> str:
        """Render a description inside a line."""
        return str(self.markdown_it.renderInline(" ".join(str(text).split()))) if text else ""

    def sentence(self, text: str) -> str:
        """Show a sentence of a clause: plain text in which only `code` is marked."""
        pieces = text.split("`")
        if len(pieces) % 2 == 0:
            return page.escape(text)
        shown = [
            self.code(piece)
            if number % 2
            else re.sub(
                r"\b(MUST NOT|MUST|SHOULD NOT|SHOULD)\b", r"<strong>\1</strong>", page.escape(piece)
            )
            for number, piece in enumerate(pieces)
        ]
        return "".join(shown)

    # --- the parts ------------------------------------------------------------------------------

    def introduction(self, info: Json, title: str) -> str:
        count = len(self.contract.operations)
        facts = [
            f"Version {page.escape(info['x-api-version'])} of the API"
            if "x-api-version" in info
            else "",
            f"contract {page.escape(self.contract.version)}",
            _number(count, "operation"),
            _number(len(self.contract.requirements), "requirement"),
            _number(len(self.deviations), "deviation"),
        ]
        links = [
            f'<a href="{page.escape(address)}">{page.escape(name)}</a>'
            for name, address in (
                (
                    _obj(info.get("contact")).get("name", "Contact"),
                    _obj(info.get("contact")).get("url"),
                ),
                (
                    _obj(info.get("license")).get("name", "Licence"),
                    _obj(info.get("license")).get("url"),
                ),
            )
            if isinstance(address, str) and _SAFE_LINK.match(address)
        ]
        licence = _obj(info.get("license"))
        if licence.get("name") and not _SAFE_LINK.match(str(licence.get("url", ""))):
            links.append(f"{page.escape(licence['name'])} licence")
        spans = "".join(f"<span>{fact}</span>" for fact in [*facts, *links] if fact)
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
<h1>{page.escape(title)}</h1>
{summary}<p class="facts-line">{spans}</p>
<div class="text">{self.markdown(info.get("description"))}{guide}
{self.servers()}{self.coercion()}{self.clauses(info, level=2)}{self.clauses(self.document, level=2)}</div></section>
"""

    def servers(self) -> str:
        found: dict[str, str] = {}
        nodes = [self.document, *map(_obj, _obj(self.document.get("paths")).values())]
        for node in [*nodes, *(operation.raw for operation in self.contract.operations)]:
            for server in map(_obj, _list(node.get("servers"))):
                found.setdefault(str(server.get("url", "")), self.inline(server.get("description")))
        rows = "".join(
            f"<tr><td>{_code(url)}</td><td>{about}</td></tr>" for url, about in found.items()
        )
        return (
            f'{_label("Servers", 2)}<div class="wide"><table>{rows}</table></div>' if rows else ""
        )

    def coercion(self) -> str:
        rules = _obj(self.document.get("x-coercion"))
        if not rules:
            return ""
        rows = "".join(
            f'<div class="field"><dt>{_code(name)}</dt><dd>{self.inline(text)}</dd></div>'
            for name, text in rules.items()
            if name != "description"
        )
        return (
            f"{_label('How values in addresses are read', 2)}"
            f'{self.markdown(rules.get("description"))}<dl class="fields">{rows}</dl>'
        )

    def authentication(self) -> str:
        schemes = _obj(self.components.get("securitySchemes"))
        if not schemes:
            return ""
        told = ""
        for name, node in schemes.items():
            scheme = self.resolve(node)
            kind = str(scheme.get("type", ""))
            if kind == "http":
                how = _code(f"Authorization: {str(scheme.get('scheme', '')).capitalize()} …")
            elif kind == "apiKey" and scheme.get("in") == "query":
                how = _code(f"?{scheme.get('name')}=…")
            elif kind == "apiKey":
                how = f"{_code(scheme.get('name'))} ({page.escape(scheme.get('in'))})"
            else:
                how = page.escape(kind)
            told += (
                f'<section class="item" id="{_anchor("scheme", name)}"><h3>{page.escape(name)}</h3>'
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
                named = _named(node)
                if named is not None:
                    found.setdefault(named[1], set()).add(str(status))
        return found

    def tags(self) -> Iterator[tuple[str, str]]:
        """Yield the tags that have operations, in the contract's order."""
        about = {
            str(_obj(tag).get("name")): str(_obj(tag).get("description", ""))
            for tag in _list(self.document.get("tags"))
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
        return self.part(_anchor("tag", name or "none"), title, lead + told)

    def shared(self) -> str:
        """Show components that several operations use; failures have a part of their own."""
        used = self.used_responses()
        told = ""
        for name in _obj(self.components.get("responses")):
            statuses = used.get(name, set())
            if not statuses or any(status.startswith("2") for status in statuses):
                told += self.shared_response(name, sorted(statuses))
        for kind, title in (("parameters", "Parameters"), ("headers", "Headers")):
            rows = ""
            for name, node in _obj(self.components.get(kind)).items():
                where = _anchor(_KINDS[kind], name)
                rows += self.value_row(str(_obj(node).get("name", name)), node, where, own=True)
            if rows:
                told += f'<section class="item"><h3>{title}</h3><dl class="fields">{rows}</dl></section>'
        for name, node in _obj(self.components.get("requestBodies")).items():
            told += (
                f'<section class="item" id="{_anchor("body", name)}"><h3>{page.escape(name)}</h3>'
                f"{self.markdown(_obj(node).get('description'))}{self.contents(_obj(node), own=True)}"
                f"{self.clauses(_obj(node))}</section>"
            )
        lead = "<p>Answers, parameters, headers and bodies that more than one operation uses.</p>"
        return self.part("shared", "Shared parts", lead + told) if told else ""

    def shared_response(self, name: str, statuses: list[str]) -> str:
        node = _obj(_obj(self.components.get("responses")).get(name))
        marks = " ".join(self.status(status) for status in statuses)
        return (
            f'<section class="item" id="{_anchor("response", name)}"><h3>{page.escape(name)}</h3>'
            f"<p>{marks}</p>{self.markdown(node.get('description'))}"
            f"{self.answer_body(node, own=True)}{self.examples(node)}{self.clauses(node)}</section>"
        )

    def schema_part(self) -> str:
        told = ""
        for name, node in self.schemas.items():
            schema = _obj(node)
            told += (
                f'<section class="item" id="{_anchor("schema", name)}"><h3>{page.escape(name)}</h3>'
                f'{self.markdown(schema.get("description"))}<p class="type">{self.kind(schema)}</p>'
                f"{_items(self.facts(schema))}{self.below(schema, 0, (name,), own=True)}"
                f"{self.clauses(schema)}</section>"
            )
        lead = "<p>Every named type, in the order of the contract.</p>"
        return self.part("schemas", "Schemas", lead + told) if told else ""

    def rest(self) -> str:
        """Show the clauses whose place in the contract is none of the above."""
        left = [r for r in self.contract.requirements.values() if r.id not in self.written]
        away = [
            d for d in self.deviations.values() if _anchor("deviation", d.id) not in self.written
        ]
        told = self.requirement_list(left, 3) + self.deviation_list(away, 3)
        return self.part("more", "More clauses", told) if told else ""

    def part(self, anchor: str, title: str, content: str) -> str:
        return (
            f'<section class="part" id="{page.escape(anchor)}">'
            f'<h2><a href="#{page.escape(anchor)}">{page.escape(title)}</a></h2>\n{content}</section>\n'
        )

    # --- one operation --------------------------------------------------------------------------

    def operation(self, operation: Operation) -> str:
        raw = operation.raw
        name = page.escape(operation.id)
        summary = str(raw.get("summary", operation.id)).rstrip(".")
        host = next(
            (address for address, side in self.contract.hosts.items() if side == operation.host), ""
        )
        path = f'<span class="host">{page.escape(host)}</span><b>{page.escape(operation.path)}</b>'
        return f"""<section class="item" id="{name}">
<header><h3><a href="#{name}">{page.escape(summary)}</a></h3>
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
        found = [f'<li class="tag">{key}</li>', f'<li class="tag">{_code(operation.id)}</li>']
        if operation.deprecated:
            found.insert(0, '<li class="tag warn">deprecated</li>')
        return f'<ul class="tags">{"".join(found)}</ul>'

    def aliases(self, operation: Operation) -> str:
        told: list[str] = []
        for alias in map(_obj, _list(operation.raw.get("x-aliases"))):
            if "path" in alias:
                where = _code(alias["path"])
            else:
                where = f"every path that matches {_code(alias.get('pattern'))}"
            seen = self.evidence(map(_obj, _list(alias.get("evidence"))))
            told.append(where + (f' <span class="soft small">({seen})</span>' if seen else ""))
        return f"<p>Also reached at {'; '.join(told)}.</p>" if told else ""

    def samples(self, operation: Operation) -> str:
        shown = ""
        for number, snippet in enumerate(self.snippets.of(operation)):
            blocks = _figure("curl", snippet.curl)
            if snippet.python:
                blocks += _figure("Python", snippet.python)
            opened = "" if number else " open"
            shown += f"<details{opened}><summary>{page.escape(snippet.title)}</summary>{blocks}</details>"
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
        for kind, node in _obj(response.get("content")).items():
            form = _obj(node)
            if self.resolve(form.get("schema")).get("format") == "binary":
                continue
            entries = [
                (str(_obj(e).get("summary", n)), e) for n, e in _obj(form.get("examples")).items()
            ]
            if "example" in form:
                entries.append(("An example", {"value": form["example"]}))
            for summary, entry in entries:
                example = self.resolve(entry)
                if "value" not in example:
                    continue
                opened = "" if shown else " open"
                text = _example(kind, example["value"])
                label = page.escape(example.get("summary", summary))
                shown += f"<details{opened}><summary>{label}</summary>{_figure(page.escape(kind), text)}</details>"
        return f'{_label(title)}<div class="samples">{shown}</div>' if shown else ""

    def parameters(self, operation: Operation) -> str:
        path_item = _obj(_obj(self.document.get("paths")).get(operation.path))
        given = [*_list(path_item.get("parameters")), *_list(operation.raw.get("parameters"))]
        nodes = {(p["name"], p["in"]): n for n in given if "name" in (p := self.resolve(n))}
        told = ""
        for place, title in (
            ("path", "In the path"),
            ("query", "In the query"),
            ("header", "Headers of the request"),
            ("cookie", "Cookies"),
        ):
            rows = "".join(
                self.value_row(name, node, "", own=_named(node) is None, depth=1)
                for (name, where), node in nodes.items()
                if where == place
            )
            if rows:
                told += f'<div>{_label(title)}<dl class="fields">{rows}</dl></div>'
        return told

    def value_row(self, name: str, node: Any, anchor: str, own: bool, depth: int = 0) -> str:
        """Show a parameter or a header as one row."""
        raw = self.resolve(node)
        schema = _obj(raw.get("schema"))
        facts = [self.inline(schema.get("description"))] if "description" in schema else []
        if raw.get("x-path-rest"):
            facts.append("takes the whole rest of the path, slashes included")
        facts += self.facts(schema)
        examples = [
            f"{self.example_value(entry)} {page.escape(str(_obj(entry).get('summary', '')).lower())}".strip()
            for entry in map(self.resolve, _obj(raw.get("examples")).values())
            if "value" in entry
        ]
        if "example" in raw:
            examples.append(_value(raw["example"]))
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

    def example_value(self, example: Any) -> str:
        return _value(_obj(example).get("value"))

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
        mark = f' id="{page.escape(anchor)}"' if anchor else ""
        about = f"<p>{about}</p>" if about else ""
        return (
            f'<div class="field"{mark}><dt>{_code(name)} <span class="type">{kind}</span> {marks}</dt>'
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
            f"{self.contents(body, _named(node) is None, depth)}"
            f"{self.clauses(body, own=_named(node) is None)}</div>"
        )

    def contents(self, holder: Json, own: bool, depth: int = 0) -> str:
        """Show what a body may consist of, by media type."""
        told = ""
        same: dict[
            str, list[str]
        ] = {}  # media types with nothing to tell them apart stand together
        for kind, node in _obj(holder.get("content")).items():
            form = _obj(node)
            schema = _obj(form.get("schema"))
            facts: list[str] = []
            if form.get("x-exact"):
                facts.append("sent as it is written here, without parameters")
            item = _named({"$ref": form.get("x-stream-item")})
            if item is not None:
                facts.append(f"a stream of server-sent events, each a {self.link(item[1])}")
            for name, encoding in _obj(form.get("encoding")).items():
                if "contentType" in _obj(encoding):
                    facts.append(f"{_code(name)} as {_code(_obj(encoding)['contentType'])}")
            facts += self.facts(schema)
            rest = (
                f"{_items(facts)}{self.below(schema, depth, (), own, unfold=True)}"
                f"{self.clauses(form, own=own, inner=True)}"
            )
            same.setdefault(f"{self.kind(schema)}</p>{rest}", []).append(kind)
        for rest, kinds in same.items():
            names = ", ".join(_code(kind) for kind in kinds)
            told += f'<div class="media"><p>{names} <span class="type">{rest.replace("</p>", "</span></p>", 1)}</div>'
        return told

    def answers(self, operation: Operation) -> str:
        told = ""
        lines = ""
        for status, node in operation.responses.items():
            named = _named(node)
            response = self.resolve(node)
            about = self.inline(response.get("description"))
            if str(status).startswith("2") or named is None:
                depth = 0 if operation.deprecated else DEPTH
                inner = self.answer_body(response, named is None, depth)
                inner += self.clauses(response, own=named is None)
                told += f"<div><p>{self.status(str(status))} {about}</p>{inner}</div>"
            else:
                where = _anchor("response", named[1])
                lines += (
                    f'<li>{self.status(str(status))}<span><a href="#{where}">{page.escape(named[1])}</a> '
                    f'<span class="soft">{about}</span></span></li>'
                )
        if lines:
            lines = f'<ul class="answers">{lines}</ul>'
        return f"<div>{_label('Answers')}{told}{lines}{self.links(operation)}</div>"

    def answer_body(self, response: Json, own: bool, depth: int = 1) -> str:
        told = self.contents(response, own, depth)
        rows = ""
        headers = _obj(response.get("headers"))
        for name, node in headers.items():
            raw, named = self.resolve(node), _named(node)
            kind = self.kind(_obj(raw.get("schema")))
            more = f' <a href="#{_anchor("header", named[1])}">more</a>' if named else ""
            about = self.inline(raw.get("description")) + more
            rows += self.row(name, kind, bool(raw.get("required")), False, about, [])
        if rows:
            label = _number(len(headers), "header")
            told += _folded(label, f'<dl class="fields">{rows}</dl>')
        return told

    def links(self, operation: Operation) -> str:
        told: list[str] = []
        for response in self.good(operation):
            for node in _obj(response.get("links")).values():
                link = self.resolve(node)
                target = str(link.get("operationId", ""))
                given = ", ".join(
                    f"{_code(name)} = {_code(value)}"
                    for name, value in _obj(link.get("parameters")).items()
                )
                told.append(
                    f"{self.inline(link.get('description'))} {self.code(target)} with {given}"
                )
        return f"{_label('What comes next')}{_items(told, 'next')}" if told else ""

    def status(self, status: str) -> str:
        kind = "good" if status.startswith("2") else "bad"
        title = f' title="{_RANGES[status]}"' if status in _RANGES else ""
        return f'<span class="status {kind}"{title}>{page.escape(status)}</span>'

    # --- schemas --------------------------------------------------------------------------------

    def resolve(self, node: Any) -> Json:
        return self.contract.resolve(node, "")[0]

    def link(self, name: str) -> str:
        return f'<a href="#{_anchor("schema", name)}">{page.escape(name)}</a>'

    def kind(self, node: Any, depth: int = 0) -> str:
        """Say in a few words what a schema allows."""
        if node is True or depth > 6:
            return "anything"
        if node is False:
            return "nothing"
        schema = _obj(node)
        named = _named(schema)
        if named is not None:
            return self.link(named[1])
        if "$ref" in schema:
            return self.kind(self.resolve(schema), depth + 1)
        if "const" in schema:
            return f"always {_value(schema['const'])}"
        for keyword, word in (("anyOf", " or "), ("oneOf", " or "), ("allOf", " and ")):
            if keyword in schema:
                parts = [self.kind(part, depth + 1) for part in _list(schema[keyword])]
                return word.join(dict.fromkeys(parts))
        types = schema.get("type")
        names = [types] if isinstance(types, str) else [str(name) for name in _list(types)]
        if not names:
            if "enum" in schema:
                return "one of some values"
            names = ["object"] if "properties" in schema else []
        found = [self.one_kind(name, schema, depth) for name in names]
        return " or ".join(found) or "anything"

    def one_kind(self, name: str, schema: Json, depth: int) -> str:
        form = schema.get("format")
        if name == "array":
            return f"list of {self.kind(schema.get('items', True), depth + 1)}"
        if name == "object" and "properties" not in schema:
            values = schema.get("additionalProperties", True)
            return (
                "object" if values is True else f"object of {self.kind(values, depth + 1)} values"
            )
        if name == "string" and form == "binary":
            return "bytes"
        return f"{name} ({page.escape(form)})" if name == "string" and form else page.escape(name)

    def facts(self, node: Any) -> list[str]:
        """Say what else a schema demands, in words."""
        schema = _obj(node)
        target = self.resolve(schema)
        one = _list(schema.get("allOf"))
        if len(one) == 1:  # a reference with something added
            target = self.resolve(one[0])
        facts: list[str] = []
        if _named(schema) is None or "enum" in target:
            facts += self.values(target)
        if "$ref" in schema:
            return facts
        facts += self.bounds(schema)
        if "pattern" in schema:
            facts.append(f"matches {_code(schema['pattern'])}")
        if schema.get("uniqueItems"):
            facts.append("no value twice")
        for keyword, word in (("readOnly", "in answers only"), ("writeOnly", "in requests only")):
            if schema.get(keyword):
                facts.append(word)
        content = schema.get("contentMediaType")
        if content:
            inner = f": {self.kind(schema['contentSchema'])}" if "contentSchema" in schema else ""
            facts.append(f"text that is {_code(content)}{inner}")
        if "default" in schema:
            facts.append(f"default {_value(schema['default'])}")
        by = _obj(schema.get("discriminator")).get("propertyName")
        if by:
            facts.append(f"told apart by {_code(by)}")
        items = schema.get("items")
        if isinstance(items, dict) and _named(items) is None:
            facts += [f"each {fact}" for fact in self.facts(items)]
        values = schema.get("additionalProperties")
        if isinstance(values, dict) and _named(values) is None:
            facts += [f"each value {fact}" for fact in self.facts(values)]
        if "x-message" in schema:
            facts.append(f"refused with “{page.escape(schema['x-message'])}”")
        if "x-requirement" in schema:
            name = str(schema["x-requirement"])
            facts.append(f'checked by <a href="#{page.escape(name)}">{page.escape(name)}</a>')
        return facts

    def values(self, schema: Json) -> list[str]:
        facts: list[str] = []
        values = _list(schema.get("enum"))
        if values:
            shown = ", ".join(map(_value, values))
            if len(values) > FEW:
                shown = f"<details><summary>one of {len(values)} values</summary>{shown}</details>"
                facts.append(shown)
            else:
                facts.append(f"one of {shown}" if len(values) > 1 else f"always {shown}")
        if "x-values-from" in schema:
            source = self.code(str(schema["x-values-from"]))
            facts.append(f"a snapshot; {source} has the current names")
        return facts

    def bounds(self, schema: Json) -> list[str]:
        facts: list[str] = []
        low, high = schema.get("minimum"), schema.get("maximum")
        if low is not None and high is not None:
            facts.append(f"from {_value(low)} to {_value(high)}")
        elif low is not None or high is not None:
            facts.append(
                f"at least {_value(low)}" if low is not None else f"at most {_value(high)}"
            )
        for keyword, words in (
            ("exclusiveMinimum", "above {}"),
            ("exclusiveMaximum", "below {}"),
            ("multipleOf", "a multiple of {}"),
            ("minLength", "at least {} characters"),
            ("maxLength", "at most {} characters"),
            ("minItems", "at least {} entries"),
            ("maxItems", "at most {} entries"),
            ("minProperties", "at least {} fields"),
            ("maxProperties", "at most {} fields"),
        ):
            if keyword in schema:
                told = words.format(_value(schema[keyword]))
                facts.append(
                    told.replace("characters", "character")
                    .replace("entries", "entry")
                    .replace("fields", "field")
                    if schema[keyword] == 1
                    else told
                )
        return facts

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
        schema = _obj(node)
        named = _named(schema)
        if named is not None:
            name = named[1]
            target = self.resolve(schema)
            if depth <= 0 or name in seen or not self.has_fields(target):
                return ""
            inner = self.below(target, depth - 1, (*seen, name))
            if unfold:
                return inner
            return _folded(f"fields of {_code(name)}", inner) if inner else ""
        rows = ""
        needed = set(map(str, _list(schema.get("required"))))
        for name, child in _obj(schema.get("properties")).items():
            rows += self.field(name, child, name in needed, depth, seen, own)
        for pattern, child in _obj(schema.get("patternProperties")).items():
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
        for keyword in ("allOf", "anyOf", "oneOf"):
            for part in _list(schema.get(keyword)):
                told += self.below(part, depth, seen, own)
                if _named(part) is None:
                    about = self.inline(_obj(part).get("description"))
                    facts = _items(self.facts(part))
                    if about or facts:
                        told += f'<div class="small"><span class="type">{self.kind(part)}</span> {about}{facts}</div>'
        if "contentSchema" in schema:
            told += self.below(schema["contentSchema"], depth, seen, own)
        return told

    def has_fields(self, schema: Json, depth: int = 0) -> bool:
        """Tell whether unfolding a schema shows anything."""
        if "properties" in schema or "patternProperties" in schema:
            return True
        parts = [p for k in ("allOf", "anyOf", "oneOf") for p in _list(schema.get(k))]
        parts += [schema[k] for k in ("items", "additionalProperties") if k in schema]
        return depth < 4 and any(self.has_fields(self.resolve(part), depth + 1) for part in parts)

    def field(
        self, name: str, child: Any, need: bool, depth: int, seen: tuple[str, ...], own: bool
    ) -> str:
        schema = _obj(child)
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
        ids = [str(_obj(entry).get("id")) for entry in _list(node.get("x-requirements"))]
        names = [str(_obj(entry).get("id")) for entry in _list(node.get("x-deviations"))]
        wanted = [self.contract.requirements[i] for i in ids if i in self.contract.requirements]
        differing = [self.deviations[i] for i in names if i in self.deviations]
        if not wanted and not differing:
            return ""
        places = [clause.id for clause in wanted]
        places += [_anchor("deviation", deviation.id) for deviation in differing]
        if not own or self.written.issuperset(places):
            links = ", ".join(
                f'<a href="#{page.escape(place)}">{page.escape(name)}</a>'
                for place, name in zip(
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
            hidden = f" Not visible to a client: {page.escape(clause.why)}"
        seen = self.evidence(clause.evidence)
        return (
            f'<details class="clause" id="{page.escape(clause.id)}"><summary>'
            f'<span class="id">{page.escape(clause.id)}</span><span>{self.sentence(clause.text)} '
            f'<span class="from">{page.escape(clause.origin)}</span></span></summary>'
            f'<p class="more">{page.escape(clause.level)}, {page.escape(clause.origin)}.{hidden} '
            f"Evidence: {seen or 'none'}.</p></details>"
        )

    def evidence(self, entries: Iterable[Mapping[str, Any]]) -> str:
        return "; ".join(
            ", ".join(page.escape(entry[k]) for k in ("source", "ref", "date") if k in entry)
            for entry in entries
        )

    def deviation(self, deviation: Deviation) -> str:
        anchor = _anchor("deviation", deviation.id)
        self.written.add(anchor)
        return (
            f'<div class="deviation" id="{anchor}"><a class="id" href="#{anchor}">'
            f"{page.escape(deviation.id)}</a><dl>"
            f"<dt>Documented</dt><dd>{self.sentence(deviation.documented)}</dd>"
            f"<dt>Observed</dt><dd>{self.sentence(deviation.observed)} "
            f'<span class="soft small">({page.escape(deviation.where)}, {page.escape(deviation.when)})</span></dd>'
            f'<dt>Rely on</dt><dd class="rely">{self.sentence(deviation.contract)}</dd></dl></div>'
        )

    # --- the sidebar ----------------------------------------------------------------------------

    def sidebar(self, title: str) -> str:
        start = [("introduction", "Introduction"), ("authentication", "Authentication")]
        start.append(("errors", "Errors"))
        shown = set(re.findall(r'id="(authentication|errors)"', self.skeleton()))
        entries = "".join(
            self.entry(anchor, name)
            for anchor, name in start
            if anchor == "introduction" or anchor in shown
        )
        parts = f"<div data-part><ul>{entries}</ul></div>"
        for name, _ in self.tags():
            rows = "".join(
                self.operation_entry(operation)
                for operation in self.contract.operations
                if operation.tag == name
            )
            anchor = _anchor("tag", name or "none")
            label = page.escape((name or "operations").capitalize())
            parts += f'<div data-part><p class="group"><a href="#{anchor}">{label}</a></p><ul>{rows}</ul></div>'
        parts += self.folded("Requirements", [(i, i) for i in self.contract.requirements])
        parts += self.folded(
            "Deviations", [(_anchor("deviation", name), name) for name in self.deviations]
        )
        parts += self.folded("Schemas", [(_anchor("schema", name), name) for name in self.schemas])
        return f"""<nav id="contents" popover aria-label="Contents">
<div class="head"><a href="#introduction">{page.escape(title)}</a>{_THEME}</div>
{_SEARCH}
{parts}</nav>"""

    def skeleton(self) -> str:
        """Say which of the first parts the page has."""
        schemes = 'id="authentication"' if self.components.get("securitySchemes") else ""
        failing = any(
            not any(status.startswith("2") for status in statuses)
            for statuses in self.used_responses().values()
        )
        return schemes + ('id="errors"' if failing else "")

    def entry(self, anchor: str, name: str, more: str = "") -> str:
        return (
            f'<li data-text="{page.escape(more)}"><a href="#{page.escape(anchor)}">'
            f"{page.escape(name)}</a></li>"
        )

    def operation_entry(self, operation: Operation) -> str:
        summary = page.escape(str(operation.raw.get("summary", operation.id)).rstrip("."))
        if operation.deprecated:
            summary = f"<del>{summary}</del>"
        sdk = _obj(operation.raw.get("x-sdk"))
        call = f"{sdk.get('resource')}.{sdk.get('method')}" if sdk else ""
        words = page.escape(f"{operation.id} {operation.method} {operation.path} {call}")
        return (
            f'<li data-text="{words}"><a href="#{page.escape(operation.id)}">'
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
