"""The document as the generator gets it: the contract without what the generator would do something unwise with."""

from __future__ import annotations

import copy
from typing import Any, TypeGuard

Json = dict[str, Any]


def prepare(document: Json) -> Json:
    """Give a copy of the contract for the generator.

    Removed are request defaults (the generator would send them, and the service's own could then never change; they
    stay in docstrings), enumerations inside other schemas (one class each for the same few words), objects without
    described properties (an empty class each), event streams, which it cannot read, and second forms of success
    answers, of which it only knows the first. No operation, status or named component is removed.
    """
    result: Json = copy.deepcopy(document)
    for name, schema in result["components"]["schemas"].items():
        _schema(schema, named=True)
        if name.endswith("Event") and "data" in schema.get("properties", {}):
            # One event of a stream, decoded by the runtime.
            schema["properties"]["data"] = {"type": "string"}
    for path in result["paths"].values():
        for parameter in path.get("parameters", []):
            _schema(parameter.get("schema"))
        for operation in path.values():
            if "responses" in operation:
                _operation(operation)
    for parameter in result["components"].get("parameters", {}).values():
        _schema(parameter.get("schema"))
    for body in result["components"].get("requestBodies", {}).values():
        _content(body.get("content", {}))
    for response in result["components"].get("responses", {}).values():
        _response(response)
    return result


def _operation(operation: Json) -> None:
    for parameter in operation.get("parameters", []):
        _schema(parameter.get("schema"))
    _content(operation.get("requestBody", {}).get("content", {}))
    for response in operation["responses"].values():
        _response(response)


def _response(response: Json) -> None:
    content = response.get("content", {})
    content.pop("text/event-stream", None)
    _content(content)


def _content(content: Json) -> None:
    for media in content.values():
        _schema(media.get("schema"))


def _is_schema(value: Any) -> TypeGuard[Json]:
    return isinstance(value, dict)


def _schema(schema: Any, named: bool = False) -> None:
    if not _is_schema(schema):
        return
    schema.pop("default", None)
    if not named:
        schema.pop("enum", None)
        if "object" in schema.get("type", ()) and not schema.get("properties"):
            for key in ("type", "additionalProperties"):
                schema.pop(key, None)
    if len(schema.get("allOf", [])) == 1 and "$ref" in schema["allOf"][0]:
        # A reference with a description beside it: the generator would merge a new class of it.
        schema.update(schema.pop("allOf")[0])
    # The generator's own merging and tags are not used: unions are laid out by the plan.
    schema.pop("discriminator", None)
    schema.pop("patternProperties", None)
    for key in ("anyOf", "oneOf", "allOf", "prefixItems"):
        for member in schema.get(key, []):
            _schema(member)
    for key in ("items", "additionalProperties"):
        _schema(schema.get(key))
    for member in schema.get("properties", {}).values():
        _schema(member)
