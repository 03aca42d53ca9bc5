"""Test the plan: what a run will do and cost, told before anything is paid."""

import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from pollinations_conformance.cli import check as command
from pollinations_conformance.cli import main as cli
from pollinations_conformance.cli.terminal import show_plan
from pollinations_conformance.server import RunningServer, running
from pollinations_conformance.suite import pricing
from pollinations_conformance.suite.exchange import Exchange
from pollinations_conformance.suite.pricing import charged
from pollinations_conformance.suite.run import Run

LISTS = ("text", "image", "audio")
NOWHERE = "http://127.0.0.1:9"


def planned(capsys: pytest.CaptureFixture[str], *more: str, url: str = NOWHERE) -> str:
    assert cli.main(["check", "--base-url", url, "--dry-run", *more]) == 0
    return capsys.readouterr().out


def save_lists(server: RunningServer, directory: Path) -> list[str]:
    arguments: list[str] = []
    for kind in LISTS:
        file = directory / f"{kind}.json"
        file.write_bytes(httpx.get(f"{server.base_url}/{kind}/models").content)
        arguments += ["--prices", str(file)]
    return arguments


def price_lines(plan: str) -> list[str]:
    return [line for line in plan.splitlines() if "×" in line or line.startswith("Price:")]


def test_a_dry_run_goes_by_the_contracts_examples_and_says_how_old_they_are(
    capsys: pytest.CaptureFixture[str],
) -> None:
    plan = planned(capsys, "--tag", "image")
    assert "by the contract's examples of 20" in plan
    assert "image (generateImage) with flux: up to 0.0002 each" in plan
    assert f"curl -sS {NOWHERE}/text/models -o text.json" in plan


def test_a_kind_without_a_price_is_said_to_be_unknown(capsys: pytest.CaptureFixture[str]) -> None:
    plan = planned(capsys, "--tag", "audio")
    assert "transcription (createTranscription): price unknown; 0.1 pollen is set aside" in plan
    assert "calls of unknown price." in plan


@pytest.mark.parametrize("kind", LISTS)
def test_a_saved_list_is_known_for_what_it_is(kind: str, tmp_path: Path) -> None:
    with running() as server:
        save_lists(server, tmp_path)
    catalogue = pricing.read_prices([tmp_path / f"{kind}.json"])
    assert [name for name in LISTS if getattr(catalogue, name)] == [kind]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (None, "cannot read the prices"),
        ("", "not JSON"),
        ("{}", "no model list with prices"),
        ("[1, null, {}]", "no model list with prices"),
        ('[{"name": "free", "pricing": {}}]', "no model list with prices"),
    ],
)
def test_a_file_that_is_no_list_is_one_line(
    text: str | None, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "list.json"
    if text is not None:
        file.write_text(text)
    assert cli.main(["check", "--base-url", NOWHERE, "--dry-run", "--prices", str(file)]) == 2
    error = capsys.readouterr().err
    assert said in error
    assert error.count("\n") == 1


def test_saved_prices_are_for_a_dry_run_only(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["check", "--base-url", NOWHERE, "--prices", str(tmp_path)]
    assert cli.main([*arguments, "--report-dir", str(tmp_path / "out")]) == 2
    assert "--prices is for --dry-run" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_the_price_is_reported_before_anything_is_paid(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[tuple[str, int]] = []
    with running() as server:
        monkeypatch.setenv("POLLINATIONS_API_KEY", server.keys["secret"])

        def paid() -> int:
            """Count what the key was charged for so far."""
            key = {"Authorization": f"Bearer {server.keys['secret']}"}
            return len(httpx.get(f"{server.base_url}/account/usage", headers=key).json()["usage"])

        def reasons_of(run: Run, *more: Any) -> str:
            said.append((show_plan(run, *more), paid()))
            return said[-1][0]

        monkeypatch.setattr(command, "show_plan", reasons_of)
        before = paid()
        arguments = ["--tag", "image", "--budget", "5", "--no-generated"]
        code = cli.main(["check", "--base-url", server.base_url, *arguments,
                         "--report-dir", str(tmp_path)])  # fmt: skip
        assert code == 0, capsys.readouterr().out
        after = paid()
        saved = save_lists(server, tmp_path)
        planned(capsys, *saved, *arguments, url=server.base_url)
    [(plan, at_plan), (dry, _)] = said
    assert at_plan == before < after
    assert len(price_lines(plan)) == 2
    assert "unknown" not in plan
    # The same lists, saved, give the same price without a request.
    assert price_lines(dry) == price_lines(plan)
    value = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))
    assert value["ledger"]["calls"] == after - before


def test_an_response_is_recorded_at_what_its_usage_headers_say() -> None:
    model = pricing.read_model({"name": "m", "pricing": {"completionTextTokens": 0.01}})
    assert model is not None
    catalogue = pricing.Catalogue(text=(model,))

    def booked(*headers: tuple[str, str], status: int = 200) -> float:
        sent = (("Content-Type", "application/json"),)
        url = "http://127.0.0.1:1/v1/chat/completions"
        exchange = Exchange("POST", url, sent, b'{"model": "m"}', status, headers, b"", 0.0)
        return charged(catalogue, "createChatCompletion", exchange, 5.0)

    assert booked(("x-usage-completion-text-tokens", "3")) == pytest.approx(0.03)
    assert booked() == 5.0
    assert booked(("X-Cache", "HIT")) == 0.0
    assert booked(status=400) == 0.0
