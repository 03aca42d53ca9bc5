"""Generate images and videos."""

import threading
from typing import Any

from pollinations_conformance.suite import Exchange, Model, NotTested, Session, segment

IMAGE = "generateImage"


ONE = {"image": 1}


VIDEO_SECONDS = 6
"""How long a film is asked for: not what the video models make on their own."""


def request_image(t: Session, prompt: str | None = None, **query: Any) -> Exchange:
    """Ask for a small picture with the cheapest model."""
    path = "/image/" + segment(prompt or t.fresh("a small cat"))
    return t.send("GET", path, query={"model": t.image_model, "width": 64, "height": 64, **query})


def video_models(t: Session) -> list[Model]:
    """List the video models: first the one of most checks, then those that cost least."""
    models = [m for m in t.catalogue.image if "video" in m.outputs]
    if not models:
        raise NotTested("the server lists no video model")
    return sorted(models, key=lambda m: (m.name != "veo", m.paid_only, m.estimate()))


def request_video(t: Session, **options: Any) -> Exchange:
    """Ask for a film of the first video model; the same one each time, with any key."""
    name = video_models(t)[0].name
    path = t.once("film path", lambda: "/image/" + segment(t.fresh("a cat waving")))
    query = {"model": name, "duration": VIDEO_SECONDS, "aspectRatio": "16:9"}
    # One at a time: checks that ask for it at once would be given one de-duplicated answer.
    with t.once("film lock", threading.Lock):
        return t.send("GET", path, query=query, **options)


def generated_video(t: Session) -> Exchange:
    """Give a fresh film, shared by all checks that only look."""
    return t.attach(t.once("video", lambda: t.assert_success(request_video(t))))


def reference_url(t: Session, answer: Exchange, what: str) -> None:
    """Say that reference images pass validation, whatever a provider makes of them."""
    if answer.status == 400:
        t.assert_that("details" not in t.error_object(answer), f"{what} do not pass validation")
        raise NotTested(f"the provider refuses {what}")
    t.assert_success(answer, what)
