"""Test a run that is shared by several processes: its verdicts, its interruptions, its failures."""

import json
import multiprocessing
import os
import random
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest

from pollinations_conformance.checks import every
from pollinations_conformance.cli import main as cli
from pollinations_conformance.cli import workers as parallel
from pollinations_conformance.cli.target import open_target
from pollinations_conformance.cli.workers import MOST, Team, Work
from pollinations_conformance.reports.build import build
from pollinations_conformance.reports.json import read
from pollinations_conformance.reports.model import Report
from pollinations_conformance.suite.errors import TargetError
from pollinations_conformance.suite.events import CheckFinished, Event
from pollinations_conformance.suite.execute import execute
from pollinations_conformance.suite.options import Options
from pollinations_conformance.suite.pricing import Ledger
from pollinations_conformance.suite.run import Run
from pollinations_conformance.suite.session import Session

pytestmark = pytest.mark.whole_run

TAGS = frozenset({"models", "media"})
PATIENCE = 60.0
MEASURED = """
import os, subprocess, sys
process = subprocess.Popen(sys.argv[1:], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
_, status, used = os.wait4(process.pid, 0)
process.returncode = os.waitstatus_to_exitcode(status)
print(process.returncode, used.ru_maxrss)
"""
"""Runs a command and prints its exit code and its peak of memory, as the system counts it."""


def work(*defects: str, database: str | None = None, **options: object) -> Work:
    settings: dict[str, object] = {"tags": TAGS, "examples": 2, **options}
    return Work(Options(**settings), 20.0, defects, (), "must", database)  # type: ignore[arg-type]


def silent(_: Event, __: int) -> None:
    """Show nothing."""


def verdicts(found: Report) -> dict[str, str]:
    return {line.id: line.verdict for line in found.lines}


def test_several_processes_find_what_one_finds() -> None:
    order = work("models-twice")
    with open_target(None, None, {}, None, 20.0, 1, order.defects) as server:
        run = Run(server, order.options, Ledger(None), checks=every())
        execute(run)
    one = build(run)
    seen: list[tuple[Event, int]] = []
    team = Team(order, 2)
    two = team.execute(lambda event, process: seen.append((event, process)))
    assert "fail" in verdicts(one).values()
    assert verdicts(two) == verdicts(one)
    assert two.exit_code() == one.exit_code() == 1
    assert two.cases["written"] == one.cases["written"] > 0
    assert two.cases["generated"] == one.cases["generated"] > 0
    assert two.shard is None
    assert {process for event, process in seen if isinstance(event, CheckFinished)} == {1, 2}
    assert team.keys.get("secret") == server.keys.get("secret")


def test_the_same_seed_makes_the_same_cases_in_any_number_of_processes() -> None:
    cases: list[dict[str, object]] = []
    for processes in (1, 2, 3):
        found = Team(work(tags=frozenset({"text"})), processes).execute(silent)
        cases.append({name: found.cases[name] for name in ("generated", "valid", "invalid")})
    assert cases[0] == cases[1] == cases[2]
    assert all(cases[0].values())


def test_a_run_of_several_processes_can_be_stopped_and_reports_what_is_known() -> None:
    team = Team(work(tags=frozenset[str](), examples=1000), 2)
    timer: list[threading.Timer] = []
    busy: set[int] = set()

    def at_work(event: Event, process: int) -> None:
        if isinstance(event, CheckFinished):
            busy.add(process)
        if len(busy) == 2 and not timer:
            timer.append(threading.Timer(0.5, team.interrupt))
            timer[0].start()

    found = team.execute(at_work)
    assert timer
    assert found.interrupted
    assert found.exit_code() == 2
    assert 0 < found.cases["written"] < len(every())
    assert not multiprocessing.active_children()


def test_a_process_that_dies_is_one_line() -> None:
    team = Team(work(examples=1000), 2)

    def kill(_: Event, __: int) -> None:
        multiprocessing.active_children()[0].kill()

    with pytest.raises(TargetError, match=r"^a process of the run ended without a report$"):
        team.execute(kill)
    assert not multiprocessing.active_children()


def test_what_stops_one_process_is_reported_in_its_words() -> None:
    with pytest.raises(TargetError, match="no defect of the name 'no-such-thing'"):
        Team(work("no-such-thing"), 2).execute(silent)
    with pytest.raises(TargetError, match="database"):
        Team(work(database="ftp://somewhere"), 2).execute(silent)


def started(tmp_path: Path, *more: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "pollinations_conformance", "check", "--processes", "2"]
    return subprocess.Popen(
        [*command, "--examples", "1000", "--report-dir", "out", *more],
        cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        start_new_session=True,
    )  # fmt: skip


def children(process: subprocess.Popen[str]) -> list[int]:
    """List the processes that a process started; those of multiprocessing's own use too."""
    reported = subprocess.run(
        ["ps", "-A", "-o", "pid=,ppid="], capture_output=True, text=True, check=True
    )
    pairs = [tuple(map(int, line.split())) for line in reported.stdout.splitlines()]
    return [pid for pid, parent in pairs if parent == process.pid]


def worked(process: subprocess.Popen[str]) -> float:
    """Return the CPU seconds of the processes that a process started, whatever else the machine does."""
    told = subprocess.run(
        ["ps", "-A", "-o", "ppid=,time="], capture_output=True, text=True, check=True
    )
    seconds = 0.0
    for parent, used in (line.split() for line in told.stdout.splitlines()):
        if int(parent) == process.pid:
            days, _, clock = used.rpartition("-")
            hours, minutes, rest = clock.split(":")
            seconds += int(days or 0) * 86_400 + int(hours) * 3600 + int(minutes) * 60 + int(rest)
    return seconds


def until(true: object, seconds: float = PATIENCE) -> None:
    """Wait for something to become true."""
    assert callable(true)
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end
        time.sleep(0.1)


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


posix = pytest.mark.skipif(
    os.name != "posix" or shutil.which("ps") is None, reason="it needs signals and ps"
)


@posix
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_to_the_command_alone_leaves_a_report_and_no_process(
    number: signal.Signals, tmp_path: Path
) -> None:
    process = started(tmp_path)
    until(lambda: worked(process) >= 5, 120)  # by then each has sent requests
    left = children(process)
    begin = time.monotonic()
    process.send_signal(number)
    out, error = process.communicate(timeout=PATIENCE)
    assert time.monotonic() - begin < 15
    assert process.returncode == 130, error
    assert "Traceback" not in out + error
    assert "the run was interrupted" in out
    value = json.loads((tmp_path / "out" / "report.json").read_text(encoding="utf-8"))
    assert value["interrupted"]
    until(lambda: not any(map(alive, left)), 10)


@posix
@pytest.mark.parametrize("seconds", [0.05, 0.3, 0.6, 1.0, 1.5])
def test_a_signal_to_all_processes_at_any_time_is_an_interruption(
    seconds: float, tmp_path: Path
) -> None:
    process = started(tmp_path)
    until(lambda: children(process))
    time.sleep(seconds)
    os.killpg(process.pid, signal.SIGINT)  # as a terminal does
    out, error = process.communicate(timeout=PATIENCE)
    assert process.returncode == 130, error
    assert "Traceback" not in out + error
    assert "interrupted" in (out + error).lower()


@posix
def test_processes_end_with_the_one_that_started_them(tmp_path: Path) -> None:
    process = started(tmp_path)
    until(lambda: len(children(process)) >= 2)
    time.sleep(2)
    left = children(process)
    process.kill()
    process.communicate(timeout=PATIENCE)
    until(lambda: not any(map(alive, left)), 20)


def test_a_given_server_is_met_by_one_process(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["--processes", "2", "--base-url", "http://127.0.0.1:1", "--report-dir", str(tmp_path)]
    assert cli.main(["check", *words]) == 2
    error = capsys.readouterr().err
    assert "--shard" in error
    assert error.count("\n") == 1


@pytest.mark.parametrize(
    "words",
    [("--processes", "1"), ("--tag", "models"), ("--requirement", "MODELS-*"), ("--shard", "1/40")],
)
def test_a_part_of_the_suite_is_run_by_one_process(
    words: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Team, "execute", None)  # it would fail
    place = ["--report-dir", str(tmp_path), "--no-generated", "--max-time", "1s"]
    assert cli.main(["check", *words, *place]) in {0, 2}  # time was up too soon to tell
    assert read(tmp_path / "report.json").requests > 0


def test_there_are_as_many_processes_as_cores_within_reason(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert 1 <= parallel.sensible() <= MOST
    monkeypatch.delattr(os, "sched_getaffinity", raising=False)
    for cores, wanted in ((None, 1), (1, 1), (2, 2), (64, MOST)):
        monkeypatch.setattr(os, "cpu_count", lambda cores=cores: cores)
        assert parallel.sensible() == wanted


@pytest.mark.skipif(not hasattr(os, "wait4"), reason="there is no wait4 here")
@pytest.mark.longest
def test_a_whole_run_in_one_process_takes_less_than_300_mb(tmp_path: Path) -> None:
    words = ["--processes", "1", "--examples", "2", "--report-dir", str(tmp_path)]
    command = [sys.executable, "-m", "pollinations_conformance", "check", *words]
    # By way of a small process: a new one begins with the peak of the one that it is forked from.
    done = subprocess.run(
        [sys.executable, "-c", MEASURED, *command], capture_output=True, text=True, check=True
    )
    status, peak = map(int, done.stdout.split())
    assert status == 0
    assert peak < 300 * 2 ** (20 if sys.platform == "darwin" else 10)


# -- the same again ------------------------------------------------------------------------------


@pytest.fixture
def uneven(monkeypatch: pytest.MonkeyPatch) -> Generator[None]:
    """Have each request wait for a while, and threads take turns often, as on a busy machine.

    What races takes another course then, and no other test has to share its cores with a load.
    """
    send, luck = Session.send, random.Random(90001)

    def late(self: Session, method: str, path: str, **more: Any) -> Any:
        time.sleep(luck.random() ** 4 / 20)  # mostly hardly at all, sometimes 50 ms
        return send(self, method, path, **more)

    interval = sys.getswitchinterval()
    sys.setswitchinterval(interval / 20)
    monkeypatch.setattr(Session, "send", late)
    yield
    sys.setswitchinterval(interval)


def repeat() -> dict[str, str]:
    """Return the verdicts of a run in which much is billed at the same time."""
    options = Options(generated=False, seed=90001, tags=frozenset({"account", "chat", "audio"}))
    # The bound of a response is that of `check`; it is not the subject.
    with open_target(None, None, {}, None, 60.0, 90001) as server:
        run = Run(server, options, Ledger(None), checks=every())
        execute(run)
    report = build(run)
    assert [(line.id, line.reason) for line in report.failing()] == []
    return verdicts(report)


def test_the_same_run_has_the_same_verdicts_whenever_its_requests_are_sent(
    request: pytest.FixtureRequest,
) -> None:
    """Readings that are compared are of the same state, whatever else is billed meanwhile."""
    usual = repeat()
    request.getfixturevalue("uneven")
    for _ in range(2):
        assert repeat() == usual
