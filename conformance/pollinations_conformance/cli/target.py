"""The server under test, as the command line opens it: a given one, a started one, or our own."""

import contextlib
import os
import tempfile
from collections.abc import Generator
from pathlib import Path

import click

from pollinations_conformance.suite.errors import TargetError
from pollinations_conformance.suite.keyring import MAIN, ROLES, Keyring, read_keys
from pollinations_conformance.suite.run import Run
from pollinations_conformance.suite.service import Service, listens
from pollinations_conformance.suite.target import Target, is_loopback, parse_address

ENVIRONMENT = "POLLINATIONS_API_KEY"
POLITE = 4.0
"""Requests per second to a server that is not on this machine."""


@contextlib.contextmanager
def open_target(
    base_url: str | None,
    media_url: str | None,
    keys: dict[str, str],
    rate: float | None,
    timeout: float,
    seed: int,
    defects: tuple[str, ...] = (),
) -> Generator[Target]:
    """Yield the server under test; the embedded reference server runs until the end of the block.

    Args:
        base_url: of the gateway; None for the embedded server.
        media_url: of the media host, if there is one.
        keys: by role; those of the embedded server are its own.
        rate: requests per second; None for the default.
        timeout: seconds until a response has to be complete.
        seed: of the embedded server.
        defects: of the embedded server.

    Raises:
        TargetError: there is no server at the URL, or no such defect.
    """
    with contextlib.ExitStack() as stack:
        if base_url is None:
            # Late: a run against another server starts without the reference server's packages.
            from pollinations_conformance.server import running

            try:
                server = stack.enter_context(running(seed=seed, defects=defects))
            except ValueError as error:
                raise TargetError(str(error)) from None
            ring = Keyring({role: server.keys[role] for role in ROLES})
            made = Target(server.base_url, server.media_url, ring, rate, timeout, embedded=True)
        else:
            address = parse_address(base_url, "--base-url")
            if rate is None and not is_loopback(address):
                rate = POLITE
            made = Target(address, media_url, Keyring(keys), rate, timeout)
        stack.callback(made.close)
        yield made


def given_keys(file: Path | None, argument: str | None) -> dict[str, str]:
    """Return the keys of a run by role.

    Args:
        file: of keys, if any.
        argument: a key from the command line, if any.

    Raises:
        TargetError: the file cannot be used.
    """
    keys: dict[str, str] = {}
    if key := os.environ.get(ENVIRONMENT, "").strip():
        keys[MAIN] = key
    if file is not None:
        keys.update(read_keys(file))
    if argument:
        click.echo(
            "Warning: a key on the command line can be read by other users of this machine; "
            f"use {ENVIRONMENT} or --api-key-file.",
            err=True,
        )
        keys[MAIN] = argument
    return keys


def ensure_writable(directory: Path) -> None:
    """Make the folder of the reports, before anything is spent on what goes into it.

    Raises:
        TargetError: it cannot be written to.
    """
    try:
        directory.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=directory):
            pass
    except OSError as error:
        raise TargetError(
            f"cannot write to {directory}: {error.strerror}; name another folder with --report-dir"
        ) from None


@contextlib.contextmanager
def started(service: Service | None, seconds: float, log: Path, run: Run) -> Generator[None]:
    """Run the service that --start names, if any, and note on the run whether it stayed.

    Args:
        service: to be started; None when it runs already.
        seconds: until it has to respond.
        log: file for its output.
        run: that needs it.

    Raises:
        TargetError: it does not respond in time.
    """
    if service is None:
        running: contextlib.AbstractContextManager[object] = contextlib.nullcontext()
    else:
        click.echo(f"Starting the service; its output goes to {log}.")
        running = service.running(seconds, log, run.target.keys.redact)
    try:
        with running:
            yield
            if service is not None and service.exit_code is not None:
                run.lost = (
                    f"the command of --start ended during the run, with exit code "
                    f"{service.exit_code} (see {log})"
                )
            elif not run.interrupted and not listens(run.target.base_url):
                run.lost = f"nothing listens any longer at {run.target.base_url}"
    except OSError as error:
        raise TargetError(
            f"cannot write to {log}: {error.strerror}; name another folder with --report-dir"
        ) from None
