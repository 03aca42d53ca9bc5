"""The command line: a group whose subcommands are imported only when they are called.

Exit codes, for every subcommand: 0 the contract holds, 1 it does not, 2 inconclusive (wrong usage,
unreadable input, an error of ours), 130 interrupted.
"""

import importlib
import math
import os
import re
import sys
import traceback
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import click
from click.shell_completion import CompletionItem

from pollinations_conformance.http.text import BEFORE_KEY

DISTRIBUTION = "pollinations-contract"
PROGRAM = "pollinations-conformance"
INCONCLUSIVE = 2
INTERRUPTED = 130


class Lazy(NamedTuple):
    """A subcommand that is not imported yet."""

    target: str  # "module:attribute" of a click command
    help: str  # one line; it is here so that the overview imports nothing
    examples: tuple[tuple[str, str], ...] = ()  # arguments, and what they do


COMMANDS: Mapping[str, Lazy] = {
    "check": Lazy(
        "pollinations_conformance.cli.check:check",
        "Run the conformance suite against a server.",
        (
            ("", "Test the embedded reference server: everything, in about a minute."),
            (
                "--start 'npm run dev' --tag chat --tag general",
                "Start a service, test two parts of the contract against it, and stop it.",
            ),
        ),
    ),
    "drift": Lazy(
        "pollinations_conformance.cli.drift:drift_command",
        "Compare the contract with another OpenAPI document.",
        (
            ("https://gen.example.org/openapi.json", "Compare with the document of a service."),
            (
                "upstream.yaml --against traffic.har --markdown drift.md",
                "Decide by recorded traffic which of both is right, and write a page.",
            ),
        ),
    ),
    "merge": Lazy(
        "pollinations_conformance.cli.merge:merge_command",
        "Merge the reports of all shards.",
        (
            ("artifacts/", "Merge the reports that the jobs of a workflow left in a folder."),
            ("one/report.json two/report.json --report-dir merged", "Merge two reports."),
        ),
    ),
    "mutants": Lazy(
        "pollinations_conformance.cli.mutants:command",
        "Run the suite against every defect of the reference server.",
        (
            ("--only stream", "Show which checks find the defects with stream in their name."),
            ("--sample 20 --seed 3", "Try twenty defects, drawn by lot."),
        ),
    ),
    "proxy": Lazy(
        "pollinations_conformance.cli.proxy:proxy_command",
        "Validate live traffic between a client and a server.",
        (
            (
                "--upstream http://127.0.0.1:8787 --media-upstream http://127.0.0.1:8788",
                "Validate the traffic between a client and the reference server on this machine.",
            ),
            (
                "--upstream https://gen.example.org --media-upstream https://media.example.org "
                "--record traffic.har",
                "Validate what a client and a service exchange, and record it without keys.",
            ),
        ),
    ),
    "reference": Lazy(
        "pollinations_conformance.cli.reference:reference_command",
        "Write the API reference as one HTML page.",
        (
            ("", "Write reference.html."),
            (
                "--gateway https://gen.example.org --output api.html",
                "Write api.html, with requests to copy that go to another server.",
            ),
        ),
    ),
    "replay": Lazy(
        "pollinations_conformance.cli.replay:replay_command",
        "Validate recorded traffic (HAR files) against the contract, offline.",
        (
            ("browser.har", "Validate what a browser recorded."),
            (
                "test.har --base-url http://127.0.0.1:8000 --json replay.json",
                "Validate what a test against another server recorded, and write JSON.",
            ),
        ),
    ),
    "serve": Lazy(
        "pollinations_conformance.cli.serve:serve",
        "Run the reference server on this machine.",
        (
            ("", "Serve the API at http://127.0.0.1:8787, and print keys to use."),
            (
                "--port 0 --json --validate",
                "Take any free port, print it as JSON, and validate the requests that come.",
            ),
        ),
    ),
    "vendor": Lazy(
        "pollinations_conformance.cli.vendor:vendor_command",
        "Copy the client into another project.",
        (
            ("src/app/_vendor/pollinations", "Copy it, or replace an older copy."),
            ("src/app/_vendor/pollinations --check", "Fail if the copy is not this very one."),
        ),
    ),
}


class Number(click.FloatRange):
    """A finite number in a range; `nan` and `inf` are none."""

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        """Read it."""
        number = float(super().convert(value, param, ctx))
        if not math.isfinite(number):
            self.fail(f"{value!r} is no number to reckon with", param, ctx)
        return number


class LazyGroup(click.Group):
    """A click group over a table of lazily imported commands, with one-line errors."""

    def __init__(self, *args: Any, lazy: Mapping[str, Lazy], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.lazy = lazy

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of all subcommands in alphabetical order."""
        return sorted(self.lazy)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import a subcommand, or return None when there is none of that name."""
        if cmd_name not in self.lazy:
            return None
        module, _, attribute = self.lazy[cmd_name].target.partition(":")
        command = getattr(importlib.import_module(module), attribute)
        if not isinstance(command, click.Command):
            raise TypeError(f"{module}:{attribute} is not a click command")
        command.epilog = examples(cmd_name, self.lazy[cmd_name]) or command.epilog
        return command

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """Return what the shell may complete; for names of subcommands nothing is imported."""
        options = click.Command.shell_complete(self, ctx, incomplete)
        return options + [
            CompletionItem(name, help=self.lazy[name].help)
            for name in self.list_commands(ctx)
            if name.startswith(incomplete)
        ]

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the overview of subcommands from the table alone."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, self.lazy[name].help) for name in self.list_commands(ctx)])

    def invoke(self, ctx: click.Context) -> Any:
        """Run the subcommand; an exception that nobody foresaw becomes one clear line."""
        try:
            return super().invoke(ctx)
        except (click.ClickException, click.Abort, click.exceptions.Exit):
            raise
        except Exception as error:
            if ctx.params.get("debug"):
                click.echo(redact(traceback.format_exc()), err=True, nl=False)
            if isinstance(error, BrokenPipeError):  # the reader left, as in `… | head`
                silence()
                raise click.exceptions.Exit(INCONCLUSIVE) from error
            raise click.ClickException(explain(error)) from error


def examples(name: str, command: Lazy) -> str:
    """Return the examples of a subcommand for its help text; empty when there is none."""
    if not command.examples:
        return ""
    rows = [
        f"  {f'{PROGRAM} {name} {arguments}'.rstrip()}\n      {what}"
        for arguments, what in command.examples
    ]
    return "\b\nExamples:\n" + "\n".join(rows)


def explain(error: Exception) -> str:
    """Describe an unforeseen exception in one line, with what to do about it."""
    if isinstance(error, ModuleNotFoundError) and error.name:
        package = error.name.partition(".")[0]
        if package != "pollinations_conformance":
            return (
                f"the Python package {package!r} is missing; "
                f"install it with: pip install '{DISTRIBUTION}[conformance]'"
            )
    said = " ".join(str(error).split())
    if len(said) > 300:
        said = said[:300] + "…"
    name = type(error).__name__
    what = redact(f"{name}: {said}" if said else name)
    return (
        f"unexpected {what} (this is a fault of {DISTRIBUTION}, or of a plug-in; "
        "pollinations-conformance --debug … shows where)"
    )


def silence() -> None:
    """Send further standard output nowhere; Python would complain while flushing it at exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def redact(text: str) -> str:
    """Take API keys out of text that is about to be shown."""
    key = os.environ.get("POLLINATIONS_API_KEY", "")
    if key:
        text = text.replace(key, "***")
    return re.sub(BEFORE_KEY + r"(sk|pk)_[\w-]+", r"\1_***", text)


def show_version(ctx: click.Context, _: click.Parameter, value: bool) -> None:
    """Print which contract this is, and stop."""
    if not value or ctx.resilient_parsing:
        return
    try:
        from pollinations_conformance.contract import load

        contract = load()
    except Exception as error:  # in one line, as from a subcommand
        raise click.ClickException(explain(error)) from error
    click.echo(
        f"pollinations-conformance, version {contract.version} "
        f"(API {contract.api_version}, contract {contract.sha256[:12]})"
    )
    ctx.exit()


@click.group(
    cls=LazyGroup,
    lazy=COMMANDS,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog=f"""\
\b
Completion of commands and options in the shell, for bash in ~/.bashrc:
  eval "$(_POLLINATIONS_CONFORMANCE_COMPLETE=bash_source {PROGRAM})"
zsh and fish: with zsh_source and fish_source.
""",
)
@click.option(
    "--version",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=show_version,
    help="Show the version of the contract and of the API, and stop.",
)
@click.option("--debug", is_flag=True, help="Show the traceback of an unexpected error.")
def group(debug: bool) -> None:
    """Check servers, clients and recorded traffic against the pollinations.ai contract.

    Nothing here needs an account: without a URL, commands use the reference server that comes with
    this package. `COMMAND --help` has examples.
    """


def main(args: Sequence[str] | None = None, command: click.Command = group) -> int:
    """Run the command line; a subcommand gives its exit code by returning it or by `ctx.exit`.

    Args:
        args: arguments without the program's name; those of the process when None.
        command: what to run; another group in tests.

    Returns:
        The exit code.
    """
    try:
        result = command.main(args=args, prog_name=PROGRAM, standalone_mode=False)
        sys.stdout.flush()
    except click.ClickException as error:
        error.show()
        return INCONCLUSIVE
    except (click.Abort, KeyboardInterrupt):
        click.echo("Interrupted.", err=True)
        return INTERRUPTED
    except BrokenPipeError:
        silence()
        return INCONCLUSIVE
    return result if isinstance(result, int) else 0
