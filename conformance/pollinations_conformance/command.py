"""`pollinations-conformance check`: run the suite and report."""

import contextlib
import os
import sys
import threading
import time
from collections.abc import Generator
from pathlib import Path

import click

from pollinations_conformance import checks as written
from pollinations_conformance import known as knowledge
from pollinations_conformance import report as reports
from pollinations_conformance.budget import Ledger
from pollinations_conformance.contract import ContractError
from pollinations_conformance.runner import Options, Run
from pollinations_conformance.target import (
    MAIN,
    Keyring,
    Pace,
    Target,
    TargetError,
    Unreachable,
    is_loopback,
    parse_address,
    read_keys,
)

ENVIRONMENT = "POLLINATIONS_API_KEY"
POLITE = 4.0
"""Requests a second to a server that is not on this machine."""

EMBEDDED_ROLES = {
    "main": "secret",
    "other": "tier-only",
    "restricted": "restricted",
    "unpermitted": "no-permissions",
    "publishable": "publishable",
    "budgeted": "budgeted",
    "exhausted": "exhausted-budget",
    "penniless": "empty-balance",
    "barred": "barred",
    "named": 'Ada, "the first"',
    "expiring": "expiring",
    "expired": "expired",
}
"""Which example key of the reference server plays which role."""


def seconds(_: click.Context, __: click.Parameter, value: str | None) -> float | None:
    """Read a duration such as 15s, 2m or 90."""
    if value is None:
        return None
    text, unit = (value[:-1], value[-1]) if value[-1:] in "smh" and value else (value, "s")
    try:
        number = float(text) * {"s": 1, "m": 60, "h": 3600}[unit]
    except ValueError:
        raise click.BadParameter(f"{value!r} is no duration; write 15s, 2m or 1h") from None
    if not 0 < number < float("inf"):
        raise click.BadParameter("a duration is above 0")
    return number


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--base-url",
    metavar="URL",
    help="Address of the gateway; the embedded reference server when absent.",
)
@click.option(
    "--media-url",
    metavar="URL",
    help="Address of the media host; its operations are not tested without.",
)
@click.option(
    "--api-key-file",
    type=click.Path(dir_okay=False, path_type=Path),
    help=f"File with one key, or TOML with a [keys] table by role. The key may also stand in {ENVIRONMENT}.",
)
@click.option(
    "--api-key", metavar="KEY", help="A key on the command line; others may see it there."
)
@click.option(
    "--tag",
    "tags",
    multiple=True,
    type=click.Choice(reports.TAGS),
    help="Only requirements of this tag; may be repeated.",
)
@click.option(
    "--requirement",
    "requirements",
    multiple=True,
    metavar="GLOB",
    help="Only these requirement ids, such as 'CHAT-STREAM-*'; may be repeated.",
)
@click.option(
    "--level",
    type=click.Choice(list(reports.LEVELS)),
    default="must",
    show_default=True,
    help="What fails the run: MUST; SHOULD too; observed: unexpected passes as well.",
)
@click.option("--strict", is_flag=True, help="The same as --level observed.")
@click.option(
    "--seed",
    type=click.IntRange(0, 2**32 - 1),
    default=1,
    show_default=True,
    help="Same seed, same run.",
)
@click.option(
    "--max-time",
    callback=seconds,
    metavar="TIME",
    help="Stop after this time (15s, 2m): written checks first, then generated ones.",
)
@click.option(
    "--jobs",
    type=click.IntRange(1, 64),
    default=4,
    show_default=True,
    help="Checks that run at the same time.",
)
@click.option(
    "--budget",
    type=click.FloatRange(min=0),
    default=None,
    metavar="POLLEN",
    help="What a run against a given address may cost.  [default: 0, free operations only]",
)
@click.option(
    "--rate",
    type=click.FloatRange(min=0.01),
    default=None,
    metavar="N",
    help=f"Requests a second.  [default: no limit on this machine, {POLITE:g} elsewhere]",
)
@click.option(
    "--timeout",
    type=click.FloatRange(min=0.1),
    default=60.0,
    show_default=True,
    metavar="S",
    help="Seconds for one answer to be complete.",
)
@click.option(
    "--generated/--no-generated",
    default=True,
    show_default=True,
    help="Whether to make cases from the contract as well.",
)
@click.option(
    "--examples",
    type=click.IntRange(1, 10000),
    default=10,
    show_default=True,
    help="Generated cases for each operation and kind.",
)
@click.option(
    "--known",
    "known_file",
    type=click.Path(path_type=Path),
    help="File of known failures (TOML), or the word service for those of the real service.",
)
@click.option(
    "--report-dir",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("reports"),
    show_default=True,
    help="Where report.json, junit.xml, report.html and badge.svg go.",
)
@click.option(
    "--dry-run",
    is_flag=True,
    help="Show the plan, and send nothing.",
)
@click.option(
    "--defect",
    "defects",
    multiple=True,
    hidden=True,
    help="Switch on a defect of the embedded server.",
)
@click.option("-v", "--verbose", is_flag=True, help="Show what passed, too.")
def check(
    base_url: str | None,
    media_url: str | None,
    api_key_file: Path | None,
    api_key: str | None,
    tags: tuple[str, ...],
    requirements: tuple[str, ...],
    level: str,
    strict: bool,
    seed: int,
    max_time: float | None,
    jobs: int,
    budget: float | None,
    rate: float | None,
    timeout: float,
    generated: bool,
    examples: int,
    known_file: Path | None,
    report_dir: Path,
    dry_run: bool,
    defects: tuple[str, ...],
    verbose: bool,
) -> int:
    """Run the conformance suite against a server.

    Exit code 0: every MUST that was tested holds. 1: it does not. 2: it could not be told.
    """
    options = Options(
        seed=seed,
        tags=frozenset(tags),
        requirements=requirements,
        jobs=jobs,
        max_time=max_time,
        generated=generated,
        examples=examples,
    )
    try:
        entries = []
        if known_file is not None:
            path = knowledge.REAL_SERVICE if str(known_file) == "service" else known_file
            entries = knowledge.load(path)
        keys = given_keys(api_key_file, api_key) if base_url is not None else {}
        if base_url is None and (media_url or api_key or api_key_file):
            raise TargetError("keys and --media-url are of no use without --base-url")
        if base_url is not None and defects:
            raise TargetError("--defect speaks of the embedded server; leave --base-url out")
        with target(base_url, media_url, keys, rate, timeout, seed, defects) as server:
            ledger = Ledger(limit=None if server.embedded else (budget or 0.0))
            with Progress() as progress:
                run = Run(server, options, ledger, checks=written.every(), progress=progress)
            if dry_run:
                click.echo(show_plan(run), nl=False)
                return 0
            if requirements and not any(
                options.selects(name, run.requirement_tag(name))
                for name in run.contract.requirements
            ):
                raise TargetError(f"no requirement is called {', '.join(requirements)}")
            with progress:
                if not server.embedded:
                    run.prepare()
                    click.echo(show_plan(run), nl=False)
                run.execute()
            report = reports.build(run, entries, "observed" if strict else level)
            colour = sys.stdout.isatty() and not os.environ.get("NO_COLOR")
            click.echo(reports.to_terminal(report, colour, verbose), nl=False)
            try:
                files = reports.write(report, report_dir)
            except OSError as error:
                raise click.ClickException(
                    f"cannot write to {report_dir}: {error.strerror}"
                ) from None
            click.echo(f"Reports: {', '.join(str(file) for file in files)}")
            return report.exit_code()
    except (TargetError, knowledge.KnownError, ContractError) as error:
        raise click.ClickException(str(error)) from None
    except Unreachable as error:
        raise click.ClickException(f"nothing answers at {base_url}: {error}") from None


def given_keys(file: Path | None, argument: str | None) -> dict[str, str]:
    """Collect the keys of a run.

    Raises:
        TargetError: a file cannot be used.
    """
    keys: dict[str, str] = {}
    if key := os.environ.get(ENVIRONMENT, "").strip():
        keys[MAIN] = key
    if file is not None:
        keys.update(read_keys(file))
    if argument:
        click.echo(
            "Warning: a key on the command line can be read by other users of this machine; "
            f"use {ENVIRONMENT} or --api-key-file.",
            err=True,
        )
        keys[MAIN] = argument
    return keys


@contextlib.contextmanager
def target(
    base_url: str | None,
    media_url: str | None,
    keys: dict[str, str],
    rate: float | None,
    timeout: float,
    seed: int,
    defects: tuple[str, ...] = (),
) -> Generator[Target]:
    """Give the server under test; start the embedded one when there is no address."""
    with contextlib.ExitStack() as stack:
        if base_url is None:
            from pollinations_conformance.server import running

            server = stack.enter_context(running(seed=seed, defects=defects))
            keys = {role: server.keys[name] for role, name in EMBEDDED_ROLES.items()}
            ring = Keyring(keys)
            made = Target(
                server.base_url, server.media_url, ring, Pace(rate), timeout, embedded=True
            )
        else:
            address = parse_address(base_url, "--base-url")
            if rate is None and not is_loopback(address):
                rate = POLITE
            made = Target(address, media_url, Keyring(keys), Pace(rate), timeout)
        stack.callback(made.close)
        yield made


def show_plan(run: Run) -> str:
    """Say what a run does and what it may cost.

    Prices are those of the server's lists, once they are known; nothing is sent for it here.
    """
    chosen = run.selected()
    kinds: dict[str, int] = {}
    for item in chosen:
        for kind, count in item.cost.items():
            kinds[kind] = kinds.get(kind, 0) + count
    roles = run.target.keys.roles()
    wanting = sorted({role for item in chosen for role in item.needs} - set(roles))
    calls = ", ".join(f"{count} {kind}" for kind, count in sorted(kinds.items())) or "none"
    limit = run.ledger.limit
    price = "unknown until the server's model lists are read"
    if run.prepared:
        most = sum(
            count * run.catalogue.price(PRICED[kind], run.catalogue.cheapest(kind))
            for kind, count in kinds.items()
        )
        price = f"up to {most:.6g} pollen"
    where = run.target.base_url
    if run.target.embedded:
        where = "the embedded reference server"
    elif run.target.media_url:
        where += f" and {run.target.media_url}"
    rows = [
        f"Target: {where}",
        f"Plan: {len(chosen)} written checks; paid calls at most: {calls}; price: {price}.",
        f"Keys: {', '.join(roles) or 'none'}"
        + (f"; not given: {', '.join(wanting)}." if wanting else "."),
        "Budget: " + ("no limit." if limit is None else f"{limit:g} pollen."),
    ]
    return "\n".join(rows) + "\n"


PRICED = {
    "text": "createChatCompletion",
    "image": "generateImage",
    "audio": "createSpeech",
    "transcription": "createTranscription",
}
"""The operation by which a kind of call is priced."""


class Progress:
    """A line on standard error that shows how far a run is; nothing when that is no terminal."""

    def __init__(self) -> None:
        self.active = sys.stderr.isatty()
        self._last = 0.0
        self._lock = threading.Lock()

    def __enter__(self) -> "Progress":
        return self

    def __exit__(self, *_: object) -> None:
        if self.active:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()

    def __call__(self, line: str) -> None:
        """Show a line."""
        if not self.active:
            return
        with self._lock:
            now = time.monotonic()
            if now - self._last < 0.05:
                return
            self._last = now
            sys.stderr.write(f"\r\x1b[K{line[:110]}")
            sys.stderr.flush()
