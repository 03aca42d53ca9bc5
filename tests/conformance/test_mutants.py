"""Test the kill matrix: what it counts, and what it keeps of stock schemathesis."""

import inspect
from importlib.metadata import version
from pathlib import Path

import click
import pytest

from pollinations_conformance.checks import every
from pollinations_conformance.cli import main as cli
from pollinations_conformance.cli.kill_matrix import Kill, table
from pollinations_conformance.cli.stock import Stock, read_stock, scope_of, stock
from pollinations_conformance.server.defects import DEFECTS
from pollinations_conformance.suite.registry import REGISTRY

MATRIX = Path(__file__).parents[2] / "docs" / "kill-matrix.md"
NONE_CAN_BE_SEEDED = "No defect can be seeded"

KILLS = [
    Kill("balance-null", "ACC-BAL-01", "", ["account.balance_is_a_number"], seconds=0.2),
    Kill("survivor", "ACC-BAL-02", "", [], ["account.key_is_needed"], whole=True, seconds=9),
]


def test_survivors_are_counted_and_named_in_the_table() -> None:
    text = table(KILLS, {1: [], 2: ["GEN-01: no"]}, Stock("4", 1))
    assert "**1 of 2 defects are killed**" in text
    assert "2 seeds (1 to 2): 1 false alarms" in text
    assert "| ACC-BAL-01 | balance-null | `account.balance_is_a_number` |  |  | 0.2 |\n" in text
    assert "**survives** (seen by account.key_is_needed)" in text


def test_what_else_fails_is_counted_and_marked_where_no_defect_declares_it() -> None:
    wide = Kill("a", "ACC-BAL-01", "", ["x"], also={"ACC-BAL-02": "r", "ACC-KEY-01": "s"})
    wide.declared = ["ACC-BAL-02"]
    wide.untested = {"ACC-BAL-03": "because"}
    text = table([KILLS[0], wide], {}, Stock("4", 1))
    assert "**Precision: 1 of 2 (50.0 %)** make no other requirement fail." in text
    assert "0 defects more violate others by their definition; 1 make one fail" in text
    assert "| `x` | ACC-BAL-02, **ACC-KEY-01** | ACC-BAL-03 |" in text
    assert wide.undeclared == ["ACC-KEY-01"]


def test_what_else_fails_is_not_claimed_where_only_recall_was_measured() -> None:
    text = table(KILLS, {}, Stock("4", 1), recall=True)
    assert "Precision" not in text
    assert "| requirement | defect | killed by | s |" in text
    columns = {line.count("|") for line in text.splitlines() if line.startswith("|")}
    assert columns == {5}


def test_checks_that_kill_nothing_are_listed_with_their_sentence() -> None:
    idle = table(KILLS, {}, Stock("4", 1)).split("## Checks that kill no defect")[1]
    name, item = next(
        (name, item) for name, item in REGISTRY.items() if name != KILLS[0].killers[0]
    )
    assert f"- `{name}`: {item.description}" in idle
    assert f"- `{KILLS[0].killers[0]}`:" not in idle


def test_what_stock_says_of_the_honest_server_too_does_not_count() -> None:
    honest = {"": ["ST201 POST /a"], "getA": []}
    found = {"balance-null": ["ST201 POST /a", "ST108 GET /b"], "survivor": []}
    text = table(KILLS, {}, Stock("4.1", 1, honest, found))
    assert "run against all of these defects, notices **1** of 2." in text
    assert "| balance-null | `account.balance_is_a_number` |  |  | 0.2 | ST108 |\n" in text
    assert "| 9.0 | no |\n" in text


def test_stock_that_met_some_of_the_defects_only_says_so() -> None:
    text = table(KILLS, {}, Stock("4.1", 1, {}, {"survivor": []}))
    assert "run against 1 (drawn by lot) of these defects, notices **0** of 1." in text
    assert "Where the column is empty, it was not run." in text
    assert "| 0.2 |  |\n" in text


def test_stock_is_reported_the_operations_that_a_requirement_is_about() -> None:
    assert scope_of("ACC-BAL-01") == ("getAccountBalance",)
    assert scope_of("AUTH-07") == ()
    assert {"uploadMedia", "getMedia", "headMedia"} <= set(scope_of("MEDIA-UP-02"))


def test_measurements_are_kept_and_begun_anew_with_another_version_or_seed(tmp_path: Path) -> None:
    file = tmp_path / "stock.json"
    kept = Stock(version("schemathesis"), 1, {"": []}, {'a"b': ["ST108 GET /"]})
    kept.save(file)
    assert read_stock(file, 1) == kept
    assert read_stock(file, 2).found == {}
    assert read_stock(None, 1).found == {}
    Stock("0.1", 1, {}, {"x": []}).save(file)
    assert read_stock(file, 1).found == {}
    assert [item.name for item in tmp_path.iterdir()] == ["stock.json"]


@pytest.mark.parametrize("text", ["{", "[]", "{}", '{"schemathesis": "4", "seed": 1, "found": 3}'])
def test_file_without_measurements_is_refused_in_one_line(tmp_path: Path, text: str) -> None:
    file = tmp_path / "stock.json"
    file.write_text(text)
    with pytest.raises(click.ClickException, match="holds no measurements"):
        read_stock(file, 1)


def test_stock_schemathesis_that_cannot_run_is_an_error_not_a_silence(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    broken = tmp_path / "openapi.yaml"
    broken.write_text("openapi: [")
    monkeypatch.setattr("pollinations_conformance.cli.stock.default_path", lambda: broken)
    with pytest.raises(RuntimeError, match="schemathesis run ended with"):
        stock("")


def test_a_name_that_no_defect_has_kills_nothing_and_is_no_success(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert cli.main(["mutants", "--only", "no-such-defect"]) == 2
    assert "no defect has 'no-such-defect' in its name" in capsys.readouterr().err


def test_the_matrix_in_the_documentation_is_of_these_defects_and_all_are_killed() -> None:
    rows = [line.split(" | ") for line in MATRIX.read_text().splitlines() if line.count(" | ") > 2]
    listed = {name: (cited, killers) for cited, name, killers, *_ in rows[1:]}
    assert set(listed) == set(DEFECTS), "docs/kill-matrix.md is old; run: make mutants"
    for name, (cited, killers) in listed.items():
        assert cited.removeprefix("| ") == DEFECTS[name].requirement
        assert killers.startswith("`"), f"{name} survives"


def test_every_check_kills_a_defect_or_says_why_none_can_be_seeded() -> None:
    checks = {item.name: item for item in every()}
    text = MATRIX.read_text()
    idle = [name for name in checks if f"`{name}`" not in text.split("## Checks that kill")[0]]
    for name in idle:
        said = inspect.getdoc(checks[name].function) or ""
        assert NONE_CAN_BE_SEEDED in said, f"{name} kills nothing; seed a defect, or say why not"
