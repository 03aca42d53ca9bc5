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
