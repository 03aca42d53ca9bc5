"""Test that a run can be split: shards find what the whole run finds, and only what belongs together is merged."""

import datetime
import json
import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from pollinations_conformance.checks import every
from pollinations_conformance.cli import main as cli
from pollinations_conformance.cli.target import open_target
from pollinations_conformance.contract import load
from pollinations_conformance.reports import known, merge
from pollinations_conformance.reports.build import build
from pollinations_conformance.reports.json import SCHEMA, read
from pollinations_conformance.reports.model import Report
from pollinations_conformance.reports.text import case_lines, to_text
from pollinations_conformance.reports.write import write
from pollinations_conformance.suite import generated, pricing
from pollinations_conformance.suite.execute import execute
from pollinations_conformance.suite.options import Options, Shard
from pollinations_conformance.suite.run import Run
from tests.sharing import once

TAGS = frozenset({"media", "models", "text"})
DEFECTS = ("upload-never-duplicate", "models-created-seconds", "infos-dollars", "media-no-cors")
KNOWN = [
    known.Known("MEDIA-UP-02", "seen", datetime.date(2026, 1, 1)),
    known.Known("MODELS-V1-05", "seen", datetime.date(2026, 1, 1), expires=datetime.date(2026, 2, 1)),
    known.Known("MODELS-V1-01", "seen", datetime.date(2026, 1, 1)),
]  # fmt: skip


def leave(
    directory: Path,
    shard: Shard | None,
    defects: Sequence[str] = (),
    entries: Sequence[known.Known] = (),
    **options: Any,
) -> Path:
    """Run against the embedded server and write the report as `check` does."""
    with open_target(None, None, {}, None, 20.0, 1, tuple(defects)) as server:
        settings: dict[str, Any] = {"tags": TAGS, "examples": 2, "shard": shard, **options}
        run = Run(server, Options(**settings), pricing.Ledger(None), checks=every())
        execute(run)
    write(build(run, entries), directory)
    return directory / "report.json"


def split(directory: Path, of: int, *more: Any, **options: Any) -> Report:
    for number in range(1, of + 1):
        leave(directory / f"part-{number}", Shard(number, of), *more, **options)
    files = merge.find([directory], directory / "report.json")
    return merge.merge([(path, read(path)) for path in files])


def verdicts(found: Report) -> dict[str, tuple[str, str]]:
    """Return verdicts, and reasons where they do not name what one request happened to hold."""
    return {
        line.id: (line.verdict, line.reason if line.verdict == "not tested" else "")
        for line in found.lines
    }


@pytest.fixture(scope="module")
def honest(tmp_path_factory: pytest.TempPathFactory) -> Report:
    place = once(tmp_path_factory, "shards", lambda: leave(tmp_path_factory.mktemp("honest"), None))
    return read(place)


@pytest.mark.whole_run
@pytest.mark.parametrize("of", [2, 3])
def test_the_shards_of_an_honest_server_give_the_verdicts_of_the_whole_run(
    of: int, honest: Report, tmp_path: Path
) -> None:
    merged = split(tmp_path, of)
    assert merged.counts()["fail"] == 0
    assert verdicts(merged) == verdicts(honest)
    assert (merged.exit_code(), merged.verdict()) == (honest.exit_code(), honest.verdict())
    for name in ("written", "generated"):
        assert merged.cases[name] == honest.cases[name] > 0
    assert [item["succeeded"] > 0 for item in merged.operations] == [
        item["succeeded"] > 0 for item in honest.operations
    ]
    parts = [read(path) for path in tmp_path.rglob("report.json")]
    assert all(part.cases["written"] < honest.cases["written"] / 1.5 for part in parts)
    assert merged.requests == sum(part.requests for part in parts)


@pytest.mark.whole_run
def test_the_shards_of_a_server_with_defects_fail_and_accept_the_same_requirements(
    tmp_path: Path,
) -> None:
    whole = read(leave(tmp_path / "whole", None, DEFECTS, KNOWN))
    merged = split(tmp_path / "parts", 3, DEFECTS, KNOWN)
    found = {line.id for line in whole.lines if line.verdict == "fail"}
    assert {"MODELS-INFO-03", "MEDIA-GET-07"} <= found
    assert {name: said[0] for name, said in verdicts(merged).items()} == {
        name: said[0] for name, said in verdicts(whole).items()
    }
    assert merged.unexpected == whole.unexpected == ["MODELS-V1-01"]
    assert merged.expired == whole.expired == ["MODELS-V1-05"]
    assert merged.exit_code() == whole.exit_code() == 1
    for line in merged.lines:
        assert line.exchange is not None or line.verdict not in {"fail", "known"}, line.id
        assert (line.known is None) == (line.verdict != "known"), line.id


def test_the_merged_report_keeps_the_schema_and_comes_in_every_form(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for number in (1, 2):
        leave(tmp_path / f"part-{number}", Shard(number, 2), tags=frozenset({"models"}))
    assert cli.main(["merge", str(tmp_path), "--report-dir", str(tmp_path / "all")]) == 0
    assert "The contract holds, as far as it was tested." in capsys.readouterr().out
    value = json.loads((tmp_path / "all" / "report.json").read_text(encoding="utf-8"))
    page = (tmp_path / "part-1" / "report.html").read_text(encoding="utf-8")
    assert "shard 1 of 2" in page
    for row in case_lines(value["cases"]):
        assert row in (tmp_path / "all" / "report.html").read_text(encoding="utf-8")
    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    jsonschema_rs.validator_for(schema).validate(value)
    assert value["shard"] is None
    names = {file.name for file in (tmp_path / "all").iterdir()}
    assert names == {"report.json", "junit.xml", "report.html", "badge.svg"}
    # An earlier result in the same folder is not taken for a part.
    assert cli.main(["merge", str(tmp_path), "--report-dir", str(tmp_path / "all")]) == 0


def test_every_check_and_every_operation_belongs_to_exactly_one_shard() -> None:
    weights = {item.name: 1.0 + sum(item.cost.values()) for item in every()}
    shares = [Shard(number, 4).share(weights) for number in range(1, 5)]
    assert set().union(*shares) == set(weights)
    assert sum(len(share) for share in shares) == len(weights)
    loads = [sum(weights[name] for name in share) for share in shares]
    assert max(loads) - min(loads) <= max(weights.values())


def test_operations_that_lead_to_each_other_stay_together() -> None:
    units = generated.units(load())
    assert frozenset({"uploadMedia", "getMedia", "headMedia"}) in units
    assert sorted(name for unit in units for name in unit) == sorted(
        item.id for item in load().operations
    )


@pytest.fixture(scope="module")
def halves(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("halves")
    for number in (1, 2):
        leave(
            directory / str(number), Shard(number, 2), tags=frozenset({"models"}), generated=False
        )
    return directory


def altered(halves: Path, tmp_path: Path, change: dict[str, Any]) -> None:
    shutil.copytree(halves, tmp_path, dirs_exist_ok=True)
    file = tmp_path / "2" / "report.json"
    value = json.loads(file.read_text(encoding="utf-8"))
    file.write_text(json.dumps(value | change), encoding="utf-8")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"contract_sha256": "0" * 64}, "another contract"),
        ({"tool": "pollinations-contract 0.0.1"}, "another version of the suite"),
        ({"seed": 2}, "another seed"),
        ({"level": "should"}, "another level"),
        ({"target": {"gateway": "http://a", "media": None, "keys": []}}, "another target"),
        ({"shard": None}, "the report of a whole run"),
        ({"shard": {"number": 1, "of": 2}}, "shard 1/2 is duplicated"),
        ({"shard": {"number": 2, "of": 3}}, "not as many shards"),
        ({"shard": {"number": 3, "of": 2}}, "no shard 3 of 2"),
        ({"requirements": []}, "other requirements"),
        ({"version": 1}, "no report of this version"),
        ({"counts": 7}, "no report of this version"),
    ],
)  # fmt: skip
def test_what_does_not_belong_together_is_refused_with_one_line(
    change: dict[str, Any],
    said: str,
    halves: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    altered(halves, tmp_path, change)
    refused(tmp_path, said, capsys)


def refused(directory: Path, said: str, capsys: pytest.CaptureFixture[str]) -> None:
    code = cli.main(["merge", str(directory), "--report-dir", str(directory / "out")])
    error = capsys.readouterr().err
    assert code == 2
    assert said in error
    assert error.count("\n") == 1
    assert not (directory / "out").exists()


def test_other_options_are_refused(
    halves: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    value = json.loads((halves / "2" / "report.json").read_text(encoding="utf-8"))
    altered(halves, tmp_path, {"options": value["options"] | {"examples": 99}})
    refused(tmp_path, "other options", capsys)


def test_a_missing_shard_is_named(
    halves: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copytree(halves / "1", tmp_path / "1")
    refused(tmp_path, "shard 2/2 is missing", capsys)


@pytest.mark.parametrize("text", ["", "{", "[]", "null", '{"version": 1}', "\x00", "[" * 100_000])
def test_a_damaged_report_is_refused_with_one_line(
    text: str, halves: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copytree(halves, tmp_path, dirs_exist_ok=True)
    (tmp_path / "2" / "report.json").write_text(text, encoding="utf-8")
    refused(tmp_path, "report.json is", capsys)


def test_an_empty_folder_and_an_absent_file_are_refused_with_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    refused(tmp_path, "no report.json is in", capsys)
    assert cli.main(["merge", str(tmp_path / "nothing.json")]) == 2
    assert "cannot read" in capsys.readouterr().err


@pytest.mark.parametrize("text", ["0/2", "3/2", "1", "a/b", "1/0", "-1/2", "1/2/3", "½"])
def test_a_part_that_is_none_is_refused(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["check", f"--shard={text}"]) == 2
    assert "write 1/4 for the first of four" in capsys.readouterr().err


def parts_of(halves: Path) -> list[Report]:
    return [read(halves / str(number) / "report.json") for number in (1, 2)]


def test_the_ledgers_are_added_up_and_the_balance_is_that_of_the_first_and_the_last(
    halves: Path,
) -> None:
    one, two = parts_of(halves)
    books: dict[str, Any] = {"limit": 1.0, "spent": 0.25, "calls": 2}
    place = {"gateway": "http://a", "media": None, "keys": ["secret"]}
    one = replace(one, target=place, started="2026-01-01T10:00:00+00:00", seconds=60.0)
    two = replace(two, target=place, started="2026-01-01T10:01:00+00:00", seconds=60.0)
    one.ledger = {
        **books,
        "by_operation": {"a": 0.25},
        "balance_before": 9.0,
        "balance_after": 8.75,
    }
    costs = {"a": 0.05, "b": 0.2}
    two.ledger = {**books, "by_operation": costs, "balance_before": 8.75, "balance_after": 8.5}
    merged = merge.merge([(Path("two"), two), (Path("one"), one)])
    assert merged.ledger == {
        "limit": 2.0,
        "spent": 0.5,
        "estimated": 0.0,
        "calls": 4,
        "by_operation": {"a": 0.3, "b": 0.2},
        "balance_before": 9.0,
        "balance_after": 8.5,
    }
    assert "as the ledger has it" in to_text(merged).plain


def test_an_interrupted_shard_makes_the_whole_run_one_that_could_not_tell(halves: Path) -> None:
    one, two = parts_of(halves)
    for line in two.lines:
        line.checks, line.verdict, line.reason = [], "not tested", "the run was interrupted first"
    merged = merge.merge([(Path("one"), one), (Path("two"), replace(two, interrupted=True))])
    assert merged.exit_code() == 2
    assert "the run was interrupted first" in {line.reason for line in merged.lines}


def test_an_operation_that_no_shard_saw_succeed_is_no_pass(halves: Path) -> None:
    parts = parts_of(halves)
    assert [part.exit_code() for part in parts] == [0, 0]
    for part in parts:
        for item in part.operations:
            item["succeeded"] = 0
    merged = merge.merge([(Path(str(number)), part) for number, part in enumerate(parts)])
    assert merged.exit_code() == 2
    assert "never responded with success" in merged.verdict()


def test_an_operation_that_one_shard_found_missing_is_missing(halves: Path) -> None:
    parts = parts_of(halves)
    parts[1].operations[0]["missing"] = "GET /v1/models gets 404"
    merged = merge.merge([(Path(str(number)), part) for number, part in enumerate(parts)])
    assert [item["id"] for item in merged.missing()] == [parts[1].operations[0]["id"]]
    assert merged.exit_code() == 1
