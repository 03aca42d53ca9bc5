"""Compare two OpenAPI documents by meaning: what one allows and the other does not.

Both are walked side by side in the one form of `shapes`, once for requests and once for answers,
because whom a difference harms depends on the direction:

- A client breaks when it may send what theirs refuses or leaves undone, or is sent what ours does
  not allow.
- A server breaks when it is sent what ours refuses, or may send what theirs does not allow.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any, Literal

from pollinations_conformance.drift.shapes import (
    ASSERTED,
    LEAST,
    MOST,
    Alt,
    Document,
    DriftError,
    Json,
    Operation,
    Param,
    Ref,
    Shape,
    bounds_schema,
    canonical,
    template,
    whole_bounds,
)
from pollinations_conformance.http.json import as_list, as_object
from pollinations_conformance.http.message import media_type
from pollinations_conformance.http.pointer import join

Direction = Literal["request", "answer"]
Step = tuple[str, Any]  # how a value is reached: name, each, index, rest, content, when

CLIENTS = "clients"
SERVERS = "servers"
MAX_COMPARISONS = 200_000

# --- findings -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Probe:
    """How recorded traffic can tell who is right about one finding."""

    mode: str  # value, presence, status, media, operation, parameter, header, security or ""
    ours: Any = True  # a JSON Schema; for the other modes what is asked about
    theirs: Any = True


@dataclass(frozen=True, slots=True)
class Finding:
    """One place where the two documents say different things."""

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
        """Where in the message it is, as people write it."""
        return show_steps(self.steps)


@dataclass(frozen=True, slots=True)
class Spot:
    """A message of an operation in which a finding was met."""

    operation: str
    part: str  # operation, parameter, request, answer
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

    met: list[tuple[Spot, Finding]]

    @property
    def first(self) -> Finding:
        """The finding that stands for all."""
        return self.met[0][1]

    @property
    def harms(self) -> frozenset[str]:
        """Who breaks: CLIENTS, SERVERS, both or none."""
        return frozenset[str]().union(*(finding.harms for _, finding in self.met))

    @property
    def label(self) -> str:
        """The class of the difference."""
        if self.harms:
            who = [name for name in (CLIENTS, SERVERS) if name in self.harms]
            return "breaking for " + " and ".join(who)
        documentation = all(finding.documentation for _, finding in self.met)
        return "documentation only" if documentation else "compatible"

    @property
    def operations(self) -> list[str]:
        """The operations in which it was met."""
        return list(dict.fromkeys(spot.operation for spot, _ in self.met if spot.operation))


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


def group(met: Iterable[tuple[Spot, Finding]]) -> list[Difference]:
    """Put findings of one cause together.

    Two findings have one cause when they say the same about the same name and share their place in
    either document, or the way to it inside the message, whatever the kind of the union's members on
    that way. The same list of values under one name is one cause wherever it is written out.
    """
    parents: list[int] = []
    items: list[tuple[Spot, Finding]] = []
    owners: dict[tuple[Any, ...], int] = {}

    def root(index: int) -> int:
        while parents[index] != index:
            parents[index] = parents[parents[index]]
            index = parents[index]
        return index

    for spot, finding in met:
        index = len(items)
        items.append((spot, finding))
        parents.append(index)
        if finding.kind in _LUMPED:
            keys: list[tuple[Any, ...]] = [(finding.kind,)]
        elif finding.kind == "format" and finding.documentation:
            keys = [(finding.kind, finding.ours, finding.theirs)]  # how numbers are written
        else:
            named = [what for kind, what in finding.steps if kind == "name"]
            leaf = named[-1] if named else ""
            says = (finding.kind, finding.ours, finding.theirs, leaf)
            whole = (
                spot.operation if spot.part == "operation" and finding.kind == "operation" else ""
            )
            side = spot.part if spot.part != "operation" else ""
            way = re.sub(r"\([^()]*\)", "", finding.path)
            inner = (side, spot.name, spot.location, way, whole)
            keys = [("path", says, *inner)]
            if finding.kind == "enum":
                keys.append(("values", *says[:3], leaf or spot.name, side == "answer"))
            if not whole:
                # What is missing is known by its name only; all else by where it stands.
                cause: tuple[Any, ...] = says[:3]
                if finding.kind in ("property", "required"):
                    cause = says
                elif finding.kind == "parameter" or (finding.kind == "header" and finding.harms):
                    cause = (*says, spot.name)
                keys += [("ours", cause, finding.ours_at), ("theirs", cause, finding.theirs_at)]
        for key in keys:
            parents[root(index)] = root(owners.setdefault(key, index))
    # That many objects are closed at once is how a document was written.
    closed: dict[tuple[Any, ...], set[int]] = {}
    for index, (_, finding) in enumerate(items):
        if finding.kind == "additionalProperties":
            said = (finding.ours, finding.theirs, finding.harms)
            closed.setdefault(said, set()).add(root(index))
    for roots in closed.values():
        if len(roots) >= _MANY:
            first, *others = sorted(roots)
            for index in others:
                parents[root(index)] = root(first)
    groups: dict[int, Difference] = {}
    for index, item in enumerate(items):
        groups.setdefault(root(index), Difference([])).met.append(item)

    def rank(difference: Difference) -> tuple[int, str, str, str]:
        finding = difference.first
        order = CLASSES.index(difference.label)
        return order, difference.met[0][0].part, finding.kind, finding.ours_at

    return sorted(groups.values(), key=rank)


# --- walking ------------------------------------------------------------------------------------

_ANONYMOUS = "no key"
_ABSENT = "absent"


def compare(ours: Document, theirs: Document) -> list[Difference]:
    """Compare two documents.

    Args:
        ours: what clients and servers were built on.
        theirs: what they would meet.

    Returns:
        The differences, the worst first.

    Raises:
        DriftError: a document is too large or too deep to be compared.
    """
    try:
        return group(_Walk(ours, theirs).walk())
    except RecursionError:
        raise DriftError(
            f"{theirs.source}: schemas are nested too deeply to be compared; simplify them"
        ) from None


def match_operations(
    ours: Document, theirs: Document
) -> list[tuple[Operation | None, Operation | None]]:
    """Pair the operations of two documents.

    Paths count as equal up to the names of their parameters, with or without the path of their
    server, and up to a slash at their end; after that, a path of theirs that ours calls another
    name of an operation pairs up, and so do paths that moved below a common prefix.
    """
    pairs: list[tuple[Operation | None, Operation | None]] = []
    left = list(theirs.operations)
    rest: list[Operation] = []

    def take(fits: Callable[[Operation], bool]) -> Operation | None:
        for index, candidate in enumerate(left):
            if fits(candidate):
                return left.pop(index)
        return None

    waiting = list(ours.operations)
    keys: tuple[Callable[[Operation], str], ...] = (
        lambda operation: template(operation.full),
        lambda operation: template(operation.path),
        lambda operation: template(operation.path).rstrip("/"),
    )
    for key in keys:
        index: dict[tuple[str, str], list[Operation]] = {}
        for operation in left:
            index.setdefault((operation.method, key(operation)), []).append(operation)
        rest = []
        for operation in waiting:
            found = index.get((operation.method, key(operation)))
            if found:
                pairs.append((operation, found.pop(0)))
            else:
                rest.append(operation)
        taken = {id(other) for _, other in pairs}
        left = [operation for operation in left if id(operation) not in taken]
        waiting = rest
    rest = []
    for operation in waiting:

        def fits(candidate: Operation, operation: Operation = operation) -> bool:
            return candidate.method == operation.method and _is_alias(operation, candidate)

        found_alias = take(fits)
        if found_alias:
            pairs.append((operation, found_alias))
        else:
            rest.append(operation)
    waiting = rest
    for prefix in _prefixes(waiting, left):
        for operation in list(waiting):

            def moved(
                candidate: Operation, operation: Operation = operation, prefix: str = prefix
            ) -> bool:
                return candidate.method == operation.method and prefix in (
                    _prefix(operation, candidate),
                    _prefix(candidate, operation),
                )

            other = take(moved)
            if other:
                pairs.append((operation, other))
                waiting.remove(operation)
    pairs += [(operation, None) for operation in waiting]
    order = {id(operation): index for index, operation in enumerate(ours.operations)}
    pairs.sort(key=lambda pair: order[id(pair[0])])
    return pairs + [(None, operation) for operation in left]


def _is_alias(a: Operation, b: Operation) -> bool:
    return any(_alias(text, b.path) for text in a.aliases) or any(
        _alias(text, a.path) for text in b.aliases
    )


def _prefix(short: Operation, long: Operation) -> str:
    """Return what stands before the path of one operation in that of another, or ""."""
    one, other = (template(operation.path).rstrip("/") for operation in (short, long))
    return other.removesuffix(one) if len(other) > len(one) and other.endswith(one) else ""


def _prefixes(ours: Sequence[Operation], theirs: Sequence[Operation]) -> list[str]:
    """Find prefixes below which several operations moved, the most frequent first, and their stems."""
    seen: Counter[str] = Counter()
    for a in ours:
        for b in theirs[:1000]:
            if (
                a.method == b.method
                and re.search(r"/[^/{]", a.path)
                and re.search(r"/[^/{]", b.path)
            ):
                seen[_prefix(a, b) or _prefix(b, a)] += 1
    known = [prefix for prefix, times in seen.most_common() if prefix and times > 1]
    # Beside /api/generate, even a single path below /api has moved.
    once = [prefix for prefix, times in seen.items() if prefix and times == 1]
    return known + [
        prefix
        for prefix in once
        if any(f"{known_one}/".startswith(f"{prefix}/") for known_one in known)
    ]


def _alias(text: str, path: str) -> bool:
    try:
        return re.fullmatch(text, path) is not None
    except re.error:
        return False


class _Walk:
    def __init__(self, ours: Document, theirs: Document) -> None:
        self.ours = ours
        self.theirs = theirs
        self._known: dict[tuple[Any, ...], tuple[Finding, ...]] = {}
        self._count = 0

    def walk(self) -> Iterator[tuple[Spot, Finding]]:
        yield from self._info()
        for a, b in match_operations(self.ours, self.theirs):
            if a and b:
                yield from self._operation(a, b)
            elif a:
                spot = Spot(a.label, "operation", "", ours=a)
                probe = Probe("operation", "ours")
                yield (
                    spot,
                    self._finding(
                        "operation", a.at, "/paths", a.label, _ABSENT, frozenset({CLIENTS}), probe
                    ),
                )
            elif b:
                known = any(
                    _alias(text, b.path)
                    for operation in self.ours.operations
                    if operation.method == b.method
                    for text in operation.aliases
                )
                spot = Spot(b.label, "operation", "", theirs=b)
                yield (
                    spot,
                    self._finding(
                        "operation",
                        "/paths",
                        b.at,
                        "another name of an operation" if known else _ABSENT,
                        b.label,
                        frozenset[str]() if known else frozenset({SERVERS}),
                        Probe("operation", "theirs"),
                    ),
                )

    @staticmethod
    def _finding(
        kind: str,
        ours_at: str,
        theirs_at: str,
        ours: str,
        theirs: str,
        harms: frozenset[str] = frozenset(),
        probe: Probe | None = None,
        documentation: bool = False,
    ) -> Finding:
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

    def _text(
        self, kind: str, ours_at: str, theirs_at: str, ours: Any, theirs: Any
    ) -> Iterator[Finding]:
        one, other = (" ".join(str(text or "").split()) for text in (ours, theirs))
        if one != other:
            # Of two long texts with the same beginning show where they part.
            start = next(
                (n for n, (x, y) in enumerate(zip(one, other, strict=False)) if x != y),
                min(len(one), len(other)),
            )
            if start > 80:
                one, other = (f"…{text[start - 20 :]}" for text in (one, other))
            yield self._finding(
                kind, ours_at, theirs_at, short(one), short(other), documentation=True
            )

    def _info(self) -> Iterator[tuple[Spot, Finding]]:
        one, other = as_object(self.ours.raw.get("info")), as_object(self.theirs.raw.get("info"))
        pairs = [(name, name) for name in ("title", "version", "description", "summary")]
        # A document that does not tell the API's version from its own speaks of the API's.
        api = "x-api-version"
        ours, theirs = (api if api in info else "version" for info in (one, other))
        if ours != theirs:
            pairs.remove(("version", "version"))
        if api in (ours, theirs):
            pairs.append((ours, theirs))
        for name, its in pairs:
            for finding in self._text(
                "info", f"/info/{name}", f"/info/{its}", one.get(name), other.get(its)
            ):
                yield Spot("", "operation", name), finding

    # --- operations ---

    def _operation(self, a: Operation, b: Operation) -> Iterator[tuple[Spot, Finding]]:
        spot = Spot(a.label, "operation", "", ours=a, theirs=b)
        for kind, name in (("description", "description"), ("description", "summary")):
            for finding in self._text(
                kind, join(a.at, name), join(b.at, name), a.raw.get(name), b.raw.get(name)
            ):
                yield spot, finding
        tags = [", ".join(map(str, as_list(o.raw.get("tags")))) for o in (a, b)]
        for finding in self._text("tags", join(a.at, "tags"), join(b.at, "tags"), tags[0], tags[1]):
            yield spot, finding
        old = [bool(operation.raw.get("deprecated")) for operation in (a, b)]
        if old[0] != old[1]:
            says = ["deprecated" if flag else "not deprecated" for flag in old]
            yield (
                spot,
                self._finding("deprecated", a.at, b.at, says[0], says[1], documentation=True),
            )
        if a.hosts and b.hosts and not a.hosts & b.hosts:
            yield (
                spot,
                self._finding(
                    "server",
                    a.at,
                    b.at,
                    ", ".join(sorted(a.hosts)),
                    ", ".join(sorted(b.hosts)),
                    frozenset({CLIENTS, SERVERS}),
                ),
            )
        one, other = template(a.full), template(b.full)
        known = bool(a.hosts and b.hosts) or template(a.path) != template(b.path)
        ends = [path.endswith("/") for path in (a.path, b.path)]
        if ends[0] != ends[1] and len(a.path) > 1 < len(b.path) and not _is_alias(a, b):
            says = ["a slash at the end" if slash else "no slash at the end" for slash in ends]
            harmed = frozenset({CLIENTS, SERVERS})
            yield spot, self._finding("path", a.at, b.at, says[0], says[1], harmed)
        one, other = one.rstrip("/"), other.rstrip("/")
        if one != other and known and not _is_alias(a, b):
            while one and one[-1:] == other[-1:]:
                one, other = one[:-1], other[:-1]
            yield (
                spot,
                self._finding(
                    "path",
                    a.at,
                    b.at,
                    f"below {one or '/'}",
                    f"below {other or '/'}",
                    frozenset({CLIENTS, SERVERS}),
                ),
            )
        yield from self._security(spot, a, b)
        yield from self._parameters(spot, a, b)
        yield from self._body(spot, a, b)
        yield from self._answers(spot, a, b)

    def _security(self, spot: Spot, a: Operation, b: Operation) -> Iterator[tuple[Spot, Finding]]:
        one, other = set(a.security), set(b.security)
        open_ = (frozenset() in one, frozenset() in other)
        for entry in sorted(one ^ other, key=sorted):
            mine = entry in one
            if any(
                entry == frozenset({f"key in {param.location} `{param.name}`"})
                and not param.required
                for param in (b if mine else a).params
            ):
                continue  # the other document calls it a parameter
            name = " and ".join(sorted(entry)) or _ANONYMOUS
            if mine:
                # Where theirs asks for no key, one that is sent does no harm.
                harms = frozenset[str]() if open_[1] and entry else frozenset({CLIENTS})
            else:
                harms = frozenset[str]() if open_[0] and entry else frozenset({SERVERS})
            finding = self._finding(
                "security",
                a.security_at,
                b.security_at,
                *_flip((f"{name} suffices", f"{name} does not suffice"), mine),
                harms,
                Probe("security", "ours" if mine else "theirs", name),
            )
            yield replace(spot, detail="security"), finding

    def _parameters(self, spot: Spot, a: Operation, b: Operation) -> Iterator[tuple[Spot, Finding]]:
        def keyed(operation: Operation) -> dict[tuple[str, str], Param]:
            order = re.findall(r"\{([^{}]*)\}", operation.path)
            found: dict[tuple[str, str], Param] = {}
            for param in operation.params:
                name = param.name
                if param.location == "path":  # paths are equal up to the names in them
                    name = str(order.index(name)) if name in order else name
                found[param.location, name] = param
            return found

        one, other = keyed(a), keyed(b)
        for key in dict.fromkeys([*one, *other]):
            p, q = one.get(key), other.get(key)
            known = p or q
            if known is None:
                continue
            here = replace(
                spot,
                part="parameter",
                detail=f"{known.location} parameter `{known.name}`",
                name=known.name,
                location=known.location,
            )
            if p and q:
                for finding in self._parameter(p, q):
                    yield here, finding
                continue
            owner = b if p else a
            scheme = f"key in {known.location} `{known.name}`"
            if any(scheme in entry for entry in owner.security):
                continue  # the other document calls it a security scheme
            if known.location == "path":
                continue  # a variable without a description, or of a server
            says = f"{'required' if known.required else 'optional'} parameter"
            if p:
                harms = frozenset({CLIENTS, SERVERS}) if p.required else frozenset({CLIENTS})
                yield (
                    here,
                    self._finding(
                        "parameter", p.at, b.at, says, _ABSENT, harms, Probe("parameter", "ours")
                    ),
                )
            elif q:
                harms = frozenset({CLIENTS}) if q.required else frozenset[str]()
                yield (
                    here,
                    self._finding(
                        "parameter", a.at, q.at, _ABSENT, says, harms, Probe("parameter", "theirs")
                    ),
                )

    def _parameter(self, p: Param, q: Param) -> Iterator[Finding]:
        yield from self._text(
            "description",
            join(p.at, "description"),
            join(q.at, "description"),
            p.raw.get("description", as_object(p.raw.get("schema")).get("description")),
            q.raw.get("description", as_object(q.raw.get("schema")).get("description")),
        )
        yield from self._examples((p.raw, q.raw), (p.at, q.at))
        if p.required != q.required:
            yield self._finding(
                "required",
                p.at,
                q.at,
                "required" if p.required else "optional",
                "required" if q.required else "optional",
                frozenset({SERVERS if p.required else CLIENTS}),
                Probe("required", p.required, q.required),
            )
        if bool(p.raw.get("deprecated")) != bool(q.raw.get("deprecated")):
            says = ["deprecated" if r.raw.get("deprecated") else "not deprecated" for r in (p, q)]
            yield self._finding("deprecated", p.at, q.at, says[0], says[1], documentation=True)
        styles = [_style(p, self.ours), _style(q, self.theirs)]
        if styles[0] != styles[1]:
            yield self._finding(
                "style", p.at, q.at, styles[0], styles[1], frozenset({CLIENTS, SERVERS})
            )
        refs = [_parameter_schema(param) for param in (p, q)]
        for finding in self.schemas(refs[0], refs[1], "request"):
            if finding.kind != "description" or finding.steps:
                yield finding

    def _body(self, spot: Spot, a: Operation, b: Operation) -> Iterator[tuple[Spot, Finding]]:
        here = replace(spot, part="request", detail="request body")
        p, p_at = self.ours.resolve(a.raw.get("requestBody"), join(a.at, "requestBody"))
        q, q_at = self.theirs.resolve(b.raw.get("requestBody"), join(b.at, "requestBody"))
        given = [bool(operation.raw.get("requestBody")) for operation in (a, b)]
        if not (p and q):
            if given[0] == given[1] or given != [bool(p), bool(q)]:
                return  # none, or a broken reference, which is told elsewhere
            says = [
                _ABSENT if not r else "required" if r.get("required") is True else "optional"
                for r in (p, q)
            ]
            harms = (
                frozenset({CLIENTS, SERVERS} if says[0] == "required" else {CLIENTS})
                if p
                else frozenset({CLIENTS} if says[1] == "required" else ())
            )
            yield (
                here,
                self._finding(
                    "body", p_at if p else a.at, q_at if q else b.at, says[0], says[1], harms
                ),
            )
            return
        needed = [r.get("required") is True for r in (p, q)]
        if needed[0] != needed[1]:
            says = ["required" if flag else "optional" for flag in needed]
            yield (
                here,
                self._finding(
                    "required",
                    p_at,
                    q_at,
                    says[0],
                    says[1],
                    frozenset({SERVERS if needed[0] else CLIENTS}),
                    Probe("body", needed[0], needed[1]),
                ),
            )
        for finding in self._text(
            "description",
            join(p_at, "description"),
            join(q_at, "description"),
            p.get("description"),
            q.get("description"),
        ):
            yield here, finding
        yield from self._contents(here, (p, p_at), (q, q_at), "request")

    def _answers(self, spot: Spot, a: Operation, b: Operation) -> Iterator[tuple[Spot, Finding]]:
        keys = [
            {str(name).upper(): name for name in as_object(operation.raw.get("responses"))}
            for operation in (a, b)
        ]
        for key in sorted({*keys[0], *keys[1]}):
            here = replace(spot, part="answer", detail=f"answer {key}", status=key)
            p, q = self.ours.response(a, key), self.theirs.response(b, key)
            if p and q:
                yield from self._answer(here, p, q)
                continue
            known = p or q
            if known is None or not (known[0] or key in keys[0 if p else 1]):
                continue
            says = f"{key} is documented", f"{key} is not documented"
            if p:
                yield (
                    here,
                    self._finding(
                        "status",
                        p[1],
                        join(b.at, "responses"),
                        says[0],
                        says[1],
                        frozenset({SERVERS}),
                        Probe("status", "ours"),
                    ),
                )
            elif q:
                yield (
                    here,
                    self._finding(
                        "status",
                        join(a.at, "responses"),
                        q[1],
                        says[1],
                        says[0],
                        frozenset({CLIENTS}),
                        Probe("status", "theirs"),
                    ),
                )

    def _answer(
        self, spot: Spot, a: tuple[Json, str], b: tuple[Json, str]
    ) -> Iterator[tuple[Spot, Finding]]:
        (p, p_at), (q, q_at) = a, b
        for finding in self._text(
            "description",
            join(p_at, "description"),
            join(q_at, "description"),
            p.get("description"),
            q.get("description"),
        ):
            yield spot, finding
        heads = [{str(name).lower(): name for name in as_object(r.get("headers"))} for r in (p, q)]
        for name in dict.fromkeys([*heads[0], *heads[1]]):
            if name == "content-type":
                continue
            here = replace(spot, detail=f"{spot.detail}, header `{name}`", name=name)
            found = [
                document.resolve(
                    as_object(r.get("headers")).get(own.get(name, "")),
                    join(at, "headers", own.get(name, "")),
                )
                for document, r, at, own in (
                    (self.ours, p, p_at, heads[0]),
                    (self.theirs, q, q_at, heads[1]),
                )
            ]
            (h, h_at), (g, g_at) = found
            needed = [r.get("required") is True for r in (h, g)]
            if (name in heads[0] and not h) or (name in heads[1] and not g):
                continue
            if h and g:
                if needed[0] != needed[1]:
                    says = ["required" if flag else "optional" for flag in needed]
                    harms = frozenset({CLIENTS} if needed[0] else {SERVERS})
                    yield (
                        here,
                        self._finding(
                            "required",
                            h_at,
                            g_at,
                            says[0],
                            says[1],
                            harms,
                            Probe("header", needed[0], needed[1]),
                        ),
                    )
                places = [join(at, "description") for at in (h_at, g_at)]
                texts = [r.get("description") for r in (h, g)]
                for finding in self._text("description", *places, *texts):
                    yield here, finding
                for finding in self._examples((h, g), (h_at, g_at)):
                    yield here, finding
                refs: list[Ref] = [((r.get("schema", {}), join(at, "schema")),) for r, at in found]
                for finding in self.schemas(refs[0], refs[1], "answer"):
                    yield here, finding
                continue
            mine = bool(h)
            needs = needed[0 if mine else 1]
            says = [f"{'required' if needs else 'optional'} header", _ABSENT]
            harms = frozenset({CLIENTS} if mine else {SERVERS}) if needs else frozenset[str]()
            yield (
                here,
                self._finding(
                    "header",
                    h_at if mine else p_at,
                    q_at if mine else g_at,
                    *_flip(says, mine),
                    harms,
                    Probe("header-named", "ours" if mine else "theirs"),
                ),
            )
        yield from self._contents(spot, a, b, "answer")

    def _contents(
        self, spot: Spot, a: tuple[Json, str], b: tuple[Json, str], direction: Direction
    ) -> Iterator[tuple[Spot, Finding]]:
        (p, p_at), (q, q_at) = a, b
        kinds = [{media_type(name): name for name in as_object(r.get("content"))} for r in (p, q)]
        if not kinds[0] and not kinds[1]:
            return
        for essence in dict.fromkeys([*kinds[0], *kinds[1]]):
            names = [_media(own, essence) for own in kinds]
            here = replace(spot, detail=f"{spot.detail} {essence}", media=essence)
            if names[0] is not None and names[1] is not None:
                entries = [
                    as_object(as_object(r.get("content")).get(name))
                    for r, name in ((p, names[0]), (q, names[1]))
                ]
                places = [
                    join(at, "content", name) for at, name in ((p_at, names[0]), (q_at, names[1]))
                ]
                for finding in self._examples(entries, places):
                    yield here, finding
                refs = [
                    _media_schema(entry, at, essence)
                    for entry, at in zip(entries, places, strict=True)
                ]
                for finding in self.schemas(refs[0], refs[1], direction):
                    yield here, finding
                continue
            mine = names[0] is not None
            bare = not kinds[1 if mine else 0]  # the other documents no body at all
            if direction == "request":
                harms = {CLIENTS} if mine else {SERVERS}
            elif mine:
                # Without a body documented, a client has nothing to rely on.
                harms = {CLIENTS} if bare else {SERVERS}
            else:
                harms = {SERVERS} if bare else {CLIENTS}
            says = [essence, "no body" if bare else f"not {essence}"]
            places = [
                join(at, "content", name) if name is not None else at
                for at, name in ((p_at, names[0]), (q_at, names[1]))
            ]
            yield (
                here,
                self._finding(
                    "media type",
                    places[0],
                    places[1],
                    *_flip(says, mine),
                    frozenset(harms),
                    Probe("media", "ours" if mine else "theirs"),
                ),
            )

    def _examples(self, entries: Sequence[Json], places: Sequence[str]) -> Iterator[Finding]:
        values: list[list[str]] = []
        for document, entry, at in zip((self.ours, self.theirs), entries, places, strict=True):
            found = [canonical(entry["example"])] if "example" in entry else []
            for name, raw in as_object(entry.get("examples")).items():
                example, _ = document.resolve(raw, join(at, "examples", name))
                found.append(canonical(example.get("value")))
            values.append(sorted(found))
        if values[0] != values[1]:
            says = [_count(len(found), "example") for found in values]
            yield self._finding(
                "examples", places[0], places[1], says[0], says[1], documentation=True
            )

    # --- schemas ---

    def schemas(self, a: Ref, b: Ref, direction: Direction) -> tuple[Finding, ...]:
        """Compare two schemas; the result is kept, and a cycle counts as equal."""
        key = (tuple(at for _, at in a), tuple(at for _, at in b), direction)
        known = self._known.get(key)
        if known is not None:
            return known
        self._known[key] = ()
        self._count += 1
        if self._count > MAX_COMPARISONS:
            raise DriftError(
                f"{self.theirs.source}: more than {MAX_COMPARISONS} pairs of schemas to compare; "
                "the documents are too large"
            )
        one, other = self.ours.shape(a), self.theirs.shape(b)
        found: dict[tuple[Any, ...], Finding] = {}
        if not (one.unknown or other.unknown):
            for finding in self._shapes(one, other, direction):
                where = (finding.kind, finding.ours_at, finding.theirs_at)
                found.setdefault((*where, finding.ours, finding.theirs, finding.path), finding)
        self._known[key] = tuple(found.values())
        return self._known[key]

    def _make(
        self,
        direction: Direction,
        kind: str,
        places: tuple[str, str],
        says: tuple[str, str],
        more: tuple[bool, bool],
        probe: Probe,
        extra: frozenset[str] = frozenset(),
    ) -> Finding:
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
            says[0],
            says[1],
            ours_more=ours_more,
            theirs_more=theirs_more,
            harms=frozenset(harms),
            probe=probe,
        )

    def _shapes(self, a: Shape, b: Shape, direction: Direction) -> Iterator[Finding]:
        at = (a.at, b.at)
        yield from self._notes(a, b, direction)
        if a.free and b.free:
            return
        if a.free or b.free:
            says = (self._describe(a, self.ours), self._describe(b, self.theirs))
            yield self._make(direction, "type", at, says, (a.free, b.free), self._whole(a, b))
            return
        wide = [any(alt.type == "any" for alt in shape.alts) for shape in (a, b)]
        told = wide[0] != wide[1] and a.nullable == wide[0]  # that any type fits says it
        if a.nullable != b.nullable and (a.alts or b.alts) and not told:
            not_null = {"not": {"type": "null"}}
            yield self._make(
                direction,
                "nullable",
                at,
                ("may be null", "never null") if a.nullable else ("never null", "may be null"),
                (a.nullable, b.nullable),
                Probe("value", a.nullable or not_null, b.nullable or not_null),
            )
        if len(a.alts) == 1 and len(b.alts) == 1:
            yield from self._alts(a.alts[0], b.alts[0], direction, guarded=False)
            return
        pairs, only_a, only_b = _pair(a.alts, b.alts)
        for one, other in pairs:
            rest = [alt for alt in (*a.alts, *b.alts) if alt is not one and alt is not other]
            yield from self._alts(one, other, direction, guarded=True, rest=rest)
        lost: list[tuple[bool, bool, list[Alt]]] = []  # whose, covered by a wider one, which
        for alts, mine in ((only_a, True), (only_b, False)):
            others = b.alts if mine else a.alts
            kinds: dict[bool, list[Alt]] = {}
            for alt in alts:
                covered = any(self._covers(alt, other, mine, direction) for other in others)
                kinds.setdefault(covered, []).append(alt)
            lost += [(mine, covered, found) for covered, found in kinds.items()]
        if only_a and only_b and not pairs and not any(covered for _, covered, _ in lost):
            says = (self._describe(a, self.ours), self._describe(b, self.theirs))
            yield self._make(direction, "type", at, says, (True, True), self._whole(a, b))
            return
        for mine, covered, alts in lost:
            document = self.ours if mine else self.theirs
            lacking = "covered by a wider alternative" if covered else "no such alternative"
            here = alts[0].at if len(alts) == 1 else (a if mine else b).at
            yield self._make(
                direction,
                "alternative",
                (here, b.at) if mine else (a.at, here),
                _flip((" | ".join(_describe_alt(alt, document) for alt in alts), lacking), mine),
                (not covered and mine, not covered and not mine),
                Probe("") if covered else self._whole(a, b),
            )

    def _covers(self, alt: Alt, other: Alt, mine: bool, direction: Direction) -> bool:
        if other.type not in (alt.type, "any") and (alt.type, other.type) != ("integer", "number"):
            return False
        if alt.type == "object" and other.words.get("additional") is False:
            names = set(alt.words.get("properties", ()))
            if not names <= set(other.words.get("properties", ())):
                return False
        if mine:
            return not any(f.ours_more for f in self._alts(alt, other, direction, guarded=False))
        return not any(f.theirs_more for f in self._alts(other, alt, direction, guarded=False))

    def _whole(self, a: Shape, b: Shape) -> Probe:
        def written(document: Document, shape: Shape) -> Json:
            branches: list[Json] = [document.alt_schema(alt, 4) for alt in shape.alts]
            return {"anyOf": [*branches, *([{"type": "null"}] if shape.nullable else [])]}

        def some(document: Document, shape: Shape) -> Any:
            known = written(document, shape)
            return known if known["anyOf"] else False

        return Probe("value", some(self.ours, a), some(self.theirs, b))

    def _notes(self, a: Shape, b: Shape, direction: Direction) -> Iterator[Finding]:
        one, other = a.notes, b.notes
        yield from self._text(
            "description", a.at, b.at, one.get("description"), other.get("description")
        )
        for name in ("deprecated", "readOnly", "writeOnly"):
            if one.get(name) != other.get(name):
                says = [name if notes.get(name) else f"not {name}" for notes in (one, other)]
                yield self._finding(
                    name, a.at, b.at, says[0], says[1], documentation=name == "deprecated"
                )
        values = [
            sorted(canonical(value) for value in notes.get("examples", ()))
            for notes in (one, other)
        ]
        if values[0] != values[1]:
            says = [", ".join(found) or "none" for found in values]
            yield self._finding("examples", a.at, b.at, says[0], says[1], documentation=True)
        defaults = [canonical(n["default"]) if "default" in n else None for n in (one, other)]
        if defaults[0] != defaults[1]:
            both = None not in defaults
            request = direction == "request"
            harms = frozenset({CLIENTS, SERVERS}) if both and request else frozenset[str]()
            says = ["no default" if text is None else f"default {text}" for text in defaults]
            places = [
                join(shape.at, "default") if text is not None else shape.at
                for shape, text in ((a, defaults[0]), (b, defaults[1]))
            ]
            yield self._finding(
                "default", places[0], places[1], says[0], says[1], harms, documentation=not request
            )

    def _describe(self, shape: Shape, document: Document) -> str:
        if shape.free:
            return "anything"
        names = [_describe_alt(alt, document) for alt in shape.alts]
        return " | ".join([*names, *(["null"] if shape.nullable else [])]) or "nothing"

    def _alts(
        self, a: Alt, b: Alt, direction: Direction, guarded: bool, rest: Sequence[Alt] = ()
    ) -> Iterator[Finding]:
        found = list(self._alt_pair(a, b, direction))
        if not guarded:
            yield from found
            return
        kinds = frozenset({a.type, b.type})
        one, other = a.constants(), b.constants()
        same = tuple(
            (name, value)
            for name, value in one.items()
            if name in other and canonical(other[name]) == canonical(value)
        )
        # A value that another member describes by its constants says nothing about this one.
        elsewhere = tuple(tuple(alt.constants().items()) for alt in rest if alt.constants())
        for finding in found:
            yield replace(finding, steps=(("when", (kinds, same, elsewhere)), *finding.steps))

    def _alt_pair(self, a: Alt, b: Alt, direction: Direction) -> Iterator[Finding]:
        if a.type != b.type:
            ours_more = a.type == "any" or (a.type, b.type) == ("number", "integer")
            theirs_more = b.type == "any" or (a.type, b.type) == ("integer", "number")
            if not (ours_more or theirs_more):
                ours_more = theirs_more = True
            says = (_describe_alt(a, self.ours), _describe_alt(b, self.theirs))
            types = [True if alt.type in ("any", "bytes") else {"type": alt.type} for alt in (a, b)]
            yield self._make(
                direction,
                "type",
                (a.place("type"), b.place("type")),
                says if says[0] != says[1] else (a.type, b.type),
                (ours_more, theirs_more),
                Probe("value", *types),
            )
            if {a.type, b.type} not in ({"integer", "number"}, {"any", "object"}):
                return
            if "integer" in (a.type, b.type):
                # That whole numbers begin at 1 where numbers begin at 0.25 is no second change.
                a, b = whole_bounds(a), whole_bounds(b)
        yield from self._enums(a, b, direction)
        yield from self._limits(a, b, direction)
        yield from self._objects(a, b, direction)
        yield from self._arrays(a, b, direction)
        one, other = a.words.get("contentSchema"), b.words.get("contentSchema")
        if one and other:
            for finding in self.schemas(one, other, direction):
                yield replace(finding, steps=(("content", None), *finding.steps))
        elif one or other:
            yield self._make(
                direction,
                "content",
                (a.place("contentSchema"), b.place("contentSchema")),
                ("JSON inside the text", "any text")
                if one
                else ("any text", "JSON inside the text"),
                (not one, not other),
                Probe(""),
            )
        for word in sorted({*a.words.get("opaque", {}), *b.words.get("opaque", {})}):
            values = [alt.words.get("opaque", {}).get(word) for alt in (a, b)]
            texts = [canonical(value) if value is not None else "" for value in values]
            if texts[0] != texts[1]:
                yield self._make(
                    direction,
                    word,
                    (a.at, b.at),
                    (texts[0] or _ABSENT, texts[1] or _ABSENT),
                    (not texts[0] or bool(texts[1]), not texts[1] or bool(texts[0])),
                    Probe(""),
                )

    def _enums(self, a: Alt, b: Alt, direction: Direction) -> Iterator[Finding]:
        one, other = a.words.get("enum"), b.words.get("enum")
        if one is None and other is None:
            return
        places = (a.place("enum"), b.place("enum"))
        schemas = [True if values is None else {"enum": values} for values in (one, other)]
        probe = Probe("value", *schemas)
        if one is None or other is None:
            says = [
                f"any {alt.type}" if values is None else _members(values)
                for alt, values in ((a, one), (b, other))
            ]
            more = (one is None, other is None and not a.words.get("snapshot"))
            yield self._make(direction, "enum", places, (says[0], says[1]), more, probe)
            return
        sets = [{canonical(value) for value in values} for values in (one, other)]
        extra = [
            [value for value in values if canonical(value) not in known]
            for values, known in ((one, sets[1]), (other, sets[0]))
        ]
        if not extra[0] and not extra[1]:
            return
        if len(one) == 1 and len(other) == 1:
            says = [_members(one), _members(other)]
        else:
            says = [
                f"also {_members(extra[0])}" if extra[0] else "does not have those of theirs",
                f"also {_members(extra[1])}" if extra[1] else "does not have those of ours",
            ]
        # What is only a snapshot of a list may have grown in the meantime.
        more = (bool(extra[0]), bool(extra[1]) and not a.words.get("snapshot"))
        yield self._make(direction, "enum", places, (says[0], says[1]), more, probe)

    def _limits(self, a: Alt, b: Alt, direction: Direction) -> Iterator[Finding]:
        def differ(
            word: str, more: tuple[bool, bool], schemas: tuple[Any, Any], kind: str
        ) -> Finding:
            says = [_limit(word, alt.words.get(word)) for alt in (a, b)]
            places = (a.place(word), b.place(word))
            probe = Probe("value", *schemas)
            return self._make(direction, kind, places, (says[0], says[1]), more, probe)

        for word, sign in (("lower", 1), ("upper", -1)):
            one, other = a.words.get(word), b.words.get(word)
            if one == other:
                continue
            keys = [
                (-math.inf, False) if bound is None else (sign * bound[0], bound[1])
                for bound in (one, other)
            ]
            schemas = [bounds_schema({word: bound} if bound else {}) for bound in (one, other)]
            more = (keys[0] < keys[1], keys[1] < keys[0])
            yield differ(word, more, (schemas[0], schemas[1]), "range")
        for word in (*LEAST, *MOST):
            values = [alt.words.get(word, 0 if word in LEAST else math.inf) for alt in (a, b)]
            if values[0] != values[1]:
                wide = values[0] < values[1] if word in LEAST else values[0] > values[1]
                schemas = [{word: alt.words[word]} if word in alt.words else {} for alt in (a, b)]
                yield differ(word, (wide, not wide), (schemas[0], schemas[1]), "length")
        for word in ("multipleOf", "uniqueItems", "pattern", "format"):
            one, other = a.words.get(word), b.words.get(word)
            if word == "format":
                one, other = (value if value in ASSERTED else None for value in (one, other))
                if one is None and other is None:
                    yield from self._loose_format(a, b)
            if one == other:
                continue
            more = (one is None or other is not None, other is None or one is not None)
            if word == "multipleOf" and one and other:
                times = Fraction(str(one)) / Fraction(str(other))
                more = (times.denominator != 1, times.numerator != 1)
            schemas = [_simple_schema(word, value) for value in (one, other)]
            yield differ(word, more, (schemas[0], schemas[1]), word)

    def _loose_format(self, a: Alt, b: Alt) -> Iterator[Finding]:
        says = [
            str(alt.words.get("format", "") or alt.words.get("contentEncoding", ""))
            for alt in (a, b)
        ]
        says = ["base64" if text == "byte" else text for text in says]
        if says[0] != says[1]:
            yield self._finding(
                "format",
                a.place("format"),
                b.place("format"),
                says[0] or "no format",
                says[1] or "no format",
                documentation=True,
            )

    def _objects(self, a: Alt, b: Alt, direction: Direction) -> Iterator[Finding]:
        one: dict[str, Ref] = a.words.get("properties", {})
        other: dict[str, Ref] = b.words.get("properties", {})
        needs = _needs(a, self.ours, direction), _needs(b, self.theirs, direction)
        for name in dict.fromkeys([*one, *other]):
            if name in one and name in other:
                step: Step = ("name", name)
                for finding in self.schemas(one[name], other[name], direction):
                    yield replace(finding, steps=(step, *finding.steps))
            else:
                yield from self._property(name, a, b, needs, direction)
        for name in dict.fromkeys([*needs[0], *needs[1]]):
            flags = [name in need for need in needs]
            known = [name in own for own in (one, other)]
            if flags[0] == flags[1] or known[0] != known[1]:
                continue
            schemas = [{"required": [name]} if flag else True for flag in flags]
            finding = self._make(
                direction,
                "required",
                (needs[0].get(name, a.at), needs[1].get(name, b.at)),
                ("required", "optional") if flags[0] else ("optional", "required"),
                (flags[1], flags[0]),
                Probe("parent", *schemas),
            )
            yield replace(finding, steps=(("name", name),))
        yield from self._additional(a, b, direction)
        names = [alt.words.get("names") for alt in (a, b)]
        texts = [canonical([n for n, _ in ref]) if ref else _ABSENT for ref in names]
        if texts[0] != texts[1]:
            yield self._make(
                direction,
                "propertyNames",
                (a.place("names"), b.place("names")),
                (texts[0], texts[1]),
                (not names[0] or bool(names[1]), not names[1] or bool(names[0])),
                Probe(""),
            )

    def _property(
        self, name: str, a: Alt, b: Alt, needs: tuple[Json, Json], direction: Direction
    ) -> Iterator[Finding]:
        mine = name in a.words.get("properties", {})
        holder, lacking = (a, b) if mine else (b, a)
        ref: Ref = holder.words["properties"][name]
        rest = lacking.words.get("additional")
        flags = [name in need for need in needs]
        if rest and rest is not False and flags[0] == flags[1]:
            # The other document describes this name by its rule for all other names.
            one, other = (ref, rest) if mine else (rest, ref)
            for finding in self.schemas(one, other, direction):
                yield replace(finding, steps=(("name", name), *finding.steps))
            return
        closed = rest is False
        needed = flags[0 if mine else 1]
        document = self.ours if mine else self.theirs
        shape = document.shape(ref)
        says = (
            f"{'required' if needed else 'optional'}: {self._describe(shape, document)}",
            "absent, and further names are refused" if closed else _ABSENT,
        )
        at = ref[0][1]
        places = (at, lacking.at) if mine else (lacking.at, at)
        # One that only the other needs is missing here; one that is refused there must not come.
        more = (closed, needed) if mine else (needed, closed)
        extra = frozenset({CLIENTS} if mine and direction == "request" else ())
        finding = self._make(
            direction,
            "property",
            places,
            _flip(says, mine),
            more,
            Probe("presence", "ours" if mine else "theirs", needed),
            extra,
        )
        yield replace(finding, steps=(("name", name),))

    def _additional(self, a: Alt, b: Alt, direction: Direction) -> Iterator[Finding]:
        one, other = (
            None if rest and document.shape(rest).free else rest
            for rest, document in (
                (a.words.get("additional"), self.ours),
                (b.words.get("additional"), self.theirs),
            )
        )
        known = frozenset([*a.words.get("properties", {}), *b.words.get("properties", {})])
        if one and other:
            for finding in self.schemas(one, other, direction):
                yield replace(finding, steps=(("rest", known), *finding.steps))
        elif one != other and (a.type == b.type or "any" in (a.type, b.type)):
            says = [
                "any" if rest is None else "none" if rest is False else self._rest(rest, document)
                for rest, document in ((one, self.ours), (other, self.theirs))
            ]
            ranks = [2 if rest is None else 0 if rest is False else 1 for rest in (one, other)]
            schemas: list[Any] = []
            for alt, rest, document in ((a, one, self.ours), (b, other, self.theirs)):
                plain = True if rest is None else rest and document.schema(rest, 3)
                names = dict.fromkeys(alt.words.get("properties", {}), True)
                schemas.append({"properties": names, "additionalProperties": plain})
            if any("patterns" in alt.words for alt in (a, b)):
                schemas = [True, True]
            yield self._make(
                direction,
                "additionalProperties",
                (a.place("additional"), b.place("additional")),
                (f"further names: {says[0]}", f"further names: {says[1]}"),
                (ranks[0] > ranks[1], ranks[1] > ranks[0]),
                Probe("value", *schemas),
            )
        patterns = [alt.words.get("patterns", {}) for alt in (a, b)]
        for text in dict.fromkeys([*patterns[0], *patterns[1]]):
            pair: list[Ref] = [
                own.get(text) or rest or ((rest is None, join(alt.at, "patternProperties", text)),)
                for own, alt, rest in zip(patterns, (a, b), (one, other), strict=True)
            ]
            for finding in self.schemas(pair[0], pair[1], direction):
                yield replace(finding, steps=(("rest", known), *finding.steps), probe=Probe(""))

    def _rest(self, ref: Ref, document: Document) -> str:
        return self._describe(document.shape(ref), document)

    def _arrays(self, a: Alt, b: Alt, direction: Direction) -> Iterator[Finding]:
        rows: list[list[Ref]] = [alt.words.get("prefixItems", []) for alt in (a, b)]
        anything: list[Ref] = [
            alt.words.get("items", ((True, join(alt.at, "items")),)) for alt in (a, b)
        ]
        for index in range(max(map(len, rows))):
            one, other = (
                row[index] if index < len(row) else rest
                for row, rest in zip(rows, anything, strict=True)
            )
            for finding in self.schemas(one, other, direction):
                yield replace(finding, steps=(("index", index), *finding.steps))
        if "items" in a.words or "items" in b.words:
            for finding in self.schemas(anything[0], anything[1], direction):
                yield replace(finding, steps=(("each", len(rows[0])), *finding.steps))


# --- small things -------------------------------------------------------------------------------


def _pair(
    ours: Sequence[Alt], theirs: Sequence[Alt]
) -> tuple[list[tuple[Alt, Alt]], list[Alt], list[Alt]]:
    """Find out which alternatives of two unions mean the same thing."""
    left, right = list(ours), list(theirs)
    scored: list[tuple[float, int, int]] = []
    for i, a in enumerate(left):
        for j, b in enumerate(right):
            score = _likeness(a, b)
            if score > 0:
                scored.append((-score, i, j))
    scored.sort()
    taken: tuple[set[int], set[int]] = (set(), set())
    pairs: list[tuple[int, int]] = []
    for _, i, j in scored:
        if i not in taken[0] and j not in taken[1]:
            pairs.append((i, j))
            taken[0].add(i)
            taken[1].add(j)
    return (
        [(left[i], right[j]) for i, j in sorted(pairs)],
        [alt for i, alt in enumerate(left) if i not in taken[0]],
        [alt for j, alt in enumerate(right) if j not in taken[1]],
    )


def _likeness(a: Alt, b: Alt) -> float:
    if a.type != b.type:
        return 0.5 if {a.type, b.type} == {"integer", "number"} else 0.0
    if a.type != "object":
        return 1.5 if a.words.get("enum") == b.words.get("enum") else 1.0
    one, other = a.constants(), b.constants()
    score = 1.0
    for name in one.keys() | other.keys():
        if name in one and name in other:
            if canonical(one[name]) != canonical(other[name]):
                return 0.0
            score += 10
        elif name in a.words.get("properties", {}) and name in b.words.get("properties", {}):
            return 0.0  # one is the member for a single kind, the other for any kind
    names = set(a.words.get("properties", ())), set(b.words.get("properties", ()))
    union = names[0] | names[1]
    return score + (len(names[0] & names[1]) / len(union) if union else 1.0)


def _needs(alt: Alt, document: Document, direction: Direction) -> Json:
    """Return the names an object needs in a message: one that is read only is not sent."""
    word = "readOnly" if direction == "request" else "writeOnly"
    own: dict[str, Ref] = alt.words.get("properties", {})
    return {
        name: at
        for name, at in alt.words.get("required", {}).items()
        if name not in own or not document.shape(own[name]).notes.get(word)
    }


def _flip(says: Sequence[str], mine: bool) -> tuple[str, str]:
    """Put what the one that has it says first when that one is ours."""
    return (says[0], says[1]) if mine else (says[1], says[0])


def _style(param: Param, document: Document) -> str:
    if "schema" not in param.raw and (content := as_object(param.raw.get("content"))):
        return f"written as {media_type(next(iter(content)))}"
    usual = "form" if param.location in ("query", "cookie") else "simple"
    style = str(param.raw.get("style", usual))
    explode = param.raw.get("explode", style == "form")
    many = not document.shape(_parameter_schema(param)).types.isdisjoint({"array", "object"})
    if not many and (param.location != "path" or style == usual):
        return "usual style"  # a single value is written alike in all of them
    if style == usual and explode == (style == "form"):
        return "usual style"
    return f"style {style}{', exploded' if explode else ''}"


def _parameter_schema(param: Param) -> Ref:
    if "schema" in param.raw:
        return ((param.raw["schema"], join(param.at, "schema")),)
    for name, entry in as_object(param.raw.get("content")).items():
        at = join(param.at, "content", name, "schema")
        return ((as_object(entry).get("schema", {}), at),)
    return (({}, param.at),)


def _media_schema(entry: Json, at: str, essence: str) -> Ref:
    schema = entry.get("schema", {})
    text = essence.startswith("text/") or "json" in essence or "form" in essence
    if schema in ({}, True) and not text and essence != "*/*":
        schema = {"type": "string", "format": "binary"}  # both ways of saying "bytes"
    return ((schema, join(at, "schema")),)


def _media(kinds: dict[str, str], essence: str) -> str | None:
    for wanted in (essence, essence.partition("/")[0] + "/*", "*/*"):
        if wanted in kinds:
            return kinds[wanted]
    return None


def _count(number: int, word: str) -> str:
    return f"{number or 'no'} {word}{'' if number == 1 else 's'}"


def short(text: str, limit: int = 160) -> str:
    """Cut a text to what fits a line or two."""
    return text if len(text) <= limit else text[: limit - 1] + "…"


def _members(values: Sequence[Any]) -> str:
    return ", ".join(canonical(value) for value in values)


def _limit(word: str, value: Any) -> str:
    if value is None or value is False:
        return f"no {word}" if word not in ("lower", "upper") else f"no {word} bound"
    if word in ("lower", "upper"):
        sign = (">" if word == "lower" else "<") + ("" if value[1] else "=")
        return f"{sign} {canonical(value[0])}"
    if word == "pattern":
        return " and ".join(f"/{text}/" for text in value)
    return f"{word} {canonical(value)}"


def _simple_schema(word: str, value: Any) -> Any:
    if value is None:
        return True
    if word == "pattern":
        return {"allOf": [{"pattern": text} for text in value]}
    return {word: value}


def _describe_alt(alt: Alt, document: Document) -> str:
    words = alt.words
    if "enum" in words:
        return short(_members(words["enum"]), 80)
    if alt.type == "object":
        constants = ", ".join(f"{name}={canonical(v)}" for name, v in alt.constants().items())
        names = ", ".join(list(words.get("properties", ()))[:6])
        return f"object({constants or names})" if constants or names else "object"
    if alt.type == "array" and "items" in words:
        items = document.shape(words["items"])
        inner = "|".join(sorted(items.types)) if not items.unknown else "unknown"
        return f"array of {inner or 'nothing'}"
    bounds = [_limit(word, words[word]) for word in ("lower", "upper") if word in words]
    return " ".join([alt.type, *bounds]) if alt.type != "any" else "anything"
