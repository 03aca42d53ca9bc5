"""Read a request as the service understands it, and validate it."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from pollinations_conformance.contract import media_types
from pollinations_conformance.contract.coercion import FALSE, TRUE, coerce
from pollinations_conformance.contract.messages import expected, options
from pollinations_conformance.contract.model import (
    MISSING,
    Json,
    Match,
    Operation,
    Parameter,
    Values,
    Violation,
)
from pollinations_conformance.contract.validation import Validation
from pollinations_conformance.http.errors import BodyError
from pollinations_conformance.http.json import as_list, as_object, is_object, parse_json
from pollinations_conformance.http.message import Request, is_json, media_type
from pollinations_conformance.http.multipart import Part, parse_multipart
from pollinations_conformance.http.pointer import join
from pollinations_conformance.http.query import parse_query

_NOT_A_NUMBER = "Invalid input: expected number, received NaN"


class RequestReader:
    """Read the requests of a contract's operations."""

    def __init__(self, validation: Validation) -> None:
        self._validation = validation
        self._document = validation.document
        schemes = map(as_object, self._document.components("securitySchemes").values())
        self._query_keys = frozenset(
            str(scheme.get("name"))
            for scheme in schemes
            if scheme.get("type") == "apiKey" and scheme.get("in") == "query"
        )

    def read(self, match: Match, request: Request) -> tuple[Values, list[Violation]]:
        """Read and validate a request.

        Returns:
            Its values, and what is wrong with it: path, query, headers and body, in this order.
        """
        operation = match.operation
        values = Values(path=dict(match.path_params))
        violations = self.check_path(match)
        sent: set[str] = set()
        for parameter in operation.parameters:
            if parameter.location == "query":
                texts = [value for name, value in request.query if name == parameter.name]
                target = values.query
            elif parameter.location == "header":
                wanted = parameter.name.lower()
                texts = [value for name, value in request.headers if name.lower() == wanted]
                target = values.headers
            else:
                continue
            if texts:
                sent.add(parameter.name)
            found, wrong = self._read_parameter(operation, parameter, texts)
            violations.extend(wrong)
            if not wrong and found is not MISSING:
                target[parameter.name] = found
        if "requestBody" in operation.raw:
            violations.extend(_Body(self._validation, operation, request, values, sent).read())
        values.sent = frozenset(sent)
        return values, violations

    def check_path(self, match: Match) -> list[Violation]:
        """Validate the path parameters of a match."""
        violations: list[Violation] = []
        for parameter in match.operation.parameters:
            if parameter.location == "path" and parameter.name in match.path_params:
                texts = [match.path_params[parameter.name]]
                violations.extend(self._read_parameter(match.operation, parameter, texts)[1])
        return violations

    def _read_parameter(
        self, operation: Operation, parameter: Parameter, texts: list[str]
    ) -> tuple[Any, list[Violation]]:
        where = f"{parameter.location}.{parameter.name}"
        outwards = (parameter.reference, operation.pointer)

        def refuse(text: str, kind: str) -> tuple[Any, list[Violation]]:
            pointer = parameter.schema_pointer if kind != "missing" else parameter.pointer
            everywhere = "repeated-parameter" if kind == "repeated" else ""
            violation = self._validation.violation(
                where,
                text,
                pointer,
                kind,
                outwards,
                name=parameter.name,
                requirement_of=everywhere,
            )
            return MISSING, [violation]

        if not texts:
            if parameter.required:
                return refuse(expected(parameter.schema), "missing")
            return parameter.schema.get("default", MISSING), []
        types = parameter.types
        if "array" in types and "string" not in types:
            value: Any = [coerce(text, self._item_types(parameter)) for text in texts]
        elif parameter.name in self._query_keys and parameter.location == "query":
            value = texts[0]
        elif "boolean" in types and "string" not in types:
            # Any text at all is accepted, even several; what the text says is what it does.
            text = texts[0].strip().lower()
            default = bool(parameter.schema.get("default", False))
            return (text in TRUE) if text in TRUE | FALSE else default, []
        elif len(texts) > 1 and parameter.location == "query":
            return refuse(_repeated(parameter), "repeated")
        else:
            value = coerce(texts[0], types)
            if value is None:
                return refuse(_NOT_A_NUMBER, "type")
        found = self._validation.violations(parameter.schema_pointer, value, where, outwards)
        # The field is the parameter, whatever inside its value was wrong.
        return value, [replace(v, where=where, field=parameter.name) for v in found]

    def _item_types(self, parameter: Parameter) -> frozenset[str]:
        items = as_object(parameter.schema.get("items"))
        return frozenset(self._document.types(items, join(parameter.schema_pointer, "items")))

    def defaults(self, pointer: str) -> Json:
        """Return the documented default of every property of an object schema that has one."""
        return _defaults(self._validation, pointer)


def _repeated(parameter: Parameter) -> str:
    if parameter.types & {"integer", "number"} and "string" not in parameter.types:
        return _NOT_A_NUMBER
    if "enum" in parameter.schema:
        return options(as_list(parameter.schema["enum"]))
    return "Invalid input: expected string, received array"


def _defaults(validation: Validation, pointer: str) -> Json:
    found: Json = {}
    document = validation.document
    schema, place = document.resolve(document.node(pointer), pointer)
    for part in (schema, *map(as_object, as_list(schema.get("allOf")))):
        branch, place = document.resolve(part, place)
        for name, entry in as_object(branch.get("properties")).items():
            # A sibling of $ref may give the default of this very use.
            own = as_object(entry)
            target = own if "default" in own else document.resolve(own, place)[0]
            if "default" in target:
                found[name] = target["default"]
    return found


class _Body:
    """The body of one request."""

    def __init__(
        self,
        validation: Validation,
        operation: Operation,
        request: Request,
        values: Values,
        sent: set[str],
    ) -> None:
        self._validation = validation
        self._document = validation.document
        self._values = values
        self._sent = sent
        self._body = request.body or b""
        self._content_type = request.header("content-type") or ""
        self._spec, self._pointer = self._document.resolve(
            operation.raw["requestBody"], join(operation.pointer, "requestBody")
        )
        self._content = as_object(self._spec.get("content"))
        self._outwards = (join(operation.pointer, "requestBody"), operation.pointer)

    def read(self) -> list[Violation]:
        """Put the body's values into `values`, and return what is wrong with it."""
        chosen = self._choose()
        place = join(self._pointer, "content")
        if chosen is None:
            essence = media_type(self._content_type)
            return self._refuse("Unsupported content type", "media-type", place, essence)
        self._values.media_type = chosen
        place = join(place, chosen, "schema")
        if chosen == media_types.JSON:
            return self._read_json(place)
        if chosen == media_types.FORM:
            return self._read_form(place)
        self._values.body = self._body
        if not self._body and self._spec.get("required", False):
            return self._refuse("Empty file", "empty", place)
        return []

    def _choose(self) -> str | None:
        """Choose the documented form of the body by its Content-Type, as the gateway does."""
        essence = media_type(self._content_type)
        raw = media_types.pick_raw(self._content, essence)
        if media_types.FORM in self._content and (
            essence in (media_types.FORM, "application/x-www-form-urlencoded")
            or (media_types.JSON not in self._content and raw is None)
        ):
            return media_types.FORM
        if media_types.JSON in self._content and (
            is_json(self._content_type)
            or (raw is None and not media_types.raw_forms(self._content))
        ):
            return media_types.JSON
        return raw

    def _refuse(self, text: str, kind: str, place: str, detail: str = "") -> list[Violation]:
        return [self._validation.violation("body", text, place, kind, self._outwards, detail)]

    def _read_json(self, place: str) -> list[Violation]:
        value: Any = {}
        if is_json(self._content_type):
            try:
                value = parse_json(self._body, strict=False)
            except BodyError as error:
                text = "Malformed JSON in request body"
                return self._refuse(text, "malformed-json", place.rpartition("/")[0], str(error))
        found = self._validation.violations(place, value, "body", self._outwards)
        self._values.body = value
        if is_object(value):
            self._sent.update(value)
            self._values.body = self._with_defaults(place, value)
        return found

    def _read_form(self, place: str) -> list[Violation]:
        try:
            parts = self._parts()
        except BodyError as error:
            text = "Malformed form data in request body"
            return self._refuse(text, "malformed-form", place.rpartition("/")[0], str(error))
        schema, schema_place = self._document.resolve(self._document.node(place), place)
        properties = as_object(schema.get("properties"))
        fields: Json = {}
        violations: list[Violation] = []
        for part in parts:
            name = part.name
            self._sent.add(name)
            own, own_place = self._document.resolve(
                properties.get(name), join(schema_place, "properties", name)
            )
            if name in properties and media_types.is_binary(own):
                if part.filename is not None:  # a file field without a file is as good as absent
                    self._values.files[name] = part
                    fields[name] = "file"
                continue
            types = (
                frozenset(self._document.types(own, own_place)) if own else frozenset({"string"})
            )
            value = coerce(part.text, types)
            if value is None:
                violations.append(
                    self._validation.violation(
                        f"body.{name}",
                        _NOT_A_NUMBER,
                        own_place,
                        "type",
                        (place, *self._outwards),
                        name=name,
                    )
                )
                continue
            fields[name] = value
        violations.extend(self._validation.violations(place, fields, "body", self._outwards))
        texts = {name: value for name, value in fields.items() if name not in self._values.files}
        self._values.body = self._with_defaults(place, texts)
        return violations

    def _parts(self) -> Sequence[Part]:
        essence = media_type(self._content_type)
        if essence == media_types.FORM:
            return parse_multipart(self._content_type, self._body)
        if essence == "application/x-www-form-urlencoded":
            pairs = parse_query(self._body.decode("utf-8", "replace"))
            return [Part(name, value.encode()) for name, value in pairs]
        return []

    def _with_defaults(self, pointer: str, value: Json) -> Json:
        """Return an object with the defaults of its schema for every top-level name it lacks."""
        filled = dict(value)
        for name, default in _defaults(self._validation, pointer).items():
            filled.setdefault(name, copy.deepcopy(default))
        return filled
