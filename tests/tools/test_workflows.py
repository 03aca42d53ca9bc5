"""The action and the workflows: read as data, and the action's scripts run as GitHub runs them."""

import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

import click
import pytest
import yaml

from pollinations_conformance.cli import main as cli
from pollinations_conformance.cli.check import check

ROOT = Path(__file__).resolve().parent.parent.parent
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
KEY = "sk_ofTheReferenceServer"


def load(path: Path) -> dict[str, Any]:
    value: Any = yaml.safe_load(path.read_text(encoding="utf-8"))
    if True in value:  # what YAML 1.1 makes of the word `on`
        value["on"] = value.pop(True)
    return cast("dict[str, Any]", value)


ACTION = load(ROOT / "action.yml")
INPUTS: dict[str, dict[str, Any]] = ACTION["inputs"]
STEPS: dict[str, dict[str, Any]] = {step["id"]: step for step in ACTION["runs"]["steps"]}


def jobs(path: Path) -> list[tuple[str, dict[str, Any]]]:
    return [(f"{path.name}: {name}", job) for name, job in load(path)["jobs"].items()]


def steps() -> list[tuple[str, dict[str, Any]]]:
    found = [
        (name, step) for path in WORKFLOWS for name, job in jobs(path) for step in job["steps"]
    ]
    return [*found, *((f"action.yml: {name}", step) for name, step in STEPS.items())]


def targets() -> set[str]:
    text = (ROOT / "Makefile").read_text(encoding="utf-8")
    return set(re.findall(r"^\.PHONY: ([a-z-]+)$", text, re.MULTILINE))


def test_there_is_a_workflow_for_everything_that_is_to_hold() -> None:
    run = {step["run"] for path in WORKFLOWS for _, job in jobs(path) for step in job["steps"]
           if "run" in step}  # fmt: skip
    wanted = "lint-contract lint-code lint-types test check-generated check-docs conformance"
    wanted += " mutants check-mutants drift check-site dist"
    assert {f"make {name}" for name in wanted.split()} <= run


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_a_workflow_only_calls_make_targets(path: Path) -> None:
    for name, job in jobs(path):
        for step in job["steps"]:
            if "run" in step:
                found = re.fullmatch(r"make ([a-z-]+)", step["run"])
                assert found, f"{name}: {step['run']}"
                assert found[1] in targets(), f"{name}: no target {found[1]}"


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_a_workflow_may_do_little_and_ends(path: Path) -> None:
    workflow = load(path)
    assert workflow["permissions"] == {"contents": "read"}
    assert "github.ref" in workflow["concurrency"]["group"]
    for name, job in jobs(path):
        assert 5 <= job["timeout-minutes"] <= 90, name
        writes = {scope for scope, may in job.get("permissions", {}).items() if may == "write"}
        assert writes <= {"id-token", "attestations", "pages"}, name
        for step in job["steps"]:
            if "actions/checkout@" in step.get("uses", ""):
                assert step["with"]["persist-credentials"] is False, name
                assert step["with"].keys() <= {"persist-credentials", "fetch-depth"}, name


def test_actions_of_others_are_pinned_to_a_commit_and_say_its_version() -> None:
    used: dict[str, set[str]] = {}
    for path in [*WORKFLOWS, ROOT / "action.yml"]:
        for line in path.read_text(encoding="utf-8").splitlines():
            if found := re.search(r"\buses: (\S+)(.*)$", line):
                if found[1] == "./":
                    continue
                assert re.fullmatch(r"[\w-]+/[\w-]+@[0-9a-f]{40}", found[1]), line
                assert re.fullmatch(r" # v\d+\.\d+\.\d+", found[2]), line
                used.setdefault(found[1].split("@")[0], set()).add(found[1] + found[2])
    assert {name: len(pins) for name, pins in used.items()} == dict.fromkeys(used, 1)


def test_no_script_holds_an_expression() -> None:
    scripts = [(name, step["run"]) for name, step in steps() if "run" in step]
    assert len(scripts) > 10
    assert [name for name, script in scripts if "${{" in script] == []


def test_types_and_tests_run_for_every_python_that_is_promised() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    promised = [found[1] for text in project["classifiers"]
                if (found := re.search(r":: (3\.\d+)$", text))]  # fmt: skip
    work = dict(jobs(ROOT / ".github" / "workflows" / "test.yml"))
    for name in ("types", "test"):
        assert work[f"test.yml: {name}"]["strategy"]["matrix"]["python"] == promised


def test_a_key_stands_in_no_file_but_the_made_up_one() -> None:
    for path in [*WORKFLOWS, ROOT / "action.yml"]:
        assert set(re.findall(r"\b[sp]k_\w+", path.read_text(encoding="utf-8"))) <= {KEY}


def test_every_input_is_used_once_and_documented() -> None:
    text = (ROOT / "action.yml").read_text(encoding="utf-8")
    used = re.findall(r"\$\{\{ inputs\.([\w-]+) \}\}", text)
    assert sorted({*used, "artifact"}) == sorted(INPUTS)
    page = (ROOT / "docs" / "ci.md").read_text(encoding="utf-8")
    for name in [*INPUTS, *ACTION["outputs"]]:
        assert f"| `{name}` |" in page, name
    for name, reported in INPUTS.items():
        assert reported["description"], name
        row = next(line for line in page.splitlines() if line.startswith(f"| `{name}` |"))
        assert not reported["default"] or f"`{reported['default']}`" in row, row


def test_every_variable_of_the_action_is_an_option_of_the_command() -> None:
    options = {
        str(item.envvar or f"POLLINATIONS_CHECK_{(item.name or '').upper()}")
        for item in check.params
        if isinstance(item, click.Option) and (item.allow_from_autoenv or item.envvar)
    }
    assert set(STEPS["check"]["env"]) - {"PLACE", "POLLINATIONS_API_KEY"} <= options


def test_our_own_workflow_gives_inputs_that_exist() -> None:
    work = dict(jobs(ROOT / ".github" / "workflows" / "conformance.yml"))
    (step,) = [
        step for step in work["conformance.yml: action"]["steps"] if step.get("uses") == "./"
    ]
    assert set(step["with"]) <= set(INPUTS)
    assert step["with"]["api-key"] == KEY


# --- the scripts, run -----------------------------------------------------------------------------


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """Stand in for the runner: a workspace, and a virtual environment with the suite."""
    programs = tmp_path / "temp" / "pollinations-conformance" / "bin"
    programs.mkdir(parents=True)
    (tmp_path / "space").mkdir()
    script = programs / "pollinations-conformance"
    script.write_text(f'#!/bin/sh\nexec {sys.executable} -m pollinations_conformance "$@"\n')
    script.chmod(0o755)
    return tmp_path


def run(place: Path, step: str, inputs: Mapping[str, str], **more: str) -> tuple[int, str]:
    """Run a step of the action as GitHub does, with inputs filled into its environment only."""
    given = {**{name: str(reported["default"]) for name, reported in INPUTS.items()}, **inputs}
    values = {f"inputs.{name}": value for name, value in given.items()}
    values |= {
        "runner.temp": str(place / "temp"),
        "steps.python.outputs.python-path": str(place / "python"),
    }

    def fill(text: str) -> str:
        return re.sub(r"\$\{\{ (\S+) \}\}", lambda found: values[found[1]], text)

    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": os.pathsep.join(sys.path),
        "GITHUB_ACTIONS": "true",
        "GITHUB_ACTION_PATH": str(ROOT),
        "GITHUB_OUTPUT": str(place / "output"),
        "GITHUB_STEP_SUMMARY": str(place / "summary"),
        "POLLINATIONS_CHECK_GENERATED": "false",
        **{name: fill(text) for name, text in STEPS[step]["env"].items()},
        **more,
    }
    script = place / "script.sh"
    script.write_text(STEPS[step]["run"], encoding="utf-8")
    done = subprocess.run(
        # What `shell: bash` means there.
        ["bash", "--noprofile", "--norc", "-eo", "pipefail", str(script)],
        cwd=place / "space",
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=120,
        check=False,
    )
    return done.returncode, done.stdout


def outputs(place: Path) -> dict[str, str]:
    lines = (place / "output").read_text(encoding="utf-8").splitlines()
    return dict(line.split("=", 1) for line in lines)


START = (
    f"{sys.executable} -m pollinations_conformance serve --port $PORT --media-port $MEDIA_PORT"
    " --key name=ci,account=profile+balance+usage,secret=$POLLINATIONS_API_KEY"
)


def test_a_good_service_passes_and_leaves_its_reports(place: Path) -> None:
    inputs = {"start": START, "api-key": KEY, "budget": "1", "tags": "models account",
              "requirements": "MODELS-* ACC-BAL-01"}  # fmt: skip
    code, said = run(place, "check", inputs)
    assert code == 0, said
    assert outputs(place) == {"verdict": "holds", "exit-code": "0", "report": "conformance-report"}
    files = {file.name for file in (place / "space" / "conformance-report").iterdir()}
    assert {"report.html", "junit.xml", "report.json", "service.log"} <= files
    for file in place.rglob("*"):
        if file.is_file():
            assert KEY not in file.read_text(encoding="utf-8"), file
    assert KEY not in said
    assert (place / "summary").read_text(encoding="utf-8").startswith("### Conformance")


def test_a_bad_service_fails_with_annotations(place: Path) -> None:
    inputs = {"start": f"{START} --defect models-twice", "api-key": KEY, "requirements": "MODELS-*"}
    code, said = run(place, "check", inputs)
    assert code == 1, said
    assert outputs(place)["verdict"] == "fails"
    assert "::error title=MODELS-V1-02 (MUST)::" in said
    assert (place / "space" / "conformance-report" / "junit.xml").is_file()


@pytest.mark.parametrize("inputs", [{}, {"api-key": KEY}])
def test_without_a_service_nothing_is_said_to_hold(place: Path, inputs: dict[str, str]) -> None:
    code, said = run(place, "check", inputs)
    assert code == 2
    assert "give the URL of the service" in said
    assert outputs(place)["verdict"] == "unknown"


HOSTILE = "\"; touch pwned; '; touch pwned; $(touch pwned)`touch pwned`\ntouch pwned\n${{ x }}"
NOT_TEXT = {"start", "artifact", "python-version"}
"""Run by intention, or given to other actions as they are."""


def test_an_input_is_never_run(place: Path) -> None:
    inputs = {name: HOSTILE for name in INPUTS if name not in NOT_TEXT}
    code, said = run(place, "check", inputs)
    assert code == 2, said
    assert not list(place.rglob("pwned"))


@pytest.mark.parametrize("name", sorted(INPUTS.keys() - NOT_TEXT))
def test_an_input_that_makes_no_sense_is_refused_without_a_traceback(
    name: str,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    (variable,) = [v for v, text in STEPS["check"]["env"].items() if f"inputs.{name} " in text]
    monkeypatch.setenv("POLLINATIONS_CHECK_BASE_URL", "http://127.0.0.1:9")
    monkeypatch.setenv(variable, HOSTILE)
    assert cli.main(["check"]) == 2
    said = capsys.readouterr().err
    assert "Error: " in said
    assert "unexpected" not in said


def test_the_suite_is_installed_from_the_action_itself(place: Path) -> None:
    stub = place / "python"
    stub.write_text('#!/bin/sh\nfor word; do echo "<$word>"; done >> "$CALLS"\n')
    stub.chmod(0o755)
    (place / "temp" / "pollinations-conformance" / "bin" / "python").symlink_to(stub)
    code, said = run(place, "install", {}, CALLS=str(place / "calls"), GITHUB_ACTION_PATH="/a b/c")
    assert code == 0, said
    words = (place / "calls").read_text(encoding="utf-8").splitlines()
    assert words[:3] == ["<-m>", "<venv>", f"<{place}/temp/pollinations-conformance>"]
    assert words[3:6] == ["<-m>", "<pip>", "<install>"]
    assert words[-1] == "</a b/c[conformance]>"


def test_the_reports_are_uploaded_of_a_failed_run_too() -> None:
    step = STEPS["upload"]
    assert step["if"] == "${{ !cancelled() && inputs.artifact != '' }}"
    assert step["with"]["path"] == "${{ inputs.report-dir }}"
    assert list(STEPS)[-1] == "upload"
