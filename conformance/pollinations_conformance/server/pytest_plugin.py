"""A pytest plugin that comes with the package: the reference server as a fixture."""

from collections.abc import Generator

import pytest

from pollinations_conformance.server import RunningServer, running


@pytest.fixture(scope="session")
def pollinations_server() -> Generator[RunningServer]:
    """Run a reference server that all tests of the session share."""
    with running() as server:
        yield server
