"""Refusals of the gateway and of the media host, and the bodies they are sent with."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from pollinations_conformance.server.data import load
from pollinations_conformance.server.encoding import dumps
from pollinations_conformance.server.http import Header, Reply, json_reply

_CODES: Mapping[str, Mapping[str, str]] = load("errors.yaml")

# What validation calls the part of the request that was wrong, in the order it looks at them.
_PARTS = {
    "path": "Path parameter validation failed",
    "query": "Query parameter validation failed",
    "header": "Header validation failed",
    "cookie": "Cookie validation failed",
    "form": "Form data validation failed",
    "body": "JSON body validation failed",
}


class Refused(Exception):
    """The response is an error envelope.

    Args:
        status: HTTP status.
        message: None for the status's default text.
        details: the envelope's `details`, of validation failures only.
        headers: sent beside the usual ones.
    """

    def __init__(
        self,
        status: int,
        message: str | None = None,
        details: Mapping[str, Any] | None = None,
        headers: Sequence[Header] = (),
    ) -> None:
        super().__init__(message or _entry(status)["message"])
        self.status = status
        self.details = details
        self.headers = headers


def _entry(status: int) -> Mapping[str, str]:
    return _CODES.get(str(status), _CODES["other"])


def iso(moment: float) -> str:
    """Return a POSIX time (seconds) as `2026-01-31T12:00:00.000Z`."""
    text = datetime.fromtimestamp(moment, UTC).isoformat(timespec="milliseconds")
    return text.replace("+00:00", "Z")


def envelope(refused: Refused, now: float) -> Reply:
    """Return the response with the error envelope.

    Args:
        refused: what is wrong.
        now: POSIX time in seconds, for the timestamp.
    """
    error: dict[str, Any] = {"message": str(refused), "code": _entry(refused.status)["code"]}
    if refused.details is not None:
        error["details"] = refused.details
    error["timestamp"] = iso(now)
    body = {"success": False, "error": error, "status": refused.status}
    return json_reply(body, refused.status, refused.headers)


def invalid(violations: Iterable[tuple[str, str, str]]) -> Refused:
    """Return the refusal of an invalid request.

    Only the first part of the request that is wrong is reported, as the service does.

    Args:
        violations: part (a key of the table above), top-level field or "", and sentence.
    """
    found = list(violations)
    part = next((name for name in _PARTS if any(v[0] == name for v in found)), "body")
    forms: list[str] = []
    fields: dict[str, list[str]] = {}
    for where, name, sentence in found:
        if where != part:
            continue
        seen = fields.setdefault(name, []) if name else forms
        if sentence not in seen:
            seen.append(sentence)
    details = {"name": "ValidationError", "formErrors": forms, "fieldErrors": fields}
    return Refused(400, _PARTS[part], details)


def unknown_model(name: str) -> Refused:
    """Return the refusal of a model that nobody knows."""
    return Refused(
        400, f'Invalid service or alias: "{name}". Must be a valid service name or alias.'
    )


def relayed_error(error: str, message: str, model: str) -> str:
    """Return a provider's error the way the gateway relays it: JSON inside the message."""
    body = {
        "error": error,
        "message": message,
        "requestId": "ref001",
        "requestParameters": {"model": model},
    }
    return dumps(body).decode()


def media_error(status: int, message: str, **more: str) -> Reply:
    """Return the media host's error response, which is no envelope."""
    return json_reply({"error": message, **more}, status)
