"""What holds for all tests: they say nothing to the CI that they may run in."""

import os

from tests.properties import load_profile

for name in list(os.environ):
    if name.startswith(("GITHUB_", "POLLINATIONS_")):
        del os.environ[name]

load_profile()
