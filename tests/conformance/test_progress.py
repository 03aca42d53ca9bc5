"""How far a run is: a bar on a terminal, a line now and then in a log, never a control character."""

from __future__ import annotations

import io
import os
import subprocess
import sys

import pytest
from rich.console import Console

from pollinations_conformance.cli.progress import Progress
from pollinations_conformance.suite.events import CheckFinished, GenerationFinished, ProbeStarted


def finished(number: int, failed: int = 0, check: str = "chat.stream.ends") -> CheckFinished:
    return CheckFinished(check, "pass", number, 300, failed, 10 * number)


def test_a_log_gets_a_line_now_and_then() -> None:
    now = [100.0]
    log = io.StringIO()
    with Progress(Console(file=log), lambda: now[0]) as progress:
        for number in range(100):
            now[0] += 0.25
            progress.handle(finished(number))
    assert log.getvalue().splitlines() == [
        "… 39 of 300 checks, 390 requests",
        "… 79 of 300 checks, 790 requests",
    ]


def test_several_processes_are_added_up() -> None:
    progress = Progress(Console(file=io.StringIO()))
    progress.handle(ProbeStarted("GET /v1/models"), 1)
    progress.handle(finished(7, failed=1), 1)
    progress.handle(finished(5), 2)
    progress.handle(finished(8, failed=2), 1)
    progress.handle(GenerationFinished("fuzzing", "GET /v1/models", 25), 2)
    assert progress.line() == ("13 of 600 checks, 130 requests, 25 generated requests, 2 failed")


@pytest.mark.skipif(os.name != "posix", reason="a terminal of its own needs POSIX")
@pytest.mark.parametrize("plain", [False, True])
def test_a_terminal_gets_a_bar_that_is_gone_at_the_end(plain: bool) -> None:
    leader, follower = os.openpty()
    code = (
        "import time\n"
        "from pollinations_conformance.cli.progress import Progress\n"
        "from pollinations_conformance.suite.events import CheckFinished\n"
        "with Progress() as progress:\n"
        "    progress.handle(CheckFinished('evil\\x1b]0;owned\\x07', 'pass', 1, 2, 0, 5))\n"
        "    time.sleep(0.4)\n"
    )
    environment = {**os.environ, "TERM": "xterm", "COLUMNS": "120"}
    environment |= {"NO_COLOR": "1"} if plain else {}
    subprocess.run([sys.executable, "-c", code], stderr=follower, check=True, env=environment)
    os.close(follower)
    text = os.read(leader, 100_000).decode()
    os.close(leader)
    assert "1 of 2 checks, 5 requests" in text
    assert "owned" in text
    assert "\x1b]0;" not in text
    assert text.rstrip("\r\n\x1b[?25h").endswith("\x1b[2K")
    assert ("\x1b[3" in text) is not plain
