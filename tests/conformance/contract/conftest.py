"""The contract of this package."""

import pytest

from pollinations_conformance.contract import Contract, load


@pytest.fixture(scope="module")
def contract() -> Contract:
    return load()
