"""The contract itself, beside the API: its reference as a page, and the document as it is.

They are under /__contract__/ on both URLs, where the API has nothing, need no key, and are made when
the first request comes.
"""

import asyncio
import hashlib
from pathlib import Path
from typing import NamedTuple

from pollinations_conformance.contract import Contract
from pollinations_conformance.server.encoding import dumps
from pollinations_conformance.server.http import Call, Header, Reply

REFERENCE = "/__contract__/reference"
YAML = "/__contract__/openapi.yaml"
JSON = "/__contract__/openapi.json"

DOCUMENTS = frozenset({REFERENCE, YAML, JSON})

_ANYWHERE: Header = ("Access-Control-Allow-Origin", "*")  # for tools that run in a browser


class Made(NamedTuple):
    """A document that is ready to be sent."""

    body: bytes
    mark: str  # entity tag
    headers: list[Header]


class Pages:
    """Serves the reference and the document of one contract.

    Args:
        contract: that the server follows.
    """

    def __init__(self, contract: Contract) -> None:
        self.contract = contract
        # Gateway and media host in the examples, when they are known.
        self.urls: tuple[str, str] | None = None
        self._made: dict[str, Made] = {}

    async def reply(self, call: Call) -> Reply:
        """Return one of the documents."""
        if call.method not in ("GET", "HEAD"):
            return Reply(405, [("Allow", "GET, HEAD")])
        # In a thread, so that nobody's stream waits for it.
        made = await asyncio.to_thread(self.made, call.path)
        fixed = [("ETag", made.mark), ("Cache-Control", "no-cache")]
        known = call.header("if-none-match") or ""
        if known.strip() == "*" or made.mark in known:
            return Reply(304, fixed)
        return Reply(200, [*made.headers, *fixed, ("X-Content-Type-Options", "nosniff")], made.body)

    def made(self, path: str) -> Made:
        """Make a document, or return it when it is made already."""
        if path not in self._made:
            body, headers = self._make(path)
            mark = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
            self._made[path] = Made(body, mark, headers)
        return self._made[path]

    def _make(self, path: str) -> tuple[bytes, list[Header]]:
        if path == YAML:
            data = Path(self.contract.source).read_bytes()
            return data, [("Content-Type", "application/yaml"), _ANYWHERE]
        if path == JSON:
            data = dumps(self.contract.document)
            return data, [("Content-Type", "application/json"), _ANYWHERE]
        # Late, because a server starts without it.
        from pollinations_conformance.reference.page import policy, render
        from pollinations_conformance.reference.snippets import GATEWAY, MEDIA

        links = [(name, name) for name in ("openapi.yaml", "openapi.json")]
        return render(self.contract, *(self.urls or (GATEWAY, MEDIA)), links).encode(), [
            ("Content-Type", "text/html; charset=utf-8"),
            ("Content-Security-Policy", policy()),
            ("Referrer-Policy", "no-referrer"),
        ]
