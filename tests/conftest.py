"""What holds for all tests: they say nothing to the CI that they may run in, and waste no time."""

import gc
import importlib
import os
import ssl
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.properties import load_profile

for name in list(os.environ):
    if name.startswith(("GITHUB_", "POLLINATIONS_")):
        del os.environ[name]

load_profile()


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Look for no garbage while tests are collected, and later for none among them: that is a second."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the longest tests: at the end, other processes would wait for them."""
    items.sort(key=lambda item: item.get_closest_marker("longest") is None)


@pytest.fixture(autouse=True, scope="session")
def few_certificates(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Have each new client of httpx read one certificate, where it would parse more than a hundred.

    That takes 20 ms each time, and no test speaks to a host whose certificate one of them signed.
    """
    certifi = importlib.import_module("certifi")  # httpx brings it
    usual = {certifi.where(), os.environ.get("SSL_CERT_FILE", "")}
    create = ssl.create_default_context
    end = "-----END CERTIFICATE-----\n"
    first, _, _ = Path(certifi.where()).read_text(encoding="utf-8").partition(end)
    file = tmp_path_factory.mktemp("certificates") / "one.pem"
    file.write_text(first + end, encoding="utf-8")

    def quick(*purpose: Any, cafile: Any = None, **more: Any) -> ssl.SSLContext:
        return create(*purpose, cafile=file if cafile in usual else cafile, **more)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ssl, "create_default_context", quick)
        yield
