"""What a report prints of a failure repeats it: the commands get the same departure again."""

import random
import shutil
import subprocess
from dataclasses import replace
from typing import NamedTuple

import pytest

from pollinations_conformance.checks import every
from pollinations_conformance.contract import Request, Response, load
from pollinations_conformance.reports.build import build
from pollinations_conformance.reports.model import repeating
from pollinations_conformance.server import running
from pollinations_conformance.server.defects import DEFECTS
from pollinations_conformance.suite.exchange import Exchange
from pollinations_conformance.suite.execute import execute
from pollinations_conformance.suite.keyring import ROLES, Keyring, variable
from pollinations_conformance.suite.options import Options
from pollinations_conformance.suite.outcome import Outcome
from pollinations_conformance.suite.pricing import Ledger
from pollinations_conformance.suite.registry import WATCHES
from pollinations_conformance.suite.run import Run
from pollinations_conformance.suite.target import Target
from tests.properties import examples

pytestmark = [
    pytest.mark.whole_run,
    pytest.mark.skipif(shutil.which("curl") is None, reason="there is no curl"),
]

FOUND_BY_OTHERS = {"stream-chunk-missing", "stream-chunk-size"}
"""Defects that the checks of their own requirement do not come across."""
AT_THE_SAME_TIME = {"stream-shared"}
"""Defects that requests at the same time show, which commands one after another cannot repeat."""
SHOWN = sorted(set(DEFECTS) - FOUND_BY_OTHERS - AT_THE_SAME_TIME)
SAMPLE = sorted(random.Random(1).sample(SHOWN, min(len(SHOWN), examples(len(SHOWN)))))


class Departure(NamedTuple):
    """What shows that a server departs from the contract.

    Args:
        status: of the response; 0 where none came that is HTTP.
        media_type: of the response.
        violations: requirements that the response violates by itself.
        watched: whether the watch that reported it still does.
    """

    status: int
    media_type: str
    violations: frozenset[str]
    watched: bool


def departure(exchange: Exchange, watch: str) -> Departure:
    """Return the departure that an exchange shows."""
    contract = load()
    host = "media" if exchange.operation in {"uploadMedia", "getMedia", "headMedia"} else "gateway"
    request = Request.of(
        exchange.method, exchange.url, exchange.request_headers, exchange.request_body or None
    )
    match = contract.find(exchange.method, request.path, host)
    violations = []
    trimmed = exchange.size >= 0
    if match is not None and exchange.operation and exchange.status and not trimmed:
        response = Response(exchange.status, exchange.headers, exchange.content)
        violations = contract.check_response(match, request, response)
    shown = replace(exchange, violations=tuple(violations))
    return Departure(
        exchange.status,
        exchange.media_type,
        frozenset(str(item.requirement) for item in violations),
        bool(watch and WATCHES[watch].look(shown)),
    )


def repeated(exchange: Exchange, commands: list[str], keys: dict[str, str]) -> Exchange:
    """Return an exchange with the response that commands get in the place of its own."""
    *before, last = commands
    # What a preparing command prints is not the response.
    quiet = [line if line.startswith("RUN=") else f"{{ {line}\n}} >&2" for line in before]
    script = "\n".join([*quiet, last])
    environment = {"PATH": "/usr/bin:/bin"}
    environment |= {variable(role).removeprefix("$"): key for role, key in keys.items()}
    done = subprocess.run(
        ["bash", "-c", script], env=environment, capture_output=True, timeout=60, check=False
    )
    found = done.stdout
    while found.startswith(b"HTTP/1.1 100"):
        found = found.partition(b"\r\n\r\n")[2]
    if done.returncode != 0:
        found = b""  # no response that is HTTP
    head, _, content = found.partition(b"\r\n\r\n")
    status, *lines = head.decode("latin-1").split("\r\n")
    headers = tuple((n, v.strip()) for n, _, v in (line.partition(":") for line in lines))
    number = int(status.split()[1]) if status else 0
    return replace(exchange, status=number, headers=headers, content=content, size=-1)


@pytest.mark.parametrize("defect", SAMPLE)
def test_printed_commands_get_the_same_departure(defect: str) -> None:
    requirement = DEFECTS[defect].requirement
    with running(seed=1, defects=[defect]) as server:
        keys = {role: server.keys[role] for role in ROLES}
        target = Target(server.base_url, server.media_url, Keyring(keys), embedded=True)
        options = Options(seed=1, jobs=1, generated=False, requirements=(requirement,))
        run = Run(target, options, Ledger(None), checks=every())
        execute(run)
        target.close()
        line = next(item for item in build(run, level="should").lines if item.id == requirement)
        assert line.verdict == "fail", line.reason
        assert line.exchange is not None
        outcome = shown_by(run, requirement, line.checks[0]["name"], line.checks[0]["reason"])
        commands = repeating(line.exchange)
        assert not any("on stdin" in command for command in commands)
        exchange = outcome.exchanges[-1]
        again = repeated(exchange, commands, keys)
        if exchange.size >= 0:
            again = replace(again, size=len(again.content))
        watch = outcome.check if outcome.check in WATCHES else ""
        assert departure(again, watch) == departure(exchange, watch), (
            line.reason,
            commands,
        )


def shown_by(run: Run, requirement: str, check: str, reason: str) -> Outcome:
    """Return the outcome that a report shows of a requirement."""
    return next(
        item
        for item in run.all_outcomes()
        if item.check == check and item.reason == reason and requirement in item.requirements
    )
