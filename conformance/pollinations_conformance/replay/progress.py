"""Progress of a slow replay, on standard error."""

from __future__ import annotations

import sys
import time

import click

_QUIET_SECONDS = 3.0


class Progress:
    """Reports on standard error how far a slow run has come; silent for the first seconds."""

    def __init__(self) -> None:
        """Start the clock."""
        self._tty = sys.stderr.isatty()
        self._next = time.monotonic() + _QUIET_SECONDS
        self._shown = False

    def step(self, file: str, done: int, total: int) -> None:
        """Report that one more exchange is validated."""
        now = time.monotonic()
        if now < self._next:
            return
        self._next = now + (0.5 if self._tty else 10.0)
        self._shown = True
        click.echo(
            f"\r{file}: {done} of {total} exchanges"
            if self._tty
            else f"{file}: {done} of {total} exchanges",
            err=True,
            nl=not self._tty,
        )

    def done(self) -> None:
        """End the line."""
        if self._shown and self._tty:
            click.echo("", err=True)
