"""What the templates of the page are given: values that need no further look at the contract."""

from __future__ import annotations

from dataclasses import dataclass, field

from markupsafe import Markup

from pollinations_conformance.reference.snippets import Snippet


@dataclass(frozen=True, slots=True)
class RequirementView:
    """A requirement at its place."""

    id: str
    text: Markup
    level: str
    origin: str
    evidence: str
    hidden: str  # why no client can see it; empty when one can


@dataclass(frozen=True, slots=True)
class DeviationView:
    """A deviation at its place."""

    id: str
    anchor: str
    documented: Markup
    observed: Markup
    contract: Markup
    where: str
    when: str


@dataclass(frozen=True, slots=True)
class ClausesView:
    """The requirements and deviations of a part of the contract."""

    requirements: list[RequirementView] = field(default_factory=list[RequirementView])
    deviations: list[DeviationView] = field(default_factory=list[DeviationView])
    links: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])
    """Anchor and id of those that have their place elsewhere."""


@dataclass(frozen=True, slots=True)
class Block:
    """One thing below a field or a media type; only one of the attributes is filled in."""

    fields: list[Field] = field(default_factory=list["Field"])
    note: Markup | None = None
    choices: list[Markup] = field(default_factory=list[Markup])
    folded: str = ""
    """Name of a schema whose fields, `inner`, are shown on a click."""
    inner: list[Block] = field(default_factory=list["Block"])


@dataclass(frozen=True, slots=True)
class Field:
    """A parameter, a header or a field of a schema."""

    name: str
    kind: Markup
    required: bool
    deprecated: bool
    about: Markup
    facts: list[Markup]
    blocks: list[Block]
    clauses: ClausesView
    anchor: str = field(compare=False)
    """Empty where the field has no place of its own."""


@dataclass(frozen=True, slots=True)
class MediaView:
    """What a body may consist of, for one or more media types."""

    types: tuple[str, ...]
    kind: Markup
    facts: list[Markup]
    blocks: list[Block]
    clauses: ClausesView


@dataclass(frozen=True, slots=True)
class Example:
    """An example of a response."""

    title: str
    media_type: str
    text: str


@dataclass(frozen=True, slots=True)
class ResponseView:
    """A response of an operation, or one that several operations share."""

    statuses: list[str]
    about: Markup
    name: str = ""  # of a shared one
    anchor: str = ""
    media: list[MediaView] = field(default_factory=list[MediaView])
    headers: list[Field] = field(default_factory=list[Field])
    examples: list[Example] = field(default_factory=list[Example])
    clauses: ClausesView = field(default_factory=ClausesView)


@dataclass(frozen=True, slots=True)
class BodyView:
    """The body of a request."""

    name: str
    anchor: str
    required: bool
    about: Markup
    media: list[MediaView]
    clauses: ClausesView


@dataclass(frozen=True, slots=True)
class OperationView:
    """An operation."""

    id: str
    title: str
    method: str
    host: str
    path: str
    call: str  # of the Python client
    deprecated: bool
    key: str
    about: Markup
    aliases: list[tuple[Markup, str]]  # where else it is reached, and the evidence
    snippets: list[Snippet]
    examples: list[Example]
    parameters: list[tuple[str, list[Field]]]  # by heading
    body: BodyView | None
    own_responses: list[ResponseView]
    shared_responses: list[ResponseView]
    links: list[Markup]
    clauses: ClausesView


@dataclass(frozen=True, slots=True)
class SchemaView:
    """A named schema."""

    name: str
    anchor: str
    about: Markup
    kind: Markup
    facts: list[Markup]
    blocks: list[Block]
    clauses: ClausesView
