"""Compare the operations of two documents: what surrounds their messages, and their parameters."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from pollinations_conformance.drift.compare.findings import (
    ABSENT,
    CLIENTS,
    SERVERS,
    Finding,
    Nothing,
    Probe,
    Spot,
    compare_texts,
    either,
    make_finding,
)
from pollinations_conformance.drift.compare.match import is_alias, match_operations, same_by_alias
from pollinations_conformance.drift.compare.messages import MessageComparison
from pollinations_conformance.drift.compare.schemas import SchemaComparison
from pollinations_conformance.drift.document import Document, Operation, Param, template
from pollinations_conformance.drift.schema.alternatives import (
    Ref,
)
from pollinations_conformance.drift.schema.normalize import Schemas
from pollinations_conformance.http.json import as_list, as_object
from pollinations_conformance.http.message import media_type
from pollinations_conformance.http.pointer import join

_ANONYMOUS = "no key"


class DocumentComparison:
    """Comparison of all operations of two documents.

    Args:
        ours: one document.
        theirs: the other.
    """

    def __init__(self, ours: Document, theirs: Document) -> None:
        self.ours = ours
        self.theirs = theirs
        self._schemas = SchemaComparison(ours, theirs)
        self._messages = MessageComparison(ours, theirs, self._schemas)

    def walk(self) -> Iterator[tuple[Spot, Finding]]:
        """Yield every finding with where it occurs."""
        yield from self._info()
        for a, b in match_operations(self.ours, self.theirs):
            if a and b:
                yield from self._operation(a, b)
            elif a:
                spot = Spot(a.label, "operation", "", ours=a)
                probe = Probe("operation", "ours")
                yield (
                    spot,
                    make_finding(
                        "operation", a.at, "/paths", a.label, ABSENT, frozenset({CLIENTS}), probe
                    ),
                )
            elif b:
                known = any(
                    is_alias(text, b.path)
                    for operation in self.ours.operations
                    if operation.method == b.method
                    for text in operation.aliases
                )
                spot = Spot(b.label, "operation", "", theirs=b)
                yield (
                    spot,
                    make_finding(
                        "operation",
                        "/paths",
                        b.at,
                        "another name of an operation" if known else ABSENT,
                        b.label,
                        frozenset[str]() if known else frozenset({SERVERS}),
                        Probe("operation", "theirs"),
                    ),
                )

    def _info(self) -> Iterator[tuple[Spot, Finding]]:
        one, other = as_object(self.ours.raw.get("info")), as_object(self.theirs.raw.get("info"))
        pairs = [(name, name) for name in ("title", "version", "description", "summary")]
        # Where a document has one version only, it is the API's.
        api = "x-api-version"
        ours, theirs = (api if api in info else "version" for info in (one, other))
        if ours != theirs:
            pairs.remove(("version", "version"))
        if api in (ours, theirs):
            pairs.append((ours, theirs))
        for name, its in pairs:
            for finding in compare_texts(
                "info", f"/info/{name}", f"/info/{its}", one.get(name), other.get(its)
            ):
                yield Spot("", "operation", name), finding

    def _operation(self, a: Operation, b: Operation) -> Iterator[tuple[Spot, Finding]]:
        spot = Spot(a.label, "operation", "", ours=a, theirs=b)
        for kind, name in (("description", "description"), ("description", "summary")):
            for finding in compare_texts(
                kind, join(a.at, name), join(b.at, name), a.raw.get(name), b.raw.get(name)
            ):
                yield spot, finding
        tags = [", ".join(map(str, as_list(o.raw.get("tags")))) for o in (a, b)]
        for finding in compare_texts(
            "tags", join(a.at, "tags"), join(b.at, "tags"), tags[0], tags[1]
        ):
            yield spot, finding
        old = [bool(operation.raw.get("deprecated")) for operation in (a, b)]
        if old[0] != old[1]:
            texts = ["deprecated" if flag else "not deprecated" for flag in old]
            yield (
                spot,
                make_finding("deprecated", a.at, b.at, texts[0], texts[1], documentation=True),
            )
        yield from self._servers(spot, a, b)
        yield from self._security(spot, a, b)
        yield from self._parameters(spot, a, b)
        yield from self._messages.bodies(spot, a, b)
        yield from self._messages.responses(spot, a, b)

    @staticmethod
    def _servers(spot: Spot, a: Operation, b: Operation) -> Iterator[tuple[Spot, Finding]]:
        if a.hosts and b.hosts and not a.hosts & b.hosts:
            yield (
                spot,
                make_finding(
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
        if ends[0] != ends[1] and len(a.path) > 1 < len(b.path) and not same_by_alias(a, b):
            texts = ["a slash at the end" if slash else "no slash at the end" for slash in ends]
            harmed = frozenset({CLIENTS, SERVERS})
            yield spot, make_finding("path", a.at, b.at, texts[0], texts[1], harmed)
        one, other = one.rstrip("/"), other.rstrip("/")
        if one != other and known and not same_by_alias(a, b):
            while one and one[-1:] == other[-1:]:
                one, other = one[:-1], other[:-1]
            yield (
                spot,
                make_finding(
                    "path",
                    a.at,
                    b.at,
                    f"below {one or '/'}",
                    f"below {other or '/'}",
                    frozenset({CLIENTS, SERVERS}),
                ),
            )

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
                # Where theirs needs no key, one that is sent does no harm.
                harms = frozenset[str]() if open_[1] and entry else frozenset({CLIENTS})
            else:
                harms = frozenset[str]() if open_[0] and entry else frozenset({SERVERS})
            found = make_finding(
                "security",
                a.security_at,
                b.security_at,
                *either((f"{name} suffices", Nothing(f"{name} does not suffice")), mine),
                harms,
                Probe("security", "ours" if mine else "theirs", name),
            )
            yield replace(spot, detail="security"), found

    def _parameters(self, spot: Spot, a: Operation, b: Operation) -> Iterator[tuple[Spot, Finding]]:
        one, other = _parameters_by_name(a), _parameters_by_name(b)
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
            text = f"{'required' if known.required else 'optional'} parameter"
            harms = frozenset({CLIENTS}) if p or known.required else frozenset[str]()
            if p and p.required:
                harms |= {SERVERS}
            yield (
                here,
                make_finding(
                    "parameter",
                    p.at if p else a.at,
                    q.at if q else b.at,
                    *either((text, ABSENT), p is not None),
                    harms,
                    Probe("parameter", "ours" if p else "theirs"),
                ),
            )

    def _parameter(self, p: Param, q: Param) -> Iterator[Finding]:
        yield from compare_texts(
            "description",
            join(p.at, "description"),
            join(q.at, "description"),
            p.raw.get("description", as_object(p.raw.get("schema")).get("description")),
            q.raw.get("description", as_object(q.raw.get("schema")).get("description")),
        )
        yield from self._messages.examples((p.raw, q.raw), (p.at, q.at))
        if p.required != q.required:
            yield make_finding(
                "required",
                p.at,
                q.at,
                "required" if p.required else "optional",
                "required" if q.required else "optional",
                frozenset({SERVERS if p.required else CLIENTS}),
                Probe("required", p.required, q.required),
            )
        if bool(p.raw.get("deprecated")) != bool(q.raw.get("deprecated")):
            texts = ["deprecated" if r.raw.get("deprecated") else "not deprecated" for r in (p, q)]
            yield make_finding("deprecated", p.at, q.at, texts[0], texts[1], documentation=True)
        styles = [_style(p, self._schemas.ours), _style(q, self._schemas.theirs)]
        if styles[0] != styles[1]:
            yield make_finding(
                "style", p.at, q.at, styles[0], styles[1], frozenset({CLIENTS, SERVERS})
            )
        refs = [_parameter_schema(param) for param in (p, q)]
        for finding in self._schemas.compare(refs[0], refs[1], "request"):
            if finding.kind != "description" or finding.steps:
                yield finding


def _style(param: Param, schemas: Schemas) -> str:
    if "schema" not in param.raw and (content := as_object(param.raw.get("content"))):
        return f"written as {media_type(next(iter(content)))}"
    usual = "form" if param.location in ("query", "cookie") else "simple"
    style = str(param.raw.get("style", usual))
    explode = param.raw.get("explode", style == "form")
    many = not schemas.shape(_parameter_schema(param)).types.isdisjoint({"array", "object"})
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


def _parameters_by_name(operation: Operation) -> dict[tuple[str, str], Param]:
    order = re.findall(r"\{([^{}]*)\}", operation.path)
    found: dict[tuple[str, str], Param] = {}
    for param in operation.params:
        name = param.name
        if param.location == "path":  # paths are equal up to the names in them
            name = str(order.index(name)) if name in order else name
        found[param.location, name] = param
    return found
