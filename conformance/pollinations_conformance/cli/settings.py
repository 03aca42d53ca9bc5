"""What the options of `check` mean together; combinations that make no sense are refused."""

import os
from collections.abc import Mapping
from pathlib import Path

from pollinations_conformance.reports.known import REAL_SERVICE
from pollinations_conformance.suite.errors import TargetError
from pollinations_conformance.suite.options import Settings

PREFIX = "POLLINATIONS_CHECK"
"""Environment variables that set options begin with it."""


def level(settings: Settings) -> str:
    """Return the level at which a failure fails the run."""
    return "observed" if settings.strict else settings.level


def known_path(settings: Settings) -> Path | None:
    """Return the file of known failures, if there is one."""
    return REAL_SERVICE if str(settings.known_file) == "service" else settings.known_file


def embedded(settings: Settings) -> bool:
    """Return whether the run is against the embedded reference server."""
    return settings.base_url is None and settings.start is None


def whole(settings: Settings) -> bool:
    """Return whether several processes may share the run: everything, with a server for each."""
    part = settings.shard or settings.tags or settings.requirements or settings.dry_run
    return embedded(settings) and not part


def validate(settings: Settings, environment: Mapping[str, str] = os.environ) -> None:
    """Raise if options contradict each other.

    Args:
        settings: the options.
        environment: where options may be set, too.

    Raises:
        TargetError: they do; the message names what to change.
    """
    own = embedded(settings)
    if own and f"{PREFIX}_BASE_URL" in environment:
        # A variable that somebody forgot to fill must not pass for a run against the service.
        raise TargetError(
            f"{PREFIX}_BASE_URL is empty; give the URL of the service (--base-url), or the "
            "command that starts it (--start)"
        )
    if own and (settings.media_url or settings.api_key or settings.api_key_file):
        raise TargetError(
            "keys and --media-url have no effect without --base-url or --start; add one of them"
        )
    if not own and settings.defects:
        raise TargetError("--defect is for the embedded server; leave --base-url out")
    if settings.prices and not settings.dry_run:
        raise TargetError(
            "--prices is for --dry-run; a run reads the prices from the server itself"
        )
    if settings.fail_on == "new" and settings.compare is None:
        raise TargetError(
            "--fail-on new needs an earlier report to compare with; name it with --compare"
        )
    if settings.processes not in {None, 1} and not own:
        raise TargetError(
            "--processes is for the embedded server; of a run against another one, --shard "
            "takes a part"
        )
