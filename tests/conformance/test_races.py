"""What others spend between two readings of a check is no failure of the server."""

import time
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

import pytest

from pollinations_conformance.checks import every
from pollinations_conformance.http.credentials import credential
from pollinations_conformance.http.json import parse_json
from pollinations_conformance.reports.build import build
from pollinations_conformance.reports.model import Report
from pollinations_conformance.server import running
from pollinations_conformance.suite import Exchange
from pollinations_conformance.suite.execute import execute
from pollinations_conformance.suite.keyring import ROLES, Keyring
from pollinations_conformance.suite.options import Options
from pollinations_conformance.suite.pricing import Ledger
from pollinations_conformance.suite.registry import Check
from pollinations_conformance.suite.run import Run
from pollinations_conformance.suite.target import Target
from tests.conformance.test_preconditions import fails, line


class Shared(Target):
    """A server on which somebody else spends with the same keys, at the worst moments."""

    before: Sequence[str] = ()
    """Paths whose request somebody else's generation comes before."""
    after: Sequence[str] = ()
    """Paths whose request somebody else's generation comes after."""
    spent = 0

    def transmit(
        self, method: str, url: str, headers: Sequence[tuple[str, str]], body: bytes
    ) -> Exchange:
        path, key = urlsplit(url).path, credential(url, headers)
        if method == "GET" and path in self.before:
            self.spend(key)
        found = super().transmit(method, url, headers, body)
        if method == "GET" and path in self.after:
            self.spend(key)
        return found

    def spend(self, key: str | None) -> None:
        """Spend with a key, and wait until it is written down."""
        if key not in [self.keys.get(role) for role in ("secret", "other-account")]:
            return
        old = self.records(key)
        self.spent += 1
        url = f"{self.base_url}/image/somebody%20else%20{self.spent}"
        assert super().transmit("GET", url, bearer(key), b"").ok
        end = time.monotonic() + 10
        while self.records(key) == old and time.monotonic() < end:
            time.sleep(0.01)

    def records(self, key: str | None) -> Any:
        """Return how many records there are."""
        url = f"{self.base_url}/account/usage?limit=50000"
        found: Any = parse_json(super().transmit("GET", url, bearer(key), b"").content)
        return found["count"]


def bearer(key: str | None) -> list[tuple[str, str]]:
    return [("Authorization", f"Bearer {key}")]


def report_beside_others(checks: Sequence[Check], **moments: Sequence[str]) -> tuple[Report, int]:
    """Return the report of a run during which somebody else spends, and how often that was."""
    with running(seed=1) as server:
        keys = Keyring({role: server.keys[role] for role in ROLES})
        target = Shared(server.base_url, server.media_url, keys, embedded=True)
        for name, paths in moments.items():
            setattr(target, name, paths)
        run = Run(target, Options(generated=False, jobs=1), Ledger(None), checks=checks)
        execute(run)
        target.close()
    return build(run), target.spent


@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize("path", ["/account/usage", "/account/usage/daily"])
def test_days_are_compared_with_the_records_that_they_can_know_of(moment: str, path: str) -> None:
    checks = [item for item in every() if "ACC-DAILY-07" in item.requirements]
    report, spent = report_beside_others(checks, **{moment: [path]})
    assert spent
    assert not fails(report), line(report, "ACC-DAILY-07").reason
    assert line(report, "ACC-DAILY-07").verdict == "pass"
