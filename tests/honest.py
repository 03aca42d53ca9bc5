"""One whole run against the server without defects, for all that looks at what is sent in it."""

import pickle
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from pollinations_conformance.cli import effects
from pollinations_conformance.suite import pricing
from pollinations_conformance.suite.session import Session
from tests.sharing import once


class Honest(NamedTuple):
    """Such a run.

    Args:
        trace: what each check sent.
        paying: the checks that paid with the publishable key.
    """

    trace: effects.Trace
    paying: frozenset[str]


def run_and_note() -> Honest:
    paying: set[str] = set()
    send = Session.send

    def noting(self: Session, method: str, path: str, **more: Any) -> Any:
        response = send(self, method, path, **more)
        if response.operation in pricing.PAID and more.get("key") == "publishable":
            paying.add(self.name)
        return response

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Session, "send", noting)
        return Honest(effects.trace(), frozenset(paying))


def honest(paths: pytest.TempPathFactory) -> Honest:
    """Return the run, which is made once for all processes of the tests."""
    return once(paths, "honest", run_and_note)


def trace_file(paths: pytest.TempPathFactory) -> Path:
    """Return a file with its trace, for `tests/traced.py`."""
    file = paths.mktemp("honest") / "trace.pickle"
    file.write_bytes(pickle.dumps(honest(paths).trace))
    return file
