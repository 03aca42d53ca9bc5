"""Known failures: still tested, and reported as known instead of failing the run.

The file is TOML. Each entry has `requirement` (a glob over requirement ids, or over
`operation:<operationId>` for an operation that is missing), `reason`, `date` (when it was seen),
and optionally `link`, `expires`, and `sometimes = true` for a failure that only some models or
versions show, so that a pass is not reported.
"""

import datetime
import fnmatch
import tomllib
from dataclasses import dataclass
from pathlib import Path

from pollinations_conformance.contract import Contract
from pollinations_conformance.http.errors import ConformanceError
from pollinations_conformance.http.json import is_list, is_object

REAL_SERVICE = Path(__file__).parent / "known-failures.toml"
"""The known failures of the real service."""

REQUIRED = {"requirement", "reason", "date"}
ALLOWED = REQUIRED | {"link", "expires", "sometimes"}


class KnownError(ConformanceError):
    """A file of known failures cannot be used; the message says why, in one line."""


@dataclass(frozen=True)
class Known:
    """An entry of the file."""

    requirement: str
    reason: str
    date: datetime.date
    link: str | None = None
    expires: datetime.date | None = None
    sometimes: bool = False

    def matches(self, requirement: str) -> bool:
        """Return whether the entry names a requirement, or `operation:<operationId>`."""
        return fnmatch.fnmatchcase(requirement, self.requirement)

    def expired(self, today: datetime.date) -> bool:
        """Return whether the entry is past its date."""
        return self.expires is not None and self.expires < today


def load(path: Path, contract: Contract) -> list[Known]:
    """Return the entries of a file.

    Args:
        path: of the file.
        contract: that defines the requirements and operations which entries may name.

    Raises:
        KnownError: the file cannot be read, or an entry is not as described above.
    """
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        reason = getattr(error, "strerror", None) or error
        raise KnownError(
            f"cannot read the known failures in {path}: {reason}; name a TOML file, or service"
        ) from None
    entries = document.pop("known", [])
    if document or not is_list(entries):
        raise KnownError(f"{path}: only [[known]] entries are allowed")
    found = [_entry(path, number, item) for number, item in enumerate(entries, 1)]
    defined = [*contract.requirements, *(f"operation:{item.id}" for item in contract.operations)]
    for number, entry in enumerate(found, 1):
        if not any(map(entry.matches, defined)):
            raise KnownError(
                f"{path}, entry {number}: the contract defines nothing that {entry.requirement!r} "
                "names; give a requirement id, operation:<operationId>, or a glob over them"
            )
    return found


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
