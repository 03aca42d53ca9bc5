"""Validation of requests by the contract, with the messages of the service."""

import json
import re
from collections.abc import Mapping
from typing import Any, cast

from pollinations_conformance import contract as contracts
from pollinations_conformance.http.json import is_object
from pollinations_conformance.server.backend import RoutedCall
from pollinations_conformance.server.errors import Refused, invalid, unknown_model
from pollinations_conformance.server.http import Call
from pollinations_conformance.server.options import Options

_PLAIN_NUMBER = re.compile(r"-?\d+(\.\d+)?([eE][+-]?\d+)?", re.ASCII)


def parsed_body(call: Call) -> object:
    """Return a request's JSON body, valid or not; None when there is none."""
    if call.method != "POST" or not call.body:
        return None
    try:
        return json.loads(call.body)
    except (ValueError, RecursionError):
        return None


class Validator:
    """Validates requests to the gateway.

    Args:
        contract: that requests have to follow.
        options: `strict` decides about query values that a server may refuse.
    """

    def __init__(self, contract: contracts.Contract, options: Options) -> None:
        self.contract = contract
        self.options = options

    def validate(self, routed: RoutedCall) -> None:
        """Read a request's values.

        Raises:
            Refused: the contract does not allow it.
        """
        call = routed.call
        if call.oversized:
            raise Refused(413, "Request body is too large.")
        routed.values, found = self.contract.read_request(routed.match, call.request)
        odd = self._unusual_values(routed) if call.query_string else []
        if not found and not odd:
            return
        if found and found[0].kind == "malformed-json":
            raise Refused(400, "Malformed JSON in request body")
        form = "multipart/form-data" in _content_types(routed.match.operation.raw)
        if form and found:
            missing = any(v.field == "file" for v in found) or found[0].kind == "malformed-form"
            if missing:
                raise Refused(400, "Missing required field: file")
        listed = [("query", name, sentence) for name, sentence in odd]
        for violation in found:
            part = re.split(r"[.\[]", violation.where, maxsplit=1)[0]
            part = "form" if form and part == "body" else part
            listed.append((part, violation.field, violation.message))
        if not odd and self._only_model_unknown(routed, found):
            raise unknown_model(self._model_of(routed))
        raise invalid(listed)

    def _only_model_unknown(self, routed: RoutedCall, found: list[contracts.Violation]) -> bool:
        if routed.operation in ("generateText", "generateImage"):
            return False
        if any(v.field != "model" or v.kind != "enum" for v in found):
            return False
        body = parsed_body(routed.call)
        return not (is_object(body) and not isinstance(body.get("model"), str))

    def _unusual_values(self, routed: RoutedCall) -> list[tuple[str, str]]:
        """List query values that a server may refuse, or must although their text is welcome."""
        odd: list[tuple[str, str]] = []
        query = routed.call.query
        strict = self.options.strict
        for parameter in routed.match.operation.parameters:
            if parameter.location != "query" or "string" in parameter.types:
                continue
            texts = [value for name, value in query if name == parameter.name]
            if "boolean" in parameter.types:
                wrong = len(texts) > 1 or (
                    strict and texts[:1] != [] and texts[0] not in ("true", "false")
                )
                sentence = "Invalid input: expected boolean, received string"
            else:
                wrong = strict and any(not _PLAIN_NUMBER.fullmatch(text) for text in texts)
                sentence = "Invalid input: expected number, received NaN"
            if wrong:
                odd.append((parameter.name, sentence))
        return odd

    def _model_of(self, routed: RoutedCall) -> str:
        """Return the model a request names, valid or not."""
        body = parsed_body(routed.call)
        if is_object(body):
            return str(body.get("model"))
        fields = routed.values.body
        named = cast("dict[str, Any]", fields).get("model") if isinstance(fields, dict) else None
        return str(named if named is not None else routed.call.parameter("model"))


def _content_types(operation: Mapping[str, Any]) -> Mapping[str, Any]:
    return cast("Mapping[str, Any]", operation.get("requestBody") or {}).get("content") or {}
