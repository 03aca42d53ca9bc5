"""Defects of errors."""

import json
from collections.abc import Callable
from typing import Any

from pollinations_conformance.http.credentials import presented_key
from pollinations_conformance.server.defects.mutators import (
    ACCOUNT,
    CHAT,
    DROP,
    GENERATION,
    Json,
    Scope,
    assign,
    concerns,
    on_call,
    on_error,
    on_reply,
    rework,
)
from pollinations_conformance.server.encoding import dumps
from pollinations_conformance.server.http import Call, Reply
from pollinations_conformance.server.service import Service


def _details(change: Callable[[Json], Any]) -> Callable[[Any], None]:
    def apply_details(body: Any) -> None:
        if "details" in body["error"]:
            change(body["error"]["details"])

    return apply_details


def _unprocessable(_call: Call, reply: Reply) -> None:
    if "json" not in (reply.header("content-type") or ""):
        return
    body = json.loads(reply.body)
    if "success" in body:
        reply.status = body["status"] = 422
        body["error"]["code"] = "UNPROCESSABLE_ENTITY"
        reply.body = dumps(body)


def _first_only(details: Json) -> None:
    details["fieldErrors"] = dict(list(details["fieldErrors"].items())[:1])


def _deep_names(details: Json) -> None:
    details["fieldErrors"] = {
        f"{name}.0.role" if name == "messages" and "undefined" not in str(texts) else name: texts
        for name, texts in details["fieldErrors"].items()
    }


def _form_as_field(details: Json) -> None:
    if details["formErrors"]:
        details.update(fieldErrors={"body": details["formErrors"]}, formErrors=[])


def _malformed_details(body: Any) -> None:
    if "Malformed" in body["error"]["message"]:
        details: Json = {"name": "ValidationError", "formErrors": ["Malformed"], "fieldErrors": {}}
        body["error"]["details"] = details


def _any_content_type(call: Call, _service: Service) -> None:
    if call.body.startswith(b"{"):
        call.headers = [h for h in call.headers if h[0] != "content-type"]
        call.headers.append(("content-type", "application/json"))


def _bare_fields(details: Json) -> None:
    details["fieldErrors"] = {n: (t[0] if t else "") for n, t in details["fieldErrors"].items()}


def _echo(call: Call, reply: Reply) -> None:
    key = presented_key(call.request)
    if key and reply.status >= 400 and "json" in (reply.header("content-type") or ""):
        body = json.loads(reply.body)
        if isinstance(body.get("error"), dict):
            body["error"]["message"] += f" ({key})"
            reply.body = dumps(body)


def _plain_error(_call: Call, reply: Reply) -> None:
    if reply.status >= 400:
        reply.set("Content-Type", "text/plain")


def _needless_details(body: Any) -> None:
    if body["status"] in {401, 402, 403, 404}:
        body["error"].setdefault("details", {"name": "HTTPException"})


def _bare_error(body: Any) -> Any:
    return {"error": body["error"]["message"]}


on_error(
    "validation-name",
    "ERR-VAL-01",
    "validation errors are called ZodError",
    _details(lambda d: d.update(name="ZodError")),
    400,
)
on_error(
    "validation-no-details",
    "ERR-VAL-01",
    "validation errors have no details",
    assign("error.details", DROP),
    400,
)
on_reply(
    "validation-422",
    "ERR-VAL-01",
    "what is invalid gets 422",
    "",
    _unprocessable,
    400,
)
on_error(
    "validation-form-as-field",
    "ERR-VAL-02",
    "a wrong body is a wrong field",
    _details(_form_as_field),
    400,
)
on_error(
    "validation-deep-names", "ERR-VAL-03", "fieldErrors have paths", _details(_deep_names), 400
)
on_error(
    "validation-first-only",
    "ERR-VAL-04",
    "only the first wrong field is reported",
    _details(_first_only),
    400,
)
on_error("malformed-details", "ERR-VAL-05", "malformed JSON has details", _malformed_details, 400)
on_call(
    "content-type-ignored",
    "ERR-VAL-06",
    "any Content-Type is read as JSON",
    CHAT,
    _any_content_type,
)
on_error(
    "validation-bare-texts",
    "ERR-VAL-07",
    "fieldErrors have texts, not lists",
    _details(_bare_fields),
    400,
)
on_error(
    "validation-empty-lists",
    "ERR-VAL-07",
    "the lists in fieldErrors are empty",
    _details(lambda d: d.update(fieldErrors={n: [] for n in d["fieldErrors"]})),
    400,
)
on_error("envelope-gone", "ERR-ENV-01", "an error is a text", _bare_error, None)
on_error(
    "envelope-success", "ERR-ENV-01", "an error is called a success", assign("success", True), None
)
on_error(
    "envelope-status",
    "ERR-ENV-01",
    "the envelope's status is always 500",
    assign("status", 500),
    None,
)
on_reply(
    "error-plain",
    "ERR-ENV-01",
    "errors are called text/plain",
    f"{GENERATION} {ACCOUNT}",
    _plain_error,
)
on_error(
    "code-lower", "ERR-ENV-02", "codes are in lower case", rework("error.code", str.lower), None
)
on_error("code-missing", "ERR-ENV-02", "there is no code", assign("error.code", DROP), None)
on_error(
    "code-unknown",
    "ERR-ENV-02",
    "every code is UNKNOWN_ERROR",
    assign("error.code", "UNKNOWN_ERROR"),
    None,
)
on_error(
    "timestamp-seconds",
    "ERR-ENV-03",
    "the timestamp is a number",
    assign("error.timestamp", 1_700_000_000),
    None,
)
on_error(
    "timestamp-local",
    "ERR-ENV-03",
    "the timestamp has an offset",
    rework("error.timestamp", lambda t: t.replace("Z", "+02:00")),
    None,
)
on_error(
    "timestamp-stale",
    "ERR-ENV-03",
    "the timestamp is that of another time",
    assign("error.timestamp", "2020-01-01T00:00:00.000Z"),
    None,
)
on_error("message-empty", "ERR-ENV-04", "messages are empty", assign("error.message", ""), None)
on_error(
    "message-list", "ERR-ENV-04", "messages are lists", rework("error.message", lambda m: [m]), None
)
on_error(
    "details-everywhere",
    "ERR-ENV-05",
    "refusals of a key, a permission or a path have details",
    _needless_details,
    None,
)
on_reply("error-shows-key", "ERR-ENV-06", "errors repeat the key", "", _echo)

concerns(Scope(failures=True), "error-shows-key")
