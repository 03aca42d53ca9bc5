"""Prove the suite: run it against every defect of the reference server, and against none.

    python -m pollinations_conformance.mutants --output docs/kill-matrix.md

Each defect is met by the checks that cite the requirement it breaks; one that none of them finds
is met by the whole suite. Exit code 0: all are killed and the honest server passes.
"""

import json
import random
import re
import subprocess
import sys
import time
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

import click

from pollinations_conformance import report as reports
from pollinations_conformance.budget import Ledger
from pollinations_conformance.checks import every
from pollinations_conformance.command import target
from pollinations_conformance.contract import default_path, load
from pollinations_conformance.runner import REGISTRY, Options, Run
from pollinations_conformance.target import MAIN


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
        with target(None, None, {}, None, 20.0, seed, (defect,)) as server:
            run = Run(server, options, Ledger(None), checks=every())
            run.execute()
        failed = [
            outcome
            for outcome in [*run.outcomes, *run.faults.values(), *reports.watched(run)]
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
    with target(None, None, {}, None, 20.0, seed) as server:
        run = Run(
            server,
            Options(seed=seed, jobs=2, generated=not written_only),
            Ledger(None),
            checks=every(),
        )
        run.execute()
        report = reports.build(run, level="should")
    found = [
        f"{line.id}: {line.reason}" for line in report.lines if line.verdict in {"fail", "error"}
    ]
    found += [f"operation {item['id']} never succeeded" for item in report.silent()]
    return found


def stock(defect: str, seed: int = 1, seconds: int = 40) -> str:
    """Run stock `schemathesis run` against one defect, for as long as our suite takes.

    Returns:
        The checks of it that failed, or an empty text.
    """
    contract = default_path()
    found: set[str] = set()
    names = (defect,) if defect else ()
    with target(None, None, {}, None, 20.0, seed, names) as server, TemporaryDirectory() as place:
        for url, paths, share in (
            (server.base_url, "--exclude-path-regex", seconds * 3 // 4),
            (server.media_url or "", "--include-path-regex", seconds // 4),
        ):
            done = subprocess.run(
                [
                    *(sys.executable, "-m", "schemathesis.cli", "run", str(contract)),
                    *("--url", url, paths, r"^/(upload|\{hash\})$", "--seed", str(seed)),
                    *("--max-time", str(share), "--generation-database", "none", "--no-color"),
                    *("-H", f"Authorization: Bearer {server.keys.get(MAIN)}"),
                ],
                capture_output=True,
                text=True,
                cwd=place,
                check=False,
            )
            if done.returncode not in {0, 1}:
                raise RuntimeError(f"schemathesis run ended with {done.returncode}: {done.stderr}")
            found |= set(re.findall(r"\bST\d{3}\b", done.stdout)) if done.returncode else set()
    return ", ".join(sorted(found))


def _meet(arguments: tuple[str, str, str]) -> Kill:
    return meet(*arguments)


def table(kills: Iterable[Kill], alarms: dict[int, list[str]], stock: dict[str, str]) -> str:
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
    silent = set(stock.get("", "").split(", "))
    caught = {
        name: ", ".join(sorted(set(said.split(", ")) - silent - {""}))
        for name, said in stock.items()
        if name
    }
    if stock:
        rows.append(
            f"- Stock `schemathesis run`, same server, seed and 40 seconds, catches "
            f"{sum(said != '' for said in caught.values())} of {len(caught)} sampled ones; on the "
            f"honest server it reports {stock.get('') or 'nothing'}, which is not counted."
        )
    rows += [
        "",
        "| requirement | defect | killed by | s |" + (" stock |" if stock else ""),
        "|---|---|---|---|" + ("---|" if stock else ""),
    ]
    for kill in kills:
        names = ", ".join(f"`{name}`" for name in kill.killers) or "**survives**"
        if not kill.killers and kill.others:
            names += f" (seen by {', '.join(kill.others[:3])})"
        row = f"| {kill.requirement} | {kill.defect} | {names} | {kill.seconds:.1f} |"
        if stock:
            row += f" {(caught[kill.defect] or 'no') if kill.defect in caught else ''} |"
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
            any(other != name for other in kill.killers) for kill in dead if name in kill.killers
        )
    )
    rows += [
        "",
        "## Checks that kill no defect",
        "",
        "Candidates for removal, unless their docstring says why nothing can be seeded.",
        "",
    ]
    rows += [f"- `{name}`: {REGISTRY[name].sentence}" for name in idle] or ["None."]
    rows += ["", "## Checks whose every kill another check makes as well", ""]
    rows += [f"- `{name}`" for name in doubled] or ["None."]
    return "\n".join(rows) + "\n"


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--only", multiple=True, metavar="TEXT", help="Only defects whose name holds this.")
@click.option("--sample", type=click.IntRange(1), help="So many defects, chosen by the seed.")
@click.option("--seed", default=1, show_default=True, help="Of the sample and of the runs.")
@click.option(
    "--seeds", default=0, show_default=True, help="Meet the honest server with so many seeds."
)
@click.option("--jobs", default=2, show_default=True, type=click.IntRange(1), help="Processes.")
@click.option(
    "--stock",
    "stock_sample",
    type=click.IntRange(0),
    default=0,
    help="Meet so many of the defects with stock schemathesis too, at 40 seconds each.",
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
    output: Path | None,
    json_file: Path | None,
) -> int:
    """Run the suite against every defect of the reference server."""
    from pollinations_conformance.server.defects import DEFECTS

    load()
    chosen = [
        defect
        for defect in DEFECTS.values()
        if not only or any(text in defect.name for text in only)
    ]
    if sample is not None and sample < len(chosen):
        chosen = random.Random(seed).sample(chosen, sample)
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
    told: dict[str, str] = {}
    if stock_sample:
        told[""] = stock("", seed)
        some = random.Random(seed).sample(chosen, min(stock_sample, len(chosen)))
        told.update({item.name: stock(item.name, seed) for item in some})
    if output is not None:
        output.write_text(table(kills, alarms, told), encoding="utf-8")
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
    from pollinations_conformance.cli import main

    sys.exit(main(command=command))
