"""One whole run against the server without defects, for all tests that look at what is sent in it."""

from typing import Any, NamedTuple

import pytest

from pollinations_conformance.cli import effects
from pollinations_conformance.suite import pricing
from pollinations_conformance.suite.session import Session
from tests.sharing import once


class Honest(NamedTuple):
    """Such a run.

    Args:
        trace: what each check sent.
        paying: the checks that paid with the publishable key.
    """

    trace: effects.Trace
    paying: frozenset[str]


def run_and_note() -> Honest:
    paying: set[str] = set()
    send = Session.send

    def noting(self: Session, method: str, path: str, **more: Any) -> Any:
        response = send(self, method, path, **more)
        if response.operation in pricing.PAID and more.get("key") == "publishable":
            paying.add(self.name)
        return response

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Session, "send", noting)
        return Honest(effects.trace(), frozenset(paying))


@pytest.fixture(scope="session")
def honest_run(tmp_path_factory: pytest.TempPathFactory) -> Honest:
    """Return what a whole run sends; it is made once for all processes."""
    return once(tmp_path_factory, "honest", run_and_note)


@pytest.fixture
def traced(honest_run: Honest, monkeypatch: pytest.MonkeyPatch) -> effects.Trace:
    """Have the effects of defects measured against that run."""
    monkeypatch.setattr(effects, "trace", lambda _=1: honest_run.trace)
    return honest_run.trace
