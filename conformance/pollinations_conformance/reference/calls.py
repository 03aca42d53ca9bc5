"""The examples of a contract as calls: which values a request has, and what it needs before."""

from __future__ import annotations

import functools
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from pollinations_conformance.contract import Contract, Operation
from pollinations_conformance.http.json import as_object, is_object
from pollinations_conformance.reference.prose import Json, followed

MULTIPART = "multipart/form-data"
_SUFFIXES = {"audio/mpeg": "mp3", "image/jpeg": "jpg", "image/png": "png", "video/mp4": "mp4"}
_FORMATS = {"mp3", "opus", "aac", "flac", "wav", "pcm"}  # a request may name one by itself
_BODY = "$response.body#/"


@dataclass(frozen=True, slots=True)
class Call:
    """The values of one request."""

    title: str
    path: Json = field(default_factory=dict[str, Any])
    query: Json = field(default_factory=dict[str, Any])
    kind: str = ""  # media type of the body
    body: Any = None


@dataclass(frozen=True, slots=True)
class Link:
    """An operation whose response has the value that another one needs."""

    source: Operation
    call: Call
    name: str  # of the path parameter
    field: str  # of the response


class Calls:
    """Finds the calls of a contract.

    Args:
        contract: with the examples; values that nothing is given for are never made up.
    """

    def __init__(self, contract: Contract) -> None:
        self.contract = contract

    def calls(self, operation: Operation) -> list[Call]:
        """Return the calls of an operation; none where the contract has no example."""
        path: Json = {}
        needed: Json = {}
        optional: Json = {}
        for parameter in operation.parameters:
            given = list(self.values(parameter.raw))
            value = given[0][1] if given else parameter.schema.get("default")
            if parameter.location == "path":
                path[parameter.name] = value
            elif parameter.location == "query" and parameter.required:
                needed[parameter.name] = value
            elif parameter.location == "query" and given:
                optional[parameter.name] = value
        if None in path.values() or None in needed.values():
            return []
        body = self.resolve(operation.raw.get("requestBody"))
        if not body:
            calls = [Call("The shortest request", path, needed)]
            if optional:
                some = dict(list(optional.items())[:3])
                calls.append(Call("With some options", path, needed | some))
            return calls
        return [
            Call(title, path, needed, kind, value)
            for kind, form in as_object(body.get("content")).items()
            for title, value in self.values(form)
        ]

    def values(self, node: Any) -> Iterator[tuple[str, Any]]:
        """Yield the examples of a parameter or a media type, each with its title."""
        for name, entry in as_object(as_object(node).get("examples")).items():
            example = self.resolve(entry)
            if "value" in example:
                yield str(example.get("summary", name)), example["value"]
        if "example" in as_object(node):
            yield "An example", node["example"]

    def resolve(self, node: Any) -> Json:
        """Return what a node refers to."""
        return followed(self.contract, node)

    def good(self, operation: Operation) -> Json:
        """Return the response of success."""
        status = min((s for s in operation.responses if s.startswith("2")), default="")
        return self.resolve(operation.responses.get(status))

    def response_kind(self, operation: Operation) -> str:
        """Return the media type of the response of success; empty without a body."""
        return next(iter(as_object(self.good(operation).get("content"))), "")

    def form(self, operation: Operation, kind: str) -> Json:
        """Return what a request body of a media type consists of."""
        body = self.resolve(operation.raw.get("requestBody"))
        return self.resolve(as_object(body.get("content")).get(kind))

    def file_fields(self, operation: Operation, call: Call) -> dict[str, str]:
        """Return the fields of a form that are files, with the media types that are welcome."""
        form = self.form(operation, call.kind)
        schema = self.resolve(form.get("schema"))
        encoding = as_object(form.get("encoding"))
        return {
            name: str(as_object(encoding.get(name)).get("contentType", ""))
            for name, node in as_object(schema.get("properties")).items()
            if self.resolve(node).get("format") == "binary" and name in fields_of(call.body)
        }

    @functools.cached_property
    def _makers(self) -> dict[str, tuple[Operation, Call]]:
        """Find, for images, audio and so on, the shortest request that makes one."""
        found: dict[str, tuple[Operation, Call]] = {}
        for operation in self.contract.operations:
            if operation.method != "GET":
                continue
            family, _, subtype = self.response_kind(operation).partition("/")
            calls = self.calls(operation) if subtype and family != "application" else []
            if calls and family != "text" and family not in found:
                found[family] = operation, calls[0]
        return found

    def _maker(self, welcome: str) -> tuple[Operation, Call] | None:
        families = [part.strip().partition("/")[0] for part in welcome.split(",")]
        return next((self._makers[name] for name in families if name in self._makers), None)

    def file(self, operation: Operation, call: Call) -> tuple[str, Call, Operation] | None:
        """Return the file that a request sends, and the call and the operation that make one."""
        if call.kind == MULTIPART:
            welcome = next(iter(self.file_fields(operation, call).values()), None)
        else:
            welcome = None if call.kind.endswith("json") or not call.kind else call.kind
        maker = self._maker(welcome) if welcome is not None else None
        if maker is None:
            return None
        source, made = maker
        return self.file_name(source, made), made, source

    def file_name(self, operation: Operation, call: Call) -> str:
        """Return the name of the file that a binary response is saved in; empty for other responses."""
        kind = self.response_kind(operation)
        family = kind.partition("/")[0]
        if kind == "*/*":
            return "copy"
        if not kind or family in ("text", "application"):
            return ""
        requested = [
            v
            for v in (call.query | fields_of(call.body)).values()
            if isinstance(v, str) and v in _FORMATS
        ]
        suffix = requested[0] if requested else _SUFFIXES.get(kind, "bin")
        return f"{family}.{suffix}"

    def link(self, operation: Operation) -> Link | None:
        """Find an operation whose response names what this one needs."""
        for source in self.contract.operations:
            for link in as_object(self.good(source).get("links")).values():
                node = self.resolve(link)
                if node.get("operationId") != operation.id:
                    continue
                for name, value in as_object(node.get("parameters")).items():
                    calls = self.calls(source)
                    if calls and str(value).startswith(_BODY):
                        return Link(source, calls[0], name, str(value).removeprefix(_BODY))
        return None


def streams(call: Call) -> bool:
    """Return whether a call requests a stream."""
    return (call.query | fields_of(call.body)).get("stream") is True


def fields_of(body: Any) -> Json:
    """Return the fields of a body; none when it is no object."""
    return body if is_object(body) else {}


def text_of(value: Any) -> str:
    """Return a value as it is written in a URL or a form."""
    return value if isinstance(value, str) else json.dumps(value)


def method_of(operation: Operation) -> str:
    """Return the client's method for an operation; empty when there is none."""
    sdk = as_object(operation.raw.get("x-sdk"))
    return f"{sdk['resource']}.{sdk['method']}" if {"resource", "method"} <= sdk.keys() else ""
