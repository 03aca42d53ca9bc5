"""Defects of images and videos."""

from collections.abc import Sequence

from pollinations_conformance.server.defects.mutators import (
    IMAGE,
    accept,
    edit_query,
    field_of,
    head,
    header,
    is_hit,
    on_call,
    on_reply,
    on_wire,
    refuse,
    sent,
    violates_too,
)
from pollinations_conformance.server.http import Call, Reply
from pollinations_conformance.server.service import Service


def _image_text(_call: Call, reply: Reply) -> None:
    if (reply.header("content-type") or "").startswith("image/"):
        reply.body = b"string"


def _image_cut(_call: Call, reply: Reply) -> None:
    if (reply.header("content-type") or "").startswith("image/"):
        reply.body = reply.body[: len(reply.body) // 2]


def _cached_video_cut(_call: Call, reply: Reply) -> None:
    if is_hit(reply) and (reply.header("content-type") or "").startswith("video/"):
        reply.body = reply.body[: len(reply.body) // 2]


def _wrong_kind(_call: Call, reply: Reply) -> None:
    if reply.header("content-type") == "image/jpeg":
        reply.set("Content-Type", "image/png")


def _one_segment(call: Call, _service: Service) -> None:
    if call.path.count("/") > 2 or "%2F" in call.path.upper() or "%0A" in call.path.upper():
        call.path = "/nowhere" + call.path


def _half_size(call: Call, _service: Service) -> None:
    edit_query(
        call,
        lambda ps: [
            (n, str(int(v) // 2) if n in ("width", "height") and v.isdigit() else v) for n, v in ps
        ],
    )


def _one_second(call: Call, _service: Service) -> None:
    edit_query(
        call, lambda ps: [(n, "1" if n == "duration" and v in "23456789" else v) for n, v in ps]
    )


def _video_as_image(_call: Call, reply: Reply) -> None:
    if reply.header("content-type") == "video/mp4":
        reply.set("Content-Type", "image/jpeg")


def _split_header(_call: Call, reply: Reply) -> Sequence[bytes] | None:
    if not reply.header("content-disposition"):
        return None
    reply.set("Content-Disposition", 'inline; filename="a\r\nX-Injected: yes\r\nX-Rest: .jpg"')
    return [head(reply, f"Content-Length: {len(reply.body)}") + reply.body]


def _attached(_call: Call, reply: Reply) -> None:
    reply.set(
        "Content-Disposition",
        (reply.header("Content-Disposition") or "").replace("inline", "attachment"),
    )


def _uncounted(_call: Call, reply: Reply) -> None:
    reply.set("x-usage-completion-video-seconds", None)
    reply.set("x-usage-completion-video-tokens", None)


on_reply("image-is-text", "IMG-GET-01", "the image is a text", IMAGE, _image_text, 200)
on_reply("image-cut", "IMG-GET-01", "the image is half there", IMAGE, _image_cut, 200)
on_reply(
    "video-cut-in-cache",
    "IMG-GET-01",
    "a video from the cache is half there",
    IMAGE,
    _cached_video_cut,
    200,
)
on_reply("image-called-png", "IMG-GET-01", "a JPEG is called PNG", IMAGE, _wrong_kind, 200)
on_call(
    "image-one-segment",
    "IMG-GET-02",
    "a prompt with slashes or line ends is unknown",
    IMAGE,
    _one_segment,
)
refuse(
    "image-model-required",
    "IMG-GET-03",
    "model must be named",
    IMAGE,
    "model",
    lambda w: not sent(w, "model"),
)
accept("image-size-lenient", "IMG-GET-04", "any size is accepted", IMAGE, "width", "height")
accept("image-seed-lenient", "IMG-GET-05", "any seed is accepted", IMAGE, "seed")
refuse(
    "image-seed-edges",
    "IMG-GET-05",
    "the greatest seed is refused",
    IMAGE,
    "seed",
    lambda w: field_of(w, "seed") == 2147483647,
)
accept("image-quality-lenient", "IMG-GET-06", "any quality is accepted", IMAGE, "quality")
accept("image-duration-lenient", "IMG-GET-07", "any duration is accepted", IMAGE, "duration")
accept("image-reference-lenient", "IMG-GET-08", "any reference is accepted", IMAGE, "image")
refuse(
    "image-one-reference",
    "IMG-GET-09",
    "two references are refused",
    IMAGE,
    "image",
    lambda w: "|" in str(field_of(w, "image") or ""),
)
accept("image-model-lenient", "IMG-GET-10", "any model is accepted", IMAGE, "model")
on_reply(
    "video-called-image", "IMG-GET-11", "a video is called image/jpeg", IMAGE, _video_as_image, 200
)
on_reply(
    "image-no-disposition",
    "IMG-GET-12",
    "there is no Content-Disposition",
    IMAGE,
    header("Content-Disposition", None),
    200,
)
on_reply(
    "image-attachment",
    "IMG-GET-12",
    "an image is an attachment",
    IMAGE,
    _attached,
    200,
)
on_wire(
    "image-header-split",
    "IMG-GET-12",
    "a line end in the file name splits the header",
    IMAGE,
    _split_header,
)
on_reply(
    "image-uncounted",
    "IMG-GET-13",
    "an image counts no tokens",
    IMAGE,
    lambda _c, r: r.set("x-usage-completion-image-tokens", None),
    200,
)
on_reply(
    "video-uncounted",
    "IMG-GET-14",
    "a video counts neither seconds nor tokens",
    IMAGE,
    _uncounted,
    200,
)
on_call("image-half-size", "IMG-GET-15", "images have half the requested size", IMAGE, _half_size)
on_call("video-one-second", "IMG-GET-16", "videos last a second", IMAGE, _one_second)
# A fresh video is whole, so that the cached one is not equal to it.
violates_too("video-cut-in-cache", "CACHE-HIT-01")
