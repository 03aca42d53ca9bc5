"""The options of `check`, in groups, and how their values are read."""

import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

import click

from pollinations_conformance.cli.main import Number
from pollinations_conformance.cli.settings import PREFIX
from pollinations_conformance.cli.target import ENVIRONMENT, POLITE
from pollinations_conformance.cli.workers import MOST
from pollinations_conformance.reports.model import LEVELS, TAGS
from pollinations_conformance.suite.options import Shard

T = TypeVar("T", bound=Callable[..., object])
Decorator = Callable[[T], T]

LONGEST = 3_600_000.0
"""Seconds; timers of operating systems do not take every number."""


def seconds(_: click.Context, __: click.Parameter, value: str | None) -> float | None:
    """Return a duration such as 15s, 2m or 90 in seconds."""
    if value is None:
        return None
    text, unit = (value[:-1], value[-1]) if value[-1:] in "smh" and value else (value, "s")
    try:
        number = float(text) * {"s": 1, "m": 60, "h": 3600}[unit]
    except ValueError:
        raise click.BadParameter(f"{value!r} is no duration; write 15s, 2m or 1h") from None
    if not 0 < number <= LONGEST:
        raise click.BadParameter(f"a duration is above 0 and at most {LONGEST / 3600:g}h")
    return number


def part(_: click.Context, __: click.Parameter, value: str | None) -> Shard | None:
    """Return a part such as 1/4 as a shard."""
    if value is None:
        return None
    found = re.fullmatch(r"([0-9]{1,4})/([0-9]{1,4})", value)
    if not found or not 1 <= int(found[1]) <= int(found[2]):
        raise click.BadParameter(f"{value!r} is no part of a run; write 1/4 for the first of four")
    return Shard(int(found[1]), int(found[2]))


def with_options(*groups: Sequence[Decorator[T]]) -> Decorator[T]:
    """Return a decorator that adds groups of options to a command, in the order in which they are listed."""

    def decorate(function: T) -> T:
        for option in reversed([each for group in groups for each in group]):
            function = option(function)
        return function

    return decorate


REPORT_DIR = click.option(
    "--report-dir",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("reports"),
    show_default=True,
    help="Folder for report.json, junit.xml, report.html and badge.svg.",
)
VERBOSE = click.option(
    "-v", "--verbose", is_flag=True, help="List the requirements that passed, too."
)

SERVER = (
    click.option(
        "--start",
        metavar="COMMAND",
        help="Start the service with this command, wait until it responds, and stop it at the end. "
        "It finds the port of --base-url in $PORT and that of --media-url in $MEDIA_PORT; without "
        "these URLs, free ports are chosen.",
    ),
    click.option(
        "--start-timeout",
        callback=seconds,
        metavar="TIME",
        default="60s",
        show_default=True,
        help="How long it may take until the started service responds.",
    ),
    click.option(
        "--base-url",
        metavar="URL",
        help="URL of the gateway.  [default: the embedded reference server]",
    ),
    click.option(
        "--media-url",
        metavar="URL",
        help="URL of the media host; without it, its operations are not tested.",
    ),
    click.option(
        "--api-key-file",
        type=click.Path(dir_okay=False, path_type=Path),
        help="File with one key, or TOML with a [keys] table by role. The key may also be in the "
        f"environment variable {ENVIRONMENT}.",
    ),
    click.option(
        "--api-key",
        metavar="KEY",
        allow_from_autoenv=False,
        help="A key on the command line, where other users of the machine may see it.",
    ),
)

SELECTION = (
    click.option(
        "--tag",
        "tags",
        envvar=f"{PREFIX}_TAG",
        multiple=True,
        type=click.Choice(TAGS),
        help="Test only the requirements of this tag; may be repeated.",
    ),
    click.option(
        "--requirement",
        "requirements",
        envvar=f"{PREFIX}_REQUIREMENT",
        multiple=True,
        metavar="GLOB",
        help="Test only the requirements whose ids match, such as 'CHAT-STREAM-*'; may be repeated.",
    ),
    click.option(
        "--level",
        type=click.Choice(list(LEVELS)),
        default="must",
        show_default=True,
        help="What fails the run. must: a violated MUST; should: a violated SHOULD as well; "
        "observed: an unexpected pass as well.",
    ),
    click.option("--strict", is_flag=True, help="The same as --level observed."),
    click.option(
        "--generated/--no-generated",
        default=True,
        show_default=True,
        help="Whether to send requests generated from the contract as well.",
    ),
    click.option(
        "--examples",
        type=click.IntRange(1, 10000),
        default=10,
        show_default=True,
        help="Generated requests for each operation and kind.",
    ),
    click.option(
        "--seed",
        type=click.IntRange(0, 2**32 - 1),
        default=1,
        show_default=True,
        help="The same seed makes the same run.",
    ),
    click.option(
        "--shard",
        callback=part,
        metavar="N/OF",
        help="Run only one of several parts, such as 1/4; `merge` merges their reports.",
    ),
)

EFFORT = (
    click.option(
        "--max-time",
        callback=seconds,
        metavar="TIME",
        help="Stop after this time (15s, 2m); written checks come first, then generated requests.",
    ),
    click.option(
        "--jobs",
        type=click.IntRange(1, 64),
        default=4,
        show_default=True,
        help="Checks that run at the same time, in each process.",
    ),
    click.option(
        "--processes",
        type=click.IntRange(1, 64),
        help="Processes that share a whole run against the embedded server, each with a server of "
        f"its own.  [default: one for each core, at most {MOST}]",
    ),
    click.option(
        "--budget",
        type=Number(min=0),
        default=None,
        metavar="POLLEN",
        help="What a run against --base-url may cost.  [default: 0, free operations only]",
    ),
    click.option(
        "--rate",
        type=Number(min=0.01),
        default=None,
        metavar="N",
        help=f"Requests per second.  [default: no limit on this machine, {POLITE:g} elsewhere]",
    ),
    click.option(
        "--timeout",
        type=Number(min=0.1, max=LONGEST),
        default=60.0,
        show_default=True,
        metavar="S",
        help="Seconds until a response has to be complete.",
    ),
)

RESULTS = (
    click.option(
        "--known",
        "known_file",
        envvar=f"{PREFIX}_KNOWN",
        type=click.Path(path_type=Path),
        help="File of known failures (TOML), or the word service for those of the real service.",
    ),
    click.option(
        "--write-known",
        type=click.Path(dir_okay=False, path_type=Path),
        metavar="FILE",
        help="Add the failures of this run to a file of known failures, with dates; the reasons are "
        "to be filled in.",
    ),
    click.option(
        "--compare",
        type=click.Path(dir_okay=False, path_type=Path),
        metavar="REPORT",
        help="Compare with an earlier report.json: which failures are new, fixed and unchanged.",
    ),
    click.option(
        "--fail-on",
        type=click.Choice(["any", "new"]),
        default="any",
        show_default=True,
        help="Which failures fail the run; new: only those that --compare finds to be new.",
    ),
    click.option(
        "--database",
        metavar="PLACE",
        help="Where generated requests that fail are kept, to be sent first the next time: a "
        "directory, github:OWNER/REPO[/ARTIFACT], or redis://….  [default: none]",
    ),
    REPORT_DIR,
    click.option("--dry-run", is_flag=True, help="Show the plan, and send nothing."),
    click.option(
        "--prices",
        multiple=True,
        type=click.Path(path_type=Path),
        metavar="FILE",
        help="For --dry-run: a list of models with prices, saved from the server; may be repeated.",
    ),
    click.option(
        "--defect",
        "defects",
        multiple=True,
        allow_from_autoenv=False,
        hidden=True,
        help="Switch on a defect of the embedded server.",
    ),
    click.option(
        "--annotate/--no-annotate",
        default=None,
        help="Annotate failures and write a summary for GitHub Actions.  [default: when run there]",
    ),
    VERBOSE,
)
