"""Say how another OpenAPI document differs from the contract: `pollinations-conformance drift`."""

from __future__ import annotations

import json
import re
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import click
import httpx
import yaml

from pollinations_conformance.contract import default_path
from pollinations_conformance.drift.compare import CLASSES, Difference, Finding, compare, short
from pollinations_conformance.drift.evidence import Traffic, Verdict
from pollinations_conformance.drift.shapes import Document, DriftError
from pollinations_conformance.http import har
from pollinations_conformance.http.json import is_list, is_object
from pollinations_conformance.http.query import host_of
from pollinations_conformance.http.text import printable_line, redact, redact_url
from pollinations_conformance.replay.validate import Address

MAX_BYTES = 64 * 1024 * 1024
PATIENCE = 120.0
"""Seconds until a document must have come."""
MAX_DEPTH = 200  # more than any real document; parsers recurse


# --- reading ------------------------------------------------------------------------------------


class _Loader(yaml.CSafeLoader if hasattr(yaml, "CSafeLoader") else yaml.SafeLoader):  # type: ignore[misc]
    """Plain YAML whose dates stay text and whose names stand once."""


_loader: Any = _Loader  # PyYAML's class methods are not typed
_loader.yaml_implicit_resolvers = {
    first: [pair for pair in pairs if pair[0] not in _NOT_READ]
    for _NOT_READ in [("tag:yaml.org,2002:timestamp", "tag:yaml.org,2002:bool")]
    for first, pairs in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
_loader.add_implicit_resolver(
    "tag:yaml.org,2002:bool", re.compile(r"(?:true|True|TRUE|false|False|FALSE)\Z"), list("tTfF")
)


def _mapping(loader: Any, node: yaml.MappingNode) -> dict[str, Any]:
    loader.flatten_mapping(node)
    found: dict[str, Any] = {}
    for key_node, value_node in node.value:
        name = str(getattr(key_node, "value", ""))
        if name in found:
            raise yaml.MarkedYAMLError(
                problem=f"{name[:60]!r} stands twice", problem_mark=key_node.start_mark
            )
        found[name] = loader.construct_object(value_node, deep=True)
    return found


_loader.add_constructor("tag:yaml.org,2002:map", _mapping)


class _Twice(ValueError):
    """A name that stands twice in a JSON object."""


def _distinct(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        name = next(name for name, times in Counter(n for n, _ in pairs).items() if times > 1)
        raise _Twice(f"{name[:60]!r} stands twice in one object")
    return found


def read(source: str) -> Document:
    """Read an OpenAPI document.

    Args:
        source: a file, or an http(s) address; only an address is fetched.

    Raises:
        DriftError: it cannot be read, or cannot be compared.
    """
    name = redact_url(source)
    raw = _fetch(source, name) if re.match(r"https?://", source) else _read_file(source)
    return Document(parse(raw, name), name)


def _read_file(source: str) -> bytes:
    file = Path(source)
    try:
        if file.is_dir():
            raise DriftError(f"{source}: is a directory; name the document in it")
        with file.open("rb") as stream:
            raw = stream.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or type(error).__name__
        raise DriftError(f"{source}: cannot be read ({reason}); name an OpenAPI file") from None
    if len(raw) > MAX_BYTES:
        raise DriftError(f"{source}: is larger than {MAX_BYTES >> 20} MiB, which is not compared")
    return raw


def _fetch(source: str, name: str) -> bytes:
    found = bytearray()
    end = time.monotonic() + PATIENCE
    try:
        with httpx.stream("GET", source, timeout=30) as response:
            if response.is_redirect:
                where = redact_url(response.headers.get("location", "elsewhere"))
                raise DriftError(f"{name}: is redirected to {where}; give that address")
            if response.status_code != 200:
                raise DriftError(f"{name}: answered {response.status_code}; check the address")
            for chunk in response.iter_bytes():
                found += chunk
                if time.monotonic() > end:
                    raise DriftError(
                        f"{name}: is not all there after {PATIENCE:g} s; fetch it by hand"
                    )
                if len(found) > MAX_BYTES:
                    raise DriftError(
                        f"{name}: is larger than {MAX_BYTES >> 20} MiB, which is not compared"
                    )
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        reason = " ".join(str(error).split()) or type(error).__name__
        raise DriftError(
            f"{name}: cannot be fetched ({redact(reason)}); check the address"
        ) from None
    return bytes(found)


def parse(raw: bytes, name: str) -> Any:
    """Parse JSON or YAML.

    Args:
        raw: the text, in UTF-8.
        name: what to call it in messages.

    Raises:
        DriftError: it is neither, has a name twice in one object, or is nested too deeply.
    """
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise DriftError(f"{name}: not UTF-8 at byte {error.start}; save it as UTF-8") from None
    if not text.strip():
        raise DriftError(f"{name}: is empty; name an OpenAPI file")
    try:
        if text.lstrip()[0] in "{[":
            try:
                document: Any = json.loads(text, object_pairs_hook=_distinct)
            except json.JSONDecodeError as error:
                if text.lstrip().startswith("{") and '"' in text[:50]:
                    raise DriftError(
                        f"{name}: line {error.lineno}: not JSON ({error.msg}); correct it"
                    ) from None
                document = _parse_yaml(text, name)
        else:
            document = _parse_yaml(text, name)
    except _Twice as error:
        raise DriftError(f"{name}: {error}; keep one") from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f"line {mark.line + 1}: " if mark is not None else ""
        problem = getattr(error, "problem", None) or "cannot be parsed"
        raise DriftError(f"{name}: {line}not YAML ({problem}); correct it") from None
    except (RecursionError, ValueError):
        raise DriftError(
            f"{name}: nested too deeply, or with numbers too long, to be an OpenAPI document"
        ) from None
    _check_depth(document, name)
    return document


def _parse_yaml(text: str, name: str) -> Any:
    # The parser recurses in C, where too deep ends the process. Events do not recurse.
    depth = 0
    for event in yaml.parse(text, Loader=_Loader):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            if depth > MAX_DEPTH:
                raise RecursionError
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        elif isinstance(event, yaml.AliasEvent) and text.count("*") > 1000:
            raise DriftError(f"{name}: has too many YAML aliases; write it without them")
    return yaml.load(text, Loader=_Loader)


def _check_depth(document: Any, name: str) -> None:
    level: list[Any] = [document]
    for _ in range(MAX_DEPTH):
        below: list[Any] = []
        for node in level:
            if is_object(node):
                below += [child for child in node.values() if isinstance(child, (dict, list))]
            elif is_list(node):
                below += [child for child in node if isinstance(child, (dict, list))]
        level = below
        if not level:
            return
        if len(level) > 2_000_000:
            break
    raise DriftError(f"{name}: nested too deeply to be an OpenAPI document")


# --- the report ---------------------------------------------------------------------------------


@dataclass(slots=True)
class Report:
    """All that a comparison found."""

    ours: Document
    theirs: Document
    differences: list[Difference]
    verdicts: list[Verdict] = field(default_factory=list[Verdict])
    exchanges: int = 0  # that reached an operation of either document

    @property
    def unresolved(self) -> list[str]:
        """References that could not be followed, one sentence each."""
        return [
            f"{whose}: $ref {redact(reference)!r} {why} "
            f"({len(places)} place{'' if len(places) == 1 else 's'}, first {min(places)})"
            for whose, document in (("ours", self.ours), ("theirs", self.theirs))
            for reference, (why, places) in document.unresolved.items()
        ]

    @property
    def counts(self) -> Counter[str]:
        """How many differences are of which class."""
        return Counter(difference.label for difference in self.differences)

    @property
    def exit_code(self) -> int:
        """0: nothing breaks; 1: something does; 2: a part could not be compared."""
        if any(difference.harms for difference in self.differences):
            return 1
        return 2 if self.unresolved else 0

    def places(self, finding: Finding) -> tuple[str, str]:
        """Return where a finding is in both documents: what is absent, where it would stand."""
        return self.ours.standing(finding.ours_at), self.theirs.standing(finding.theirs_at)

    def verdict(self, index: int) -> Verdict | None:
        """Return what the recordings say about a difference; None when there are none."""
        return self.verdicts[index] if self.verdicts else None


def headline(difference: Difference) -> str:
    """Say in a few words what differs, and where."""
    spot, finding = difference.met[0]
    details = list(dict.fromkeys(spot.detail for spot, _ in difference.met if spot.detail))
    operations = difference.operations
    where = operations[0] if len(operations) == 1 else f"{len(operations)} operations"
    parts = [finding.kind]
    if finding.kind == "operation":
        parts.append(spot.operation)
    if finding.path:
        paths = {one.path for _, one in difference.met}
        more = f" and {len(paths) - 1} more" if len(paths) > 1 else ""
        parts.append(f"`{finding.path}`{more}")
    if finding.kind == "security":
        parts.append(f"({finding.probe.theirs})")
    if finding.kind != "operation" and details and spot.detail != "security":
        more = f" and {len(details) - 1} more" if len(details) > 1 else ""
        # "query parameter `x`" says what it is by itself
        parts = [] if finding.kind == "parameter" else [*parts, "in"]
        parts.append(f"{details[0]}{more}")
    if operations and finding.kind != "operation":
        parts.append(f"of {where}")
    times = f" ({len(difference.met)}×)" if len(difference.met) > 1 else ""
    return " ".join(parts) + times


def as_text(report: Report, verbose: bool = False) -> str:
    """Write a report for the terminal.

    Args:
        report: what was found.
        verbose: name every place, not only the first.
    """
    lines = [f"ours:   {report.ours.source}", f"theirs: {report.theirs.source}"]
    for label in CLASSES:
        found = [
            (index, difference)
            for index, difference in enumerate(report.differences)
            if difference.label == label
        ]
        if not found:
            continue
        lines += ["", f"{label[0].upper()}{label[1:]}: {len(found)}"]
        for index, difference in found:
            finding = difference.first
            lines.append(f"  {headline(difference)}")
            for who, says, place in zip(
                ("ours:  ", "theirs:"),
                (finding.ours, finding.theirs),
                report.places(finding),
                strict=True,
            ):
                text = says if verbose else short(says)
                lines.append(f"      {who} {text or '(none)'}  [{place or '/'}]")
            verdict = report.verdict(index)
            if verdict:
                lines.append(f"      traffic: {_traffic(verdict)}")
            if verbose:
                lines += [
                    f"      {spot.operation} {spot.detail}: {' | '.join(report.places(one))}"
                    for spot, one in difference.met[1:]
                ]
    lines += _closing(report)
    return redact("\n".join(map(printable_line, lines)))


def _traffic(verdict: Verdict) -> str:
    shown = [
        f"{who} by {len(labels)} exchange{'' if len(labels) == 1 else 's'}, e.g. {labels[0]}"
        for who, labels in (
            ("ours contradicted", verdict.against_ours),
            ("theirs contradicted", verdict.against_theirs),
        )
        if labels
    ]
    return "; ".join([verdict.text, *shown])


def _closing(report: Report) -> list[str]:
    lines: list[str] = []
    if report.unresolved:
        lines += ["", "Could not be compared:", *(f"  {text}" for text in report.unresolved)]
    counts = ", ".join(f"{report.counts[label]} {label}" for label in CLASSES)
    lines += ["", f"{len(report.differences)} differences: {counts}."]
    if report.verdicts:
        said = Counter(verdict.text for verdict in report.verdicts)
        told = ", ".join(
            f"{said[name]} {name}"
            for name in ("ours wrong", "theirs wrong", "both wrong", "undecided")
        )
        lines.append(f"By {report.exchanges} recorded exchanges: {told}.")
    return lines


def _cell(text: str) -> str:
    return text.replace("\\", "\\\\").replace("|", "\\|").replace("<", "&lt;").replace("\n", " ")


def as_markdown(report: Report) -> str:
    """Write a report as Markdown.

    Args:
        report: what was found.
    """
    lines = [
        "# Drift",
        "",
        f"- Ours: `{report.ours.source}`",
        f"- Theirs: `{report.theirs.source}`",
    ]
    judged = bool(report.verdicts)
    for label in CLASSES:
        rows: list[str] = []
        for index, difference in enumerate(report.differences):
            if difference.label != label:
                continue
            finding = difference.first
            cells = [
                _cell(headline(difference)),
                *(
                    f"{_cell(short(says))}<br>`{_cell(place or '/')}`"
                    for says, place in zip(
                        (finding.ours, finding.theirs), report.places(finding), strict=True
                    )
                ),
            ]
            verdict = report.verdict(index)
            if verdict:
                cells.append(_cell(_traffic(verdict)))
            rows.append("| " + " | ".join(cells) + " |")
        if rows:
            lines += ["", f"## {label[0].upper()}{label[1:]} ({len(rows)})", ""]
            lines.append("| What | Ours | Theirs |" + (" Traffic |" if judged else ""))
            lines.append("|---|---|---|" + ("---|" if judged else ""))
            lines += rows
    lines += [_cell(line) for line in _closing(report)]
    return redact("\n".join(map(printable_line, lines))) + "\n"


def as_json(report: Report) -> str:
    """Write a report for programs.

    Args:
        report: what was found.
    """
    rows: list[dict[str, Any]] = []
    for index, difference in enumerate(report.differences):
        finding = difference.first
        places = report.places(finding)
        row: dict[str, Any] = {
            "class": difference.label,
            "harms": sorted(difference.harms),
            "kind": finding.kind,
            "summary": headline(difference),
            "path": finding.path,
            "count": len(difference.met),
            "operations": difference.operations,
            "ours": {"says": finding.ours, "pointer": places[0]},
            "theirs": {"says": finding.theirs, "pointer": places[1]},
            "places": [
                {
                    "operation": spot.operation,
                    "where": spot.detail,
                    "path": one.path,
                    **dict(zip(("ours", "theirs"), report.places(one), strict=True)),
                }
                for spot, one in difference.met
            ],
        }
        verdict = report.verdict(index)
        if verdict:
            row["traffic"] = {
                "verdict": verdict.text,
                "against_ours": verdict.against_ours,
                "against_theirs": verdict.against_theirs,
            }
        rows.append(row)
    document = {
        "ours": report.ours.source,
        "theirs": report.theirs.source,
        "exit": report.exit_code,
        "totals": {label: report.counts[label] for label in CLASSES},
        "unresolved": report.unresolved,
        "differences": rows,
    }
    text = json.dumps(document, ensure_ascii=False, indent=1)
    return redact(text.encode("utf-8", "backslashreplace").decode()) + "\n"


# --- the command --------------------------------------------------------------------------------


def examine(
    ours: Document,
    theirs: Document,
    recordings: Sequence[Path] = (),
    addresses: Sequence[Address] = (),
) -> Report:
    """Compare two documents, and ask recordings who is right.

    Args:
        ours: the contract.
        theirs: the other document.
        recordings: HAR files.
        addresses: further addresses of the service in them.

    Raises:
        DriftError: the documents cannot be compared.
        HarError: a recording cannot be read.
    """
    report = Report(ours, theirs, compare(ours, theirs))
    if recordings:
        traffic = Traffic(ours, theirs, addresses)
        for file in recordings:
            traffic.add(har.read(file), file.name)
        report.exchanges = len(traffic.exchanges)
        report.verdicts = [traffic.judge(difference) for difference in report.differences]
    return report


def _write(option: str, name: str, text: str) -> None:
    if name == "-":
        click.echo(text, nl=False)
        return
    try:
        Path(name).write_text(text, "utf-8")
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise click.UsageError(
            f"{option} {name}: cannot be written ({reason}); name another file"
        ) from None


@click.command("drift")
@click.argument("other", metavar="OTHER")
@click.option("--contract", "contract_file", metavar="FILE", help="Compare with this, not ours.")
@click.option(
    "--against",
    multiple=True,
    metavar="FILE.har",
    help="Ask recorded traffic which document is right; may be given several times.",
)
@click.option(
    "--base-url",
    "base_urls",
    multiple=True,
    metavar="URL",
    help="An address in the recordings that answers for the service.",
)
@click.option("--markdown", metavar="OUT", help="Write Markdown to a file; - for stdout.")
@click.option("--json", "json_out", metavar="OUT", help="Write JSON to a file; - for stdout.")
@click.option(
    "-v",
    "--verbose",
    is_flag=True,
    help="Name every place of every difference, and write long lists out.",
)
@click.pass_context
def drift_command(
    context: click.Context,
    other: str,
    contract_file: str | None,
    against: tuple[str, ...],
    base_urls: tuple[str, ...],
    markdown: str | None,
    json_out: str | None,
    verbose: bool,
) -> None:
    """Compare the contract with another OpenAPI document, by meaning.

    OTHER is a file (YAML or JSON, OpenAPI 3.0 to 3.2) or an http(s) address, which is fetched.

    Exit code 0: no difference breaks clients or servers. 1: at least one does. 2: a document
    cannot be read, or a part of it could not be compared.
    """
    for url in base_urls:
        if not host_of(url):
            raise click.UsageError(
                f"--base-url {redact(url)}: is no address, expected one like http://127.0.0.1:8000"
            )
    if markdown == "-" and json_out == "-":
        raise click.UsageError("--markdown - and --json -: only one can go to stdout")
    try:
        report = examine(
            read(contract_file or str(default_path())),
            read(other),
            [Path(name) for name in against],
            [Address.of(url, None) for url in base_urls],
        )
    except (DriftError, har.HarError) as error:
        raise click.ClickException(redact(printable_line(" ".join(str(error).split())))) from None
    if markdown:
        _write("--markdown", markdown, as_markdown(report))
    if json_out:
        _write("--json", json_out, as_json(report))
    if "-" not in (markdown, json_out):
        click.echo(as_text(report, verbose))
    if against and not report.exchanges:
        click.echo(
            "No exchange of the recordings reached either document; if they were made against "
            "another address, name it with --base-url.",
            err=True,
        )
    context.exit(report.exit_code)
