"""The suite against servers that are kept outside this repository: every verdict is known.

They are in `../shared/cases/servers`; where that folder is not there, these tests are skipped.
"""

import contextlib
import functools
import socket
import subprocess
import sys
import time
import tomllib
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest

from pollinations_conformance.checks import every
from pollinations_conformance.reports.build import build
from pollinations_conformance.reports.model import Report
from pollinations_conformance.server import running
from pollinations_conformance.suite.execute import execute
from pollinations_conformance.suite.keyring import ROLES, Keyring
from pollinations_conformance.suite.options import Options
from pollinations_conformance.suite.pricing import Ledger
from pollinations_conformance.suite.run import Run
from pollinations_conformance.suite.target import Target
from tests.conformance.verdicts import verdicts

SERVERS = Path(__file__).parents[3] / "shared" / "cases" / "servers"
VERDICTS = Path(__file__).parent / "shared_servers"
CHAT = {
    "chat_without_cache": (),
    "chat_without_cache_auth_first": ("--auth-first",),
    "chat_without_cache_lenient": ("--lenient",),
    "chat_without_cache_auth_first_lenient": ("--auth-first", "--lenient"),
}
MEDIA = "media_without_raw_uploads"
FOR_WANT = "for want of keys or models"
SECONDS = 15.0

pytestmark = [
    pytest.mark.whole_run,
    pytest.mark.skipif(not SERVERS.is_dir(), reason=f"there is no {SERVERS.name} folder beside"),
]


@contextlib.contextmanager
def serving(script: str, *arguments: str) -> Generator[str]:
    """Run a server as a program of its own on a free port."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port = found.getsockname()[1]
    command = [sys.executable, str(SERVERS / f"{script}.py"), str(port), *arguments]
    with subprocess.Popen(command, stderr=subprocess.DEVNULL) as process:
        try:
            for _ in range(400):
                with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port)):
                    break
                time.sleep(0.05)
            yield f"http://127.0.0.1:{port}"
        finally:
            process.kill()


def executed(target: Target, *tags: str) -> Report:
    """Return the report of a run without generated requests."""
    options = Options(generated=False, tags=frozenset(tags))
    run = Run(target, options, Ledger(None), checks=every())
    try:
        execute(run)
    finally:
        target.close()
    return build(run)


@functools.cache
def report_on(name: str) -> Report:
    """Return the report of a run against one of the servers."""
    if name in CHAT:
        with serving("chat_without_cache", *CHAT[name]) as url:
            return executed(Target(url, None, Keyring({"secret": "sk_x"})), "chat", "general")
    with running(seed=1) as server, serving(MEDIA, server.media_url.rpartition(":")[2]) as url:
        keys = Keyring({role: server.keys[role] for role in ROLES})
        return executed(Target(server.base_url, url, keys), "media")


def found(name: str) -> dict[str, Any]:
    """Return the verdicts of a run in the form of the files."""
    return verdicts(report_on(name), FOR_WANT)


@pytest.mark.parametrize("name", [*CHAT, MEDIA])
def test_each_verdict_on_a_server_of_another_make_is_true(name: str) -> None:
    wanted = tomllib.loads((VERDICTS / f"{name}.toml").read_text(encoding="utf-8"))
    seen = found(name)
    reasons = {line.id: line.reason for line in report_on(name).lines}
    odd = {item: reasons[item] for item in seen["fail"] if item not in wanted["fail"]}
    assert not odd
    assert seen == {"error": [], **wanted}


@pytest.mark.parametrize("name", list(CHAT))
def test_a_server_that_responds_at_once_is_tested_at_once(name: str) -> None:
    assert report_on(name).seconds < SECONDS
