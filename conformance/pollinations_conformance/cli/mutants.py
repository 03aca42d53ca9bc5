"""Prove the suite: run it against every defect of the reference server, and against none.

    python -m pollinations_conformance.cli.mutants --output docs/kill-matrix.md

Each defect is tried with all written checks that it can concern; one that none of them finds, with
generated requests too. Exit code 0: all are found, none makes a requirement fail that it does not
declare, and the server without defects passes.
"""

import json
import random
import sys
import time
from collections.abc import Sequence
from concurrent.futures import Executor, ProcessPoolExecutor
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import click

from pollinations_conformance.checks import every
from pollinations_conformance.cli.effects import effects
from pollinations_conformance.cli.kill_matrix import Kill, table
from pollinations_conformance.cli.options import with_options
from pollinations_conformance.cli.pairs import choose, meet_pair
from pollinations_conformance.cli.stock import ask_stock, read_stock
from pollinations_conformance.cli.target import open_target
from pollinations_conformance.contract import load
from pollinations_conformance.reports.build import build, watched
from pollinations_conformance.server.defects import DEFECTS, Defect
from pollinations_conformance.suite.execute import execute
from pollinations_conformance.suite.options import Options
from pollinations_conformance.suite.pricing import Ledger
from pollinations_conformance.suite.run import Run


def meet(defect: str, requirement: str, summary: str, seed: int = 1) -> Kill:
    """Run against one defect the checks of its requirement, and those of the suite that it can affect.

    The first run shows which checks find it: in the second one a check whose failure is attributed
    to another requirement is not tested. The second one shows what else fails.
    """
    begin = time.monotonic()
    kill = meet_alone(defect, requirement, summary, seed)
    found = effects(defect, seed=seed)
    kill.killers = list(dict.fromkeys([*found.failing.get(requirement, []), *kill.killers]))
    kill.reason = found.failed.get(requirement, kill.reason)
    kill.untested = found.untested
    kill.declared = list(DEFECTS[defect].violates_too)
    kill.also = {name: why for name, why in found.failed.items() if name != requirement}
    kill.others = list(dict.fromkeys(name for item in kill.also for name in found.failing[item]))
    kill.seconds = round(time.monotonic() - begin, 2)
    return kill


def meet_alone(defect: str, requirement: str, summary: str, seed: int = 1) -> Kill:
    """Run against one defect the checks of its requirement, and the whole suite if they do not find it."""
    begin = time.monotonic()
    kill = Kill(defect, requirement, summary)
    _find(kill, Options(seed=seed, requirements=(requirement,), generated=False, jobs=2))
    if not kill.killers:
        kill.whole = True
        _find(kill, Options(seed=seed, generated=False, jobs=2))
    if not kill.killers:
        _find(kill, Options(seed=seed, jobs=2, examples=10))
    kill.seconds = round(time.monotonic() - begin, 2)
    return kill


def _find(kill: Kill, options: Options) -> None:
    """Run the suite against a defect, and note the checks of its requirement that fail."""
    with open_target(None, None, {}, None, 20.0, options.seed, (kill.defect,)) as server:
        run = Run(server, options, Ledger(None), checks=every())
        run.own_process = True
        execute(run)
    for outcome in [*run.outcomes, *run.violations.values(), *watched(run)]:
        if outcome.verdict == "fail" and kill.requirement in outcome.requirements:
            if outcome.check not in kill.killers:
                kill.killers.append(outcome.check)
            kill.reason = kill.reason or outcome.reason


def honest(seed: int, written_only: bool = False) -> list[str]:
    """Run the whole suite against the server without defects, and return what it wrongly reports."""
    with open_target(None, None, {}, None, 20.0, seed) as server:
        run = Run(
            server,
            Options(seed=seed, jobs=2, generated=not written_only),
            Ledger(None),
            checks=every(),
        )
        run.own_process = True
        execute(run)
        report = build(run, level="should")
    found = [
        f"{line.id}: {line.reason}" for line in report.lines if line.verdict in {"fail", "error"}
    ]
    found += [f"operation {item['id']} never succeeded" for item in report.unsuccessful()]
    return found


def _meet(arguments: tuple[str, str, str]) -> Kill:
    return meet(*arguments)


def _meet_alone(arguments: tuple[str, str, str]) -> Kill:
    return meet_alone(*arguments)


OPTIONS = (
    click.option(
        "--only", multiple=True, metavar="TEXT", help="Only defects whose name holds this."
    ),
    click.option(
        "--defect",
        "defects",
        multiple=True,
        metavar="NAME",
        help="Only the defect of this name. Repeatable.",
    ),
    click.option(
        "--recall",
        is_flag=True,
        help="Run the checks of a defect's requirement only: whether it is found, not what else fails.",
    ),
    click.option("--sample", type=click.IntRange(1), help="So many defects, chosen by the seed."),
    click.option("--seed", default=1, show_default=True, help="Of the sample and of the runs."),
    click.option(
        "--seeds",
        type=click.IntRange(0),
        default=0,
        show_default=True,
        help="Run the suite against the server without defects with this many seeds.",
    ),
    click.option(
        "--first-seed", default=1, show_default=True, help="The first of these; the rest follow it."
    ),
    click.option(
        "--pairs",
        type=click.IntRange(0),
        default=0,
        show_default=True,
        help="Run the suite against this many pairs of defects of different parts.",
    ),
    click.option("--jobs", default=2, show_default=True, type=click.IntRange(1), help="Processes."),
    click.option(
        "--stock",
        "stock_sample",
        type=click.IntRange(0),
        default=0,
        help="Run stock schemathesis against this many of the defects too, 4 to 40 seconds each.",
    ),
    click.option(
        "--stock-file",
        type=click.Path(path_type=Path, dir_okay=False),
        help="Where the results of stock schemathesis are kept from run to run (JSON).",
    ),
    click.option(
        "--output", type=click.Path(path_type=Path, dir_okay=False), help="Where the table goes."
    ),
    click.option(
        "--json",
        "json_file",
        type=click.Path(path_type=Path, dir_okay=False),
        help="Where the raw result goes.",
    ),
)


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@with_options(OPTIONS)
def command(**values: Any) -> int:
    """Run the suite against every defect of the reference server.

    Exit code 0: every defect is found and makes no requirement fail that it does not declare,
    and the server without defects raises no false alarm. 1: not so.
    """
    wanted = _Wanted(**values)
    load()
    chosen = _choose(wanted)
    stocked = read_stock(wanted.stock_file, wanted.seed)
    with ProcessPoolExecutor(wanted.jobs) as pool:
        kills = _kills(pool, chosen, wanted.recall)
        alarms = _alarms(pool, range(wanted.first_seed, wanted.first_seed + wanted.seeds))
        pairs = list(pool.map(meet_pair, choose(wanted.pairs, wanted.seed)))
        if wanted.stock_sample:
            # By hash, so that the lot stays the same when defects join.
            seed = wanted.seed
            lot = sorted(DEFECTS, key=lambda name: sha256(f"{seed} {name}".encode()).digest())
            ask_stock(pool, lot[: wanted.stock_sample], stocked, wanted.stock_file)
    if wanted.output is not None:
        wanted.output.write_text(
            table(kills, alarms, stocked, recall=wanted.recall), encoding="utf-8"
        )
    if wanted.json_file is not None:
        text = json.dumps([asdict(kill) for kill in kills], indent=1)
        wanted.json_file.write_text(text, encoding="utf-8")
    alive = [kill.defect for kill in kills if not kill.killers]
    wide = [kill.defect for kill in kills if kill.undeclared]
    loud = [which for which, said in alarms.items() if said]
    closing = f"{len(kills) - len(alive)} of {len(kills)} defects killed"
    if not wanted.recall:
        closing += f", {len(wide)} of them make an undeclared requirement fail"
    if alarms:
        closing += (
            f"; server without defects: {len(loud)} of {len(alarms)} seeds with a false alarm"
        )
    hiding = [pair for pair in pairs if pair.hidden]
    for pair in hiding:
        click.echo(f"{' and '.join(pair.defects)}: hidden: {pair.hidden}", err=True)
    if pairs:
        closing += f"; {len(pairs) - len(hiding)} of {len(pairs)} pairs reported both"
    click.echo(closing)
    return 1 if alive or loud or wide or hiding else 0


@dataclass(frozen=True)
class _Wanted:
    """The options of the command, named as on the command line."""

    only: tuple[str, ...]
    defects: tuple[str, ...]
    recall: bool
    sample: int | None
    seed: int
    seeds: int
    pairs: int
    first_seed: int
    jobs: int
    stock_sample: int
    stock_file: Path | None
    output: Path | None
    json_file: Path | None


def _choose(wanted: _Wanted) -> list[Defect]:
    if unknown := [name for name in wanted.defects if name not in DEFECTS]:
        raise click.ClickException(
            f"no defect is called {unknown[0]!r}; "
            "pollinations-conformance serve --list-defects lists them"
        )
    chosen = [
        defect
        for defect in DEFECTS.values()
        if (not wanted.only or any(text in defect.name for text in wanted.only))
        and (not wanted.defects or defect.name in wanted.defects)
    ]
    if not chosen:
        raise click.ClickException(
            f"no defect has {' or '.join(map(repr, wanted.only))} in its name; "
            "pollinations-conformance serve --list-defects lists them"
        )
    if wanted.sample is not None and wanted.sample < len(chosen):
        chosen = random.Random(wanted.seed).sample(chosen, wanted.sample)
    return chosen


def _kills(pool: Executor, chosen: Sequence[Defect], recall: bool) -> list[Kill]:
    kills: list[Kill] = []
    work = [(item.name, item.requirement, item.summary) for item in chosen]
    for number, kill in enumerate(pool.map(_meet_alone if recall else _meet, work), 1):
        kills.append(kill)
        word = kill.killers[0] if kill.killers else "SURVIVES"
        for name in kill.undeclared:
            click.echo(f"{kill.defect}: {name} fails as well: {kill.also[name]}", err=True)
        if not kill.killers or sys.stderr.isatty():
            click.echo(
                f"{number}/{len(work)} {kill.requirement} {kill.defect}: {word} "
                f"{'' if kill.killers else kill.others[:3]} ({kill.seconds:.1f} s)",
                err=True,
            )
    return kills


def _alarms(pool: Executor, numbers: range) -> dict[int, list[str]]:
    alarms: dict[int, list[str]] = {}
    for seed, said in zip(numbers, pool.map(honest, numbers), strict=True):
        alarms[seed] = said
        for text in said:
            click.echo(f"false alarm with seed {seed}: {text}", err=True)
    return alarms


if __name__ == "__main__":
    from pollinations_conformance.cli.main import main

    sys.exit(main(command=command))
