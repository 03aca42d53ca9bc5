"""What a contract consists of, and what a request means by it: values without behaviour."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from pollinations_conformance.http.json import as_object
from pollinations_conformance.http.multipart import Part

Host = Literal["gateway", "media"]
Json = dict[str, Any]
MISSING: Any = object()
"""In the place of a value that a request does not have."""


@dataclass(frozen=True, slots=True)
class Requirement:
    """One testable clause of the contract."""

    id: str
    level: str
    text: str
    origin: str
    evidence: tuple[Json, ...]
    observable: bool
    why: str
    pointer: str  # the node it is attached to
    tag: str = "general"
    """Its own, or that of the operation it is attached to."""


@dataclass(frozen=True, slots=True)
class Deviation:
    """One place where documentation and service differ."""

    id: str
    documented: str
    observed: str
    where: str
    when: str
    contract: str
    pointer: str
    raw: Json = field(repr=False)


@dataclass(frozen=True, slots=True)
class Parameter:
    """One declared parameter, references resolved."""

    name: str
    location: str  # path, query, header or cookie
    required: bool
    schema: Json
    types: frozenset[str]
    pointer: str
    reference: str  # the place in the path or operation, different where that is a `$ref`
    schema_pointer: str
    raw: Json = field(repr=False)

    @property
    def default(self) -> Any:
        """The documented default, or None."""
        return self.schema.get("default")


@dataclass(frozen=True, slots=True, eq=False)
class Operation:
    """One operation of the contract."""

    id: str
    method: str  # upper case
    path: str
    tag: str
    host: Host
    raw: Json = field(repr=False)
    parameters: tuple[Parameter, ...]
    security: tuple[Json, ...]
    responses: Json  # by status, references not resolved
    pointer: str
    requirement: str  # what a violation violates that no place within has a requirement for

    @property
    def needs_key(self) -> bool:
        """Return whether every request needs a key."""
        return bool(self.security) and {} not in self.security

    @property
    def deprecated(self) -> bool:
        """Return whether the contract advises against it."""
        return bool(self.raw.get("deprecated", False))

    def parameter(self, name: str, location: str = "query") -> Parameter | None:
        """Return a declared parameter, or None."""
        for parameter in self.parameters:
            if parameter.name == name and parameter.location == location:
                return parameter
        return None


@dataclass(frozen=True, slots=True)
class Match:
    """An operation that a request reached, with its path parameters decoded."""

    operation: Operation
    path_params: Mapping[str, str]
    via_alias: bool = False
    head: bool = False  # HEAD: the response to the GET without its body


@dataclass(frozen=True, slots=True)
class Violation:
    """One way in which a message does not hold to the contract.

    `message` is worded the way the gateway words it and never holds a value that was sent;
    `detail` says more where the gateway says little.
    """

    where: str  # path.prompt, query.seed, header.x, body, body.choices[0].index, event[3].data.id
    field: str  # the top-level name, or "" when the whole is meant
    message: str
    pointer: str  # JSON pointer into the contract
    requirement: str | None
    kind: str
    detail: str = ""

    @property
    def sentence(self) -> str:
        """What is wrong, in one line."""
        return f"{self.where}: {self.message}" + (f" ({self.detail})" if self.detail else "")


@dataclass(slots=True)
class Values:
    """A request as the service understands it: coerced, defaults filled in."""

    path: dict[str, str] = field(default_factory=dict[str, str])
    query: dict[str, Any] = field(default_factory=dict[str, Any])
    headers: dict[str, Any] = field(default_factory=dict[str, Any])
    body: Any = None  # a JSON value, the text fields of a form, or raw bytes
    files: dict[str, Part] = field(default_factory=dict[str, Part])
    media_type: str = ""  # of the body form that was used, as the contract names it
    sent: frozenset[str] = frozenset()  # query and top-level body names that the request had

    def __getitem__(self, name: str) -> Any:
        """Return a value by name: path first, then body field, then query."""
        found = self.get(name, MISSING)
        if found is MISSING:
            raise KeyError(name)
        return found

    def get(self, name: str, default: Any = None) -> Any:
        """Return a value by name, or a default."""
        if name in self.path:
            return self.path[name]
        fields = as_object(self.body)
        return fields[name] if name in fields else self.query.get(name, default)
