"""Requests that can be run: the contract's examples as curl lines and as calls of the client."""

from __future__ import annotations

from dataclasses import dataclass

from pollinations_conformance.contract import Contract, Operation
from pollinations_conformance.reference.calls import Calls
from pollinations_conformance.reference.curl import Curl
from pollinations_conformance.reference.literals import pretty
from pollinations_conformance.reference.python_code import PythonCode

__all__ = ["GATEWAY", "MEDIA", "Snippet", "Snippets", "pretty"]

GATEWAY = "http://127.0.0.1:8787"
"""Where `serve` listens by default."""
MEDIA = "http://127.0.0.1:8788"


@dataclass(frozen=True, slots=True)
class Snippet:
    """One request, ready to be copied.

    Attributes:
        title: what it shows.
        curl: shell lines; the key is taken from the environment variable POLLINATIONS_API_KEY.
        python: a program with the client of this package; empty where the client has no such call.
    """

    title: str
    curl: str
    python: str


class Snippets:
    """Writes the examples of a contract as requests.

    Args:
        contract: with the examples; values that nothing is given for are never made up.
        gateway: URL of the gateway that the requests go to.
        media: URL of the media host.
    """

    def __init__(self, contract: Contract, gateway: str = GATEWAY, media: str = MEDIA) -> None:
        self._calls = Calls(contract)
        self._curl = Curl(self._calls, gateway, media)
        self._python = PythonCode(self._calls, gateway, media)

    def of(self, operation: Operation) -> list[Snippet]:
        """Return the requests of one operation; none where the contract has no example."""
        calls = self._calls.calls(operation)
        return [
            Snippet(
                call.title,
                self._curl.write(operation, call),
                self._python.write(operation, call),
            )
            for call in (calls[:1] if operation.deprecated else calls)
        ]
