"""Recording of exchanges: the last ones, up to `MAX_ENTRIES` and `MAX_BYTES`, without keys, as HAR.

Exchanges with an injected fault are marked, and left out by `replay`: they show neither how the client
behaves against the service nor how the server does.
"""

from collections import deque
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pollinations_conformance.http import har
from pollinations_conformance.http.message import Request, Response
from pollinations_conformance.server.http import Call, Reply

MAX_ENTRIES = 5_000
MAX_BYTES = 32 * 1024 * 1024


class Recorder:
    """Keeps exchanges for a recording.

    Args:
        clock: POSIX time in seconds.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self.clock = clock
        self.entries: deque[tuple[dict[str, Any], int]] = deque()
        self._bytes = 0

    def take(self, call: Call, reply: Reply, fault: str = "") -> None:
        """Keep one exchange; a stream is recorded while it is sent."""
        request = call.request
        if reply.stream is not None:
            reply.stream = self._copied(call, request, reply, reply.stream, fault)
        else:
            self._record(call, request, reply, reply.body, fault)

    async def _copied(
        self,
        call: Call,
        request: Request,
        reply: Reply,
        stream: AsyncIterator[bytes],
        fault: str,
    ) -> AsyncIterator[bytes]:
        parts: list[bytes] = []
        async for part in stream:
            parts.append(part)
            yield part
        self._record(call, request, reply, b"".join(parts), fault)

    def _record(self, call: Call, request: Request, reply: Reply, body: bytes, fault: str) -> None:
        query = f"?{call.query_string}" if call.query_string else ""
        response = Response(reply.status, tuple(reply.headers), body)
        url = f"{call.origin}{call.path}{query}"
        size = len(call.body) + len(body) + 1_000
        now = datetime.fromtimestamp(self.clock(), UTC)
        self.entries.append((har.entry(request, response, url, now, fault=fault), size))
        self._bytes += size
        while len(self.entries) > MAX_ENTRIES or (self._bytes > MAX_BYTES and self.entries):
            self._bytes -= self.entries.popleft()[1]

    def write(self, path: Path, version: str) -> None:
        """Write what was kept as HAR.

        Args:
            path: file to write.
            version: of this package.

        Raises:
            HarError: it cannot be written.
        """
        entries = (entry for entry, _ in self.entries)
        har.write(path, entries, "pollinations-conformance serve", version)
