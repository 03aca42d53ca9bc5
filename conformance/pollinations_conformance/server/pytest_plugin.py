"""A pytest plugin that comes with the package: the reference server as a fixture."""

from collections.abc import Iterator

import pytest

from pollinations_conformance.server import RunningServer, running


@pytest.fixture(scope="session")
def pollinations_server() -> Iterator[RunningServer]:
    """A running reference server, shared by all tests of the session."""
    with running() as server:
        yield server
