"""What a run prints: its plan and price before, its results after; and how it is interrupted."""

import contextlib
import os
import signal
import sys
import threading
from collections.abc import Generator, Mapping
from pathlib import Path
from types import FrameType
from typing import NoReturn, Protocol

import click
from rich.console import Console

from pollinations_conformance.cli import github
from pollinations_conformance.http.text import printable_line
from pollinations_conformance.reports.model import Report
from pollinations_conformance.reports.text import summary, to_text
from pollinations_conformance.reports.write import write
from pollinations_conformance.suite.keyring import Keyring
from pollinations_conformance.suite.plan import selected
from pollinations_conformance.suite.pricing import UNKNOWN_PRICE, Catalogue
from pollinations_conformance.suite.run import Run
from pollinations_conformance.suite.target import is_loopback

PRICED = {
    "text": "createChatCompletion",
    "image": "generateImage",
    "audio": "createSpeech",
    "transcription": "createTranscription",
}
"""The operation by which a kind of call is priced."""
INTERRUPTED = 130


def show_plan(
    run: Run, catalogue: Catalogue | None = None, source: str = "", hint: str = ""
) -> str:
    """Return what a run does and what it may cost; nothing is sent for it.

    Args:
        run: prepared, or not yet.
        catalogue: prices to go by; those of the server's lists, once they are known, when None.
        source: where these prices are from, for the reader.
        hint: how to know better.
    """
    chosen = selected(run)
    roles = run.target.keys.roles()
    wanting = sorted({role for item in chosen for role in item.needs} - set(roles))
    limit = run.ledger.limit
    where = run.target.base_url
    if run.target.embedded:
        where = "the embedded reference server"
    elif run.target.media_url:
        where += f" and {run.target.media_url}"
    part = run.options.shard
    rows = [
        f"Target: {run.target.redact(where)}",
        f"Plan: {len(chosen)} written checks"
        + (f", shard {part.number} of {part.of}." if part else "."),
        *_price(run, catalogue, source),
        *([hint] if hint else []),
        f"Keys: {', '.join(roles) or 'none'}"
        + (f"; not given: {', '.join(wanting)}." if wanting else "."),
        "Budget: " + ("no limit." if limit is None else f"{limit:g} pollen."),
    ]
    rows += run.notes
    if part and not run.target.embedded and not is_loopback(run.target.base_url):
        rows.append(
            "Note: what other shards do with the same key at the same time disturbs the checks of "
            "balance and limits; run shards one after another, or give each a key of its own."
        )
    return "\n".join(map(printable_line, rows)) + "\n"


def _price(run: Run, catalogue: Catalogue | None, source: str) -> list[str]:
    """Return a line for each kind of paid call, and their sum."""
    kinds: dict[str, int] = {}
    for item in selected(run):
        for kind, count in item.cost.items():
            kinds[kind] = kinds.get(kind, 0) + count
    if not kinds:
        return ["Paid calls: none."]
    prices = run.catalogue if catalogue is None else catalogue
    known = catalogue is not None or run.prepared
    rows = [f"Paid calls at most, with the cheapest model of each kind{source}:"]
    total, unknown = 0.0, 0
    for kind, count in sorted(kinds.items()):
        model = prices.cheapest(kind)
        entry = prices.find(model)
        if not known or entry is None or not entry.prices:
            unknown += count
            rows.append(
                f"  {count} × {kind} ({PRICED[kind]}): price unknown; "
                f"{UNKNOWN_PRICE:g} pollen is set aside for each"
            )
            continue
        price = prices.price(PRICED[kind], model)
        total += count * price
        rows.append(
            f"  {count} × {kind} ({PRICED[kind]}) with {model}: up to {price:.6g} each, "
            f"{count * price:.6g} pollen"
        )
    said = f"Price: up to {total:.6g} pollen"
    rows.append(said + (f", and {unknown} calls of unknown price." if unknown else "."))
    if run.options.generated and run.ledger.limit:
        rows.append("Generated requests that cost something carry the key while the budget lasts.")
    return rows


class Interruptible(Protocol):
    """A run, in this process or in several, as far as an interruption is concerned."""

    interrupted: bool

    def interrupt(self) -> None:
        """Stop: no further request goes out, and what is known by now is reported."""
        ...


@contextlib.contextmanager
def interruptible(run: Interruptible, waits: bool) -> Generator[None]:
    """Let Ctrl-C or a termination stop a run with a report; the second one ends all at once.

    Args:
        run: to be stopped.
        waits: whether this thread waits for responses itself, and has to be woken from that.
    """

    def stop(_: int, __: FrameType | None) -> None:
        if run.interrupted:
            leave(INTERRUPTED)
        run.interrupt()
        if waits:
            raise KeyboardInterrupt

    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before: Mapping[signal.Signals, object] = {
        number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)
    }
    try:
        yield
    except KeyboardInterrupt:
        run.interrupt()
    finally:
        for number, handler in before.items():
            # Kept while the report is written: the second Ctrl-C must still be understood.
            if not run.interrupted:
                signal.signal(number, handler)  # type: ignore[arg-type]


def leave(code: int) -> NoReturn:
    """End the process now, without waiting for requests that are still under way."""
    with contextlib.suppress(OSError, ValueError):
        sys.stdout.flush()
        sys.stderr.flush()
    os._exit(code)


def console() -> Console:
    """Return standard output: in colour on a terminal, unless NO_COLOR is set; plain elsewhere."""
    return Console(highlight=False, markup=False, emoji=False, soft_wrap=True)


def show(
    report: Report,
    directory: Path,
    verbose: bool = False,
    keys: Keyring | None = None,
    annotate: bool = False,
) -> None:
    """Print a report and write its files.

    Args:
        report: the results of the run.
        directory: where the files go.
        verbose: whether to list what passed, too.
        keys: no file is written with one of them in it.
        annotate: whether to write annotations for GitHub Actions as well.

    Raises:
        click.ClickException: the files cannot be written.
    """
    screen = console()
    with github.muted(annotate):
        if screen.is_terminal:
            screen.print(summary(report), "")
        screen.print(to_text(report, verbose), end="")
    try:
        files = write(report, directory, keys)
    except OSError as error:
        raise click.ClickException(
            f"cannot write to {directory}: {error.strerror}; name another folder with --report-dir"
        ) from None
    click.echo(f"Reports: {', '.join(str(file) for file in files)}")
    if annotate:
        github.annotate(directory)
