"""An OpenAPI 3 document with its operations, and with references that are followed on demand."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from pollinations_conformance.drift.values import Json
from pollinations_conformance.http.errors import ConformanceError
from pollinations_conformance.http.json import as_list, as_object, is_list, is_object
from pollinations_conformance.http.pointer import get, join
from pollinations_conformance.http.query import decode_percent, host_of

MAX_URLS = 100
"""Combinations of a server's variables that are looked at."""
_METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")


class DriftError(ConformanceError):
    """Raised for a document that cannot be compared; one line: where, what, what to do."""


@dataclass(frozen=True, slots=True)
class Param:
    """A parameter of an operation."""

    name: str
    location: str
    required: bool
    raw: Json
    at: str


@dataclass(frozen=True, slots=True, eq=False)
class Operation:
    """An operation of either document."""

    method: str  # upper case
    path: str
    full: str  # with the path of its server in front
    raw: Json
    at: str
    params: tuple[Param, ...]
    hosts: frozenset[str]
    security: tuple[frozenset[str], ...]  # alternatives; an empty one is "no key needed"
    security_at: str
    aliases: tuple[str, ...] = ()  # regular expressions of further paths

    @property
    def label(self) -> str:
        """Method and path."""
        return f"{self.method} {self.path}"


class Document:
    """An OpenAPI 3.0 to 3.2 document with references resolved on demand."""

    def __init__(self, raw: Any, source: str) -> None:
        """Check and index a document.

        Args:
            raw: the parsed document.
            source: its name, for messages.

        Raises:
            DriftError: it is no OpenAPI 3 document, or has nothing to compare.
        """
        self.source = source
        if not is_object(raw):
            raise DriftError(f"{source}: not an OpenAPI document (the top is not an object)")
        if "swagger" in raw:
            raise DriftError(
                f"{source}: is Swagger {raw['swagger']}, which is not compared; "
                "convert it to OpenAPI 3 first"
            )
        version = raw.get("openapi")
        if not isinstance(version, str):
            raise DriftError(
                f"{source}: not an OpenAPI document (no string at /openapi); name an OpenAPI file"
            )
        if not re.match(r"3\.[012](\.|$)", version):
            raise DriftError(f"{source}: OpenAPI {version[:20]} is not known; 3.0 to 3.2 are")
        self.raw = raw
        self.old = version.startswith("3.0")
        self.unresolved: dict[str, tuple[str, set[str]]] = {}  # reference: why, from where
        self._anchors: dict[str, str] | None = None
        if not is_object(raw.get("paths")):
            raise DriftError(f"{source}: /paths is not an object; there is nothing to compare")
        self.operations = list(self._read_operations())
        if not self.operations:
            raise DriftError(f"{source}: /paths has no operation; there is nothing to compare")

    # --- references ---

    def node(self, pointer: str) -> Any:
        """Return what a JSON pointer leads to.

        Raises:
            KeyError: it leads nowhere.
        """
        return get(self.raw, pointer)

    def target(self, reference: str, at: str) -> tuple[Any, str] | None:
        """Follow one reference; None when it is broken, which is recorded."""
        if not reference.startswith("#"):
            why = "leads out of the document"
        else:
            pointer = decode_percent(reference[1:])
            if pointer and not pointer.startswith("/"):
                pointer = self._anchored().get(pointer, "/")
            try:
                return self.node(pointer), pointer
            except KeyError:
                why = "leads nowhere"
        self.unresolved.setdefault(reference, (why, set()))[1].add(at)
        return None

    def _anchored(self) -> dict[str, str]:
        """Return the JSON pointers of all anchors."""
        if self._anchors is None:
            self._anchors = {}
            left: list[tuple[Any, str]] = [(self.raw, "")]
            while left:
                node, at = left.pop()
                if is_object(node):
                    for word in ("$anchor", "$dynamicAnchor"):
                        if isinstance(name := node.get(word), str):
                            self._anchors.setdefault(name, at)
                    left += [(child, join(at, name)) for name, child in node.items()]
                elif is_list(node):
                    left += [(child, join(at, index)) for index, child in enumerate(node)]
        return self._anchors

    def nearest(self, pointer: str) -> str:
        """Return a JSON pointer, or the nearest one above it that leads somewhere."""
        while pointer:
            try:
                self.node(pointer)
            except KeyError:
                pointer = pointer.rpartition("/")[0]
            else:
                break
        return pointer

    def resolve(self, node: Any, at: str) -> tuple[Json, str]:
        """Follow the references of anything but a schema; {} when one is broken."""
        seen: set[str] = set()
        found = as_object(node)
        while isinstance(reference := found.get("$ref"), str):
            if reference in seen:
                self.unresolved.setdefault(reference, ("leads in a circle", set()))[1].add(at)
                return {}, at
            seen.add(reference)
            target = self.target(reference, at)
            if target is None:
                return {}, at
            found, at = as_object(target[0]), target[1]
        return found, at

    # --- operations ---

    def _read_operations(self) -> Iterator[Operation]:
        for path, entry in as_object(self.raw.get("paths")).items():
            item, at = self.resolve(entry, join("/paths", path))
            if not path.startswith("/"):
                continue
            for method in _METHODS:
                if not is_object(item.get(method)):
                    continue
                raw: Json = item[method]
                place = join(at, method)
                owners = [owner for owner in (raw, item, self.raw) if owner.get("servers")]
                servers = as_list(owners[0].get("servers")) if owners else []
                urls = [url for server in servers for url in _server_urls(as_object(server))]
                secured = raw if "security" in raw else self.raw
                base = _path_of(urls[0]) if urls else ""
                yield Operation(
                    method=method.upper(),
                    path=path,
                    full=base + path,
                    raw=raw,
                    at=place,
                    params=tuple(self._params((item, at), (raw, place))),
                    hosts=frozenset(host_of(url) for url in urls if "://" in url),
                    security=self._security(secured.get("security")),
                    security_at=join(place if secured is raw else "", "security"),
                    aliases=tuple(
                        str(alias["pattern"]) if "pattern" in alias else pattern(str(alias["path"]))
                        for alias in map(as_object, as_list(raw.get("x-aliases")))
                        if "pattern" in alias or "path" in alias
                    ),
                )

    def _params(self, *owners: tuple[Json, str]) -> Iterator[Param]:
        found: dict[tuple[str, str], Param] = {}
        for owner, place in owners:
            for index, entry in enumerate(as_list(owner.get("parameters"))):
                raw, at = self.resolve(entry, join(place, "parameters", index))
                name, location = str(raw.get("name", "")), str(raw.get("in", ""))
                if location == "header":
                    name = name.lower()
                    if name in ("accept", "content-type", "authorization"):
                        continue  # OpenAPI: described elsewhere, to be ignored here
                if name and location:
                    required = raw.get("required") is True or location == "path"
                    found[location, name] = Param(name, location, required, raw, at)
        yield from found.values()

    def _security(self, value: Any) -> tuple[frozenset[str], ...]:
        schemes = as_object(as_object(self.raw.get("components")).get("securitySchemes"))
        found: dict[frozenset[str], None] = {}
        for entry in map(as_object, as_list(value)):
            names: set[str] = set()
            for name, scopes in entry.items():
                at = join("/components/securitySchemes", name)
                raw, _ = self.resolve(schemes.get(name), at)
                if not raw:
                    self.target(f"#{at}", "/security")
                kind = str(raw.get("type", name))
                if kind == "http":
                    kind = f"{str(raw.get('scheme', '')).lower()} token in Authorization"
                elif kind == "apiKey":
                    kind = f"key in {raw.get('in')} `{raw.get('name')}`"
                granted = ", ".join(sorted(map(str, as_list(scopes))))
                names.add(f"{kind} ({granted})" if granted else kind)
            found[frozenset(names)] = None
        return tuple(found) or (frozenset(),)

    def response(self, operation: Operation, key: str) -> tuple[Json, str] | None:
        """Return the response documented for a status or range, and its pointer, or else None."""
        responses = as_object(operation.raw.get("responses"))
        by_key = {str(name).upper(): name for name in responses}
        for wanted in (key.upper(), f"{key[0]}XX", "DEFAULT"):
            if wanted in by_key:
                name = by_key[wanted]
                return self.resolve(responses[name], join(operation.at, "responses", name))
        return None


def pattern(path: str) -> str:
    """Return the regular expression of a path template."""
    pieces = re.split(r"(?:\{[^{}]*\})+", path)
    return "(.+)".join(re.escape(piece) for piece in pieces)


def template(path: str) -> str:
    """Return a path template without the names of its parameters."""
    return re.sub(r"(?:\{[^{}]*\})+", "{}", path)


def _server_urls(server: Json) -> list[str]:
    """Return the URLs of a server, the one with the defaults of its variables first."""
    urls = [str(server.get("url", ""))]
    for name, variable in as_object(server.get("variables")).items():
        entry = as_object(variable)
        given = [entry.get("default"), *as_list(entry.get("enum"))]
        values = [value for value in given if value is not None]
        texts = list(dict.fromkeys(map(str, values)))
        if texts:
            place = "{" + name + "}"
            urls = [url.replace(place, text) for text in texts for url in urls][:MAX_URLS]
    return urls


def _path_of(url: str) -> str:
    try:
        return urlsplit(url).path.rstrip("/")
    except ValueError:
        return ""
