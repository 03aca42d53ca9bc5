"""Test the three outputs of a comparison."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pollinations_conformance.drift.compare import compare
from pollinations_conformance.drift.document import Document
from pollinations_conformance.drift.report import (
    as_json,
    examine,
)
from tests.conformance.drift.documents import (
    GET,
    at,
    base,
    query,
    run,
    save,
)


def test_a_place_in_a_report_is_one_that_is_there(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    theirs = base()
    del at(theirs, GET)["summary"]
    del at(theirs, GET)["tags"]
    at(theirs, f"{GET}.responses.200.content")["application/json"] = {}
    other = Document(theirs, "theirs")
    report = json.loads(as_json(examine(Document(base(), "ours"), other)))
    pointers = [row["theirs"]["pointer"] for row in report["differences"]]
    assert len(pointers) > 2
    for pointer in pointers:
        other.node(pointer)


def test_long_lists_are_cut_on_the_terminal_only(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    names = [f"model-{number}" for number in range(60)]
    ours = save(tmp_path, "ours", query({"type": "string", "enum": ["a", *names]}))
    theirs = save(tmp_path, "theirs", query({"type": "string", "enum": ["a"]}))
    out = tmp_path / "out.json"
    assert run("--contract", ours, theirs, "--json", out) == 1
    assert "model-59" not in capsys.readouterr().out
    assert "model-59" in json.loads(out.read_text())["differences"][0]["ours"]["text"]
    assert run("--contract", ours, theirs, "-v") == 1
    assert "model-59" in capsys.readouterr().out


def test_places_lead_into_both_documents() -> None:
    theirs = base()
    at(theirs, "components.schemas.Error")["required"] = []
    theirs["paths"]["/things/{id}"]["get"]["parameters"][1]["schema"]["maximum"] = 5
    one, other = Document(base(), "ours"), Document(theirs, "theirs")
    for difference in compare(one, other):
        for _, finding in difference.occurrences:
            one.node(finding.ours_at)
            other.node(finding.theirs_at)


def test_three_outputs_agree(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    theirs = base()
    theirs["paths"]["/things/{id}"]["get"]["parameters"][2]["schema"]["enum"] = ["x|z"]
    theirs["paths"]["/things/{id}"]["get"]["summary"] = "Other"
    one, other = save(tmp_path, "a.json", base()), save(tmp_path, "b.json", theirs)
    out = tmp_path / "o.json", tmp_path / "o.md"
    assert run("--contract", one, other, "--json", out[0], "--markdown", out[1]) == 1
    text, data, page = capsys.readouterr().out, json.loads(out[0].read_text()), out[1].read_text()
    assert data["exit"] == 1
    assert len(data["differences"]) == 2
    for row in data["differences"]:
        assert row["summary"] in text
        assert row["summary"] in page
        assert row["ours"]["pointer"] in text
        assert row["theirs"]["pointer"] in page
    assert "x\\|z" in page  # a bar would end the cell
    assert run("--contract", one, other, "--json", "-") == 1
    assert json.loads(capsys.readouterr().out) == data


def test_exit_code_is_zero_when_nothing_breaks(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    theirs = base()
    theirs["info"]["version"] = "2"
    assert run("--contract", save(tmp_path, "a", base()), save(tmp_path, "b", theirs)) == 0
    assert "1 documentation only" in capsys.readouterr().out


def test_the_version_of_a_document_of_ours_is_not_taken_for_that_of_the_api(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ours = base()
    ours["info"].update({"version": "0.1", "x-api-version": base()["info"]["version"]})
    assert run("--contract", save(tmp_path, "a", ours), save(tmp_path, "b", base())) == 0
    assert "0 documentation only" in capsys.readouterr().out


def test_output_that_cannot_be_written_is_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = save(tmp_path, "a", base())
    assert run("--contract", file, file, "--json", tmp_path / "none" / "x") == 2
    assert "cannot be written" in capsys.readouterr().err
