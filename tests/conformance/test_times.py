"""Test that a run keeps to its time: interruptions, --max-time, progress, and any number of jobs."""

import json
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Generator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from pollinations_conformance.checks import every
from pollinations_conformance.checks.common.responses import present
from pollinations_conformance.cli.target import open_target
from pollinations_conformance.reports.build import build
from pollinations_conformance.server import running
from pollinations_conformance.suite import pricing
from pollinations_conformance.suite.events import Event, GenerationFinished, ProbeStarted
from pollinations_conformance.suite.execute import execute
from pollinations_conformance.suite.options import Options
from pollinations_conformance.suite.plan import selected
from pollinations_conformance.suite.run import Run
from pollinations_conformance.suite.target import Target
from tests.clocks import SkippingClock

MODELS = {"object": "list", "data": [{"id": "one", "object": "model", "created": 1}]}
PATIENCE = 60.0


class Slow:
    """A server with a list of models, which at some point stops answering."""

    def __init__(self) -> None:
        self.stuck_after = 10**9
        self.asked = 0
        self.stuck = threading.Event()
        self.released = threading.Event()
        self.url = ""

    def response(self, path: str) -> tuple[int, object]:
        self.asked += 1
        if self.asked > self.stuck_after:
            self.stuck.set()
            self.released.wait(PATIENCE)
        if path.partition("?")[0] == "/v1/models":
            return 200, MODELS
        return 404, {"status": 404, "success": False}


@contextmanager
def slow() -> Generator[Slow]:
    state = Slow()

    class Handler(BaseHTTPRequestHandler):
        disable_nagle_algorithm = True  # or each response waits for what acknowledges its headers
        protocol_version = "HTTP/1.1"

        def response(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            status, value = state.response(self.path)
            content = json.dumps(value).encode()
            try:
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                if self.command != "HEAD":
                    self.wfile.write(content)
            except OSError:
                self.close_connection = True  # nobody waits any more

        do_GET = do_POST = do_HEAD = do_OPTIONS = do_DELETE = response

        def log_message(self, format: str, *args: Any) -> None:
            """Log nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    state.url = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield state
    finally:
        state.released.set()
        server.shutdown()
        server.server_close()
        thread.join()


def start(state: Slow, tmp_path: Path, *more: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "pollinations_conformance", "check", "--base-url", state.url]
    return subprocess.Popen(
        [*command, "--tag", "models", "--report-dir", "out", *more],
        cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> int:
    """Count the requests that come before the generated ones."""
    with slow() as state:
        done = start(state, tmp_path_factory.mktemp("count"), "--no-generated")
        done.communicate(timeout=PATIENCE)
        return state.asked


PHASES = ["looking at the server", "written checks", "generated cases"]


@pytest.mark.whole_run
@pytest.mark.parametrize("phase", PHASES)
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_run_ends_soon_and_reports_what_is_known(
    number: signal.Signals, phase: str, written: int, tmp_path: Path
) -> None:
    with slow() as state:
        state.stuck_after = {PHASES[0]: 5, PHASES[1]: written - 4, PHASES[2]: written + 4}[phase]
        process = start(state, tmp_path)
        assert state.stuck.wait(PATIENCE)
        begin = time.monotonic()
        process.send_signal(number)
        out, error = process.communicate(timeout=PATIENCE)
        assert time.monotonic() - begin < 15  # the server would keep it for a minute
    assert process.returncode == 130, error
    assert "Traceback" not in out + error
    assert "the run was interrupted" in out
    value = json.loads((tmp_path / "out" / "report.json").read_text(encoding="utf-8"))
    assert value["interrupted"]
    assert value["exit_code"] != 0
    untested = [item for item in value["requirements"] if item["verdict"] == "not tested"]
    reasons = {item["reason"] for item in untested}
    assert phase == PHASES[2] or "the run was interrupted first" in reasons
    assert {file.name for file in (tmp_path / "out").iterdir()} == {
        "report.json",
        "junit.xml",
        "report.html",
        "badge.svg",
    }


@pytest.mark.whole_run
def test_a_second_interruption_ends_at_once(written: int, tmp_path: Path) -> None:
    with slow() as state:
        state.stuck_after = written - 4
        process = start(state, tmp_path)
        assert state.stuck.wait(PATIENCE)
        process.send_signal(signal.SIGINT)
        process.send_signal(signal.SIGINT)
        out, error = process.communicate(timeout=PATIENCE)
    assert process.returncode == 130
    assert "Traceback" not in out + error
    for file in (tmp_path / "out").glob("*.json"):
        json.loads(file.read_text(encoding="utf-8"))  # whole, if it is there at all


@pytest.mark.whole_run
def test_the_time_limit_holds_against_a_server_that_does_not_respond(
    written: int, tmp_path: Path
) -> None:
    with slow() as state:
        state.stuck_after = written - 4
        begin = time.monotonic()
        process = start(state, tmp_path, "--max-time", "3s")
        out, error = process.communicate(timeout=PATIENCE)
        assert time.monotonic() - begin < 15
    assert "Traceback" not in out + error
    value = json.loads((tmp_path / "out" / "report.json").read_text(encoding="utf-8"))
    assert value["seconds"] < 5
    assert not value["interrupted"]
    said = {item["reason"] for item in value["requirements"] if item["verdict"] == "not tested"}
    assert any("the run's time was up" in text for text in said), said
    # That the server was slow to the end of our patience is no fault of its own.
    assert not [item for item in value["requirements"] if "no complete answer" in item["reason"]]


@pytest.mark.whole_run
def test_time_that_is_up_while_looking_at_the_server_leaves_a_report(tmp_path: Path) -> None:
    with slow() as state:
        state.stuck_after = 2
        process = start(state, tmp_path, "--max-time", "1s")
        out, error = process.communicate(timeout=PATIENCE)
    assert process.returncode == 2, out + error
    assert "nothing was tested" in out
    assert (tmp_path / "out" / "report.json").exists()


@pytest.mark.whole_run
@pytest.mark.parametrize("words", [("--max-time", "1s"), ("--timeout", "0.2")])
def test_a_server_that_never_responds_is_one_line(words: tuple[str, ...], tmp_path: Path) -> None:
    with slow() as state:
        state.stuck_after = 0
        process = start(state, tmp_path, *words)
        out, error = process.communicate(timeout=PATIENCE)
    assert process.returncode == 2
    assert out == ""
    assert error.startswith(("Error: no response ", "Error: no HTTP response comes from "))
    assert error.count("\n") == 1


@pytest.mark.whole_run
def test_with_little_time_the_written_checks_come_first() -> None:
    seen: list[Event] = []
    with open_target(None, None, {}, None, 20.0, 1) as server:
        options = Options(max_time=8.0, tags=frozenset({"models"}), examples=2000)
        run = Run(server, options, pricing.Ledger(None), checks=every(), handlers=[seen.append])
        begin = time.monotonic()
        execute(run)
        assert time.monotonic() - begin < 30  # it would take minutes; a busy machine may add some
    assert {item.verdict for item in run.outcomes} == {"pass"}
    assert len(run.outcomes) == len(selected(run))
    turns = [
        isinstance(item, GenerationFinished) for item in seen if not isinstance(item, ProbeStarted)
    ]
    assert turns == sorted(turns)
    assert run.cases.seconds > 2  # it went on with generated cases until the time was up
    found = build(run)
    assert found.seconds_by_tag["models"] > 0
    assert found.exit_code() == 0


@pytest.mark.parametrize(
    "tags",
    [
        ("models", "text"),
        pytest.param(("models", "text", "account"), marks=pytest.mark.whole_run),
    ],
    ids=" ".join,
)
def test_any_number_of_jobs_gives_the_same_verdicts(tags: tuple[str, ...]) -> None:
    found: list[dict[str, tuple[str, str]]] = []
    for jobs in (1, 8):
        with open_target(
            None, None, {}, None, 20.0, 1, ("infos-dollars", "text-empty-prompt")
        ) as server:
            options = Options(jobs=jobs, tags=frozenset(tags), generated=False)
            run = Run(server, options, pricing.Ledger(None), checks=every())
            execute(run)
        found.append({line.id: (line.verdict, line.tag) for line in build(run).lines})
    assert found[0] == found[1]
    assert "fail" in {verdict for verdict, _ in found[0].values()}
    assert {said[0] for said in found[0].values()} == {"pass", "fail"}


def test_a_run_keeps_its_pace_by_its_own_clock_and_its_responses_have_the_time_of_it() -> None:
    clock = SkippingClock()
    with running(clock=clock.now) as server:
        target = Target(server.base_url, per_second=0.001, clock=clock.of_the_suite())
        url = target.url("/v1/models")
        begin = time.monotonic()
        first, second = (target.fetch("GET", url, (), b"") for _ in range(2))
        assert time.monotonic() - begin < PATIENCE
        target.close()
    assert clock.skipped == pytest.approx(1000, abs=PATIENCE)
    assert first.at is not None
    assert second.at is not None
    assert second.at - first.at > 900
    assert abs(present(second).timestamp() - second.at) < 2
    assert second.seconds < PATIENCE  # what was waited for before it is no part of it
