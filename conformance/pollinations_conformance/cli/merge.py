"""`pollinations-conformance merge`: put the reports of all shards together."""

from pathlib import Path

import click

from pollinations_conformance.cli.options import REPORT_DIR, VERBOSE
from pollinations_conformance.cli.terminal import show
from pollinations_conformance.reports.json import ReadError, read
from pollinations_conformance.reports.merge import MergeError, find, merge


@click.command(
    "merge",
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.argument(
    "places", metavar="DIR|FILE…", nargs=-1, required=True, type=click.Path(path_type=Path)
)
@REPORT_DIR
@VERBOSE
def merge_command(places: tuple[Path, ...], report_dir: Path, verbose: bool) -> int:
    """Merge the reports of all shards into the report of the whole run.

    DIR is searched for files named report.json. The verdicts are those of the run that was split.

    Exit code 0: every MUST that was tested holds. 1: one does not. 2: inconclusive.
    """
    try:
        parts = [(path, read(path)) for path in find(places, report_dir / "report.json")]
        report = merge(parts)
    except (MergeError, ReadError) as error:
        raise click.ClickException(str(error)) from None
    show(report, report_dir, verbose)
    return report.exit_code()
