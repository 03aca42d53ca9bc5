"""`pollinations-conformance check`: run the suite and report."""

import contextlib
import os
import re
import tempfile
from collections.abc import Generator
from pathlib import Path

import click

from pollinations_conformance import checks as written
from pollinations_conformance.cli import github
from pollinations_conformance.cli.main import Number, redact
from pollinations_conformance.cli.terminal import (
    INTERRUPTED,
    Progress,
    interruptible,
    leave,
    show,
    show_plan,
)
from pollinations_conformance.cli.workers import MOST, Stopped, Team, Work, sensible
from pollinations_conformance.contract import ContractError, load
from pollinations_conformance.reports import known as knowledge
from pollinations_conformance.reports.build import build
from pollinations_conformance.reports.model import LEVELS, TAGS
from pollinations_conformance.suite.corpus import open_corpus
from pollinations_conformance.suite.errors import PriceError, TargetError
from pollinations_conformance.suite.execute import execute
from pollinations_conformance.suite.keyring import MAIN, ROLES, Keyring, read_keys
from pollinations_conformance.suite.options import Options, Shard
from pollinations_conformance.suite.pace import Pace
from pollinations_conformance.suite.plan import foreseen
from pollinations_conformance.suite.pricing import Ledger
from pollinations_conformance.suite.probe import prepare
from pollinations_conformance.suite.run import Run
from pollinations_conformance.suite.service import LOG, Service, listens
from pollinations_conformance.suite.target import Target, is_loopback, parse_address

ENVIRONMENT = "POLLINATIONS_API_KEY"
PREFIX = "POLLINATIONS_CHECK"
"""Variables of the environment begin with it that stand for options."""
LONGEST = 3_600_000.0
"""Seconds; timers of operating systems do not take every number."""
POLITE = 4.0
"""Requests a second to a server that is not on this machine."""


def seconds(_: click.Context, __: click.Parameter, value: str | None) -> float | None:
    """Read a duration such as 15s, 2m or 90."""
    if value is None:
        return None
    text, unit = (value[:-1], value[-1]) if value[-1:] in "smh" and value else (value, "s")
    try:
        number = float(text) * {"s": 1, "m": 60, "h": 3600}[unit]
    except ValueError:
        raise click.BadParameter(f"{value!r} is no duration; write 15s, 2m or 1h") from None
    if not 0 < number <= LONGEST:
        raise click.BadParameter(f"a duration is above 0 and at most {LONGEST / 3600:g}h")
    return number


def part(_: click.Context, __: click.Parameter, value: str | None) -> Shard | None:
    """Read a part such as 1/4."""
    if value is None:
        return None
    found = re.fullmatch(r"([0-9]{1,4})/([0-9]{1,4})", value)
    if not found or not 1 <= int(found[1]) <= int(found[2]):
        raise click.BadParameter(f"{value!r} is no part of a run; write 1/4 for the first of four")
    return Shard(int(found[1]), int(found[2]))


@click.command(
    cls=github.Command,
    context_settings={
        "help_option_names": ["-h", "--help"],
        "auto_envvar_prefix": PREFIX,
    },
    epilog="Options may also stand in the environment: POLLINATIONS_CHECK_BASE_URL for --base-url, and so on.",
)
@click.option(
    "--start",
    metavar="COMMAND",
    help="Start the service by this command, wait until it answers, and stop it at the end. It finds "
    "the port of --base-url in $PORT, that of --media-url in $MEDIA_PORT; without addresses these "
    "are free ones.",
)
@click.option(
    "--start-timeout",
    callback=seconds,
    metavar="TIME",
    default="60s",
    show_default=True,
    help="How long it may take until the started service answers.",
)
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
    "--api-key",
    metavar="KEY",
    allow_from_autoenv=False,
    help="A key on the command line; others may see it there.",
)
@click.option(
    "--tag",
    "tags",
    envvar=f"{PREFIX}_TAG",
    multiple=True,
    type=click.Choice(TAGS),
    help="Only requirements of this tag; may be repeated.",
)
@click.option(
    "--requirement",
    "requirements",
    envvar=f"{PREFIX}_REQUIREMENT",
    multiple=True,
    metavar="GLOB",
    help="Only these requirement ids, such as 'CHAT-STREAM-*'; may be repeated.",
)
@click.option(
    "--level",
    type=click.Choice(list(LEVELS)),
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
    help="Checks that run at the same time, in each process.",
)
@click.option(
    "--processes",
    type=click.IntRange(1, 64),
    help="Processes that share a whole run against the embedded server, each with a server of its "
    f"own.  [default: one for each core, at most {MOST}]",
)
@click.option(
    "--budget",
    type=Number(min=0),
    default=None,
    metavar="POLLEN",
    help="What a run against a given address may cost.  [default: 0, free operations only]",
)
@click.option(
    "--rate",
    type=Number(min=0.01),
    default=None,
    metavar="N",
    help=f"Requests a second.  [default: no limit on this machine, {POLITE:g} elsewhere]",
)
@click.option(
    "--timeout",
    type=Number(min=0.1, max=LONGEST),
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
    "--shard",
    callback=part,
    metavar="N/OF",
    help="Only one of several parts, such as 1/4; `merge` puts their reports together.",
)
@click.option(
    "--database",
    metavar="PLACE",
    help="Where generated requests that fail are kept, to be sent first the next time: a directory, "
    "github:OWNER/REPO[/ARTIFACT], or redis://….  [default: none]",
)
@click.option(
    "--known",
    "known_file",
    envvar=f"{PREFIX}_KNOWN",
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
    "--prices",
    multiple=True,
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="For --dry-run: a model list with prices, saved from the server; may be repeated.",
)
@click.option(
    "--defect",
    "defects",
    multiple=True,
    allow_from_autoenv=False,
    hidden=True,
    help="Switch on a defect of the embedded server.",
)
@click.option(
    "--annotate/--no-annotate",
    default=None,
    help="Annotate failures and write a summary for GitHub Actions.  [default: when run there]",
)
@click.option("-v", "--verbose", is_flag=True, help="Show what passed, too.")
@github.annotated
def check(
    start: str | None,
    start_timeout: float,
    annotate: bool,
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
    processes: int | None,
    budget: float | None,
    rate: float | None,
    timeout: float,
    generated: bool,
    examples: int,
    shard: Shard | None,
    database: str | None,
    known_file: Path | None,
    report_dir: Path,
    dry_run: bool,
    prices: tuple[Path, ...],
    defects: tuple[str, ...],
    verbose: bool,
) -> int:
    """Run the conformance suite against a server.

    Exit code 0: every MUST that was tested holds. 1: it does not. 2: it could not be told. 130:
    interrupted; what is known by then is reported. A second Ctrl-C ends at once.
    """
    options = Options(
        seed=seed,
        tags=frozenset(tags),
        requirements=requirements,
        jobs=jobs,
        max_time=max_time,
        generated=generated,
        examples=examples,
        shard=shard,
    )
    try:
        entries: list[knowledge.Known] = []
        rank = "observed" if strict else level
        if known_file is not None:
            path = knowledge.REAL_SERVICE if str(known_file) == "service" else known_file
            entries = knowledge.load(path, load())
        if base_url is None and start is None and f"{PREFIX}_BASE_URL" in os.environ:
            # A variable that somebody forgot to fill must not end in a good word for ourselves.
            raise TargetError(
                f"{PREFIX}_BASE_URL is empty; give the address of the service (--base-url), or the "
                "command that starts it (--start)"
            )
        service = Service(start, base_url, media_url) if start is not None else None
        if service is not None:
            base_url, media_url = service.base_url, service.media_url
        keys = given_keys(api_key_file, api_key) if base_url is not None else {}
        if base_url is None and (media_url or api_key or api_key_file):
            raise TargetError("keys and --media-url are of no use without --base-url or --start")
        if base_url is not None and defects:
            raise TargetError("--defect speaks of the embedded server; leave --base-url out")
        if prices and not dry_run:
            raise TargetError(
                "--prices is for --dry-run; a run reads the prices from the server itself"
            )
        if processes not in {None, 1} and base_url is not None:
            raise TargetError(
                "--processes is for the embedded server; of a given one --shard takes a part"
            )
        whole = not (base_url or shard or tags or requirements or dry_run)
        if whole and (count := processes or sensible()) > 1:
            writable(report_dir)
            work = Work(options, timeout, defects, tuple(entries), rank, database)
            team = Team(work, count)
            with interruptible(team, waits=False), Progress() as progress:
                report = team.execute(progress)
            show(report, report_dir, verbose, team.keys, annotate)
            return INTERRUPTED if report.interrupted else report.exit_code()
        with target(base_url, media_url, keys, rate, timeout, seed, defects) as server:
            ledger = Ledger(limit=None if server.embedded else (budget or 0.0))
            with Progress() as progress:
                run = Run(
                    server, options, ledger, checks=written.every(), handlers=[progress.handle]
                )
            run.own_process = True
            if requirements and not any(
                options.selects(name, run.requirement_tag(name))
                for name in run.contract.requirements
            ):
                raise TargetError(f"no requirement is called {', '.join(requirements)}")
            if dry_run:
                click.echo(show_plan(run, *foreseen(run, prices)), nl=False)
                return 0
            if database is not None:
                run.corpus = open_corpus(database)
            with (
                interruptible(
                    run, waits=True
                ),  # around the service, so that it is stopped whatever happens
                started(service, start_timeout, report_dir / LOG, run),
                progress,
            ):
                if not server.embedded:
                    prepare(run)
                    click.echo(show_plan(run), nl=False)
                writable(report_dir)
                execute(run)
            report = build(run, entries, rank)
            show(report, report_dir, verbose, server.keys, annotate)
            code = INTERRUPTED if run.interrupted else report.exit_code()
            if run.interrupted or run.abandoned:
                leave(code)
            return code
    except (TargetError, knowledge.KnownError, PriceError, ContractError) as error:
        raise click.ClickException(redact(str(error))) from None
    except Stopped:
        raise click.Abort from None


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


def writable(directory: Path) -> None:
    """Make the folder of the reports, before anything is spent on what goes into it.

    Raises:
        TargetError: it cannot be written to.
    """
    try:
        directory.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=directory):
            pass
    except OSError as error:
        raise TargetError(f"cannot write to {directory}: {error.strerror}") from None


@contextlib.contextmanager
def started(service: Service | None, seconds: float, log: Path, run: Run) -> Generator[None]:
    """Have the service running that the suite was told to start, if any; see whether it stayed.

    Raises:
        TargetError: it does not get up.
    """
    if service is None:
        running: contextlib.AbstractContextManager[object] = contextlib.nullcontext()
    else:
        click.echo(f"Starting the service; its output goes to {log}.")
        running = service.running(seconds, log, run.target.keys.redact)
    try:
        with running:
            yield
            if service is not None and service.exit_code is not None:
                run.lost = (
                    f"the command of --start ended during the run, with exit code "
                    f"{service.exit_code} (see {log})"
                )
            elif not run.interrupted and not listens(run.target.base_url):
                run.lost = f"nothing answers any longer at {run.target.base_url}"
    except OSError as error:
        raise TargetError(f"cannot write to {log}: {error.strerror}") from None


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
            keys = {role: server.keys[role] for role in ROLES}
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
