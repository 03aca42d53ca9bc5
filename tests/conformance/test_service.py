"""Test how the suite starts a service, waits for it, and ends it whatever happens."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from pollinations_conformance.cli import main as cli
from pollinations_conformance.cli.target import open_target, started
from pollinations_conformance.reports.build import build
from pollinations_conformance.server import running
from pollinations_conformance.suite import service
from pollinations_conformance.suite.errors import TargetError
from pollinations_conformance.suite.execute import execute
from pollinations_conformance.suite.options import Options
from pollinations_conformance.suite.pricing import Ledger
from pollinations_conformance.suite.run import Run
from pollinations_conformance.suite.service import Service

SERVER = """
import http.server, os, signal, sys, threading

class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        global left
        left -= 1
        if left == 0:
            os._exit(7)
        status = 503 if os.path.exists("starting") else 404
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.end_headers()
    def log_message(self, *args):
        pass

left = int(sys.argv[-1]) if "brief" in sys.argv else -1
if "stubborn" in sys.argv:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
print("key", os.environ.get("POLLINATIONS_API_KEY"), flush=True)
server = http.server.ThreadingHTTPServer(("127.0.0.1", int(os.environ["PORT"])), Handler)
if "media" in sys.argv:
    media = http.server.ThreadingHTTPServer(("127.0.0.1", int(os.environ["MEDIA_PORT"])), Handler)
    threading.Thread(target=media.serve_forever, daemon=True).start()
with open(f"pid-{os.getpid()}", "w"):
    pass
server.serve_forever()
"""
KEY = "sk_neverToBeSeenAnywhere1"


@pytest.fixture
def command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Return the command of a small service; it works in a folder of its own."""
    (tmp_path / "server.py").write_text(SERVER, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("POLLINATIONS_API_KEY", KEY)
    return f"{sys.executable} -I server.py"


def redact(text: str) -> str:
    return text.replace(KEY, "***")


def gone(folder: Path, count: int = 1) -> bool:
    """Return whether all the servers that once ran here have ended, soon."""
    pids = [int(file.name.removeprefix("pid-")) for file in folder.glob("pid-*")]
    assert len(pids) == count
    return eventually(lambda: not any(alive(pid) for pid in pids))


def alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rsplit(")", 1)[1].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"  # ended, and nobody asked how


def eventually(true: Callable[[], bool], seconds: float = 40) -> bool:
    deadline = time.monotonic() + seconds
    while not true():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def test_the_service_runs_while_it_is_needed_and_finds_its_ports(
    command: str, tmp_path: Path
) -> None:
    made = Service(f"{command} media $MEDIA_PORT", None, None)
    with made.running(60, tmp_path / "logs" / "service.log", redact):
        assert made.media_url is not None
        assert httpx.get(made.base_url).status_code == 404
        assert httpx.get(made.media_url).status_code == 404
        assert made.exit_code is None
    assert gone(tmp_path)
    assert (tmp_path / "logs" / "service.log").read_text() == "key ***\n"


def test_without_need_no_media_host_is_made_up(command: str) -> None:
    assert Service(command, None, None).media_url is None
    given = Service(command, "http://127.0.0.1:81/", "http://127.0.0.1:82")
    assert (given.base_url, given.media_url) == ("http://127.0.0.1:81", "http://127.0.0.1:82")


def test_children_are_ended_too_and_so_is_what_runs_in_the_background(
    command: str, tmp_path: Path
) -> None:
    made = Service(f"({command} & echo started) && PORT=0 {command} & true", None, None)
    with made.running(60, tmp_path / "service.log", redact):
        assert eventually(lambda: len(list(tmp_path.glob("pid-*"))) == 2)
    assert gone(tmp_path, 2)


def test_a_service_that_ignores_sigterm_is_killed(
    command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "GRACE", 0.3)
    made = Service(f"{command} stubborn", None, None)
    with made.running(60, tmp_path / "service.log", redact):
        pass
    assert gone(tmp_path)


def test_a_service_that_never_responds_is_given_up_and_ended(command: str, tmp_path: Path) -> None:
    (tmp_path / "starting").write_text("")  # it listens, and says 503
    made = Service(command, None, None)
    with (
        pytest.raises(TargetError, match=r"nothing responds at http://127\S+ after 1\.5 s; let"),
        made.running(1.5, tmp_path / "service.log", redact),
    ):
        pytest.fail("it was taken for ready")
    assert gone(tmp_path)


def test_a_service_that_gets_up_late_is_waited_for(command: str, tmp_path: Path) -> None:
    made = Service(f"sleep 0.7; exec {command}", None, None)
    with made.running(60, tmp_path / "service.log", redact):
        assert httpx.get(made.base_url).status_code == 404


def test_a_command_that_fails_is_one_line_with_its_last_words_and_no_key(
    tmp_path: Path, command: str
) -> None:
    made = Service("printf 'one\\n\\033[31mno key %s\\007 here\\n\\n' $POLLINATIONS_API_KEY; exit 3",
                   None, None)  # fmt: skip
    with (
        pytest.raises(TargetError) as error,
        made.running(60, tmp_path / "service.log", redact),
    ):
        pytest.fail("it was taken for ready")
    said = str(error.value)
    assert "ended with exit code 3 before it responded (its last line: no key *** here;" in said
    assert said.isprintable()


def test_a_port_that_is_taken_is_refused_and_its_owner_left_alone(
    command: str, tmp_path: Path
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        address = f"http://127.0.0.1:{other.getsockname()[1]}"
        with (
            pytest.raises(TargetError, match="something else already listens"),
            Service(command, address, None).running(5, tmp_path / "service.log", redact),
        ):
            pytest.fail("it was taken for ours")
        assert not list(tmp_path.glob("pid-*"))


def logged(tmp_path: Path, script: str) -> str:
    """Return what is in the log of a command that prints and ends."""
    (tmp_path / "print.py").write_text(f"import sys\n{script}\nsys.exit(3)\n", "utf-8")
    made = Service(f"{sys.executable} -I print.py", None, None)
    with pytest.raises(TargetError), made.running(60, tmp_path / "service.log", redact):
        pytest.fail("it was taken for ready")
    return (tmp_path / "service.log").read_text("utf-8")


def test_a_key_in_a_line_without_end_is_taken_out_wherever_it_stands(
    command: str, tmp_path: Path
) -> None:
    size = service.LONGEST_LINE
    script = f"for n in range({size - 8}, {size + 8}): print('x' * (n - {len(KEY)}), '{KEY}', 'end', end='')"
    text = logged(tmp_path, script)
    assert text.count("***") == 16
    assert "neverToBeSeen" not in text
    assert text.endswith("end")


def test_a_log_does_not_fill_the_disk(
    command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "LONGEST_LOG", 1000)
    text = logged(tmp_path, "for n in range(5000): print('again and again', n)")
    assert text.startswith("again and again 0\n")
    assert text.endswith("… the log is cut here: it is too long\n")
    assert len(text) < 1100


@pytest.mark.parametrize("text", ["", " \n"])
def test_an_empty_command_is_refused(text: str) -> None:
    with pytest.raises(TargetError, match="--start is empty"):
        Service(text, None, None)


def test_the_service_ends_when_the_suite_is_killed(command: str, tmp_path: Path) -> None:
    code = (
        "import os, sys, pathlib\n"
        "from pollinations_conformance.suite.service import Service\n"
        f"with Service({command!r}, None, None).running(60, pathlib.Path('l.log'), str):\n"
        "    os.kill(os.getpid(), 9)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], check=False, timeout=60)
    assert done.returncode == -signal.SIGKILL
    assert gone(tmp_path)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_service_ends_when_the_run_is_interrupted(
    command: str, tmp_path: Path, number: signal.Signals
) -> None:
    arguments = ["-m", "pollinations_conformance", "check", "--start", command]
    with subprocess.Popen(
        [sys.executable, *arguments, "--report-dir", "r", "--rate", "1"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    ) as process:
        assert eventually(lambda: bool(list(tmp_path.glob("pid-*"))))
        time.sleep(0.5)  # in the middle of it
        os.kill(process.pid, number)
        assert process.wait(60) != 0
    assert gone(tmp_path)


def test_a_service_that_ends_during_the_run_is_named_and_nothing_holds(
    command: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["check", "--start", f"{command} brief 20", "--no-generated"]
    assert cli.main([*arguments, "--report-dir", "r"]) in (1, 2)
    said = capsys.readouterr().out
    assert (
        "the command of --start ended during the run, with exit code 7 (see r/service.log)" in said
    )
    assert gone(tmp_path)


def test_a_log_that_cannot_be_written_is_one_line(
    command: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "r").write_text("no folder")
    assert cli.main(["check", "--start", command, "--report-dir", "r/s"]) == 2
    assert capsys.readouterr().err == (
        "Error: cannot write to r/s/service.log: Not a directory; "
        "name another folder with --report-dir\n"
    )


def test_a_dry_run_starts_nothing(
    command: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["check", "--start", command, "--dry-run"]) == 0
    assert "Target: http://127.0.0.1:" in capsys.readouterr().out
    assert not list(tmp_path.glob("pid-*"))


def test_a_server_that_goes_away_does_not_leave_a_verdict_that_holds(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    with running() as server:
        options = Options(tags=frozenset({"models"}), generated=False)
        with open_target(server.base_url, None, {}, None, 20.0, 1) as made:
            run = Run(made, options, Ledger(0.0))
            with started(None, 1, tmp_path / "log", run):
                execute(run)
            assert run.lost == ""
            assert build(run).exit_code() == 0
            context = started(None, 1, tmp_path / "log", run)
            context.__enter__()
    context.__exit__(None, None, None)
    assert run.lost == f"nothing listens any longer at {server.base_url}"
    assert build(run).exit_code() == 2
    assert run.lost in build(run).verdict()
