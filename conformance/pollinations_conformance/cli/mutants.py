"""Prove the suite: run it against every defect of the reference server, and against none.

    python -m pollinations_conformance.cli.mutants --output docs/kill-matrix.md

Each defect is met by the checks that cite the requirement it breaks; one that none of them finds
is met by the whole suite. Exit code 0: all are killed and the honest server passes.
"""

import json
import random
import re
import subprocess
import sys
import time
from collections.abc import Collection, Iterable
from concurrent.futures import Executor, ProcessPoolExecutor
from dataclasses import asdict, dataclass, field
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory

import click

from pollinations_conformance.checks import every
from pollinations_conformance.cli.target import open_target
from pollinations_conformance.contract import default_path, load
from pollinations_conformance.reports.build import build, watched
from pollinations_conformance.server import running
from pollinations_conformance.server.defects import DEFECTS
from pollinations_conformance.suite.execute import execute
from pollinations_conformance.suite.options import Options
from pollinations_conformance.suite.pricing import Ledger
from pollinations_conformance.suite.registry import REGISTRY
from pollinations_conformance.suite.run import Run


@dataclass
class Kill:
    """What came of one defect."""

    defect: str
    requirement: str
    summary: str
    killers: list[str] = field(default_factory=list[str])
    """Checks that failed and cite the requirement that the defect breaks."""
    others: list[str] = field(default_factory=list[str])
    """Further checks that failed among those that ran."""
    reason: str = ""
    whole: bool = False
    """Whether it took the whole suite."""
    seconds: float = 0.0


def meet(defect: str, requirement: str, summary: str, seed: int = 1) -> Kill:
    """Run the suite against one defect: first the checks that cite its requirement."""
    begin = time.monotonic()
    kill = Kill(defect, requirement, summary)
    for options in (
        Options(seed=seed, requirements=(requirement,), generated=False, jobs=2),
        Options(seed=seed, jobs=2, examples=10),
    ):
        with open_target(None, None, {}, None, 20.0, seed, (defect,)) as server:
            run = Run(server, options, Ledger(None), checks=every())
            run.own_process = True
            execute(run)
        failed = [
            outcome
            for outcome in [*run.outcomes, *run.violations.values(), *watched(run)]
            if outcome.verdict == "fail"
        ]
        for outcome in failed:
            names = kill.killers if requirement in outcome.requirements else kill.others
            if outcome.check not in names:
                names.append(outcome.check)
                if names is kill.killers and not kill.reason:
                    kill.reason = outcome.reason
        if kill.killers:
            break
        kill.whole = True
    kill.seconds = round(time.monotonic() - begin, 2)
    return kill


def honest(seed: int, written_only: bool = False) -> list[str]:
    """Run the whole suite against the honest server and give what it wrongly says."""
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


@dataclass
class Stock:
    """What stock `schemathesis run` made of defects; kept in a file, for all of them take hours."""

    schemathesis: str
    seed: int
    honest: dict[str, list[str]] = field(default_factory=dict[str, list[str]])
    """What it says of the honest server: by scope, the checks that failed, each with its operation."""
    found: dict[str, list[str]] = field(default_factory=dict[str, list[str]])
    """The same by defect."""

    def caught(self) -> dict[str, list[str]]:
        """Give for each defect what is not said of the honest server as well."""
        untrue = {said for each in self.honest.values() for said in each}
        return {name: sorted(set(said) - untrue) for name, said in sorted(self.found.items())}

    def save(self, file: Path) -> None:
        """Write the measurements, one a line."""
        parts = [f'"schemathesis": {json.dumps(self.schemathesis)},\n"seed": {self.seed}']
        for name, held in (("honest", self.honest), ("found", self.found)):
            lines = [f"  {json.dumps(key)}: {json.dumps(held[key])}" for key in sorted(held)]
            parts.append(f'"{name}": {{\n' + ",\n".join(lines) + "\n}")
        fresh = file.with_name(f".{file.name}.new")
        fresh.write_text("{" + ",\n".join(parts) + "}\n", encoding="utf-8")
        fresh.replace(file)


def read_stock(file: Path | None, seed: int) -> Stock:
    """Read earlier measurements; begin anew when they are of another version or seed.

    Raises:
        click.ClickException: the file is none of ours.
    """
    begun = Stock(version("schemathesis"), seed)
    if file is None or not file.exists():
        return begun
    try:
        kept = Stock(**json.loads(file.read_text(encoding="utf-8")))
        ours = (kept.schemathesis, kept.seed) == (begun.schemathesis, seed)
        kept.caught()
    except (OSError, ValueError, TypeError, AttributeError) as error:
        raise click.ClickException(f"{file} holds no measurements of --stock: {error}") from None
    return kept if ours else begun


def scope_of(requirement: str) -> tuple[str, ...]:
    """Give the operations that a requirement is about; none when it is about all of them."""
    checks = [item for item in every() if requirement in item.requirements]
    if not all(item.operations for item in checks):
        return ()
    found = {operation for item in checks for operation in item.operations}
    media = {item.id for item in load().operations if item.host == "media"}
    # Those are tied together by links, which stock schemathesis follows.
    return tuple(sorted(found | media if found & media else found))


def stock(defect: str, scope: Collection[str] = (), seed: int = 1) -> list[str]:
    """Run stock `schemathesis run` with its default settings against one defect.

    The server is the strict one, on which stock schemathesis has next to nothing to say.

    Args:
        defect: its name; empty for the honest server.
        scope: operationIds that are tried; all when there are none.
        seed: of the server and of the run.

    Returns:
        The checks of it that failed, each with its operation.
    """
    contract = default_path()
    found: set[str] = set()
    with (
        running(seed=seed, defects=(defect,) if defect else (), strict=True) as server,
        TemporaryDirectory() as place,
    ):
        for url, host in ((server.base_url, "gateway"), (server.media_url, "media")):
            names = [
                item.id
                for item in load().operations
                if item.host == host and (not scope or item.id in scope)
            ]
            if not names:
                continue
            done = subprocess.run(
                [
                    *(sys.executable, "-m", "schemathesis.cli", "run", str(contract)),
                    *("--url", url, "--seed", str(seed)),
                    *(word for name in names for word in ("--include-operation-id", name)),
                    *("--generation-database", "none", "--no-color"),
                    *("-H", f"Authorization: Bearer {server.keys['secret']}"),
                ],
                capture_output=True,
                text=True,
                cwd=place,
                check=False,
            )
            if done.returncode not in {0, 1}:
                raise RuntimeError(f"schemathesis run ended with {done.returncode}: {done.stderr}")
            operation = ""
            for line in done.stdout.splitlines():
                if heading := re.fullmatch(r"_+ (.+?) _+", line):
                    operation = heading[1]
                elif failed := re.match(r"- (ST\d{3}) ", line):
                    found.add(f"{failed[1]} {operation}")
    return sorted(found)


def ask_stock(pool: Executor, names: Iterable[str], kept: Stock, file: Path | None) -> None:
    """Have stock schemathesis meet the defects that it has not met before.

    Args:
        pool: where it runs.
        names: of the defects.
        kept: what is known by now; what comes is added.
        file: where it is saved after every run, so that nothing is lost when this is stopped.
    """
    scopes = {name: scope_of(DEFECTS[name].requirement) for name in names if name not in kept.found}
    untold = sorted(scope for scope in {*scopes.values()} if " ".join(scope) not in kept.honest)
    runs = [*(("", scope) for scope in untold), *scopes.items()]
    asked = [pool.submit(stock, name, scope, kept.seed) for name, scope in runs]
    for (name, scope), answer in zip(runs, asked, strict=True):
        said = answer.result()
        held, key = (kept.found, name) if name else (kept.honest, " ".join(scope))
        held[key] = said
        if file is not None:
            kept.save(file)
        who = name or f"honest server, {', '.join(scope) or 'all operations'}"
        click.echo(f"stock, {who}: {', '.join(said) or 'nothing'}", err=True)


def _meet(arguments: tuple[str, str, str]) -> Kill:
    return meet(*arguments)


def table(kills: Iterable[Kill], alarms: dict[int, list[str]], stock: Stock) -> str:
    """Write the kill matrix as Markdown."""
    kills = sorted(kills, key=lambda item: (item.requirement, item.defect))
    dead = [kill for kill in kills if kill.killers]
    rows = [
        "# Kill matrix",
        "",
        "What the conformance suite makes of each defect of the reference server. Made by",
        "`make mutants`; not to be edited.",
        "",
        f"- **{len(dead)} of {len(kills)} defects are killed** by a check that cites the requirement "
        "which the defect breaks.",
    ]
    if alarms:
        loud = {seed: said for seed, said in alarms.items() if said}
        rows.append(
            f"- The honest server was met with {len(alarms)} seeds "
            f"({min(alarms)} to {max(alarms)}): {len(loud)} false alarms."
        )
    met = {kill.defect for kill in kills}
    caught = {name: said for name, said in stock.caught().items() if name in met}
    if caught:
        untrue = sorted({said for each in stock.honest.values() for said in each})
        rows.append(
            f"- Stock `schemathesis run` {stock.schemathesis} with its default settings, met with "
            f"{'all' if len(caught) == len(kills) else f'{len(caught)} (drawn by lot)'} of these "
            f"defects, notices **{sum(map(bool, caught.values()))}** of {len(caught)}. Server and "
            f"seed ({stock.seed}) are the same; it is told which operations the requirement is "
            "about, if not all, and takes its time. The column says which of its checks failed. "
            f"What it says of the honest server too ({', '.join(untrue) or 'nothing'}) is not "
            "counted." + ("" if len(caught) == len(kills) else " Where it is empty, nobody tried.")
        )
    rows += [
        "",
        "| requirement | defect | killed by | s |" + (" stock |" if caught else ""),
        "|---|---|---|---|" + ("---|" if caught else ""),
    ]
    for kill in kills:
        names = ", ".join(f"`{name}`" for name in kill.killers) or "**survives**"
        if not kill.killers and kill.others:
            names += f" (seen by {', '.join(kill.others[:3])})"
        row = f"| {kill.requirement} | {kill.defect} | {names} | {kill.seconds:.1f} |"
        if caught:
            codes = sorted({said.split()[0] for said in caught.get(kill.defect, [])})
            row += f" {', '.join(codes) or ('no' if kill.defect in caught else '')} |"
        rows.append(row)
    used: dict[str, list[str]] = {}
    for kill in dead:
        for name in kill.killers:
            used.setdefault(name, []).append(kill.defect)
    idle = sorted(set(REGISTRY) - set(used))
    doubled = sorted(
        name
        for name in used
        if name in REGISTRY
        and all(
            any(other != name and other in REGISTRY for other in kill.killers)
            for kill in dead
            if name in kill.killers
        )
    )
    rows += [
        "",
        "## Checks that kill no defect",
        "",
        "Candidates for removal, unless their docstring says why nothing can be seeded.",
        "",
    ]
    rows += [f"- `{name}`: {REGISTRY[name].description}" for name in idle] or ["None."]
    rows += ["", "## Checks whose every kill another written check makes as well", ""]
    rows += [f"- `{name}`" for name in doubled] or ["None."]
    return "\n".join(rows) + "\n"


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--only", multiple=True, metavar="TEXT", help="Only defects whose name holds this.")
@click.option("--sample", type=click.IntRange(1), help="So many defects, chosen by the seed.")
@click.option("--seed", default=1, show_default=True, help="Of the sample and of the runs.")
@click.option(
    "--seeds",
    type=click.IntRange(0),
    default=0,
    show_default=True,
    help="Meet the honest server with so many seeds.",
)
@click.option("--jobs", default=2, show_default=True, type=click.IntRange(1), help="Processes.")
@click.option(
    "--stock",
    "stock_sample",
    type=click.IntRange(0),
    default=0,
    help="Have so many of the defects met with stock schemathesis too, 4 to 40 seconds each.",
)
@click.option(
    "--stock-file",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Where what stock schemathesis said is kept from run to run (JSON).",
)
@click.option(
    "--output", type=click.Path(path_type=Path, dir_okay=False), help="Where the table goes."
)
@click.option(
    "--json",
    "json_file",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Where the raw result goes.",
)
def command(
    only: tuple[str, ...],
    sample: int | None,
    seed: int,
    seeds: int,
    jobs: int,
    stock_sample: int,
    stock_file: Path | None,
    output: Path | None,
    json_file: Path | None,
) -> int:
    """Run the suite against every defect of the reference server."""
    load()
    chosen = [
        defect
        for defect in DEFECTS.values()
        if not only or any(text in defect.name for text in only)
    ]
    if not chosen:
        raise click.ClickException(
            f"no defect has {' or '.join(map(repr, only))} in its name; "
            "pollinations-conformance serve --list-defects lists them"
        )
    if sample is not None and sample < len(chosen):
        chosen = random.Random(seed).sample(chosen, sample)
    stocked = read_stock(stock_file, seed)
    kills: list[Kill] = []
    alarms: dict[int, list[str]] = {}
    with ProcessPoolExecutor(jobs) as pool:
        work = [(item.name, item.requirement, item.summary) for item in chosen]
        for number, kill in enumerate(pool.map(_meet, work), 1):
            kills.append(kill)
            word = kill.killers[0] if kill.killers else "SURVIVES"
            if not kill.killers or sys.stderr.isatty():
                click.echo(
                    f"{number}/{len(work)} {kill.requirement} {kill.defect}: {word} "
                    f"{'' if kill.killers else kill.others[:3]} ({kill.seconds:.1f} s)",
                    err=True,
                )
        for which, said in zip(
            range(1, seeds + 1), pool.map(honest, range(1, seeds + 1)), strict=True
        ):
            alarms[which] = said
            for text in said:
                click.echo(f"false alarm with seed {which}: {text}", err=True)
        if stock_sample:
            # By hash, so that the lot stays the same when defects join.
            lot = sorted(DEFECTS, key=lambda name: sha256(f"{seed} {name}".encode()).digest())
            ask_stock(pool, lot[:stock_sample], stocked, stock_file)
    if output is not None:
        output.write_text(table(kills, alarms, stocked), encoding="utf-8")
    if json_file is not None:
        json_file.write_text(
            json.dumps([asdict(kill) for kill in kills], indent=1), encoding="utf-8"
        )
    alive = [kill.defect for kill in kills if not kill.killers]
    loud = [which for which, said in alarms.items() if said]
    click.echo(
        f"{len(kills) - len(alive)} of {len(kills)} defects killed"
        + (
            f"; honest server: {len(loud)} of {len(alarms)} seeds with a false alarm"
            if alarms
            else ""
        )
    )
    return 1 if alive or loud else 0


if __name__ == "__main__":
    from pollinations_conformance.cli.main import main

    sys.exit(main(command=command))
