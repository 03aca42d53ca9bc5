"""The text form of a report."""

from __future__ import annotations

import re
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pollinations_conformance.cli.terminal import show
from pollinations_conformance.http.text import plural, printable_line
from pollinations_conformance.reports.model import EMBEDDED
from pollinations_conformance.reports.text import missing_operations, to_text
from pollinations_conformance.suite.exchange import quoted
from tests.conformance.test_regressions import line, report


def operation(name: str, missing: str, known: str = "") -> dict[str, str]:
    return {"id": name, "method": "GET", "path": f"/{name}", "missing": missing, "known": known}


def test_missing_operations_with_one_cause_share_a_line() -> None:
    found = missing_operations(
        [
            operation("a", "GET /a gets 404"),
            operation("b", "there is no media host"),
            operation("c", "GET /c gets 404"),
            operation("d", "GET /d gets 404", "long known"),
        ]
    )
    assert list(found) == [
        ("fail", "2 operations are missing (each gets 404): GET /a, GET /c"),
        ("fail", "operation b is missing: there is no media host"),
        ("known", "operation d is missing: GET /d gets 404 (long known)"),
    ]


@pytest.mark.parametrize(
    ("changes", "step"),
    [
        ({"interrupted": True}, "run it again to the end"),
        ({"lost": "nothing listens any longer"}, "look at the log of the service"),
        ({"lines": [line("CHAT-REQ-01", "error")]}, "report the error"),
        ({}, "POLLINATIONS_API_KEY"),
        ({"target": {"gateway": "http://a", "media": None, "keys": ["secret"]}}, "--budget"),
        ({"target": {"gateway": EMBEDDED, "media": None, "keys": []}}, "--verbose"),
    ],
)
def test_an_inconclusive_run_says_what_to_do_next(changes: dict[str, Any], step: str) -> None:
    found = replace(report(line("CHAT-REQ-01", "not tested")), **changes)
    found.ledger["limit"] = 0.0
    assert found.exit_code() == 2
    assert step in to_text(found).plain.splitlines()[-2]
    assert replace(found, lines=[line("CHAT-REQ-01", "fail")]).next_steps() == []


@pytest.mark.parametrize(("count", "said"), [(0, "0 checks"), (1, "1 check"), (2, "2 checks")])
def test_a_count_agrees_with_its_noun(count: int, said: str) -> None:
    assert plural(count, "check") == said


def test_a_terminal_gets_a_table_in_colour_and_a_pipe_plain_lines(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    found = report(line("CHAT-REQ-01", "fail"), line("CHAT-REQ-02", "pass"))
    shown: list[str] = []
    for variables in ({}, {"FORCE_COLOR": "1"}, {"FORCE_COLOR": "1", "NO_COLOR": "1"}):
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        show(found, tmp_path)
        shown.append(capsys.readouterr().out)
    plain, coloured, colourless = shown
    assert plain.startswith("chat  1 pass, 1 fail")
    assert "\x1b" not in plain
    assert "\x1b[31m" in coloured
    table = [re.sub(r"\x1b\[[0-9;]*m", "", row).split() for row in colourless.splitlines()[:2]]
    assert table == [["tag", "pass", "fail", "seconds"], ["chat", "1", "1", "0.0"]]
    assert not re.search(r"\x1b\[[0-9;]*3[0-9]", colourless)


def test_the_seconds_of_the_tags_are_parts_of_those_of_the_run() -> None:
    """Checks that run at the same time share its time: no tag takes longer than all of them."""
    found = report(line("CHAT-REQ-01", "pass"), seconds_by_tag={"chat": 6.0, "media": 2.0})
    found.seconds = 4.0
    assert [found.seconds_of(tag) for tag in ("chat", "media", "text")] == [3.0, 1.0, 0.0]
    assert to_text(found).plain.startswith("chat  1 pass  (3.0 s)")
    found.seconds = 9.0
    assert found.seconds_of("chat") == 6.0


@pytest.mark.parametrize(
    "text",
    [
        "plain",
        "it's \\n \\x0d",
        "--b\r\nContent-Type: image/png\r\n\r\ncat's\r\n--b--\r\n",
        "\x1b[31m\x0d1\u2028\x7f\t",
    ],
)
def test_a_body_of_several_lines_is_one_line_of_a_command_that_can_be_repeated(text: str) -> None:
    word = quoted(text)
    assert printable_line(word) == word
    done = subprocess.run(["bash", "-c", f"printf %s {word}"], capture_output=True, check=True)
    assert done.stdout.decode() == text
