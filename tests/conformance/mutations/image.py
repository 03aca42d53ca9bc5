"""Mutations of requests and responses: images and videos."""

from tests.conformance.mutations.base import request, response
from tests.conformance.mutations.common import IMAGE, decode_twice, is_video, requests_beside

for _name, _operation, _parameter, _value, _beside in (
    ("IMG-GET-04", IMAGE, "width", "64px", ""),
    ("IMG-GET-04", IMAGE, "height", "-1", "model"),
    ("IMG-GET-06", IMAGE, "quality", "ultra", "model"),
    ("IMG-GET-07", IMAGE, "duration", "11", "model"),
):
    request(
        f"lenient-{_parameter}-{_beside or _value}",
        _name,
        "a wrong value is taken",
        requests_beside(_operation, _beside, **{_parameter: _value}),
        lambda q: setattr(q, "query", ""),
    )

request(
    "pictures-of-512-at-most",
    "IMG-GET-15",
    "a large picture is smaller",
    lambda q: q.operation == IMAGE and q.parameters.get("width") == "1024",
    lambda q: setattr(q, "query", q.query.replace("width=1024", "width=512")),
)

request(
    "pictures-decoded-twice",
    "IMG-GET-12",
    "the file name is made of a prompt that was decoded twice",
    lambda q: q.operation == IMAGE,
    decode_twice,
)

response(
    "other-videos-are-webm",
    "IMG-GET-11",
    "videos of one model have another type",
    lambda q, r: is_video(q, r) and q.parameters.get("model") == "wan",
    lambda q, r: r.put("content-type", "video/webm"),
)

response(
    "videos-without-duration-are-images",
    "IMG-GET-11",
    "a video of the default duration is called an image",
    lambda q, r: is_video(q, r) and "duration" not in q.parameters,
    lambda q, r: r.put("content-type", "image/jpeg"),
)

request(
    "other-videos-have-any-duration",
    "IMG-GET-16",
    "one model heeds no length",
    lambda q: q.operation == IMAGE and q.parameters.get("model") == "seedance",
    lambda q: setattr(q, "query", "model=seedance"),
)

response(
    "drawings-named-photographs",
    "IMG-GET-12",
    "a PNG is named as a JPEG",
    lambda q, r: q.operation == IMAGE and r.kind == "image/png",
    lambda q, r: r.put("content-disposition", 'inline; filename="small-cat.jpg"'),
)

response(
    "drawings-called-photographs",
    "IMG-GET-01",
    "a PNG is called a JPEG",
    lambda q, r: q.operation == IMAGE and r.kind == "image/png",
    lambda q, r: r.put("content-type", "image/jpeg"),
)
