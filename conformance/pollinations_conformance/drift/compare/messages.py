"""Compare the messages of two operations: request bodies, responses, headers and media types."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from pollinations_conformance.drift.compare.findings import (
    ABSENT,
    CLIENTS,
    SERVERS,
    Direction,
    Finding,
    Nothing,
    Probe,
    Spot,
    compare_texts,
    either,
    make_finding,
)
from pollinations_conformance.drift.compare.schemas import SchemaComparison
from pollinations_conformance.drift.document import Document, Operation
from pollinations_conformance.drift.schema.alternatives import (
    Ref,
)
from pollinations_conformance.drift.values import Json, canonical
from pollinations_conformance.http.json import as_object
from pollinations_conformance.http.message import media_type
from pollinations_conformance.http.pointer import join


class MessageComparison:
    """Comparison of the request bodies and responses of operations.

    Args:
        ours: one document.
        theirs: the other.
        schemas: compares the schemas of both.
    """

    def __init__(self, ours: Document, theirs: Document, schemas: SchemaComparison) -> None:
        self.ours = ours
        self.theirs = theirs
        self._schemas = schemas

    def bodies(self, spot: Spot, a: Operation, b: Operation) -> Iterator[tuple[Spot, Finding]]:
        """Compare the request bodies of two operations."""
        here = replace(spot, part="request", detail="request body")
        p, p_at = self.ours.resolve(a.raw.get("requestBody"), join(a.at, "requestBody"))
        q, q_at = self.theirs.resolve(b.raw.get("requestBody"), join(b.at, "requestBody"))
        given = [bool(operation.raw.get("requestBody")) for operation in (a, b)]
        if not (p and q):
            if given[0] == given[1] or given != [bool(p), bool(q)]:
                return  # none, or a broken reference, which is reported elsewhere
            texts = [
                ABSENT if not r else "required" if r.get("required") is True else "optional"
                for r in (p, q)
            ]
            harms = (
                frozenset({CLIENTS, SERVERS} if texts[0] == "required" else {CLIENTS})
                if p
                else frozenset({CLIENTS} if texts[1] == "required" else ())
            )
            yield (
                here,
                make_finding(
                    "body", p_at if p else a.at, q_at if q else b.at, texts[0], texts[1], harms
                ),
            )
            return
        needed = [r.get("required") is True for r in (p, q)]
        if needed[0] != needed[1]:
            texts = ["required" if flag else "optional" for flag in needed]
            yield (
                here,
                make_finding(
                    "required",
                    p_at,
                    q_at,
                    texts[0],
                    texts[1],
                    frozenset({SERVERS if needed[0] else CLIENTS}),
                    Probe("body", needed[0], needed[1]),
                ),
            )
        yield from self._descriptions(here, (p, p_at), (q, q_at))
        yield from self._contents(here, (p, p_at), (q, q_at), "request")

    def responses(self, spot: Spot, a: Operation, b: Operation) -> Iterator[tuple[Spot, Finding]]:
        """Compare the documented responses of two operations."""
        keys = [
            {str(name).upper(): name for name in as_object(operation.raw.get("responses"))}
            for operation in (a, b)
        ]
        for key in sorted({*keys[0], *keys[1]}):
            here = replace(spot, part="response", detail=f"response {key}", status=key)
            p, q = self.ours.response(a, key), self.theirs.response(b, key)
            if p and q:
                yield from self._response(here, p, q)
                continue
            known = p or q
            if known is None or not (known[0] or key in keys[0 if p else 1]):
                continue
            mine = p is not None
            yield (
                here,
                make_finding(
                    "status",
                    p[1] if p else join(a.at, "responses"),
                    q[1] if q else join(b.at, "responses"),
                    *either((f"{key} is documented", Nothing(f"{key} is not documented")), mine),
                    frozenset({SERVERS if mine else CLIENTS}),
                    Probe("status", "ours" if mine else "theirs"),
                ),
            )

    def _response(
        self, spot: Spot, a: tuple[Json, str], b: tuple[Json, str]
    ) -> Iterator[tuple[Spot, Finding]]:
        (p, p_at), (q, q_at) = a, b
        yield from self._descriptions(spot, a, b)
        names = [{str(name).lower(): name for name in as_object(r.get("headers"))} for r in (p, q)]
        for name in dict.fromkeys([*names[0], *names[1]]):
            if name == "content-type":
                continue
            here = replace(spot, detail=f"{spot.detail}, header `{name}`", name=name)
            h, g = (
                document.resolve(
                    as_object(r.get("headers")).get(own.get(name, "")),
                    join(at, "headers", own.get(name, "")),
                )
                for document, r, at, own in (
                    (self.ours, p, p_at, names[0]),
                    (self.theirs, q, q_at, names[1]),
                )
            )
            if (name in names[0] and not h[0]) or (name in names[1] and not g[0]):
                continue
            if h[0] and g[0]:
                yield from self._header(here, h, g)
                continue
            mine = bool(h[0])
            required = (h if mine else g)[0].get("required") is True
            texts = (f"{'required' if required else 'optional'} header", ABSENT)
            harms = frozenset({CLIENTS} if mine else {SERVERS}) if required else frozenset[str]()
            yield (
                here,
                make_finding(
                    "header",
                    h[1] if mine else p_at,
                    q_at if mine else g[1],
                    *either(texts, mine),
                    harms,
                    Probe("header-named", "ours" if mine else "theirs"),
                ),
            )
        yield from self._contents(spot, a, b, "response")

    def _header(
        self, spot: Spot, a: tuple[Json, str], b: tuple[Json, str]
    ) -> Iterator[tuple[Spot, Finding]]:
        (h, h_at), (g, g_at) = a, b
        required = [r.get("required") is True for r in (h, g)]
        if required[0] != required[1]:
            texts = ["required" if flag else "optional" for flag in required]
            harms = frozenset({CLIENTS} if required[0] else {SERVERS})
            probe = Probe("header", required[0], required[1])
            yield spot, make_finding("required", h_at, g_at, texts[0], texts[1], harms, probe)
        yield from self._descriptions(spot, a, b)
        for finding in self.examples((h, g), (h_at, g_at)):
            yield spot, finding
        refs: list[Ref] = [((r.get("schema", {}), join(at, "schema")),) for r, at in (a, b)]
        for finding in self._schemas.compare(refs[0], refs[1], "response"):
            yield spot, finding

    @staticmethod
    def _descriptions(
        spot: Spot, a: tuple[Json, str], b: tuple[Json, str]
    ) -> Iterator[tuple[Spot, Finding]]:
        (p, p_at), (q, q_at) = a, b
        for finding in compare_texts(
            "description",
            join(p_at, "description"),
            join(q_at, "description"),
            p.get("description"),
            q.get("description"),
        ):
            yield spot, finding

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
                for finding in self.examples(entries, places):
                    yield here, finding
                refs = [
                    _media_schema(entry, at, essence)
                    for entry, at in zip(entries, places, strict=True)
                ]
                for finding in self._schemas.compare(refs[0], refs[1], direction):
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
            texts = [essence, Nothing("no body" if bare else f"not {essence}")]
            places = [
                join(at, "content", name) if name is not None else at
                for at, name in ((p_at, names[0]), (q_at, names[1]))
            ]
            yield (
                here,
                make_finding(
                    "media type",
                    places[0],
                    places[1],
                    *either(texts, mine),
                    frozenset(harms),
                    Probe("media", "ours" if mine else "theirs"),
                ),
            )

    def examples(self, entries: Sequence[Json], places: Sequence[str]) -> Iterator[Finding]:
        """Compare the examples of two parameters, headers or media types."""
        values: list[list[str]] = []
        for document, entry, at in zip((self.ours, self.theirs), entries, places, strict=True):
            found = [canonical(entry["example"])] if "example" in entry else []
            for name, raw in as_object(entry.get("examples")).items():
                example, _ = document.resolve(raw, join(at, "examples", name))
                found.append(canonical(example.get("value")))
            values.append(sorted(found))
        if values[0] != values[1]:
            texts = [_count(len(found), "example") for found in values]
            yield make_finding(
                "examples", places[0], places[1], texts[0], texts[1], documentation=True
            )


def _media_schema(entry: Json, at: str, essence: str) -> Ref:
    schema = entry.get("schema", {})
    text = essence.startswith("text/") or "json" in essence or "form" in essence
    if schema in ({}, True) and not text and essence != "*/*":
        schema = {"type": "string", "format": "binary"}  # both ways of writing "bytes"
    return ((schema, join(at, "schema")),)


def _media(kinds: dict[str, str], essence: str) -> str | None:
    for wanted in (essence, essence.partition("/")[0] + "/*", "*/*"):
        if wanted in kinds:
            return kinds[wanted]
    return None


def _count(number: int, word: str) -> str:
    return f"{number or 'no'} {word}{'' if number == 1 else 's'}"
