"""`pollinations-conformance replay`: validate recorded traffic by the contract, offline."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import click

from pollinations_conformance.contract import Contract, ContractError, Host, load
from pollinations_conformance.http.query import host_of
from pollinations_conformance.http.text import redact
from pollinations_conformance.replay.base_urls import BaseURL
from pollinations_conformance.replay.progress import Progress
from pollinations_conformance.replay.report import Report, as_json, as_text, replay


def _base_urls(base_urls: Sequence[str], host_maps: Sequence[str]) -> list[BaseURL]:
    found: list[BaseURL] = []
    sides: Mapping[str, Host] = {"gateway": "gateway", "media": "media"}
    for text in host_maps:
        url, _, side = text.rpartition("=")
        if not host_of(url) or side not in sides:
            raise click.UsageError(
                f"--host-map {redact(text)}: expected HOST=gateway or HOST=media, "
                "for example 127.0.0.1:8001=media"
            )
        found.append(BaseURL.parse(url, sides[side]))
    for url in base_urls:
        if not host_of(url):
            raise click.UsageError(
                f"--base-url {redact(url)}: is no URL, expected one like http://127.0.0.1:8000"
            )
        found.append(BaseURL.parse(url, None))
    # The longest prefix is tried first.
    return sorted(found, key=lambda base_url: -len(base_url.prefix))


def _write(report: Report, contract: Contract, json_out: str | None, verbose: bool) -> None:
    for line in report.unreadable:
        click.echo(f"Error: {line}", err=True)
    for line in report.broken:
        click.echo(f"Left out: {line}", err=True)
    if json_out == "-":
        click.echo(as_json(report), nl=False)
    else:
        if json_out:
            try:
                Path(json_out).write_text(as_json(report), "utf-8")
            except OSError as error:
                reason = error.strerror or type(error).__name__
                raise click.UsageError(
                    f"--json {json_out}: cannot be written ({reason}); name another file"
                ) from None
        if report.exchanges or not report.unreadable:
            click.echo(as_text(report, contract, verbose))
        if not report.unreadable and not report.counts["holds"] and not report.counts["fails"]:
            click.echo(
                "No exchange concerns the contract; if they were made against another URL than "
                "the service's, name it with --base-url.",
                err=True,
            )


@click.command("replay")
@click.argument("files", nargs=-1, required=True, metavar="FILE.har...")
@click.option(
    "--json", "json_out", metavar="OUT", help="Write the report as JSON to a file; - for stdout."
)
@click.option("-v", "--verbose", is_flag=True, help="List every exchange.")
@click.option("--contract", "contract_file", metavar="FILE", help="Validate by this contract.")
@click.option(
    "--base-url",
    "base_urls",
    multiple=True,
    metavar="URL",
    help="A base URL of the service in the recording, for gateway and media alike.",
)
@click.option(
    "--host-map",
    "host_maps",
    multiple=True,
    metavar="HOST=gateway|media",
    help="A base URL of one of the two hosts in the recording.",
)
@click.pass_context
def replay_command(
    context: click.Context,
    files: tuple[str, ...],
    json_out: str | None,
    verbose: bool,
    contract_file: str | None,
    base_urls: tuple[str, ...],
    host_maps: tuple[str, ...],
) -> None:
    """Validate recorded traffic (HAR files, - for standard input) by the contract, offline.

    Exit code 0: all of it holds. 1: some response or request does not. 2: a file cannot be read, or
    no exchange in it concerns the contract.
    """
    try:
        contract = load(contract_file)
    except ContractError as error:
        raise click.UsageError(str(error)) from None
    hosts = _base_urls(base_urls, host_maps)
    report = replay(contract, [Path(file) for file in files], hosts, Progress())
    _write(report, contract, json_out, verbose)
    context.exit(report.exit_code)
