"""A recording that grows while it is written, and is a whole HAR file after each entry."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from pollinations_conformance.http.errors import HarError

END = b"\n]}}\n"


class Recording:
    """A HAR file.

    Args:
        path: the file to write; an existing one is replaced.
        version: of this package.

    Raises:
        HarError: it cannot be written.
    """

    def __init__(self, path: Path, version: str) -> None:
        creator = {"name": "pollinations-conformance proxy", "version": version}
        head = json.dumps({"version": "1.2", "creator": creator})
        self._path = path
        self._empty = True
        try:
            self._file = path.open("wb")
            self._file.write(f'{{"log": {head[:-1]}, "entries": ['.encode() + END)
            self._file.flush()
        except OSError as error:
            raise self._error(error) from None

    def add(self, entry: dict[str, Any]) -> None:
        """Append an entry.

        Raises:
            HarError: it cannot be written.
        """
        text = json.dumps(entry, ensure_ascii=True)
        try:
            self._file.seek(-len(END), 2)
            self._file.write((b"\n" if self._empty else b",\n") + text.encode() + END)
            self._file.flush()
        except OSError as error:
            raise self._error(error) from None
        self._empty = False

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def _error(self, error: OSError) -> HarError:
        reason = error.strerror or type(error).__name__
        return HarError(f"{self._path}: cannot be written ({reason}); name another file")
