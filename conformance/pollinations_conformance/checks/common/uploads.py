"""Upload files in every form, and send requests to the media host."""

import base64
import re
from typing import Any

from pollinations_conformance.checks.common.files import png
from pollinations_conformance.checks.common.responses import parse_json
from pollinations_conformance.http.json import is_object
from pollinations_conformance.suite import (
    MAIN,
    TEMPORARY,
    Exchange,
    Host,
    NotTested,
    Payload,
    PreconditionFailed,
    Session,
    describe,
    form_payload,
    invalid_request,
    json_payload,
    minimal_request,
    segment,
)
from pollinations_conformance.suite.assertions import record
from pollinations_conformance.suite.errors import Unreachable

UP, GET, HEAD = "uploadMedia", "getMedia", "headMedia"


KINDS = ("image/png", "audio/mpeg", "video/mp4")


def upload(
    t: Session, data: bytes, content_type: str | None = "image/png", **options: Any
) -> Exchange:
    """Upload bytes as they are."""
    return send_media(t, "POST", "/upload", body=Payload(data, content_type), **options)


def upload_json(t: Session, value: Any, **options: Any) -> Exchange:
    """Upload by JSON."""
    return send_media(t, "POST", "/upload", body=json_payload(value), **options)


def send_media(t: Session, method: str, path: str, **options: Any) -> Exchange:
    """Send a request to the media host."""
    host: Host = "media"
    return t.send(method, path, host=host, **options)


def in_every_form(data: bytes, kind: str = "image/png") -> dict[str, Payload]:
    """Return an upload as raw bytes, as a form and as base64 in JSON."""
    return {what: in_form(what, data, kind) for what in FORMS}


FORMS = ("raw bytes", "a form", "JSON")


def in_form(what: str, data: bytes, kind: str = "image/png") -> Payload:
    """Return an upload in one of the forms; large ones are better made one at a time."""
    if what == "raw bytes":
        return Payload(data, kind)
    if what == "a form":
        return form_payload([("file", data, "cat.png", kind)])
    text = base64.b64encode(data).decode()
    return json_payload({"data": text, "contentType": kind, "name": "cat.png"})


UNDECIDED = TEMPORARY | {401, 403}
"""Statuses that say nothing of the form of a body."""


def working_forms(t: Session) -> tuple[str, ...]:
    """Return the forms in which the smallest upload is not refused; all of them when none is.

    A form that the server does not take at all is a failure of its own, MEDIA-UP-01; what holds for
    uploads in any form is tested with the others.
    """

    def attempt() -> tuple[str, ...]:
        found: list[str] = []
        sender = t.control_session()
        for what in FORMS:
            try:
                response = send(sender, in_form(what, png(sender)))
            except (NotTested, Unreachable):  # the check that needs this form tells why
                found.append(what)
                continue
            if response.ok or response.status in UNDECIDED:
                found.append(what)
            else:
                message = f"a minimal upload as {what} gets {describe(response)}, not 200"
                record(t.run, [], PreconditionFailed("MEDIA-UP-01", message, response))
        return tuple(found) or FORMS

    return t.once("upload forms", attempt) if MAIN in t.target.keys else FORMS


def in_working_forms(t: Session, data: bytes, kind: str = "image/png") -> dict[str, Payload]:
    """Return an upload in each form that the server takes."""
    return {what: in_form(what, data, kind) for what in working_forms(t)}


def store(t: Session, data: bytes, kind: str = "image/png", **options: Any) -> Exchange:
    """Upload bytes in a form that works: as they are, if the server takes them so."""
    return send(t, in_form(working_forms(t)[0], data, kind), **options)


@minimal_request(UP, forms=("raw", "multipart/form-data", "application/json"))
def minimal_upload(t: Session, operation: str, form: str) -> dict[str, Any]:
    """Make the arguments of `Session.send` for the upload of a small image."""
    names = {"raw": "raw bytes", "application/json": "JSON", "multipart/form-data": "a form"}
    working = working_forms(t)
    usual = "a form" if "a form" in working else working[0]
    body = in_form(names.get(form, usual), png(t))
    host: Host = "media"
    return {"method": "POST", "path": "/upload", "host": host, "body": body}


@minimal_request(GET, HEAD)
def minimal_download(t: Session, operation: str, form: str) -> dict[str, Any]:
    """Make the arguments of `Session.send` for the download of a small image that was uploaded."""
    host: Host = "media"
    method = "GET" if operation == GET else "HEAD"
    response = t.send(**minimal_upload(t, UP, ""))
    found = parse_json(response.content)
    name = found.get("id") if response.ok and is_object(found) else None
    if not isinstance(name, str) or not re.fullmatch("[0-9a-f]{16}", name):
        raise NotTested(f"no file can be stored: an upload gets {describe(response)}")
    return {"method": method, "path": f"/{segment(name)}", "host": host, "key": None}


@invalid_request(UP, "MEDIA-UP-11", "a form without the field file")
def upload_without_file(t: Session, operation: str) -> dict[str, Any]:
    """Make the arguments of `Session.send` for an upload of nothing."""
    form = form_payload([("name", "cat", None, None)])
    return {"method": "POST", "path": "/upload", "host": "media", "body": form}


@invalid_request(HEAD, "MEDIA-GET-05", "GET of a malformed hash")
def malformed_download(t: Session, operation: str) -> dict[str, Any]:
    """Make the arguments of `Session.send` for the download of what is no hash."""
    return {"method": "GET", "path": "/not-a-hash", "host": "media", "key": None}


def send(t: Session, form: Payload, **options: Any) -> Exchange:
    """Upload something in one of the forms."""
    return send_media(t, "POST", "/upload", body=form, **options)


def stored_file(t: Session) -> tuple[bytes, dict[str, Any]]:
    """Return bytes that were uploaded, and the response to it."""

    def keep() -> tuple[bytes, dict[str, Any]]:
        data = png(t)
        return data, t.json_object(t.assert_success(store(t, data)))

    return t.once("upload", keep)


def filled(t: Session, size: int) -> bytes:
    """Make a file of a certain size that is unlike any other."""
    start = png(t)
    return start + b"\0" * (size - len(start))
