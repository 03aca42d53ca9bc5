"""`pollinations-conformance check`: run the suite and report."""

from dataclasses import dataclass, replace
from typing import Any

import click

from pollinations_conformance import checks as written
from pollinations_conformance.cli import github
from pollinations_conformance.cli.main import redact
from pollinations_conformance.cli.options import EFFORT, RESULTS, SELECTION, SERVER, with_options
from pollinations_conformance.cli.progress import Progress
from pollinations_conformance.cli.settings import PREFIX, known_path, level, validate, whole
from pollinations_conformance.cli.target import ensure_writable, given_keys, open_target, started
from pollinations_conformance.cli.terminal import (
    INTERRUPTED,
    interruptible,
    leave,
    show,
    show_plan,
)
from pollinations_conformance.cli.workers import (
    Stopped,
    Team,
    Work,
    sensible,
    share_one_heap,
)
from pollinations_conformance.contract import ContractError, load
from pollinations_conformance.reports import known
from pollinations_conformance.reports.build import build
from pollinations_conformance.reports.compare import compare
from pollinations_conformance.reports.json import ReadError, read
from pollinations_conformance.reports.model import Report
from pollinations_conformance.reports.record_known import record
from pollinations_conformance.suite.corpus import open_corpus
from pollinations_conformance.suite.errors import PriceError, TargetError
from pollinations_conformance.suite.execute import execute
from pollinations_conformance.suite.keyring import Keyring
from pollinations_conformance.suite.options import Settings
from pollinations_conformance.suite.plan import foreseen
from pollinations_conformance.suite.pricing import Ledger
from pollinations_conformance.suite.probe import prepare
from pollinations_conformance.suite.run import Run
from pollinations_conformance.suite.service import LOG, Service
from pollinations_conformance.suite.target import Target


@click.command(
    cls=github.Command,
    context_settings={
        "help_option_names": ["-h", "--help"],
        "auto_envvar_prefix": PREFIX,
    },
)
@with_options(SERVER, SELECTION, EFFORT, RESULTS)
@github.annotated
def check(**values: Any) -> int:
    """Run the conformance suite against a server.

    Exit code 0: every MUST that was tested holds. 1: one does not. 2: inconclusive, or wrong usage.
    130: interrupted; what is known by then is reported. A second Ctrl-C ends at once.

    Options may also be given in the environment: POLLINATIONS_CHECK_BASE_URL for --base-url, and so
    on.
    """
    settings = Settings(**values)
    try:
        validate(settings)
        files = _read(settings)
        count = settings.processes or sensible()
        if whole(settings) and count > 1:
            return _check_in_processes(settings, files, count)
        return _check(settings, files)
    except (TargetError, known.KnownError, ReadError, PriceError, ContractError) as error:
        raise click.ClickException(redact(str(error))) from None
    except Stopped:
        raise click.Abort from None


@dataclass(frozen=True)
class _Files:
    """What the files that options name hold; read before anything is sent.

    Args:
        entries: known failures of the target.
        recorded: entries of the file of --write-known.
        before: report of an earlier run, if any.
    """

    entries: list[known.Known]
    recorded: list[known.Known]
    before: Report | None


def _read(settings: Settings) -> _Files:
    path, target = known_path(settings), settings.write_known
    return _Files(
        entries=known.load(path, load()) if path is not None else [],
        recorded=known.load(target, load()) if target is not None and target.exists() else [],
        before=read(settings.compare) if settings.compare is not None else None,
    )


def _check_in_processes(settings: Settings, files: _Files, count: int) -> int:
    ensure_writable(settings.report_dir)
    if settings.database is not None:
        open_corpus(settings.database)  # refused here, before processes are started for it
    work = Work(
        settings.options,
        settings.timeout,
        settings.defects,
        tuple(files.entries),
        level(settings),
        settings.database,
    )
    team = Team(work, count)
    with interruptible(team, waits=False), Progress() as progress:
        report = team.execute(progress.handle)
    return _finish(report, settings, files, team.keys)


def _check(settings: Settings, files: _Files) -> int:
    share_one_heap()
    service = None
    keys: dict[str, str] = {}
    if settings.start is not None:
        service = Service(settings.start, settings.base_url, settings.media_url)
        settings = replace(settings, base_url=service.base_url, media_url=service.media_url)
    if settings.base_url is not None:
        keys = given_keys(settings.api_key_file, settings.api_key)
    with open_target(
        settings.base_url,
        settings.media_url,
        keys,
        settings.rate,
        settings.timeout,
        settings.seed,
        settings.defects,
    ) as server:
        progress = Progress()
        run = _run(settings, server, progress)
        if settings.dry_run:
            _plan(run, settings, show_plan(run, *foreseen(run, settings.prices)))
            return 0
        if settings.database is not None:
            run.corpus = open_corpus(settings.database)
        log = settings.report_dir / LOG
        # The interruption is around the service, so that it is stopped whatever happens.
        with (
            interruptible(run, waits=True),
            started(service, settings.start_timeout, log, run),
            progress,
        ):
            if not server.embedded:
                prepare(run)
                _plan(run, settings, show_plan(run))
            ensure_writable(settings.report_dir)
            execute(run)
        report = build(run, files.entries, level(settings))
        code = _finish(report, settings, files, server.keys)
        if run.interrupted or run.abandoned:
            leave(code)
        return code


def _finish(report: Report, settings: Settings, files: _Files, keys: Keyring) -> int:
    """Compare, show and record what a run found, and return the exit code."""
    if files.before is not None:
        report.comparison = compare(report, files.before, str(settings.compare))
        report.fail_on = "new" if settings.fail_on == "new" else "any"
    show(report, settings.report_dir, settings.verbose, keys, bool(settings.annotate))
    if settings.write_known is not None:
        try:
            added = record(report, settings.write_known, files.recorded)
        except OSError as error:
            raise TargetError(
                f"cannot write to {settings.write_known}: {error.strerror}; name another file with "
                "--write-known"
            ) from None
        click.echo(f"Known failures: {len(added)} added to {settings.write_known}")
    return INTERRUPTED if report.interrupted else report.exit_code()


def _run(settings: Settings, server: Target, progress: Progress) -> Run:
    options = settings.options
    ledger = Ledger(limit=None if server.embedded else (settings.budget or 0.0))
    run = Run(server, options, ledger, checks=written.every(), handlers=[progress.handle])
    run.own_process = True
    if settings.requirements and not any(
        options.selects(name, run.requirement_tag(name)) for name in run.contract.requirements
    ):
        raise TargetError(
            f"no requirement is called {', '.join(settings.requirements)}; docs/requirements.md "
            "and the `reference` command list them"
        )
    return run


def _plan(run: Run, settings: Settings, plan: str) -> None:
    """Print the plan, in which names of models are the server's."""
    with github.muted(bool(settings.annotate)):
        click.echo(plan, nl=False)
