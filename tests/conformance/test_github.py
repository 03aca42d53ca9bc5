"""Test what a run says to GitHub Actions, read back as its runner and its pages do."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from pollinations_conformance.cli import github
from pollinations_conformance.cli import main as cli

EVIL = "50% off,\r\n::set-env name=A::b\n::error::x | <img src=x> `a` [b](c) *d* _e_ @ada ##[x]"
KEY = "sk_neverToBeSeenAnywhere1"


def report(*requirements: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "level": "must",
        "operations": [],
        "requirements": list(requirements),
        "exit_code": 1,
        "comparison": None,
        "fail_on": "any",
        "verdict": "The contract does not hold: 1 requirement violated.",
        "counts": {"pass": 3, "fail": 1, "error": 0},
        "requests": 7,
        "contract": "1",
        "api": "2",
        "seed": 1,
        "unexpected_passes": [],
        **more,
    }


def requirement(name: str, level: str = "MUST", verdict: str = "fail") -> dict[str, Any]:
    return {
        "id": name,
        "level": level,
        "verdict": verdict,
        "text": "It is so.",
        "reason": EVIL,
        "exchange": {"curl": f"curl {EVIL}"},
    }


def parse(line: str) -> tuple[str, str, str]:
    """Read a workflow command as GitHub's runner does: kind, title, message."""
    found = re.fullmatch(r"::(\w+) title=([^:,\r\n]*)::([^\r\n]*)", line)
    assert found, line
    kind, title, message = found.groups()
    for code, character in (("%3A", ":"), ("%2C", ","), ("%0D", "\r"), ("%0A", "\n"), ("%25", "%")):
        title, message = title.replace(code, character), message.replace(code, character)
    return kind, title, message


def test_a_failure_is_one_command_whatever_the_server_said() -> None:
    (line,) = github.annotations(report(requirement("CHAT-01")))
    kind, title, message = parse(line)
    assert (kind, title) == ("error", "CHAT-01 (MUST)")
    assert message == f"It is so.\n{EVIL}\ncurl {EVIL}"


def test_titles_are_escaped() -> None:
    assert parse(github.command("error", "a: b, 5%\nc", "m")) == ("error", "a: b, 5%\nc", "m")


def test_only_what_counts_is_an_error() -> None:
    value = report(
        requirement("A"),
        requirement("B", level="SHOULD"),
        requirement("C", verdict="known"),
        requirement("D", verdict="pass"),
        operations=[
            {"id": "gone", "missing": "404", "known": ""},
            {"id": "known", "missing": "404", "known": "why"},
            {"id": "there", "missing": "", "known": ""},
        ],
    )
    assert [parse(line)[1] for line in github.annotations(value)] == [
        "gone (operation)",
        "A (MUST)",
    ]
    value["level"] = "should"
    assert [parse(line)[1] for line in github.annotations(value)][-1] == "B (SHOULD)"


def test_more_failures_than_github_shows_are_counted() -> None:
    ten = [requirement(f"R-{number}") for number in range(10)]
    assert len(github.annotations(report(*ten))) == 10
    lines = github.annotations(report(*ten, *ten))
    assert len(lines) == 10
    assert parse(lines[-1])[1] == "and 11 more"


@pytest.mark.parametrize(
    ("code", "kinds"), [(0, []), (1, ["error"]), (2, ["warning"])]
)  # fmt: skip
def test_a_verdict_without_a_broken_requirement_is_reported_too(
    code: int, kinds: list[str]
) -> None:
    lines = github.annotations(report(exit_code=code, verdict="Why."))
    assert [parse(line)[0] for line in lines] == kinds


def test_an_unexpected_pass_is_a_notice() -> None:
    lines = github.annotations(report(exit_code=0, unexpected_passes=["A", "B"]))
    assert parse(lines[0]) == ("notice", "known to fail, but passed", "A, B")


def test_the_summary_is_a_table_that_no_text_can_leave() -> None:
    page = github.summary(report(requirement("CHAT-01")), Path("re|ports"))
    rows = [line for line in page.splitlines() if line.startswith("|")]
    assert len(rows) == 3
    assert rows[2].count("|") == 4
    for markup in ("<img", "`", "[b]", "*d", "@ada"):
        assert markup not in page
    assert "&#60;img" in page
    many = github.summary(report(*(requirement(f"R-{n}") for n in range(70))), Path("r"))
    assert "| and 20 more | | |" in many
    assert len(many.encode()) < 2**20  # what GitHub takes


@pytest.fixture
def actions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Be in GitHub Actions."""
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path / "summary"))
    monkeypatch.setenv("GITHUB_OUTPUT", str(tmp_path / "output"))
    (tmp_path / "summary").write_text("before\n", "utf-8")
    return tmp_path


def outputs(folder: Path) -> dict[str, str]:
    lines = (folder / "output").read_text("utf-8").splitlines()
    return dict(line.split("=", 1) for line in lines)


DEFECT = ["--defect", "models-twice", "--requirement", "MODELS-*", "--no-generated"]


def test_in_actions_a_run_annotates_summarises_and_sets_outputs(
    actions: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    directory = actions / "r"
    assert cli.main(["check", *DEFECT, "--report-dir", str(directory)]) == 1
    lines = capsys.readouterr().out.splitlines()
    stop = next(n for n, line in enumerate(lines) if line.startswith("::stop-commands::"))
    go = lines.index(f"::{lines[stop].removeprefix('::stop-commands::')}::")
    assert any("✗" in line for line in lines[stop:go])
    reported = [parse(line) for line in lines[go + 1 :] if line.startswith("::")]
    value = json.loads((directory / "report.json").read_text("utf-8"))
    failed = [item["id"] for item in value["requirements"] if item["verdict"] == "fail"]
    assert failed
    assert [title.split(" ")[0] for _, title, _ in reported] == failed[: len(reported)]
    summary = (actions / "summary").read_text("utf-8")
    assert summary.startswith("before\n### Conformance")
    assert f"| {failed[0]} | MUST | " in summary
    assert outputs(actions) == {"verdict": "fails", "exit-code": "1", "report": str(directory)}


def test_elsewhere_or_when_switched_off_nothing_is_annotated(
    actions: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    arguments = ["check", *DEFECT, "--report-dir", str(actions / "r")]
    assert cli.main([*arguments, "--no-annotate"]) == 1
    monkeypatch.delenv("GITHUB_ACTIONS")
    assert cli.main(arguments) == 1
    assert "::" not in capsys.readouterr().out
    assert not (actions / "output").exists()


def test_an_error_before_the_report_is_annotated_without_the_key(
    actions: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("POLLINATIONS_API_KEY", KEY)
    command = "printf '\\n::error::%s\\n' $POLLINATIONS_API_KEY; exit 1"
    assert cli.main(["check", "--start", command, "--report-dir", str(actions / "r")]) == 2
    said = capsys.readouterr()
    (line,) = [line for line in said.out.splitlines() if line.startswith("::")]
    kind, title, message = parse(line)
    assert (kind, title) == ("error", "conformance: unknown")
    assert "ended with exit code 1" in message
    assert not any(line.lstrip().startswith("::") for line in said.err.splitlines())
    assert KEY not in said.out + said.err + (actions / "r" / "service.log").read_text("utf-8")
    assert outputs(actions) == {"verdict": "unknown", "exit-code": "2", "report": ""}


def test_a_wrong_input_is_annotated_and_stands_in_the_summary(
    actions: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("POLLINATIONS_CHECK_TAG", "modells")
    assert cli.main(["check", "--base-url", "http://127.0.0.1:9"]) == 2
    kind, title, message = parse(capsys.readouterr().out.strip())
    assert (kind, title) == ("error", "conformance: unknown")
    assert "'modells' is not one of" in message
    assert outputs(actions) == {"verdict": "unknown", "exit-code": "2", "report": ""}
    assert "Inconclusive: " in (actions / "summary").read_text("utf-8")
    assert cli.main(["check", "--no-annotate"]) == 2
    assert capsys.readouterr().out == ""


def test_a_summary_that_cannot_be_written_is_one_line(
    actions: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(actions))
    assert cli.main(["check", *DEFECT, "--report-dir", str(actions / "r")]) == 2
    assert (
        capsys.readouterr().err == "Error: cannot write to $GITHUB_STEP_SUMMARY: Is a directory; "
        "--no-annotate leaves it out\n"
    )


def test_options_may_stand_in_the_environment(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {
        "REQUIREMENT": "MODELS-V1-01 MODELS-V1-02",
        "GENERATED": "false",
        "REPORT_DIR": str(tmp_path / "r"),
        "TAG": "",  # an input that was not given
        "MAX_TIME": "",
        "BUDGET": "",
        "KNOWN": "",
        "STRICT": "",
    }.items():
        monkeypatch.setenv(f"POLLINATIONS_CHECK_{name}", value)
    assert cli.main(["check"]) == 0
    assert "2 requirements: 2 pass" in capsys.readouterr().out
    assert (tmp_path / "r" / "junit.xml").is_file()


def test_a_key_is_not_taken_from_the_wrong_variable(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("POLLINATIONS_CHECK_API_KEY", KEY)
    arguments = ["check", "--dry-run", "--base-url", "http://127.0.0.1:9"]
    assert cli.main(arguments) == 0
    assert "Keys: none" in capsys.readouterr().out


def test_an_empty_address_in_the_environment_is_no_reason_to_test_ourselves(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("POLLINATIONS_CHECK_BASE_URL", "")
    assert cli.main(["check"]) == 2
    assert capsys.readouterr().err == (
        "Error: POLLINATIONS_CHECK_BASE_URL is empty; give the URL of the service (--base-url), "
        "or the command that starts it (--start)\n"
    )
