"""`pollinations-conformance serve`: the reference server on the command line."""

import asyncio
import contextlib
import json
import signal
from pathlib import Path
from typing import Any

import click

from pollinations_conformance.server.run import address, create_app, listen
from pollinations_conformance.server.run import serve as run_server


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", default=8787, show_default=True, help="Port of the gateway; 0 for any.")
@click.option("--media-port", default=8788, show_default=True, help="Port of the media host.")
@click.option("--seed", default=0, show_default=True, help="Seed of keys, answers and media.")
@click.option("--latency", default=0.0, help="Seconds every generation takes.")
@click.option("--pace", default=0.0, help="Seconds between the events of a stream.")
@click.option("--no-cache", is_flag=True, help="Keep no answers: work on every request.")
@click.option("--edge-limit", type=int, help="Requests in ten seconds from one address.")
@click.option(
    "--contract",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Serve another contract than the package's own.",
)
@click.option("--json", "as_json", is_flag=True, help="Print addresses and keys as one JSON line.")
def serve(
    host: str,
    port: int,
    media_port: int,
    as_json: bool,
    no_cache: bool,
    **options: Any,
) -> None:
    """Run the reference server on this machine.

    It needs no account and touches nothing outside this process. The keys it prints are made up
    and the same for the same --seed.
    """
    app = create_app(cached=not no_cache, **options)
    with contextlib.ExitStack() as stack:
        try:
            gateway = stack.enter_context(listen(host, port))
            media = stack.enter_context(listen(host, media_port))
        except OSError as error:
            reason = error.strerror or str(error)
            raise click.ClickException(
                f"cannot listen on {host}: {reason}; choose other ports with --port and "
                "--media-port (0 takes any free one)"
            ) from error
        told = {"base_url": address(gateway), "media_url": address(media), "keys": app.keys}
        click.echo(json.dumps(told) if as_json else _welcome(told))
        asyncio.run(_until_stopped(app, gateway, media))


def _welcome(told: dict[str, Any]) -> str:
    width = max(map(len, told["keys"]))
    keys = "\n".join(f"  {name:{width}}  {key}" for name, key in told["keys"].items())
    return (
        f"gateway  {told['base_url']}\nmedia    {told['media_url']}\n\nExample keys:\n{keys}\n\n"
        f"Try:\n  curl -H 'Authorization: Bearer {told['keys']['secret']}' "
        f"{told['base_url']}/text/hello\n"
    )


async def _until_stopped(app: Any, gateway: Any, media: Any) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        with contextlib.suppress(NotImplementedError):  # Windows has no such handlers
            loop.add_signal_handler(number, stop.set)
    await run_server(app, gateway, media, stop=stop)
