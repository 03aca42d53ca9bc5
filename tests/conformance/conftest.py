"""The run against the server without defects, as fixtures."""

import pytest

from pollinations_conformance.cli import effects
from tests.honest import Honest, honest


@pytest.fixture(scope="session")
def honest_run(tmp_path_factory: pytest.TempPathFactory) -> Honest:
    """Return what a whole run sends."""
    return honest(tmp_path_factory)


@pytest.fixture
def traced(honest_run: Honest, monkeypatch: pytest.MonkeyPatch) -> effects.Trace:
    """Have the effects of defects measured against that run."""
    monkeypatch.setattr(effects, "trace", lambda _=1: honest_run.trace)
    return honest_run.trace
