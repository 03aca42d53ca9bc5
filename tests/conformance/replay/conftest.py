"""The contract, read once."""

import pytest

from pollinations_conformance.contract import Contract, load


@pytest.fixture(scope="session")
def contract() -> Contract:
    return load()
