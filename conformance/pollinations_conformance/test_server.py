"""The written checks as plain pytest, for those who want its options.

    pytest --pyargs pollinations_conformance.test_server
    pytest --pyargs pollinations_conformance.test_server -n 2 -k CHAT-STREAM

Without an address they run against the embedded reference server. What `check` takes as options
comes from the environment here: POLLINATIONS_BASE_URL, POLLINATIONS_MEDIA_URL,
POLLINATIONS_API_KEY, POLLINATIONS_KEYS_FILE, POLLINATIONS_BUDGET (pollen, 0 when absent),
POLLINATIONS_SEED. What could not be tested is skipped, with the reason.
"""

import os
from collections.abc import Generator
from pathlib import Path

import pytest

from pollinations_conformance import report
from pollinations_conformance.budget import Ledger
from pollinations_conformance.checks import every
from pollinations_conformance.command import given_keys, target
from pollinations_conformance.runner import Check, Options, Run


@pytest.fixture(scope="session")
def conformance_run() -> Generator[Run]:
    """Give a run whose checks pytest starts one by one."""
    base_url = os.environ.get("POLLINATIONS_BASE_URL") or None
    media_url = os.environ.get("POLLINATIONS_MEDIA_URL") or None if base_url else None
    file = os.environ.get("POLLINATIONS_KEYS_FILE")
    keys = given_keys(Path(file) if file else None, None) if base_url else {}
    options = Options(seed=int(os.environ.get("POLLINATIONS_SEED", "1")))
    with target(base_url, media_url, keys, None, 60.0, options.seed) as server:
        budget = None if server.embedded else float(os.environ.get("POLLINATIONS_BUDGET", "0"))
        run = Run(server, options, Ledger(budget), checks=every())
        run.prepare()
        yield run


@pytest.mark.parametrize(
    "item", every(), ids=[f"{'+'.join(item.requirements)}:{item.name}" for item in every()]
)
def test_requirement(item: Check, conformance_run: Run) -> None:
    """Run one check and say what came of it."""
    outcome = conformance_run.run_check(item)
    if outcome.verdict == "not tested":
        pytest.skip(outcome.reason)
    if outcome.verdict != "pass":
        texts = [conformance_run.contract.requirements[name].text for name in item.requirements]
        lines = [*texts, outcome.reason]
        if outcome.exchanges:
            lines.append(report.curl(conformance_run, outcome.exchanges[-1]))
        pytest.fail("\n".join(lines), pytrace=False)
