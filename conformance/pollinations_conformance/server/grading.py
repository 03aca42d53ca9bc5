"""Grading of clients: every request that came in, held against the contract.

`GET /__contract__/report` on either address tells what the contract does not allow. Exchanges are
kept for a recording only: the last ones, up to `MAX_ENTRIES` and `MAX_BYTES`, without keys.
"""

from collections import deque
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pollinations_conformance import contract as contracts
from pollinations_conformance.http import har
from pollinations_conformance.http.text import redact
from pollinations_conformance.server.http import Call, Reply, json_reply

REPORT = "/__contract__/report"
MAX_ENTRIES = 5_000
MAX_BYTES = 32 * 1024 * 1024


@dataclass(slots=True)
class Grade:
    """What is known of the requests to one operation."""

    requests: int = 0
    violations: dict[tuple[str, str], int] = field(default_factory=dict[tuple[str, str], int])
    statuses: dict[int, int] = field(default_factory=dict[int, int])


class Grader:
    """Judges requests, and keeps exchanges for a recording.

    Args:
        contract: the requests are held against.
        recording: whether exchanges are kept.
    """

    def __init__(self, contract: contracts.Contract, *, recording: bool = False) -> None:
        self.contract = contract
        self.recording = recording
        self.grades: dict[str, Grade] = {}
        self.unknown: dict[str, int] = {}
        self.entries: deque[tuple[dict[str, Any], int]] = deque()
        self._bytes = 0

    def take(self, call: Call, reply: Reply, host: str) -> None:
        """Judge one exchange.

        Args:
            call: the request.
            reply: its answer; a stream is recorded while it is sent.
            host: gateway or media.
        """
        request = call.request
        if call.method != "OPTIONS":
            self._judge(request, reply.status, host)
        if not self.recording:
            return
        if reply.stream is not None:
            reply.stream = self._copied(call, request, reply, reply.stream)
        else:
            self._record(call, request, reply, reply.body)

    async def _copied(
        self,
        call: Call,
        request: contracts.Request,
        reply: Reply,
        stream: AsyncIterator[bytes],
    ) -> AsyncIterator[bytes]:
        parts: list[bytes] = []
        async for part in stream:
            parts.append(part)
            yield part
        self._record(call, request, reply, b"".join(parts))

    def _record(self, call: Call, request: contracts.Request, reply: Reply, body: bytes) -> None:
        query = f"?{call.query_string}" if call.query_string else ""
        response = contracts.Response(reply.status, tuple(reply.headers), body)
        url = f"{call.origin}{call.path}{query}"
        size = len(call.body) + len(body) + 1_000
        self.entries.append((har.entry(request, response, url, datetime.now(UTC)), size))
        self._bytes += size
        while len(self.entries) > MAX_ENTRIES or (self._bytes > MAX_BYTES and self.entries):
            self._bytes -= self.entries.popleft()[1]

    def _judge(self, request: contracts.Request, status: int, host: str) -> None:
        match = self.contract.find(request.method, request.path, host)
        if match is None:
            label = redact(f"{request.method} {host} {request.path[:200]}")
            if label in self.unknown or len(self.unknown) < 200:
                self.unknown[label] = self.unknown.get(label, 0) + 1
            return
        grade = self.grades.setdefault(match.operation.id, Grade())
        grade.requests += 1
        grade.statuses[status] = grade.statuses.get(status, 0) + 1
        found = [(v.sentence, v.pointer) for v in self.contract.check_request(match, request)]
        if match.via_alias:
            found.append(("path: an alias of the documented path", match.operation.pointer))
        for entry in found:
            if entry in grade.violations or len(grade.violations) < 200:
                grade.violations[entry] = grade.violations.get(entry, 0) + 1

    @property
    def clean(self) -> bool:
        """Whether the contract allows all there was."""
        return not self.unknown and not any(g.violations for g in self.grades.values())

    def report(self) -> dict[str, Any]:
        """Write the report as JSON."""
        operations = {
            name: {
                "requests": grade.requests,
                "statuses": {str(status): n for status, n in sorted(grade.statuses.items())},
                "violations": [
                    {"what": redact(what), "contract": pointer, "requests": n}
                    for (what, pointer), n in grade.violations.items()
                ],
            }
            for name, grade in sorted(self.grades.items())
        }
        return {
            "allowed": self.clean,
            "requests": sum(grade.requests for grade in self.grades.values()),
            "operations": operations,
            "unknown_routes": self.unknown,
        }

    def reply(self) -> Reply:
        """Answer a request for the report."""
        return json_reply(self.report())

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
