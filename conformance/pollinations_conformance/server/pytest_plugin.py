"""A pytest plugin that comes with the package: the reference server as a fixture."""

from collections.abc import Generator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pollinations_conformance.server import RunningServer


@pytest.fixture(scope="session")
def pollinations_server() -> "Generator[RunningServer]":
    """Run a reference server that all tests of the session share."""
    # pytest loads this module in every session of everybody who has the package installed.
    from pollinations_conformance.server import running

    with running() as server:
        yield server


@pytest.fixture
def pollinations_script(pollinations_server: "RunningServer") -> "Generator[RunningServer]":
    """Script responses for one test: one that no request uses fails the test."""
    pollinations_server.clear_responses()
    yield pollinations_server
    unused = pollinations_server.unused_responses()
    pollinations_server.clear_responses()
    if unused:
        pytest.fail("scripted responses were not used:\n  " + "\n  ".join(unused), pytrace=False)
