"""Findings of a comparison, and the differences that they are grouped into."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from pollinations_conformance.drift.document import Operation

Direction = Literal["request", "response"]
Step = tuple[str, Any]  # how a value is reached: name, each, index, rest, content, when

CLIENTS = "clients"
SERVERS = "servers"


class Nothing(str):
    """A text about one of the documents which says that it has nothing there."""

    __slots__ = ()


ABSENT = Nothing("absent")


@dataclass(frozen=True, slots=True)
class Probe:
    """How recorded traffic decides which document is right about one finding."""

    mode: str  # value, presence, status, media, operation, parameter, header, security or ""
    ours: Any = True  # a JSON Schema; for the other modes what is looked up
    theirs: Any = True


@dataclass(frozen=True, slots=True)
class Finding:
    """One place where the two documents differ."""

    kind: str
    ours_at: str
    theirs_at: str
    ours: str
    theirs: str
    ours_more: bool = False  # ours allows a value that theirs does not
    theirs_more: bool = False
    harms: frozenset[str] = frozenset()  # CLIENTS, SERVERS
    documentation: bool = False
    steps: tuple[Step, ...] = ()
    probe: Probe = Probe("")

    @property
    def path(self) -> str:
        """Where in the message it is, for people."""
        return show_steps(self.steps)


@dataclass(frozen=True, slots=True)
class Spot:
    """A message of an operation with a finding."""

    operation: str
    part: str  # operation, parameter, request, response
    detail: str  # status, parameter, media type, as people read it
    status: str = ""
    media: str = ""
    name: str = ""  # of a parameter or header
    location: str = ""
    ours: Operation | None = None
    theirs: Operation | None = None


@dataclass(slots=True)
class Difference:
    """All findings that have one cause."""

    occurrences: list[tuple[Spot, Finding]]

    @property
    def first(self) -> Finding:
        """The finding that is shown for all."""
        return self.occurrences[0][1]

    @property
    def harms(self) -> frozenset[str]:
        """Who breaks: CLIENTS, SERVERS, both or none."""
        return frozenset[str]().union(*(finding.harms for _, finding in self.occurrences))

    @property
    def label(self) -> str:
        """The class of the difference."""
        if self.harms:
            who = [name for name in (CLIENTS, SERVERS) if name in self.harms]
            return "breaking for " + " and ".join(who)
        documentation = all(finding.documentation for _, finding in self.occurrences)
        return "documentation only" if documentation else "compatible"

    @property
    def operations(self) -> list[str]:
        """The operations in which it occurs."""
        return list(dict.fromkeys(spot.operation for spot, _ in self.occurrences if spot.operation))


CLASSES = (
    "breaking for clients and servers",
    "breaking for clients",
    "breaking for servers",
    "compatible",
    "documentation only",
)
_LUMPED = frozenset({"description", "examples", "tags", "info"})
_MANY = 5


def show_steps(steps: Sequence[Step]) -> str:
    """Write how a value is reached, for people: `messages[].content (role=user)`."""
    text = ""
    for kind, what in steps:
        if kind == "name":
            text += f".{what}"
        elif kind in ("each", "index"):
            text += "[]"
        elif kind == "rest":
            text += ".*"
        elif kind == "when":
            constants = ", ".join(f"{name}={value}" for name, value in what[1])
            text += f"({constants})" if constants else ""
    return text.lstrip(".")


class _Groups:
    """Disjoint sets of numbered findings (union-find)."""

    def __init__(self) -> None:
        self._parents: list[int] = []
        self._owners: dict[tuple[Any, ...], int] = {}

    def add(self, keys: Iterable[tuple[Any, ...]]) -> None:
        """Add one more finding, which joins all earlier ones that share a key with it."""
        index = len(self._parents)
        self._parents.append(index)
        for key in keys:
            self.unite(index, self._owners.setdefault(key, index))

    def root(self, index: int) -> int:
        """Return the number that identifies the set of a finding."""
        parents = self._parents
        while parents[index] != index:
            parents[index] = parents[parents[index]]
            index = parents[index]
        return index

    def unite(self, index: int, other: int) -> None:
        """Put two sets together; the set of the second keeps its number."""
        self._parents[self.root(index)] = self.root(other)


def group(occurrences: Iterable[tuple[Spot, Finding]]) -> list[Difference]:
    """Put findings of one cause together, the worst first.

    Two findings have one cause when they describe the same change of the same name and share their
    place in either document, or the way to it inside the message, whatever the kind of the union's
    members on that way. The same list of values under one name is one cause wherever it is written.
    """
    items = list(occurrences)
    groups = _Groups()
    for spot, finding in items:
        groups.add(_causes(spot, finding))
    # That many objects are closed at once is how a document was written.
    closed: dict[tuple[Any, ...], set[int]] = {}
    for index, (_, finding) in enumerate(items):
        if finding.kind == "additionalProperties":
            change = (finding.ours, finding.theirs, finding.harms)
            closed.setdefault(change, set()).add(groups.root(index))
    for roots in closed.values():
        if len(roots) >= _MANY:
            first, *others = sorted(roots)
            for index in others:
                groups.unite(index, first)
    differences: dict[int, Difference] = {}
    for index, item in enumerate(items):
        differences.setdefault(groups.root(index), Difference([])).occurrences.append(item)

    def rank(difference: Difference) -> tuple[int, str, str, str]:
        spot, finding = difference.occurrences[0]
        return CLASSES.index(difference.label), spot.part, finding.kind, finding.ours_at

    return sorted(differences.values(), key=rank)


def _causes(spot: Spot, finding: Finding) -> list[tuple[Any, ...]]:
    """Return the keys of a finding; findings that share one have one cause."""
    if finding.kind in _LUMPED:
        return [(finding.kind,)]
    if finding.kind == "format" and finding.documentation:
        return [(finding.kind, finding.ours, finding.theirs)]  # how numbers are written
    names = [what for kind, what in finding.steps if kind == "name"]
    leaf = names[-1] if names else ""
    change = (finding.kind, finding.ours, finding.theirs, leaf)
    whole = spot.operation if spot.part == finding.kind == "operation" else ""
    side = spot.part if spot.part != "operation" else ""
    way = re.sub(r"\([^()]*\)", "", finding.path)
    keys: list[tuple[Any, ...]] = [("path", change, side, spot.name, spot.location, way, whole)]
    if finding.kind == "enum":
        keys.append(("values", *change[:3], leaf or spot.name, side == "response"))
    if not whole:
        # What is missing is identified by its name only; all else by its place.
        cause: tuple[Any, ...] = change[:3]
        if finding.kind in ("property", "required"):
            cause = change
        elif finding.kind == "parameter" or (finding.kind == "header" and finding.harms):
            cause = (*change, spot.name)
        keys += [("ours", cause, finding.ours_at), ("theirs", cause, finding.theirs_at)]
    return keys


def make_finding(
    kind: str,
    ours_at: str,
    theirs_at: str,
    ours: str,
    theirs: str,
    harms: frozenset[str] = frozenset(),
    probe: Probe | None = None,
    documentation: bool = False,
) -> Finding:
    """Make a finding outside of schemas.

    Args:
        kind: what differs.
        ours_at: the JSON pointer in our document.
        theirs_at: the JSON pointer in theirs.
        ours: what our document has there.
        theirs: what theirs has there.
        harms: who breaks.
        probe: how recorded traffic decides.
        documentation: whether only people read it.
    """
    return Finding(
        kind,
        ours_at,
        theirs_at,
        ours,
        theirs,
        harms=harms,
        documentation=documentation,
        probe=probe or Probe(""),
    )


def make_schema_finding(
    direction: Direction,
    kind: str,
    places: tuple[str, str],
    texts: tuple[str, str],
    more: tuple[bool, bool],
    probe: Probe,
    extra: frozenset[str] = frozenset(),
) -> Finding:
    """Make a finding inside a schema; whom it harms follows from the direction.

    Args:
        direction: of the message.
        kind: what differs.
        places: the JSON pointers in both documents.
        texts: what both documents have there.
        more: whether ours, and whether theirs, allows values that the other does not.
        probe: how recorded traffic decides.
        extra: who breaks besides.
    """
    ours_more, theirs_more = more
    harms = set(extra)
    if ours_more:
        harms.add(CLIENTS if direction == "request" else SERVERS)
    if theirs_more:
        harms.add(SERVERS if direction == "request" else CLIENTS)
    return Finding(
        kind,
        places[0],
        places[1],
        texts[0],
        texts[1],
        ours_more=ours_more,
        theirs_more=theirs_more,
        harms=frozenset(harms),
        probe=probe,
    )


def compare_texts(
    kind: str, ours_at: str, theirs_at: str, ours: Any, theirs: Any
) -> Iterator[Finding]:
    """Compare two texts for people."""
    one, other = (" ".join(str(text or "").split()) for text in (ours, theirs))
    if one != other:
        # Of two long texts with the same beginning show where they part.
        start = next(
            (n for n, (x, y) in enumerate(zip(one, other, strict=False)) if x != y),
            min(len(one), len(other)),
        )
        if start > 80:
            one, other = (f"…{text[start - 20 :]}" for text in (one, other))
        yield make_finding(kind, ours_at, theirs_at, short(one), short(other), documentation=True)


def either(texts: Sequence[str], mine: bool) -> tuple[str, str]:
    """Return two texts in the order ours, theirs; the first is of the document that has it."""
    return (texts[0], texts[1]) if mine else (texts[1], texts[0])


def short(text: str, limit: int = 160) -> str:
    """Cut a text to what fits a line or two."""
    return text if len(text) <= limit else text[: limit - 1] + "…"
