"""`pollinations-conformance serve`: the reference server on the command line."""

import asyncio
import contextlib
import json
import logging
import signal
import socket
import sys
from collections.abc import Generator
from pathlib import Path
from typing import Any

import click

from pollinations_conformance.cli.main import Number
from pollinations_conformance.contract import ContractError, load
from pollinations_conformance.http.har import HarError
from pollinations_conformance.server.accounts import DEMO_KEY
from pollinations_conformance.server.app import App
from pollinations_conformance.server.faults import faults
from pollinations_conformance.server.grading.report import REPORT, to_text
from pollinations_conformance.server.options import SERVICE_DEPARTURES
from pollinations_conformance.server.pages import REFERENCE
from pollinations_conformance.server.run import create_app, listen, url_of
from pollinations_conformance.server.run import serve as run_server

PORT = click.IntRange(0, 65535)
SECONDS = Number(min=0, max=3600)


@click.command()
@click.option(
    "--host", default="127.0.0.1", show_default=True, help="Host name or IP address to listen on."
)
@click.option(
    "--port", type=PORT, default=8787, show_default=True, help="Port of the gateway; 0 for any."
)
@click.option(
    "--media-port", type=PORT, default=8788, show_default=True, help="Port of the media host."
)
@click.option("--seed", default=0, show_default=True, help="Seed of keys, content and media.")
@click.option(
    "--latency",
    type=SECONDS,
    default=0.0,
    show_default=True,
    help="Seconds every generation takes.",
)
@click.option(
    "--pace",
    type=SECONDS,
    default=0.0,
    show_default=True,
    help="Seconds between the events of a stream.",
)
@click.option("--no-cache", is_flag=True, help="Cache no responses: work on every request.")
@click.option("--strict", is_flag=True, help="Refuse all that the contract lets a server refuse.")
@click.option(
    "--profile",
    type=click.Choice(["contract", "service"]),
    default="contract",
    show_default=True,
    help="What to do where the recorded service departs from the contract.",
)
@click.option(
    "--edge-limit",
    type=click.IntRange(1),
    help="Requests in ten seconds from one IP address.  [default: no limit]",
)
@click.option("--key", "keys", multiple=True, metavar="SPEC", help="Add a key; see above.")
@click.option(
    "--write-keys",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Write the keys by role to a file that `check --api-key-file` reads (mode 0600).",
)
@click.option(
    "--defect", "defects", multiple=True, metavar="NAME", help="Depart from the contract."
)
@click.option("--list-defects", is_flag=True, help="List the defects and stop.")
@click.option("--list-faults", is_flag=True, help="List the faults that can be injected and stop.")
@click.option("--validate", is_flag=True, help=f"Validate the requests; see {REPORT}.")
@click.option("--grade", is_flag=True, hidden=True)  # the former name of --validate
@click.option(
    "--record",
    type=click.Path(dir_okay=False, writable=True, path_type=Path),
    help="Write what came in to this HAR file at the end; validates, too.",
)
@click.option("--log", is_flag=True, help="Show every request on standard error, without keys.")
@click.option(
    "--contract",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Serve another contract than the package's own.",
)
@click.option("--json", "as_json", is_flag=True, help="Print URLs and keys as one JSON line.")
def serve(
    host: str, port: int, media_port: int, as_json: bool, list_defects: bool, list_faults: bool,
    **settings: Any,
) -> None:  # fmt: skip
    """Run the reference server on this machine.

    It needs no account and touches nothing outside this process. The keys it prints are made up
    and the same for the same --seed; sk_demo1234 always works here, and nowhere else.

    \b
    A key of your own: --key name=mine,type=pk,models=openai+flux,account=usage+balance,budget=2,
    balance=10,expires=3600 (seconds from now),secret=sk_mine1234, each part but the name being
    optional. Without a secret the key is made up.

    A request names a fault in the header X-Contract-Fault, or behind its key: "sk_…!edge-524".
    """
    if list_faults or list_defects:
        click.echo(_table(_fault_list() if list_faults else _defect_list()))
        return
    record: Path | None = settings["record"]
    app = _make_app(settings)
    with contextlib.ExitStack() as stack:
        gateway = stack.enter_context(_listen(host, port, "--port"))
        media = stack.enter_context(_listen(host, media_port, "--media-port"))
        started = {
            "base_url": url_of(gateway),
            "media_url": url_of(media),
            "reference": url_of(gateway) + REFERENCE,
            "keys": app.keys,
        }
        if settings["profile"] == "service":
            started["departures"] = SERVICE_DEPARTURES
        click.echo(json.dumps(started) if as_json else _welcome(started))
        asyncio.run(_until_stopped(app, gateway, media))
    _finish(app, record, as_json=as_json)


def _make_app(settings: dict[str, Any]) -> App:
    """Return the application, with everything checked that can be wrong before it listens."""
    options = dict(settings)
    options["grade"] = options.pop("validate") or options["grade"]
    keys, log, record = options.pop("keys"), options.pop("log"), options.pop("record")
    no_cache, keys_file = options.pop("no_cache"), options.pop("write_keys")
    try:
        app = create_app(cached=not no_cache, record=record is not None, **options)
        for spec in keys:
            app.service.accounts.create_from(spec)
    except ValueError as error:
        raise click.UsageError(str(error)) from error
    except ContractError as error:
        raise click.ClickException(str(error)) from error
    if record is not None:
        with _writing(record):
            record.open("ab").close()  # now, not when all is over
    if keys_file is not None:
        # Late, because a server starts without the suite.
        from pollinations_conformance.suite.keyring import ROLES
        from pollinations_conformance.suite.keys_file import write_keys

        with _writing(keys_file):
            write_keys(keys_file, {role: app.keys[role] for role in ROLES})
    if log:
        logging.basicConfig(level=logging.INFO, stream=sys.stderr, format="%(message)s")
        app.log = True
    return app


@contextlib.contextmanager
def _writing(path: Path) -> Generator[None]:
    """Turn a file that cannot be written into one line."""
    try:
        yield
    except OSError as error:
        raise click.ClickException(
            f"{path}: cannot be written ({error.strerror}); name another file"
        ) from error


def _fault_list() -> dict[str, str]:
    return {name: fault["summary"] for name, fault in faults().items()}


def _defect_list() -> dict[str, str]:
    from pollinations_conformance.server.defects import DEFECTS

    return {name: f"{d.requirement}: {d.summary}" for name, d in DEFECTS.items()}


def _listen(host: str, port: int, option: str) -> socket.socket:
    try:
        return listen(host, port)
    except OSError as error:
        reason = error.strerror or str(error)
        raise click.ClickException(
            f"cannot listen on port {port} of {host}: {reason}; choose another one with {option} "
            "(0 takes any free one)"
        ) from error


def _finish(app: App, record: Path | None, *, as_json: bool) -> None:
    """Write the recording and the report; exit with 1 when not all was valid."""
    if app.recorder is not None and record is not None:
        try:
            app.recorder.write(record, load().version)
        except HarError as error:
            raise click.ClickException(str(error)) from error
    if app.grader is None:
        return
    report = app.grader.report()
    shown = json.dumps(report, indent=2, ensure_ascii=False) if as_json else to_text(report)
    click.echo(shown, err=True)
    if not app.grader.valid:
        click.get_current_context().exit(1)


def _table(rows: dict[str, str]) -> str:
    width = max(map(len, rows))
    return "\n".join(f"{name:{width}}  {text}" for name, text in rows.items())


def _welcome(started: dict[str, Any]) -> str:
    keys = _table({f"  {role}": key for role, key in started["keys"].items()})
    departures = {f"  {where}": what for where, what in started.get("departures", {}).items()}
    departed = f"Other than the contract:\n{_table(departures)}\n\n" if departures else ""
    return (
        f"gateway    {started['base_url']}\nmedia      {started['media_url']}\n"
        f"reference  {started['reference']}\n\nExample keys:\n{keys}\n\n{departed}"
        f"Try:\n  curl -H 'Authorization: Bearer {DEMO_KEY}' {started['base_url']}/text/hello\n"
    )


async def _until_stopped(app: App, gateway: Any, media: Any) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        with contextlib.suppress(NotImplementedError):  # Windows has no such handlers
            loop.add_signal_handler(number, stop.set)
    await run_server(app, gateway, media, stop)
