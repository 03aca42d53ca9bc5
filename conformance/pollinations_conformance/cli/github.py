"""What GitHub Actions is given of a run: annotations, the summary of the job, outputs of the step."""

import contextlib
import functools
import json
import os
import re
import secrets
from collections.abc import Callable, Generator, Mapping
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

import click

from pollinations_conformance.cli.main import redact
from pollinations_conformance.reports.model import LEVELS, repeating

Report = Mapping[str, Any]
"""A report in its JSON form; see reports/report.schema.json."""
P = ParamSpec("P")
R = TypeVar("R")
HEADING = "### Conformance to the pollinations.ai contract"
PAGE = "report.html"
SHOWN = 9
"""GitHub shows ten errors of a step; the tenth has the number of the others."""
LISTED = 50
VERDICTS = {0: "holds", 1: "fails", 2: "unknown"}
SHOWN_TEXT = 1000


def active() -> bool:
    """Return whether this process runs in GitHub Actions."""
    return os.environ.get("GITHUB_ACTIONS") == "true"


def command(kind: str, title: str, message: str) -> str:
    """Write a workflow command; nothing in its texts can end it or begin another."""
    title = _escape(title).replace(":", "%3A").replace(",", "%2C")
    return f"::{kind} title={title}::{_escape(message)}"


def _escape(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


@contextlib.contextmanager
def muted(active: bool = True) -> Generator[None]:
    """Keep what a server sent from being read as a workflow command.

    Args:
        active: whether GitHub Actions reads our output at all.
    """
    if not active:
        yield
        return
    token = secrets.token_hex(16)  # which no server can guess
    click.echo(f"::stop-commands::{token}")
    try:
        yield
    finally:
        click.echo(f"::{token}::")


def annotated(function: Callable[P, R]) -> Callable[P, R]:
    """Decide for a command whether to annotate, and do it for an error that ends it early.

    Args:
        function: takes `annotate`, which is None when the user did not say.
    """

    @functools.wraps(function)
    def run(*args: P.args, **values: P.kwargs) -> R:
        if values["annotate"] is None:
            values["annotate"] = active()
        try:
            return function(*args, **values)
        except click.ClickException as error:
            if values["annotate"]:
                unknown(error.format_message())
            raise

    return run


class Command(click.Command):
    """A command that annotates what is wrong with its options, too."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Read them."""
        annotate = active() and "--no-annotate" not in args
        try:
            return super().parse_args(ctx, args)
        except click.UsageError as error:
            if annotate:
                unknown(redact(error.format_message()))
            raise


def unknown(why: str) -> None:
    """Write that the run was inconclusive, and why."""
    click.echo(command("error", "conformance: unknown", why))
    _append("GITHUB_STEP_SUMMARY", f"{HEADING}\n\n❔ Inconclusive: {cell(why)}\n\n")
    _output(2, "")


def broken(report: Report) -> list[tuple[str, str, list[str]]]:
    """Return what counts as a failure: id, level, and the texts about it."""
    levels = LEVELS[report["level"]]
    # A run that only a new failure fails annotates no other.
    new = set(report["comparison"]["new"]) if report["fail_on"] == "new" else None
    found = [
        (item["id"], "operation", ["The operation is missing.", item["missing"]])
        for item in report["operations"]
        if item["missing"] and not item["known"]
    ]
    for item in report["requirements"]:
        if item["verdict"] == "fail" and item["level"] in levels:
            said = [item["text"], item["reason"]]
            if item["exchange"]:
                said += repeating(item["exchange"])
            found.append((item["id"], item["level"], said))
    return [item for item in found if new is None or {item[0], f"operation:{item[0]}"} & new]


def annotations(report: Report) -> list[str]:
    """Return a workflow command for each failure that counts, and for what came up besides."""
    made = [
        command("error", f"{name} ({level})", "\n".join(map(_short, said)))
        for name, level, said in broken(report)
    ]
    if len(made) > SHOWN + 1:
        more = command("error", f"and {len(made) - SHOWN} more", "The report has all of them.")
        made = [*made[:SHOWN], more]
    if not made and report["exit_code"]:
        kind = "error" if report["exit_code"] == 1 else "warning"
        made.append(command(kind, "conformance", report["verdict"]))
    if report["unexpected_passes"]:
        names = ", ".join(report["unexpected_passes"])
        made.append(command("notice", "known to fail, but passed", names))
    return made


def _short(text: str) -> str:
    return text if len(text) <= SHOWN_TEXT else text[:SHOWN_TEXT] + "…"


def cell(text: str) -> str:
    """Write a text for a cell of a Markdown table: no markup, no HTML, one line."""
    flat = " ".join(_short(text).split())
    return re.sub(r"[^\w\s.,;:/()'?!=+-]|_", lambda found: f"&#{ord(found[0])};", flat)


def summary(report: Report, directory: Path) -> str:
    """Write the summary of a job in Markdown."""
    counts = ", ".join(f"{count} {name}" for name, count in report["counts"].items() if count)
    mark = {0: "✅", 1: "❌", 2: "❔"}[report["exit_code"]]
    rows = [
        HEADING,
        "",
        f"{mark} {cell(report['verdict'])}",
        "",
        f"{len(report['requirements'])} requirements: {counts}; {report['requests']} requests. "
        f"Contract {report['contract']}, API {report['api']}, seed {report['seed']}.",
    ]
    found = broken(report)
    if found:
        rows += ["", "| Broken | Level | What was seen |", "| --- | --- | --- |"]
        rows += [
            f"| {cell(name)} | {level} | {cell(said[1] or said[0])} |"
            for name, level, said in found[:LISTED]
        ]
    if len(found) > LISTED:
        rows.append(f"| and {len(found) - LISTED} more | | |")
    return "\n".join([*rows, "", f"The whole report: {cell(str(directory / PAGE))}", "", ""])


def annotate(directory: Path) -> None:
    """Print annotations, append to the job's summary, and set the step's outputs.

    Args:
        directory: where the report of the run is; the one that was written, since no key is in it.

    Raises:
        click.ClickException: a file that GitHub named cannot be written.
    """
    report: Report = json.loads((directory / "report.json").read_text(encoding="utf-8"))
    for line in annotations(report):
        click.echo(line)
    _append("GITHUB_STEP_SUMMARY", summary(report, directory))
    _output(report["exit_code"], str(directory))


def _output(code: int, directory: str) -> None:
    values = {"verdict": VERDICTS[code], "exit-code": str(code), "report": directory}
    lines = [f"{name}={value}\n" for name, value in values.items() if "\n" not in value]
    _append("GITHUB_OUTPUT", "".join(lines))


def _append(variable: str, text: str) -> None:
    path = os.environ.get(variable)
    if not path:
        return
    try:
        with Path(path).open("a", encoding="utf-8") as file:
            file.write(text)
    except OSError as error:
        raise click.ClickException(
            f"cannot write to ${variable}: {error.strerror}; --no-annotate leaves it out"
        ) from None
