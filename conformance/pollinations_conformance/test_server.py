"""The suite as plain pytest, for those who want its options.

    pytest --pyargs pollinations_conformance.test_server
    pytest --pyargs pollinations_conformance.test_server -n 4 -k CHAT-STREAM

Without an address it runs against the embedded reference server. What `check` takes as options
comes from the environment here: POLLINATIONS_BASE_URL, POLLINATIONS_MEDIA_URL,
POLLINATIONS_API_KEY, POLLINATIONS_KEYS_FILE, POLLINATIONS_BUDGET (pollen, 0 when absent),
POLLINATIONS_SEED, POLLINATIONS_EXAMPLES, POLLINATIONS_LEVEL, POLLINATIONS_KNOWN and
POLLINATIONS_REPORT_DIR (no report when absent). What could not be tested is skipped, with the
reason; what is known to fail, or fails below the level, is an expected failure.

With pytest-xdist each worker runs its share of the same cases: budget and pace are divided among
them, and a check that must be alone waits for the others when they share a server. Each leaves a
report of its own in a folder of POLLINATIONS_REPORT_DIR; `pollinations-conformance merge` makes one
of them.
"""

import contextlib
import os
from collections.abc import Callable, Generator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NoReturn, TypeVar

import pytest

from pollinations_conformance.checks import every
from pollinations_conformance.cli.target import POLITE, given_keys, open_target
from pollinations_conformance.contract import load
from pollinations_conformance.reports import known
from pollinations_conformance.reports.build import build
from pollinations_conformance.reports.exchange import curl
from pollinations_conformance.reports.model import LEVELS
from pollinations_conformance.reports.write import write
from pollinations_conformance.suite import generated
from pollinations_conformance.suite.errors import TargetError
from pollinations_conformance.suite.execute import run_check
from pollinations_conformance.suite.options import Options, Shard
from pollinations_conformance.suite.outcome import Outcome
from pollinations_conformance.suite.pricing import Ledger
from pollinations_conformance.suite.probe import close_ledger, prepare
from pollinations_conformance.suite.registry import Check
from pollinations_conformance.suite.run import Run
from pollinations_conformance.suite.target import is_loopback, parse_address

T = TypeVar("T")


@dataclass(frozen=True)
class Case:
    """What one test does.

    Args:
        name: its id; for -k.
        check: a written check, or None.
        operations: those whose generated cases are made, if there is no check.
    """

    name: str
    check: Check | None = None
    operations: frozenset[str] = frozenset()


def cases() -> list[Case]:
    """List all tests, the long ones in between, so that workers get as much to do."""
    written = [Case(f"{'+'.join(item.requirements)}:{item.name}", item) for item in every()]
    units = [Case(f"generated:{'+'.join(sorted(unit))}", None, unit)
             for unit in generated.units(load())]  # fmt: skip
    step = len(written) // len(units)
    for number, unit in enumerate(units):
        written.insert(number * (step + 1), unit)
    return written


def refuse(message: str) -> NoReturn:
    """End the session with one line."""
    if worker() is None:
        pytest.exit(message, returncode=2)
    pytest.fail(message, pytrace=False)  # what a worker says while it exits is lost


def setting(name: str, default: T, read: Callable[[str], T]) -> T:
    """Read a setting from the environment."""
    text = os.environ.get(f"POLLINATIONS_{name}", "").strip()
    try:
        return read(text) if text else default
    except (ValueError, StopIteration):
        pass  # reported below, so that nobody has to read about this exception as well
    refuse(f"POLLINATIONS_{name} cannot be {text!r}")


def level() -> str:
    """Return the level at which a requirement fails a test."""

    def read(text: str) -> str:
        return next(name for name in LEVELS if name == text)

    return setting("LEVEL", "must", read)


def entries() -> list[known.Known]:
    """Return the known failures of the target."""
    name = setting("KNOWN", "", str)
    path = known.REAL_SERVICE if name == "service" else Path(name)
    return known.load(path, load()) if name else []


def worker() -> Shard | None:
    """Return which worker of pytest-xdist this is, if it is one."""
    name = os.environ.get("PYTEST_XDIST_WORKER", "")
    if not name:
        return None
    return Shard(int(name.removeprefix("gw")) + 1, int(os.environ["PYTEST_XDIST_WORKER_COUNT"]))


@pytest.fixture(scope="session")
def conformance_run() -> Generator[Run]:
    """Yield a run whose cases pytest starts one by one."""
    with opened() as run:
        yield run


@contextlib.contextmanager
def opened() -> Generator[Run]:
    """Open the run that the environment describes, and write its report at the end."""
    base_url = setting("BASE_URL", None, str)
    media_url = setting("MEDIA_URL", None, str) if base_url else None
    part = worker()
    workers = part.of if part else 1
    options = Options(seed=setting("SEED", 1, int), examples=setting("EXAMPLES", 10, int))
    rate = None
    try:
        if base_url and not is_loopback(parse_address(base_url, "POLLINATIONS_BASE_URL")):
            rate = POLITE / workers
        keys = given_keys(setting("KEYS_FILE", None, Path), None) if base_url else {}
        expected = entries()
    except (TargetError, known.KnownError) as error:
        refuse(str(error))
    with open_target(base_url, media_url, keys, rate, 60.0, options.seed) as server:
        budget = None if server.embedded else setting("BUDGET", 0.0, float) / workers
        run = Run(server, options, Ledger(budget), checks=every())
        try:
            prepare(run)
        except TargetError as error:
            refuse(str(error))
        yield run
        close_ledger(run)
        run.seconds = run.clock.now() - run.started
        directory = setting("REPORT_DIR", None, Path)
        if directory is not None:
            found = build(run, expected, level())
            if part is not None:
                found = replace(found, shard={"number": part.number, "of": part.of})
                directory /= f"worker-{part.number}"
            write(found, directory, server.keys)


@contextlib.contextmanager
def turn(alone: bool, run: Run, directory: Path) -> Generator[None]:
    """Keep the other workers from the server while a check must be alone with it."""
    if worker() is None or run.target.embedded:  # each worker has an embedded server of its own
        yield
        return
    try:
        import fcntl
    except ImportError:
        if alone:
            pytest.skip("it must be alone, and there is no lock here; run it without -n")
        yield
        return
    with (directory.parent / "conformance.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX if alone else fcntl.LOCK_SH)
        yield


@pytest.mark.parametrize("case", [pytest.param(case, id=case.name) for case in cases()])
def test_server(case: Case, conformance_run: Run, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Run a check, or the cases made for some operations, and say what came of it."""
    run = conformance_run
    seen = {id(item) for item in shown(run)}
    alone = case.check is not None and bool(case.check.exclusive or case.check.lane)
    with turn(alone, run, tmp_path_factory.getbasetemp()):
        if case.check is not None:
            # Kept for the report, which shows it beside what was seen in passing.
            run.outcomes.append(run_check(run, case.check))
            seen -= {id(run.outcomes[-1])}
        else:
            generated.run(run, case.operations)
    assess(run, [item for item in shown(run) if id(item) not in seen])
    missing = [run.operations[name] for name in case.operations]
    if gone := [item.missing for item in missing if item.missing]:
        pytest.fail("; ".join(gone), pytrace=False)
    if untried := [item.untried for item in missing if item.untried]:
        pytest.skip("; ".join(untried))


def shown(run: Run) -> list[Outcome]:
    """List what a run knows: of checks, and of every answer that departs from the contract."""
    broken = [outcome for _, outcome in run.watched.values() if outcome is not None]
    return [*run.outcomes, *run.violations.values(), *broken]


def assess(run: Run, outcomes: list[Outcome]) -> None:
    """End a test as its outcomes demand."""
    levels, known_failures = LEVELS[level()], entries()
    failing: list[str] = []
    expected: list[str] = []
    for item in outcomes:
        if item.verdict in {"pass", "not tested"}:
            continue
        requirements = [run.contract.requirements[name] for name in item.requirements]
        lines = [*(each.text for each in requirements), f"{item.requirements[0]}: {item.reason}"]
        if item.exchanges:
            lines.append(curl(run.target, item.exchanges[-1]))
        known_ones = all(any(e.matches(name) for e in known_failures) for name in item.requirements)
        minor = not any(each.level in levels for each in requirements)
        is_expected = item.verdict == "fail" and (known_ones or minor)
        (expected if is_expected else failing).append("\n".join(lines))
    if failing:
        pytest.fail("\n".join(failing), pytrace=False)
    if expected:
        pytest.xfail("\n".join(expected))
    if reasons := [item.reason for item in outcomes if item.verdict == "not tested"]:
        pytest.skip(reasons[0])
