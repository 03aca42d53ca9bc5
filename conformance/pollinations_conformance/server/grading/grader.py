"""Collects what clients sent: `GET /__contract__/report` on either URL shows it.

What is kept is bounded: for each operation `MAX_KINDS` kinds of findings, each with the first
request that had it, and `MAX_ROUTES` unknown routes.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from pollinations_conformance import contract as contracts
from pollinations_conformance.http.text import printable_line, redact
from pollinations_conformance.server.errors import iso
from pollinations_conformance.server.grading import findings
from pollinations_conformance.server.grading.shown import Finding, nearest
from pollinations_conformance.server.grading.unknown import unknown
from pollinations_conformance.server.http import Call, Reply

MAX_KINDS = 200
MAX_ROUTES = 200
MAX_ROUTE = 200
"""Characters of an unknown route, as the report shows it."""


@dataclass(slots=True)
class Entry:
    """One kind of finding: how often it came, and the first request that had it."""

    finding: Finding
    request_id: str | None
    time: str
    requests: int = 0

    def to_json(self) -> dict[str, Any]:
        """Return the entry as the report has it."""
        found = self.finding
        return {
            "what": f"{found.where}: {found.message}",
            "requirement": found.requirement,
            "contract": found.contract,
            "requests": self.requests,
            "nearest": found.nearest,
            "sample": {"sent": found.sent, "request_id": self.request_id, "time": self.time},
        }


@dataclass(slots=True)
class Grade:
    """What is known of the requests to one operation."""

    method: str
    path: str
    requests: int = 0
    statuses: dict[int, int] = field(default_factory=dict[int, int])
    violations: dict[tuple[str, str], Entry] = field(default_factory=dict[tuple[str, str], Entry])
    unknown: dict[tuple[str, str], Entry] = field(default_factory=dict[tuple[str, str], Entry])


@dataclass(slots=True)
class UnknownRoute:
    """A route that no contract has."""

    nearest: str | None
    requests: int = 0


class Grader:
    """Validates the requests of clients.

    Args:
        contract: that requests are checked against.
        clock: POSIX time in seconds.
    """

    def __init__(self, contract: contracts.Contract, clock: Callable[[], float]) -> None:
        self.contract = contract
        self.clock = clock
        self.grades: dict[str, Grade] = {}
        self.unknown_routes: dict[str, UnknownRoute] = {}

    def take(self, call: Call, reply: Reply, host: str, *, genuine: bool = True) -> None:
        """Check one request.

        Args:
            call: the request.
            reply: the response to it.
            host: gateway or media.
            genuine: whether the response is the server's own, not an injected or scripted one.
        """
        if call.method == "OPTIONS":
            return
        request = call.request
        match = self.contract.find(call.method, call.path, host)
        if match is None:
            self._take_unknown_route(call, host)
            return
        operation = match.operation
        grade = self.grades.setdefault(operation.id, Grade(operation.method, operation.path))
        grade.requests += 1
        grade.statuses[reply.status] = grade.statuses.get(reply.status, 0) + 1
        identity = reply.header("x-request-id") or call.header("x-request-id")
        shown = None if identity is None else printable_line(redact(identity))[:60]
        wrong = findings.violations(self.contract, match, request, reply if genuine else None)
        for entries, found in (
            (grade.violations, wrong),
            (grade.unknown, unknown(self.contract, match, request)),
        ):
            self._count(entries, found, shown)

    def _count(
        self, entries: dict[tuple[str, str], Entry], found: list[Finding], identity: str | None
    ) -> None:
        kinds: dict[tuple[str, str], Finding] = {}
        for finding in found:  # the same thing in several messages of one body is one kind
            place = re.sub(r"\[\d+\]", "[]", finding.where)
            kinds.setdefault((place, finding.message), finding)
        for kind, finding in kinds.items():
            if kind not in entries:
                if len(entries) >= MAX_KINDS:
                    continue
                entries[kind] = Entry(finding, identity, iso(self.clock()))
            entries[kind].requests += 1

    def _take_unknown_route(self, call: Call, host: str) -> None:
        label = printable_line(redact(f"{call.method} {host} {call.path[:MAX_ROUTE]}"))
        if label not in self.unknown_routes:
            if len(self.unknown_routes) >= MAX_ROUTES:
                return
            self.unknown_routes[label] = UnknownRoute(self._nearest_route(call))
        self.unknown_routes[label].requests += 1

    def _nearest_route(self, call: Call) -> str | None:
        """Return the route that is spelt most alike; one whose parameter the rest may be, first."""
        for each in self.contract.operations:
            fixed = each.path.partition("{")[0]
            if each.method == call.method and len(fixed) > 1 and call.path.startswith(fixed):
                return f"{each.method} {each.path}"
        routes = [f"{each.method} {each.path}" for each in self.contract.operations]
        return nearest(f"{call.method} {call.path}", routes)

    def clear(self) -> None:
        """Forget all requests so far."""
        self.grades.clear()
        self.unknown_routes.clear()

    @property
    def valid(self) -> bool:
        """Return whether the contract allows all there was."""
        return not self.unknown_routes and not any(g.violations for g in self.grades.values())

    def report(self) -> dict[str, Any]:
        """Return the report as JSON."""
        operations = {
            name: {
                "method": grade.method,
                "path": grade.path,
                "requests": grade.requests,
                "statuses": {str(status): n for status, n in sorted(grade.statuses.items())},
                "violations": [entry.to_json() for entry in grade.violations.values()],
            }
            for name, grade in sorted(self.grades.items())
        }
        unknown = [
            {"operation": name, **entry.to_json()}
            for name, grade in sorted(self.grades.items())
            for entry in grade.unknown.values()
        ]
        routes = self.unknown_routes
        return {
            "valid": self.valid,
            "requests": sum(grade.requests for grade in self.grades.values())
            + sum(route.requests for route in routes.values()),
            "operations": operations,
            "unknown_routes": {name: route.requests for name, route in routes.items()},
            "nearest_routes": {n: r.nearest for n, r in routes.items() if r.nearest},
            "unknown_to_contract": unknown,
            "allowed": self.valid,  # the former name of `valid`; it goes with the next version
        }
