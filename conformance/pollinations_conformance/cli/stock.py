"""What stock `schemathesis run` makes of the defects, for comparison with our suite."""

import json
import re
import subprocess
import sys
from collections.abc import Collection, Iterable
from concurrent.futures import Executor
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory

import click

from pollinations_conformance.checks import every
from pollinations_conformance.contract import default_path, load
from pollinations_conformance.server import running
from pollinations_conformance.server.defects import DEFECTS


@dataclass
class Stock:
    """What stock `schemathesis run` made of defects; kept in a file, because all of them take hours."""

    schemathesis: str
    seed: int
    honest: dict[str, list[str]] = field(default_factory=dict[str, list[str]])
    """What it reports of the server without defects: by scope, the checks that failed, each with its operation."""
    found: dict[str, list[str]] = field(default_factory=dict[str, list[str]])
    """The same by defect."""

    def caught(self) -> dict[str, list[str]]:
        """Return for each defect what is not reported of the server without defects as well."""
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
    """Return earlier measurements; none when they are of another version or seed.

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
        raise click.ClickException(
            f"{file} holds no measurements of --stock ({error}); name another file, or delete it"
        ) from None
    return kept if ours else begun


def scope_of(requirement: str) -> tuple[str, ...]:
    """Return the operations that a requirement is about; none when it is about all of them."""
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
        defect: its name; empty for the server without defects.
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
    """Run stock schemathesis against the defects that it was not run against before.

    Args:
        pool: where it runs.
        names: of the defects.
        kept: what is known by now; what comes is added.
        file: where it is saved after every run, so that nothing is lost when this is stopped.
    """
    scopes = {name: scope_of(DEFECTS[name].requirement) for name in names if name not in kept.found}
    untold = sorted(scope for scope in {*scopes.values()} if " ".join(scope) not in kept.honest)
    runs = [*(("", scope) for scope in untold), *scopes.items()]
    runs_of_stock = [pool.submit(stock, name, scope, kept.seed) for name, scope in runs]
    for (name, scope), future in zip(runs, runs_of_stock, strict=True):
        said = future.result()
        held, key = (kept.found, name) if name else (kept.honest, " ".join(scope))
        held[key] = said
        if file is not None:
            kept.save(file)
        who = name or f"no defect, {', '.join(scope) or 'all operations'}"
        click.echo(f"stock, {who}: {', '.join(said) or 'nothing'}", err=True)
