"""What holds for all tests: they say nothing to the CI that they may run in, and waste no time."""

import gc
import os

import pytest

from tests.properties import load_profile

for name in list(os.environ):
    if name.startswith(("GITHUB_", "POLLINATIONS_")):
        del os.environ[name]

load_profile()
# Nothing that collecting makes is garbage before the end: looking for it costs a second.
gc.disable()


@pytest.hookimpl(trylast=True)
def pytest_collection_finish() -> None:
    """Look for garbage again, except among what was collected."""
    gc.freeze()
    gc.enable()
