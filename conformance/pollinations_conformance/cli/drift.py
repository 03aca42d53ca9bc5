"""`pollinations-conformance drift`: compare the contract with another OpenAPI document."""

from __future__ import annotations

from pathlib import Path

import click

from pollinations_conformance.contract import default_path
from pollinations_conformance.drift.document import DriftError
from pollinations_conformance.drift.read import read
from pollinations_conformance.drift.report import (
    Report,
    as_json,
    as_markdown,
    as_text,
    examine,
)
from pollinations_conformance.http import har
from pollinations_conformance.http.query import host_of
from pollinations_conformance.http.text import printable_line, redact
from pollinations_conformance.replay.base_urls import BaseURL

_NOT_REACHED = (
    "No exchange of the recordings reached either document; if they were made against "
    "another URL, name it with --base-url."
)


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


def _report(report: Report, markdown: str | None, json_out: str | None, verbose: bool) -> None:
    if markdown:
        _write("--markdown", markdown, as_markdown(report))
    if json_out:
        _write("--json", json_out, as_json(report))
    if "-" not in (markdown, json_out):
        click.echo(as_text(report, verbose))


def _check_usage(base_urls: tuple[str, ...], markdown: str | None, json_out: str | None) -> None:
    for url in base_urls:
        if not host_of(url):
            raise click.UsageError(
                f"--base-url {redact(url)}: is no URL, expected one like http://127.0.0.1:8000"
            )
    if markdown == "-" and json_out == "-":
        raise click.UsageError("--markdown - and --json -: only one can go to stdout")


@click.command("drift")
@click.argument("other", metavar="OTHER")
@click.option("--contract", "contract_file", metavar="FILE", help="Compare with this, not ours.")
@click.option(
    "--against",
    multiple=True,
    metavar="FILE.har",
    help="Decide by recorded traffic which document is right; may be given several times.",
)
@click.option(
    "--base-url",
    "base_urls",
    multiple=True,
    metavar="URL",
    help="A base URL of the service in the recordings.",
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

    OTHER is a file (YAML or JSON, OpenAPI 3.0 to 3.2) or an http(s) URL, which is fetched.

    Exit code 0: no difference breaks clients or servers. 1: at least one does. 2: a document
    cannot be read, or a part of it could not be compared.
    """
    _check_usage(base_urls, markdown, json_out)
    try:
        report = examine(
            read(contract_file or str(default_path())),
            read(other),
            [Path(name) for name in against],
            [BaseURL.parse(url, None) for url in base_urls],
        )
    except (DriftError, har.HarError) as error:
        raise click.ClickException(redact(printable_line(" ".join(str(error).split())))) from None
    _report(report, markdown, json_out, verbose)
    for line in report.broken:
        click.echo(f"Left out: {line}", err=True)
    if against and not report.exchanges:
        click.echo(_NOT_REACHED, err=True)
    context.exit(report.exit_code)
