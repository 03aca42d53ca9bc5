"""The suite against servers of other makes: every verdict is the one that is true of them."""

import functools
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

from pollinations_conformance.checks import every
from pollinations_conformance.reports.build import build
from pollinations_conformance.reports.model import Report
from pollinations_conformance.suite.execute import execute
from pollinations_conformance.suite.keyring import Keyring
from pollinations_conformance.suite.options import Options
from pollinations_conformance.suite.pricing import Ledger
from pollinations_conformance.suite.run import Run
from pollinations_conformance.suite.target import Target
from tests.clocks import SkippingClock
from tests.conformance.stubs.servers import KEY, STUBS, serving
from tests.conformance.verdicts import verdicts

VERDICTS = Path(__file__).parent / "stubs" / "verdicts"
OTHER = "for want of keys or models"
"""In the place of a requirement: it is not tested for reasons of the run."""


@functools.cache
def report_of(name: str) -> Report:
    """Return the report of a run against a stub."""
    tags = {"media"} if name == "one_form" else {"chat", "general"}
    with serving(name) as url:
        media = url if name == "one_form" else None
        # One request at a time, which may take until the clock was moved on.
        clock = SkippingClock().of_the_suite()
        target = Target(url, media, Keyring({"secret": KEY}), timeout=1000.0, clock=clock)
        options = Options(generated=False, tags=frozenset(tags), jobs=1)
        run = Run(target, options, Ledger(None), checks=every())
        execute(run)
        target.close()
    return build(run)


def expected(name: str) -> dict[str, Any]:
    """Read what is true of a stub."""
    return tomllib.loads((VERDICTS / f"{name}.toml").read_text(encoding="utf-8"))


def found(name: str) -> dict[str, Any]:
    """Return what a run said of a stub, in the same form."""
    return verdicts(report_of(name), OTHER)


@pytest.mark.whole_run
@pytest.mark.parametrize("name", sorted(STUBS))
def test_each_verdict_on_a_stub_is_true(name: str) -> None:
    wanted = expected(name)
    seen = found(name)
    reasons = {line.id: line.reason for line in report_of(name).lines}
    for verdict in ("fail", "error"):
        odd = sorted(set(seen[verdict]) - set(wanted.get(verdict, ())))
        assert not odd, f"{verdict}: {[(item, reasons[item]) for item in odd]}"
    gone = sorted({*wanted["fail"], *wanted["pass"]} - {*seen["fail"], *seen["pass"]})
    assert not gone, [(item, reasons[item]) for item in gone]
    assert seen["fail"] == wanted["fail"]
    assert seen["pass"] == wanted["pass"]
    assert seen["not tested"] == wanted["not tested"]


@pytest.mark.whole_run
@pytest.mark.parametrize("name", sorted(STUBS))
def test_what_shows_a_failure_is_the_last_exchange_of_the_line(name: str) -> None:
    """A requirement that fails by a status shows that status."""
    for line in report_of(name).lines:
        words = line.reason.split(" gets ")
        if line.verdict == "fail" and len(words) == 2 and words[1][:3].isdigit():
            assert line.exchange is not None, line.id
            assert line.exchange["response"]["status"] == int(words[1][:3]), line.id


@pytest.mark.whole_run
@pytest.mark.parametrize("name", sorted(STUBS))
def test_no_reason_has_words_of_python(name: str) -> None:
    """What a server lacks is missing; `None` and addresses of objects say nothing to a reader."""
    for line in report_of(name).lines:
        if line.verdict in {"fail", "not tested"}:
            assert not re.search(r"\bNone\b|object at 0x|\[\]$|\['|\{'\w", line.reason), line.reason
