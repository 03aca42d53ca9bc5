"""Decide which requirement an invalid value violates: by the place that describes it, nothing else.

`x-requirement` names a requirement at any place of the contract: an operation, a response, a
parameter, a request body, a header, a media type, a schema or a property. It holds for that place
and for all within it that has none of its own. OpenAPI allows no such field beside a `$ref` to a
response, parameter or header; there the object around it has `x-requirement-at`, by its pointer from there.

From the place of a violation the search goes outwards to the nearest requirement: through the
schema, at the root of a component on to the `$ref` that was followed, and last to the operation.
What is the same for every operation, such as a body that is no JSON, is declared by its kind in
`info`, as `x-requirement-of-kind`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from pollinations_conformance.contract.document import Document
from pollinations_conformance.http.json import as_object
from pollinations_conformance.http.pointer import join, split, walk


class Attribution:
    """The requirements of a contract by place."""

    def __init__(self, document: Document) -> None:
        self._document = document
        self.declared: dict[str, str] = {}
        for place, node in walk(document.raw):
            if isinstance(node.get("x-requirement"), str):
                self.declared[place] = node["x-requirement"]
            for relative, name in as_object(node.get("x-requirement-at")).items():
                self.declared[f"{place}/{relative}"] = str(name)
        info = as_object(document.raw.get("info"))
        self.of_kind = as_object(info.get("x-requirement-of-kind"))

    def requirement(self, pointer: str, outwards: Iterable[str] = (), kind: str = "") -> str | None:
        """Return the id of the requirement that a violation at a place violates.

        Args:
            pointer: the place.
            outwards: the references that led to its component, last first, and further places
                that contain it.
            kind: of the violation, where it may have the same requirement everywhere.

        Returns:
            None if no place around it names one.
        """
        if kind in self.of_kind:
            return str(self.of_kind[kind])
        for start in (pointer, *outwards):
            for place in _enclosing(start):
                if place in self.declared:
                    return self.declared[place]
        return None

    def member(self, pointer: str, name: str) -> str:
        """Return the place that describes a member of an object, or its object's if none does.

        Args:
            pointer: of the object's schema.
            name: of the member.
        """
        place = join(pointer, "properties", name)
        return place if self._document.has(place) else pointer


def _enclosing(pointer: str) -> Iterator[str]:
    """Yield a place and those around it, up to its component or path."""
    tokens = split(pointer)
    least = 3 if tokens[:1] == ["components"] else 2
    for length in range(len(tokens), least - 1, -1):
        yield join("", *tokens[:length])
