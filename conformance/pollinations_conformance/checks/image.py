"""Check generated images and videos."""

import contextlib
import re
from typing import Any

from pollinations_conformance.checks.common.files import image_size, media_seconds
from pollinations_conformance.checks.common.images import (
    IMAGE,
    ONE,
    VIDEO_SECONDS,
    generated_video,
    reference_url,
    request_image,
    request_video,
    video_models,
)
from pollinations_conformance.checks.common.requests import assert_query_is_rejected
from pollinations_conformance.checks.common.responses import (
    is_success_of,
    may_be_stored,
    parse_number,
    usage_headers,
)
from pollinations_conformance.checks.common.usage import (
    TOTAL,
    listed,
    need_numbers,
    unreadable_usage,
)
from pollinations_conformance.http.text import shown
from pollinations_conformance.suite import (
    MAIN,
    Exchange,
    NotTested,
    Session,
    check,
    segment,
    watch,
)

MAGIC = {
    "image/jpeg": b"\xff\xd8\xff",
    "image/png": b"\x89PNG\r\n\x1a\n",
    "image/gif": b"GIF8",
}


def generated_image(t: Session) -> Exchange:
    """Return a fresh image of 96 by 48, shared by all checks that only read it."""
    return t.attach(
        t.once("picture", lambda: t.assert_success(request_image(t, width=96, height=48)))
    )


def bare(t: Session) -> Exchange:
    """Return what a prompt alone gets, shared by all checks that only read it."""
    path = "/image/" + segment(t.fresh("a small cat"))
    made = t.once("default image", lambda: t.assert_success(t.send("GET", path)), "IMG-GET-03")
    return t.attach(made)


def transparent(t: Session) -> Exchange:
    """Return an image requested with transparency, shared by all checks that only read it.

    It is by the model that is documented to heed this, if there is one.
    """

    def send() -> Exchange:
        listed = t.catalogue.find("gptimage")
        name = listed.name if listed else t.image_model
        return t.assert_success(request_image(t, model=name, transparent="true"))

    return t.attach(t.once("transparent image", send))


def video_of_model(t: Session, model: str, **query: Any) -> Exchange:
    """Request a new video of a model."""
    path = "/image/" + segment(t.fresh("a cat waving"))
    return t.send("GET", path, query={"model": model, **query})


def video_again(t: Session) -> Exchange:
    """Return the same video from the cache, shared by all checks that only read it."""
    generated_video(t)
    return t.attach(t.once("video again", lambda: t.assert_success(request_video(t)), "IMG-GET-11"))


def quick_video(t: Session) -> bool:
    """Return whether videos are made so quickly that no model generates them: more may be requested."""
    return t.target.embedded or generated_video(t).seconds < 2


def other_videos(t: Session) -> dict[str, Exchange]:
    """Return the responses of further models, by name, to a request without a duration; shared by all.

    Some may refuse, as they want an image or a length.
    """

    def send() -> dict[str, Exchange]:
        first, *others = video_models(t)
        names = [model.name for model in others]
        names = [*names, *first.aliases[:1]] if quick_video(t) else names[:1]
        return {name: video_of_model(t, name) for name in names}

    videos = t.once("other videos", send)
    for response in videos.values():
        t.attach(response)
    return videos


@watch("IMG-GET-01", assumes="IMG-GET-11")
def every_image_begins_as_its_type_demands(exchange: Exchange) -> str | None:
    """An image begins with the bytes that its Content-Type calls for."""
    if exchange.operation != "generateImage" or not exchange.ok or exchange.method == "HEAD":
        return None
    start = MAGIC.get(exchange.media_type)
    if start is not None:
        good = exchange.content.startswith(start)
    elif exchange.media_type == "video/mp4":
        good = exchange.content[4:8] == b"ftyp"
    else:
        return None
    return "" if good else f"a body of type {exchange.media_type} begins {exchange.content[:8]!r}"


@check("IMG-GET-01", operations=IMAGE, needs=MAIN, cost={"image": 3})
def body_is_of_its_type(t: Session) -> None:
    """The body is an image that can be decoded, of the kind that Content-Type names."""
    prompt = t.fresh("a small cat")
    responses = [
        generated_image(t),
        t.assert_success(request_image(t, prompt, seed=7)),
        t.assert_success(request_image(t, prompt, seed=7)),
        bare(t),
    ]
    for response in responses:
        kind = response.header("content-type")
        t.assert_that(response.media_type.startswith("image/"), f"it is {kind!r}")
        image_size(response)


@check("IMG-GET-01", operations=IMAGE, needs=MAIN, cost={"image": 5})
def videos_are_of_their_type(t: Session) -> None:
    """Videos can be decoded to their end, fresh and from the cache, of whatever model."""
    others = [response for response in other_videos(t).values() if response.ok]
    for response in (generated_video(t), video_again(t), *others):
        media_seconds(response, "video")


@check("IMG-GET-01", operations=IMAGE, needs=MAIN, cost={"image": 1})
def transparent_images_are_of_their_type(t: Session) -> None:
    """An image requested with transparency is of the kind that Content-Type names, too."""
    image_size(transparent(t))


@check("IMG-GET-02", operations=IMAGE, needs=MAIN, cost={"image": 7})
def slashes_and_line_ends_are_fine(t: Session) -> None:
    """Slashes, encoded or not, and line ends may be in the prompt."""
    stem = segment(t.fresh("cat"))
    for path in (
        f"/image/{stem}/and/dog",
        f"/image/{stem}%2Fdog",
        f"/image/{stem}%0Aline2",
        f"/image/{stem}%3F%23%25",
        f"/image/{stem}//dog",
        f"/image/{stem}/dog/",
        f"/image/{stem}%0D%0Adog",
    ):
        query = {"model": t.image_model, "width": 64, "height": 64}
        t.assert_success(t.send("GET", path, query=query), f"GET {path}")


@check("IMG-GET-03", operations=IMAGE, needs=MAIN, cost=ONE)
def no_parameter_is_needed(t: Session) -> None:
    """A prompt alone gets an image."""
    response = bare(t)
    t.assert_that(
        response.media_type.startswith("image/"), f"it is {shown(response.header('content-type'))}"
    )


def assert_valid(t: Session, name: str, value: str, what: str) -> None:
    """Assert that validation lets a value pass; without a key it is all that there is.

    What a model cannot make is another matter, and that no other parameter is needed IMG-GET-03's.
    """
    response = t.send("GET", "/image/cat", query={name: value}, key=None)
    if response.status == 400:
        plain = t.send("GET", "/image/cat", key=None)
        t.need(plain.status != 400, "IMG-GET-03", "a prompt alone gets 400")
    t.assert_rejected(response, {401, 200}, f"{name}={value}, {what}, without a key")


@check("IMG-GET-04", operations=IMAGE)
def invalid_sizes_are_refused(t: Session) -> None:
    """A width or height that is negative, fractional or no number is a 400 naming it."""
    videos = [m for m in t.catalogue.image if "video" in m.outputs]
    for name in ("width", "height"):
        assert_query_is_rejected(t, "/image/cat", name, "-1", "1.5", "abc", "64px")
        for model in videos[:1]:
            assert_query_is_rejected(t, "/image/cat", name, "-1", "1.5", model=model.name)
        assert_valid(t, name, "0", "which is not negative")


@check("IMG-GET-05", operations=IMAGE)
def invalid_seeds_are_refused(t: Session) -> None:
    """A seed just outside its range is a 400 naming it."""
    assert_query_is_rejected(t, "/image/cat", "seed", "-2", "2147483648", "abc")


@check("IMG-GET-05", operations=IMAGE, needs=MAIN, cost={"image": 2})
def seeds_at_the_edge_are_accepted(t: Session) -> None:
    """The edges of the seed's range are accepted."""
    for seed in (-1, 2147483647):
        t.assert_success(request_image(t, seed=seed), f"seed={seed}")


@check("IMG-GET-06", operations=IMAGE)
def unknown_qualities_are_refused(t: Session) -> None:
    """A quality that the enumeration does not have is a 400 naming it."""
    assert_query_is_rejected(t, "/image/cat", "quality", "ultra", "HIGH", "standard", "")
    if listed := t.catalogue.find("gptimage"):  # the one that is documented to heed it
        assert_query_is_rejected(t, "/image/cat", "quality", "ultra", "HIGH", model=listed.name)


@check("IMG-GET-07", operations=IMAGE)
def invalid_durations_are_refused(t: Session) -> None:
    """A duration just outside its range is a 400 naming it."""
    assert_query_is_rejected(t, "/image/cat", "duration", "0", "11", "10.5", "long")
    for model in [m for m in t.catalogue.image if "video" in m.outputs][:2]:
        assert_query_is_rejected(t, "/image/cat", "duration", "0", "11", model=model.name)
    for value in ("1", "10"):
        assert_valid(t, "duration", value, "an edge")


@check("IMG-GET-08", operations=IMAGE)
def invalid_references_are_refused(t: Session) -> None:
    """A reference that is no http or https URL is a 400 naming image."""
    assert_query_is_rejected(
        t,
        "/image/cat",
        "image",
        "ftp://example.com/a.png",
        "cat.png",
        "https://example.com/a.png|file:///etc/passwd",
        "data:image/png;base64,iVBORw0KGgo=",
        "//example.com/a.png",
        "httpx://example.com/a.png",
    )


@check("IMG-GET-09", operations=IMAGE, needs=MAIN, cost={"image": 2})
def two_references_pass_validation(t: Session) -> None:
    """Two URLs separated by a bar pass validation."""
    for end in ("", "?x=1"):
        response = request_image(
            t, image=f"https://example.com/a.png|https://example.com/b.png{end}"
        )
        reference_url(t, response, "two reference images")


@check("IMG-GET-10", operations=IMAGE)
def other_models_are_refused(t: Session) -> None:
    """An unknown model, or one for text, is a 400 naming model."""
    images = {name for m in t.catalogue.image for name in (m.name, *m.aliases)}
    others = [*t.catalogue.text[1:4], *t.catalogue.audio[:1]]
    names = {name for m in others for name in (m.name, *m.aliases[:1])} - images
    assert_query_is_rejected(
        t, "/image/cat", "model", "no-such-model-3f9", "openai", *sorted(names)
    )


@check("IMG-GET-11", operations=IMAGE, needs=MAIN, cost=ONE)
def video_models_give_video(t: Session) -> None:
    """A video model responds with an MP4 file."""
    for response in (generated_video(t), video_again(t)):
        t.assert_that(
            response.media_type == "video/mp4", f"it is {shown(response.header('content-type'))}"
        )


@check("IMG-GET-11", operations=IMAGE, needs=MAIN, cost={"image": 4})
def other_video_models_give_video(t: Session) -> None:
    """Further video models, without a duration in the request, respond with an MP4 file, too."""
    videos = other_videos(t)
    if not videos:
        raise NotTested("the server lists one video model only")
    for name, response in videos.items():
        t.assert_success(response, f"a video of {name}")
        kind = response.header("content-type")
        t.assert_that(response.media_type == "video/mp4", f"that of {name} is {kind!r}")


def _is_fresh_image(exchange: Exchange, kind: str) -> bool:
    return (
        is_success_of(exchange, "generateImage")
        and not may_be_stored(exchange)
        and exchange.media_type.startswith(kind)
    )


@watch("IMG-GET-11")
def every_video_is_called_video(exchange: Exchange) -> str | None:
    """A body that is a video has a type of videos."""
    if exchange.operation != "generateImage" or not exchange.ok or exchange.method == "HEAD":
        return None
    if exchange.content[4:8] != b"ftyp":
        return None
    good = exchange.media_type.startswith("video/")
    return "" if good else f"a video has the type {exchange.media_type}"


@watch("IMG-GET-12", assumes=("IMG-GET-01", "IMG-GET-11"))
def every_image_has_a_file_name(exchange: Exchange) -> str | None:
    """A fresh image or video is shown inline, under a name that ends as its type demands."""
    if not _is_fresh_image(exchange, ""):
        return None
    end = {"image/jpeg": "jpg", "image/png": "png", "video/mp4": "mp4"}.get(exchange.media_type)
    if end is None:
        return None
    found = exchange.header("content-disposition")
    good = re.fullmatch(rf'inline;\s*filename="?[^"/\\\r\n]+\.{end}"?', found or "")
    return "" if good else f"Content-Disposition of {exchange.media_type} is {shown(found)}"


@check("IMG-GET-12", operations=IMAGE, needs=MAIN, cost={"image": 4})
def images_have_file_names(t: Session) -> None:
    """A fresh response is shown inline, under a name made of the prompt and of its kind."""
    # A prompt that is decoded twice has a red fox in it.
    prompt = t.fresh("A %52ed Fox jumps")
    escaped = t.assert_success(request_image(t, prompt))
    t.assert_that(
        "red-fox" not in (escaped.header("content-disposition") or "").lower(),
        f"the prompt {prompt!r} is decoded twice: Content-Disposition is "
        f"{shown(escaped.header('content-disposition'))}",
    )
    assert_file_name(t, escaped, "52ed-fox")
    assert_file_name(t, generated_image(t), "small-cat")
    assert_file_name(t, bare(t), "small-cat")
    if any("video" in model.outputs for model in t.catalogue.image):
        assert_file_name(t, generated_video(t), "cat-waving")


@check("IMG-GET-12", operations=IMAGE, needs=MAIN, cost=ONE)
def transparent_images_have_file_names(t: Session) -> None:
    """The name of an image requested with transparency fits its kind, too."""
    assert_file_name(t, transparent(t), "small-cat")


def assert_file_name(t: Session, response: Exchange, words: str) -> None:
    """Assert that a response has a file name with certain words, that ends as its type demands."""
    found = response.header("content-disposition") or ""
    match = re.fullmatch(r'inline;\s*filename="?([^"/\\]+)"?', found)
    t.assert_that(match, f"Content-Disposition is {shown(found)}")
    name = match[1] if match else ""
    ends = {"image/jpeg": (".jpg", ".jpeg"), "image/png": (".png",), "video/mp4": (".mp4",)}
    t.assert_that(
        name.endswith(ends.get(response.media_type, ())),
        f"the file name {name!r} does not fit {response.media_type}",
    )
    t.assert_that(words in name.lower(), f"the file name {name!r} is not made of the prompt")


def missing_usage(exchange: Exchange, *names: str) -> str | None:
    """Return what is missing from the usage headers of a generation; an empty text when nothing is.

    None is returned where they cannot be read: that is for CHAT-USAGE-02.
    """
    if not exchange.header("x-model-used"):
        return "there is no x-model-used"
    sent = usage_headers(exchange)
    if unreadable_usage(exchange):
        return None
    if not any((parse_number(sent.get(name, "")) or 0) > 0 for name in names):
        which = " nor ".join(names)
        return f"{'neither ' if len(names) > 1 else 'no '}{which} is above 0; x-usage headers: {listed(sent)}"
    return "" if TOTAL in sent else f"there is no {TOTAL}"


@watch("IMG-GET-13", assumes="IMG-GET-11")
def every_image_reports_its_usage(exchange: Exchange) -> str | None:
    """A fresh image names its model, at least one image token and the total."""
    if not _is_fresh_image(exchange, "image/"):
        return None
    return missing_usage(exchange, "x-usage-completion-image-tokens")


@check("IMG-GET-13", operations=IMAGE, needs=MAIN, cost={"image": 5})
def images_report_their_usage(t: Session) -> None:
    """A fresh image names its model, at least one image token and the total."""
    listed = t.catalogue.find(t.image_model)
    names = (t.image_model, *(listed.aliases[:1] if listed else ()))
    responses = [
        t.assert_success(request_image(t, seed=-1)),
        *(t.assert_success(request_image(t, model=name)) for name in names),
    ]
    for response in (*responses, bare(t), transparent(t)):
        reported = usage_headers(response)
        t.assert_that(response.header("x-model-used"), "there is no x-model-used")
        tokens = reported.get("x-usage-completion-image-tokens", "")
        need_numbers(t, response)
        t.assert_that(
            tokens.isdigit() and int(tokens) >= 1,
            f"x-usage-completion-image-tokens is {shown(tokens or None)}",
        )
        t.assert_that(TOTAL in reported, f"there is no {TOTAL}")


@watch("IMG-GET-14")
def every_video_reports_its_usage(exchange: Exchange) -> str | None:
    """A fresh video names its model, its seconds or tokens, and the total."""
    if not _is_fresh_image(exchange, "video/"):
        return None
    return missing_usage(
        exchange, "x-usage-completion-video-seconds", "x-usage-completion-video-tokens"
    )


@check("IMG-GET-14", operations=IMAGE, needs=MAIN, cost={"image": 5})
def videos_report_their_usage(t: Session) -> None:
    """A fresh video names its model, its seconds or tokens, and the total."""
    others = [response for response in other_videos(t).values() if response.ok]
    for response in (generated_video(t), *others):
        names = usage_headers(response)
        t.assert_that(response.header("x-model-used"), "there is no x-model-used")
        t.assert_that(
            {"x-usage-completion-video-seconds", "x-usage-completion-video-tokens"} & set(names),
            f"neither seconds nor tokens of video are among {sorted(names)}",
        )
        t.assert_that(TOTAL in names, f"there is no {TOTAL}")
        need_numbers(t, response)
        reported = names.get("x-usage-completion-video-seconds")
        if reported is not None:
            t.assert_that(
                re.fullmatch(r"\d+(\.\d+)?", reported), f"{reported!r} s of video are reported"
            )
            with contextlib.suppress(NotTested):
                real = media_seconds(response, "video")
                t.assert_that(
                    abs(float(reported) - real) <= 1.0,
                    f"{reported} s of video are reported, the video lasts {real:.2f} s",
                )


@check("IMG-GET-15", operations=IMAGE, needs=MAIN, cost={"image": 5})
def images_have_the_requested_size(t: Session) -> None:
    """An image is as wide and as high as was requested."""
    for requested, larger in (((96, 48), (1024, 768)), ((64, 120), (768, 1024))):
        response = (
            generated_image(t)
            if requested == (96, 48)
            else t.assert_success(request_image(t, width=64, height=120))
        )
        size = image_size(response)
        if (
            size != requested and not t.target.embedded
        ):  # many models paint nothing as small as that
            requested = larger
            size = image_size(
                t.assert_success(request_image(t, width=requested[0], height=requested[1]))
            )
        t.assert_that(
            size == requested,
            f"requested {requested[0]} by {requested[1]}, the image is {size[0]} by {size[1]}",
        )
    size = image_size(t.assert_success(request_image(t, width=1024, height=576)))
    t.assert_that(
        size == (1024, 576), f"requested 1024 by 576, the image is {size[0]} by {size[1]}"
    )


@check("IMG-GET-16", operations=IMAGE, needs=MAIN, cost=ONE)
def videos_last_as_requested(t: Session) -> None:
    """A video lasts as long as was requested."""
    seconds = media_seconds(generated_video(t), "video")
    t.assert_that(
        abs(seconds - VIDEO_SECONDS) <= 0.6,
        f"requested {VIDEO_SECONDS} s, the video lasts {seconds:.2f} s",
    )


@check("IMG-GET-16", operations=IMAGE, needs=MAIN, cost={"image": 4})
def other_videos_last_as_requested(t: Session) -> None:
    """A video of another model lasts as long as was requested, if its lengths are documented."""
    listed = t.catalogue.find("seedance")
    names = [listed.name] if listed else []
    if quick_video(t):
        others = [model.name for model in video_models(t)[1:]]
        names = [name for name in others if name.startswith("seedance")]
    if not names:
        raise NotTested("the server lists no model seedance")
    for name in names:
        seconds = media_seconds(t.assert_success(video_of_model(t, name, duration=3)), "video")
        t.assert_that(
            abs(seconds - 3) <= 0.6, f"requested 3 s, the video of {name} lasts {seconds:.2f} s"
        )
