"""Check generated images and videos."""

import contextlib
import re
from typing import Any

from pollinations_conformance.checks.common.files import image_size, media_seconds, png
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
    is_hit,
    is_success_of,
    parse_number,
    usage_headers,
)
from pollinations_conformance.checks.common.uploads import upload
from pollinations_conformance.suite import (
    MAIN,
    Exchange,
    NotTested,
    Session,
    Violated,
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
    """Give a fresh picture of 96 by 48, shared by all checks that only look."""
    return t.attach(
        t.once("picture", lambda: t.assert_success(request_image(t, width=96, height=48)))
    )


def bare(t: Session) -> Exchange:
    """Give what a prompt alone is answered with, shared by all checks that only look."""
    path = "/image/" + segment(t.fresh("a small cat"))
    return t.attach(t.once("bare picture", lambda: t.assert_success(t.send("GET", path))))


def transparent(t: Session) -> Exchange:
    """Give a picture asked for with transparency, shared by all checks that only look.

    It is by the model that is documented to heed this, if there is one.
    """

    def ask() -> Exchange:
        listed = t.catalogue.find("gptimage")
        name = listed.name if listed else t.image_model
        return t.assert_success(request_image(t, model=name, transparent="true"))

    return t.attach(t.once("transparent picture", ask))


def video_of_model(t: Session, model: str, **query: Any) -> Exchange:
    """Ask for a new film of a model."""
    path = "/image/" + segment(t.fresh("a cat waving"))
    return t.send("GET", path, query={"model": model, **query})


def video_again(t: Session) -> Exchange:
    """Give the same film from the cache, shared by all checks that only look."""
    generated_video(t)
    return t.attach(t.once("video again", lambda: t.assert_success(request_video(t))))


def quick_video(t: Session) -> bool:
    """Whether films are made so quickly that it is no model that makes them: more may be asked."""
    return t.target.embedded or generated_video(t).seconds < 2


def other_videos(t: Session) -> dict[str, Exchange]:
    """Give what further models answer, by name, asked for a film of no length; shared by all.

    Some may refuse, as they want a picture or a length.
    """

    def ask() -> dict[str, Exchange]:
        first, *others = video_models(t)
        names = [model.name for model in others]
        names = [*names, *first.aliases[:1]] if quick_video(t) else names[:1]
        return {name: video_of_model(t, name) for name in names}

    films = t.once("other films", ask)
    for answer in films.values():
        t.attach(answer)
    return films


def assert_length(answer: Exchange) -> float:
    """Give the seconds of a film; that it plays at all is IMG-GET-01."""
    try:
        return media_seconds(answer, "video")
    except Violated as reason:
        raise NotTested(str(reason)) from None


@watch("IMG-GET-01")
def every_image_begins_as_its_type_demands(exchange: Exchange) -> str | None:
    """A picture begins with the bytes that its Content-Type calls for."""
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
def body_is_what_it_says(t: Session) -> None:
    """The body is a picture that can be decoded, of the kind that Content-Type names."""
    prompt = t.fresh("a small cat")
    answers = [
        generated_image(t),
        t.assert_success(request_image(t, prompt, seed=7)),
        t.assert_success(request_image(t, prompt, seed=7)),
        bare(t),
    ]
    for answer in answers:
        kind = answer.header("content-type")
        t.assert_that(answer.media_type.startswith("image/"), f"it is {kind!r}")
        image_size(answer)


@check("IMG-GET-01", operations=IMAGE, needs=MAIN, cost={"image": 5})
def videos_are_what_they_say(t: Session) -> None:
    """Films can be decoded to their end, fresh and from the cache, of whatever model."""
    others = [answer for answer in other_videos(t).values() if answer.ok]
    for answer in (generated_video(t), video_again(t), *others):
        media_seconds(answer, "video")


@check("IMG-GET-01", operations=IMAGE, needs=MAIN, cost={"image": 1})
def transparent_images_are_what_they_say(t: Session) -> None:
    """A picture asked for with transparency is of the kind that Content-Type names, too."""
    image_size(transparent(t))


@check("IMG-GET-02", operations=IMAGE, needs=MAIN, cost={"image": 7})
def slashes_and_line_ends_are_fine(t: Session) -> None:
    """Slashes, encoded or not, and line ends may stand in the prompt."""
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
    """A prompt alone is answered with a picture."""
    answer = bare(t)
    t.assert_that(
        answer.media_type.startswith("image/"), f"it is {answer.header('content-type')!r}"
    )


@check("IMG-GET-04", operations=IMAGE)
def wrong_sizes_are_refused(t: Session) -> None:
    """A width or height that is negative, fractional or no number is a 400 naming it."""
    films = [m for m in t.catalogue.image if "video" in m.outputs]
    for name in ("width", "height"):
        assert_query_is_rejected(t, "/image/cat", name, "-1", "1.5", "abc", "64px")
        for model in films[:1]:
            assert_query_is_rejected(t, "/image/cat", name, "-1", "1.5", model=model.name)
        answer = t.send("GET", "/image/cat", query={name: "0"}, key=None)
        t.assert_rejected(answer, {401, 200}, f"{name}=0, which is not negative, without a key")


@check("IMG-GET-05", operations=IMAGE)
def wrong_seeds_are_refused(t: Session) -> None:
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
def wrong_durations_are_refused(t: Session) -> None:
    """A duration just outside its range is a 400 naming it."""
    assert_query_is_rejected(t, "/image/cat", "duration", "0", "11", "10.5", "long")
    for model in [m for m in t.catalogue.image if "video" in m.outputs][:2]:
        assert_query_is_rejected(t, "/image/cat", "duration", "0", "11", model=model.name)
    for value in ("1", "10"):
        # What a model cannot make is another matter; without a key validation is all there is.
        answer = t.send("GET", "/image/cat", query={"duration": value}, key=None)
        t.assert_rejected(answer, {401, 200}, f"duration={value}, an edge, without a key")


@check("IMG-GET-08", operations=IMAGE)
def wrong_references_are_refused(t: Session) -> None:
    """A reference that is no http or https address is a 400 naming image."""
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
    """Two addresses separated by a bar pass validation."""
    for end in ("", "?x=1"):
        answer = request_image(t, image=f"https://example.com/a.png|https://example.com/b.png{end}")
        reference_url(t, answer, "two reference images")


@check("IMG-GET-10", operations=IMAGE)
def other_models_are_refused(t: Session) -> None:
    """An unknown model, or one for text, is a 400 naming model."""
    pictures = {name for m in t.catalogue.image for name in (m.name, *m.aliases)}
    others = [*t.catalogue.text[1:4], *t.catalogue.audio[:1]]
    names = {name for m in others for name in (m.name, *m.aliases[:1])} - pictures
    assert_query_is_rejected(
        t, "/image/cat", "model", "no-such-model-3f9", "openai", *sorted(names)
    )


@check("IMG-GET-11", operations=IMAGE, needs=MAIN, cost=ONE)
def video_models_give_video(t: Session) -> None:
    """A video model answers with an MP4 file."""
    for answer in (generated_video(t), video_again(t)):
        t.assert_that(answer.media_type == "video/mp4", f"it is {answer.header('content-type')!r}")


@check("IMG-GET-11", operations=IMAGE, needs=MAIN, cost={"image": 4})
def other_video_models_give_video(t: Session) -> None:
    """Further video models, asked for no length, answer with an MP4 file, too."""
    films = other_videos(t)
    if not films:
        raise NotTested("the server lists one video model only")
    for name, answer in films.items():
        t.assert_success(answer, f"a film of {name}")
        kind = answer.header("content-type")
        t.assert_that(answer.media_type == "video/mp4", f"that of {name} is {kind!r}")


def _is_fresh_image(exchange: Exchange, kind: str) -> bool:
    return (
        is_success_of(exchange, "generateImage")
        and not is_hit(exchange)
        and exchange.media_type.startswith(kind)
    )


@watch("IMG-GET-12")
def every_image_has_a_file_name(exchange: Exchange) -> str | None:
    """A fresh picture or film is shown inline, under a name that ends as its type demands."""
    if not _is_fresh_image(exchange, ""):
        return None
    end = {"image/jpeg": "jpg", "image/png": "png", "video/mp4": "mp4"}.get(exchange.media_type)
    if end is None:
        return None
    found = exchange.header("content-disposition") or ""
    good = re.fullmatch(rf'inline;\s*filename="?[^"/\\\r\n]+\.{end}"?', found)
    return "" if good else f"Content-Disposition of {exchange.media_type} is {found!r}"


@check("IMG-GET-12", operations=IMAGE, needs=MAIN, cost={"image": 4})
def images_have_file_names(t: Session) -> None:
    """A fresh answer is shown inline, under a name made of the prompt and of its kind."""
    # A prompt that is decoded twice has a red fox in it.
    prompt = t.fresh("A %52ed Fox jumps")
    escaped = t.assert_success(request_image(t, prompt))
    t.assert_that(
        "red-fox" not in (escaped.header("content-disposition") or "").lower(),
        f"the prompt {prompt!r} is decoded twice: Content-Disposition is "
        f"{escaped.header('content-disposition')!r}",
    )
    assert_file_name(t, escaped, "52ed-fox")
    assert_file_name(t, generated_image(t), "small-cat")
    assert_file_name(t, bare(t), "small-cat")
    if any("video" in model.outputs for model in t.catalogue.image):
        assert_file_name(t, generated_video(t), "cat-waving")


@check("IMG-GET-12", operations=IMAGE, needs=MAIN, cost=ONE)
def transparent_images_have_file_names(t: Session) -> None:
    """The name of a picture asked for with transparency fits its kind, too."""
    assert_file_name(t, transparent(t), "small-cat")


def assert_file_name(t: Session, answer: Exchange, words: str) -> None:
    """Say that an answer has a file name with certain words, that ends as its type demands."""
    found = answer.header("content-disposition") or ""
    match = re.fullmatch(r'inline;\s*filename="?([^"/\\]+)"?', found)
    t.assert_that(match, f"Content-Disposition is {found!r}")
    name = match[1] if match else ""
    ends = {"image/jpeg": (".jpg", ".jpeg"), "image/png": (".png",), "video/mp4": (".mp4",)}
    t.assert_that(
        name.endswith(ends.get(answer.media_type, ())),
        f"the file name {name!r} does not fit {answer.media_type}",
    )
    t.assert_that(words in name.lower(), f"the file name {name!r} is not made of the prompt")


def missing_usage(exchange: Exchange, *names: str) -> str:
    """Return what is missing from the usage headers of a generation; an empty text when nothing is."""
    if not exchange.header("x-model-used"):
        return "there is no x-model-used"
    sent = usage_headers(exchange)
    if not any((parse_number(sent.get(name, "")) or 0) > 0 for name in names):
        return f"none of {', '.join(names)} is above 0 among {sent}"
    return "" if "x-usage-total-tokens" in sent else "there is no total"


@watch("IMG-GET-13")
def every_image_reports_its_usage(exchange: Exchange) -> str | None:
    """A fresh picture names its model, at least one image token and the total."""
    if not _is_fresh_image(exchange, "image/"):
        return None
    return missing_usage(exchange, "x-usage-completion-image-tokens")


@check("IMG-GET-13", operations=IMAGE, needs=MAIN, cost={"image": 5})
def images_report_their_usage(t: Session) -> None:
    """A fresh picture names its model, at least one image token and the total."""
    listed = t.catalogue.find(t.image_model)
    names = (t.image_model, *(listed.aliases[:1] if listed else ()))
    answers = [
        t.assert_success(request_image(t, seed=-1)),
        *(t.assert_success(request_image(t, model=name)) for name in names),
    ]
    for answer in (*answers, bare(t), transparent(t)):
        told = usage_headers(answer)
        t.assert_that(answer.header("x-model-used"), "there is no x-model-used")
        tokens = told.get("x-usage-completion-image-tokens", "")
        t.assert_that(tokens.isdigit() and int(tokens) >= 1, f"image tokens: {tokens!r}")
        t.assert_that("x-usage-total-tokens" in told, "there is no total")


@watch("IMG-GET-14")
def every_video_reports_its_usage(exchange: Exchange) -> str | None:
    """A fresh film names its model, its seconds or tokens, and the total."""
    if not _is_fresh_image(exchange, "video/"):
        return None
    return missing_usage(
        exchange, "x-usage-completion-video-seconds", "x-usage-completion-video-tokens"
    )


@check("IMG-GET-14", operations=IMAGE, needs=MAIN, cost={"image": 5})
def videos_report_their_usage(t: Session) -> None:
    """A fresh video names its model, its seconds or tokens, and the total."""
    others = [answer for answer in other_videos(t).values() if answer.ok]
    for answer in (generated_video(t), *others):
        names = usage_headers(answer)
        t.assert_that(answer.header("x-model-used"), "there is no x-model-used")
        t.assert_that(
            {"x-usage-completion-video-seconds", "x-usage-completion-video-tokens"} & set(names),
            f"neither seconds nor tokens of video are among {sorted(names)}",
        )
        t.assert_that("x-usage-total-tokens" in names, "there is no total")
        told = names.get("x-usage-completion-video-seconds")
        if told is not None:
            t.assert_that(re.fullmatch(r"\d+(\.\d+)?", told), f"{told!r} s of video are reported")
            with contextlib.suppress(NotTested):
                real = assert_length(answer)
                t.assert_that(
                    abs(float(told) - real) <= 1.0,
                    f"{told} s of video are reported, the film lasts {real:.2f} s",
                )


@check("IMG-GET-15", operations=IMAGE, needs=MAIN, cost={"image": 5})
def images_have_the_requested_size(t: Session) -> None:
    """A picture is as wide and as high as was asked."""
    for asked, larger in (((96, 48), (1024, 768)), ((64, 120), (768, 1024))):
        answer = (
            generated_image(t)
            if asked == (96, 48)
            else t.assert_success(request_image(t, width=64, height=120))
        )
        size = image_size(answer)
        if size != asked and not t.target.embedded:  # many models paint nothing as small as that
            asked = larger
            size = image_size(t.assert_success(request_image(t, width=asked[0], height=asked[1])))
        t.assert_that(
            size == asked,
            f"asked for {asked[0]} by {asked[1]}, the picture is {size[0]} by {size[1]}",
        )
    size = image_size(t.assert_success(request_image(t, width=1024, height=576)))
    t.assert_that(
        size == (1024, 576), f"asked for 1024 by 576, the picture is {size[0]} by {size[1]}"
    )


@check("IMG-GET-16", operations=IMAGE, needs=MAIN, cost=ONE)
def videos_last_as_requested(t: Session) -> None:
    """A video lasts as long as was asked."""
    seconds = assert_length(generated_video(t))
    t.assert_that(
        abs(seconds - VIDEO_SECONDS) <= 0.6,
        f"asked for {VIDEO_SECONDS} s, the film lasts {seconds:.2f} s",
    )


@check("IMG-GET-16", operations=IMAGE, needs=MAIN, cost={"image": 4})
def other_videos_last_as_requested(t: Session) -> None:
    """A video of another model lasts as long as was asked, if its lengths are documented."""
    listed = t.catalogue.find("seedance")
    names = [listed.name] if listed else []
    if quick_video(t):
        others = [model.name for model in video_models(t)[1:]]
        names = [name for name in others if name.startswith("seedance")]
    if not names:
        raise NotTested("the server lists no model seedance")
    for name in names:
        seconds = assert_length(t.assert_success(video_of_model(t, name, duration=3)))
        t.assert_that(
            abs(seconds - 3) <= 0.6, f"asked for 3 s, the film of {name} lasts {seconds:.2f} s"
        )


@check("MEDIA-UP-15", operations=("uploadMedia", IMAGE), needs=MAIN, cost=ONE)
def uploads_are_references(t: Session) -> None:
    """The address of an upload is accepted as a reference image."""
    url = t.json_object(t.assert_success(upload(t, png(t)))).get("url")
    reference_url(t, request_image(t, image=url), "the address of an upload")
