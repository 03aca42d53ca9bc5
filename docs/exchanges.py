"""One request and one response of every method of the client, from the reference server.

The calls are the contract's own examples. They run while the site is built, against a server with a
fixed seed and clock, so that what the pages show is what the client sends and receives.
"""

import contextlib
import functools
import io
import json
import logging
import os
import tempfile
import textwrap
from pathlib import Path
from typing import NamedTuple
from unittest import mock

from pollinations_conformance.contract import Contract, load
from pollinations_conformance.http import har
from pollinations_conformance.http.query import Pairs
from pollinations_conformance.reference.calls import method_of
from pollinations_conformance.reference.snippets import Snippets, pretty
from pollinations_conformance.server import RunningServer, create_app, running

NOW = 1_767_265_200.0  # 2026-01-01T11:00:00Z
SENT = ("content-type",)
RECEIVED = ("content-type", "x-model-used", "x-usage-", "x-cache", "x-content-")
"""Headers that are shown, by their beginnings; messages have many others."""
LINES = 40
"""Lines of a body that are shown."""
SHARED = {"media.exists": ("media.head", ".head(", ".exists(")}
"""Methods that send the request of another one: which one, and how the call differs."""


class Shown(NamedTuple):
    """A call as it is shown.

    Attributes:
        code: the call in Python.
        request: what the client sends.
        response: what it receives.
    """

    code: str
    request: str
    response: str


@functools.cache
def exchanges() -> dict[str, Shown]:
    """Run one call of every method.

    Returns:
        The calls by method, such as `chat.completions.create`.
    """
    logging.getLogger("httpx").setLevel(logging.WARNING)  # Sphinx shows what libraries log
    app = create_app(seed=1, record=True, clock=lambda: NOW)
    assert app.recorder is not None
    contract = load()
    # What costs pollen comes first, so that there is usage to report.
    operations = sorted(contract.operations, key=lambda item: item.tag == "account")
    calls: dict[str, tuple[str, int]] = {}
    with tempfile.TemporaryDirectory() as folder, running(app=app) as server:
        for operation in operations:
            if method := method_of(operation):
                code, program = _programs(contract, operation.id, server)
                _run(program, server, Path(folder))
                calls[method] = code, len(app.recorder.entries) - 1
        recording = Path(folder) / "recording.har"
        app.recorder.write(recording, contract.version)
        recorded = list(har.read(recording))
    found = {name: _shown(code, recorded[index]) for name, (code, index) in calls.items()}
    for name, (other, old, new) in SHARED.items():
        found[name] = found[other]._replace(code=found[other].code.replace(old, new))
    return found


def _programs(contract: Contract, operation: str, server: RunningServer) -> tuple[str, str]:
    """Return the first example of an operation as it is shown, and as it is run."""
    (item,) = (each for each in contract.operations if each.id == operation)
    shown = Snippets(contract).of(item)
    run = Snippets(contract, server.base_url, server.media_url).of(item)
    return next(
        (one.python, other.python) for one, other in zip(shown, run, strict=True) if one.python
    )


def _run(program: str, server: RunningServer, folder: Path) -> None:
    """Run a program in a folder, with the server's demo key and without its output."""
    environment = {"POLLINATIONS_API_KEY": server.keys["demo"]}
    with (
        mock.patch.dict(os.environ, environment),
        contextlib.chdir(folder),
        contextlib.redirect_stdout(io.StringIO()),
    ):
        exec(compile(program, "<example>", "exec"), {"__name__": "__main__"})


def _shown(code: str, exchange: har.Exchange) -> Shown:
    request, response = exchange.request, exchange.response
    assert response is not None
    target = exchange.redacted_url.partition("//")[2]
    path = "/" + target.partition("/")[2]
    sent = [f"{request.method} {path}", *_headers(request.headers, SENT)]
    if request.header("authorization"):
        sent.insert(1, "Authorization: Bearer sk_…")
    received = [f"{response.status}", *_headers(response.headers, RECEIVED)]
    body = _body(request.body, request.header("content-type") or "")
    result = _body(response.body, response.header("content-type") or "")
    call = textwrap.dedent(code.partition(" as client:\n")[2])
    return Shown(call, "\n".join([*sent, *body]), "\n".join([*received, *result]))


def _headers(headers: Pairs, names: tuple[str, ...]) -> list[str]:
    """Return the lines of the headers that are shown."""
    return [
        f"{name}: {value.partition(';')[0] if value.startswith('multipart/') else value}"
        for name, value in headers
        if name.lower().startswith(names)
    ]


def _body(body: bytes | None, kind: str) -> list[str]:
    """Return the lines of a body: JSON laid out, the size of anything that is not text."""
    if not body:
        return []
    if "json" in kind:
        text = pretty(json.loads(body))
    elif kind.startswith("text/"):
        text = body.decode()
    else:
        return ["", f"({len(body):,} bytes)"]
    lines = text.splitlines()
    return [
        "",
        *(line if len(line) <= 100 else line[:99] + "…" for line in lines[:LINES]),
        *(["…"] if len(lines) > LINES else []),
    ]
