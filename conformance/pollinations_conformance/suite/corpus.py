"""Requests that failed in an earlier run, kept in one of Hypothesis' example databases.

What is stored is the request itself and not the choices that led to it: it outlives a change of the
contract, of schemathesis and of the number of examples, and it says what it is to whoever looks.
"""

import base64
import importlib
import json
import re
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from hypothesis.database import (
    DirectoryBasedExampleDatabase,
    ExampleDatabase,
    GitHubArtifactDatabase,
    MultiplexedDatabase,
    ReadOnlyDatabase,
)

from pollinations_conformance.http.json import is_list, is_object
from pollinations_conformance.suite.errors import CorpusError
from pollinations_conformance.suite.exchange import Exchange
from pollinations_conformance.suite.target import Host

LOCAL = Path(".hypothesis/examples")
"""Where new examples go when the shared ones can only be read; Hypothesis' own place."""
GITHUB = re.compile(r"([\w.-]+)/([\w.-]+)(?:/([\w.-]+))?")
ARTIFACT = "hypothesis-example-db"
FEW = 20
"""Stored requests of one operation that are sent again, so that no database makes a run endless."""
OWN = {"authorization", "host", "content-length", "user-agent", "connection", "accept-encoding"}
"""Headers that belong to a run and not to what it tried."""


def open_database(place: str) -> ExampleDatabase:
    """Open an example database.

    Args:
        place: a directory, github:OWNER/REPO or github:OWNER/REPO/ARTIFACT, or redis://….

    Raises:
        CorpusError: it cannot be used.
    """
    if place.startswith("github:"):
        found = GITHUB.fullmatch(place.removeprefix("github:"))
        if found is None:
            raise CorpusError(
                f"--database {place} names no artifact; write github:OWNER/REPO or "
                "github:OWNER/REPO/ARTIFACT"
            )
        shared = GitHubArtifactDatabase(found[1], found[2], artifact_name=found[3] or ARTIFACT)
        return MultiplexedDatabase(_directory(LOCAL), ReadOnlyDatabase(shared))
    if re.match(r"(rediss?|unix)://", place):
        return _redis(place)
    if "://" in place or not place:
        raise CorpusError(
            f"--database {_nameable(place)} is neither a directory, nor github:OWNER/REPO, nor redis://…"
        )
    return _directory(Path(place))


def _directory(path: Path) -> ExampleDatabase:
    probe = path / ".writable"
    try:
        path.mkdir(parents=True, exist_ok=True)
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise CorpusError(f"cannot keep examples in {path}: {error.strerror}") from None
    return DirectoryBasedExampleDatabase(path)


def _redis(place: str) -> ExampleDatabase:
    try:
        from hypothesis.extra.redis import RedisExampleDatabase

        redis: Any = importlib.import_module("redis")  # not among what is installed with us
    except ImportError:
        raise CorpusError(
            "--database redis://… needs the Python package redis; install it with: pip install redis"
        ) from None
    try:
        client = redis.Redis.from_url(place)
        client.ping()
    except Exception as error:
        # What it says may repeat the address, and the address may hold a password.
        what = " ".join(str(error).replace(place, _nameable(place)).split())[:200]
        raise CorpusError(f"cannot use {_nameable(place)}: {what}") from None
    return RedisExampleDatabase(client)


def _nameable(place: str) -> str:
    """Return an address without user and password."""
    return re.sub(r"//[^/@]*@", "//***@", place)


@dataclass(frozen=True)
class Stored:
    """A request that failed once.

    Args:
        method: HTTP method.
        host: gateway or media.
        path: percent-encoded path with its query, relative to the host's address.
        headers: without those that belong to a run.
        body: as it was sent.
        keyed: whether it carried a key.
    """

    method: str
    host: Host
    path: str
    headers: tuple[tuple[str, str], ...]
    body: bytes
    keyed: bool

    @classmethod
    def of(cls, exchange: Exchange, host: Host, address: str) -> "Stored":
        """Take the request out of an exchange."""
        parts = urlsplit(exchange.url)
        path = parts.path.removeprefix(urlsplit(address).path)
        return cls(
            method=exchange.method,
            host=host,
            path=f"{path}?{parts.query}" if parts.query else path,
            headers=tuple(item for item in exchange.request_headers if item[0].lower() not in OWN),
            body=exchange.request_body,
            keyed=bool(exchange.key),
        )

    def encode(self) -> bytes:
        """Write it as JSON."""
        value = {
            "method": self.method,
            "host": self.host,
            "path": self.path,
            "headers": [list(item) for item in self.headers],
            "body": base64.b64encode(self.body).decode(),
            "keyed": self.keyed,
        }
        return json.dumps(value, sort_keys=True).encode()

    @classmethod
    def decode(cls, data: bytes) -> "Stored | None":
        """Read what `encode` wrote; None for anything else, as others may write there too."""
        try:
            value = json.loads(data)
            headers = [(str(name), str(text)) for name, text in value["headers"]]
            body = base64.b64decode(value["body"], validate=True)
        except (ValueError, KeyError, TypeError):
            return None
        if not is_object(value) or not is_list(value["headers"]):
            return None
        method, host, path = value.get("method"), value.get("host"), value.get("path")
        if not (isinstance(method, str) and re.fullmatch("[A-Z]+", method)):
            return None
        # A path alone: an example must not lead the run to another address.
        if not (isinstance(path, str) and re.fullmatch(r"/(?!/)[\x21-\x7e]*", path)):
            return None
        if host not in {"gateway", "media"}:
            return None
        return cls(method, host, path, tuple(headers), body, value.get("keyed") is True)


class Corpus:
    """The stored requests, by operation."""

    def __init__(self, database: ExampleDatabase) -> None:
        self.database = database
        self.said: list[str] = []
        """What the database had to say, such as that GitHub could not be reached."""

    @staticmethod
    def _key(operation: str) -> bytes:
        return f"pollinations-conformance {operation}".encode()

    def fetch(self, operation: str) -> Iterator[Stored]:
        """Return what is stored of an operation, in an order that does not change."""
        found: list[bytes] = []
        try:
            with warnings.catch_warnings(record=True) as caught:
                warnings.simplefilter("always")
                found = sorted(set(self.database.fetch(self._key(operation))))
            said = [" ".join(str(item.message).split()) for item in caught]
        except Exception as error:  # a database that went away is no verdict on the server
            said = [f"it cannot be read: {type(error).__name__}"]
        self.said += [text for text in said if text not in self.said]
        stored = [item for item in map(Stored.decode, found) if item is not None]
        yield from stored[:FEW]

    def save(self, operation: str, example: Stored) -> None:
        """Store a request."""
        self._write(lambda: self.database.save(self._key(operation), example.encode()))

    def delete(self, operation: str, example: Stored) -> None:
        """Take out a request that no longer fails."""
        self._write(lambda: self.database.delete(self._key(operation), example.encode()))

    def _write(self, act: Any) -> None:
        try:
            act()
        except Exception as error:
            text = f"it cannot be written: {type(error).__name__}"
            if text not in self.said:
                self.said.append(text)


def open_corpus(place: str) -> Corpus:
    """Return the requests that are stored in a database.

    Raises:
        CorpusError: it cannot be used.
    """
    return Corpus(open_database(place))
