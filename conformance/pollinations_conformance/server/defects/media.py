"""Defects of the media host."""

import hashlib
import json
import re
from typing import Any, cast

from pollinations_conformance.http.credentials import presented_key
from pollinations_conformance.http.json import is_object
from pollinations_conformance.server.backend import RoutedCall
from pollinations_conformance.server.defects.mutators import (
    DROP,
    FETCH,
    IMAGE,
    UPLOAD,
    Scope,
    assign,
    concerns,
    constant,
    drop_query_key,
    edit_body,
    field_of,
    header,
    named_key,
    on_call,
    on_json,
    on_reply,
    on_service,
    on_wire,
    put,
    refuse,
    restatus,
    rework,
    scope_of,
    swap,
    violates_too,
    with_body,
)
from pollinations_conformance.server.encoding import dumps
from pollinations_conformance.server.http import Call, Reply, json_reply
from pollinations_conformance.server.service import Service


def _other_hash(service: Service) -> None:
    def identify(data: bytes) -> str:
        return hashlib.sha1(data).hexdigest()[:16]

    put(service.media_host, "identify", identify)


def _typed_hash(service: Service) -> None:
    """Let the form of the upload enter the hash."""

    def make(honest: Any) -> Any:
        def take(call: Call) -> Any:
            given = call.header("content-type") or ""
            mark = b"" if given.startswith(("image/", "audio/", "video/")) else given[:10].encode()

            def identify(data: bytes) -> str:
                return hashlib.sha256(mark + data).hexdigest()[:16]

            put(service.media_host, "identify", identify)
            return honest(call)

        return take

    swap(service.media_host, "_take", make)


def _prefix_kept(call: Call, _service: Service) -> None:
    edit_body(
        call,
        lambda b: (
            b.update(data="AAAA" + str(b["data"]).partition(",")[2])
            if "," in str(b.get("data", ""))
            else None
        ),
    )


def _latest_type(service: Service) -> None:
    def make(honest: Any) -> Any:
        def upload(call: Call, key: str | None) -> Reply:
            reply = honest(call, key)
            taken = cast("Any", service.media_host)._take(call) if reply.status == 200 else None
            if taken is not None:
                body = json.loads(reply.body)
                body["contentType"] = taken[1]
                reply.body = dumps(body)
            return cast("Reply", reply)

        return upload

    swap(service.media_host, "_upload", make)


def _any_type(service: Service) -> None:
    def make(honest: Any) -> Any:
        def take(call: Call) -> Any:
            taken = honest(call)
            if isinstance(taken, Reply) or taken[1].startswith(("image/", "audio/", "video/")):
                return taken
            return taken[0], "image/" + taken[1].replace("/", "-")

        return take

    swap(service.media_host, "_take", make)


def _keyless_upload(service: Service) -> None:
    def make(honest: Any) -> Any:
        def upload(call: Call, key: str | None) -> Any:
            return honest(call, key or named_key(service, "secret").secret)

        return upload

    swap(service.media_host, "_upload", make)
    put(service.media_host, "valid_key", constant(True))


def _own_reference(routed: RoutedCall) -> bool:
    return re.search(r"://[^/]+/[0-9a-f]{16}$", str(field_of(routed, "image") or "")) is not None


def _small_limit(call: Call, reply: Reply) -> Reply | None:
    if len(call.body) > 9 * 1024 * 1024 and reply.status == 200:
        return json_reply({"error": "File too large. Max size: 9MB"}, 413)
    return None


def _no_limit(call: Call, reply: Reply) -> Reply | None:
    if reply.status == 413:
        return json_reply(
            {
                "id": hashlib.sha256(call.body).hexdigest()[:16],
                "url": f"{call.origin}/{hashlib.sha256(call.body).hexdigest()[:16]}",
                "contentType": "image/png",
                "size": len(call.body),
                "duplicate": False,
            }
        )
    return None


def _lower(call: Call, _service: Service) -> None:
    call.path = call.path.lower() if re.fullmatch("/[0-9a-fA-F]{16}", call.path) else call.path


def _needs_key(call: Call, reply: Reply) -> Reply | None:
    if presented_key(call.request) is None:
        kept = [(name, value) for name, value in reply.headers if name.lower().startswith("access")]
        return json_reply({"error": "API key required."}, 401, kept)
    return None


def _extensionless(_call: Call, reply: Reply) -> Reply | None:
    if b'name="file"; filename=' in _call.body and b"Content-Type" not in _call.body[:400]:
        return json_reply(
            {
                "error": "Invalid file type. Supported: image/*, audio/*, video/*",
                "received": "application/octet-stream",
            },
            415,
        )
    return None


def _odd_json_fails(call: Call, reply: Reply) -> None:
    """Fail for JSON that is no object, or whose data is no text."""
    try:
        value: object = json.loads(call.body)
    except ValueError:
        return
    if not is_object(value) or not isinstance(value.get("data") or "", str):
        reply.status = 500


def _fail_with(reply: Reply, body: bytes, kind: str) -> None:
    if reply.status >= 400:
        others = [(name, value) for name, value in reply.headers if name.lower() != "content-type"]
        reply.headers = [*others, ("Content-Type", kind)]
        reply.body = body


restatus("upload-201", "MEDIA-UP-01", "an upload gets 201", UPLOAD, 200, 201)
on_json("upload-size-missing", "MEDIA-UP-01", "the size is missing", UPLOAD, assign("size", DROP))
on_json(
    "upload-never-duplicate",
    "MEDIA-UP-02",
    "duplicate is always false",
    UPLOAD,
    assign("duplicate", False),
)
on_reply(
    "upload-duplicate-409",
    "MEDIA-UP-02",
    "a duplicate is refused",
    UPLOAD,
    lambda _c, r: (
        json_reply({"error": "Duplicate"}, 409) if b'"duplicate":true' in r.body else None
    ),
)
on_service(
    "upload-id-by-form",
    "MEDIA-UP-03",
    "the form of the upload enters the id",
    _typed_hash,
    scope_of(f"{UPLOAD} {FETCH}"),
)
on_call(
    "upload-prefix-counts",
    "MEDIA-UP-04",
    "the prefix of a data URI changes the id",
    UPLOAD,
    _prefix_kept,
)
on_service(
    "upload-type-latest",
    "MEDIA-UP-05",
    "a duplicate reports the type of the second upload",
    _latest_type,
    scope_of(f"{UPLOAD} {FETCH}"),
)
on_json(
    "upload-size-base64",
    "MEDIA-UP-06",
    "size is that of base64",
    UPLOAD,
    rework("size", lambda n: (n + 2) // 3 * 4),
)
on_json(
    "upload-url-other",
    "MEDIA-UP-06",
    "url does not end with the id",
    UPLOAD,
    rework("url", lambda u: u + "?v=1"),
)
on_service(
    "upload-hash-sha1",
    "MEDIA-UP-07",
    "the id is of another hash",
    _other_hash,
    scope_of(f"{UPLOAD} {FETCH}"),
)
on_json(
    "upload-hash-long",
    "MEDIA-UP-07",
    "the id has more digits",
    UPLOAD,
    rework("id", lambda v: v + v),
)
on_json(
    "upload-hash-upper", "MEDIA-UP-07", "the id is in capitals", UPLOAD, rework("id", str.upper)
)
on_reply("upload-limit-low", "MEDIA-UP-08", "10 MiB are too many", UPLOAD, _small_limit)
on_reply("upload-no-limit", "MEDIA-UP-08", "there is no limit", UPLOAD, _no_limit)
on_service(
    "upload-any-type",
    "MEDIA-UP-09",
    "any type is accepted",
    _any_type,
    scope_of(f"{UPLOAD} {FETCH}"),
)
on_reply(
    "upload-empty-ok",
    "MEDIA-UP-10",
    "an empty body is accepted",
    UPLOAD,
    lambda c, r: (
        json_reply(
            {
                "id": "e3b0c44298fc1c14",
                "url": f"{c.origin}/e3b0c44298fc1c14",
                "contentType": "image/png",
                "size": 0,
                "duplicate": False,
            }
        )
        if not c.body and r.status == 400
        else None
    ),
)
on_reply(
    "upload-missing-500",
    "MEDIA-UP-11",
    "a missing file is a failure of the server",
    UPLOAD,
    lambda _c, r: setattr(r, "status", 500) if b"No file" in r.body else None,
    400,
)
on_reply(
    "upload-odd-json-500",
    "MEDIA-UP-11",
    "JSON of another type is a failure of the server",
    UPLOAD,
    _odd_json_fails,
    400,
)
on_service(
    "upload-open", "MEDIA-UP-12", "an upload needs no key", _keyless_upload, scope_of(UPLOAD)
)
on_call(
    "upload-header-only",
    "MEDIA-UP-13",
    "the key in the query does not count",
    UPLOAD,
    drop_query_key,
)
on_reply(
    "upload-extension-ignored",
    "MEDIA-UP-14",
    "the file name's extension is ignored",
    UPLOAD,
    _extensionless,
)
refuse(
    "upload-not-a-reference",
    "MEDIA-UP-15",
    "an uploaded file is no reference image",
    IMAGE,
    "image",
    _own_reference,
)
on_reply(
    "media-octets",
    "MEDIA-GET-01",
    "the type of a file is forgotten",
    FETCH,
    header("Content-Type", "application/octet-stream"),
    200,
)
on_reply(
    "media-byte-lost",
    "MEDIA-GET-01",
    "the last byte of a file is lost",
    "getMedia",
    lambda _c, r: setattr(r, "body", r.body[:-1]),
    200,
)
on_reply("media-needs-key", "MEDIA-GET-02", "files need a key", FETCH, _needs_key)
on_reply(
    "media-not-cached",
    "MEDIA-GET-03",
    "files must not be cached",
    FETCH,
    header("Cache-Control", "no-store"),
    200,
)
on_reply(
    "media-hash-other",
    "MEDIA-GET-04",
    "X-Content-Hash is another hash",
    FETCH,
    header("X-Content-Hash", "0" * 16),
    200,
)
on_reply(
    "media-size-off",
    "MEDIA-GET-04",
    "X-Content-Size is one too high",
    FETCH,
    lambda _c, r: r.set("X-Content-Size", str(len(r.body) + 1)),
    200,
)
restatus("media-malformed-404", "MEDIA-GET-05", "a malformed hash is unknown", "getMedia", 400, 404)
restatus("media-unknown-500", "MEDIA-GET-06", "an unknown hash is a failure", "getMedia", 404, 500)
on_reply(
    "media-no-cors",
    "MEDIA-GET-07",
    "files cannot be read by pages",
    FETCH,
    header("Access-Control-Allow-Origin", None),
)
on_reply(
    "media-nothing-exposed",
    "MEDIA-GET-07",
    "no header is exposed to pages",
    FETCH,
    header("Access-Control-Expose-Headers", None),
)
on_reply(
    "media-error-nested",
    "MEDIA-ERR-01",
    "errors are objects",
    f"{UPLOAD} getMedia",
    lambda _c, r: _fail_with(r, dumps({"error": {"message": "x"}}), "application/json"),
)
on_reply(
    "media-error-plain",
    "MEDIA-ERR-01",
    "errors are plain text",
    f"{UPLOAD} getMedia",
    lambda _c, r: _fail_with(r, b"x", "text/plain"),
)
on_call("media-any-case", "MEDIA-GET-08", "capitals are found, too", FETCH, _lower)
on_wire(
    "media-head-with-body",
    "MEDIA-HEAD-01",
    "the response to HEAD has the file",
    "headMedia",
    lambda c, r: with_body(c, r) if r.status == 200 else None,
)
on_reply(
    "media-head-untyped",
    "MEDIA-HEAD-01",
    "HEAD names no hash",
    "headMedia",
    header("X-Content-Hash", None),
    200,
)
on_reply(
    "media-head-length",
    "MEDIA-HEAD-02",
    "HEAD reports a length of 0",
    "headMedia",
    header("Content-Length", "0"),
    200,
)
on_wire(
    "media-head-error-body",
    "MEDIA-HEAD-03",
    "the response to HEAD of a bad hash has a body",
    "headMedia",
    lambda c, r: with_body(c, r) if r.status >= 400 else None,
)
restatus("media-head-always", "MEDIA-HEAD-03", "HEAD finds every hash", "headMedia", 404, 200)

concerns(Scope(when=lambda seen: seen.method == "OPTIONS"), "upload-preflight-no-authorization")
# Where the ids of two forms differ, one of them is not the hash.
violates_too("upload-id-by-form", "MEDIA-UP-07")
