"""Departures that are known: still looked for, reported as known and not as news.

The file is TOML. Each entry: `requirement` (a glob over requirement ids, or over
`operation:<operationId>` for an operation that is missing), `reason`, `date` (when it was seen),
and if wanted `link`, `expires`, and `sometimes = true` when it shows with some models or versions
only, so that a pass is no news.
"""

import datetime
import fnmatch
import tomllib
from dataclasses import dataclass
from pathlib import Path

from pollinations_conformance.http.json import is_list, is_object

REAL_SERVICE = Path(__file__).parent / "known-failures.toml"
"""What the real service is known to do otherwise."""

REQUIRED = {"requirement", "reason", "date"}
ALLOWED = REQUIRED | {"link", "expires", "sometimes"}


class KnownError(Exception):
    """Say what is wrong with a file of known failures, in one line."""


@dataclass(frozen=True)
class Known:
    """One known departure."""

    requirement: str
    reason: str
    date: datetime.date
    link: str | None = None
    expires: datetime.date | None = None
    sometimes: bool = False

    def matches(self, requirement: str) -> bool:
        """Whether the entry speaks of a requirement."""
        return fnmatch.fnmatchcase(requirement, self.requirement)

    def expired(self, today: datetime.date) -> bool:
        """Whether the entry may no longer be relied on."""
        return self.expires is not None and self.expires < today


def load(path: Path) -> list[Known]:
    """Read a file of known failures.

    Raises:
        KnownError: it cannot be read, or an entry is not as described above.
    """
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        reason = getattr(error, "strerror", None) or error
        raise KnownError(f"cannot read the known failures in {path}: {reason}") from None
    entries = document.pop("known", [])
    if document or not is_list(entries):
        raise KnownError(f"{path}: only [[known]] entries may stand there")
    return [_entry(path, number, item) for number, item in enumerate(entries, 1)]


def _entry(path: Path, number: int, item: object) -> Known:
    where = f"{path}, entry {number}"
    if not is_object(item):
        raise KnownError(f"{where}: it is not a table")
    entry = item
    missing, unknown = REQUIRED - set(entry), set(entry) - ALLOWED
    if missing or unknown:
        what = [f"{name} is missing" for name in sorted(missing)]
        what += [f"{name} means nothing here" for name in sorted(unknown)]
        raise KnownError(f"{where}: {'; '.join(what)}")
    for name in ("requirement", "reason", "link"):
        if name in entry and (not isinstance(entry[name], str) or not entry[name].strip()):
            raise KnownError(f"{where}: {name} must be a text")
    if not isinstance(entry.get("sometimes", False), bool):
        raise KnownError(f"{where}: sometimes must be true or false")
    for name in ("date", "expires"):
        value = entry.get(name)
        # A datetime is a date too, but would not compare with one.
        if name in entry and (
            not isinstance(value, datetime.date) or isinstance(value, datetime.datetime)
        ):
            raise KnownError(f"{where}: {name} must be a date, written like 2026-01-31")
    return Known(**entry)
