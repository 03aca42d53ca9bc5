"""Find the operation that a request reaches."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from pollinations_conformance.contract.document import Document
from pollinations_conformance.contract.model import Host, Match, Operation
from pollinations_conformance.http.json import as_list, as_object
from pollinations_conformance.http.pointer import join
from pollinations_conformance.http.query import decode_percent

_DOT = re.compile(r"\.|%2e", re.IGNORECASE)
_DOTS = re.compile(r"(?:\.|%2e){2}", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class _Route:
    operation: Operation
    pattern: re.Pattern[str]
    names: tuple[str, ...] = ()
    alias: bool = False
    weight: int = -1  # fixed characters; the more, the earlier it is tried


class Router:
    """The routes of a contract, aliases included."""

    def __init__(self, document: Document, operations: Iterable[Operation]) -> None:
        """Compile the paths.

        Raises:
            ContractError: the pattern of an alias is not a regular expression.
        """
        self._routes: list[_Route] = []
        for operation in operations:
            self._routes.append(_route(operation, operation.path))
            for index, alias in enumerate(map(as_object, as_list(operation.raw.get("x-aliases")))):
                if isinstance(alias.get("path"), str):
                    self._routes.append(_route(operation, alias["path"], alias=True))
                elif isinstance(alias.get("pattern"), str):
                    try:
                        pattern = re.compile(alias["pattern"])
                    except re.error as error:
                        place = join(operation.pointer, "x-aliases", index)
                        raise document.error(
                            f"{place}: not a regular expression ({error}); correct it"
                        ) from None
                    self._routes.append(_Route(operation, pattern, alias=True))
        self._routes.sort(key=lambda route: (bool(route.names), -route.weight))

    def find(self, method: str, raw_path: str, host: Host) -> Match | None:
        """Find the operation that a request reaches.

        Args:
            method: in any letter case; HEAD reaches the GET where it has no operation of its own.
            raw_path: still percent-encoded; a query is cut off.
            host: where it was sent.

        Returns:
            The match, or None for an unknown route.
        """
        path = _without_dots(raw_path.split("?", 1)[0])
        method = method.upper()
        for wanted in (method, "GET") if method == "HEAD" else (method,):
            for route in self._routes:
                if route.operation.method != wanted or route.operation.host != host:
                    continue
                hit = route.pattern.fullmatch(path)
                if hit:
                    values = dict(zip(route.names, map(decode_percent, hit.groups()), strict=False))
                    return Match(route.operation, values, route.alias, method == "HEAD")
        return None


def _route(operation: Operation, path: str, alias: bool = False) -> _Route:
    rest = {
        parameter.name
        for parameter in operation.parameters
        if parameter.location == "path" and parameter.raw.get("x-path-rest")
    }
    names: list[str] = []
    pattern = ""
    weight = 0
    for piece in re.split(r"(\{[^{}]*\})", path):
        if piece.startswith("{"):
            name = piece[1:-1]
            names.append(name)
            pattern += r"([\s\S]+)" if name in rest else "([^/]+)"
        else:
            pattern += re.escape(piece)
            weight += len(piece)
    return _Route(operation, re.compile(pattern), tuple(names), alias, weight)


def _without_dots(path: str) -> str:
    """Resolve `.` and `..` segments, encoded ones too, as every standard URL parser does."""
    if "." not in path and "%2e" not in path.lower():
        return path
    pieces = path.split("/")
    kept: list[str] = []
    for index, piece in enumerate(pieces[1:], 1):
        last = index == len(pieces) - 1
        if _DOTS.fullmatch(piece):
            if kept:
                kept.pop()
            if last:
                kept.append("")
        elif _DOT.fullmatch(piece):
            if last:
                kept.append("")
        else:
            kept.append(piece)
    return "/" + "/".join(kept)
