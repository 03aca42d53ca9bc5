"""The keys file of `check --api-key-file`: how one is written, and the former names of roles."""

import os
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

FORMER_ROLES: Mapping[str, str] = {
    "main": "secret",
    "other": "other-account",
    "unpermitted": "no-permissions",
    "exhausted": "exhausted-budget",
    "penniless": "empty-balance",
    "barred": "restricted-empty-balance",
    "named": "quoted-name",
}
"""Names that roles had before, and those they have now; keys files may still use the former ones."""


def current_role(role: str, path: Path) -> str:
    """Return the name a role has now; a former one costs a line on standard error.

    Args:
        role: as a keys file names it.
        path: of that file, for the message.
    """
    name = FORMER_ROLES.get(role)
    if name is None:
        return role
    print(
        f"Warning: the keys file {path} names a role {role!r}, which is now called {name!r}; "
        "the former name will stop working.",
        file=sys.stderr,
    )
    return name


def write_keys(path: Path, keys: Mapping[str, str]) -> None:
    """Write a keys file that only its owner can read; an existing one is replaced at once.

    Args:
        path: of the file.
        keys: by role; they hold no characters that TOML would have to escape.

    Raises:
        OSError: it cannot be written.
    """
    lines = ["[keys]", *(f'{role} = "{key}"' for role, key in keys.items()), ""]
    # mkstemp makes a file with mode 0600, so that no moment shows the keys to others.
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write("\n".join(lines))
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
