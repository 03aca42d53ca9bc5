"""`pollinations-conformance reference`: write the API reference as one HTML page."""

from pathlib import Path

import click

from pollinations_conformance.contract import ContractError, load
from pollinations_conformance.reference.page import render
from pollinations_conformance.reference.snippets import GATEWAY, MEDIA


@click.command(
    "reference",
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.option(
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    default="reference.html",
    show_default=True,
    help="File to write; - for standard output.",
)
@click.option(
    "--contract",
    "source",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Describe another contract than the package's own.",
)
@click.option("--gateway", default=GATEWAY, show_default=True, help="URL in the examples.")
@click.option("--media", default=MEDIA, show_default=True, help="URL of the media host in them.")
def reference_command(output: Path, source: Path | None, gateway: str, media: str) -> None:
    """Write the API reference: one HTML page that needs nothing else.

    The examples in it go to the reference server of this package (`pollinations-conformance
    serve`), which serves the same page at /__contract__/reference.
    """
    try:
        text = render(load(source), gateway.rstrip("/"), media.rstrip("/"))
    except ContractError as error:
        raise click.ClickException(str(error)) from error
    if str(output) == "-":
        click.echo(text, nl=False)
        return
    part = output.with_name(output.name + ".part")
    try:
        part.write_text(text, encoding="utf-8")
        part.replace(output)
    except OSError as error:
        part.unlink(missing_ok=True)
        reason = error.strerror or str(error)
        raise click.ClickException(
            f"{output}: cannot be written ({reason}); name another file with --output"
        ) from error
    click.echo(f"wrote {output} ({len(text.encode()) // 1024} KB)", err=True)
