"""Parameters, headers, bodies and fields of schemas, as the page shows them."""

from __future__ import annotations

from typing import Any

from markupsafe import Markup

from pollinations_conformance.http.json import as_list, as_object
from pollinations_conformance.reference.clauses import Clauses
from pollinations_conformance.reference.prose import (
    Json,
    Prose,
    anchor_text,
    code,
    component,
    json_code,
    link,
)
from pollinations_conformance.reference.schemas import COMBINED, Schemas
from pollinations_conformance.reference.views import Block, Field, MediaView


class Fields:
    """Makes the views of everything that has a name, a type and a description.

    Args:
        prose: renders texts.
        schemas: describes schemas.
        clauses: has requirements and deviations.
    """

    def __init__(self, prose: Prose, schemas: Schemas, clauses: Clauses) -> None:
        self._prose = prose
        self._schemas = schemas
        self._clauses = clauses
        self._anchors: set[str] = set()

    # -- parameters and headers -------------------------------------------------------------------

    def value(
        self, name: str, node: Any, anchor: str = "", own: bool = True, depth: int = 0
    ) -> Field:
        """Return the view of a parameter or a header.

        Args:
            name: of it.
            node: parameter or header object, or a reference to one.
            anchor: of its place, if it has one.
            own: whether its clauses have their place here.
            depth: how many named schemas deep its fields are unfolded.
        """
        raw = self._schemas.resolve(node)
        schema = as_object(raw.get("schema"))
        facts = self._schemas.facts(schema)
        if raw.get("x-path-rest"):
            facts.insert(0, Markup("takes the whole rest of the path, slashes included"))
        if "description" in schema:
            facts.insert(0, self._prose.inline(schema.get("description")))
        examples = self._examples(raw)
        if examples:
            facts.append(Markup("e.g. {}").format(Markup("; ").join(examples)))
        return Field(
            name=name,
            kind=self._schemas.kind(schema),
            required=bool(raw.get("required")),
            deprecated=bool(raw.get("deprecated")),
            about=self._prose.inline(raw.get("description")),
            facts=facts,
            blocks=self.below(schema, depth),
            clauses=self._clauses.of(raw, own),
            anchor=self._free(anchor),
        )

    def _examples(self, raw: Json) -> list[Markup]:
        found: list[Markup] = []
        for example in map(self._schemas.resolve, as_object(raw.get("examples")).values()):
            if "value" in example:
                why = example.get("summary")
                shown = json_code(example["value"])
                found.append(Markup("{} ({})").format(shown, why) if why else shown)
        if "example" in raw:
            found.append(json_code(raw["example"]))
        return found

    def header(self, name: str, node: Any, shared: str) -> Field:
        """Return the view of a header of a response.

        Args:
            name: of it.
            node: header object, or a reference to one.
            shared: anchor of the header that several responses share, if this is one of these.
        """
        raw = self._schemas.resolve(node)
        about = self._prose.inline(raw.get("description"))
        if shared:
            about = Markup("{} {}").format(about, link(shared, "more"))
        kind = self._schemas.kind(as_object(raw.get("schema")))
        required = bool(raw.get("required"))
        return Field(name, kind, required, False, about, [], [], self._clauses.of({}), "")

    def _free(self, anchor: str) -> str:
        """Return an anchor that nothing else has; an empty one when it is taken."""
        if anchor in self._anchors:
            return ""
        self._anchors.add(anchor)
        return anchor

    # -- bodies -----------------------------------------------------------------------------------

    def media(self, holder: Json, own: bool, depth: int = 0, anchor: str = "") -> list[MediaView]:
        """Return what a body may consist of; media types without a difference share a view.

        Args:
            holder: of `content`: a request body or a response.
            own: whether its clauses have their place here.
            depth: how many named schemas deep fields are unfolded.
            anchor: that those of fields begin with; empty when these have no place of their own.
        """
        found: list[MediaView] = []
        for media_type, node in as_object(holder.get("content")).items():
            form = as_object(node)
            schema = as_object(form.get("schema"))
            view = MediaView(
                types=(media_type,),
                kind=self._schemas.kind(schema),
                facts=[*self._form_facts(form), *self._schemas.facts(schema)],
                blocks=self.below(schema, depth, (), own, unfold=True, anchor=anchor),
                clauses=self._clauses.of(form, own),
            )
            for number, other in enumerate(found):
                if _same(view, other):
                    found[number] = _merged(other, view)
                    break
            else:
                found.append(view)
        return found

    def _form_facts(self, form: Json) -> list[Markup]:
        facts: list[Markup] = []
        if form.get("x-exact"):
            facts.append(Markup("sent as it is written here, without parameters"))
        item = component({"$ref": form.get("x-stream-item")})
        if item is not None:
            shown = self._schemas.kind({"$ref": form.get("x-stream-item")})
            facts.append(Markup("a stream of server-sent events, each a {}").format(shown))
        for name, encoding in as_object(form.get("encoding")).items():
            kind = as_object(encoding).get("contentType")
            if kind is not None:
                facts.append(Markup("{} as {}").format(code(name), code(kind)))
        return facts

    # -- schemas ----------------------------------------------------------------------------------

    def below(
        self,
        node: Any,
        depth: int,
        seen: tuple[str, ...] = (),
        own: bool = False,
        unfold: bool = False,
        anchor: str = "",
    ) -> list[Block]:
        """Return what is inside of a schema.

        Args:
            node: the schema.
            depth: how many named schemas further down are unfolded in place.
            seen: names of the schemas around it, which are not unfolded again.
            own: whether its clauses have their place here.
            unfold: whether a named schema is shown without a click.
            anchor: that those of its fields begin with; empty when these have no place of their own.
        """
        schema = as_object(node)
        named = component(schema)
        if named is not None:
            name, target = named[1], self._schemas.resolve(schema)
            if depth <= 0 or name in seen or not self._schemas.has_fields(target):
                return []
            inner = self.below(target, depth - 1, (*seen, name), anchor=anchor if unfold else "")
            return inner if unfold or not inner else [Block(folded=name, inner=inner)]
        blocks = self._properties(schema, depth, seen, own, anchor)
        for inside in ("items", "contentSchema"):
            if inside in schema:
                blocks += self.below(schema[inside], depth, seen, own, anchor=anchor)
        return blocks + self._choices(schema, depth, seen, own, anchor)

    def _properties(
        self, schema: Json, depth: int, seen: tuple[str, ...], own: bool, anchor: str
    ) -> list[Block]:
        needed = set(map(str, as_list(schema.get("required"))))
        named = [(name, name, child) for name, child in as_object(schema.get("properties")).items()]
        named += [
            (pattern, f"/{pattern}/", child)
            for pattern, child in as_object(schema.get("patternProperties")).items()
        ]
        fields = [
            self._field(shown, child, name in needed, depth, seen, own, anchor)
            for name, shown, child in named
        ]
        blocks = [Block(fields=fields)] if fields else []
        more = schema.get("additionalProperties")
        if more is False:
            blocks.append(Block(note=Markup("No further fields.")))
        elif isinstance(more, dict):
            if fields:
                words = Markup("Further fields: {}.").format(self._schemas.kind(more))
                blocks.append(Block(note=words))
            blocks += self.below(more, depth, seen, own)
        return blocks

    def _choices(
        self, schema: Json, depth: int, seen: tuple[str, ...], own: bool, anchor: str
    ) -> list[Block]:
        blocks: list[Block] = []
        choices: list[Markup] = []
        for keyword, _ in COMBINED:
            for part in as_list(schema.get(keyword)):
                blocks += self.below(part, depth, seen, own, anchor=anchor)
                about = self._prose.inline(as_object(part).get("description"))
                words = [words for words in (about, *self._schemas.facts(part)) if words]
                if component(part) is None and words:
                    choice = Markup("{}: {}")
                    choices.append(
                        choice.format(self._schemas.kind(part), Markup(", ").join(words))
                    )
        return blocks + ([Block(choices=choices)] if choices else [])

    def _field(
        self,
        name: str,
        child: Any,
        need: bool,
        depth: int,
        seen: tuple[str, ...],
        own: bool,
        anchor: str,
    ) -> Field:
        schema = as_object(child)
        about = schema.get("description")
        if about is None and "$ref" in schema:
            about = self._schemas.resolve(schema).get("description")
        place = self._free(f"{anchor}.{anchor_text(name)}") if anchor else ""
        return Field(
            name=name,
            kind=self._schemas.kind(child),
            required=need,
            deprecated=bool(schema.get("deprecated")),
            about=self._prose.inline(about),
            facts=self._schemas.facts(child),
            blocks=self.below(child, depth, seen, own, anchor=place),
            clauses=self._clauses.of(schema, own),
            anchor=place,
        )


def _same(one: MediaView, other: MediaView) -> bool:
    return (one.kind, one.facts, one.blocks, one.clauses) == (
        other.kind,
        other.facts,
        other.blocks,
        other.clauses,
    )


def _merged(one: MediaView, other: MediaView) -> MediaView:
    return MediaView((*one.types, *other.types), one.kind, one.facts, one.blocks, one.clauses)
