"""A small OpenAPI document, changes of it, and its comparison, for all tests of drift."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import yaml

from pollinations_conformance.cli import main as cli
from pollinations_conformance.drift.compare import compare
from pollinations_conformance.drift.compare.findings import Difference
from pollinations_conformance.drift.document import Document
from pollinations_conformance.http.json import is_list, is_object

Json = dict[str, Any]

BASE = """
openapi: 3.1.0
info: {title: T, version: "1"}
servers: [{url: https://api.example.org}]
security: [{token: []}, {query: []}]
paths:
  /things/{id}:
    get:
      operationId: getThing
      summary: Fetch a thing
      tags: [a]
      parameters:
        - {name: id, in: path, required: true, schema: {type: string, maxLength: 9}}
        - {name: size, in: query, schema: {type: integer, minimum: 1, maximum: 9, default: 3}}
        - {name: kind, in: query, schema: {type: string, enum: [x, y]}}
        - {name: X-Trace, in: header, schema: {type: string}}
      responses:
        '200':
          description: Fine
          headers:
            X-Id: {required: true, schema: {type: string}}
          content:
            application/json: {schema: {$ref: '#/components/schemas/Thing'}}
        '404':
          description: None
          content:
            application/json: {schema: {$ref: '#/components/schemas/Error'}}
  /things:
    post:
      operationId: addThing
      requestBody:
        required: true
        content:
          application/json: {schema: {$ref: '#/components/schemas/Thing'}}
      responses:
        '201': {description: Made}
        4XX:
          description: Refused
          content:
            application/json: {schema: {$ref: '#/components/schemas/Error'}}
components:
  securitySchemes:
    token: {type: http, scheme: bearer}
    query: {type: apiKey, in: query, name: key}
  schemas:
    Error:
      type: object
      required: [message]
      properties: {message: {type: string}, code: {type: string, const: E}}
    Thing:
      type: object
      required: [name]
      properties:
        name: {type: string, minLength: 1}
        note: {type: [string, 'null']}
        count: {type: integer}
        when: {type: string, format: date-time}
        parts: {type: array, items: {$ref: '#/components/schemas/Part'}}
        parent: {anyOf: [{$ref: '#/components/schemas/Thing'}, {type: 'null'}]}
    Part:
      oneOf:
        - type: object
          required: [type, text]
          properties: {type: {const: text}, text: {type: string}}
        - type: object
          required: [type, url]
          properties: {type: {const: image}, url: {type: string}}
"""


_BASE = yaml.safe_load(BASE)


def base() -> Json:
    found: Json = copy.deepcopy(_BASE)
    return found


def differences(ours: Any, theirs: Any) -> list[Difference]:
    return compare(Document(ours, "ours"), Document(theirs, "theirs"))


def at(document: Json, path: str) -> Any:
    node: Any = document
    for token in path.split(".") if path else []:
        node = node[int(token)] if is_list(node) else node[token.replace("|", "/")]
    return node


GET = "paths.|things|{id}.get"
POST = "paths.|things.post"
THING = "components.schemas.Thing"
CLIENTS, SERVERS, BOTH = (
    "breaking for clients",
    "breaking for servers",
    "breaking for clients and servers",
)
FINE, DOCS = "compatible", "documentation only"

Change = Callable[[Json], object]


def put(path: str, name: str, value: Any) -> Change:
    def change(document: Json) -> None:
        node = at(document, path)
        node[int(name) if isinstance(node, list) else name] = value

    return change


def drop(path: str, name: str) -> Change:
    def change(document: Json) -> None:
        node = at(document, path)
        del node[int(name) if isinstance(node, list) else name.replace("|", "/")]

    return change


PARAMS = f"{GET}.parameters"


def query(schema: Any, **words: Any) -> Json:
    document = base()
    at(document, PARAMS)[1] = {"name": "size", "in": "query", "schema": schema, **words}
    return document


def around(schema: Any) -> Json:
    return {
        "openapi": "3.1.0",
        "paths": {
            "/a": {
                "post": {
                    "requestBody": {"content": {"application/json": {"schema": schema}}},
                    "responses": {"200": {"description": ""}},
                }
            }
        },
    }


def run(*args: str | Path) -> int:
    return cli.main(["drift", *map(str, args)])


def save(tmp_path: Path, name: str, document: Any) -> Path:
    file = tmp_path / name
    file.write_text(json.dumps(document))
    return file


def inlined(document: Json) -> Json:
    """Write every reference out, except where that would never end."""

    def walk(node: Any, seen: tuple[str, ...]) -> Any:
        if is_list(node):
            return [walk(item, seen) for item in node]
        if not is_object(node):
            return node
        reference = node.get("$ref")
        if isinstance(reference, str) and reference not in seen:
            return walk(at(document, reference[2:].replace("/", ".")), (*seen, reference))
        return {name: walk(value, seen) for name, value in node.items()}

    return {
        **{name: walk(value, ()) for name, value in document.items() if name != "components"},
        "components": document["components"],
    }
