"""Run the suite against the embedded server in several processes, and put their reports together.

An interpreter does one thing at a time. So each process runs one shard of the suite, against an
embedded server of its own; verdicts and cases are those of a single process.
"""

import contextlib
import ctypes
import math
import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Callable, Generator
from dataclasses import dataclass, replace
from multiprocessing import resource_tracker
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any, cast

from pollinations_conformance.cli.main import explain
from pollinations_conformance.http.errors import ConformanceError
from pollinations_conformance.reports.build import build
from pollinations_conformance.reports.known import Known
from pollinations_conformance.reports.merge import merge
from pollinations_conformance.reports.model import Report
from pollinations_conformance.suite.corpus import open_corpus
from pollinations_conformance.suite.errors import TargetError
from pollinations_conformance.suite.events import Event, Handler
from pollinations_conformance.suite.execute import execute
from pollinations_conformance.suite.keyring import Keyring
from pollinations_conformance.suite.options import Options, Shard
from pollinations_conformance.suite.pricing import Ledger
from pollinations_conformance.suite.run import Run

MOST = 4
"""With more processes than these the longest operation would take as long as all others."""
PATIENCE = 5.0
"""Seconds in which a process that was stopped has to hand over its report."""
_M_ARENA_MAX = -8
"""What glibc's mallopt calls the number of its heaps."""


def sensible() -> int:
    """Return how many processes this machine has use for."""
    affinity: Callable[[int], set[int]] | None = getattr(os, "sched_getaffinity", None)
    cores = len(affinity(0)) if affinity is not None else os.cpu_count() or 1
    return max(1, min(cores, MOST))


@dataclass(frozen=True)
class Work:
    """What each of the processes has to do.

    Args:
        options: of the whole run.
        timeout: seconds until a response has to be complete.
        defects: of the embedded server.
        known: known failures.
        level: must, should or observed.
        database: where requests are kept that failed, if anywhere.
    """

    options: Options
    timeout: float
    defects: tuple[str, ...]
    known: tuple[Known, ...]
    level: str
    database: str | None


class Stopped(ConformanceError):
    """A run was interrupted before it knew anything."""


class Team:
    """The processes of a run.

    Args:
        work: what there is to do.
        processes: how many share it; at least 1.

    Attributes:
        interrupted: whether it was stopped.
        keys: those of the embedded server, once a report is there.
    """

    def __init__(self, work: Work, processes: int) -> None:
        self.work = work
        self.processes = processes
        self.interrupted = False
        self.keys = Keyring()
        self._links: dict[Connection, int] = {}
        self._deadline = math.inf

    def interrupt(self) -> None:
        """Stop: no further request goes out, and what is known by now is reported."""
        self.interrupted = True
        self._deadline = time.monotonic() + PATIENCE
        for link in self._links:
            with contextlib.suppress(OSError):
                link.send("stop")

    def execute(self, handle: Callable[[Event, int], None]) -> Report:
        """Run the work in all processes, and return the merged report.

        Args:
            handle: is given each event, and the number of the process in which it happened.

        Raises:
            TargetError: a process could not do its part; the message has the reason.
            Stopped: it was interrupted so soon that there is nothing to report.
        """
        begin = time.monotonic()
        context = multiprocessing.get_context("spawn")  # threads do not survive a fork
        members: list[BaseProcess] = []
        try:
            for number in range(1, self.processes + 1):
                ours, theirs = context.Pipe()
                shard = Shard(number, self.processes)
                part = replace(self.work, options=replace(self.work.options, shard=shard))
                members.append(context.Process(target=_work, args=(theirs, part), daemon=True))
                with _deaf():
                    members[-1].start()
                theirs.close()
                self._links[ours] = number
            if self.interrupted:
                self.interrupt()  # some were not there yet
            found = self._listen(handle)
        finally:
            for link in self._links:
                link.close()  # which ends those that are still at work
            for member in members:
                member.join(PATIENCE)
                if member.is_alive():
                    member.kill()
        report = merge([(Path(f"shard {number}"), item) for number, item in found.items()])
        return replace(report, seconds=time.monotonic() - begin)

    def _listen(self, handle: Callable[[Event, int], None]) -> dict[int, Report]:
        found: dict[int, Report] = {}
        while len(found) < self.processes:
            if time.monotonic() > self._deadline:
                raise Stopped
            # Never for long, so that Ctrl-C is seen: it must not cut a message in two.
            for link in wait([item for item in self._links if self._links[item] not in found], 0.1):
                number = self._links[cast("Connection", link)]
                kind, value = _next(cast("Connection", link))
                if kind == "error" and self.interrupted:
                    raise Stopped
                if kind == "error":
                    raise TargetError(value)
                if kind == "report":
                    found[number], self.keys = value
                if kind == "event":
                    handle(value, number)
        return found


def share_one_heap() -> None:
    """Have all threads of this process allocate from one heap, where the C library is glibc.

    It gives each thread one of its own otherwise, and what they leave free adds a hundred megabytes
    to a run. Nothing is lost by it: threads of Python take turns anyway.
    """
    with contextlib.suppress(OSError, AttributeError, TypeError):
        ctypes.CDLL(None).mallopt(_M_ARENA_MAX, 1)


@contextlib.contextmanager
def _deaf() -> Generator[None]:
    """Let what is started here not hear Ctrl-C, which a terminal sends to all of its processes."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    resource_tracker.ensure_running()  # its start would unblock the signal
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _next(link: Connection) -> tuple[str, Any]:
    try:
        kind, value = link.recv()
    except (EOFError, OSError):
        return "error", "a process of the run ended without a report"
    return kind, value


def _work(link: Connection, work: Work) -> None:
    """Run one shard, and report to the process that started this one."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # where _deaf has no effect
    share_one_heap()
    lock = threading.Lock()

    def report(kind: str, value: object) -> None:
        with lock, contextlib.suppress(OSError):
            link.send((kind, value))

    from pollinations_conformance import checks as written
    from pollinations_conformance.cli.target import open_target

    try:
        with open_target(
            None, None, {}, None, work.timeout, work.options.seed, work.defects
        ) as server:
            run = Run(
                server,
                work.options,
                Ledger(None),
                checks=written.every(),
                handlers=[_seldom(lambda event: report("event", event))],
            )
            run.own_process = True
            if work.database is not None:
                run.corpus = open_corpus(work.database)
            threading.Thread(target=_await_stop, args=(link, run.interrupt), daemon=True).start()
            execute(run)
            report("report", (build(run, work.known, work.level), server.keys))
            if run.abandoned:
                os._exit(0)  # requests are under way that nobody waits for
    except TargetError as error:
        report("error", str(error))
    except Exception as error:
        report("error", explain(error))


def _seldom(show: Handler, pause: float = 0.2) -> Handler:
    last = [0.0]

    def forward(event: Event) -> None:
        now = time.monotonic()
        if now - last[0] >= pause:
            last[0] = now
            show(event)

    return forward


def _await_stop(link: Connection, stop: Callable[[], None]) -> None:
    # The end of the process that started us ends us as well.
    with contextlib.suppress(EOFError, OSError):
        link.recv()
    stop()
