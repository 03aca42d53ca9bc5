"""Print how long the conformance suite takes beside stock `schemathesis run`, on this machine, as a Markdown table.

    python benchmarks/suite.py               three rounds of each, in turns; the best counts
    python benchmarks/suite.py --rounds 1

Ours is a full `check` with default settings, by which it uses the cores that there are. Stock is `schemathesis run`
with default settings (`--workers 2` gives it two threads) and the same key, once for the gateway and once for the media
host, as it takes one address; its server runs in this process, beside it. Every run is in an empty folder, so that
nothing is left of the one before. Exit code 1 when ours takes longer than stock or than the limit. Other work on the
machine spoils the times; the CPU seconds suffer less.
"""

from __future__ import annotations

import argparse
import functools
import json
import os
import platform
import re
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from tempfile import TemporaryDirectory

from pollinations_conformance.cli.target import open_target
from pollinations_conformance.contract import default_path
from pollinations_conformance.suite.keyring import MAIN

LIMIT = 60.0
"""Seconds that a full check may take on two cores."""
MEDIA = r"^/(upload|\{hash\})$"


@dataclass
class Measure:
    """What one run took."""

    seconds: float
    cpu: float
    cases: int
    said: str


def cpu() -> float:
    """Return the CPU seconds of this process and of those that it waited for."""
    whose = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    used = [resource.getrusage(item) for item in whose]
    return sum(item.ru_utime + item.ru_stime for item in used)


def ours() -> Measure:
    """Run our suite; its servers are in its processes."""
    begin, used = time.monotonic(), cpu()
    with TemporaryDirectory() as place:
        done = subprocess.run(
            [sys.executable, "-m", "pollinations_conformance", "check"],
            cwd=place,
            capture_output=True,
            text=True,
            check=False,
        )
        seconds, spent = time.monotonic() - begin, cpu() - used
        if done.returncode != 0:
            raise SystemExit(f"check ended with {done.returncode}: {done.stdout}{done.stderr}")
        report = json.loads((Path(place) / "reports" / "report.json").read_text(encoding="utf-8"))
    cases = report["cases"]
    said = f"{cases['written']} written checks, {report['counts']['pass']} requirements pass"
    return Measure(seconds, spent, report["requests"], said)


def stock(workers: int) -> Measure:
    """Run schemathesis; the server is in this process, and the time of its start is not counted."""
    with open_target(None, None, {}, None, 60.0, 1) as server, TemporaryDirectory() as place:
        begin, used = time.monotonic(), cpu()
        cases = 0
        codes: set[str] = set()
        for url, choose in (
            (server.base_url, "--exclude-path-regex"),
            (server.media_url or "", "--include-path-regex"),
        ):
            done = subprocess.run(
                [
                    *(sys.executable, "-m", "schemathesis.cli", "run", str(default_path())),
                    *("--url", url, choose, MEDIA, "--no-color", "--workers", str(workers)),
                    *("-H", f"Authorization: Bearer {server.keys.get(MAIN)}"),
                ],
                cwd=place,
                capture_output=True,
                text=True,
                check=False,
            )
            if done.returncode not in {0, 1}:
                raise SystemExit(f"schemathesis ended with {done.returncode}: {done.stderr}")
            cases += sum(int(item) for item in re.findall(r"([0-9]+) generated", done.stdout))
            codes |= set(re.findall(r"\bST[0-9]{3}\b", done.stdout)) if done.returncode else set()
        seconds, spent = time.monotonic() - begin, cpu() - used
    false = (
        f"reports {', '.join(sorted(codes))} of the server without defects"
        if codes
        else "no failure"
    )
    return Measure(seconds, spent, cases, false)


def main() -> int:
    """Run the command; see the top of the file."""
    parser = argparse.ArgumentParser(description="Measure the suite beside schemathesis.")
    parser.add_argument("--rounds", type=int, default=3, help="of each, in turns (default: 3)")
    parser.add_argument("--workers", type=int, default=1, help="threads of stock (default: 1)")
    given = parser.parse_args()
    rounds: int = given.rounds
    if rounds < 1 or given.workers < 1:
        parser.error("at least one round, and one worker, is needed")
    runs: tuple[Callable[[], Measure], ...] = (ours, functools.partial(stock, given.workers))
    found: dict[str, list[Measure]] = {"`check`": [], "`schemathesis run`": []}
    for number in range(1, rounds + 1):
        for (name, measures), run in zip(found.items(), runs, strict=True):
            measures.append(run())
            print(f"round {number}, {name}: {measures[-1].seconds:.1f} s", file=sys.stderr)
    best = {name: min(measures, key=lambda item: item.seconds) for name, measures in found.items()}
    print("| | seconds | CPU seconds | requests | outcome |")
    print("|---|---|---|---|---|")
    for name, item in best.items():
        print(f"| {name} | {item.seconds:.1f} | {item.cpu:.1f} | {item.cases} | {item.said} |")
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    print(
        f"\nBest of {rounds}. Python {platform.python_version()}, {cores} cores, "
        f"schemathesis {metadata.version('schemathesis')}."
    )
    mine, other = (item.seconds for item in best.values())
    return 0 if mine <= min(LIMIT, other) else 1


if __name__ == "__main__":
    raise SystemExit(main())
