"""Mutations of requests and responses: uploads and files."""

from collections.abc import Callable

from tests.conformance.mutations.base import Call, request, response
from tests.conformance.mutations.common import drop_header, edit_body, refuse

response(
    "forms-created",
    "MEDIA-UP-01",
    "an upload by form gets 201",
    lambda q, r: q.operation == "uploadMedia" and r.status == 200 and b"form-data" in q.body[:200],
    lambda q, r: setattr(r, "status", 201),
)

response(
    "unknown-files-closed",
    "MEDIA-GET-07",
    "a 404 may not be read by pages",
    lambda q, r: q.operation == "getMedia" and r.status == 404,
    drop_header("access-control-allow-origin"),
)


def hash_and(mark: str) -> Callable[[Call], bool]:
    return lambda q: q.media and len(q.path) > 17 and q.path[17:].startswith(mark)


response(
    "uris-of-sound",
    "MEDIA-UP-04",
    "the prefix of a sound is part of it",
    lambda q, r: q.path == "/upload" and b'"data:audio' in q.body and r.status == 200,
    edit_body(lambda body: body.update(id="0" * 16)),
)

response(
    "forms-of-ten-mebibytes",
    "MEDIA-UP-08",
    "the frame of a form counts as well",
    lambda q, r: q.path == "/upload" and len(q.body) > 10485760 and r.status == 200,
    refuse(413),
)

response(
    "sounds-are-private",
    "MEDIA-GET-03",
    "sounds may not be kept",
    lambda q, r: q.media and q.method == "GET" and r.kind.startswith("audio/"),
    lambda q, r: r.put("cache-control", "private"),
)

for _mark, _name in (("%0A", "line-ends"), (".", "extensions")):
    request(
        f"hashes-with-{_name}",
        "MEDIA-GET-05",
        "what follows a hash is left away",
        hash_and(_mark),
        lambda q: setattr(q, "path", q.path[:17]),
    )

response(
    "head-of-videos",
    "MEDIA-HEAD-01",
    "HEAD of a video reports application/octet-stream",
    lambda q, r: q.media and q.method == "HEAD" and r.kind.startswith("video/"),
    lambda q, r: r.put("content-type", "application/octet-stream"),
)
