"""Test the command: exit codes, reports and its options."""

import json
from pathlib import Path

from click.testing import CliRunner, Result

from pollinations_conformance.cli.replay import replay_command
from tests.conformance.replay.entries import BAD, FOREIGN, GOOD, KEY, entry, save


def run(*arguments: str) -> Result:
    return CliRunner().invoke(replay_command, arguments)


def test_exit_codes_for_valid_invalid_and_inconclusive_recordings(tmp_path: Path) -> None:
    assert run(save(tmp_path / "a.har", GOOD)).exit_code == 0
    assert run(save(tmp_path / "b.har", GOOD, BAD)).exit_code == 1
    assert run(save(tmp_path / "c.har", FOREIGN)).exit_code == 2
    assert run(save(tmp_path / "d.har")).exit_code == 2
    assert run(str(tmp_path / "none.har")).exit_code == 2


def test_an_unreadable_file_does_not_hide_the_others(tmp_path: Path) -> None:
    good, bad = save(tmp_path / "a.har", GOOD), save(tmp_path / "b.har", BAD)
    result = run(str(tmp_path / "none.har"), good)
    assert result.exit_code == 2
    assert "none.har: cannot be read" in result.stderr
    assert "1 exchange. " in result.stdout
    assert run(str(tmp_path / "none.har"), bad).exit_code == 1


def test_a_report_names_each_violation_and_never_a_key(tmp_path: Path) -> None:
    file = save(tmp_path / "b.har", BAD, BAD, GOOD)
    text, machine = run("-v", file), run("--json", "-", file)
    assert "generateText, request, 2x: query.seed" in text.stdout
    assert "contract: /paths/~1text~1{prompt}" in text.stdout
    for output in (text.output, machine.output):
        assert KEY not in output
        assert "text/html is not documented" in output
    document = json.loads(machine.stdout)
    assert document["totals"] == {"holds": 1, "fails": 2, "outside": 0}
    assert document["exchanges"][0]["problems"][0]["pointer"].startswith("/")


def test_json_goes_to_a_file_beside_the_text(tmp_path: Path) -> None:
    out = tmp_path / "report.json"
    result = run("--json", str(out), save(tmp_path / "a.har", GOOD))
    assert result.exit_code == 0
    assert "generateText" in result.stdout
    assert json.loads(out.read_text("utf-8"))["exit"] == 0
    assert run("--json", str(tmp_path), save(tmp_path / "a.har", GOOD)).exit_code == 2


def test_another_base_url_is_taken_for_the_service(tmp_path: Path) -> None:
    file = save(tmp_path / "c.har", FOREIGN)
    assert "--base-url" in run(file).stdout
    assert run("--base-url", "http://127.0.0.1:8000", file).exit_code == 0
    assert run("--host-map", "127.0.0.1:8000=gateway", file).exit_code == 0
    assert run("--host-map", "127.0.0.1:8000=media", file).exit_code == 2
    assert run("--host-map", "127.0.0.1:8000", file).exit_code == 2
    under = entry(
        "/base/text/a", 200, "hi", "text/plain; charset=utf-8", host="http://127.0.0.1:8000"
    )
    below = save(tmp_path / "e.har", under)
    assert run("--base-url", "http://127.0.0.1:8000/base", below).exit_code == 0
    assert run("--base-url", "http://127.0.0.1:8000/bas", below).exit_code == 2


def test_a_bad_contract_is_one_line_and_inconclusive(tmp_path: Path) -> None:
    (tmp_path / "c.yaml").write_text("a: [")
    result = run("--contract", str(tmp_path / "c.yaml"), save(tmp_path / "a.har", GOOD))
    assert result.exit_code == 2
    assert "not YAML" in result.stderr
    assert "Traceback" not in result.output


def test_models_that_a_recording_lists_are_known_in_that_recording(tmp_path: Path) -> None:
    listed = entry(
        "/text/models",
        200,
        [{"name": "brand-new", "aliases": ["bn"], "pricing": {"currency": "pollen"}}],
    )
    used = [
        entry(f"/text/a?model={name}", 200, "hi", "text/plain; charset=utf-8")
        for name in ("brand-new", "bn")
    ]
    with_list, without = save(tmp_path / "a.har", listed, *used), save(tmp_path / "b.har", *used)
    assert run(with_list).exit_code == 0
    assert run(without).exit_code == 1
    # One recording's list decides nothing about another recording.
    assert run(with_list, without).exit_code == 1


def test_text_that_cannot_be_encoded_is_reported_like_any_other(tmp_path: Path) -> None:
    unreadable = '{"error": {"message": "\\ud800", "\\udfff": "\\ud800"}}'
    half = entry("/text/models", 400, unreadable)
    machine = tmp_path / "report.json"
    odd = entry("/v1/models", 400, json.loads(unreadable))
    assert "\\ud800" in odd["response"]["content"]["text"]
    for recorded in (half, odd):
        result = run("-v", "--json", str(machine), save(tmp_path / "a.har", recorded))
        assert result.exit_code == 1, result.output
        assert result.exception is None or isinstance(result.exception, SystemExit)
        result.output.encode("utf-8")
        assert json.loads(machine.read_text("utf-8"))["totals"]["fails"] == 1
