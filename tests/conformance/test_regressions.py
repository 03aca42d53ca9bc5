"""Failures from run to run: compared with an earlier report, and turned into known failures."""

from __future__ import annotations

import datetime
import json
from pathlib import Path
from typing import Any

import pytest

from pollinations_conformance.cli import main as cli
from pollinations_conformance.contract import load
from pollinations_conformance.reports import known
from pollinations_conformance.reports.compare import compare
from pollinations_conformance.reports.html import to_html
from pollinations_conformance.reports.json import read, to_json
from pollinations_conformance.reports.latency import latency_value
from pollinations_conformance.reports.model import Line, Report
from pollinations_conformance.reports.record_known import record
from pollinations_conformance.reports.text import to_text
from pollinations_conformance.suite.latency import Histogram

TODAY = datetime.date(2026, 3, 1)


def line(name: str, verdict: Any, **more: Any) -> Line:
    values: dict[str, Any] = {"level": "MUST", "reason": f"{name} is seen", **more}
    return Line(
        id=name, tag="chat", text="It MUST.", origin="observed", evidence=[], verdict=verdict,
        checks=[], **values,
    )  # fmt: skip


def operation(name: str, missing: str = "", succeeded: int = 1) -> dict[str, Any]:
    return {
        "id": name, "method": "GET", "path": f"/{name}", "tag": "chat", "calls": 1,
        "succeeded": 0 if missing else succeeded, "missing": missing, "untried": "", "known": "",
        "latency": latency_value(Histogram(), Histogram()),
    }  # fmt: skip


def report(*lines: Line, operations: list[dict[str, Any]] | None = None, **more: Any) -> Report:
    values: dict[str, Any] = {
        "tool": "t", "contract": "1", "contract_sha256": "0" * 64, "api": "1",
        "target": {"gateway": "http://a", "media": None, "keys": []},
        "started": "2026-03-01T10:00:00+00:00", "seconds": 1.0, "seconds_by_tag": {}, "seed": 1,
        "level": "must",
        "options": {"tags": [], "requirements": [], "generated": False, "examples": 1,
                    "max_time": None, "known": None},
        "shard": None,
        "cases": dict.fromkeys(
            ("written", "generated", "valid", "invalid", "unpaid", "replayed", "seconds"), 0),
        "requests": 1, "interrupted": False, "lost": "", "lines": list(lines),
        "operations": operations or [],
        "ledger": {"limit": None, "spent": 0.0, "calls": 0, "by_operation": {},
                   "balance_before": None, "balance_after": None},
        **more,
    }  # fmt: skip
    return Report(**values)


BEFORE = report(
    line("CHAT-REQ-01", "fail"),
    line("CHAT-REQ-02", "fail"),
    line("CHAT-REQ-03", "pass"),
    line("CHAT-REQ-04", "fail"),
    line("CHAT-REQ-05", "fail", level="SHOULD"),
    line("CHAT-REQ-99", "fail"),  # which the later run is not about
    operations=[operation("generateText", "GET /generateText gets 404")],
)


def later(*more: Line) -> Report:
    return report(
        line("CHAT-REQ-01", "fail"),
        line("CHAT-REQ-02", "pass"),
        line("CHAT-REQ-03", "fail"),
        line("CHAT-REQ-04", "not tested"),
        line("CHAT-REQ-05", "fail", level="SHOULD"),
        *more,
        operations=[operation("generateText"), operation("generateImage", "it is not there")],
    )


def test_failures_are_new_fixed_unchanged_or_not_tested_now() -> None:
    found = compare(later(), BEFORE, "before.json")
    assert found.new == ["operation:generateImage", "CHAT-REQ-03"]
    assert found.fixed == ["CHAT-REQ-02", "operation:generateText"]
    assert found.unchanged == ["CHAT-REQ-01"]
    assert found.untested == ["CHAT-REQ-04"]


def test_a_run_that_only_new_failures_fail_holds_while_there_are_none() -> None:
    now = report(line("CHAT-REQ-01", "fail"), line("CHAT-REQ-02", "pass"))
    now.comparison = compare(now, BEFORE, "before.json")
    assert now.exit_code() == 1
    now.fail_on = "new"
    assert now.exit_code() == 0
    assert now.verdict() == "Nothing new fails; unchanged since the run before: 1 failure."
    worse = report(line("CHAT-REQ-03", "fail"), line("CHAT-REQ-02", "pass"), fail_on="new")
    worse.comparison = compare(worse, BEFORE, "before.json")
    assert worse.exit_code() == 1
    assert "new failures: CHAT-REQ-03" in worse.verdict()
    nothing = report(line("CHAT-REQ-01", "not tested"), fail_on="new")
    nothing.comparison = compare(nothing, BEFORE, "before.json")
    assert nothing.exit_code() == 2


def test_every_form_shows_the_comparison(tmp_path: Path) -> None:
    now = later()
    now.comparison = compare(now, BEFORE, "before.json")
    shown = to_text(now).plain
    assert "Compared with before.json, a run of 2026-03-01T10:00:00+00:00:" in shown
    assert "  1 unchanged: CHAT-REQ-01" in shown
    value = to_json(now)
    assert value["comparison"]["fixed"] == ["CHAT-REQ-02", "operation:generateText"]
    file = tmp_path / "report.json"
    file.write_text(json.dumps(value), encoding="utf-8")
    assert read(file).comparison == now.comparison
    page = to_html(value)
    assert "2 new failures" in page
    assert '<a href="#CHAT-REQ-03">CHAT-REQ-03</a>' in page


def test_what_was_not_tested_because_of_a_failure_is_named_there() -> None:
    found = report(
        line("CHAT-REQ-01", "fail"),
        line("CHAT-REQ-02", "not tested", because=["CHAT-REQ-01"], reason="no text came"),
        line("CHAT-REQ-03", "not tested", because=["CHAT-REQ-01"], reason="no chunk came"),
        line("CHAT-REQ-04", "not tested", because=["AUTH-KEY-01"], reason="no key"),
    )
    shown = to_text(found).plain
    assert "not tested because of it: 2 requirements: CHAT-REQ-02, CHAT-REQ-03" in shown
    assert "no chunk came" not in shown
    assert "not tested: CHAT-REQ-04: no key" in shown  # its cause is not in this report
    page = to_html(to_json(found))
    assert 'Not tested because of <a href="#CHAT-REQ-01">CHAT-REQ-01</a>' in page
    assert "(2 not tested because of it)" in page
    assert 'href="#AUTH-KEY-01"' not in page


# --- known failures -----------------------------------------------------------------------------


def test_failures_become_known_failures_that_can_be_loaded(tmp_path: Path) -> None:
    file = tmp_path / "known.toml"
    found = later(line("CHAT-REQ-06", "fail", reason='says "\x1b[2J" \\ and\nmore', level="SHOULD"))
    added = record(found, file, [], TODAY)
    assert added == [
        "operation:generateImage",
        "CHAT-REQ-01",
        "CHAT-REQ-03",
        "CHAT-REQ-05",
        "CHAT-REQ-06",
    ]
    entries = known.load(file, load())
    assert [entry.requirement for entry in entries] == added
    assert {entry.date for entry in entries} == {TODAY}
    assert entries[1].reason == "CHAT-REQ-01 is seen"
    assert "\x1b" not in file.read_text(encoding="utf-8")


def test_what_the_file_has_already_stays_as_it_is(tmp_path: Path) -> None:
    file = tmp_path / "known.toml"
    mine = "# mine\n[[known]]\nrequirement = 'CHAT-REQ-0[1-9]'\nreason = 'why'\ndate = 2026-01-01\n"
    file.write_text(mine, encoding="utf-8")
    added = record(later(), file, known.load(file, load()), TODAY)
    assert added == ["operation:generateImage"]
    assert file.read_text(encoding="utf-8").startswith(mine)
    assert record(later(), file, known.load(file, load()), TODAY) == []


# --- the command --------------------------------------------------------------------------------


def check(tmp_path: Path, *words: str) -> int:
    place = (
        "--report-dir",
        str(tmp_path / "out"),
        "--no-generated",
        "--requirement",
        "MODELS-V1-*",
    )
    return cli.main(["check", *place, *words])


def test_the_command_records_failures_and_compares_with_an_earlier_run(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "known.toml"
    broken = ("--defect", "models-twice")
    assert check(tmp_path, *broken, "--write-known", str(file)) == 1
    assert f"1 added to {file}" in capsys.readouterr().out
    (tmp_path / "out" / "report.json").rename(tmp_path / "before.json")
    before = ("--compare", str(tmp_path / "before.json"), "--fail-on", "new")
    assert check(tmp_path, *broken, *before) == 0
    assert check(tmp_path, *before) == 0
    assert "1 fixed: " in capsys.readouterr().out
    assert check(tmp_path, *broken, "--defect", "models-unfiltered", *before) == 1
    assert check(tmp_path, *broken, "--known", str(file)) == 0


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--fail-on", "new"), "name it with --compare"),
        (("--compare", "none.json"), "cannot read none.json"),
        (("--compare", "bad.json"), "bad.json is damaged"),
        (("--write-known", "bad.json"), "cannot read the known failures in bad.json"),
    ],
)
def test_files_that_cannot_be_used_are_refused_before_anything_is_sent(
    words: tuple[str, ...],
    said: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "bad.json").write_text("{", encoding="utf-8")
    assert check(tmp_path, *words) == 2
    error = capsys.readouterr().err
    assert said in error
    assert error.count("\n") == 1
    assert not (tmp_path / "out").exists()
