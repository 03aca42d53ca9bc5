"""`pollinations-conformance proxy`: validate live traffic between a client and a server."""

from __future__ import annotations

import asyncio
import contextlib
import json
import signal
import socket
from pathlib import Path
from typing import Any

import click

from pollinations_conformance.contract import ContractError, load
from pollinations_conformance.http.errors import HarError
from pollinations_conformance.http.text import redact
from pollinations_conformance.proxy.report import Report
from pollinations_conformance.proxy.run import REPORT, Proxy, Settings, base_url, listen
from pollinations_conformance.proxy.validation import Validator
from pollinations_conformance.proxy.wire import Origin

PORT = click.IntRange(0, 65535)


@click.command("proxy")
@click.option("--upstream", required=True, metavar="URL", help="The gateway that is proxied.")
@click.option(
    "--media-upstream", required=True, metavar="URL", help="The media host that is proxied."
)
@click.option(
    "--host", default="127.0.0.1", show_default=True, help="Host name or IP address to listen on."
)
@click.option(
    "--port", type=PORT, default=8791, show_default=True, help="Port for the gateway; 0 for any."
)
@click.option(
    "--media-port", type=PORT, default=8792, show_default=True, help="Port for the media host."
)
@click.option(
    "--record",
    type=click.Path(dir_okay=False, writable=True, path_type=Path),
    metavar="OUT.har",
    help="Record what passes through, without keys.",
)
@click.option(
    "--rewrite", is_flag=True, help="Lead redirects and the URLs of uploads through the proxy."
)
@click.option("--fail-fast", is_flag=True, help="End with the first violation.")
@click.option("--contract", "contract_file", metavar="FILE", help="Validate by this contract.")
@click.option(
    "--json", "as_json", is_flag=True, help="Print URLs and the final report as JSON, in one line."
)
@click.pass_context
def proxy_command(
    context: click.Context, /, upstream: str, media_upstream: str, host: str, port: int,
    media_port: int, as_json: bool, **options: Any,
) -> None:  # fmt: skip
    """Pass traffic through to a server, unchanged, and validate both directions.

    It contacts nothing but the two servers that are named, and prints one line per violation.

    Exit code 0: all of it is valid. 1: something is not. 2: nothing was validated, or not all.
    """
    origins = _origin(upstream, "--upstream"), _origin(media_upstream, "--media-upstream")
    settings = Settings(*origins, rewrite=options["rewrite"], fail_fast=options["fail_fast"])
    try:
        contract = load(options["contract_file"])
    except ContractError as error:
        raise click.UsageError(str(error)) from None
    texts = {one.id: one.text for one in contract.requirements.values()}
    report = Report(lambda line: click.echo(line, err=as_json), requirements=texts)
    validator = Validator(options["contract_file"], options["record"])
    with (
        _listen(host, port, "--port") as gateway,
        _listen(host, media_port, "--media-port") as media,
    ):
        try:
            listening = gateway, media
            asyncio.run(_run(settings, validator, report, contract.version, listening, as_json))
        except HarError as error:
            raise click.ClickException(str(error)) from None
    final = report.as_json(contract.version)
    click.echo(json.dumps(final) if as_json else f"\n{report.as_text()}")
    context.exit(report.exit_code)


async def _run(
    settings: Settings,
    validator: Validator,
    report: Report,
    version: str,
    sockets: tuple[socket.socket, socket.socket],
    as_json: bool,
) -> None:
    urls = {"base_url": base_url(sockets[0]), "media_url": base_url(sockets[1])}
    urls["report"] = urls["base_url"] + REPORT
    proxy = Proxy(settings, validator, report, version)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        with contextlib.suppress(NotImplementedError):  # Windows has no such handlers
            loop.add_signal_handler(number, proxy.stop.set)
    await validator.start()
    try:
        click.echo(
            json.dumps(urls)
            if as_json
            else f"gateway  {urls['base_url']} -> {settings.upstream.url}\n"
            f"media    {urls['media_url']} -> {settings.media_upstream.url}\n"
            f"report   {urls['report']}\n"
        )
        await proxy.run(*sockets)
    finally:
        validator.close()


def _origin(url: str, option: str) -> Origin:
    try:
        return Origin.parse(url)
    except ValueError as error:
        raise click.UsageError(
            f"{option} {redact(url)}: {error}, expected one like https://gen.pollinations.ai"
        ) from None


def _listen(host: str, port: int, option: str) -> socket.socket:
    try:
        return listen(host, port)
    except OSError as error:
        reason = error.strerror or str(error)
        raise click.ClickException(
            f"cannot listen on port {port} of {host}: {reason}; choose another one with {option} "
            "(0 takes any free one)"
        ) from None
