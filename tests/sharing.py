"""What several processes of the tests need is made once, by the first of them, and read by the others."""

import importlib
import importlib.util
import os
import pickle
from collections.abc import Callable
from typing import Any, TypeVar

import pytest

T = TypeVar("T")
fcntl: Any = importlib.import_module("fcntl") if importlib.util.find_spec("fcntl") else None
"""Where there is none, files cannot be locked, and each process makes its own."""


def once(paths: pytest.TempPathFactory, name: str, make: Callable[[], T]) -> T:
    """Return what a function makes, which is called by one process only.

    Args:
        paths: those of the tests; all processes of one session of pytest have their folders beside each other.
        name: of the file in which it is kept.
        make: makes something that can be pickled.
    """
    worker = os.environ.get("PYTEST_XDIST_WORKER")
    folder = paths.getbasetemp().parent if worker else paths.getbasetemp()
    if fcntl is None:
        return make()
    file = folder / f"{name}.pickle"
    with (folder / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # until it is closed
        if not file.exists():
            made = make()
            file.write_bytes(pickle.dumps(made))
            return made
    value: T = pickle.loads(file.read_bytes())
    return value
