"""What a defect makes fail, what is not tested because of it, and that no defect hides another."""

import pytest

from pollinations_conformance.cli.effects import Trace, effects
from pollinations_conformance.cli.mutants import meet
from pollinations_conformance.cli.pairs import choose, meet_pair, part_of
from pollinations_conformance.server.defects import DEFECTS
from pollinations_conformance.suite.causes import Failure, attribute
from pollinations_conformance.suite.registry import REGISTRY, WATCHES, Check

ASSUMING, ASSUMED = "tests.assuming", "tests.assumed"


def check_of(name: str, requirement: str, *assumes: str) -> Check:
    return Check(
        name, lambda _: None, (requirement,), (), (), {}, False, "It.", assumes=tuple(assumes)
    )


@pytest.fixture
def registered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(REGISTRY, ASSUMING, check_of(ASSUMING, "B-01", "A-0*"))
    monkeypatch.setitem(REGISTRY, ASSUMED, check_of(ASSUMED, "A-01"))
    monkeypatch.setitem(REGISTRY, "tests.first", check_of("tests.first", "C-01", "B-01"))


def failure(
    check: str, requirement: str, operations: str = "x", violated: tuple[str, ...] = ()
) -> Failure:
    return Failure(check, (requirement,), frozenset(operations.split()), frozenset(violated))


@pytest.mark.usefixtures("registered")
def test_a_failure_is_attributed_to_what_the_check_assumes() -> None:
    found = [failure(ASSUMING, "B-01"), failure(ASSUMED, "A-01")]
    assert attribute(found) == {0: "A-01"}


@pytest.mark.usefixtures("registered")
def test_a_failure_of_other_operations_explains_nothing() -> None:
    found = [failure(ASSUMING, "B-01", "x y"), failure(ASSUMED, "A-01", "z")]
    assert attribute(found) == {}


@pytest.mark.usefixtures("registered")
def test_what_only_a_response_violates_explains_the_checks_that_got_that_response() -> None:
    other = failure(ASSUMING, "B-01")
    same = failure(ASSUMING, "B-01", violated=("A-02",))
    assert attribute([other, failure("every response", "A-02")]) == {}
    assert attribute([same, failure("every response", "A-02")]) == {0: "A-02"}


@pytest.mark.usefixtures("registered")
def test_a_chain_of_failures_has_its_first_as_cause() -> None:
    found = [failure("tests.first", "C-01"), failure(ASSUMING, "B-01"), failure(ASSUMED, "A-01")]
    assert attribute(found) == {0: "A-01", 1: "A-01"}


def test_of_failures_that_assume_each_other_one_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(REGISTRY, ASSUMING, check_of(ASSUMING, "B-01", "A-01"))
    monkeypatch.setitem(REGISTRY, ASSUMED, check_of(ASSUMED, "A-01", "B-01"))
    found = [failure(ASSUMING, "B-01"), failure(ASSUMED, "A-01")]
    assert len(attribute(found)) == 1


def test_every_assumed_requirement_exists() -> None:
    known = {name for item in REGISTRY.values() for name in item.requirements}
    known |= {item.requirement for item in WATCHES.values()}
    for item in REGISTRY.values():
        assert set(item.assumes) <= known, item.name
    for watch in WATCHES.values():
        assert set(watch.assumes) <= known, watch.name


def test_pairs_are_of_different_parts_and_the_same_each_time() -> None:
    pairs = choose(50, 1)
    assert len(pairs) == 50
    assert pairs == choose(50, 1)
    assert all(part_of(first) != part_of(second) for first, second in pairs)
    assert len({name for pair in pairs for name in pair}) == 100


@pytest.mark.whole_run
def test_checks_that_a_defect_cannot_concern_are_left_out(traced: Trace) -> None:
    chosen = traced.checks_for(["media-head-length"])
    assert 0 < len(chosen) < len(REGISTRY) / 4


@pytest.mark.whole_run
@pytest.mark.usefixtures("traced")
@pytest.mark.parametrize("name", ["upload-201", "validation-bare-texts", "media-needs-key"])
def test_a_defect_makes_its_requirement_fail_and_no_other(name: str) -> None:
    found = effects(name)
    assert DEFECTS[name].requirement in found.failed
    assert found.others == {}
    assert found.untested


@pytest.mark.whole_run
@pytest.mark.usefixtures("traced")
@pytest.mark.parametrize("name", ["profile-nulls-left-out", "auth-before-validation"])
def test_a_whole_run_finds_a_defect_by_a_check_that_cites_what_it_breaks(name: str) -> None:
    kill = meet(name, DEFECTS[name].requirement, "")
    assert kill.killers
    assert not kill.whole


@pytest.mark.whole_run
@pytest.mark.usefixtures("traced")
@pytest.mark.parametrize("pair", choose(3, 371), ids=" and ".join)  # which concern few checks
def test_two_defects_at_once_are_both_reported(pair: tuple[str, str]) -> None:
    assert meet_pair(pair).hidden == {}
